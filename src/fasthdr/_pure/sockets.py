# SPDX-License-Identifier: MIT
"""Send and receive on the socket of a handler's connection; `_core/sockets.h` is the same in C."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import time


def send_now(descriptor: int, data: bytes) -> int:
    """Send to a socket what it takes without waiting. Returns the number of bytes, 0 if it takes none.

    A blocking socket waits until it has taken some. Raises OSError.
    """
    try:
        return os.write(descriptor, data)
    except BlockingIOError:
        return 0


def receive_within(descriptor: int, size: int, seconds: float) -> bytes:
    """Do socket.recv(size) on a socket with a timeout in seconds. Returns bytes, b"" at the end.

    Raises OSError, TimeoutError if nothing comes in time.
    """
    if descriptor < 0:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    end = time.monotonic() + seconds
    while poll.poll(max(end - time.monotonic(), 0) * 1000):
        with contextlib.suppress(BlockingIOError):  # another reader was faster
            return os.read(descriptor, size)
    raise TimeoutError("timed out")
