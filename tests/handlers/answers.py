# SPDX-License-Identifier: MIT
"""What a client has to get of what a program writes, by RFC 9110 and 9112 alone, without a look at the exchange."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class Answer:
    """The answer to a request, as far as its program has written it."""

    def __init__(self, method: str, buffered: bool, expects: bool) -> None:
        self._method, self._buffered = method, buffered
        self._room: Any = None  # bytes of content to come, "chunked", or None up to the end of the connection
        self.expects = expects  # the client waits for 100 Continue
        self.interim: list[int] = []
        self.status: int | None = None  # of the final response
        self.content: bytes | None = b""  # None: whatever send_error() says
        self.raw = b""  # what is no response, or not yet
        self.begun = False  # something of the final response is written, or in the handler's buffer
        self.left: bool | None = False  # something of it has left; None: it may have
        self.whole = False
        self.ends = False  # the connection ends with it
        self.says_close = False  # its head says so, as it is known by then
        self.opened = False
        self.over = False  # nothing more arrives: another wfile, or a client that has been refused
        self.refused: int | None = None  # the status of a refusal that the client may have got in its place
        self.garbled = False  # it has no head
        self.free = False  # nobody can say what the client makes of it
        self.by_hand = False  # it was written on the socket itself: what is written to wfile comes on top of that

    @property
    def partly(self) -> bool:
        """Begun, and not whole."""
        return self.begun and not self.whole

    @property
    def chunked(self) -> bool:
        return bool(self._room == "chunked")

    def reads(self) -> None:
        """The program is about to look at the body."""
        if self.expects and not self.begun and not self.over:
            self.interim.append(100)
        self.expects = False

    def says(self, status: int) -> None:
        """An interim response."""
        if not self.over and self.status is None:
            self.interim.append(status)

    def head(self, status: int, framing: Any) -> None:
        """A final response head. framing: a length, "chunked", or None."""
        self.begun = True
        if self.over or self.whole:
            return
        self.status = status
        self.ends = self.ends or self.expects  # whether the body comes is not known
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
        """Content of the final response, or what the program says after an upgrade."""
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
        """send_error()."""
        self.begun = self.ends = True
        if not self.over and not self.whole:
            self.head(status, "chunked")
            if not self.opened:
                self.whole, self.content = True, None

    def piece(self, data: bytes) -> None:
        """A part of a response head, or of what is none."""
        self.begun = True
        if not self.over and not self.whole:
            self.raw += data

    def garbage(self, data: bytes) -> None:
        """What is no response."""
        self.piece(data)
        self.garbled = True
        self.ends = True
        self._left()

    def flush(self) -> None:
        if self.raw:
            self.ends = True  # what has left is no whole head: nobody knows its framing
        if self.status is not None or self.raw:
            self.left = True

    def fault(self, status: int) -> None:
        """A read has met the client's fault, and the client has been refused with a status, or could not be (0)."""
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
    """A request in the hands of a program: what it has read and answered."""

    def __init__(self, program: Iterable[Any], method: str, answer: Answer) -> None:
        self.program, self.method, self.answer = program, method, answer
        self.key = 0
        self.expects = False  # the client may wait for 100 Continue
        self.running = True
        self.data = b""  # what rfile has given
        self.ended = False  # rfile has said that the body is over
        self.stream = b""  # what rfile has given after an upgrade
        self.may_stream = (
            False  # rfile is the stream, or ends with the body: an upgrade that was answered on the socket
        )
        self.at_head: int | None = None  # bytes that rfile had given when the response head was written
        self.faults: list[tuple[str, int, int]] = []  # of the client: class, status and id() of what was raised
        self.own: BaseException | None = None  # what the program itself has raised
        self.closed_rfile = False

    def head(self) -> None:
        if self.at_head is None:
            self.at_head = len(self.data)
