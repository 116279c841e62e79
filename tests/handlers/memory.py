# SPDX-License-Identifier: MIT
"""Connections whose other end is a test: in memory, without system calls, or over a real socket, in the same steps."""

from __future__ import annotations

import contextlib
import gc
import itertools
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

TIMEOUT = 30  # seconds after which a handler that neither waits nor ends has failed

END = "the client sends no more"
RESET = "the client has reset the connection"
STALL = "the client has sent nothing for as long as the server waits"


class Hooks:
    """Methods called at each step that a handler takes on its connection."""

    def at_wait(self, sock: Any) -> None:
        """Called when the handler waits for bytes that the client has not sent."""

    def at_write(self, sock: Any) -> None:
        """Called when the handler has written to the client."""


class Memory(socket.socket):
    """The server's end of a connection in memory: it receives what is put into `coming`, and `sent` holds what it sent.

    more() is called when the server waits and `coming` is empty: it puts something there.
    """

    def __init__(self, more: Callable[[], None], hooks: Hooks | None = None) -> None:
        # Leave out socket.socket.__init__(), which would open a descriptor; the next two attributes are what it sets.
        self._io_refs = 0
        self._closed = False
        self._more = more
        self._hooks = hooks or Hooks()
        self.coming: deque[Any] = deque()
        self.sent = bytearray()
        self.given = 0  # bytes received
        self.lost = self.shut = self.full = False
        self.takes: int | None = (
            None  # bytes that the client reads before it stops, None: it reads all; a write beyond them times out
        )
        self.torn = False  # something was sent after a write that had sent only part
        self._timeout: float | None = None

    def recv(self, size: int, flags: int = 0) -> bytes:
        if not self.coming:
            self._hooks.at_wait(self)
            while not self.coming:
                self._more()
        piece = self.coming[0]
        if type(piece) is not bytes:
            return self._event(piece)
        if len(piece) > size:
            self.coming[0] = piece[size:]
            piece = piece[:size]
        else:
            self.coming.popleft()
        self.given += len(piece)
        return piece

    def _event(self, event: Any) -> bytes:
        if event is RESET:
            self.lost = True
            raise ConnectionResetError(104, "Connection reset by peer")
        if event is STALL and self._timeout is not None:
            self.coming.popleft()
            raise TimeoutError("timed out")
        return b""  # END, or a STALL met without a timeout

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        with memoryview(buffer).cast("B") as view:
            data = self.recv(nbytes or len(view))
            view[: len(data)] = data
        return len(data)

    def sendall(self, data: Any, flags: int = 0) -> None:
        if self.lost or self.shut:
            raise BrokenPipeError(32, "Broken pipe")
        self.torn = self.torn or self.full
        if self.takes is not None and len(self.sent) + len(data) > self.takes and self._timeout is not None:
            self.sent += data[: max(self.takes - len(self.sent), 0)]
            self.full = True
            raise TimeoutError("timed out")
        self.sent += data
        self._hooks.at_write(self)

    def send(self, data: Any, flags: int = 0) -> int:
        self.sendall(data)
        return len(data)

    def shutdown(self, how: int) -> None:
        self.shut = True

    def gettimeout(self) -> float | None:
        return self._timeout

    def settimeout(self, value: float | None) -> None:
        self._timeout = value

    def setsockopt(self, *args: Any) -> None:
        """Accept any option and ignore it."""


class Real(socket.socket):
    """The server's end of a real connection; it reports when it waits.

    It receives from the kernel, and all else is as in memory. `expected`: how many bytes the client has sent.
    """

    def __init__(self, sock: socket.socket, more: Callable[[], None], hooks: Hooks) -> None:
        super().__init__(fileno=sock.detach())
        self._more = more
        self._hooks = hooks
        self.given = self.expected = 0
        self.over: Any = None  # END or RESET, once the client has ended its side or reset the connection
        self.stalled = self.shut = False

    def recv(self, size: int, flags: int = 0) -> bytes:
        if self.given == self.expected and not self.over:
            self._hooks.at_wait(self)
            while self.given == self.expected and not self.over:
                self._more()
                if self.stalled and self.gettimeout() is not None:
                    self.stalled = False
                    raise TimeoutError("timed out")
        data = super().recv(size, flags)
        self.given += len(data)
        return data

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        with memoryview(buffer).cast("B") as view:
            data = self.recv(nbytes or len(view))
            view[: len(data)] = data
        return len(data)

    def shutdown(self, how: int) -> None:
        self.shut = True
        super().shutdown(how)


CLIENT = ("192.0.2.1", 1)


def handle(handler: Any, sock: Any, server: Any) -> BaseException | None:
    """Let a handler class handle a connection, as socketserver does; return the exception that leaves it."""
    error = None
    try:
        handler(sock, CLIENT, server)
    except BaseException as caught:
        error = caught.with_traceback(None)  # the traceback would hold the handler
        error.__context__ = None
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_WR)
    sock.close()
    return error


def talk(way: Any, pieces: Iterable[Any], **attributes: Any) -> tuple[bytes, Any]:
    """Send a piece whenever the server waits; return what the client gets and the exception that leaves the handler."""
    quiet = {
        "protocol_version": "HTTP/1.1",
        "timeout": 5.0,
        "log_message": lambda *args: None,
        "date_time_string": lambda self: "now",
    }
    coming = itertools.chain(pieces, [END])
    with way({**quiet, **attributes}) as handler:
        sock = Memory(lambda: sock.coming.append(next(coming, END)))
        error = handle(handler, sock, None)
    return bytes(sock.sent), error


class Lockstep:
    """Runs a function in a thread that goes on only while the other side waits, so that every run is the same."""

    def __init__(self, run: Callable[[], Any]) -> None:
        self.ended = False
        self.result: Any = None
        self._theirs, self._ours = threading.Lock(), threading.Lock()
        self._theirs.acquire()
        self._ours.acquire()
        self._thread = threading.Thread(target=self._run, args=(run,), daemon=True)
        self._thread.start()

    def _run(self, run: Callable[[], Any]) -> None:
        self._theirs.acquire()
        try:
            self.result = run()
        finally:
            self.ended = True
            self._ours.release()

    def pause(self) -> None:
        """In the thread: hand over to the other side, and wait for the next resume()."""
        self._ours.release()
        self._theirs.acquire()

    def resume(self) -> None:
        """Let the thread run until it pauses or ends."""
        if self.ended:
            return
        self._theirs.release()
        assert self._ours.acquire(timeout=TIMEOUT), "the handler neither waits for the client nor ends"
        if self.ended:
            self._thread.join()


@contextlib.contextmanager
def no_collector() -> Iterator[None]:
    """Switch the cycle collector off: what is freed in the block is freed because nothing refers to it."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
