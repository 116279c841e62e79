# SPDX-License-Identifier: MIT
"""An exchange as a state machine: a client and a program move it step by step, and h11 reads as the client.

At each step the referee of the connection fuzzer knows what the client has sent. The state of the exchange must follow
from what the program has written.
"""

from __future__ import annotations

import contextlib
import random
from collections import deque
from collections.abc import Iterator
from typing import Any

import h11
import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fasthdr._strict.state import State
from fuzz.conversations import conversation
from fuzz.referee import referee
from tests.handlers import choices, peers
from tests.handlers.answers import Handled
from tests.handlers.conversations import Conversation, classes
from tests.handlers.judge import judge, judge_remains, judge_rest
from tests.handlers.kinds import ALL, DECODED, STRICT
from tests.handlers.memory import END, RESET, STALL, Lockstep, handle, no_collector
from tests.handlers.programs import METHODS, Step

WRITES = lambda self: not self.ending and len(self.left) < 100  # noqa: E731
RUNS = lambda self: self.talk.running  # noqa: E731
NUMBERS = st.lists(st.integers(0, 1 << 10), max_size=12)
ALL_OF_IT = 1 << 20
SIZE = st.integers(1, 60) | st.sampled_from([200, *[ALL_OF_IT] * 5])  # bytes delivered in one piece
CONTENT = st.sampled_from(
    [b"a", b"a\nbc\r\n\r\nd", b"0\r\n\r\n", b"GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n", b"z" * 500]
)


def written(method: str, target: str, fields: list[tuple[str, str]], parts: list[bytes]) -> tuple[Any, bytes]:
    """Return a request as h11 writes it, with the h11 client that has sent it."""
    client = h11.Connection(h11.CLIENT, max_incomplete_event_size=1 << 20)
    events: list[Any] = [h11.Request(method=method, target=target, headers=[("Host", "h"), *fields])]
    events += [h11.Data(part) for part in parts]
    return client, b"".join(client.send(event) or b"" for event in [*events, h11.EndOfMessage()])


def expected_state(handled: Handled) -> State | None:
    """Return the state that an exchange must be in between two steps of a program; None: any will do."""
    answer = handled.answer
    if answer.free or answer.raw or answer.by_hand or answer.refused or handled.may_stream:
        return None
    if handled.closed_rfile or handled.faults:
        return State.CLOSED if handled.closed_rfile or any(status for _, status, _ in handled.faults) else None
    if answer.opened:
        return State.OPEN
    if answer.over or answer.status is None:
        return State.BODY
    return State.RESPONDED if answer.whole else State.RESPONDING


class Machine(RuleBasedStateMachine):
    """A connection. Its rules are what a client and a program can do; each runs the handler until it waits again."""

    peer_class: Any = peers.InMemory

    @initialize(way=st.sampled_from(sorted(ALL)), own_round=st.sampled_from([0, 0, 0, 1]), numbers=NUMBERS)
    def begin(self, way: str, own_round: int, numbers: list[int]) -> None:
        self.strict, self.decoded = way in STRICT, way in DECODED
        self.stack = contextlib.ExitStack()
        base = self.stack.enter_context(ALL[way]({}))
        self.stack.enter_context(no_collector())
        self.handler = classes(base)[own_round]
        self.connect(numbers)

    def connect(self, numbers: list[int]) -> None:
        self.left = b""  # not yet sent by the client
        self.sent = b""
        self.steps: deque[Step | None] = deque()  # of the program, still to be done; None: it returns
        self.ending: str | None = None
        self.over = False  # the program has no more steps
        self.clients: dict[int, Any] = {}  # h11 clients, by the offset of their requests
        self.attributes = choices.attributes(choices.Choices(numbers), self.strict)
        self.talk = Conversation(self.attributes, [], lambda number: self.program())
        self.peer = self.peer_class(lambda: self.lockstep.pause(), self.talk)
        self.lockstep: Lockstep = Lockstep(lambda: handle(self.handler, self.peer.server, self.talk))
        self.lockstep.resume()

    @precondition(lambda self: not self.talk.running and (self.ending or self.state is State.CLOSED))
    @rule(numbers=NUMBERS)
    def connect_again(self, numbers: list[int]) -> None:
        self.finish()
        self.connect(numbers)

    def program(self) -> Iterator[Step]:
        """Yield the program's steps as the rules add them."""
        while True:
            while not self.steps:
                if self.over:
                    return
                self.lockstep.pause()
            step = self.steps.popleft()
            if step is None:
                return
            yield step

    @property
    def state(self) -> State | None:
        """The state of the exchange, or None if the exchange is gone."""
        exchange = self.talk._exchange()
        return None if exchange is None else State(exchange.state)

    def look(self) -> Any:
        """Return the referee's verdict on all that is sent or about to be."""
        data = self.sent + self.left
        verdict = referee(data, self.attributes, self.ending or END, strict=self.strict, decoded=self.decoded)
        self.talk.requests[:] = verdict.requests
        for request in verdict.requests:
            request.client = self.clients.get(request.start)
        return verdict

    # ------------------------------------------------------------------------------------------------------- the client

    def write(self, data: bytes, size: int) -> None:
        self.left += data
        self.look()
        self.deliver(size)

    @precondition(WRITES)
    @rule(
        method=st.sampled_from(METHODS),
        parts=st.none() | st.lists(CONTENT, max_size=3),
        chunked=st.booleans(),
        more=st.sampled_from([(), (), ("Expect: 100-continue",), ("Connection: close",), ("X: y", "Connection: x")]),
        upgrade=st.booleans(),
        size=SIZE | st.just(0),
    )
    def request(
        self, method: str, parts: list[bytes] | None, chunked: bool, more: tuple[str, ...], upgrade: bool, size: int
    ) -> None:
        """Send a request written by h11."""
        if method == "CONNECT":
            parts = None
        fields = [tuple(line.split(": ")) for line in more]
        if upgrade and not more:
            fields += [("Connection", "upgrade"), ("Upgrade", "x")]
        if parts is not None:
            length = sum(map(len, parts))
            fields.append(("Transfer-Encoding", "chunked") if chunked else ("Content-Length", str(length)))
        target = "h:80" if method == "CONNECT" else f"/{len(self.sent + self.left)}"
        client, data = written(method, target, fields, parts or [])  # type: ignore[arg-type]
        self.clients[len(self.sent + self.left)] = client
        self.write(data, size)

    @precondition(WRITES)
    @rule(seed=st.integers(0, 1 << 30), size=SIZE, sure=st.booleans())
    def anything(self, seed: int, size: int, sure: bool) -> None:
        """Send a conversation made by the fuzzer."""
        if sure:
            self.write(conversation(random.Random(seed)), size)

    @precondition(lambda self: self.left and not self.ending)
    @rule(size=SIZE)
    def deliver(self, size: int) -> None:
        size = min(size, self.peer.room)
        piece, self.left = self.left[:size], self.left[size:]
        self.sent += piece
        if piece and not self.lockstep.ended:
            self.peer.send(piece)
            self.lockstep.resume()

    def _end(self, ending: str, do: Any) -> None:
        self.ending, self.left = ending, b""
        self.look()
        if not self.lockstep.ended:
            do()
            self.lockstep.resume()

    @precondition(lambda self: not self.ending and (self.talk.handled or len(self.sent) > 1000))
    @rule(ending=st.sampled_from([*[None] * 12, END, END, STALL, RESET]))
    def end(self, ending: str | None) -> None:
        if ending == END or (ending == RESET and not self.peer.resets):
            self._end(END, self.peer.end)
        elif ending == STALL:
            self._end(STALL, self.peer.stall)
        elif ending == RESET:
            self._end(RESET, self.peer.reset)

    @precondition(lambda self: self.peer.deafens and self.talk.running)
    @rule(size=st.integers(0, 200), sure=st.sampled_from([False, False, False, True]))
    def deafen(self, size: int, sure: bool) -> None:
        if sure:
            self.peer.deafen(size)

    # ------------------------------------------------------------------------------------------------------ the program

    def does(self, steps: list[Any]) -> None:
        self.steps += steps
        self.lockstep.resume()

    @precondition(RUNS)
    @rule(numbers=NUMBERS)
    def reads(self, numbers: list[int]) -> None:
        self.does(choices.reads(choices.Choices([1, *numbers])))

    @precondition(RUNS)
    @rule(kind=st.sampled_from(choices.ANSWERS), numbers=NUMBERS)
    def answers_and_returns(self, kind: Any, numbers: list[int]) -> None:
        self.does([*kind(choices.Choices(numbers)), None])

    @precondition(RUNS)
    @rule(kind=st.sampled_from(choices.ANSWERS), numbers=NUMBERS)
    def answers(self, kind: Any, numbers: list[int]) -> None:
        self.does(kind(choices.Choices(numbers)))

    @precondition(RUNS)
    @rule(numbers=NUMBERS)
    def does_anything(self, numbers: list[int]) -> None:
        self.does([*choices.program(choices.Choices(numbers)), None])

    @precondition(RUNS)
    @rule(number=st.integers(0, 100))
    def does_what_is_odd(self, number: int) -> None:
        self.does(choices.odd(choices.Choices([number])))

    @precondition(lambda self: self.talk.running and self.talk.running.answer.begun)
    @rule()
    def returns(self) -> None:
        self.does([None])

    # --------------------------------------------------------------------------------------------------- what must hold

    @invariant()
    def nothing_is_wrong(self) -> None:
        assert self.talk.problems == []

    @invariant()
    def state_is_that_of_the_answer(self) -> None:
        """Between steps of a program the state follows from the answer; between requests the last answer is whole."""
        running = self.talk.running
        if running is None:
            if self.state is State.IDLE and self.talk.handled:
                assert self.talk.handled[-1].answer.whole
        elif not self.steps:
            assert expected_state(running) in (None, self.state)

    def finish(self) -> None:
        """End the connection and check what the client has received."""
        self.over = True
        if not self.ending:
            self._end(END, self.peer.end)
        elif not self.lockstep.ended:
            if self.ending == STALL:
                self.peer.end()
            self.lockstep.resume()
        while not self.lockstep.ended:
            self.lockstep.resume()
        verdict = self.look()
        received = self.peer.received()
        judge(self.talk, received, self.lockstep.result, verdict.tail, gone=self.peer.gone)
        if self.ending == END:
            judge_rest(self.talk, self.peer.server)
        judge_remains(self.talk, self.peer.server, self.peer.kind, self.attributes.get("timeout"))
        assert self.talk.problems == []

    def teardown(self) -> None:
        if hasattr(self, "lockstep"):
            with self.stack:
                self.finish()


class OverSocket(Machine):
    peer_class = peers.OverSocket


class OverTCP(Machine):
    peer_class = peers.OverTCP


TestInMemory = Machine.TestCase
TestOverSocket = OverSocket.TestCase
TestOverTCP = OverTCP.TestCase
EXAMPLES = settings().max_examples
TestInMemory.settings = settings(max_examples=EXAMPLES * 2 // 3 or 1, stateful_step_count=50)
TestOverSocket.settings = TestOverTCP.settings = settings(max_examples=EXAMPLES // 6 or 1, stateful_step_count=50)
