# SPDX-License-Identifier: MIT
# cython: annotation_typing=False, boundscheck=True, wraparound=True, cdivision=False
"""The wfile of strict and framed handlers."""

from __future__ import annotations

import io
import socket
import socketserver
from typing import TYPE_CHECKING, Any

from fasthdr._api import BodyDecoder, response_head
from fasthdr._errors import ParseError
from fasthdr._strict.connection import unseen
from fasthdr._strict.refusal import forget_frames, stay_refused
from fasthdr._strict.state import IDLE, RESPONDED, RESPONDING, State
from fasthdr._strict.view import View

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Self

    from fasthdr._strict.exchange import Exchange

_PIECE = 1 << 18  # bytes that the client has write_timeout to take
_SocketWriter: Any = getattr(socketserver, "_SocketWriter", None)

# What happens to the next bytes that the program writes.
_HEAD = 0  # they are collected until the response head is whole
_SIZED = 1  # they are content, of a length that the head has announced
_CONTENT = 2  # they are content, chunked or up to the end of the connection
_PASS = 3  # they go to the client as they are
_DROP = 4  # they are not part of the response, and are dropped


class ResponseWriter(View):
    """The wfile of a handler: an io.BufferedIOBase that sends only what the exchange allows.

    A response head is sent when it is whole. Content that the head does not allow is dropped: after a response to HEAD,
    after 204 and 304, and beyond Content-Length. Once a request has been refused, everything else written is dropped.
    """

    def __init__(self, exchange: Exchange, file: Any) -> None:
        self.exchange = exchange
        self.beneath = file
        self.closed: bool = False
        self._room: int = 0  # bytes to collect before they are sent: the handler's wbufsize
        # How to write to the connection: not through a file that would count it as the program's, or write a part.
        watch = exchange.watch
        self._descriptor: Any = None
        raw = file
        if type(file) is io.BufferedWriter:
            self._room = exchange.handler.wbufsize if exchange.handler.wbufsize > 1 else io.DEFAULT_BUFFER_SIZE
            raw = file.raw
        self._flush: Any = None  # for a file that we write through, and that may keep what it is given
        if type(raw) is not socket.SocketIO and type(raw) is not _SocketWriter:
            self._send: Any = unseen(watch.key, file.write)
            self._flush = unseen(watch.key, file.flush) if hasattr(file, "flush") else None
        elif watch.sock is not None and raw._sock is watch.sock:
            self._send = watch.sendall()
            self._descriptor = watch.descriptor("sendall")
        else:
            self._send = raw._sock.sendall
        self._pending: list[bytes] = []
        self._size: int = 0  # bytes pending
        self._turn: int = exchange.turn  # the request that the next four attributes are about
        self._mode: int = _HEAD
        self._held: Any = b""  # the start of a response head that is not whole
        self._final: bool = False  # the head of a final response has been written
        self._sent: bool = False  # something of a final response has been sent
        self._left: int = 0  # bytes of sized content that are still to come
        self._check: BodyDecoder | None = None  # for chunked content

    def reset(self) -> None:
        """Expect a response head; forget what is only buffered."""
        self._turn = self.exchange.turn
        self._mode = _HEAD
        self._held = b""
        self._final = False
        self._sent = False
        self._check = None
        if self._size:
            self._pending.clear()
            self._size = 0

    @property
    def begun(self) -> bool:
        """True once the program has written anything of a final response."""
        return self._turn == self.exchange.turn and (self._final or len(self._held) > 0)

    @property
    def has_sent(self) -> bool:
        """True once something of a final response has been sent."""
        return self._turn == self.exchange.turn and self._sent

    @property
    def raw(self) -> Any:
        """What the file beneath writes to. The caller may write there directly, so the connection has to end."""
        self.exchange.closes = True
        return self.beneath.raw

    def getvalue(self) -> bytes:
        """Return what has been written, if the file beneath is the program's own io.BytesIO."""
        return self.beneath.getvalue()  # type: ignore[no-any-return]

    def readable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    # The reading methods of an io.BufferedIOBase.

    def read(self, size: int | None = -1, /) -> bytes:
        raise io.UnsupportedOperation("read")

    def read1(self, size: int = -1, /) -> bytes:
        raise io.UnsupportedOperation("read1")

    def readinto(self, buffer: Any, /) -> int:
        raise io.UnsupportedOperation("readinto")

    def readinto1(self, buffer: Any, /) -> int:
        raise io.UnsupportedOperation("readinto1")

    def readline(self, size: int | None = -1, /) -> bytes:
        raise io.UnsupportedOperation("readline")

    def readlines(self, hint: int | None = -1, /) -> list[bytes]:
        raise io.UnsupportedOperation("readlines")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def write(self, data: Any, /) -> int:
        """Write all of data; returns its length in bytes."""
        if self.closed:
            raise ValueError("I/O operation on closed file.")
        if type(data) is bytes:
            size = len(data)
        else:
            with memoryview(data) as view:
                size = view.nbytes
        if self._turn != self.exchange.turn:
            if self.exchange.state == IDLE and not self.exchange.between:
                self._too_late(size)
                return size
            self.reset()  # this is the response to another request
        if self._mode == _HEAD:
            if type(data) is not bytes:
                data = bytes(data)
            self._write_head(self._held + data if self._held else data)
        elif self._mode == _SIZED:
            self._write_sized(data, size)
        elif self._mode == _CONTENT:
            self._write_content(data, size)
        elif self._mode == _PASS:
            self._put(data, size)
        return size

    def _too_late(self, size: int) -> None:
        """Drop what is written between requests, as by a thread: it would be read as the next request's response."""
        self.exchange.closes = True
        self.exchange.log("Written after the response", f"{size} bytes are dropped")

    def writelines(self, lines: Iterable[Any], /) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Send what is buffered, even a part of a response head; the framing of that response then stays unknown."""
        if self.closed:
            raise ValueError("I/O operation on closed file.")
        if self._held:
            held = self._held
            if self.exchange.expects:
                # CGIHTTPRequestHandler lets its program read the body and finish the head: send 100 Continue now.
                self._held = b""
                self.exchange.send_continue()
            self._write_as_it_is(held)
        if self._size:
            data = b"".join(self._pending)
            self._pending.clear()
            self._size = 0
            self._out(data, len(data))
        if self._flush is not None:
            if not self.exchange.broken and not getattr(self.beneath, "closed", False):
                self.exchange.send(self._flush, None, None)
        elif self._room and not self.beneath.closed:
            self.beneath.flush()

    def fileno(self) -> int:
        """Return the file descriptor. The caller may write to it directly, so the connection has to end."""
        self.flush()
        exchange = self.exchange
        if self._turn != exchange.turn:
            self.reset()  # what follows is about this request
        stay_refused(exchange, "descriptor")
        exchange.send_continue()  # nobody sees when the response begins
        exchange.closes = True
        exchange.clock.give_back()
        self._final = self._sent = True
        number: int = unseen(exchange.key, self.beneath.fileno)()  # it is for writing
        return number

    def close(self) -> None:
        if not self.closed:
            try:
                self.flush()
            finally:
                self.closed = True
                self.exchange.linger()
                self.beneath.close()

    def open(self) -> None:
        """Send everything as it is from now on."""
        self._turn = self.exchange.turn
        self._mode = _PASS

    def drop(self) -> None:
        """Send nothing from now on."""
        self._turn = self.exchange.turn
        self._mode = _DROP
        self._held = b""

    def finish(self) -> bool:
        """Send what is buffered at the end of a request. Returns True if the response is whole."""
        if self.closed or self._turn != self.exchange.turn:
            return False
        if self._held or self._size or self._room or self._flush is not None:
            self.flush()
        if self._mode == _SIZED:
            return False
        if self._mode == _CONTENT and (self._check is None or not self._check.ended):
            return False
        return self._final

    def _write_head(self, data: bytes) -> None:
        found: Any = response_head(data)
        while found and found[1] < 200 and found[1] != 101:  # an interim response (RFC 9110 15.2)
            end = found[0]
            if found[1] == 100:
                self.exchange.expects = False
            self._held = b""
            self._put(data[:end], end)
            self.flush()  # immediately: the client may wait for it
            data = data[end:]
            if not data:
                return
            found = response_head(data)
        self._held = data if found is None else b""
        if found is None:
            return
        if found is False:
            self._write_as_it_is(data)
            return
        end, status, minor, framing, persists = found
        exchange = self.exchange
        self._final = True
        closes = exchange.begin_response(status, framing, persists)
        if self._mode == _PASS:
            self._put(data, len(data))
            return
        head = data[:end] if end < len(data) else data
        if closes and minor and persists is not False:
            head = head[: -2 if head.endswith(b"\r\n") else -1] + b"Connection: close\r\n\r\n"
        if status == 204 or status == 304 or exchange.command == "HEAD":
            self._end()
        elif framing is None or framing is False:
            self._mode = _CONTENT
        elif framing == "chunked":
            self._mode = _CONTENT
            self._check = BodyDecoder("chunked")
        elif framing:
            self._mode = _SIZED
            self._left = framing
        else:
            self._end()
        self._put(head, len(head))
        if end < len(data):
            self.write(data[end:])

    def _end(self) -> None:
        """Note that the response is whole, so that nothing more is sent."""
        self._mode = _DROP
        if self.exchange.state == RESPONDING:
            self.exchange.state = RESPONDED

    def _write_as_it_is(self, data: bytes) -> None:
        """Send bytes that are not a whole HTTP/1 response head. The connection ends with this response."""
        self._held = b""
        self._mode = _PASS
        self._final = True
        self.exchange.begin_response(0, False, False)
        self._put(data, len(data))

    def _write_sized(self, data: Any, size: int) -> None:
        if size >= self._left:
            if size > self._left:
                size = self._left
                with memoryview(data).cast("B") as view:
                    data = bytes(view[:size])
            self._end()
        else:
            self._left -= size
        self._put(data, size)

    def _write_content(self, data: Any, size: int) -> None:
        check = self._check
        if check is not None:
            try:
                taken = check.check(data)
            except ParseError as error:  # the program's own framing is wrong; the client gets it as it is
                self.exchange.log("Response with faulty framing", str(error))
                self.exchange.closes = True
                self._check = None
                forget_frames(error)
            else:
                if check.ended:
                    self._end()
                    if taken < size:
                        data = bytes(data)[:taken]
                        size = taken
        self._put(data, size)

    def _put(self, data: Any, size: int) -> None:
        if not self._room:
            self._out(data, size)
            return
        self._pending.append(bytes(data))
        self._size += size
        if self._size >= self._room:
            data = b"".join(self._pending)
            self._pending.clear()
            self._size = 0
            self._out(data, len(data))

    def _out(self, data: Any, size: int) -> None:
        if not size:
            return
        self._sent = self._final
        if size <= _PIECE:
            if type(data) is not bytes:  # send() counts bytes, and the items of another object may be longer
                data = memoryview(data).tobytes()
            self.exchange.send(self._send, self._descriptor, data)
            return
        with memoryview(data).cast("B") as view:
            for start in range(0, size, _PIECE):
                self.exchange.send(self._send, self._descriptor, view[start : start + _PIECE])

    def __repr__(self) -> str:
        return f"<wfile of a handler, {State(self.exchange.state).name}>"


io.BufferedIOBase.register(ResponseWriter)
