# SPDX-License-Identifier: MIT
# cython: annotation_typing=False, boundscheck=True, wraparound=True, cdivision=False
"""The connection beneath an exchange: read and write bytes, within deadlines."""

from __future__ import annotations

import errno
import io
import socket
from typing import TYPE_CHECKING, Any
from weakref import ref

from fasthdr._api import receive_within, send_now
from fasthdr._errors import ResponseTimeout
from fasthdr._strict.connection import WRITTEN, Watch, unseen
from fasthdr._strict.settings import BIG, PIECE, attribute, settings_of, shorter
from fasthdr._strict.state import IDLE, OPEN

if TYPE_CHECKING:
    from collections.abc import Callable

_TIMEOUT_LEFT = 0.001  # seconds: settimeout(0) would make the socket non-blocking
_ROUNDED = 1e-6  # seconds: a socket rounds its timeout
FOREVER = 1e9  # also marks a timeout that we have changed without set_timeout()
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


class View:
    """What rfile and wfile share: an io.BufferedIOBase over the file `beneath` of a connection, which cannot seek."""

    @property
    def mode(self) -> Any:
        """The mode of the file beneath, if it has one."""
        return self.beneath.mode  # type: ignore[attr-defined]

    @property
    def name(self) -> Any:
        """The name of the file beneath, if it has one: a socket's is its descriptor, with what follows from that."""
        return self.beneath.name  # type: ignore[attr-defined]

    def __reduce__(self) -> Any:
        raise TypeError(f"cannot copy or pickle a {type(self).__name__}: it belongs to an open connection")

    def seekable(self) -> bool:
        return False

    def isatty(self) -> bool:
        return False

    def detach(self) -> Any:
        raise io.UnsupportedOperation("detach")

    def seek(self, offset: int, whence: int = 0, /) -> int:
        raise io.UnsupportedOperation("seek")

    def tell(self) -> int:
        raise io.UnsupportedOperation("tell")

    def truncate(self, size: int | None = None, /) -> int:
        raise io.UnsupportedOperation("truncate")


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
        self.sock = sock if _has_timeout(sock) else None
        self.socket_timeout: Any = None if self.sock is None else sock.gettimeout()  # as we have set it
        # The timeout without us: the handler's, or one that the server has set.
        self.timeout: Any = self.socket_timeout if before is None or before.sock is not self.sock else before.timeout
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

    def was_written(self) -> bool:
        """Return whether the program has written to the socket directly, past wfile."""
        return self.key in WRITTEN

    def shared(self, use: str) -> None:
        """Note that the program uses the socket itself (Exchange.shared())."""

    def set_timeout(self, seconds: float | None) -> None:
        """Make the next read or write raise TimeoutError after so many seconds."""
        if self.sock is not None and self.socket_timeout != seconds:
            self.socket_timeout = seconds if seconds is None else max(seconds, _TIMEOUT_LEFT)
            self.sock.settimeout(self.socket_timeout)

    def timeout_is_ours(self) -> bool:
        """Return whether the socket has the timeout that set_timeout() has set, and not one of the program."""
        if self.sock is None:
            return False
        now, ours = self.sock.gettimeout(), self.socket_timeout
        return now == ours or (now is not None and ours is not None and abs(now - ours) < _ROUNDED)

    def receive(self, wanted: int) -> bool:
        """Ask the connection once for more; False at its end.

        wanted: bytes that certainly belong to what is being read; 0: only the rest of a line does.
        """
        if self.ahead:
            size = PIECE if wanted < PIECE else min(wanted, BIG)
            # The program may have set another timeout. Without one, recv() takes no more system calls than we would.
            seconds: Any = None if self.descriptor is None else self.sock.gettimeout()  # type: ignore[union-attr]
            data = receive_within(self.descriptor(), size, seconds) if seconds else self.read_once(size)
        else:
            # The socket's recv_into() may call its recv().
            data = unseen(self.key, self._read_file)(wanted)
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
        if type(file) is io.BufferedReader:
            there = file.peek(1)
            return file.read1(there.find(b"\n") + 1 or len(there)) if there else b""
        return file.read(1) if type(file) is socket.SocketIO else file.readline(PIECE + 1)

    def stream(self) -> tuple[Any, int, int]:
        """Return where the next bytes of the connection are, without framing. Waits for one at least."""
        if self.at == len(self.buffer) and not self.receive(1):
            return NOTHING
        return self.buffer, self.at, len(self.buffer)

    def send(self, write: Callable[[Any], object], descriptor: Callable[[], int] | None, data: Any) -> None:
        """Write to the connection within write_timeout. An error of the connection is raised as the client's fault.

        write: the socket's sendall(), or another file's write(). descriptor: the result of Watch.descriptor().

        Each later call raises it again: nothing may follow data that was not sent whole.
        """
        if self.broken:
            raise self.fault or BrokenPipeError(errno.EPIPE, "the connection has failed before")
        if self.strict and self.state != OPEN:
            self.set_timeout(self.write_timeout)
        try:
            if descriptor is not None and type(data) is bytes:
                data = data[send_now(descriptor(), data) :]
            if len(data):
                write(data)
        except TimeoutError as error:
            self.broken = True
            self.fault = ResponseTimeout("the client did not read the response within write_timeout")
            raise self.fault from error
        except OSError as error:
            self.broken = True
            self.fault = error
            raise

    def refresh_timeout(self) -> None:
        """Read the timeout of the connection again: the program may have changed it."""
        if self.sock is not None:
            self.socket_timeout = self.sock.gettimeout()
