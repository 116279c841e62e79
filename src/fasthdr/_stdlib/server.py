# SPDX-License-Identifier: MIT
"""http.server's handler class and methods, as they were at import; what parse_request() may assume about a handler."""

import http.server

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

module: "Any" = http.server
handler: "Any" = module.BaseHTTPRequestHandler
classes: "set[Any]" = {handler}  # and the copies of it that install() has found

parse_request = http.server.BaseHTTPRequestHandler.parse_request
handle_one_request = http.server.BaseHTTPRequestHandler.handle_one_request
handle_expect_100 = http.server.BaseHTTPRequestHandler.handle_expect_100

_STORED = "command", "request_version", "close_connection", "requestline", "path", "headers"
_READ = "rfile", "raw_requestline", "MessageClass", "protocol_version"


def is_plain(cls: "Any") -> bool:
    """Return whether parse_request() can read and store the attributes of such handlers without running other code.

    If a program's code runs, it must see the same accesses as from the stdlib's parse_request(), in the same order.
    """
    if cls.__setattr__ is not object.__setattr__ or cls.__getattribute__ is not object.__getattribute__:
        return False
    found = {name: value for base in reversed(cls.__mro__) for name, value in vars(base).items()}
    return not (
        any(
            hasattr(type(found.get(name)), "__set__") or hasattr(type(found.get(name)), "__delete__")
            for name in _STORED
        )
        or any(hasattr(type(found.get(name)), "__get__") for name in _READ)
    )


def without_switch(handler: "Any") -> bool:
    """Return False for an object that is not derived from the handler class, and so has no `strict` or `framed_body`.

    Call this while an AttributeError of these is handled: for any other object, it is raised again.
    """
    if hasattr(type(handler), "strict"):
        raise  # noqa: PLE0704 (the error that is being handled)
    return False
