# SPDX-License-Identifier: MIT
"""`python -m bench.instructions`: instructions that the hot calls take, and what they took when the baseline was made.

--update writes the counts of this interpreter, compiler and instruction set into bench/instructions.json; --check fails
where a count has grown by more than LIMIT. Counts of another combination say nothing and are not compared.
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
import itertools
import json
import pathlib
import platform
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table

import fasthdr
from bench import bodies, contract, counted, exchange, payloads, wsgi
from bench import round as rounds
from bench.interleave import BATCH, Case, Comparison, own
from bench.payloads import Payload
from bench.peers import ours

NAME = "instructions"
BASELINE = pathlib.Path(__file__).with_suffix(".json")
LIMIT = 0.03
SIMD = ("avx2", "sse2")  # what valgrind knows
CHUNKS = f"BodyDecoder.feed(), {bodies.BODIES[0].name}"
EXCHANGE = f"http.client: {exchange.OPERATION}"


def case_of(comparison: Comparison, peer: str) -> tuple[Comparison, Case]:
    return comparison, next(case for case in comparison.cases if case.peer == peer)


def _head(payload: Payload, *, strict: bool = False) -> tuple[Comparison, Case]:
    """Bytes to head, and one field value."""
    wanted = payload.wanted
    parse: Any = fasthdr.parse_request

    def loop(heads: list[bytes]) -> object:
        for data in heads:
            head = parse(data, strict=strict)
            result = head.method, head.target, head.get(wanted)
        return result

    items = [bytes(bytearray(payload.data)) for _ in range(BATCH)]
    expected = (*payload.start[:2], payload.first(wanted))
    case = Case("fasthdr", own(loop), items, lambda item, result: result)
    return case_of(Comparison("bytes", "head and 3 reads", payload.name, expected, (case,)), "fasthdr")


def _round() -> tuple[Comparison, Case]:
    """A handler's round at one moment: with the clock going, a second that ends within the count would be in it."""
    comparison, case = case_of(rounds.handle_one_request(payloads.PICOHTTPPARSER, rounds.QUIET), contract.OURS)
    still = itertools.repeat(1_700_000_000.0).__next__
    return comparison, dataclasses.replace(case, context=functools.partial(mock.patch.object, time, "time", still))


def cases() -> dict[str, Callable[[], tuple[Comparison, Case]]]:
    """By what they are called in the baseline."""
    nine, hundred = payloads.PICOHTTPPARSER, payloads.HUNDRED
    return {
        "parse_request(), BytesIO": lambda: case_of(contract.parse_request(nine, "BytesIO"), contract.OURS),
        "parse_request(), BufferedReader": lambda: case_of(
            contract.parse_request(nine, "BufferedReader"), contract.OURS
        ),
        "parse_request(), exact type": lambda: case_of(contract.parse_request(nine, "BytesIO"), contract.EXACT),
        "parse_headers(fp), BytesIO": lambda: case_of(contract.parse_headers(nine, "BytesIO"), contract.OURS),
        "parse_headers(fp), BufferedReader": lambda: case_of(
            contract.parse_headers(nine, "BufferedReader"), contract.OURS
        ),
        "parse_headers(fp), exact type": lambda: case_of(contract.parse_headers(nine, "BytesIO"), contract.EXACT),
        "parse_headers(fp), hundred": lambda: case_of(contract.parse_headers(hundred, "BytesIO"), contract.OURS),
        "head and 3 reads": lambda: _head(nine),
        "head and 3 reads, curl": lambda: _head(payloads.CURL),
        "head and 3 reads, hundred": lambda: _head(hundred),
        "head and 3 reads, strict": lambda: _head(nine, strict=True),
        "message[name]": lambda: case_of(contract.messages(nine, "message[name]"), contract.OURS),
        "message.items()": lambda: case_of(contract.messages(nine, "message.items()"), contract.OURS),
        "HTTPResponse.begin()": lambda: case_of(contract.begin(payloads.THIRTEEN), contract.OURS),
        EXCHANGE: lambda: case_of(exchange.exchange(payloads.THIRTEEN), contract.INSTALLED),
        rounds.QUIET: _round,
        "get_environ()": lambda: case_of(wsgi.get_environ(nine), contract.OURS),
        "bytes to environ": lambda: case_of(wsgi.environ(nine), contract.OURS),
        CHUNKS: lambda: case_of(bodies.comparison("bytes to body", bodies.BODIES[0], [ours]), contract.OURS),
    }


def steps(name: str) -> Iterator[counted.Step]:
    return counted.steps_of(*cases()[name]())


def count(name: str, simd: str) -> int:
    few, many = counted.instructions("bench.instructions", name, simd)
    return round((many - few) / counted.ITEMS)


def combination(simd: str) -> str:
    from bench import native

    return f"{platform.python_implementation()} {platform.python_version()}, {native.compiler_version()}, {simd}"


def grown(before: int, now: int) -> bool:
    return now > before * (1 + LIMIT)


def table(found: dict[str, dict[str, int]], baseline: dict[str, dict[str, int]]) -> Table:
    shown = Table(title="Instructions a call, and against the baseline")
    shown.add_column("call")
    for key in found:
        shown.add_column(key, justify="right")
    for name in next(iter(found.values())):
        cells = []
        for key, counts in found.items():
            before = baseline.get(key, {}).get(name)
            cell = f"{counts[name]:,}"
            if before:
                style = "red" if grown(before, counts[name]) else "green"
                cell += f" [{style}]{counts[name] / before - 1:+.1%}[/{style}]"
            cells.append(cell)
        shown.add_row(escape(name), *cells)
    return shown


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.instructions", description="Instructions of the hot calls.")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true", help=f"fail where a count is more than {LIMIT:.0%}% above")
    what.add_argument("--update", action="store_true", help="make the counts of this combination the baseline")
    parser.add_argument("--simd", action="append", choices=SIMD, help="only this variant (may be repeated)")
    parser.add_argument("--case", action="append", choices=cases(), help="only this call (may be repeated)")
    parser.add_argument("--baseline", type=pathlib.Path, default=BASELINE, help="the file (default: %(default)s)")
    parser.add_argument("--json", type=pathlib.Path, default=pathlib.Path(f"build/bench-{NAME}.json"))
    args = parser.parse_args(argv)
    console = Console()
    console.width = max(console.width, 160)

    baseline = json.loads(args.baseline.read_text(encoding="utf-8")) if args.baseline.exists() else {}
    keys = {simd: combination(simd) for simd in args.simd or SIMD}
    if args.check:
        for simd, key in list(keys.items()):
            if key not in baseline:
                console.print(f"no baseline for {key}: nothing to compare", style="yellow", markup=False)
                del keys[simd]
        if not keys:
            return 0
    why = counted.missing()
    if why:
        parser.error(why)

    wanted = [(simd, name) for simd in keys for name in args.case or cases()]
    found: dict[str, dict[str, int]] = {key: {} for key in keys.values()}
    for simd, name in track(wanted, "counting", console=console, transient=True):
        found[keys[simd]][name] = count(name, simd)
    console.print(table(found, baseline))
    results = [
        {
            "operation": name,
            "payload": None,
            "peer": key,
            "instructions": seen,
            "baseline": baseline.get(key, {}).get(name),
        }
        for key, counts in found.items()
        for name, seen in counts.items()
    ]
    args.json.parent.mkdir(parents=True, exist_ok=True)
    method = {"tool": "valgrind --tool=callgrind", "items": counted.ITEMS, "statistic": "difference of N and 2N items"}
    about = {"name": NAME, "machine": {"architecture": platform.machine()}, "method": method, "results": results}
    args.json.write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    if args.update:
        for key, counts in found.items():
            baseline[key] = {**baseline.get(key, {}), **counts}
        args.baseline.write_text(json.dumps(dict(sorted(baseline.items())), indent=1) + "\n", encoding="utf-8")
        console.print(f"baseline: {args.baseline}")
        return 0
    above = [
        f"{name} ({key}): {seen:,}, was {baseline[key][name]:,}"
        for key, counts in found.items()
        for name, seen in counts.items()
        if name in baseline.get(key, {}) and grown(baseline[key][name], seen)
    ]
    if args.check and above:
        console.print(f"more than {LIMIT:.0%} above the baseline:", *above, sep="\n  ", style="red", markup=False)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
