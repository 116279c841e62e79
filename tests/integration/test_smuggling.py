# SPDX-License-Identifier: MIT
"""Requests that two servers could read differently, and clients that break the protocol, over real sockets."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from typing import Any

import pytest

from tests.integration.framed import (
    CHUNKED,
    LAST,
    LAST_SAID,
    SMUGGLING,
    Framed,
    Handler,
    Plain,
    request,
    said,
    server_of,
)
from tests.integration.wire import TIMEOUT, converse, serving


@pytest.mark.parametrize("together", [True, False], ids=["at once", "in pieces"])
@pytest.mark.parametrize("name", SMUGGLING)
def test_no_request_is_seen_within_another(strict: Any, name: str, together: bool) -> None:
    data = SMUGGLING[name] + LAST
    pieces = [data] if together else [data[at : at + 7] for at in range(0, len(data), 7)]
    reply = converse(strict.server_address, *pieces)
    assert reply.count(b"HTTP/1.1 ") <= 2
    assert "/smuggled" not in strict.RequestHandlerClass.seen


# What http.server, which frames no bodies, makes of the same requests: a demonstration, not a promise.
SEEN_BY_FRAMED = ["unread body", "body of a GET"]


@pytest.mark.parametrize("name", SEEN_BY_FRAMED)
def test_what_the_stdlib_does_with_it(name: str) -> None:
    with server_of(Plain) as server, serving(server):
        converse(server.server_address, SMUGGLING[name] + LAST)
        assert "/smuggled" in server.RequestHandlerClass.seen


REFUSED = {
    b"GET / HTTP/1.1\r\n\r\n": 400,
    b"GET  / HTTP/1.1\r\nHost: h\r\n\r\n": 400,
    b"GET /\r\n\r\n": 400,
    b"GET / HTTP/2.0\r\nHost: h\r\n\r\n": 505,
    b"GET /" + b"a" * 66000 + b" HTTP/1.1\r\nHost: h\r\n\r\n": 414,
    b"GET / HTTP/1.1\r\nHost: h\r\nA: " + b"a" * 66000 + b"\r\n\r\n": 431,
    b"GET / HTTP/1.1\r\nHost: h\r\n" + b"A: b\r\n" * 100 + b"\r\n": 431,
    b"GET / HTTP/1.1\r\nHost: h\r\n" + (b"A: " + b"b" * 5000 + b"\r\n") * 60 + b"\r\n": 431,
    b"GET / HTTP/1.1\nHost: h\n\n": 400,
    b"GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n": 501,
    b"GET / HTTP/1.1\r\nHo": 400,
    b"BREW / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n": 501,
}


@pytest.mark.parametrize("data", REFUSED, ids=lambda data: repr(data[:40]))
def test_refusals(strict: Any, data: bytes) -> None:
    """One answer with the verdict's status, a line in the log, and the end of the connection."""
    reply = converse(strict.server_address, data)
    assert reply.startswith(b"HTTP/1.1 %d " % REFUSED[data]), reply
    assert reply.count(b"HTTP/1.1 ") == 1
    assert b"Connection: close\r\n" in reply
    assert strict.RequestHandlerClass.lines
    assert not strict.RequestHandlerClass.seen


@pytest.mark.parametrize(
    "endless", [b"A: b\r\n", b"a", b"\r\n", b"A"], ids=["fields", "a line", "empty lines", "a name"]
)
def test_a_head_without_an_end_is_refused_at_the_limit(endless: bytes) -> None:
    """The refusal comes at the limit, while the client still sends, and without any deadline."""
    none = dict.fromkeys(("idle_timeout", "head_timeout", "body_timeout"))
    with server_of(Handler, linger_timeout=0.1, **none) as server, serving(server):
        with socket.create_connection(server.server_address, TIMEOUT) as sock:
            sock.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n" if endless.startswith(b"A") else b"")
            sending = threading.Thread(target=_send_for_ever, args=(sock, endless * 1000))
            sending.start()
            try:
                reply = sock.recv(65536)
            finally:
                sock.close()
                sending.join()
        assert reply.startswith((b"HTTP/1.1 431 ", b"HTTP/1.1 414 ", b"HTTP/1.1 400 "))
        assert reply.startswith(b"HTTP/1.1 431 ") == endless.startswith(b"A")


def _send_for_ever(sock: socket.socket, data: bytes) -> None:
    with contextlib.suppress(OSError):
        while True:
            sock.sendall(data)


@pytest.mark.parametrize("limit", [0.5, 0.0], ids=["at a wait", "before the next"])
def test_a_client_that_sends_a_byte_now_and_then(limit: float) -> None:
    """head_timeout ends the connection, though no single wait is long."""
    with server_of(Handler, head_timeout=limit) as server, serving(server):
        with socket.create_connection(server.server_address, TIMEOUT) as sock:
            started = time.monotonic()
            lost = False
            while not lost:
                assert time.monotonic() - started < TIMEOUT, "the server still waits"
                try:
                    sock.sendall(b"A")
                except ConnectionError:
                    lost = True
                time.sleep(0.02)
        assert any("408 Request timeout" in line for line in server.RequestHandlerClass.lines)
        assert not server.RequestHandlerClass.seen
        assert said(server, LAST) == [LAST_SAID]


@pytest.mark.parametrize("cls", [Handler, Framed])
def test_a_client_that_resets_the_connection(cls: type[Handler], capfd: pytest.CaptureFixture[str]) -> None:
    """There is no traceback, and the server goes on."""
    with server_of(cls) as server, serving(server):
        for data in (
            b"GET / HT",
            request(b"POST / HTTP/1.1", b"Content-Length: 10", body=b"abc"),
            request(b"POST / HTTP/1.1", CHUNKED, body=b"3\r\na"),
            request(b"GET /?leave HTTP/1.1") * 100,
        ):
            with socket.create_connection(server.server_address, TIMEOUT) as sock:
                sock.sendall(data)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # RST
        assert said(server, LAST) == [LAST_SAID]
    assert "Traceback" not in capfd.readouterr().err
