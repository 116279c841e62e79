# SPDX-License-Identifier: MIT
"""Requests for a server's own parser and its adapter: most are well-formed, the others have every kind of trap."""

from __future__ import annotations

import itertools
import random

from tests.differential import heads
from tests.differential.heads import SPECIAL

_METHODS = (
    b"GET GET GET POST POST HEAD OPTIONS PUT CONNECT get Get M-SEARCH G X_ !#$ TOOLONGFORSOMESERVERSTOTAKE".split()
)
_TARGETS = (
    b"/ / / /a /a/b?c=d&e /a%20b%C3%A9 /%zz% /a?b?c%20 //a //a/b?c /?  /a;b=c /a:b@c * http://h http://h/a?b "
    b'http://h?a http://u@h/ https://h:1/ http://[::1]/ http://[x/ h:80 HTTP://H/ /{}|^`\\" /a#b /\xe9 /[ ?a a /a\tb x://y'
).split(b" ")
_VERSIONS = (
    [b"HTTP/1.1"] * 9 + [b"HTTP/1.0"] * 3 + b"HTTP/1.2 HTTP/1.9 HTTP/2.0 HTTP/0.9 http/1.1 HTTP/1.10 HTTP/1".split()
)
_NAMES = (
    b"Accept accept ACCEPT Cookie Cookie User-Agent X-Forwarded-For X-Forwarded-For X-A X-B x-c X_A Content_Length "
    b"Content-Type Content-Type Referer Set-Cookie If-None-Match Script-Name SCRIPT_NAME X-Forwarded-Proto "
    b"X-Forwarded-Protocol Remote-User Path-Info Proxy Te Trailer Upgrade Authorization Www-Authenticate a 1 "
    b"!#$%&'*+.^`|~"
).split()
_VALUES = [b"", b"a", b"a, b", b"https", b"ssl", b"on", b"text/html;q=0.9", b"a" * 90, b"caf\xe9", b"\xff\x80", b"a\tb"]
_BLANKS = [b" "] * 10 + [b"", b"\t", b"  ", b" \t "]
_TRAILING = [b""] * 12 + [b" ", b"\t"]
_FIELDS = (
    [b"Connection: " + value for value in b"close keep-alive Close Keep-Alive CLOSE close,a upgrade".split()]
    + [b"Expect: " + value for value in b"100-continue 100-Continue 100 other".split()]
    + [b"expect: 100-continue", b"Host: h", b"Host: other", b"Host: h:80", b"Host: bad host", b"Host:", b"HOST: h"]
    + [b"Obs: a\r\n folded", b"Obs: a\r\n\tfolded", b" first", b"X : a", b"X\t: a", b": a", b"no colon", b"X: a\rb"]
    + [b"X: \x00", b"X: \x85a\xa0", b"\xe9: a", b"X: a\nY: b", b"X\x0b: a", b"X: \x0ba\x0c", b"X: \x7f", b"From me"]
)  # fmt: skip
_FRAMING = (
    [b"Content-Length: " + value for value in b"0 5 5 005 5,5 -1 +5 5a 0x5 99999999999999999999 \xb2".split()]
    + [b"content-length:5", b"Content-Length:", b"Content-Length: 5 ", b"Content-Length: 5\r\nContent-Length: 5"]
    + [b"Transfer-Encoding: " + value for value in b"chunked chunked Chunked chunked,chunked gzip,chunked x".split()]
    + [b"Transfer-Encoding: identity", b"Transfer-Encoding:\tchunked\t", b"Transfer-Encoding: \x0bchunked"]
    + [b"Transfer-Encoding:", b"Transfer-Encoding: ,", b"Transfer-Encoding: chunked\r\nContent-Length: 5"]
    + [b"Transfer_Encoding: chunked", b"transfer-encoding: chunked"]
)
_BODIES = [b"hello", b"5\r\nhello\r\n0\r\n\r\n", b"5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n", b"", b"zz\r\n"]
_BEFORE = [b""] * 20 + [b"\r\n", b"\n", b"\r\n\r\n", b" ", b"\r", b"\x0b\r\n", b"\x00", b"\x16\x03"]


def _line(rng: random.Random) -> bytes:
    gap = rng.choice([b" "] * 40 + [b"  ", b"\t"])
    words = [rng.choice(_METHODS), rng.choice(_TARGETS), rng.choice(_VERSIONS)]
    if not rng.randrange(60):
        del words[rng.randrange(3)]
    return gap.join(words) + rng.choice([b""] * 40 + [b" ", b"\t"])


def _field(rng: random.Random, wild: bool) -> bytes:
    if not rng.randrange(4 if wild else 12):
        return rng.choice(_FIELDS if wild else _FIELDS[:12])
    return rng.choice(_NAMES) + b":" + rng.choice(_BLANKS) + rng.choice(_VALUES) + rng.choice(_TRAILING)


def request(rng: random.Random) -> bytes:
    """Return a request, with a body if it announces one; one in four is deliberately irregular."""
    wild = not rng.randrange(4)
    if wild and not rng.randrange(3):
        code = rng.randbytes(3 * rng.randrange(6) + 2)
        return heads.request_line_of(rng.randbytes(5)) + heads.block_of(code)
    lines = [
        _line(rng)
        if wild
        else rng.choice([b"GET /a%20b?c=d HTTP/1.1", b"POST / HTTP/1.1", b"GET / HTTP/1.0", _line(rng)])
    ]
    lines += [b"Host: h"] * bool(wild or rng.randrange(10))
    lines += [_field(rng, wild) for _ in range(rng.choice([0, 1, 2, 3, 4, 6, 9, 17, 40]))]
    body = b""
    if not rng.randrange(3):
        lines.insert(rng.randint(1, len(lines)), rng.choice(_FRAMING))
        body = rng.choice(_BODIES)
    data = rng.choice(_BEFORE if wild else [b""]) + b"\r\n".join(lines) + b"\r\n\r\n" + body
    if wild:
        changed = bytearray(data)
        for _ in range(rng.randrange(3)):
            at = rng.randrange(len(changed) + 1)
            kind = rng.randrange(3)
            changed[at : at + (kind > 0)] = bytes([rng.choice(SPECIAL)]) if kind < 2 else b""
        data = bytes(changed)
    return data


def pieces(seed: int) -> list[bytes]:
    """Return a connection of up to three requests in random splits: whole, in two, in a few, or byte by byte."""
    rng = random.Random(seed)
    data = b"".join(request(rng) for _ in range(rng.choice([1, 1, 2, 3])))
    kind = rng.randrange(5)
    if kind == 4 and len(data) < 600:
        return [data[at : at + 1] for at in range(len(data))]
    cuts = sorted({0, len(data), *(rng.randrange(len(data) + 1) for _ in range((0, 0, 1, 5, 9)[kind]))})
    return [data[start:end] for start, end in itertools.pairwise(cuts)]
