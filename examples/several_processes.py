# SPDX-License-Identifier: MIT
"""`python -m examples.several_processes`: one and two processes behind HAProxy, with fasthdr and without it.

Prints a table for docs/how-to/several-hosts.md, which says how it is measured. Needs the group `bench`, HAProxy, wrk.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import random
import shutil
import socket
import statistics
import subprocess
import tempfile
from collections.abc import Iterator

from bench import processes, servers

# Servers, with their names and options in bench.servers; the first one of each group is without fasthdr.
GROUPS = {
    "http.server": {
        "http.server": ["stdlib-nodelay"],
        "fasthdr.server": ["fasthdr"],
        "fasthdr.server, strict": ["fasthdr-strict"],
    },
    "waitress": {"waitress": ["waitress"], "waitress with the adapter": ["waitress", "--adapter"]},
}
DEFAULTS = """
global
    nbthread 1
defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
    http-reuse always
    balance roundrobin
"""
REQUEST = processes.request_of("GET", "/", "keep-alive")
CONNECTIONS = 8


class Case:
    """A server in one or more processes, and the port of HAProxy in front of them."""

    def __init__(self, running: list[tuple[processes.Child, int]], port: int) -> None:
        self.children = [child for child, _ in running]
        self.port = port
        self.time: list[float] = []  # us for each response, by the clock
        self.cpu: list[float] = []  # us for each response, of all its processes

    def measure(self, seconds: int) -> None:
        before = sum(child.cpu() for child in self.children)
        load = processes.wrk(self.port, REQUEST, CONNECTIONS, seconds)
        used = sum(child.cpu() for child in self.children) - before
        if load["status"] or load["errors"]:
            raise RuntimeError(f"not answered as it should be: {load}")
        self.time.append(load["us"] / load["requests"])
        self.cpu.append(used * 1e6 / load["requests"])


@contextlib.contextmanager
def haproxy(backends: list[list[int]]) -> Iterator[list[int]]:
    """Run HAProxy in front of these lists of ports; yields its own port for each."""
    with contextlib.ExitStack() as stack:
        listeners = [stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=128)) for _ in backends]
        file = stack.enter_context(tempfile.NamedTemporaryFile("w", suffix=".cfg"))
        file.write(DEFAULTS)
        for listener, ports in zip(listeners, backends, strict=True):
            file.write(f"listen {listener.fileno()}\n    bind fd@{listener.fileno()}\n")
            file.writelines(f"    server {port} 127.0.0.1:{port}\n" for port in ports)
        file.flush()
        numbers = [listener.fileno() for listener in listeners]
        process = stack.enter_context(subprocess.Popen(["haproxy", "-db", "-f", file.name], pass_fds=numbers))
        stack.callback(process.terminate)
        yield [listener.getsockname()[1] for listener in listeners]


@contextlib.contextmanager
def cases(counts: tuple[int, ...]) -> Iterator[dict[tuple[str, int], Case]]:
    """Start all servers, and check that all of them give the same answer."""
    with contextlib.ExitStack() as stack:
        running: dict[tuple[str, int], list[tuple[processes.Child, int]]] = {}
        for group in GROUPS.values():
            for name, arguments in group.items():
                each = [stack.enter_context(processes.server(*arguments)) for _ in range(max(counts))]
                running.update({(name, count): each[:count] for count in counts})
        backends = [[port for _, port in each] for each in running.values()]
        ports = stack.enter_context(haproxy(backends))
        made = {key: Case(each, port) for (key, each), port in zip(running.items(), ports, strict=True)}
        for (name, _), case in made.items():
            for child in case.children:
                processes.Served(name, (child, case.port), REQUEST).verify((servers.CONTENT, True))
        yield made


def ratio(one: list[float], other: list[float]) -> str:
    """Return the median of the rounds' ratios: the two values of a round were measured within seconds."""
    return f"{statistics.median(b / a for a, b in zip(one, other, strict=True)):.2f}"


def table(made: dict[tuple[str, int], Case], counts: tuple[int, ...]) -> Iterator[str]:
    ratios = "relative to one process | relative to the same without fasthdr"
    yield f"| server | processes | responses/s | {ratios} | CPU of the servers |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: |"
    for group in GROUPS.values():
        plain = next(iter(group))
        for name in group:
            for count in counts:
                case = made[name, count]
                rate = 1e6 / statistics.median(case.time)
                one = ratio(case.time, made[name, counts[0]].time)
                without = ratio(case.time, made[plain, count].time)
                cpu = statistics.median(case.cpu)
                yield f"| {name} | {count} | {rate:,.0f} | {one} | {without} | {cpu:.0f} us |"


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m examples.several_processes", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=int, default=1, help="of each case in each round")
    args = parser.parse_args(argv)
    for tool in ("haproxy", "wrk"):
        if shutil.which(tool) is None:
            parser.error(f"{tool} is not installed (Debian and Ubuntu: apt-get install {tool})")
    counts, load = (1, 2), os.getloadavg()[0]
    with cases(counts) as made:
        for _ in range(args.rounds):
            for case in random.sample(list(made.values()), len(made)):
                case.measure(args.seconds)
        print("\n".join(table(made, counts)))
    print(f"\nCPython {platform.python_version()}, {os.cpu_count()} CPUs, load before {load:.1f}; {args.rounds} rounds")


if __name__ == "__main__":
    main()
