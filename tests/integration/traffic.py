# SPDX-License-Identifier: MIT
"""Requests as clients send them, and as they should not: the bytes of whole connections, by name."""

from __future__ import annotations

FORM = b"name=J%C3%BCrgen+M&city=K%C3%B6ln&empty="

_BOUNDARY = b"----WebKitFormBoundary7MA4YWxkTrZu0gW"
_UPLOAD = b"".join(
    [
        b"--" + _BOUNDARY + b'\r\nContent-Disposition: form-data; name="title"\r\n\r\nA picture\r\n',
        b"--" + _BOUNDARY + b'\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n',
        b"Content-Type: application/octet-stream\r\n\r\n" + bytes(range(256)) * 8 + b"\r\n",
        b"--" + _BOUNDARY + b"--\r\n",
    ]
)


def request(line: bytes, *fields: bytes, body: bytes = b"", host: bool = True) -> bytes:
    """Return a request; with a body it gets a Content-Length."""
    lines = [line, *([b"Host: example.test"] if host else []), *fields]
    if body:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


BROWSER = request(
    b"GET /a/page?q=1&r=%C3%A4 HTTP/1.1",
    b"Connection: keep-alive",
    b"Cache-Control: max-age=0",
    b'sec-ch-ua: "Chromium";v="126", "Not:A-Brand";v="8"',
    b"sec-ch-ua-mobile: ?0",
    b'sec-ch-ua-platform: "Linux"',
    b"Upgrade-Insecure-Requests: 1",
    b"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36",
    b"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    b"Sec-Fetch-Site: same-origin",
    b"Sec-Fetch-Mode: navigate",
    b"Sec-Fetch-User: ?1",
    b"Sec-Fetch-Dest: document",
    b"Referer: http://example.test/",
    b"Accept-Encoding: gzip, deflate, br",
    b"Accept-Language: en-US,en;q=0.9,de;q=0.8",
    b"Cookie: session=abc.def; theme=dark; _ga=GA1.2.3",
)
CURL = request(b"GET / HTTP/1.1", b"User-Agent: curl/8.5.0", b"Accept: */*")

# Name -> number of heads, bytes.
WELL_FORMED: dict[str, tuple[int, bytes]] = {
    "curl": (1, CURL),
    "browser": (1, BROWSER),
    "HTTP/1.0": (1, request(b"GET / HTTP/1.0", host=False)),
    "HTTP/1.0 keep-alive": (1, request(b"GET / HTTP/1.0", b"Connection: Keep-Alive")),
    "connection close": (1, request(b"GET / HTTP/1.1", b"Connection: close")),
    "head": (1, request(b"HEAD /a HTTP/1.1")),
    "query": (1, request(b"GET /s%20p/?a=1&a=2&b=%26%3D+&c HTTP/1.1")),
    "cookies": (1, request(b"GET / HTTP/1.1", b"Cookie: a=b; c=d", b"Cookie: e=f", b"X-Dup: 1", b"x-dup: 2")),
    "blank values": (1, request(b"GET / HTTP/1.1", b"X-Empty:", b"X-Blank:  \t", b"X-Trail: v \t", b"X-No-Space:v")),
    "latin-1": (1, request(b"GET /caf\xe9 HTTP/1.1", b"X-Latin: caf\xe9 \xfc")),
    "underscores": (1, request(b"GET / HTTP/1.1", b"X_Under_Score: 1", b"X-Under-Score: 2")),
    "bare LF": (1, b"GET / HTTP/1.1\nHost: example.test\nAccept: */*\n\n"),
    "obs-fold": (1, request(b"GET / HTTP/1.1", b"X-Folded: a", b"  b", b"\tc", b"X-After: d")),
    "90 fields": (1, request(b"GET / HTTP/1.1", *[b"X-%d: %s" % (n, b"v" * n) for n in range(90)])),
    "4 KB cookie": (1, request(b"GET / HTTP/1.1", b"Cookie: c=" + b"v" * 4096)),
    "form": (1, request(b"POST /form HTTP/1.1", b"Content-Type: application/x-www-form-urlencoded", body=FORM)),
    "json": (
        1,
        request(b"POST /json HTTP/1.1", b"Content-Type: application/json; charset=utf-8", body=b'{"a": [1, 2]}'),
    ),
    "upload": (
        1,
        request(b"POST /up HTTP/1.1", b"Content-Type: multipart/form-data; boundary=" + _BOUNDARY, body=_UPLOAD),
    ),
    "100-continue": (1, request(b"POST /c HTTP/1.1", b"Expect: 100-continue", b"Content-Type: a/b", body=b"continued")),
    "pipelined": (3, CURL + BROWSER + request(b"GET /last HTTP/1.1", b"Connection: close")),
    "pipelined bodies": (
        3,
        request(b"POST /1 HTTP/1.1", b"Content-Type: text/plain", body=b"first")
        + request(b"PUT /2 HTTP/1.1", body=b"GET /not-a-request HTTP/1.1\r\n\r\n")
        + request(b"DELETE /3 HTTP/1.1"),
    ),
    "chunked": (
        1,
        request(b"POST /ch HTTP/1.1", b"Transfer-Encoding: chunked", b"Connection: close")
        + b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
    ),
}

# Requests that servers refuse, or read differently than their senders may have meant; HTTP/0.9 is separate, below.
ODD: dict[str, bytes] = {
    "nothing": b"",
    "empty line": b"\r\n",
    "one word": b"GET\r\n\r\n",
    "two words, not GET": b"POST /\r\n\r\n",
    "four words": b"GET / extra HTTP/1.1\r\n\r\n",
    "HTTP/2.0": request(b"GET / HTTP/2.0"),
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/1.2": request(b"GET / HTTP/1.2"),
    "HTTP/0.0": request(b"GET / HTTP/0.0"),
    "version of three numbers": request(b"GET / HTTP/1.1.1"),
    "version in lower case": request(b"GET / http/1.1"),
    "version with a sign": request(b"GET / HTTP/+1.1"),
    "TLS client hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "unknown method": request(b"BREW /pot HTTP/1.1"),
    "method in lower case": request(b"get / HTTP/1.1"),
    "NUL in the target": request(b"GET /\x00 HTTP/1.1"),
    "leading slashes": request(b"GET ///host/path HTTP/1.1"),
    "tabs in the request line": request(b"GET\t/a\tHTTP/1.1"),
    "NEL in the target": request(b"GET /a\x85b HTTP/1.1"),
    "request line too long": b"GET /" + b"a" * 65536 + b" HTTP/1.1\r\n\r\n",
    "field line too long": request(b"GET / HTTP/1.1", b"X: " + b"a" * 65536),
    "too many fields": request(b"GET / HTTP/1.1", *[b"X: y"] * 101),
    "head without an end": b"GET / HTTP/1.1\r\nHost: example.test\r\nAccept: */*\r\n",
    "field line without an end": b"GET / HTTP/1.1\r\nHost: exam",
    "no colon": request(b"GET / HTTP/1.1", b"Accept: */*", b"no colon here", b"X-After: 1"),
    "blank before the colon": request(b"GET / HTTP/1.1", b"X-Name : v", b"X-After: 1"),
    "empty name": request(b"GET / HTTP/1.1", b": v", b"X-After: 1"),
    "bare CR": request(b"GET / HTTP/1.1", b"X-A: 1\rX-B: 2"),
    "fold first": b"GET / HTTP/1.1\r\n folded\r\nHost: example.test\r\n\r\n",
    "mbox line": request(b"GET / HTTP/1.1", b"From me Mon Jan 1", b"X-After: 1"),
    "8-bit name": request(b"GET / HTTP/1.1", b"X-\xe9: v", b"X-After: 1"),
    "multipart without a boundary": request(b"POST / HTTP/1.1", b"Content-Type: multipart/form-data", body=b"x"),
    "message": request(b"POST / HTTP/1.1", b"Content-Type: message/rfc822", body=b"A: 1\r\n\r\n"),
    "error in the middle of a pipeline": CURL + request(b"GET / HTTP/3.0") + CURL,
}

HTTP_09: dict[str, bytes] = {
    "GET alone": b"GET /zero\r\n",
    "bare LF": b"GET /zero\n",
    "fields after it": b"GET /zero\r\nHost: example.test\r\n\r\n",
    "version as a target": b"GET HTTP/1.1\r\n\r\n",
}
