# SPDX-License-Identifier: MIT
"""What the stdlib's handler makes of bytes, and what parse_request() makes of them, as values to compare."""

from __future__ import annotations

import http.client
import http.server
import io
from email.message import Message
from typing import Any

import fasthdr
from fasthdr._errors import snippet
from tests.differential import observe
from tests.differential.cases import BLOCKS

STDLIB_PARSE = http.client.parse_headers


class Refused(Exception):
    pass


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    expected = False

    def __init__(self, data: bytes) -> None:
        self.rfile = io.BytesIO(data)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        raise Refused(int(code), message or self.responses[code][0])

    def handle_expect_100(self) -> bool:
        self.expected = True
        return True


def is_whole(data: bytes, start: int = 0) -> bool:
    """Return True if an empty line ends a header block in data[start:]."""
    return any(line in (b"\r\n", b"\n") for line in io.BytesIO(data[start:]))


def expected_request(data: bytes) -> Any:
    """Return the stdlib handler's result: None, ("error", status, reason) or the fields."""
    handler = Handler(data)
    line = handler.raw_requestline = handler.rfile.readline(65537)
    if len(line) > 65536:
        return "error", 414, handler.responses[414][0]
    if not line.endswith(b"\n"):
        return None
    try:
        ok = handler.parse_request()
    except Refused as refused:
        status, reason = refused.args
        if snippet.cut(line) != line:  # the message may show credentials
            reason = reason.partition(" (")[0]
        return "error", status, fasthdr.ParseError(status, reason).reason  # the first 200 characters
    except (ValueError, RecursionError):
        return ("error", 400, "Bad Content-Type") if is_whole(data, len(line)) else None
    if not ok:
        return "error", 400, "Empty request line"
    if isinstance(handler.headers, Message) and not is_whole(data, len(line)):
        return None
    # After an HTTP/0.9 request a later stdlib leaves {}, and ours an empty message.
    headers = handler.headers if isinstance(handler.headers, Message) else STDLIB_PARSE(io.BytesIO())
    return (
        handler.command, handler.path, handler.request_version, not handler.close_connection, handler.expected,
        observe.message(headers), handler.rfile.tell(),
    )  # fmt: skip


def found_request(data: Any, parse: Any = fasthdr.parse_request, **limits: Any) -> Any:
    """Return the same for parse_request(), after checking the other attributes of the head against its message."""
    try:
        head = parse(data, **limits)
    except fasthdr.ParseError as error:
        assert 0 <= error.offset <= len(data)
        return "error", int(error.status), error.reason
    if head is None:
        return None
    got = [head.get(name, 0) for name in ("host", "Connection", "x-absent", "k")]
    assert isinstance(head.headers, http.client.HTTPMessage)
    assert got == [head.headers.get(name, 0) for name in ("host", "Connection", "x-absent", "k")]
    assert head.headers is head.headers
    assert head.raw_headers == [(k.encode("latin-1"), v.encode("latin-1")) for k, v in head.headers.items()]
    if head.table is not None:
        view = memoryview(head.table)
        rows = (len(head.headers), 4)
        if not head.headers and isinstance(head.table, memoryview):
            rows = (0,)  # plain Python's memoryview of an empty table
        assert (view.format, view.shape, view.readonly) == ("I", rows, True)
        raw = bytes(data)
        assert [(raw[n : n + k], raw[v : v + m]) for n, k, v, m in view.tolist()] == head.raw_headers
    return (
        head.method, head.target, head.version, head.keep_alive, head.expect_continue, observe.message(head.headers),
        head.consumed,
    )  # fmt: skip


class Connection:
    """The part of a socket that HTTPResponse uses."""

    def __init__(self, data: bytes) -> None:
        self.file = io.BytesIO(data)

    def makefile(self, mode: str) -> io.BytesIO:
        return self.file


# At the end of the input the stdlib counts an incomplete line as whole; here more input may follow.
WHOLE = [name for name in BLOCKS if is_whole(BLOCKS[name])]
