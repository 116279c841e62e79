# SPDX-License-Identifier: MIT
"""Bytes over real sockets: one connection's whole conversation, and the same one with and without install()."""

from __future__ import annotations

import contextlib
import errno
import re
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import fasthdr

TIMEOUT = 30  # seconds until a conversation that hangs fails
HONEST_SHARE = 0.99  # of the heads of honest traffic, those that the core has to read itself

T = TypeVar("T")

_MASKS = [
    (re.compile(rb"(?im)^(Date: )[^\r\n]+"), rb"\1DATE"),
    (re.compile(rb"\[\d\d/\w+/\d{4} \d\d:\d\d:\d\d\]"), b"[DATE]"),
    (re.compile(rb"(127\.0\.0\.1:)\d{4,5}"), rb"\1PORT"),
    (re.compile(rb"(\('127\.0\.0\.1', )\d+\)"), rb"\1PORT)"),
    (re.compile(rb"0x[0-9a-f]{6,}"), b"ADDRESS"),
]


def masked(data: bytes) -> bytes:
    """What two runs must have alike: dates, ports and addresses of objects left out."""
    for pattern, replacement in _MASKS:
        data = pattern.sub(replacement, data)
    return data


def _send(connection: socket.socket, pieces: Sequence[bytes], pause: float) -> None:
    try:
        for piece in pieces:
            connection.sendall(piece)
            if pause:
                time.sleep(pause)
        connection.shutdown(socket.SHUT_WR)
    except OSError as error:
        # A server that has seen enough closes while the rest is still being sent.
        if error.errno not in (errno.EPIPE, errno.ECONNRESET, errno.ECONNABORTED, errno.ENOTCONN):
            raise


def _receive(connection: socket.socket) -> bytes:
    chunks = []
    while True:
        try:
            chunk = connection.recv(65536)
        except (
            ConnectionResetError,
            ConnectionAbortedError,
        ):  # closed with some of the request unread: what it answered has arrived before
            chunk = b""
        if not chunk:
            return b"".join(chunks)
        chunks.append(chunk)


def converse(address: Any, *pieces: bytes, pause: float = 0.0, family: int = socket.AF_INET) -> bytes:
    """Send the pieces, each a segment of its own where there is a pause, end the sending side, read to the end."""
    with socket.socket(family, socket.SOCK_STREAM) as connection:
        connection.settimeout(TIMEOUT)
        connection.connect(address)
        if family == socket.AF_INET:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _send(connection, pieces, pause)
        return masked(_receive(connection))


@contextlib.contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[Any]:
    """The server in a thread of its own, for as long as the block; gives its address."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_address
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def twice(act: Callable[[], T], **options: Any) -> tuple[T, T, dict[str, int]]:
    """What `act` sees of the stdlib, what it sees with install(**options) in force, and the counts of the latter."""
    assert not fasthdr.is_installed()
    plain = act()
    fasthdr.collect_stats()
    with fasthdr.install(**options):
        ours = act()
    counts = fasthdr.stats()
    fasthdr.collect_stats(False)
    return plain, ours, counts


def assert_core_read(counts: dict[str, int], heads: int) -> None:
    """At least so many heads were counted, and the core read the share that it has to."""
    total = sum(counts.values())
    assert total >= heads, counts
    assert counts.get("core", 0) >= HONEST_SHARE * total, counts
