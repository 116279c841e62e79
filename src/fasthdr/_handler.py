# SPDX-License-Identifier: MIT
"""The thin shim between the core and a handler: BaseHTTPRequestHandler.parse_request() and handle_one_request()."""

from __future__ import annotations

import email.parser
import http.client
import sys
from http import HTTPStatus
from typing import Any

from fasthdr._core import count, read_request
from fasthdr._names import METHODS
from fasthdr._stdlib import parse_request as stdlib_parse_request

# The interpreter finds an attribute of a class by its name at once where there is but one str of that name.
_DO = {method: sys.intern(f"do_{method}") for method in METHODS}


def handle_one_request(self: Any) -> None:
    """Handle a single HTTP request (http.server.BaseHTTPRequestHandler.handle_one_request)."""
    try:
        self.raw_requestline = self.rfile.readline(65537)
        if len(self.raw_requestline) > 65536:
            self.requestline = self.request_version = self.command = ""
            self.send_error(HTTPStatus.REQUEST_URI_TOO_LONG)
            return
        if not self.raw_requestline:
            self.close_connection = True
            return
        if not self.parse_request():
            return
        command = self.command
        name = (_DO.get(command) if type(command) is str else None) or "do_" + command
        if not hasattr(self, name):
            self.send_error(HTTPStatus.NOT_IMPLEMENTED, "Unsupported method (%r)" % self.command)  # noqa: UP031
            return
        getattr(self, name)()
        self.wfile.flush()
    except TimeoutError as error:
        self.log_error("Request timed out: %r", error)
        self.close_connection = True


def parse_request(self: Any) -> bool:
    """Parse a request (internal).

    The request should be stored in self.raw_requestline; the results are in self.command, self.path,
    self.request_version and self.headers.

    Return True for success, False for failure; on failure, any relevant error response has already been sent back
    (http.server.BaseHTTPRequestHandler.parse_request).
    """
    # The attributes are loaded and stored here, not in the core, because the interpreter's inline caches do that best.
    try:
        rfile = self.rfile
    except AttributeError:
        rfile = None  # for the stdlib to ask for, once it has read the request line
    try:
        found = read_request(self, self.raw_requestline, rfile, self.MessageClass, self.protocol_version)
    except http.client.LineTooLong as error:
        self.send_error(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "Line too long", str(error))
        return False
    except http.client.HTTPException as error:
        self.send_error(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "Too many headers", str(error))
        return False
    if found is None:
        return _by_stdlib(self)
    (
        self.command, self.path, self.request_version, self.requestline, self.close_connection, self.headers, expect
    ) = found  # fmt: skip
    if expect is None:
        expect = _connection(self)
    if expect:
        return bool(self.handle_expect_100())
    return True


def _connection(self: Any) -> bool:
    """The Connection and Expect fields of a message that the core has not made; True: 100-continue is expected."""
    persistent = self.protocol_version >= "HTTP/1.1"
    option = self.headers.get("Connection", "").lower()
    if option == "close":
        self.close_connection = True
    elif option == "keep-alive" and persistent:
        self.close_connection = False
    expected: bool = self.headers.get("Expect", "").lower() == "100-continue"
    return expected and persistent and self.request_version >= "HTTP/1.1"


def _by_stdlib(self: Any) -> bool:
    if self.raw_requestline:  # b"" is no head: the end of a connection, as some handlers pass it on
        count("request line")
    ok: bool = stdlib_parse_request(self)
    if ok and type(self.headers) is dict and not self.headers:
        # A later stdlib leaves {} after an HTTP/0.9 request; wsgiref then asks it for get_content_type().
        self.headers = email.parser.Parser(_class=self.MessageClass).parsestr("")
    return ok
