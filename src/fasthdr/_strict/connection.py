# SPDX-License-Identifier: MIT
"""What an exchange does with the socket: it closes it cleanly, and detects writes past the handler's wfile."""

from __future__ import annotations

import _socket
import contextlib
import os
import socket
import time
import types
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_PIECE = 65536
_MOST = 1 << 26  # maximum bytes that are read only for a clean close


def discard(sock: Any, seconds: float) -> None:
    """Read and discard until the client closes or the time is over (RFC 9112 9.6).

    Closing with unread bytes resets the connection, and a client that has not read the response yet loses it.
    """
    if not hasattr(type(sock), "recv"):
        return
    end = time.monotonic() + seconds
    size = 0
    with contextlib.suppress(OSError, ValueError):
        sock.shutdown(socket.SHUT_WR)
        while size < _MOST and (left := end - time.monotonic()) > 0:
            sock.settimeout(left)
            data = sock.recv(_PIECE)
            if not data:
                return
            size += len(data)


def has_unread(sock: Any) -> bool:
    """True if the connection has unread bytes. They stay unread; the socket's timeout is 0 afterwards.

    With TLS they may be nothing but the client's close_notify.
    """
    if not isinstance(sock, socket.socket):
        return False
    with contextlib.suppress(OSError):
        sock.settimeout(0)
        return bool(socket.socket.recv(sock, 1, socket.MSG_PEEK))
    return False


# The keys of the sockets in use that the program has written to directly.
WRITTEN: set[int | None] = set()
_watches: dict[int, int] = {}  # key of a socket -> how many Watch objects watch it
_classes: dict[type, type] = {}  # class of a socket -> its watched subclass
_bases: dict[type, type] = {}  # the reverse
_WRITES = ("send", "sendall", "sendmsg", "sendto", "sendfile")


def _noting(name: str, base: Any) -> Any:
    method = getattr(base, name)

    def write(self: Any, *args: Any, **keywords: Any) -> Any:
        WRITTEN.add(id(self))
        return method(self, *args, **keywords)

    write.__name__, write.__qualname__, write.__doc__ = name, f"{base.__qualname__}.{name}", method.__doc__
    return write


def _watched(base: Any) -> Any:
    cls = _classes.get(base)
    if cls is None:
        body: dict[str, Any] = {name: _noting(name, base) for name in _WRITES if hasattr(base, name)}
        cls = type(base.__name__, (base,), {"__slots__": (), "__module__": base.__module__, **body})
        _classes[base] = cls
        _bases[cls] = base
    return cls


class Watch:
    """Detects whether the program has written to its client with the socket's own methods, past wfile.

    While it is watched, the socket has a subclass of its class that adds no attributes. Two objects may watch one
    socket: one for a request from the connection, and one for a request that the program then reads from another file.
    """

    __slots__ = ("_base", "key", "sock")

    def __init__(self, sock: Any) -> None:
        self.sock: Any = None
        self.key: int | None = None  # in WRITTEN once the program has written to the socket; None: cannot be watched
        cls: Any = type(sock)
        self._base = _bases.get(cls, cls)
        if isinstance(sock, socket.socket):
            with contextlib.suppress(TypeError):  # a class whose objects have another layout
                if cls is self._base:
                    sock.__class__ = _watched(cls)
                    WRITTEN.discard(id(sock))
                    _watches[id(sock)] = 0
                _watches[id(sock)] += 1
                self.sock = sock
                self.key = id(sock)

    def sendall(self) -> Any:
        """Return a sendall() of the watched socket that does not count as the program's."""
        method = self._base.sendall
        bound = method.__get__(self.sock)
        return self.unseen(bound) if isinstance(method, types.FunctionType) else bound

    def descriptor(self) -> Any:
        """Return the watched socket's fileno() method if os.write() can replace the socket's own send(); else None.

        send() of a socket with a timeout first waits until the socket can be written to. os.write() does not, which
        saves a system call and a release of the GIL.
        """
        cls = self._base
        plain = os.name == "posix" and cls.sendall is _socket.socket.sendall and cls.fileno is _socket.socket.fileno
        return self.sock.fileno if plain else None

    def unseen(self, write: Callable[[Any], object]) -> Callable[[Any], None]:
        """Wrap `write` so that it does not count, even if it calls a watched method: sendall() of TLS calls send()."""

        def unseen(data: Any) -> None:
            seen = self.key in WRITTEN
            try:
                write(data)
            finally:
                if not seen:
                    WRITTEN.discard(self.key)

        return unseen

    def end(self) -> None:
        sock, self.sock, self.key = self.sock, None, None
        if sock is not None:
            _watches[id(sock)] -= 1
            if not _watches[id(sock)]:
                del _watches[id(sock)]
                WRITTEN.discard(id(sock))
                sock.__class__ = self._base

    __del__ = end  # for an exchange whose files the program has replaced
