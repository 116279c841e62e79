# SPDX-License-Identifier: MIT
"""RFC 9112 3: request-line = method SP request-target SP HTTP-version."""

from __future__ import annotations

from tests.strict.cases.table import DIGITS, HOST, TCHARS, accepted, every_byte, refused

LINE = (400, "Bad request line", "9112 3")

WORDS = refused(
    *LINE,
    {
        "one word": (b"GET", b"\r\n" + HOST),
        "two words: HTTP/0.9": (b"GET /", b"\r\n" + HOST),
        "four words": (b"GET / HTTP/1.1", b" x\r\n" + HOST),
        "leading SP": (b"", b" GET / HTTP/1.1\r\n" + HOST),
        "leading TAB": (b"", b"\tGET / HTTP/1.1\r\n" + HOST),
        "trailing SP": (b"GET / HTTP/1.1", b" \r\n" + HOST),
        "trailing TAB": (b"GET / HTTP/1.1", b"\t\r\n" + HOST),
        "two SP before the target": (b"GET ", b" / HTTP/1.1\r\n" + HOST),
        "two SP before the version": (b"GET / ", b" HTTP/1.1\r\n" + HOST),
        "TAB before the target": (b"GET", b"\t/ HTTP/1.1\r\n" + HOST),
        "TAB before the version": (b"GET /", b"\tHTTP/1.1\r\n" + HOST),
        "SP and TAB": (b"GET ", b"\t/ HTTP/1.1\r\n" + HOST),
        "a blank alone": (b"", b" \r\n" + HOST),
        "SP within the version": (b"GET / HTTP/1.", b" 1\r\n" + HOST),
        "a fifth empty line": (b"\r\n" * 4, b"\r\nGET / HTTP/1.1\r\n" + HOST),
    },
)

SEPARATORS = [
    *refused(
        400,
        "Bad method",
        "9112 3.1",
        {
            "VT before the target": (b"GET", b"\x0b/ HTTP/1.1\r\n" + HOST),
            "FF before the target": (b"GET", b"\x0c/ HTTP/1.1\r\n" + HOST),
            "NBSP before the target": (b"GET", b"\xa0/ HTTP/1.1\r\n" + HOST),
        },
    ),
    *refused(
        400,
        "Bad request target",
        "9112 3.2",
        {
            "VT before the version": (b"GET /", b"\x0bHTTP/1.1\r\n" + HOST),
            "FF before the version": (b"GET /", b"\x0cHTTP/1.1\r\n" + HOST),
            "NBSP before the version": (b"GET /", b"\xa0HTTP/1.1\r\n" + HOST),
            "NEL before the version": (b"GET /", b"\x85HTTP/1.1\r\n" + HOST),
        },
    ),
]

METHODS = [
    *accepted(
        {f"method {name}": name.encode() + b" / HTTP/1.1\r\n" + HOST for name in ("HEAD", "get", "M-SEARCH", "!")}
    ),
    *every_byte(
        "last of the method",
        b"GE",
        b" / HTTP/1.1\r\n" + HOST,
        TCHARS,
        (400, "Bad method", "9112 3.1"),
        {b"\t": LINE},
        without=b" ",
    ),
]

# VCHAR except "#"
TARGET_BYTES = frozenset(range(0x21, 0x7F)) - frozenset(b"#")

TARGETS = [
    *accepted(
        {
            "origin-form": b"GET /a/b?c=d&e=%20 HTTP/1.1\r\n" + HOST,
            "empty segments": b"GET //a//b HTTP/1.1\r\n" + HOST,
            "brackets in a query": b"GET /?filter[a]=b|c HTTP/1.1\r\n" + HOST,
            "absolute-form": b"GET http://a/ HTTP/1.1\r\n" + HOST,
            "absolute-form, no path": b"GET http://a HTTP/1.1\r\n" + HOST,
            "absolute-form, query alone": b"GET http://a:80?b HTTP/1.1\r\n" + HOST,
            "absolute-form, IPv6": b"GET https://[::1]:8443/x HTTP/1.1\r\n" + HOST,
            "absolute-form, another scheme": b"GET coap+tcp://a/ HTTP/1.1\r\n" + HOST,
            "absolute-form in 1.0 without Host": b"GET http://a/ HTTP/1.0\r\n\r\n",
            "authority-form": b"CONNECT a.example:443 HTTP/1.1\r\n" + HOST,
            "authority-form, IPv6": b"CONNECT [2001:db8::1]:443 HTTP/1.1\r\n" + HOST,
            "authority-form, the last port": b"CONNECT a:65535 HTTP/1.1\r\n" + HOST,
            "authority-form, leading zeros": b"CONNECT a:00000443 HTTP/1.1\r\n" + HOST,
            "asterisk-form": b"OPTIONS * HTTP/1.1\r\n" + HOST,
            "OPTIONS with a path": b"OPTIONS /* HTTP/1.1\r\n" + HOST,
        }
    ),
    *refused(
        400,
        "Bad request target",
        "9112 3.2",
        {
            "authority-form without CONNECT": (b"GET ", b"a.example:80 HTTP/1.1\r\n" + HOST),
            "a host alone": (b"GET ", b"a.example HTTP/1.1\r\n" + HOST),
            "CONNECT with a path": (b"CONNECT ", b"/ HTTP/1.1\r\n" + HOST),
            "CONNECT with absolute-form": (b"CONNECT ", b"http://a:80/ HTTP/1.1\r\n" + HOST),
            "CONNECT with *": (b"CONNECT ", b"* HTTP/1.1\r\n" + HOST),
            "CONNECT without a port": (b"CONNECT ", b"a HTTP/1.1\r\n" + HOST),
            "CONNECT with an empty port": (b"CONNECT ", b"a: HTTP/1.1\r\n" + HOST),
            "CONNECT with port 0": (b"CONNECT ", b"a:0 HTTP/1.1\r\n" + HOST),
            "CONNECT with port 65536": (b"CONNECT ", b"a:65536 HTTP/1.1\r\n" + HOST),
            "CONNECT with a port of 5000 digits": (b"CONNECT ", b"a:" + b"1" * 5000 + b" HTTP/1.1\r\n" + HOST),
            "CONNECT without a host": (b"CONNECT ", b":443 HTTP/1.1\r\n" + HOST),
            "CONNECT with userinfo": (b"CONNECT ", b"u@a:443 HTTP/1.1\r\n" + HOST),
            "* without OPTIONS": (b"GET ", b"* HTTP/1.1\r\n" + HOST),
            "* with more": (b"OPTIONS ", b"*/a HTTP/1.1\r\n" + HOST),
            "M-SEARCH with *": (b"M-SEARCH ", b"* HTTP/1.1\r\n" + HOST),
            "PRI with *, of HTTP/1.1": (b"PRI ", b"* HTTP/1.1\r\n\r\nSM\r\n\r\n"),
            "two stars": (b"OPTIONS ", b"** HTTP/1.1\r\n" + HOST),
            "options in lower case": (b"options ", b"* HTTP/1.1\r\n" + HOST),
            "a relative path": (b"GET ", b"a/b HTTP/1.1\r\n" + HOST),
            "a query alone": (b"GET ", b"?a HTTP/1.1\r\n" + HOST),
            "a backslash": (b"GET ", b"\\a HTTP/1.1\r\n" + HOST),
            "absolute-form without authority": (b"GET ", b"http:/a HTTP/1.1\r\n" + HOST),
            "absolute-form, empty host": (b"GET ", b"http:///a HTTP/1.1\r\n" + HOST),
            "absolute-form, port without host": (b"GET ", b"http://:80/a HTTP/1.1\r\n" + HOST),
            "absolute-form, userinfo": (b"GET ", b"http://u:p@a/ HTTP/1.1\r\n" + HOST),
            "absolute-form, userinfo of sub-delims": (b"GET ", b"http://%75:p!&*$@a:1/b HTTP/1.1\r\n" + HOST),
            "absolute-form, port not digits": (b"GET ", b"http://a:8x/ HTTP/1.1\r\n" + HOST),
            "absolute-form, bad bracket": (b"GET ", b"http://[::1/ HTTP/1.1\r\n" + HOST),
            "scheme that begins with a digit": (b"GET ", b"1http://a/ HTTP/1.1\r\n" + HOST),
            "no scheme": (b"GET ", b"://a/ HTTP/1.1\r\n" + HOST),
            "the form is judged before Host": (b"GET ", b"a HTTP/1.1\r\n\r\n"),
        },
    ),
    *refused(
        400,
        "Missing Host",
        "9112 3.2",
        {"absolute-form in 1.1 without Host": (b"GET http://a/ HTTP/1.1\r\n", b"\r\n")},
    ),
    *refused(
        400,
        "Bad request target",
        "9112 3.2",
        {
            "a fragment": (b"GET /a", b"#b HTTP/1.1\r\n" + HOST),
            "a fragment after a query": (b"GET /a?b", b"#c HTTP/1.1\r\n" + HOST),
            "absolute-form, a fragment": (b"GET http://a/b", b"#c HTTP/1.1\r\n" + HOST),
            "DEL in the target": (b"GET /a", b"\x7f HTTP/1.1\r\n" + HOST),
            "UTF-8 in the target": (b"GET /caf", b"\xc3\xa9 HTTP/1.1\r\n" + HOST),
            "an empty target": (b"GET ", b"\x00 HTTP/1.1\r\n" + HOST),
        },
    ),
    *every_byte(
        "last of the target",
        b"GET /a",
        b" HTTP/1.1\r\n" + HOST,
        TARGET_BYTES,
        (400, "Bad request target", "9112 3.2"),
        {b"\t": LINE},
        without=b" ",
    ),
]

VERSION = (400, "Bad HTTP version", "9112 2.3")

VERSIONS = [
    *accepted({f"HTTP/1.{n}": b"GET / HTTP/1.%d\r\n" % n + HOST for n in range(10)}),
    *refused(
        *VERSION,
        {
            "lower case": (b"GET / ", b"http/1.1\r\n" + HOST),
            "Http": (b"GET / H", b"ttp/1.1\r\n" + HOST),
            "HTTPS": (b"GET / HTTP", b"S/1.1\r\n" + HOST),
            "no slash": (b"GET / HTTP", b"1.1\r\n" + HOST),
            "1.1.1": (b"GET / HTTP/1.1", b".1\r\n" + HOST),
            "01.1": (b"GET / HTTP/0", b"1.1\r\n" + HOST),
            "1.01": (b"GET / HTTP/1.0", b"1\r\n" + HOST),
            "1.10": (b"GET / HTTP/1.1", b"0\r\n" + HOST),
            "11.1": (b"GET / HTTP/1", b"1.1\r\n" + HOST),
            "1.1 in the lowest eight bits": (b"GET / HTTP/2", b"57.257\r\n" + HOST),
            "1.1 in the lowest 32 bits": (b"GET / HTTP/4", b"294967297.1\r\n" + HOST),
            "dots": (b"GET / HTTP/", b"....01.1.\r\n" + HOST),
            "+1.1": (b"GET / HTTP/", b"+1.1\r\n" + HOST),
            "-1.1": (b"GET / HTTP/", b"-1.1\r\n" + HOST),
            "1.+1": (b"GET / HTTP/1.", b"+1\r\n" + HOST),
            "1,1": (b"GET / HTTP/1", b",1\r\n" + HOST),
            "1 alone": (b"GET / HTTP/1", b"\r\n" + HOST),
            "2 alone": (b"GET / HTTP/2", b"\r\n" + HOST),
            "1. alone": (b"GET / HTTP/1.", b"\r\n" + HOST),
            "no number": (b"GET / HTTP/", b"\r\n" + HOST),
            "an empty version": (b"GET / ", b"\r\n" + HOST),
            "superscript digit": (b"GET / HTTP/1.", b"\xb9\r\n" + HOST),
            "Arabic digit": (b"GET / HTTP/1.", b"\xd9\xa1\r\n" + HOST),
            "full-width digit": (b"GET / HTTP/", b"\xef\xbc\x91.1\r\n" + HOST),
            "ICY": (b"GET / ", b"ICY/1.1\r\n" + HOST),
            "RTSP": (b"OPTIONS / ", b"RTSP/1.0\r\n" + HOST),
            "VT after it": (b"GET / HTTP/1.1", b"\x0b\r\n" + HOST),
            "NUL after it": (b"GET / HTTP/1.1", b"\x00\r\n" + HOST),
        },
    ),
    *refused(
        505,
        "HTTP version not supported",
        "9110 15.6.6",
        {
            "HTTP/0.9": (b"GET / ", b"HTTP/0.9\r\n" + HOST),
            "HTTP/0.0": (b"GET / ", b"HTTP/0.0\r\n" + HOST),
            "HTTP/2.0": (b"GET / ", b"HTTP/2.0\r\n" + HOST),
            "HTTP/3.0": (b"GET / ", b"HTTP/3.0\r\n" + HOST),
            "HTTP/9.9": (b"GET / ", b"HTTP/9.9\r\n" + HOST),
            "the preface of HTTP/2": (b"PRI * ", b"HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        },
    ),
    *every_byte("minor version", b"GET / HTTP/1.", b"\r\n" + HOST, DIGITS, VERSION, {b" \t": LINE}),
    *every_byte("after the version", b"GET / HTTP/1.1", b"\r\n" + HOST, frozenset(), VERSION, {b" \t": LINE}),
    *every_byte(
        "major version",
        b"GET / HTTP/",
        b".1\r\n" + HOST,
        frozenset(b"1"),
        VERSION,
        {b" \t": LINE},
        without=b"023456789",
    ),
]

EMPTY_LINES = accepted({f"{n} empty lines before it": b"\r\n" * n + b"GET / HTTP/1.1\r\n" + HOST for n in range(5)})

CASES = [*WORDS, *SEPARATORS, *METHODS, *TARGETS, *VERSIONS, *EMPTY_LINES]
