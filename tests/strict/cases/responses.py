# SPDX-License-Identifier: MIT
"""RFC 9112 4: status-line = HTTP-version SP status-code SP [ reason-phrase ]; every fault of a response is a 502."""

from __future__ import annotations

from tests.strict.cases.framing import BAD_CODINGS, BAD_LENGTHS, GOOD_CODINGS, GOOD_LENGTHS, OTHER_CODINGS, name
from tests.strict.cases.table import CONTENT, DIGITS, TCHARS, Case, Verdict, accepted, every_byte, refused

OK = b"HTTP/1.1 200 OK\r\n"
# Coding names other than chunked: such a response may end with the connection (RFC 9112 6.3).
NOT_CHUNKED = [
    b"gzip",
    b"xchunked",
    b"chunkedx",
    b"chunk",
    b"hunked",
    b"chunkedchunked",
    b"'chunked'",
    b"0",
    b"trailers",
]


def framed(field: str, values: list[bytes]) -> dict[str, tuple[bytes, bytes]]:
    """Return responses with the field, for each value; the fault is at the value."""
    start = OK + field.encode() + b":"
    return {name(field, value): (start + b" " if value else start, value + b"\r\n\r\n") for value in values}


LINE = (502, "Bad status line", "9112 4")
VERSION = (502, "Bad HTTP version", "9112 2.3")
NAME = (502, "Bad field name", "9110 5.1")
SPACE = (502, "White space in a field name", "9112 5.1")
VALUE = (502, "Bad field value", "9110 5.5")
SP = frozenset(b" ")

BYTES = [
    *every_byte("minor version", b"HTTP/1.", b" 200 OK\r\n\r\n", DIGITS, VERSION, {b" \t": LINE}, kind="response"),
    *every_byte("before the status code", b"HTTP/1.1", b"200 OK\r\n\r\n", SP, LINE, kind="response"),
    *every_byte("third digit", b"HTTP/1.1 20", b" OK\r\n\r\n", DIGITS, LINE, kind="response"),
    *every_byte("after the status code", b"HTTP/1.1 200", b"OK\r\n\r\n", SP, LINE, kind="response"),
    *every_byte("within the reason phrase", b"HTTP/1.1 200 O", b"K\r\n\r\n", CONTENT, LINE, kind="response"),
    *every_byte(
        "within a name", OK + b"A", b"a: 1\r\n\r\n", TCHARS | {ord(":")}, NAME, {b" \t": SPACE}, kind="response"
    ),
    *every_byte("within a value", OK + b"A: b", b"c\r\n\r\n", CONTENT, VALUE, kind="response"),
]

CASES = [
    *BYTES,
    *accepted(
        {
            "200": OK + b"Content-Length: 5\r\n\r\nhello",
            "an empty reason phrase": b"HTTP/1.1 200 \r\n\r\n",
            "a reason phrase of obs-text": b"HTTP/1.1 404 caf\xe9 \xc3\xa9\r\n\r\n",
            "blanks around the reason phrase": b"HTTP/1.1 200  \tO K\t \r\n\r\n",
            "100": b"HTTP/1.1 100 Continue\r\n\r\n",
            "599": b"HTTP/1.1 599 x\r\n\r\n",
            "999: grammatical, and to be read as a 5xx": b"HTTP/1.1 999 x\r\n\r\n",
            "HTTP/1.0": b"HTTP/1.0 200 OK\r\n\r\n",
            "HTTP/1.9": b"HTTP/1.9 200 OK\r\n\r\n",
            "no Host is asked for, or looked at": OK + b"Host: a b\r\nHost: ,\r\n\r\n",
            "chunked": OK + b"Transfer-Encoding: chunked\r\n\r\n",
            **{
                name(field, value): OK + field.encode() + b": " + value + b"\r\n\r\n"
                for field, values in (("Content-Length", GOOD_LENGTHS), ("Transfer-Encoding", GOOD_CODINGS))
                for value in values
            },
            "fields of a switch to another protocol": b"HTTP/1.1 101 Switching Protocols\r\n"
            b"Connection: upgrade\r\nUpgrade: x\r\nTransfer-Encoding: chunked\r\n\r\n",
            "Content-Length in a 304": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
        },
        "response",
    ),
    *refused(
        502,
        "Bad status line",
        "9112 4",
        {
            "no SP after the status code": (b"HTTP/1.1 200", b"\r\n\r\n"),
            "no status code": (b"HTTP/1.1", b"\r\n\r\n"),
            "an empty status code": (b"HTTP/1.1 ", b"\r\n\r\n"),
            "two SP before the status code": (b"HTTP/1.1 ", b" 200 OK\r\n\r\n"),
            "TAB before the status code": (b"HTTP/1.1", b"\t200 OK\r\n\r\n"),
            "TAB after the status code": (b"HTTP/1.1 200", b"\tOK\r\n\r\n"),
            "1.01": (b"HTTP/1.0", b"1 200 OK\r\n\r\n"),
            "one digit": (b"HTTP/1.1 2", b" OK\r\n\r\n"),
            "two digits": (b"HTTP/1.1 20", b" OK\r\n\r\n"),
            "four digits": (b"HTTP/1.1 200", b"0 OK\r\n\r\n"),
            "a sign": (b"HTTP/1.1 ", b"+20 OK\r\n\r\n"),
            "letters": (b"HTTP/1.1 ", b"abc OK\r\n\r\n"),
            "a superscript digit": (b"HTTP/1.1 20", b"\xb2 OK\r\n\r\n"),
            "NUL in the reason phrase": (b"HTTP/1.1 200 O", b"\x00K\r\n\r\n"),
            "DEL in the reason phrase": (b"HTTP/1.1 200 O", b"\x7fK\r\n\r\n"),
            "leading SP": (b"", b" HTTP/1.1 200 OK\r\n\r\n"),
        },
        "response",
    ),
    *refused(
        502,
        "Bad HTTP version",
        "9112 2.3",
        {
            "an empty line before it": (b"", b"\r\n" + OK + b"\r\n"),
            "lower case": (b"", b"http/1.1 200 OK\r\n\r\n"),
            "ICY": (b"", b"ICY 200 OK\r\n\r\n"),
            "RTSP": (b"", b"RTSP/1.0 200 OK\r\n\r\n"),
            "a T is missing": (b"HT", b"P/1.1 200 OK\r\n\r\n"),
            "HTTPS": (b"HTTP", b"S/1.1 200 OK\r\n\r\n"),
            "01.1": (b"HTTP/0", b"1.1 200 OK\r\n\r\n"),
            "11.1": (b"HTTP/1", b"1.1 200 OK\r\n\r\n"),
            "HTML": (b"", b"<html>\r\n\r\n"),
            "HTTP/1.": (b"HTTP/1.", b"x 200 OK\r\n\r\n"),
            "HTTP/2": (b"HTTP/2", b"\r\n\r\n"),
        },
        "response",
    ),
    *refused(
        502,
        "HTTP version not supported",
        "9110 15.6.6",
        {"HTTP/2.0": (b"", b"HTTP/2.0 200 OK\r\n\r\n"), "HTTP/0.9": (b"", b"HTTP/0.9 200 OK\r\n\r\n")},
        "response",
    ),
    *refused(
        502,
        "Bad status code",
        "9110 15",
        {"099": (b"HTTP/1.1 ", b"099 x\r\n\r\n"), "000": (b"HTTP/1.1 ", b"000 x\r\n\r\n")},
        "response",
    ),
    *refused(
        502,
        "Bad line ending",
        "9112 2.2",
        {
            "bare LF": (b"HTTP/1.1 200 OK", b"\n\r\n"),
            "bare LF after the status code": (b"HTTP/1.1 200", b"\n\r\n"),
            "bare CR in the reason phrase": (b"HTTP/1.1 200 O", b"\rK\r\n\r\n"),
            "bare LF after a field": (OK + b"A: 1", b"\n\r\n"),
            "bare LF everywhere": (b"HTTP/1.1 200 OK", b"\nContent-Length: 0\n\n"),
            "bare CR before the status line": (b"", b"\r" + OK + b"\r\n"),
            "bare CR in a value": (OK + b"A: 1", b"\rB: 2\r\n\r\n"),
        },
        "response",
    ),
    *refused(502, "Bad field line", "9112 5", {"no colon": (OK + b"nocolon", b"\r\n\r\n")}, "response"),
    *refused(
        502,
        "White space before the first field",
        "9112 2.2",
        {"SP": (OK, b" A: 1\r\n\r\n"), "TAB": (OK, b"\tA: 1\r\n\r\n")},
        "response",
    ),
    *refused(
        502,
        "White space in a field name",
        "9112 5.1",
        {
            "a word before a name": (OK + b"A: 1\r\nword", b" B: 2\r\n\r\n"),
            "SP before the colon": (OK + b"A", b" : 1\r\n\r\n"),
        },
        "response",
    ),
    *refused(502, "Bad field name", "9110 5.1", {"in brackets": (OK, b"(a): 1\r\n\r\n")}, "response"),
    *refused(502, "Bad field value", "9110 5.5", {"NUL": (OK + b"A: b", b"\x00c\r\n\r\n")}, "response"),
    *refused(502, "Obsolete line folding", "9112 5.2", {"a fold": (OK + b"A: 1\r\n", b" 2\r\n\r\n")}, "response"),
    *refused(
        502,
        "Bad Content-Length",
        "9112 6.3",
        {
            "two lengths": (OK + b"Content-Length: 5\r\nContent-Length: ", b"5\r\n\r\n"),
            "a bad length": (OK + b"Content-Length: ", b"+5\r\n\r\n"),
            "an empty length before another": (OK + b"Content-Length:\r\nContent-Length: ", b"5\r\n\r\n"),
            **framed("Content-Length", BAD_LENGTHS),
        },
        "response",
    ),
    *refused(
        502,
        "Content-Length with Transfer-Encoding",
        "9112 6.3",
        {
            "both": (OK + b"Transfer-Encoding: chunked\r\nContent-Length: ", b"5\r\n\r\n"),
            "an empty Transfer-Encoding, then Content-Length": (
                OK + b"Transfer-Encoding:\r\nContent-Length: ",
                b"5\r\n\r\n",
            ),
        },
        "response",
    ),
    *refused(
        502,
        "Bad Transfer-Encoding",
        "9112 6.1",
        {
            "chunked twice": (OK + b"Transfer-Encoding: ", b"chunked, chunked\r\n\r\n"),
            "chunked not last": (OK + b"Transfer-Encoding: ", b"chunked, gzip\r\n\r\n"),
            "identity": (OK + b"Transfer-Encoding: ", b"identity\r\n\r\n"),
            "chunked, and identity in another field": (
                OK + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: ",
                b"identity\r\n\r\n",
            ),
            "in HTTP/1.0": (b"HTTP/1.0 200 OK\r\nTransfer-Encoding: ", b"chunked\r\n\r\n"),
            **framed("Transfer-Encoding", [value for value in BAD_CODINGS if value not in NOT_CHUNKED]),
        },
        "response",
    ),
    *refused(
        502,
        "Unsupported transfer coding",
        "9112 6.1",
        {
            "gzip up to the end of the connection": (OK + b"Transfer-Encoding: ", b"gzip\r\n\r\n"),
            "gzip, chunked": (OK + b"Transfer-Encoding: ", b"gzip, chunked\r\n\r\n"),
            **framed("Transfer-Encoding", [*NOT_CHUNKED, *OTHER_CODINGS]),
        },
        "response",
    ),
    Case(
        "status line that never ends",
        b"HTTP/1.1 200 " + b"x" * 70000,
        Verdict(502, "Status line too long", 65536, "9112 4"),
        "response",
    ),
    Case(
        "field line that never ends",
        OK + b"A: " + b"x" * 70000,
        Verdict(502, "Field line too long", len(OK) + 65536, "9110 5.4"),
        "response",
    ),
    Case("max_head", OK + b"\r\n", Verdict(502, "Head too long", 10, "9110 5.4"), "response", {"max_head": 10}),
    Case(
        "max_headers",
        OK + b"A: 1\r\nB: 2\r\n\r\n",
        Verdict(502, "Too many field lines", 23, "9110 5.4"),
        "response",
        {"max_headers": 1},
    ),
]
