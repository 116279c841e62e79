# SPDX-License-Identifier: MIT
"""`python -m fasthdr demo`: compare the standard library and fasthdr on this machine in a few seconds."""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import platform
import statistics
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

import fasthdr
from fasthdr._cli.demo_rows import rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fasthdr._cli.demo_rows import Row

_BATCH = 0.004  # approximate seconds of a batch of calls
_METHOD = (
    "Medians of batches of about 4 ms, in which the two take turns; in brackets the quartiles of the ratio. It is\n"
    "wall-clock time in one process, so a server's round includes a small client. Both servers have TCP_NODELAY here;\n"
    "as shipped, http.server waits 40 ms for each response on a persistent connection. docs/performance.md has more."
)
_NO_GAIN = (
    "You gain little if each request opens a connection, or if the program does a lot of work per request. The bytes\n"
    "of bodies, TLS and your own code become no faster."
)


class Result(NamedTuple):
    """Hold the median seconds of a call and their ratio. low, high: quartiles of the ratios of paired batches."""

    name: str
    stdlib: float
    fasthdr: float
    ratio: float
    low: float
    high: float
    batches: int
    gains: bool


def _time(work: Callable[[], None], calls: int) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        work()
    return (time.perf_counter() - start) / calls


def _calls(work: Callable[[], None], batch: float) -> int:
    """Return how many calls take about `batch` seconds. The calls that find it out also warm up the code."""
    calls = 1
    while (taken := _time(work, calls) * calls) < batch / 4 and calls < 1 << 20:
        calls *= 2
    return max(1, round(calls * batch / max(taken, 1e-9)))


def measure(row: Row, seconds: float, progress: Callable[[float], None]) -> Result:
    """Time both sides in turns for a number of seconds. progress: called with the fraction that is done."""
    start = time.perf_counter()
    batch = min(_BATCH, seconds / 8)
    calls = [_calls(work, batch) for work in (row.stdlib, row.fasthdr)]
    pairs: list[tuple[float, float]] = []
    while not pairs or time.perf_counter() - start < seconds:
        pairs.append((_time(row.stdlib, calls[0]), _time(row.fasthdr, calls[1])))
        progress(min(1.0, (time.perf_counter() - start) / seconds))
    ratios = sorted(theirs / ours for theirs, ours in pairs)
    low, _, high = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
    theirs, ours = (statistics.median(side) for side in zip(*pairs, strict=True))
    return Result(row.name, theirs, ours, theirs / ours, low, high, len(pairs), row.gains)


@contextlib.contextmanager
def _bar(quiet: bool) -> Iterator[Callable[[float], None]]:
    """Show a progress bar on a terminal, with rich if it is installed. Yields what is called with the fraction done."""
    out = sys.stderr
    if quiet or out is None or not out.isatty():
        yield lambda _: None
        return
    try:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TimeRemainingColumn
    except ImportError:

        def show(part: float) -> None:
            done = round(40 * part)
            print(f"\r[{'#' * done}{' ' * (40 - done)}]", end="", file=out, flush=True)

        yield show
        print("\r" + " " * 42, end="\r", file=out, flush=True)
        return
    progress = Progress(BarColumn(40), TimeRemainingColumn(), console=Console(file=out), transient=True)
    with progress:
        task = progress.add_task("", total=1.0)
        yield lambda part: progress.update(task, completed=part)


def run(seconds: float, quiet: bool) -> list[Result]:
    """Measure all rows within a number of seconds."""
    results = []
    with rows() as found, _bar(quiet) as bar:
        each = seconds / len(found)
        for number, row in enumerate(found):

            def progress(part: float, before: int = number) -> None:
                bar((before + part) / len(found))

            results.append(measure(row, each, progress))
    return results


def _took(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def _print(results: list[Result]) -> None:
    cells = [("", "standard library", "fasthdr", "times as fast")]
    cells += [
        (each.name, _took(each.stdlib), _took(each.fasthdr), f"{each.ratio:.3g} ({each.low:.3g} to {each.high:.3g})")
        for each in results
    ]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        numbers = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
        print("  ".join([row[0].ljust(widths[0]), *numbers]))
    print()
    print(_METHOD)
    print(_NO_GAIN)
    if fasthdr.IMPLEMENTATION != "cython":
        print("This is fasthdr in plain Python: nothing is gained without the extension.")


def _seconds(word: str) -> float:
    try:
        number = float(word)
    except ValueError:
        number = math.nan
    if not 0 < number <= 3600:
        raise argparse.ArgumentTypeError(f"not a number of seconds from 0 to 3600: {word!r}")
    return number


def main(argv: list[str]) -> int:
    """Measure and print. Returns 0, or 2 for a wrong command line."""
    parser = argparse.ArgumentParser(
        prog="python -m fasthdr demo", description="Measure the standard library and fasthdr side by side."
    )
    parser.add_argument(
        "--seconds", type=_seconds, default=5.0, metavar="N", help="how long to measure (default: %(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON: times in seconds")
    args = parser.parse_args(argv)
    if fasthdr.is_installed():  # by `enable`: both sides would then be fasthdr
        fasthdr.uninstall()
    results = run(args.seconds, args.json)
    if args.json:
        print(json.dumps([each._asdict() for each in results]))
    else:
        python = f"{platform.python_implementation()} {platform.python_version()}"
        print(f"{python}, {platform.machine()}, {os.cpu_count()} CPUs; fasthdr {fasthdr.__version__}, {fasthdr.simd()}")
        _print(results)
    return 0
