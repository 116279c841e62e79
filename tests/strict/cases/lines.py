# SPDX-License-Identifier: MIT
"""RFC 9112 2.2 and 5: line ends, field lines, field names and values."""

from __future__ import annotations

from tests.strict.cases.table import CONTENT, GET, HOST, TCHARS, accepted, every_byte, refused

ENDINGS = refused(
    400,
    "Bad line ending",
    "9112 2.2",
    {
        "bare LF after the request line": (b"GET / HTTP/1.1", b"\n" + HOST),
        "bare LF after a field": (GET + b"Host: a", b"\nA: 1\r\n\r\n"),
        "bare LF as the empty line": (GET + b"Host: a\r\n", b"\n"),
        "bare LF everywhere": (b"GET / HTTP/1.1", b"\nHost: a\n\n"),
        "LF before the request line": (b"", b"\nGET / HTTP/1.1\r\n" + HOST),
        "bare LF for the SP before the version": (b"GET /", b"\nHTTP/1.1\r\n" + HOST),
        "bare LF in a name": (GET + b"Ho", b"\nst: a\r\n\r\n"),
        "two bare LFs after the colon": (GET + b"Host: a\r\nA:", b"\n\nGET / HTTP/1.1\r\n\r\n"),
        "LFCR": (GET + b"Host: a", b"\n\r\r\n\r\n"),
        "bare CR after the request line": (b"GET / HTTP/1.1", b"\rHost: a\r\n\r\n"),
        "two bare CRs in the version": (b"GET / HTTP/", b"\r\r1.1\r\n" + HOST),
        "bare CR before what would be another request": (GET + b"Host: a\r\n", b"\rGET /b HTTP/1.1\r\n" + HOST),
        "bare CR in the target": (b"GET /a", b"\rb HTTP/1.1\r\n" + HOST),
        "bare CR in a name": (GET + b"Ho", b"\rst: a\r\n\r\n"),
        "bare CR before the colon": (GET + b"Host", b"\r: a\r\n\r\n"),
        "bare CR after the colon": (GET + b"Host:", b"\ra\r\n\r\n"),
        "bare CR in a value": (GET + b"Host: a", b"\rA: 1\r\n\r\n"),
        "CRCRLF after the request line": (b"GET / HTTP/1.1", b"\r\r\n" + HOST),
        "CRCRLF after a field": (GET + b"Host: a", b"\r\r\n\r\n"),
        "CRCRLF as the empty line": (GET + b"Host: a\r\n", b"\r\r\n"),
        "CRCR before the request line": (b"", b"\r\r\nGET / HTTP/1.1\r\n" + HOST),
        "CR before the request line": (b"", b"\rGET / HTTP/1.1\r\n" + HOST),
    },
)

LINES = [
    *accepted(
        {
            "no fields in 1.0": b"GET / HTTP/1.0\r\n\r\n",
            "no OWS": GET + b"Host:a\r\n\r\n",
            "OWS on both sides": GET + b"Host: \t a \t \r\n\r\n",
            "an empty value": GET + b"Host: a\r\nA:\r\n\r\n",
            "a blank value": GET + b"Host: a\r\nA: \t \r\n\r\n",
            "colons in the value": GET + b"Host: a\r\nA:: b: c\r\n\r\n",
            "an odd name": GET + b"Host: a\r\n!#$%&'*+-.^_`|~0aZ: 1\r\n\r\n",
            "obs-text": GET + b"Host: a\r\nA: caf\xc3\xa9 \xa0\x85\xff\r\n\r\n",
            "NBSP is no OWS": GET + b"Host: a\r\nA: \xa0\r\n\r\n",
            "multipart": GET + b"Host: a\r\nContent-Type: multipart/form-data; boundary=x\r\n\r\n",
            "multipart without boundary": GET + b"Host: a\r\nContent-Type: multipart/mixed\r\n\r\n",
            "message/rfc822": GET + b"Host: a\r\nContent-Type: message/rfc822\r\n\r\n",
            "a hostile Content-Type": GET + b"Host: a\r\nContent-Type: multipart/x; boundary*=idna'e'x\r\n\r\n",
            "followed by a body": GET + HOST + b"\x00\n not a field",
        }
    ),
    *refused(
        400,
        "Bad field line",
        "9112 5",
        {
            "no colon": (GET + b"Host: a\r\nnocolon", b"\r\n\r\n"),
            "no colon in the first": (GET + b"nocolon", b"\r\n\r\n"),
            "a name that goes on in the next line": (
                GET + b"Host: a\r\nTransfer-",
                b"\r\nEncoding: chunked\r\nContent-Length: 5\r\n\r\n",
            ),
            "a colon in an obs-fold": (GET + b"Host: a\r\nA", b"\r\n : 1\r\n\r\n"),
            "an empty name": (GET + b"Host: a\r\n", b": 1\r\n\r\n"),
            "an empty name in the first": (GET, b": 1\r\n\r\n"),
            "a colon alone": (GET, b":\r\n\r\n"),
        },
    ),
    *refused(
        400,
        "White space in a field name",
        "9112 5.1",
        {
            "SP before the colon": (GET + b"Host", b" : a\r\n\r\n"),
            "TAB before the colon": (GET + b"Host", b"\t: a\r\n\r\n"),
            "SP within the name": (GET + b"Ho", b" st: a\r\n\r\n"),
            "a From line": (GET + b"From", b" me\r\n\r\n"),
            "words without a colon": (GET + b"Host: a\r\nnot", b" a field\r\n\r\n"),
        },
    ),
    *refused(
        400,
        "White space before the first field",
        "9112 2.2",
        {
            "SP": (GET, b" Host: a\r\n\r\n"),
            "TAB": (GET, b"\tHost: a\r\n\r\n"),
            "SP alone": (GET, b" \r\n" + HOST),
        },
    ),
    *refused(
        400,
        "Obsolete line folding",
        "9112 5.2",
        {
            "with SP": (GET + b"Host: a\r\n", b" b\r\n\r\n"),
            "with TAB": (GET + b"Host: a\r\n", b"\tb\r\n\r\n"),
            "blank": (GET + b"Host: a\r\n", b" \r\n\r\n"),
            "like a field": (GET + b"Host: a\r\n", b" Transfer-Encoding: chunked\r\n\r\n"),
            "of an empty value": (GET + b"Host:\r\n", b" a\r\n\r\n"),
            "with a bare LF": (GET + b"Host: a\r\n", b" b\n\r\n"),
        },
    ),
    *refused(
        400,
        "Bad field name",
        "9110 5.1",
        {
            "in brackets": (GET + b"Host: a\r\n", b"(x): 1\r\n\r\n"),
            "a quote": (GET + b"Host: a\r\n", b'"x": 1\r\n\r\n'),
            "NUL, and no colon": (GET + b"Host: a\r\nA", b"\x00\r\n\r\n"),
            "UTF-8": (GET + b"Host: a\r\nX", b"\xc3\xa9: 1\r\n\r\n"),
            "a second request line": (GET + b"GET", b"/ HTTP/1.1\r\n" + HOST),
        },
    ),
    *refused(
        400,
        "Bad field value",
        "9110 5.5",
        {
            "NUL": (GET + b"Host: a\r\nA: b", b"\x00c\r\n\r\n"),
            "NUL right after the colon": (GET + b"Host: a\r\nA:", b"\x00\r\n\r\n"),
            "ESC": (GET + b"Host: a\r\nA: ", b"\x1b[0m\r\n\r\n"),
            "DEL": (GET + b"Host: a\r\nA: b", b"\x7f\r\n\r\n"),
            "the first of two": (GET + b"Host: a\r\nA: b", b"\x01\x02\r\n\r\n"),
            "before a bare LF": (GET + b"Host: a\r\nA: b", b"\x01\nB: 1\r\n\r\n"),
        },
    ),
]

SPACE = (400, "White space in a field name", "9112 5.1")
NAME = (400, "Bad field name", "9110 5.1")
FOLD = (400, "Obsolete line folding", "9112 5.2")
VALUE = (400, "Bad field value", "9110 5.5")
COLON = (400, "Bad field line", "9112 5")
A = GET + b"Host: a\r\n"

BYTES = [
    *every_byte("first of a name", A, b"x: 1\r\n\r\n", TCHARS, NAME, {b" \t": FOLD, b":": COLON}),
    *every_byte("within a name", A + b"X", b"x: 1\r\n\r\n", TCHARS | {ord(":")}, NAME, {b" \t": SPACE}),
    *every_byte("last of a name", A + b"Xx", b": 1\r\n\r\n", TCHARS | {ord(":")}, NAME, {b" \t": SPACE}),
    *every_byte("right after the colon", A + b"A:", b"b\r\n\r\n", CONTENT, VALUE),
    *every_byte("first of a value", A + b"A: ", b"b\r\n\r\n", CONTENT, VALUE),
    *every_byte("within a value", A + b"A: b", b"c\r\n\r\n", CONTENT, VALUE),
    *every_byte("last of a value", A + b"A: b", b"\r\n\r\n", CONTENT, VALUE),
]

CASES = [*ENDINGS, *LINES, *BYTES]
