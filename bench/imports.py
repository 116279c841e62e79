# SPDX-License-Identifier: MIT
"""`python -m bench.imports`: what `import fasthdr` adds to `import http.client`, and which modules it is spent in."""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import time
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import machine, native, record

NAME = "imports"
LIMIT_MS = 3.0
BEFORE, AFTER = "import http.client", "import http.client, fasthdr"
# Time of the second import alone, by the process itself.
CHILD = (
    "import time, http.client\nstart = time.perf_counter_ns()\nimport fasthdr\nend = time.perf_counter_ns()\n"
    "assert fasthdr.parse_request(b'GET / HTTP/1.1\\r\\n\\r\\n').method == 'GET'\nprint(end - start)"
)
ENTRY = re.compile(r"import time: +(\d+) \| +(\d+) \| +(\S+)")


def run(code: str, *options: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str((native.FOLDER / "pycache").resolve())}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # installed packages have their byte code
    command = [sys.executable, *options, "-c", code]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment)


def whole(code: str) -> int:
    """Nanoseconds of a process that does no more."""
    start = time.perf_counter_ns()
    run(code)
    return time.perf_counter_ns() - start


def modules() -> dict[str, int]:
    """Microseconds in each module that `import fasthdr` adds, without what it imports; by -X importtime."""
    known = {match[3] for match in ENTRY.finditer(run(BEFORE, "-X", "importtime").stderr)}
    entries = ENTRY.finditer(run(AFTER, "-X", "importtime").stderr)
    return {match[3]: int(match[1]) for match in entries if match[3] not in known}


def measure(rounds: int) -> dict[str, list[int]]:
    """Nanoseconds a round: the import alone, and whole processes without and with it."""
    run(CHILD)  # the byte code is there from now on
    times: dict[str, list[int]] = {"import fasthdr": [], BEFORE: [], AFTER: []}
    for _ in range(rounds):
        times["import fasthdr"].append(int(run(CHILD).stdout))
        times[BEFORE].append(whole(BEFORE))
        times[AFTER].append(whole(AFTER))
    return times


def median_of_modules(rounds: int) -> dict[str, float]:
    runs = [modules() for _ in range(rounds)]
    return {name: statistics.median(each.get(name, 0) for each in runs) for name in runs[0]}


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.imports", description="The cost of import fasthdr.")
    parser.add_argument("--rounds", type=int, default=101, help="processes of each kind (default: %(default)s)")
    record.add_option(parser, NAME)
    args = parser.parse_args(argv)
    load = machine.load_average()
    times = measure(args.rounds)
    added = statistics.median(after - before for before, after in zip(times[BEFORE], times[AFTER], strict=True))
    parts = median_of_modules(max(1, args.rounds // 10))
    results: list[dict[str, Any]] = [
        {
            "operation": name,
            "payload": None,
            "peer": "process",
            "median_ns": statistics.median(values),
            "minimum_ns": min(values),
        }
        for name, values in times.items()
    ]
    results[0]["limit_ns"] = LIMIT_MS * 1e6
    results.append({"operation": "added to a process", "payload": None, "peer": "process", "median_ns": added})
    results += [
        {"operation": "module", "payload": name, "peer": "-X importtime", "median_ns": us * 1000}
        for name, us in parts.items()
    ]
    method = {
        "clock": "time.perf_counter_ns",
        "rounds": args.rounds,
        "order": "one process of each kind a round",
        "statistic": "median; the modules' of a tenth of the rounds",
    }
    record.write(args.json, NAME, load, method, results)
    shown = Table(title="import fasthdr, after import http.client")
    shown.add_column("what")
    shown.add_column("median ms", justify="right")
    shown.add_column("least ms", justify="right")
    for result in results[:3]:
        cell = f"{result['median_ns'] / 1e6:.2f}"
        if "limit_ns" in result:
            style = "green" if result["median_ns"] <= result["limit_ns"] else "red"
            cell += f" [{style}]at most {LIMIT_MS:g}[/{style}]"
        shown.add_row(result["operation"], cell, f"{result['minimum_ns'] / 1e6:.2f}")
    shown.add_row("the last two, in each round", f"{added / 1e6:.2f}", "")
    shown.add_section()
    for name, us in sorted(parts.items(), key=lambda item: -item[1]):
        shown.add_row(name, f"{us / 1000:.2f}", "")
    console = Console()
    console.print(shown)
    console.print(f"every figure: {args.json}")


if __name__ == "__main__":
    main()
