# SPDX-License-Identifier: MIT
"""Refused requests: what their handler gets and loses, and the errors that an exchange makes and keeps."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any

from fasthdr._errors import ParseError
from fasthdr._strict.connection import end_writing
from fasthdr._strict.message import empty_message
from fasthdr._strict.settings import attribute
from fasthdr._strict.state import CLOSED
from fasthdr._strict.stream import NO_WRITER

if TYPE_CHECKING:
    from collections.abc import Callable


def describe(handler: Any, raw: bytes) -> None:
    """Give a handler the attributes of a refused request, as far as they are known.

    raw: its request line, or the part that has come.
    """
    handler.requestline = raw.decode("iso-8859-1").rstrip("\r\n")
    handler.close_connection = True
    words = handler.requestline.split(" ")
    known = len(words) == 3 and all(words) and words[2].startswith("HTTP/1.") and handler.requestline.isprintable()
    handler.command, handler.path = words[:2] if known else ("", "")
    # The response has a status line, whatever the request was.
    handler.request_version = "HTTP/1.1" if handler.protocol_version >= "HTTP/1.1" else "HTTP/1.0"
    handler.headers = empty_message(handler.MessageClass)


def forget_headers(handler: Any) -> None:
    """Drop the response head that send_response() and send_header() have collected in a handler."""
    for name in ("_headers_buffer", "_default_response_headers"):
        collected = attribute(handler, name)
        if isinstance(collected, list):
            collected.clear()


def write_past(handler: Any, writer: Any, write: Callable[..., object], *args: Any) -> None:
    """Call write(*args) while handler.wfile is our writer, not the program's buffer around it, and flush the writer.

    The buffer may hold a part of another response.
    """
    if writer is NO_WRITER:
        write(*args)
        return
    around = attribute(handler, "wfile")
    handler.wfile = writer
    try:
        write(*args)
        writer.flush()
    finally:
        handler.wfile = around


def stay_refused(exchange: Any, use: str) -> None:
    """Keep a program that has caught a refusal from sending a response past wfile. use: see Exchange.shared()."""
    fault = exchange.fault
    if exchange.state != CLOSED or not isinstance(fault, ParseError):
        return
    if use == "write":
        raise fault if isinstance(fault, OSError) else BrokenPipeError(errno.EPIPE, "the request was refused")
    if use == "descriptor" and not exchange.handed:  # else another process may be sending the only response
        end_writing(exchange.watch.sock)


def too_late(offset: int) -> ParseError:
    """Return the error for a client that is too slow. offset: bytes that have come."""
    return ParseError(408, "Request timeout", offset, "9110 15.5.9")


def forget_frames(error: BaseException | None) -> None:
    """Drop the tracebacks of an error that is kept, and of its causes: they hold the handler's files."""
    while error is not None:
        error.__traceback__ = None
        error = error.__context__
