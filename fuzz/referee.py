# SPDX-License-Identifier: MIT
"""Where each request of a connection begins and ends, and what must be refused, found from all its bytes at once.

Heads are read by fasthdr's plain Python, or by http.server's own parser; bodies by the decoder in plain Python.
"""

from __future__ import annotations

import http.server
import io
from typing import Any, NamedTuple

import fasthdr
from fasthdr._pure import decoder as _pure_decoder
from fasthdr._pure import parse as _pure
from fasthdr._pure import wire as _pure_wire
from fasthdr._stdlib import server as _stdlib
from tests.handlers.conversations import FOREVER, Request
from tests.handlers.judge import Tail
from tests.handlers.memory import END, STALL
from tests.handlers.programs import METHODS

NO_STATUS_LINE = -1  # an older http.server answers a malformed request line without one


class Verdict(NamedTuple):
    requests: list[Request]
    tail: Tail


class _Probe(http.server.BaseHTTPRequestHandler):
    """http.server's own parser, on one head."""

    def __init__(self, data: bytes, protocol_version: str) -> None:
        self.rfile = io.BufferedReader(io.BytesIO(data))
        self.protocol_version = protocol_version
        self.status: int = 0
        self.raw_requestline = self.rfile.readline(65537)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        self.status = code

    def handle_expect_100(self) -> bool:
        return True

    def expects(self) -> bool:
        """Return True if 100-continue is among the expectations (RFC 9110 10.1.1). http.server sees only the first."""
        if min(self.request_version, self.protocol_version) < "HTTP/1.1":
            return False
        lines: list[str] = self.headers.get_all("Expect", [])
        return "100-continue" in [item.strip().lower() for line in lines for item in line.split(",")]


def _body(request: Request, data: bytes, framing: Any, max_body: int, decoded: bool) -> None:
    """Find the end of a body, or the fault in it."""
    start = request.head_end
    if framing != "chunked":
        request.wire = framing
        request.body = data[start : start + framing]
        request.end = start + framing if len(request.body) == framing else FOREVER
        return
    request.chunked = True
    rest = data[start:]

    def fed(size: int) -> tuple[bytes, Any]:
        decoder = _pure_decoder.BodyDecoder("chunked", max_body=max_body)
        return decoder.feed(rest[:size]), decoder

    size = len(rest)
    try:
        content, decoder = fed(size)
    except fasthdr.ParseError as error:
        request.fault = int(error.status)
        low = 0  # bisects for the first byte at fault, since no byte before it is
        while low < size:
            middle = (low + size) // 2
            try:
                fed(middle)
                low = middle + 1
            except fasthdr.ParseError:
                size = middle
        request.fault_at = start + size
        content, decoder = fed(size - 1)
        request.body = content if decoded else rest[: size - 1]
        request.wire = size
        return
    request.wire = decoder.wire
    request.body = content if decoded else rest[: decoder.wire]
    if decoder.ended:
        request.end = start + decoder.wire


def _strict(data: bytes, at: int, protocol_version: str, ending: str) -> tuple[Request, Any] | frozenset[int]:
    rest = data[at:]
    try:
        head = _pure.parse_request(rest, strict=True)
    except fasthdr.ParseError as error:
        return frozenset((int(error.status),))
    if head is None:
        if not rest.strip(b"\r\n"):
            silent = ending != STALL or not rest
            return frozenset((0,)) if silent else frozenset((0, 408))
        return frozenset((400,) if ending == END else (408,) if ending == STALL else (0,))
    path = "/" + head.target.lstrip("/") if head.target.startswith("/") else head.target
    persists = head.keep_alive and protocol_version == "HTTP/1.1"
    request = Request(head.method, path, at, at + head.consumed, persists=persists)
    request.expects = bool(head.framing) and head.expect_continue
    return request, head.framing


def _framed(data: bytes, at: int, protocol_version: str, ending: str) -> tuple[Request, Any] | frozenset[int]:
    rest = data[at:]
    probe = _Probe(rest, protocol_version)
    line = probe.raw_requestline
    if not line or (not line.endswith(b"\n") and len(line) <= 65536 and ending != END):
        return frozenset((0,))
    if len(line) > 65536:
        return frozenset((414,))
    understood = _stdlib.parse_request(probe)
    size = probe.rfile.tell()
    if not understood:
        return frozenset((probe.status, NO_STATUS_LINE)) if probe.status else frozenset((0,))
    if probe.request_version == "HTTP/0.9":
        # A later http.server reads no field lines here.
        headers: Any = probe.headers
        whole = type(headers) is dict or rest[:size].endswith((b"\n\r\n", b"\n\n"))
        if not whole and ending != END:
            return frozenset((0, 408))
        return Request(probe.command, probe.path, at, at + size, persists=False, simple=True), None
    head_is_whole = rest[:size].endswith((b"\n\r\n", b"\n\n"))
    if not head_is_whole:
        return frozenset((400,) if ending == END else (408,) if ending == STALL else (0,))
    try:
        found = _pure_wire.request_framing(rest, len(line))
    except fasthdr.ParseError as error:
        return frozenset((int(error.status),))
    assert found is not None, "the standard library has found the end of a head, and we have not"
    framing = found[1]
    if framing and probe.command == "CONNECT":
        return frozenset((400,))
    if framing == "chunked" and probe.request_version < "HTTP/1.1":
        return frozenset((400,))
    request = Request(probe.command, probe.path, at, at + size, persists=not probe.close_connection)
    request.expects = bool(framing) and probe.expects()
    return request, framing


def referee(data: bytes, attributes: dict[str, Any], ending: str, *, strict: bool, decoded: bool) -> Verdict:
    """Find all requests in what a client sends, and what must become of the rest."""
    requests: list[Request] = []
    protocol_version = attributes["protocol_version"]
    max_body = attributes.get("max_body", 1 << 30)
    at = 0
    while True:
        if requests and requests[-1].wire and data[at : at + 2] == b"\r\n":
            at += 2
        elif requests and requests[-1].wire and not strict and data[at : at + 1] == b"\n":
            at += 1
        method = "HEAD" if data[at:].lstrip(b"\r\n").startswith(b"HEAD ") else "GET"
        found = (_strict if strict else _framed)(data, at, protocol_version, ending)
        if isinstance(found, frozenset):
            return Verdict(requests, Tail(found, method))
        request, framing = found
        if framing and framing != "chunked" and framing > max_body:
            return Verdict(requests, Tail(frozenset((413,)), method))
        if request.method not in METHODS:
            statuses = (501,) if framing is not None else (501, NO_STATUS_LINE)
            return Verdict(requests, Tail(frozenset(statuses), method))
        requests.append(request)
        if framing is None:  # HTTP/0.9
            return Verdict(requests, Tail(frozenset((0,)), method))
        _body(request, data, framing, max_body, decoded)
        if not request.whole:
            return Verdict(requests, Tail(frozenset((0,)), method))
        at = request.end
