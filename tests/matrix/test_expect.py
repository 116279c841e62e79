# SPDX-License-Identifier: MIT
"""Expect: 100-continue, sent to every server of the matrix (RFC 9110 10.1.1)."""

from __future__ import annotations

import socket

import pytest

from tests.integration.processes import needs_signals
from tests.matrix.farm import Running
from tests.matrix.outcomes import TIMEOUT, Answer, answers
from tests.matrix.servers import WAYS, Cell

pytestmark = needs_signals

SIZED, CHUNKED = b"Content-Length: 3", b"Transfer-Encoding: chunked"
BODIES = {SIZED: b"abc", CHUNKED: b"3\r\nabc\r\n0\r\n\r\n"}
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\n"


def asked(
    cell: Cell, running: Running, framing: bytes, query: str = "", waits: bool = True, version: str = "1.1"
) -> list[Answer]:
    """Send a request with Expect, its body if the server asks for it, and another request; return the answers.

    waits: the server should send something before it has seen the body; otherwise the body is sent unasked.
    """
    server = cell.server
    line = f"{server.method} {server.prefix}/first{query} HTTP/{version}\r\n".encode()
    last = f"GET {server.prefix}/last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".encode()
    with socket.create_connection(running.address, TIMEOUT) as sock:
        sock.sendall(line + b"Host: h\r\nExpect: 100-continue\r\n" + framing + b"\r\n\r\n")
        reply = sock.recv(65536) if waits else b""
        interim = reply.startswith(INTERIM)
        sock.sendall((BODIES[framing] if interim or not waits else b"") + last)
        while piece := sock.recv(65536):
            reply += piece
    return list(answers(reply, [server.method, "GET"]))


@pytest.mark.parametrize("framing", BODIES)
def test_a_body_that_is_read(cell: Cell, running: Running, framing: bytes) -> None:
    """One interim response, then the body, then the answer; none over HTTP/1.0, whose clients do not wait for one."""
    server = cell.server
    read = server.echoes and (framing == SIZED or server.chunked)
    first, *others = asked(cell, running, framing, waits=server.minor > 0)
    assert first.status == 200
    assert first.interim == (server.continues == "always" or (bool(server.continues) and read))
    if server.echoes:
        assert first.content == (b"abc" if read else b"")
    assert [answer.path for answer in others] == (["/last"] if server.persists and first.interim else [])


@pytest.mark.parametrize("framing", BODIES)
def test_a_body_that_is_not_read(cell: Cell, running: Running, framing: bytes) -> None:
    """The body was not asked for and may come or not, so the connection ends with the answer."""
    first, *others = asked(cell, running, framing, "?leave", waits=cell.server.minor > 0)
    assert first.status == 200
    assert first.interim == (cell.server.continues == "always")
    assert not others


@pytest.mark.parametrize(
    "cell", [Cell(name, way) for name in ("http.server", "fasthdr.server") for way in WAYS], ids=str
)
def test_an_answer_that_has_begun(cell: Cell, running: Running) -> None:
    """No interim response in the middle of it; the body may come or not, so the connection ends with the answer."""
    first, *others = asked(cell, running, SIZED, "?late", waits=False)
    assert (first.status, first.interim, first.content) == (200, 0, b"abc")
    assert not others


def test_a_client_of_http_10(cell: Cell, running: Running) -> None:
    """No interim response to a client that may not know any (RFC 9110 15.2), except Werkzeug's own."""
    first, *others = asked(cell, running, SIZED, waits=False, version="1.0")
    assert first.status == 200
    assert first.interim == (cell.name == "Flask")
    assert not others
