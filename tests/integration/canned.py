# SPDX-License-Identifier: MIT
"""A server that answers with prepared bytes, and those bytes: responses of every shape that clients meet."""

from __future__ import annotations

import contextlib
import socketserver
from typing import Any


def response(*fields: bytes, line: bytes = b"HTTP/1.1 200 OK", body: bytes = b"", end: bytes = b"\r\n") -> bytes:
    """Return a response; a Content-Length is added unless its fields say how the body ends."""
    names = {field.split(b":")[0].lower() for field in fields}
    if not names & {b"content-length", b"transfer-encoding"}:
        fields = (*fields, b"Content-Length: %d" % len(body))
    return end.join([line, *fields]) + end + end + body


_CHUNKED = b"Transfer-Encoding: chunked"

# By path: the bytes that answer a request for it. Each begins with at least one whole head.
RESPONSES: dict[str, bytes] = {
    "/13-fields": response(
        b"Date: Sun, 06 Nov 1994 08:49:37 GMT",
        b"Server: nginx/1.25.3",
        b"Content-Type: text/html; charset=utf-8",
        b"Connection: keep-alive",
        b"Vary: Accept-Encoding, Cookie",
        b"Cache-Control: max-age=0, private, must-revalidate",
        b'ETag: W/"4d2a1f6e0c8b"',
        b"Last-Modified: Sat, 05 Nov 1994 08:49:37 GMT",
        b"Strict-Transport-Security: max-age=31536000; includeSubDomains",
        b"X-Content-Type-Options: nosniff",
        b"X-Frame-Options: DENY",
        b"Set-Cookie: session=abc; Path=/; HttpOnly; SameSite=Lax",
        body="<p>Grüße</p>".encode(),
    ),
    "/no-fields": b"HTTP/1.1 200 OK\r\n\r\nto the end",
    "/set-cookies": response(
        b"Set-Cookie: a=1; Path=/",
        b"set-cookie: b=2; Path=/; Max-Age=3600",
        b"SET-COOKIE: c=3; Path=/; Expires=Wed, 09 Jun 2100 10:18:14 GMT",
        b"Set-Cookie: gone=; Max-Age=0",
        body=b"cookies",
    ),
    "/obs-fold": response(b"X-Folded: a", b"  b", b"\tc", b"X-After: d", body=b"x"),
    "/fold-after-nothing": response(b"X-Folded:", b" b", b"X-After: d", body=b"x"),
    "/latin-1": response(b"X-Latin: caf\xe9 \xfc\xff", b'Content-Disposition: attachment; filename="\xe4.txt"'),
    "/utf-8": response("X-Name: Jürgen ☃".encode(), "Location-Hint: /ä".encode()),
    "/blanks": response(b"X-Empty:", b"X-Blank: \t ", b"X-Trail: v \t", b"X-No-Space:v", b"X-Many:    v"),
    "/duplicates": response(b"X-Dup: 1", b"x-dup: 2", b"Warning: 199 a", b"Warning: 199 b", b"Vary: a", b"Vary: b"),
    "/bare-lf": response(b"X-A: 1", b"X-B: 2", body=b"lf", end=b"\n"),
    "/reason-empty": response(line=b"HTTP/1.1 200 "),
    "/reason-missing": response(line=b"HTTP/1.1 200"),
    "/reason-long": response(line=b"HTTP/1.1 299 A reason of many words, caf\xe9"),
    "/204": b"HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n",
    "/304": b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nContent-Length: 10\r\n\r\n',
    "/404": response(b"Content-Type: application/json", line=b"HTTP/1.1 404 Not Found", body=b'{"error": "none"}'),
    "/500": response(line=b"HTTP/1.1 500 Internal Server Error", body=b"oops"),
    "/401": response(
        b'WWW-Authenticate: Basic realm="a"', b"WWW-Authenticate: Bearer", line=b"HTTP/1.1 401 Unauthorized"
    ),
    "/100-then-200": b"HTTP/1.1 100 Continue\r\n\r\n" + response(b"X-A: 1", body=b"after"),
    "/100-with-fields": b"HTTP/1.1 100 Continue\r\nX-Interim: 1\r\nX-B: 2\r\n\r\n" + response(b"X-A: 1", body=b"after"),
    "/chunked": response(b"X-A: 1", _CHUNKED, body=b"5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\n\r\n"),
    "/chunked-trailers": response(
        _CHUNKED, b"Trailer: X-Sum", body=b"5\r\nhello\r\n0\r\nX-Sum: 5\r\nX-Other: 6\r\n\r\n"
    ),
    "/chunked-empty": response(_CHUNKED, body=b"0\r\n\r\n"),
    "/chunked-cut": response(_CHUNKED, body=b"5\r\nhel"),
    "/chunked-bad": response(_CHUNKED, body=b"xyz\r\nhello\r\n0\r\n\r\n"),
    "/length-cut": response(b"Content-Length: 100", body=b"short"),
    "/length-bad": response(b"Content-Length: 5x", body=b"hello"),
    "/length-negative": response(b"Content-Length: -1", body=b"hello"),
    "/HTTP-1.0": response(line=b"HTTP/1.0 200 OK", body=b"old"),
    "/HTTP-1.0-to-the-end": b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nto the end",
    "/HTTP-1.0-keep-alive": response(b"Connection: keep-alive", b"Keep-Alive: timeout=5", line=b"HTTP/1.0 200 OK"),
    "/close": response(b"Connection: close", body=b"bye"),
    "/multipart": response(
        b"Content-Type: multipart/mixed; boundary=b", body=b"--b\r\nContent-Type: text/plain\r\n\r\none\r\n--b--\r\n"
    ),
    "/multipart-ranges": response(
        b'Content-Type: multipart/byteranges; boundary="a b"', line=b"HTTP/1.1 206 Partial Content", body=b"--a b--\r\n"
    ),
    "/multipart-no-boundary": response(b"Content-Type: multipart/mixed", body=b"x"),
    "/multipart-encoding": response(
        b"Content-Type: multipart/mixed; boundary=b", b"Content-Transfer-Encoding: base64", body=b"eA=="
    ),
    "/redirect": response(b"Location: /404", b"Set-Cookie: way=1; Path=/", line=b"HTTP/1.1 302 Found", body=b"moved"),
    "/redirect-twice": response(b"Location: /redirect-once", line=b"HTTP/1.1 301 Moved Permanently"),
    "/redirect-once": response(b"Location: /13-fields", line=b"HTTP/1.1 307 Temporary Redirect"),
    "/redirect-latin-1": response(b"Location: /caf\xc3\xa9?a=b c", line=b"HTTP/1.1 302 Found"),
    "/redirect-forever": response(b"Location: /redirect-forever", line=b"HTTP/1.1 302 Found"),
    "/99-fields": response(*[b"X-%d: %d" % (n, n) for n in range(98)], body=b"x"),
    "/64-KB-field": response(b"X-Long: " + b"v" * 65000, body=b"x"),
    "/names": response(b"!#$%&'*+-.^_`|~: tchars", b"x(y): z", b"1: 2", b"X_Y: 1"),
}

# Responses that a client refuses, or that its parser fails on.
ODD: dict[str, bytes] = {
    "/nothing": b"",
    "/half-a-head": b"HTTP/1.1 200 OK\r\nX-A: 1\r\nX-B",
    "/status-line-bad": b"HTTP/1.1 2xx OK\r\n\r\n",
    "/status-line-cut": b"HTTP/1.1\r\n\r\n",
    "/status-999": response(line=b"HTTP/1.1 999 Whatever", body=b"x"),
    "/status-too-low": response(line=b"HTTP/1.1 99 Low"),
    "/HTTP-2": response(line=b"HTTP/2 200 OK"),
    "/HTTP-0.9": b"no status line at all\r\n",
    "/garbage": b"\x16\x03\x01\x00\x00\r\n\r\n",
    "/field-too-long": response(b"X-Long: " + b"v" * 70000),
    "/status-line-too-long": response(line=b"HTTP/1.1 200 " + b"O" * 70000),
    "/too-many-fields": response(*[b"X: y"] * 120),
    "/too-many-interim-fields": b"HTTP/1.1 100 Continue\r\n" + b"X: y\r\n" * 120 + b"\r\n" + response(),
    "/no-colon": response(b"X-A: 1", b"no colon", b"X-After: 2", body=b"x"),
    "/blank-before-colon": response(b"X-A: 1", b"X-Name : v", b"X-After: 2", body=b"x"),
    "/empty-name": response(b"X-A: 1", b": v", b"X-After: 2", body=b"x"),
    "/bare-cr": response(b"X-A: 1\rX-B: 2", body=b"x"),
    "/nul": response(b"X-A: a\x00b", body=b"x"),
    "/fold-first": b"HTTP/1.1 200 OK\r\n folded\r\nContent-Length: 1\r\n\r\nx",
    "/mbox-line": response(b"From me Mon Jan 1", b"X-After: 1"),
    "/8-bit-name": response(b"X-\xe9: v", b"X-After: 1"),
    "/message": response(b"Content-Type: message/rfc822", body=b"A: 1\r\n\r\nx"),
    "/hostile-boundary": response(b"Content-Type: multipart/mixed; boundary*=undefined''x", body=b"x"),
    "/line-separators": response(b"X-A: a\x0bb\x0cc\x1cd\x85e", body=b"x"),
}


class _Handler(socketserver.StreamRequestHandler):
    """Reads enough of a request to know its path, answers, and reads the next request."""

    rbufsize = 65536
    timeout = 30

    def handle(self) -> None:
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            while self._answer():
                pass

    def _answer(self) -> bool:
        line = self.rfile.readline().split()
        if len(line) != 3:
            return False
        fields: dict[bytes, bytes] = {}
        while (field := self.rfile.readline()) not in (b"\r\n", b""):
            name, _, value = field.partition(b":")
            fields[name.strip().lower()] = value.strip()
        self.rfile.read(int(fields.get(b"content-length", b"0")))
        self.server.requests.append((line[0], line[1], sorted(fields.items())))
        path = line[1].decode("latin-1")
        data = RESPONSES.get(path) or ODD.get(path, b"")
        head, separator, _ = data.partition(b"\n\n" if path == "/bare-lf" else b"\r\n\r\n")
        if line[0] == b"HEAD" and b" 100 " not in head:
            data = head + separator
        self.wfile.write(data)
        # If a client cannot tell where the body ends, the connection ends with it.
        framed = path in RESPONSES and data.lower().count(b"content-length:") == 1
        return framed and not path.endswith(("-cut", "-bad", "-negative"))


class CannedServer(socketserver.ThreadingTCPServer):
    """Keeps what it was asked for: method, path and fields."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[Any] = []
