# SPDX-License-Identifier: MIT
"""The thin shim between the core and a handler: BaseHTTPRequestHandler.parse_request()."""

from __future__ import annotations

import email.parser
import http.client
from http import HTTPStatus

from fasthdr._core.handler import read_block, read_request, request_line
from fasthdr._stdlib.handler_class import is_plain
from fasthdr._stdlib.server import parse_request as stdlib_parse_request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def parse_request_of(exchanged: Callable[[Any], bool] | None) -> Callable[[Any], bool]:
    """Make a parse_request(). exchanged: what is called with a strict or framed handler; None: there is none."""

    def parse_request(self: Any) -> bool:
        """Parse a request (internal).

        The request should be stored in self.raw_requestline; the results are in self.command, self.path,
        self.request_version and self.headers.

        Return True for success, False for failure; on failure, any relevant error response has already been sent back
        (http.server.BaseHTTPRequestHandler.parse_request).
        """
        if exchanged is not None and (self.strict is True or self.framed_body is True):
            return exchanged(self)
        # The attributes are loaded and stored here, not in the core: the interpreter's inline caches do that best.
        try:
            found = read_request(self, self.raw_requestline, self.rfile, self.MessageClass, self.protocol_version)
        except Exception as error:
            if isinstance(error, AttributeError) or not is_plain(type(self)):
                # An attribute of a program's, which the stdlib asks for when it has stored others.
                return _by_stdlib(self)
            raise
        if found is None:
            return _in_steps(self)
        (
            self.command, self.request_version, self.close_connection, self.requestline, self.path, self.headers, expect
        ) = found  # fmt: skip
        return True if expect is False else _go_on(self, expect)

    parse_request.__qualname__ = parse_request.__name__
    return parse_request


def _in_steps(self: Any) -> bool:
    """A request line of which the handler shows what it says before the block is read; or a request for the stdlib."""
    line = request_line(self)
    if line is None:
        return _by_stdlib(self)
    self.command, self.request_version, self.close_connection, self.requestline, self.path = line
    try:
        self.headers = read_block(self.rfile, self.MessageClass)
    except http.client.LineTooLong as error:
        self.send_error(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "Line too long", str(error))
        return False
    except http.client.HTTPException as error:
        self.send_error(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "Too many headers", str(error))
        return False
    return _go_on(self, None)


def _go_on(self: Any, expect: bool | None) -> bool:
    """Whether the handler is to go on with a request that may expect 100-continue; None: its message says so."""
    if expect is None:
        # Connection and Expect of a message that the core has not made.
        persistent = self.protocol_version >= "HTTP/1.1"
        option = self.headers.get("Connection", "")
        if option.lower() == "close":
            self.close_connection = True
        elif option.lower() == "keep-alive" and persistent:
            self.close_connection = False
        expected = self.headers.get("Expect", "").lower() == "100-continue"
        expect = expected and persistent and self.request_version >= "HTTP/1.1"
    return bool(self.handle_expect_100()) if expect else True


def _own(self: Any) -> dict[str, Any]:
    """The handler's own attributes, without a look that a program's code could see."""
    try:
        return object.__getattribute__(self, "__dict__")  # type: ignore[no-any-return]
    except AttributeError:
        return {}


def _by_stdlib(self: Any) -> bool:
    ok: bool = stdlib_parse_request(self)
    headers = _own(self).get("headers")
    if ok and type(headers) is dict and not headers:
        # A later stdlib leaves {} after an HTTP/0.9 request; wsgiref then asks it for get_content_type().
        self.headers = email.parser.Parser(_class=self.MessageClass).parsestr("")
    return ok
