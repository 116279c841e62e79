# SPDX-License-Identifier: MIT
"""The sans-I/O functions in plain Python: they take the bytes of a head and return the head.

Strict mode is in `rfc`. In the default mode, this module reads a head to which the stdlib would have no objection. Any
other is read by the stdlib's own code, run in memory (`_stdlib.in_memory`).
"""

from __future__ import annotations

import functools
import http.client
import re
from typing import TYPE_CHECKING, SupportsIndex, TypeVar

from fasthdr._errors import ParseError, refusals
from fasthdr._limits import MAX_HEADERS, MAX_LINE
from fasthdr._pure import rfc
from fasthdr._pure.head import Head, RequestHead, ResponseHead
from fasthdr._pure.job import limits_of, parsed
from fasthdr._pure.lines import Block, Limits, Refused, Row, field_lines
from fasthdr._stdlib.probe import BLANK_LINE

if TYPE_CHECKING:
    from typing_extensions import Buffer

_H = TypeVar("_H", bound=Head)


def _head(cls: type[_H], data: bytes, block: Block, strict: bool = False) -> _H:
    head = cls.__new__(cls)
    head._strict = strict
    head._data = data[: block.end]
    head._rows = block.rows
    head.consumed = block.end
    return head


def _stdlib_head(cls: type[_H], message: http.client.HTTPMessage, consumed: int) -> _H:
    head = cls.__new__(cls)
    head._rows = None
    head._message = message
    head.consumed = consumed
    return head


def _error(refused: Refused, data: bytes, response: bool = False, lines: bool = False) -> ParseError:
    return refusals.refusal(refused.fault, refused.offset, data, response, lines)


# -------------------------------------------------------------------------------------------------- the default mode

# What fh_request_line(), fh_status_line() and fh_walk() of the Cython core accept: exactly the heads to which the
# stdlib has no objection. Here an obs-fold is left to the stdlib.
_REQUEST_LINE = re.compile(
    rb"(?P<method>[!-~\x80-\x84\x86-\x9f\xa1-\xff]+) (?!//)(?P<target>[!-~\x80-\x84\x86-\x9f\xa1-\xff]+)"
    rb" (?P<version>HTTP/1\.[01])\r?\n"
)
_STATUS_LINE = re.compile(
    rb"(?P<version>HTTP/1\.[01]) (?P<status>[1-9][0-9][0-9])"
    rb" (?P<reason>|(?![\t-\r\x1c- \x85\xa0])[^\r\n]+(?<![\t-\r\x1c- \x85\xa0]))\r?\n"
)
# A value never begins with a blank. If it could, the expression would try a line without an end at each blank.
_FIELD_LINE = re.compile(rb"(?P<name>[!-9;-~]+):[ \t]*(?![ \t])(?P<value>[^\r\n]*)\r?\n")
_TYPE_WITH_MORE = re.compile(rb"multipart|message", re.IGNORECASE)  # types for which email.feedparser does more


def _clean_block(data: bytes, start: int, limits: Limits) -> Block | None:
    """Return the field lines if all of them are there, clean and within the limits; otherwise None."""
    rows: list[Row] = []
    while True:
        match = _FIELD_LINE.match(data, start, start + limits.line)
        if match is None:
            break
        if match["name"].lower() == b"content-type" and _TYPE_WITH_MORE.search(match["value"]):
            return None
        name, name_end = match.span("name")
        value, value_end = match.span("value")
        rows.append((name, name_end - name, value, value_end - value))
        start = match.end()
    end = start + 2 if data.startswith(b"\r\n", start) else start + 1 if data.startswith(b"\n", start) else None
    if end is None or end - start > limits.line or end > limits.head:
        return None
    return Block(rows, start, end) if len(rows) + BLANK_LINE <= limits.lines else None


def _why(line: re.Pattern[bytes] | None, name: str, data: bytes, limits: Limits) -> tuple[str, int | None]:
    """Find why a head is left to the standard library: a key of stats() and the offset. line: None for field lines."""
    from fasthdr._stdlib import foreign

    start = 0
    if line is not None:
        first = line.match(data, 0, limits.start_line)
        if first is None:
            return name if b"\n" in data[: limits.start_line] else "limit", 0
        start = first.end()
    at = start
    while field := _FIELD_LINE.match(data, at, at + limits.line):
        if field["name"].lower() == b"content-type" and _TYPE_WITH_MORE.search(field["value"]):
            return "content-type", None
        at = field.end()
    if data.startswith((b"\r\n", b"\n"), at) or b"\n" not in data[at : at + limits.line]:
        return "limit", None
    return foreign.reason(data[start:], at - start), at


_why_request = functools.partial(_why, _REQUEST_LINE, "request line")
_why_response = functools.partial(_why, _STATUS_LINE, "status line")
_why_fields = functools.partial(_why, None, "")


def _request(data: bytes, limits: Limits) -> RequestHead | None:
    from fasthdr._stdlib import in_memory

    line = _REQUEST_LINE.match(data, 0, limits.start_line)
    block = _clean_block(data, line.end(), limits) if line else None
    if line is None or block is None:
        found = in_memory.parse_request(data, *limits, http.client.HTTPMessage)
        if found is None:
            return None
        method, target, version, keep_alive, expect, message, consumed = found
        head = _stdlib_head(RequestHead, message, consumed)
        head.method, head.target, head.version = method, target, version
        head.keep_alive, head.expect_continue = keep_alive, expect
        return head
    head = _head(RequestHead, data, block)
    head.method, head.target, head.version = (line[name].decode("latin-1") for name in ("method", "target", "version"))
    connection = head.get("connection", "").lower()
    head.keep_alive = head.version == "HTTP/1.1"
    head.expect_continue = head.keep_alive and head.get("expect", "").lower() == "100-continue"
    if connection in ("close", "keep-alive"):
        head.keep_alive = connection == "keep-alive"
    return head


def _response(data: bytes, limits: Limits, recover: bool = False) -> ResponseHead | None:
    from fasthdr._stdlib import in_memory

    line = _STATUS_LINE.match(data, 0, limits.start_line)
    block = _clean_block(data, line.end(), limits) if line else None
    if line is None or block is None:
        found = in_memory.parse_response(data, *limits, http.client.HTTPMessage, recover)
        if found is None:
            return None
        version, status, reason, message, consumed = found
        head = _stdlib_head(ResponseHead, message, consumed)
    else:
        head = _head(ResponseHead, data, block)
        version, status, reason = line["version"].decode(), int(line["status"]), line["reason"].decode("latin-1")
    head.version, head.status, head.reason = version, status, reason
    return head


def _fields(data: bytes, limits: Limits) -> Head | None:
    from fasthdr._stdlib import in_memory

    block = _clean_block(data, 0, limits)
    if block is not None:
        return _head(Head, data, block)
    found = in_memory.parse_headers(data, *limits, http.client.HTTPMessage)
    return None if found is None else _stdlib_head(Head, *found)


# ------------------------------------------------------------------------------------------------------------ strict


def _strict_request(data: bytes, limits: Limits) -> RequestHead | None:
    try:
        found = rfc.request(data, limits)
    except Refused as refused:
        raise _error(refused, data) from None
    if found is None:
        return None
    head = _head(RequestHead, data, found.block, strict=True)
    head.method, head.target, head.version = found.method, found.target, f"HTTP/1.{found.minor}"
    head.keep_alive, head.expect_continue = found.keep_alive, found.expect_continue
    return head


def _strict_response(data: bytes, limits: Limits, obsolete: bool = False) -> ResponseHead | None:
    try:
        found = rfc.response(data, limits, obsolete)
    except Refused as refused:
        raise _error(refused, data, response=True) from None
    if found is None:
        return None
    head = _head(ResponseHead, found.data, found.block, strict=True)
    head._persists = found.keep_alive
    head.version, head.status, head.reason = f"HTTP/1.{found.minor}", found.status, found.reason
    return head


def _strict_fields(data: bytes, limits: Limits) -> Head | None:
    try:
        block = field_lines(data, 0, limits)
    except Refused as refused:
        raise _error(refused, data, lines=True) from None
    return None if block is None else _head(Head, data, block, strict=True)


# ------------------------------------------------------------------------------------------------------------ public


def parse_request(
    data: Buffer,
    *,
    strict: bool = False,
    max_line: int | None = MAX_LINE,
    max_headers: int | None = MAX_HEADERS,
    max_head: int | None = None,
    max_start_line: int | None = None,
    start: SupportsIndex = 0,
) -> RequestHead | None:
    """Parse the head of an HTTP/1 request in `data`, as http.server's handler of HTTP/1.1 does.

    data: any contiguous bytes-like object; it may be changed or released once this returns.
    strict: follow RFC 9110 and 9112 instead of http.server, and refuse what they do not allow (docs/strict.md).
    max_line: maximum bytes in the request line and in each field line, line ends included (414, 431).
    max_headers: maximum lines in the header block, counted as the running stdlib does; strict: field lines (431).
    max_head: maximum bytes in the whole head (431); None: 4 GiB, the limit of offsets, or 256 KiB with strict.
    max_start_line: maximum bytes in the request line, in place of max_line (414); None: max_line.
    start: where in `data` the head begins, 0 to len(data). `consumed`, the table and the offset of an error count from
        there. The result is the same as for data[start:], without the copy.

    Returns a RequestHead, or None while the head is incomplete. Raises ParseError if the handler would answer with an
    error status, and for an empty request line, at which it would close the connection without a response.
    """
    parse = _strict_request if strict else _request
    limits = limits_of(strict, max_line, max_headers, max_head, max_start_line)
    return parsed(parse, data, limits, start, _why_request)


def parse_response(
    data: Buffer,
    *,
    strict: bool = False,
    method: str | None = None,
    obsolete: bool = False,
    recover: bool = False,
    max_line: int | None = MAX_LINE,
    max_headers: int | None = MAX_HEADERS,
    max_head: int | None = None,
    max_start_line: int | None = None,
    start: SupportsIndex = 0,
) -> ResponseHead | None:
    """Parse the head of an HTTP/1 response in `data`, as http.client.HTTPResponse.begin does.

    The other arguments, the limits and None for an incomplete head are as in parse_request(). An interim (1xx) response
    is a separate head. Raises ParseError with the status 502 (Bad Gateway) if http.client would raise an HTTPException,
    and ValueError for obsolete without strict, or recover with strict.
    method: the request's method, as sent, for `framing` and `keep_alive`; None: one that allows a response body.
    obsolete: with strict, accept what old servers send: an obs-fold is read as SP (RFC 9112 5.2), and white space
        between a field name and its colon is dropped (RFC 9112 5.1).
    recover: set bad field lines aside (`defects`); http.client loses all lines after one (docs/compatibility.md).
    """
    if method is not None and not isinstance(method, str):
        raise TypeError(f"method must be str or None, not {type(method).__name__}")
    if recover if strict else obsolete:
        raise ValueError("obsolete=True needs strict=True, and recover=True needs strict=False")
    default = functools.partial(_response, recover=recover)
    parse = functools.partial(_strict_response, obsolete=obsolete) if strict else default
    limits = limits_of(strict, max_line, max_headers, max_head, max_start_line)
    head = parsed(parse, data, limits, start, _why_response, obsolete)
    if head is not None:
        head._method = method
    return head


def parse_headers(
    data: Buffer,
    *,
    strict: bool = False,
    max_line: int | None = MAX_LINE,
    max_headers: int | None = MAX_HEADERS,
    max_head: int | None = None,
    start: SupportsIndex = 0,
) -> Head | None:
    """Parse a header block without a start line in `data`, as http.client.parse_headers does.

    Returns a Head. The arguments, the limits and None for an incomplete block are as in parse_request(). Use it for the
    headers of a multipart part, the trailers of a chunked body, and any other field lines that end with an empty line.
    """
    parse = _strict_fields if strict else _fields
    limits = limits_of(strict, max_line, max_headers, max_head, None)
    return parsed(parse, data, limits, start, _why_fields)
