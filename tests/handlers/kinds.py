# SPDX-License-Identifier: MIT
"""Handler classes made strict or framed in every way that a program can, and clients that talk to them."""

from __future__ import annotations

import contextlib
import http.server
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import fasthdr
import fasthdr.server
from tests.integration.wire import TIMEOUT, serving

if TYPE_CHECKING:
    from typing_extensions import Self

Way = Callable[[dict[str, Any]], contextlib.AbstractContextManager[Any]]


@contextlib.contextmanager
def _imported(attributes: dict[str, Any]) -> Iterator[Any]:
    yield type("Handler", (fasthdr.server.BaseHTTPRequestHandler,), attributes)


def _installed(options: dict[str, Any], switches: dict[str, Any], base: Callable[[], Any]) -> Way:
    @contextlib.contextmanager
    def way(attributes: dict[str, Any]) -> Iterator[Any]:
        with fasthdr.install(**options):
            yield type("Handler", (base(),), {**switches, **attributes})

    return way


def _switched(**switches: Any) -> Way:
    return lambda attributes: _imported({**switches, **attributes})


def _stdlib() -> Any:
    return http.server.BaseHTTPRequestHandler


def _ours() -> Any:
    return fasthdr.server.BaseHTTPRequestHandler


# Each is a context manager over a handler class with the given attributes.
STRICT: dict[str, Way] = {
    "strict = True": _switched(strict=True),
    "strict = True, install()": _installed({}, {"strict": True}, _stdlib),
    "install(strict=True)": _installed({"strict": True}, {}, _stdlib),
    "install(strict=True), fasthdr.server": _installed({"strict": True}, {}, _ours),
}
FRAMED: dict[str, Way] = {
    "framed_body = True": _switched(framed_body=True),
    "framed_body = True, install()": _installed({}, {"framed_body": True}, _stdlib),
    "install(framed_body=True)": _installed({"framed_body": True}, {}, _stdlib),
}
ALL = {**STRICT, **FRAMED}
# The ways in which rfile gives the content of a chunked body; in the others it gives the bytes of the wire.
DECODED = ("strict = True", "framed_body = True", "framed_body = True, install()")


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """A threading server that keeps the errors its handlers raise, instead of printing tracebacks to standard error.

    A client may see the end of a connection before the server has the error, so server_close() waits for the handlers.
    """

    def __init__(self, handler: Any) -> None:
        self.errors: list[BaseException] = []
        self.handling: list[threading.Thread] = []
        super().__init__(("127.0.0.1", 0), handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        thread = threading.Thread(target=self.process_request_thread, args=(request, client_address), daemon=True)
        self.handling.append(thread)
        thread.start()

    def server_close(self) -> None:
        super().server_close()
        for thread in self.handling:
            thread.join(TIMEOUT)
            assert not thread.is_alive(), "a handler has not ended"

    def handle_error(self, request: Any, client_address: Any) -> None:
        import sys

        error = sys.exc_info()[1]
        assert error is not None
        self.errors.append(error)


class Log:
    """Keeps what a handler logs; the handler's class needs what attributes() returns."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def attributes(self) -> dict[str, Any]:
        lines = self.lines

        def log_message(self: Any, format: str, *args: Any) -> None:
            lines.append(format % args)

        return {"log_message": log_message}


@contextlib.contextmanager
def served(way: Way, **attributes: Any) -> Iterator[Any]:
    """Run a server with such a handler over real sockets: .errors has its handlers' errors, .log what they logged."""
    log = Log()
    with (
        way({"protocol_version": "HTTP/1.1", **log.attributes(), **attributes}) as handler,
        Server(handler) as server,
        serving(server),
    ):
        server.log = log.lines
        yield server


class Client:
    """One connection, as a client sees it."""

    def __init__(self, server: Any) -> None:
        self.sock = socket.create_connection(server.server_address, TIMEOUT)
        self.file = self.sock.makefile("rb")

    def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            self.sock.sendall(piece)

    def head(self) -> tuple[int, dict[str, str]]:
        """Return the next response head: its status, and its fields by lower-case name."""
        data = b""
        while not data.endswith(b"\r\n\r\n"):
            line = self.file.readline()
            assert line, f"the connection ended within a head: {data!r}"
            data += line
        head = fasthdr.parse_response(data, strict=True)
        assert head is not None
        return head.status, {name.lower(): value for name, value in head.items()}

    def response(self) -> tuple[int, bytes]:
        """Return the next response with a Content-Length: its status and its content."""
        status, fields = self.head()
        return status, self.file.read(int(fields["content-length"]))

    def rest(self) -> bytes:
        """Return all that comes until the server closes."""
        with contextlib.suppress(ConnectionError):
            return self.file.read()
        return b""

    def last(self) -> bytes:
        """End the sending side, and return all that comes until the server closes."""
        self.sock.shutdown(socket.SHUT_WR)
        return self.rest()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.file.close()
        self.sock.close()


def answer(handler: Any, content: bytes = b"ok") -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


def wait_for(condition: Callable[[], object]) -> None:
    """Wait until a thread of the server has made the condition true."""
    event = threading.Event()
    for _ in range(TIMEOUT * 100):
        if condition():
            return
        event.wait(0.01)
    raise AssertionError("nothing has come of it")
