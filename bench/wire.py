# SPDX-License-Identifier: MIT
"""A connection in memory, for a handler's setup() and http.client's connections."""

from __future__ import annotations

import io
import socket
from typing import Any


class Wire:
    """As much of a socket as they use: it gives the same bytes again and again, never more than them at once."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = memoryview(data), 0
        self.sent = bytearray()  # what has gone out

    def recv(self, size: int) -> bytes:
        start = self.at
        end = self.at = min(start + size, len(self.data))
        if end == len(self.data):
            self.at = 0
        return bytes(self.data[start:end])

    def recv_into(self, buffer: Any) -> int:
        start = self.at
        end = self.at = min(start + len(buffer), len(self.data))
        if end == len(self.data):
            self.at = 0
        buffer[: end - start] = self.data[start:end]
        return end - start

    def sendall(self, data: Any, flags: int = 0) -> None:
        self.sent += data

    def taken(self) -> bytes:
        """Return what has gone out, and forget it."""
        sent = bytes(self.sent)
        self.sent.clear()
        return sent

    def makefile(self, mode: str = "rb", buffering: int = -1) -> io.BufferedReader:
        return io.BufferedReader(socket.SocketIO(self, "rb"))  # type: ignore[arg-type]

    def setsockopt(self, *option: object) -> None:
        pass

    settimeout = shutdown = close = _decref_socketios = setsockopt

    def gettimeout(self) -> float | None:
        return None
