# SPDX-License-Identifier: MIT
"""What every server answers, as a handler of http.server, as a WSGI application and as bytes."""

from __future__ import annotations

import email.utils
import http.server
from collections.abc import Callable, Iterable
from typing import Any

BODY = (
    b"The same 128 bytes from every server: status, type and length are compared before a clock is started. "
).ljust(127, b".") + b"\n"
CONTENT_TYPE = "text/plain; charset=utf-8"


def handler(base: type[http.server.BaseHTTPRequestHandler]) -> type[http.server.BaseHTTPRequestHandler]:
    """A handler over this one that answers as a program written for http.server does: header block, then body."""

    class Answering(base):  # type: ignore[misc, valid-type]
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", CONTENT_TYPE)
            self.send_header("Content-Length", str(len(BODY)))
            if self.close_connection:
                # RFC 9112 section 9.6; http.server leaves it to the handler, and a client waits for it.
                self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(BODY)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Answering


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The WSGI application."""
    if environ["REQUEST_METHOD"] == "POST":
        environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    start_response("200 OK", [("Content-Type", CONTENT_TYPE), ("Content-Length", str(len(BODY)))])
    return [BODY]


def message(*fields: tuple[str, str]) -> bytes:
    """The whole response, with the fields that a handler sends and these."""
    lines = [
        "HTTP/1.1 200 OK",
        "Server: BaseHTTP/0.6 Python/3",
        f"Date: {email.utils.formatdate(usegmt=True)}",
        f"Content-Type: {CONTENT_TYPE}",
        f"Content-Length: {len(BODY)}",
        *(f"{name}: {value}" for name, value in fields),
    ]
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode("latin-1") + BODY
