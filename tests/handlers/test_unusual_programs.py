# SPDX-License-Identifier: MIT
"""Programs that use strict and framed handlers in ways that http.server allows, but that few programs need."""

from __future__ import annotations

import gc
import http.server
import io
import socket
import socketserver
import sys
import time
import warnings
from types import SimpleNamespace
from typing import Any

import pytest

import fasthdr
import fasthdr.server
from tests.handlers.kinds import ALL, STRICT, Client, Server, answer, served, wait_for
from tests.handlers.memory import END, Memory, handle
from tests.integration.wire import serving

GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
ways = pytest.mark.parametrize("way", ALL.values(), ids=ALL)
strict_ways = pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)


@pytest.mark.parametrize("written", [b"", b"HTTP/1.1 200 OK\r\n"])
@ways
def test_a_refusal_passes_a_buffer_around_wfile(way: Any, written: bytes) -> None:
    """What the buffer holds of another response is dropped."""

    def setup(self: Any) -> None:
        super(type(self), self).setup()
        self.wfile = io.BufferedWriter(self.wfile, 65536)

    def do_POST(self: Any) -> None:
        self.wfile.write(written)
        self.rfile.read()

    with served(way, setup=setup, do_POST=do_POST) as server, Client(server) as client:
        client.send(b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
        status, fields = client.head()
        assert (status, fields["connection"]) == (400, "close")
        assert b"HTTP/1.1" not in client.rest()


@ways
def test_arguments_and_result_of_handle_one_request(way: Any) -> None:
    def handle(self: Any) -> None:
        self.close_connection = True
        first = True
        while self.handle_one_request(first, last=False):
            first = False

    def handle_one_request(self: Any, first: bool, *, last: bool) -> bool:
        seen.append((first, last))
        super(type(self), self).handle_one_request()
        return not self.close_connection

    seen: list[object] = []
    members = {"handle": handle, "handle_one_request": handle_one_request, "do_GET": answer}
    with served(way, **members) as server, Client(server) as client:
        client.send(GET * 3)
        for _ in range(3):
            assert client.response() == (200, b"ok")
        client.last()
    assert seen == [(True, False)] + [(False, False)] * 3
    assert not server.errors


@ways
def test_a_line_before_the_first_request(way: Any) -> None:
    """The header of the PROXY protocol, for example."""

    def handle(self: Any) -> None:
        lines.append(self.rfile.readline(108))
        super(type(self), self).handle()

    lines: list[bytes] = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with served(way, handle=handle, do_GET=answer) as server, Client(server) as client:
            client.send(b"PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n" + GET * 2)
            assert client.response() == client.response() == (200, b"ok")
    assert lines == [b"PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n"]
    assert not server.errors


@pytest.mark.parametrize("look", [lambda rfile: rfile.peek(1), lambda rfile: rfile.read(0) or rfile.peek()])
@strict_ways
def test_a_look_before_the_first_request_has_a_deadline(way: Any, look: Any) -> None:
    def handle(self: Any) -> None:
        look(self.rfile)
        super(type(self), self).handle()

    limits = {"idle_timeout": 0.2, "head_timeout": 0.2}
    with served(way, handle=handle, do_GET=answer, **limits) as server, Client(server) as client:
        assert client.rest() == b""
        with Client(server) as other:
            other.send(GET)
            assert other.response() == (200, b"ok")
    assert any("timed out" in line for line in server.log)
    assert not server.errors


@ways
def test_a_request_that_is_parsed_from_a_text(way: Any) -> None:
    """A handler that a program makes by hand has no client."""
    with way({}) as base:

        class Parsed(base):  # type: ignore[misc, valid-type]
            def __init__(self, text: bytes) -> None:
                self.rfile = io.BytesIO(text)
                self.raw_requestline = self.rfile.readline()
                self.error: object = None
                self.parse_request()

            def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
                self.error = int(code)

        assert Parsed(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n").error == 400
        parsed = Parsed(b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n")
        assert (parsed.error, parsed.path, parsed.headers["host"]) == (None, "/a", "h")


@pytest.mark.parametrize("module", [http.server, fasthdr.server])
def test_on_unsupported_holds_for_a_class_that_is_strict_by_itself(module: Any) -> None:
    def parse_request(self: Any) -> bool:
        self.command, self.path, self.request_version, self.requestline = "GET", "/", "HTTP/1.0", "x"
        while self.rfile.readline() not in (b"\r\n", b""):
            pass
        return True

    members = {"strict": True, "parse_request": parse_request, "do_GET": answer, "log_message": lambda *_: None}
    with fasthdr.install(on_unsupported="raise"):
        handler = type("Handler", (module.BaseHTTPRequestHandler,), members)
        with Server(handler) as server, serving(server), Client(server) as client:
            client.send(GET)
            assert b" 200 " not in client.rest()
    assert [type(error) for error in server.errors] == [fasthdr.UnsupportedHandler]
    assert fasthdr.server.BaseHTTPRequestHandler.on_unsupported == "warn"


def test_a_refused_head_is_no_unsupported_handler() -> None:
    """A program may read on after a request that parse_request() has refused."""

    def handle_one_request(self: Any) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        if not self.parse_request():
            rest.append(self.rfile.read1())

    rest: list[bytes] = []
    members = {"handle_one_request": handle_one_request, "log_message": lambda *_: None}
    with fasthdr.install(framed_body=True, on_unsupported="raise"):
        handler = type("Handler", (http.server.BaseHTTPRequestHandler,), members)
        with Server(handler) as server, serving(server), Client(server) as client:
            client.send(b"GET / XTTP/1.1\r\nA: b\r\n\r\n")
            assert b"400" in client.last()  # before 3.11, an error about the version has no head
            wait_for(lambda: rest)
    assert not server.errors


class Around:
    """An object around a socket, as programs make to count bytes."""

    def __init__(self, sock: Any) -> None:
        self.sock = sock

    def __getattr__(self, name: str) -> Any:
        return getattr(self.sock, name)


@strict_ways
def test_deadlines_through_an_object_around_the_socket(way: Any) -> None:
    def setup(self: Any) -> None:
        self.request = Around(self.request)
        super(type(self), self).setup()

    with served(way, setup=setup, do_GET=answer, head_timeout=0.2) as server, Client(server) as client:
        client.send(GET)
        assert client.response() == (200, b"ok")
        client.send(GET[:9])
        began = time.monotonic()
        assert client.head()[0] == 408
        assert time.monotonic() - began < 60  # without a deadline, the client would run into its own timeout
    assert not server.errors


@pytest.mark.parametrize("switch", ["imported", "installed"])
def test_wfile_writes_to_the_socket_that_it_was_made_for(switch: str) -> None:
    class Upper(Around):
        def sendall(self, data: Any) -> None:
            self.sock.sendall(bytes(data).upper())

    class Mixin(socketserver.StreamRequestHandler):
        def setup(self) -> None:
            super().setup()
            self.connection = Upper(self.connection)  # type: ignore[assignment]

    with fasthdr.install():
        base: Any = fasthdr.server if switch == "imported" else http.server

        class Handler(base.BaseHTTPRequestHandler, Mixin):  # type: ignore[misc]
            def handle(self) -> None:
                self.wfile.write(b"abc")

        ours, theirs = socket.socketpair()
        with ours, theirs:
            Handler(ours, "", None)
            assert theirs.recv(10) == b"abc"


def test_methods_of_the_class_on_another_object() -> None:
    """http.server's functions ask nothing of the class of `self`."""
    made = {
        "default_request_version": "HTTP/0.9",
        "protocol_version": "HTTP/1.1",
        "MessageClass": http.client.HTTPMessage,
    }
    file = io.BytesIO(b"Host: h\r\n\r\n")
    with fasthdr.install():
        duck = SimpleNamespace(raw_requestline=b"GET /a HTTP/1.1\r\n", rfile=file, **made)
        assert http.server.BaseHTTPRequestHandler.parse_request(duck)  # type: ignore[arg-type]
        assert (duck.path, duck.headers["host"]) == ("/a", "h")
        duck = SimpleNamespace(rfile=io.BytesIO(), **made)
        http.server.BaseHTTPRequestHandler.handle_one_request(duck)  # type: ignore[arg-type]
        assert duck.close_connection

        sent = io.BytesIO()
        duck = SimpleNamespace(request_version="HTTP/1.1", protocol_version="HTTP/1.1", wfile=sent)
        http.server.BaseHTTPRequestHandler.send_response_only(duck, 200, "OK")  # type: ignore[arg-type]
        http.server.BaseHTTPRequestHandler.send_header(duck, "A", "b")  # type: ignore[arg-type]
        http.server.BaseHTTPRequestHandler.flush_headers(duck)  # type: ignore[arg-type]
        assert sent.getvalue() == b"HTTP/1.1 200 OK\r\nA: b\r\n"

        class Broken(http.server.BaseHTTPRequestHandler):
            @property
            def strict(self) -> bool:  # type: ignore[override]
                raise AttributeError("broken")

        broken: Any = object.__new__(Broken)
        for call in (broken.parse_request, broken.handle_one_request):
            with pytest.raises(AttributeError, match="broken"):
                call()


class Collector(io.RawIOBase):
    """A program's own wfile, which sends in flush() what it has collected."""

    def __init__(self, sock: Any) -> None:
        self.sock = sock
        self.collected = b""

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self.collected += bytes(data)
        return len(data)

    def flush(self) -> None:
        data, self.collected = self.collected, b""
        if data:
            self.sock.sendall(data)


def _one_file(self: Any) -> None:
    self.connection = self.request
    self.rfile = self.wfile = self.connection.makefile("rwb")


def _one_file_later(self: Any) -> None:
    super(type(self), self).setup()
    self.rfile = self.wfile = self.connection.makefile("rwb")


def _collector(self: Any) -> None:
    self.connection = self.request
    self.rfile = self.connection.makefile("rb")
    self.wfile = Collector(self.connection)


def _collector_later(self: Any) -> None:
    super(type(self), self).setup()
    self.wfile = Collector(self.connection)


def _buffer_later(self: Any) -> None:
    super(type(self), self).setup()
    self.wfile = self.connection.makefile("wb")


def _rfile_later(self: Any) -> None:
    super(type(self), self).setup()
    self.rfile = self.connection.makefile("rb")


def _without_ours(self: Any) -> None:
    socketserver.StreamRequestHandler.setup(self)


OWN_FILES = [_one_file, _one_file_later, _collector, _collector_later, _buffer_later, _rfile_later, _without_ours]
BAD = b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
own_files = pytest.mark.parametrize("setup", OWN_FILES, ids=lambda setup: setup.__name__.strip("_"))


@own_files
@ways
def test_files_of_the_program_from_setup_on(way: Any, setup: Any) -> None:
    """Each response is sent at once, without the content of a response to HEAD; a refusal is the only response."""

    def do_POST(self: Any) -> None:
        answer(self, self.rfile.read(3))

    def do_PUT(self: Any) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.rfile.read()

    members = {"do_GET": answer, "do_HEAD": answer, "do_POST": do_POST, "do_PUT": do_PUT}
    with served(way, setup=setup, **members) as server, Client(server) as client:
        client.send(b"HEAD / HTTP/1.1\r\nHost: h\r\n\r\n")
        assert client.head()[0] == 200
        client.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")
        assert client.response() == (200, b"abc")
        client.send(GET)
        assert client.response() == (200, b"ok")
        client.send(BAD.replace(b"POST", b"PUT"))
        assert client.last().count(b"HTTP/1.1 ") == 1
    assert not server.errors


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@ways
def test_a_wfile_that_the_program_makes_for_a_request(way: Any) -> None:
    """What is in its buffer cannot be dropped, so the fault of a body gets no second response.

    The flush in finish() fails, as it does if the client has gone. finish() then leaves rfile open.
    """

    def do_POST(self: Any) -> None:
        self.wfile = self.connection.makefile("wb")
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        self.rfile.read()

    with served(way, do_POST=do_POST) as server, Client(server) as client:
        client.send(BAD)
        assert client.last().count(b"HTTP/1.1 ") <= 1
    assert all(isinstance(error, fasthdr.ParseError) for error in server.errors)
    server.errors.clear()  # their tracebacks hold the handler
    gc.collect()


class Lines:
    """A file with the methods that http.server uses."""

    def __init__(self, file: Any) -> None:
        self.file = file

    def readline(self, size: int = -1) -> bytes:
        return self.file.readline(size)  # type: ignore[no-any-return]

    def read(self, size: int = -1) -> bytes:
        return self.file.read(size)  # type: ignore[no-any-return]

    def close(self) -> None:
        self.file.close()


def _lines_of_ours(self: Any) -> None:
    super(type(self), self).setup()
    self.rfile = Lines(self.rfile)


def _lines_later(self: Any) -> None:
    super(type(self), self).setup()
    self.rfile = Lines(self.connection.makefile("rb"))


@pytest.mark.parametrize(
    "setup", [_rfile_later, _one_file_later, _one_file, _without_ours, _lines_of_ours, _lines_later]
)
@pytest.mark.parametrize("part", [b"", b"GET /"])
@strict_ways
def test_deadlines_of_the_first_line_with_a_file_of_the_program(way: Any, setup: Any, part: bytes) -> None:
    limits = {"idle_timeout": 0.1, "head_timeout": 0.1}
    with served(way, setup=setup, do_GET=answer, **limits) as server, Client(server) as client:
        client.send(part)
        assert client.rest().startswith(b"HTTP/1.1 408 " if part else b"")
    assert not server.errors


@own_files
@ways
def test_a_clean_close_with_files_of_the_program(way: Any, setup: Any) -> None:
    """After an early response, what the client still sends is read, so that the close does not reset the connection."""
    if setup in (_one_file, _one_file_later) and sys.version_info < (3, 12):
        pytest.skip("a BufferedRWPair does not say where it leads to")
    quiet = {"protocol_version": "HTTP/1.1", "log_message": lambda *args: None, "timeout": 5.0}
    pieces = [b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3000\r\n\r\n", bytes(1000), bytes(2000)]
    with way({**quiet, "setup": setup, "do_POST": answer, "drain_limit": 100}) as handler:
        coming = iter(pieces)
        sock = Memory(lambda: sock.coming.append(next(coming, END)))
        assert handle(handler, sock, None) is None
    assert sock.given == sum(map(len, pieces))
    assert sock.sent.endswith(b"ok")
    assert type(sock) is Memory


@ways
def test_a_size_beyond_any_line(way: Any) -> None:
    def handle(self: Any) -> None:
        lines.append(self.rfile.readline(1 << 70))
        super(type(self), self).handle()

    def do_POST(self: Any) -> None:
        answer(self, self.rfile.readline(1 << 70))

    lines: list[bytes] = []
    with served(way, handle=handle, do_POST=do_POST) as server, Client(server) as client:
        client.send(b"a line\r\nPOST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")
        assert client.response() == (200, b"abc")
    assert lines == [b"a line\r\n"]
    assert not server.errors
