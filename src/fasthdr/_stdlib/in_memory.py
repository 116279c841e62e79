# SPDX-License-Identifier: MIT
"""Read heads that the sans-I/O functions leave to the stdlib, by running its own code in memory.

The input is already cut to what a head within the limits can take, at most max_head bytes. max_line: for field lines.
message_class: the class of the messages that these functions make.
"""

from __future__ import annotations

import email.parser
import http.client
import http.server
import io
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NoReturn

from fasthdr._errors import ParseError, snippet
from fasthdr._stdlib.client import HTTPResponse
from fasthdr._stdlib.functions import is_original, with_globals
from fasthdr._stdlib.probe import BLANK_LINE
from fasthdr._stdlib.server import parse_request as stdlib_parse_request

if TYPE_CHECKING:
    from email.message import Message


class _Refused(Exception):
    """The status and message that the handler would send."""


class _NoFields(dict[str, str]):
    """Replaces the message while only the request line is read."""


def _request_line_reader() -> Any:
    """Return the stdlib's parse_request() without its parse of a header block; None if it is not http.server's own.

    Even on no input, that parse takes half as long as the parse of the real block, which follows.
    """
    if not is_original(stdlib_parse_request, http.server):
        return None
    client = SimpleNamespace(**{**vars(http.client), "parse_headers": lambda fp, _class: _NoFields()})  # noqa: ARG005
    return with_globals(stdlib_parse_request, {**vars(http.server), "http": SimpleNamespace(client=client)})


_read_line = _request_line_reader()


class _Handler(http.server.BaseHTTPRequestHandler):
    """A handler without a connection: it reads a request line, and then the end of the input."""

    protocol_version = "HTTP/1.1"
    MessageClass = http.client.HTTPMessage

    def __init__(self, line: bytes) -> None:
        self.raw_requestline = line
        self.rfile = io.BytesIO()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> NoReturn:
        raise _Refused(code, message or self.responses[code][0])


def _first_line(data: bytes, most: int, max_head: int) -> int | None:
    """Return the length of the first line; None while it is incomplete and within the limit, -1 beyond the limit."""
    end = data.find(b"\n", 0, most) + 1
    if end:
        return end
    return None if len(data) <= most and len(data) < max_head else -1


def _block(data: bytes, start: int, max_line: int, max_headers: int, max_head: int) -> tuple[bytes, int] | None:
    """Return the block as the stdlib passes it to email.parser, and where it ends (http.client._read_headers)."""
    if start:
        end = data.find(b"\n\r\n", start - 1) + 3
        if 3 <= end <= start + max_line and data.find(b"\n\n", start - 1, end) < 0:  # then no line is beyond the limit
            lines = data.count(b"\n", start, end)
            if lines - (not BLANK_LINE) <= max_headers:
                return data[start : end if BLANK_LINE else end - 2], end
    lines = 0
    at = start
    while True:
        end = data.find(b"\n", at, at + max_line) + 1
        if not end:
            if len(data) - at > max_line:
                near, field = snippet.shown(data, at), snippet.field_at(data, at, start)
                raise ParseError(431, "Line too long", at, near=near, field=field)
            if len(data) >= max_head:
                raise ParseError(431, "Head too long", max_head)
            return None
        blank = data[at:end] in (b"\r\n", b"\n")
        lines += not blank or BLANK_LINE
        if lines > max_headers:
            raise ParseError(431, "Too many headers", at, field=snippet.field_at(data, at, start))
        if blank:
            return data[start : end if BLANK_LINE else at], end
        at = end


def _message(block: bytes, start: int, message_class: type[Message], recover: bool = False) -> Message:
    try:
        if recover:
            from fasthdr._stdlib.recover import message

            return message(block, message_class)  # type: ignore[no-any-return]
        return email.parser.Parser(_class=message_class).parsestr(block.decode("iso-8859-1"))
    except (ValueError, RecursionError) as error:
        # A Content-Type on which the stdlib's handler fails with a traceback.
        raise ParseError(400, "Bad Content-Type", start, field="Content-Type") from error


def parse_request(
    data: bytes, max_line: int, max_headers: int, max_head: int, max_start_line: int, message_class: type[Message]
) -> tuple[Any, ...] | None:
    first = _first_line(data, max_start_line, max_head)
    if first is None:
        return None
    if first < 0:
        if len(data) > max_start_line:
            status = http.HTTPStatus.REQUEST_URI_TOO_LONG
            raise ParseError(status, status.phrase, max_start_line)
        raise ParseError(431, "Head too long", max_head)
    handler = _Handler(data[:first])
    try:
        ok = (_read_line or stdlib_parse_request)(handler)
    except _Refused as refused:
        code, message = refused.args
        near = snippet.cut(data[:first])
        if near != data[:first]:  # the message may show the line, too
            message = message.partition(" (")[0]
        raise ParseError(code, message, 0, near=near) from None
    if not ok:
        raise ParseError(400, "Empty request line", 0)
    keep_alive = not handler.close_connection
    expect = False
    consumed = first
    headers: Any = handler.headers
    if type(headers) is dict:  # HTTP/0.9, and a stdlib that then reads no headers
        message = _message(b"", first, message_class)
    else:
        found = _block(data, first, max_line, max_headers, max_head)
        if found is None:
            return None
        block, consumed = found
        message = _message(block, first, message_class)
        connection = message.get("Connection", "").lower()
        if connection in ("close", "keep-alive"):
            keep_alive = connection == "keep-alive"
        expect = message.get("Expect", "").lower() == "100-continue" and handler.request_version >= "HTTP/1.1"
    return handler.command, handler.path, handler.request_version, keep_alive, expect, message, consumed


class _Connection:
    """The part of a socket that HTTPResponse uses."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self._data)


def parse_response(
    data: bytes,
    max_line: int,
    max_headers: int,
    max_head: int,
    max_start_line: int,
    message_class: type[Message],
    recover: bool = False,
) -> tuple[Any, ...] | None:
    first = _first_line(data, max_start_line, max_head)
    if first is None:
        return None
    if first < 0:
        raise ParseError(502, "Status line too long", min(max_start_line, max_head))
    # Only the line, then the end of the input. The version is checked as in begin().
    response = HTTPResponse(_Connection(data[:first]))
    try:
        version, status, reason = response._read_status()
        if not version.startswith("HTTP/1.") and version != "HTTP/0.9":
            raise http.client.UnknownProtocol(version)
    except http.client.UnknownProtocol:  # its text shows the whole line
        raise ParseError(502, "Unknown protocol", 0, near=snippet.cut(data[:first])) from None
    except http.client.HTTPException:
        raise ParseError(502, "Bad status line", 0, near=snippet.cut(data[:first])) from None
    finally:
        response.close()
    try:
        found = _block(data, first, max_line, max_headers, max_head)
    except ParseError as error:
        raise ParseError(502, error.reason, error.offset, near=error.near, field=error.field) from None
    if found is None:
        return None
    block, consumed = found
    return version, status, reason.strip(), _message(block, first, message_class, recover), consumed


recover_response = partial(parse_response, recover=True)


def persists(version: str, status: int, method: str | None, headers: Message) -> bool:
    """Return whether http.client would keep the connection after a response: the opposite of its `will_close`."""
    number = 10 if version in ("HTTP/1.0", "HTTP/0.9") else 11
    response: Any = SimpleNamespace(headers=headers, msg=headers, version=number)
    if HTTPResponse._check_close(response):
        return False
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return True
    if status in (204, 304) or 100 <= status < 200 or method == "HEAD":
        return True
    try:
        return int(headers.get("content-length") or "") >= 0
    except ValueError:
        return False


def parse_headers(
    data: bytes, max_line: int, max_headers: int, max_head: int, _max_start_line: int, message_class: type[Message]
) -> tuple[Any, ...] | None:
    found = _block(data, 0, max_line, max_headers, max_head)
    if found is None:
        return None
    block, consumed = found
    return _message(block, 0, message_class), consumed
