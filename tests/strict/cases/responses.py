# SPDX-License-Identifier: MIT
"""RFC 9112 4: status-line = HTTP-version SP status-code SP [ reason-phrase ]; every fault of a response is a 502."""

from __future__ import annotations

from tests.strict.cases.table import Case, Verdict, accepted, refused

OK = b"HTTP/1.1 200 OK\r\n"

CASES = [
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
        },
        "response",
    ),
    *refused(502, "Bad field line", "9112 5", {"no colon": (OK + b"nocolon", b"\r\n\r\n")}, "response"),
    *refused(502, "Obsolete line folding", "9112 5.2", {"a fold": (OK + b"A: 1\r\n", b" 2\r\n\r\n")}, "response"),
    *refused(
        502,
        "Bad Content-Length",
        "9112 6.3",
        {
            "two lengths": (OK + b"Content-Length: 5\r\nContent-Length: ", b"5\r\n\r\n"),
            "a bad length": (OK + b"Content-Length: ", b"+5\r\n\r\n"),
        },
        "response",
    ),
    *refused(
        502,
        "Content-Length with Transfer-Encoding",
        "9112 6.3",
        {"both": (OK + b"Transfer-Encoding: chunked\r\nContent-Length: ", b"5\r\n\r\n")},
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
            "in HTTP/1.0": (b"HTTP/1.0 200 OK\r\nTransfer-Encoding: ", b"chunked\r\n\r\n"),
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
