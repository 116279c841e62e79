# SPDX-License-Identifier: MIT
"""Generated heads: by hypothesis, with many traps, and by mutation of the named cases."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from hypothesis import strategies as st

from tests.differential.cases import BLOCKS, REQUEST_LINES, STATUS_LINES

# Bytes that the grammar of some layer treats specially.
SPECIAL = b"\r\n\t :\x00\x0b\x0c\x1c\x1d\x1e\x1f\x7f\x80\x85\xa0\xad\xff/;=,\"'*%A1"

_NAMES = [
    b"Host", b"host", b"Connection", b"connection", b"Expect", b"Content-Type", b"content-type", b"Content-Length",
    b"Transfer-Encoding", b"Content-Transfer-Encoding", b"X-A", b"a", b"From", b"From ", b"Cookie", b"Set-Cookie",
    b"", b" ", b"\t", b"Na me", b"Name ", b"N\xe9", b"N\x00", b"!#$%&'*+-.^_`|~", b"(x)", b"\x7f", b"X\r", b"\xa0",
]  # fmt: skip
_VALUES = [
    b"", b"a", b" a", b"\ta\t", b" a ", b"close", b" close", b"keep-alive", b" Keep-Alive", b"100-continue",
    b" 100-continue", b" multipart/form-data; boundary=x", b" multipart/mixed", b" message/rfc822", b" text/html",
    b" message/delivery-status", b" multipart/digest; boundary=\"a b\"", b" multipart/x; boundary*0=a; boundary*1=b",
    b" base64", b" 7bit", b"0", b" 12", b"a\rb", b"\r", b" \r", b"\r\r", b"a\x00b", b"\x0b", b"\x85", b"\xa0a\xa0",
    b"\x1c", b"a\nb: c", b"caf\xe9", b"x" * 61, b"x" * 125, b"; boundary=y", b"=?utf-8?q?x?=", b"a\r\n b", b"\r\n b",
    b"\r\n \r\n\tc",
]  # fmt: skip
_ENDS = [b"\r\n"] * 12 + [b"\n", b"\n", b"\r", b"\r\r\n", b"", b"\n\r", b"\r\n\r\n", b" \r\n"]
_LINES = [
    b"\r\n", b"\n", b"\r", b" \r\n", b"\t\r\n", b" folded\r\n", b"\tfolded\n", b" folded\r", b"no colon\r\n", b":\r\n",
    b": v\r\n", b"From me\r\n", b"From me\n", b"\v\r\n", b"\x85\r\n", b"\x00\r\n", b"--x\r\n", b"--x--\r\n",
    b"A: 1\r\n",
]  # fmt: skip

_CLEAN_NAMES = [n for n in _NAMES if n and all(0x20 < c < 0x7F for c in n)]
_CLEAN_VALUES = [v for v in _VALUES if b"\r" not in v and b"\n" not in v]
_FOLDS = [b" folded\r\n", b"\tfolded\n", b" \r\n", b"\t \r\n", b" a: b\r\n", b"  x \r\n"]
_TAILS = [b"\r\n"] * 10 + [
    b"\n",
    b"\n",
    b"",
    b"\r",
    b"\r\n\r\n",
    b"\r\nrest",
    b"\nrest\r\n\r\n",
    b"\r\nGET / HTTP/1.1\r\n\r\n",
]
_STARTS = [line for line in REQUEST_LINES.values() if len(line) < 200]
_WELL_FORMED_STARTS = [b"GET / HTTP/1.1\r\n", b"POST /x HTTP/1.1\r\n", b"GET / HTTP/1.0\r\n", b"HEAD /a?b HTTP/1.1\r\n"]
_WORDS = [
    b"GET", b"POST", b"HEAD", b"OPTIONS", b"BREW", b"/", b"//a", b"/a?b", b"*", b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2.0",
    b"HTTP/0.9", b"HTTP/1.", b"HTTP/01.1", b"HTTP/1.1.1", b"http/1.1", b"HTTP/1.\xb2", b"\xff", b"\x00", b"x",
]  # fmt: skip
_STATUS = [line for line in STATUS_LINES.values() if len(line) < 200]
_WELL_FORMED_STATUS = [
    b"HTTP/1.1 200 OK\r\n",
    b"HTTP/1.0 200 OK\r\n",
    b"HTTP/1.1 204 No Content\r\n",
    b"HTTP/1.1 404 \r\n",
]
_INTERIM = [b""] * 12 + [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100\r\nA: b\r\n\r\n", b"HTTP/1.1 102 x\r\n\r\n"]
_FRAMING = [
    b"", b"Content-Length: 3\r\n", b"content-length:0\r\n", b"Content-Length: -1\r\n", b"Content-Length: 3, 3\r\n",
    b"Content-Length: 1_0\r\n", b"Content-Length: \xb2\r\n", b"Content-Length: +3 \r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"TRANSFER-ENCODING:CHUNKED\r\n", b"Transfer-Encoding: gzip, chunked\r\n", b"Connection: close\r\n",
    b"connection: x, CLOSED\r\n", b"Connection: Keep-Alive\r\n", b"Keep-Alive: 5\r\n",
    b"Proxy-Connection: keep-alive\r\n",
]  # fmt: skip
_GAPS = [b" "] * 12 + [b"  ", b"\t", b"\v", b"\x85", b"\xa0", b"\r", b"\x1c", b"\x00"]


def _pick(choices: Sequence[bytes], code: int) -> bytes:
    return choices[code % len(choices)]


def block_of(code: bytes) -> bytes:
    """Build a header block from a byte string: three bytes for each line (its kind, name and value), one for the end.

    Half of the blocks have only field lines and obs-folds, so that the core has to read them; in the others every line
    may be a trap. Because hypothesis draws a single byte string, a head is cheap to generate and easy to shrink.
    """
    wild = len(code) > 0 and code[0] % 2
    lines = []
    for at in range(1, len(code) - 3, 3):
        kind, name, value = code[at : at + 3]
        if kind < 40 and lines:
            lines.append(_pick(_FOLDS, value))
        elif kind < 200 or not wild:
            lines.append(
                _pick(_CLEAN_NAMES, name) + b":" + _pick(_CLEAN_VALUES, value) + (b"\n" if kind % 8 == 0 else b"\r\n")
            )
        elif kind < 235:
            colon = _pick([b":"] * 6 + [b"", b" :", b"::"], kind)
            lines.append(_pick(_NAMES, name) + colon + _pick(_VALUES, value) + _pick(_ENDS, name ^ value))
        elif kind < 245:
            lines.append(bytes([name, value]) + _pick(_ENDS, kind))
        else:
            lines.append(_pick(_LINES, value))
    return b"".join(lines) + _pick(_TAILS, code[-1] if code else 0)


def request_line_of(code: bytes) -> bytes:
    """Build a request line from five bytes."""
    kind, *rest = code
    if kind < 150:
        return _pick(_WELL_FORMED_STARTS, rest[0])
    if kind < 200:
        return _pick(_STARTS, rest[0])
    words = [_pick(_WORDS, byte) for byte in rest[: kind % 5]]
    return (
        _pick([b""] * 8 + [b" ", b"\r\n"], rest[3])
        + _pick(_GAPS, rest[0] ^ rest[1]).join(words)
        + _pick(_ENDS, rest[2])
    )


def response_of(code: bytes) -> bytes:
    """Build what precedes a response's header block, and fields that frame its body, from six bytes."""
    kind, line, *rest = code
    status = _pick(_WELL_FORMED_STATUS, line) if kind < 180 else _pick(_STATUS, line)
    return _pick(_INTERIM, rest[0]) + status + b"".join(_pick(_FRAMING, byte) for byte in rest[1:])


# Strings of fixed lengths, because those of free length that hypothesis draws are short.
_code = st.one_of(
    [st.binary(min_size=3 * lines + 2, max_size=3 * lines + 2) for lines in (0, 1, 2, 3, 4, 5, 6, 8, 10, 13)]
)
blocks = _code.map(block_of)
requests = st.builds(
    lambda line, block: request_line_of(line) + block_of(block), st.binary(min_size=5, max_size=5), _code
)
responses = st.builds(
    lambda start, block: response_of(start) + block_of(block), st.binary(min_size=6, max_size=6), _code
)
connections = st.lists(requests, min_size=1, max_size=3).map(b"".join)


def mutations(seed: int, count: int) -> Iterator[tuple[str, bytes]]:
    """Yield `count` mutants of every named block of moderate length: bytes changed, dropped, inserted, lines moved."""
    rng = random.Random(seed)
    for name, block in BLOCKS.items():
        if len(block) > 3000:
            continue
        for _ in range(count):
            data = bytearray(block)
            for _ in range(rng.randint(1, 3)):
                at = rng.randint(0, len(data))
                kind = rng.randrange(5)
                if kind == 0:
                    data[at : at + 1] = bytes([rng.choice(SPECIAL)])
                elif kind == 1:
                    del data[at : at + rng.randint(1, 4)]
                elif kind == 2:
                    data[at:at] = bytes([rng.choice(SPECIAL)])
                elif kind == 3:
                    data[at : at + 1] = bytes([rng.randrange(256)])
                else:
                    lines = data.splitlines(keepends=True)
                    lines.insert(rng.randint(0, len(lines)), rng.choice(lines or [b"A: 1\r\n"]))
                    data = bytearray(b"".join(lines))
            yield name, bytes(data)
