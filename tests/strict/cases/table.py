# SPDX-License-Identifier: MIT
"""How the cases are written: a name, the head in two parts, and strict mode's verdict on it.

The fault is where the second part starts, so no offset is counted by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

Kind = Literal["request", "response"]


class Verdict(NamedTuple):
    status: int
    reason: str
    offset: int
    rfc: str


class Case(NamedTuple):
    name: str
    data: bytes
    expected: Verdict | None  # None: accepted
    kind: Kind = "request"
    options: dict[str, Any] = {}  # noqa: RUF012 (never changed)


def refused(
    status: int, reason: str, rfc: str, heads: Mapping[str, tuple[bytes, bytes]], kind: Kind = "request"
) -> list[Case]:
    return [
        Case(name, before + rest, Verdict(status, reason, len(before), rfc), kind)
        for name, (before, rest) in heads.items()
    ]


def accepted(heads: Mapping[str, bytes], kind: Kind = "request") -> list[Case]:
    return [Case(name, data, None, kind) for name, data in heads.items()]


HOST = b"Host: a\r\n\r\n"
GET = b"GET / HTTP/1.1\r\n"

DIGITS = frozenset(b"0123456789")
LETTERS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
# RFC 9110 5.6.2
TCHARS = frozenset(b"!#$%&'*+-.^_`|~") | DIGITS | LETTERS
# RFC 9110 5.5: SP, HTAB, VCHAR, obs-text
CONTENT = frozenset([0x09, *range(0x20, 0x7F), *range(0x80, 0x100)])


def every_byte(
    name: str,
    before: bytes,
    after: bytes,
    good: frozenset[int],
    bad: tuple[int, str, str],
    others: Mapping[bytes, tuple[int, str, str]] | None = None,
    at: int | None = None,
    without: bytes = b"",
    kind: Kind = "request",
) -> list[Case]:
    """Return a head for each of the 256 byte values, which stands between `before` and `after`.

    good: byte values that are accepted. others: the verdicts on groups of bytes; bad: the verdict on the rest. at: the
    offset of the fault, if it is not that of the byte. without: values left out, as they would make a different head. A
    bare CR or LF is a fault wherever it stands. Each verdict on a response has the status 502.
    """
    cases = []
    for value in range(256):
        if value in without:
            continue
        octet = bytes([value])
        head = before + octet + after
        label = f"{name}: byte {value:#04x}"
        if value in good:
            cases.append(Case(label, head, None, kind))
            continue
        verdict, offset = bad, len(before) if at is None else at
        if value in b"\r\n":
            verdict, offset = (400, "Bad line ending", "9112 2.2"), len(before)
        else:
            for group, its in (others or {}).items():
                if value in group:
                    verdict = its
        status, reason, rfc = verdict
        if reason == "Bad field value":
            offset = len(before)
        if kind == "response":
            status = 502
        cases.append(Case(label, head, Verdict(status, reason, offset, rfc), kind))
    return cases
