# SPDX-License-Identifier: MIT
"""The lines of a head in plain Python, from the grammar of RFC 9110 and 9112: one function for each rule."""

from __future__ import annotations

import re
from typing import NamedTuple, NoReturn

from fasthdr._errors.faults import Fault

EMPTY_LINES = 4  # CRLFs skipped before a request line (RFC 9112 2.2: "at least one")
LARGEST = 2**63 - 1  # Content-Length, in bytes

Row = tuple[int, int, int, int]  # name start, name length, value start, value length


class Refused(Exception):
    """A fault and the offset at which it was found."""

    def __init__(self, fault: Fault, offset: int) -> None:
        self.fault = fault
        self.offset = offset
        super().__init__(fault, offset)


class Incomplete(Exception):
    """The bytes so far can still become more than one thing."""


class Limits(NamedTuple):
    line: int  # bytes of a field line, its line end included
    lines: int  # field lines
    head: int  # bytes of a head, including those skipped before it
    start_line: int = 0  # bytes of the start line, its line end included

    def of_start_line(self) -> Limits:
        return self._replace(line=self.start_line)


class Block(NamedTuple):
    rows: list[Row]
    blank: int  # where the empty line starts
    end: int  # one past the empty line


# ------------------------------------------------------------------------------------------------------- first bytes

# Other protocols that are sent to an HTTP port are recognized by first bytes that no request has, before a whole line.
_TLS = b"\x15\x16"  # ContentType: alert, handshake                                                       ; RFC 8446 5.1
_PROXY_1 = re.compile(rb"PROXY (?:TCP[46] |UNKNOWN[ \r])")  # no form of a request-target allows "TCP4" or "UNKNOWN"
_PROXY_2 = b"\r\n\r\n\0\r\nQUIT\n"


def first_bytes(data: bytes, start: int, limits: Limits) -> None:
    """Refuse what cannot become a request from `start` on. Raises Incomplete if it cannot be named yet."""
    if start == 4 and data.startswith(b"\r\n\r\n\0"):
        seen = data[: min(len(_PROXY_2), limits.head)]
        if seen == _PROXY_2:
            raise Refused(Fault.PROXY, 0)
        if _PROXY_2.startswith(seen) and len(seen) < limits.head:
            raise Incomplete
        raise Refused(Fault.NOT_HTTP, 4)
    if data[start : start + 1] in (b" ", b"\t"):
        raise Refused(Fault.REQUEST_LINE, start)
    if NOT_TCHAR.match(data, start) and data[start] not in b"\r\n":
        raise Refused(Fault.TLS if data[start] in _TLS else Fault.NOT_HTTP, start)
    if _PROXY_1.match(data, start, min(start + limits.line, limits.head)):
        raise Refused(Fault.PROXY, start)


def first_byte_of_a_response(data: bytes) -> None:
    first = data[:1]
    if first in (b" ", b"\t"):
        raise Refused(Fault.STATUS_LINE, 0)
    if first not in (b"", b"H", b"\r", b"\n"):
        raise Refused(Fault.TLS_RESPONSE if first in _TLS else Fault.VERSION, 0)


# ------------------------------------------------------------------------------------------------------------- lines


def line_end(data: bytes, start: int, limits: Limits, too_long: Fault) -> int | None:
    """Return one past the LF of the line at `start`, within the limits; None while there is no LF."""
    limit = min(start + limits.line, limits.head)
    end = data.find(b"\n", start, limit) + 1
    if end:
        return end
    if len(data) >= limit:
        raise Refused(too_long if start + limits.line <= limits.head else Fault.HEAD_LENGTH, limit)
    return None


def _refuse(data: bytes, at: int, fault: Fault) -> NoReturn:
    """Refuse data[at], which must not be there; a bare CR or LF must not be anywhere (RFC 9112 2.2)."""
    if data[at : at + 1] == b"\n" or (data[at : at + 1] == b"\r" and data[at + 1 : at + 2] != b"\n"):
        fault = Fault.LINE_ENDING
    raise Refused(fault, at)


def _crlf(data: bytes, at: int, fault: Fault) -> None:
    if data[at : at + 2] != b"\r\n":
        _refuse(data, at, fault)


# -------------------------------------------------------------------------------------------------------- start lines

# tchar = "!" / "#" / "$" / "%" / "&" / "'" / "*" / "+" / "-" / "." / "^" / "_" / "`" / "|" / "~" / DIGIT / ALPHA
NOT_TCHAR = re.compile(rb"[^!#$%&'*+\-.^_`|~0-9A-Za-z]")  # RFC 9110 5.6.2

# VCHAR without "#". RFC 3986 allows fewer, but browsers send "[" / "]" / "|" / "{" / "}" and others unescaped in a
# query. No form of a request-target has a fragment.
_NOT_TARGET = re.compile(rb'[^!"$-~]')

# HTTP-version = HTTP-name "/" DIGIT "." DIGIT                                                           ; RFC 9112 2.3
_VERSION = (b"H", b"T", b"T", b"P", b"/", b"0123456789", b".", b"0123456789")


def _version(data: bytes, start: int, fault: Fault) -> int:
    """Return one past the HTTP-version at `start`; fault: the fault of a blank within it."""
    at = start
    for allowed in _VERSION:
        if data[at] not in allowed:
            _refuse(data, at, fault if data[at] in b" \t" else Fault.VERSION)
        at += 1
    return at


def _minor(data: bytes, start: int) -> int:
    """Return the minor version at `start`, of 1.x only; minor versions above 1 are read as 1 (RFC 9110 2.5)."""
    if data[start + 5] != ord("1"):
        raise Refused(Fault.VERSION_NUMBER, start)
    return min(data[start + 7] - ord("0"), 1)


def request_line(data: bytes, start: int) -> tuple[str, int, int, int]:
    """request-line = method SP request-target SP HTTP-version (RFC 9112 3): method, target's span, minor version."""
    at = first_of(NOT_TCHAR, data, start)  # method = token = 1*tchar
    if at == start or data[at] != ord(" "):
        _refuse(data, at, Fault.REQUEST_LINE if data[at] in b" \t\r" else Fault.METHOD)
    target = at + 1
    end = first_of(_NOT_TARGET, data, target)
    if end == target or data[end] != ord(" "):
        _refuse(data, end, Fault.REQUEST_LINE if data[end] in b" \t\r" else Fault.TARGET)
    version_end = _version(data, end + 1, Fault.REQUEST_LINE)
    _crlf(data, version_end, Fault.REQUEST_LINE if data[version_end] in b" \t" else Fault.VERSION)
    return data[start:at].decode("ascii"), target, end, _minor(data, end + 1)


def status_line(data: bytes) -> tuple[int, str, int]:
    """status-line = HTTP-version SP status-code SP [ reason-phrase ] (RFC 9112 4): status, reason, minor version.

    status-code = 3DIGIT. 0xx is in no class and refused; 600 to 999 pass, to be treated as 5xx (RFC 9110 15).
    """
    at = _version(data, 0, Fault.STATUS_LINE)
    for allowed in (b" ", b"0123456789", b"0123456789", b"0123456789", b" "):
        if data[at] not in allowed:
            _refuse(data, at, Fault.STATUS_LINE)
        at += 1
    end = first_of(_NOT_CONTENT, data, at)  # reason-phrase = 1*( HTAB / SP / VCHAR / obs-text )
    _crlf(data, end, Fault.STATUS_LINE)
    minor = _minor(data, 0)
    if data[9] == ord("0"):
        raise Refused(Fault.STATUS_CODE, 9)
    return int(data[9:12]), data[at:end].strip(b" \t").decode("latin-1"), minor


def first_of(other: re.Pattern[bytes], data: bytes, at: int) -> int:
    """Return the position of the first byte from `at` on that `other` matches; the end of the data if there is none."""
    match = other.search(data, at)
    return match.start() if match else len(data)


# -------------------------------------------------------------------------------------------------------- field lines

# field-content: HTAB / SP / VCHAR / obs-text                                                            ; RFC 9110 5.5
_NOT_CONTENT = re.compile(rb"[^\t -~\x80-\xff]")


_SPACED_COLON = re.compile(rb"[ \t]+:")
_OBS_FOLD = re.compile(rb"[ \t]*\r\n[ \t]+")  # obs-fold = OWS CRLF RWS                                   ; RFC 9112 5.2


def field_line(data: bytes, start: int, first: bool, obsolete: bool = False) -> Row:
    """field-line = field-name ":" OWS field-value OWS (RFC 9112 5), and its CRLF."""
    if data[start] in b" \t":
        raise Refused(Fault.LEADING_SPACE if first else Fault.OBS_FOLD, start)
    name_end = colon = first_of(NOT_TCHAR, data, start)  # field-name = token
    spaced = _SPACED_COLON.match(data, colon) if obsolete and colon > start else None
    if spaced:
        colon = spaced.end() - 1
    if colon == start or data[colon] != ord(":"):
        fault = Fault.SPACE_BEFORE_COLON if data[colon] in b" \t" else Fault.FIELD_NAME
        _refuse(data, colon, Fault.FIELD_LINE if data[colon] in b":\r" else fault)
    end = first_of(_NOT_CONTENT, data, colon + 1)
    _crlf(data, end, Fault.FIELD_VALUE)
    return start, name_end - start, *_stripped(data, colon + 1, end)


def _stripped(data: bytes, start: int, end: int) -> tuple[int, int]:
    """Return the start and length of the value in data[start:end] without OWS = *( SP / HTAB )."""
    value = data[start:end]
    return start + len(value) - len(value.lstrip(b" \t")), len(value.strip(b" \t"))


def content_line(data: bytes, start: int = 0) -> int:
    """Return where the CRLF is in a line that has only field-content from `start` on."""
    end = first_of(_NOT_CONTENT, data, start)
    _crlf(data, end, Fault.FIELD_VALUE)
    return end


def _fold_line(data: bytes, start: int, row: Row) -> Row:
    """Add a line that begins with obs-fold to the row before it (RFC 9112 5.2)."""
    end = content_line(data, start)
    name, name_length, value, length = row
    more, more_length = _stripped(data, start, end)
    if not more_length:
        return row
    return (name, name_length, value, more + more_length - value) if length else (name, name_length, more, more_length)


def field_lines(data: bytes, start: int, limits: Limits, obsolete: bool = False) -> Block | None:
    """*( field-line CRLF ) CRLF (RFC 9112 2.1); obsolete: with obs-fold, and white space before a colon."""
    rows: list[Row] = []
    while True:
        end = line_end(data, start, limits, Fault.FIELD_LINE_LENGTH)
        if end is None:
            return None
        if data[start:end] == b"\r\n":
            return Block(rows, start, end)
        if obsolete and rows and data[start] in b" \t":
            rows[-1] = _fold_line(data, start, rows[-1])
        elif len(rows) >= limits.lines:
            raise Refused(Fault.FIELD_COUNT, start)
        else:
            rows.append(field_line(data, start, not rows, obsolete))
        start = end


def unfolded(data: bytes, block: Block) -> bytes:
    """Return the head with each obs-fold within a value replaced by as many SP (RFC 9112 5.2)."""
    head = data[: block.end]
    for _, _, start, length in block.rows:
        value = head[start : start + length]
        if b"\r" in value:
            plain = _OBS_FOLD.sub(lambda fold: b" " * len(fold[0]), value)
            head = head[:start] + plain + head[start + length :]
    return head
