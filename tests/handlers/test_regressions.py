# SPDX-License-Identifier: MIT
"""Faults of the exchange that the state machine and the fuzzer of connections have found."""

from __future__ import annotations

import array
import contextlib
import ctypes
import http.client
import http.server
import io
import re
import socket
import warnings
import weakref
from typing import Any

import pytest

import fasthdr.server
import fasthdr.simple_server
from fasthdr import ParseError
from fasthdr._bootstrap import options_of
from fasthdr._errors import ResponseTimeout, UnsupportedHandler
from fasthdr._strict.state import State
from tests.handlers.conversations import own_round
from tests.handlers.kinds import ALL, FRAMED, STRICT, Client, Server, answer, served
from tests.handlers.memory import END, RESET, STALL, Memory, handle, no_collector, talk
from tests.integration.wire import converse, serving

GET = b"GET /%d HTTP/1.1\r\nHost: h\r\n\r\n"


def _echo_path(self: Any) -> None:
    answer(self, self.path.encode())


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_a_head_that_comes_in_pieces_behind_another_one(way: Any) -> None:
    """The first head has come in pieces, too, so both lie in a buffer that has to grow."""
    first, second = GET % 1, GET % 2
    sent, error = talk(
        way, [first[:5], first[5:-1], first[-1:] + second[:-5], second[-5:-1], second[-1:]], do_GET=_echo_path
    )
    assert error is None
    assert sent.count(b"HTTP/1.1 200 ") == 2
    assert sent.endswith(b"/2")


@pytest.mark.parametrize("bad", [b"GET /%zz HTTP/x\r\n\r\n", b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n"])
@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_a_refusal_behind_a_head_request_is_whole(way: Any, bad: bytes) -> None:
    """Its content was dropped, as if the refusal, too, were an answer to HEAD."""
    before = GET.replace(b"GET", b"HEAD") % 1
    expected = talk(way, [bad])[0]
    sent, error = talk(way, [before + bad], do_HEAD=_echo_path)
    assert error is None
    assert b"400" in expected
    assert sent.endswith(expected)


@pytest.mark.parametrize("end", [END, STALL])
@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: h\r\nnocolon\r\nX", b"400 Bad field line"),
        (b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"x" * 70_000, b"431 Field line too long"),
        (b"\r\n\r\n\r\n\r\n\r\n", b"400 Bad request line"),
        (b"PROXY TCP4 192.0.2.1 192.0.2.2", b"400 PROXY protocol header"),
    ],
    ids=["a bad line", "too long", "empty lines", "PROXY"],
)
@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
def test_a_verdict_is_the_same_in_every_split(way: Any, head: bytes, status: bytes, end: str) -> None:
    """A faulty head that came in pieces and then stopped was reported as incomplete or late."""
    step = 1 if len(head) < 100 else 1000
    for size in (len(head), step):
        pieces = [head[at : at + size] for at in range(0, len(head), size)]
        sent, error = talk(way, [*pieces, end])
        assert error is None
        assert sent.startswith(b"HTTP/1.1 " + status), size


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_a_bare_lf_behind_a_body(way: Any) -> None:
    """Strict handlers do not skip it as an empty line: a reader that counts it to the body sees another request."""
    request = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc\n"
    sent, error = talk(way, [request + GET % 2], do_POST=_echo_path, do_GET=_echo_path)
    assert error is None
    second = sent[sent.index(b"\r\n\r\n/") + 5 :]
    if way in STRICT.values():
        assert second.startswith(b"HTTP/1.1 400 Bad line ending")
    else:
        assert second.endswith(b"\r\n\r\n/2")


EXPECT = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"


@pytest.mark.parametrize("wbufsize", [0, 16, -1])
@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_an_interim_response_of_the_programs_own_leaves_at_once(way: Any, wbufsize: int) -> None:
    """It stayed in a buffered wfile, and program and client waited for each other."""
    seen = []

    def do_POST(self: Any) -> None:
        self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        seen.append(bytes(self.connection.sent))
        answer(self, self.rfile.read())

    sent, error = talk(way, [EXPECT, b"abc"], do_POST=do_POST, wbufsize=wbufsize)
    assert error is None
    assert seen == [b"HTTP/1.1 100 Continue\r\n\r\n"]
    assert sent.count(b" 100 Continue") == 1
    assert sent.endswith(b"abc")


@pytest.mark.parametrize("when", ["before the head", "after the head", "after the content"])
@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_an_rfile_that_is_closed_before_the_answer_is_whole(way: Any, when: str) -> None:
    """The sending side was shut down as soon as rfile was closed, and the content of the answer was lost."""

    def do_POST(self: Any) -> None:
        if when == "before the head":
            self.rfile.close()
        self.send_response(200)
        self.send_header("Content-Length", "3")
        self.end_headers()
        if when == "after the head":
            self.rfile.close()
        self.wfile.write(b"abc")
        if when == "after the content":
            self.rfile.close()

    sent, error = talk(
        way, [b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n", b"12345", b"6789"], do_POST=do_POST
    )
    assert error is None
    assert sent.endswith(b"abc")


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
@pytest.mark.parametrize("closes", [False, True], ids=["last", "before"])
def test_the_rest_is_read_after_the_answer_whenever_rfile_is_closed(way: Any, closes: bool) -> None:
    """A close with bytes unread resets the connection, and the client may lose the answer."""
    left = []

    def do_POST(self: Any) -> None:
        if closes:
            self.rfile.close()
        answer(self)
        self.close_connection = True

    def finish(self: Any) -> None:
        http.server.BaseHTTPRequestHandler.finish(self)
        left.append((list(self.connection.coming), self.connection.given))

    request = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n"
    sent, error = talk(way, [request, b"12345", b"6789"], do_POST=do_POST, finish=finish)
    assert error is None
    assert sent.endswith(b"ok")
    assert left == [([END], len(request) + 9)]


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_what_is_closed_is_not_opened(way: Any) -> None:
    """After rfile was closed, a granted tunnel passes bytes to the client, but the state stays CLOSED."""
    states = []

    def do_CONNECT(self: Any) -> None:
        exchange = self.rfile.exchange
        self.rfile.close()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"through")
        states.append(State(exchange.state).name)

    sent, error = talk(way, [b"CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n"], do_CONNECT=do_CONNECT)
    assert error is None
    assert sent.endswith(b"\r\n\r\nthrough")
    assert states == ["CLOSED"]


@pytest.mark.parametrize("takes", [0, 10, 150])
@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_nothing_is_sent_behind_what_was_not_sent_whole(way: Any, takes: int) -> None:
    """A program that kept writing after a write had timed out wrote into the middle of its own answer."""
    errors = []

    def do_GET(self: Any) -> None:
        self.connection.takes = takes
        self.send_response(200)
        self.send_header("Content-Length", "200")
        for write in (self.end_headers, lambda: self.wfile.write(b"x" * 100), lambda: self.wfile.write(b"more")):
            try:
                write()
            except OSError as error:
                errors.append(error)
                self.connection.takes = None

    sent, error = talk(way, [GET % 1], do_GET=do_GET)
    assert error is None
    assert len(sent) == takes
    assert len(errors) == (3 if takes < 100 else 2)
    assert all(error is errors[0] for error in errors)
    assert isinstance(errors[0], TimeoutError)


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_no_request_is_handled_after_a_write_that_has_failed(way: Any) -> None:
    """The program caught the error of its last write, and the server waited for the next request."""
    seen = []

    def do_GET(self: Any) -> None:
        seen.append(self.path)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.connection.takes = len(self.connection.sent) + 1
        with contextlib.suppress(TimeoutError):
            self.wfile.write(b"ok")

    sent, error = talk(way, [GET % 1 + GET % 2], do_GET=do_GET)
    assert error is None
    assert sent.endswith(b"\r\n\r\no")
    assert seen == ["/1"]


@pytest.mark.parametrize("way", FRAMED.values(), ids=FRAMED)
def test_an_answer_after_a_body_that_has_not_come(way: Any) -> None:
    """The connection ends after it, but its head did not say so."""

    def do_POST(self: Any) -> None:
        with contextlib.suppress(TimeoutError):
            self.rfile.read()
        answer(self)

    request = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc"
    sent, error = talk(way, [request, STALL, b"defghi" + GET % 2], do_POST=do_POST)
    assert error is None
    assert sent.count(b"HTTP/1.1 ") == 1
    assert b"\r\nConnection: close\r\n" in sent


# ------------------------------------------------------------------------------------------------- what is left behind


class Served(Server):
    """A server that keeps the sockets of its connections, and sets its own timeout on them."""

    seconds: float | None = None

    def __init__(self, handler: Any) -> None:
        self.sockets: list[Any] = []
        super().__init__(handler)

    def get_request(self) -> Any:
        sock, address = super().get_request()
        sock.settimeout(self.seconds)
        self.sockets.append(sock)
        return sock, address


def _plain(self: Any) -> None:
    answer(self, self.rfile.read())


def _of_another_file(self: Any) -> None:
    before = self.rfile, self.wfile
    self.rfile = io.BytesIO(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")
    self.wfile = io.BytesIO()
    self.do_GET = lambda: None
    self.handle_one_request()
    self.rfile, self.wfile = before
    self.seen.append(self.connection.gettimeout())
    self.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")  # noticed, and ends the connection


def _upgraded(self: Any) -> None:
    self.send_response(101)
    self.send_header("Upgrade", "x")
    self.end_headers()
    self.seen.append(self.connection.gettimeout())


@pytest.mark.parametrize("do_GET", [_plain, _of_another_file, _upgraded])
@pytest.mark.parametrize("seconds", [None, 7.0])
@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_a_socket_is_left_as_it_was(way: Any, do_GET: Any, seconds: float | None) -> None:
    """A socket keeps its class and its timeout, whether the handler's `timeout` or the server has set it."""
    states: list[Any] = []
    attributes = {"protocol_version": "HTTP/1.1", "log_message": lambda *args: None, "seen": states}
    with way({**attributes, "do_GET": do_GET, "do_POST": _plain}) as handler:

        class Handler(handler):  # type: ignore[misc, valid-type]
            def finish(self) -> None:
                super().finish()
                states.append((type(self.connection), self.connection.gettimeout()))

        with Served(Handler) as server, serving(server):
            server.seconds = seconds
            request = b"GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"
            reply = converse(server.server_address, request + GET % 1)
        assert not server.errors
    assert reply.count(b"HTTP/1.1 ") == (2 if do_GET is _plain else 1)
    assert states.pop() == (socket.socket, seconds)
    if do_GET is _upgraded:
        assert states == [seconds]
    if do_GET is _of_another_file and way in STRICT.values():
        assert states == [seconds]


@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
def test_a_timeout_of_the_servers_own_holds(way: Any) -> None:
    """It holds if the handler has no `timeout`, even though the deadlines are longer."""
    with way({"protocol_version": "HTTP/1.1", "log_message": lambda *args: None, "do_POST": _plain}) as handler:
        with Served(handler) as server, serving(server):
            server.seconds = 0.1
            for request in (b"", b"POST", b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n"):
                with Client(server) as client:
                    client.send(request)
                    client.rest()
        assert not server.errors


def _catches(self: Any) -> None:
    for _ in range(2):
        with contextlib.suppress(OSError):
            self.rfile.read()


def _closes(self: Any) -> None:
    with contextlib.suppress(OSError):
        self.rfile.read()
    self.rfile.close()


def _raises(self: Any) -> None:
    with contextlib.suppress(OSError):
        self.rfile.read()
    raise ValueError("the program's own")


@pytest.mark.parametrize("do_POST", [_plain, _catches, _closes, _raises])
@pytest.mark.parametrize("end", [END, STALL, RESET])
@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/1.1\r\nX",
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc",
        b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nZZ",
    ],
    ids=["head", "sized", "chunked"],
)
@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_nothing_outlives_a_connection_that_has_ended_by_a_fault(
    way: Any, request_: bytes, end: str, do_POST: Any
) -> None:
    """The fault's traceback held the handler and the handler the fault, which left both to the cycle collector."""
    refs: list[Any] = []

    def setup(self: Any) -> None:
        super(type(self), self).setup()
        refs.extend(map(weakref.ref, (self, self.rfile, self.wfile, self.rfile.exchange)))

    with no_collector():
        talk(way, [request_, end], do_POST=do_POST, setup=setup)
        assert refs
        assert [ref() for ref in refs] == [None] * len(refs)


def _answers_badly(self: Any) -> None:
    self.send_response(200)
    self.send_header("Transfer-Encoding", "chunked")
    self.end_headers()
    self.wfile.write(b"no chunk")


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_nothing_outlives_an_answer_with_faulty_framing(way: Any) -> None:
    refs: list[Any] = []

    def setup(self: Any) -> None:
        super(type(self), self).setup()
        refs.extend(map(weakref.ref, (self, self.rfile, self.wfile, self.rfile.exchange)))

    with no_collector():
        talk(way, [GET % 1], do_GET=_answers_badly, setup=setup)
        assert [ref() for ref in refs] == [None] * 4


@pytest.mark.parametrize("last", ["rfile", "wfile"])
@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_nothing_outlives_a_connection_whose_last_write_fails(way: Any, last: str) -> None:
    """If wfile was closed after rfile with something left to send, it raised a fault that was then kept."""
    refs: list[Any] = []
    raised: list[type] = []

    def setup(self: Any) -> None:
        super(type(self), self).setup()
        refs.extend(map(weakref.ref, (self, self.rfile, self.wfile, self.rfile.exchange)))

    def do_GET(self: Any) -> None:
        self.connection.takes = 10
        self.send_response(200)
        self.end_headers()
        self.rfile.close()

    def finish(self: Any) -> None:
        try:
            self.wfile.flush()
        except OSError as error:
            raised.append(type(error))
        for file in (self.rfile, self.wfile) if last == "wfile" else (self.wfile, self.rfile):
            file.close()

    attributes = {"handle_one_request": own_round, "finish": finish, "setup": setup, "wbufsize": -1}
    with no_collector():
        talk(way, [GET % 1], do_GET=do_GET, **attributes)
        assert raised == [ResponseTimeout]
        assert [ref() for ref in refs] == [None] * 4


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_a_write_after_a_reset_and_the_end_of_rfile(way: Any) -> None:
    """The reset is no longer remembered by then, and the write fails."""
    raised: list[type] = []

    def finish(self: Any) -> None:
        self.rfile.close()
        try:
            self.wfile.write(b"more")
            self.wfile.flush()
        except OSError as error:
            raised.append(type(error))
        self.wfile.close()

    def do_POST(self: Any) -> None:
        with contextlib.suppress(ConnectionResetError):
            self.rfile.read()

    request = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n"
    sent, error = talk(way, [request, RESET], do_POST=do_POST, finish=finish)
    assert error is None
    assert sent == b""
    assert raised == [BrokenPipeError]


# ----------------------------------------------------------------------------------------------- rfile without a buffer


@pytest.mark.parametrize("end", [END, STALL])
@pytest.mark.parametrize("rbufsize", [-1, 0, 16])
@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"DC", b"408"),
        (b"\x16", b"400 TLS"),
        (b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nGET /", b"400 Bad chunk"),
    ],
    ids=["a request line", "TLS", "a chunk line"],
)
@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
def test_a_line_is_judged_as_it_comes(way: Any, sent: bytes, status: bytes, rbufsize: int, end: str) -> None:
    """It is not judged at its end only: an unbuffered rfile lost the part of a line that had come before a timeout."""
    if end is END and status == b"408":
        status = b"400"
    reply, error = talk(way, [sent, end], do_POST=_plain, rbufsize=rbufsize)
    assert error is None
    assert reply.startswith(b"HTTP/1.1 " + status)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (b"GET / HTTP/1.1\r\nHost: h", b"\n\n"),
        (b"GET / HTTP/1.1\r\nHost: h\r\nno colon", b"\r\n\r\n"),
        (b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"x" * 60_000, b"x" * 70_000),
    ],
    ids=["bare LF", "CRLF", "a limit"],
)
@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
def test_a_head_is_judged_when_its_end_has_come(way: Any, start: bytes, end: bytes) -> None:
    """A head in pieces is not parsed at every piece, but only at the one that ends it or exceeds a limit."""
    asked = []

    def pieces() -> Any:
        yield start
        for at in range(0, len(end), max(1, len(end) // 1000)):
            yield end[at : at + max(1, len(end) // 1000)]
        asked.append("for more")
        yield STALL

    reply, error = talk(way, pieces(), linger_timeout=0)
    assert error is None
    assert reply.startswith(b"HTTP/1.1 4")
    assert not asked


@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
def test_a_head_that_comes_byte_by_byte_costs_linear_time(way: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """All parses together read at most three times as many bytes as the head has."""
    from fasthdr._strict import head as strict_head

    parsed = []
    parse = strict_head.parse_request

    def parse_request(data: Any, **options: Any) -> Any:
        parsed.append(len(data))
        return parse(data, **options)

    monkeypatch.setattr(strict_head, "parse_request", parse_request)
    request = b"GET /%d HTTP/1.1\r\nHost: h\r\n" % 1 + b"X: y\r\n" * 90 + b"\r\n"
    sent, error = talk(way, [request[at : at + 1] for at in range(len(request))], do_GET=_echo_path)
    assert error is None
    assert sent.endswith(b"/1")
    assert len(request) <= sum(parsed) <= 3 * len(request)


class _Clock:
    """A substitute for the time module, with a clock that the test sets."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.mark.parametrize("rbufsize", [-1, 0, 16])
@pytest.mark.parametrize(
    ("start", "name"), [(b"G", "head_timeout"), (b"GET / HTTP/1.1\r\nX", "head_timeout"), (EXPECT, "body_timeout")]
)
@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
def test_a_line_that_drips(way: Any, start: bytes, name: str, rbufsize: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each wait was allowed the whole time, because http.server's files may wait any number of times for one line."""
    from fasthdr._strict import exchange

    clock = _Clock()
    monkeypatch.setattr(exchange, "time", clock)
    waits = []

    def pieces() -> Any:
        yield start.replace(b"Content-Length: 3", b"Transfer-Encoding: chunked")
        for _ in range(100):
            clock.now += 1.0
            waits.append(clock.now)
            yield b"0"

    reply, error = talk(
        way, pieces(), do_POST=_plain, rbufsize=rbufsize, linger_timeout=0, **{name: 5.5, "body_rate": 1000}
    )  # type: ignore[arg-type]
    assert error is None
    assert b"HTTP/1.1 408 " in reply
    assert len(waits) < 10


@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
def test_an_empty_line_that_comes_in_two_parts(way: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time of the next head begins with that head, not with the empty line before it."""
    from fasthdr._strict import exchange

    clock = _Clock()
    monkeypatch.setattr(exchange, "time", clock)

    def pieces() -> Any:
        yield EXPECT.replace(b"Expect: 100-continue\r\n", b"") + b"abc"
        yield b"\r"
        yield b"\n"
        clock.now += 60.0
        yield b"GET / HT"
        clock.now += 1.0
        yield b"TP/1.1\r\nHost: h\r\n\r\n"

    reply, error = talk(way, pieces(), do_POST=_plain, do_GET=answer, head_timeout=5.5, idle_timeout=None)
    assert error is None
    assert b" 408 " not in reply
    assert reply.count(b"HTTP/1.1 200 ") == 2


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_the_buffer_of_a_long_connection_stays_small(way: Any) -> None:
    """What has been read was kept until the connection ended, if each piece ended within the next head."""
    sizes = []

    def do_GET(self: Any) -> None:
        sizes.append(len(self.rfile.exchange.buffer))
        answer(self)

    request = GET % 7
    half = len(request) // 2
    count = 300
    pieces = [request + request[:half], *[request[half:] + request[:half]] * count, request[half:]]
    sent, error = talk(way, pieces, do_GET=do_GET)
    assert error is None
    assert sent.count(b"HTTP/1.1 200 ") == len(sizes) == count + 2
    assert max(sizes) < 8 * len(request)


@pytest.mark.parametrize(
    "make",
    [
        lambda: array.array("I", range(60_000)),
        lambda: memoryview(array.array("Q", range(30_000))),
        lambda: (ctypes.c_uint32 * 60_000)(*range(60_000)),
        lambda: memoryview(bytes(range(256)) * 900).cast("B", (900, 256)),
    ],
    ids=["array", "memoryview", "ctypes", "two dimensions"],
)
@pytest.mark.parametrize("sized", [True, False], ids=["sized", "until close"])
@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_content_whose_items_are_not_bytes(way: Any, sized: bool, make: Any) -> None:
    """A write that the connection took in part was continued by items, not by bytes."""
    content = make()
    expected = memoryview(content).tobytes()

    def do_GET(self: Any) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)  # it takes only a part at a time
        self.send_response(200)
        if sized:
            self.send_header("Content-Length", str(len(expected)))
        self.end_headers()
        self.wfile.write(content)
        self.close_connection = True

    with served(way, do_GET=do_GET) as server:
        with Client(server) as client:
            client.send(GET % 1)
            assert client.rest().partition(b"\r\n\r\n")[2] == expected
        assert not server.errors


@pytest.mark.parametrize(
    "error", [FileNotFoundError("no such file"), TimeoutError("an upstream"), ParseError(502, "Bad")]
)
@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_an_error_of_the_program_within_parse_request(way: Any, error: Exception) -> None:
    """handle_expect_100() and the constructor of MessageClass are the program's: their errors are, too."""

    def fail(*args: Any, **keywords: Any) -> Any:
        raise error

    head = b"POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n"
    failing = type("M", (http.client.HTTPMessage,), {"__init__": fail})
    for attributes in {"handle_expect_100": fail}, {"MessageClass": failing}:
        sent, seen = talk(way, [head], **attributes)
        # http.server's handle_one_request() ends the connection at any TimeoutError.
        assert seen is (None if isinstance(error, TimeoutError) else error)
        assert sent == b""


def test_a_switch_is_true_or_false() -> None:
    """A value that is only taken for true switched nothing on, and nobody was told."""
    for name in "strict", "framed_body", "exact_type", "nodelay", "recover":
        with pytest.raises(TypeError, match=f"{name} must be "):
            fasthdr.install(**{name: 1})
    for text in "strict=true", "framed_body=yes", "strict=2":
        with pytest.raises(ValueError, match="must be 0 or 1"):
            options_of(text)


@pytest.mark.parametrize("name", ["strict", "framed_body"])
@pytest.mark.parametrize("module", [fasthdr.server.BaseHTTPRequestHandler, fasthdr.simple_server.WSGIRequestHandler])
def test_a_switch_of_a_class_is_true_or_false(module: Any, name: str) -> None:
    sock = Memory(lambda: sock.coming.append(END))
    handler = module.__new__(type("Handler", (module,), {name: 1}))
    handler.request, handler.client_address, handler.server = sock, ("127.0.0.1", 1), None
    with pytest.raises(TypeError, match=f"{name} of .*Handler must be True or False, not 1"):
        handler.setup()


@pytest.mark.parametrize("call", ["handle_one_request", "parse_request"])
@pytest.mark.parametrize("name", ["strict", "framed_body"])
@pytest.mark.parametrize("module", [fasthdr.server.BaseHTTPRequestHandler, fasthdr.simple_server.WSGIRequestHandler])
def test_a_switch_that_is_set_after_setup_is_true_or_false(module: Any, name: str, call: str) -> None:
    sock = Memory(lambda: sock.coming.append(END))
    handler = module.__new__(type("Handler", (module,), {}))
    handler.request, handler.client_address, handler.server = sock, ("127.0.0.1", 1), None
    handler.setup()
    handler.raw_requestline = b"GET / HTTP/1.1\r\n"
    setattr(handler, name, 1)
    with pytest.raises(TypeError, match=f"{name} of .*Handler must be True or False, not 1"):
        getattr(handler, call)()


@pytest.mark.parametrize("strict", [False, True])
def test_a_switch_of_a_class_that_is_not_ours(strict: bool) -> None:
    """A class may use the name for something else. Under install(strict=True) its requests are not strict."""
    cls = type("Handler", (http.server.BaseHTTPRequestHandler,), {"strict": "very", "do_GET": _echo_path})
    said = [r"strict of .*Handler must be True or False, not 'very': its requests are not strict"] * strict
    for on_unsupported in "warn", "raise":
        sock = Memory(lambda sock=None: None)
        sock.coming += [GET % 1, END]
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            with fasthdr.install(strict=strict, on_unsupported=on_unsupported):
                error = handle(cls, sock, None)
        assert [w.category for w in warned] == [RuntimeWarning] * (strict and on_unsupported == "warn")
        assert all(re.match(text, str(w.message)) for text, w in zip(said, warned))
        assert isinstance(error, UnsupportedHandler) == (strict and on_unsupported == "raise")
        assert (b" 200 " in sock.sent) == (error is None)
