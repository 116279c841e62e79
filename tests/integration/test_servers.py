# SPDX-License-Identifier: MIT
"""The standard library's servers over real sockets, with and without install(): same bytes in, same bytes out."""

from __future__ import annotations

import gzip
import http.server
import re
import socket
import socketserver
import sys
import xmlrpc.client
import xmlrpc.server
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from wsgiref import simple_server

import pytest

import fasthdr
import fasthdr.server
import fasthdr.simple_server
from tests.integration.echo import NoDelay, OwnEcho, StdlibEcho, wsgi_echo
from tests.integration.traffic import BROWSER, CURL, HTTP_09, ODD, WELL_FORMED, request
from tests.integration.wire import TIMEOUT, assert_core_read, converse, masked, serving, twice

LOCAL = ("127.0.0.1", 0)


class Server(http.server.ThreadingHTTPServer):
    """Keeps the exceptions that its handlers died of."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.errors: list[tuple[str, str]] = []

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exc_info()[1]
        self.errors.append((type(error).__name__, str(error)))


@pytest.fixture(scope="module")
def echo() -> Iterator[Server]:
    server = Server(LOCAL, StdlibEcho)
    with serving(server):
        yield server


@pytest.fixture
def asked(echo: Server, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Return a function that sends bytes to the echo, and returns the answer, the log, and what the handler died of."""

    def ask(*pieces: bytes, pause: float = 0.0) -> tuple[bytes, bytes, list[tuple[str, str]]]:
        echo.errors.clear()
        answer = converse(echo.server_address, *pieces, pause=pause)
        return answer, masked(capsys.readouterr().err.encode()), list(echo.errors)

    return ask


@pytest.mark.parametrize("name", WELL_FORMED)
def test_well_formed_requests(asked: Callable[..., Any], name: str) -> None:
    heads, data = WELL_FORMED[name]
    plain, ours, counts = twice(lambda: asked(data))
    assert ours == plain
    assert plain[0].count(b"HTTP/1.1 200 OK\r\n") == heads
    assert_core_read(counts, heads)


@pytest.mark.parametrize("name", ODD)
def test_odd_requests(asked: Callable[..., Any], name: str) -> None:
    plain, ours, _ = twice(lambda: asked(ODD[name]))
    assert ours == plain


@pytest.mark.parametrize("name", HTTP_09)
def test_http_09_requests(asked: Callable[..., Any], name: str) -> None:
    plain, ours, _ = twice(lambda: asked(HTTP_09[name]))
    assert ours == plain
    assert plain[0].startswith(b"{")


@pytest.mark.parametrize(
    "content_type",
    [
        b"multipart/form-data; boundary*=undefined''x",
        b"multipart/form-data; boundary*=idna''" + b"x" * 80,
        b"multipart/form-data; boundary*=a\x00b''x",
        b"multipart/form-data; boundary*" + b"1" * 4400 + b"=x",
        b"message/rfc822; charset*=undefined''x",
    ],
)
def test_hostile_content_types_raise_what_the_stdlib_raises(asked: Callable[..., Any], content_type: bytes) -> None:
    data = request(b"POST / HTTP/1.1", b"Content-Type: " + content_type, body=b"x")
    plain, ours, _ = twice(lambda: asked(data))
    assert ours == plain


@pytest.mark.parametrize("cut", [1, 10, 26, 27, 28, 40, len(BROWSER) - 3, len(BROWSER) - 2, len(BROWSER) - 1])
def test_a_head_in_two_segments(asked: Callable[..., Any], cut: int) -> None:
    plain, ours, counts = twice(lambda: asked(BROWSER[:cut], BROWSER[cut:], pause=0.02))
    assert ours == plain
    assert_core_read(counts, 1)


def test_a_head_byte_by_byte(asked: Callable[..., Any]) -> None:
    pieces = [CURL[n : n + 1] for n in range(len(CURL))]
    plain, ours, counts = twice(lambda: asked(*pieces, pause=0.002))
    assert ours == plain
    assert_core_read(counts, 1)


def test_many_connections_at_once(echo: Server) -> None:
    def act() -> list[bytes]:
        def dialogue(n: int) -> bytes:
            fields = [b"X-%d: %d-%d" % (k, n, k) for k in range(n % 30)]
            return converse(echo.server_address, *[request(b"GET /%d HTTP/1.1" % n, *fields)] * 20)

        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(dialogue, range(40)))

    plain, ours, counts = twice(act)
    assert ours == plain
    assert plain[7].count(b"200 OK") == 20
    assert_core_read(counts, 800)


def _answer(connection: socket.socket) -> bytes:
    """Read one response, and leave the connection open."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"Content-Length: (\d+)", head)
    while len(body) < int(length[1] if length else 0):
        body += connection.recv(65536)
    return masked(head + b"\r\n\r\n" + body)


def test_a_client_that_waits_for_each_answer(echo: Server) -> None:
    """Nothing waits for bytes that the client sends only after the answer."""

    def dialogue() -> list[bytes]:
        with socket.create_connection(echo.server_address, timeout=TIMEOUT) as connection:
            answers = []
            for part in (
                CURL,
                request(b"POST /1 HTTP/1.1", b"Expect: 100-continue", b"Content-Length: 4"),
                b"body",
                BROWSER,
                request(b"POST /2 HTTP/1.1", body=b"more"),
            ):
                connection.sendall(part)
                answers.append(_answer(connection))
            return answers

    plain, ours, counts = twice(dialogue)
    assert ours == plain
    assert plain[1].startswith(b"HTTP/1.1 100 Continue")
    assert_core_read(counts, 4)


@pytest.fixture(scope="module")
def wsgi() -> Iterator[Any]:
    with serving(simple_server.make_server(*LOCAL, wsgi_echo)) as address:
        yield address


@pytest.mark.parametrize("name", WELL_FORMED)
def test_wsgiref(wsgi: Any, name: str) -> None:
    plain, ours, counts = twice(lambda: converse(wsgi, WELL_FORMED[name][1]))
    assert ours == plain
    assert plain.startswith(b"HTTP/1.0 200 OK\r\n")
    assert_core_read(counts, 1)


@pytest.mark.parametrize("name", ODD)
def test_wsgiref_odd_requests(wsgi: Any, capsys: pytest.CaptureFixture[str], name: str) -> None:
    plain, ours, _ = twice(lambda: (converse(wsgi, ODD[name]), masked(capsys.readouterr().err.encode())))
    assert ours == plain


@pytest.mark.parametrize("name", HTTP_09)
def test_wsgiref_answers_http_09(wsgi: Any, name: str) -> None:
    """The one deliberate difference: later standard libraries leave {} as headers, and the handler dies of that."""
    plain, ours, _ = twice(lambda: converse(wsgi, HTTP_09[name]))
    assert ours.startswith(b"{")
    assert plain in (ours, b"")


CALL = xmlrpc.client.dumps((2, 5), "pow").encode()


@pytest.mark.parametrize(
    ("data", "answers"),
    [
        (request(b"POST /RPC2 HTTP/1.1", b"Content-Type: text/xml", body=CALL), b"<int>32</int>"),
        (request(b"POST / HTTP/1.0", b"Content-Type: text/xml", body=CALL), b"<int>32</int>"),
        (
            request(b"POST /RPC2 HTTP/1.1", b"Content-Encoding: gzip", body=gzip.compress(CALL, mtime=0)),
            b"<int>32</int>",
        ),
        (request(b"POST /RPC2 HTTP/1.1", body=xmlrpc.client.dumps((), "none").encode()), b"<fault>"),
        (request(b"POST /elsewhere HTTP/1.1", body=CALL), b"404 Not Found"),
        (request(b"POST /RPC2 HTTP/1.1", b"Content-Encoding: br", body=CALL), b"501 encoding 'br' not supported"),
        (request(b"GET /RPC2 HTTP/1.1"), b"501 Unsupported method ('GET')"),
    ],
)
def test_xmlrpc_server(data: bytes, answers: bytes) -> None:
    server = xmlrpc.server.SimpleXMLRPCServer(LOCAL, logRequests=False)
    server.register_function(pow)
    with serving(server) as address:
        plain, ours, counts = twice(lambda: converse(address, data))
    assert ours == plain
    assert answers in plain
    assert_core_read(counts, 1)


@pytest.mark.parametrize("name", [*WELL_FORMED, *ODD, *HTTP_09])
def test_the_imported_handler(asked: Callable[..., Any], capsys: pytest.CaptureFixture[str], name: str) -> None:
    heads, data = WELL_FORMED.get(name) or (0, ODD.get(name) or HTTP_09.get(name, b""))
    plain = asked(data)[:2]
    fasthdr.collect_stats()
    with serving(fasthdr.server.ThreadingHTTPServer(LOCAL, OwnEcho)) as address:
        ours = converse(address, data), masked(capsys.readouterr().err.encode())
    assert ours == plain
    if heads:
        assert_core_read(fasthdr.stats(), heads)


@pytest.mark.parametrize("name", WELL_FORMED)
def test_the_imported_wsgi_server(wsgi: Any, name: str) -> None:
    plain = converse(wsgi, WELL_FORMED[name][1])
    fasthdr.collect_stats()
    with serving(fasthdr.simple_server.make_server(*LOCAL, wsgi_echo)) as address:
        ours = converse(address, WELL_FORMED[name][1])
    assert ours == plain
    assert_core_read(fasthdr.stats(), 1)


class StdlibNoDelay(NoDelay, http.server.BaseHTTPRequestHandler):
    pass


class ChosenDelay(StdlibNoDelay):
    disable_nagle_algorithm = False


class OwnNoDelay(NoDelay, fasthdr.server.BaseHTTPRequestHandler):
    pass


class OwnChosenDelay(OwnNoDelay):
    disable_nagle_algorithm = False


def _nodelay(handler: type) -> bytes:
    with serving(http.server.ThreadingHTTPServer(LOCAL, handler)) as address:
        answer = converse(address, CURL + CURL)
    assert answer.count(b"200 OK") == 2
    return answer.rpartition(b"\r\n\r\n")[2]


def test_connections_do_not_wait_for_acknowledgements() -> None:
    """Without TCP_NODELAY, a body in a second segment waits until the client has acknowledged the head in the first."""
    assert _nodelay(OwnNoDelay) == b"True"
    assert _nodelay(OwnChosenDelay) == b"False"
    assert _nodelay(StdlibNoDelay) == b"False"
    with fasthdr.install():
        assert _nodelay(StdlibNoDelay) == b"True"
        assert _nodelay(ChosenDelay) == b"False"
    with fasthdr.install(nodelay=False):
        assert _nodelay(StdlibNoDelay) == b"False"
    assert _nodelay(StdlibNoDelay) == b"False"


@pytest.mark.skipif(not hasattr(socketserver, "UnixStreamServer"), reason="this system has no UNIX domain sockets")
def test_a_handler_behind_a_unix_socket(tmp_path: Any) -> None:
    """The socket does not support TCP options."""

    class UnixEcho(StdlibEcho):
        def address_string(self) -> str:
            return "unix"

    class OwnUnixEcho(OwnEcho):
        def address_string(self) -> str:
            return "unix"

    def ask(handler: type) -> bytes:
        path = str(tmp_path / handler.__name__)
        with serving(socketserver.UnixStreamServer(path, handler)):
            answer = converse(path, CURL, family=socket.AF_UNIX)
        (tmp_path / handler.__name__).unlink()
        return answer

    plain, ours, counts = twice(lambda: ask(UnixEcho))
    assert ours == plain == ask(OwnUnixEcho)
    assert plain.startswith(b"HTTP/1.1 200 OK\r\n")
    assert_core_read(counts, 1)
