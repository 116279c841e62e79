# SPDX-License-Identifier: MIT
"""Short names for the kinds of faults in heads and bodies. They are stable, but the wording of reasons may change."""

from __future__ import annotations

OTHER = "other"

# By the reason up to the first " (": the standard library's reasons may show the line after it.
CODES = {
    "Bad line ending": "line-ending",
    # not HTTP/1
    "Not HTTP": "not-http",
    "TLS on a plaintext port": "tls",
    "PROXY protocol header": "proxy",
    "Unknown protocol": "not-http",
    # the start line
    "Bad request line": "request-line",
    "Bad request syntax": "request-line",
    "Empty request line": "request-line",
    "Bad HTTP/0.9 request type": "request-line",
    "Bad method": "method",
    "Bad request target": "target",
    "Bad HTTP version": "version",
    "Bad request version": "version",
    "HTTP version not supported": "version-number",
    "Invalid HTTP version": "version-number",
    "Bad status line": "status-line",
    "Bad status code": "status-code",
    # field lines
    "White space before the first field": "leading-space",
    "Obsolete line folding": "obs-fold",
    "Bad field line": "field-line",
    "White space in a field name": "space-before-colon",
    "Bad field name": "field-name",
    "Bad field value": "field-value",
    # limits
    "Request line too long": "request-line-length",
    "Request-URI Too Long": "request-line-length",
    "URI Too Long": "request-line-length",
    "Status line too long": "status-line-length",
    "Field line too long": "field-line-length",
    "Line too long": "field-line-length",
    "Too many field lines": "field-count",
    "Too many headers": "field-count",
    "Head too long": "head-length",
    # the whole head
    "Incomplete head": "incomplete-head",
    "Missing Host": "host-missing",
    "More than one Host": "host-twice",
    "Bad Host": "host",
    "Content-Length with Transfer-Encoding": "two-framings",
    "Bad Content-Length": "content-length",
    "Bad Transfer-Encoding": "transfer-encoding",
    "Unsupported transfer coding": "coding",
    "Content in a CONNECT": "connect-content",
    "Bad Content-Type": "content-type",
    "More than one Content-Type": "content-type-twice",
    "More than one Content-Range": "content-range-twice",
    "More than one Authorization": "authorization-twice",
    "Expectation failed": "expectation",
    # bodies
    "Bad chunk": "chunk",
    "Bad chunk extension": "chunk-extension",
    "Chunk line too long": "chunk-line-length",
    "Chunk extensions too long": "extensions-length",
    "Forbidden trailer field": "trailer-field",
    "Content too large": "content-too-large",
    "Incomplete body": "incomplete-body",
    "Request timeout": "timeout",
}


def code_of(reason: str) -> str:
    """Return the short name for a reason; OTHER for one that neither fasthdr nor the standard library uses."""
    return CODES.get(reason.partition(" (")[0], OTHER)
