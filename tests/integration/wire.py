# SPDX-License-Identifier: MIT
"""Bytes over real sockets: the whole conversation of one connection, and the same with and without install()."""

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

TIMEOUT = 30  # seconds after which a conversation that hangs fails
WELL_FORMED_SHARE = 0.99  # the share of heads in ordinary traffic that the core must read itself

T = TypeVar("T")

_MASKS = [
    (re.compile(rb"(?im)^(Date: )[^\r\n]+"), rb"\1DATE"),
    (re.compile(rb"\[\d\d/\w+/\d{4} \d\d:\d\d:\d\d\]"), b"[DATE]"),
    (re.compile(rb"(127\.0\.0\.1:)\d{4,5}"), rb"\1PORT"),
    (re.compile(rb"(\('127\.0\.0\.1', )\d+\)"), rb"\1PORT)"),
    (re.compile(rb"0x[0-9a-f]{6,}"), b"ADDRESS"),
]


def masked(data: bytes) -> bytes:
    """Replace what may differ between two runs: dates, ports and addresses of objects."""
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
        # A server that has seen enough may close while the rest is still being sent.
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
        ):  # closed with part of the request unread; its answer has come before that
            chunk = b""
        if not chunk:
            return b"".join(chunks)
        chunks.append(chunk)


def converse(address: Any, *pieces: bytes, pause: float = 0.0, family: int = socket.AF_INET) -> bytes:
    """Send the pieces, each as a separate segment if there is a pause, end the sending side, and read to the end."""
    with socket.socket(family, socket.SOCK_STREAM) as connection:
        connection.settimeout(TIMEOUT)
        connection.connect(address)
        if family == socket.AF_INET:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _send(connection, pieces, pause)
        return masked(_receive(connection))


@contextlib.contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[Any]:
    """Run the server in a thread until the end of the block, which gets its address."""
    # Most tests serve one connection, so how long shutdown() waits decides how long the suite takes.
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.002})
    thread.start()
    try:
        yield server.server_address
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def twice(act: Callable[[], T], **options: Any) -> tuple[T, T, dict[str, int]]:
    """Return what `act` sees with the standard library and under install(**options), and the counts of the latter."""
    assert not fasthdr.is_installed()
    plain = act()
    fasthdr.collect_stats()
    with fasthdr.install(**options):
        ours = act()
    counts = fasthdr.stats()
    fasthdr.collect_stats(False)
    return plain, ours, counts


def assert_core_read(counts: dict[str, int], heads: int) -> None:
    """Check that at least this many heads were counted, and that the core read the required share."""
    total = sum(counts.values())
    assert total >= heads, counts
    assert counts.get("core", 0) >= WELL_FORMED_SHARE * total, counts
