# SPDX-License-Identifier: MIT
"""What a strict handler writes, and what reaches the client."""

from __future__ import annotations

import http.client
import io
from typing import Any

import pytest

from tests.handlers.kinds import ALL, STRICT, Client, answer, served
from tests.handlers.memory import END, Memory, handle
from tests.integration.wire import converse

GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
HEAD = b"HEAD / HTTP/1.1\r\nHost: h\r\n\r\n"


@pytest.mark.parametrize("bad", ["a\r\nX-Injected: 1", "a\rb", "a\nb", "a\0b"])
@pytest.mark.parametrize(
    "call",
    [
        lambda self, bad: self.send_header("X", bad),
        lambda self, bad: self.send_header(bad, "x"),
        lambda self, bad: self.send_response(200, bad),
        lambda self, bad: self.send_response_only(200, bad),
        lambda self, bad: self.send_error(404, bad),
        lambda self, bad: self.send_header("X", value=bad),
        lambda self, bad: self.send_header(keyword=bad, value="x"),
        lambda self, bad: self.send_response(200, message=bad),
        lambda self, bad: self.send_response_only(code=200, message=bad),
        lambda self, bad: self.send_error(404, message=bad),
    ],
    ids=[
        "value",
        "name",
        "send_response",
        "send_response_only",
        "send_error",
        "value=",
        "keyword=",
        "send_response(message=)",
        "send_response_only(message=)",
        "send_error(message=)",
    ],
)
@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
def test_a_line_is_a_line(way: Any, call: Any, bad: str) -> None:
    """CR, LF and NUL raise ValueError, and nothing of that response is written."""

    def do_GET(self: Any) -> None:
        try:
            call(self, bad)
        except ValueError as error:
            told = str(error)
        else:
            told = "nothing was raised"
        self._headers_buffer = []
        answer(self, told.encode())

    with served(way, do_GET=do_GET) as server, Client(server) as client:
        client.send(GET)
        status, content = client.response()
        assert status == 200
        assert b"CR, LF or NUL" in content
    assert not server.errors


def test_lines_of_other_handlers_are_the_stdlibs() -> None:
    """Without strict, http.server's own rules hold, in framed handlers as well."""

    def do_GET(self: Any) -> None:
        self.send_response(200)
        self.send_header("X", "a\0b")
        self.send_header("Content-Length", "0")
        self.end_headers()

    from tests.handlers.kinds import FRAMED

    for way in FRAMED.values():
        with served(way, do_GET=do_GET) as server:
            assert b"\r\nX: a\0b\r\n" in converse(server.server_address, GET)


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_an_answer_without_a_length(way: Any) -> None:
    """The connection ends after it, and its head says so: otherwise a client would wait for more for ever."""

    def do_GET(self: Any) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"abc")

    with served(way, do_GET=do_GET) as server, Client(server) as client:
        client.send(GET)
        status, fields = client.head()
        assert (status, fields["connection"]) == (200, "close")
        assert client.rest() == b"abc"


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
@pytest.mark.parametrize(
    "fields",
    [
        [("Content-Length", "3"), ("Content-Length", "4")],
        [("Content-Length", "3"), ("Transfer-Encoding", "chunked")],
        [("Content-Length", "x")],
        [("Transfer-Encoding", "gzip")],
    ],
)
def test_an_answer_of_uncertain_length(way: Any, fields: Any) -> None:
    def do_GET(self: Any) -> None:
        self.send_response(200)
        for field in fields:
            self.send_header(*field)
        self.end_headers()
        self.wfile.write(b"abc")

    with served(way, do_GET=do_GET) as server, Client(server) as client:
        client.send(GET)
        assert b"Connection: close\r\n" in client.rest()


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_a_chunked_answer_persists(way: Any) -> None:
    def do_GET(self: Any) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in (b"3\r\n", b"abc\r\n0\r", b"\n\r\n"):
            self.wfile.write(piece)

    with served(way, do_GET=do_GET) as server:
        connection = http.client.HTTPConnection(*server.server_address)
        for _ in range(2):
            connection.request("GET", "/")
            sock = connection.sock
            response = connection.getresponse()
            assert response.read() == b"abc"
            assert connection.sock is sock
        connection.close()


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
@pytest.mark.parametrize(
    ("field", "content"),
    [
        (("Content-Length", "5"), b"abc"),
        (("Transfer-Encoding", "chunked"), b"3\r\nabc\r\n"),
        (("Transfer-Encoding", "chunked"), b"abc"),
    ],
    ids=["too short", "no last chunk", "no chunk"],
)
def test_an_answer_that_is_not_whole(way: Any, field: Any, content: bytes) -> None:
    """The next response would be taken for the rest of it, so the connection ends."""

    def do_GET(self: Any) -> None:
        self.send_response(200)
        self.send_header(*field)
        self.end_headers()
        self.wfile.write(content)

    with served(way, do_GET=do_GET) as server, Client(server) as client:
        client.send(GET * 2)
        assert client.rest().count(b"HTTP/1.1 ") == 1
    assert not server.errors


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_no_answer_at_all(way: Any) -> None:
    with served(way, do_GET=lambda self: None) as server, Client(server) as client:
        client.send(GET * 2)
        assert client.rest() == b""


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_content_beyond_its_length(way: Any) -> None:
    """It is dropped: the client would take it for the next response."""

    def do_GET(self: Any) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "3")
        self.end_headers()
        self.wfile.write(b"ab")
        self.wfile.write(memoryview(b"cHTTP/1.1 200 OK\r\n\r\n"))
        self.wfile.write(b"more")

    with served(way, do_GET=do_GET) as server, Client(server) as client:
        for _ in range(2):
            client.send(GET)
            assert client.response() == (200, b"abc")


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
@pytest.mark.parametrize(("request_", "status"), [(HEAD, 200), (GET, 204), (GET, 304)], ids=["HEAD", "204", "304"])
def test_no_content(way: Any, request_: bytes, status: int) -> None:
    """These responses have none, whatever the handler writes behind the head (RFC 9110 6.4.1)."""

    def do_GET(self: Any) -> None:
        self.send_response(status)
        if self.command == "HEAD":
            self.send_header("Content-Length", "3")
        self.end_headers()
        self.wfile.write(b"abc")

    with served(way, do_GET=do_GET, do_HEAD=do_GET) as server, Client(server) as client:
        for _ in range(2):
            client.send(request_)
            found, fields = client.head()
            assert found == status
            assert "connection" not in fields
    assert not server.errors


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_connection_close_is_kept(way: Any) -> None:
    """No request is handled after a response that says it, even if the program then changes its mind."""
    seen = []

    def do_GET(self: Any) -> None:
        seen.append(self.path)
        self.send_response(200)
        self.send_header("Connection", "close")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
        self.close_connection = False

    with served(way, do_GET=do_GET) as server, Client(server) as client:
        client.send(b"GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n")
        assert client.response() == (200, b"ok")
        assert client.rest() == b""
    assert seen == ["/1"]
    assert not server.errors


@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
@pytest.mark.parametrize(
    ("version", "fields"), [(b"HTTP/1.1", b"Connection: close\r\n"), (b"HTTP/1.0", b"Connection: x\r\n")]
)
def test_a_client_that_closes_is_served_once(way: Any, version: bytes, fields: bytes) -> None:
    """A strict server handles no request after one that says `Connection: close` (RFC 9112 9.6)."""
    seen = []

    def do_GET(self: Any) -> None:
        seen.append(self.path)
        self.send_response(200)
        self.send_header("Connection", "keep-alive")  # sets close_connection
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
        self.close_connection = False

    with served(way, do_GET=do_GET) as server, Client(server) as client:
        client.send(b"GET /1 %s\r\nHost: h\r\n%s\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n" % (version, fields))
        assert client.response() == (200, b"ok")
        assert client.rest() == b""
    assert seen == ["/1"]
    assert not server.errors


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
@pytest.mark.parametrize(
    ("version", "fields"), [(b"HTTP/1.1", b"Connection: close\r\n"), (b"HTTP/1.0", b""), (b"HTTP/1.1", b"")]
)
def test_connection_close_is_said(way: Any, version: bytes, fields: bytes) -> None:
    """Only the last answer of a connection says it, whichever side ends the connection (RFC 9112 9.6)."""

    def do_GET(self: Any) -> None:
        if self.headers["X-End"]:
            self.close_connection = True
        answer(self)

    for end in (b"", b"X-End: 1\r\n"):
        with served(way, do_GET=do_GET) as server, Client(server) as client:
            client.send(b"GET / " + version + b"\r\nHost: h\r\n" + fields + end + b"\r\n")
            status, found = client.head()
            ends = bool(end or fields or version == b"HTTP/1.0")
            assert (status, found.get("connection")) == (200, "close" if ends else None)
            assert client.file.read(2) == b"ok"


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_interim_responses(way: Any) -> None:
    """They are sent immediately, and do not count as the answer."""

    def do_GET(self: Any) -> None:
        self.send_response_only(103)
        self.send_header("Link", "x")
        self.end_headers()
        self.send_response_only(102)
        self.end_headers()
        answer(self)

    with served(way, do_GET=do_GET) as server, Client(server) as client:
        for _ in range(2):
            client.send(GET)
            assert client.head() == (103, {"link": "x"})
            assert client.head() == (102, {})
            assert client.response() == (200, b"ok")


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_what_is_no_response(way: Any) -> None:
    """It is sent as it is, and the connection ends."""

    def do_GET(self: Any) -> None:
        self.wfile.write(b"plain ")
        self.wfile.write(b"words")

    with served(way, do_GET=do_GET) as server, Client(server) as client:
        client.send(GET * 2)
        assert client.rest() == b"plain words"


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
@pytest.mark.parametrize("wbufsize", [0, 1, 16, -1])
def test_wbufsize(way: Any, wbufsize: int) -> None:
    """A buffered wfile holds what it has room for, until flush() or the end of the request."""
    seen = []

    def do_GET(self: Any) -> None:
        file = self.wfile
        assert isinstance(file, io.BufferedIOBase)
        assert (file.readable(), file.writable(), file.seekable(), file.closed) == (False, True, False, False)
        self.send_response(200)
        self.send_header("Content-Length", "8")
        self.end_headers()
        seen.append(file.write(b"ab"))
        seen.append(file.write(bytearray(b"cd")))
        file.flush()
        file.writelines([b"e", b"f"])
        text = io.TextIOWrapper(file, "utf-8", write_through=True)
        text.write("gh")
        text.detach()

    with served(way, do_GET=do_GET, wbufsize=wbufsize) as server, Client(server) as client:
        for _ in range(2):
            client.send(GET)
            assert client.response() == (200, b"abcdefgh")
    assert seen == [2, 2] * 2
    assert not server.errors


@pytest.mark.parametrize(("wbufsize", "most"), [(0, 12), (-1, 1), (64, 4)])
@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_what_wbufsize_is_for(way: Any, wbufsize: int, most: int) -> None:
    """Small writes are sent together."""
    sizes: list[int] = []

    class Sock(Memory):
        def sendall(self, data: Any, flags: int = 0) -> None:
            sizes.append(len(data))

    def do_GET(self: Any) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
        for _ in range(10):
            self.wfile.write(b"x" * 10)

    with way({"protocol_version": "HTTP/1.1", "log_message": lambda *args: None, "wbufsize": wbufsize}) as base:
        sock = Sock(lambda: sock.coming.append(END))
        sock.coming.append(GET)
        assert handle(type("Handler", (base,), {"do_GET": do_GET}), sock, None) is None
    assert sum(sizes) == 140
    assert len(sizes) <= most
    assert wbufsize or len(sizes) == 11


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_an_answer_of_many_pieces(way: Any) -> None:
    content = bytes(range(256)) * 8192

    def do_GET(self: Any) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[:1])
        self.wfile.write(memoryview(content)[1:])

    with served(way, do_GET=do_GET) as server, Client(server) as client:
        client.send(GET)
        assert client.response() == (200, content)


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_a_closed_wfile(way: Any) -> None:
    def do_GET(self: Any) -> None:
        answer(self)
        self.wfile.close()
        with pytest.raises(ValueError, match="closed file"):
            self.wfile.write(b"x")

    with served(way, do_GET=do_GET) as server, Client(server) as client:
        client.send(GET)
        assert client.response() == (200, b"ok")
        assert client.rest() == b""
    assert [type(error) for error in server.errors] == [ValueError]  # raised by the flush() in handle_one_request()
