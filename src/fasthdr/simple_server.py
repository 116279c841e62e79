# SPDX-License-Identifier: MIT
"""Provide wsgiref.simple_server with the core behind its handler and a longer listen queue.

All other names are wsgiref.simple_server's own objects.
"""

import contextlib
import http.client
import io
import wsgiref.simple_server
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from fasthdr import _server_methods
from fasthdr._api import Uncounted, put_request
from fasthdr._stdlib.functions import imitate, is_original
from fasthdr._stdlib.probe import messages_are_original
from fasthdr.client import parse_headers
from fasthdr.server import BaseHTTPRequestHandler, HTTPServer

if TYPE_CHECKING:
    from wsgiref.simple_server import demo_app as demo_app

    from _typeshed.wsgi import WSGIApplication


class WSGIServer(wsgiref.simple_server.WSGIServer, HTTPServer):
    """Serve as wsgiref.simple_server.WSGIServer does, with request_queue_size 128 (fasthdr.server.HTTPServer)."""


_stdlib_environ = wsgiref.simple_server.WSGIRequestHandler.get_environ


class WSGIRequestHandler(BaseHTTPRequestHandler, wsgiref.simple_server.WSGIRequestHandler):
    """Handle a request as wsgiref.simple_server.WSGIRequestHandler does, but make the environ from the head's table."""

    _decodes = True

    def handle(self) -> None:
        """Handle the one request of a connection (wsgiref.simple_server.WSGIRequestHandler.handle)."""
        if self.strict or self.framed_body:
            _server_methods.run(self, wsgiref.simple_server.WSGIRequestHandler.handle)
        else:
            super().handle()

    def parse_request(self) -> bool:
        """Parse a request, and read a chunked body before the application is called, so that its length is known."""
        if self.strict or self.framed_body:
            return super().parse_request() and _server_methods.exchange_methods().take_body(self)
        return super().parse_request()

    def get_environ(self) -> dict[str, Any]:
        """Return the WSGI environ of the request (wsgiref.simple_server.WSGIRequestHandler.get_environ).

        For a strict or framed handler, wsgi.input ends where the body ends, and wsgi.input_terminated is True.
        """
        address = self.client_address[0]
        host = None
        if _names_hosts:
            host = self.address_string()
            if host == address:
                host = None
        if self.strict or self.framed_body:
            return _exchanged_environ(self, host, address)
        env = put_request(
            self.server.base_environ,  # type: ignore[attr-defined]
            self.server_version, self.command, self.path, self.request_version, host, address, self.headers,
        )  # fmt: skip
        return _stdlib_environ(self) if env is None else env


def _exchanged_environ(self: Any, host: str | None, address: str) -> dict[str, Any]:
    """Do get_environ() for a strict or framed handler."""
    path, headers = _server_methods.exchange_methods().path_and_headers(self)
    env: dict[str, Any] | None = put_request(
        self.server.base_environ, self.server_version, self.command, path, self.request_version, host, address, headers
    )
    return _by_stdlib(self) if env is None else _terminated(env)


def _terminated(env: dict[str, Any]) -> dict[str, Any]:
    env["wsgi.input_terminated"] = True
    return env


def _by_stdlib(self: Any) -> dict[str, Any]:
    """Do get_environ() with the standard library's method."""
    if self.strict or self.framed_body:
        return _terminated(_server_methods.exchange_methods().environ(self, _stdlib_environ))
    return _stdlib_environ(self)


class _Probe(WSGIRequestHandler):
    """A request without a connection, from a client that has a host name."""

    def __init__(self, start: tuple[str, str, str], block: bytes) -> None:
        self.command, self.path, self.request_version = start
        self.headers = parse_headers(io.BytesIO(block))
        self.client_address = ("192.0.2.1", 1)
        self.server = SimpleNamespace(base_environ={"SERVER_NAME": "here", "CONTENT_LENGTH": ""})  # type: ignore[assignment]

    def address_string(self) -> str:
        return "client.example"


_PROBES: tuple[tuple[tuple[str, str, str], bytes], ...] = (
    (
        ("POST", "/a%20b?c=%20", "HTTP/1.1"),
        b"Host: h\r\nContent-Type: a/b\r\nContent-Length: 2\r\nX-y: 1 \r\nx-Y:2\r\n\r\n",
    ),
    (("GET", "/", "HTTP/1.0"), b"Server-Name: x\r\n\r\n"),
)
# If another program has wrapped any of these functions, none is tried: the program would see the trial calls.
_is_original = is_original(_stdlib_environ, wsgiref.simple_server) and messages_are_original(methods=True)
_names_hosts = _same = False
with Uncounted(), contextlib.suppress(http.client.HTTPException):  # raised if the program's limits are very low
    _names_hosts = _is_original and "REMOTE_HOST" in _stdlib_environ(_Probe(*_PROBES[0]))
    _same = _is_original and all(_Probe(*probe).get_environ() == _stdlib_environ(_Probe(*probe)) for probe in _PROBES)
if not _same:
    # This version of the standard library makes a different environ.
    imitate(_by_stdlib, WSGIRequestHandler.get_environ)
    WSGIRequestHandler.get_environ = _by_stdlib  # type: ignore[method-assign]


def make_server(
    host: str,
    port: int,
    app: "WSGIApplication",
    server_class: type[Any] = WSGIServer,
    handler_class: type[wsgiref.simple_server.WSGIRequestHandler] = WSGIRequestHandler,
) -> Any:
    """Return a new WSGI server listening on `host` and `port` for `app` (wsgiref.simple_server.make_server)."""
    return wsgiref.simple_server.make_server(host, port, app, server_class, handler_class)


__all__ = wsgiref.simple_server.__all__


def __getattr__(name: str) -> Any:
    return getattr(wsgiref.simple_server, name)


def __dir__() -> list[str]:
    return dir(wsgiref.simple_server)
