# SPDX-License-Identifier: MIT
"""100 Continue is sent before any part of the final response, or not at all."""

from __future__ import annotations

import io
import os
import select
import socket
from typing import Any

import pytest

import fasthdr.simple_server
from tests.handlers.kinds import ALL, STRICT, Client, answer, served
from tests.handlers.test_direct_use import READS
from tests.integration.wire import serving

EXPECT = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
NEXT = b"GET /next HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"


def _echo(self: Any) -> None:
    answer(self, self.rfile.read(3))


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_sent_when_the_body_is_first_read(way: Any) -> None:
    with served(way, do_POST=_echo, do_GET=answer) as server, Client(server) as client:
        client.send(EXPECT)
        assert client.file.read(len(CONTINUE)) == CONTINUE
        client.send(b"abc" + NEXT)
        assert client.response() == (200, b"abc")
        assert client.response() == (200, b"ok")


def _sent(way: Any, expect: bytes) -> None:
    with served(way, do_POST=_echo) as server, Client(server) as client:
        client.send(EXPECT.replace(b"Expect: 100-continue", expect))
        assert client.file.read(len(CONTINUE)) == CONTINUE
        client.send(b"abc")
        assert client.response() == (200, b"abc")


@pytest.mark.parametrize(
    "lines",
    [b"Expect: 100-continue, foo", b"Expect: foo,100-Continue", b"Expect: foo\r\nExpect: 100-continue"],
    ids=["first of a list", "last of a list", "second line"],
)
@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_sent_for_any_expect_that_lists_it(way: Any, lines: bytes) -> None:
    """The rule is that of head.expect_continue (RFC 9110 10.1.1); otherwise client and server wait for each other."""
    _sent(way, lines)


@pytest.mark.parametrize(
    "value", [b"\r\n 100-continue", b"\n\t100-continue", b" foo,\r\n 100-continue", b" 100-continue\r\n "]
)
@pytest.mark.parametrize("way", [way for name, way in ALL.items() if name not in STRICT])
def test_sent_for_an_expect_with_an_obs_fold(way: Any, value: bytes) -> None:
    """An obs-fold counts as blanks (RFC 9112 5.2). Framed handlers accept it; strict ones refuse it."""
    _sent(way, b"Expect:" + value)


def _late(self: Any) -> None:
    self.send_response(200)
    content = self.rfile.read(3)
    self.send_header("Content-Length", "3")
    self.end_headers()
    self.wfile.write(content)


def _very_late(self: Any) -> None:
    self.send_response(200)
    self.send_header("Content-Length", "3")
    self.end_headers()
    self.wfile.write(self.rfile.read(3))


def _by_hand(self: Any) -> None:
    self.wfile.write(b"HTTP/1.1 200 OK\r\n")
    content = self.rfile.read(3)
    self.wfile.write(b"Content-Length: 3\r\n\r\n" + content)


def _on_the_socket(self: Any) -> None:
    self.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n")
    self.connection.sendall(self.rfile.read(3))


@pytest.mark.parametrize("do_POST", [_late, _very_late, _by_hand, _on_the_socket])
@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_never_within_a_response(way: Any, do_POST: Any) -> None:
    """After send_response(), 100 Continue would land in the client's head or content."""
    with served(way, do_POST=do_POST) as server, Client(server) as client:
        client.send(EXPECT + b"abc")
        reply = client.last()
    assert b"100 Continue" not in reply
    assert reply.startswith(b"HTTP/1.1 200 ")
    assert reply.endswith(b"abc")
    assert not server.errors


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_answered_unread(way: Any) -> None:
    """Content that nobody has asked for may come or not: the connection ends, and the answer says so."""
    with served(way, do_POST=answer) as server, Client(server) as client:
        client.send(EXPECT + NEXT)
        status, fields = client.head()
        assert (status, fields["connection"]) == (200, "close")
        assert client.rest() == b"ok"


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_a_server_of_http_10_sends_none(way: Any) -> None:
    with served(way, do_POST=_echo, protocol_version="HTTP/1.0") as server, Client(server) as client:
        client.send(EXPECT + b"abc")
        reply = client.rest()
    assert b"100 Continue" not in reply
    assert reply.endswith(b"\r\n\r\nabc")


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_a_client_of_http_10_gets_none(way: Any) -> None:
    with served(way, do_POST=_echo) as server, Client(server) as client:
        client.send(EXPECT.replace(b"HTTP/1.1", b"HTTP/1.0") + b"abc")
        reply = client.rest()
    assert b"100 Continue" not in reply
    assert reply.endswith(b"\r\n\r\nabc")


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_without_a_body(way: Any) -> None:
    with served(way, do_POST=_echo) as server, Client(server) as client:
        client.send(EXPECT.replace(b"Content-Length: 3", b"Content-Length: 0"))
        assert client.response() == (200, b"")


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_without_a_body_its_descriptor(way: Any) -> None:
    """Asking for the descriptor counts as a read of the body, if there is a body."""

    def do_POST(self: Any) -> None:
        self.rfile.fileno()
        answer(self)

    with served(way, do_POST=do_POST) as server, Client(server) as client:
        client.send(EXPECT.replace(b"Content-Length: 3", b"Content-Length: 0"))
        assert client.head()[0] == 200


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_a_program_that_sends_it_itself(way: Any) -> None:
    """Werkzeug does: the client gets one 100 Continue, not two."""

    def do_POST(self: Any) -> None:
        self.wfile.write(CONTINUE)
        _echo(self)

    with served(way, do_POST=do_POST) as server, Client(server) as client:
        client.send(EXPECT)
        assert client.file.read(len(CONTINUE)) == CONTINUE
        client.send(b"abc")
        assert client.response() == (200, b"abc")


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
@pytest.mark.parametrize("wbufsize", [-1, 8192])
def test_a_buffered_wfile(way: Any, wbufsize: int) -> None:
    """100 Continue is sent immediately, as the client waits for it."""
    with served(way, do_POST=_echo, wbufsize=wbufsize) as server, Client(server) as client:
        client.send(EXPECT)
        assert client.file.read(len(CONTINUE)) == CONTINUE
        client.send(b"abc")
        assert client.response() == (200, b"abc")


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_a_buffer_around_wfile(way: Any, when: str) -> None:
    """100 Continue passes it: behind a response that the buffer holds, it would be a part of that one's content."""

    def setup(self: Any) -> None:
        super(type(self), self).setup()
        self.wfile = io.BufferedWriter(self.wfile, 65536)

    def do_POST(self: Any) -> None:
        content = self.rfile.read(3) if when == "before" else None
        self.send_response(200)
        self.send_header("Content-Length", "3")
        self.end_headers()
        self.wfile.write(content or self.rfile.read(3))

    with served(way, setup=setup, do_POST=do_POST) as server, Client(server) as client:
        client.send(EXPECT)
        assert client.file.read(len(CONTINUE)) == CONTINUE
        client.send(b"abc")
        assert client.response() == (200, b"abc")
    assert not server.errors


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_a_buffer_around_wfile_and_an_override(way: Any) -> None:
    """What the program's own handle_expect_100() writes leaves the buffer: the client waits for it."""

    def setup(self: Any) -> None:
        super(type(self), self).setup()
        self.wfile = io.BufferedWriter(self.wfile, 65536)

    def handle_expect_100(self: Any) -> bool:
        return super(type(self), self).handle_expect_100()  # type: ignore[misc, no-any-return]

    members = {"setup": setup, "handle_expect_100": handle_expect_100, "do_POST": _echo}
    with served(way, **members) as server, Client(server) as client:
        client.send(EXPECT)
        assert client.file.read(len(CONTINUE)) == CONTINUE
        client.send(b"abc")
        assert client.response() == (200, b"abc")
    assert not server.errors


# ------------------------------------------------------------------------------------------- programs with the socket


def _by_select(self: Any) -> bytes:
    assert select.select([self.connection], [], [], 30)[0]
    return self.rfile.read(3)  # type: ignore[no-any-return]


def _by_peek(self: Any) -> bytes:
    assert self.connection.recv(1, socket.MSG_PEEK)
    return self.rfile.read(3)  # type: ignore[no-any-return]


def _by_descriptor_of_wfile(self: Any) -> bytes:
    assert select.select([self.wfile.fileno()], [], [], 30)[0]
    return self.rfile.read(3)  # type: ignore[no-any-return]


@pytest.mark.parametrize("read", [*(lambda self, read=read: read(self.connection) for read in READS), _by_select,
                                  _by_peek, _by_descriptor_of_wfile])  # fmt: skip
@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_a_body_that_is_read_from_the_socket(way: Any, read: Any) -> None:
    """It was not sent then, and the client and the program waited for each other."""

    def do_POST(self: Any) -> None:
        content = read(self)
        self.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n" + content)

    with served(way, rbufsize=0, do_POST=do_POST) as server, Client(server) as client:
        client.send(EXPECT)
        assert client.file.read(len(CONTINUE)) == CONTINUE
        client.send(b"abc")
        assert client.response() == (200, b"abc")
        assert client.rest() == b""
    assert not server.errors


@pytest.mark.parametrize("before", [False, True], ids=["in the request", "in setup()"])
@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_an_answer_through_a_descriptor(way: Any, before: bool) -> None:
    """Nobody sees when it begins, so 100 Continue is sent before the program can use the descriptor."""

    def setup(self: Any) -> None:
        super(type(self), self).setup()
        self.descriptor = self.connection.fileno() if before else None

    def do_POST(self: Any) -> None:
        os.write(self.descriptor or self.connection.fileno(), b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n")
        content = self.rfile.read(3)
        os.write(self.descriptor or self.connection.fileno(), content)
        self.close_connection = True

    with served(way, setup=setup, do_POST=do_POST) as server, Client(server) as client:
        client.send(EXPECT)
        assert client.file.read(len(CONTINUE)) == CONTINUE
        client.send(b"abc")
        assert client.response() == (200, b"abc")
        assert client.rest() == b""
    assert not server.errors


# ------------------------------------------------------------------------------------------- handle_expect_100() itself


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_overridden_it_is_called_before_the_handler(way: Any) -> None:
    """http.server calls it in the same way: within parse_request(), with the request's attributes set."""
    calls = []

    def handle_expect_100(self: Any) -> bool:
        calls.append((self.command, self.path, self.headers["Host"]))
        self.send_response_only(100)
        self.send_header("X-Own", "1")
        self.end_headers()
        return True

    def do_POST(self: Any) -> None:
        calls.append("do_POST")
        _echo(self)

    with served(way, do_POST=do_POST, handle_expect_100=handle_expect_100) as server, Client(server) as client:
        client.send(EXPECT)
        assert client.head() == (100, {"x-own": "1"})
        client.send(b"abc")
        assert client.response() == (200, b"abc")
    assert calls == [("POST", "/", "h"), "do_POST"]


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
@pytest.mark.parametrize("says_so", [True, False])
def test_overridden_it_may_refuse(way: Any, says_so: bool) -> None:
    """The client gets one 417, the handler's own or ours, and the connection ends (RFC 9110 10.1.1)."""

    def handle_expect_100(self: Any) -> bool:
        if says_so:
            self.send_error(417)
        return False

    with (
        served(way, do_POST=_echo, do_GET=answer, handle_expect_100=handle_expect_100) as server,
        Client(server) as client,
    ):
        client.send(EXPECT + NEXT)
        reply = client.rest()
    assert reply.startswith(b"HTTP/1.1 417 ")
    assert reply.count(b"HTTP/1.1 ") == 1
    assert not server.errors


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_set_on_the_handler(way: Any) -> None:
    """An override on the handler object is called once per request, and is still there for the next."""
    calls = []

    def do_GET(self: Any) -> None:
        self.handle_expect_100 = lambda: calls.append(self.path) or type(self).handle_expect_100(self)
        answer(self)

    with served(way, do_POST=_echo, do_GET=do_GET) as server, Client(server) as client:
        client.send(NEXT.replace(b"Connection: close\r\n", b""))
        assert client.response() == (200, b"ok")
        for _ in range(2):
            client.send(EXPECT)
            assert client.file.read(len(CONTINUE)) == CONTINUE
            client.send(b"abc")
            assert client.response() == (200, b"abc")
    assert calls == ["/", "/"]


# -------------------------------------------------------------------------------------------------------------- WSGI


def _reads_first(environ: Any, start_response: Any) -> Any:
    content = environ["wsgi.input"].read(3)
    start_response("200 OK", [("Content-Length", "3")])
    yield content


def _answers_first(environ: Any, start_response: Any) -> Any:
    start_response("200 OK", [("Content-Length", "4")])
    yield b"<"
    yield environ["wsgi.input"].read(3)


@pytest.mark.parametrize(("application", "continues"), [(_reads_first, True), (_answers_first, False)])
@pytest.mark.parametrize("switch", ["strict", "framed_body"])
def test_wsgi(switch: str, application: Any, continues: bool) -> None:
    """If an application yields before it reads, the client must not find 100 Continue in the content."""
    attributes = {switch: True, "log_message": lambda *args: None, "protocol_version": "HTTP/1.1"}
    handler = type("Handler", (fasthdr.simple_server.WSGIRequestHandler,), attributes)
    with (
        fasthdr.simple_server.make_server("127.0.0.1", 0, application, handler_class=handler) as server,
        serving(server),
    ):
        with Client(server) as client:
            client.send(EXPECT + b"abc")
            reply = client.rest()
        assert reply.startswith(CONTINUE) == continues
        assert reply.count(b"100 Continue") == continues
        assert reply.endswith(b"abc")
        with Client(server) as client:
            client.send(CHUNKED + b"3\r\nabc\r\n0\r\n\r\n")
            reply = client.rest()
        assert reply.startswith(CONTINUE)  # a chunked body is read before the application runs
        assert reply.endswith(b"abc")
