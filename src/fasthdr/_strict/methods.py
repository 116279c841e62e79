# SPDX-License-Identifier: MIT
# cython: annotation_typing=False, boundscheck=True, wraparound=True, cdivision=False
"""What the methods of strict and framed handlers do: setup(), parse_request() and handle_one_request()."""

from __future__ import annotations

import copy
import functools
import io
import sys
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary, ref

from fasthdr._api import BodyDecoder, read_request_at, request_framing
from fasthdr._errors import ParseError
from fasthdr._install import put_environ
from fasthdr._stdlib import server as _stdlib
from fasthdr._strict.answer import AnswerWriter
from fasthdr._strict.connection import forget_frames
from fasthdr._strict.exchange import Exchange, too_late
from fasthdr._strict.message import describe, message_of
from fasthdr._strict.request import RequestReader
from fasthdr._strict.settings import attribute
from fasthdr._strict.state import CLOSED, HEAD
from fasthdr.client import HTTPMessage

if TYPE_CHECKING:
    from collections.abc import Callable


# By id() of the handler, for one whose rfile is another than ours.
_exchanges: WeakValueDictionary[int, Exchange] = WeakValueDictionary()


def exchange_of(handler: Any, fresh: bool = False) -> Exchange:
    """The exchange of a handler's connection; a new one if the handler has got other files since.

    fresh: setup() has just made the files of the connection.
    """
    exchange = _current(handler)
    if exchange is not None:
        if _reads_for(handler, exchange):
            return exchange
        if exchange.state is HEAD and attribute(handler, "raw_requestline") == exchange.line:
            return exchange  # rfile is the program's, around ours
    exchange = _exchanges[id(handler)] = Exchange(handler, fresh, _beneath(attribute(handler, "rfile")), exchange)
    handler.rfile = RequestReader(exchange)
    file = attribute(handler, "wfile")
    if file is not None:
        writer = handler.wfile = AnswerWriter(exchange, _beneath(file))
        exchange.sink = ref(writer)
    wsgi: Any = sys.modules.get("wsgiref.simple_server") if exchange.strict else None
    if wsgi is not None and isinstance(handler, wsgi.WSGIRequestHandler):
        put_environ()
    return exchange


def _reads_for(handler: Any, exchange: Exchange) -> bool:
    """Whether rfile of the handler is the view of this exchange."""
    rfile = handler.rfile
    return type(rfile) is RequestReader and rfile.exchange is exchange


def _current(handler: Any) -> Exchange | None:
    """The exchange that read the handler's last request; its rfile may be another file by now."""
    try:
        rfile = handler.rfile
    except AttributeError:
        return None
    exchange = rfile.exchange if type(rfile) is RequestReader else _exchanges.get(id(handler))
    return exchange if exchange is not None and exchange.ref() is handler else None


def _beneath(file: Any) -> Any:
    return file.beneath if isinstance(file, (RequestReader, AnswerWriter)) else file


def setup(handler: Any, ours: Callable[[Any], None]) -> None:
    """Begin the exchange of a connection, for whose files setup() has just been called.

    ours: the handle_one_request() that calls run(). Another one, as Django has, is called within a run.
    """
    exchange_of(handler, fresh=True)
    theirs = type(handler).handle_one_request
    if theirs is not ours:
        weak = ref(handler)
        handler.handle_one_request = lambda: run(weak(), theirs)


def run(handler: Any, handle: Callable[[Any], object]) -> None:
    """Handle one request by handle(handler), and leave the connection before the next, or over."""
    exchange = _current(handler) or exchange_of(handler)
    if not exchange.begin():
        handle(handler)
        other = _current(handler)
        if other is not exchange and other is not None:  # of a request in a file of the program's own
            _give_back(handler, other)
            exchange.look()
        return
    try:
        handle(handler)
        if not _reads_for(handler, exchange):
            exchange.running = False
            exchange = _current(handler) or exchange
        exchange.end()
    except BaseException as error:
        exchange.running = False
        if error is not exchange.fault:
            raise  # the program's own
        if not isinstance(error, ParseError):
            exchange.log("Connection lost", repr(error))
        handler.close_connection = True
        exchange.state = CLOSED
    if exchange.fault is not None:
        forget_frames(exchange.fault)
    if exchange.late:
        _give_back(handler, exchange)


def _give_back(handler: Any, exchange: Exchange) -> None:
    """Leave a handler the files that it has been given by the program, not by setup(), and their socket as it was."""
    exchange.leave()
    if _reads_for(handler, exchange):
        handler.rfile = exchange.file
    if type(handler.wfile) is AnswerWriter and handler.wfile.exchange is exchange:
        handler.wfile = handler.wfile.beneath


def read_request(handler: Any, by_default: Callable[[Any], bool]) -> Any:
    """Read the head of a request whose request line is in raw_requestline.

    by_default: parse_request() of handlers that are neither strict nor framed.

    Returns what is to be stored in a strict handler, for parse_request() to return True: (command, path,
    request_version, requestline, raw_requestline, close_connection, headers); or what parse_request() returns.
    """
    exchange = exchange_of(handler)
    raw = handler.raw_requestline
    try:
        return _strict(handler, exchange, raw) if exchange.strict else _framed(handler, exchange, raw, by_default)
    except ParseError as error:
        describe(handler, raw)
        exchange.refuse(error)
    except TimeoutError:
        describe(handler, raw)
        exchange.refuse(exchange.fault_so_far() or too_late(len(raw)))
    except OSError as error:
        exchange.lost(error)
    return False


def _strict(handler: Any, exchange: Exchange, raw: bytes) -> Any:
    head = exchange.read_head(raw) if raw else None
    if head is None:
        handler.close_connection = True
        return False
    method = head.method
    target = head.target
    path = target
    if target[0] == "/" and len(target) > 1 and target[1] == "/":
        # As http.server has it since CVE-2021-28861: such a path would be an authority in a Location.
        path = "/" + target.lstrip("/")
    headers = head.headers if handler.MessageClass is HTTPMessage else None
    if headers is None or path is not target or target[0] != "/" or head.get("proxy") is not None:
        headers = message_of(head, handler.MessageClass)
    persistent = handler.protocol_version >= "HTTP/1.1"
    framing = head.framing
    body = _decoder(exchange, framing) if framing else None
    expects = persistent and body is not None and head.expect_continue
    exchange.accept(method, framing, body, expects, method == "CONNECT" or head.upgrade is not None)
    if target[0] != "/" and target != "*":
        exchange.origin = head.origin_target
    line = exchange.line
    found = (
        method, path, head.version, line[:-2].decode("iso-8859-1"), line, not (persistent and head.keep_alive), headers
    )  # fmt: skip
    if not expects or getattr(handler.handle_expect_100, "__func__", None) is _stdlib.handle_expect_100:
        return found
    store(handler, found)
    return _goes_on(handler, exchange)


def store(handler: Any, found: tuple[Any, ...]) -> None:
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


def _goes_on(handler: Any, exchange: Exchange) -> bool:
    """What the program's own handle_expect_100() says at once, as in http.server; ours waits for a read of the body."""
    method = handler.handle_expect_100
    if getattr(method, "__func__", None) is _stdlib.handle_expect_100:
        return True
    exchange.expects = False
    if method():
        return True
    if not exchange.writer.begun:
        raise ParseError(417, "Expectation failed", rfc="9110 10.1.1")
    exchange.closes = handler.close_connection = True
    return False


def take_body(handler: Any) -> bool:
    """Read a chunked body whole, and give the request a Content-Length (RFC 9112 7.1.3); False if that was refused."""
    exchange = exchange_of(handler)
    if exchange.body is None or exchange.framing != "chunked":
        return True
    try:
        size = exchange.take_body()
    except (OSError, ParseError) as error:
        if error is not exchange.fault:
            raise
        return False
    del handler.headers["Transfer-Encoding"]
    handler.headers["Content-Length"] = str(size)
    return True


def for_gateways(handler: Any) -> tuple[Any, Any]:
    """The path and the headers that a WSGI environ is to be made of: the origin form, no field that passes for another.

    A name with "_" is in an environ what the name with "-" is.
    """
    exchange = exchange_of(handler)
    headers = handler.headers
    hidden = [name for name in headers if "_" in name] if exchange.strict else []
    if hidden:
        headers = copy.copy(headers)
        for name in hidden:
            del headers[name]
    return handler.path if exchange.origin is None else exchange.origin, headers


def environ(handler: Any, make: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
    """What `make` makes of the request as for_gateways() has it: its WSGI environ."""
    path, headers = handler.path, handler.headers
    try:
        handler.path, handler.headers = for_gateways(handler)
        return make(handler)
    finally:
        handler.path, handler.headers = path, headers


class _Lines(io.BufferedIOBase):
    """The field lines of a head as the standard library reads them, and all of them afterwards."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self.data = b""

    def readline(self, size: int | None = -1, /) -> bytes:
        exchange = self._exchange
        limit = 65537 if size is None or size < 0 else size
        seen = 0  # bytes in which no line end is
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


def _own_expect(handler: Any) -> Any:
    """handle_expect_100() that was set on the handler itself, or None."""
    method = handler.handle_expect_100
    return None if getattr(method, "__func__", None) is type(handler).handle_expect_100 else method


def _note(expects: list[bool]) -> bool:
    expects.append(True)
    return True


def _framed(handler: Any, exchange: Exchange, raw: bytes, by_default: Callable[[Any], bool]) -> Any:
    """The head as the standard library reads it, and a body whose framing that leaves no doubt about."""
    if exchange.state is HEAD:
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
        except AttributeError:  # for by_default() to ask for
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
    expects: list[bool] = []
    own = _own_expect(handler)
    rfile = handler.rfile
    handler.rfile = file
    if found is None or found[2]:
        handler.handle_expect_100 = functools.partial(_note, expects)
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
            found = request_framing(file.data, 0)
            if found is None:
                raise ParseError(400, "Incomplete head", len(file.data), "9112 8")
        framing = found[1]
    _framed_by(exchange, handler.command, handler.request_version, framing, bool(expects), "Upgrade" in handler.headers)
    return not exchange.expects or _goes_on(handler, exchange)


def _framed_by(exchange: Exchange, command: str, version: str, framing: Any, expects: bool, upgrade: bool) -> None:
    if command == "CONNECT":
        framing = 0
        upgrade = True
    elif framing == "chunked" and version < "HTTP/1.1":
        raise ParseError(400, "Bad Transfer-Encoding", rfc="9112 6.1")
    body = _decoder(exchange, framing) if framing else None
    exchange.accept(command, framing, body, expects and body is not None, upgrade)
