# SPDX-License-Identifier: MIT
"""HTTP/2 requests that a proxy may turn into more than one HTTP/1.1 request (RFC 9113 section 8.2.1), and a client."""

from __future__ import annotations

import contextlib
import socket
import struct

DATA, HEADERS, RST_STREAM, SETTINGS, GOAWAY = 0, 1, 3, 4, 7
END_STREAM, END_HEADERS, ACK = 1, 4, 1
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

Fields = list[tuple[bytes, bytes]]


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """Return a frame (RFC 9113 section 4.1)."""
    return struct.pack(">IBI", len(payload) << 8 | kind, flags, stream) + payload


def block(fields: Fields) -> bytes:
    """Return field lines as literals without indexing, with plain names and values (RFC 7541 section 6.2.2)."""
    return b"".join(b"\0" + _string(name) + _string(value) for name, value in fields)


def _string(data: bytes) -> bytes:
    rest = len(data) - 127
    return (bytes([len(data)]) if rest < 0 else b"\x7f" + (bytes([rest % 128 | 128, rest // 128]))) + data


def request(method: bytes, path: bytes, *fields: tuple[bytes, bytes]) -> Fields:
    return [(b":method", method), (b":scheme", b"http"), (b":path", path), (b":authority", b"h"), *fields]


def shapes(path: bytes) -> dict[str, tuple[Fields, bytes | None]]:
    """Return fields and content by name; a reader that sees the request end early sees one to /smuggled next."""
    secret = b"GET %s/smuggled HTTP/1.1\r\nHost: h\r\n\r\n" % path
    hidden, first = b"0\r\n\r\n" + secret, path + b"/first"
    chunked, size = (b"transfer-encoding", b"chunked"), (b"content-length", b"%d" % len(secret))

    def post(*fields: tuple[bytes, bytes]) -> Fields:
        return request(b"POST", first, *fields)

    return {
        "content without a length": (post(), secret),
        "content with its length": (post(size), secret),
        "no content": (request(b"GET", first), None),
        "content of a GET": (request(b"GET", first), secret),
        "length of 0": (post((b"content-length", b"0")), secret),
        "length beyond the content": (post((b"content-length", b"100000")), secret),
        "a length and no content": (post(size), None),
        "two lengths": (post((b"content-length", b"0"), size), secret),
        "a signed length": (post((b"content-length", b"+" + size[1])), secret),
        "a coding": (post(chunked), hidden),
        "a coding and a length": (post(chunked, (b"content-length", b"%d" % len(hidden))), hidden),
        "a coding in a value": (post((b"x", b"y\r\ntransfer-encoding: chunked")), hidden),
        "a coding behind LF": (post((b"x", b"y\ntransfer-encoding: chunked")), hidden),
        "a coding behind CR": (post((b"x", b"y\rtransfer-encoding: chunked")), hidden),
        "a coding in a name": (post((b"x: y\r\ntransfer-encoding", b"chunked")), hidden),
        "a coding with a colon": (post((b"transfer-encoding:", b"chunked")), hidden),
        "a coding with a blank": (post((b"transfer-encoding ", b"chunked")), hidden),
        "a coding in upper case": (post((b"Transfer-Encoding", b"chunked")), hidden),
        "a request in a value": (post((b"x", b"y\r\n\r\n" + secret)), None),
        "a request in the path": (request(b"GET", first + b" HTTP/1.1\r\nHost: h\r\n\r\n" + secret), None),
        "a version in the path": (request(b"GET", first + b" HTTP/1.0"), None),
        "a request in the method": (request(secret + b"GET", first), None),
        "a path in the method": (request(b"GET %s/smuggled HTTP/1.1" % path, first), None),
        "NUL in a value": (post((b"x", b"a\0b"), size), secret),
        "Connection": (post((b"connection", b"content-length"), size), secret),
        "another Host": (post((b"host", b"i"), size), secret),
        "fields in Host": (request(b"GET", first, (b"host", b"h\r\nx: y")), None),
    }


def converse(connection: socket.socket, exchanges: list[tuple[Fields, bytes | None]]) -> bytes:
    """Send requests, each after the one before was answered or refused; return the types of the frames that came."""
    kinds = b""
    with connection, contextlib.suppress(ConnectionError):
        connection.sendall(PREFACE + frame(SETTINGS, 0, 0))
        stream = connection.makefile("rb")
        for number, (fields, content) in enumerate(exchanges):
            last = END_STREAM * (content is None)
            connection.sendall(frame(HEADERS, END_HEADERS | last, 2 * number + 1, block(fields)))
            if content is not None:
                connection.sendall(frame(DATA, END_STREAM, 2 * number + 1, content))
            while True:
                head = stream.read(9)
                if len(head) < 9:
                    return kinds
                size, kind, flags = int.from_bytes(head[:3], "big"), head[3], head[4]
                stream.read(size)
                kinds += bytes([kind])
                if kind == SETTINGS and not flags & ACK:
                    connection.sendall(frame(SETTINGS, ACK, 0))
                if kind == GOAWAY:
                    return kinds
                if kind == RST_STREAM or (kind in (DATA, HEADERS) and flags & END_STREAM):
                    break
    return kinds
