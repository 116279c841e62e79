# SPDX-License-Identifier: MIT
"""Requests that two recipients may read differently: the bytes of whole connections, and what must become of them.

Each holds a request to FIRST and, behind it, a well-formed one to LAST. Bytes that a different reading takes for a
request ask for SMUGGLED.
"""

from __future__ import annotations

from typing import Any, NamedTuple

FIRST, LAST, SMUGGLED = "/first", "/last", "/smuggled"
CHUNKED = b"Transfer-Encoding: chunked"
KEEP_ALIVE = b"Connection: keep-alive"
EXPECT = b"Expect: 100-continue"


class Shape(NamedTuple):
    """What is sent, and what must become of it.

    method: of the request to FIRST.
    strict: the status with which strict mode refuses it; None: it is served.
    framed: the same for framed_body alone.
    faulty: the status of the refusal when a program reads the body; None: the body is well-formed.
    content: what a program that reads the body sees; None: anything.
    persists: if the request is served, the one to LAST is answered, too; None: that depends on the program.
    chunked: the body is chunked, so not every program sees it.
    """

    data: bytes
    method: str
    strict: int | None = 400
    framed: int | None = 400
    faulty: int | None = None
    content: bytes | None = None
    persists: bool | None = True
    chunked: bool = False


# Expectations that several shapes share.
SERVED: dict[str, Any] = {"strict": None, "framed": None}
GRAMMAR: dict[str, Any] = {"framed": None}  # only the grammar of the head is at fault
UNLIKE: dict[str, Any] = {"framed": None, "content": None, "persists": None}  # programs differ in what they make of it
FAULTY: dict[str, Any] = {**SERVED, "faulty": 400, "persists": False, "chunked": True}


class Shapes:
    """The shapes for a server whose requests have this method and this prefix of the path."""

    def __init__(self, method: str, prefix: str) -> None:
        self.method = method
        self.prefix = prefix
        self.secret = f"GET {prefix}{SMUGGLED} HTTP/1.1\r\nHost: h\r\n\r\n".encode()
        self.hidden = b"0\r\n\r\n" + self.secret  # read as a chunked body, it ends before the secret
        self.chunk = b"%x\r\n%s\r\n0\r\n\r\n" % (len(self.secret), self.secret)
        self.last = f"GET {prefix}{LAST} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".encode()

    def line(self, query: str = "", method: str | None = None, version: str = "1.1") -> bytes:
        return f"{method or self.method} {self.prefix}{FIRST}{query} HTTP/{version}\r\n".encode()

    def raw(self, data: bytes, **expected: Any) -> Shape:
        return Shape(data + self.last, **{"method": self.method, **expected})

    def request(self, *fields: bytes, line: bytes = b"", body: bytes, **expected: Any) -> Shape:
        head = b"".join(field + b"\r\n" for field in (b"Host: h", *fields))
        return self.raw((line or self.line()) + head + b"\r\n" + body, **expected)

    def sized(self, *fields: bytes, **expected: Any) -> Shape:
        """Return a request whose body is another one, to readers that go by `LENGTH` in its fields and nothing else."""
        fields = tuple(field.replace(b"LENGTH", b"Content-Length: %d" % len(self.secret)) for field in fields)
        return self.request(*fields, body=self.secret, **{"content": self.secret, **expected})

    def coded(self, *fields: bytes, **expected: Any) -> Shape:
        """Return a request with another one behind its chunked body; a reader that goes by `LENGTH` sees one body."""
        fields = tuple(field.replace(b"LENGTH", b"Content-Length: %d" % len(self.hidden)) for field in fields)
        return self.request(*fields, body=self.hidden, **{"content": self.hidden, **expected})

    def chunks(self, body: bytes, **expected: Any) -> Shape:
        return self.request(CHUNKED, body=body, **{**FAULTY, **expected})

    def lengths(self) -> dict[str, Shape]:
        size = len(self.secret)
        return {
            "two Content-Length": self.sized(b"Content-Length: 0", b"LENGTH"),
            "two Content-Length, equal": self.sized(b"LENGTH", b"LENGTH"),
            "list in Content-Length": self.sized(b"Content-Length: %d, %d" % (size, size)),
            "`+` in Content-Length": self.sized(b"Content-Length: +%d" % size),
            "`-` in Content-Length": self.sized(b"Content-Length: -%d" % size),
            "`_` in Content-Length": self.sized(b"Content-Length: %d_%d" % divmod(size, 10)),
            "`0x` in Content-Length": self.sized(b"Content-Length: 0x%x" % size),
            "Content-Length of 2^64": self.sized(b"Content-Length: %d" % 2**64),
            "Content-Length, empty": self.sized(b"Content-Length:"),
            "blank inside Content-Length": self.sized(b"Content-Length: %d %d" % divmod(size, 10)),
            "superscript in Content-Length": self.sized(b"Content-Length: \xb2"),
            "zeros before Content-Length": self.sized(b"Content-Length: 000%d" % size, **SERVED),
            "`Content-Length : N`": self.sized(b"Content-Length : %d" % size),
            "`Content_Length: 0`": self.sized(b"Content_Length: 0", b"LENGTH", **SERVED),
            "Content-Length in an obs-fold": self.sized(b"Content-Length:\r\n %d" % size),
        }

    def codings(self) -> dict[str, Shape]:
        http_10 = self.line(version="1.0")
        return {
            "Content-Length, then Transfer-Encoding": self.coded(b"LENGTH", CHUNKED),
            "Transfer-Encoding, then Content-Length": self.coded(CHUNKED, b"LENGTH"),
            "request in a chunk, to Content-Length": self.request(CHUNKED, b"Content-Length: 4", body=self.chunk),
            "two Transfer-Encoding": self.coded(CHUNKED, CHUNKED),
            "`Transfer-Encoding: xchunked`": self.coded(b"Transfer-Encoding: xchunked", b"LENGTH"),
            "`Transfer-Encoding: chunked, identity`": self.coded(b"Transfer-Encoding: chunked, identity"),
            "`Transfer-Encoding: identity`": self.coded(b"Transfer-Encoding: identity", b"LENGTH"),
            "`Transfer-Encoding: gzip, chunked`": self.coded(b"Transfer-Encoding: gzip, chunked", strict=501),
            "`Transfer-Encoding : chunked`": self.coded(b"Transfer-Encoding : chunked", b"LENGTH"),
            "Transfer-Encoding in HTTP/1.0": self.coded(KEEP_ALIVE, CHUNKED, line=http_10),
            "both in HTTP/1.0": self.coded(KEEP_ALIVE, CHUNKED, b"LENGTH", line=http_10),
            "VT in Transfer-Encoding": self.coded(b"Transfer-Encoding: \x0bchunked", b"LENGTH"),
            "NUL in Transfer-Encoding": self.coded(b"Transfer-Encoding: chunked\x00", b"LENGTH"),
        }

    def lines(self) -> dict[str, Shape]:
        size = len(self.secret)
        bare = self.line() + b"Host: h\r\nContent-Length: %d\r\n\r\n" % size
        blank_first = self.line() + b" X: y\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % size
        return {
            "bare LF as line ends": self.raw(
                bare.replace(b"\r\n", b"\n") + self.secret, framed=None, content=self.secret
            ),
            "bare LF before another Content-Length": self.sized(b"X: y\nContent-Length: 0", b"LENGTH"),
            "bare LF before Content-Length": self.sized(b"X: y\nLENGTH", framed=None),
            "bare CR before Content-Length": self.sized(b"X: y\rContent-Length: 0", b"LENGTH"),
            "bare CR before Transfer-Encoding": self.coded(b"X: y\r" + CHUNKED, b"LENGTH"),
            "bare CR inside Content-Length": self.sized(b"Content-Length: 0\r%d" % size),
            "bare CR inside Transfer-Encoding": self.coded(b"Transfer-Encoding: chun\rked", b"LENGTH"),
            "CR before CRLF": self.sized(b"Content-Length: 0\r", b"LENGTH"),
            "obs-fold with Content-Length": self.sized(b"X: y\r\n Content-Length: 0", b"LENGTH", **GRAMMAR),
            "obs-fold with Transfer-Encoding": self.coded(b"X: y\r\n\t" + CHUNKED, b"LENGTH", **GRAMMAR),
            "line of blanks before Content-Length": self.sized(b" ", b"LENGTH", **GRAMMAR),
            "blank before the first field": self.raw(blank_first + self.secret),
            "no colon before Content-Length": self.sized(b"no colon", b"LENGTH"),
            "8-bit name before Content-Length": self.sized(b"X-\xe9: y", b"LENGTH"),
            "blank in a name before Content-Length": self.sized(b"X Y: z", b"LENGTH"),
            "empty name before Content-Length": self.sized(b": y", b"LENGTH"),
            "`From ` before Content-Length": self.sized(b"From me Mon Jan 1", b"LENGTH"),
            "NUL in a value before Content-Length": self.sized(b"X: a\x00b", b"LENGTH", **GRAMMAR),
            "`X : 1`": self.sized(b"LENGTH", b"X : 1"),
        }

    def request_lines(self) -> dict[str, Shape]:
        def line(form: bytes, **expected: Any) -> Shape:
            words = form.replace(b"METHOD", self.method.encode()).replace(b"PATH", (self.prefix + FIRST).encode())
            return self.sized(b"LENGTH", line=words + b"\r\n", **expected)

        return {
            "two SP in the request line": line(b"METHOD  PATH HTTP/1.1", **GRAMMAR),
            "TAB in the request line": line(b"METHOD\tPATH\tHTTP/1.1", **GRAMMAR),
            "four words in the request line": line(b"METHOD PATH x HTTP/1.1"),
            "HTTP/2.0": line(b"METHOD PATH HTTP/2.0", strict=505, framed=505),
            "HTTP/1.1.1": line(b"METHOD PATH HTTP/1.1.1"),
            "http/1.1": line(b"METHOD PATH http/1.1"),
            "control in the target": line(b"METHOD PATH?\x01 HTTP/1.1", **GRAMMAR),
            "8-bit byte in the target": line(b"METHOD PATH\xe9 HTTP/1.1", **UNLIKE),
            "`#` in the target": line(b"METHOD PATH#x HTTP/1.1", **UNLIKE),
            "target in none of the four forms": line(b"METHOD first HTTP/1.1", **UNLIKE),
            "CONNECT with content": self.sized(b"LENGTH", line=b"CONNECT h:80 HTTP/1.1\r\n", method="CONNECT"),
            "TLS": self.raw(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"),
            "PROXY protocol": self.raw(b"PROXY TCP4 192.0.2.1 192.0.2.2 56324 80\r\n" + self.line() + b"\r\n"),
        }  # fmt: skip

    def fields(self) -> dict[str, Shape]:
        def hosts(*fields: bytes) -> Shape:
            return self.raw(self.sized(b"LENGTH", *fields).data[: -len(self.last)].replace(b"Host: h\r\n", b"", 1),
                            content=self.secret, **GRAMMAR)  # fmt: skip

        basic = b"Authorization: Basic YTpi"
        return {
            "no Host": hosts(),
            "two Host": hosts(b"Host: h", b"Host: i"),
            "two Host, equal": hosts(b"Host: h", b"Host: h"),
            "blank in Host": hosts(b"Host: a b"),
            "path in Host": hosts(b"Host: h/path"),
            "userinfo in Host": hosts(b"Host: u@h"),
            "list in Host": hosts(b"Host: h, i"),
            "port that is no number in Host": hosts(b"Host: h:8x"),
            "two Content-Type": self.sized(b"LENGTH", b"Content-Type: a/b", b"Content-Type: c/d", **GRAMMAR),
            "two Authorization": self.sized(b"LENGTH", basic, basic, **GRAMMAR),
            "Upgrade in HTTP/1.0": self.sized(
                b"Connection: keep-alive, Upgrade", b"Upgrade: h2c", b"LENGTH", line=self.line(version="1.0"),
                **{**SERVED, "persists": None},
            ),
            "Upgrade": self.sized(b"Connection: Upgrade", b"Upgrade: h2c", b"LENGTH", **SERVED),
        }  # fmt: skip

    def bodies(self) -> dict[str, Shape]:
        get, brew = self.line(method="GET"), self.line(method="BREW")
        leave, get_and_leave = self.line("?leave"), self.line("?leave", "GET")
        unread: dict[str, Any] = {**SERVED, "content": b""}
        chunked: dict[str, Any] = {**SERVED, "chunked": True}
        unknown: dict[str, Any] = {"line": brew, "method": "BREW", "content": None, "persists": None}
        return {
            "unread body": self.sized(b"LENGTH", line=leave, **unread),
            "unread chunked body": self.request(CHUNKED, line=leave, body=self.chunk, content=b"", **chunked),
            "body of a GET": self.sized(b"LENGTH", line=get, method="GET", **SERVED),
            "unread body of a GET": self.sized(b"LENGTH", line=get_and_leave, method="GET", **unread),
            "chunked body of a GET": self.request(
                CHUNKED, line=get, method="GET", body=self.chunk, content=self.secret, **chunked
            ),
            "body of an unknown method": self.sized(b"LENGTH", **unknown, **SERVED),
            "chunked body of an unknown method": self.request(CHUNKED, body=self.chunk, **unknown, **chunked),
            "body of a refused request": self.sized(b"Bad Name: x", b"LENGTH"),
            "CRLF behind a body": self.request(
                b"Content-Length: 3", body=b"abc\r\n", content=b"abc", **SERVED
            ),
            "Expect, unread body": self.sized(EXPECT, b"LENGTH", line=leave, **{**unread, "persists": False}),
            "Expect in a refused request": self.sized(EXPECT, b"X : 1", b"LENGTH"),
        }  # fmt: skip

    def codes(self) -> dict[str, Shape]:
        """Return bodies that are not chunked correctly (RFC 9112 7.1)."""
        data = b"5\r\nabcde\r\n"
        return {
            "LF behind a chunk size": self.chunks(b"0\n\r\n" + self.secret),
            "`+` before a chunk size": self.chunks(b"+" + data + self.hidden),
            "`-` before a chunk size": self.chunks(b"-1\r\n" + self.secret),
            "`0x` before a chunk size": self.chunks(b"0x" + data + self.hidden),
            "`_` in a chunk size": self.chunks(b"0_" + data + self.hidden),
            "blank before a chunk size": self.chunks(b" " + data + self.hidden),
            "chunk size of 2^64": self.chunks(b"1%016d\r\n" % 0 + self.secret),
            "no chunk size": self.chunks(b"\r\n" + self.secret),
            "open quote in a chunk extension": self.chunks(b'5;a="b\r\nabcde\r\n' + self.hidden),
            "LF in a chunk extension": self.chunks(b"5;a=b\nc\r\nabcde\r\n" + self.hidden),
            "CR in a chunk extension": self.chunks(b"5;a=b\rc\r\nabcde\r\n" + self.hidden),
            "chunk longer than its size": self.chunks(b"3\r\nabcde\r\n" + self.hidden),
            "LF behind a chunk": self.chunks(b"5\r\nabcde\n" + self.hidden),
            "Content-Length in a trailer section": self.chunks(data + b"0\r\nContent-Length: 0\r\n\r\n" + self.secret),
            "Transfer-Encoding in a trailer section": self.chunks(
                data + b"0\r\n" + CHUNKED + b"\r\n\r\n" + self.secret
            ),
            "no colon in a trailer section": self.chunks(data + b"0\r\nno colon\r\n\r\n" + self.secret),
        }


KINDS = ("lengths", "codings", "lines", "request_lines", "fields", "bodies", "codes")
SERVED_AS = "served"


def shapes(method: str = "POST", prefix: str = "") -> dict[str, Shape]:
    """Return all shapes by name, for a server whose requests have this method and this prefix of the path."""
    made = Shapes(method, prefix)
    return {name: shape for kind in KINDS for name, shape in getattr(made, kind)().items()}


def kind_of(name: str) -> str:
    made = Shapes("POST", "")
    return next(kind for kind in KINDS if name in getattr(made, kind)())
