# SPDX-License-Identifier: MIT
"""What programs do beyond do_GET() and its like: logs, descriptors, half a response head."""

from __future__ import annotations

import os
import socket
import wsgiref.simple_server
from typing import Any

import pytest

import fasthdr
from tests.integration.framed import CHUNKED, LAST, Framed, Handler, request, server_of
from tests.integration.wire import TIMEOUT, converse, serving

EXPECTING = request(b"PUT / HTTP/1.1", b"Content-Length: 3", b"Expect: 100-continue")
both = pytest.mark.parametrize("cls", [Handler, Framed])


class Looks(Handler):
    """Its log reads the second argument, as Django's does."""

    def log_message(self, format: str, *args: Any) -> None:
        assert args[1][0]
        super().log_message(format, *args)


@pytest.mark.parametrize(
    ("data", "answer", "said"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 400 ", "Request refused: 400 Missing Host"),
        (request(b"PUT / HTTP/1.1", CHUNKED, body=b"x\r\n"), b"HTTP/1.1 400 ", "Request refused: 400 Bad chunk"),
        (b"GET", b"HTTP/1.1 408 ", "Request refused: 408 Request timeout"),
        (b"", b"", "Request timed out: TimeoutError("),
    ],
)
def test_a_log_that_looks_at_its_arguments(data: bytes, answer: bytes, said: str) -> None:
    """The log works, and the client gets its answer."""
    with server_of(Looks, head_timeout=0.05, idle_timeout=0.05) as server, serving(server):
        with socket.create_connection(server.server_address, TIMEOUT) as sock:
            sock.sendall(data)
            reply = sock.recv(65536)
        assert reply.startswith(answer)
        assert any(line.startswith(said) for line in server.RequestHandlerClass.lines)


@both
def test_descriptors_block(cls: type[Handler]) -> None:
    """Reads from such a descriptor block, unless the handler has a timeout, as in http.server."""
    found = []

    class Own(cls):  # type: ignore[misc, valid-type]
        timeout = None

        def do_GET(self) -> None:
            found.append(os.get_blocking(self.rfile.fileno()))
            self.send_error(404)
            found.append(os.get_blocking(self.wfile.fileno()))

    with server_of(Own) as server, serving(server):
        converse(server.server_address, LAST)
    assert found == [True, True]


class Halves(Handler):
    """Flushes half a response head before it reads the body, as http.server does for a CGI program."""

    def do_PUT(self) -> None:
        self.send_response(200)
        self.flush_headers()
        self.wfile.flush()
        body = self.rfile.read()
        self.send_header("Content-Length", "0")
        self.send_header("X-Body", body.decode())
        self.end_headers()


@both
def test_half_a_head_and_expect(cls: type[Handler]) -> None:
    """100 Continue comes before it: later it would be too late, and the client might wait."""
    with server_of(Halves, strict=cls.strict, framed_body=True) as server, serving(server):
        with socket.create_connection(server.server_address, TIMEOUT) as sock:
            sock.sendall(EXPECTING)
            interim = b"HTTP/1.1 100 Continue\r\n\r\n"
            assert sock.recv(len(interim)) == interim
            sock.sendall(b"abc")
            reply = sock.makefile("rb").read()
        assert reply.startswith(b"HTTP/1.1 200 ")
        assert reply.endswith(b"\r\nX-Body: abc\r\n\r\n")


def test_the_environ_of_a_class_that_is_strict_by_itself() -> None:
    """Even if install() is not strict, such an environ has the path of an absolute-form, and no ambiguous names."""
    seen = []

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        fields = {name: value for name, value in environ.items() if name in ("HTTP_HOST", "HTTP_X_Y")}
        seen.append((environ["PATH_INFO"], fields))
        start_response("200 OK", [])
        return []

    class Strict(wsgiref.simple_server.WSGIRequestHandler):
        strict = True

        def log_message(self, format: str, *args: Any) -> None:
            pass

    before = wsgiref.simple_server.WSGIRequestHandler.get_environ
    data = b"GET http://a.test/b HTTP/1.1\r\nHost: c\r\nX_Y: 1\r\n\r\n"
    for _ in range(2):
        with (
            fasthdr.install(),
            wsgiref.simple_server.make_server("127.0.0.1", 0, app, handler_class=Strict) as server,
            serving(server),
        ):
            converse(server.server_address, data)
        assert wsgiref.simple_server.WSGIRequestHandler.get_environ is before
    assert seen == [("/b", {"HTTP_HOST": "a.test"})] * 2
