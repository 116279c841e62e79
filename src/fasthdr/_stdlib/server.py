# SPDX-License-Identifier: MIT
"""The methods of http.server's handler, as they were at import."""

import http.server

parse_request = http.server.BaseHTTPRequestHandler.parse_request
handle_one_request = http.server.BaseHTTPRequestHandler.handle_one_request
handle_expect_100 = http.server.BaseHTTPRequestHandler.handle_expect_100
