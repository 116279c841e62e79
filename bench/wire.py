# SPDX-License-Identifier: MIT
"""Connections in memory, for a handler's setup() and for http.client."""

from __future__ import annotations

import io
import socket
from typing import Any


class Source:
    """The part of a socket that HTTPResponse uses."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self.data)


class Wire:
    """The part of a socket that they use. It gives the same bytes again and again; no read goes beyond their end."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at, self.timeout = memoryview(data), 0, None
        self.sent = bytearray()  # what has been sent

    def recv(self, size: int) -> bytes:
        return bytes(self._next(size))

    def recv_into(self, buffer: Any) -> int:
        data = self._next(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def _next(self, size: int) -> memoryview:
        data = self.data[self.at : self.at + size]
        self.at = (self.at + len(data)) % len(self.data)
        return data

    def sendall(self, data: Any, flags: int = 0) -> None:
        self.sent += data

    def taken(self) -> bytes:
        """Return what has been sent, and forget it."""
        sent, self.sent[:] = bytes(self.sent), b""
        return sent

    def makefile(self, mode: str = "rb", buffering: int = -1) -> io.BufferedReader:
        return io.BufferedReader(socket.SocketIO(self, "rb"))  # type: ignore[arg-type]

    def setsockopt(self, *option: object) -> None:
        pass

    shutdown = close = _decref_socketios = setsockopt

    def settimeout(self, seconds: float | None) -> None:
        self.timeout = seconds

    def gettimeout(self) -> float | None:
        return self.timeout
