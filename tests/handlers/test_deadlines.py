# SPDX-License-Identifier: MIT
"""Deadlines of strict handlers: idle, head, body, answer. No test measures time: without a deadline each would hang."""

from __future__ import annotations

import itertools
import socket
import threading
from typing import Any

import pytest

import fasthdr
import fasthdr.simple_server
from fasthdr._strict import stream
from tests.handlers.kinds import ALL, FRAMED, STRICT, Client, answer, served, wait_for
from tests.handlers.memory import END, Memory, handle
from tests.integration.wire import TIMEOUT, serving

GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n"


class Dripping:
    """Sends a byte at short intervals, as long as the server accepts them."""

    def __init__(self, client: Client, byte: bytes = b"a", pause: float = 0.02) -> None:
        self._client, self._byte, self._pause = client, byte, pause
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while not self._over.wait(self._pause):
            try:
                self._client.send(self._byte)
            except OSError:
                return

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *exc: object) -> None:
        self._over.set()
        self._thread.join()


@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
@pytest.mark.parametrize("first", [b"", GET], ids=["at once", "after a request"])
def test_idle(way: Any, first: bytes) -> None:
    """A connection on which no request begins is closed without an answer."""
    with served(way, do_GET=answer, idle_timeout=0.2) as server, Client(server) as client:
        client.send(first)
        if first:
            assert client.response() == (200, b"ok")
        assert client.rest() == b""
        wait_for(lambda: any("timed out" in line for line in server.log))
    assert not server.errors


@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
@pytest.mark.parametrize("part", [b"G", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: h\r\nX"])
def test_a_head_that_does_not_go_on(way: Any, part: bytes) -> None:
    with served(way, head_timeout=0.2) as server, Client(server) as client:
        client.send(part)
        assert client.rest().startswith(b"HTTP/1.1 408 ")
    assert not server.errors


@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
@pytest.mark.parametrize("part", [b"G", b"GET / HTTP/1.1\r\nX"])
def test_a_head_that_drips(way: Any, part: bytes) -> None:
    """A deadline holds for the whole head, though no single wait is long."""
    with served(way, head_timeout=0.3, linger_timeout=0.1) as server, Client(server) as client:
        client.send(part)
        with Dripping(client):
            assert client.rest().startswith(b"HTTP/1.1 408 ")
    assert not server.errors


class Lines:
    """A file with no other methods than those that http.server calls."""

    def __init__(self, file: Any) -> None:
        self.readline, self.close = file.readline, file.close


def _one_file(self: Any) -> None:
    self.connection = self.request
    self.rfile = self.wfile = self.connection.makefile("rwb")


def _lines(self: Any) -> None:
    super(type(self), self).setup()
    self.rfile = Lines(self.connection.makefile("rb"))


@pytest.mark.parametrize("setup", [_one_file, _lines])
@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
def test_a_head_that_drips_into_a_file_of_the_program(way: Any, setup: Any) -> None:
    with served(way, setup=setup, head_timeout=0.3, linger_timeout=0.1) as server, Client(server) as client:
        client.send(b"GET /")
        with Dripping(client):
            assert client.rest().startswith(b"HTTP/1.1 408 ")
    assert not server.errors


def _reads(self: Any) -> None:
    self.rfile.read()
    answer(self)


@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
@pytest.mark.parametrize("drips", [False, True])
def test_a_body_that_does_not_go_on(way: Any, drips: bool) -> None:
    with (
        served(way, do_POST=_reads, body_timeout=0.3, body_rate=100_000, linger_timeout=0.1) as server,
        Client(server) as client,
    ):
        client.send(POST)
        if drips:
            with Dripping(client):
                reply = client.rest()
        else:
            reply = client.rest()
        assert reply.startswith(b"HTTP/1.1 408 ")
    assert not server.errors


@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
def test_a_body_that_comes_at_its_rate(way: Any) -> None:
    """A body may take longer than body_timeout if it comes at body_rate."""
    with served(way, do_POST=_reads, body_timeout=0.3, body_rate=1) as server, Client(server) as client:
        client.send(POST)
        with Dripping(client, b"a" * 20, 0.01):
            assert client.response() == (200, b"ok")


@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
def test_an_unread_body_that_drips(way: Any) -> None:
    """The deadline holds for a body read only to keep the connection, too; nothing follows the answer already sent."""
    with (
        served(way, do_POST=answer, body_timeout=0.3, body_rate=100_000, linger_timeout=0.1) as server,
        Client(server) as client,
    ):
        client.send(POST)
        assert client.response() == (200, b"ok")
        with Dripping(client):
            assert client.rest() == b""
    assert not server.errors


@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
@pytest.mark.parametrize("size", [50_000, 50_000_000], ids=["small writes", "one write"])
def test_a_client_that_does_not_read(way: Any, size: int) -> None:
    ended = threading.Event()

    def do_GET(self: Any) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            for _ in range(1000):
                self.wfile.write(bytes(size))
        finally:
            ended.set()

    with served(way, do_GET=do_GET, write_timeout=0.3) as server, Client(server) as client:
        client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.send(GET)
        assert ended.wait(TIMEOUT), "the server still writes"
    assert not server.errors


@pytest.mark.parametrize(
    ("attributes", "seconds"),
    [
        ({"write_timeout": 7.0}, 7.0),
        ({"write_timeout": 7.0, "timeout": 5.0}, 5.0),
        ({"write_timeout": 7.0, "timeout": 9.0}, 7.0),
        ({"write_timeout": None, "timeout": 5.0}, 5.0),
    ],
    ids=str,
)
@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
def test_the_time_for_a_write(way: Any, attributes: dict[str, Any], seconds: float) -> None:
    """Each 256 KiB gets the shorter of write_timeout and `timeout` anew."""
    written: list[tuple[int, Any]] = []

    class Sock(Memory):
        def sendall(self, data: Any, flags: int = 0) -> None:
            written.append((len(data), self.gettimeout()))

    def do_GET(self: Any) -> None:
        answer(self, bytes(600_000))

    quiet = {"protocol_version": "HTTP/1.1", "log_message": lambda *args: None, "timeout": None}
    with way({**quiet, "do_GET": do_GET, **attributes}) as handler:
        sock = Sock(lambda: sock.coming.append(END))
        sock.coming.append(GET)
        assert handle(handler, sock, None) is None
    assert {timeout for _, timeout in written} == {seconds}
    assert [size for size, _ in written[-3:]] == [1 << 18, 1 << 18, 600_000 - (1 << 19)]


@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
def test_a_client_that_reads_slowly(way: Any) -> None:
    """write_timeout does not limit the time for a whole answer."""
    content = bytes(3_000_000)

    def do_GET(self: Any) -> None:
        answer(self, content)

    with served(way, do_GET=do_GET, write_timeout=5.0) as server, Client(server) as client:
        client.send(GET)
        assert client.response() == (200, content)


@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
def test_an_answer_in_parts(way: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection takes nothing at once, or a part, or all: each byte is sent once."""
    content = bytes(range(256)) * 1000
    send_now, sizes = stream.send_now, itertools.cycle([0, 1, 70_000, 1 << 30])
    attempts = []

    def some(descriptor: int, data: bytes) -> int:
        attempts.append(next(sizes))
        return send_now(descriptor, data[: attempts[-1]]) if attempts[-1] else 0

    def do_GET(self: Any) -> None:
        answer(self, content)

    with served(way, do_GET=do_GET) as server, Client(server) as client:
        monkeypatch.setattr(stream, "send_now", some)
        for _ in range(4):
            client.send(GET)
            assert client.response() == (200, content)
        monkeypatch.undo()
    assert not server.errors
    assert len(attempts) >= 4, "send_now() is not used"


@pytest.mark.parametrize(
    ("name", "request_"),
    [("idle_timeout", b""), ("head_timeout", b"G"), ("body_timeout", POST), ("linger_timeout", POST)],
)
@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
def test_the_stdlibs_timeout_holds_too(way: Any, name: str, request_: bytes) -> None:
    """No single read or write waits longer than `timeout`, whatever the other deadlines are."""
    with served(way, do_POST=_reads, timeout=0.2) as server, Client(server) as client:
        client.send(request_)
        client.rest()
    assert not server.errors


@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
def test_none_for_no_deadline(way: Any) -> None:
    none = dict.fromkeys(("idle_timeout", "head_timeout", "body_timeout", "write_timeout"))
    seen = []

    def do_POST(self: Any) -> None:
        seen.append(self.connection.gettimeout())
        _reads(self)
        seen.append(self.connection.gettimeout())

    with served(way, do_POST=do_POST, **none) as server, Client(server) as client:
        for byte in POST + bytes(1000):
            client.send(bytes([byte]))
        assert client.response() == (200, b"ok")
    assert seen == [None, None]


@pytest.mark.parametrize("part", [b"", b"G", b"GET / HTTP/1.1\r\n"])
@pytest.mark.parametrize("installed", [False, True])
def test_a_server_of_one_thread_goes_on(part: bytes, installed: bool) -> None:
    """wsgiref's servers have one thread, which a client that sends nothing must not hold for ever."""
    import wsgiref.simple_server

    module: Any = wsgiref.simple_server if installed else fasthdr.simple_server
    attributes = {"log_message": lambda *args: None, "strict": True, "idle_timeout": 0.2, "head_timeout": 0.2}

    def application(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return [b"ok"]

    with fasthdr.install():
        handler = type("Handler", (module.WSGIRequestHandler,), attributes)
        with (
            module.make_server("127.0.0.1", 0, application, handler_class=handler) as server,
            serving(server),
            Client(server) as slow,
            Client(server) as client,
        ):
            slow.send(part)
            client.send(GET)
            assert client.last().endswith(b"ok")


@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
def test_an_upgraded_connection_has_none(way: Any) -> None:
    """After the upgrade the handler's own `timeout` holds, as in the standard library."""
    seen = []

    def do_GET(self: Any) -> None:
        self.send_response(101)
        self.send_header("Upgrade", "x")
        self.send_header("Connection", "upgrade")
        self.end_headers()
        seen.append(self.connection.gettimeout())

    with served(way, do_GET=do_GET) as server, Client(server) as client:
        client.send(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")
        assert client.head()[0] == 101
        client.rest()
    assert seen == [None]


QUIET = {"protocol_version": "HTTP/1.1", "log_message": lambda *args: None, "timeout": None}


class Timed(Memory):
    """Notes the timeout at each read and write."""

    def __init__(self, *pieces: Any) -> None:
        coming = iter(pieces)
        super().__init__(lambda: self.coming.append(next(coming, END)))
        self.uses: list[tuple[str, Any]] = []

    def recv(self, size: int, flags: int = 0) -> bytes:
        self.uses.append(("recv", self.gettimeout()))
        return super().recv(size, flags)

    def sendall(self, data: Any, flags: int = 0) -> None:
        self.uses.append(("sendall", self.gettimeout()))
        super().sendall(data)


@pytest.mark.parametrize("own", [None, 0.2, 1000.0])
@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
def test_a_timeout_that_the_program_sets_is_for_its_own_uses(way: Any, own: float | None) -> None:
    """It holds for direct reads and writes, before and after those of rfile and wfile, which keep their deadlines."""

    def do_POST(self: Any) -> None:
        for _ in range(2):
            self.connection.settimeout(own)
            self.rfile.read(1)
            self.send_response_only(200)
            self.connection.settimeout(own)
            self.end_headers()
            self.connection.sendall(b"x")
            self.rfile.read(1)
            self.connection.recv(1)

    limits = {"idle_timeout": 6.0, "head_timeout": 6.0, "body_timeout": 8.0, "body_rate": 1000, "write_timeout": 7.0}
    with way({**QUIET, "do_POST": do_POST, **limits}) as handler:
        sock = Timed(POST, *[b"x"] * 8)
        assert handle(handler, sock, None) is None
    head, *uses = sock.uses
    assert head == ("recv", 6.0)
    for name, timeout, of_ours in zip(
        ["recv", "sendall", "sendall", "recv", "recv"] * 2,
        [8.0, 7.0, own, 8.0, own] * 2,
        [True, True, False, True, False] * 2,
        strict=True,
    ):
        use, seconds = uses.pop(0)
        assert use == name
        assert (7.5 < seconds <= timeout + 0.5) if of_ours and name == "recv" else seconds == timeout
    assert sock.gettimeout() == own, "the socket is not given back as it was"


@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
def test_a_read_without_a_deadline_after_a_write(way: Any) -> None:
    """The deadline of the write does not hold for it."""

    def do_POST(self: Any) -> None:
        self.rfile.read(1)
        self.send_response(200)
        self.end_headers()
        self.rfile.read(1)

    with way({**QUIET, "do_POST": do_POST, "body_timeout": None, "write_timeout": 7.0}) as handler:
        sock = Timed(POST, b"x", b"x")
        assert handle(handler, sock, None) is None
    assert sock.uses[1:4] == [("recv", None), ("sendall", 7.0), ("recv", None)]


def _upgrades(self: Any) -> None:
    self.wfile.write(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")


def _tunnels(self: Any) -> None:
    self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")


UPGRADE = b"GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"
CONNECT = b"CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n"


@pytest.mark.parametrize("early", [True, False], ids=["setup", "do_GET"])
@pytest.mark.parametrize(
    ("request_", "hand_over"),
    [
        (UPGRADE, _upgrades),
        (CONNECT, _tunnels),
        (GET, lambda self: self.rfile.fileno()),
        (GET, lambda self: self.wfile.fileno()),
        (GET, lambda self: self.connection.dup().close()),
    ],
    ids=["101", "CONNECT", "rfile.fileno()", "wfile.fileno()", "dup()"],
)
@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_the_programs_timeout_holds_after_a_hand_over(way: Any, request_: bytes, hand_over: Any, early: bool) -> None:
    seen = []

    def setup(self: Any) -> None:
        super(type(self), self).setup()
        if early:
            self.connection.settimeout(9.0)

    def do_GET(self: Any) -> None:
        if not early:
            self.connection.settimeout(9.0)
        hand_over(self)
        seen.append(self.connection.gettimeout())
        self.close_connection = True

    with (
        served(way, setup=setup, do_GET=do_GET, do_CONNECT=do_GET, timeout=None) as server,
        Client(server) as client,
    ):
        client.send(request_)
        client.last()
    assert seen == [9.0]
    assert not server.errors


@pytest.mark.parametrize(
    ("ways", "attributes", "named"),
    [
        (FRAMED, {"timeout": 3.0}, False),
        (STRICT, {"timeout": 3.0}, False),
        (STRICT, {"timeout": None}, True),
        (STRICT, {"timeout": 90.0}, True),
    ],
)
def test_the_error_of_a_write_names_the_limit(ways: Any, attributes: dict[str, Any], named: bool) -> None:
    def do_GET(self: Any) -> None:
        try:
            answer(self, b"content")
        except TimeoutError as error:
            errors.append(str(error))

    for way in ways.values():
        errors: list[str] = []
        with way({**QUIET, "do_GET": do_GET, **attributes}) as handler:
            sock = Timed(GET)
            sock.takes = 0
            handle(handler, sock, None)
        assert [("write_timeout" in error, "the client did not read" in error) for error in errors] == [(named, True)]
