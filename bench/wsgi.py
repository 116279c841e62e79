# SPDX-License-Identifier: MIT
"""The environ of a WSGI application (PEP 3333): from a handler that has parsed its request, and from bytes."""

from __future__ import annotations

import http.client
import io
import wsgiref.simple_server
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import fasthdr
import fasthdr.client
import fasthdr.simple_server
from bench.contract import OURS, STDLIB, handler_of
from bench.interleave import BATCH, Case, Comparison, each, own
from bench.payloads import Payload

# wsgiref.simple_server.WSGIServer.setup_environ()
SERVER = {
    "SERVER_NAME": "localhost",
    "GATEWAY_INTERFACE": "CGI/1.1",
    "SERVER_PORT": "8000",
    "REMOTE_HOST": "",
    "CONTENT_LENGTH": "",
    "SCRIPT_NAME": "",
}
# What gunicorn_h1c is told of the server, and says in the environ.
ADDRESSES = {
    "SERVER_NAME": "localhost",
    "SERVER_PORT": "8000",
    "REMOTE_ADDR": "127.0.0.1",
    "REMOTE_PORT": "50000",
    "wsgi.url_scheme": "http",
}


def _request_part(payload: Payload) -> dict[str, str]:
    """What the head alone says."""
    method, target, version = payload.start
    path, _, query = target.partition("?")
    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "SERVER_PROTOCOL": version}
    for name, value in payload.fields:
        variable = name.upper().replace("-", "_")
        if variable not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            variable = "HTTP_" + variable
        environ[variable] = value
    return environ


def get_environ(payload: Payload) -> Comparison:
    """WSGIRequestHandler.get_environ() of a handler whose message nothing has read yet."""

    def case(peer: str, cls: type[Any], parse: Callable[[Any], http.client.HTTPMessage]) -> Case:
        handlers: list[Any] = [handler_of(cls, payload) for _ in range(BATCH)]
        for handler in handlers:
            handler.command, handler.path, handler.request_version = payload.start
            handler.server = SimpleNamespace(base_environ=dict(SERVER))

        def reset(calls: int) -> None:
            for handler in handlers[:calls]:
                handler.headers = parse(io.BytesIO(payload.block))

        def loop(handlers: list[Any]) -> dict[str, Any]:
            for handler in handlers:
                result = handler.get_environ()
            return result  # type: ignore[no-any-return]

        return Case(peer, own(loop), handlers, lambda item, result: result, reset)

    expected = {
        **SERVER,
        "CONTENT_TYPE": "text/plain",
        **_request_part(payload),
        "SERVER_SOFTWARE": wsgiref.simple_server.WSGIRequestHandler.server_version,
        "REMOTE_ADDR": "127.0.0.1",
    }
    cases = (
        case(OURS, fasthdr.simple_server.WSGIRequestHandler, fasthdr.client.parse_headers),
        case(STDLIB, wsgiref.simple_server.WSGIRequestHandler, http.client.parse_headers),
    )
    return Comparison("wsgi", "get_environ()", payload.name, expected, cases)


def _ours(data: bytes) -> dict[str, Any]:
    return fasthdr.parse_request(data).wsgi_environ(ADDRESSES)  # type: ignore[union-attr]


def environ(payload: Payload) -> Comparison:
    """Bytes to environ, for the path as it was sent: gunicorn_h1c leaves percent-encoding in PATH_INFO."""
    items: list[Any] = [bytes(bytearray(payload.data)) for _ in range(BATCH)]
    expected = {**ADDRESSES, **_request_part(payload)}

    def observe(item: bytes, result: dict[str, Any]) -> object:
        return {name: value for name, value in result.items() if name in expected or name.startswith("HTTP_")}

    from bench.peers import PEERS  # not for a program that counts instructions

    makers: dict[str, Callable[[bytes], Any]] = {OURS: _ours}
    for peer in PEERS:
        makers.update(getattr(peer.module, "ENVIRON", {}))
    cases = tuple(Case(label, each(make), items, observe) for label, make in makers.items())
    return Comparison("wsgi", "bytes to environ", payload.name, expected, cases)
