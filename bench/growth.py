# SPDX-License-Identifier: MIT
"""`python -m bench.growth`: what n, 2n and 4n of something in a head or body cost, in instructions.

A shape is a function of n that makes a head or body, and a call on it. What the call costs at n = 0 is a constant, so
growth is (cost(4n) - cost(0)) / (cost(n) - cost(0)): 4 if the cost is linear, and at most MOST.
"""

from __future__ import annotations

import argparse
import functools
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import fasthdr
from bench import counted
from fasthdr._pure import parse as _pure

MOST = 4.2
BOUNDS: dict[str, Any] = {"max_line": 1 << 24, "max_headers": 1 << 24}  # no limit of the core is reached
WARM = 20  # calls before a count, for the interpreter's specialization and the allocator's arenas
_one, _two, _more = 1, 2, 0  # what is expected; 0: n + 1
FIRST, END, CHUNK, LAST = b"Host: a\r\n", b"\r\n", b"1\r\nx\r\n", b"0\r\n"
HEAD = b"GET / HTTP/1.1\r\n" + FIRST
NO_LIMITS: dict[str, Any] = dict.fromkeys(("max_line", "max_headers", "max_chunk_line", "max_extensions"))
NO_LIMITS["max_head"] = 1 << 30

_parsed = functools.partial(fasthdr.parse_request, **BOUNDS)
_strict = functools.partial(fasthdr.parse_request, strict=True, max_head=1 << 24, **BOUNDS)


def _in_python(data: Any) -> Any:
    try:
        return _pure.parse_request(data, **BOUNDS)
    except fasthdr.ParseError:
        return None


def _left(data: bytes) -> Any:
    """Parse a head that the core leaves to the standard library."""
    return _parsed(data[: -len(END)] + b"A:b\rC:d\r\n" + END)


def _decoded(pieces: list[bytes]) -> Any:
    decoder = fasthdr.BodyDecoder("chunked", **NO_LIMITS)
    feed = decoder.feed
    for piece in pieces:
        feed(piece)
    return decoder


def _read(pieces: list[bytes], strict: bool = False) -> Any:
    reader = fasthdr.RequestReader(strict=strict, max_head=1 << 24, **BOUNDS)
    return [reader.feed(piece) for piece in pieces][-1]


def _byte_by_byte(wire: bytes) -> list[bytes]:
    return [wire[i : i + 1] for i in range(len(wire))]


def _fields(data: bytes) -> int:
    """Return the number of fields in a head. Raises AssertionError unless the core reads it."""
    fasthdr.collect_stats()
    try:
        count = len(_parsed(data).headers)
        stats = fasthdr.stats()
    finally:
        fasthdr.collect_stats(False)
    if stats != {"core": 1}:
        raise AssertionError(f"{data[:60]!r}... is read by {stats}")
    return count


def _octets(wire: bytes) -> int:
    """Return the number of bytes of data plus trailers in a body. Raises AssertionError unless the body ends."""
    decoder = _decoded(_byte_by_byte(wire))
    if not decoder.ended:
        raise AssertionError(f"{wire[:60]!r}... does not end")
    return int(decoder.received + len(decoder.trailers))


@dataclass(frozen=True)
class Shape:
    """build(n): the bytes; call(prepare(bytes)): the work; count(bytes) has to be `expected`."""

    n: int
    build: Callable[[int], bytes]
    expected: int
    prepare: Callable[[bytes], Any] = bytes
    call: Callable[[Any], Any] = _parsed
    count: Callable[[bytes], int] = _fields

    def input(self, n: int) -> Any:
        """Make the argument of call(), after checking it. Raises AssertionError."""
        data = self.build(n)
        if self.count(data) != (self.expected or n + 1):
            raise AssertionError(f"{data[:60]!r}...: {self.count(data)}, not {self.expected or n + 1}")
        return self.prepare(data)


def _lines(n: int) -> bytes:
    return HEAD + b"".join(b"X-Field-%05d: value\r\n" % i for i in range(n)) + END


def _chunk(n: int) -> bytes:
    return CHUNK + b"%x\r\n%s\r\n" % (n, b"x" * n) * (n > 0) + LAST + END


def _grows(before: bytes, unit: bytes, after: bytes = END) -> Callable[[int], bytes]:
    return lambda n: before + unit * n + after


def _value(byte: bytes, before: bytes = b"", after: bytes = b"") -> Shape:
    return Shape(15_000, _grows(HEAD + b"A: " + before, byte, after + b"\r\n" + END), _two)


def _target(byte: bytes) -> Shape:
    return Shape(15_000, _grows(b"GET /", byte, b" HTTP/1.1\r\n" + FIRST + END), _one)


def _message(call: Callable[[Any], Any], build: Callable[[int], bytes] = _lines) -> Shape:
    return Shape(250, build, _more, lambda data: _parsed(data).headers, call)


def _environ(unit: bytes, prepare: Callable[[bytes], Any] = _parsed, n: int = 1000) -> Shape:
    return Shape(n, _grows(HEAD, unit), _more, prepare, lambda head: head.wsgi_environ())


def _body(n: int, build: Any, expected: Any, prepare: Any = _byte_by_byte) -> Shape:
    return Shape(n, build, expected, prepare, _decoded, _octets)


def _head(n: int, build: Any, expected: int, strict: bool = False) -> Shape:
    """Return the shape of a head that arrives byte by byte."""
    return Shape(n, build, expected, _byte_by_byte, functools.partial(_read, strict=strict))


SHAPES: dict[str, Shape] = {
    "field lines": Shape(250, _lines, _more),
    "fields of 1 byte": Shape(1000, _grows(HEAD, b"a:b\r\n"), _more),
    "empty values": Shape(1000, _grows(HEAD, b"a:\r\n"), _more),
    "only LF": Shape(500, _grows(HEAD, b"Name: value\n"), _more),
    "Connection again": Shape(500, _grows(HEAD, b"Connection: close\r\n"), _more),
    "value": _value(b"v"),
    "value of obs-text": _value(b"\xe9"),
    "value of colons": _value(b":"),
    "value of SP": _value(b" ", after=b"x"),
    "value of TAB": _value(b"\t", before=b"x", after=b"x"),
    "value of blanks alone": _value(b" "),
    "value of controls": _value(b"\x01"),
    "folds": Shape(1000, _grows(HEAD + b"A: b\r\n", b" c\r\n"), _two),
    "folds of nothing": Shape(1000, _grows(HEAD + b"A:\r\n", b" \r\n"), _two),
    "name": Shape(15_000, _grows(HEAD + b"A", b"n", b": b\r\n" + END), _two),
    "request-target": _target(b"t"),
    "target of colons": _target(b":"),
    "target of obs-text": _target(b"\xe9"),
    "method": Shape(15_000, _grows(b"M", b"m", b" / HTTP/1.1\r\n" + FIRST + END), _one),
    "what follows": Shape(15_000, _grows(HEAD + END, b"x", b""), _one),
    "get() of no field": _message(lambda message: message.get("X-Absent-0000")),
    "in of no field": _message(lambda message: "X-Absent-0000" in message),
    "get_all() of no field": _message(lambda message: message.get_all("X-Absent-0000")),
    "get_all() of all": _message(lambda message: message.get_all("cookie"), _grows(HEAD, b"Cookie: a=b\r\n")),
    "items()": _message(lambda message: message.items()),
    "keys()": _message(lambda message: message.keys()),
    "values()": _message(lambda message: message.values()),
    "raw_headers": Shape(250, _lines, _more, _parsed, lambda head: head.raw_headers),
    "chunked of all": Shape(250, _grows(HEAD, b"Transfer-Encoding: a\r\n"), _more, _parsed, lambda head: head.chunked),
    "upgrade of all": Shape(250, _grows(HEAD, b"Connection: a\r\n"), _more, _parsed, lambda head: head.upgrade),
    "environ": Shape(250, _lines, _more, _parsed, lambda head: head.wsgi_environ()),
    "environ of one name": _environ(b"X-Field: value\r\n"),
    "environ of a known name": _environ(b"Cookie: a=b\r\n"),
    "environ of one name, read by the stdlib": _environ(b"X-Field: value\r\n", _left),
    "scope of a name": Shape(250, _grows(HEAD, b"X-Field: value\r\n"), _more, _parsed, lambda head: head.asgi_scope()),
    "strict: field lines": Shape(250, _lines, _more, call=_strict),
    "strict: options": Shape(250, _grows(HEAD, b"Connection: a, b\r\n"), _more, call=_strict),
    "strict: value of blanks": Shape(15_000, _grows(HEAD + b"A: ", b" ", b"x\r\n" + END), _two, call=_strict),
    # Copied piece by piece: at this size, the pieces before the last are the same share of n as of 4n.
    "bytearray": Shape(30_000, _grows(HEAD + b"A: ", b"v", b"\r\n" + END), _two, bytearray),
    "what follows in a bytearray": Shape(15_000, _grows(HEAD + END, b"x", b""), _one, bytearray),
    "Python: field lines": Shape(20, _lines, _more, call=_in_python),
    "Python: blanks and no line end": Shape(
        15_000, _grows(HEAD + b"A: ", b" ", b"x\r\n" + END), _two, lambda raw: raw.replace(b"x\r\n", b"\r"), _in_python
    ),
    "Python: environ of one name": _environ(b"X-Field: value\r\n", _in_python, 600),
    "field lines, byte by byte": _head(30, _lines, _more),
    "strict: field lines, byte by byte": _head(30, _lines, _more, True),
    "value, byte by byte": _head(500, _grows(HEAD + b"A: ", b"v", b"\r\n" + END), _two),
    "strict: value, byte by byte": _head(500, _grows(HEAD + b"A: ", b"v", b"\r\n" + END), _two, True),
    "strict: request-target, byte by byte": _head(
        500, _grows(b"GET /", b"t", b" HTTP/1.1\r\n" + FIRST + END), _one, True
    ),
    "body, byte by byte": _body(1000, _chunk, _more),
    "chunks, byte by byte": _body(250, _grows(CHUNK, CHUNK, LAST + END), _more),
    "chunk line, byte by byte": _body(1000, _grows(b"1;a", b"a", b"\r\nx\r\n" + LAST + END), _one),
    "quoted-string, byte by byte": _body(1000, _grows(b'1;a="', b" ", b'"\r\nx\r\n' + LAST + END), _one),
    "trailer, byte by byte": _body(1000, _grows(CHUNK + LAST + b"a:", b"v", b"\r\n" + END), _two),
    "trailers, byte by byte": _body(250, _grows(CHUNK + LAST, b"a:b\r\n"), _more),
    "chunks at once": _body(1000, _grows(CHUNK, CHUNK, LAST + END), _more, lambda wire: [wire]),
    "trailers at once": _body(250, _grows(CHUNK + LAST, b"a:b\r\n"), _more, lambda wire: [wire]),
}
SIZES = (0, 1, 2, 4)


def steps(name: str) -> Iterator[counted.Step]:
    """Yield the call of each shape at each size."""
    for shape in SHAPES.values() if name == "all" else [SHAPES[name]]:
        for size in SIZES:
            value = shape.input(size * shape.n)
            call = shape.call
            for _ in range(WARM):
                call(value)
            yield functools.partial(call, value)


def growth(costs: list[int]) -> float:
    """Return the growth of costs at 0, n, 2n and 4n: 1 if nothing grows (the cost at 4n is less than 1 % higher)."""
    constant, once, _, four = costs
    if four - constant < constant * 0.01:
        return 1.0
    return (four - constant) / (once - constant)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.growth", description=f"Instructions of n, 2n and 4n; fails above {MOST} times n."
    )
    parser.add_argument("--shape", choices=SHAPES, default="all", help="only this one")
    parser.add_argument("--simd", default="sse2", help="variant of the core (default: %(default)s)")
    args = parser.parse_args(argv)
    if why := counted.missing():
        parser.error(why)
    counts = counted.instructions("bench.growth", args.shape, args.simd)
    names = list(SHAPES) if args.shape == "all" else [args.shape]
    above = False
    for i, name in enumerate(names):
        costs = counts[i * len(SIZES) : (i + 1) * len(SIZES)]
        grown = growth(costs)
        above |= grown > MOST
        shown = " ".join(f"{cost:>11,}" for cost in costs)
        print(f"{name:40} n {SHAPES[name].n:>6,}: {shown}  x {grown:.2f}{'  too much' * (grown > MOST)}")
    return int(above)


if __name__ == "__main__":
    sys.exit(main())
