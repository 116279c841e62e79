# SPDX-License-Identifier: MIT
"""What an exchange does with the socket: it closes it cleanly, and detects uses past the handler's files."""

from __future__ import annotations

import _thread
import contextlib
import os
import socket
import sys
import time
import types
from typing import TYPE_CHECKING, Any
from weakref import ref

from fasthdr._stdlib.functions import has_c_methods
from fasthdr._strict.settings import PIECE

if TYPE_CHECKING:
    from collections.abc import Callable

    from fasthdr._strict.stream import Stream

_MOST = 1 << 26  # maximum bytes that are read only for a clean close


def discard(sock: Any, seconds: float) -> None:
    """Read and discard until the client closes or the time is over (RFC 9112 9.6).

    Closing with unread bytes resets the connection, and a client that has not read the response yet loses it.
    """
    if not all(hasattr(type(sock), name) for name in ("recv", "settimeout", "shutdown")):
        return
    end = time.monotonic() + seconds
    size = 0
    with contextlib.suppress(OSError, ValueError):
        sock.shutdown(socket.SHUT_WR)
        while size < _MOST and (left := end - time.monotonic()) > 0:
            sock.settimeout(left)
            data = sock.recv(PIECE)
            if not data:
                return
            size += len(data)


def end_writing(sock: Any) -> None:
    """Let nothing more be sent on a watched socket, whoever has its descriptor."""
    if sock is not None:
        with contextlib.suppress(OSError):  # the program has closed it
            socket.socket.shutdown(sock, socket.SHUT_WR)  # that of TLS would also end the reading side


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
_watches: dict[int, list[ref[Stream]]] = {}  # key of a socket -> the streams that watch it
# The thread, or gevent's greenlet, in which a method of a socket runs that may call the watched ones, and the key.
_unseen: set[tuple[int, int | None]] = set()
_classes: dict[type, type] = {}  # class of a socket -> its watched subclass
_bases: dict[type, type] = {}  # the reverse


def _here(key: int | None) -> tuple[int, int | None]:
    return _thread.get_ident(), key  # looked up at each call, as gevent and eventlet replace it


def declines(command: str, start: bytes) -> bool:
    """Return whether data that begins with `start` is a response that declines an upgrade or a tunnel."""
    status = start[9:12]
    return start.startswith(b"HTTP/1.") and status.isdigit() and status >= (b"300" if command == "CONNECT" else b"200")


def _tell(sock: Any, use: str, start: bytes = b"") -> None:
    """Tell the streams of a socket that the program uses it directly, or that a file does on our behalf."""
    streams = [watcher() for watcher in _watches.get(id(sock), ())]
    by_program = _here(id(sock)) not in _unseen
    if by_program and use == "write" and streams:
        WRITTEN.add(id(sock))
    for stream in streams:
        if stream is not None:
            stream.shared(use, start) if by_program else stream.goes_on(use)


def _writes(method: Any) -> Any:
    def write(self: Any, *args: Any, **keywords: Any) -> Any:
        data = args[0] if args else b""
        _tell(self, "write", bytes(data[:12]) if isinstance(data, (bytes, bytearray)) else b"")
        return method(self, *args, **keywords)

    return write


def _sends_file(method: Any) -> Any:
    def sendfile(self: Any, *args: Any, **keywords: Any) -> Any:
        _tell(self, "write")
        return unseen(id(self), method)(self, *args, **keywords)  # it calls fileno()

    return sendfile


def _describes(method: Any) -> Any:
    """Return a method that calls fileno() only to show the descriptor."""

    def describe(self: Any) -> Any:
        return unseen(id(self), method)(self)

    return describe


def _reads(flags_at: int) -> Callable[[Any], Any]:
    """Return what watches a method that reads. flags_at: where its flags are among the arguments."""

    def watching(method: Any) -> Any:
        def read(self: Any, *args: Any, **keywords: Any) -> Any:
            flags = keywords.get("flags", args[flags_at] if len(args) > flags_at else 0)
            _tell(self, "peek" if flags & socket.MSG_PEEK else "read")
            return method(self, *args, **keywords)

        return read

    return watching


def _makes_file(method: Any) -> Any:
    def makefile(self: Any, mode: str = "r", *args: Any, **keywords: Any) -> Any:
        if "r" in mode:
            _tell(self, "read")
        return method(self, mode, *args, **keywords)

    return makefile


def _gives_descriptor(method: Any) -> Any:
    def fileno(self: Any) -> Any:
        _tell(self, "descriptor")
        return method(self)

    return fileno


def _detaches(method: Any) -> Any:
    def detach(self: Any) -> Any:
        _tell(self, "descriptor")
        _tell(self, "read")
        return method(self)

    return detach


def _duplicates(method: Any) -> Any:
    def dup(self: Any) -> Any:
        sock = method(self)
        sock.__class__ = _bases[type(self)]
        return sock

    return dup


_METHODS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("send", "sendall", "sendmsg", "sendto", "write"), _writes),
    "sendfile": _sends_file,
    **dict.fromkeys(("recv", "recvfrom"), _reads(1)),
    **dict.fromkeys(("recv_into", "recvfrom_into", "recvmsg", "recvmsg_into"), _reads(2)),
    "read": _reads(9),  # of TLS, without flags
    "makefile": _makes_file,
    "fileno": _gives_descriptor,
    "detach": _detaches,
    "dup": _duplicates,
    **dict.fromkeys(("__repr__", "get_inheritable"), _describes),
}


def _watched(base: Any) -> Any:
    cls = _classes.get(base)
    if cls is None:
        body: dict[str, Any] = {"__slots__": (), "__module__": base.__module__}
        for name, watching in _METHODS.items():
            method = getattr(base, name, None)
            if method is not None:
                body[name] = like = watching(method)
                like.__name__, like.__qualname__ = name, f"{base.__qualname__}.{name}"
                like.__doc__ = method.__doc__
        cls = type(base.__name__, (base,), body)
        _classes[base] = cls
        _bases[cls] = base
        reduction: Any = sys.modules.get("multiprocessing.reduction")
        reducers: Any = getattr(getattr(reduction, "ForkingPickler", None), "_extra_reducers", {})
        if base in reducers:  # it looks for the class itself, not for its bases
            reduction.ForkingPickler.register(cls, reducers[base])
    return cls


def unseen(key: int | None, method: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap `method` so that it does not count, even if it calls a watched method: sendall() of TLS calls send()."""

    def call(*args: Any, **keywords: Any) -> Any:
        here = _thread.get_ident(), key  # _here(key), without a call
        if here in _unseen:
            return method(*args, **keywords)
        _unseen.add(here)
        try:
            return method(*args, **keywords)
        finally:
            _unseen.discard(here)

    return call


class Watch:
    """Detects whether the program uses its connection with the socket's own methods, past rfile and wfile.

    While it is watched, the socket has a subclass of its class that adds no attributes. Two objects may watch one
    socket: one for a request from the connection, and one for a request that the program then reads from another file.
    """

    __slots__ = ("_base", "_stream", "key", "sock")

    def __init__(self, sock: Any, stream: Stream) -> None:
        self.sock: Any = None
        self.key: int | None = None  # in WRITTEN once the program has written to the socket; None: cannot be watched
        cls: Any = type(sock)
        self._base = _bases.get(cls, cls)
        self._stream = ref(stream)
        if isinstance(sock, socket.socket):
            with contextlib.suppress(TypeError):  # a class whose objects have another layout
                if cls is self._base:
                    sock.__class__ = _watched(cls)
                    WRITTEN.discard(id(sock))
                    _watches[id(sock)] = []
                _watches.setdefault(id(sock), []).append(self._stream)
                self.sock = sock
                self.key = id(sock)

    def recv(self, sock: Any) -> Any:
        """Return a recv() of the socket that does not count as the program's."""
        return sock.recv if self.sock is None else self._unseen(self._base.recv)

    def sendall(self) -> Any:
        """Return a sendall() of the watched socket that does not count as the program's."""
        return self._unseen(self._base.sendall)

    def _unseen(self, method: Any) -> Any:
        bound = method.__get__(self.sock)
        return unseen(self.key, bound) if isinstance(method, types.FunctionType) else bound

    def descriptor(self, method: str) -> Any:
        """Return the watched socket's fileno() if send_now() or receive_within() can replace `method`; else None."""
        if self.sock is None or os.name != "posix" or not has_c_methods(self._base, method):
            return None
        return self._base.fileno.__get__(self.sock)

    def end(self) -> None:
        sock, self.sock, self.key = self.sock, None, None
        if sock is not None:
            _watches[id(sock)].remove(self._stream)
            if not _watches[id(sock)]:
                del _watches[id(sock)]
                WRITTEN.discard(id(sock))
                sock.__class__ = self._base

    __del__ = end  # for an exchange whose files the program has replaced
