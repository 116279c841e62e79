# SPDX-License-Identifier: MIT
"""Processes that a benchmark starts, and that end with it whatever happens."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import psutil

PATIENCE = 30  # seconds for a process to say something, or to end


@dataclass(frozen=True)
class Child:
    """A process with pipes to its standard input and from its standard output."""

    process: subprocess.Popen[str]
    log: IO[str]

    def ask(self, line: str) -> str:
        """Write a line, if it is not empty, and return the line that comes back."""
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

    def cpu(self) -> tuple[float, float]:
        """Seconds of CPU time that it and its children have used, every thread, ended ones too; those in the kernel."""
        parent = psutil.Process(self.process.pid)
        times = [each.cpu_times() for each in (parent, *parent.children(recursive=True))]
        return sum(each.user + each.system for each in times), sum(each.system for each in times)

    def stop(self) -> None:
        """End it and its children."""
        try:
            family = psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            family = []
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for each in psutil.wait_procs(family, timeout=PATIENCE)[1]:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe
            with contextlib.suppress(BrokenPipeError):
                pipe.close()


@contextlib.contextmanager
def python(*arguments: str) -> Iterator[Child]:
    """This interpreter with these arguments, in a session of its own, so that an interrupt at the terminal is ours."""
    with tempfile.TemporaryFile("w+") as log:
        child = Child(
            subprocess.Popen(
                [sys.executable, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            ),
            log,
        )
        try:
            yield child
        finally:
            child.stop()


@contextlib.contextmanager
def backend(*arguments: str) -> Iterator[tuple[Child, int]]:
    """A server of bench.backends, and its port."""
    with python("-m", "bench.backends", *arguments) as child:
        yield child, int(child.ask(""))
