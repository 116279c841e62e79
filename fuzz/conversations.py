# SPDX-License-Identifier: MIT
"""What a client sends on a connection: well-formed requests one after another, and mutants of them."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.handlers.programs import METHODS

_TARGETS = ("/", "/a", "//a//b", "/a?b=c", "*", "http://h/x", "h:80", "/%41")
_FIELDS = (
    b"Connection: close", b"Connection: keep-alive",
    b"Connection: Upgrade\r\nUpgrade: x", b"Connection: Upgrade\r\nUpgrade: x",
    b"X-Y: z", b"Accept: */*", b"Proxy: x", b"X_Y: 1", b"Content-Type: text/plain", b"Connection: x, close",
    b"Expect: 100-continue", b"X: \xff\t\"", b"Host : h",
)  # fmt: skip
_FRAMINGS = (
    b"Content-Length: 0", b"Content-Length: 5", b"Content-Length: 05", b"Content-Length: +5", b"Content-Length: 5, 5",
    b"Content-Length: 5\r\nContent-Length: 5", b"Content-Length : 5", b"content-length:\t5 ",
    b"Content-Length: 99999999999999999999", b"Transfer-Encoding: chunked", b"Transfer-Encoding: Chunked",
    b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: x", b"Transfer-Encoding: chunked\r\nContent-Length: 5",
    b"Transfer-Encoding:\x0bchunked", b"Transfer-Encoding: chunked, chunked",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", b"Content-Length: 5\r\n 0",
)  # fmt: skip
_CHUNK_LINES = (
    b"5", b"05", b"5;x=y", b'5 ; x="\\""', b"5;", b"+5", b"0x5", b"5 ", b"-1", b"ffffffffffffffff",
    b"10000000000000005", b"",
)  # fmt: skip
_ENDS = (b"\r\n", b"\n", b"\r", b"\r\r\n", b"\n\r", b"")
_OTHER = (
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\n", b"\x00", b"\xff\xfd\x18", b"GET /\r\n", b"GET / HTTP/0.9\r\n\r\n",
    b"GET / HTTP/2.0\r\n\r\n", b"BREW / HTTP/1.1\r\nHost: h\r\n\r\n", b"GET / a HTTP/1.1\r\nHost: h\r\n\r\n",
    b"\r\n" * 9, b"GET http://\x00/ HTTP/1.1\r\nHost: h\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n",
)  # fmt: skip


def _content(chance: random.Random) -> bytes:
    kind = chance.randrange(6)
    if kind == 0:
        return b""
    if kind == 1:
        return b"GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"
    if kind == 2:
        return b"a\nbc\r\n\r\nd"
    if kind == 3:
        return b"0\r\n\r\n"
    return chance.randbytes(chance.choice((1, 5, 40, 40, 400, 20_000)))


def _chunks(chance: random.Random, content: bytes) -> bytes:
    found = []
    while content:
        size = min(chance.choice((1, 2, 5, 40, 9000)), len(content))
        extension = chance.choice((b"", b"", b"", b";x", b';x="a b"', b" ; x = y"))
        found.append(b"%x%s\r\n%s\r\n" % (size, extension, content[:size]))
        content = content[size:]
    trailers = chance.choice((b"",) * 9 + (b"X-Sum: 1\r\n",) * 4 + (b"Host: x\r\n", b"A: 1\r\nB: 2\r\n", b"bad\r\n"))
    return b"".join(found) + b"0" * chance.choice((1, 1, 2)) + b"\r\n" + trailers + b"\r\n"


def _target(chance: random.Random, method: str) -> str:
    if chance.randrange(30) == 0:
        return chance.choice(_TARGETS)
    if method == "CONNECT":
        return "h:80"
    if method == "OPTIONS" and chance.randrange(4) == 0:
        return "*"
    return chance.choice(("/a", "/a?b=c", "//a//b", "/%41", "http://h/x"))


def request(chance: random.Random) -> bytes:
    """Return a request, mostly a well-formed one."""
    method = chance.choice(METHODS)
    version = chance.choice(("HTTP/1.1",) * 10 + ("HTTP/1.0",) * 2 + ("HTTP/1.2",))
    fields = [b"Host: h"] if chance.randrange(60) else []
    fields += [chance.choice(_FIELDS) for _ in range(chance.choice((0, 0, 0, 1, 1, 2)))]
    body = b""
    if (method in ("POST", "PUT") and chance.randrange(8)) or (method != "CONNECT" and chance.randrange(6) == 0):
        content = _content(chance)
        kind = chance.randrange(16)
        if kind < 7:
            fields.append(b"Content-Length: %d" % len(content))
            body = content
        elif kind < 15:
            fields.append(b"Transfer-Encoding: chunked")
            body = _chunks(chance, content)
        else:
            fields.append(chance.choice(_FRAMINGS))
            body = chance.choice((content[:5].ljust(5, b"x"), _chunks(chance, content)))
        if chance.randrange(4) == 0:
            fields.append(b"Expect: 100-continue")
    chance.shuffle(fields)
    lines = [f"{method} {_target(chance, method)} {version}".encode(), *fields, b"", b""]
    return b"\r\n".join(lines) + body


def _line_ends(data: bytes) -> list[int]:
    return [at for at in range(len(data)) if data[at] == 10]


def _another_end(chance: random.Random, data: bytes) -> bytes:
    ends = _line_ends(data[:2000])
    if not ends:
        return data
    at = chance.choice(ends)
    return data[: max(at - 1, 0)] + chance.choice(_ENDS) + data[at + 1 :]


def _another_byte(chance: random.Random, data: bytes) -> bytes:
    at = chance.randrange(min(len(data), 2000) or 1)
    byte = chance.choice((b"\r", b"\n", b" ", b"\0", b"\t", b":", b"0", b"\xff", bytes((chance.randrange(256),))))
    return data[:at] + byte + data[at + chance.randrange(2) :]


def _cut(chance: random.Random, data: bytes) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _without(chance: random.Random, data: bytes) -> bytes:
    at = chance.randrange(len(data) or 1)
    return data[:at] + data[at + chance.choice((1, 2, 10, 100)) :]


def _again(chance: random.Random, data: bytes) -> bytes:
    at = chance.randrange(len(data) or 1)
    return data[:at] + data[max(at - chance.choice((1, 2, 10, 100)), 0) :]


def _other(chance: random.Random, data: bytes) -> bytes:
    at = chance.choice([0, *(end + 1 for end in _line_ends(data[:2000])), len(data)])
    return data[:at] + chance.choice((*_OTHER, b"\r\n", b"\r\n", b"\n")) + data[at:]


def _another_framing(chance: random.Random, data: bytes) -> bytes:
    at = chance.choice([end + 1 for end in _line_ends(data[:2000])] or [0])
    return data[:at] + chance.choice(_FRAMINGS) + b"\r\n" + data[at:]


def _another_chunk(chance: random.Random, data: bytes) -> bytes:
    at = chance.choice([end + 1 for end in _line_ends(data[:4000])] or [0])
    return data[:at] + chance.choice(_CHUNK_LINES) + chance.choice((b"\r\n", b"\r\n", b"\n")) + data[at:]


_MUTATIONS: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    _another_end, _another_byte, _another_byte, _cut, _without, _again, _other, _other, _another_framing,
    _another_chunk,
)  # fmt: skip


def conversation(chance: random.Random) -> bytes:
    """Return everything that a client sends."""
    data = b"".join(request(chance) for _ in range(chance.choice((1, 1, 2, 2, 3, 4))))
    for _ in range(chance.choice((0, 0, 0, 1, 1, 2))):
        data = chance.choice(_MUTATIONS)(chance, data)
    return data
