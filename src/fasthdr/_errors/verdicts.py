# SPDX-License-Identifier: MIT
"""What strict mode refuses: each fault with the status, reason and RFC section of its ParseError."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from fasthdr._errors import ParseError, snippet

if TYPE_CHECKING:
    from typing_extensions import Self


AROUND = snippet.AROUND  # bytes shown before the offset, and after it


class Fault(IntEnum):
    """One kind of fault in a head or a body; the numbers are those of fh_fault_t in _core/faults.pxd.

    status: HTTP status code for a request (every fault of a response is 502, Bad Gateway).
    reason: reason phrase.
    rfc: number and section.
    """

    status: int
    reason: str
    rfc: str

    def __new__(cls, number: int, status: int, reason: str, rfc: str) -> Self:
        fault = int.__new__(cls, number)
        fault._value_ = number
        fault.status, fault.reason, fault.rfc = status, reason, rfc
        return fault

    LINE_ENDING = 1, 400, "Bad line ending", "9112 2.2"
    # the start line
    REQUEST_LINE = 2, 400, "Bad request line", "9112 3"
    METHOD = 3, 400, "Bad method", "9112 3.1"
    TARGET = 4, 400, "Bad request target", "9112 3.2"
    VERSION = 5, 400, "Bad HTTP version", "9112 2.3"
    VERSION_NUMBER = 6, 505, "HTTP version not supported", "9110 15.6.6"
    STATUS_LINE = 7, 502, "Bad status line", "9112 4"
    STATUS_CODE = 8, 502, "Bad status code", "9110 15"
    # field lines
    LEADING_SPACE = 9, 400, "White space before the first field", "9112 2.2"
    OBS_FOLD = 10, 400, "Obsolete line folding", "9112 5.2"
    FIELD_LINE = 11, 400, "Bad field line", "9112 5"
    SPACE_BEFORE_COLON = 12, 400, "White space in a field name", "9112 5.1"
    FIELD_NAME = 13, 400, "Bad field name", "9110 5.1"
    FIELD_VALUE = 14, 400, "Bad field value", "9110 5.5"
    # limits
    REQUEST_LINE_LENGTH = 15, 414, "Request line too long", "9112 3"
    STATUS_LINE_LENGTH = 16, 502, "Status line too long", "9112 4"
    FIELD_LINE_LENGTH = 17, 431, "Field line too long", "9110 5.4"
    FIELD_COUNT = 18, 431, "Too many field lines", "9110 5.4"
    HEAD_LENGTH = 19, 431, "Head too long", "9110 5.4"
    # the whole head
    HOST_MISSING = 20, 400, "Missing Host", "9112 3.2"
    HOST_TWICE = 21, 400, "More than one Host", "9112 3.2"
    HOST = 22, 400, "Bad Host", "9112 3.2"
    TWO_FRAMINGS = 23, 400, "Content-Length with Transfer-Encoding", "9112 6.3"
    CONTENT_LENGTH = 24, 400, "Bad Content-Length", "9112 6.3"
    TRANSFER_ENCODING = 25, 400, "Bad Transfer-Encoding", "9112 6.1"
    CODING = 26, 501, "Unsupported transfer coding", "9112 6.1"
    # bodies
    CHUNK = 27, 400, "Bad chunk", "9112 7.1"
    CHUNK_EXTENSION = 28, 400, "Bad chunk extension", "9112 7.1.1"
    CHUNK_LINE_LENGTH = 29, 400, "Chunk line too long", "9112 7.1.1"
    EXTENSIONS_LENGTH = 30, 400, "Chunk extensions too long", "9112 7.1.1"
    TRAILER_FIELD = 31, 400, "Forbidden trailer field", "9110 6.5.1"
    CONTENT_LENGTH_LIMIT = 32, 413, "Content too large", "9110 15.5.14"
    INCOMPLETE_BODY = 33, 400, "Incomplete body", "9112 8"
    # not HTTP/1, by its first bytes
    NOT_HTTP = 40, 400, "Not HTTP", "9112 3.1"
    TLS = 41, 400, "TLS on a plaintext port", "9112 3"
    TLS_RESPONSE = 47, 502, "TLS on a plaintext port", "9112 4"
    PROXY = 42, 400, "PROXY protocol header", "9112 3"
    # the whole head again
    CONNECT_CONTENT = 43, 400, "Content in a CONNECT", "9110 9.3.6"
    TYPE_TWICE = 44, 400, "More than one Content-Type", "9110 8.3"
    RANGE_TWICE = 45, 400, "More than one Content-Range", "9110 14.4"
    CREDENTIALS_TWICE = 46, 400, "More than one Authorization", "9110 11.6.2"


_BY_NUMBER: dict[int, Fault] = {fault.value: fault for fault in Fault}


def error(fault: int, offset: int, near: bytes, response: bool = False, field: str | None = None) -> ParseError:
    """Return the ParseError for a fault; near: the bytes around it."""
    verdict = _BY_NUMBER[fault]
    return ParseError(502 if response else verdict.status, verdict.reason, offset, verdict.rfc, near, field)


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
