# SPDX-License-Identifier: MIT
"""Programs that use the connection's own socket, past rfile and wfile: reads, upgrades, descriptors, duplicates."""

from __future__ import annotations

import contextlib
import multiprocessing.reduction
import os
import socket
import ssl
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.handlers.kinds import ALL, STRICT, Client, Server, answer, served, wait_for
from tests.handlers.memory import talk
from tests.integration.wire import TIMEOUT, converse, serving

GET = b"GET /next HTTP/1.1\r\nHost: h\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n"
UPGRADE = b"GET /up HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n"
SWITCHED = b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n"
ways = pytest.mark.parametrize("way", ALL.values(), ids=ALL)


def _receive(sock: Any) -> bytes:
    return sock.recv(3)  # type: ignore[no-any-return]


def _receive_from(sock: Any) -> bytes:
    return sock.recvfrom(3)[0]  # type: ignore[no-any-return]


def _read_file(sock: Any) -> bytes:
    with sock.makefile("rb", 0) as file:
        return file.read(3)  # type: ignore[no-any-return]


def _receive_into(sock: Any) -> bytes:
    data = bytearray(3)
    assert sock.recv_into(data) == 3
    return bytes(data)


def _receive_from_into(sock: Any) -> bytes:
    data = bytearray(3)
    assert sock.recvfrom_into(data)[0] == 3
    return bytes(data)


def _receive_message(sock: Any) -> bytes:
    return sock.recvmsg(3)[0]  # type: ignore[no-any-return]


def _receive_message_into(sock: Any) -> bytes:
    data = bytearray(3)
    assert sock.recvmsg_into([data])[0] == 3
    return bytes(data)


def _read_descriptor(sock: Any) -> bytes:
    return os.read(sock.fileno(), 3)


def _read_duplicate(sock: Any) -> bytes:
    with sock.dup() as other:
        return other.recv(3)  # type: ignore[no-any-return]


READS = [
    _receive, _receive_from, _read_file, _receive_into, _receive_from_into, _receive_message, _receive_message_into,
    _read_descriptor, _read_duplicate,
]  # fmt: skip


@pytest.mark.parametrize("read", READS)
@ways
def test_a_body_that_is_read_from_the_socket(way: Any, read: Callable[[Any], bytes]) -> None:
    """The next request is not taken for this body, and nobody waits for a body that has been read."""

    def do_POST(self: Any) -> None:
        answer(self, read(self.connection))

    with served(way, rbufsize=0, do_POST=do_POST, body_timeout=0.2) as server, Client(server) as client:
        client.send(POST, b"abc", GET)
        status, fields = client.head()
        assert (status, fields["connection"]) == (200, "close")
        assert client.rest() == b"abc"
    assert not any("refused" in line for line in server.log)
    assert not server.errors


@ways
def test_a_body_that_is_read_by_a_file_of_setup(way: Any) -> None:
    def setup(self: Any) -> None:
        super(type(self), self).setup()
        self.raw = self.connection.makefile("rb", 0)

    def do_POST(self: Any) -> None:
        answer(self, self.raw.read(3))

    with served(way, rbufsize=0, setup=setup, do_POST=do_POST) as server, Client(server) as client:
        client.send(POST, b"abc", GET)
        assert client.head()[1]["connection"] == "close"
        assert client.rest() == b"abc"
    assert not server.errors


@ways
def test_a_body_that_is_read_from_a_descriptor_of_setup(way: Any) -> None:
    """The descriptor was asked for before there was a request."""

    def setup(self: Any) -> None:
        super(type(self), self).setup()
        self.descriptor = self.connection.fileno()

    def do_POST(self: Any) -> None:
        answer(self, os.read(self.descriptor, 3))

    with served(way, rbufsize=0, setup=setup, do_POST=do_POST) as server:
        for request in (POST, POST.replace(b"Content-Length: 3", b"Transfer-Encoding: chunked")):
            with Client(server) as client:
                client.send(request + b"abc" + GET)  # the descriptor does not wait where there are deadlines
                assert client.head()[1]["connection"] == "close"
                assert client.rest() == b"abc"
    assert not server.errors


@ways
def test_a_look_at_the_socket_reads_nothing(way: Any) -> None:
    def do_POST(self: Any) -> None:
        looked = self.connection.recv(1, socket.MSG_PEEK), self.connection.recvmsg(1, 0, socket.MSG_PEEK)[0]
        answer(self, b"".join(looked) + self.rfile.read())

    with served(way, rbufsize=0, do_POST=do_POST) as server, Client(server) as client:
        client.send(POST, b"abc", POST, b"def")
        assert client.response() == (200, b"aaabc")
        assert client.response() == (200, b"dddef")
    assert not server.errors


@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
def test_the_deadlines_of_direct_reads_and_writes(way: Any) -> None:
    """A write has write_timeout, whatever is left of the head's time. A read waits, or as long as the program says."""
    seen: list[object] = []

    def do_GET(self: Any) -> None:
        self.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        seen.append(self.connection.gettimeout())
        self.connection.recv(1, socket.MSG_PEEK)
        seen.append(self.connection.gettimeout())
        self.connection.settimeout(7)
        self.connection.recv(1)
        seen.append(self.connection.gettimeout())

    with served(way, do_GET=do_GET, head_timeout=5, write_timeout=30) as server, Client(server) as client:
        client.send(GET[:9])
        wait_for(lambda: True)
        client.send(GET[9:])
        client.head()
        client.send(b"x")
        client.last()
    assert seen == [30, None, 7]
    assert not server.errors


@ways
def test_a_socket_that_reads_for_rfile_with_its_own_recv(way: Any) -> None:
    """recv_into() of a class of sockets may call its recv(): then it is rfile that reads, not the program."""

    def do_POST(self: Any) -> None:
        answer(self, self.rfile.read(3))

    sent, error = talk(way, [POST, b"abc", POST, b"def"], rbufsize=0, do_POST=do_POST)
    assert (sent.count(b"HTTP/1.1 200 "), sent.count(b"abc"), sent.count(b"def"), error) == (2, 1, 1, None)
    assert b"connection: close" not in sent.lower()


@ways
def test_who_only_looks_at_the_socket(way: Any) -> None:
    """A peek takes nothing, so the connection goes on. So it does if a program reads before the request line."""

    def handle(self: Any) -> None:
        assert self.connection.recv(3) == b"pre"
        self.close_connection = False
        while not self.close_connection:
            self.handle_one_request()

    def do_POST(self: Any) -> None:
        assert self.connection.recv(3, socket.MSG_PEEK)
        answer(self, self.rfile.read(3))

    with served(way, handle=handle, rbufsize=0, do_POST=do_POST) as server, Client(server) as client:
        for _ in range(2):
            client.send(b"pre"[: 3 * (_ == 0)] + POST + b"abc")
            assert client.response() == (200, b"abc")
    assert not server.errors


@ways
def test_who_only_shows_the_socket(way: Any) -> None:
    """repr() of the socket has its number, as logs and debuggers do, but nobody reads or sends with that."""

    def do_POST(self: Any) -> None:
        assert repr(self.connection) == str(self.request)
        assert self.connection.get_inheritable() is False
        if self.path == "/read":
            self.rfile.read()
        answer(self)

    with served(way, do_POST=do_POST) as server:
        with Client(server) as client:
            for _ in range(2):  # the body is not read
                client.send(POST + b"abc")
                assert client.response() == (200, b"ok")
        chunked = b"POST /read HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n"
        assert converse(server.server_address, chunked).startswith(b"HTTP/1.1 400 ")
    assert not server.errors


@ways
def test_an_upgrade_on_the_socket_has_no_deadline(way: Any) -> None:
    """The deadlines of a request ended such a connection as soon as the client was silent for a while."""
    seen: list[object] = []

    def do_GET(self: Any) -> None:
        before = self.connection.gettimeout()
        self.connection.sendall(SWITCHED)
        seen.extend((before, self.connection.gettimeout()))
        self.connection.sendall(self.connection.recv(5))

    with served(way, do_GET=do_GET, idle_timeout=30) as server, Client(server) as client:
        client.send(UPGRADE)
        assert client.head()[0] == 101
        client.send(b"hello")
        assert client.rest() == b"hello"
    assert seen == [30 if way in STRICT.values() else None, None]
    assert not server.errors


@pytest.mark.parametrize(
    ("request_", "response", "opens"),
    [
        (UPGRADE, b"HTTP/1.1 200 OK\r\n", False),
        (UPGRADE, b"HTTP/1.1 101 Switching Protocols\r\n", True),
        (UPGRADE, b"\x00 of another protocol", True),
        (b"CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n", b"HTTP/1.1 200 OK\r\n", True),
        (b"CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n", b"HTTP/1.1 403 Forbidden\r\n", False),
    ],
    ids=["200", "101", "other", "200 to CONNECT", "403 to CONNECT"],
)
@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
def test_a_client_cannot_switch_the_deadlines_off(way: Any, request_: bytes, response: bytes, opens: bool) -> None:
    """The time of a direct write is limited unless the program has accepted the upgrade that the client asks for."""
    timeouts: list[Any] = []

    def do_GET(self: Any) -> None:
        for data in (response, b"Connection: close\r\n", bytearray(b"\r\n")):
            self.connection.sendall(data)
            timeouts.append(self.connection.gettimeout())

    with served(way, do_GET=do_GET, do_CONNECT=do_GET, write_timeout=50.0) as server:
        assert converse(server.server_address, request_).startswith(response)
    assert timeouts == [None if opens else 50.0] * 3
    assert not server.errors


@ways
def test_a_write_on_the_socket_does_not_open_a_request_with_a_body(way: Any) -> None:
    """Otherwise a client could say Upgrade, and the program would read more than the body."""

    def do_POST(self: Any) -> None:
        self.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        answer(self, self.rfile.read())

    with served(way, do_POST=do_POST) as server, Client(server) as client:
        client.send(POST.replace(b"Host", b"Connection: upgrade\r\nUpgrade: echo\r\nHost"), b"abc", GET)
        assert client.head()[0] == 100
        assert client.head()[0] == 200
        assert client.rest() == b"abc"
    assert not server.errors


def _descriptor(sock: Any) -> int:
    return os.dup(sock.fileno())


def _detached(sock: Any) -> int:
    return sock.detach()  # type: ignore[no-any-return]


def _duplicate(sock: Any) -> int:
    return sock.dup().detach()  # type: ignore[no-any-return]


def _sent_elsewhere(sock: Any) -> int:
    return _descriptor(sock) if multiprocessing.reduction.ForkingPickler.dumps(sock) else 0


@pytest.mark.parametrize("take", [_descriptor, _detached, _duplicate, _sent_elsewhere])
@ways
def test_a_descriptor_that_is_taken_from_the_socket(way: Any, take: Callable[[Any], int]) -> None:
    """It blocks, as in http.server: a new socket on it, or another process, does not know of our deadlines."""
    blocking: list[bool] = []

    def do_GET(self: Any) -> None:
        self.close_connection = True
        number = take(self.connection)
        blocking.append(os.get_blocking(number))
        with socket.socket(fileno=number) as sock:
            sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + sock.recv(5))

    with served(way, do_GET=do_GET) as server, Client(server) as client:
        client.send(GET)
        wait_for(lambda: blocking)
        client.send(b"hello")
        assert client.response() == (200, b"hello")
    assert blocking == [True]
    assert not server.errors


def _by_descriptor(sock: Any, data: bytes) -> None:
    os.write(sock.fileno(), data)


def _by_duplicate(sock: Any, data: bytes) -> None:
    with sock.dup() as other:
        other.sendall(data)


@pytest.mark.parametrize("write", [_by_descriptor, _by_duplicate])
@ways
def test_an_answer_that_nobody_sees(way: Any, write: Callable[[Any, bytes], None]) -> None:
    """Nobody knows what the program does with a descriptor, so a refusal does not follow it as a second answer."""

    def do_POST(self: Any) -> None:
        write(self.connection, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        self.rfile.read()

    with served(way, do_POST=do_POST) as server, Client(server) as client:
        client.send(POST.replace(b"Content-Length: 3", b"Transfer-Encoding: chunked"), b"x\r\n")
        assert client.response() == (200, b"")
        assert client.rest() == b""
    assert not server.errors


@pytest.mark.parametrize("earlier", [False, True], ids=["setup()", "another request"])
@ways
def test_an_answer_through_a_descriptor_from_before(way: Any, earlier: bool) -> None:
    """The program may still respond through it, so a faulty body ends the connection without a response."""

    def setup(self: Any) -> None:
        super(type(self), self).setup()
        self.descriptor = None if earlier else self.connection.fileno()

    def do_GET(self: Any) -> None:
        self.descriptor = self.connection.fileno()
        answer(self)

    def do_POST(self: Any) -> None:
        os.write(self.descriptor, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        self.rfile.read()

    with served(way, setup=setup, do_GET=do_GET, do_POST=do_POST) as server, Client(server) as client:
        if earlier:
            client.send(GET)
            assert client.response() == (200, b"ok")
        client.send(POST.replace(b"Content-Length: 3", b"Transfer-Encoding: chunked"), b"x\r\n")
        assert client.response() == (200, b"")
        assert client.rest() == b""
    assert not server.errors


@ways
def test_an_expectation_that_is_declined_through_a_descriptor(way: Any) -> None:
    def setup(self: Any) -> None:
        super(type(self), self).setup()
        self.descriptor = self.connection.fileno()

    def handle_expect_100(self: Any) -> bool:
        os.write(self.descriptor, b"HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n")
        return False

    with served(way, setup=setup, handle_expect_100=handle_expect_100) as server, Client(server) as client:
        client.send(POST.replace(b"Host", b"Expect: 100-continue\r\nHost"))
        assert client.head()[0] == 417
        assert client.rest() == b""
    assert not server.errors


@pytest.mark.parametrize("requests", [1, 2])
@ways
def test_a_duplicate_that_outlives_the_handler(way: Any, requests: int) -> None:
    """What the client sends next is for whoever has the duplicate, who can respond."""
    duplicates = []

    def do_GET(self: Any) -> None:
        if self.path == "/next":
            answer(self)
        else:
            duplicates.append(self.connection.dup())
            self.close_connection = True

    members = {"do_GET": do_GET, "rbufsize": 0, "linger_timeout": 0.1, "log_message": lambda *args: None}
    client, connection = socket.socketpair()
    with client, connection, way({"protocol_version": "HTTP/1.1", **members}) as handler:
        client.settimeout(5)
        client.sendall(GET * (requests - 1) + GET.replace(b"/next", b"/last") + b"hello")
        handler(connection, ("client", 1), None)
        connection.close()
        with duplicates[0] as duplicate:
            duplicate.settimeout(5)
            assert duplicate.recv(5) == b"hello"
            duplicate.sendall(b"here")
        reply = b""
        while data := client.recv(1000):
            reply += data
        assert reply.endswith(b"here")


@ways
@pytest.mark.parametrize("first", [b"", b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"], ids=["first request", "second request"])
def test_a_refusal_after_a_response_through_the_descriptor_of_wfile(way: Any, first: bytes) -> None:
    def do_POST(self: Any) -> None:
        os.write(self.wfile.fileno(), b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        self.rfile.read()

    with served(way, do_GET=answer, do_POST=do_POST) as server, Client(server) as client:
        client.send(first + b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n")
        for _ in range(1 + bool(first)):
            assert client.response() == (200, b"ok")
        assert client.rest() == b""
    assert not server.errors


@ways
def test_an_early_response_through_the_descriptor_of_wfile(way: Any) -> None:
    """It reaches a client that is still sending, as any other does."""

    def do_POST(self: Any) -> None:
        os.write(self.wfile.fileno(), b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    with served(way, do_POST=do_POST) as server, Client(server) as client:
        client.send(POST.replace(b": 3", b": 3000000"))
        assert client.response() == (200, b"ok")
        client.send(*[bytes(100_000)] * 30)
        client.sock.shutdown(socket.SHUT_WR)
        assert client.file.read() == b""
    assert not server.errors


def _writes_while_rfile_waits(handler: Any) -> Callable[[], None]:
    """Return a function that responds on the socket once another thread waits in a method of it."""
    reader = threading.get_ident()

    def waits() -> bool:
        frame: Any = sys._current_frames()[reader]
        while frame is not None and Path(frame.f_code.co_filename).name not in ("socket.py", "ssl.py"):
            frame = frame.f_back
        return frame is not None

    def write() -> None:
        wait_for(waits)
        handler.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    return write


@pytest.mark.parametrize("tls", [False, True], ids=["rbufsize = 0", "TLS"])
@ways
def test_a_write_by_another_thread_while_rfile_waits(way: Any, tls: bool, request: pytest.FixtureRequest) -> None:
    """The methods of the socket that rfile uses do not count as the program's, but those of the other thread do."""

    def do_POST(self: Any) -> None:
        thread = threading.Thread(target=_writes_while_rfile_waits(self))
        thread.start()
        try:
            self.rfile.read()
        finally:
            thread.join()

    members = {"protocol_version": "HTTP/1.1", "do_POST": do_POST, "log_message": lambda *args: None}
    with way({**members, **({} if tls else {"rbufsize": 0})}) as handler, Server(handler) as server:
        trusting = None
        if tls:
            authority, context = request.getfixturevalue("certificates")
            server.socket = context.wrap_socket(server.socket, server_side=True)
            trusting = ssl.create_default_context()
            authority.configure_trust(trusting)
        with serving(server), socket.create_connection(server.server_address, TIMEOUT) as sock:
            client = trusting.wrap_socket(sock, server_hostname="localhost") if trusting else sock
            with client:
                client.sendall(POST.replace(b"Content-Length: 3", b"Transfer-Encoding: chunked"))
                reply = client.recv(1000)
                client.sendall(b"zz\r\n")
                with contextlib.suppress(OSError):
                    while data := client.recv(1000):
                        reply += data
    assert reply == b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    assert not server.errors


@ways
def test_a_write_by_another_thread_between_requests(way: Any) -> None:
    """A client would take it for the response to its next request, and the real one would be dropped."""
    files = []

    def do_GET(self: Any) -> None:
        files.append((self.rfile, self.wfile))
        answer(self, b"%d" % len(files))

    with served(way, do_GET=do_GET) as server, Client(server) as client:
        client.send(GET)
        assert client.response() == (200, b"1")
        rfile, wfile = files[0]
        wait_for(lambda: "IDLE" in repr(rfile))
        late = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate"
        assert wfile.write(late) == len(late)
        client.send(GET)
        status, fields = client.head()
        assert (status, fields["connection"]) == (200, "close")
        assert client.rest() == b"2"
    assert f"Written after the response: {len(late)} bytes are dropped" in server.log
    assert not server.errors


@ways
def test_a_write_before_the_first_request(way: Any) -> None:
    def handle(self: Any) -> None:
        self.wfile.write(b"hello\n")
        self.wfile.flush()
        super(type(self), self).handle()

    with served(way, handle=handle, do_GET=answer) as server, Client(server) as client:
        assert client.file.readline() == b"hello\n"
        client.send(GET)
        client.rest()
    assert not server.errors


@ways
def test_a_request_after_a_descriptor_was_taken(way: Any) -> None:
    """It is refused with an answer: the descriptor was taken for another request."""

    def do_POST(self: Any) -> None:
        self.connection.fileno()
        answer(self, self.rfile.read(3))

    with served(way, do_POST=do_POST) as server, Client(server) as client:
        client.send(POST, b"abc", POST.replace(b"Length: 3", b"Length: x"))
        assert client.response() == (200, b"abc")
        assert client.head()[0] == 400
    assert not server.errors


@pytest.mark.parametrize("make", [lambda sock: sock.dup(), lambda sock: type(sock)(fileno=os.dup(sock.fileno()))])
@ways
def test_a_handler_of_a_duplicate(way: Any, make: Callable[[Any], Any]) -> None:
    """It had the class of a watched socket, and setup() raised a KeyError."""

    def do_GET(self: Any) -> None:
        self.close_connection = True
        with make(self.connection) as sock:
            before = self.rfile, self.wfile, self.connection, self.request
            self.request = sock
            self.setup()
            answer(self, b"duplicate")
            self.finish()
            assert type(sock) is socket.socket
            self.rfile, self.wfile, self.connection, self.request = before

    with served(way, do_GET=do_GET) as server, Client(server) as client:
        client.send(GET)
        assert client.response() == (200, b"duplicate")
    assert not server.errors


@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
def test_a_file_that_is_sent_has_a_deadline(way: Any) -> None:
    """sendfile() asks for the descriptor, but that is no reason to wait forever for the client."""
    seen: list[object] = []

    def do_GET(self: Any) -> None:
        with tempfile.TemporaryFile() as file:
            file.write(b"x")
            file.seek(0)
            self.connection.sendfile(file)
        seen.append(self.connection.gettimeout())

    with served(way, do_GET=do_GET, write_timeout=30) as server, Client(server) as client:
        client.send(GET)
        assert client.rest() == b"x"
    assert seen == [30]
    assert not server.errors
