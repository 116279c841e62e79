# SPDX-License-Identifier: MIT
"""Short names for the kinds of faults in heads and bodies. They are stable, but the wording of reasons may change."""

from __future__ import annotations

from fasthdr._errors.faults import Fault

OTHER = "other"

# Reasons that are not strict mode's: those of the standard library, and those of a handler for what is no fault of the
# grammar. Up to the first " (", because the standard library's reasons may show the line after it.
_OTHER_REASONS = {
    # the start line
    "Unknown protocol": "not-http",
    "Bad request syntax": "request-line",
    "Empty request line": "request-line",
    "Bad HTTP/0.9 request type": "request-line",
    "Bad request version": "version",
    "Invalid HTTP version": "version-number",
    # limits
    "Request-URI Too Long": "request-line-length",
    "URI Too Long": "request-line-length",
    "Line too long": "field-line-length",
    "Too many headers": "field-count",
    # the whole head
    "Bad Content-Type": "content-type",
    # handlers
    "Incomplete head": "incomplete-head",
    "Expectation failed": "expectation",
    "Request timeout": "timeout",
}

CODES = {fault.reason: fault.code for fault in Fault} | _OTHER_REASONS


def code_of(reason: str) -> str:
    """Return the short name for a reason; OTHER for one that neither fasthdr nor the standard library uses."""
    return CODES.get(reason.partition(" (")[0], OTHER)
