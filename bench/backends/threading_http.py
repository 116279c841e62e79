# SPDX-License-Identifier: MIT
"""Handlers of http.server in a ThreadingHTTPServer: the stdlib's, and fasthdr's."""

from __future__ import annotations

import http.server
from collections.abc import Callable
from typing import NoReturn

import fasthdr
import fasthdr.server
from bench.backends.answer import handler


def _serve(
    server_class: type[http.server.HTTPServer],
    handler_class: type[http.server.BaseHTTPRequestHandler],
    announce: Callable[[int], object],
) -> NoReturn:
    with server_class(("127.0.0.1", 0), handler_class) as server:
        announce(server.server_port)
        server.serve_forever()
    raise SystemExit("the server has stopped")


def stdlib(announce: Callable[[int], object]) -> NoReturn:
    _serve(http.server.ThreadingHTTPServer, handler(http.server.BaseHTTPRequestHandler), announce)


def nodelay(announce: Callable[[int], object]) -> NoReturn:
    handler_class = handler(http.server.BaseHTTPRequestHandler)
    handler_class.disable_nagle_algorithm = True
    _serve(http.server.ThreadingHTTPServer, handler_class, announce)


def ours(announce: Callable[[int], object]) -> NoReturn:
    _serve(fasthdr.server.ThreadingHTTPServer, handler(fasthdr.server.BaseHTTPRequestHandler), announce)


def one_send(announce: Callable[[int], object]) -> NoReturn:
    handler_class = handler(fasthdr.server.BaseHTTPRequestHandler)
    handler_class.wbufsize = -1
    _serve(fasthdr.server.ThreadingHTTPServer, handler_class, announce)


def installed(announce: Callable[[int], object]) -> NoReturn:
    fasthdr.install()
    stdlib(announce)
