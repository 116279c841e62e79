# SPDX-License-Identifier: MIT
"""Programs that put their own files in the place of rfile and wfile, or around them: no promise is lost."""

from __future__ import annotations

import contextlib
import io
import wsgiref.simple_server
from typing import Any

import pytest

import fasthdr
import fasthdr.simple_server
from tests.handlers.kinds import ALL, STRICT, Client, answer, served
from tests.handlers.test_deadlines import Dripping
from tests.integration.wire import converse, serving

ways = pytest.mark.parametrize("way", ALL.values(), ids=ALL)


class Tee:
    """What a program puts around a file to log what it reads. It has only the methods that http.server calls."""

    closed = False

    def __init__(self, file: Any) -> None:
        self._file = file

    def read(self, *size: int) -> Any:
        return self._file.read(*size)

    def readline(self, *size: int) -> Any:
        return self._file.readline(*size)

    def close(self) -> None:
        self._file.close()


def _wraps(self: Any) -> None:
    super(type(self), self).setup()
    self.rfile = Tee(self.rfile)


def _wraps_later(self: Any) -> Any:
    accepted = super(type(self), self).parse_request()
    self.rfile = Tee(self.rfile)
    return accepted


WRAPS = pytest.mark.parametrize(
    "wraps", [{"setup": _wraps}, {"parse_request": _wraps_later}], ids=["setup()", "parse_request()"]
)
HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: h\r\n\r\n"


def _upgrades(self: Any) -> None:
    self.send_response(101)
    self.send_header("Connection", "upgrade")
    self.send_header("Upgrade", "x")
    self.end_headers()


def _connects(self: Any) -> None:
    self.send_response(200)
    self.end_headers()
    self.close_connection = False


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
        b"CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n",
    ],
    ids=["101", "CONNECT"],
)
@WRAPS
@ways
def test_no_request_follows_an_upgrade(way: Any, wraps: dict[str, Any], request_: bytes) -> None:
    seen: list[str] = []

    def do_GET(self: Any) -> None:
        seen.append(self.path)
        _upgrades(self)

    with served(way, do_GET=do_GET, do_CONNECT=_connects, **wraps) as server:
        assert converse(server.server_address, request_ + HIDDEN).count(b"HTTP/1.1 ") == 1
    assert "/hidden" not in seen
    assert not server.errors


@ways
def test_a_request_line_that_the_program_changes(way: Any) -> None:
    """Such a program does call our parse_request()."""

    def handle_one_request(self: Any) -> None:
        self.raw_requestline = self.rfile.readline(65537).replace(b"/prefix", b"")
        if not self.raw_requestline:
            self.close_connection = True
        elif self.parse_request():
            answer(self, self.path.encode() + self.rfile.read(3))

    members = {"setup": _wraps, "handle_one_request": handle_one_request, "on_unsupported": "raise"}
    with served(way, **members) as server:
        request = b"POST /prefix/%d HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
        reply = converse(server.server_address, request % 1 + request % 2)
        assert [line for line in reply.split(b"\r\n") if b"hel" in line] == [b"/1helHTTP/1.1 200 OK", b"/2hel"]
    assert not server.errors


@contextlib.contextmanager
def _wsgi(switch: str, application: Any, attributes: dict[str, Any]) -> Any:
    """Serve an application. switch: "strict" or "framed_body" of fasthdr.simple_server, or "install(strict=True)"."""
    quiet = {"log_message": lambda *args: None, **attributes}
    with contextlib.ExitStack() as stack:
        base: Any = fasthdr.simple_server.WSGIRequestHandler
        if switch == "install(strict=True)":
            stack.enter_context(fasthdr.install(strict=True))
            base = wsgiref.simple_server.WSGIRequestHandler
        else:
            quiet[switch] = True
        handler = type("Handler", (base,), quiet)
        server = fasthdr.simple_server.make_server("127.0.0.1", 0, application, handler_class=handler)
        stack.enter_context(server)
        stack.enter_context(serving(server))
        yield server


@pytest.mark.parametrize("switch", ["strict", "framed_body", "install(strict=True)"])
@WRAPS
def test_wsgi(switch: str, wraps: dict[str, Any]) -> None:
    """The environ is that of the request, and the application gets the content of a chunked body."""
    environs: list[dict[str, Any]] = []

    def application(environ: Any, start_response: Any) -> Any:
        environs.append(environ)
        content = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        start_response("200 OK", [("Content-Length", str(len(content)))])
        return [content]

    with _wsgi(switch, application, wraps) as server:
        head = b"POST http://real/a HTTP/1.1\r\nHost: false\r\n"
        reply = converse(server.server_address, head + b"Content-Length: 5\r\n\r\nhello")
        assert reply.endswith(b"\r\n\r\nhello")
        if switch != "framed_body":
            assert (environs[0]["PATH_INFO"], environs[0]["HTTP_HOST"]) == ("/a", "real")
        if switch != "install(strict=True)" and "setup" in wraps:
            reply = converse(server.server_address, head + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
            assert reply.endswith(b"\r\n\r\nhello")
            assert environs[1]["CONTENT_LENGTH"] == "5"


def _past_ours(self: Any) -> None:
    super(type(self), self).setup()
    self.rfile = Tee(self.connection.makefile("rb"))


def _in_two_files(self: Any) -> None:
    super(type(self), self).setup()
    self.rfile = Tee(io.BufferedReader(self.connection.makefile("rb", 0), 16))  # type: ignore[type-var]


@pytest.mark.parametrize("setup", [_past_ours, _in_two_files])
@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
def test_a_body_that_drips(way: Any, setup: Any) -> None:
    """The file reads from the socket until it has what it was asked for: each of these reads had the whole time."""

    def do_POST(self: Any) -> None:
        self.rfile.read()

    limits = {"body_timeout": 0.3, "body_rate": 100_000, "linger_timeout": 0.1}
    with served(way, setup=setup, do_POST=do_POST, **limits) as server, Client(server) as client:
        client.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n")
        with Dripping(client):
            assert client.rest().startswith(b"HTTP/1.1 408 ")
    assert not server.errors


@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
def test_a_file_that_writes_in_pieces(way: Any) -> None:
    """The deadline of a write is that of all of them: each of them had the whole time."""
    timeouts: list[Any] = []

    class Pieces(io.BufferedIOBase):
        def __init__(self, sock: Any) -> None:
            self._sock = sock

        def writable(self) -> bool:
            return True

        def write(self, data: Any, /) -> int:
            for start in range(0, len(data), 10):
                self._sock.sendall(data[start : start + 10])
                timeouts.append(self._sock.gettimeout())
            return len(data)

    def setup(self: Any) -> None:
        super(type(self), self).setup()
        self.wfile = Pieces(self.connection)

    def do_GET(self: Any) -> None:
        del timeouts[:]
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")

    with served(way, setup=setup, do_GET=do_GET, write_timeout=50.0) as server, Client(server) as client:
        client.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        assert client.head()[0] == 200
    assert len(timeouts) > 3
    assert 50 > timeouts[0] > timeouts[1] > timeouts[2]


@ways
def test_what_is_written_between_requests_with_files_of_the_program(way: Any) -> None:
    """As a late thread does. The client would take it for its next response."""

    class Late(Tee):
        def __init__(self, handler: Any) -> None:
            super().__init__(handler.connection.makefile("rb"))
            self._handler = handler
            self.due = False

        def readline(self, *size: int) -> Any:
            if self.due:
                self.due = False
                self._handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate")
            return super().readline(*size)

    def setup(self: Any) -> None:
        self.connection = self.request
        self.rfile = self.late = Late(self)
        self.wfile = self.connection.makefile("wb", 0)

    def do_GET(self: Any) -> None:
        answer(self)
        self.late.due = True

    with served(way, setup=setup, do_GET=do_GET) as server, Client(server) as client:
        for _ in range(2):
            client.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            assert client.response() == (200, b"ok")
        assert client.rest() == b""
    assert not server.errors
    assert any("Written after the response" in line for line in server.log)
