# SPDX-License-Identifier: MIT
"""The floor under a server with threads in Python: what is received is answered, whatever it is."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import NoReturn

from bench.backends.answer import message

BACKLOG = 128  # connections that wait to be accepted


def _answer(connection: socket.socket, persistent: bytes, closing: bytes) -> None:
    with connection:
        # The load generator sends a request in one piece, and the next when it has the answer.
        while data := connection.recv(65536):
            if b"\r\nConnection: close\r\n" in data:
                connection.sendall(closing)
                return
            connection.sendall(persistent)


def repeat(announce: Callable[[int], object], persistent: bytes, closing: bytes) -> NoReturn:
    """Answer each piece received with the first response; with the second, and close, where the client asks for it."""
    with socket.create_server(("127.0.0.1", 0), backlog=BACKLOG) as server:
        announce(server.getsockname()[1])
        while True:
            connection, _ = server.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
            threading.Thread(target=_answer, args=(connection, persistent, closing), daemon=True).start()


def serve(announce: Callable[[int], object]) -> NoReturn:
    repeat(announce, message(), message(("Connection", "close")))
