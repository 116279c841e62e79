# SPDX-License-Identifier: MIT
"""What a server on http.server calls: parse_request(), get_environ(), and whole rounds of a handler in memory."""

from __future__ import annotations

import contextlib
import functools
import http.client
import http.server
import io
import re
import wsgiref.simple_server
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import fasthdr.client
import fasthdr.server
import fasthdr.simple_server
from bench.comparison import BATCH, EXACT, OURS, STDLIB, STRICT, Case, Comparison, apart, loop_of, own
from bench.payloads import Body, Payload
from bench.wire import Wire

FRAMED = "fasthdr framed_body"
QUIET, LOGGED = "handle_one_request()", "handle_one_request(), default log"
CONTENT = b"Hello, world!\n"
# The time of day in the Date field and in a log line.
_DATE = re.compile(r"(?<=\nDate: )\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT(?=\r\n)|\[\d\d/\w{3}/\d{4} [\d:]{8}\]")

Reader = io.BytesIO | io.BufferedReader

OurHandler = fasthdr.server.BaseHTTPRequestHandler
StdlibHandler = apart(http.server.BaseHTTPRequestHandler)


class ExactHandler(OurHandler):
    """A handler as under install(exact_type=True)."""

    MessageClass = http.client.HTTPMessage  # type: ignore[assignment]
    parse_request = own(OurHandler.parse_request)


def reader_at(kind: str, payload: Payload) -> Reader:
    """Make a reader at the start of the field lines: the request line has been read, and the rest is in its buffer."""
    memory = io.BytesIO(payload.data)
    reader: Reader = io.BufferedReader(memory) if kind == "BufferedReader" else memory
    reader.readline()
    return reader


def rewind(readers: list[Reader], calls: int) -> None:
    for reader in readers[:calls]:
        reader.seek(0)
        reader.readline()


def handlers_of(cls: Any, payload: Payload, count: int) -> list[Any]:
    """Make HTTP/1.1 handlers as they are when handle_one_request() calls parse_request(), except for their rfile."""
    served = type("Handler", (cls,), {"protocol_version": "HTTP/1.1"})
    return [_handler(served, payload) for _ in range(count)]


def _handler(cls: Any, payload: Payload) -> Any:
    handler = cls.__new__(cls)
    handler.request = handler.connection = handler.server = handler.rfile = handler.wfile = None
    handler.client_address, handler.close_connection = ("127.0.0.1", 50000), True
    handler.raw_requestline = payload.line
    return handler


def parse_request(payload: Payload, kind: str) -> Comparison:
    """Compare BaseHTTPRequestHandler.parse_request(), with one handler for all heads, as on one connection."""

    def case(peer: str, cls: Any) -> Case:
        [handler] = handlers_of(cls, payload, 1)
        readers: list[Any] = [reader_at(kind, payload) for _ in range(BATCH)]

        def observe(reader: Reader, result: bool) -> object:
            seen = handler.requestline, handler.command, handler.path, handler.request_version
            genuine = isinstance(handler.headers, http.client.HTTPMessage)
            return result, *seen, handler.close_connection, genuine, handler.headers.items(), reader.read()

        loop = loop_of("handler.rfile = item\nresult = handler.parse_request()", handler=handler)
        return Case(peer, loop, readers, observe, functools.partial(rewind, readers))

    expected = (True, " ".join(payload.start), *payload.start, False, True, list(payload.fields), b"")
    cases = case(OURS, OurHandler), case(EXACT, ExactHandler), case(STDLIB, StdlibHandler)
    return Comparison(f"parse_request(), {kind}", payload.name, expected, cases)


def get_environ(payload: Payload) -> Comparison:
    """Compare WSGIRequestHandler.get_environ() on a handler whose message has not been read yet."""
    # as wsgiref.simple_server.WSGIServer.setup_environ() sets it
    base = {"SERVER_NAME": "localhost", "GATEWAY_INTERFACE": "CGI/1.1", "SERVER_PORT": "8000", "REMOTE_HOST": ""}
    base |= {"CONTENT_LENGTH": "", "SCRIPT_NAME": ""}

    def case(peer: str, cls: Any, parse: Callable[[Any], Any]) -> Case:
        handlers = handlers_of(cls, payload, BATCH)
        for handler in handlers:
            handler.command, handler.path, handler.request_version = payload.start
            handler.server = SimpleNamespace(base_environ=dict(base))

        def reset(calls: int) -> None:
            for handler in handlers[:calls]:
                handler.headers = parse(io.BytesIO(payload.block))

        return Case(peer, loop_of("result = item.get_environ()"), handlers, reset=reset)

    software = wsgiref.simple_server.WSGIRequestHandler.server_version
    expected = {**base, "CONTENT_TYPE": "text/plain", "SERVER_SOFTWARE": software, "REMOTE_ADDR": "127.0.0.1"}
    cases = (
        case(OURS, fasthdr.simple_server.WSGIRequestHandler, fasthdr.client.parse_headers),
        case(STDLIB, wsgiref.simple_server.WSGIRequestHandler, http.client.parse_headers),
    )
    return Comparison("get_environ()", payload.name, expected | payload.environ, cases)


def _do_GET(self: Any) -> None:
    self.send_response(200)
    self.send_header("Content-Type", "text/plain")
    self.send_header("Content-Length", str(len(CONTENT)))
    self.end_headers()
    self.wfile.write(CONTENT)


def _log_nothing(self: Any, format: str, *args: Any) -> None:
    pass


def _answering(base: Any, **attributes: Any) -> Any:
    """Make a handler class that answers as programs do, with its own copies of the functions."""
    names = {"do_GET": own(_do_GET), "log_message": own(_log_nothing)} | attributes
    return type("Handler", (base,), {name: value for name, value in names.items() if value is not None})


def _masked(text: str) -> str:
    return _DATE.sub("<date>", text)


def _answer(fields: str, content: bytes) -> str:
    of = http.server.BaseHTTPRequestHandler
    head = f"HTTP/1.1 200 OK\r\nServer: {of.server_version} {of.sys_version}\r\nDate: <date>\r\n{fields}\r\n"
    return head + content.decode("latin-1")


_GREETING = _answer(f"Content-Type: text/plain\r\nContent-Length: {len(CONTENT)}\r\n", CONTENT)


def handle_one_request(payload: Payload, operation: str) -> Comparison:
    """Compare one request of a persistent connection, from the first read of rfile to the flush of wfile.

    rfile is a BufferedReader whose first read gets the request, as from a socket; wfile is a BytesIO; the log goes to a
    StringIO instead of standard error.
    """

    def case(peer: str, base: Any) -> Case:
        cls = _answering(base) if operation == QUIET else _answering(base, log_message=None)
        [handler] = handlers_of(cls, payload, 1)
        pairs: list[Any] = [(io.BufferedReader(io.BytesIO(payload.data)), io.BytesIO()) for _ in range(BATCH)]
        log = io.StringIO()

        def reset(calls: int) -> None:
            log.seek(0)
            log.truncate()
            for rfile, wfile in pairs[:calls]:
                rfile.seek(0, io.SEEK_END)  # drops the buffered bytes, so that the next read asks the BytesIO below
                rfile.seek(0)
                wfile.seek(0)
                wfile.truncate()

        def observe(pair: Any, _: None) -> object:
            rfile, wfile = pair
            line = _masked(log.getvalue())
            log.seek(0)
            log.truncate()
            return _masked(wfile.getvalue().decode("latin-1")), line, handler.close_connection, rfile.read()

        loop = loop_of("handler.rfile, handler.wfile = item\nresult = handler.handle_one_request()", handler=handler)
        return Case(peer, loop, pairs, observe, reset, functools.partial(contextlib.redirect_stderr, log))

    line = f'127.0.0.1 - - <date> "{" ".join(payload.start)}" 200 -\n' if operation == LOGGED else ""
    cases = case(OURS, OurHandler), case(STDLIB, StdlibHandler)
    return Comparison(operation, payload.name, (_GREETING, line, False, b""), cases)


def _on_connection(peer: str, base: Any, data: bytes, see: Callable[[Any], object], **attributes: Any) -> Case:
    """Make a case that calls handle_one_request() repeatedly, on a connection that brings the same request each time.

    The handler's own setup() makes its files.
    """
    wire = Wire(data)
    cls = _answering(base, protocol_version="HTTP/1.1", **attributes)
    handler = cls.__new__(cls)
    handler.request, handler.client_address, handler.server = wire, ("127.0.0.1", 50000), None
    handler.setup()

    def observe(_: object, __: object) -> object:
        return _masked(wire.taken().decode("latin-1")), handler.close_connection, see(handler)

    loop = loop_of("result = handler.handle_one_request()", handler=handler)
    return Case(peer, loop, [None] * BATCH, observe, lambda calls: wire.sent.clear())


def connection_round(payload: Payload) -> Comparison:
    """Compare rounds on a persistent connection set up by setup(), with recv() and sendall() in Python; strict, too."""

    def case(peer: str, base: Any, **attributes: Any) -> Case:
        return _on_connection(peer, base, payload.data, lambda handler: handler.headers.items(), **attributes)

    framed, strict = case(FRAMED, OurHandler, framed_body=True), case(STRICT, OurHandler, strict=True)
    cases = case(OURS, OurHandler), framed, strict, case(STDLIB, StdlibHandler)
    return Comparison("round on a connection", payload.name, (_GREETING, False, list(payload.fields)), cases)


def _do_POST(self: Any) -> None:
    self.content = self.rfile.read()
    self.send_response(200)
    self.send_header("Content-Length", "0")
    self.end_headers()


def _decoding_POST(self: Any) -> None:
    """Decode the chunks in the handler, as some programs do."""
    parts = []
    while size := int(self.rfile.readline().split(b";")[0], 16):
        parts.append(self.rfile.read(size))
        self.rfile.readline()
    while self.rfile.readline() not in (b"\r\n", b"\n", b""):
        pass
    self.content = b"".join(parts)
    self.send_response(200)
    self.send_header("Content-Length", "0")
    self.end_headers()


def upload(body: Body) -> Comparison:
    """Compare rounds whose handler reads a chunked body: by rfile.read(), or in Python if rfile is the raw stream."""
    head = b"POST /upload HTTP/1.1\r\nHost: localhost:8000\r\nTransfer-Encoding: chunked\r\n\r\n"

    def case(peer: str, base: Any, do_POST: Any, **attributes: Any) -> Case:
        attributes |= {"do_POST": own(do_POST), "content": b""}
        return _on_connection(peer, base, head + body.wire, lambda handler: handler.content, **attributes)

    cases = (
        case(STRICT, OurHandler, _do_POST, strict=True),
        case(FRAMED, OurHandler, _do_POST, framed_body=True),
        case(f"{OURS}, decoded in Python", OurHandler, _decoding_POST),
        case(f"{STDLIB}, decoded in Python", StdlibHandler, _decoding_POST),
    )
    expected = (_answer("Content-Length: 0\r\n", b""), False, body.data)
    return Comparison("chunked upload", body.name, expected, cases)
