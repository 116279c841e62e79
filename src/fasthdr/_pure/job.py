# SPDX-License-Identifier: MIT
"""One call of a sans-I/O function in plain Python: its limits, and the bytes that it reads."""

from __future__ import annotations

import operator
import sys
from typing import TYPE_CHECKING, SupportsIndex, TypeVar

from fasthdr._errors import SHOWN, ParseError
from fasthdr._limits import MAX_HEAD
from fasthdr._pure.counts import count
from fasthdr._pure.lines import EMPTY_LINES, Limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Buffer

    from fasthdr._pure.head import Head

# Bytes of a head: the largest offset that a table can hold. On a 32-bit machine, sums with it must be offsets, too.
MOST = min(2**32 - 1, sys.maxsize // 2)

_PIECE = 2048  # bytes that are copied first
_GROWTH = 4  # factor for each further copy, until the head is complete

_H = TypeVar("_H", bound="Head")


def limit_of(value: object, name: str, least: int = 1, most: int = MOST, otherwise: int = MOST) -> int:
    """Return a limit that the caller gives: an int of at least `least`, cut to `most`; `otherwise` for None."""
    if value is None:
        return otherwise
    if not isinstance(value, int):
        raise TypeError(f"{name} must be int or None, not {type(value).__name__}")
    if value < least:
        raise ValueError(f"{name} must be {least} or more, not {value}")
    return min(value, most)


def limits_of(
    strict: bool, max_line: int | None, max_headers: int | None, max_head: int | None, max_start_line: int | None
) -> Limits:
    line = limit_of(max_line, "max_line")
    return Limits(
        line,
        limit_of(max_headers, "max_headers"),
        limit_of(max_head, "max_head", otherwise=MAX_HEAD if strict else MOST),
        limit_of(max_start_line, "max_start_line", otherwise=line),
    )


def checked_start(start: SupportsIndex) -> int:
    start = operator.index(start)
    if not -sys.maxsize - 1 <= start <= sys.maxsize:
        raise OverflowError("Python int too large to convert to C ssize_t")
    if start < 0:
        raise ValueError(f"start must not be negative, but is {start}")
    return start


def parsed(
    parse: Callable[[bytes, Limits], _H | None],
    data: Buffer,
    limits: Limits,
    start: SupportsIndex,
    why: Callable[[bytes, Limits], tuple[str, int | None]],
    folds: bool = False,
    counted: bool = True,
) -> _H | None:
    """Parse copies of the input from `start` on until one has the whole head. Returns None while it is incomplete.

    why: returns the reason to count for a head that is left to the standard library, and its offset.
    folds: a field may have any number of lines.
    counted: count the head; a refusal is always counted.

    This reads only what a head within the limits can take, plus enough to tell that it exceeds them.
    """
    start = checked_start(start)
    with memoryview(data) as view:
        if not view.c_contiguous:
            raise BufferError("the buffer is not contiguous")
        with view.cast("B") as octets:
            if start > len(octets):
                raise ValueError(f"start is beyond the {len(octets)} bytes of data")
            most = min(len(octets) - start, limits.head)
            if not folds:
                most = min(most, (limits.lines + EMPTY_LINES + 2) * (limits.line + 1) + limits.start_line)
            size = _PIECE
            while True:
                piece = bytes(octets[start : start + min(size, most)])
                try:
                    head = parse(piece, limits)
                except ParseError as error:
                    # More input would not change the error: the lines that it shows are complete.
                    if len(piece) == most or piece.find(b"\n", error.offset + SHOWN) >= 0:
                        if error.rfc is None:
                            reason, offset = why(piece, limits)
                            count(reason, piece, offset)
                        else:
                            count("refused")
                        raise
                    head = None
                if head is not None and counted:
                    reason, offset = why(piece, limits) if head._rows is None else ("core", None)
                    count(reason, piece, offset)
                if head is not None or len(piece) == most:
                    return head
                size *= _GROWTH
