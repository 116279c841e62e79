# SPDX-License-Identifier: MIT
"""Programs: what a handler does with a request, step by step. A step is a tuple that begins with a name in STEPS.

Each step tells `handled.answer` what it writes.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from tests.handlers.answers import Handled
from tests.handlers.reading import read_step

Step = tuple[Any, ...]

OWN = (ValueError, TimeoutError, ConnectionResetError, BrokenPipeError, ConnectionAbortedError, KeyboardInterrupt)
# Contents of answers; steps refer to them by index.
CONTENTS = (b"", b"a", b"content", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b"x" * 9000, b"y" * 300_000)
METHODS = ("GET", "HEAD", "POST", "PUT", "OPTIONS", "CONNECT")


class _Around:
    """A file object of the program's own, wrapped around another one."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __iter__(self) -> Any:
        return iter(self._file)


# ----------------------------------------------------------------------------------------------------------- answering


def content_of(handled: Handled, number: int) -> bytes:
    return b"<%d:%s>" % (handled.key, CONTENTS[number])


def _begin(handler: Any, handled: Handled, status: int) -> bool:
    if handled.answer.partly:
        return False
    handler.send_response(status)
    handler.send_header("X-Id", str(handled.key))
    handled.answer.begun = True
    return True


def _finish(handler: Any, handled: Handled, status: int, framing: Any) -> None:
    if framing == "chunked":
        handler.send_header("Transfer-Encoding", "chunked")
    elif framing is not None:
        handler.send_header("Content-Length", str(framing))
    handled.head()
    handled.answer.head(status, framing)
    handler.end_headers()


def _head(handler: Any, handled: Handled, status: int, content: int | None, more: int) -> None:
    """Write a head. content: the head states its length, plus `more` bytes; None: chunked."""
    if _begin(handler, handled, status):
        _finish(handler, handled, status, "chunked" if content is None else len(content_of(handled, content)) + more)


def _unframed(handler: Any, handled: Handled, status: int) -> None:
    if _begin(handler, handled, status):
        _finish(handler, handled, status, None)


def _line_by_line(handler: Any, handled: Handled, status: int, content: int, reads: list[Step]) -> None:
    """Write a head, and read the body between its lines."""
    if _begin(handler, handled, status):
        for read in reads:
            read_step(handler, handled, *read[1:])
        _finish(handler, handled, status, len(content_of(handled, content)))


def _data(handler: Any, handled: Handled, content: int, start: int, stop: int) -> None:
    part = content_of(handled, content)[start:stop]
    if handled.answer.chunked and not handled.answer.whole:
        return
    handled.answer.data(part)
    handler.wfile.write(part)


def _extra(handler: Any, handled: Handled, data: bytes) -> None:
    """Write more content than was announced."""
    if not (handled.answer.chunked and handled.answer.partly):
        handled.answer.data(data)
        handler.wfile.write(data)


def _chunk(handler: Any, handled: Handled, content: int, start: int, stop: int) -> None:
    part = content_of(handled, content)[start:stop]
    if part and (handled.answer.chunked or handled.answer.whole):
        handled.answer.data(part)
        for piece in (b"%x\r\n" % len(part), part + b"\r", b"\n"):
            handler.wfile.write(piece)


def _last_chunk(handler: Any, handled: Handled, trailers: bytes, extra: bytes) -> None:
    if handled.answer.chunked or handled.answer.whole:
        handled.answer.last_chunk()
        handler.wfile.write(b"0\r\n" + trailers + b"\r\n" + extra)


def _bad_chunk(handler: Any, handled: Handled) -> None:
    if handled.answer.chunked or handled.answer.whole:
        if not handled.answer.whole:
            handled.answer.free = handled.answer.ends = True
        handler.wfile.write(b"no chunk\r\n")


def _interim(handler: Any, handled: Handled, status: int) -> None:
    if not handled.answer.partly:
        handled.answer.says(status)
        handler.send_response_only(status)
        handler.send_header("Link", "x")
        handler.end_headers()


def _continue(handler: Any, handled: Handled) -> None:
    """Send 100 Continue from the program itself, as Werkzeug does."""
    if not handled.answer.begun:
        handled.answer.says(100)
        handled.answer.expects = False
        handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")


def _written(handled: Handled, status: int, content: int) -> bytes:
    data = b"" if status in (204, 304) or handled.method == "HEAD" else content_of(handled, content)
    return b"HTTP/1.1 %d Raw\r\nX-Id: %d\r\nContent-Length: %d\r\n\r\n%s" % (status, handled.key, len(data), data)


def _pieces(handler: Any, handled: Handled, status: int, content: int, start: int, stop: int) -> None:
    """Write part of a handmade response: its twentieths from start to stop."""
    answer = handled.answer
    if answer.garbled or (answer.partly and not answer.raw):
        return
    whole = _written(handled, status, content)
    part = whole[len(whole) * start // 20 : len(whole) * stop // 20]
    if start == 0 or answer.raw:
        answer.piece(part)
        _, blank, rest = answer.raw.partition(b"\r\n\r\n")
        if blank and not answer.left:
            handled.head()
            answer.head(status, len(whole.partition(b"\r\n\r\n")[2]))
            answer.data(rest)
        handler.wfile.write(part)
    elif answer.status is not None and not answer.opened:
        answer.data(part)
        handler.wfile.write(part)


def _socket(handler: Any, handled: Handled, status: int, content: int) -> None:
    """Write to the socket itself, past wfile; not if a read has reported that 100 Continue could not be sent."""
    answer = handled.answer
    if not answer.begun and not answer.over and not getattr(handler.connection, "full", False):
        written = _written(handled, status, content)
        answer.ends = True
        handled.head()
        rest = written.partition(b"\r\n\r\n")[2]
        answer.head(status, len(rest))
        answer.data(rest)
        answer.left = answer.by_hand = True
        handled.may_stream = handled.method == "CONNECT" or "Upgrade" in handler.headers
        handler.connection.sendall(written)


def _error(handler: Any, handled: Handled, status: int) -> None:
    if not handled.answer.partly:
        handled.head()
        handled.answer.error(status)
        handler.send_error(status)


def _garbage(handler: Any, handled: Handled, data: bytes) -> None:
    if not handled.answer.begun:
        handled.answer.garbage(data)
        handler.wfile.write(data)


def _flush(handler: Any, handled: Handled) -> None:
    handled.answer.flush()
    handler.wfile.flush()


def _switch(handler: Any, handled: Handled) -> None:
    """Answer an upgrade with 101, or CONNECT with 200; else do nothing."""
    if handled.answer.begun:
        return
    if handled.method == "CONNECT":
        _unframed(handler, handled, 200)
    elif handled.method == "GET" and handler.headers.get("Upgrade") and handler.request_version == "HTTP/1.1":
        _begin(handler, handled, 101)
        handler.send_header("Connection", "upgrade")
        handler.send_header("Upgrade", "x")
        _finish(handler, handled, 101, None)
    else:
        return
    handled.answer.data(b"[open]")
    handler.wfile.write(b"[open]")


# ------------------------------------------------------------------------------------------------------ all other steps


def _close(handler: Any, handled: Handled) -> None:
    handled.answer.ends = True
    handler.close_connection = True


def _raise(handler: Any, handled: Handled, number: int) -> None:
    handled.answer.ends = True
    handled.own = OWN[number]("the program's own")
    raise handled.own


def _replace_rfile(handler: Any, handled: Handled) -> None:
    handler.rfile = _Around(handler.rfile)


def _replace_wfile(handler: Any, handled: Handled, nowhere: bool) -> None:
    if not nowhere:
        handler.wfile = _Around(handler.wfile)
    elif not handled.answer.begun:
        handled.answer.over = handled.answer.ends = True
        handler.wfile = io.BytesIO()


def _beneath(handler: Any, handled: Handled) -> None:
    """Ask for the file beneath rfile; from then on nobody knows what is read there."""
    if not handled.closed_rfile and handler.rbufsize:
        handled.answer.ends = True
        assert handler.rfile.raw is not None


def _close_rfile(handler: Any, handled: Handled) -> None:
    handled.answer.ends = True
    handled.closed_rfile = True
    handler.rfile.close()


WRITES = frozenset((
    "head", "unframed", "line by line", "data", "extra", "chunk", "last chunk", "bad chunk", "interim", "continue",
    "pieces", "socket", "error", "garbage", "switch",
))  # fmt: skip
STEPS: dict[str, Callable[..., object]] = {
    "read": read_step,
    "head": _head,
    "unframed": _unframed,
    "line by line": _line_by_line,
    "data": _data,
    "extra": _extra,
    "chunk": _chunk,
    "last chunk": _last_chunk,
    "bad chunk": _bad_chunk,
    "interim": _interim,
    "continue": _continue,
    "pieces": _pieces,
    "socket": _socket,
    "error": _error,
    "garbage": _garbage,
    "flush": _flush,
    "switch": _switch,
    "close": _close,
    "raise": _raise,
    "rfile": _replace_rfile,
    "wfile": _replace_wfile,
    "beneath": _beneath,
    "close rfile": _close_rfile,
}
