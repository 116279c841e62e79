# SPDX-License-Identifier: MIT
"""Processes that a benchmark starts and that end with it; and wrk, the load generator."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

import psutil

import fasthdr
from bench.payloads import PICOHTTPPARSER, Payload

PATIENCE = 30  # seconds to wait for a process to say something, or to end
FORM = b"name=value&" * 93 + b"\n"  # the 1 KB of a POST
SCRIPT = pathlib.Path(__file__).with_name("wrk.lua")
NO_WRK = None if shutil.which("wrk") else "wrk is not installed (Debian and Ubuntu: apt-get install wrk)"


@dataclass(frozen=True)
class Child:
    """A process with pipes to its standard input and from its standard output."""

    process: subprocess.Popen[str]
    log: IO[str]

    def ask(self, line: str = "") -> str:
        """Write a line unless it is empty, and return the answer. Raises RuntimeError with its standard error."""
        assert self.process.stdin
        assert self.process.stdout
        with contextlib.suppress(BrokenPipeError):  # a process that has ended is reported below
            self.process.stdin.write(line + "\n" if line else "")
            self.process.stdin.flush()
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        answer = self.process.stdout.readline() if ready else ""
        if not answer:
            self.log.seek(0)
            raise RuntimeError(f"{self.process.args!r} said nothing; its standard error:\n{self.log.read()}")
        return answer.rstrip("\n")

    def cpu(self) -> float:
        """Return seconds of CPU time, user and system, of the process and its children, ended threads included."""
        parent = psutil.Process(self.process.pid)
        times = [each.cpu_times() for each in (parent, *parent.children(recursive=True))]
        return float(sum(each.user + each.system for each in times))

    def pin(self) -> None:
        """Let it share the last CPU with others, if the system supports that."""
        each = psutil.Process(self.process.pid)
        if hasattr(each, "cpu_affinity"):
            each.cpu_affinity(each.cpu_affinity()[-1:])

    def stop(self) -> None:
        """End it and its children, which form a session."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(PATIENCE)
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe
            with contextlib.suppress(BrokenPipeError):
                pipe.close()


@contextlib.contextmanager
def python(*arguments: str) -> Iterator[Child]:
    """Run this interpreter in a new session, so that an interrupt at the terminal does not reach it."""
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        child = Child(process, log)
        try:
            yield child
        finally:
            child.stop()


@contextlib.contextmanager
def server(*arguments: str) -> Iterator[tuple[Child, int]]:
    """Run a server of bench.servers; yields the process and its port."""
    with python("-m", "bench.servers", *arguments) as child:
        line = child.ask()
        found = re.search(r"(?:^|port )(\d+)", line)
        if found is None:
            raise RuntimeError(f"no port in {line!r}")
        yield child, int(found[1])


def wrk(port: int, request: bytes, connections: int, seconds: int) -> dict[str, Any]:
    """Send the request over this many connections to 127.0.0.1, each time after the response to the one before.

    Returns wrk's counts: requests, us (how long it ran), p50_us and p99_us (latency), status (responses of 400 and
    above), errors (of other kinds).
    """
    with tempfile.NamedTemporaryFile() as file:
        file.write(request)
        file.flush()
        command = [
            "wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s", "--timeout", "2s",
            "--script", str(SCRIPT), f"http://127.0.0.1:{port}/", "--", file.name,
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + PATIENCE)
    lines = [line for line in done.stdout.splitlines() if line.startswith('{"requests"')]
    if done.returncode or len(lines) != 1:
        raise RuntimeError(f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    counted: dict[str, Any] = json.loads(lines[0])
    if not counted["requests"]:
        raise RuntimeError(f"{command}: no response in {seconds} s: {counted}")
    return counted


def request_of(method: str, target: str, persistence: str) -> bytes:
    """Make the request with 9 fields, with this method, target and Connection option."""
    fields = [(name, value) for name, value in PICOHTTPPARSER.fields if name != "Connection"]
    fields.append(("Connection", persistence))
    content = FORM if method == "POST" else b""
    if content:
        fields += [("Content-Type", "application/x-www-form-urlencoded"), ("Content-Length", str(len(content)))]
    return Payload("", (method, target, "HTTP/1.1"), tuple(fields)).data + content


def response_on(connection: socket.socket) -> tuple[Any, bytes]:
    """Read a head, and as much content as it announces."""
    data, head = b"", None
    while head is None or len(data) < head.consumed + (head.content_length or 0):
        piece = connection.recv(1 << 20)
        assert piece, f"the connection ended after {data[:500]!r}"
        data += piece
        head = head or fasthdr.parse_response(data)
    return head, data[head.consumed :]


class Served:
    """A case: one server in one scenario."""

    def __init__(self, peer: str, server: tuple[Child, int], request: bytes, connections: int = 4) -> None:
        self.peer, (self.child, self.port), self.request, self.connections = peer, server, request, connections
        self.info: dict[str, Any] = {"cpu_ns": [], "p50_us": [], "p99_us": [], "errors": []}

    def verify(self, expected: tuple[bytes, bool | None]) -> None:
        """Check the answers. expected: the content, and whether the connection persists (None: either)."""
        content, persists = expected
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as connection:
            for _ in range(3 if persists else 1):
                connection.sendall(self.request)
                head, seen = response_on(connection)
                if (head.status, seen) != (200, content):
                    raise AssertionError(f"answered {head.status} with {seen[:500]!r}")
            if persists is False and (said := head.get("Connection"), connection.recv(65536)) != ("close", b""):
                raise AssertionError(f"did not close, or did not say so: {said!r}")

    def calls(self) -> int:
        return 1

    def batch(self, calls: int) -> float:
        before = self.child.cpu()
        load = wrk(self.port, self.request, self.connections, seconds=1)
        used = self.child.cpu() - before
        if load["status"]:
            raise AssertionError(f"{self.peer} answered with a status of 400 or above")
        self.info["cpu_ns"].append(used * 1e9 / load["requests"])
        for name in ("p50_us", "p99_us", "errors"):
            self.info[name].append(load[name])
        return float(load["us"] * 1e3 / load["requests"])
