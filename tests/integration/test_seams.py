# SPDX-License-Identifier: MIT
"""What programs do past do_GET() and its like: logs, descriptors, half a response head, second copies of a module."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from tests.integration.framed import CHUNKED, Handler, request, server_of
from tests.integration.wire import TIMEOUT, serving


class Looks(Handler):
    """Its log looks at the second argument, as Django's does."""

    def log_message(self, format: str, *args: Any) -> None:
        assert args[1][0]
        super().log_message(format, *args)


@pytest.mark.parametrize(
    ("data", "answer", "said"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 400 ", "Request refused: 400 Missing Host"),
        (request(b"PUT / HTTP/1.1", CHUNKED, body=b"x\r\n"), b"HTTP/1.1 400 ", "Request refused: 400 Bad chunk"),
        (b"GET", b"HTTP/1.1 408 ", "Request refused: 408 Request timeout"),
        (b"", b"", "Request timed out: TimeoutError("),
    ],
)
def test_a_log_that_looks_at_its_arguments(data: bytes, answer: bytes, said: str) -> None:
    """Nothing is lost by it: the answer least of all."""
    with server_of(Looks, head_timeout=0.05, idle_timeout=0.05) as server, serving(server):
        with socket.create_connection(server.server_address, TIMEOUT) as sock:
            sock.sendall(data)
            reply = sock.recv(65536)
        assert reply.startswith(answer)
        assert any(line.startswith(said) for line in server.RequestHandlerClass.lines)
