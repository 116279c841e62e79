# SPDX-License-Identifier: MIT
"""Cases that strict and framed handlers rarely meet."""

from __future__ import annotations

import errno
import http.client
import http.server
import io
import socket
import subprocess
import sys
import tempfile
from typing import Any

import pytest

import fasthdr
import fasthdr.server
from fasthdr._strict import head as strict_head
from tests.handlers.kinds import ALL, DECODED, FRAMED, STRICT, answer
from tests.handlers.memory import CLIENT, Memory, talk

GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
HEAD = b"POST / HTTP/1.1\r\nHost: h\r\n"
SIZED = HEAD + b"Content-Length: 3\r\n\r\nabc"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
EXPECTS = HEAD + b"Content-Length: 3\r\nExpect: 100-continue\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNKED_OK = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

every_way = pytest.mark.parametrize("way", ALL.values(), ids=ALL)
strict_ways = pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
framed_ways = pytest.mark.parametrize("way", FRAMED.values(), ids=FRAMED)


# ----------------------------------------------------------------------------------------------------------- the answer


@every_way
def test_an_interim_response_and_the_head_in_one_write(way: Any) -> None:
    written = b"HTTP/1.1 103 Early Hints\r\n\r\n" + OK

    def do_GET(self: Any) -> None:
        self.wfile.write(written)

    assert talk(way, [GET, GET], do_GET=do_GET) == (written * 2, None)


@every_way
@pytest.mark.parametrize("kind", [bytearray, memoryview])
def test_a_head_in_another_buffer(way: Any, kind: Any) -> None:
    def do_GET(self: Any) -> None:
        self.wfile.write(kind(OK[:9]))
        self.wfile.write(kind(OK[9:]))

    assert talk(way, [GET, GET], do_GET=do_GET) == (OK * 2, None)


@every_way
def test_a_last_chunk_and_more_in_one_write(way: Any) -> None:
    """Bytes behind the last chunk are not sent: a client would take them for the next answer."""

    def do_GET(self: Any) -> None:
        self.wfile.write(CHUNKED_OK)
        self.wfile.write(b"2\r\nok\r\n0\r\n\r\n" + OK)

    assert talk(way, [GET, GET], do_GET=do_GET) == ((CHUNKED_OK + b"2\r\nok\r\n0\r\n\r\n") * 2, None)


@every_way
def test_nothing_is_written_as_nothing(way: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Writing no bytes does not reach the connection."""
    sizes = []
    sendall = Memory.sendall

    def counted(self: Any, data: Any, flags: int = 0) -> None:
        sizes.append(len(data))
        sendall(self, data, flags)

    def do_GET(self: Any) -> None:
        self.wfile.write(OK[:-2])
        self.wfile.write(b"")
        self.wfile.write(b"ok")

    monkeypatch.setattr(Memory, "sendall", counted)
    assert talk(way, [GET], do_GET=do_GET) == (OK, None)
    assert sizes == [len(OK) - 2, 2]


@every_way
def test_a_part_of_a_head_is_flushed_before_the_body_is_read(way: Any) -> None:
    """CGIHTTPRequestHandler does so. 100 Continue is sent before the part, as it could not be sent after it."""
    read = []

    def do_POST(self: Any) -> None:
        self.wfile.write(OK[:17])
        self.wfile.flush()
        read.append(self.rfile.read())
        self.wfile.write(OK[17:])

    sent, error = talk(way, [EXPECTS, b"abc", GET], do_POST=do_POST)
    assert (sent, error, read) == (CONTINUE + OK, None, [b"abc"])


@every_way
def test_a_descriptor_is_taken_before_the_body_is_sent(way: Any) -> None:
    """A program may read the body from it, so the client is told to send the body."""
    told = []

    def do_POST(self: Any) -> None:
        self.rfile.fileno()
        told.append(bytes(self.connection.sent))
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n" + self.rfile.read())

    sent, error = talk(way, [EXPECTS, b"abc", GET], do_POST=do_POST)
    assert error is None
    assert sent.startswith(CONTINUE + b"HTTP/1.1 200 OK\r\n")
    assert sent.endswith(b"\r\nConnection: close\r\n\r\nabc")
    assert told == [CONTINUE]


@every_way
def test_a_write_on_the_socket_is_not_forgotten(way: Any) -> None:
    """A later write through wfile, which calls the socket's own method, does not hide it: the connection ends."""
    by_hand = b"HTTP/1.1 103 Early Hints\r\n\r\n"

    def do_GET(self: Any) -> None:
        self.connection.sendall(by_hand)
        self.wfile.write(OK)

    assert talk(way, [GET, GET], do_GET=do_GET) == (by_hand + OK, None)


@every_way
def test_a_wfile_that_is_thrown_away(way: Any) -> None:
    """Nobody has seen an answer to the request, so the connection ends."""
    got = []

    def do_GET(self: Any) -> None:
        self.wfile = io.BytesIO()
        self.wfile.write(OK)
        got.append(self.wfile.getvalue())

    assert talk(way, [GET, GET], do_GET=do_GET) == (b"", None)
    assert got == [OK]


# ------------------------------------------------------------------------------------------------------------- the body


@every_way
def test_a_chunk_beyond_drain_limit_is_not_read(way: Any) -> None:
    """Its size line shows that it is too long, so the server does not wait for any of it."""
    seen = []

    def do_POST(self: Any) -> None:
        self.wfile.write(OK)
        seen.append(self.connection)

    pieces = [CHUNKED + b"1\r\na\r\n65\r\n", b"x" * 100, b"x\r\n0\r\n\r\n" + GET]
    sent, error = talk(way, pieces, do_POST=do_POST, drain_limit=100, linger_timeout=0.0)
    assert (sent, error) == (OK, None)
    assert seen[0].given == len(pieces[0])


@pytest.mark.parametrize("name", DECODED)
def test_a_body_that_cannot_be_kept(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program sees the error, and the client is not refused."""
    from fasthdr import _server_methods

    def full(*args: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    def do_POST(self: Any) -> None:
        _server_methods.exchange_methods().take_body(self)

    monkeypatch.setattr(tempfile, "SpooledTemporaryFile", full)
    sent, error = talk(ALL[name], [CHUNKED + b"1\r\na\r\n0\r\n\r\n"], do_POST=do_POST)
    assert sent == b""
    assert isinstance(error, OSError)
    assert error.errno == errno.ENOSPC


@every_way
def test_a_log_that_fails(way: Any) -> None:
    """The log fails over a malformed body, read after the answer: the error is the program's and leaves the handler."""

    def log_error(self: Any, *args: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def do_POST(self: Any) -> None:
        self.wfile.write(OK)

    sent, error = talk(way, [CHUNKED + b"no size\r\n"], do_POST=do_POST, log_error=log_error)
    assert sent == OK
    assert isinstance(error, OSError)
    assert error.errno == errno.ENOSPC


@every_way
def test_a_send_error_that_fails(way: Any) -> None:
    """A missing template: the error in sending the refusal is the program's, and leaves the handler."""

    def send_error(self: Any, *args: Any) -> None:
        raise FileNotFoundError(errno.ENOENT, "No such file or directory", "400.html")

    def do_POST(self: Any) -> None:
        self.rfile.read()

    sent, error = talk(way, [CHUNKED + b"no size\r\n", GET], do_POST=do_POST, send_error=send_error)
    assert sent == b""
    assert isinstance(error, FileNotFoundError)


@every_way
def test_a_send_error_that_is_lost(way: Any) -> None:
    """The client has gone: the program gets the body's fault, not the failed write."""
    faults = []

    def do_POST(self: Any) -> None:
        self.connection.lost = True
        with pytest.raises(fasthdr.ParseError) as caught:
            self.rfile.read()
        faults.append(caught.value.reason)
        raise caught.value

    assert talk(way, [CHUNKED + b"no size\r\n"], do_POST=do_POST) == (b"", None)
    assert faults == ["Bad chunk"]


# ---------------------------------------------------------------------------------------------------------------- heads


@strict_ways
def test_an_absolute_form_without_host(way: Any) -> None:
    """HTTP/1.0 does not require Host: the program gets the host of the target."""
    hosts = []

    def do_GET(self: Any) -> None:
        hosts.append(self.headers.get_all("Host"))
        self.wfile.write(OK)

    sent, error = talk(way, [b"GET http://a.example:8000/b HTTP/1.0\r\n\r\n"], do_GET=do_GET)
    assert error is None
    assert sent.endswith(b"\r\n\r\nok")
    assert hosts == [["a.example:8000"]]


@framed_ways
def test_http_09(way: Any) -> None:
    """The answer has no head, even if its content looks like one, and the connection ends after it."""
    content = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nThis is how an answer begins."
    read = []

    def do_GET(self: Any) -> None:
        read.append(self.rfile.read())
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    assert talk(way, [b"GET /\r\n", GET], do_GET=do_GET) == (content, None)
    assert read == [b""]


# ---------------------------------------------------------------------------------------- handlers made in unusual ways


def _quiet(**attributes: Any) -> dict[str, Any]:
    return {
        "log_message": lambda *args: None,
        "protocol_version": "HTTP/1.1",
        "date_time_string": lambda self: "now",
        **attributes,
    }


def _bare(cls: Any, data: bytes) -> Any:
    """Return a handler that has only its files."""
    handler = cls.__new__(cls)
    handler.client_address = CLIENT
    handler.rfile, handler.wfile = io.BytesIO(data), io.BytesIO()
    return handler


@every_way
def test_rounds_without_a_connection(way: Any) -> None:
    """handle_one_request() works on a handler whose files are in memory, and puts those files back."""

    def do_POST(self: Any) -> None:
        answer(self, self.rfile.read())

    with way(_quiet(do_POST=do_POST, do_GET=answer)) as cls:
        handler = _bare(cls, SIZED + GET)
        rfile, wfile = handler.rfile, handler.wfile
        handler.handle_one_request()
        assert not handler.close_connection
        assert wfile.getvalue().endswith(b"\r\n\r\nabc")
        assert (handler.rfile, handler.wfile) == (rfile, wfile)
        handler.handle_one_request()
        assert wfile.getvalue().endswith(b"\r\n\r\nok")


@every_way
def test_rounds_that_put_other_files_in_place(way: Any) -> None:
    """The handler keeps the files that the program has put there."""
    mine = io.BytesIO(), io.BytesIO()

    def do_GET(self: Any) -> None:
        answer(self)
        self.rfile, self.wfile = mine

    with way(_quiet(do_GET=do_GET)) as cls:
        handler = _bare(cls, GET)
        wfile = handler.wfile
        handler.handle_one_request()
        assert (handler.rfile, handler.wfile) == mine
        assert wfile.getvalue().endswith(b"\r\n\r\nok")


@every_way
def test_a_request_read_by_hand_and_then_a_round(way: Any) -> None:
    """The unread body of the first request is not taken for the second request."""

    def handle_(self: Any) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        assert self.parse_request()
        self.wfile.write(OK)
        self.handle_one_request()

    body = b"GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"
    first = HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body
    paths = []

    def do_GET(self: Any) -> None:
        paths.append(self.path)
        self.wfile.write(OK)

    assert talk(way, [first + GET], handle=handle_, do_GET=do_GET) == (OK * 2, None)
    assert paths == ["/"]


@every_way
def test_a_handler_without_files(way: Any) -> None:
    """A head that is wholly in raw_requestline is read, and the handler gets no wfile."""
    with way(_quiet()) as cls:
        handler = cls.__new__(cls)
        handler.client_address = CLIENT
        handler.raw_requestline = GET if handler.strict else b"GET / HTTP/1.1\r\n"
        if not handler.strict:
            handler.rfile = io.BytesIO(b"Host: h\r\n\r\n")
        assert handler.parse_request()
        assert handler.headers["Host"] == "h"
        assert handler.rfile.read() == b""
        assert not hasattr(handler, "wfile")
        handler.rfile.close()
        assert handler.rfile.closed
        assert handler.close_connection


@every_way
def test_an_rfile_that_outlives_its_handler(way: Any) -> None:
    with way(_quiet()) as cls:
        handler = _bare(cls, SIZED)
        handler.raw_requestline = handler.rfile.readline()
        assert handler.parse_request()
        rfile = handler.rfile
        del handler
        assert rfile.read(1) == b"a"
        rfile.close()
        with pytest.raises(ValueError, match="closed file"):
            rfile.read()


@every_way
def test_a_handler_that_gets_the_files_of_another(way: Any) -> None:
    """A program hands the connection to another handler, which reads on from the file beneath."""

    def do_POST(self: Any) -> None:
        answer(self, self.rfile.read())

    with way(_quiet(do_POST=do_POST)) as cls:
        first = _bare(cls, SIZED * 2)
        wfile = first.wfile
        first.raw_requestline = first.rfile.readline()
        assert first.parse_request()
        first.do_POST()
        second = cls.__new__(cls)
        second.client_address = CLIENT
        second.rfile, second.wfile = first.rfile, first.wfile
        second.handle_one_request()
        assert wfile.getvalue().count(b"\r\n\r\nabc") == 2
        assert second.rfile is first.rfile.beneath


class _NoSocket:
    """A substitute for a connection, as tests of servers use: it has files, but no recv()."""

    def __init__(self, data: bytes) -> None:
        self.rfile, self.sent = io.BytesIO(data), io.BytesIO()
        self.seconds: float | None = None

    def makefile(self, mode: str, *args: Any) -> Any:
        return self.rfile

    def sendall(self, data: Any) -> None:
        self.sent.write(data)

    def gettimeout(self) -> float | None:
        return self.seconds

    def settimeout(self, seconds: float | None) -> None:
        self.seconds = seconds


@every_way
def test_a_connection_that_cannot_be_read(way: Any) -> None:
    """It ends after an answer with an unread body behind it: there is nothing to linger on."""
    with way(_quiet(do_POST=answer, drain_limit=0)) as cls:
        connection = _NoSocket(SIZED)
        cls(connection, CLIENT, None)
    assert connection.sent.getvalue().endswith(b"\r\n\r\nok")
    assert connection.seconds is None


class _LikeASocket(_NoSocket):
    """A substitute with the files that a socket makes, but it is none, so its methods cannot be watched."""

    def makefile(self, mode: str, *args: Any) -> Any:
        return io.BufferedReader(socket.SocketIO(self, "rb"))  # type: ignore[arg-type]

    def recv(self, size: int) -> bytes:
        return self.rfile.read(size)

    def _decref_socketios(self) -> None:
        pass


@every_way
def test_a_connection_that_cannot_be_watched(way: Any) -> None:
    """It is read ahead with its own recv()."""
    with way(_quiet(do_POST=lambda self: answer(self, self.rfile.read()))) as cls:
        connection = _LikeASocket(SIZED)
        cls(connection, CLIENT, None)
    assert connection.sent.getvalue().startswith(b"HTTP/1.")
    assert b" 200 OK\r\n" in connection.sent.getvalue()


@pytest.mark.parametrize(
    ("of_the_class", "of_the_object", "decodes"),
    [({"strict": True}, {}, False), ({"framed_body": True}, {}, True), ({}, {"framed_body": True}, False)],
)
def test_a_class_that_borrows_the_method(
    of_the_class: dict[str, bool], of_the_object: dict[str, bool], decodes: bool
) -> None:
    """parse_request() works on an object that is not a handler; rfile decodes only if the class asks for it."""
    theirs = fasthdr.server.BaseHTTPRequestHandler

    class Borrows:
        parse_request = theirs.parse_request
        handle_expect_100 = theirs.handle_expect_100
        MessageClass = theirs.MessageClass
        default_request_version = "HTTP/0.9"
        protocol_version = "HTTP/1.1"

    body = b"1\r\na\r\n0\r\n\r\n"
    borrows: Any = type("Derived", (Borrows,), of_the_class)()
    off = {"strict": False, "framed_body": False}
    vars(borrows).update({name: off[name] for name in off.keys() - of_the_class.keys()}, **of_the_object)
    borrows.raw_requestline, _, rest = CHUNKED.partition(b"\n")
    borrows.raw_requestline += b"\n"
    borrows.rfile = io.BytesIO(rest + body)
    assert borrows.parse_request()
    assert borrows.rfile.read() == (b"a" if decodes else body)


# Whichever of the two methods is called first loads what strict and framed handlers need.
FIRST = """if True:
    import io
    import fasthdr.server
    from fasthdr import _server_methods

    class Handler(fasthdr.server.BaseHTTPRequestHandler):
        {switch} = True
        protocol_version = "HTTP/1.1"

        def log_message(self, *args):
            pass

        def do_POST(self):
            print(self.rfile.read())

    handler = Handler.__new__(Handler)
    handler.client_address = "192.0.2.1", 1
    handler.rfile, handler.wfile = io.BytesIO({data!r}), io.BytesIO()
    assert _server_methods.run.__module__ == _server_methods._read.__module__ == "fasthdr._server_methods"
    if {parse}:
        handler.raw_requestline = handler.rfile.readline()
        assert handler.parse_request()
        handler.do_POST()
    else:
        handler.handle_one_request()
    assert _server_methods.run.__module__ == _server_methods._read.__module__ == "fasthdr._strict.methods"
"""


@pytest.mark.parametrize("switch", ["strict", "framed_body"])
@pytest.mark.parametrize("parse", [True, False], ids=["parse_request", "handle_one_request"])
def test_the_first_of_a_process(parse: bool, switch: str) -> None:
    """The first handler's setup() has never run."""
    program = FIRST.format(parse=parse, switch=switch, data=CHUNKED + b"1\r\na\r\n0\r\n\r\n")
    found = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=True)
    assert found.stdout == "b'a'\n"


# -------------------------------------------------------------------------------- heads that the core reads from memory


@framed_ways
@pytest.mark.parametrize("knows", [True, False])
def test_a_framed_head_in_memory(way: Any, knows: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """read_request_at() reads the head; if it misses an attribute of the handler, the default way reads it."""
    paths = []

    def read(handler: Any, raw: bytes, data: bytes, start: int, cls: Any, protocol_version: str) -> tuple[Any, ...]:
        if not knows:
            raise AttributeError("MessageClass")
        headers = http.client.parse_headers(io.BytesIO(data[start:]), cls)
        return "GET", "HTTP/1.1", False, raw.decode().rstrip(), "/read", headers, False

    def do_GET(self: Any) -> None:
        paths.append((self.path, self.headers["host"], self.requestline))
        self.wfile.write(OK)

    monkeypatch.setattr(strict_head, "read_request_at", read)
    assert talk(way, [GET, GET], do_GET=do_GET) == (OK * 2, None)
    assert paths == [("/read" if knows else "/", "h", "GET / HTTP/1.1")] * 2
