# SPDX-License-Identifier: MIT
"""python -m tests.proof.fed_again NAME: feed a reader or a decoder again with bytes for which memory ran out.

Allocation n of the call fails, for n = 0, 1, 2, ... What is printed is how many of these calls raised MemoryError.

This has a process of its own, because an allocation fails in whichever thread makes it. A test run has other threads.
"""

from __future__ import annotations

import _testcapi
import sys
from typing import Any

import fasthdr
from tests.decoder.cases import END
from tests.decoder.ways import state

READERS = {"whole": (b"", b"GET / HTTP/1.1\n\n"), "rest": (b"GET / HT", b"TP/1.1\n\n")}
DECODERS = {
    "chunks": b"3\r\nabc\r\n2\r\nde\r\n",
    "many chunks": b"1\r\nx\r\n" * 200 + b"0\r\n",
    "trailers": b"3\r\nabc\r\n0\r\nA: b\r\nCookie: c\r\nX-Long: " + b"d" * 600 + b"\r\n\r\n" + END,
}


def refused(reader: fasthdr.RequestReader, data: bytes) -> None:
    try:
        reader.feed(data)
    except fasthdr.ParseError as error:
        assert "line" in str(error), error
    else:
        raise AssertionError("the head is not refused")


def read_again(first: bytes, second: bytes) -> int:
    """Check that wherever memory ran out, even after the refusal, the reader has kept no error except the refusal."""
    refused(fasthdr.RequestReader(strict=True), first + second)  # loads what makes the error
    failures = 0
    for n in range(120):
        reader = fasthdr.RequestReader(strict=True)
        reader.feed(first)
        found: Exception | None = None
        _testcapi.set_nomemory(n, n + 1)
        try:
            reader.feed(second)
        except Exception as error:
            found = error
        finally:
            _testcapi.remove_mem_hooks()
        failures += type(found) is MemoryError
        refused(reader, second)
    return failures


def decode_again(wire: bytes) -> int:
    """Check that a call for which memory ran out has taken nothing."""
    whole = fasthdr.BodyDecoder("chunked")
    expected = whole.feed(wire)
    failures = 0
    for n in range(100):
        decoder: Any = fasthdr.BodyDecoder("chunked")
        before = state(decoder)
        feed = decoder.feed
        _testcapi.set_nomemory(n, n + 1)
        try:
            got = feed(wire)
        except MemoryError:
            _testcapi.remove_mem_hooks()
            failures += 1
            assert state(decoder) == before, n
            got = feed(wire)
        _testcapi.remove_mem_hooks()
        assert got == expected, n
        assert state(decoder) == state(whole), n
    return failures


if __name__ == "__main__":
    name = sys.argv[1]
    print(read_again(*READERS[name]) if name in READERS else decode_again(DECODERS[name]))
