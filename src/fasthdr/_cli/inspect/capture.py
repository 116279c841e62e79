# SPDX-License-Identifier: MIT
"""What `curl -v` prints: the heads that it sent, after "> ", and those that it received, after "< "."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from fasthdr._cli.inspect.source import MOST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fasthdr._cli.inspect.source import Source

_SENT = re.compile(rb"> [^ ]+ [^ ]+ HTTP/\d")
_GOT = re.compile(rb"< HTTP/\d")
_EITHER = re.compile(rb"^(?:> [^ \n]+ [^ \n]+ HTTP/\d|< HTTP/\d)", re.MULTILINE)
_START_LINE = re.compile(rb"(?![*<>{} ])[^ \r\n]+ [^ \r\n]+ HTTP/\d\.\d\r?\n|HTTP/\d")
_INTERIM = re.compile(rb"HTTP/[0-9.]+ 1\d\d")
_LATER = re.compile(rb"HTTP/[23](?:\.\d)?(?=[ \r\n])")


class Captured(NamedTuple):
    kind: str  # "request" or "response"
    line: int  # in the capture, from 1
    data: bytes  # the head
    whole: bool
    version: str | None  # "HTTP/2" or "HTTP/3", which curl prints in the form of HTTP/1; the head then says HTTP/1.1


def is_capture(source: Source) -> bool:
    """Tell whether the input looks like the output of `curl -v`."""
    source.want(1)
    while _START_LINE.match(source.data) is None:
        if _EITHER.search(source.data):
            return True
        if len(source.data) >= MOST or not source.more():
            break
    return False


def _lines(source: Source) -> Iterator[bytes]:
    """Yield the lines of the input; a line longer than MOST comes in pieces."""
    while True:
        end = source.data.find(b"\n") + 1
        if not end and len(source.data) < MOST and source.more():
            continue
        if not source.data:
            return
        yield source.take(end or MOST)


def heads(source: Source) -> Iterator[Captured]:
    """Yield the heads in the order in which they were sent. Lines that lost their CR get it back."""
    mark, start, size = b"", 0, 0
    lines: list[bytes] = []
    for number, line in enumerate(_lines(source), 1):
        if _SENT.match(line) or _GOT.match(line):
            if lines:
                yield _captured(mark, start, lines, False)
            mark, start, lines, size = line[:1], number, [], 0
        elif not lines or line[:1] != mark:
            continue
        content = line[2:].rstrip(b"\n").removesuffix(b"\r") + b"\r\n"
        size += len(content)
        lines.append(content)
        if content == b"\r\n" or size > MOST:
            yield _captured(mark, start, lines, content == b"\r\n")
            lines = []
    if lines:
        yield _captured(mark, start, lines, False)


def _captured(mark: bytes, start: int, lines: list[bytes], whole: bool) -> Captured:
    if not whole and _INTERIM.match(lines[0]):  # some versions of curl do not print its empty line
        lines, whole = [*lines, b"\r\n"], True
    later = _LATER.search(lines[0])
    if later:
        lines = [lines[0][: later.start()] + b"HTTP/1.1" + lines[0][later.end() :], *lines[1:]]
    kind = "request" if mark == b">" else "response"
    return Captured(kind, start, b"".join(lines), whole, later[0].decode() if later else None)
