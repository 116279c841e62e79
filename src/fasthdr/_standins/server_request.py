# SPDX-License-Identifier: MIT
"""The thin shim between the core and a handler: BaseHTTPRequestHandler.parse_request()."""

import email.parser
import http.client
from http import HTTPStatus

from fasthdr._core.handler import read_block, read_request, request_line
from fasthdr._stdlib.server import is_plain, without_switch
from fasthdr._stdlib.server import parse_request as stdlib_parse_request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def parse_request_of(exchanged: "Callable[[Any], bool] | None") -> "Callable[[Any], bool]":
    """Make a parse_request(). exchanged: called with a strict or framed handler; None: there are no such handlers."""

    def parse_request(self: "Any") -> bool:
        """Parse a request (internal).

        The request should be stored in self.raw_requestline; the results are in self.command, self.path,
        self.request_version and self.headers.

        Return True for success, False for failure; on failure, any relevant error response has already been sent back
        (http.server.BaseHTTPRequestHandler.parse_request).
        """
        try:
            in_exchange = self.strict or self.framed_body
        except AttributeError:
            in_exchange = without_switch(self)
        if in_exchange and exchanged is not None:
            return exchanged(self)
        # The attributes are read and stored here, not in the core: the interpreter's inline caches make that faster.
        try:
            found = read_request(self, self.raw_requestline, self.rfile, self.MessageClass, self.protocol_version)
        except Exception as error:
            if not is_plain(type(self)) or (isinstance(error, AttributeError) and _lacks_an_attribute(self)):
                # A program's own attribute, which the stdlib reads after it has stored others.
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


def _lacks_an_attribute(self: "Any") -> bool:
    """Return whether an AttributeError came before read_request(). A read of rfile may raise one, too."""
    return not all(hasattr(self, name) for name in ("raw_requestline", "rfile", "MessageClass", "protocol_version"))


def _in_steps(self: "Any") -> bool:
    """Store what the request line says before the block is read; or leave the request to the stdlib."""
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


def _go_on(self: "Any", expect: bool | None) -> bool:
    """Return whether to go on with a request. expect: it expects 100-continue; None: look in its message."""
    if expect is None:
        # Read Connection and Expect from a message that the core has not made.
        persistent = self.protocol_version >= "HTTP/1.1"
        option = self.headers.get("Connection", "")
        if option.lower() == "close":
            self.close_connection = True
        elif option.lower() == "keep-alive" and persistent:
            self.close_connection = False
        expected = self.headers.get("Expect", "").lower() == "100-continue"
        expect = expected and persistent and self.request_version >= "HTTP/1.1"
    return bool(self.handle_expect_100()) if expect else True


def _own(self: "Any") -> "dict[str, Any]":
    """Return the handler's own attributes, in a way that no code of the program can notice."""
    try:
        return object.__getattribute__(self, "__dict__")  # type: ignore[no-any-return]
    except AttributeError:
        return {}


def _by_stdlib(self: "Any") -> bool:
    ok: bool = stdlib_parse_request(self)
    headers = _own(self).get("headers")
    if ok and type(headers) is dict and not headers:
        # Later versions leave {} after an HTTP/0.9 request, but wsgiref then calls its get_content_type().
        self.headers = email.parser.Parser(_class=self.MessageClass).parsestr("")
    return ok
