# SPDX-License-Identifier: MIT
"""Applications that answer with the body they have read, for handlers of http.server and for WSGI.

Each logs what it handles, and its answer names the method, path and Host. A path with `?leave` is answered without
reading the body, one with `?files` with the files that the framework finds in a form; with `?late`, a handler of
http.server begins its answer before it reads the body.
"""

from __future__ import annotations

import json
import sys
import zlib
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

HANDLED = "handled: "
METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]


def handled(method: str, path: str) -> None:
    sys.stderr.write(f"{HANDLED}{method} {path}\n")
    sys.stderr.flush()


def described(method: str, path: str, host: str | None) -> list[tuple[str, str]]:
    return [("X-Method", method), ("X-Path", quote(path, safe="/*:")), ("X-Host", host or "")]


def listed(files: Iterable[tuple[str, bytes]]) -> bytes:
    """Return the parts of a form as an answer: name -> size and checksum."""
    return json.dumps({name: [len(content), zlib.crc32(content)] for name, content in files}).encode()


def chunks(file: Any) -> Iterable[bytes]:
    """Yield the content of a chunked body from the wire, as a program that decodes it itself reads it."""
    while size := int(file.readline().split(b";")[0], 16):
        yield file.read(size)
        file.readline()
    while file.readline() not in (b"\r\n", b"\n", b""):
        pass


class Echo:
    """A mix-in for a BaseHTTPRequestHandler, whether http.server's or ours."""

    protocol_version = "HTTP/1.1"
    decoded = False  # True if rfile decodes a chunked body, and ends where any body ends

    def _body(self: Any, query: str) -> bytes:
        if query == "leave":
            return b""
        if self.decoded:
            return self.rfile.read()
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return b"".join(chunks(self.rfile))
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _echo(self: Any) -> None:
        path, _, query = self.path.partition("?")
        handled(self.command, path)
        body = b"" if query == "late" else self._body(query)
        self.send_response(200)
        for name, value in described(self.command, path, self.headers["Host"]):
            self.send_header(name, value)
        self.send_header("Content-Length", self.headers["Content-Length"] if query == "late" else str(len(body)))
        self.end_headers()
        if query == "late":
            body = self._body(query)
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = _echo

    def do_CONNECT(self: Any) -> None:
        """Decline the tunnel; the connection goes on."""
        handled(self.command, self.path)
        self.send_response(403)
        self.send_header("Content-Length", "0")
        self.end_headers()


def wsgi_echo(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """A WSGI application (PEP 3333) without a framework."""
    method, path, query = environ["REQUEST_METHOD"], environ["PATH_INFO"], environ.get("QUERY_STRING")
    handled(method, path)
    if query == "leave":
        body = b""
    elif environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":
        body = b"".join(chunks(environ["wsgi.input"]))
    else:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response(
        "200 OK",
        [*described(method, path, environ.get("HTTP_HOST")), ("Content-Length", str(len(body)))],
    )
    return [body]


def flask_app() -> Any:
    from flask import Flask, Response, request

    app = Flask(__name__)

    @app.route("/", defaults={"path": ""}, methods=METHODS, provide_automatic_options=False)
    @app.route("/<path:path>", methods=METHODS, provide_automatic_options=False)
    def echo(path: str) -> Any:
        handled(request.method, request.path)
        query = request.query_string
        if query == b"files":
            body = listed((name, file.read()) for name, file in request.files.items())
        else:
            body = b"" if query == b"leave" else request.get_data()
        return Response(body, headers=described(request.method, request.path, request.host))

    return app


def bottle_app() -> Any:
    import bottle

    app = bottle.Bottle()

    @app.route("/", method=METHODS)
    @app.route("/<path:path>", method=METHODS)
    def echo(path: str = "") -> Any:
        request = bottle.request
        handled(request.method, request.path)
        query = request.query_string
        if query == "files":
            body = listed((name, upload.file.read()) for name, upload in request.files.items())
        else:
            body = b"" if query == "leave" else request.body.read()
        for name, value in described(request.method, request.path, request.get_header("Host")):
            bottle.response.set_header(name, value)
        return body

    return app
