# SPDX-License-Identifier: MIT
"""The servers' processes, each started once and used until the end."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import fasthdr
from tests.integration.processes import TIMEOUT, environment
from tests.matrix.servers import Cell, missing

_ROOT = Path(__file__).resolve().parents[2]
_PORT = re.compile(r"(?:\bport |http://127\.0\.0\.1:)([1-9]\d*)")
_PATHS = [str(Path(fasthdr.__file__).resolve().parents[1]), str(_ROOT)]

# Python does not handle SIGTERM, so coverage could not write its data.
_END = signal.SIGINT if "coverage" in sys.modules else signal.SIGTERM

CGI = """#!/bin/sh
echo "handled: $REQUEST_METHOD $PATH_INFO" >&2
printf 'Content-Type: application/octet-stream\\r\\n'
printf 'X-Method: %s\\r\\nX-Path: %s\\r\\n\\r\\n' "$REQUEST_METHOD" "$PATH_INFO"
[ "$QUERY_STRING" = leave ] || head -c "${CONTENT_LENGTH:-0}"
"""


def _fill(folder: Path) -> None:
    """Write files for the servers of files; a CGI program runs as nobody, who must be able to reach it."""
    for name in ("first", "last", "smuggled"):
        (folder / name).write_text(name)
    (folder / "cgi-bin").mkdir()
    (folder / "cgi-bin" / "echo").write_text(CGI)
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755)


class Running:
    """A server's process, its address once it listens, and its log."""

    def __init__(self, cell: Cell, folder: Path, log: Path) -> None:
        self.persists = cell.server.persists
        self._log = log
        self._read = 0
        with log.open("wb") as file:
            self._process = subprocess.Popen(
                [sys.executable, *cell.command(folder)],
                cwd=_ROOT,
                env=environment(PYTHONPATH=os.pathsep.join(_PATHS)),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
            )
        self._port = 0

    @property
    def address(self) -> tuple[str, int]:
        end = time.monotonic() + TIMEOUT
        while not self._port:
            ended = self._process.poll() is not None
            found = _PORT.search(self.log())
            if found:
                self._port = int(found[1])
                self._read = self._log.stat().st_size
                break
            assert not ended, f"the server has ended:\n{self.log()}"
            assert time.monotonic() < end, f"the server does not listen:\n{self.log()}"
            time.sleep(0.01)
        return "127.0.0.1", self._port

    @property
    def url(self) -> str:
        return "http://%s:%d" % self.address

    def log(self) -> str:
        """Return all that the server has printed."""
        return self._log.read_text("utf-8", "replace")

    def new_in_log(self) -> str:
        """Return what it has printed since the last call."""
        with self._log.open("rb") as file:
            file.seek(self._read)
            data = file.read()
        self._read += len(data)
        return data.decode("utf-8", "replace")

    def end(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(_END)

    def wait(self) -> None:
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:  # a signal that comes in a callback may be lost
            self._process.kill()
            self._process.wait()


class Farm:
    """The running servers, by cell."""

    def __init__(self) -> None:
        # Only their owner can reach pytest's own temporary folders.
        self._folder = Path(tempfile.mkdtemp()).resolve()
        (self._folder / "site").mkdir()
        self.folder = self._folder / "site"
        _fill(self.folder)
        self._folder.chmod(0o755)
        self._running: dict[Cell, Running] = {}

    def start(self, cells: Iterable[Cell]) -> None:
        """Start the servers that are not running yet, all at the same time, without waiting for them."""
        for cell in cells:
            if cell not in self._running and not missing(cell.name):
                log = self._folder / f"{len(self._running)}.log"
                self._running[cell] = Running(cell, self.folder, log)

    def __getitem__(self, cell: Cell) -> Running:
        self.start([cell])
        return self._running[cell]

    def close(self) -> None:
        for running in self._running.values():
            running.end()
        for running in self._running.values():
            running.wait()
        shutil.rmtree(self._folder)
