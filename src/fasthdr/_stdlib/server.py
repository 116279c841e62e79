# SPDX-License-Identifier: MIT
"""http.server, its handler class and the methods of that, as they were at import."""

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
