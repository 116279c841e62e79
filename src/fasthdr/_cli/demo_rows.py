# SPDX-License-Identifier: MIT
"""What `python -m fasthdr demo` measures: each row is the same work, done by the standard library and by fasthdr."""

from __future__ import annotations

import contextlib
import functools
import http.client
import http.server
import io
import socket
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

from fasthdr import client, server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FIELDS = (
    b"Host: example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n"
    b"Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8\r\nAccept-Language: en-GB,en;q=0.7\r\n"
    b"Accept-Encoding: gzip, deflate, br\r\nConnection: keep-alive\r\nCookie: session=0123456789abcdef; theme=dark\r\n"
    b"Upgrade-Insecure-Requests: 1\r\nPriority: u=0, i\r\n\r\n"
)
COUNT = 9
REQUEST = b"GET /path?query=1 HTTP/1.1\r\n" + FIELDS
BODY = b"ok\n"


class Row(NamedTuple):
    """Hold a name, the same work as two functions, and whether a gain is promised."""

    name: str
    stdlib: Callable[[], None]
    fasthdr: Callable[[], None]
    gains: bool = True


def _parse(handler_class: Any) -> Callable[[], None]:
    """Run a handler's parse_request() in memory."""
    handler = handler_class.__new__(handler_class)
    handler.protocol_version = "HTTP/1.1"
    line = REQUEST[: REQUEST.index(b"\n") + 1]

    def work() -> None:
        handler.raw_requestline = line
        handler.rfile = io.BytesIO(FIELDS)
        if not handler.parse_request() or len(handler.headers) != COUNT:
            raise RuntimeError("the head has not been parsed")

    return work


def _message(module: Any) -> Callable[[], None]:
    """Read a parsed message: two fields that it has, one that it does not have, and all items."""
    message = module.parse_headers(io.BytesIO(FIELDS))

    def work() -> None:
        if message["Host"] != "example.com" or message.get("user-agent") is None or message.get("range") is not None:
            raise RuntimeError("the message is another one")
        if len(message.items()) != COUNT:
            raise RuntimeError("fields are missing")

    return work


def _handler(base: Any) -> Any:
    """Make a handler of a few lines, as programs write it."""

    class Handler(base):  # type: ignore[misc]
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # fasthdr's handlers set it anyway; the standard library's do not

        def do_GET(self) -> None:  # noqa: N802
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", str(len(BODY)))
            self.end_headers()
            self.wfile.write(BODY)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    return Handler


def _exchange(sock: socket.socket) -> None:
    sock.sendall(REQUEST)
    got = b""
    while not got.endswith(b"\r\n\r\n" + BODY):
        piece = sock.recv(65536)
        if not piece:
            raise RuntimeError("the server has closed the connection")
        got += piece


@contextlib.contextmanager
def _address(module: Any) -> Iterator[tuple[str, int]]:
    """Run a server on loopback in a thread of this process."""
    with module.ThreadingHTTPServer(("127.0.0.1", 0), _handler(module.BaseHTTPRequestHandler)) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield running.server_address[:2]
        finally:
            running.shutdown()
            thread.join()


def _new_connection(address: tuple[str, int]) -> Callable[[], None]:
    def work() -> None:
        with socket.create_connection(address, timeout=10) as sock:
            _exchange(sock)

    return work


@contextlib.contextmanager
def rows() -> Iterator[list[Row]]:
    """Yield the rows while their servers run."""
    with contextlib.ExitStack() as stack:
        addresses = [stack.enter_context(_address(module)) for module in (http.server, server)]
        socks = [stack.enter_context(socket.create_connection(address, timeout=10)) for address in addresses]
        for sock in socks:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        kept = [functools.partial(_exchange, sock) for sock in socks]
        new = [_new_connection(address) for address in addresses]
        yield [
            Row(
                f"a handler parses a request of {COUNT} fields",
                _parse(http.server.BaseHTTPRequestHandler), _parse(server.BaseHTTPRequestHandler),
            ),
            Row("4 reads of a parsed message", _message(http.client), _message(client)),
            Row("a server's round, one persistent connection", kept[0], kept[1]),
            Row("a server's round, a connection each", new[0], new[1], gains=False),
        ]  # fmt: skip
