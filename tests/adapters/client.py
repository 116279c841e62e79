# SPDX-License-Identifier: MIT
"""A client that leaves both directions open, because some servers drop their answer when the client closes its side."""

from __future__ import annotations

import socket
import time
from typing import Any

from tests.integration.wire import masked

TIMEOUT = 20
LAST = b"GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"


def ask(address: Any, *pieces: bytes, pause: float = 0.0) -> bytes:
    """Send the pieces, and read until the server ends the connection: after the last request, or after an error."""
    with socket.create_connection(address, timeout=TIMEOUT) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        received = b""
        try:
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(pause)
            while data := connection.recv(65536):
                received += data
        except (BrokenPipeError, ConnectionResetError, ConnectionAbortedError):
            pass  # the server has closed with bytes unread; the status that it sent before is its answer
        return masked(received)
