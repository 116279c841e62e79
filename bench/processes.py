# SPDX-License-Identifier: MIT
"""Processes that a benchmark starts, and that end with it; and wrk, the load generator."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

import psutil

PATIENCE = 30  # seconds for a process to say something, or to end
SCRIPT = pathlib.Path(__file__).with_name("wrk.lua")
NO_WRK = None if shutil.which("wrk") else "wrk is not installed (Debian and Ubuntu: apt-get install wrk)"


@dataclass(frozen=True)
class Child:
    """A process with pipes to its standard input and from its standard output."""

    process: subprocess.Popen[str]
    log: IO[str]

    def ask(self, line: str = "") -> str:
        """Write a line, if it is not empty, and return what comes back. Raises RuntimeError with its standard error."""
        assert self.process.stdin
        assert self.process.stdout
        with contextlib.suppress(BrokenPipeError):  # one that has ended is told of below
            self.process.stdin.write(line + "\n" if line else "")
            self.process.stdin.flush()
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        answer = self.process.stdout.readline() if ready else ""
        if not answer:
            self.log.seek(0)
            raise RuntimeError(f"{self.process.args!r} said nothing; its standard error:\n{self.log.read()}")
        return answer.rstrip("\n")

    def cpu(self) -> float:
        """Seconds of CPU time, user and system, that it and its children have used, ended threads too."""
        parent = psutil.Process(self.process.pid)
        times = [each.cpu_times() for each in (parent, *parent.children(recursive=True))]
        return float(sum(each.user + each.system for each in times))

    def pin(self) -> None:
        """Have it share the last CPU with others, where the system has that."""
        each = psutil.Process(self.process.pid)
        if hasattr(each, "cpu_affinity"):
            each.cpu_affinity(each.cpu_affinity()[-1:])

    def stop(self) -> None:
        """End it and its children, which are a session."""
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
    """Run this interpreter in a new session: an interrupt at the terminal is for us alone."""
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
    """Run a server of bench.servers; yields its port, too."""
    with python("-m", "bench.servers", *arguments) as child:
        line = child.ask()
        found = re.search(r"(?:^|port )(\d+)", line)
        if found is None:
            raise RuntimeError(f"no port in {line!r}")
        yield child, int(found[1])


def wrk(port: int, request: bytes, connections: int, seconds: int) -> dict[str, Any]:
    """Send the request over so many connections to 127.0.0.1, each after the response to the one before.

    Returns what wrk has counted: requests, us (how long it ran), p50_us and p99_us (latency), status (responses of 400
    and above), errors (of other kinds).
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
