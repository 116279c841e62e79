# SPDX-License-Identifier: MIT
"""Named heads and bodies, written as the parts that a parser has to find in them."""

from __future__ import annotations

import re
from dataclasses import dataclass

# As many field lines as the stdlib accepts in every version: up to 3.14 the empty line counts towards its 100.
MOST_FIELDS = 99


@dataclass(frozen=True)
class Payload:
    """A head. `start` has the three parts of its start line."""

    name: str
    start: tuple[str, str, str]
    fields: tuple[tuple[str, str], ...]

    @property
    def line(self) -> bytes:
        """The start line, with its line end."""
        return " ".join(self.start).encode("latin-1") + b"\r\n"

    @property
    def block(self) -> bytes:
        """The field lines and the empty line."""
        return "".join([*(f"{name}: {value}\r\n" for name, value in self.fields), "\r\n"]).encode("latin-1")

    @property
    def data(self) -> bytes:
        """The whole head."""
        return self.line + self.block

    @property
    def wanted(self) -> str:
        """Name of the field in the middle, for cases that read one field."""
        return self.fields[len(self.fields) // 2][0]

    def first(self, wanted: str) -> str:
        """Value of the first field of that name."""
        return next(value for name, value in self.fields if name.lower() == wanted.lower())

    @property
    def content(self) -> bytes:
        """As many bytes as Content-Length says."""
        return b"." * int(self.first("Content-Length"))

    @property
    def environ(self) -> dict[str, str]:
        """What a WSGI environ (PEP 3333) has of a request head in which nothing is encoded."""
        method, target, version = self.start
        path, _, query = target.partition("?")
        found = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "SERVER_PROTOCOL": version}
        for name, value in self.fields:
            variable = name.upper().replace("-", "_")
            found[variable if variable in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{variable}"] = value
        return found

    def __str__(self) -> str:
        return self.name


def _payload(name: str, text: str) -> Payload:
    """Make a payload from text: the start line, then a line for each field."""
    start, lines = text.split("\n", 1)
    method, target, version = start.split(" ", 2)
    return Payload(name, (method, target, version), tuple(re.findall(r"(?m)^(.+?): (.*)$", lines)))


def _numbered(count: int) -> str:
    return "".join(f"\nX-Field-{i:02}: value {i}, of a field that no table of names knows" for i in range(count))


CURL = _payload("curl", "GET / HTTP/1.1\nHost: localhost:8000\nUser-Agent: curl/8.11.1\nAccept: */*")

# The request that picohttpparser's own bench parses, 703 bytes.
PICOHTTPPARSER = _payload(
    "picohttpparser",
    """\
GET /wp-content/uploads/2010/03/hello-kitty-darth-vader-pink.jpg HTTP/1.1
Host: www.kittyhell.com
User-Agent: Mozilla/5.0 (Macintosh; U; Intel Mac OS X 10.6; ja-JP-mac; rv:1.9.2.3) Gecko/20100401 Firefox/3.6.3 \
Pathtraq/0.9
Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8
Accept-Language: ja,en-us;q=0.7,en;q=0.3
Accept-Encoding: gzip,deflate
Accept-Charset: Shift_JIS,utf-8;q=0.7,*;q=0.7
Keep-Alive: 115
Connection: keep-alive
Cookie: wp_ozh_wsa_visits=2; wp_ozh_wsa_visit_lasttime=xxxxxxxxxx; \
__utma=xxxxxxxxx.xxxxxxxxxx.xxxxxxxxxx.xxxxxxxxxx.xxxxxxxxxx.x; \
__utmz=xxxxxxxxx.xxxxxxxxxx.x.x.utmccn=(referral)|utmcsr=reader.livedoor.com|utmcct=/reader/|utmcmd=referral""",
)

# A navigation in a present-day browser.
BROWSER = _payload(
    "browser",
    """\
GET /articles/2025/parsing-heads?page=2&sort=newest HTTP/1.1
Host: www.example.com
Connection: keep-alive
Cache-Control: max-age=0
sec-ch-ua: "Chromium";v="136", "Google Chrome";v="136", "Not.A/Brand";v="99"
sec-ch-ua-mobile: ?0
sec-ch-ua-platform: "Linux"
Upgrade-Insecure-Requests: 1
User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/136.0.0.0 Safari/537.36
Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,\
application/signed-exchange;v=b3;q=0.7
Sec-Fetch-Site: same-origin
Sec-Fetch-Mode: navigate
Sec-Fetch-Dest: document
Referer: https://www.example.com/articles/2025/parsing-heads
Accept-Encoding: gzip, deflate, br, zstd
Accept-Language: en-GB,en;q=0.9,de;q=0.8
Cookie: session=4f1c2b7a9d3e4c5f8a6b; theme=dark; consent=1; _ga=GA1.2.1234567890.1700000000""",
)

HUNDRED = _payload("hundred", f"GET / HTTP/1.1\nHost: localhost:8000{_numbered(MOST_FIELDS - 1)}")

# What a browser sends to a site with many trackers: one field value of 4 KB.
_TRACKS = "; ".join(f"track_{i:03}={i * 2654435761 % 2**32:08x}{i * 40503 % 2**16:04x}" for i in range(170))
COOKIE = Payload(
    "cookie", ("GET", "/account", "HTTP/1.1"), (*BROWSER.fields[:2], ("Cookie", _TRACKS), *BROWSER.fields[7:9])
)

UPLOAD = _payload(
    "upload",
    """\
POST /upload HTTP/1.1
Host: localhost:8000
User-Agent: curl/8.11.1
Accept: */*
Content-Length: 138202
Content-Type: multipart/form-data; boundary=------------------------d74496d66958873e""",
)

DATE = "Date: Sun, 06 Nov 1994 08:49:37 GMT"
SMALL = _payload("small", f"HTTP/1.1 200 OK\nServer: SimpleHTTP/0.6 Python/3.13.0\n{DATE}\nContent-Length: 12")
THIRTEEN = _payload(
    "thirteen",
    f"""\
HTTP/1.1 200 OK
Server: nginx
{DATE}
Content-Type: application/json; charset=utf-8
Content-Length: 5120
Connection: keep-alive
Cache-Control: private, max-age=60, s-maxage=60
Vary: Accept, Authorization, Cookie, Accept-Encoding
ETag: W/"7a1f0c3f9b8e4d2c6a5b4c3d2e1f0a9b"
Last-Modified: Sat, 05 Nov 1994 08:49:37 GMT
Strict-Transport-Security: max-age=31536000; includeSubDomains; preload
X-Content-Type-Options: nosniff
X-Frame-Options: deny
X-Request-ID: 8F2A:1C3D:5E6F7A:8B9C0D:65A1B2C3""",
)
_PARTS = "".join(
    f"\nSet-Cookie: part{i}={i * 40503 % 2**16:04x}; Path=/; Max-Age=3600; Secure; HttpOnly; SameSite=Lax"
    for i in range(8)
)
SET_COOKIES = _payload(
    "set-cookies",
    f"HTTP/1.1 302 Found\nServer: nginx\n{DATE}\nLocation: https://www.example.com/account\nContent-Length: 0{_PARTS}",
)
HUNDRED_RESPONSE = _payload("hundred", f"HTTP/1.1 200 OK\nContent-Length: 12{_numbered(MOST_FIELDS - 1)}")

REQUESTS = (CURL, PICOHTTPPARSER, BROWSER, HUNDRED, COOKIE, UPLOAD)
RESPONSES = (SMALL, THIRTEEN, SET_COOKIES, HUNDRED_RESPONSE)


@dataclass(frozen=True)
class Body:
    """A chunked body of `count` chunks of `size` bytes each."""

    name: str
    size: int
    count: int

    @property
    def chunks(self) -> list[bytes]:
        return [bytes([i % 251]) * self.size for i in range(self.count)]

    @property
    def data(self) -> bytes:
        return b"".join(self.chunks)

    @property
    def wire(self) -> bytes:
        return b"".join(b"%x\r\n%b\r\n" % (self.size, chunk) for chunk in self.chunks) + b"0\r\n\r\n"

    def __str__(self) -> str:
        return self.name


SIZES = (("256 chunks of 16 bytes", 16, 256), ("64 chunks of 1 KB", 1024, 64), ("8 chunks of 64 KB", 65536, 8))
BODIES = tuple(Body(*each) for each in SIZES)
