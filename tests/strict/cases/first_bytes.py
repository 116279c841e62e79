# SPDX-License-Identifier: MIT
"""RFC 9112 3 and 4: bytes that no message begins with, and how few of them are enough to tell."""

from __future__ import annotations

from tests.strict.cases.table import GET, HOST, TCHARS, Case, Verdict, accepted, every_byte, refused

NOT_HTTP = (400, "Not HTTP", "9112 3.1")
TLS = (400, "TLS on a plaintext port", "9112 3")
PROXY = (400, "PROXY protocol header", "9112 3")
LINE = (400, "Bad request line", "9112 3")

CLIENT_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x05*Ot\x99\xbe\xe3\n\r\n" * 40
PROXY_1 = b"PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n"
PROXY_2 = b"\r\n\r\n\x00\r\nQUIT\n"

# As the first bytes of a connection: the data, its verdict, and how many bytes decide it.
NAMED: dict[str, tuple[bytes, Verdict, int]] = {
    "a ClientHello": (CLIENT_HELLO, Verdict(400, TLS[1], 0, TLS[2]), 1),
    "a ClientHello without an LF": (CLIENT_HELLO[:16], Verdict(400, TLS[1], 0, TLS[2]), 1),
    "a ClientHello after empty lines": (b"\r\n\r\n" + CLIENT_HELLO, Verdict(400, TLS[1], 4, TLS[2]), 5),
    "a ClientHello that never ends": (b"\x16" + b"x" * 70000, Verdict(400, TLS[1], 0, TLS[2]), 1),
    "an alert of TLS": (b"\x15\x03\x01\x00\x02\x02\x46", Verdict(400, TLS[1], 0, TLS[2]), 1),
    "SSH": (b"SSH-2.0-OpenSSH_9.6\r\n", Verdict(400, "Bad request line", 19, "9112 3"), 21),
    "SSLv2": (b"\x80\x2e\x01\x00\x02", Verdict(400, NOT_HTTP[1], 0, NOT_HTTP[2]), 1),
    "a JSON document": (b'{"a": 1}\r\n', Verdict(400, NOT_HTTP[1], 0, NOT_HTTP[2]), 1),
    "binary that never ends": (b"\x00" * 70000, Verdict(400, NOT_HTTP[1], 0, NOT_HTTP[2]), 1),
    "a blank before the method": (b" GET / HTTP/1.1\r\n" + HOST, Verdict(400, LINE[1], 0, LINE[2]), 1),
    "PROXY TCP4": (PROXY_1 + GET + HOST, Verdict(400, PROXY[1], 0, PROXY[2]), 11),
    "PROXY TCP6": (b"PROXY TCP6 ::1 ::1 1 2\r\n", Verdict(400, PROXY[1], 0, PROXY[2]), 11),
    "PROXY UNKNOWN": (b"PROXY UNKNOWN\r\n" + GET + HOST, Verdict(400, PROXY[1], 0, PROXY[2]), 14),
    "PROXY UNKNOWN with addresses": (b"PROXY UNKNOWN ffff::1 x\r\n", Verdict(400, PROXY[1], 0, PROXY[2]), 14),
    "PROXY, like a request": (b"PROXY TCP4 HTTP/1.1\r\n" + HOST, Verdict(400, PROXY[1], 0, PROXY[2]), 11),
    "PROXY after an empty line": (b"\r\n" + PROXY_1, Verdict(400, PROXY[1], 2, PROXY[2]), 13),
    "PROXY that never ends": (b"PROXY TCP4 " + b"1" * 70000, Verdict(400, PROXY[1], 0, PROXY[2]), 11),
    "PROXY, version 2": (PROXY_2 + b"\x21\x11\x00\x0c" + GET, Verdict(400, PROXY[1], 0, PROXY[2]), 12),
    "nearly PROXY, version 2": (PROXY_2[:-1] + b"\r\n", Verdict(400, NOT_HTTP[1], 4, NOT_HTTP[2]), 12),
    "NUL after two empty lines": (b"\r\n\r\n\x00\r\nX", Verdict(400, NOT_HTTP[1], 4, NOT_HTTP[2]), 8),
    "PROXY, version 2, after an empty line": (b"\r\n" + PROXY_2, Verdict(400, NOT_HTTP[1], 6, NOT_HTTP[2]), 7),
}

# The same for responses.
NAMED_RESPONSES: dict[str, tuple[bytes, Verdict, int]] = {
    "an alert of TLS": (b"\x15\x03\x01\x00\x02\x02\x46", Verdict(502, TLS[1], 0, "9112 4"), 1),
    "a ServerHello": (b"\x16\x03\x03\x00\x7a", Verdict(502, TLS[1], 0, "9112 4"), 1),
    "binary": (b"\x00\x00\x12\x04", Verdict(502, "Bad HTTP version", 0, "9112 2.3"), 1),
    "obs-text that never ends": (b"\xef\xbb\xbf" + b"x" * 70000, Verdict(502, "Bad HTTP version", 0, "9112 2.3"), 1),
    "ICY": (b"ICY 200 OK\r\n\r\n", Verdict(502, "Bad HTTP version", 0, "9112 2.3"), 1),
    "SSH": (b"SSH-2.0-OpenSSH_9.6\r\n", Verdict(502, "Bad HTTP version", 0, "9112 2.3"), 1),
    "a page that never ends": (b"<html>" * 20000, Verdict(502, "Bad HTTP version", 0, "9112 2.3"), 1),
    "a blank": (b" HTTP/1.1 200 OK\r\n\r\n", Verdict(502, "Bad status line", 0, "9112 4"), 1),
}


def limited(name: str, data: bytes, expected: Verdict, **limits: int) -> Case:
    return Case(name, data, expected, "request", limits)


CASES = [
    *(Case(name, data, expected) for name, (data, expected, _) in NAMED.items()),
    *(Case(name, data, expected, "response") for name, (data, expected, _) in NAMED_RESPONSES.items()),
    *refused(*NOT_HTTP, {"a BOM before the method": (b"", b"\xef\xbb\xbfGET / HTTP/1.1\r\n" + HOST)}),
    *refused(*NOT_HTTP, {"NUL before the method": (b"", b"\x00GET / HTTP/1.1\r\n" + HOST)}),
    *every_byte(
        "first of the method",
        b"",
        b"ET / HTTP/1.1\r\n" + HOST,
        TCHARS,
        NOT_HTTP,
        {b" \t": LINE, b"\x15\x16": TLS},
    ),
    # Targets that are not valid, and one method that is.
    *accepted(
        {
            "a method PROXY": b"PROXY / HTTP/1.1\r\n" + HOST,
            "a scheme tcp4": b"PROXY tcp4://a/ HTTP/1.1\r\n" + HOST,
            "a scheme TCP4": b"PROXY TCP4://a/ HTTP/1.1\r\n" + HOST,
            "a scheme UNKNOWN": b"PROXY UNKNOWN://a/ HTTP/1.1\r\n" + HOST,
        }
    ),
    *refused(
        400,
        "Bad request target",
        "9112 3.2",
        {
            "PROXY TCP5": (b"PROXY ", b"TCP5 HTTP/1.1\r\n" + HOST),
            "PROXY UNKNOWNS": (b"PROXY ", b"UNKNOWNS HTTP/1.1\r\n" + HOST),
            "proxy TCP4": (b"proxy ", b"TCP4 HTTP/1.1\r\n" + HOST),
        },
    ),
    # Limits that are reached before the deciding byte.
    limited("max_line within PROXY", PROXY_1, Verdict(414, "Request line too long", 10, "9112 3"), max_line=10),
    limited("max_line at PROXY", PROXY_1, Verdict(400, PROXY[1], 0, PROXY[2]), max_line=11),
    limited("max_head within PROXY", PROXY_1, Verdict(431, "Head too long", 10, "9110 5.4"), max_head=10),
    limited("max_head at PROXY", PROXY_1, Verdict(400, PROXY[1], 0, PROXY[2]), max_head=11),
    limited("max_head within PROXY, version 2", PROXY_2, Verdict(400, NOT_HTTP[1], 4, NOT_HTTP[2]), max_head=11),
    limited("max_head at PROXY, version 2", PROXY_2, Verdict(400, PROXY[1], 0, PROXY[2]), max_head=12),
    limited("max_line of PROXY, version 2", PROXY_2, Verdict(400, PROXY[1], 0, PROXY[2]), max_line=2),
    limited("max_line and an empty line", PROXY_2, Verdict(414, "Request line too long", 1, "9112 3"), max_line=1),
    limited("max_head at the first byte", b"\x16", Verdict(400, TLS[1], 0, TLS[2]), max_head=1),
    limited("max_head before the first byte", b"\r\n\x16", Verdict(431, "Head too long", 2, "9110 5.4"), max_head=2),
]
