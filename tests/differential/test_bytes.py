# SPDX-License-Identifier: MIT
"""The sans-I/O functions against the stdlib's handler and client, on the same bytes."""

from __future__ import annotations

import base64
import functools
import http.client
import io
import mmap
import os
from typing import Any

import pytest
from hypothesis import given

import fasthdr
from fasthdr._stdlib import in_memory
from tests.differential import heads, observe
from tests.differential.cases import BLOCKS, HOST, REQUEST_LINES, STATUS_LINES
from tests.differential.corpus import corpus
from tests.differential.sans_io import STDLIB_PARSE, WHOLE, Connection, expected_request, found_request
from tests.implementations import IMPLEMENTATIONS
from tests.together import together

each = pytest.mark.parametrize("api", IMPLEMENTATIONS)
TOO_LONG = http.HTTPStatus.REQUEST_URI_TOO_LONG.phrase


def same(api: Any, data: bytes) -> None:
    assert found_request(data, api.parse_request) == expected_request(data), data[:2000]


@each
@together("name", REQUEST_LINES)
def test_request_lines(api: Any, name: str) -> None:
    for block in (
        HOST,
        b"Connection: keep-alive\r\n\r\nbody",
        b"Connection: close\r\n\r\n",
        b"\r\n",
        b"Expect: 100-continue\r\n\r\n",
    ):
        same(api, REQUEST_LINES[name] + block)


@each
@together("name", BLOCKS)
def test_blocks(api: Any, name: str) -> None:
    for line in (b"GET / HTTP/1.1\r\n", b"POST /x HTTP/1.0\n"):
        same(api, line + BLOCKS[name])


@each
@given(heads.requests)
def test_generated(api: Any, data: bytes) -> None:
    same(api, data)


@pytest.mark.slow_in_python
@each
@together("name", [name for name in WHOLE if len(BLOCKS[name]) < 3000])
def test_every_split(api: Any, name: str) -> None:
    """Until its end has arrived, a head is incomplete, or is refused with the same error as when it is whole."""
    data = b"GET / HTTP/1.1\r\n" + BLOCKS[name]
    whole = found_request(data, api.parse_request)
    end = len(data) if whole[0] == "error" else whole[6]
    for cut in range(end):
        part = found_request(data[:cut], api.parse_request)
        assert part is None or (part == whole and whole[0] == "error"), cut
    for cut in range(end, len(data) + 1):
        assert found_request(data[:cut], api.parse_request) == whole
    assert found_request(data + b"X: more\r\n\r\n\x00", api.parse_request) == whole


@each
@pytest.mark.parametrize("name", ["GET", "8-bit in the target", "four words", "2.0", "0.9", "line beyond the limit"])
def test_every_split_of_the_request_line(api: Any, name: str) -> None:
    data = REQUEST_LINES[name] + HOST
    whole = found_request(data, api.parse_request)
    for cut in [*range(min(len(data), 200)), *range(max(0, len(data) - 40), len(data))]:
        part = found_request(data[:cut], api.parse_request)
        assert part is None or part == whole, cut


@each
def test_buffers(api: Any) -> None:
    data = b"GET /a HTTP/1.1\r\n" + BLOCKS["browser"] + b"body"
    expected = found_request(data, api.parse_request)
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
            assert found_request(kind, api.parse_request) == expected
        del kinds, kind
    source = bytearray(data)
    head = api.parse_request(source)
    source[:] = b"x" * len(source)
    source.clear()  # fails if something still holds the buffer
    assert (head.method, head.target, head.headers["host"]) == ("GET", "/a", "example.org")
    for wrong in ("GET / HTTP/1.1\r\n\r\n", None, 5, [b"GET"], io.BytesIO(data)):
        with pytest.raises(TypeError):
            api.parse_request(wrong)
    with pytest.raises(BufferError):
        api.parse_request(memoryview(data)[::2])


def test_what_is_kept() -> None:
    """A small head does not keep a large buffer alive, and a table keeps the bytes that it points to."""
    data = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" + b"x" * 1_000_000
    head = fasthdr.parse_request(data)
    view = memoryview(head.table)
    message = head.headers
    del data, head
    assert view.tolist() == [[16, 4, 22, 1]]
    assert message.items() == [("Host", "a")]


@each
def test_limits(api: Any) -> None:
    found = functools.partial(found_request, parse=api.parse_request)
    data = b"GET / HTTP/1.1\r\nA: 1\r\nB: 2\r\n\r\n"
    assert found(data, max_headers=3)[6] == len(data)
    assert found(data, max_headers=1) == ("error", 431, "Too many headers")
    assert found(data, max_line=16)[6] == len(data)
    assert found(data, max_line=15) == (
        "error",
        414,
        TOO_LONG,
    )
    assert found(b"GET / HTTP/1.1\r\nLong: 12345678901\r\n\r\n", max_line=16) == (
        "error",
        431,
        "Line too long",
    )
    assert found(data, max_head=len(data))[6] == len(data)
    assert found(data, max_head=len(data) - 1) == ("error", 431, "Head too long")
    many = b"GET / HTTP/1.1\r\n" + b"A: 1\r\n" * 5000 + b"\r\n"
    assert found(many) == ("error", 431, "Too many headers")
    assert len(api.parse_request(many, max_headers=6000).headers) == 5000
    long = b"GET / HTTP/1.1\r\nA: " + b"v" * 200_000 + b"\r\n\r\n"
    assert found(long) == ("error", 431, "Line too long")
    assert len(api.parse_request(long, max_line=300_000).headers["a"]) == 200_000
    for limit in ("max_line", "max_headers", "max_head"):
        for wrong, error in ((0, ValueError), (-1, ValueError), ("1", TypeError), (1.5, TypeError)):
            with pytest.raises(error):
                api.parse_request(data, **{limit: wrong})
        assert api.parse_request(data, **{limit: None if limit == "max_head" else 1 << 70}).consumed == len(data)


# Sizes around the 1024 bytes that the walk checks at a time when it need not measure lines.
@pytest.mark.parametrize("before", [0, 1, 60, 500, 1000, 1024, 1100])
@together("size", [1000, 1022, 1023, 1024, 1025, 1026, 1088, 1100])
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


# Up to 16 rows are stored in the object, up to 128 in the walk's own memory, and more in ever larger blocks.
@pytest.mark.parametrize("strict", [False, True], ids=["default", "strict"])
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


@each
def test_what_never_ends_is_refused_at_the_limit(api: Any) -> None:
    found = functools.partial(found_request, parse=api.parse_request)
    assert found(b"G" * 65536) is None
    assert found(b"G" * 65537) == ("error", 414, TOO_LONG)
    assert found(b"GET / HTTP/1.1\r\nA: " + b"x" * 65533) is None
    assert found(b"GET / HTTP/1.1\r\nA: " + b"x" * 65534) == ("error", 431, "Line too long")
    assert found(b"GET / HTTP/1.1\r\nA: " + b"x" * 1000, max_head=500) == (
        "error",
        431,
        "Head too long",
    )
    assert found(b"GET / HTTP/1.1\r\n" + b"A: 1\r\n" * 101) == (
        "error",
        431,
        "Too many headers",
    )
    assert found(b"GET /" + b"x" * 1000, max_head=500) == ("error", 431, "Head too long")


def test_more_than_32_bits_reach() -> None:
    """A head beyond 4 GiB is refused with a clear error, and a small head in a large buffer is read as usual."""
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


def test_a_handler_that_another_program_has_patched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its parse_request() is called unchanged, with an empty block first."""
    blocks = []

    def patched(handler: Any) -> bool:
        blocks.append(handler.rfile.getvalue())
        return original(handler)

    original = in_memory.stdlib_parse_request
    assert in_memory._request_line_reader() is not None
    monkeypatch.setattr(in_memory, "stdlib_parse_request", patched)
    monkeypatch.setattr(in_memory, "_read_line", in_memory._request_line_reader())
    same(fasthdr, b"GET / HTTP/1.1\r\nno colon\r\n\r\n")
    assert blocks == [b""]


def test_error() -> None:
    with pytest.raises(fasthdr.ParseError, match=r"^400 Bad request version \('HTTP/x'\) \(at byte 0") as caught:
        fasthdr.parse_request(b"GET / HTTP/x\r\n\r\n")
    error = caught.value
    assert (error.status, error.offset, error.rfc) == (http.HTTPStatus.BAD_REQUEST, 0, None)
    assert isinstance(error, ValueError)
    assert len(str(fasthdr.ParseError(400, "x", 5, "9112 6.1", b"\x00" * 10_000))) < 250


# ------------------------------------------------------------------------------------------------ framing properties


def head_of(api: Any, *fields: bytes) -> Any:
    return api.parse_request(b"POST / HTTP/1.1\r\n" + b"".join(f + b"\r\n" for f in fields) + b"\r\n")


@each
@pytest.mark.parametrize(
    ("value", "length"),
    [
        (b"0", 0), (b"12", 12), (b"007", 7), (b"9223372036854775807", 2**63 - 1), (b"9223372036854775808", None),
        (b"1" * 5000, None), (b"0" * 4000 + b"5", 5), (b"", None), (b"+1", None), (b"-1", None), (b"1_0", None),
        (b"0x10", None), (b"1.0", None), (b"1, 1", None), (b"\xb2", None), (b"1 ", None), (b"\xa01", None),
    ],
)  # fmt: skip
def test_content_length(api: Any, value: bytes, length: int | None) -> None:
    assert head_of(api, b"Content-Length: " + value).content_length == length


@each
def test_framing(api: Any) -> None:
    assert head_of(api).content_length is None
    assert not head_of(api).chunked
    assert head_of(api, b"Transfer-Encoding: gzip, Chunked").chunked
    assert head_of(api, b"Transfer-Encoding: gzip", b"transfer-encoding: chunked").chunked
    assert not head_of(api, b"Transfer-Encoding: chunked, gzip").chunked
    assert head_of(api, b"Connection: keep-alive, Upgrade", b"Upgrade: websocket").upgrade == "websocket"
    assert head_of(api, b"Upgrade: websocket").upgrade is None


# ------------------------------------------------------------------------------------------------ responses, blocks


@each
@pytest.mark.parametrize(
    "block", ["curl", "browser", "obs-fold", "empty", "no colon", "101 fields", "multipart/form-data"]
)
@together("name", STATUS_LINES)
def test_responses(api: Any, name: str, block: str) -> None:
    data = STATUS_LINES[name] + BLOCKS[block]
    connection = Connection(data)
    response = http.client.HTTPResponse(connection)
    expected: Any
    try:
        response.fp = connection.file
        version, status, reason = response._read_status()
        if status == 100:  # begin() goes on to the next response
            headers = STDLIB_PARSE(connection.file)
        else:
            connection.file.seek(0)
            response.begin()
            headers, reason = response.headers, response.reason
        expected = version, status, reason.strip(), observe.message(headers), connection.file.tell()
    except http.client.HTTPException:
        expected = "error", 502
    try:
        head = api.parse_response(data)
        found: Any = head.version, head.status, head.reason, observe.message(head.headers), head.consumed
    except fasthdr.ParseError as error:
        found = "error", int(error.status)
    assert found == expected
    if expected[0] != "error" and len(data) < 1000:
        for cut in range(head.consumed):
            assert api.parse_response(data[:cut]) is None


@each
@together("name", WHOLE)
def test_header_blocks(api: Any, name: str) -> None:
    file = io.BytesIO(BLOCKS[name])
    theirs = observe.outcome(lambda: observe.message(STDLIB_PARSE(file)))
    try:
        head = api.parse_headers(BLOCKS[name])
    except fasthdr.ParseError as error:
        assert isinstance(theirs, tuple)
        assert error.status in (400, 431)
        return
    assert (observe.message(head.headers), head.consumed) == (theirs, file.tell())
    if len(BLOCKS[name]) < 1000:
        for cut in range(head.consumed):
            assert api.parse_headers(BLOCKS[name][:cut]) is None


@pytest.mark.parametrize("case", corpus())
def test_external_corpus(case: dict) -> None:
    data = base64.b64decode(case["raw_b64"])
    if case["kind"] == "request":
        same(fasthdr, data)
