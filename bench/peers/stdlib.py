# SPDX-License-Identifier: MIT
"""http.server's handler and http.client's response, one made for each head, with the bytes as their input."""

from __future__ import annotations

import http.client
import http.server
import io
from collections.abc import Callable
from typing import Any

from bench.comparison import STDLIB


class Handler(http.server.BaseHTTPRequestHandler):
    """The stdlib's handler, without a connection."""

    protocol_version = "HTTP/1.1"

    def __init__(self, data: bytes) -> None:
        self.rfile = io.BytesIO(data)
        self.raw_requestline = self.rfile.readline(65537)


class Source:
    """As much of a socket as HTTPResponse asks for."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self.data)


HEAD = "handler = Handler(item)\nhandler.parse_request()\n"
READS = "result = handler.command, handler.path, handler.request_version, handler.headers[wanted]"
ONE = {STDLIB: HEAD + READS}
PAIRS = {STDLIB: HEAD + "result = handler.headers.items()"}
ANSWER = "response = HTTPResponse(Source(item))\nresponse.begin()\n"
RESPONSE = {STDLIB: ANSWER + "result = response.version, response.status, response.reason, response.headers[wanted]"}


def names(wanted: str) -> dict[str, Any]:
    return {"Handler": Handler, "HTTPResponse": http.client.HTTPResponse, "Source": Source, "wanted": wanted}


def _body(wire: bytes) -> Callable[[], bytes]:
    response: Any = http.client.HTTPResponse(Source(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + wire))  # type: ignore[arg-type]
    response.begin()
    return response.read  # type: ignore[no-any-return]


BODY = {STDLIB: _body}
