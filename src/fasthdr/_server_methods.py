# SPDX-License-Identifier: MIT
"""What `server` and install() give BaseHTTPRequestHandler: methods for strict, framed and all other handlers."""

import functools
import socket

from fasthdr._api import RESPONSE_METHODS, RESPONSE_NAMES, lean_wfile, parse_request_of
from fasthdr._stdlib import server as _stdlib

_handle_one_request = _stdlib.handle_one_request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_parse = parse_request_of(None)  # for handlers that are neither strict nor framed


def run(handler: "Any", handle: "Callable[[Any], object]") -> None:
    """Handle one request of a strict or framed handler by calling `handle`."""
    exchange_methods()
    run(handler, handle)


def _read(handler: "Any", by_default: "Callable[[Any], bool]") -> "Any":
    exchange_methods()
    return _read(handler, by_default)


def exchange_methods() -> "Any":
    """Return the module of what strict and framed handlers need. It is loaded when the first of them needs it."""
    global run, _read
    from fasthdr._strict import methods

    run, _read = methods.run, methods.read_request
    return methods


def _parse_exchanged(self: "Any") -> bool:
    """parse_request() of a strict or framed handler."""
    found = _read(self, _parse)
    if type(found) is not tuple:
        return found  # type: ignore[no-any-return]
    (
        self.command, self.path, self.request_version, self.requestline, self.raw_requestline, self.close_connection,
        self.headers,
    ) = found  # fmt: skip
    return True


# Each function checks by itself whether a handler is strict: a call to another function would cost more than the check.
parse_request: "Callable[[Any], bool]" = parse_request_of(_parse_exchanged)


def handle_one_request(self: "Any") -> None:
    """Handle a single HTTP request (http.server.BaseHTTPRequestHandler.handle_one_request)."""
    try:
        in_exchange = self.strict or self.framed_body
    except AttributeError:
        in_exchange = _stdlib.without_switch(self)
    if in_exchange:
        run(self, _handle_one_request)
    else:
        _handle_one_request(self)


def _checked(name: str) -> "Any":
    """Wrap a method that writes a line of the response head: a strict handler may not write more than one with it."""
    method: Any = getattr(_stdlib.handler, name)

    @functools.wraps(method)
    def checked(self: "Any", *args: "Any", **keywords: "Any") -> "Any":
        if getattr(self, "strict", False) is True and any(
            c in str(arg) for arg in (*args, *keywords.values()) for c in "\r\n\0"
        ):
            raise ValueError(f"CR, LF or NUL in a line of the response head: {args!r:.200}")
        return method(self, *args, **keywords)

    return checked


# Methods that replace the standard library's: name -> (ours, theirs). Those that write a line of a response head check
# it if the handler is strict.
METHODS: "dict[str, tuple[Any, Any]]" = {
    **{name: (_checked(name), getattr(_stdlib.handler, name)) for name in ("send_response_only", "send_header")},
    **RESPONSE_METHODS,
    "parse_request": (parse_request, _stdlib.parse_request),
    "handle_one_request": (handle_one_request, _stdlib.handle_one_request),
}


NAMES = frozenset((*METHODS, *RESPONSE_NAMES))  # of the methods that may be replaced


def set_up(self: "Any") -> None:
    """Finish the setup of a handler after socketserver.StreamRequestHandler.setup()."""
    if (self.strict is False and self.framed_body is False) or not exchange_methods().is_on(self):
        lean_wfile(self)
    else:
        exchange_methods().setup(self, handle_one_request)


def setup_of(base: "type[Any]") -> "Callable[[Any], None]":
    """Make a setup() for a handler class that inherits socketserver.StreamRequestHandler's."""

    def setup(self: "Any") -> None:
        """Set up the files of a connection (socketserver.StreamRequestHandler.setup)."""
        super(base, self).setup()
        set_up(self)

    return setup


setup = setup_of(_stdlib.handler)


class NoDelay:
    """`disable_nagle_algorithm` of a handler class: True, except for a connection that is not TCP."""

    def __get__(self, handler: "Any", owner: type | None = None) -> bool:
        if handler is None:
            return True
        return getattr(getattr(handler, "request", None), "family", None) in (socket.AF_INET, socket.AF_INET6)


NODELAY = NoDelay()
