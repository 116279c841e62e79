# SPDX-License-Identifier: MIT
"""Handlers that frame bodies and report what they read, and a client that understands their answers."""

from __future__ import annotations

import json
from typing import Any

import fasthdr
import fasthdr.server
from tests.integration.wire import TIMEOUT, converse

# A handler that sees this as a request has let a client smuggle it in within another request's body.
SECRET = b"GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked"
HIDDEN = b"0\r\n\r\n" + SECRET
LENGTH = b"Content-Length: %d" % len(HIDDEN)


class Handler(fasthdr.server.BaseHTTPRequestHandler):
    """Answers with what it has read, and keeps the targets that it has seen."""

    protocol_version = "HTTP/1.1"
    strict = True
    timeout = TIMEOUT
    seen: list[str] = []  # noqa: RUF012 (a new one for each server)
    lines: list[str] = []  # noqa: RUF012

    def do_GET(self) -> None:
        self.seen.append(self.path)
        read = self.path.partition("?")[2]
        body = self.rfile.read(int(read)) if read.isdigit() else self.rfile.read() if read != "leave" else b""
        trailers = getattr(self.rfile, "trailers", None)
        answer = json.dumps(
            [self.command, self.path, body.decode("latin-1"), trailers.items() if trailers else None]
        ).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_PUT = do_OPTIONS = do_GET

    def do_LATE(self) -> None:
        """Answer before reading the body."""
        self.seen.append(self.path)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.rfile.read()
        self.wfile.write(b"ok")

    def log_message(self, format: str, *args: Any) -> None:
        self.lines.append(format % args)


class Framed(Handler):
    strict = False
    framed_body = True


class Plain(Handler):
    strict = False


def server_of(cls: type[Handler], **attributes: Any) -> Any:
    handler = type("Handler", (cls,), {"seen": [], "lines": [], **attributes})
    server = fasthdr.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    return server


def request(line: bytes, *fields: bytes, body: bytes = b"") -> bytes:
    return b"\r\n".join([line, b"Host: h", *fields, b"", b""]) + body


def answers(data: bytes) -> list[tuple[int, Any]]:
    """Return the status and content of each response that a server has sent, with (100, None) for an interim one."""
    found = []
    while data:
        head = fasthdr.parse_response(data, strict=True)
        assert head is not None, data
        data = data[head.consumed :]
        if head.status == 100:
            found.append((100, None))
            continue
        length = head.content_length
        assert length is not None
        content, data = data[:length], data[length:]
        found.append((head.status, json.loads(content) if head.status == 200 and content != b"ok" else None))
    return found


def said(server: Any, data: bytes) -> list[tuple[int, Any]]:
    return answers(converse(server.server_address, data))


LAST = request(b"GET /last HTTP/1.1", b"Connection: close")
LAST_SAID = (200, ["GET", "/last", "", None])

# Requests that contain another one, for readers that take the body to be of a different length.
SMUGGLING = {
    "CL.TE": request(b"POST / HTTP/1.1", LENGTH, CHUNKED, body=HIDDEN),
    "TE.CL": request(b"POST / HTTP/1.1", CHUNKED, b"Content-Length: 4", body=b"5c\r\n" + SECRET + b"\r\n0\r\n\r\n"),
    "CL.CL": request(b"POST / HTTP/1.1", b"Content-Length: 0", LENGTH, body=HIDDEN),
    "CL.CL equal": request(b"POST / HTTP/1.1", LENGTH, LENGTH, body=HIDDEN),
    "CL list": request(b"POST / HTTP/1.1", b"Content-Length: 0, %d" % len(HIDDEN), body=HIDDEN),
    "CL with a sign": request(b"POST / HTTP/1.1", b"Content-Length: +%d" % len(HIDDEN), body=HIDDEN),
    "CL with an underscore": request(b"POST / HTTP/1.1", b"Content-Length: 1_0", body=HIDDEN),
    "CL in hexadecimal": request(b"POST / HTTP/1.1", b"Content-Length: 0x%x" % len(HIDDEN), body=HIDDEN),
    "CL empty": request(b"POST / HTTP/1.1", b"Content-Length:", body=HIDDEN),
    "CL beyond 64 bits": request(b"POST / HTTP/1.1", b"Content-Length: 18446744073709551616", body=HIDDEN),
    "CL before a colon": request(b"POST / HTTP/1.1", b"Content-Length : %d" % len(HIDDEN), body=HIDDEN),
    "CL after a fold": request(b"POST / HTTP/1.1", b"X: y\r\n Content-Length: 5", LENGTH, body=HIDDEN),
    "CL after a bare CR": request(b"POST / HTTP/1.1", b"X: y\rContent-Length: 0", LENGTH, body=HIDDEN),
    "CL after a bare LF": request(b"POST / HTTP/1.1", b"X: y\nContent-Length: 0", LENGTH, body=HIDDEN),
    "TE twice": request(b"POST / HTTP/1.1", CHUNKED, CHUNKED, body=HIDDEN),
    "TE identity": request(b"POST / HTTP/1.1", b"Transfer-Encoding: identity", LENGTH, body=HIDDEN),
    "TE with VT": request(b"POST / HTTP/1.1", b"Transfer-Encoding: \x0bchunked", LENGTH, body=HIDDEN),
    "TE xchunked": request(b"POST / HTTP/1.1", b"Transfer-Encoding: xchunked", LENGTH, body=HIDDEN),
    "TE chunked, identity": request(b"POST / HTTP/1.1", b"Transfer-Encoding: chunked, identity", body=HIDDEN),
    "TE before a colon": request(b"POST / HTTP/1.1", b"Transfer-Encoding : chunked", LENGTH, body=HIDDEN),
    "TE in HTTP/1.0": request(b"POST / HTTP/1.0", b"Connection: keep-alive", CHUNKED, body=HIDDEN),
    "TE with a NUL": request(b"POST / HTTP/1.1", b"Transfer-Encoding: chunked\x00", LENGTH, body=HIDDEN),
    "unread body": request(b"POST /?leave HTTP/1.1", b"Content-Length: %d" % len(SECRET), body=SECRET),
    "unread chunks": request(b"POST /?leave HTTP/1.1", CHUNKED, body=b"%x\r\n%s\r\n0\r\n\r\n" % (len(SECRET), SECRET)),
    "chunk size with LF": request(b"POST / HTTP/1.1", CHUNKED, body=b"0\n\r\n" + SECRET),
    "chunk size beyond 64 bits": request(b"POST / HTTP/1.1", CHUNKED, body=b"10000000000000000\r\n" + SECRET),
    "chunk size signed": request(b"POST / HTTP/1.1", CHUNKED, body=b"-1\r\n" + SECRET),
    "body of a GET": request(b"GET /?leave HTTP/1.1", b"Content-Length: %d" % len(SECRET), body=SECRET),
    "body of a refused request": request(
        b"POST / HTTP/1.1", b"Bad Name: x", b"Content-Length: %d" % len(SECRET), body=SECRET
    ),
    "body of an unknown method": request(b"BREW / HTTP/1.1", b"Content-Length: %d" % len(SECRET), body=SECRET),
    "first line with a fold": request(b"POST / HTTP/1.1\r\n Host: x", b"Content-Length: 0", body=SECRET[:0]) + b"X",
}
