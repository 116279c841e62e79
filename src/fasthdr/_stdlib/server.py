# SPDX-License-Identifier: MIT
"""What the shims need from the stdlib's handler, whichever implementation parses."""

from __future__ import annotations

import http.server
import socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# As they are before install().
parse_request = http.server.BaseHTTPRequestHandler.parse_request
handle_one_request = http.server.BaseHTTPRequestHandler.handle_one_request
handle_expect_100 = http.server.BaseHTTPRequestHandler.handle_expect_100


class NoDelay:
    """`disable_nagle_algorithm` of a handler class: True, except for a connection that is not TCP."""

    def __get__(self, handler: Any, owner: type | None = None) -> bool:
        if handler is None:
            return True
        return getattr(getattr(handler, "request", None), "family", None) in (socket.AF_INET, socket.AF_INET6)


NODELAY = NoDelay()
