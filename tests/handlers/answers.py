# SPDX-License-Identifier: MIT
"""What a client must receive when a program writes: by RFC 9110 and 9112 alone, without asking the exchange."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class Answer:
    """The answer to a request, as far as its program has written it."""

    def __init__(self, method: str, buffered: bool, expects: bool) -> None:
        self._method, self._buffered = method, buffered
        self._room: Any = None  # bytes of content still to come, "chunked", or None: up to the end of the connection
        self.expects = expects  # the client waits for 100 Continue
        self.interim: list[int] = []
        self.status: int | None = None  # of the final response
        self.content: bytes | None = b""  # None: send_error() chooses the content
        self.raw = b""  # bytes that are not a response, or not yet a whole head
        self.begun = False  # part of the final response is written, or is in the handler's buffer
        self.left: bool | None = False  # part of it has been sent; None: it may have been
        self.whole = False
        self.ends = False  # the connection ends after it
        self.says_close = False  # its head says that the connection ends, as far as was known when the head was written
        self.opened = False
        self.over = False  # nothing more reaches the client: wfile was replaced, or the client has been refused
        self.refused: int | None = None  # the status of a refusal that the client may have received instead of it
        self.garbled = False  # it has no head
        self.free = False  # nobody can tell how the client reads it
        self.by_hand = False  # it was written to the socket directly; later writes to wfile would follow it

    @property
    def partly(self) -> bool:
        """True if the answer is begun and not whole."""
        return self.begun and not self.whole

    @property
    def chunked(self) -> bool:
        return bool(self._room == "chunked")

    def reads(self) -> None:
        """Note that the program is about to read the body."""
        if self.expects and not self.begun and not self.over:
            self.interim.append(100)
        self.expects = False

    def says(self, status: int) -> None:
        """Note an interim response."""
        if not self.over and self.status is None:
            self.interim.append(status)

    def head(self, status: int, framing: Any) -> None:
        """Note a final response head. framing: a length, "chunked", or None."""
        self.begun = True
        if self.over or self.whole:
            return
        self.status = status
        self.ends = self.ends or self.expects  # the body may or may not come
        self.says_close = self.ends
        self._wrote()
        if status == 101 or (self._method == "CONNECT" and 200 <= status < 300):
            self.opened = self.ends = True
        elif self._method == "HEAD" or status in (204, 304):
            self.whole = True
        else:
            self._room = framing
            self.whole = framing == 0
            self.ends = self.says_close = self.ends or framing is None

    def data(self, data: bytes) -> None:
        """Note content of the final response, or what the program sends after an upgrade."""
        if self.over or self.whole:
            return
        if self.raw:
            self.raw += data
            return
        self._wrote()
        assert self.content is not None
        if isinstance(self._room, int):
            data = data[: self._room]
            self._room -= len(data)
            self.whole = self._room == 0
        self.content += data

    def last_chunk(self) -> None:
        self.whole = self.whole or not self.over

    def error(self, status: int) -> None:
        """Note a call of send_error()."""
        self.begun = self.ends = True
        if not self.over and not self.whole:
            self.head(status, "chunked")
            if not self.opened:
                self.whole, self.content = True, None

    def piece(self, data: bytes) -> None:
        """Note part of a response head, or of bytes that are not a response."""
        self.begun = True
        if not self.over and not self.whole:
            self.raw += data

    def garbage(self, data: bytes) -> None:
        """Note bytes that are not a response."""
        self.piece(data)
        self.garbled = True
        self.ends = True
        self._left()

    def flush(self) -> None:
        if self.raw:
            self.ends = True  # an incomplete head has been sent, so its framing is unknown
        if self.status is not None or self.raw:
            self.left = True

    def fault(self, status: int) -> None:
        """Note a read that failed by the client's fault. status: of the refusal; 0: the client could not be refused."""
        self.ends = True
        if not status or self.over:
            return
        self.over = True
        if self.left is False:
            self.status, self.content, self.whole, self.raw, self.begun = status, None, True, b"", True
        elif self.left is None:
            self.refused = status

    def _wrote(self) -> None:
        self.raw = b""
        self._left()

    def _left(self) -> None:
        if self.left is False:
            self.left = None if self._buffered else True


class Handled:
    """A request that a program handles: what the program has read, and its answer."""

    def __init__(self, program: Iterable[Any], method: str, answer: Answer) -> None:
        self.program, self.method, self.answer = program, method, answer
        self.key = 0
        self.expects = False  # the client may wait for 100 Continue
        self.running = True
        self.data = b""  # what rfile has given
        self.ended = False  # rfile has said that the body is over
        self.stream = b""  # what rfile has given since an upgrade
        self.may_stream = (
            False  # rfile is the stream, or ends with the body: the program answered an upgrade on the socket
        )
        self.at_head: int | None = None  # bytes that rfile had given when the response head was written
        self.faults: list[tuple[str, int, int]] = []  # the client's: class, status and id() of each exception
        self.own: BaseException | None = None  # the exception that the program itself has raised
        self.closed_rfile = False

    def head(self) -> None:
        if self.at_head is None:
            self.at_head = len(self.data)
