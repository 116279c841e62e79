# SPDX-License-Identifier: MIT
# cython: annotation_typing=False, boundscheck=True, wraparound=True, cdivision=False
"""What the methods of strict and framed handlers do: setup(), parse_request(), handle_one_request(), get_environ()."""

from __future__ import annotations

import contextlib
import copy
import tempfile
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary, ref

from fasthdr._errors import ParseError
from fasthdr._strict import environ_patch
from fasthdr._strict.exchange import Exchange
from fasthdr._strict.files import reads_through, socket_of
from fasthdr._strict.head import framed_head, strict_head
from fasthdr._strict.refusal import forget_frames
from fasthdr._strict.rfile import BodyReader
from fasthdr._strict.settings import BIG, attribute, is_on
from fasthdr._strict.state import CLOSED, HEAD, IDLE, OPEN
from fasthdr._strict.wfile import ResponseWriter

if TYPE_CHECKING:
    from collections.abc import Callable


# By id() of the handler, for handlers whose rfile is not ours.
_exchanges: WeakValueDictionary[int, Exchange] = WeakValueDictionary()


def _exchange_of(handler: Any) -> Exchange:
    """Return the exchange of a handler's connection; a new one if the handler has other files by now."""
    return _attached(handler) or _new(handler)


def _attached(handler: Any) -> Exchange | None:
    """Return the exchange of a handler's connection if the handler still has the exchange's files."""
    exchange = _current(handler)
    if exchange is None or _reads_for(handler, exchange):
        return exchange
    if exchange.state == HEAD and (
        attribute(handler, "raw_requestline") == exchange.line or reads_through(handler.rfile, exchange)
    ):
        return exchange  # the program has wrapped our rfile
    return None


def _with_request(handler: Any) -> Exchange:
    """Return the exchange that has read the head of a handler's request; the program may have wrapped our rfile."""
    return _current(handler) or _new(handler)


def _new(handler: Any, fresh: bool = False) -> Exchange:
    """Make the exchange of a handler's files. fresh: setup() has just made them, for a new connection."""
    exchange = _exchanges[id(handler)] = Exchange(
        handler, fresh, _beneath(attribute(handler, "rfile")), _current(handler)
    )
    handler.rfile = BodyReader(exchange)
    file = attribute(handler, "wfile")
    if file is not None:
        _give_writer(handler, exchange, _beneath(file))
    if exchange.strict and hasattr(type(handler), "get_environ"):  # wsgiref's handler, or a copy of it
        environ_patch.need()
    return exchange


def _new_at_start(handler: Any) -> Exchange:
    """Make the exchange of a round. After an earlier one, what is written before this request is not its response."""
    exchange = _new(handler)
    if attribute(handler, "raw_requestline") is not None:
        exchange.turn = 1
    return exchange


def _give_writer(handler: Any, exchange: Exchange, file: Any) -> None:
    writer = handler.wfile = ResponseWriter(exchange, file)
    exchange.writer_ref = ref(writer)


def _at_start(handler: Any) -> Exchange | None:
    """Do _current() for a round that begins. If the program has made its own file of the connection, return a new one.

    It looks up rfile once, because each round calls it.
    """
    try:
        rfile = handler.rfile
    except AttributeError:
        return None
    if type(rfile) is BodyReader:
        exchange = _exchange_behind(rfile)
        return exchange if exchange.handler_ref() is handler else None
    found = _current(handler)
    if found is not None and found.state == IDLE and socket_of(rfile) is not None:
        return _new_at_start(handler)
    return found


def _reads_for(handler: Any, exchange: Exchange) -> bool:
    """Return whether the handler's rfile is the view of this exchange."""
    rfile = handler.rfile
    return type(rfile) is BodyReader and _exchange_behind(rfile) is exchange


def _exchange_behind(reader: BodyReader) -> Exchange:
    return reader.exchange  # the .pxd file gives the reader a type, so that this is no look-up


def _current(handler: Any) -> Exchange | None:
    """Return the exchange that read the handler's last request; the handler's rfile may be another file by now."""
    try:
        rfile = handler.rfile
    except AttributeError:
        return None
    exchange = _exchange_behind(rfile) if type(rfile) is BodyReader else _exchanges.get(id(handler))
    return exchange if exchange is not None and exchange.handler_ref() is handler else None


def _beneath(file: Any) -> Any:
    return file.beneath if isinstance(file, (BodyReader, ResponseWriter)) else file


def setup(handler: Any, ours: Callable[[Any], None]) -> None:
    """Begin the exchange of a connection after setup() has made its files.

    ours: the handle_one_request() that calls run(). Any other, such as Django's, is called by run().
    """
    if _attached(handler) is None:
        _new(handler, fresh=True)
    theirs = type(handler).handle_one_request
    if theirs is not ours:
        weak = ref(handler)

        def handle_one_request(*args: Any, **keywords: Any) -> Any:
            return run(weak(), lambda handler: theirs(handler, *args, **keywords))

        handler.handle_one_request = handle_one_request


def run(handler: Any, handle: Callable[[Any], Any]) -> Any:
    """Handle one request with handle(handler). Afterwards the connection waits for the next request, or is over.

    Returns what `handle` returns; None if the client was at fault.
    """
    exchange = _at_start(handler)
    if exchange is None:
        if not is_on(handler):
            return handle(handler)
        exchange = _new_at_start(handler)
    if exchange.start_request():
        return _round(handler, exchange, handle, None)
    inner = exchange
    if exchange.state != IDLE and not _reads_for(handler, exchange):
        inner = _exchange_of(handler)  # for a request in one of the program's own files
        if inner is not exchange:
            inner.start_request()
    returned = _round(handler, inner, handle, exchange)
    if not _reads_for(handler, exchange):
        _exchanges[id(handler)] = exchange
    return returned


def _round(handler: Any, exchange: Exchange, handle: Callable[[Any], Any], outer: Exchange | None) -> Any:
    """Handle a request and end it. outer: the exchange of the enclosing request, which is not ended here."""
    returned = None
    try:
        returned = handle(handler)
        if not _reads_for(handler, exchange):
            if exchange is not outer:
                exchange.running = False
            exchange = _current(handler) or exchange
        if exchange is outer:
            return returned
        exchange.end()
    except BaseException as error:
        if exchange is outer:
            raise
        exchange.running = False
        if error is not exchange.fault:
            exchange = _current(handler) or exchange  # that of a request from another file
        if error is not exchange.fault:
            raise  # the program's own error
        if not isinstance(error, ParseError):
            exchange.log("Connection lost", repr(error))
        handler.close_connection = True
        exchange.state = CLOSED
    if exchange.fault is not None:
        forget_frames(exchange.fault)
    # At the end of the connection, finish() closes our files, which read what the client still sends.
    if not exchange.fresh and not (outer is None and exchange.state == CLOSED and socket_of(exchange.file) is not None):
        _give_back(handler, exchange)
    return returned


def _give_back(handler: Any, exchange: Exchange) -> None:
    """Give a handler back the files that the program, not setup(), gave it, and restore their socket."""
    exchange.release_socket()
    if _reads_for(handler, exchange):
        handler.rfile = exchange.file
    if type(handler.wfile) is ResponseWriter and handler.wfile.exchange is exchange:
        handler.wfile = handler.wfile.beneath


def read_request(handler: Any, by_default: Callable[[Any], bool]) -> Any:
    """Read the head of a request whose request line is in raw_requestline.

    by_default: parse_request() of handlers that are neither strict nor framed.

    Returns what to store in the handler before parse_request() returns True: (command, path,
    request_version, requestline, raw_requestline, close_connection, headers); or what parse_request() returns.
    """
    exchange = _attached(handler)
    if exchange is None:
        if not is_on(handler):
            return by_default(handler)
        exchange = _new(handler)
    try:
        wfile = handler.wfile
    except AttributeError:
        wfile = None
    if type(wfile) is not ResponseWriter and socket_of(wfile) is not None:
        _give_writer(handler, exchange, wfile)
    exchange.unparsed = False
    raw = handler.raw_requestline
    if exchange.state != HEAD and exchange.state != IDLE and exchange.state != OPEN:
        # The program reads requests in a loop without handle_one_request(). We cannot know where it saw the previous
        # request end, so what it takes for a request line may be content.
        exchange.closes = handler.close_connection = True
        return False
    if exchange.strict:
        return strict_head(handler, exchange, raw)
    return framed_head(handler, exchange, raw, by_default)


def take_body(handler: Any) -> bool:
    """Read the whole of a chunked body, and set Content-Length (RFC 9112 7.1.3). Returns False if it was refused."""
    exchange = _with_request(handler)
    if exchange.body is None or exchange.framing != "chunked":
        return True
    try:
        size = _store_body(exchange)
    except (OSError, ParseError) as error:
        if error is not exchange.fault:
            raise
        return False
    del handler.headers["Transfer-Encoding"]
    handler.headers["Content-Length"] = str(size)
    return True


def _store_body(exchange: Exchange) -> int:
    """Read the whole body now, for later reads. Returns its length in bytes."""
    with contextlib.ExitStack() as stack:
        file = stack.enter_context(tempfile.SpooledTemporaryFile(BIG))
        while True:
            buffer, start, stop = exchange.content()
            if start == stop:
                break
            file.write(buffer[start:stop])
            exchange.took(stop - start)
        stack.pop_all()  # it stays open
    size = file.tell()
    file.seek(0)
    exchange.body_file = file
    return size


def path_and_headers(handler: Any) -> tuple[Any, Any]:
    """Return the path and the headers for a WSGI environ: the origin-form, and no field that could pass for another.

    A WSGI environ does not distinguish a name with "_" from the same name with "-".
    """
    exchange = _with_request(handler)
    headers = handler.headers
    hidden = [name for name in headers if "_" in name] if exchange.strict else []
    if hidden:
        headers = copy.copy(headers)
        for name in hidden:
            del headers[name]
    return handler.path if exchange.origin is None else exchange.origin, headers


def environ(handler: Any, make: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
    """Return the WSGI environ that `make` builds from the path and headers of path_and_headers()."""
    path, headers = handler.path, handler.headers
    try:
        handler.path, handler.headers = path_and_headers(handler)
        return make(handler)
    finally:
        handler.path, handler.headers = path, headers
