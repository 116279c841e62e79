# SPDX-License-Identifier: MIT
"""The client's end of a connection, for a test that moves a handler step by step: in memory, or over real sockets."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from typing import Any

from tests.handlers.memory import END, RESET, STALL, Hooks, Memory, Real
from tests.integration.wire import TIMEOUT

# What the system's buffers certainly hold.
_ROOM = 20_000  # bytes
_PIECES = 50


class InMemory:
    """A client in the same process as its server, without a socket."""

    kind: type = Memory
    resets = deafens = True  # this client can reset the connection, and stop reading
    room = 1 << 30  # bytes that it can send while the server does not read

    def __init__(self, pause: Callable[[], None], hooks: Hooks) -> None:
        self.server = Memory(pause, hooks)
        self.gone = False  # it has stopped reading

    def send(self, data: bytes) -> None:
        self.server.coming.append(data)

    def end(self) -> None:
        self.server.coming.append(END)

    def reset(self) -> None:
        self.gone = True
        self.server.coming.append(RESET)

    def stall(self) -> None:
        """Send nothing for as long as the server waits."""
        self.server.coming.append(STALL)

    def deafen(self, size: int) -> None:
        """Read this many bytes more, and then stop reading."""
        self.server.takes = len(self.server.sent) + size

    def received(self) -> bytes:
        """Return all that has come, once the server has closed."""
        self.gone = self.gone or self.server.full
        return bytes(self.server.sent)


class OverSocket:
    """A client at the other end of a pair of sockets. It reads all the time, so that no write of the server waits."""

    kind: type = Real
    resets = deafens = False

    def __init__(self, pause: Callable[[], None], hooks: Hooks) -> None:
        self._sock, server = self._pair()
        self._sock.settimeout(TIMEOUT)
        self.server = Real(server, pause, hooks)
        self.gone = False
        self._pieces = 0  # sent since the server last had read everything
        self._data = bytearray()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _pair(self) -> tuple[socket.socket, socket.socket]:
        return socket.socketpair()

    def _read(self) -> None:
        with contextlib.suppress(OSError):  # raised by reset(), after which nothing more is wanted
            while data := self._sock.recv(65536):
                self._data += data

    @property
    def room(self) -> int:
        """Bytes that can be sent now: none after many small pieces, as each takes nearly a kilobyte of the buffer."""
        unread = self.server.expected - self.server.given
        self._pieces = self._pieces if unread else 0
        return max(0, _ROOM - unread) if self._pieces < _PIECES else 0

    def send(self, data: bytes) -> None:
        self._sock.sendall(data)
        self._pieces += 1
        self.server.expected += len(data)

    def end(self) -> None:
        if not self.gone:
            self._sock.shutdown(socket.SHUT_WR)
        self.server.over = END

    def reset(self) -> None:
        raise NotImplementedError

    def stall(self) -> None:
        self.server.stalled = True

    def deafen(self, size: int) -> None:
        raise NotImplementedError

    def received(self) -> bytes:
        self._thread.join(TIMEOUT)
        assert not self._thread.is_alive(), "the server has not closed the connection"
        self._sock.close()
        return bytes(self._data)


class OverTCP(OverSocket):
    """The same as OverSocket, over the loopback interface."""

    resets = True

    def _pair(self) -> tuple[socket.socket, socket.socket]:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            client = socket.create_connection(listener.getsockname(), TIMEOUT)
            server: Any = listener.accept()[0]
        return client, server

    def reset(self) -> None:
        self.gone = True
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # The reading thread holds the descriptor; shutdown() wakes it up.
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RD)
        self._thread.join(TIMEOUT)
        self._sock.close()
        self.server.over = RESET
