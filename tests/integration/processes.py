# SPDX-License-Identifier: MIT
"""Programs in their own processes: run to their end, or used as servers until they are interrupted."""

from __future__ import annotations

import contextlib
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

TIMEOUT = 60

needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="processes here end by signals, as POSIX has them")


def environment(**changes: str) -> dict[str, str]:
    """Return our environment without what would change how Python or a server behaves."""
    unwanted = re.compile(r"PYTHON|COV_|COLUMNS|NO_COLOR|FORCE_COLOR|.*_proxy$", re.IGNORECASE)
    kept = {name: value for name, value in os.environ.items() if not unwanted.match(name)}
    return {**kept, "NO_COLOR": "1", "PYTHONUNBUFFERED": "1", **changes}


def run(
    *arguments: str | Path,
    cwd: Path,
    stdin: str = "",
    timeout: float = TIMEOUT,
    python: str | Path = sys.executable,
    **changes: str,
) -> subprocess.CompletedProcess[str]:
    """Run `python ARGUMENTS`, whatever its exit code."""
    return subprocess.run(
        [python, *map(str, arguments)],
        cwd=cwd,
        env=environment(**changes),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=timeout,
    )


def counts(stderr: str) -> tuple[int, int]:
    """Return how many heads there were, and how many the core parsed, as `python -m fasthdr --stats` prints at exit."""
    found = re.search(r"^fasthdr: (\d+) heads?, (\d+) read by the core$", stderr, re.MULTILINE)
    assert found, stderr
    return int(found[1]), int(found[2])


_ports = random.SystemRandom()  # tools and programs under test may seed the shared generator
_claims: list[socket.socket] = []


def free_port() -> int:
    """Return a free port, outside the range that systems give to clients: one might take it before the server does.

    No other run of these tests will use it: each run holds the UDP port of the same number until it ends.
    """
    while True:
        port = _ports.randrange(20000, 32000)
        claim = socket.socket(type=socket.SOCK_DGRAM)
        with contextlib.suppress(OSError), socket.socket() as probe:
            claim.bind(("127.0.0.1", port))
            probe.bind(("127.0.0.1", port))
            _claims.append(claim)
            return port
        claim.close()


class Served:
    """A server's process: its address, and what it printed once it has ended."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.address = ("127.0.0.1", port)
        self.stdout = self.stderr = ""

    def wait_until_it_listens(self) -> None:
        end = time.monotonic() + TIMEOUT
        while True:
            with contextlib.suppress(ConnectionRefusedError), socket.create_connection(self.address, timeout=TIMEOUT):
                return
            if self.process.poll() is not None:
                raise AssertionError(f"the server has ended:\n{self.process.stdout.read()}{self.process.stderr.read()}")
            assert time.monotonic() < end, "the server does not listen"
            time.sleep(0.02)

    def interrupt(self) -> None:
        """Interrupt the process as Ctrl-C does, and again if the signal is lost, as happens in a weakref's callback."""
        for wait in (10, TIMEOUT):
            if self.process.poll() is None:
                self.process.send_signal(signal.SIGINT)
            try:
                self.stdout, self.stderr = self.process.communicate(timeout=wait)
                return
            except subprocess.TimeoutExpired:
                if wait == TIMEOUT:
                    raise


@contextlib.contextmanager
def served(arguments: Sequence[str | Path], port: int, *, cwd: Path, **changes: str) -> Iterator[Served]:
    """Run `python ARGUMENTS`, which listens on the port, and interrupt it at the end of the block."""
    with subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        cwd=cwd,
        env=environment(**changes),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        server = Served(process, port)
        try:
            server.wait_until_it_listens()
            yield server
            server.interrupt()
        except BaseException:
            process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):  # one of its children holds the pipes
                print(*process.communicate(timeout=5), sep="\n")
            raise
