# SPDX-License-Identifier: MIT
"""What strict mode refuses in heads and bodies: the source of every table of faults.

_errors/codes takes its codes from here. The core has the same faults in the same order, in _core/faults.h and
_core/faults.pxd; docs/strict.md describes them. tests/strict/test_faults.py compares them all.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Self


class Fault(IntEnum):
    """One kind of fault. They are numbered from 1 in the order in which they stand here.

    status: HTTP status code for a request (every fault of a response is 502, Bad Gateway).
    reason: reason phrase.
    code: stable short name, which is ParseError.code.
    rfc: number and section.
    """

    status: int
    reason: str
    code: str
    rfc: str

    def __new__(cls, status: int, reason: str, code: str, rfc: str) -> Self:
        number = len(cls.__members__) + 1
        fault = int.__new__(cls, number)
        fault._value_ = number
        fault.status, fault.reason, fault.code, fault.rfc = status, reason, code, rfc
        return fault

    LINE_ENDING = 400, "Bad line ending", "line-ending", "9112 2.2"
    # not HTTP/1, by its first bytes
    NOT_HTTP = 400, "Not HTTP", "not-http", "9112 3.1"
    TLS = 400, "TLS on a plaintext port", "tls", "9112 3"
    TLS_RESPONSE = 502, "TLS on a plaintext port", "tls", "9112 4"
    PROXY = 400, "PROXY protocol header", "proxy", "9112 3"
    # the start line
    REQUEST_LINE = 400, "Bad request line", "request-line", "9112 3"
    METHOD = 400, "Bad method", "method", "9112 3.1"
    TARGET = 400, "Bad request target", "target", "9112 3.2"
    VERSION = 400, "Bad HTTP version", "version", "9112 2.3"
    VERSION_NUMBER = 505, "HTTP version not supported", "version-number", "9110 15.6.6"
    STATUS_LINE = 502, "Bad status line", "status-line", "9112 4"
    STATUS_CODE = 502, "Bad status code", "status-code", "9110 15"
    # field lines
    LEADING_SPACE = 400, "White space before the first field", "leading-space", "9112 2.2"
    OBS_FOLD = 400, "Obsolete line folding", "obs-fold", "9112 5.2"
    FIELD_LINE = 400, "Bad field line", "field-line", "9112 5"
    SPACE_BEFORE_COLON = 400, "White space in a field name", "space-before-colon", "9112 5.1"
    FIELD_NAME = 400, "Bad field name", "field-name", "9110 5.1"
    FIELD_VALUE = 400, "Bad field value", "field-value", "9110 5.5"
    # limits
    REQUEST_LINE_LENGTH = 414, "Request line too long", "request-line-length", "9112 3"
    STATUS_LINE_LENGTH = 502, "Status line too long", "status-line-length", "9112 4"
    FIELD_LINE_LENGTH = 431, "Field line too long", "field-line-length", "9110 5.4"
    FIELD_COUNT = 431, "Too many field lines", "field-count", "9110 5.4"
    HEAD_LENGTH = 431, "Head too long", "head-length", "9110 5.4"
    # the whole head
    HOST_MISSING = 400, "Missing Host", "host-missing", "9112 3.2"
    HOST_TWICE = 400, "More than one Host", "host-twice", "9112 3.2"
    HOST = 400, "Bad Host", "host", "9112 3.2"
    TWO_FRAMINGS = 400, "Content-Length with Transfer-Encoding", "two-framings", "9112 6.3"
    CONTENT_LENGTH = 400, "Bad Content-Length", "content-length", "9112 6.3"
    TRANSFER_ENCODING = 400, "Bad Transfer-Encoding", "transfer-encoding", "9112 6.1"
    CODING = 501, "Unsupported transfer coding", "coding", "9112 6.1"
    CONNECT_CONTENT = 400, "Content in a CONNECT", "connect-content", "9110 9.3.6"
    CONTENT_TYPE_TWICE = 400, "More than one Content-Type", "content-type-twice", "9110 8.3"
    CONTENT_RANGE_TWICE = 400, "More than one Content-Range", "content-range-twice", "9110 14.4"
    AUTHORIZATION_TWICE = 400, "More than one Authorization", "authorization-twice", "9110 11.6.2"
    # bodies
    CHUNK = 400, "Bad chunk", "chunk", "9112 7.1"
    CHUNK_EXTENSION = 400, "Bad chunk extension", "chunk-extension", "9112 7.1.1"
    CHUNK_LINE_LENGTH = 400, "Chunk line too long", "chunk-line-length", "9112 7.1.1"
    EXTENSIONS_LENGTH = 400, "Chunk extensions too long", "extensions-length", "9112 7.1.1"
    TRAILER_FIELD = 400, "Forbidden trailer field", "trailer-field", "9110 6.5.1"
    CONTENT_TOO_LARGE = 413, "Content too large", "content-too-large", "9110 15.5.14"
    INCOMPLETE_BODY = 400, "Incomplete body", "incomplete-body", "9112 8"
