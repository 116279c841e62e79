# SPDX-License-Identifier: MIT
"""`python -m bench.clients`: http.client and what stands on it, against a server that costs nearly nothing.

Each client is a process of its own, with one connection to a server that sends prepared bytes. A round lets each make
some requests, in a new random order. Client and server work in turns, so they share a CPU: on two, one of which sleeps
at any time, what it costs to wake it up is as much as the request, and another figure in each run.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.metadata
import json
import pathlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench import affinity, machine, process
from bench.backends.prepared import content
from bench.client_process import LIBRARIES
from bench.interleave import Timing
from bench.payloads import RESPONSES, THIRTEEN, Payload
from bench.targets import target

INSTALL = "install()"
STDLIB = "stdlib"
CLIENT = "fasthdr.client"
BARE = "bare"
DISTRIBUTIONS = ("urllib3", "requests")
REQUESTS = 100  # that one process makes in one turn


@dataclass(frozen=True)
class Client:
    """A library, and what parses the response heads for it."""

    library: str
    way: str  # STDLIB, INSTALL, CLIENT, or BARE: sockets alone, the floor

    @property
    def operation(self) -> str:
        return f"{self.library}: request and response"

    @property
    def arguments(self) -> tuple[str, ...]:
        if self.way in (CLIENT, BARE):
            return (self.way,)
        return (self.library, "--install") if self.way == INSTALL else (self.library,)


def clients(libraries: Sequence[str]) -> list[Client]:
    found = []
    for library in libraries:
        ways = (STDLIB, INSTALL, CLIENT, BARE) if library == "http.client" else (STDLIB, INSTALL)
        found += [Client(library, way) for way in ways]
    return found


def absent(library: str) -> str | None:
    """Why a library cannot be compared here, or None where it can."""
    if library in DISTRIBUTIONS and not _version(library):
        return 'not installed (pip install "fasthdr[bench]")'
    return None


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


@dataclass(frozen=True)
class Result:
    client: Client
    payload: Payload
    wall: Timing
    cpu: Timing


def _check(client: Client, payload: Payload, answer: str) -> None:
    """Raise AssertionError unless the client read what the server had prepared."""
    expected = [int(payload.start[1]), [list(field) for field in payload.fields], content(payload).decode("latin-1")]
    if json.loads(answer) != expected:
        raise AssertionError(f"{client.library} with {client.way} read {answer}")


def measure(
    wanted: Sequence[Client], payload: Payload, rounds: int, requests: int, cpu: int | None, console: Console
) -> list[Result]:
    """Check what each client reads, then time them in turns, on this CPU."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(affinity.on(cpu))
        _, port = stack.enter_context(process.backend("prepared", payload.name))
        running = {}
        for client in wanted:
            library, *options = client.arguments
            child = stack.enter_context(
                process.python("-m", "bench.client_process", library, str(port), "/a/b?c=d", *options)
            )
            _check(client, payload, child.ask(""))
            running[client] = child
            child.ask(str(requests))  # for the interpreter to specialize its code
        times: dict[Client, list[tuple[float, float]]] = {client: [] for client in running}
        order = list(running)
        shuffle = random.Random(0).shuffle
        for _ in track(range(rounds), payload.name, console=console, transient=True):
            shuffle(order)
            for client in order:
                wall, cpu = json.loads(running[client].ask(str(requests)))
                times[client].append((wall, cpu))
    return [
        Result(client, payload, *(Timing(tuple(values), requests) for values in zip(*pairs, strict=True)))
        for client, pairs in times.items()
    ]


def _records(results: Sequence[Result]) -> list[dict[str, Any]]:
    records = []
    for result in results:
        lower, median, upper = result.wall.quartiles
        cpu_lower, cpu, cpu_upper = result.cpu.quartiles
        mine, stdlib = result.client, Client(result.client.library, STDLIB)
        base = next((r for r in results if r.client == stdlib and r.payload == result.payload), None)
        records.append(
            {
                "operation": mine.operation,
                "payload": result.payload.name,
                "peer": mine.way,
                "median_ns": median,
                "lower_quartile_ns": lower,
                "upper_quartile_ns": upper,
                "cpu_median_ns": cpu,
                "cpu_lower_quartile_ns": cpu_lower,
                "cpu_upper_quartile_ns": cpu_upper,
                "calls": result.wall.calls,
                # Of the stdlib's time by this one's.
                "ratio": {mine.way: base.wall.times(result.wall)} if base else {},
                "cpu_ratio": {mine.way: base.cpu.times(result.cpu)} if base else {},
                "cpu_target": {mine.way: target("CPU of a client", result.payload.name, mine.library, mine.way)},
            }
        )
    return records


def table(records: Sequence[dict[str, Any]]) -> Table:
    shown = Table(
        title="Clients on a persistent connection over loopback: medians over interleaved rounds",
        caption="stdlib by this: the time with the stdlib's parser by the time of the row, in CPU time and wall time.",
    )
    shown.add_column("operation", no_wrap=True)
    shown.add_column("payload")
    shown.add_column("parser", no_wrap=True)
    for heading in ("CPU", "spread", "stdlib by this", "wall", "spread", "stdlib by this"):
        shown.add_column(heading, justify="right", no_wrap=True)
    before = None
    for record in records:
        if before != (before := (record["operation"], record["payload"])):
            shown.add_section()
        way = record["peer"]
        cells = []
        for prefix in ("cpu_", ""):
            median = record[f"{prefix}median_ns"]
            spread = (record[f"{prefix}upper_quartile_ns"] - record[f"{prefix}lower_quartile_ns"]) / median
            ratio = record[f"{prefix}ratio"].get(way)
            cell = "" if ratio is None or way == STDLIB else f"{ratio:.3g}"
            least = record.get(f"{prefix}target", {}).get(way)
            if least is not None and ratio is not None:
                style = "green" if ratio >= least else "red"
                cell += f" [{style}]target {least:g}[/{style}]"
            cells += [f"{median / 1000:.1f} us", f"{spread:.0%}", cell]
        shown.add_row(record["operation"], record["payload"], way, *cells)
    return shown


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.clients", description="Time clients over loopback.")
    libraries = [library for library in LIBRARIES if library not in (CLIENT, BARE)]
    parser.add_argument("--library", action="append", choices=libraries, help="only this one (may be repeated)")
    parser.add_argument(
        "--payload",
        action="append",
        choices=[p.name for p in RESPONSES],
        help="response head (may be repeated; thirteen)",
    )
    parser.add_argument("--rounds", type=int, default=51, help="turns of each client (default: %(default)s)")
    parser.add_argument("--requests", type=int, default=REQUESTS, help="in each turn (default: %(default)s)")
    parser.add_argument("--spread", action="store_true", help="leave it to the scheduler who runs on which CPU")
    parser.add_argument(
        "--json", type=pathlib.Path, default=pathlib.Path("build/bench-clients.json"), help="(default: %(default)s)"
    )
    return parser


def main(argv: list[str] | None = None) -> None:
    parser = _parser()
    args = parser.parse_args(argv)
    if args.rounds < 2:
        parser.error("--rounds: quartiles need two")
    console = Console()
    console.width = max(console.width, 140)
    asked = list(dict.fromkeys(args.library or [library for library in LIBRARIES if library not in (CLIENT, BARE)]))
    wanted = clients([library for library in asked if not absent(library)])
    payloads = [payload for payload in RESPONSES if payload.name in (args.payload or [THIRTEEN.name])]

    cpu = None if args.spread else next(reversed(affinity.allowed()), None)
    load = machine.load_average()
    results = [result for p in payloads for result in measure(wanted, p, args.rounds, args.requests, cpu, console)]
    about = machine.describe(load)
    about["name"] = "clients"
    about["peers"] = {name: {"version": _version(name), "absent": absent(name)} for name in DISTRIBUTIONS}
    about["method"] = {
        "clock": "time.perf_counter_ns and time.process_time_ns in the client",
        "placement": "left to the scheduler" if cpu is None else "client and server on one CPU",
        "rounds": args.rounds,
        "requests_a_turn": args.requests,
        "order": "random in each round",
        "statistic": "median over the rounds; ratio: median of the ratios within each round",
    }
    about["results"] = _records(results)
    args.json.parent.mkdir(parents=True, exist_ok=True)
    args.json.write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    console.print(table(about["results"]))
    for library in asked:
        if why := absent(library):
            console.print(f"{library} is not compared: {why}", markup=False, style="yellow")
    if warning := machine.busy(load):
        console.print(warning, style="yellow")
    console.print(f"every figure: {args.json}")


if __name__ == "__main__":
    main()
