# SPDX-License-Identifier: MIT
"""The ParseError for a fault that strict mode has found, with what it shows of the input."""

from __future__ import annotations

from fasthdr._errors import ParseError, snippet
from fasthdr._errors.faults import Fault

AROUND = snippet.AROUND  # bytes shown before the offset, and after it

_BY_NUMBER: dict[int, Fault] = {fault.value: fault for fault in Fault}


def error(fault: int, offset: int, near: bytes, response: bool = False, field: str | None = None) -> ParseError:
    """Return the ParseError for a fault; near: the bytes around it."""
    kind = _BY_NUMBER[fault]
    return ParseError(502 if response else kind.status, kind.reason, offset, kind.rfc, near, field)


def refusal(fault: int, offset: int, data: bytes, response: bool = False, lines: bool = False) -> ParseError:
    """Return the ParseError for a fault in a head that starts with data; lines: field lines without a start line."""
    fields = 0
    while not lines and not response and data.startswith(b"\r\n", fields):
        fields += 2
    if not lines:
        fields = data.find(b"\n", fields) + 1 or len(data) + 1
    field = None if fault == Fault.HEAD_LENGTH else snippet.field_at(data, offset, fields)
    return error(fault, offset, snippet.shown(data, offset), response, field)


def line_refusal(fault: int, offset: int, start: int, line: bytes, response: bool = False) -> ParseError:
    """Return the ParseError for a fault in one field line, or in its first part. The line begins at `start`.

    A line that begins with a blank may be an obs-fold of a line that is not known here, so none of it is shown.
    """
    near = b"" if line[:1] in (b" ", b"\t") else snippet.shown(line, offset - start)
    return error(fault, offset, near, response, snippet.field_at(line, 0, 0))
