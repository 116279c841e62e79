# SPDX-License-Identifier: MIT
"""`python -m bench.core`: bytes to table, without a Python object, beside picohttpparser's C function.

The environment's PICOHTTPPARSER_DIR is the folder of picohttpparser.c and .h (the sdist of gunicorn_h1c has one);
without it only the variants of the core are timed.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import pathlib
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import machine, native, record
from bench.payloads import REQUESTS

NAME = "core"
BATCH_NS = 100_000  # about as long as a batch takes
SSE42, SAME = "picohttpparser -O3 -msse4.2", "picohttpparser -O3"
BUILDS = {SSE42: ["-O3", "-msse4.2"], SAME: ["-O3"]}
PEER = {"avx512": SSE42, "avx2": SSE42, "neon": SAME, "sse2": SAME, "scalar": SAME}
TARGETS = {"avx2": 2.0, "sse2": 1.0, "scalar": 1.0}
TARGET_PAYLOAD = "picohttpparser"
PAYLOADS = {**{payload.name: [payload] for payload in REQUESTS}, "mixed": list(REQUESTS)}


@dataclass(frozen=True)
class Case:
    peer: str
    loop: Callable[[int], int]


def stages() -> Any:
    """The loops, compiled."""
    return native.module(pathlib.Path(__file__).with_name("cbench") / "stages.pyx")


def libraries(folder: pathlib.Path) -> dict[str, Any]:
    """picohttpparser's function in each build; raises subprocess.CalledProcessError where it cannot be compiled."""
    flags = {peer: flags for peer, flags in BUILDS.items() if "-msse4.2" not in flags or machine.x86()}
    return {
        peer: native.library(folder / "picohttpparser.c", f"picohttpparser-{i}", flags[peer]).phr_parse_request
        for i, peer in enumerate(flags)
    }


def cases(module: Any, functions: dict[str, Any], name: str) -> list[Case]:
    """The cases of a payload, each seen to find the parts that it was written from. Raises AssertionError."""
    payloads = PAYLOADS[name]
    heads = module.Heads([payload.data for payload in payloads])
    expected = [
        (
            payload.start[0].encode(),
            payload.start[1].encode(),
            1,
            [(key.encode(), value.encode()) for key, value in payload.fields],
            len(payload.data),
        )
        for payload in payloads
    ]
    found: list[Case] = []

    def add(peer: str, spans: Callable[[Any], Any], loop: Callable[[Any, int], int], chosen: Any) -> None:
        if spans(chosen) != expected:
            raise AssertionError(f"{peer} finds other spans in {name}")
        found.append(Case(peer, lambda calls: loop(chosen, calls)))

    for variant in module.variants():
        add(variant, heads.spans_of_ours, heads.ours, variant.encode())
    for peer, function in functions.items():
        address = ctypes.cast(function, ctypes.c_void_p).value
        add(peer, heads.spans_of_theirs, heads.theirs, address)
    return found


def timed(case: Case, calls: int) -> float:
    start = time.perf_counter_ns()
    case.loop(calls)
    return (time.perf_counter_ns() - start) / calls


def measure(wanted: list[Case], rounds: int, seed: int = 1) -> dict[str, list[float]]:
    """Nanoseconds a head: a value a round, the cases in a new order in each."""
    calls = {case.peer: max(1, int(BATCH_NS / min(timed(case, 8) for _ in range(9)))) for case in wanted}
    times: dict[str, list[float]] = {case.peer: [] for case in wanted}
    shuffle = random.Random(seed).shuffle
    order = list(wanted)
    for _ in range(rounds):
        shuffle(order)
        for case in order:
            timed(case, (calls[case.peer] + 1) // 2)
            times[case.peer].append(timed(case, calls[case.peer]))
    return times


def results_of(name: str, times: dict[str, list[float]]) -> list[dict[str, Any]]:
    results = []
    for peer, values in times.items():
        against = PEER.get(peer)
        ratio = None
        if against in times:
            ratio = statistics.median(theirs / ours for theirs, ours in zip(times[against], values, strict=True))
        results.append(
            {
                "operation": "bytes to table",
                "payload": name,
                "peer": peer,
                "median_ns": statistics.median(values),
                "minimum_ns": min(values),
                "against": against if ratio else None,
                "ratio": ratio,
                "target": TARGETS.get(peer) if ratio and name == TARGET_PAYLOAD else None,
            }
        )
    return results


def table(results: list[dict[str, Any]]) -> Table:
    shown = Table(
        title="Bytes to table: ns a head, and the time of picohttpparser by ours",
        caption="AVX by its -O3 -msse4.2 build, the others by its build with the core's own flags",
    )
    peers = list(dict.fromkeys(result["peer"] for result in results))
    shown.add_column("request")
    for peer in peers:
        shown.add_column(peer, justify="right")
    for name in dict.fromkeys(result["payload"] for result in results):
        cells = []
        for result in results:
            if result["payload"] != name:
                continue
            cell = f"{result['median_ns']:.1f}"
            if result["ratio"]:
                cell += f"  x{result['ratio']:.2f}"
            if result["target"]:
                style = "green" if result["ratio"] >= result["target"] else "red"
                cell += f" [{style}]target {result['target']:g}[/{style}]"
            cells.append(cell)
        shown.add_row(name, *cells)
    return shown


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.core", description="Bytes to table, in C alone.")
    parser.add_argument("--rounds", type=int, default=201, help="batches of each case (default: %(default)s)")
    parser.add_argument("--payload", action="append", choices=PAYLOADS, help="only this request (may be repeated)")
    record.add_option(parser, NAME)
    args = parser.parse_args(argv)
    console = Console()
    console.width = max(console.width, 160)
    load = machine.load_average()
    folder = os.environ.get("PICOHTTPPARSER_DIR")
    module = stages()
    functions = libraries(pathlib.Path(folder)) if folder else {}
    results = []
    for name in args.payload or PAYLOADS:
        results += results_of(name, measure(cases(module, functions, name), args.rounds))
    method = {
        "clock": "time.perf_counter_ns around a loop in C",
        "rounds": args.rounds,
        "batch_ns": BATCH_NS,
        "order": "random in each round",
        "statistic": "median over the rounds; ratio: median of the ratios within each round",
        "compiler": native.compiler_version(),
        "flags": {"fasthdr": native.FLAGS, **BUILDS},
    }
    record.write(args.json, NAME, load, method, results)
    console.print(table(results))
    if not folder:
        console.print(
            "picohttpparser is not compared: PICOHTTPPARSER_DIR names no folder of its source", style="yellow"
        )
    console.print(f"every figure: {args.json}")


if __name__ == "__main__":
    main()
