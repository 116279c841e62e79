# SPDX-License-Identifier: MIT
"""Lengths around every limit (RFC 9112 3, RFC 9110 5.4), and a fault in the last byte of every vector width."""

from __future__ import annotations

from tests.strict.cases.table import GET, HOST, Case, Verdict, accepted, refused

FIELD = (431, "Field line too long", "9110 5.4")
REQUEST = (414, "Request line too long", "9112 3")
HEAD = (431, "Head too long", "9110 5.4")
COUNT = (431, "Too many field lines", "9110 5.4")


def limited(name: str, data: bytes, expected: tuple[int, str, str] | None, offset: int = 0, **limits: int) -> Case:
    verdict = None if expected is None else Verdict(expected[0], expected[1], offset, expected[2])
    return Case(name, data, verdict, "request", limits)


def target(n: int) -> bytes:
    """Return a request line of n bytes, its CRLF included."""
    return b"GET /" + b"x" * (n - 16) + b" HTTP/1.1\r\n"


def field(n: int) -> bytes:
    """Return a field line of n bytes, its CRLF included."""
    return b"A: " + b"x" * (n - 5) + b"\r\n"


LENGTHS = [
    *accepted({f"request line of {n}": target(n) + HOST for n in (255, 256, 257, 1023, 1024, 1025, 65535, 65536)}),
    *accepted({f"field line of {n}": GET + field(n) + HOST for n in (255, 256, 257, 1023, 1024, 1025, 65535, 65536)}),
    *accepted({f"name of {n}": GET + b"N" * n + b": v\r\n" + HOST for n in (255, 256, 257, 1000, 65531)}),
    *accepted({f"method of {n}": b"M" * n + b" / HTTP/1.1\r\n" + HOST for n in (255, 256, 257, 1000)}),
    *accepted({f"{n} field lines": GET + b"A: 1\r\n" * (n - 1) + HOST for n in (1, 2, 15, 16, 17, 99, 100)}),
    *accepted(
        {
            f"{n} blanks around a value": GET + b"A:" + b" \t" * n + b"v" + b"\t " * n + b"\r\n" + HOST
            for n in (1, 31, 32, 500)
        }
    ),
    limited("request line of 65537", target(65537) + HOST, REQUEST, 65536),
    limited("field line of 65537", GET + field(65537) + HOST, FIELD, len(GET) + 65536),
    limited(
        "field line of 65537, the second", GET + b"Host: a\r\n" + field(65537) + b"\r\n", FIELD, len(GET) + 9 + 65536
    ),
    limited("101 field lines", GET + b"A: 1\r\n" * 100 + HOST, COUNT, len(GET) + 600),
    limited("101 field lines, the last a bad one", GET + b"A: 1\r\n" * 100 + b"bad\r\n\r\n", COUNT, len(GET) + 600),
    limited("101 field lines, the last folded", GET + b"A: 1\r\n" * 100 + b" fold\r\n\r\n", COUNT, len(GET) + 600),
    limited("100 field lines and a bare LF", GET + b"A: 1\r\n" * 100 + b"\n", COUNT, len(GET) + 600),
    limited(
        "a bad line before the limit",
        GET + b"A: 1\r\n" * 50 + b"bad\r\n" + b"A: 1\r\n" * 60,
        (400, "Bad field line", "9112 5"),
        len(GET) + 303,
    ),
    limited("head of 256 KiB", GET + field(65536) * 3 + field(65536 - len(GET + HOST)) + HOST, None),
    limited(
        "head of 256 KiB and one byte", GET + field(65536) * 3 + field(65537 - len(GET + HOST)) + HOST, HEAD, 1 << 18
    ),
    limited("a request line that never ends", b"G" * 70000, REQUEST, 65536),
    limited("a field line that never ends", GET + b"A: " + b"x" * 70000, FIELD, len(GET) + 65536),
    limited("a bad byte in a line that is too long", GET + b"\x00" * 70000, FIELD, len(GET) + 65536),
    limited("bare CRs that never end", b"\r" * 70000, REQUEST, 65536),
    limited("max_line: reached", b"GET / HTTP/1.1\r\nHost: 12345678\r\n\r\n", None, max_line=16),
    limited("max_line: request line", b"GET /x HTTP/1.1\r\n" + HOST, REQUEST, 16, max_line=16),
    limited("max_line: field line", b"GET / HTTP/1.1\r\nHost: 123456789\r\n\r\n", FIELD, 32, max_line=16),
    limited("max_line: before a bad byte", b"GET / HTTP/1.1\r\nHost:\x00123456789\r\n\r\n", FIELD, 32, max_line=16),
    limited("max_line: an empty line is a line", b"\r\nGET / HTTP/1.1\r\n" + HOST, REQUEST, 1, max_line=1),
    limited("max_headers: reached", GET + b"A: 1\r\n" + HOST, None, max_headers=2),
    limited("max_headers: passed", GET + b"A: 1\r\n" + HOST, COUNT, len(GET) + 6, max_headers=1),
    limited(
        "max_headers: one, and empty lines before",
        b"\r\n" * 4 + GET + b"A: 1\r\n" + HOST,
        COUNT,
        len(GET) + 14,
        max_headers=1,
        max_line=16,
    ),
    limited("max_head: reached", GET + HOST, None, max_head=len(GET + HOST)),
    limited("max_head: one byte short", GET + HOST, HEAD, len(GET + HOST) - 1, max_head=len(GET + HOST) - 1),
    limited("max_head: at a line's end", GET + HOST, HEAD, len(GET), max_head=len(GET)),
    limited("max_head: in the request line", GET + HOST, HEAD, 5, max_head=5),
    limited("max_head: of one byte", GET + HOST, HEAD, 1, max_head=1),
    limited("max_head: what is skipped counts", b"\r\n" + GET + HOST, HEAD, len(GET + HOST), max_head=len(GET + HOST)),
    limited(
        "max_head: a fault before it",
        b"GET  / HTTP/1.1\r\n" + HOST,
        (400, "Bad request line", "9112 3"),
        4,
        max_head=20,
    ),
    limited(
        "max_head and max_line at once", b"GET /xxxxxxxxxx HTTP/1.1\r\n" + HOST, REQUEST, 10, max_head=10, max_line=10
    ),
    limited("max_head before max_line", b"GET /xxxxxxxxxx HTTP/1.1\r\n" + HOST, HEAD, 9, max_head=9, max_line=10),
    limited("max_head: raised", GET + field(65536) * 5 + HOST, None, max_head=1 << 20),
    limited("max_line: raised", GET + field(100_000) + HOST, None, max_line=1 << 20),
    limited("max_headers: raised", GET + b"A: 1\r\n" * 1000 + HOST, None, max_headers=2000),
]

WIDTHS = [
    case
    for n in range(7, 66)
    for case in (
        *accepted(
            {
                f"method of {n}": b"M" * n + b" / HTTP/1.1\r\n" + HOST,
                f"target of {n}": b"GET /" + b"x" * (n - 1) + b" HTTP/1.1\r\n" + HOST,
                f"name of {n}": GET + b"N" * n + b": v\r\n" + HOST,
                f"value of {n}": GET + b"A: " + b"v" * n + b"\r\n" + HOST,
            }
        ),
        *refused(
            400,
            "Bad method",
            "9112 3.1",
            {f"method of {n}, the last byte bad": (b"M" * (n - 1), b"@ / HTTP/1.1\r\n" + HOST)},
        ),
        *refused(
            400,
            "Bad request target",
            "9112 3.2",
            {
                f"target of {n}, the last byte bad": (b"GET /" + b"x" * (n - 2), b"\x7f HTTP/1.1\r\n" + HOST),
                f"target of {n}, the last byte #": (b"GET /" + b"x" * (n - 2), b"# HTTP/1.1\r\n" + HOST),
                f"target of {n}, the last byte 8-bit": (b"GET /" + b"x" * (n - 2), b"\x80 HTTP/1.1\r\n" + HOST),
            },
        ),
        *refused(
            400,
            "Bad field name",
            "9110 5.1",
            {
                f"name of {n}, the last byte bad": (GET + b"N" * (n - 1), b"@: v\r\n" + HOST),
                f"name of {n}, the last byte 8-bit": (GET + b"N" * (n - 1), b"\xff: v\r\n" + HOST),
                f"name of {n}, the first byte bad": (GET, b"/" + b"N" * (n - 1) + b": v\r\n" + HOST),
            },
        ),
        *refused(
            400,
            "Bad field value",
            "9110 5.5",
            {
                f"value of {n}, the last byte bad": (GET + b"A: " + b"v" * (n - 1), b"\x00\r\n" + HOST),
                f"bad byte, {n} from the start": (b"GET / HTTP/1.1\r\nA:" + b"v" * n, b"\x1f\r\n" + HOST),
            },
        ),
        *refused(
            400,
            "Bad line ending",
            "9112 2.2",
            {
                f"value of {n}, then a bare LF": (GET + b"A: " + b"v" * n, b"\n" + HOST),
                f"value of {n}, then a bare CR": (GET + b"A: " + b"v" * n, b"\rB: 1\r\n" + HOST),
                f"target of {n}, then a bare CR": (b"GET /" + b"x" * (n - 1), b"\rHTTP/1.1\r\n" + HOST),
            },
        ),
    )
]

CASES = [*LENGTHS, *WIDTHS]
