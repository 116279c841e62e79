# SPDX-License-Identifier: MIT
"""`python -m bench.servers`: whole servers over loopback under wrk: wall time, latency, CPU time of the server.

Every server is a process of its own, started before the first round; those that are not being timed wait in accept().
A round times each once, in a new random order. With --pin the servers have one CPU and wrk another: threads of one
interpreter on several CPUs pass its lock to and fro at a price that is larger than the work on a small request.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import pathlib
import random
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bench import affinity, machine, process, wrk
from bench.backends import BACKENDS, FLOORS, Backend
from bench.interleave import Timing
from bench.payloads import REQUESTS, Payload
from bench.scenarios import CONNECTIONS, METHODS, PERSISTENCE, Scenario, check, scenarios
from bench.targets import target

OURS = "fasthdr"


@dataclass
class Runs:
    """One server in one scenario: a value a round in each list."""

    loads: list[wrk.Load] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)  # nanoseconds a request, user and system
    kernel: list[float] = field(default_factory=list)  # the part of that which the kernel has

    @property
    def wall(self) -> Timing:
        return Timing(tuple(load.nanoseconds for load in self.loads), 1)

    @property
    def processor(self) -> Timing:
        return Timing(tuple(self.cpu), 1)

    def latency(self, percentile: str) -> float:
        """Microseconds: the median over the rounds."""
        return statistics.median(load.latency[percentile] for load in self.loads)

    def errors(self) -> dict[str, int]:
        kinds = self.loads[0].errors
        return {kind: sum(load.errors[kind] for load in self.loads) for kind in kinds}


Results = dict[Scenario, dict[str, Runs]]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.servers", description="Time whole servers over loopback under wrk."
    )
    parser.add_argument("--server", action="append", choices=BACKENDS, help="only this one (may be repeated)")
    parser.add_argument("--floors", action="store_true", help="and bare loops with some work (keep-alive alone)")
    parser.add_argument("--method", action="append", choices=METHODS, help="only this one (may be repeated)")
    parser.add_argument("--persistence", action="append", choices=PERSISTENCE, help="only this (may be repeated)")
    parser.add_argument("--connections", action="append", type=int, help="at a time (may be repeated; 1, 4 and 64)")
    parser.add_argument(
        "--payload",
        choices=[p.name for p in REQUESTS],
        default="picohttpparser",
        help="the head (default: %(default)s)",
    )
    parser.add_argument("--rounds", type=int, default=5, help="runs of wrk for each figure (default: %(default)s)")
    parser.add_argument("--seconds", type=int, default=2, help="of each run of wrk (default: %(default)s)")
    parser.add_argument("--pin", action="store_true", help="the servers on one CPU, wrk on another")
    parser.add_argument(
        "--json",
        type=pathlib.Path,
        help="(default: build/bench-servers.json, with --pin build/bench-servers-pinned.json)",
    )
    return parser


def measure(
    backends: Sequence[Backend],
    wanted: Sequence[Scenario],
    payload: Payload,
    rounds: int,
    seconds: int,
    cpus: tuple[int, int] | tuple[None, None],
    console: Console,
) -> Results:
    """Check every server in every scenario, then time them in turns. cpus: that of the servers, that of wrk."""
    results: Results = {scenario: {backend.name: Runs() for backend in backends} for scenario in wanted}
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        progress = stack.enter_context(Progress(console=console, transient=True))
        with affinity.on(cpus[0]):
            running = {backend.name: stack.enter_context(process.backend(backend.name)) for backend in backends}
        for scenario in wanted:
            for name, (_, port) in running.items():
                try:
                    check(port, scenario, payload)
                except (AssertionError, OSError) as error:
                    raise AssertionError(f"{name}: {scenario}: {error}") from error
        order = list(running)
        shuffle = random.Random(0).shuffle
        task = progress.add_task("serving", total=rounds * len(wanted) * len(order))
        for scenario in wanted:
            request = folder / "request"
            request.write_bytes(scenario.request(payload))
            for _ in range(rounds):
                shuffle(order)
                for name in order:
                    child, port = running[name]
                    before = child.cpu()
                    with affinity.on(cpus[1]):
                        load = wrk.run(port, request, scenario.connections, seconds)
                    used, kernel = (after - start for start, after in zip(before, child.cpu(), strict=True))
                    if load.errors["status"]:
                        raise AssertionError(f"{name}: {scenario}: {load.errors['status']} answers of 400 and above")
                    results[scenario][name].loads.append(load)
                    results[scenario][name].cpu.append(used * 1e9 / load.requests)
                    results[scenario][name].kernel.append(kernel / used if used else 0.0)
                    progress.advance(task)
    return results


def _records(results: Results, payload: Payload) -> list[dict[str, Any]]:
    records = []
    for scenario, runs in results.items():
        ours = runs.get(OURS)
        for name, mine in runs.items():
            lower, median, upper = mine.wall.quartiles
            cpu_lower, cpu, cpu_upper = mine.processor.quartiles
            records.append(
                {
                    "operation": str(scenario),
                    "payload": payload.name,
                    "peer": name,
                    "method": scenario.method,
                    "persistence": scenario.persistence,
                    "connections": scenario.connections,
                    "median_ns": median,
                    "lower_quartile_ns": lower,
                    "upper_quartile_ns": upper,
                    "requests_per_second": 1e9 / median,
                    "cpu_median_ns": cpu,
                    "cpu_lower_quartile_ns": cpu_lower,
                    "cpu_upper_quartile_ns": cpu_upper,
                    "kernel_share": statistics.median(mine.kernel),
                    "latency_us": {percentile: mine.latency(percentile) for percentile in mine.loads[0].latency},
                    "errors": mine.errors(),
                    "requests": sum(load.requests for load in mine.loads),
                    "ratio": {OURS: mine.wall.times(ours.wall)} if ours else {},
                    "cpu_ratio": {OURS: mine.processor.times(ours.processor)} if ours else {},
                    "target": {OURS: target("end to end", str(scenario), OURS, name)} if ours else {},
                }
            )
    return records


def table(records: Sequence[dict[str, Any]]) -> Table:
    shown = Table(
        title="Servers over loopback under wrk: medians over interleaved rounds",
        caption="times as fast: rate of fasthdr by that of the server. CPU: of the server a request.",
    )
    shown.add_column("scenario")
    shown.add_column("server", no_wrap=True)
    for heading in ("requests/s", "spread", "50 %", "99 %", "CPU", "kernel", "times as fast", "errors"):
        shown.add_column(heading, justify="right", no_wrap=True)
    before = None
    for record in records:
        if before != record["operation"]:
            shown.add_section()
        ratio, least = record["ratio"].get(OURS), record["target"].get(OURS)
        cell = "" if ratio is None or record["peer"] == OURS else f"{ratio:.3g}"
        if least is not None and ratio is not None:
            style = "green" if ratio >= least else "red"
            cell += f" [{style}]target {least:.3g}[/{style}]"
        spread = (record["upper_quartile_ns"] - record["lower_quartile_ns"]) / record["median_ns"]
        latency = record["latency_us"]
        shown.add_row(
            "" if before == record["operation"] else record["operation"],
            record["peer"],
            f"{record['requests_per_second']:,.0f}",
            f"{spread:.0%}",
            f"{latency['50']:,.0f} us",
            f"{latency['99']:,.0f} us",
            f"{record['cpu_median_ns'] / 1000:.1f} us",
            f"{record['kernel_share']:.0%}",
            cell,
            ", ".join(f"{kind} {count}" for kind, count in record["errors"].items() if count),
        )
        before = record["operation"]
    return shown


def main(argv: list[str] | None = None) -> None:
    parser = _parser()
    args = parser.parse_args(argv)
    if not wrk.found():
        parser.exit(2, f"{parser.prog}: {wrk.ABSENT}\n")
    if args.rounds < 2:
        parser.error("--rounds: quartiles need two")
    if args.floors and args.persistence != ["keep-alive"]:
        parser.error("--floors: they close no connection: --persistence keep-alive")
    cpus: tuple[int, int] | tuple[None, None] = (None, None)
    if args.pin:
        free = affinity.allowed()
        if len(free) < 2:
            parser.error("--pin: needs Linux and two CPUs")
        cpus = free[-1], free[0]
    path: pathlib.Path = args.json or pathlib.Path(f"build/bench-servers{'-pinned' if args.pin else ''}.json")
    console = Console()
    console.width = max(console.width, 130)
    asked = [BACKENDS[name] for name in dict.fromkeys(args.server or BACKENDS)]
    asked += FLOORS.values() if args.floors else ()
    wanted = scenarios(args.method or METHODS, args.persistence or PERSISTENCE, args.connections or CONNECTIONS)
    payload = next(p for p in REQUESTS if p.name == args.payload)

    load = machine.load_average()
    present = [backend for backend in asked if not backend.absent]
    results = measure(present, wanted, payload, args.rounds, args.seconds, cpus, console)
    about = machine.describe(load)
    about["name"] = path.stem.removeprefix("bench-")
    about["peers"] = {b.name: {"about": b.about, "version": b.version, "absent": b.absent} for b in asked}
    about["peers"]["wrk"] = {"about": "the load generator", "version": wrk.version(), "absent": None}
    about["method"] = {
        "clock": "wrk's; CPU time of the server's processes as the system counts it",
        "placement": "servers on one CPU, wrk on another" if args.pin else "left to the scheduler",
        "rounds": args.rounds,
        "seconds_a_run": args.seconds,
        "wrk_threads": 1,
        "order": "random in each round",
        "statistic": "median over the rounds; ratio: median of the ratios within each round",
    }
    about["results"] = _records(results, payload)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    console.print(table(about["results"]))
    for backend in asked:
        if backend.absent:
            console.print(f"{backend.name} is not compared: {backend.absent}", markup=False, style="yellow")
    if warning := machine.busy(load):
        console.print(warning, style="yellow")
    console.print(f"every figure: {path}")


if __name__ == "__main__":
    main()
