# SPDX-License-Identifier: MIT
# cython: annotation_typing=False, boundscheck=True, wraparound=True, cdivision=False
"""Read the head of a request as strict mode does, or as the standard library does, with the body's framing checked."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from fasthdr._api import BodyDecoder, HTTPMessage, parse_request, read_request_at, request_framing
from fasthdr._errors import ParseError
from fasthdr._stdlib import server as _stdlib
from fasthdr._strict.message import message_of
from fasthdr._strict.refusal import describe, too_late
from fasthdr._strict.settings import attribute
from fasthdr._strict.state import HEAD

if TYPE_CHECKING:
    from collections.abc import Callable

    from fasthdr._core.head import RequestHead
    from fasthdr._strict.exchange import Exchange

# Bytes with which no method, empty line or blank begins: they are the first bytes of TLS and other binary protocols.
_NOT_HTTP = frozenset({*range(0x20), *range(0x7F, 0x100)} - {*b"\t\r\n"})


def request_line(exchange: Exchange, limit: int) -> bytes:
    """Return the next request line, at most `limit` bytes of it; b"" if the connection has ended or waited too long."""
    seen = 0  # bytes without a line end
    while True:
        start = exchange.at
        size = len(exchange.buffer) - start
        if size:
            if start + seen == 0 and size <= limit:
                end = exchange.buffer.find(b"\n") + 1
            else:
                end = exchange.buffer.find(b"\n", start + seen, start + limit) + 1 - start
            if end > 0:
                if not exchange.skips_empty or end > 2 or not _is_empty(exchange, exchange.buffer[start : start + end]):
                    break
                exchange.skips_empty = False  # an empty line after a body (RFC 9112 2.2)
                exchange.head_began = None  # the head begins behind it
                exchange.at += end
                seen = 0
                continue
            if size >= limit or (exchange.strict and exchange.buffer[start] in _NOT_HTTP):
                end = min(size, limit)
                break
        seen = size
        try:
            if not exchange.receive_head():
                end = size
                break
        except TimeoutError as error:
            if not size or not exchange.strict:
                exchange.connection_lost(error)
            else:
                describe(exchange.handler_ref(), bytes(exchange.buffer[exchange.at :]))
                exchange.refuse(fault_so_far(exchange) or too_late(size))
            return b""
        except OSError as error:
            exchange.connection_lost(error)
            return b""
    line = exchange.buffer[exchange.at : exchange.at + end]
    exchange.line = line if type(line) is bytes else bytes(line)
    exchange.state = HEAD
    exchange.unparsed = True
    return exchange.line  # type: ignore[no-any-return]


def _is_empty(exchange: Exchange, line: Any) -> bool:
    return line == b"\r\n" or (line == b"\n" and not exchange.strict)


def read_head(exchange: Exchange, raw: bytes) -> RequestHead | None:
    """Read a strict head whose request line is `raw`; None if the connection ends before its first byte."""
    if exchange.state != HEAD or raw is not exchange.line:  # a line that the program has changed, or read itself
        if exchange.state == HEAD:
            exchange.at += len(exchange.line)
        exchange.buffer = raw + bytes(exchange.buffer[exchange.at :])
        exchange.at = 0
        exchange.state = HEAD
    parsed = 0  # bytes at the last parse: a head that arrives byte by byte is not parsed for each of them
    seen = 0  # bytes without an empty line
    while True:
        start = exchange.at
        size = len(exchange.buffer) - start
        tail = exchange.buffer[start + max(seen - 3, 0) :] if parsed else b""
        if size >= 2 * parsed or b"\n\r\n" in tail or b"\n\n" in tail:
            head = _parsed(exchange, exchange.buffer, start)
            if head is not None:
                if raw[:1] == b"\r" or raw is not exchange.line:  # empty lines came before it
                    exchange.line = _request_line(exchange.buffer, start)
                exchange.at = start + head.consumed
                return head
            parsed = size
        seen = size
        if not exchange.receive_head():
            left = bytes(exchange.buffer[exchange.at :])
            _parsed(exchange, exchange.buffer, exchange.at)  # raises if something is wrong with the part that has come
            if not left.strip(b"\r\n"):
                return None
            raise ParseError(400, "Incomplete head", len(left), "9112 8")


def fault_so_far(exchange: Exchange) -> ParseError | None:
    """Return the error in the part of a strict head that has come: read_head() does not parse it for each byte."""
    if not exchange.strict:
        return None
    try:
        _parsed(exchange, exchange.buffer, exchange.at)
    except ParseError as error:
        return error
    return None


def _parsed(exchange: Exchange, buffer: Any, start: int) -> RequestHead | None:
    """Return the head in the buffer from `start` on; None while it is incomplete."""
    if not start:
        return _within_limits(exchange, buffer)
    # Release the view: the buffer cannot grow while there is one.
    with memoryview(buffer) as view, view[start:] as rest:
        return _within_limits(exchange, rest)


def _within_limits(exchange: Exchange, data: Any) -> RequestHead | None:
    if exchange.limits is None:
        return parse_request(data, strict=True)
    return parse_request(data, strict=True, **exchange.limits)


def _request_line(buffer: bytes | bytearray, start: int) -> bytes:
    while buffer.startswith(b"\r\n", start):
        start += 2
    return bytes(buffer[start : buffer.index(b"\n", start) + 1])


def _refuse(handler: Any, exchange: Exchange, raw: bytes, error: ParseError | OSError) -> bool:
    """Answer an error that the client has caused before its head was whole. Returns False."""
    if isinstance(error, ParseError):
        describe(handler, raw)
        exchange.refuse(error)
    elif isinstance(error, TimeoutError):
        describe(handler, raw)
        exchange.refuse(fault_so_far(exchange) or too_late(len(raw)))
    else:
        exchange.connection_lost(error)
    return False


def strict_head(handler: Any, exchange: Exchange, raw: bytes) -> Any:
    framing: Any = 0
    body = None
    try:
        head = read_head(exchange, raw) if raw else None
        if head is not None:
            framing = head.framing
            body = _decoder(exchange, framing) if framing else None
    except (ParseError, OSError) as error:
        return _refuse(handler, exchange, raw, error)
    # From here on, an error is the program's: its MessageClass is called, and perhaps its handle_expect_100().
    if head is None:
        handler.close_connection = True
        return False
    method = head.method
    target = head.target
    path = target
    if target[0] == "/" and len(target) > 1 and target[1] == "/":
        # As in http.server since CVE-2021-28861: in a Location, such a path would be read as an authority.
        path = "/" + target.lstrip("/")
    headers = head.headers if handler.MessageClass is HTTPMessage else None
    if headers is None or path is not target or target[0] != "/" or head.get("proxy") is not None:
        headers = message_of(head, handler.MessageClass)
    persistent = handler.protocol_version >= "HTTP/1.1"
    keep_alive = head.keep_alive
    if not keep_alive:
        exchange.closes = True  # RFC 9112 9.6: whatever the program makes of close_connection
    expects = persistent and body is not None and head.expect_continue
    exchange.accept(method, framing, body, expects, method == "CONNECT" or head.upgrade is not None)
    if target[0] != "/" and target != "*":
        exchange.origin = head.origin_target
    line = exchange.line
    found = (
        method, path, head.version, line[:-2].decode("iso-8859-1"), line, not (persistent and keep_alive), headers
    )  # fmt: skip
    if not expects or (
        not exchange.handed and getattr(handler.handle_expect_100, "__func__", None) is _stdlib.handle_expect_100
    ):
        return found
    _store(handler, found)
    return _handle_expect_100(handler, exchange)


def _store(handler: Any, found: tuple[Any, ...]) -> None:
    """Store what read_request() has found."""
    (
        handler.command, handler.path, handler.request_version, handler.requestline, handler.raw_requestline,
        handler.close_connection, handler.headers,
    ) = found  # fmt: skip


def _decoder(exchange: Exchange, framing: Any) -> BodyDecoder:
    settings = exchange.settings
    return BodyDecoder(
        framing,
        max_body=settings.max_body,
        max_line=settings.max_line,
        max_headers=settings.max_headers,
        max_head=settings.max_head,
    )


def _handle_expect_100(handler: Any, exchange: Exchange) -> bool:
    """Call the program's own handle_expect_100() now, as http.server does; ours waits until the body is read.

    So is ours if the program already has a descriptor of the connection: nobody sees when it reads or responds.
    """
    method = handler.handle_expect_100
    if getattr(method, "__func__", None) is _stdlib.handle_expect_100:
        if exchange.handed:
            exchange.send_continue()
        return True
    exchange.expects = False
    if method():
        around = attribute(handler, "wfile")
        if around is not None and around is not exchange.writer:
            around.flush()  # the program's buffer around wfile: the client waits for what it holds
        return True
    if exchange.writer.begun:
        exchange.closes = handler.close_connection = True
    else:
        exchange.refuse(ParseError(417, "Expectation failed", rfc="9110 10.1.1"))
    return False


class _Lines(io.BufferedIOBase):
    """A file from which the standard library reads field lines. `data` has all that it has read."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self.data = b""

    def readline(self, size: int | None = -1, /) -> bytes:
        exchange = self._exchange
        limit = 65537 if size is None or size < 0 else size
        seen = 0  # bytes without a line end
        while True:
            start = exchange.at
            end = exchange.buffer.find(b"\n", start + seen, start + limit) + 1 - start
            seen = len(exchange.buffer) - start
            if end <= 0 and seen < limit and exchange.receive_head():
                continue
            if end <= 0:
                end = min(len(exchange.buffer) - exchange.at, limit)
            line = bytes(exchange.buffer[exchange.at : exchange.at + end])
            exchange.at += end
            self.data += line
            return line


def _own_expect_100(handler: Any) -> Any:
    """Return the handle_expect_100() that was set on the handler itself, or None."""
    method = handler.handle_expect_100
    return None if getattr(method, "__func__", None) is type(handler).handle_expect_100 else method


def _expect_100_later() -> bool:
    """Replace handle_expect_100() while a head is read: whether to call it is known only when the body is known."""
    return True


def _expects(handler: Any) -> bool:
    """Tell whether the client waits for 100 Continue: Expect lists it, on any of its lines (RFC 9110 10.1.1).

    The standard library looks only at the first line as a whole; a client that sends more would wait forever.
    """
    if handler.protocol_version < "HTTP/1.1" or handler.request_version < "HTTP/1.1":
        return False
    # A list, because each generator that Cython makes leaks a reference to its type.
    values = ",".join(handler.headers.get_all("Expect", ()))
    return "100-continue" in [value.strip(" \t\r\n").lower() for value in values.split(",")]  # an obs-fold is blanks


def framed_head(handler: Any, exchange: Exchange, raw: bytes, by_default: Callable[[Any], bool]) -> Any:
    """Read the head as the standard library does, and refuse it unless it frames the body in exactly one way."""
    try:
        found = _framed_head(handler, exchange, raw, by_default)
    except (ParseError, OSError) as error:
        if error is not exchange.fault:
            raise  # the program's, such as of its MessageClass
        return _refuse(handler, exchange, raw, error)
    return _handle_expect_100(handler, exchange) if found is True and exchange.expects else found


def _clients_fault(exchange: Exchange, error: ParseError) -> ParseError:
    """Note that the client has caused an error, and return the error."""
    exchange.fault = error
    return error


def _framed_head(handler: Any, exchange: Exchange, raw: bytes, by_default: Callable[[Any], bool]) -> Any:
    if exchange.state == HEAD:
        exchange.at += len(exchange.line)
    exchange.state = HEAD
    exchange.line = b""
    found = None
    if type(exchange.buffer) is bytes:
        try:
            found = request_framing(exchange.buffer, exchange.at)
        except ParseError:
            found = None  # it is raised below, if the standard library accepts the head
    if found is not None and not found[2]:
        start = exchange.at
        exchange.at = found[0]
        try:
            head = read_request_at(handler, raw, exchange.buffer, start, handler.MessageClass, handler.protocol_version)
        except AttributeError:  # by_default() will look for the attribute itself
            head = None
        if head is None or head[6] is None:
            exchange.at = start
        else:
            command, version, close, line, path, headers, _ = head
            _framed_by(exchange, command, version, found[1], False, "Upgrade" in headers)
            return command, path, version, line, raw, close, headers
    if found is not None:
        file: Any = io.BytesIO(exchange.buffer[exchange.at : found[0]])
    else:
        file = _Lines(exchange)
    own = _own_expect_100(handler)
    rfile = handler.rfile
    handler.rfile = file
    if found is None or found[2]:
        handler.handle_expect_100 = _expect_100_later
    try:
        ok = by_default(handler)
    finally:
        handler.rfile = rfile
        if found is None or found[2]:
            del handler.handle_expect_100
            if own is not None:
                handler.handle_expect_100 = own
        if found is not None:
            exchange.at += file.tell()
    if not ok:
        exchange.closes = True
        return False
    framing: Any = 0
    if handler.request_version == "HTTP/0.9":
        exchange.closes = handler.close_connection = True
        exchange.writer.open()
    else:
        if found is None:
            try:
                found = request_framing(file.data, 0)
            except ParseError as error:
                raise _clients_fault(exchange, error)  # noqa: B904 (it is the same error)
            if found is None:
                raise _clients_fault(exchange, ParseError(400, "Incomplete head", len(file.data), "9112 8"))
        framing = found[1]
    expects = bool(framing) and _expects(handler)
    _framed_by(exchange, handler.command, handler.request_version, framing, expects, "Upgrade" in handler.headers)
    return True


def _framed_by(exchange: Exchange, command: str, version: str, framing: Any, expects: bool, upgrade: bool) -> None:
    if command == "CONNECT":
        if framing:
            raise _clients_fault(exchange, ParseError(400, "Content in a CONNECT", rfc="9110 9.3.6"))
        upgrade = True
    elif framing == "chunked" and version < "HTTP/1.1":
        raise _clients_fault(exchange, ParseError(400, "Bad Transfer-Encoding", rfc="9112 6.1"))
    try:
        body = _decoder(exchange, framing) if framing else None
    except ParseError as error:
        raise _clients_fault(exchange, error)  # noqa: B904 (it is the same error)
    exchange.accept(command, framing, body, expects and body is not None, upgrade)
