# SPDX-License-Identifier: MIT
"""Streams that change hands: upgrades, tunnels, replaced files, file descriptors, TLS."""

from __future__ import annotations

import contextlib
import http.client
import http.server
import io
import os
import socket
import ssl
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

import fasthdr
import fasthdr.server
from tests.handlers.kinds import ALL, FRAMED, STRICT, Client, Log, Server, answer, served
from tests.handlers.memory import talk
from tests.integration.wire import TIMEOUT, converse, serving

UPGRADE = b"GET /up HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n"
CONNECT = b"CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n"
SECRET = b"GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"


def _switches(self: Any) -> None:
    self.send_response(101)
    self.send_header("Connection", "upgrade")
    self.send_header("Upgrade", "echo")
    self.end_headers()


def _switches_by_hand(self: Any) -> None:
    self.wfile.write(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n")


def _switches_on_the_socket(self: Any) -> None:
    self.connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n")


@pytest.mark.parametrize("switch", [_switches, _switches_by_hand, _switches_on_the_socket])
@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_upgrade(way: Any, switch: Any) -> None:
    """After 101, rfile is the stream, beginning with what came behind the request; wfile passes everything on."""

    def do_GET(self: Any) -> None:
        switch(self)
        while line := self.rfile.readline():
            self.wfile.write(b"<" + line + b">")

    with served(way, do_GET=do_GET) as server, Client(server) as client:
        client.send(UPGRADE + b"one\nHTTP/1.1 ")
        assert client.head()[0] == 101
        assert client.file.read(6) == b"<one\n>"
        client.send(b"two\n")
        assert client.last() == b"<HTTP/1.1 two\n>"
    assert not server.errors


def _read(rfile: Any) -> bytes:
    return rfile.read(100)  # type: ignore[no-any-return]


def _readinto(rfile: Any) -> bytes:
    buffer = bytearray(100)
    return bytes(buffer[: rfile.readinto(buffer)])


@pytest.mark.parametrize("read", [_read, _readinto])
@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_an_unbuffered_rfile_does_not_wait_for_more(way: Any, read: Any) -> None:
    """As that of the standard library, which is then a raw file. In a body and after 101."""

    def do_POST(self: Any) -> None:
        answer(self, read(self.rfile))
        self.wfile.flush()
        assert self.rfile.read() == b"d"

    def do_GET(self: Any) -> None:
        _switches(self)
        while data := read(self.rfile):
            self.wfile.write(b"<" + data + b">")

    with served(way, do_POST=do_POST, do_GET=do_GET, rbufsize=0) as server, Client(server) as client:
        client.send(POST.replace(b"3", b"4") + b"abc")
        assert client.response() == (200, b"abc")
        client.send(b"d" + UPGRADE)
        assert client.head()[0] == 101
        for data in (b"one", b"two"):
            client.send(data)
            assert client.file.read(5) == b"<" + data + b">"
        assert client.last() == b""
    assert not server.errors


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_an_upgrade_that_is_declined(way: Any) -> None:
    """The bytes that follow are the next request."""

    def do_GET(self: Any) -> None:
        answer(self, self.rfile.read())

    with served(way, do_GET=do_GET) as server, Client(server) as client:
        client.send(UPGRADE * 2)
        assert client.response() == (200, b"")
        assert client.response() == (200, b"")


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_a_tunnel(way: Any) -> None:
    def do_CONNECT(self: Any) -> None:
        self.send_response(200)
        self.end_headers()
        while data := self.rfile.read1(100):
            self.wfile.write(data.upper())

    with served(way, do_CONNECT=do_CONNECT) as server, Client(server) as client:
        client.send(CONNECT + b"one")
        status, fields = client.head()
        assert status == 200
        assert "connection" not in fields
        assert client.file.read(3) == b"ONE"
        client.send(b"two")
        assert client.last() == b"TWO"
    assert not server.errors


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_a_tunnel_that_is_refused(way: Any) -> None:
    """Nothing was tunnelled, so the bytes that follow are the next request."""

    def do_CONNECT(self: Any) -> None:
        self.send_response(403)
        self.send_header("Content-Length", "0")
        self.end_headers()

    with served(way, do_CONNECT=do_CONNECT, do_GET=answer) as server, Client(server) as client:
        client.send(CONNECT + b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        assert client.response()[0] == 403
        assert client.response() == (200, b"ok")


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
@pytest.mark.parametrize("framing", [b"Content-Length: %d" % len(SECRET), b"Transfer-Encoding: chunked"])
def test_connect_has_no_content(way: Any, framing: bytes) -> None:
    """RFC 9110 9.3.6: what follows must not be content to one side and a request to the other."""
    seen = []

    def do_CONNECT(self: Any) -> None:
        seen.append(self.path)
        self.send_response(403)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self: Any) -> None:
        seen.append(self.path)
        answer(self)

    with served(way, do_CONNECT=do_CONNECT, do_GET=do_GET) as server:
        request = b"CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n" + framing + b"\r\n\r\n" + SECRET
        reply = converse(server.server_address, request)
        assert reply.startswith(b"HTTP/1.1 400 Content in a CONNECT\r\n")
        assert reply.count(b"HTTP/1.1 ") == 1
        assert not seen
        request = b"CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\nContent-Length: 0\r\n\r\n" + SECRET
        assert converse(server.server_address, request).count(b"HTTP/1.1 ") == 2
        assert seen == ["h:80", "/smuggled"]


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_tls_within_a_tunnel(way: Any, certificates: Any) -> None:
    """A proxy that unwraps TLS, like moto's: do_CONNECT() replaces the files, and requests are then read from those."""
    authority, context = certificates

    def do_CONNECT(self: Any) -> None:
        self.send_response(200)
        self.end_headers()
        self.connection = context.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb", self.rbufsize)
        self.wfile = self.connection.makefile("wb", 0)
        self.close_connection = False

    def do_POST(self: Any) -> None:
        answer(self, self.path.encode() + self.rfile.read(3))

    def finish(self: Any) -> None:
        http.server.BaseHTTPRequestHandler.finish(self)
        self.connection.close()

    with served(way, do_CONNECT=do_CONNECT, do_POST=do_POST, finish=finish) as server:
        trusting = ssl.create_default_context()
        authority.configure_trust(trusting)
        connection = http.client.HTTPSConnection(*server.server_address, context=trusting, timeout=TIMEOUT)
        connection.set_tunnel("localhost", 443)
        for number in range(3):
            connection.request("POST", f"/{number}", b"abc")
            assert connection.getresponse().read() == b"/%dabc" % number
        connection.close()
    assert not server.errors


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_tls_within_a_tunnel_beside_the_connection(way: Any, certificates: Any) -> None:
    """The program keeps the TLS socket for itself, and `connection` has lost its descriptor to it."""
    authority, context = certificates

    def do_CONNECT(self: Any) -> None:
        self.send_response(200)
        self.end_headers()
        with context.wrap_socket(self.connection, server_side=True) as tls:
            self.rfile, self.wfile = tls.makefile("rb"), tls.makefile("wb", 0)
            self.close_connection = False
            while not self.close_connection:
                self.handle_one_request()

    def do_POST(self: Any) -> None:
        answer(self, self.path.encode() + self.rfile.read(3))

    with served(way, do_CONNECT=do_CONNECT, do_POST=do_POST) as server:
        trusting = ssl.create_default_context()
        authority.configure_trust(trusting)
        connection = http.client.HTTPSConnection(*server.server_address, context=trusting, timeout=TIMEOUT)
        connection.set_tunnel("localhost", 443)
        for number in range(3):
            connection.request("POST", f"/{number}", b"abc")
            assert connection.getresponse().read() == b"/%dabc" % number
        connection.close()


WITHIN = b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%sGET /b HTTP/1.1\r\nHost: h\r\n\r\n" % (
    len(SECRET), SECRET,
)  # fmt: skip
BAD_CHUNK = b"PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n" + SECRET


def _by_rounds(self: Any) -> None:
    while not self.close_connection:
        self.handle_one_request()


def _by_a_loop(self: Any) -> None:
    self.handle()


def _by_hand(self: Any) -> None:
    while not self.close_connection:
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            return
        getattr(self, f"do_{self.command}")()


def _later(self: Any) -> None:
    """Leave the files to the next round of the connection."""


@pytest.mark.parametrize("data", [WITHIN, BAD_CHUNK], ids=["an unread body", "a bad chunk"])
@pytest.mark.parametrize("goes_on", [_by_rounds, _by_a_loop, _by_hand, _later])
@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_requests_within_a_tunnel(way: Any, goes_on: Any, data: bytes) -> None:
    """The program's own files follow one another; an unread body is not taken for a request there either."""
    paths = []
    written = []

    class Out(io.BytesIO):
        def write(self, data: Any) -> int:
            written.append(bytes(data))
            return len(data)

    def do_CONNECT(self: Any) -> None:
        self.send_response(200)
        self.end_headers()
        self.rfile, self.wfile = io.BytesIO(data), Out()
        self.close_connection = False
        goes_on(self)

    def do_POST(self: Any) -> None:
        paths.append(self.path)
        answer(self)

    def do_PUT(self: Any) -> None:
        self.rfile.read()

    methods = {"do_CONNECT": do_CONNECT, "do_POST": do_POST, "do_GET": do_POST, "do_PUT": do_PUT}
    sent, error = talk(way, [b"CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n"], **methods)
    assert sent.count(b"HTTP/1.1 ") == 1
    if data is BAD_CHUNK:
        assert paths == []
        assert b"".join(written).startswith(b"HTTP/1.1 400 ")
        assert b"".join(written).count(b"HTTP/1.1 ") == 1
    else:
        assert paths == (["/a"] if goes_on is _by_hand else ["/a", "/b"])
    assert error is None


@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
def test_a_round_within_a_tunnel_has_deadlines(way: Any) -> None:
    """Deadlines hold from its request line on: the file is the program's own, but the connection is the handler's."""
    seen = []

    def do_CONNECT(self: Any) -> None:
        connection = self.connection

        class File(io.BytesIO):
            def readline(self, size: int | None = -1, /) -> bytes:
                seen.append(connection.gettimeout())
                return super().readline(size)

        self.send_response(200)
        self.end_headers()
        self.rfile, self.wfile = File(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"), io.BytesIO()
        self.handle_one_request()

    limits = {"timeout": None, "idle_timeout": 7.0, "head_timeout": 7.0}
    assert talk(way, [CONNECT], do_CONNECT=do_CONNECT, do_GET=answer, **limits)[1] is None
    assert seen
    assert all(timeout is not None and timeout <= 7.0 for timeout in seen)


@pytest.mark.parametrize("buffering", [0, -1])
@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_a_request_from_another_socket(way: Any, buffering: int) -> None:
    """Its answer goes to the file that the program has put in place, not to the handler's own connection."""
    near, far = socket.socketpair()

    def do_CONNECT(self: Any) -> None:
        self.send_response(200)
        self.end_headers()
        self.rfile, self.wfile = near.makefile("rb"), near.makefile("wb", buffering)
        self.handle_one_request()
        self.wfile.flush()
        self.close_connection = True

    with near, far, served(way, do_CONNECT=do_CONNECT, do_GET=answer) as server, Client(server) as client:
        far.settimeout(TIMEOUT)
        far.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        client.send(CONNECT)
        assert client.rest().count(b"HTTP/1.1 ") == 1
        assert far.recv(1000).startswith(b"HTTP/1.1 200 ")
    assert not server.errors


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_a_file_of_the_programs_own_on_the_same_connection(way: Any) -> None:
    """What the file has read ahead is not skipped: the request is read from the file, not from the socket beneath."""
    paths = []

    def do_CONNECT(self: Any) -> None:
        self.send_response(200)
        self.end_headers()
        self.rfile = self.connection.makefile("rb")
        assert self.rfile.peek(1)
        self.close_connection = False
        self.handle_one_request()

    def do_GET(self: Any) -> None:
        paths.append(self.path)
        answer(self)

    with served(way, do_CONNECT=do_CONNECT, do_GET=do_GET) as server, Client(server) as client:
        client.send(CONNECT)
        assert client.head()[0] == 200
        client.send(b"GET /within HTTP/1.1\r\nHost: h\r\n\r\n")
        assert client.response() == (200, b"ok")
    assert paths == ["/within"]


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_a_server_over_tls(way: Any, certificates: Any) -> None:
    """The connection is a TLS socket from the start; deadlines, refusals and early answers work as on any other."""
    authority, context = certificates

    def do_POST(self: Any) -> None:
        answer(self, self.rfile.read(3))

    def do_PUT(self: Any) -> None:
        self.send_error(403)

    with (
        way(
            {"protocol_version": "HTTP/1.1", "do_POST": do_POST, "do_PUT": do_PUT, "log_message": lambda *a: None}
        ) as handler,
        Server(handler) as server,
    ):
        server.socket = context.wrap_socket(server.socket, server_side=True)
        with serving(server):
            trusting = ssl.create_default_context()
            authority.configure_trust(trusting)
            connection = http.client.HTTPSConnection("localhost", server.server_port, context=trusting, timeout=TIMEOUT)
            for _ in range(2):
                connection.request("POST", "/", b"abc")
                assert connection.getresponse().read() == b"abc"
            connection.request("PUT", "/", bytes(3 << 20))
            assert connection.getresponse().status == 403
            connection.close()
            connection.request("POST", "/", iter([b"abc"]), encode_chunked=True)
            assert connection.getresponse().read()
            connection.close()
    assert not server.errors


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_a_program_that_reads_and_writes_with_the_methods_of_tls(way: Any, certificates: Any) -> None:
    """They count as those of any socket: no second response is sent, and no request is taken for the body."""
    authority, context = certificates

    def do_POST(self: Any) -> None:
        answer(self, self.connection.read(3))

    def do_PUT(self: Any) -> None:
        self.connection.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        self.rfile.read()

    members = {"rbufsize": 0, "do_POST": do_POST, "do_PUT": do_PUT, "log_message": lambda *a: None}
    chunked = b"PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
    with way({"protocol_version": "HTTP/1.1", **members}) as handler, Server(handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        with serving(server):
            trusting = ssl.create_default_context()
            authority.configure_trust(trusting)
            for request in (POST + b"abc" + SECRET, chunked):
                sock = socket.create_connection(server.server_address, TIMEOUT)
                with trusting.wrap_socket(sock, server_hostname="localhost") as client:
                    client.sendall(request)
                    reply = b""
                    with contextlib.suppress(OSError):
                        while data := client.recv(65536):
                            reply += data
                assert reply.count(b"HTTP/1.1 ") == 1, reply


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_an_upgrade_over_tls_that_is_declined(way: Any, certificates: Any) -> None:
    """A TLS socket sends with its own methods. Those are not the program's, and the connection goes on."""
    authority, context = certificates
    members = {"protocol_version": "HTTP/1.1", "do_GET": answer, "log_message": lambda *a: None}
    with way(members) as handler, Server(handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        with serving(server):
            trusting = ssl.create_default_context()
            authority.configure_trust(trusting)
            connection = http.client.HTTPSConnection("localhost", server.server_port, context=trusting, timeout=TIMEOUT)
            with contextlib.closing(connection):
                for _ in range(2):
                    connection.request("GET", "/", headers={"Connection": "upgrade", "Upgrade": "echo"})
                    response = connection.getresponse()
                    assert response.read() == b"ok"
                    assert not response.will_close
    assert not server.errors


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_files_of_the_programs_own(way: Any) -> None:
    """A request that a program reads from its own file is strict and framed, too."""

    def do_GET(self: Any) -> None:
        before = self.rfile, self.wfile
        self.rfile = io.BytesIO(b"POST /inner HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabcGET /more")
        self.wfile = io.BytesIO()
        out = self.wfile
        self.handle_one_request()
        self.rfile, self.wfile = before
        answer(self, out.getvalue())

    def do_POST(self: Any) -> None:
        answer(self, self.rfile.read())

    with served(way, do_GET=do_GET, do_POST=do_POST) as server, Client(server) as client:
        client.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        status, content = client.response()
        assert status == 200
        assert content.startswith(b"HTTP/1.1 200 ")
        assert content.endswith(b"\r\n\r\nabc")
    assert not server.errors


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_descriptors(way: Any) -> None:
    """Both files have the connection's, as in the standard library; asking for one ends the connection."""

    def do_GET(self: Any) -> None:
        assert self.rfile.fileno() == self.connection.fileno() == self.wfile.fileno()
        answer(self)

    with served(way, do_GET=do_GET) as server, Client(server) as client:
        client.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n" * 2)
        assert client.response() == (200, b"ok")
        assert client.rest() == b""
    assert not server.errors


SCRIPT = """#!{python}
import os, sys
print("Content-Type: text/plain")
print()
print(os.environ["REQUEST_METHOD"], sys.stdin.read(int(os.environ.get("CONTENT_LENGTH") or 0)))
"""


@pytest.mark.skipif(
    not hasattr(fasthdr.server, "CGIHTTPRequestHandler"), reason="the running version has no CGI handler"
)
@pytest.mark.parametrize("ours", [True, False], ids=["fasthdr.server", "http.server"])
@pytest.mark.parametrize(
    "forks",
    [pytest.param(True, marks=pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork() here")), False],
    ids=["fork", "no fork"],
)
@pytest.mark.parametrize("switch", ["strict", "framed_body"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # this handler is to be removed from later versions
def test_cgi(ours: bool, switch: str, forks: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its script reads from the connection's descriptor, and writes to it; without fork(), the handler does that."""
    script = tmp_path / "cgi-bin" / "echo.py"
    script.parent.mkdir()
    script.write_text(SCRIPT.format(python=sys.executable))
    script.chmod(script.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    tmp_path.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("http.server.nobody_uid", os.getuid)
    module: Any = fasthdr.server if ours else http.server
    with fasthdr.install(**({} if ours else {switch: True})):  # type: ignore[arg-type]
        log = Log()
        attributes = {**log.attributes(), "have_fork": forks, **({switch: True} if ours else {})}
        handler = type("Handler", (module.CGIHTTPRequestHandler,), attributes)
        with Server(handler) as server, serving(server):
            for fields in (b"Content-Length: 3\r\n", b"Content-Length: 3\r\nExpect: 100-continue\r\n"):
                request = b"POST /cgi-bin/echo.py HTTP/1.1\r\nHost: h\r\n" + fields + b"\r\nabc"
                for more in (b"", SECRET):
                    with Client(server) as client:
                        client.send(request + more)
                        reply = client.last()
                    assert reply.replace(b"\r\n", b"\n").endswith(b"POST abc\n"), reply
                    assert reply.count(b"HTTP/1.") == 1
            assert not [line for line in log.lines if "refused" in line]
            refused = b"POST /cgi-bin/echo.py HTTP/1.1\r\nHost: h\r\nContent-Length : 3\r\n\r\nabc"
            assert b" 400 " in converse(server.server_address, refused).partition(b"\r\n")[0]
        assert not server.errors


@pytest.mark.parametrize("bufsize", [0, 1, 16])
@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_rbufsize(way: Any, bufsize: int) -> None:
    """With an unbuffered rfile, or one with a small buffer, bodies still end exactly where they should."""

    def do_POST(self: Any) -> None:
        answer(self, self.rfile.read())

    chunked = b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n"
    sized = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nabcde"
    decoded = way in (STRICT["strict = True"], FRAMED["framed_body = True"], FRAMED["framed_body = True, install()"])
    with served(way, do_POST=do_POST, rbufsize=bufsize) as server, Client(server) as client:
        for _ in range(2):
            client.send(sized + chunked)
            assert client.response() == (200, b"abcde")
            assert client.response() == (200, b"abcde" if decoded else chunked.partition(b"\r\n\r\n")[2])
    assert not server.errors
