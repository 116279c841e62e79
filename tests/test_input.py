# SPDX-License-Identifier: MIT
"""What the sans-I/O functions do with their input: how much of it they read, copy, and keep alive."""

from __future__ import annotations

import gc
import http.client
import io
import sys
import tracemalloc
from array import array
from collections.abc import Callable
from typing import Any

import pytest

import fasthdr
from fasthdr import client
from fasthdr._pure import counts
from fasthdr._pure import parse as _pure
from tests.differential.cases import BLOCKS, REQUEST_LINES, STATUS_LINES

IMPLEMENTATIONS = [_pure] if fasthdr.IMPLEMENTATION == "python" else [fasthdr, _pure]
IDS = ["cython", "python"][-len(IMPLEMENTATIONS) :]
REQUEST = b"GET / HTTP/1.1\r\nHost: example.org\r\n"
FOREIGN = b"A:b\rc\r\n"  # left to the stdlib


class Bytes(bytes):
    pass


# Types of input. Only the first one may be kept alive by a head.
SOURCES: tuple[Callable[[bytes], Any], ...] = (
    bytes,
    bytearray,
    memoryview,
    Bytes,
    lambda data: array("B", data),
    lambda data: memoryview(bytearray(b"before" + data + b"after"))[6:-5],
)


def outcome(parse: Callable[..., Any], data: Any, **options: Any) -> Any:
    try:
        head = parse(data, **options)
    except fasthdr.ParseError as error:
        return error.args
    return head and (head.consumed, head.raw_headers, getattr(head, "method", None), head.get("host"))


# ------------------------------------------------------------------------------------------------------------ kept


OBJECTS = 6000  # bytes for a head, its message and its table, without the bytes of the head


def left_of(make: Callable[[], Any]) -> int:
    """Return how many bytes the result of make() keeps alive."""
    make()  # imports and caches
    gc.disable()  # a collection would count what it frees, and one before each call takes minutes
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        made = make()
        after = tracemalloc.get_traced_memory()[0]
        assert made is not None
        return after - before
    finally:
        tracemalloc.stop()
        gc.enable()


@pytest.mark.parametrize("module", IMPLEMENTATIONS)
@pytest.mark.parametrize("options", [{}, {"strict": True}, {"max_head": 500}], ids=str)
@pytest.mark.parametrize("size", [64, 400, 200_000])
def test_what_a_head_keeps_alive(module: Any, options: dict[str, Any], size: int) -> None:
    """A head keeps at most twice its own bytes alive, no matter how much follows it in the caller's object."""
    if size > options.get("max_head", 1 << 17):
        options = {**options, "max_head": 1 << 20}
    line = REQUEST + b"A: "
    data = line + b"v" * (size - len(line) - 4) + b"\r\n\r\n"

    def parsed(whole: Any) -> Any:
        head = module.parse_request(whole, **{"max_line": 1 << 20, **options})
        assert head.consumed == size
        return head

    for follows in (0, 1, size - 1, size, size + 1, 2 * size, 300_000):
        whole = data + b"x" * follows
        before = sys.getrefcount(whole)
        head = parsed(whole)
        assert sys.getrefcount(whole) - before <= (follows <= size)
        del head
    for follows in (size, 300_000):
        for source in SOURCES:
            for part in ("headers", "table", "consumed"):
                left = left_of(lambda: (head := parsed(source(data + b"x" * follows)), getattr(head, part)))
                assert left <= 2 * size + OBJECTS, (source, follows, part)


@pytest.mark.parametrize("follows", [0, 1, 100_000])
@pytest.mark.parametrize("cls", [client.HTTPMessage, http.client.HTTPMessage, type("Own", (client.HTTPMessage,), {})])
def test_what_a_message_keeps_alive(follows: int, cls: type) -> None:
    block = b"Host: example.org\r\nAccept: */*\r\n\r\n"
    for make in (io.BytesIO, io.BufferedReader, lambda file: io.BufferedReader(file, 200_000)):

        def parsed() -> Any:
            file = make(block + b"x" * follows) if make is io.BytesIO else make(io.BytesIO(block + b"x" * follows))
            message = client.parse_headers(file, cls)
            assert message["host"] == "example.org"
            assert len(file.read()) == follows
            return message

        assert left_of(parsed) <= 2 * len(block) + OBJECTS


# ------------------------------------------------------------------------------------------------------------ looked at


@pytest.mark.parametrize("module", IMPLEMENTATIONS)
@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("source", SOURCES[:3])
@pytest.mark.parametrize("line", [b"", FOREIGN])
def test_the_first_of_many_heads_costs_no_more_than_itself(module: Any, strict: bool, source: Any, line: bytes) -> None:
    """The heads that follow are not copied, and the head itself only a few times."""
    for fields in (1, 80):
        head = REQUEST + b"Name: value\r\n" * fields + line + b"\r\n"
        data = source(head * (8_000_000 // len(head)))
        outcome(module.parse_request, data, strict=strict)  # imports
        tracemalloc.start()
        try:
            outcome(module.parse_request, data, strict=strict)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < 200_000, peak


@pytest.mark.slow_in_python
@pytest.mark.parametrize("module", IMPLEMENTATIONS, ids=IDS)
@pytest.mark.parametrize("name", ["parse_request", "parse_response", "parse_headers"])
def test_every_source_gives_what_bytes_give(module: Any, name: str) -> None:
    """Errors and the bytes that they show are the same, too. Heads end just before, at and after the end of a copy."""
    parse = getattr(module, name)
    lines = {"parse_request": REQUEST_LINES, "parse_response": STATUS_LINES}.get(name, {"none": b""})
    starts = [line for line in lines.values() if len(line) < 9000]
    blocks = [block for block in BLOCKS.values() if len(block) < 9000]
    found = set()
    fillers = [b""] + [b"X: " + b"x" * (n - more) + b"\r\n" for n in (2048, 8192) for more in (0, 1, 2, 30, 60)]
    for filler in fillers:
        for start, block in [(start, b"A: b\r\n\r\n") for start in starts] + [(starts[0], block) for block in blocks]:
            data = start + filler + block + b"y" * 50
            for options in ({}, {"strict": True}):
                expected = outcome(parse, data, **options)
                found.add(type(expected))
                for source in SOURCES[1:3]:
                    assert outcome(parse, source(data), **options) == expected, data[:200]
    assert found == {tuple, type(None)}


@pytest.mark.parametrize("module", IMPLEMENTATIONS)
@pytest.mark.parametrize(
    "options", [{"max_line": 50}, {"max_head": 3000}, {"max_headers": 3}, {"max_line": 4000}], ids=str
)
@pytest.mark.parametrize("strict", [False, True])
def test_limits_of_every_source(module: Any, options: dict[str, int], strict: bool) -> None:
    for data in (
        REQUEST + b"A: " + b"b" * 10_000,
        REQUEST + b"A: b\r\n" * 900,
        REQUEST + b" " * 5000 + b"\r\n" + FOREIGN,
    ):
        expected = outcome(module.parse_request, data, strict=strict, **options)
        for source in SOURCES[1:]:
            assert outcome(module.parse_request, source(data), strict=strict, **options) == expected


@pytest.mark.parametrize("module", IMPLEMENTATIONS)
def test_a_head_in_pieces_is_counted_once(module: Any) -> None:
    counting: Any = counts if module is _pure else fasthdr
    plain = REQUEST + b"Name: value\r\n" * 70
    long = REQUEST + b"Name: " + b"value" * 2000 + b"\r\n"
    for data, strict, reason in (
        (plain + b"\r\n", False, "core"), (long + b"\r\n", True, "core"),
        (long + FOREIGN + b"\r\n", False, "block: bare CR"),
        (long + b"A\0b:\r\n\r\n", True, "refused"), (long[:2050] + b"\0" + long, True, "refused"),
        (b"GET /" + b"x" * 2060 + b" HTTP/x\r\n\r\n", False, "request line"),
    ):  # fmt: skip
        for source in (bytes, bytearray):
            counting.collect_stats()
            outcome(module.parse_request, source(data[:-1]), strict=strict)
            if reason != "refused" and b"HTTP/x" not in data:
                assert counting.stats() == {}  # the head is not whole yet
            counting.collect_stats()
            outcome(module.parse_request, source(data), strict=strict)
            assert counting.stats() == {reason: 1}
    counting.collect_stats(False)


def test_no_export_is_left() -> None:
    for module in IMPLEMENTATIONS:
        for data in (REQUEST + b"\r\n", REQUEST, REQUEST + FOREIGN + b"\r\n", b"no\r\n\r\n", REQUEST + b"x" * 9000):
            for strict in (False, True):
                source = bytearray(data)
                outcome(module.parse_request, source, strict=strict)
                source.append(0)
                before = sys.getrefcount(source)
                outcome(module.parse_request, source, strict=strict)
                assert sys.getrefcount(source) == before
