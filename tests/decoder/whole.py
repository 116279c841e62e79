# SPDX-License-Identifier: MIT
"""A decoder for complete chunked bodies, with one regular expression for a line: what an accepted body must be."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import fasthdr
from fasthdr import _trailers
from fasthdr._pure import parse as _pure

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_QUOTED = rb'"(?:[\t !#-\[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*"'
_EXTENSION = rb"[ \t]*;[ \t]*" + _TOKEN + rb"(?:[ \t]*=[ \t]*(?:" + _TOKEN + rb"|" + _QUOTED + rb"))?"
_LINE = re.compile(rb"([0-9A-Fa-f]{1,16})((?:" + _EXTENSION + rb")*)\r\n")

LIMITS: dict[str, Any] = {
    "max_body": 2**63 - 1,
    "max_line": 65536,
    "max_headers": 100,
    "max_head": 262144,
    "max_chunk_line": 4096,
    "max_extensions": 65536,
}


class Whole(NamedTuple):
    data: bytes
    end: int  # offset behind the body
    trailers: list[tuple[str, str]]


def decoded(wire: bytes, **limits: int) -> Whole | None:
    """Return the body at the start of `wire`, or None if it is malformed, beyond a limit, or incomplete."""
    limit = LIMITS | limits
    data, at, extensions = b"", 0, 0
    while True:
        line = _LINE.match(wire, at)
        if line is None or line.end() - at > limit["max_chunk_line"]:
            return None
        at = line.end()
        extensions += len(line[2])
        size = int(line[1], 16)
        if extensions > limit["max_extensions"] or len(data) + size > limit["max_body"]:
            return None
        if size == 0:
            break
        if wire[at + size : at + size + 2] != b"\r\n":
            return None
        data += wire[at : at + size]
        at += size + 2
    try:
        head = _pure.parse_headers(
            wire[at:], strict=True, **{name: limit[name] for name in ("max_line", "max_headers", "max_head")}
        )
    except fasthdr.ParseError:
        return None
    if head is None:
        return None
    fates = [_trailers.verdict(name) for name, _ in head.items()]
    if _trailers.REFUSE in fates:
        return None
    kept = [field for field, fate in zip(head.items(), fates) if fate == _trailers.KEEP]
    return Whole(data, at + head.consumed, kept)
