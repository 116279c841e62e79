# SPDX-License-Identifier: MIT
"""Bytes as unambiguous text, without credentials unless they are asked for."""

from __future__ import annotations

import bisect
from typing import TYPE_CHECKING

from fasthdr._errors import snippet

if TYPE_CHECKING:
    from collections.abc import Iterator

_TEXT = [chr(c) if 0x20 <= c < 0x7F and c != 0x5C else f"\\x{c:02x}" for c in range(256)]


def escaped(data: bytes) -> str:
    """Return printable ASCII as it is, everything else as \\xNN."""
    return "".join(map(_TEXT.__getitem__, data))


def hidden_from(lines: list[bytes]) -> list[int]:
    """Return how much of each line may be shown: what follows may be credentials (docs/strict.md)."""
    lengths = []
    secret = False
    for line in lines:
        if secret and line[:1] in (b" ", b"\t"):  # an obs-fold of that line
            lengths.append(0)
            continue
        content = line.rstrip(b"\r\n")
        shown = snippet.cut(line)
        secret = len(shown) < len(line)
        length = min(len(shown), len(content))
        if shown.endswith(b":"):
            length = len(content) - len(content[length:].lstrip(b" \t"))
        lengths.append(length)
    return lengths


def first_of(data: bytes, show_secrets: bool) -> bytes:
    """Return the first bytes of unknown input, up to what may be credentials."""
    return data if show_secrets else snippet.cut_part(data)


class View:
    """Show the lines of a head.

    lines: with their line ends. starts: their offsets in the head. lengths: the bytes of each that are shown.
    """

    def __init__(self, data: bytes, show_secrets: bool) -> None:
        self.lines = lines_of(data)
        self.starts: list[int] = []
        at = 0
        for line in self.lines:
            self.starts.append(at)
            at += len(line)
        self.lengths = [len(line) for line in self.lines] if show_secrets else hidden_from(self.lines)

    def number(self, offset: int) -> int:
        """Return the number, from 0, of the line with the byte at an offset; past the end, the last line."""
        return max(0, bisect.bisect_right(self.starts, offset) - 1)

    def hidden(self, number: int) -> int:
        """Return how many bytes of a line are not shown, without its line end."""
        return max(0, len(self.lines[number].rstrip(b"\r\n")) - self.lengths[number])

    def _pieces(self, start: int, end: int) -> Iterator[str]:
        for number in range(self.number(start), len(self.lines)):
            at, line, length = self.starts[number], self.lines[number], self.lengths[number]
            if at >= end:
                break
            first, last = max(start - at, 0), min(end - at, len(line))
            if first >= last:
                continue
            content = len(line.rstrip(b"\r\n"))
            if first < length:
                yield escaped(line[first : min(last, length)])
            if first <= length < min(last, content):
                hidden = content - length
                yield f"<{hidden} byte{'s' * (hidden != 1)} hidden>"
            if length < last and max(first, content) < last:
                yield escaped(line[max(first, content) : last])

    def text(self, start: int, end: int) -> str:
        """Return the bytes from start to end as text."""
        return "".join(self._pieces(start, end))

    def line(self, number: int) -> str:
        """Return a line without its CRLF; any other line end is shown."""
        line, start = self.lines[number], self.starts[number]
        return self.text(start, start + len(line) - (2 if line.endswith(b"\r\n") else 0))

    @property
    def start_line_hidden(self) -> bool:
        """Tell whether a part of the start line is not shown."""
        first = next((number for number, line in enumerate(self.lines) if line.strip(b"\r\n")), 0)
        return bool(self.lines) and self.hidden(first) > 0

    def hexdump(self, base: int) -> Iterator[str]:
        """Return 16 bytes a line as offset, numbers and text, hidden bytes as --. base: offset of the head."""
        data, shown = b"".join(self.lines), bytearray()
        for line, length in zip(self.lines, self.lengths, strict=True):
            content = len(line.rstrip(b"\r\n"))
            shown += b"\1" * length + b"\0" * (content - length) + b"\1" * (len(line) - max(content, length))
        yield from hexdump(data, base, bytes(shown))


def lines_of(data: bytes) -> list[bytes]:
    """Split after each LF: a bare CR is not a line end here."""
    lines = data.split(b"\n")
    return [line + b"\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def hexdump(data: bytes, base: int, shown: bytes = b"") -> Iterator[str]:
    """Dump 16 bytes a line. shown: for each byte, 0 if it is hidden."""
    for at in range(0, len(data), 16):
        row = data[at : at + 16]
        seen = shown[at : at + 16] or b"\1" * len(row)
        numbers = [f"{c:02x}" if see else "--" for c, see in zip(row, seen, strict=True)]
        text = "".join(chr(c) if see and 0x20 <= c < 0x7F else "." for c, see in zip(row, seen, strict=True))
        yield f"{base + at:8x}  {' '.join(numbers[:8]):23}  {' '.join(numbers[8:]):23}  {text}"
