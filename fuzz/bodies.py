# SPDX-License-Identifier: MIT
"""fasthdr._body.ChunkedBody against a decoder that has the whole body at once."""

from __future__ import annotations

import io
from typing import Any, NamedTuple

import fasthdr
from fasthdr import _pure
from fasthdr._body import _CHUNK_LINE, _EXTENSIONS, ChunkedBody

HEXDIG = frozenset(b"0123456789abcdefABCDEF")
IN_EXTENSION = frozenset([0x09, *range(0x20, 0x7F), *range(0x80, 0x100)])


class Decoded(NamedTuple):
    content: bytes
    end: int | None  # one past the body; None where it is malformed or incomplete
    trailers: list[tuple[str, str]]


def _chunk_size(line: bytes) -> tuple[int, int] | None:
    """chunk-size and the bytes of chunk-ext (RFC 9112 7.1); None: not a line of that form."""
    if len(line) > _CHUNK_LINE or not line.endswith(b"\r\n"):
        return None
    size, semicolon, extension = line[:-2].partition(b";")
    if semicolon:
        size = size.rstrip(b" \t")
    if not 1 <= len(size) <= 16 or not HEXDIG.issuperset(size) or not IN_EXTENSION.issuperset(extension):
        return None
    return int(size, 16), len(line) - 2 - len(size)


def decoded(data: bytes, limits: dict[str, int]) -> Decoded:
    content, at, extensions = b"", 0, 0
    while True:
        line = data[at : data.find(b"\n", at) + 1]
        found = _chunk_size(line)
        if found is None:
            return Decoded(content, None, [])
        size, extension = found
        at += len(line)
        extensions += extension
        if extensions > _EXTENSIONS:
            return Decoded(content, None, [])
        if size == 0:
            break
        content += data[at : at + size]
        at += size
        if data[at : at + 2] != b"\r\n":
            return Decoded(content, None, [])
        at += 2
    try:
        trailers = _pure.parse_headers(data[at:], strict=True, **limits)
    except fasthdr.ParseError:
        trailers = None
    if trailers is None:
        return Decoded(content, None, [])
    return Decoded(content, at + trailers.consumed, trailers.items())


def _read(body: ChunkedBody, way: int, n: int) -> bytes:
    if way == 0:
        return body.read(n)
    if way == 1:
        return body.read1(n)
    if way == 2:
        return body.readline(n)
    if way == 3:
        buffer = bytearray(n)
        return bytes(buffer[: body.readinto(buffer)])
    return body.read()


def check(data: bytes, limits: dict[str, int], number: int) -> None:
    """Read a body in the ways that `number` says: never a byte beyond its end, and all up to there."""
    expected = decoded(data, limits)
    raw: Any = io.BufferedReader(io.BytesIO(data), 16)
    body = ChunkedBody(raw, **{"max_line": 65536, "max_headers": 100, "max_head": 262144} | limits)
    n = 1 + number % 37
    seen = b""
    try:
        while True:
            ahead = body.peek(n) if number & 1 else b""
            assert expected.content.startswith(ahead, len(seen)), (ahead, seen, expected)
            got = _read(body, number % 5, n)
            assert expected.content.startswith(got, len(seen)), (got, seen, expected)
            seen += got
            if not got:
                break
            number = number * 5 // 3 + 1 & 0xFFFF
    except fasthdr.ParseError as error:
        assert expected.end is None, expected
        assert 400 <= error.status < 500
        assert error.rfc is not None
        assert not body.ended
        try:
            body.read()
        except fasthdr.ParseError as again:
            assert again is error
        else:
            raise AssertionError("an error is forgotten") from error
        return
    assert seen == expected.content, (seen, expected)
    assert expected.end is not None, expected
    assert body.ended
    assert body.trailers is not None
    assert body.trailers.items() == expected.trailers
    assert raw.read() == data[expected.end :]
