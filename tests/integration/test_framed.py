# SPDX-License-Identifier: MIT
"""Strict handlers and framed bodies over real sockets: a handler reads what the client has sent for it, and no more."""

from __future__ import annotations

import http.client
import http.server
import io
import json
import socket
import threading
from typing import Any

import pytest

import fasthdr
import fasthdr.server
import fasthdr.simple_server
from tests.integration.framed import (
    CHUNKED,
    HIDDEN,
    LAST,
    LAST_SAID,
    LENGTH,
    SECRET,
    SMUGGLING,
    Framed,
    Handler,
    answers,
    request,
    said,
    server_of,
)
from tests.integration.wire import TIMEOUT, converse, masked, serving

CHUNKS = b"3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nX-T: 1\r\n\r\n"


@pytest.mark.parametrize("path", ["/", "/?3", "/?0", "/?leave"])
def test_sized(framed: Any, path: str) -> None:
    """However much the handler reads, the next request starts after the body."""
    first = request(b"POST %s HTTP/1.1" % path.encode(), b"Content-Length: 7", body=b"abcdefg")
    read = {"/": "abcdefg", "/?3": "abc", "/?0": "", "/?leave": ""}[path]
    assert said(framed, first * 3 + LAST) == [(200, ["POST", path, read, None])] * 3 + [LAST_SAID]


@pytest.mark.parametrize("path", ["/", "/?3", "/?0", "/?leave"])
def test_chunked(framed: Any, path: str) -> None:
    first = request(b"POST %s HTTP/1.1" % path.encode(), b"Transfer-Encoding: chunked", body=CHUNKS)
    read = {"/": "abcdefg", "/?3": "abc", "/?0": "", "/?leave": ""}[path]
    trailers = [["X-T", "1"]] if path == "/" else None
    assert said(framed, first * 3 + LAST) == [(200, ["POST", path, read, trailers])] * 3 + [LAST_SAID]


def test_no_body(framed: Any) -> None:
    """A request without a length has no body (RFC 9112 6.3), whatever follows it."""
    assert said(framed, request(b"POST / HTTP/1.1") + LAST) == [(200, ["POST", "/", "", None]), LAST_SAID]


def test_what_is_left_is_read_up_to_a_limit() -> None:
    big = request(b"POST /?leave HTTP/1.1", b"Content-Length: 5000", body=SECRET.ljust(5000, b"x"))
    for limit, expected in (
        (5000, [(200, ["POST", "/?leave", "", None]), LAST_SAID]),
        (4999, [(200, ["POST", "/?leave", "", None])]),
    ):
        with server_of(Handler, drain_limit=limit) as server, serving(server):
            assert said(server, big + LAST) == expected
            assert "/smuggled" not in server.RequestHandlerClass.seen


@pytest.mark.parametrize("framing", [b"Content-Length: 3", b"Transfer-Encoding: chunked"])
def test_expect(framed: Any, framing: bytes) -> None:
    """100 Continue is sent once, when the handler first reads."""
    body = b"abc" if framing.startswith(b"C") else b"3\r\nabc\r\n0\r\n\r\n"
    with socket.create_connection(framed.server_address, TIMEOUT) as sock:
        sock.sendall(request(b"PUT / HTTP/1.1", framing, b"Expect: 100-continue"))
        file = sock.makefile("rb")
        assert file.readline() == b"HTTP/1.1 100 Continue\r\n"
        assert file.readline() == b"\r\n"
        sock.sendall(body + LAST)
        assert answers(file.read()) == [(200, ["PUT", "/", "abc", None]), LAST_SAID]


def test_expect_where_nothing_is_read(framed: Any) -> None:
    """The body was not asked for and may come or not, so the connection ends."""
    data = request(b"PUT /?leave HTTP/1.1", b"Content-Length: 3", b"Expect: 100-continue") + LAST
    assert said(framed, data) == [(200, ["PUT", "/?leave", "", None])]


def test_expect_after_the_answer_has_begun(framed: Any) -> None:
    """No 100 Continue in the middle of another response (RFC 9110 15.2); the connection ends after that response."""
    data = request(b"LATE / HTTP/1.1", b"Content-Length: 3", b"Expect: 100-continue", body=b"abc")
    reply = converse(framed.server_address, data + LAST)
    assert b"100 Continue" not in reply
    assert [status for status, _ in answers(reply)] == [200]


@pytest.mark.parametrize("cls", [Handler, Framed])
@pytest.mark.parametrize("says_so", [True, False])
def test_expect_refused(cls: type[Handler], says_so: bool) -> None:
    """handle_expect_100() returns False: one 417 (RFC 9110 10.1.1), its own or ours, and the connection ends."""

    def refuse(self: Any) -> bool:
        if says_so:
            self.send_error(417)
        return False

    with server_of(cls, handle_expect_100=refuse) as server, serving(server):
        data = request(b"PUT / HTTP/1.1", b"Content-Length: 3", b"Expect: 100-continue") + LAST
        reply = converse(server.server_address, data)
        assert reply.startswith(b"HTTP/1.1 417 ")
        assert reply.count(b"HTTP/1.1 ") == 1
        assert server.RequestHandlerClass.seen == []


def test_expect_of_one_connection() -> None:
    """handle_expect_100 set on the handler object is called once per request, and is still there for the next."""
    calls = []

    class Own(Framed):
        def setup(self) -> None:
            super().setup()
            self.handle_expect_100 = lambda: calls.append(self.path) or Framed.handle_expect_100(self)

    with server_of(Own) as server, serving(server):
        data = request(b"PUT / HTTP/1.1", b"Content-Length: 3", b"Expect: 100-continue", body=b"abc")
        put = [(100, None), (200, ["PUT", "/", "abc", None])]
        assert said(server, data * 2 + LAST) == [*put * 2, LAST_SAID]
    assert calls == ["/", "/"]


def test_expect_without_a_body(framed: Any) -> None:
    data = request(b"PUT / HTTP/1.1", b"Expect: 100-continue") + LAST
    assert said(framed, data) == [(200, ["PUT", "/", "", None]), LAST_SAID]


MALFORMED = [
    b"0x3\r\nabc\r\n0\r\n\r\n",
    b"3\nabc\r\n0\r\n\r\n",
    b"3\r\nabcX\r\n0\r\n\r\n",
    b"g\r\n",
    b"3\r\nabc\r\n0\r\nbad trailer\r\n\r\n",
]


@pytest.mark.parametrize("chunks", MALFORMED)
@pytest.mark.parametrize("path", [b"/", b"/?leave", b"/?2"])
def test_malformed_chunks(framed: Any, chunks: bytes, path: bytes) -> None:
    """There is one answer, 400 if the handler had not begun its own, and no request is read after it."""
    head = request(b"POST %s HTTP/1.1" % path, b"Transfer-Encoding: chunked")
    found = said(framed, head + chunks + SECRET + LAST)
    assert len(found) == 1
    assert found[0][0] == (400 if path == b"/" else found[0][0])
    assert found[0][0] in (200, 400)
    assert "/smuggled" not in framed.RequestHandlerClass.seen
    assert "/last" not in framed.RequestHandlerClass.seen


def test_an_answer_that_has_begun_is_not_answered_again(framed: Any) -> None:
    data = request(b"LATE / HTTP/1.1", b"Transfer-Encoding: chunked", body=b"x\r\n")
    reply = converse(framed.server_address, data)
    assert reply.count(b"HTTP/1.1 ") == 1
    assert reply.startswith(b"HTTP/1.1 200 ")
    assert any("Bad chunk" in line for line in framed.RequestHandlerClass.lines)


def test_a_handler_may_override_what_it_always_could() -> None:
    """A class's own parse_request, send_error and MessageClass are called as before."""
    calls = []

    class Own(Handler):
        MessageClass = http.client.HTTPMessage  # type: ignore[assignment]

        def parse_request(self) -> bool:
            calls.append(bytes(self.raw_requestline))
            ok = super().parse_request()
            assert type(self.headers) is http.client.HTTPMessage
            return ok

        def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
            calls.append((int(code), message))
            super().send_error(code, message, explain)

    with server_of(Own) as server, serving(server):
        first = request(b"POST / HTTP/1.1", b"Content-Length: 3", body=b"abc")
        assert said(server, first + LAST) == [(200, ["POST", "/", "abc", None]), LAST_SAID]
        converse(server.server_address, b"GET / HTTP/1.1\r\n\r\n")
    assert calls == [
        b"POST / HTTP/1.1\r\n",
        b"GET /last HTTP/1.1\r\n",
        b"GET / HTTP/1.1\r\n",
        (400, "Missing Host"),
    ]


@pytest.mark.parametrize("cls", [Handler, Framed])
def test_the_answer_is_written_as_to_any_file(cls: type[Handler]) -> None:
    """wfile works under a text wrapper, and has the connection's descriptor (socketserver._SocketWriter)."""

    class Own(cls):  # type: ignore[misc, valid-type]
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "5")
            self.end_headers()
            text = io.TextIOWrapper(self.wfile, "utf-8", write_through=True)
            text.write("caf\xe9")
            text.detach()
            self.seen.append(str(self.wfile.fileno() == self.connection.fileno()))

    with server_of(Own) as server, serving(server):
        reply = converse(server.server_address, LAST)
        assert reply.endswith(b"\r\n\r\ncaf\xc3\xa9")
        assert server.RequestHandlerClass.seen == ["True"]


AMBIGUOUS = {
    "both framings": (CHUNKED, LENGTH),
    "two lengths": (LENGTH, LENGTH),
    "a length with a sign": (b"Content-Length: +3",),
    "a length in other digits": ("Content-Length: \u00b2".encode("latin-1"),),
    "a length of 20 digits": (b"Content-Length: " + b"9" * 20,),
    "two codings": (CHUNKED, CHUNKED),
    "another coding": (b"Transfer-Encoding: gzip",),
}


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_framing_that_the_default_mode_does_not_guess(name: str) -> None:
    """The answer is 400 and the connection ends, whatever the handler would have read (RFC 9112 6.3)."""
    with server_of(Framed) as server, serving(server):
        reply = converse(server.server_address, request(b"POST / HTTP/1.1", *AMBIGUOUS[name], body=HIDDEN) + LAST)
        assert reply.startswith(b"HTTP/1.1 400 Bad ")
        assert reply.count(b"HTTP/1.1 ") == 1
        assert server.RequestHandlerClass.seen == []


@pytest.mark.parametrize("size", [65536, 65537])
def test_a_long_request_line_to_a_framed_handler(size: int) -> None:
    """As in the standard library, a line of 65537 bytes is too long (http.server.handle_one_request)."""
    line = b"GET /" + b"a" * (size - len(b"GET / HTTP/1.1\r\n")) + b" HTTP/1.1\r\n"
    replies = []
    for cls in (Framed, StdlibHandler):
        with server_of(cls, do_GET=lambda self: self.send_error(418)) as server, serving(server):
            replies.append(masked(converse(server.server_address, line + b"Host: h\r\nConnection: close\r\n\r\n")))
    assert replies[0] == replies[1]
    assert replies[0].split()[1] == (b"418" if size == 65536 else b"414")


def test_unbuffered_rfile() -> None:
    with server_of(Handler, rbufsize=0) as server, serving(server):
        first = request(b"POST / HTTP/1.1", b"Content-Length: 3", body=b"abc")
        assert said(server, first + LAST) == [(200, ["POST", "/", "abc", None]), LAST_SAID]


@pytest.mark.parametrize("strict", [True, False])
def test_wsgi(strict: bool) -> None:
    """wsgi.input is decoded and ends where the body ends; a bad head does not reach the application."""
    seen = []

    def app(environ: Any, start_response: Any) -> list[bytes]:
        seen.append(environ["PATH_INFO"])
        body = environ["wsgi.input"].read()
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]

    class WSGI(fasthdr.simple_server.WSGIRequestHandler):
        framed_body = True

        def log_message(self, format: str, *args: Any) -> None:
            pass

    WSGI.strict = strict
    with fasthdr.simple_server.make_server("127.0.0.1", 0, app, handler_class=WSGI) as server, serving(server):
        for framing, body in ((b"Content-Length: 3", b"abc"), (CHUNKED, b"3\r\nabc\r\n0\r\n\r\n")):
            reply = converse(server.server_address, request(b"POST /x HTTP/1.1", framing, body=body + SECRET))
            assert reply.endswith(b"\r\n\r\nabc")
        assert seen == ["/x", "/x"]
        reply = converse(server.server_address, request(b"POST /y HTTP/1.1", CHUNKED, LENGTH, body=HIDDEN))
        assert b" 400 " in reply.partition(b"\r\n")[0]
        assert seen == ["/x", "/x"]
        expecting = request(b"POST /z HTTP/1.1", b"Content-Length: 3", b"Expect: 100-continue", body=b"abc")
        WSGI.protocol_version = "HTTP/1.1"
        reply = converse(server.server_address, expecting)
        assert reply.startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert reply.count(b" 100 Continue\r\n") == 1
        assert reply.endswith(b"\r\n\r\nabc")


class StdlibHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = TIMEOUT
    seen: list[str] = []  # noqa: RUF012
    lines: list[str] = []  # noqa: RUF012

    do_GET = do_POST = Handler.do_GET
    log_message = Handler.log_message


@pytest.mark.parametrize("name", SMUGGLING)
def test_install_strict(name: str) -> None:
    """The standard library's own handler class is strict. Afterwards it has no new attributes but the switches."""
    before = {**vars(http.server.BaseHTTPRequestHandler), "strict": False, "framed_body": False}
    with fasthdr.install(strict=True), server_of(StdlibHandler) as server, serving(server):
        reply = converse(server.server_address, SMUGGLING[name] + LAST)
        assert reply.count(b"HTTP/1.1 ") <= 2
        assert "/smuggled" not in server.RequestHandlerClass.seen
    assert dict(vars(http.server.BaseHTTPRequestHandler)) == before


def test_install_strict_leaves_who_does_not_want_it() -> None:
    with (
        fasthdr.install(strict=True),
        server_of(StdlibHandler, strict=False, framed_body=False) as server,
        serving(server),
    ):
        converse(server.server_address, SMUGGLING["unread body"] + LAST)
        assert "/smuggled" in server.RequestHandlerClass.seen


def test_many_threads_of_clients(framed: Any) -> None:
    """Each connection gets its own requests and no others."""
    failures: list[object] = []

    def client(number: int) -> None:
        connection = http.client.HTTPConnection(*framed.server_address, timeout=TIMEOUT)
        for i in range(50):
            body = b"%d.%d" % (number, i) * 50
            connection.request("POST", f"/{number}", iter([body[:7], body[7:]]) if i % 2 else body, encode_chunked=True)
            answer = json.loads(connection.getresponse().read())
            if answer != ["POST", f"/{number}", body.decode(), None]:
                failures.append(answer)
        connection.close()

    threads = [threading.Thread(target=client, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
