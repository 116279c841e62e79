# SPDX-License-Identifier: MIT
"""Request bodies that end where they end (RFC 9112 6): the `rfile` of handlers that ask for it."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import fasthdr
from fasthdr._errors import ParseError

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import Message

_PIECE = 1 << 20  # bytes asked for at once: a length that the client made up must not be allocated
_CHUNK_LINE = 4096  # bytes of a chunk-size line with its extensions
_EXTENSIONS = 1 << 16  # bytes of extensions in a whole body

# chunk = chunk-size [ chunk-ext ] CRLF (RFC 9112 7.1); the content of extensions is not looked at, but for controls.
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,16})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?\r\n")


class Body(io.BufferedIOBase):
    """The body of one request, read from the connection as it is asked for; b"" at its end.

    Raises fasthdr.ParseError where the client's framing is wrong or the connection ends too early, and again at each
    later call: what follows on the connection has no meaning then.
    """

    trailers: Message | None = None  # field lines after the last chunk, once it has been read

    def __init__(self, rfile: Any, before: Callable[[], object] | None = None) -> None:
        self._rfile = rfile
        self._before = before
        self._error: ParseError | None = None
        self._left = 0  # bytes of the present span: of all the body, or of a chunk
        self._ended = False

    def readable(self) -> bool:
        return True

    @property
    def ended(self) -> bool:
        """True once the whole body has been read."""
        return self._ended

    @property
    def asked(self) -> bool:
        """True once anything has been read, and the client been told to go on (RFC 9110 10.1.1)."""
        return self._before is None

    def _next_span(self) -> int:
        """Length of what comes after a span; 0 at the end of the body."""
        return 0

    def _span(self) -> int:
        if self.closed:
            raise ValueError("I/O operation on closed file.")
        if self._error is not None:
            raise self._error
        if self._before is not None:
            before, self._before = self._before, None
            before()
        if not self._left and not self._ended:
            try:
                self._left = self._next_span()
            except ParseError as error:
                self._error = error
                raise
            self._ended = not self._left
        return self._left

    def _took(self, data: bytes) -> bytes:
        if not data:
            self._error = ParseError(400, "Incomplete body", rfc="9112 8")
            raise self._error
        self._left -= len(data)
        if not self._left:
            self._span()  # the end is seen with the last byte
        return data

    def read(self, size: int | None = -1, /) -> bytes:
        """`size` bytes, or all that are left where it is None or negative; fewer only at the end."""
        wanted = -1 if size is None else size
        pieces = []
        while wanted and self._span():
            most = min(self._left, _PIECE)
            data = self._took(self._rfile.read(most if wanted < 0 else min(most, wanted)))
            pieces.append(data)
            if wanted > 0:
                wanted -= len(data)
        return b"".join(pieces)

    def read1(self, size: int = -1, /) -> bytes:
        """At least one byte and at most `size`, by at most one read of the connection's; b"" at the end."""
        if not size or not self._span():
            return b""
        most = min(self._left, _PIECE)
        return self._took(self._rfile.read1(most if size < 0 else min(most, size)))

    def peek(self, size: int = 0, /) -> bytes:
        """Bytes that the next read returns, without taking them; b"" at the end."""
        if not self._span():
            return b""
        data: bytes = self._rfile.peek(size)[: self._left]
        if not data:
            self._took(data)
        return data

    def readline(self, size: int | None = -1, /) -> bytes:
        """Up to and with the next LF, at most `size` bytes of it."""
        wanted = -1 if size is None else size
        pieces = []
        while wanted and self._span():
            most = min(self._left, _PIECE)
            data = self._took(self._rfile.readline(most if wanted < 0 else min(most, wanted)))
            pieces.append(data)
            if data.endswith(b"\n"):
                break
            if wanted > 0:
                wanted -= len(data)
        return b"".join(pieces)

    def drain(self, limit: int) -> bool:
        """Read and forget what is left, `limit` bytes of it at most; True at the end of the body."""
        while not self._ended and limit > 0:
            limit -= len(self.read1(limit))
        return self._ended


class SizedBody(Body):
    """A body of Content-Length bytes."""

    def __init__(self, rfile: Any, length: int, before: Callable[[], object] | None = None) -> None:
        super().__init__(rfile, before)
        self._left = length
        self._ended = not length
        if self._ended:
            self._before = None


class ChunkedBody(Body):
    """A body in the chunked transfer coding (RFC 9112 7.1), decoded."""

    def __init__(
        self,
        rfile: Any,
        before: Callable[[], object] | None = None,
        *,
        max_line: int = 65536,
        max_headers: int = 100,
        max_head: int = 262144,
    ) -> None:
        super().__init__(rfile, before)
        self._limits = {"max_line": max_line, "max_headers": max_headers, "max_head": max_head}
        self._first = True
        self._extensions = 0

    def _next_span(self) -> int:
        if not self._first and self._rfile.read(2) != b"\r\n":
            raise ParseError(400, "Bad chunk", rfc="9112 7.1")
        self._first = False
        line: bytes = self._rfile.readline(_CHUNK_LINE + 1)
        found = _CHUNK.fullmatch(line)
        if found is None or len(line) > _CHUNK_LINE:
            reason = "Bad chunk" if line.endswith(b"\n") or len(line) > _CHUNK_LINE else "Incomplete body"
            raise ParseError(400, reason, rfc="9112 7.1", near=line)
        self._extensions += len(line) - len(found[1]) - 2
        if self._extensions > _EXTENSIONS:
            raise ParseError(400, "Chunk extensions too long", rfc="9112 7.1.1", near=line)
        size = int(found[1], 16)
        if not size:
            self._read_trailers()
        return size

    def _read_trailers(self) -> None:
        block = b""
        while True:
            line: bytes = self._rfile.readline(self._limits["max_line"] + 1)
            block += line
            head = fasthdr.parse_headers(block, strict=True, **self._limits)
            if head is not None:
                self.trailers = head.headers
                return
            if not line.endswith(b"\n"):
                raise ParseError(400, "Incomplete body", rfc="9112 7.1.2", near=line)
