# SPDX-License-Identifier: MIT
"""A conversation between a client and a handler that follows programs, and what must hold at each step of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any
from weakref import ref

from fasthdr._strict.state import State
from tests.handlers.answers import Answer, Handled
from tests.handlers.memory import Hooks
from tests.handlers.programs import STEPS, WRITES, Step

FOREVER = 1 << 62


@dataclasses.dataclass
class Request:
    """A request as the client has sent it. Offsets count from the client's first byte; FOREVER: not known yet."""

    method: str
    path: str
    start: int = 0
    head_end: int = FOREVER
    end: int = FOREVER
    body: bytes = b""  # what rfile should give: the content, or the bytes of the wire
    wire: int = 0  # bytes of the body on the wire
    chunked: bool = False
    fault: int = 0  # the status that a malformed body is refused with; fault_at: where the fault shows
    fault_at: int = FOREVER
    expects: bool = False  # the client may wait for 100 Continue
    persists: bool = True  # the client wants the connection to go on
    simple: bool = False  # HTTP/0.9: its answer has no head
    client: Any = None  # h11's connection for it

    @property
    def whole(self) -> bool:
        return self.end < FOREVER and not self.fault


class Conversation(Hooks):
    """The handler's `server`: it says which program to run, and records what became of each request."""

    def __init__(
        self, attributes: dict[str, Any], requests: list[Request], programs: Callable[[int], Iterable[Step]]
    ) -> None:
        self.attributes = attributes
        self.requests, self.programs = requests, programs
        self.handled: list[Handled] = []
        self.problems: list[str] = []
        self.waits: list[tuple[int, int]] = []  # at each wait for a request: requests handled, bytes sent
        self.log: list[str] = []
        self.fault: Any = None  # the exchange's fault at the end: class and status
        self.refs: list[Any] = []  # weak references to what must not outlive the connection
        self._exchange: Any = lambda: None
        self.state = State.IDLE
        self.timeouts: list[float | None] = []
        self.finished = False

    def problem(self, text: str) -> None:
        self.problems.append(text)

    @property
    def running(self) -> Handled | None:
        return self.handled[-1] if self.handled and self.handled[-1].running else None

    # -------------------------------------------------------------------------------------------- called by the handler

    def connected(self, handler: Any) -> None:
        self._exchange = ref(handler.rfile.exchange)
        self.refs += [ref(handler), self._exchange, ref(handler.rfile), ref(handler.wfile)]

    def begun(self, handler: Any) -> Handled:
        """Note that a request has reached the program."""
        self.look()
        number = len(self.handled)
        if number < len(self.requests):
            request = self.requests[number]
        else:
            self.problem(f"handled, and not sent: {handler.requestline!r}")
            request = Request(handler.command, handler.path)
        if (handler.command, handler.path) != (request.method, request.path):
            self.problem(f"request {number} is {request.method} {request.path}, not {handler.requestline!r}")
        if number and self.goes_on(number - 1) is False:
            self.problem(f"request {number} is handled behind the end of the connection")
        if self.running:
            self.problem(f"request {number} is handled while another one is")
        if handler.connection.given < request.head_end < FOREVER:
            self.problem(f"request {number} is handled before its head is there")
        expects = request.expects and self.attributes["protocol_version"] == "HTTP/1.1"
        answer = Answer(request.method, self.attributes["wbufsize"] != 0, expects)
        handled = Handled(self.programs(number), request.method, answer)
        handled.key, handled.expects = number, expects
        answer.free = request.simple
        self.handled.append(handled)
        if self.state is not State.BODY:
            self.problem(f"request {number} begins in {self.state.name}")
        return handled

    def step(self) -> None:
        self.look()

    def fault_of(self, error: BaseException) -> tuple[str, int, int]:
        return type(error).__name__, int(getattr(error, "status", 0)), id(error)

    def shows(self, handled: Handled, data: bytes) -> None:
        """Check that the data which rfile has given, or has shown by peek(), belongs to this body."""
        seen = handled.data + data
        body = self.requests[handled.key].body if handled.key < len(self.requests) else b""
        if not body.startswith(seen):
            self.problem(f"request {handled.key} has read {seen[-200:]!r} of {body[-200:]!r}")

    def finishing(self, handler: Any) -> None:
        self.look()
        exchange = self._exchange()
        if exchange is not None and exchange.fault is not None:
            self.fault = (type(exchange.fault).__name__, int(getattr(exchange.fault, "status", 0)))
        self.finished = True

    def logged(self, text: str) -> None:
        self.log.append(text)

    # --------------------------------------------------------------------------------------------- called by the socket

    def at_write(self, sock: Any) -> None:
        self.look()

    def at_wait(self, sock: Any) -> None:
        """Check that a handler that waits for bytes waits for something that the client has yet to send."""
        self.look()
        self.timeouts.append(sock.gettimeout())
        if sock.shut:
            return  # it waits for the client to close
        handled = self.running
        if handled is None:
            number = len(self.handled)
            self.waits.append((number, len(sock.sent) if hasattr(sock, "sent") else -1))
            request = self.requests[number] if number < len(self.requests) else None
            if request is not None and request.head_end <= sock.given and not request.simple:
                self.problem(f"waits for more, and request {number} is there")
            return
        if handled.answer.opened or handled.may_stream or handled.key >= len(self.requests):
            return
        request = self.requests[handled.key]
        if min(request.end, request.fault_at) <= sock.given:
            self.problem(f"request {handled.key} waits for more than its body")
        answer = handled.answer
        waits = handled.expects and request.head_end == sock.given and not answer.begun and not answer.over
        if waits and hasattr(sock, "sent") and b" 100 Continue" not in sock.sent:
            self.problem(f"request {handled.key} waits for a client that waits for 100 Continue")

    # ------------------------------------------------------------------------------------------------ what must follow

    def look(self) -> None:
        """Check that the state moves to later ones only, or back once an answer is whole."""
        exchange = self._exchange()
        if exchange is None:
            return
        before, self.state = self.state, State(exchange.state)
        if before is self.state:
            return
        if self.state < before:
            over = self.handled and not self.running and self.handled[-1].answer.whole
            if before in (State.OPEN, State.CLOSED) or not over:
                self.problem(f"from {before.name} to {self.state.name}")

    def goes_on(self, number: int) -> bool | None:
        """Return whether the connection must go on after a request that was handled; None: it may."""
        handled, request = self.handled[number], self.requests[number]
        answer = handled.answer
        if answer.ends or not answer.whole or handled.faults or handled.own or not request.persists:
            return False
        if self.attributes["protocol_version"] == "HTTP/1.0":
            return False
        if handled.ended and request.whole:
            return True if handled.at_head == len(handled.data) else self._drains(request, handled)
        if not request.wire and request.whole:
            return True
        if answer.expects or not request.whole:
            return False
        return self._drains(request, handled)

    def _drains(self, request: Request, handled: Handled) -> bool | None:
        limit: int = self.attributes.get("drain_limit", 1 << 20)
        if request.wire <= limit:
            return True
        if request.chunked:
            return None
        return len(request.body) - (handled.at_head or 0) <= limit  # the response head says so


class Scripted:
    """Runs the programs that its `server`, a conversation, gives it."""

    server: Any

    def setup(self) -> None:
        vars(self).update(self.server.attributes)
        super().setup()  # type: ignore[misc]
        self.server.connected(self)

    def finish(self) -> None:
        self.server.finishing(self)
        super().finish()  # type: ignore[misc]

    def _do(self) -> None:
        handled = self.server.begun(self)
        try:
            for step in handled.program:
                self.server.step()
                if step[0] in WRITES and handled.answer.by_hand:
                    continue
                STEPS[step[0]](self, handled, *step[1:])
        except OSError as error:
            if error is not handled.own:
                handled.faults.append(self.server.fault_of(error))
            raise
        finally:
            self.server.step()
            handled.running = False

    do_GET = do_HEAD = do_POST = do_PUT = do_OPTIONS = do_CONNECT = _do  # METHODS

    def version_string(self) -> str:
        return "test"

    def date_time_string(self, timestamp: float | None = None) -> str:
        return "now"

    def log_message(self, format: str, *args: Any) -> None:
        self.server.logged(format % args)


def own_round(self: Any) -> None:
    """A handle_one_request() of the program's own, like Django's."""
    self.raw_requestline = self.rfile.readline(65537)
    if len(self.raw_requestline) > 65536:
        self.requestline = self.request_version = self.command = ""
        self.send_error(414)
    elif not self.raw_requestline:
        self.close_connection = True
    elif self.parse_request():
        method = getattr(self, f"do_{self.command}", None)
        if method is None:
            self.send_error(501)
        else:
            method()


def classes(base: Any) -> tuple[Any, Any]:
    """Return handler classes that follow programs: one with http.server's handle_one_request(), one with its own."""
    return (
        type("Scripted", (Scripted, base), {}),
        type("OwnRound", (Scripted, base), {"handle_one_request": own_round}),
    )
