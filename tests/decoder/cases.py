# SPDX-License-Identifier: MIT
"""Bodies, with BodyDecoder's answer to each: data and trailers, or the fault and its offset.

A refused body is written in two parts: the fault is where the second one starts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from tests.strict.cases.table import CONTENT, TCHARS, Verdict

LARGEST = 2**63 - 1


class Case(NamedTuple):
    name: str
    wire: bytes
    expected: bytes | Verdict  # the data
    trailers: list[tuple[str, str]] | None = []  # noqa: RUF012 (never changed)
    framing: str | int | None = "chunked"
    options: dict[str, Any] = {}  # noqa: RUF012
    eof: bool = False  # the connection ends after these bytes


CHUNK = (400, "Bad chunk", "9112 7.1")
EXTENSION = (400, "Bad chunk extension", "9112 7.1.1")
LINE = (400, "Bad line ending", "9112 2.2")
LINE_LENGTH = (400, "Chunk line too long", "9112 7.1.1")
EXTENSIONS_LENGTH = (400, "Chunk extensions too long", "9112 7.1.1")
FORBIDDEN = (400, "Forbidden trailer field", "9110 6.5.1")
TOO_LARGE = (413, "Content too large", "9110 15.5.14")
INCOMPLETE = (400, "Incomplete body", "9112 8")

END = b"0\r\n\r\n"
ABC = b"3\r\nabc\r\n"


def accepted(bodies: Mapping[str, tuple[bytes, bytes]], **more: Any) -> list[Case]:
    return [Case(name, wire, data, **more) for name, (wire, data) in bodies.items()]


def refused(fault: tuple[int, str, str], bodies: Mapping[str, tuple[bytes, bytes]], **more: Any) -> list[Case]:
    status, reason, rfc = fault
    return [
        Case(name, before + rest, Verdict(status, reason, len(before), rfc), **more)
        for name, (before, rest) in bodies.items()
    ]


def every_byte(
    name: str, before: bytes, after: bytes, good: frozenset[int], fault: tuple[int, str, str], without: bytes = b""
) -> list[Case]:
    """Return a body for each of the 256 byte values between the two parts; the values in `good` are accepted."""
    cases = []
    for value in range(256):
        if value in without:
            continue
        label = f"{name}: byte {value:#04x}"
        if value in good:
            cases.append(Case(label, before + bytes((value,)) + after, b"abc"))
        else:
            which = LINE if value == 0x0A else fault
            cases += refused(which, {label: (before, bytes((value,)) + after)})
    return cases


def extended(extension: bytes) -> tuple[bytes, bytes]:
    return b"3" + extension + b"\r\nabc\r\n0" + extension + b"\r\n\r\n", b"abc"


SIZES = [
    *accepted(
        {
            "one chunk": (ABC + END, b"abc"),
            "no data": (END, b""),
            "several zeros": (b"000\r\n\r\n", b""),
            "upper case": (b"A\r\n0123456789\r\n" + END, b"0123456789"),
            "lower case": (b"a\r\n0123456789\r\n" + END, b"0123456789"),
            "leading zeros": (b"0000000000000003\r\nabc\r\n" + END, b"abc"),
            "CRLF as data": (b"2\r\n\r\n\r\n" + END, b"\r\n"),
            "what looks like the end as data": (b"5\r\n" + END + b"\r\n" + END, END),
            "two hundred chunks": (b"".join(b"1\r\n%c\r\n" % c for c in range(200)) + END, bytes(range(200))),
            "64 chunks": (b"2\r\nxy\r\n" * 64 + END, b"xy" * 64),
            "65 chunks": (b"2\r\nxy\r\n" * 65 + END, b"xy" * 65),
            "128 chunks": (b"2\r\nxy\r\n" * 128 + END, b"xy" * 128),
            "129 chunks": (b"2\r\nxy\r\n" * 129 + END, b"xy" * 129),
        }
    ),
    *refused(
        CHUNK,
        {
            "no size": (b"", b"\r\nabc\r\n" + END),
            "not hexadecimal": (b"", b"g\r\n"),
            "0x": (b"0", b"x3\r\nabc\r\n" + END),
            "a sign": (b"", b"+3\r\nabc\r\n" + END),
            "a minus and 0x": (b"", b"-0x0\r\n\r\n"),
            "letters after a digit": (b"1", b"xyz\r\na\r\n" + END),
            "an underscore after a zero": (b"0", b"_3\r\nabc\r\n" + END),
            "many blanks before it": (b"", b" " * 11 + b"0\r\n\r\n"),
            "a minus": (b"", b"-3\r\nabc\r\n" + END),
            "an underscore": (b"1", b"_0\r\n" + b"a" * 16 + b"\r\n" + END),
            "a blank before it": (b"", b" 3\r\nabc\r\n" + END),
            "a TAB before it": (b"", b"\t3\r\nabc\r\n" + END),
            "a CR before it": (b"", b"\r3\r\nabc\r\n" + END),
            "a decimal point": (b"3", b".0\r\nabc\r\n" + END),
            "an L": (b"3", b"L\r\nabc\r\n" + END),
            "a fullwidth digit": (b"", b"\xef\xbc\x93\r\nabc\r\n" + END),
            "a superscript digit": (b"", b"\xb3\r\nabc\r\n" + END),
            "17 digits": (b"0" * 16, b"3\r\nabc\r\n" + END),
            "17 digits of which none is 0": (b"f" * 16, b"f\r\n"),
            "2**63": (b"", b"8000000000000000\r\n"),
            "2**64 - 1": (b"", b"ffffffffffffffff\r\n"),
            "2**63 with an extension": (b"", b"8000000000000000;a\r\n"),
            "2**63 and another byte": (b"", b"8000000000000000g"),
            "2**63, the second chunk": (ABC, b"8000000000000000\r\n"),
            "quotes": (b"", b'"3"\r\nabc\r\n' + END),
            "a comma": (b"3", b",3\r\nabc\r\n" + END),
            "NUL": (b"3", b"\x00\r\nabc\r\n" + END),
            "VT": (b"3", b"\x0b\r\nabc\r\n" + END),
            "DEL": (b"3", b"\x7f\r\nabc\r\n" + END),
            "NBSP": (b"3", b"\xa0\r\nabc\r\n" + END),
            "an equals sign": (b"3", b"=a\r\nabc\r\n" + END),
            "no size, but an extension": (b"", b";a\r\nabc\r\n" + END),
            "the second": (ABC, b"x\r\nabc\r\n" + END),
            "an empty line between chunks": (ABC, b"\r\n" + ABC + END),
            "an empty line before the last chunk": (ABC, b"\r\n" + END),
            "an empty line for the last chunk": (ABC, b"\r\n"),
            "empty lines alone": (b"", b"\r\n\r\n"),
        },
    ),
    Case("2**63 - 1, and no more of it", b"7fffffffffffffff\r\nabc", b"abc", None),
    *every_byte(
        "after the size", b"3", b"\r\nabc\r\n" + END, frozenset(), CHUNK, without=b"0123456789abcdefABCDEF;\r \t"
    ),
]

ENDS = [
    *refused(
        LINE,
        {
            "bare LF after the size": (b"3", b"\nabc\r\n" + END),
            "bare LF before the size": (b"", b"\n3\r\nabc\r\n" + END),
            "bare CR after the size": (b"3", b"\rabc\r\n" + END),
            "two CRs after the size": (b"3", b"\r\r\nabc\r\n" + END),
            "bare CR after the size, and an extension": (b"3", b"\r;a\r\nabc\r\n" + END),
            "two CRs after the size, and an extension": (b"3", b"\r\r;a\r\nabc\r\n" + END),
            "two CRs after an extension": (b"3;a=b", b"\r\rabc\r\n" + END),
            "bare CR after an extension": (b"3;a", b"\rb\r\nabc\r\n" + END),
            "bare LF after an extension": (b"3;a", b"\nabc\r\n" + END),
            "bare LF in a quoted-string": (b'3;a="', b'\n"\r\nabc\r\n' + END),
            "bare LF after the data": (b"3\r\nabc", b"\n" + END),
            "bare CR after the data": (b"3\r\nabc", b"\r" + END),
            "two CRs after the data": (b"3\r\nabc", b"\r\r\n" + END),
            "bare LF after the last chunk": (ABC + b"0", b"\n\r\n"),
            "bare CR after the last chunk": (ABC + b"0", b"\rA: b\r\n\r\n"),
        },
    ),
    *refused(
        CHUNK,
        {
            "no line end after the data": (b"3\r\nabc", b"0\r\n\r\n"),
            "data longer than the size": (b"3\r\nabc", b"d\r\n" + END),
            "data longer than the size, many chunks": (ABC * 100 + b"3\r\nabc", b"d\r\n" + END),
            "NUL after the data": (b"3\r\nabc", b"\x00\r\n" + END),
        },
    ),
]

GOOD_EXTENSIONS = {
    "a name": b";a",
    "a name and a token": b";a=b",
    "a quoted-string": b';a="b"',
    "an empty quoted-string": b';a=""',
    "a semicolon in a quoted-string": b';name="va;lue"',
    "obs-text and TAB in a quoted-string": b';c="d \t\xe9"',
    "an escaped quote": b';a="\\""',
    "an escaped backslash": b';a="\\\\"',
    "an escaped letter": b';a="\\n"',
    "an escaped TAB": b';a="\\\t"',
    "an escaped byte of obs-text": b';a="\\\xff"',
    "two": b";a;b",
    "two of the same name": b";a=1;a=2",
    "values and none": b';a=b;c;d="e";f',
    "blanks everywhere": b' \t; \ta \t= \tb \t; \tc \t; d="e" ;f',
    "every tchar": b";" + bytes(sorted(TCHARS)) + b"=" + bytes(sorted(TCHARS)),
    "digits": b";1=2",
    "a long one": b";a=" + b"b" * 3000,
}
EXTENSIONS = [
    *accepted({f"extension: {name}": extended(extension) for name, extension in GOOD_EXTENSIONS.items()}),
    *refused(
        EXTENSION,
        {
            "a blank after the size, and nothing": (b"5 ", b"\r\nabcde\r\n" + END),
            "a TAB after the size, and nothing": (b"5\t", b"\r\nabcde\r\n" + END),
            "a blank between size and name": (b"5 ", b"a\r\nabcde\r\n" + END),
            "a semicolon alone": (b"0;", b"\r\n\r\n"),
            "a semicolon and a blank": (b"0; ", b"\r\n\r\n"),
            "a semicolon at the end": (b"0;a;", b"\r\n\r\n"),
            "two semicolons": (b"0;", b";a\r\n\r\n"),
            "a byte beyond ASCII": (b"0;", b"\xf7\r\n\r\n"),
            "an open quote": (b'0;a="b', b"\r\n\r\n"),
            "an open quote, escaped": (b'0;a="b\\"', b"\r\n\r\n"),
            "a backslash at the end": (b'0;a="b\\', b"\r\n\r\n"),
            "no name": (b"0;", b"=a\r\n\r\n"),
            "a quoted name": (b"0;", b'"a"=b\r\n\r\n'),
            "no value": (b"0;a=", b"\r\n\r\n"),
            "no value, and another": (b"0;a=", b";b\r\n\r\n"),
            "two equals signs": (b"0;a=", b"=b\r\n\r\n"),
            "two values": (b"0;a=b", b"=c\r\n\r\n"),
            "two words": (b"0;a ", b"b\r\n\r\n"),
            "a value of two words": (b"0;a=b ", b"c\r\n\r\n"),
            "a quote in a token": (b"0;a=b", b'"c"\r\n\r\n'),
            "text after a quoted-string": (b'0;a="b"', b"c\r\n\r\n"),
            "a blank after a name, and nothing": (b"0;a ", b"\r\n\r\n"),
            "a blank after a value, and nothing": (b"0;a=b ", b"\r\n\r\n"),
            "a blank after a quoted-string, and nothing": (b'0;a="b" ', b"\r\n\r\n"),
            "CR in a name that goes on in a quote": (b'0;a="', b'\rb"\r\n\r\n'),
            "NUL": (b"3;", b"\x00\r\nabc\r\n" + END),
            "NUL in a quoted-string": (b'3;a="', b'\x00"\r\nabc\r\n' + END),
            "an escaped NUL": (b'3;a="\\', b'\x00"\r\nabc\r\n' + END),
            "DEL in a quoted-string": (b'3;a="', b'\x7f"\r\nabc\r\n' + END),
            "the second chunk's": (ABC + b"1;", b"?\r\nabc\r\n" + END),
        },
    ),
    *every_byte("in a name", b"3;a", b"b\r\nabc\r\n" + END, TCHARS | {ord(";"), ord("=")}, EXTENSION, without=b" \t\r"),
    *every_byte("in a token", b"3;a=b", b"c\r\nabc\r\n" + END, TCHARS | {ord(";")}, EXTENSION, without=b" \t\r"),
    *every_byte("in a quoted-string", b'3;a="b', b'c"\r\nabc\r\n' + END, CONTENT, EXTENSION, without=b'\\"'),
    *every_byte("escaped", b'3;a="\\', b'c"\r\nabc\r\n' + END, CONTENT, EXTENSION),
    *every_byte(
        "after a quoted-string", b'3;a="b"', b";c\r\nabc\r\n" + END, frozenset(b" \t"), EXTENSION, without=b"\r;"
    ),
]


def trailing(section: bytes) -> bytes:
    return ABC + b"0\r\n" + section


TRAILERS = [
    *[
        Case(f"trailers: {name}", trailing(section + b"\r\n"), b"abc", fields)
        for name, (section, fields) in {
            "one": (b"X-Sum: 1\r\n", [("X-Sum", "1")]),
            "two of a name": (b"X-Sum: 1\r\nX-Sum: 2\r\n", [("X-Sum", "1"), ("X-Sum", "2")]),
            "blanks around a value": (b"X-Sum:\t 1 2 \t\r\n", [("X-Sum", "1 2")]),
            "an empty value": (b"X-Sum:\r\n", [("X-Sum", "")]),
            "obs-text": (b"X-Sum: \xe9\r\n", [("X-Sum", "\xe9")]),
            "every tchar but _": (
                bytes(sorted(TCHARS - {0x5F})) + b":1\r\n",
                [(bytes(sorted(TCHARS - {0x5F})).decode(), "1")],
            ),
            "a value like a request line": (b"X:POST / HTTP/1.1\r\n", [("X", "POST / HTTP/1.1")]),
            "what may stand there": (
                b"ETag: a\r\nDigest: b\r\nContent-Digest: c\r\nServer-Timing: d\r\ngrpc-status: 0\r\n",
                [("ETag", "a"), ("Digest", "b"), ("Content-Digest", "c"), ("Server-Timing", "d"), ("grpc-status", "0")],
            ),
            "one left out": (b"A: 1\r\nContent-Type: x\r\nB: 2\r\n", [("A", "1"), ("B", "2")]),
            "the first left out": (b"COOKIE: x\r\nB: 2\r\n", [("B", "2")]),
            "the last left out": (b"A: 1\r\nx_sum: x\r\n", [("A", "1")]),
            "all left out": (b"Authorization: x\r\nIf-Match: *\r\nX-Forwarded-For: y\r\nContent_Length: 5\r\n", []),
            "a hundred": (b"A: b\r\n" * 100, [("A", "b")] * 100),
            "a line of 65536": (b"A: " + b"b" * 65531 + b"\r\n", [("A", "b" * 65531)]),
        }.items()
    ],
    *refused(
        (400, "Bad field line", "9112 5"),
        {
            "trailer without a colon": (trailing(b"abc"), b"\r\n\r\n"),
            "trailer without a name": (trailing(b""), b": b\r\n\r\n"),
        },
    ),
    *refused(
        (400, "Obsolete line folding", "9112 5.2"),
        {
            "trailer with a fold": (trailing(b"A: b\r\n"), b" c\r\n\r\n"),
            "trailer with a fold after one left out": (trailing(b"Cookie: b\r\n"), b" c\r\n\r\n"),
        },
    ),
    *refused(
        (400, "White space before the first field", "9112 2.2"),
        {"trailer after a blank": (trailing(b""), b" A: b\r\n\r\n")},
    ),
    *refused(
        (400, "White space in a field name", "9112 5.1"),
        {
            "trailer with a blank before the colon": (trailing(b"A"), b" : b\r\n\r\n"),
            "Content-Length with a blank before the colon": (trailing(b"Content-Length"), b" : 5\r\n\r\n"),
        },
    ),
    *refused(
        (400, "Bad field name", "9110 5.1"), {"trailer with a quote in its name": (trailing(b"A"), b'"b: c\r\n\r\n')}
    ),
    *refused((400, "Bad field value", "9110 5.5"), {"trailer with NUL": (trailing(b"A: b"), b"\x00\r\n\r\n")}),
    *refused(
        LINE,
        {
            "bare LF after the trailers": (trailing(b""), b"\n"),
            "bare LF after a trailer": (trailing(b"A: b"), b"\n\r\n"),
            "bare LF as the empty line": (trailing(b"A: b\r\n"), b"\n"),
            "bare CR in a trailer": (trailing(b"A: b"), b"\rB: c\r\n\r\n"),
            "bare CR before a trailer": (trailing(b""), b"\rB: c\r\n\r\n"),
            "two CRs as the empty line": (trailing(b""), b"\r\r\n"),
        },
    ),
    *refused(
        FORBIDDEN,
        {
            f"trailer {name.decode()}": (trailing(b"A: b\r\n"), name + b": 5\r\n\r\n")
            for name in (
                b"Content-Length",
                b"content-length",
                b"Transfer-Encoding",
                b"TRANSFER-ENCODING",
                b"Host",
                b"hOST",
            )
        },
    ),
    *refused(FORBIDDEN, {"the first trailer": (trailing(b""), b"Host: evil\r\nno colon\r\n\r\n")}),
    *refused(
        (400, "Bad field line", "9112 5"), {"a bad trailer before Host": (trailing(b"no"), b"\r\nHost: evil\r\n\r\n")}
    ),
]


def sized(n: int, **options: Any) -> dict[str, Any]:
    return {"framing": n, "trailers": None, "options": options}


LENGTHS = [
    *[Case(f"length {n}", b"x" * n, b"x" * n, **sized(n)) for n in (0, 1, 2, 63, 1000)],
    *accepted({"until the connection closes": (b"anything\r\n\r\n", b"anything\r\n\r\n")}, framing=None, trailers=None),
    Case("until the connection closes, which it does", b"abc", b"abc", None, None, {}, eof=True),
    Case("nothing until the connection closes", b"", b"", None, None, {}, eof=True),
    *refused(
        INCOMPLETE,
        {
            "the end before a size": (ABC, b""),
            "the end before anything": (b"", b""),
            "the end within a size": (b"3", b""),
            "the end before the LF of a size": (b"3\r", b""),
            "the end within an extension": (b"3;a", b""),
            "the end before the data": (b"3\r\n", b""),
            "the end within the data": (b"3\r\nab", b""),
            "the end after the data": (b"3\r\nabc", b""),
            "the end before the LF after the data": (b"3\r\nabc\r", b""),
            "the end before the trailers": (ABC + b"0\r\n", b""),
            "the end within a trailer": (trailing(b"A: b"), b""),
            "the end within the trailers": (trailing(b"A: b\r\n"), b""),
            "the end before the last LF": (trailing(b"A: b\r\n\r"), b""),
        },
        eof=True,
    ),
    *refused(INCOMPLETE, {"the end of a length": (b"ab", b"")}, eof=True, framing=3),
]


def limited(name: str, wire: bytes, expected: Any, offset: int = 0, trailers: Any = (), **options: Any) -> Case:
    if isinstance(expected, tuple):
        status, reason, rfc = expected
        return Case(name, wire, Verdict(status, reason, offset, rfc), options=options)
    return Case(name, wire, expected, list(trailers), options=options)


FIELD_LENGTH = (431, "Field line too long", "9110 5.4")
COUNT = (431, "Too many field lines", "9110 5.4")
SECTION = (431, "Head too long", "9110 5.4")
AT = len(trailing(b""))
LONG = b"1;" + b"x" * 4089 + b"\r\na\r\n"  # 4090 bytes of extensions

LIMITS = [
    limited("max_body: reached", ABC + ABC + END, b"abcabc", max_body=6),
    limited("max_body: passed", ABC + ABC + END, TOO_LARGE, len(ABC), max_body=5),
    limited("max_body: passed by the size alone", ABC + b"7fffffffffffffff\r\n", TOO_LARGE, len(ABC)),
    limited("max_body: nothing", END, b"", max_body=0),
    limited("max_body: nothing, and something", ABC, TOO_LARGE, max_body=0),
    limited("max_body: after the grammar of its line", b"4 \r\n", EXTENSION, 2, max_body=3),
    Case("max_body: until the connection closes", b"abc", b"abc", None, None, {"max_body": 3}),
    *refused(
        TOO_LARGE,
        {"max_body: until the connection closes, passed": (b"abc", b"d")},
        framing=None,
        options={"max_body": 3},
    ),
    Case("max_body: a length", b"abc", b"abc", **sized(3, max_body=3)),
    limited("a chunk line of 4096", b"3;" + b"x" * 4092 + b"\r\nabc\r\n" + END, b"abc"),
    limited("a chunk line of 4097", b"3;" + b"x" * 4093 + b"\r\nabc\r\n" + END, LINE_LENGTH, 4096),
    limited("a chunk line of 4097, the second", ABC + b"3;" + b"x" * 4093 + b"\r\n", LINE_LENGTH, len(ABC) + 4096),
    limited("a chunk line that never ends", b"3;" + b"x" * 70000, LINE_LENGTH, 4096),
    limited("a bad byte before a chunk line's limit", b"3;?" + b"x" * 70000, EXTENSION, 2),
    limited("max_chunk_line: reached", ABC + END, b"abc", max_chunk_line=3),
    limited("max_chunk_line: passed", b"10\r\n", LINE_LENGTH, 3, max_chunk_line=3),
    limited("max_chunk_line: passed by zeros", ABC + b"0003\r\nabc\r\n", LINE_LENGTH, len(ABC) + 5, max_chunk_line=5),
    limited("max_chunk_line: passed by 15 digits", b"0" * 14 + b"3\r\nabc\r\n", LINE_LENGTH, 16, max_chunk_line=16),
    limited("max_chunk_line: passed by 16 digits", b"0" * 15 + b"3\r\nabc\r\n", LINE_LENGTH, 17, max_chunk_line=17),
    limited("max_chunk_line: 1", b"3\r\nabc\r\n", LINE_LENGTH, 1, max_chunk_line=1),
    limited("max_chunk_line: before a bad byte", b"3g", LINE_LENGTH, 1, max_chunk_line=1),
    *[
        limited(f"max_chunk_line: {n}", b"%0*x\r\nabc\r\n%s" % (n - 2, 3, END), b"abc", max_chunk_line=n)
        for n in (16, 17, 18)
    ],
    limited("extensions of 65536", LONG * 16 + b"1;" + b"x" * 95 + b"\r\na\r\n" + END, b"a" * 17),
    limited(
        "extensions of 65537",
        LONG * 16 + b"1;" + b"x" * 96 + b"\r\na\r\n" + END,
        EXTENSIONS_LENGTH,
        4096 * 16 + 97,
    ),
    limited("max_extensions: reached", b"3;a\r\nabc\r\n0;b\r\n\r\n", b"abc", max_extensions=4),
    limited("max_extensions: passed", b"3;a\r\nabc\r\n0;b\r\n\r\n", EXTENSIONS_LENGTH, 12, max_extensions=3),
    limited("max_extensions: none", b"3;a\r\nabc\r\n" + END, EXTENSIONS_LENGTH, 1, max_extensions=0),
    limited("max_extensions: none, and none", ABC + END, b"abc", max_extensions=0),
    limited("max_extensions: none, and a bad byte", b"3g\r\n", CHUNK, 1, max_extensions=0),
    limited("max_extensions: a bad byte where they are passed", b"3;a?\r\n", EXTENSION, 3, max_extensions=2),
    limited("101 trailers", trailing(b"A: b\r\n" * 101 + b"\r\n"), COUNT, AT + 600),
    limited("101 trailers, all left out", trailing(b"TE: b\r\n" * 101 + b"\r\n"), COUNT, AT + 700),
    limited("101 trailers, the last a bad one", trailing(b"A: b\r\n" * 100 + b"bad\r\n"), COUNT, AT + 600),
    limited("a trailer of 65537", trailing(b"A: " + b"b" * 65532 + b"\r\n\r\n"), FIELD_LENGTH, AT + 65536),
    limited("a trailer that never ends", trailing(b"A: " + b"b" * 70000), FIELD_LENGTH, AT + 65536),
    limited("bare CRs that never end", trailing(b"\r" * 70000), FIELD_LENGTH, AT + 65536),
    limited("trailers beyond 256 KiB", trailing((b"A: " + b"b" * 6000 + b"\r\n") * 50), SECTION, AT + 262144),
    limited("max_line: reached", trailing(b"A: b\r\n\r\n"), b"abc", 0, [("A", "b")], max_line=6),
    limited("max_line: passed", trailing(b"B: c\r\nA: bc\r\n\r\n"), FIELD_LENGTH, AT + 12, max_line=6),
    limited("max_line: no CRLF is so short", trailing(b"\r\n"), FIELD_LENGTH, AT + 1, max_line=1),
    limited("max_headers: reached", trailing(b"A: b\r\n\r\n"), b"abc", 0, [("A", "b")], max_headers=1),
    limited("max_headers: passed", trailing(b"A: b\r\nTE: c\r\n\r\n"), COUNT, AT + 6, max_headers=1),
    limited("max_headers: passed by a bad line", trailing(b"A: b\r\n\n"), COUNT, AT + 6, max_headers=1),
    limited("max_head: reached", trailing(b"A: b\r\n\r\n"), b"abc", 0, [("A", "b")], max_head=8),
    limited("max_head: passed in the empty line", trailing(b"A: b\r\n\r\n"), SECTION, AT + 7, max_head=7),
    limited("max_head: passed by the empty line", trailing(b"A: b\r\n\r\n"), SECTION, AT + 6, max_head=6),
    limited("max_head: reached by a line, and no empty line", trailing(b"A: b\r\n"), SECTION, AT + 6, max_head=6),
    limited("max_head: passed by a line", trailing(b"A: b\r\nB: c\r\n\r\n"), SECTION, AT + 11, max_head=11),
    limited("max_head: of no trailers", trailing(b"\r\n"), b"abc", max_head=2),
    limited("max_head: of no trailers, passed", trailing(b"\r\n"), SECTION, AT + 1, max_head=1),
    limited("max_head and max_line at once", trailing(b"A: bc\r\n"), FIELD_LENGTH, AT + 4, max_head=4, max_line=4),
    limited("max_head before max_line", trailing(b"A: b\r\nA: bc\r\n"), SECTION, AT + 10, max_head=10, max_line=6),
    limited("no limits", trailing(b"A: b\r\n" * 101 + b"\r\n"), b"abc", 0, [("A", "b")] * 101, max_headers=None,
            max_line=None, max_head=None, max_chunk_line=None, max_extensions=None, max_body=None),
    limited("limits beyond any", ABC + END, b"abc", max_headers=2**70, max_line=2**70, max_head=2**70,
            max_chunk_line=2**70, max_extensions=2**70, max_body=2**70),
]  # fmt: skip

_OF_REQUESTS = {case.name: case for cases in (SIZES, ENDS, EXTENSIONS, TRAILERS, LENGTHS, LIMITS) for case in cases}
RESPONSES = [Case("response: accepted", ABC + END, b"abc", options={"response": True})]
for _name in (
    "not hexadecimal", "bare LF after the size", "no value", "trailer Host", "trailer with NUL", "101 trailers",
    "the end within the data", "the end of a length", "max_body: passed", "a chunk line of 4097",
):  # fmt: skip
    _case = _OF_REQUESTS[_name]
    assert isinstance(_case.expected, Verdict)
    RESPONSES.append(
        _case._replace(
            name=f"response: {_name}",
            expected=_case.expected._replace(status=502),
            options={**_case.options, "response": True},
        )
    )

GROUPS: dict[str, list[Case]] = {
    "sizes": SIZES,
    "ends": ENDS,
    "extensions": EXTENSIONS,
    "trailers": TRAILERS,
    "lengths": LENGTHS,
    "limits": LIMITS,
    "responses": RESPONSES,
}
CASES = [case for cases in GROUPS.values() for case in cases]
