# SPDX-License-Identifier: MIT
"""Strict mode in plain Python, from the grammar of RFC 9110, 9112 and 3986: one function for each rule.

The verdict does not depend on how the input arrives. A head is taken line by line, and a line is judged when its LF has
come: first the limits, then the count of field lines, then its bytes from left to right; the first byte that the
grammar does not allow is the fault. Until then only the limits are checked. What needs the whole head (target, Host,
framing) comes after the empty line, in the order of the calls in `request()`.
"""

from __future__ import annotations

from typing import NamedTuple

from fasthdr._errors.faults import Fault
from fasthdr._pure.framing import (
    check_connect,
    check_framing,
    check_host,
    check_singletons,
    is_target,
    keeps_alive,
    listed,
)
from fasthdr._pure.lines import (
    EMPTY_LINES,
    Block,
    Incomplete,
    Limits,
    Refused,
    field_lines,
    first_byte_of_a_response,
    first_bytes,
    line_end,
    request_line,
    status_line,
    unfolded,
)


class Request(NamedTuple):
    method: str
    target: str
    minor: int  # of the HTTP version: 0 or 1
    keep_alive: bool
    expect_continue: bool
    block: Block


class Response(NamedTuple):
    status: int
    reason: str
    minor: int
    keep_alive: bool  # as far as version and Connection tell
    block: Block
    data: bytes  # the input, with SP in place of any obs-fold


def request(data: bytes, limits: Limits) -> Request | None:
    """HTTP-message = start-line CRLF *( field-line CRLF ) CRLF (RFC 9112 2.1), of a request; None while incomplete."""
    start = 0
    for _ in range(EMPTY_LINES + 1):
        try:
            first_bytes(data, start, limits.of_start_line())
        except Incomplete:
            return None
        end = line_end(data, start, limits.of_start_line(), Fault.REQUEST_LINE_LENGTH)
        if end is None:
            return None
        if data[start:end] != b"\r\n":
            break
        empty, start = start, end
    else:
        raise Refused(Fault.REQUEST_LINE, empty)
    method, target, target_end, minor = request_line(data, start)
    block = field_lines(data, end, limits)
    if block is None:
        return None
    if not is_target(method, data[target:target_end]):
        raise Refused(Fault.TARGET, target)
    check_host(data, block, minor)
    check_framing(data, block, minor, False)
    if method == "CONNECT":
        check_connect(data, block)
    check_singletons(data, block, False)
    keep_alive = keeps_alive(data, block, minor)
    expect = minor == 1 and b"100-continue" in listed(data, block.rows, b"expect")  # RFC 9110 10.1.1
    return Request(method, data[target:target_end].decode("ascii"), minor, keep_alive, expect, block)


def response(data: bytes, limits: Limits, obsolete: bool = False) -> Response | None:
    """Do the same for a response; no CRLF is skipped before its status line. obsolete: as in field_lines()."""
    first_byte_of_a_response(data)
    end = line_end(data, 0, limits.of_start_line(), Fault.STATUS_LINE_LENGTH)
    if end is None:
        return None
    status, reason, minor = status_line(data)
    block = field_lines(data, end, limits, obsolete)
    if block is None:
        return None
    if obsolete:
        data = unfolded(data, block)
    check_framing(data, block, minor, True)
    check_singletons(data, block, True)
    return Response(status, reason, minor, keeps_alive(data, block, minor), block, data)
