# SPDX-License-Identifier: MIT
"""The load generator: wrk, with the bytes of a request as they are, and its counts as numbers."""

from __future__ import annotations

import json
import pathlib
import re
import shutil
import subprocess
from dataclasses import dataclass

SCRIPT = pathlib.Path(__file__).with_name("wrk.lua")
PROGRAM = "wrk"
ABSENT = "wrk is not installed (Debian and Ubuntu: apt-get install wrk; macOS: brew install wrk)"
PATIENCE = 30  # seconds beyond its duration


@dataclass(frozen=True)
class Load:
    """What wrk has counted.

    seconds: how long it ran. latency: microseconds, by percentile ("50", "99.9") and "mean" and "max".
    errors: by kind; "status" are responses of 400 and above, "timeout" those that took longer than two seconds.
    """

    requests: int
    seconds: float
    latency: dict[str, float]
    errors: dict[str, int]

    @property
    def nanoseconds(self) -> float:
        """Wall time by responses."""
        return self.seconds * 1e9 / self.requests


def found() -> bool:
    return shutil.which(PROGRAM) is not None


def version() -> str | None:
    """As it says itself; None where it is not installed."""
    if not found():
        return None
    # It has no option that only prints this, and ends with 1.
    said = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True).stdout
    match = re.search(r"wrk (\S+)", said)
    return match.group(1) if match else "unknown"


def run(port: int, request: pathlib.Path, connections: int, seconds: int) -> Load:
    """Send the file's bytes over so many connections to 127.0.0.1, each after the response to the one before."""
    command = [
        PROGRAM, "--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s", "--timeout", "2s",
        "--script", str(SCRIPT), f"http://127.0.0.1:{port}/", "--", str(request),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + PATIENCE)
    lines = [line for line in done.stdout.splitlines() if line.startswith('{"requests"')]
    if done.returncode or len(lines) != 1:
        raise RuntimeError(f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    counted = json.loads(lines[0])
    if not counted["requests"]:
        raise RuntimeError(f"{command}: no response in {seconds} s: {counted}")
    return Load(counted["requests"], counted["us"] / 1e6, counted["latency_us"], counted["errors"])
