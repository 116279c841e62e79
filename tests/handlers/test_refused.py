# SPDX-License-Identifier: MIT
"""Refusals: at most one answer, a complete handler for whoever logs it, and the program's own errors left alone."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
from typing import Any

import pytest

import fasthdr
from tests.handlers.kinds import ALL, STRICT, Client, Server, answer, served
from tests.integration.wire import converse, serving

BAD_CHUNK = b"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n"
CUT_OFF = b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nabc"


def _reads(self: Any) -> None:
    self.rfile.read()
    answer(self)


def _after_send_response(self: Any) -> None:
    self.send_response(200)
    self.send_header("X-Dropped", "1")
    self.rfile.read()


def _buffered(self: Any) -> None:
    self.send_response(200)
    self.end_headers()
    self.wfile.write(b"dropped")
    self.rfile.read()


@pytest.mark.parametrize("request_", [BAD_CHUNK, CUT_OFF], ids=["a bad chunk", "cut off"])
@pytest.mark.parametrize(
    ("do_POST", "attributes"),
    [(_reads, {}), (_after_send_response, {}), (_buffered, {"wbufsize": -1})],
    ids=["nothing written", "send_response()", "a buffered wfile"],
)
@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_what_is_only_buffered_is_dropped(way: Any, do_POST: Any, attributes: dict[str, Any], request_: bytes) -> None:
    with served(way, do_POST=do_POST, **attributes) as server:
        reply = converse(server.server_address, request_)
    assert reply.startswith(b"HTTP/1.1 400 ")
    assert reply.count(b"HTTP/1.1 ") == 1
    assert b"ropped" not in reply
    assert sum("Request refused" in line for line in server.log) == 1
    assert not any("Connection lost" in line for line in server.log)
    assert not server.errors


def _has_answered(self: Any) -> None:
    self.send_response(200)
    self.send_header("Content-Length", "5")
    self.end_headers()
    self.wfile.write(b"abc")
    self.rfile.read()


def _has_written_to_the_socket(self: Any) -> None:
    self.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc")
    self.rfile.read()


def _has_sent_a_part_to_the_socket(self: Any) -> None:
    self.request.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
    self.connection.sendmsg([b"abc"])
    self.rfile.read()


def _has_sent_a_file(self: Any) -> None:
    import tempfile

    with tempfile.TemporaryFile() as file:
        file.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc")
        file.seek(0)
        self.connection.sendfile(file)
    self.rfile.read()


@pytest.mark.parametrize(
    "do_POST", [_has_answered, _has_written_to_the_socket, _has_sent_a_part_to_the_socket, _has_sent_a_file]
)
@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_after_an_answer_has_begun(way: Any, do_POST: Any) -> None:
    """The connection ends without a second answer."""
    with served(way, do_POST=do_POST) as server:
        reply = converse(server.server_address, BAD_CHUNK)
    assert reply.startswith(b"HTTP/1.1 200 ")
    assert reply.endswith(b"abc")
    assert reply.count(b"HTTP/1.1 ") == 1
    assert any("Bad chunk" in line for line in server.log)
    assert not server.errors


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_the_socket_is_what_it_was(way: Any) -> None:
    """The program sees a socket.socket with its usual repr(), and the server gets back exactly that class."""
    seen = []

    def do_GET(self: Any) -> None:
        assert isinstance(self.connection, socket.socket)
        assert repr(self.connection).startswith("<socket.socket fd=")
        seen.append(self.connection)
        answer(self)

    with served(way, do_GET=do_GET) as server:
        converse(server.server_address, b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
    assert type(seen[0]) is socket.socket


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_whatever_is_written_after_a_refusal_goes_nowhere(way: Any) -> None:
    caught = []

    def do_POST(self: Any) -> None:
        for _ in range(2):
            try:
                self.rfile.read()
            except fasthdr.ParseError as error:
                caught.append(error)
        self.send_response(500)
        self.end_headers()
        self.wfile.write(b"goes nowhere")

    with served(way, do_POST=do_POST) as server:
        reply = converse(server.server_address, BAD_CHUNK)
    assert reply.startswith(b"HTTP/1.1 400 Bad chunk")
    assert reply.count(b"HTTP/1.1 ") == 1
    assert b"nowhere" not in reply
    assert caught[0] is caught[1]
    assert isinstance(caught[0], ConnectionAbortedError)  # which frameworks take for a client's fault
    assert (caught[0].status, caught[0].reason, caught[0].rfc) == (400, "Bad chunk", "9112 7.1")


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_an_answer_that_has_begun_is_not_made_whole(way: Any) -> None:
    """The program catches the error and writes on: the answer is cut short, and no further request is handled."""

    def do_POST(self: Any) -> None:
        with pytest.raises(fasthdr.ParseError):
            _has_answered(self)
        self.wfile.write(b"de")
        answer(self)

    with served(way, do_POST=do_POST, do_GET=answer) as server:
        reply = converse(server.server_address, BAD_CHUNK + b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    assert reply.startswith(b"HTTP/1.1 200 ")
    assert reply.endswith(b"\r\n\r\nabc")
    assert not server.errors


HEADS = {
    "too large": b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3000000\r\n\r\n",
    "bad framing": b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +3000000\r\n\r\n",
    "chunked in HTTP/1.0": b"POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n",
    "content in a CONNECT": b"CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\nContent-Length: 3000000\r\n\r\n",
    "too many words": b"POST / and more HTTP/1.1\r\n",
}


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_a_refusal_reaches_a_client_that_sends_its_body_later(
    way: Any, head: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole head has been read by then, and nothing else has come: a reset would destroy the response."""
    from fasthdr._strict import exchange

    monkeypatch.setattr(exchange, "has_unread", lambda sock: False)
    with served(way, max_body=1_000_000) as server, Client(server) as client:
        client.send(head)
        status, fields = client.head()
        assert 400 <= status <= 505
        client.send(*[bytes(100_000)] * 30)
        client.sock.shutdown(socket.SHUT_WR)
        assert len(client.file.read()) == int(fields["content-length"])
    assert not server.errors


ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def _by_duplicate(self: Any) -> None:
    with self.connection.dup() as sock:
        sock.sendall(ANSWER)


DIRECT: dict[str, Any] = {
    "sendall()": lambda self: self.connection.sendall(ANSWER),
    "send()": lambda self: self.connection.send(ANSWER),
    "raw of wfile": lambda self: self.wfile.raw.write(ANSWER),
    "descriptor": lambda self: os.write(self.connection.fileno(), ANSWER),
    "descriptor of wfile": lambda self: os.write(self.wfile.fileno(), ANSWER),
    "descriptor of rfile": lambda self: os.write(self.rfile.fileno(), ANSWER),
    "duplicate": _by_duplicate,
}


@pytest.mark.parametrize("write", DIRECT.values(), ids=DIRECT)
@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_nothing_is_written_past_wfile_after_a_refusal(way: Any, write: Any) -> None:
    """The program has caught the refusal, and responds by the socket: it gets an error, as if the client had gone."""
    failed = []

    def do_POST(self: Any) -> None:
        with pytest.raises(fasthdr.ParseError):
            self.rfile.read()
        try:
            write(self)
        except OSError as error:
            failed.append(error)
            raise

    with served(way, do_POST=do_POST, wbufsize=-1) as server:
        reply = converse(server.server_address, BAD_CHUNK)
    assert reply.startswith(b"HTTP/1.1 400 Bad chunk")
    assert reply.count(b"HTTP/1.1 ") == 1
    assert isinstance(failed[0], (BrokenPipeError, fasthdr.ParseError))
    assert not any(isinstance(error, fasthdr.ParseError) for error in server.errors)


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_nothing_is_written_past_wfile_after_a_refused_head(way: Any) -> None:
    def handle_one_request(self: Any) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        assert not self.parse_request()
        self.close_connection = True
        self.connection.sendall(ANSWER)

    with served(way, handle_one_request=handle_one_request) as server:
        reply = converse(server.server_address, b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n")
    assert reply.startswith(b"HTTP/1.1 400 ")
    assert reply.count(b"HTTP/1.1 ") == 1
    assert [type(error) for error in server.errors] == [BrokenPipeError]


# --------------------------------------------------------------------------------------------------- a complete handler


@pytest.mark.parametrize(
    ("request_", "line", "command", "path"),
    [
        (b"GET /a HTTP/1.1\r\nX : 1\r\n\r\n", "GET /a HTTP/1.1", "GET", "/a"),
        (b"GET  /a HTTP/1.1\r\nHost: h\r\n\r\n", "GET  /a HTTP/1.1", "", ""),
        (b"\x16\x03\x01\x02\x00\x01\x00", "\x16\x03\x01\x02\x00\x01\x00", "", ""),
        (b"GET /a HTTP/1.1\r\nHost: h", "GET /a HTTP/1.1", "GET", "/a"),
    ],
    ids=["fields", "request line", "TLS", "cut off"],
)
@pytest.mark.parametrize("own", [False, True], ids=["", "MessageClass"])
@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
def test_a_refused_head_leaves_a_whole_handler(
    way: Any, own: bool, request_: bytes, line: str, command: str, path: str
) -> None:
    """All attributes are set before send_error() and log_request() run, as a program's overrides read them."""
    seen = []

    def look(self: Any) -> tuple[Any, ...]:
        return (
            self.requestline,
            self.command,
            self.path,
            self.request_version,
            self.headers.items(),
            self.headers.get("Cookie"),
            type(self.headers) is type(self).MessageClass,
            self.close_connection,
        )

    class Message(http.client.HTTPMessage):
        pass

    attributes = {"protocol_version": "HTTP/1.1", "log_message": lambda *args: None}
    with way({**attributes, "MessageClass": Message} if own else attributes) as base:

        class Handler(base):  # type: ignore[misc, valid-type]
            def send_error(self, *args: Any, **keywords: Any) -> None:
                seen.append(look(self))
                super().send_error(*args, **keywords)

            def log_request(self, *args: Any) -> None:
                seen.append(look(self))
                super().log_request(*args)

        with Server(Handler) as server, serving(server):
            reply = converse(server.server_address, request_)
    assert reply.startswith(b"HTTP/1.1 400 ")
    assert seen == [(line, command, path, "HTTP/1.1", [], None, True, True)] * 2
    assert not server.errors


@pytest.mark.parametrize(
    "request_",
    [b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\nabc", BAD_CHUNK, CUT_OFF],
    ids=["framing", "a bad chunk", "cut off"],
)
@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_an_error_page_that_reads_the_request_first(way: Any, request_: bytes) -> None:
    """Its reads end at once. They gave the rest of the head, or raised, so that the client got no response."""
    seen = []

    def send_error(self: Any, code: int, message: str | None = None, explain: str | None = None) -> None:
        seen.append((self.rfile.read(2), self.rfile.readline(), self.rfile.read()))
        self.send_response(code, message)
        self.send_header("Content-Length", "0")
        self.end_headers()

    attributes = {"do_POST": _reads, "send_error": send_error, "on_unsupported": "raise"}
    with served(way, **attributes) as server:
        reply = converse(server.server_address, request_)
    assert reply.startswith(b"HTTP/1.1 400 ")
    assert reply.count(b"HTTP/1.1 ") == 1
    assert seen == [(b"", b"", b"")]
    assert not server.errors


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_a_log_that_raises(way: Any) -> None:
    """A faulty body is not answered with a 200, even if the error of the log hides that of the body."""

    def do_POST(self: Any) -> None:
        with contextlib.suppress(KeyError):
            self.rfile.read()
        with contextlib.suppress(fasthdr.ParseError):
            self.rfile.read()
        answer(self)

    def log_error(self: Any, *args: Any) -> None:
        raise KeyError

    with served(way, do_POST=do_POST, log_error=log_error) as server:
        assert converse(server.server_address, BAD_CHUNK) == b""
    assert not server.errors


def test_a_refused_head_request_has_no_content() -> None:
    with served(STRICT["strict = True"]) as server:
        reply = converse(server.server_address, b"HEAD / HTTP/1.1\r\n\r\n")
    assert reply.startswith(b"HTTP/1.1 400 Missing Host\r\n")
    assert reply.endswith(b"\r\n\r\n")


# ------------------------------------------------------------------------------------------------------------ the log


@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
def test_the_log_says_what_is_known(way: Any) -> None:
    """The log names the field, offset and section and shows an escaped snippet; the client gets only the reason."""
    with served(way) as server:
        reply = converse(server.server_address, b"GET / HTTP/1.1\r\nHost: h\r\nX-Odd: a\x1b[31mb\r\n\r\n")
    told = [line for line in server.log if "Bad field value" in line]
    assert any("RFC 9110 5.5" in line and "at byte" in line and "X-Odd" in line for line in told)
    assert "\x1b" not in "".join(server.log)
    assert b"9110" not in reply
    assert b"X-Odd" not in reply


@pytest.mark.parametrize("name", [b"Authorization", b"Proxy-Authorization", b"Cookie", b"set-cookie"])
@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
def test_the_log_keeps_secrets(way: Any, name: bytes) -> None:
    with served(way) as server:
        converse(server.server_address, b"GET / HTTP/1.1\r\nHost: h\r\n" + name + b": s3cr3t\x01s3cr3t\r\n\r\n")
        converse(server.server_address, b"GET / HTTP/1.1\r\nHost: h\r\n" + name + b": s3cr3t\r\n\x01: x\r\n\r\n")
    assert any("400" in line for line in server.log)
    assert "s3cr3t" not in "".join(server.log)


# ------------------------------------------------------------------------------------------------------- whose fault


ERRORS: list[Exception] = [
    ConnectionResetError("upstream"),
    ConnectionAbortedError("upstream"),
    BrokenPipeError("upstream"),
    fasthdr.ParseError(502, "Bad status line"),
    http.client.RemoteDisconnected("upstream"),
    ValueError("own"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_an_error_of_the_programs_own(way: Any, error: Exception) -> None:
    """It leaves the handler as in the standard library, and nothing is sent or logged because of it."""

    def do_GET(self: Any) -> None:
        raise error

    with served(way, do_GET=do_GET) as server:
        reply = converse(server.server_address, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    assert reply == b""
    assert server.errors == [error]
    assert not server.log


@pytest.mark.parametrize("error", [*ERRORS, TimeoutError("upstream")], ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_an_error_in_a_round_of_the_programs_own(way: Any, error: Exception) -> None:
    """The same in a handle_one_request() that does not catch TimeoutError, as http.server's own does."""

    def handle_one_request(self: Any) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        assert self.parse_request()
        raise error

    with served(way, handle_one_request=handle_one_request) as server:
        reply = converse(server.server_address, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    assert reply == b""
    assert server.errors == [error]
    assert not server.log


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_a_timeout_of_the_programs_own(way: Any) -> None:
    """As in http.server, it is logged and the connection is closed."""

    def do_GET(self: Any) -> None:
        raise TimeoutError("upstream")

    with served(way, do_GET=do_GET) as server:
        reply = converse(server.server_address, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    assert reply == b""
    assert server.log == ["Request timed out: TimeoutError('upstream')"]
    assert not server.errors


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_a_client_that_goes_away(way: Any) -> None:
    """Its resets are not the program's errors: they give a line in the log and no traceback."""
    import struct

    def do_POST(self: Any) -> None:
        self.rfile.read()
        for _ in range(1000):
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n" + bytes(100_000))

    with served(way, do_POST=do_POST, do_GET=answer) as server:
        for request in (CUT_OFF, CUT_OFF + b"de", b"POST / HT"):
            with Client(server) as client:
                client.send(request)
                client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close() resets
        reply = converse(server.server_address, b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        assert reply.endswith(b"ok")
    assert not server.errors
