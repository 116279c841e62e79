# SPDX-License-Identifier: MIT
"""The sans-I/O functions against the stdlib's handler and client on the same bytes."""

from __future__ import annotations

import base64
import http.client
import http.server
import io
import mmap
import os
from email.message import Message
from typing import Any

import pytest
from hypothesis import given

import fasthdr
from fasthdr._errors import snippet
from tests.differential import heads, observe
from tests.differential.cases import BLOCKS, HOST, REQUEST_LINES, STATUS_LINES
from tests.differential.test_differential import corpus

STDLIB_PARSE = http.client.parse_headers


class Refused(Exception):
    pass


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    expected = False

    def __init__(self, data: bytes) -> None:
        self.rfile = io.BytesIO(data)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        raise Refused(int(code), message or self.responses[code][0])

    def handle_expect_100(self) -> bool:
        self.expected = True
        return True


def is_whole(data: bytes, start: int = 0) -> bool:
    """True where a blank line ends a header block in data[start:]."""
    return any(line in (b"\r\n", b"\n") for line in io.BytesIO(data[start:]))


def expected_request(data: bytes) -> Any:
    """None, ("error", status, reason) or the fields, by the stdlib's handler."""
    handler = Handler(data)
    line = handler.raw_requestline = handler.rfile.readline(65537)
    if len(line) > 65536:
        return "error", 414, handler.responses[414][0]
    if not line.endswith(b"\n"):
        return None
    try:
        ok = handler.parse_request()
    except Refused as refused:
        status, reason = refused.args
        if snippet.cut(line) != line:  # the message may show credentials
            reason = reason.partition(" (")[0]
        return "error", status, fasthdr.ParseError(status, reason).reason  # the first 200 characters
    except (ValueError, RecursionError):
        return ("error", 400, "Bad Content-Type") if is_whole(data, len(line)) else None
    if not ok:
        return "error", 400, "Empty request line"
    if isinstance(handler.headers, Message) and not is_whole(data, len(line)):
        return None
    # A later stdlib leaves {} after an HTTP/0.9 request; ours has an empty message.
    headers = handler.headers if isinstance(handler.headers, Message) else STDLIB_PARSE(io.BytesIO())
    return (
        handler.command, handler.path, handler.request_version, not handler.close_connection, handler.expected,
        observe.message(headers), handler.rfile.tell(),
    )  # fmt: skip


def found_request(data: Any, parse: Any = fasthdr.parse_request, **limits: Any) -> Any:
    try:
        head = parse(data, **limits)
    except fasthdr.ParseError as error:
        assert 0 <= error.offset <= len(data)
        return "error", int(error.status), error.reason
    if head is None:
        return None
    got = [head.get(name, 0) for name in ("host", "Connection", "x-absent", "k")]
    assert isinstance(head.headers, http.client.HTTPMessage)
    assert got == [head.headers.get(name, 0) for name in ("host", "Connection", "x-absent", "k")]
    assert head.headers is head.headers
    assert head.raw_headers == [(k.encode("latin-1"), v.encode("latin-1")) for k, v in head.headers.items()]
    if head.table is not None:
        view = memoryview(head.table)
        rows = (len(head.headers), 4)
        if not head.headers and isinstance(head.table, memoryview):
            rows = (0,)  # in plain Python
        assert (view.format, view.shape, view.readonly) == ("I", rows, True)
        raw = bytes(data)
        assert [(raw[n : n + k], raw[v : v + m]) for n, k, v, m in view.tolist()] == head.raw_headers
    return (
        head.method, head.target, head.version, head.keep_alive, head.expect_continue, observe.message(head.headers),
        head.consumed,
    )  # fmt: skip


def same(data: bytes) -> None:
    assert found_request(data) == expected_request(data), data[:2000]


@pytest.mark.parametrize("name", REQUEST_LINES)
def test_request_lines(name: str) -> None:
    for block in (
        HOST,
        b"Connection: keep-alive\r\n\r\nbody",
        b"Connection: close\r\n\r\n",
        b"\r\n",
        b"Expect: 100-continue\r\n\r\n",
    ):
        same(REQUEST_LINES[name] + block)


# At the end of the input the stdlib counts a line that is not whole; here more may come.
WHOLE = [name for name in BLOCKS if is_whole(BLOCKS[name])]


@pytest.mark.parametrize("name", BLOCKS)
def test_blocks(name: str) -> None:
    for line in (b"GET / HTTP/1.1\r\n", b"POST /x HTTP/1.0\n"):
        same(line + BLOCKS[name])


@given(heads.requests)
def test_generated(data: bytes) -> None:
    same(data)


@pytest.mark.parametrize("name", [name for name in WHOLE if len(BLOCKS[name]) < 3000])
def test_every_split(name: str) -> None:
    """Before its end a head is incomplete, or refused as it is refused when whole."""
    data = b"GET / HTTP/1.1\r\n" + BLOCKS[name]
    whole = found_request(data)
    end = len(data) if whole[0] == "error" else whole[6]
    for cut in range(end):
        part = found_request(data[:cut])
        assert part is None or (part == whole and whole[0] == "error"), cut
    for cut in range(end, len(data) + 1):
        assert found_request(data[:cut]) == whole
    assert found_request(data + b"X: more\r\n\r\n\x00") == whole


@pytest.mark.parametrize("name", ["GET", "8-bit in the target", "four words", "2.0", "0.9", "line beyond the limit"])
def test_every_split_of_the_request_line(name: str) -> None:
    data = REQUEST_LINES[name] + HOST
    whole = found_request(data)
    for cut in [*range(min(len(data), 200)), *range(max(0, len(data) - 40), len(data))]:
        part = found_request(data[:cut])
        assert part is None or part == whole, cut


def test_buffers() -> None:
    data = b"GET /a HTTP/1.1\r\n" + BLOCKS["browser"] + b"body"
    expected = found_request(data)
    with mmap.mmap(-1, len(data)) as mapped:
        mapped.write(data)
        kinds = [
            bytearray(data),
            memoryview(data),
            memoryview(b"xx" + data + b"x")[2:-1],
            mapped,
            memoryview(data).cast("B"),
        ]
        for kind in kinds:
            assert found_request(kind) == expected
        del kinds, kind
    source = bytearray(data)
    head = fasthdr.parse_request(source)
    source[:] = b"x" * len(source)
    source.clear()  # nothing holds the buffer
    assert (head.method, head.target, head.headers["host"]) == ("GET", "/a", "example.org")
    for wrong in ("GET / HTTP/1.1\r\n\r\n", None, 5, [b"GET"], io.BytesIO(data)):
        with pytest.raises(TypeError):
            fasthdr.parse_request(wrong)
    with pytest.raises(BufferError):
        fasthdr.parse_request(memoryview(data)[::2])


def test_what_is_kept() -> None:
    """A small head does not keep a large buffer alive, nor does a table outlive its bytes."""
    data = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" + b"x" * 1_000_000
    head = fasthdr.parse_request(data)
    view = memoryview(head.table)
    message = head.headers
    del data, head
    assert view.tolist() == [[16, 4, 22, 1]]
    assert message.items() == [("Host", "a")]


def test_limits() -> None:
    data = b"GET / HTTP/1.1\r\nA: 1\r\nB: 2\r\n\r\n"
    assert found_request(data, max_headers=3)[6] == len(data)
    assert found_request(data, max_headers=1) == ("error", 431, "Too many headers")
    assert found_request(data, max_line=16)[6] == len(data)
    assert found_request(data, max_line=15) == ("error", 414, http.HTTPStatus.REQUEST_URI_TOO_LONG.phrase)
    assert found_request(b"GET / HTTP/1.1\r\nLong: 12345678901\r\n\r\n", max_line=16) == ("error", 431, "Line too long")
    assert found_request(data, max_head=len(data))[6] == len(data)
    assert found_request(data, max_head=len(data) - 1) == ("error", 431, "Head too long")
    many = b"GET / HTTP/1.1\r\n" + b"A: 1\r\n" * 5000 + b"\r\n"
    assert found_request(many) == ("error", 431, "Too many headers")
    assert len(fasthdr.parse_request(many, max_headers=6000).headers) == 5000
    long = b"GET / HTTP/1.1\r\nA: " + b"v" * 200_000 + b"\r\n\r\n"
    assert found_request(long) == ("error", 431, "Line too long")
    assert len(fasthdr.parse_request(long, max_line=300_000).headers["a"]) == 200_000
    for limit in ("max_line", "max_headers", "max_head"):
        for wrong, error in ((0, ValueError), (-1, ValueError), ("1", TypeError), (1.5, TypeError)):
            with pytest.raises(error):
                fasthdr.parse_request(data, **{limit: wrong})
        assert fasthdr.parse_request(data, **{limit: None if limit == "max_head" else 1 << 70}).consumed == len(data)


# Around the 1024 bytes that the walk looks at in one go, where it does not measure lines.
@pytest.mark.parametrize("before", [0, 1, 60, 500, 1000, 1024, 1100])
@pytest.mark.parametrize("size", [1000, 1022, 1023, 1024, 1025, 1026, 1088, 1100])
def test_a_line_at_the_limit(size: int, before: int) -> None:
    fields = (
        b"".join(b"A: " + b"x" * 15 + b"\r\n" for _ in range(before // 20)) + b"B:" + b"y" * (before % 20) + b"\r\n"
    )
    block = fields + b"Long:" + b"z" * (size - 7) + b"\r\n\r\n"
    data = b"GET / HTTP/1.1\r\n" + block
    assert found_request(data, max_line=size)[6] == len(data)
    assert found_request(data, max_line=size - 1) == ("error", 431, "Line too long")
    assert fasthdr.parse_headers(block, max_line=size).consumed == len(block)
    with pytest.raises(fasthdr.ParseError, match="Line too long"):
        fasthdr.parse_headers(block, max_line=size - 1)


# Rows are kept in the object up to 16, in the walk's own memory up to 128, and then in ever larger blocks.
@pytest.mark.parametrize("strict", [False, True], ids=["compat", "strict"])
@pytest.mark.parametrize("n", [0, 1, 14, 15, 16, 17, 18, 126, 127, 128, 129, 255, 256, 257, 1100])
def test_any_number_of_fields(n: int, strict: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = [("Host", "h"), *((f"N{i}", f"v{i}") for i in range(n))]
    block = "".join(f"{name}: {value}\r\n" for name, value in pairs).encode() + b"\r\n"
    for parse, line in (
        (fasthdr.parse_request, b"GET / HTTP/1.1\r\n"),
        (fasthdr.parse_response, b"HTTP/1.1 200 OK\r\n"),
        (fasthdr.parse_headers, b""),
    ):
        assert parse((line + block)[:-2], strict=strict, max_headers=2000) is None
        head: Any = parse(line + block, strict=strict, max_headers=2000)
        assert (head.consumed, head.items(), head.headers.items()) == (len(line + block), pairs, pairs)
        if fasthdr.IMPLEMENTATION == "cython":
            assert memoryview(head.table).shape == (n + 1, 4)
    if strict:
        return
    monkeypatch.setattr(http.client, "_MAXHEADERS", 2000)
    for file in (io.BytesIO(block), io.BufferedReader(io.BytesIO(block)), io.BufferedReader(io.BytesIO(block), 16)):
        message = fasthdr.client.parse_headers(file)
        assert (message.items(), file.read()) == (pairs, b"")


def test_what_never_ends_is_refused_at_the_limit() -> None:
    assert found_request(b"G" * 65536) is None
    assert found_request(b"G" * 65537) == ("error", 414, http.HTTPStatus.REQUEST_URI_TOO_LONG.phrase)
    assert found_request(b"GET / HTTP/1.1\r\nA: " + b"x" * 65533) is None
    assert found_request(b"GET / HTTP/1.1\r\nA: " + b"x" * 65534) == ("error", 431, "Line too long")
    assert found_request(b"GET / HTTP/1.1\r\nA: " + b"x" * 1000, max_head=500) == ("error", 431, "Head too long")
    assert found_request(b"GET / HTTP/1.1\r\n" + b"A: 1\r\n" * 101) == ("error", 431, "Too many headers")
    assert found_request(b"GET /" + b"x" * 1000, max_head=500) == ("error", 431, "Head too long")


def test_more_than_32_bits_reach() -> None:
    """Beyond 4 GiB there is a clear error, and a small head in a large buffer is a small head."""
    size = (1 << 32) + (1 << 16)
    try:
        large = mmap.mmap(-1, size)
    except (OSError, OverflowError, ValueError) as error:
        pytest.skip(f"no address space for 4 GiB: {error}")
    with large:
        for head in (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"GET / HTTP/1.1\r\nnot a field\r\n\r\n"):
            large[: len(head)] = head
            assert fasthdr.parse_request(large).consumed == len(head)
        large[:24] = b"GET / HTTP/1.1\r\nHost: a;"
        large[24 : 24 + (1 << 20)] = b"v" * (1 << 20)
        assert found_request(large) == ("error", 431, "Line too long")
        if os.environ.get("FASTHDR_LARGE") != "1":
            pytest.skip("FASTHDR_LARGE is not 1: the scan of 4 GiB takes half a minute")
        assert found_request(large, max_line=1 << 40) == ("error", 431, "Head too long")


def test_error() -> None:
    with pytest.raises(fasthdr.ParseError, match=r"^400 Bad request version \('HTTP/x'\) \(at byte 0") as caught:
        fasthdr.parse_request(b"GET / HTTP/x\r\n\r\n")
    error = caught.value
    assert (error.status, error.offset, error.rfc) == (http.HTTPStatus.BAD_REQUEST, 0, None)
    assert isinstance(error, ValueError)
    assert len(str(fasthdr.ParseError(400, "x", 5, "9112 6.1", b"\x00" * 10_000))) < 250


# ------------------------------------------------------------------------------------------------ framing properties


def head_of(*fields: bytes) -> fasthdr.RequestHead:
    return fasthdr.parse_request(b"POST / HTTP/1.1\r\n" + b"".join(f + b"\r\n" for f in fields) + b"\r\n")


@pytest.mark.parametrize(
    ("value", "length"),
    [
        (b"0", 0), (b"12", 12), (b"007", 7), (b"9223372036854775807", 2**63 - 1), (b"9223372036854775808", None),
        (b"1" * 5000, None), (b"0" * 4000 + b"5", 5), (b"", None), (b"+1", None), (b"-1", None), (b"1_0", None),
        (b"0x10", None), (b"1.0", None), (b"1, 1", None), (b"\xb2", None), (b"1 ", None), (b"\xa01", None),
    ],
)  # fmt: skip
def test_content_length(value: bytes, length: int | None) -> None:
    assert head_of(b"Content-Length: " + value).content_length == length


def test_framing() -> None:
    assert head_of().content_length is None
    assert not head_of().chunked
    assert head_of(b"Transfer-Encoding: gzip, Chunked").chunked
    assert head_of(b"Transfer-Encoding: gzip", b"transfer-encoding: chunked").chunked
    assert not head_of(b"Transfer-Encoding: chunked, gzip").chunked
    assert head_of(b"Connection: keep-alive, Upgrade", b"Upgrade: websocket").upgrade == "websocket"
    assert head_of(b"Upgrade: websocket").upgrade is None


# ------------------------------------------------------------------------------------------------ responses, blocks


class Connection:
    def __init__(self, data: bytes) -> None:
        self.file = io.BytesIO(data)

    def makefile(self, mode: str) -> io.BytesIO:
        return self.file


@pytest.mark.parametrize(
    "block", ["curl", "browser", "obs-fold", "empty", "no colon", "101 fields", "multipart/form-data"]
)
@pytest.mark.parametrize("name", STATUS_LINES)
def test_responses(name: str, block: str) -> None:
    data = STATUS_LINES[name] + BLOCKS[block]
    connection = Connection(data)
    response = http.client.HTTPResponse(connection)
    expected: Any
    try:
        response.fp = connection.file
        version, status, reason = response._read_status()
        if status == 100:  # begin() reads on
            headers = STDLIB_PARSE(connection.file)
        else:
            connection.file.seek(0)
            response.begin()
            headers, reason = response.headers, response.reason
        expected = version, status, reason.strip(), observe.message(headers), connection.file.tell()
    except http.client.HTTPException:
        expected = "error", 502
    try:
        head = fasthdr.parse_response(data)
        found: Any = head.version, head.status, head.reason, observe.message(head.headers), head.consumed
    except fasthdr.ParseError as error:
        found = "error", int(error.status)
    assert found == expected
    if expected[0] != "error" and len(data) < 1000:
        for cut in range(head.consumed):
            assert fasthdr.parse_response(data[:cut]) is None


@pytest.mark.parametrize("name", WHOLE)
def test_header_blocks(name: str) -> None:
    file = io.BytesIO(BLOCKS[name])
    theirs = observe.outcome(lambda: observe.message(STDLIB_PARSE(file)))
    try:
        head = fasthdr.parse_headers(BLOCKS[name])
    except fasthdr.ParseError as error:
        assert isinstance(theirs, tuple)
        assert error.status in (400, 431)
        return
    assert (observe.message(head.headers), head.consumed) == (theirs, file.tell())
    if len(BLOCKS[name]) < 1000:
        for cut in range(head.consumed):
            assert fasthdr.parse_headers(BLOCKS[name][:cut]) is None


@pytest.mark.parametrize("case", corpus())
def test_external_corpus(case: dict) -> None:
    data = base64.b64decode(case["raw_b64"])
    if case["kind"] == "request":
        same(data)
