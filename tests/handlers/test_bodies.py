# SPDX-License-Identifier: MIT
"""What rfile gives: the content or the bytes of the wire, as they arrive, and never what follows them."""

from __future__ import annotations

import io
import select
import threading
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fasthdr
import fasthdr.server
import fasthdr.simple_server
from tests.handlers.kinds import ALL, DECODED, FRAMED, STRICT, TIMEOUT, Client, answer, served
from tests.integration.wire import converse, serving

CHUNKS = b"3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nX-Sum: 1\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
NEXT = b"GET /next HTTP/1.1\r\nHost: h\r\n\r\n"


def _echo(self: Any) -> None:
    answer(self, self.rfile.read())


def _echo_path(self: Any) -> None:
    answer(self, self.path.encode())


@pytest.mark.parametrize("name", ALL)
def test_chunked(name: str) -> None:
    """The body comes decoded if the class asks for that, and otherwise as sent; either way it has an end."""
    with served(ALL[name], do_POST=_echo, do_GET=_echo_path) as server, Client(server) as client:
        client.send(CHUNKED + CHUNKS + NEXT)
        assert client.response() == (200, b"abcdefg" if name in DECODED else CHUNKS)
        assert client.response() == (200, b"/next")


def _decode(file: Any) -> bytes:
    """Remove the chunked coding as programs on the standard library do."""
    content = b""
    while size := int(file.readline().split(b";")[0], 16):
        content += file.read(size)
        assert file.readline() == b"\r\n"
    while file.readline() not in (b"\r\n", b""):
        pass
    return content


@pytest.mark.parametrize("name", [name for name in ALL if name not in DECODED])
def test_a_program_that_decodes_itself(name: str) -> None:
    def do_POST(self: Any) -> None:
        answer(self, _decode(self.rfile))

    with served(ALL[name], do_POST=do_POST) as server, Client(server) as client:
        for _ in range(2):
            client.send(CHUNKED + CHUNKS)
            assert client.response() == (200, b"abcdefg")


@pytest.mark.parametrize("name", [name for name in ALL if name not in DECODED])
def test_the_bytes_of_the_wire_are_checked(name: str) -> None:
    """The read that reaches a fault raises it, before the program sees the bytes."""
    seen = []

    def do_POST(self: Any) -> None:
        seen.append(self.rfile.readline())
        seen.append(self.rfile.read())

    with served(ALL[name], do_POST=do_POST) as server, Client(server) as client:
        client.send(CHUNKED + b"3\r\n")
        wait = threading.Event()
        for _ in range(1000):
            if seen:
                break
            wait.wait(0.01)
        client.send(b"abcX\r\n0\r\n\r\n" + NEXT)
        assert client.rest().startswith(b"HTTP/1.1 400 ")
    assert seen == [b"3\r\n"]
    assert not server.errors


@pytest.mark.parametrize(
    ("name", "read"),
    [(name, read) for name in ALL for read in ("read1", "readline", "readinto1")]
    + [(name, "read(3)") for name in DECODED],
)
def test_what_is_there_is_given_at_once(name: str, read: str) -> None:
    """Bytes are not held back until the next chunk's size has come: a client may wait for the echo of each chunk."""

    def do_POST(self: Any) -> None:
        self.send_response(200)
        self.end_headers()
        while True:
            if read == "read1":
                data = self.rfile.read1(100)
            elif read == "readline":
                data = self.rfile.readline()
            elif read == "read(3)":
                data = self.rfile.read(3)
            else:
                buffer = bytearray(100)
                data = bytes(buffer[: self.rfile.readinto1(buffer)])
            if not data:
                return
            self.wfile.write(data)

    with served(ALL[name], do_POST=do_POST) as server, Client(server) as client:
        client.send(CHUNKED)
        client.head()
        pieces = (b"3\r\nab\n", b"\r\n3\r\nde\n", b"\r\n3\r\ngh\n")
        got = b""
        for piece, content in zip(pieces, (b"ab\n", b"de\n", b"gh\n"), strict=True):
            client.send(piece)
            while not got.endswith(content):
                got += client.file.read(1)
        client.send(b"\r\n0\r\n\r\n")
        client.rest()
    assert not server.errors


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
@pytest.mark.parametrize("body", [b"\r\n\r\n", b"\r\n"], ids=["two", "one"])
def test_empty_lines_behind_a_body(way: Any, body: bytes) -> None:
    """At least one CRLF that an old client sends behind a body is skipped (RFC 9112 2.2)."""
    strict = way in STRICT.values()
    with served(way, do_POST=_echo, do_GET=_echo_path) as server, Client(server) as client:
        client.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc" + body + NEXT)
        content = client.response()[1]
        assert content == b"abc"
        if strict or body == b"\r\n":
            assert client.response() == (200, b"/next")
        else:
            assert client.rest() == b""


def _file_calls(file: Any) -> list[bytes]:
    found = [file.read(2), file.readline(3), file.peek(1)[:1], file.read1(1)]
    buffer = bytearray(4)
    size = file.readinto(buffer)
    found.append(bytes(buffer[:size]))
    found += [next(file), *file.readlines(1), *file]
    found += [file.read(), file.readline(), file.read1(), file.peek(), file.read(0), file.readline(0)]
    return found


LINES = b"first\nsecond line\n\nthe fourth\nfifth\nand no line end"


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
@pytest.mark.parametrize("pieces", [1, 7, 1000])
def test_it_reads_as_a_file_does(way: Any, pieces: int) -> None:
    found = []

    def do_POST(self: Any) -> None:
        file = self.rfile
        assert isinstance(file, io.BufferedIOBase)
        assert (file.readable(), file.writable(), file.seekable(), file.closed) == (True, False, False, False)
        found.append(_file_calls(file))
        answer(self)

    with served(way, do_POST=do_POST) as server, Client(server) as client:
        data = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%s" % (len(LINES), LINES)
        client.send(*[data[at : at + pieces] for at in range(0, len(data), pieces)])
        assert client.response()[0] == 200
    assert not server.errors
    assert found == [_file_calls(io.BufferedReader(io.BytesIO(LINES)))]


OPERATIONS: dict[str, Any] = {
    "read": lambda file, n: file.read(n),
    "read all": lambda file, n: file.read(),
    "read None": lambda file, n: file.read(None),
    "readline": lambda file, n: file.readline(),
    "readline n": lambda file, n: file.readline(n),
    "readlines": lambda file, n: file.readlines(),
    "readlines n": lambda file, n: file.readlines(n),
    "readinto": lambda file, n: _read_into(file.readinto, n),
    "next": lambda file, n: next(file, b""),
}


def _read_into(function: Any, n: int) -> bytes:
    buffer = bytearray(n)
    count = function(buffer)
    return bytes(buffer[:count])


class Dribble(io.RawIOBase):
    """A file that gives at most `size` bytes at a time."""

    def __init__(self, data: bytes, size: int) -> None:
        self._file, self._size = io.BytesIO(data), size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(min(self._size, len(buffer)))
        buffer[: len(data)] = data
        return len(data)


@given(
    pieces=st.lists(st.binary(max_size=40) | st.sampled_from([b"\n", b"a\nb\n", b"\n\n"]), max_size=6),
    sized=st.booleans(),
    size=st.sampled_from([1, 7, 1000]),
    steps=st.lists(st.tuples(st.sampled_from(sorted(OPERATIONS)), st.integers(0, 50)), max_size=12),
)
def test_any_calls_read_as_of_a_file(pieces: list[bytes], sized: bool, size: int, steps: list[tuple[str, int]]) -> None:
    content = b"".join(pieces)
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces if piece) + b"0\r\n\r\n"
    framing = b"Content-Length: %d" % len(content) if sized else b"Transfer-Encoding: chunked"
    handler = fasthdr.server.BaseHTTPRequestHandler.__new__(Decoding)
    handler.raw_requestline = b"POST / HTTP/1.1\r\n"
    data = b"Host: h\r\n" + framing + b"\r\n\r\n" + (content if sized else chunks) + NEXT
    handler.rfile = io.BufferedReader(Dribble(data, size))
    handler.wfile = io.BytesIO()
    assert handler.parse_request()
    plain = io.BytesIO(content)
    for name, n in steps:
        assert OPERATIONS[name](handler.rfile, n) == OPERATIONS[name](plain, n), (name, n)
    assert handler.rfile.read() == plain.read()


class Decoding(fasthdr.server.BaseHTTPRequestHandler):
    strict = True


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_text_over_it(way: Any) -> None:
    def do_POST(self: Any) -> None:
        text = io.TextIOWrapper(self.rfile, "utf-8")
        lines = [*text]
        text.detach()
        answer(self, repr(lines).encode())

    with served(way, do_POST=do_POST) as server, Client(server) as client:
        client.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\nca\xc3\xa9\nx\ny")
        assert client.response() == (200, b"['ca\xc3\xa9\\n', 'x\\n', 'y']")


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_a_closed_rfile(way: Any) -> None:
    def do_POST(self: Any) -> None:
        self.rfile.close()
        with pytest.raises(ValueError, match="closed file"):
            self.rfile.read()

    with served(way, do_POST=do_POST) as server, Client(server) as client:
        client.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")
        client.rest()
    assert not server.errors


# ------------------------------------------------------------------------------------------------------------- limits


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
@pytest.mark.parametrize(
    "request_",
    [
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n0123456789a",
        CHUNKED + b"b\r\n0123456789a\r\n0\r\n\r\n",
        CHUNKED + b"6\r\n012345\r\n5\r\n6789a\r\n0\r\n\r\n",
        CHUNKED + b"7fffffffffffffff\r\n",
    ],
    ids=["a length", "one chunk", "two chunks", "a huge chunk"],
)
def test_max_body(way: Any, request_: bytes) -> None:
    with served(way, do_POST=_echo, max_body=10) as server:
        assert converse(server.server_address, request_).startswith(b"HTTP/1.1 413 ")
        fine = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n0123456789"
        assert converse(server.server_address, fine).startswith(b"HTTP/1.1 200 ")
    assert not server.errors


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_a_length_beyond_the_default(way: Any) -> None:
    with served(way, do_POST=_echo) as server:
        lengths = [(str(n).encode(), status) for n, status in (((1 << 30) + 1, b"413"), ((1 << 63) - 1, b"413"))]
        for length, status in [*lengths, (str(1 << 63).encode(), b"400"), (b"9" * 5000, b"400")]:
            reply = converse(
                server.server_address, b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %s\r\n\r\n" % length
            )
            assert reply.startswith(b"HTTP/1.1 " + status), length
    assert not server.errors


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_drain_limit_counts_the_wire(way: Any) -> None:
    """Each one-byte chunk takes six bytes: an unread body is counted as it is sent, not by its content."""
    chunks = b"1\r\na\r\n" * 200 + b"0\r\n\r\n"
    for limit, persists in ((len(chunks), True), (len(chunks) - 1, False), (300, False)):
        with served(way, do_POST=_echo_path, do_GET=_echo_path, drain_limit=limit) as server, Client(server) as client:
            client.send(CHUNKED + chunks + NEXT)
            assert client.response() == (200, b"/")
            if persists:
                assert client.response() == (200, b"/next")
            else:
                assert client.rest() == b""


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_a_length_beyond_drain_limit_is_not_read(way: Any) -> None:
    """The answer says that the connection ends, and it ends immediately."""
    with served(way, do_POST=_echo_path, drain_limit=10, linger_timeout=0.1) as server, Client(server) as client:
        client.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n")
        status, fields = client.head()
        assert (status, fields["connection"]) == (200, "close")
        assert client.rest() == b"/"


@pytest.mark.parametrize("size", [(), (None,), (-1,)], ids=["", "None", "-1"])
@pytest.mark.parametrize("chunked", [False, True], ids=["sized", "chunked"])
@pytest.mark.parametrize("name", ALL)
def test_a_long_body_is_read_to_its_end(name: str, chunked: bool, size: tuple[Any, ...]) -> None:
    body = bytes(range(256)) * 1500
    wire = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if chunked else body
    field = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % len(body)

    def do_POST(self: Any) -> None:
        answer(self, self.rfile.read(*size))

    with served(ALL[name], do_POST=do_POST) as server, Client(server) as client:
        client.send(b"POST / HTTP/1.1\r\nHost: h\r\n%b\r\n\r\n%b" % (field, wire))
        assert client.response() == (200, body if name in DECODED else wire)


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_a_request_behind_the_last_one(way: Any) -> None:
    """It is not answered, and it must not cost the client the rest of the answer before it (RFC 9112 9.6)."""
    size = 1 << 16  # a read of this many bytes takes none of the request behind them
    last = b"POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % size
    more = b"GET /more HTTP/1.1\r\nHost: h\r\n\r\n"

    def do_POST(self: Any) -> None:
        begun.set()
        assert sent.wait(TIMEOUT)
        self.rfile.read()
        answer(self, long)

    begun, sent = threading.Event(), threading.Event()
    long = bytes(1 << 21)
    with served(way, do_POST=do_POST) as server, Client(server) as client:
        client.send(last)
        assert begun.wait(TIMEOUT)
        client.send(bytes(size) + more)
        sent.set()
        assert select.select([client.sock], [], [], TIMEOUT)[0]
        time.sleep(0.2)  # the server writes as much as the buffers hold
        assert client.response() == (200, long)
        assert client.rest() == b""


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_an_upload_that_is_answered_unread(way: Any) -> None:
    """http.client sends all of it before it reads: a close with bytes unread resets the connection (RFC 9112 9.6)."""
    import http.client

    def do_POST(self: Any) -> None:
        self.send_error(403)

    with served(way, do_POST=do_POST) as server:
        for _ in range(5):
            connection = http.client.HTTPConnection(*server.server_address, timeout=30)
            connection.request("POST", "/", bytes(6 << 20))
            response = connection.getresponse()
            assert response.status == 403
            response.read()
            connection.close()
    assert not server.errors


# --------------------------------------------------------------------------------------------------------------- WSGI


def _reading(environ: Any, start_response: Any) -> list[bytes]:
    body = environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Length", str(len(body))), ("X-Length", environ.get("CONTENT_LENGTH", ""))])
    assert environ.get("wsgi.input_terminated") is True
    assert "HTTP_TRANSFER_ENCODING" not in environ
    return [body]


@pytest.mark.parametrize("switch", ["strict", "framed_body"])
@pytest.mark.parametrize("installed", [False, True])
def test_simple_server_decodes(switch: str, installed: bool) -> None:
    """wsgi.input ends where the body does, and a chunked body has a CONTENT_LENGTH, which Django needs."""
    base = fasthdr.simple_server.WSGIRequestHandler
    attributes = {"log_message": lambda *args: None, **({} if installed else {switch: True})}
    handler = type("Handler", (base,), attributes)
    install = fasthdr.install(**{switch: True}) if installed else fasthdr.install()  # type: ignore[arg-type]
    with (
        install,
        fasthdr.simple_server.make_server("127.0.0.1", 0, _reading, handler_class=handler) as server,
        serving(server),
    ):
        reply = converse(server.server_address, CHUNKED + CHUNKS)
        assert reply.partition(b"\r\n\r\n")[2] == b"abcdefg"
        assert b"X-Length: 7\r\n" in reply
        sized = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabcdef"
        assert converse(server.server_address, sized).endswith(b"abc")
        for bad in (CHUNKED + b"ZZ\r\n", CHUNKED + b"3\r\nab"):
            reply = converse(server.server_address, bad)
            assert reply.startswith(b"HTTP/1.0 400 ")
            assert reply.count(b"HTTP/1.") == 1


FRAMED_ONLY = FRAMED["framed_body = True"]


@pytest.mark.parametrize(
    "lines",
    [
        b"Content-Length : 34",
        b"X\r\nContent-Length: 34",
        b"X: y\r\r\nContent-Length: 34",
        b"X: y\rContent-Length: 0\r\nContent-Length: 34",
        b"\xff: y\r\nContent-Length: 34",
        b"From x\r\nContent-Length: 34",
        b": y\r\nContent-Length: 34",
        b" y\r\nContent-Length: 34",
        b"Content-Length: 34\r\nContent-Length: 34",
        b"Content-Length: 3\r\n 4",
        b"Content-Length: +34",
        b"Transfer-Encoding: gzip",
        b"Transfer-Encoding: chunked\r\nContent-Length: 34",
        b"Transfer-Encoding:\r\n chunked",
    ],
)
def test_framed_alone_has_one_framing_or_none(lines: bytes) -> None:
    """A line that the default parse does not fully understand could hide a length: 400, and the connection ends."""
    body = b"GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"
    seen = []

    def do_GET(self: Any) -> None:
        seen.append(self.path)
        answer(self)

    for name, way in FRAMED.items():
        with served(way, do_POST=do_GET, do_GET=do_GET) as server:
            reply = converse(server.server_address, b"POST /first HTTP/1.1\r\n" + lines + b"\r\n\r\n" + body)
        assert reply.startswith(b"HTTP/1.1 400 "), name
        assert reply.count(b"HTTP/1.1 ") == 1
        assert not seen
        assert not server.errors


def test_framed_alone_with_http_10() -> None:
    """Transfer-Encoding in HTTP/1.0 is faulty framing (RFC 9112 6.1)."""
    with served(FRAMED_ONLY, do_POST=_echo) as server:
        request = b"POST / HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + NEXT
        reply = converse(server.server_address, request)
    assert reply.startswith(b"HTTP/1.1 400 ")
    assert reply.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize(
    "lines", [b"A: b\nHost: h\n", b"A: b\r\n c\r\n", b"a/b: c\r\n", b"A: \x01\r\n", b"Content-Type: message/http\r\n"]
)
def test_framed_alone_reads_what_the_stdlib_reads(lines: bytes) -> None:
    with served(FRAMED_ONLY, do_POST=_echo) as server, Client(server) as client:
        for _ in range(2):
            client.send(b"POST / HTTP/1.1\r\n" + lines + b"Content-Length: 3\r\n\r\nabc")
            assert client.response() == (200, b"abc")
