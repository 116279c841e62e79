# SPDX-License-Identifier: MIT
"""The bare loop with one thing more: what a server with threads in Python can reach if it does no more than that."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from typing import NoReturn

from bench.backends.answer import BODY, message
from bench.backends.bare import BACKLOG


def serve(announce: Callable[[int], object], microseconds: float, sends: int) -> NoReturn:
    """Hold the interpreter for so long before each response, and send that in one piece or in two, head and body."""
    response = message()
    pieces = [response] if sends == 1 else [response.removesuffix(BODY), BODY]
    clock, nanoseconds = time.perf_counter_ns, microseconds * 1000

    def answer(connection: socket.socket) -> None:
        with connection:
            while connection.recv(65536):
                end = clock() + nanoseconds
                while clock() < end:
                    pass
                for piece in pieces:
                    connection.sendall(piece)

    with socket.create_server(("127.0.0.1", 0), backlog=BACKLOG) as server:
        announce(server.getsockname()[1])
        while True:
            connection, _ = server.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
            threading.Thread(target=answer, args=(connection,), daemon=True).start()
