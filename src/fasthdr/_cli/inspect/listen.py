# SPDX-License-Identifier: MIT
"""`--listen`: show what clients send, and answer with something harmless."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
import time
from typing import TYPE_CHECKING

import fasthdr
from fasthdr._cli.inspect import bodies
from fasthdr._cli.inspect.messages import Foreign, Message, messages
from fasthdr._cli.inspect.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from fasthdr._cli.inspect.messages import End

    Print = Callable[[str, Iterable[Message | Foreign | End]], None]

IDLE = 10  # seconds that a client may be silent
LINGER = 1  # seconds after the last response
_AT_A_TIME = 32  # connections
_PAUSE = 0.1  # seconds before the next attempt to take a connection
_TEXT = b"fasthdr inspect has shown your request where it runs.\n"


def _response(message: Message, goes_on: bool) -> bytes:
    """Make the response: 200 if strict mode accepts the request, otherwise the status of its refusal."""
    status, text = 200, _TEXT
    wrong = message.body.fault if message.body else None
    if message.strict.status is not None:
        status, text = message.strict.status, f"{message.strict.reason}\n".encode("latin-1")
    elif wrong or (message.body and not message.body.complete):
        status, text = 400, f"{wrong.reason if wrong else 'Incomplete body'}\n".encode("latin-1")
    elif message.framing.how == bodies.TUNNEL:
        status, text = 501, b"no tunnels here\n"
    fields: list[tuple[str | bytes, str | bytes]] = [
        ("Content-Type", "text/plain; charset=iso-8859-1"),
        ("X-Content-Type-Options", "nosniff"),
        ("Content-Length", str(len(text))),
        ("Connection", "keep-alive" if goes_on else "close"),
    ]
    return fasthdr.encode_response(status, fields) + (b"" if bodies.method_of(message.data) == "HEAD" else text)


class _Connection:
    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._over: float | None = None  # the time after which nothing more is read
        self.source = Source(self._read)
        sock.settimeout(IDLE)

    def _read(self, size: int) -> bytes:
        if self._over is not None and time.monotonic() > self._over:
            return b""
        try:
            return self._sock.recv(size)
        except OSError:  # silent too long, or gone
            return b""

    def _send(self, data: bytes) -> None:
        with contextlib.suppress(OSError):
            self._sock.sendall(data)

    def _close(self) -> None:
        """Stop sending, and read for a moment what is still arriving: closing earlier may lose our response."""
        self._over = time.monotonic() + LINGER
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_WR)
        self._sock.settimeout(LINGER)

    def _on_head(self, message: Message) -> bool:
        """Send 100 Continue to a client that waits for it. Returns False if the body is not to be read."""
        head = message.strict.head
        if head is not None and head.expect_continue:
            self._send(b"HTTP/1.1 100 Continue\r\n\r\n")
        return head is not None and message.framing.how != bodies.TUNNEL

    def items(self) -> Iterator[Message | Foreign | End]:
        """Yield what the client sends, and answer each request when its body has arrived."""
        for item in messages(self.source, "request", None, self._on_head):
            if isinstance(item, Message) and item.whole:
                head = item.strict.head
                ended = item.body is not None and item.body.complete
                goes_on = head is not None and head.keep_alive and ended
                self._send(_response(item, goes_on))
                if not goes_on:
                    self._close()
            elif isinstance(item, Foreign) and not item.protocol.length:
                self._close()
            yield item


def listen(address: str, port: int, connections: int | None, print_items: Print) -> None:
    """Serve until interrupted, or until a number of connections has been shown.

    print_items: called with a client's address and what it has sent, from several threads.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    gate = threading.BoundedSemaphore(_AT_A_TIME)
    threads: dict[threading.Thread, socket.socket] = {}

    def serve(sock: socket.socket, name: str) -> None:
        with gate, sock, contextlib.suppress(BrokenPipeError):
            print_items(name, _Connection(sock).items())

    with socket.create_server((address, port), family=family) as server:
        host, port = server.getsockname()[:2]
        shown = f"[{host}]" if family == socket.AF_INET6 else host
        if sys.stderr is not None:  # print() would take None for stdout
            print(f"listening on http://{shown}:{port}/ until interrupted", file=sys.stderr, flush=True)
        try:
            while connections is None or connections > 0:
                try:
                    sock, peer = server.accept()
                except OSError:  # the client has gone, or too many files are open: one may be closed soon
                    time.sleep(_PAUSE)
                    continue
                thread = threading.Thread(target=serve, args=(sock, f"{peer[0]} port {peer[1]}"), daemon=True)
                # An interrupt may come at any point, and then waits only for threads that are listed here.
                threads = {each: open_ for each, open_ in threads.items() if each.is_alive()} | {thread: sock}
                thread.start()
                connections = None if connections is None else connections - 1
            for each in threads:
                each.join()
        except KeyboardInterrupt:  # what has arrived so far is shown
            for sock in threads.values():
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RD)
            until = time.monotonic() + IDLE
            for each in threads:
                with contextlib.suppress(RuntimeError):  # it was not started yet
                    each.join(max(0.0, until - time.monotonic()))
