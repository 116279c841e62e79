# SPDX-License-Identifier: MIT
"""wsgiref.simple_server with the core behind its handler; every other name is wsgiref.simple_server's own."""

from __future__ import annotations

import wsgiref.simple_server
from typing import TYPE_CHECKING, Any

from fasthdr.server import BaseHTTPRequestHandler

if TYPE_CHECKING:
    from wsgiref.simple_server import demo_app as demo_app

    from _typeshed.wsgi import WSGIApplication

WSGIServer = wsgiref.simple_server.WSGIServer


class WSGIRequestHandler(BaseHTTPRequestHandler, wsgiref.simple_server.WSGIRequestHandler):
    """wsgiref.simple_server.WSGIRequestHandler over the core."""


def make_server(
    host: str,
    port: int,
    app: WSGIApplication,
    server_class: type[Any] = WSGIServer,
    handler_class: type[wsgiref.simple_server.WSGIRequestHandler] = WSGIRequestHandler,
) -> Any:
    """A new WSGI server listening on `host` and `port` for `app` (wsgiref.simple_server.make_server)."""
    return wsgiref.simple_server.make_server(host, port, app, server_class, handler_class)


__all__ = wsgiref.simple_server.__all__


def __getattr__(name: str) -> Any:
    return getattr(wsgiref.simple_server, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *dir(wsgiref.simple_server)})
