# SPDX-License-Identifier: MIT
"""`python -m bench`: time fasthdr against the stdlib and the peers, print ratios, write every figure as JSON."""

from __future__ import annotations

import argparse
import json
import pathlib
from typing import Any

from rich.console import Console
from rich.progress import track

from bench import interleave, machine, memory, suite
from bench.payloads import REQUESTS
from bench.peers import PEERS
from bench.suite import NAMES
from bench.table import Result, ratios

LEVELS = (*suite.LEVELS, "memory")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Time fasthdr against the standard library and other parsers."
    )
    parser.add_argument("--rounds", type=int, default=201, help="batches of each case (default: %(default)s)")
    parser.add_argument("--level", action="append", choices=LEVELS, help="only this level (may be repeated)")
    parser.add_argument("--payload", action="append", choices=NAMES, help="only this payload (may be repeated)")
    parser.add_argument(
        "--json",
        type=pathlib.Path,
        default=pathlib.Path("build/bench.json"),
        help="where to write (default: %(default)s)",
    )
    return parser


def _record(result: Result) -> list[dict[str, Any]]:
    comparison = result.comparison
    return [
        {
            "level": comparison.level,
            "operation": comparison.operation,
            "payload": comparison.payload,
            "peer": peer,
            "median_ns": timing.median,
            "lower_quartile_ns": timing.quartiles[0],
            "upper_quartile_ns": timing.quartiles[2],
            "iqr_ns": timing.quartiles[2] - timing.quartiles[0],
            "minimum_ns": min(timing.values),
            "calls": timing.calls,
            "ratio": {ours: result.ratio(ours, peer) for ours in result.ours()},
            "ratio_of_medians": {ours: result.ratio_of_medians(ours, peer) for ours in result.ours()},
            "target": {ours: result.target(ours, peer) for ours in result.ours()},
        }
        for peer, timing in result.timings.items()
    ]


def main(argv: list[str] | None = None) -> None:
    parser = _parser()
    args = parser.parse_args(argv)
    if args.rounds < 2:
        parser.error("--rounds: quartiles need two")
    levels = tuple(args.level or LEVELS)
    payloads = tuple(args.payload or NAMES)
    console = Console()
    console.width = max(console.width, 200)

    load = machine.load_average()
    results = []
    wanted = list(suite.comparisons(tuple(level for level in levels if level != "memory"), payloads))
    for comparison in track(wanted, "timing", console=console, transient=True):
        suite.check_native(comparison)
        results.append(Result(comparison, interleave.measure(comparison, args.rounds)))
    kept = [memory.retained(p) for p in REQUESTS if p.name in payloads] if "memory" in levels else []

    about = machine.describe(load)
    about["name"] = "bench"
    about["method"] = {
        "clock": "time.perf_counter_ns",
        "rounds": args.rounds,
        "most_calls_a_batch": interleave.BATCH,
        "longest_batch_ns": interleave.LONGEST,
        "order": "random in each round",
        "statistic": "median over the rounds; ratio: median of the ratios within each round",
        "garbage_collector": "off while timing",
    }
    about["results"] = [record for result in results for record in _record(result)]
    about["memory"] = [{"payload": each.payload, "bytes": each.sizes} for each in kept]
    args.json.parent.mkdir(parents=True, exist_ok=True)
    args.json.write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")

    python, box = about["python"], about["machine"]
    console.print(
        f"{python['implementation']} {python['version']}, {box['cpu']}, {box['cpus']} CPUs, {box['system']}; "
        f"fasthdr {about['fasthdr']['version']} ({about['fasthdr']['simd']}); "
        + ", ".join(f"{peer.distribution} {peer.version or 'absent'}" for peer in PEERS)
    )
    if results:
        console.print(ratios(results))
    if kept:
        console.print(memory.table(kept))
    for peer in PEERS:
        if peer.absent:
            console.print(f"{peer.distribution} is not compared: {peer.absent}", markup=False, style="yellow")
    if warning := machine.busy(load):
        console.print(warning, style="yellow")
    console.print(f"every figure: {args.json}")


if __name__ == "__main__":
    main()
