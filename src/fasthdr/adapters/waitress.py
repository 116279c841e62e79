# SPDX-License-Identifier: MIT
"""Make the core parse heads for waitress: call serve() in place of waitress.serve(), or enable().

waitress still handles limits, errors and bodies. Its own parser still reads a head that is not clearly well-formed.
"""

from types import SimpleNamespace
from typing import Any

import waitress
from waitress import parser as _theirs
from waitress.channel import HTTPChannel

from fasthdr.adapters._heads import CGINames, head_of, request_line_of
from fasthdr.adapters._switch import Switch, agree, is_original

__all__ = ["Parser", "disable", "enable", "is_enabled", "serve"]

_NAMES = CGINames()


class Parser(_theirs.HTTPRequestParser):
    """Parse requests as waitress.parser.HTTPRequestParser does, with their heads parsed by the core."""

    def parse_header(self, header_plus: bytes) -> None:
        """Set and raise the same as HTTPRequestParser.parse_header()."""
        # After 100 Continue for a request with an error, waitress gives the next head to the same parser, which joins
        # the two.
        used = "first_line" in vars(self)
        head = None if used else head_of(header_plus)
        line = None if head is None else request_line_of(header_plus, head)
        # In any other target, and in one that begins with two slashes, urlsplit() looks for more than path and query.
        if (
            head is None
            or line is None
            or head.target[0] != "/"
            or head.target[:2] == "//"
            or head.method != head.method.upper()
        ):
            super().parse_header(header_plus)
            return
        headers = self.headers
        for name, value in head.items():
            if "_" in name:
                continue
            key = _NAMES[name]
            if key in headers:
                headers[key] += ", " + value
            else:
                headers[key] = value
        self.first_line = line
        self.request_uri = head.target
        self.command = head.method
        self.version = head.version[5:]
        self.proxy_scheme = self.proxy_netloc = self.fragment = ""
        path, _, self.query = head.target.partition("?")
        self.path = _theirs.unquote_bytes_to_wsgi(path.encode()) if "%" in path else path
        self.url_scheme = self.adj.url_scheme
        connection = headers.get("CONNECTION", "").lower()
        if self.version == "1.0":
            if connection != "keep-alive":
                self.connection_close = True
        else:
            headers.pop("TRANSFER_ENCODING", None)
            self.expect_continue = headers.get("EXPECT", "").lower() == "100-continue"
            if connection == "close":
                self.connection_close = True
        if head.framing == "chunked":
            self.chunked = True
            self.body_rcv = _theirs.ChunkedReceiver(_theirs.OverflowableBuffer(self.adj.inbuf_overflow))
        else:
            self.content_length = head.framing
            if head.framing:
                buffer = _theirs.OverflowableBuffer(self.adj.inbuf_overflow)
                self.body_rcv = _theirs.FixedStreamReceiver(head.framing, buffer)


# Heads that check what the adapter expects of waitress: one for each rule that the adapter implements itself.
_HEADS = (
    b"GET /a%20b/%C3%A9?c=%20&d=? HTTP/1.1\r\nHost: h\r\nAccept: a\r\nX-B: \t\xe9 b \r\naccept:c\r\nX_B: d\r\n\r\n",
    b"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\nExpect: 100-continue\r\nEmpty:\r\n\r\n",
    b"GET / HTTP/1.0\r\nContent-Length: 0\r\nContent-Type: a/b\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 007\r\nConnection: Close\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\nExpect: 100-Continue\r\nConnection: a, close\r\n\r\n",
)


def _observe(parser_class: Any, data: bytes) -> object:
    adjustments = SimpleNamespace(
        max_request_header_size=1 << 18, max_request_body_size=1 << 30, inbuf_overflow=1 << 19, url_scheme="http"
    )
    parser = parser_class(adjustments)
    consumed = parser.received(data)
    found = {name: value for name, value in vars(parser).items() if name not in ("adj", "body_rcv")}
    found["headers"] = list(parser.headers.items())
    body = parser.body_rcv
    return consumed, found, type(body), None if body is None else (vars(body).keys(), getattr(body, "remain", None))


_is_original = is_original(_theirs.HTTPRequestParser, _theirs)
if not _is_original or not agree(_observe, _theirs.HTTPRequestParser, Parser, _HEADS):
    Parser = _theirs.HTTPRequestParser  # type: ignore[misc]

_switch = Switch("waitress", HTTPChannel, "parser_class", _theirs.HTTPRequestParser, Parser, _is_original)
enable, disable, is_enabled = _switch.enable, _switch.disable, _switch.is_enabled


def serve(app: Any, **options: Any) -> None:
    """Serve a WSGI application as waitress.serve() does, with the same options, after enable()."""
    enable()
    waitress.serve(app, **options)
