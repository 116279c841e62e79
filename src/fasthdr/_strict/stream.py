# SPDX-License-Identifier: MIT
# cython: annotation_typing=False, boundscheck=True, wraparound=True, cdivision=False
"""The connection beneath an exchange: bytes in, within a deadline, and bytes out."""

from __future__ import annotations

import errno
import io
import socket
from typing import TYPE_CHECKING, Any
from weakref import ref

from fasthdr._errors import AnswerTimeout
from fasthdr._strict.connection import WRITTEN, Watch
from fasthdr._strict.settings import attribute, least, settings_of
from fasthdr._strict.state import IDLE, OPEN

if TYPE_CHECKING:
    from collections.abc import Callable

    from fasthdr._strict.state import State

PIECE = 65536  # bytes asked of the connection at once
BIG = 16 * PIECE
_TIMEOUT_LEFT = 0.001  # seconds: settimeout(0) would make the socket non-blocking
NOTHING = (b"", 0, 0)


class View:
    """What rfile and wfile have in common: an io.BufferedIOBase over a connection, which cannot seek."""

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
    """The connection of a handler, as an exchange reads from it and writes to it.

    `buffer[at:]` has come from the client and is not taken yet. A connection that setup() has just made is read ahead
    of what is asked for. From any other file exactly the bytes that are asked for are taken, as programs keep files of
    their own beneath rfile.
    """

    def __init__(self, handler: Any, fresh: bool, file: Any, before: Stream | None = None) -> None:
        """Take over the files of a handler.

        fresh: its setup() has just made them of the connection. before: what has had the handler so far.
        """
        sock = attribute(handler, "connection")
        self.ref: Callable[[], Any] = ref(handler)  # not more, as the handler holds the views, and they this exchange
        self.strict: bool = handler.strict is True
        self.settings = settings = settings_of(handler)
        self.watch = Watch(sock)
        self.key = self.watch.key
        self.state: State = IDLE
        self.fault: Exception | None = None
        self.broken: bool = False  # nobody reads what is sent
        self.file = file
        self.sock = sock if hasattr(type(sock), "settimeout") else None
        self.seconds: Any = None if self.sock is None else sock.gettimeout()  # its timeout
        # What that is without us: the handler's timeout, or one that the server has set.
        self.timeout: Any = self.seconds if before is None or before.sock is not self.sock else before.timeout
        self.idle_timeout = least(settings.idle_timeout, self.timeout)
        self.write_timeout = least(settings.write_timeout, self.timeout)
        self.ahead: bool = (
            fresh
            and sock is not None
            and type(file) is io.BufferedReader
            and type(file.raw) is socket.SocketIO
            and getattr(file.raw, "_sock", None) is sock
        )
        self.ask: Any = sock.recv if self.ahead else getattr(file, "read1", None) or getattr(file, "read", None)
        self.buffer: Any = b""
        self.at: int = 0

    def was_written(self) -> bool:
        """Whether the program has written to the socket itself, past wfile."""
        return self.key in WRITTEN

    def waits(self, seconds: float | None) -> None:
        """Have the next read or write raise TimeoutError after so many seconds."""
        if self.sock is not None and self.seconds != seconds:
            self.sock.settimeout(seconds if seconds is None else max(seconds, _TIMEOUT_LEFT))
            self.seconds = seconds

    def receive(self, wanted: int) -> bool:
        """Ask the connection once for more; False at its end.

        wanted: bytes that certainly belong to what is being read; 0: a line does.
        """
        if self.ahead:
            data = self.ask(PIECE if wanted < PIECE else min(wanted, BIG))
        elif wanted:
            data = self.ask(min(wanted, BIG))
        else:
            data = self._part_of_line()
        if not data:
            return False
        if self.at == len(self.buffer):
            self.buffer = data
            self.at = 0
        else:
            if type(self.buffer) is bytes:  # from here on, more bytes cost as much as themselves
                self.buffer = bytearray(self.buffer[self.at :])
                self.at = 0
            self.buffer += data
        return True

    def _part_of_line(self) -> Any:
        """What can be had of a line with one wait: a client that sends it byte by byte gets no more time for that."""
        file = self.file
        if type(file) is io.BufferedReader:
            there = file.peek(1)
            return file.read1(there.find(b"\n") + 1 or len(there)) if there else b""
        return file.read(1) if type(file) is socket.SocketIO else file.readline(PIECE + 1)

    def stream(self) -> tuple[Any, int, int]:
        """Where the next bytes of the connection lie, framed by nothing. Waits for one at least."""
        if self.at == len(self.buffer) and not self.receive(1):
            return NOTHING
        return self.buffer, self.at, len(self.buffer)

    def send(self, write: Callable[[Any], object], data: Any) -> None:
        """Write to the connection, within write_timeout. Raises what the connection raises, as the client's fault.

        Each later call raises the same: nothing may follow what was not sent whole.
        """
        if self.broken:
            raise self.fault or BrokenPipeError(errno.EPIPE, "the connection has failed before")
        if self.strict and self.state is not OPEN:
            self.waits(self.write_timeout)
        try:
            write(data)
        except TimeoutError as error:
            self.broken = True
            self.fault = AnswerTimeout("the client does not take the answer")
            raise self.fault from error
        except OSError as error:
            self.broken = True
            self.fault = error
            raise

    def look(self) -> None:
        """See how long the connection waits: whoever had it may have changed that."""
        if self.sock is not None:
            self.seconds = self.sock.gettimeout()
