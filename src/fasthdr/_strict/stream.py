# SPDX-License-Identifier: MIT
# cython: annotation_typing=False, boundscheck=True, wraparound=True, cdivision=False
"""The connection beneath an exchange: read and write bytes, within deadlines."""

from __future__ import annotations

import errno
import io
import socket
import time
from typing import TYPE_CHECKING, Any
from weakref import ref

from fasthdr._api import receive_within, send_now
from fasthdr._errors import ResponseTimeout
from fasthdr._strict.connection import WRITTEN, Watch, unseen
from fasthdr._strict.files import socket_of
from fasthdr._strict.settings import BIG, PIECE, attribute, settings_of, shorter
from fasthdr._strict.state import IDLE, OPEN

if TYPE_CHECKING:
    from collections.abc import Callable

_TIMEOUT_LEFT = 0.001  # seconds: settimeout(0) would make the socket non-blocking
_ROUNDED = 1e-6  # seconds: a socket rounds its timeout
FOREVER = 1e9  # seconds
_UNKNOWN = -1.0  # marks a timeout that we have changed without Timeout.set()
NOTHING = (b"", 0, 0)


def _has_timeout(sock: Any) -> bool:
    """Return whether a socket, or an object around one, has a timeout."""
    try:
        seconds = sock.gettimeout()
    except AttributeError:
        return False
    return (seconds is None or isinstance(seconds, (int, float))) and hasattr(sock, "settimeout")


class _NoWriter:
    """Replaces a writer that no longer exists: nothing was written, and nothing will be."""

    begun = has_sent = False
    closed = True

    def finish(self) -> bool:
        return False

    def flush(self) -> None:
        """Do nothing: there is nothing to flush, reset, drop, or open."""

    reset = drop = open = flush


NO_WRITER = _NoWriter()


class Timeout:
    """The timeout of a socket: the one for our next read or write, and the one that it has without us.

    The exchanges of one socket share it.
    """

    def __init__(self, sock: Any) -> None:
        self.sock = sock if _has_timeout(sock) else None
        self._now: Any = None if self.sock is None else sock.gettimeout  # bound once: each read and write asks it
        self.ours: Any = None if self._now is None else self._now()  # as we have set it
        self.theirs: Any = self.ours  # the handler's, one that the server has set, or the last one of the program
        self.by_program: bool = False  # the program has set `theirs` on the socket

    def set(self, seconds: float | None) -> None:
        """Make the next read or write raise TimeoutError after this many seconds."""
        sock = self.sock
        if sock is None:
            return
        now = self._now()
        if now != self.ours:
            self.note(now)
        if now != seconds:
            if seconds is not None and seconds < _TIMEOUT_LEFT:
                seconds = _TIMEOUT_LEFT
            sock.settimeout(seconds)
        self.ours = seconds

    def is_ours(self, now: float | None) -> bool:
        """Return whether a timeout that the socket has is ours, and not one that the program has set."""
        ours = self.ours
        return now == ours or ours == _UNKNOWN or (now is not None and ours is not None and abs(now - ours) < _ROUNDED)

    def note(self, now: float | None) -> None:
        """Remember the timeout that the socket has if the program has set it."""
        if not self.is_ours(now):
            self.theirs = now
            self.by_program = True

    def give_back(self) -> None:
        """Let the socket have the timeout that it has without us."""
        if self.sock is not None:
            self.note(now := self._now())
            if now != self.theirs:
                self.sock.settimeout(self.theirs)
            self.ours = self.theirs

    def lend(self) -> None:
        """Note that others of ours change the timeout now."""
        if self.sock is not None:
            self.note(self._now())
            self.ours = _UNKNOWN


class Stream:
    """The connection of a handler, which an exchange reads from and writes to.

    `buffer[at:]` has come from the client and has not been taken yet. A connection that setup() has just made is read
    ahead. From any other file, only the bytes that are needed are taken, because programs put their own files beneath
    rfile.
    """

    def __init__(self, handler: Any, fresh: bool, file: Any, before: Stream | None = None) -> None:
        """Take over the files of a handler.

        fresh: its setup() has just made them from the connection. before: the stream that had the handler until now.
        """
        sock = attribute(handler, "connection")
        fileno = getattr(socket.socket, "fileno", None)  # eventlet's class has none
        if fileno is not None and isinstance(sock, socket.socket) and fileno(sock) == -1:
            sock = socket_of(file) or sock  # a TLS socket of the program has taken the place of the handler's
        # Weak: the handler holds the views, and they hold this exchange.
        self.handler_ref: Callable[[], Any] = ref(handler)
        self.strict: bool = handler.strict is True
        self.settings = settings = settings_of(handler)
        self.state: int = IDLE
        self.watch = Watch(sock, self)
        self.key = self.watch.key
        self.fault: Exception | None = None
        self.broken: bool = False  # nobody reads what is sent
        self.file = file
        shares = before is not None and sock is not None and before.sock is sock
        self.clock: Timeout = before.clock if shares else Timeout(sock)  # type: ignore[union-attr]
        self.sock: Any = self.clock.sock
        # The limit of any read and write: the handler's timeout, or one that the server has set.
        self.timeout: Any = before.timeout if shares else self.clock.ours  # type: ignore[union-attr]
        self.idle_timeout = shorter(settings.idle_timeout, self.timeout)
        self.write_timeout = shorter(settings.write_timeout, self.timeout)
        self.ahead: bool = (
            fresh
            and sock is not None
            and type(file) is io.BufferedReader
            and type(file.raw) is socket.SocketIO
            and getattr(file.raw, "_sock", None) is sock
        )
        self.descriptor: Any = self.watch.descriptor("recv") if self.ahead else None
        self.read_once: Any = (
            self.watch.recv(sock) if self.ahead else getattr(file, "read1", None) or getattr(file, "read", None)
        )
        self.buffer: Any = b""
        self.at: int = 0
        # When a file beneath, which may use the socket several times for one call of ours, must be done; 0: any time.
        self.read_until: float = 0.0
        self.write_until: float = 0.0

    def was_written(self) -> bool:
        """Return whether the program has written to the socket directly, past wfile."""
        return self.key in WRITTEN

    def shared(self, use: str, start: bytes = b"") -> None:
        """Note that the program uses the socket itself (Exchange.shared())."""

    def goes_on(self, use: str) -> None:
        """Note that a file, which we have called once, uses the socket once more: all that it does has one deadline."""
        until = self.read_until if use == "read" else self.write_until if use == "write" else 0
        if until:
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError("timed out")
            self.set_timeout(left)

    def set_timeout(self, seconds: float | None) -> None:
        """Make the next read or write raise TimeoutError after this many seconds."""
        self.clock.set(seconds)

    def receive(self, wanted: int) -> bool:
        """Ask the connection once for more; False at its end.

        wanted: bytes that certainly belong to what is being read; 0: only the rest of a line does.
        """
        if self.ahead:
            size = PIECE if wanted < PIECE else min(wanted, BIG)
            # Without deadlines, the program's timeout holds. Without any, recv() takes no more system calls than we do.
            seconds: Any = None
            if self.descriptor is not None:
                seconds = self.clock.ours if self.strict and self.state != OPEN else self.sock.gettimeout()
            data = receive_within(self.descriptor(), size, seconds) if seconds else self.read_once(size)
        else:
            if self.key is not None and self.strict and self.state != OPEN and self.clock.ours is not None:
                self.read_until = time.monotonic() + self.clock.ours
            try:
                # The socket's recv_into() may call its recv().
                data = unseen(self.key, self._read_file)(wanted)
            finally:
                self.read_until = 0.0
        if not data:
            return False
        if self.at == len(self.buffer):
            self.buffer = data
            self.at = 0
        else:
            if type(self.buffer) is bytes:  # from here on, adding bytes costs only as much as copying them
                self.buffer = bytearray(self.buffer[self.at :])
                self.at = 0
            elif self.at > len(self.buffer) // 2:  # otherwise it would keep all that has been read
                del self.buffer[: self.at]
                self.at = 0
            self.buffer += data
        return True

    def _read_file(self, wanted: int) -> Any:
        """Read once from a file that is not setup()'s BufferedReader.

        Of a line, read what one wait gives: a client that sends it byte by byte gets no extra time for that.
        """
        file = self.file
        if wanted:
            return self.read_once(min(wanted, BIG))
        if isinstance(file, io.RawIOBase):
            return file.read(1)
        if hasattr(file, "peek") and hasattr(file, "read1"):
            there = file.peek(1)
            return file.read1(there.find(b"\n") + 1 or len(there) or 1)
        return file.readline(1 if self.strict and not hasattr(file, "read1") else PIECE + 1)

    def stream(self, wanted: int = 1) -> tuple[Any, int, int]:
        """Return where the next bytes of the connection are, without framing. Waits for one, and takes `wanted`."""
        if self.at == len(self.buffer) and not self.receive(wanted):
            return NOTHING
        return self.buffer, self.at, len(self.buffer)

    def send(self, write: Callable[..., object], descriptor: Callable[[], int] | None, data: Any) -> None:
        """Write to the connection within write_timeout. An error of the connection is raised as the client's fault.

        write: the socket's sendall(), or another file's write() or, without data, flush(). descriptor: the result of
        Watch.descriptor().

        Each later call raises it again: nothing may follow data that was not sent whole.
        """
        if self.broken:
            raise self.fault or BrokenPipeError(errno.EPIPE, "the connection has failed before")
        limited = self.strict and self.state != OPEN
        if limited:
            self.set_timeout(self.write_timeout)
        try:
            if descriptor is not None and type(data) is bytes:
                data = data[send_now(descriptor(), data) :]
            if data is None or len(data):
                if limited and self.key is not None and self.write_timeout is not None:
                    self.write_until = time.monotonic() + self.write_timeout
                try:
                    write() if data is None else write(data)
                finally:
                    self.write_until = 0.0
        except TimeoutError as error:
            self.broken = True
            limited = limited and self.write_timeout == self.settings.write_timeout
            limit = "write_timeout" if limited else "the timeout of the connection"
            self.fault = ResponseTimeout(f"the client did not read the response within {limit}")
            raise self.fault from error
        except OSError as error:
            self.broken = True
            self.fault = error
            raise
