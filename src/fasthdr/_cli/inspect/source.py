# SPDX-License-Identifier: MIT
"""The input, read in pieces: what has been processed is dropped."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PIECE = 1 << 16  # bytes asked for at a time
MOST = 1 << 19  # bytes of a head, or of a line of a capture, that are kept

_BLANK_LINE = re.compile(rb"\n\r?\n")
_LINE_ENDS = re.compile(rb"[\r\n]*")
_BARE_CR = re.compile(rb"\r(?!\n)")


class Source:
    """Hold the bytes of an input from `start` on.

    data: bytes that have been read but not taken yet. start: the offset of the first of them in the input.
    """

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read
        self._ended = False
        self.data = bytearray()
        self.start = 0

    def more(self) -> bool:
        """Read a piece. Returns False at the end of the input."""
        piece = b"" if self._ended else self._read(PIECE)
        self._ended = not piece
        self.data += piece
        return bool(piece)

    def want(self, count: int) -> None:
        """Read until there are `count` bytes, or the input ends."""
        while len(self.data) < count and self.more():
            pass

    def take(self, count: int) -> bytes:
        """Return the next `count` bytes and drop them here."""
        taken = bytes(self.data[:count])
        del self.data[:count]
        self.start += len(taken)
        return taken

    def rest(self) -> int:
        """Read to the end and drop it. Returns the number of bytes."""
        start = self.start
        self.take(len(self.data))
        while self.more():
            self.take(len(self.data))
        return self.start - start

    def empty_lines(self) -> int:
        """Return the length of the empty lines that come next. It stops counting at about PIECE bytes."""
        while True:
            run = _LINE_ENDS.match(self.data)
            ends = run[0] if run else b""
            del run  # it holds the bytearray
            bare = _BARE_CR.search(ends)
            end = bare.start() if bare else len(ends)
            if len(self.data) > end + 1 or end >= PIECE or not self.more():
                return end

    def head_end(self, start: int) -> int | None:
        """Return one past the empty line that ends the head at data[start]; None if MOST bytes have none.

        An empty line is CRLF or LF, as the standard library reads it.
        """
        seen = start
        while True:
            if self.data[start : start + 1] == b"\n" or self.data[start : start + 2] == b"\r\n":
                return start + 1 + (self.data[start] == 0x0D)
            found = _BLANK_LINE.search(self.data, max(start, seen - 3))
            end = found.end() if found else None
            del found
            if end is not None:
                return end
            seen = len(self.data)
            if seen - start >= MOST or not self.more():
                return None
