# SPDX-License-Identifier: MIT
"""RFC 9112 3.2: Host = uri-host [ ":" port ], and RFC 3986 3.2.2 for what a uri-host is."""

from __future__ import annotations

from tests.strict.cases.table import DIGITS, GET, LETTERS, accepted, every_byte, refused

BAD = (400, "Bad Host", "9112 3.2")
# unreserved and sub-delims, except ","
NAME_BYTES = LETTERS | DIGITS | frozenset(b"-._~!$&'()*+;=")
CTL = bytes([*range(0x09), *range(0x0B, 0x0D), *range(0x0E, 0x20), 0x7F])
VALUE = (400, "Bad field value", "9110 5.5")

GOOD_VALUES = [
    b"", b"a", b"a.example", b"A.EXAMPLE:80", b"a.example.", b"a_b", b"a:", b"a:0", b"a:00080", b"a:99999",
    b"127.0.0.1", b"127.0.0.1:8000", b"999.999.999.999", b"%41", b"%c3%a9.example:1", b"xn--caf-dma.example",
    b"a!$&'()*+;=b", b"-", b"~", b"[::]", b"[::1]", b"[::1]:80", b"[::1]:", b"[1::]", b"[1:2:3:4:5:6:7:8]",
    b"[1:2:3:4:5:6:7::]", b"[::2:3:4:5:6:7:8]", b"[1::8]", b"[1:2::7:8]", b"[::ffff:192.0.2.1]",
    b"[1:2:3:4:5:6:192.0.2.1]", b"[::192.0.2.255]", b"[1::192.0.2.1]", b"[FE80::ABCD]", b"[fe80::0001]", b"[v1.a]",
    b"[vF.a:b:c]", b"[V1a.!$&'()*+;=~]", b"a:" + b"8" * 1000, b"a" * 5000,
]  # fmt: skip

BAD_VALUES = [
    # blanks, URI delimiters, lists
    b"a b", b"a\tb", b"a/", b"a/b", b"http://a", b"a?b", b"a#b", b"u@a", b"u:p@a", b"@a", b"a@", b"a,b", b"a, b",
    b",", b"a,", b"a\\b", b"a\"b", b"\"a\"", b"<a>", b"a|b", b"a^b", b"a`b", b"{a}", b"a\xc3\xa9", b"a\xa0", b"\x85a",
    # ports
    b":", b":80", b"a:b", b"a:80a", b"a:8 0", b"a:+80", b"a:-1", b"a:80:80", b"a::80", b"a:80:", b"a:0x50", b"a:\xb2",
    b"a:%38",
    # percent encoding
    b"%", b"%4", b"%zz", b"a%", b"a%4", b"a%4g", b"%%41",
    # brackets
    b"[", b"]", b"[]", b"[]:80", b"[::1", b"::1", b"::1]", b"[::1]a", b"[::1]80", b"a[::1]", b"[[::1]]", b"[::1]:a",
    b"[a]", b"[127.0.0.1]", b"[::1]:80:80", b"[ ::1]", b"[::1 ]", b"[::1%eth0]", b"[::1%25eth0]", b"[:]", b"[:::]",
    b"[1]", b"[1:2]", b"[1:2:3:4:5:6:7]", b"[1:2:3:4:5:6:7:]", b"[:2:3:4:5:6:7:8]", b"[1:2:3:4:5:6:7:8:9]",
    b"[1::2:3:4:5:6:7:8]", b"[1::2::3]", b"[::1::]", b"[12345::]", b"[::g]", b"[1:2:3:4:5:6:7:8::]", b"[::1.2.3]",
    b"[::1.2.3.4.5]", b"[::256.0.0.1]", b"[::01.2.3.4]", b"[::1.2.3.4:5]", b"[1:2:3:4:5:6:7:1.2.3.4]", b"[1.2.3.4::]",
    b"[::1.2.3.]", b"[::1..3.4]", b"[1:2:3:4:5:1.2.3.4]", b"[v1]", b"[v.a]", b"[v1.]", b"[vg.a]", b"[v1.a/b]",
    b"[v1.[]", b"[v1.%41]", b"[v1.a,b]", b"[1:2:3:4:5:6:1.2.3.4::]",
]  # fmt: skip

CASES = [
    *accepted({f"Host {value!r}"[:80]: GET + b"Host: " + value + b"\r\n\r\n" for value in GOOD_VALUES}),
    *refused(*BAD, {f"Host {value!r}"[:80]: (GET + b"Host: ", value + b"\r\n\r\n") for value in BAD_VALUES}),
    *accepted(
        {
            "missing in 1.0": b"GET / HTTP/1.0\r\nA: 1\r\n\r\n",
            "one in 1.0": b"GET / HTTP/1.0\r\nHost: a\r\n\r\n",
            "in capitals": GET + b"HOST: a\r\n\r\n",
            "the last field": GET + b"A: 1\r\nB: 2\r\nhost: a\r\n\r\n",
            "names that are nearly it": GET + b"Hos: ,\r\nHosts: ,\r\nX-Host: ,\r\nH-st: ,\r\nHost: a\r\n\r\n",
            "another authority than the target's": b"GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n",
        }
    ),
    *refused(
        400,
        "Missing Host",
        "9112 3.2",
        {
            "no fields": (GET, b"\r\n"),
            "other fields": (GET + b"A: 1\r\nX-Host: a\r\n", b"\r\n"),
            "in 1.2": (b"GET / HTTP/1.2\r\n", b"\r\n"),
            "before framing is looked at": (GET + b"Content-Length: x\r\n", b"\r\n"),
        },
    ),
    *refused(
        400,
        "More than one Host",
        "9112 3.2",
        {
            "two": (GET + b"Host: a\r\nHost: ", b"b\r\n\r\n"),
            "two equal ones": (GET + b"Host: a\r\nHost: ", b"a\r\n\r\n"),
            "two in different case": (GET + b"Host: a\r\nA: 1\r\nhOST: ", b"a\r\n\r\n"),
            "three": (GET + b"Host: a\r\nHost: ", b"b\r\nHost: c\r\n\r\n"),
            "two empty ones": (GET + b"Host:\r\nHost:", b"\r\n\r\n"),
            "two in 1.0": (b"GET / HTTP/1.0\r\nHost: a\r\nHost: ", b"a\r\n\r\n"),
            "two with absolute-form": (b"GET http://a/ HTTP/1.1\r\nHost: a\r\nHost: ", b"a\r\n\r\n"),
            "counted before the first is looked at": (GET + b"Host: ,\r\nHost: ", b"a\r\n\r\n"),
        },
    ),
    *refused(*BAD, {"in 1.0, too": (b"GET / HTTP/1.0\r\nHost: ", b"a b\r\n\r\n")}),
    *every_byte("within Host", GET + b"Host: a", b"b\r\n\r\n", NAME_BYTES, BAD, {CTL: VALUE}, at=len(GET) + 6),
    *every_byte(
        "last of Host",
        GET + b"Host: a",
        b"\r\n\r\n",
        NAME_BYTES | frozenset(b": \t"),
        BAD,
        {CTL: VALUE},
        at=len(GET) + 6,
    ),
    *every_byte("within the port", GET + b"Host: a:1", b"2\r\n\r\n", DIGITS, BAD, {CTL: VALUE}, at=len(GET) + 6),
    *every_byte(
        "within IPv6",
        GET + b"Host: [1:",
        b"1::]\r\n\r\n",
        DIGITS | frozenset(b"abcdefABCDEF"),
        BAD,
        {CTL: VALUE},
        at=len(GET) + 6,
    ),
]
