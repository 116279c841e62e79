# SPDX-License-Identifier: MIT
"""Bodies that end where they end, in memory: every way to read one, against io.BytesIO of the same bytes."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fasthdr
from fasthdr._body import Body, ChunkedBody, SizedBody

REST = b"GET /next HTTP/1.1\r\n\r\n"


def reader(data: bytes) -> Any:
    return io.BufferedReader(io.BytesIO(data), 16)


def chunked(pieces: list[bytes], trailers: bytes = b"", extension: bytes = b"") -> bytes:
    return (
        b"".join(b"%x%s\r\n%s\r\n" % (len(piece), extension, piece) for piece in pieces if piece)
        + b"0\r\n"
        + trailers
        + b"\r\n"
    )


OPERATIONS: dict[str, Any] = {
    "read": lambda body, n: body.read(n),
    "read all": lambda body, n: body.read(),
    "read None": lambda body, n: body.read(None),
    "readline": lambda body, n: body.readline(),
    "readline n": lambda body, n: body.readline(n),
    "readlines": lambda body, n: body.readlines(),
    "readinto": lambda body, n: read_into(body.readinto, n),
    "next": lambda body, n: next(body, b""),
}


def read_into(function: Any, n: int) -> bytes:
    buffer = bytearray(n)
    count = function(buffer)
    return bytes(buffer[:count])


@given(
    st.lists(st.binary(max_size=40) | st.sampled_from([b"\n", b"a\nb\n", b"\n\n"]), max_size=6),
    st.booleans(),
    st.lists(st.tuples(st.sampled_from(sorted(OPERATIONS)), st.integers(0, 50)), max_size=12),
)
def test_reads_as_a_file_of_the_body(pieces: list[bytes], sized: bool, steps: list[tuple[str, int]]) -> None:
    content = b"".join(pieces)
    raw = reader((content if sized else chunked(pieces)) + REST)
    body: Body = SizedBody(raw, len(content)) if sized else ChunkedBody(raw)
    plain = io.BytesIO(content)
    for name, n in steps:
        assert OPERATIONS[name](body, n) == OPERATIONS[name](plain, n), name
    assert body.read() == plain.read()
    assert body.read() == body.read1() == body.readline() == body.peek() == b""
    assert body.ended
    assert raw.read() == REST


@given(st.binary(max_size=200), st.booleans(), st.lists(st.integers(-1, 30), max_size=30))
def test_read1_peek_readinto1(content: bytes, sized: bool, sizes: list[int]) -> None:
    """What one read of the connection gives: some of what is left, at least a byte, and as peek() has foretold."""
    raw = reader((content if sized else chunked([content[:7], content[7:]])) + REST)
    body: Body = SizedBody(raw, len(content)) if sized else ChunkedBody(raw)
    seen = b""
    for size in sizes:
        ahead = body.peek(size)
        assert content[len(seen) :].startswith(ahead)
        assert ahead or seen == content
        got = body.read1(size) if size % 2 else read_into(body.readinto1, max(size, 0))
        assert content[len(seen) :].startswith(got)
        assert got or not size or seen == content
        assert size < 0 or len(got) <= size
        seen += got
    assert seen + body.read() == content
    assert raw.read() == REST


def test_a_line_goes_over_chunks() -> None:
    body = ChunkedBody(reader(chunked([b"abc", b"def\n", b"g"]) + REST))
    assert [body.readline(5), body.readline(5), body.readline(5), body.readline(5)] == [b"abcde", b"f\n", b"g", b""]


def test_a_file_to_others() -> None:
    body = SizedBody(reader(b"a\nb\nc" + REST), 5)
    assert isinstance(body, io.BufferedIOBase)
    assert (body.readable(), body.writable(), body.seekable()) == (True, False, False)
    assert list(body) == [b"a\n", b"b\n", b"c"]
    assert io.TextIOWrapper(SizedBody(reader(b"caf\xc3\xa9" + REST), 5), "utf-8").read() == "café"
    body.close()
    with pytest.raises(ValueError, match="closed file"):
        body.read()


def test_a_length_that_is_a_lie_takes_no_memory() -> None:
    body = SizedBody(reader(b"short"), 2**63 - 1)
    for _ in range(2):
        with pytest.raises(fasthdr.ParseError, match="Incomplete body"):
            body.read()
    assert not body.ended


def test_peek_at_the_end_of_the_connection() -> None:
    """No b"", which is the end of a body that is whole (RFC 9112 8)."""
    body = SizedBody(reader(b"ab"), 3)
    assert body.peek() == b"ab"
    assert body.read(2) == b"ab"
    for _ in range(2):
        with pytest.raises(fasthdr.ParseError, match="Incomplete body"):
            body.peek()
    assert not body.ended


def test_trailers() -> None:
    raw = reader(chunked([b"abc"], b"X-Sum: 1\r\nX-Sum: 2\r\n") + REST)
    body = ChunkedBody(raw)
    assert body.trailers is None
    assert body.read() == b"abc"
    assert body.trailers is not None
    assert body.trailers.get_all("x-sum") == ["1", "2"]
    assert raw.read() == REST


def test_extensions() -> None:
    body = ChunkedBody(reader(chunked([b"abc", b"d"], extension=b';a=b; c="d \t\xe9"') + REST))
    assert body.read() == b"abcd"


@pytest.mark.parametrize(
    "data", [chunked([b"a"] * 40, extension=b";" + b"x" * 4000), b"1;" + b"x" * 5000 + b"\r\na\r\n"]
)
def test_extensions_have_a_limit(data: bytes) -> None:
    with pytest.raises(fasthdr.ParseError) as caught:
        ChunkedBody(reader(data)).read()
    assert caught.value.status == 400


BAD = {
    "no size": b"\r\nabc\r\n0\r\n\r\n",
    "size not hexadecimal": b"g\r\n",
    "size with 0x": b"0x3\r\nabc\r\n0\r\n\r\n",
    "size with a sign": b"+3\r\nabc\r\n0\r\n\r\n",
    "size with an underscore": b"1_0\r\n" + b"a" * 16 + b"\r\n0\r\n\r\n",
    "blank before the size": b" 3\r\nabc\r\n0\r\n\r\n",
    "blank after the size": b"3 \r\nabc\r\n0\r\n\r\n",
    "size of 17 digits": b"0" * 16 + b"3\r\nabc\r\n0\r\n\r\n",
    "bare LF after the size": b"3\nabc\r\n0\r\n\r\n",
    "bare CR after the size": b"3\rabc\r\n0\r\n\r\n",
    "CR in an extension": b"3;a\rb\r\nabc\r\n0\r\n\r\n",
    "NUL in an extension": b"3;\x00\r\nabc\r\n0\r\n\r\n",
    "bare LF after the data": b"3\r\nabc\n0\r\n\r\n",
    "no line end after the data": b"3\r\nabc0\r\n\r\n",
    "data longer than the size": b"3\r\nabcd\r\n0\r\n\r\n",
    "bare LF after the last chunk": b"3\r\nabc\r\n0\n\r\n",
    "bare LF after the trailers": b"3\r\nabc\r\n0\r\n\n",
    "trailer without a colon": b"3\r\nabc\r\n0\r\nabc\r\n\r\n",
    "trailer with a fold": b"3\r\nabc\r\n0\r\nA: b\r\n c\r\n\r\n",
    "trailer with a blank before the colon": b"3\r\nabc\r\n0\r\nA : b\r\n\r\n",
    "too many trailers": b"3\r\nabc\r\n0\r\n" + b"A: b\r\n" * 101 + b"\r\n",
    "a trailer that is too long": b"3\r\nabc\r\n0\r\nA: " + b"b" * 66000 + b"\r\n\r\n",
    "trailers that are too long": b"3\r\nabc\r\n0\r\n" + (b"A: " + b"b" * 6000 + b"\r\n") * 50 + b"\r\n",
    "the end before a size": b"3\r\nabc\r\n",
    "the end within a size": b"3",
    "the end within the data": b"3\r\nab",
    "the end after the data": b"3\r\nabc",
    "the end within the trailers": b"3\r\nabc\r\n0\r\nA: b\r\n",
}


@pytest.mark.parametrize("name", BAD)
def test_malformed(name: str) -> None:
    """An error with a status of the client's class, at once or after the good part, and ever after."""
    body = ChunkedBody(reader(BAD[name]))
    with pytest.raises(fasthdr.ParseError) as caught:
        list(iter(lambda: body.read1(1), b""))
    assert 400 <= caught.value.status < 500
    assert caught.value.rfc is not None
    assert re.match(r"\d{4} \d", caught.value.rfc)
    for operation in (body.read, body.readline, body.peek, body.read1):
        with pytest.raises(fasthdr.ParseError) as again:
            operation()
        assert again.value is caught.value
    assert not body.ended


@pytest.mark.parametrize("limit", [0, 1, 9, 10, 11, 1000])
def test_drain(limit: int) -> None:
    for raw, body in (
        (r := reader(b"0123456789" + REST), SizedBody(r, 10)),
        (r := reader(chunked([b"01234", b"56789"]) + REST), ChunkedBody(r)),
    ):
        assert body.drain(limit) == (limit >= 10)
        if limit >= 10:
            assert raw.read() == REST


def test_the_client_is_told_to_go_on_at_the_first_read() -> None:
    told = []
    body = SizedBody(reader(b"abc"), 3, lambda: told.append(1))
    assert not body.asked
    assert body.peek()
    assert body.read() == b"abc"
    assert body.asked
    assert told == [1]
    assert SizedBody(reader(b""), 0, lambda: told.append(2)).asked  # nothing to wait for
    assert told == [1]
