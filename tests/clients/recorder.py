# SPDX-License-Identifier: MIT
"""A server that records what clients send, byte for byte, and gives answers that let them continue."""

from __future__ import annotations

import contextlib
import re
import socket
import socketserver
from typing import Any, NamedTuple

from tests.clients.uploads import TIMEOUT

CONTENT = b"recorded"
_LENGTH = re.compile(rb"(?im)^Content-Length: *(\d+)\r$")
_CHUNKED = re.compile(rb"(?im)^Transfer-Encoding: *chunked\r$")
_EXPECT = re.compile(rb"(?im)^Expect: *100-continue\r$")
_AUTHORIZATION = re.compile(rb"(?im)^(Proxy-)?Authorization: *(\w+)")

# Path -> status and fields of the answer. For 401 and 407 they hold until the client sends credentials.
_ANSWERS = {
    b"/basic": (401, b'WWW-Authenticate: Basic realm="r"'),
    b"/digest": (401, b'WWW-Authenticate: Digest realm="r", nonce="n", qop="auth", algorithm=MD5'),
    b"/proxy-auth": (407, b'Proxy-Authenticate: Basic realm="r"'),
    b"/redirect": (302, b"Location: /redirected"),
    b"/cookies": (200, b"Set-Cookie: a=b; Path=/\r\nSet-Cookie: c=d; Path=/"),
}


class Recorded(NamedTuple):
    """A request as it was sent: its head, and the bytes of its body on the wire."""

    head: bytes
    body: bytes


class _Handler(socketserver.BaseRequestHandler):
    server: Recorder

    def handle(self) -> None:
        self.request.settimeout(TIMEOUT)
        self.buffer = b""
        with contextlib.suppress(EOFError, ConnectionError):
            while self._answer(self._request()):
                pass

    def _until(self, end: bytes, start: int = 0) -> int:
        """Return the index after the bytes `end`. Raises EOFError at the end of the connection."""
        while (at := self.buffer.find(end, start)) < 0:
            self._more()
        return at + len(end)

    def _more(self) -> None:
        data = self.request.recv(65536)
        if not data:
            raise EOFError
        self.buffer += data

    def _request(self) -> Recorded:
        end = self._until(b"\r\n\r\n")
        head = self.buffer[:end]
        if _EXPECT.search(head):
            self.request.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        length = _LENGTH.search(head)
        at = end
        if length:
            at += int(length[1])
            while len(self.buffer) < at:
                self._more()
        elif _CHUNKED.search(head):
            size = -1
            while size:
                line = self._until(b"\r\n", at)
                size = int(self.buffer[at:line].split(b";")[0], 16)
                at = line + size
                while size and len(self.buffer) < at + 2:
                    self._more()
                at += 2 if size else 0
            while (line := self._until(b"\r\n", at)) > at + 2:  # trailers
                at = line
            at = line
        found = Recorded(head, self.buffer[end:at])
        self.buffer = self.buffer[at:]
        self.server.requests.append(found)
        return found

    def _answer(self, request: Recorded) -> bool:
        """Send the answer; returns True if the connection stays open."""
        line = request.head.split(b"\r\n")[0]
        method, target = line.split(b" ")[:2]
        if method == b"CONNECT":
            self.request.sendall(b"HTTP/1.1 502 No tunnels\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return False
        path = b"/" + target.split(b"://")[-1].partition(b"/")[2] if b"://" in target else target
        status, fields = _ANSWERS.get(path.partition(b"?")[0], (200, b"X-Recorded: 1"))
        if status in (401, 407) and _AUTHORIZATION.search(request.head):
            status, fields = 200, b"X-Recorded: 1"
        keeps = line.endswith(b"HTTP/1.1")
        self.request.sendall(
            b"HTTP/1.1 %d OK\r\n%s\r\nContent-Length: %d\r\nConnection: %s\r\n\r\n%s"
            % (
                status,
                fields,
                len(CONTENT),
                b"keep-alive" if keeps else b"close",
                CONTENT if method != b"HEAD" else b"",
            )
        )
        return keeps


class Recorder(socketserver.ThreadingTCPServer):
    """The server. `requests` has every request that it has received."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, family: int = socket.AF_INET) -> None:
        self.address_family = family
        self.requests: list[Recorded] = []
        super().__init__(("127.0.0.1" if family == socket.AF_INET else "::1", 0), _Handler)

    @property
    def url(self) -> str:
        host, port, *_ = self.server_address
        return f"http://[{host!s}]:{port}" if ":" in str(host) else f"http://{host!s}:{port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore the error: the test fails because the request is missing."""
