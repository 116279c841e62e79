# SPDX-License-Identifier: MIT
# cython: annotation_typing=False, boundscheck=True, wraparound=True, cdivision=False
"""The rfile of strict and framed handlers."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, Any

from fasthdr._strict.head import request_line
from fasthdr._strict.settings import PIECE
from fasthdr._strict.state import CLOSED, HEAD, IDLE, MEANINGS, OPEN, State
from fasthdr._strict.view import View

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message

    from typing_extensions import Self

    from fasthdr._strict.exchange import Exchange

_MOST = sys.maxsize // 2


class BodyReader(View):
    """The rfile of a handler: an io.BufferedIOBase that reads only what the exchange allows.

    Between requests, readline() reads the next request line. From then on the reader ends where the request's body
    ends: it returns b"" there, whatever the client sends next. After an upgrade it reads the connection as it is.

    It returns the content of a body without the chunked coding or, under install(strict=True), the bytes as sent, which
    are checked as they are read. If the body is malformed, too large, too slow, or cut off, a read raises
    fasthdr.ParseError, and so does every later one; by then the client has its response.
    """

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.closed: bool = False
        self._unbuffered: bool = isinstance(exchange.file, io.RawIOBase)  # rbufsize is 0

    @property
    def trailers(self) -> Message | None:
        """The trailer section of a chunked body whose end has been read, without fields that must not be there."""
        return self.exchange.trailers()

    @property
    def beneath(self) -> Any:
        """The file that this reader has replaced."""
        return self.exchange.file

    @property
    def raw(self) -> Any:
        """What the file beneath reads from. The caller may read there directly, so the connection has to end."""
        self.exchange.closes = True
        return self.exchange.file.raw

    @property
    def _sock(self) -> Any:
        """The socket of an unbuffered file, which CGIHTTPRequestHandler reads from if it cannot fork."""
        sock = self.exchange.file._sock
        self.exchange.closes = True
        return sock

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return False

    # The writing methods of an io.BufferedIOBase.

    def write(self, data: Any, /) -> int:
        raise io.UnsupportedOperation("write")

    def writelines(self, lines: Any, /) -> None:
        raise io.UnsupportedOperation("writelines")

    def flush(self) -> None:
        """Do nothing: a reader has nothing to flush."""

    def fileno(self) -> int:
        """Return the file descriptor. The caller may read from it directly, so the connection has to end."""
        return self.exchange.fileno()

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self.exchange.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _region(self, wanted: int = 1) -> tuple[Any, int, int]:
        """Return where the next bytes are: buffer, start, stop; start == stop at the end. Waits for one at least.

        wanted: the bytes to take from a connection that is the program's.
        """
        if self.closed:
            raise ValueError("I/O operation on closed file.")
        exchange = self.exchange
        if exchange.state == HEAD:
            exchange.give_up_framing()
        if exchange.state == IDLE:
            return exchange.before_request()
        if exchange.state == OPEN:
            return exchange.stream(wanted)
        return exchange.content()

    def read1(self, size: int = -1, /) -> bytes:
        """Read at least one byte and at most `size`, with at most one wait; b"" at the end."""
        if size == 0:
            return b""
        buffer, start, stop = self._region((size if size > 0 else PIECE) if self._unbuffered else 1)
        if 0 < size < stop - start:
            stop = start + size
        data = bytes(buffer[start:stop])
        self.exchange.took(len(data))
        return data

    def read(self, size: int | None = -1, /) -> bytes:
        """Read `size` bytes, or all to the end if it is None or negative; fewer only at the end.

        If rbufsize is 0, do the same as read1(), as the standard library's rfile then does.
        """
        if size is None or size < 0:
            left = _MOST
        elif self._unbuffered and self.exchange.body_file is None:
            return self.read1(size)
        else:
            left = size
        pieces = []
        while left:
            data = self.read1(left)
            if not data:
                break
            pieces.append(data)
            left -= len(data)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def readinto(self, buffer: Any, /) -> int:
        """Read into a writable buffer until it is full; fewer bytes only at the end, or as read() if rbufsize is 0."""
        with memoryview(buffer).cast("B") as view:
            data = self.read(len(view))
            view[: len(data)] = data
        return len(data)

    def readinto1(self, buffer: Any, /) -> int:
        """Read into a writable buffer, with at most one wait."""
        with memoryview(buffer).cast("B") as view:
            data = self.read1(len(view))
            view[: len(data)] = data
        return len(data)

    def peek(self, size: int = 0, /) -> bytes:
        """Return bytes that the next read will return, without taking them; b"" at the end."""
        buffer, start, stop = self._region()
        return bytes(buffer[start:stop])

    def readline(self, size: int | None = -1, /) -> bytes:
        """Read up to and including the next LF, at most `size` bytes; between requests: the next request line."""
        exchange = self.exchange
        left = _MOST if size is None or size < 0 else min(size, _MOST)
        if exchange.state == IDLE and not self.closed:
            return request_line(exchange, left)
        pieces = []
        while left:
            buffer, start, stop = self._region()
            if start == stop:
                break
            if left < stop - start:
                stop = start + left
            end = buffer.find(b"\n", start, stop) + 1
            data = bytes(buffer[start : end or stop])
            exchange.took(len(data))
            pieces.append(data)
            if end:
                break
            left -= len(data)
        return b"".join(pieces)

    def readlines(self, hint: int | None = -1, /) -> list[bytes]:
        """Read lines to the end, or until they have `hint` bytes."""
        lines = []
        size = 0
        for line in self:
            lines.append(line)
            size += len(line)
            if hint is not None and 0 < hint <= size:
                break
        return lines

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    def __repr__(self) -> str:
        state = State(CLOSED if self.closed else self.exchange.state)
        return f"<rfile of a handler, {state.name}: {MEANINGS[state]}>"


io.BufferedIOBase.register(BodyReader)
