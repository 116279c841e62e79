# SPDX-License-Identifier: MIT
"""`python -m bench.growth`: what n, 2n and 4n of something in a head or body cost, in instructions and in time.

A shape is a function of n that makes a head or body, and a call on it. Its constant is what the same call costs at
n = 0, without what grows: growth is (cost(4n) - cost(0)) / (cost(n) - cost(0)), 4 where it is linear, and at most MOST.
"""

from __future__ import annotations

import argparse
import functools
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

import fasthdr
from bench import counted, machine, record
from fasthdr import _pure

NAME = "growth"
MOST = 4.2
BOUNDS = {"max_line": 1 << 24, "max_headers": 1 << 24}  # no limit of the core comes in the way
REPEAT = 9
WARM = 60  # calls before a count: the interpreter's specialization and the allocator's arenas
LINE = b"GET / HTTP/1.1\r\n"
FIRST = b"Host: a\r\n"
END = b"\r\n"


def _parsed(data: Any) -> Any:
    return fasthdr.parse_request(data, **BOUNDS)


def _strict(data: Any) -> Any:
    return fasthdr.parse_request(data, strict=True, max_head=1 << 24, **BOUNDS)


def _in_python(data: Any) -> Any:
    try:
        return _pure.parse_request(data, **BOUNDS)
    except fasthdr.ParseError:
        return None


@dataclass(frozen=True)
class Shape:
    """build(n): the bytes; call(what prepare(bytes) made): the work; fields(n): how many fields there have to be."""

    n: int
    build: Callable[[int], bytes]
    fields: Callable[[int], int]
    prepare: Callable[[bytes], Any] = bytes
    call: Callable[[Any], Any] = _parsed

    def input(self, n: int) -> Any:
        """For call(); the head has been seen to be read by the core, and to have its fields. Raises AssertionError."""
        data = self.build(n)
        fasthdr.collect_stats()
        try:
            head = _parsed(data)
            stats = fasthdr.stats()
        finally:
            fasthdr.collect_stats(False)
        if stats != {"core": 1} or len(head.headers) != self.fields(n):
            raise AssertionError(f"{data[:60]!r}...: {len(head.headers)} fields, read by {stats}")
        return self.prepare(data)


NO_LIMITS = {"max_line": None, "max_headers": None, "max_head": 1 << 30, "max_chunk_line": None, "max_extensions": None}


def _decoded(pieces: list[bytes]) -> Any:
    decoder = fasthdr.BodyDecoder("chunked", **NO_LIMITS)
    feed = decoder.feed
    for piece in pieces:
        feed(piece)
    return decoder


def _byte_by_byte(wire: bytes) -> list[bytes]:
    return [wire[i : i + 1] for i in range(len(wire))]


@dataclass(frozen=True)
class Drip(Shape):
    """A chunked body that comes byte by byte; fields(n): how many bytes of data and trailers there have to be."""

    prepare: Callable[[bytes], Any] = _byte_by_byte
    call: Callable[[Any], Any] = _decoded

    def input(self, n: int) -> Any:
        """For call(), which has been seen to decode the body. Raises AssertionError."""
        pieces = self.prepare(self.build(n))
        decoder = _decoded(pieces)
        if not decoder.ended or decoder.received + len(decoder.trailers) != self.fields(n):
            raise AssertionError(f"{pieces[:60]!r}...: {decoder.received} bytes, {decoder.trailers.items()}")
        return pieces


def _chunk(n: int) -> bytes:
    return b"1\r\nx\r\n" + b"%x\r\n%s\r\n" % (n, b"x" * n) * (n > 0) + b"0\r\n\r\n"


def _chunks(n: int) -> bytes:
    return b"1\r\nx\r\n" * (n + 1) + b"0\r\n\r\n"


def _trailers(n: int) -> bytes:
    return b"1\r\nx\r\n0\r\n" + b"a:b\r\n" * n + b"\r\n"


def _message(data: bytes) -> Any:
    return _parsed(data).headers


def _left(data: bytes) -> Any:
    """A head that the stdlib has read."""
    return _parsed(data[: -len(END)] + b"A:b\rC:d\r\n" + END)


def _python_head(data: bytes) -> Any:
    return _pure.parse_request(data, **BOUNDS)


def _environ(head: Any) -> Any:
    return head.wsgi_environ()


def _scope(head: Any) -> Any:
    return head.asgi_scope()


def _lines(n: int) -> bytes:
    return LINE + FIRST + b"".join(b"X-Field-%05d: value\r\n" % i for i in range(n)) + END


def _repeated(line: bytes) -> Callable[[int], bytes]:
    return lambda n: LINE + FIRST + line * n + END


def _value(byte: bytes, before: bytes = b"", after: bytes = b"") -> Callable[[int], bytes]:
    return lambda n: LINE + FIRST + b"A: " + before + byte * n + after + b"\r\n" + END


def _more(n: int) -> int:
    return n + 1


def _two(n: int) -> int:
    return 2


def _one(n: int) -> int:
    return 1


SHAPES: dict[str, Shape] = {
    "field lines": Shape(250, _lines, _more),
    "fields of 1 byte": Shape(1000, _repeated(b"a:b\r\n"), _more),
    "empty values": Shape(1000, _repeated(b"a:\r\n"), _more),
    "only LF": Shape(500, _repeated(b"Name: value\n"), _more),
    "Connection again": Shape(500, _repeated(b"Connection: close\r\n"), _more),
    "value": Shape(15_000, _value(b"v"), _two),
    "value of obs-text": Shape(15_000, _value(b"\xe9"), _two),
    "value of colons": Shape(15_000, _value(b":"), _two),
    "value of SP": Shape(15_000, _value(b" ", after=b"x"), _two),
    "value of TAB": Shape(15_000, _value(b"\t", before=b"x", after=b"x"), _two),
    "value of blanks alone": Shape(15_000, _value(b" "), _two),
    "value of controls": Shape(15_000, _value(b"\x01"), _two),
    "folds": Shape(1000, lambda n: LINE + FIRST + b"A: b\r\n" + b" c\r\n" * n + END, _two),
    "folds of nothing": Shape(1000, lambda n: LINE + FIRST + b"A:\r\n" + b" \r\n" * n + END, _two),
    "name": Shape(15_000, lambda n: LINE + FIRST + b"A" + b"n" * n + b": b\r\n" + END, _two),
    "request-target": Shape(15_000, lambda n: b"GET /" + b"t" * n + b" HTTP/1.1\r\n" + FIRST + END, _one),
    "target of colons": Shape(15_000, lambda n: b"GET /" + b":" * n + b" HTTP/1.1\r\n" + FIRST + END, _one),
    "target of obs-text": Shape(15_000, lambda n: b"GET /" + b"\xe9" * n + b" HTTP/1.1\r\n" + FIRST + END, _one),
    "method": Shape(15_000, lambda n: b"M" + b"m" * n + b" / HTTP/1.1\r\n" + FIRST + END, _one),
    "what follows": Shape(15_000, lambda n: LINE + FIRST + END + b"x" * n, _one),
    "get() of no field": Shape(250, _lines, _more, _message, lambda message: message.get("X-Absent-0000")),
    "in of no field": Shape(250, _lines, _more, _message, lambda message: "X-Absent-0000" in message),
    "get_all() of no field": Shape(250, _lines, _more, _message, lambda message: message.get_all("X-Absent-0000")),
    "get_all() of all": Shape(250, _repeated(b"Cookie: a=b\r\n"), _more, _message, lambda m: m.get_all("cookie")),
    "items()": Shape(250, _lines, _more, _message, lambda message: message.items()),
    "keys()": Shape(250, _lines, _more, _message, lambda message: message.keys()),
    "body, byte by byte": Drip(1000, _chunk, _more),
    "chunks, byte by byte": Drip(250, _chunks, _more),
    "chunk line, byte by byte": Drip(1000, lambda n: b"1;a" + b"a" * n + b"\r\nx\r\n0\r\n\r\n", _one),
    "quoted-string, byte by byte": Drip(1000, lambda n: b'1;a="' + b" " * n + b'"\r\nx\r\n0\r\n\r\n', _one),
    "trailer, byte by byte": Drip(1000, lambda n: b"1\r\nx\r\n0\r\na:" + b"v" * n + b"\r\n\r\n", _two),
    "trailers, byte by byte": Drip(250, _trailers, _more),
    "chunks at once": Drip(1000, _chunks, _more, lambda wire: [wire]),
    "trailers at once": Drip(250, _trailers, _more, lambda wire: [wire]),
    "values()": Shape(250, _lines, _more, _message, lambda message: message.values()),
    "raw_headers": Shape(250, _lines, _more, _parsed, lambda head: head.raw_headers),
    "chunked of all": Shape(250, _repeated(b"Transfer-Encoding: a\r\n"), _more, _parsed, lambda head: head.chunked),
    "upgrade of all": Shape(250, _repeated(b"Connection: a\r\n"), _more, _parsed, lambda head: head.upgrade),
    "environ": Shape(250, _lines, _more, _parsed, _environ),
    "environ of one name": Shape(1000, _repeated(b"X-Field: value\r\n"), _more, _parsed, _environ),
    "environ of a known name": Shape(1000, _repeated(b"Cookie: a=b\r\n"), _more, _parsed, _environ),
    "environ of one name, read by the stdlib": Shape(1000, _repeated(b"X-Field: value\r\n"), _more, _left, _environ),
    "scope of one name": Shape(250, _repeated(b"X-Field: value\r\n"), _more, _parsed, _scope),
    "strict: field lines": Shape(250, _lines, _more, call=_strict),
    "strict: options": Shape(250, _repeated(b"Connection: a, b\r\n"), _more, call=_strict),
    "strict: value of blanks": Shape(15_000, _value(b" ", after=b"x"), _two, call=_strict),
    # Copied piece by piece: of a size at which the pieces before the last are as large a part of n as of 4n.
    "bytearray": Shape(30_000, _value(b"v"), _two, bytearray),
    "what follows in a bytearray": Shape(15_000, lambda n: LINE + FIRST + END + b"x" * n, _one, bytearray),
    "Python: field lines": Shape(20, _lines, _more, call=_in_python),
    "Python: blanks and no line end": Shape(
        15_000, _value(b" ", after=b"x"), _two, lambda data: data.replace(b"x\r\n", b"\r"), _in_python
    ),
    "Python: environ of one name": Shape(600, _repeated(b"X-Field: value\r\n"), _more, _python_head, _environ),
}
SIZES = (0, 1, 2, 4)


def steps(name: str) -> Iterator[counted.Step]:
    """The call of each shape at each size."""
    for shape in SHAPES.values() if name == "all" else [SHAPES[name]]:
        for size in SIZES:
            value = shape.input(size * shape.n)
            call = shape.call
            for _ in range(WARM):
                call(value)
            yield functools.partial(call, value)


def growth(costs: list[float]) -> float:
    """Of costs at 0, n, 2n and 4n. What does not grow at all (a cost of less than 1 % more at 4n) is 1."""
    constant, once, _, four = costs
    if four - constant < constant * 0.01:
        return 1.0
    return (four - constant) / (once - constant)


def timed(shape: Shape, rounds: int) -> list[float]:
    """Nanoseconds a call at each size: medians of interleaved batches."""
    values = [shape.input(size * shape.n) for size in SIZES]
    call = shape.call
    for value in values:
        for _ in range(WARM):
            call(value)
    times: list[list[float]] = [[] for _ in SIZES]
    for _ in range(rounds):
        for value, found in zip(values, times, strict=True):
            call(value)
            start = time.perf_counter_ns()
            for _ in range(REPEAT):
                call(value)
            found.append((time.perf_counter_ns() - start) / REPEAT)
    return [statistics.median(each) for each in times]


def table(results: list[dict[str, Any]]) -> Table:
    shown = Table(title=f"Cost at n, 2n, 4n, and the growth from n to 4n without the cost at 0 (at most {MOST})")
    shown.add_column("shape")
    shown.add_column("n", justify="right")
    shown.add_column("us at n, 2n, 4n", justify="right")
    shown.add_column("growth", justify="right")
    shown.add_column("instructions at 0, n, 2n, 4n", justify="right")
    shown.add_column("growth", justify="right")
    for result in results:
        counts = result["instructions"]
        cells = ["", ""]
        if counts:
            style = "green" if result["growth"] <= MOST else "red"
            cells = [" ".join(f"{count:,}" for count in counts), f"[{style}]{result['growth']:.2f}[/{style}]"]
        shown.add_row(
            result["operation"],
            f"{result['n']:,}",
            " ".join(f"{ns / 1000:.2f}" for ns in result["ns"][1:]),
            f"{result['time_growth']:.2f}",
            *cells,
        )
    return shown


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.growth", description="Cost of n, 2n and 4n.")
    parser.add_argument("--rounds", type=int, default=51, help="batches of each size (default: %(default)s)")
    parser.add_argument("--shape", action="append", choices=SHAPES, help="only this shape (may be repeated)")
    parser.add_argument("--simd", default="sse2", help="variant of the counted runs (default: %(default)s)")
    parser.add_argument("--check", action="store_true", help="no timing: fail where instructions grow beyond the limit")
    record.add_option(parser, NAME)
    args = parser.parse_args(argv)
    console = Console()
    console.width = max(console.width, 140)
    load = machine.load_average()
    why = counted.missing()
    if why and args.check:
        parser.error(why)
    names = args.shape or list(SHAPES)
    counts: dict[str, list[int]] = {}
    if not why:
        if args.shape:
            counts = {name: counted.instructions("bench.growth", name, args.simd) for name in names}
        else:
            flat = counted.instructions("bench.growth", "all", args.simd)
            counts = {name: flat[i * len(SIZES) : (i + 1) * len(SIZES)] for i, name in enumerate(names)}
    results = []
    for name in names:
        times = timed(SHAPES[name], 2 if args.check else args.rounds)
        results.append(
            {
                "operation": name,
                "payload": SHAPES[name].build(1)[:60].decode("latin-1"),
                "peer": "fasthdr",
                "n": SHAPES[name].n,
                "ns": times,
                "median_ns": times[1],
                "time_growth": growth(times),
                "instructions": counts.get(name),
                "growth": growth([float(count) for count in counts[name]]) if counts else None,
            }
        )
    method = {
        "sizes": [f"{size}n" for size in SIZES],
        "growth": "(cost(4n) - cost(0)) / (cost(n) - cost(0))",
        "instructions": why or f"valgrind --tool=callgrind, one call each, {args.simd}",
        "rounds": args.rounds,
        "statistic": "median",
    }
    record.write(args.json, NAME, load, method, results)
    console.print(table(results))
    if why:
        console.print(f"instructions are not counted: {why}", style="yellow")
    above = [result["operation"] for result in results if (result["growth"] or 0) > MOST]
    if above:
        console.print(f"grows by more than {MOST}: {', '.join(above)}", style="red")
    return 1 if args.check and above else 0


if __name__ == "__main__":
    sys.exit(main())
