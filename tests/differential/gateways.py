# SPDX-License-Identifier: MIT
"""Requests for gateways, and what wsgiref's handler and ours make of them."""

from __future__ import annotations

import email.errors
import io
import wsgiref.simple_server
from types import SimpleNamespace
from typing import Any

import fasthdr.simple_server
from tests.differential.cases import BLOCKS, REQUEST_LINES

BASE = {
    "SERVER_NAME": "here",
    "GATEWAY_INTERFACE": "CGI/1.1",
    "SERVER_PORT": "80",
    "REMOTE_HOST": "",
    "CONTENT_LENGTH": "",
    "SCRIPT_NAME": "",
}
TARGETS = [
    b"/", b"/a%20b", b"/%", b"/%4", b"/%zz%41", b"/%%41", b"/%c3%a9%ff", b"/\xe9%e9?\xe9%e9", b"/a?b?c=%20", b"?", b"*",
    b"//a//b", b"http://h/p?q", b"http://h", b"HTTPS://h?q/r", b"h:443", b"/%2F%3f", b"a" * 300 + b"%20",
]  # fmt: skip
GATEWAY_BLOCKS = {
    "fields of one name": b"X-A: 1\r\nx-a:  2 \r\nX_A: 3\r\n\r\n",
    "short values of one name": b"X-A: 1\r\nX-A: 1\r\nY:\r\ny:\r\nZ: ab\r\nZ: ab\r\n\r\n",
    "many of one name": b"X-A: 1\r\nCookie: 2\r\nx-A: 3 \r\nY:\r\n" * 20 + b"\r\n",
    "spellings of well-known names": b"Cookie: 1\r\ncookie: 2\r\nCoOkIe: 3\r\nCookie: 4\r\nHost: h\r\n\r\n",
    "variables of well-known names": b"Accept-Language: 1\r\nX_Forwarded_For: 2\r\nX-Forwarded-For: 3\r\n"
    b"accept-language: 4\r\nAccept_Language: 5\r\nHost: h\r\n\r\n",
    "variables of the server": b"Server-Name: x\r\nScript-Name: y\r\nRequest-Method: z\r\nContent_Length: 3\r\n\r\n",
    "content": b"Content-Type: a/b \r\nContent-Type: c/d\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "empty content": b"Content-Type:\r\nContent-Length:\r\n\r\n",
    "white space": b"A: \x85a\xa0\r\nB: \x0b\x0cb\x1c\r\nC:\r\n d\r\n\t\r\n\r\n",
    "odd names": b"!#$: 1\r\na.b: 2\r\nHOST: 3\r\nhOST: 4\r\nhttp-host: 5\r\n\r\n",
    "multipart": b"Content-Type: multipart/form-data; boundary=b\r\nX: y\r\n\r\n",
    "message": b"Content-Type: message/rfc822\r\nX: y\r\n\r\n",
}
REQUESTS = (
    [b"GET / HTTP/1.1\r\n" + block for block in (GATEWAY_BLOCKS | BLOCKS).values()]
    + [line + b"Host: h\r\n\r\n" for line in REQUEST_LINES.values()]
    + [b"GET " + target + b" HTTP/1.1\r\nHost: h\r\n\r\n" for target in TARGETS]
)


class Plain(wsgiref.simple_server.WSGIRequestHandler):
    def __init__(self, data: bytes, host: str) -> None:
        self.rfile = io.BytesIO(data)
        self.wfile = io.BytesIO()
        self.client_address = ("192.0.2.1", 1)
        self.server = SimpleNamespace(base_environ=BASE)  # type: ignore[assignment]
        self.host = host

    def address_string(self) -> str:
        return self.host

    def log_message(self, format: str, *args: Any) -> None:
        pass


class Ours(Plain, fasthdr.simple_server.WSGIRequestHandler):
    get_environ = fasthdr.simple_server.WSGIRequestHandler.get_environ
    parse_request = fasthdr.simple_server.WSGIRequestHandler.parse_request
    MessageClass = fasthdr.simple_server.WSGIRequestHandler.MessageClass


def environ(cls: type[Plain], data: bytes, host: str = "client.example") -> Any:
    """Return the pairs of get_environ() in order, or what it raises, or None if the request is refused."""
    handler = cls(data, host)
    handler.raw_requestline = handler.rfile.readline(65537)
    try:
        if not handler.parse_request():
            return None
        return list(handler.get_environ().items())
    except (ValueError, RecursionError, AttributeError, email.errors.MessageError) as error:
        return type(error), str(error)


def check(data: bytes) -> None:
    for host in ("client.example", "192.0.2.1"):
        plain, ours = environ(Plain, data, host), environ(Ours, data, host)
        if plain != ours:
            # After HTTP/0.9 later versions leave {}, on which wsgiref fails; here it is a message.
            assert plain[0] is AttributeError
            assert "'dict' object" in plain[1]
