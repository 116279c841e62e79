# SPDX-License-Identifier: MIT
"""What an exchange has to know about heads that strict mode does not judge; `_core/wire.pyx` is the same in C."""

from __future__ import annotations

import re
from typing import Literal

from fasthdr._errors import ParseError

Framing = Literal["chunked", False] | int | None
_LARGEST = 2**63 - 1

# A field line that email.feedparser accepts without a defect, obs-folds included: ftext (RFC 5322 3.6.8), ":", and a
# value without a bare CR. The default mode's grammar in _core/walk.pxd is the same.
_FIELD = re.compile(
    rb"(?!From )(?P<name>[!-9;-~]+):[ \t]*(?P<value>(?:[^\r\n]|\r?\n[ \t])*)(?:\r\n|\n)",
)
_BLANK_LINE = re.compile(rb"\r?\n")
_LINE_END_AND_BLANK_LINE = re.compile(rb"\n\r?\n")
_STATUS_LINE = re.compile(rb"HTTP/1\.(?P<minor>[0-9]) (?P<status>[0-9]{3})[^\n]*\n")


def _lines(data: bytes, at: int) -> tuple[list[tuple[bytes, bytes, int]], int | None, int]:
    """Return the field lines from `at` on as (name in lower case, value, offset of the value), and the block's end.

    The end is None if a line is not a field line; the last number is then where that line starts.
    """
    found: list[tuple[bytes, bytes, int]] = []
    while True:
        blank = _BLANK_LINE.match(data, at)
        if blank:
            return found, blank.end(), at
        match = _FIELD.match(data, at)
        # The next line may be an obs-fold: the byte after this line tells.
        if match is None or match.end() == len(data):
            return found, None, at
        found.append((match["name"].lower(), match["value"], match.start("value")))
        at = match.end()


def _framing(lines: list[tuple[bytes, bytes, int]]) -> Framing:
    codings = [value for name, value, _ in lines if name == b"transfer-encoding"]
    lengths = [value for name, value, _ in lines if name == b"content-length"]
    if codings:
        known = len(codings) == 1 and not lengths and codings[0].strip(b" \t").lower() == b"chunked"
        return "chunked" if known else False
    if not lengths:
        return None
    digits = lengths[0].strip(b" \t")
    number = digits.lstrip(b"0") or b"0"  # int() refuses a number of thousands of digits
    if len(lengths) > 1 or not digits.isdigit() or len(number) > 19 or int(number) > _LARGEST:
        return False
    return int(number)


def _behind_blank_line(data: bytes, at: int) -> int | None:
    """Return the offset behind the first empty line at or after `at`, where a line begins; None if there is none."""
    blank = _BLANK_LINE.match(data, at) or _LINE_END_AND_BLANK_LINE.search(data, at)
    return blank.end() if blank else None


def request_framing(data: bytes, start: int, /) -> tuple[int, Literal["chunked"] | int, bool] | None:
    """Find the end of a header block in the default mode's grammar, and how it frames the body.

    data[start:] begins with the first field line.

    Returns (end, framing, expects): the offset just past the empty line; "chunked" or a length in bytes, 0 if no field
    states one; and whether there is an Expect field. Returns None while the empty line has not come. Raises ParseError
    (400) if the standard library would not understand every line as it stands, or if the fields do not frame the body
    in exactly one way (RFC 9112 6.3).
    """
    lines, end, at = _lines(data, start)
    if end is None:
        if _behind_blank_line(data, at) is None:
            return None
        raise ParseError(400, "Bad field line", at, "9112 5")
    framing = _framing(lines)
    coding = next((offset for name, _, offset in lines if name == b"transfer-encoding"), None)
    if coding is not None and framing != "chunked":
        raise ParseError(400, "Bad Transfer-Encoding", coding, "9112 6.1")
    if framing is False:
        offset = next(offset for name, _, offset in lines if name == b"content-length")
        raise ParseError(400, "Bad Content-Length", offset, "9112 6.3")
    return end, framing or 0, any(name == b"expect" for name, _, _ in lines)


def response_head(data: bytes, /) -> tuple[int, int, int, Framing, bool | None] | Literal[False] | None:
    """Read the response head at the start of what a program writes.

    Returns (end, status, minor, framing, persists): the offset just past the empty line, the status code, the minor
    version, the framing ("chunked", a length in bytes, None if the fields state none, or False if they contradict each
    other or cannot be understood), and False if the Connection field lists close, True if it does not, or None if it is
    missing.
    Returns None while the empty line has not come, and False if this is not an HTTP/1 response.
    """
    if data[:7] != b"HTTP/1."[: len(data[:7])]:
        return False
    if b"\n" not in data:
        return None
    status_line = _STATUS_LINE.match(data)
    if status_line is None:
        return False
    status, minor = int(status_line["status"]), int(status_line["minor"])
    lines, end, at = _lines(data, status_line.end())
    if end is None:
        end = _behind_blank_line(data, at)
        return None if end is None else (end, status, minor, False, False)
    options = [value for name, value, _ in lines if name == b"connection"]
    listed = [option.strip(b" \t").lower() for value in options for option in value.split(b",")]
    return end, status, minor, _framing(lines), b"close" not in listed if options else None


def read_request_at(*request: object) -> None:
    """Leave a request to the standard library's parse_request()."""
