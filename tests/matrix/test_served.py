# SPDX-License-Identifier: MIT
"""Well-formed requests to every server of the matrix: each is answered, and the body is what the client has sent."""

from __future__ import annotations

import json
import socket
import zlib

import pytest

from tests.integration.processes import needs_signals
from tests.matrix.farm import Running
from tests.matrix.outcomes import TIMEOUT, Answer, answers, converse
from tests.matrix.servers import WAYS, Cell

pytestmark = needs_signals

BODY = bytes(range(256)) * 1000
CHUNKS = b"1\r\na\r\n0010\r\n0123456789abcdef\r\nA\r\n\r\n\r\n5\r\n\r\nz\r\n0\r\n\r\n"
CONTENT = b"a0123456789abcdef\r\n\r\n5\r\n\r\nz"
# RFC 9112 7.1 allows these, but no client in use sends them.
EXTENDED = (
    b'1;x\r\na\r\n10;x=y\r\n0123456789abcdef\r\nA ; q="a;b" ; z\r\n\r\n\r\n5\r\n\r\nz\r\n0;x\r\nX-Trailer: 1\r\n\r\n'
)


def request(cell: Cell, *fields: str, path: str = "/first", method: str = "", version: str = "1.1") -> bytes:
    line = f"{method or cell.server.method} {cell.server.prefix}{path} HTTP/{version}"
    return "\r\n".join([line, "Host: example.test", *fields, "", ""]).encode()


def said(running: Running, data: bytes, *methods: str) -> list[Answer]:
    for _ in range(3):
        reply, closed = converse(running.address, data)
        assert closed or (closed is None and not running.persists), (closed, reply[-500:])
        if closed:
            break
        # The end of the data came after a server that closes after its first response had looked for more: the reset
        # may have cut the response.
    return list(answers(reply, list(methods)))


def seen(cell: Cell, answer: Answer, content: bytes, path: str = "/first") -> None:
    """Check that the answer is to this request and has its body, as far as the server shows that."""
    assert answer.status == 200, answer
    if cell.server.echoes:
        assert answer.path == path
        assert answer.content == content


LAST = ("Connection: close",)
SIZED = {"empty": b"", "small": b"abc", "as a request": b"GET /smuggled HTTP/1.1\r\n\r\n", "large": BODY}


@pytest.mark.parametrize("name", SIZED)
def test_sized(cell: Cell, running: Running, name: str) -> None:
    body = SIZED[name]
    method = cell.server.method
    data = request(cell, f"Content-Length: {len(body)}") + body + request(cell, *LAST, path="/last", method="GET")
    first, *others = said(running, data, method, "GET")
    seen(cell, first, body)
    assert [answer.path for answer in others] == (["/last"] if cell.server.persists else [])


def test_chunked(cell: Cell, running: Running) -> None:
    """The server or the program decodes it; a program that does not know chunks, like Django's, sees no body."""
    method = cell.server.method
    data = request(cell, "Transfer-Encoding: Chunked") + CHUNKS + request(cell, *LAST, path="/last", method="GET")
    first, *others = said(running, data, method, "GET")
    seen(cell, first, CONTENT if cell.server.chunked else b"")
    assert [answer.path for answer in others] == (["/last"] if cell.server.persists else [])


def test_chunk_extensions_and_trailers(cell: Cell, running: Running) -> None:
    """They are not content, but a program that reads the wire's bytes must know them; Werkzeug does not."""
    (answer,) = said(running, request(cell, "Transfer-Encoding: chunked", *LAST) + EXTENDED, cell.server.method)
    if cell.name == "Flask":
        assert answer.status == 500
    else:
        seen(cell, answer, CONTENT if cell.server.chunked else b"")


@pytest.mark.parametrize("framework", ["flask", "django", "bottle"])
@pytest.mark.parametrize("cell", [Cell("fasthdr.simple_server", way) for way in WAYS], ids=str)
def test_frameworks_over_simple_server(cell: Cell, running: Running, framework: str) -> None:
    """Each sees a chunked body, because it gets a length, and finds the files of a form in it."""
    pytest.importorskip(framework, reason=f"{framework} is not installed here")
    data = request(cell, "Transfer-Encoding: chunked", path=f"/{framework}") + CHUNKS
    (answer,) = said(running, data, "POST")
    assert (answer.status, answer.path, answer.content) == (200, f"/{framework}", CONTENT)
    form = b'--b\r\nContent-Disposition: form-data; name="upload"; filename="a"\r\n\r\n' + BODY + b"\r\n--b--\r\n"
    chunks = b"%x\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n" % (100, form[:100], len(form) - 100, form[100:])
    fields = ("Transfer-Encoding: chunked", "Content-Type: multipart/form-data; boundary=b")
    (answer,) = said(running, request(cell, *fields, path=f"/{framework}?files") + chunks, "POST")
    assert json.loads(answer.content) == {"upload": [len(BODY), zlib.crc32(BODY)]}


def test_chunks_of_one_byte(cell: Cell, running: Running) -> None:
    chunks = b"1\r\nx\r\n" * 3000 + b"0\r\n\r\n"
    (answer,) = said(running, request(cell, "Transfer-Encoding: chunked", *LAST) + chunks, cell.server.method)
    seen(cell, answer, b"x" * 3000 if cell.server.chunked else b"")


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_two_requests_on_a_connection(cell: Cell, running: Running, version: str) -> None:
    """The second is sent when the first has been answered."""
    data = request(cell, "Content-Length: 3", "Connection: keep-alive", version=version)
    with socket.create_connection(running.address, TIMEOUT) as sock:
        sock.sendall(data + b"abc")
        reply = b""
        while b"\r\n\r\n" not in reply or (cell.server.echoes and not reply.endswith(b"abc")):
            piece = sock.recv(65536)
            assert piece, reply
            reply += piece
        if cell.server.persists:
            sock.sendall(request(cell, *LAST, path="/last", method="GET", version=version))
        while piece := sock.recv(65536):
            reply += piece
    first, *others = answers(reply, [cell.server.method, "GET"])
    seen(cell, first, b"abc")
    assert [answer.path for answer in others] == (["/last"] if cell.server.persists else [])


def test_head(cell: Cell, running: Running) -> None:
    """The answer has the fields of one to GET, and no content."""
    data = request(cell, method="HEAD") + request(cell, *LAST, path="/last", method="HEAD")
    found = said(running, data, "HEAD", "HEAD")
    expected = 405 if cell.name == "prometheus_client" else 200
    assert [answer.status for answer in found] == [expected] * (1 + cell.server.persists)
    assert all(not answer.content for answer in found)


NO_METHOD = {"files": 501, "CGI": 501, "Django": 404, "Bottle": 404}  # of those that refuse OPTIONS *


def test_options(cell: Cell, running: Running) -> None:
    """OPTIONS * concerns the whole server (RFC 9110 9.3.7); the program decides what it means."""
    (answer,) = said(running, b"OPTIONS * HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "OPTIONS")
    assert answer.status == NO_METHOD.get(cell.name, 200)
    if cell.server.echoes and answer.status == 200:
        assert answer.path in ("*", "/*")


ABSOLUTE = "http://example.test:81"
HANDLERS = ("http.server", "fasthdr.server")  # these show the target as it was sent


def test_absolute_form(cell: Cell, running: Running) -> None:
    """Strict handlers take Host from its authority, and WSGI gets its path (RFC 9112 3.2.2); else as in the stdlib."""
    target = f"{ABSOLUTE}{cell.server.prefix}/first"
    data = f"GET {target} HTTP/1.1\r\nHost: other.test\r\nConnection: close\r\n\r\n".encode()
    (answer,) = said(running, data, "GET")
    path, host = answer.path, answer.fields.get("x-host")
    if cell.name in ("files", "CGI"):
        assert answer.status == 404
    elif not cell.server.echoes:
        assert answer.status == 200
    elif cell.strict and cell.name not in HANDLERS:
        assert (answer.status, path, host) == (200, "/first", "example.test:81")
    elif cell.strict:
        assert (answer.status, path, host) == (200, target, "example.test:81")
    elif cell.name == "Flask":  # Flask reads the authority itself
        assert (answer.status, path, host) == (200, "/first", "example.test:81")
    elif cell.name in ("Django", "Bottle"):
        assert answer.status == 404
    else:
        assert (answer.status, path, host) == (200, target, "other.test")


def test_http_10_without_host(cell: Cell, running: Running) -> None:
    data = f"GET {cell.server.prefix}/first HTTP/1.0\r\n\r\n".encode()
    (answer,) = said(running, data, "GET")
    seen(cell, answer, b"")
    if cell.server.echoes and cell.name not in ("CGI", "Flask"):
        assert answer.fields["x-host"] == ""


def test_no_keep_alive(cell: Cell, running: Running) -> None:
    """Bytes behind a request that ends the connection are not a request."""
    data = request(cell, *LAST, method="GET") + request(cell, path="/smuggled", method="GET")
    (answer,) = said(running, data, "GET")
    seen(cell, answer, b"")
