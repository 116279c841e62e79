# SPDX-License-Identifier: MIT
"""Applications that answer with everything they saw of the request, for http.server handlers and for WSGI."""

from __future__ import annotations

import http.server
import json
import socket
import zlib
from collections.abc import Callable, Iterable
from email.message import Message
from typing import Any

import fasthdr.server


def _attempt(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except Exception as error:  # both parsers should raise the same one
        return f"{type(error).__name__}: {error}"


def _payload(message: Message) -> Any:
    payload = message.get_payload()
    return [seen(part) for part in payload] if isinstance(payload, list) else payload


def seen(headers: Any) -> dict[str, Any]:
    """Return everything that programs read from a message."""
    if not isinstance(headers, Message):  # later standard libraries leave {} after an HTTP/0.9 request
        return {"items": list(headers.items())}
    names = sorted({name.lower() for name in headers} | {"absent"})
    found = {
        "items": headers.items(),
        "raw": list(headers.raw_items()),
        "keys": headers.keys(),
        "values": headers.values(),
        "get": {name: headers.get(name.upper(), "default") for name in names},
        "item": {name: headers[name] for name in names},
        "in": {name: name.title() in headers for name in names},
        "all": {name: headers.get_all(name) for name in names},
        "length": len(headers),
        "type": _attempt(headers.get_content_type),
        "charset": _attempt(headers.get_content_charset),
        "boundary": _attempt(headers.get_boundary),
        "parameters": _attempt(headers.get_params),
        "payload": _payload(headers),
        "defects": [[type(defect).__name__, repr(defect.args)] for defect in headers.defects],
        "unixfrom": headers.get_unixfrom(),
        "text": _attempt(lambda: str(headers)),
    }
    if not any((found["items"], found["payload"], found["defects"], found["unixfrom"])):
        return {"items": []}
    return found


def _chunks(rfile: Any) -> Iterable[bytes]:
    while size := int(rfile.readline().split(b";")[0], 16):
        yield rfile.read(size)
        rfile.readline()
    while rfile.readline() not in (b"\r\n", b"\n", b""):
        pass


class Echo:
    """A mix-in for a BaseHTTPRequestHandler, whether http.server's or ours."""

    protocol_version = "HTTP/1.1"

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "") == "chunked":
            return b"".join(_chunks(self.rfile))
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _echo(self) -> None:
        request = {
            "command": self.command,
            "path": self.path,
            "version": self.request_version,
            "line": self.requestline,
            "raw line": repr(self.raw_requestline),
            "close": self.close_connection,
            "headers": seen(self.headers),
            "body": self._body().decode("latin-1"),
        }
        answer = json.dumps(request).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("X-Seen", str(zlib.crc32(answer)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _echo


class NoDelay:
    """Answers with the TCP_NODELAY of its own connection."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        answer = str(bool(self.connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


class StdlibEcho(Echo, http.server.BaseHTTPRequestHandler):
    """The echo on http.server's own handler."""


class OwnEcho(Echo, fasthdr.server.BaseHTTPRequestHandler):
    """The echo on our handler, which is imported, not installed."""


def wsgi_echo(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """A WSGI application (PEP 3333) that answers with what it was given."""
    names = {"REQUEST_METHOD", "PATH_INFO", "SCRIPT_NAME", "QUERY_STRING", "CONTENT_TYPE", "CONTENT_LENGTH"}
    names |= {"SERVER_PROTOCOL", "SERVER_NAME", "REMOTE_ADDR", "wsgi.url_scheme"}
    length = environ.get("CONTENT_LENGTH") or "0"
    request = {name: value for name, value in sorted(environ.items()) if name in names or name.startswith("HTTP_")}
    request["body"] = environ["wsgi.input"].read(int(length)).decode("latin-1")
    answer = json.dumps(request).encode()
    headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(answer))),
        ("X-Seen", str(zlib.crc32(answer))),
    ]
    start_response("200 OK", headers)
    return [b"" if environ["REQUEST_METHOD"] == "HEAD" else answer]
