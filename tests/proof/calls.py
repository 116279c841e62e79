# SPDX-License-Identifier: MIT
"""Every public call, with an answer that can be compared: the calls that the leak and memory proofs make.

CALLS: name -> function without arguments that makes what the call needs, calls, and returns something comparable. The
name begins with that of the function, method or property, after its class if it has one; ": variant" may follow. An
error that a call is documented to raise is part of its answer; MemoryError never is.
"""

from __future__ import annotations

import copy
import http.client
import io
import pickle
import socket
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import fasthdr
import fasthdr._core.head
from fasthdr import client, server, simple_server

REQUEST = (
    b"POST /a%20b?c=d HTTP/1.1\r\nHost: example.org\r\nUser-Agent: probe\r\nX-Own: \xe9\r\nX-Own: 2 \r\n"
    b"Connection: upgrade, x\r\nUpgrade: h2c\r\nExpect: 100-continue\r\nContent-Type: text/plain\r\n"
    b"Content-Length: 5\r\n\r\n"
)
BLOCK = REQUEST.partition(b"\n")[2]
FEW = b"GET / HTTP/1.1\r\nHost: h\r\nX-Own: 1\r\n\r\n"
MANY = b"GET / HTTP/1.1\r\nHost: h\r\n" + b"X-Own: 1\r\n" * 40 + b"\r\n"
THOUSAND = b"Host: h\r\n" + b"X-Own: 1\r\n" * 600 + b"\r\n"
CHUNKED = b"POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
RESPONSE = b"HTTP/1.1 404 Not here\r\nServer: s\r\nTransfer-Encoding: gzip, chunked\r\nX-Own: 1\r\n\r\n"
SHORT = b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\n"
FOLDED = b"HTTP/1.1 200 OK\r\nA : b\r\n c\r\nB: d\r\n\te\r\n\r\n"
BAD_LINE = b"HTTP/1.1 200 OK\r\nA: b\r\nno colon\r\n c\r\nContent-Length : 5\r\nX-Own: 1\r\n\r\n"
ABSOLUTE = b"GET http://real.example/a?b HTTP/1.1\r\nHost: h\r\nX_Own: 1\r\nProxy: p\r\nX-Own: 2\r\n\r\n"
FOREIGN = b"A: 1\r\nno colon\r\nB: 2\r\n\r\n"  # read by the standard library's own parser
MULTIPART = b"Content-Type: multipart/form-data; boundary=----x\r\n\r\n"
QUOTED = b'Content-Type: multipart/form-data; boundary="x y"\r\n\r\n'
HOSTILE = b"Content-Type: multipart/mixed; boundary*=undefined'en'%ff\r\n\r\n"  # the stdlib may raise over this
BODY = b"3;x=y\r\nabc\r\n2\r\n\nd\r\n0\r\nX-Trailer: 1\r\n\r\n"
BASE = {"SERVER_NAME": "here", "SERVER_PORT": "80", "wsgi.url_scheme": "http"}


class Plain(http.client.HTTPMessage):
    """A user's class that is filled from the table."""


class Changed(http.client.HTTPMessage):
    """A class that only email.parser can fill."""

    def set_raw(self, name: str, value: str) -> None:
        super().set_raw(name.upper(), value)


class Lines:
    """A file with only readline()."""

    def __init__(self, data: bytes) -> None:
        self.readline = io.BytesIO(data).readline


class Connection:
    """The part of a socket that HTTPResponse uses."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self._data)


class Handler(server.BaseHTTPRequestHandler):
    """A handler whose one connection is in memory."""

    protocol_version = "HTTP/1.1"
    head_timeout = None

    def __init__(self, data: bytes, reader: Callable[[bytes], Any] = io.BytesIO, **attributes: Any) -> None:
        self.rfile, self.wfile = reader(data), io.BytesIO()
        vars(self).update(attributes)

    def date_time_string(self, timestamp: float | None = None) -> str:
        return "now"

    def version_string(self) -> str:
        return "server"

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("x-read", "0"))) if not self.strict else self.rfile.read()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET


class WSGIHandler(simple_server.WSGIRequestHandler):
    """A WSGI handler in memory, with its request already read."""

    def __init__(self) -> None:
        self.command, self.path, self.request_version = "GET", "/a%20b?c", "HTTP/1.1"
        self.headers = client.parse_headers(io.BytesIO(BLOCK))
        self.client_address = ("192.0.2.1", 1)
        self.server: Any = SimpleNamespace(base_environ=BASE)

    def address_string(self) -> str:
        return "client.example"


def buffered(data: bytes) -> Any:
    return io.BufferedReader(io.BytesIO(data))


def outcome(call: Callable[[], Any]) -> Any:
    """Return what a call returns, or the type and text of what it raises."""
    try:
        return call()
    except MemoryError:
        raise
    except Exception as error:
        return type(error).__name__, str(error)


def head(h: Any) -> Any:
    """Return what is in a head."""
    return None if h is None else (repr(h) if type(h) is not fasthdr.Head else "", h.consumed, h.headers.items())


def message(m: Any) -> Any:
    """Return what is in a message."""
    return type(m).__name__, m.items(), [type(d).__name__ for d in m.defects], m.get_payload()


def request(data: bytes = REQUEST, **options: Any) -> Any:
    return fasthdr.parse_request(data, **options)


def many(data: Any = REQUEST + FEW + b"GET / HTTP/1.1\r\n" + FOREIGN, **options: Any) -> Any:
    """Return all that parse_many() finds; of FOREIGN the standard library reads one head, and the rest is refused."""
    heads = fasthdr.parse_many(data, **options)
    return [head(each) for each in heads], heads.consumed, repr(heads.error), heads.table.tolist()


def response() -> Any:
    return fasthdr.parse_response(RESPONSE)


def block(data: bytes = BLOCK, *arguments: Any) -> Any:
    return client.parse_headers(io.BytesIO(data), *arguments)


def touched(data: bytes = BLOCK) -> Any:
    """Return a message that keeps its fields in a list of pairs, no longer in the table."""
    m = block(data)
    m._headers
    return m


def left() -> Any:
    """Return a head that the standard library has read."""
    return request(b"GET / HTTP/1.1\r\n" + FOREIGN)


def bare(cls: Any) -> Any:
    """Return an object that only __new__ has made."""
    return cls.__new__(cls)


def setting(name: str, value: Any) -> Any:
    m = block()
    setattr(m, name, value)
    return getattr(m, name), m.items()


def changing(change: Callable[[Any], Any]) -> Any:
    m = block()
    change(m)
    return m.items()


def handled(data: bytes, reader: Callable[[bytes], Any] = io.BytesIO, **attributes: Any) -> Any:
    handler = Handler(data, reader, **attributes)
    handler.handle_one_request()
    return handler.wfile.getvalue(), handler.close_connection, handler.rfile.read()


def parsed(data: bytes, **attributes: Any) -> Any:
    handler = Handler(data, **attributes)
    handler.raw_requestline = handler.rfile.readline()
    ok = handler.parse_request()
    return ok, handler.wfile.getvalue(), handler.command, handler.path if ok else None


def begun(data: bytes = RESPONSE) -> Any:
    answer = client.HTTPResponse(Connection(data))  # type: ignore[arg-type]
    try:
        answer.begin()
        return answer.status, answer.reason, answer.headers.items()
    finally:
        answer.close()


def answered(data: bytes = RESPONSE) -> Any:
    """Read a response over a socket, whose file we make."""
    near, far = socket.socketpair()
    with near, far:
        far.sendall(data)
        answer = client.HTTPResponse(near, method="HEAD")
        try:
            answer.begin()
            return answer.status, answer.headers.items()
        finally:
            answer.close()


def put(name: Any, *values: Any) -> Any:
    connection = client.HTTPConnection("localhost")
    connection.putrequest("GET", "/")
    connection.putheader(name, *values)
    return connection._buffer  # type: ignore[attr-defined]


def watched(call: Callable[[], Any]) -> Any:
    """Return what watch_fallbacks() reports of a call."""
    found: list[Any] = []
    fasthdr.watch_fallbacks(found.append)
    try:
        call()
    finally:
        fasthdr.watch_fallbacks(None)
    return [str(each) for each in found]


class LinesOfResponse(Lines):
    """A file that HTTPResponse can close."""

    def flush(self) -> None: ...
    def close(self) -> None: ...


def recovered(reader: Any = io.BytesIO) -> Any:
    """Return a response with bad lines, as http.client reads it."""
    with fasthdr.install(recover=True):
        response = http.client.HTTPResponse(SimpleNamespace(makefile=lambda _: reader(BAD_LINE)))  # type: ignore[arg-type]
        response.begin()
        return message(response.msg), response.length, response.will_close


def installed(**options: Any) -> Any:
    with fasthdr.install(**options):
        m = http.client.parse_headers(io.BytesIO(BLOCK))
        return type(m).__name__, m.items(), fasthdr.is_installed()


def counted() -> Any:
    fasthdr.collect_stats()
    try:
        request()
        left()
        return fasthdr.stats()
    finally:
        fasthdr.collect_stats(False)


def decoder(*pieces: bytes, framing: Any = "chunked", **options: Any) -> Any:
    """Return a decoder that has been fed these pieces."""
    made = fasthdr.BodyDecoder(framing, **options)
    for piece in pieces:
        made.feed(piece)
    return made


def refused_again() -> Any:
    """Return whether the same error is raised twice, and the error."""
    made = decoder()
    first, second = outcome(lambda: made.feed(b"x")), outcome(lambda: made.feed(b"x"))
    return first == second, first


def reader(*pieces: bytes, cls: Any = fasthdr.RequestReader, **options: Any) -> Any:
    """Return a reader that has been fed these pieces."""
    made = cls(**options)
    for piece in pieces:
        made.feed(piece)
    return made


def read(data: bytes, size: int, cls: Any = fasthdr.RequestReader, **options: Any) -> Any:
    """Return the head that a reader finds in pieces of this size."""
    made = cls(**options)
    heads = [made.feed(data[i : i + size]) for i in range(0, len(data), size)]
    return head(heads[-1]), made.consumed, made.received


def seen(d: Any) -> Any:
    """Return what a decoder shows."""
    trailers = None if d.trailers is None else d.trailers.items()
    return d.consumed, d.ended, d.data_left, d.received, d.wire, trailers


CALLS: dict[str, Callable[[], Any]] = {
    # from bytes to a head
    "parse_request": lambda: head(request()),
    "parse_request: many fields": lambda: head(request(MANY)),
    "parse_request: bytearray": lambda: head(request(bytearray(FEW))),  # type: ignore[arg-type]
    "parse_request: a long tail": lambda: head(request(FEW + b"x" * 1000)),
    "parse_request: incomplete": lambda: request(REQUEST[:-1]),
    "parse_request: by the stdlib": lambda: head(left()),
    "parse_request: refused": lambda: outcome(lambda: request(b"GET / HTTP/x\r\n\r\n")),
    "parse_request: too long": lambda: outcome(lambda: request(REQUEST, max_line=10, max_headers=3, max_head=50)),
    "parse_request: no bytes": lambda: outcome(lambda: request("text")),  # type: ignore[arg-type]
    "parse_request: bad limit": lambda: outcome(lambda: request(REQUEST, max_line=0)),
    "parse_request: limit of another type": lambda: outcome(lambda: request(REQUEST, max_line="1")),
    "parse_request: no such option": lambda: outcome(lambda: request(REQUEST, nonsense=1)),
    "parse_request: hostile Content-Type": lambda: outcome(lambda: head(request(b"GET / HTTP/1.1\r\n" + HOSTILE))),
    "parse_request: multipart": lambda: head(request(b"GET / HTTP/1.1\r\n" + MULTIPART)),
    "parse_request: quoted boundary": lambda: head(request(b"GET / HTTP/1.1\r\n" + QUOTED)),
    "parse_request: strict": lambda: head(request(FEW, strict=True)),
    "parse_request: strict, many fields": lambda: head(request(MANY, strict=True)),
    "parse_request: strict, incomplete": lambda: request(FEW[:-1], strict=True),
    "parse_request: strict, refused": lambda: outcome(lambda: request(b"GET / HTTP/1.1\n\n", strict=True)),
    "parse_request: start": lambda: head(request(FEW + REQUEST, start=len(FEW))),
    "parse_request: start, bytearray": lambda: head(request(bytearray(FEW + REQUEST), start=len(FEW))),  # type: ignore[arg-type]
    "parse_request: start beyond": lambda: outcome(lambda: request(FEW, start=99)),
    "parse_request: start of another type": lambda: outcome(lambda: request(FEW, start=None)),
    "parse_request: a start line too long": lambda: outcome(lambda: request(FEW, max_start_line=9)),
    "parse_many": lambda: many(),
    "parse_many: strict": lambda: many(FEW * 3 + MANY, strict=True),
    "parse_many: bodies": lambda: many(FEW + CHUNKED + BODY + FEW + CHUNKED, strict=True, bodies=True),
    "parse_many: a bad body": lambda: many(FEW + CHUNKED + b"3;x\n", strict=True, bodies=True),
    "parse_many: refused": lambda: many(FEW + b"GET / HTTP/1.1\n\n", strict=True),
    "parse_many: bytearray": lambda: many(bytearray(REQUEST + FEW), start=len(REQUEST)),
    "parse_many: hundreds": lambda: many((FEW + b"GET / HTTP/1.1\r\n" + THOUSAND) * 3, max_headers=1000),
    "parse_many: no bytes": lambda: outcome(lambda: many("text")),
    "parse_many: bad limit": lambda: outcome(lambda: many(max_line=0)),
    "parse_many: start beyond": lambda: outcome(lambda: many(start=9999)),
    "parse_many: bodies by default": lambda: outcome(lambda: many(bodies=True)),
    "Heads.__getitem__": lambda: head(fasthdr.parse_many(FEW + MANY)[-1]),
    "Heads.__getitem__: beyond": lambda: outcome(lambda: fasthdr.parse_many(FEW)[1]),
    "Heads.__iter__": lambda: [head(each) for each in iter(fasthdr.parse_many(FEW * 3))],
    "Heads.__len__": lambda: len(fasthdr.parse_many(FEW * 3)),
    "Heads.__repr__": lambda: repr(fasthdr.parse_many(FEW * 3)),
    "Heads.__init__": lambda: outcome(fasthdr.Heads),
    "Heads.__reduce__": lambda: outcome(lambda: pickle.dumps(fasthdr.parse_many(FEW))),
    "Heads.table": lambda: fasthdr.parse_many(FEW * 3).table.tolist(),
    "Heads.consumed": lambda: fasthdr.parse_many(FEW * 3).consumed,
    "Heads.error": lambda: repr(fasthdr.parse_many(b"GET / HTTP/1.1\n\n", strict=True).error),
    "Heads.head_table": lambda: fasthdr.parse_many(FEW * 3).head_table.tolist(),
    "parse_response": lambda: head(response()),
    "parse_response: recover": lambda: head(fasthdr.parse_response(BAD_LINE, recover=True)),
    "ResponseHead.defects": lambda: fasthdr.parse_response(BAD_LINE, recover=True).defects,
    "ResponseHead.defects: none": lambda: response().defects,
    "parse_response: strict": lambda: head(fasthdr.parse_response(b"HTTP/1.1 200 OK\r\n" + BLOCK, strict=True)),
    "parse_response: strict, obsolete": lambda: head(fasthdr.parse_response(FOLDED, strict=True, obsolete=True)),
    "parse_response: strict, no method": lambda: outcome(lambda: fasthdr.parse_response(SHORT, method=1)),
    "parse_response: obsolete alone": lambda: outcome(lambda: fasthdr.parse_response(SHORT, obsolete=True)),
    "parse_response: refused": lambda: outcome(lambda: fasthdr.parse_response(b"HTTP/2 x\r\n\r\n")),
    "parse_response: strict, refused": lambda: outcome(lambda: fasthdr.parse_response(b"x\r\n\r\n", strict=True)),
    "parse_response: by the stdlib": lambda: head(fasthdr.parse_response(b"HTTP/1.1 200 OK\r\n" + FOREIGN)),
    "parse_response: incomplete": lambda: fasthdr.parse_response(RESPONSE[:-1]),
    "parse_headers": lambda: head(fasthdr.parse_headers(BLOCK)),
    "parse_headers: hundreds": lambda: head(fasthdr.parse_headers(THOUSAND, max_headers=1000)),
    "parse_headers: strict": lambda: head(fasthdr.parse_headers(BLOCK, strict=True)),
    "parse_headers: strict, hundreds": lambda: head(fasthdr.parse_headers(THOUSAND, strict=True, max_headers=1000)),
    "parse_headers: strict, refused": lambda: outcome(lambda: fasthdr.parse_headers(FOREIGN, strict=True)),
    "parse_headers: by the stdlib": lambda: head(fasthdr.parse_headers(FOREIGN)),
    "parse_headers: incomplete": lambda: fasthdr.parse_headers(BLOCK[:-1]),
    "RequestReader.__init__": lambda: read(REQUEST, 7),
    "RequestReader: whole": lambda: read(REQUEST, 1000),
    "RequestReader: strict": lambda: read(MANY, 1, strict=True),
    "RequestReader: by the stdlib": lambda: read(b"GET / HTTP/1.1\r\n" + FOREIGN, 5),
    "RequestReader: not ended": lambda: reader(REQUEST[:50], REQUEST[50:99], strict=True).received,
    "RequestReader.feed": lambda: head(reader(FEW[:20]).feed(bytearray(FEW[20:]))),
    "RequestReader.feed: refused": lambda: outcome(lambda: reader(b"GET / HTTP/1.1\r\n", strict=True).feed(b"A :\r\n")),
    "RequestReader.feed: too long": lambda: outcome(lambda: reader(b"GET", max_line=9).feed(b"x" * 99)),
    "RequestReader.feed: again": lambda: outcome(lambda: reader(FEW).feed(b"")),
    "RequestReader.feed: no bytes": lambda: outcome(lambda: reader().feed("text")),
    "RequestReader.feed: of none": lambda: outcome(lambda: bare(fasthdr.RequestReader).feed(b"")),
    "RequestReader.consumed": lambda: reader(FEW + b"more").consumed,
    "RequestReader.received": lambda: reader(FEW + b"more").received,
    "RequestReader: bad limit": lambda: outcome(lambda: reader(max_line=0)),
    "RequestReader.__reduce__": lambda: outcome(lambda: pickle.dumps(reader())),
    "ResponseReader.__init__": lambda: read(RESPONSE, 7, fasthdr.ResponseReader),
    "ResponseReader: strict": lambda: read(FOLDED, 7, fasthdr.ResponseReader, strict=True, obsolete=True, method="GET"),
    "ResponseReader: obsolete alone": lambda: outcome(lambda: fasthdr.ResponseReader(obsolete=True)),
    "ResponseReader.feed": lambda: head(reader(RESPONSE[:20], cls=fasthdr.ResponseReader).feed(RESPONSE[20:])),
    "ResponseReader.feed: refused": lambda: outcome(lambda: reader(b"x\r\n", cls=fasthdr.ResponseReader, strict=True)),
    "ResponseReader.consumed": lambda: reader(RESPONSE + b"more", cls=fasthdr.ResponseReader).consumed,
    "ResponseReader.received": lambda: reader(RESPONSE + b"more", cls=fasthdr.ResponseReader).received,
    # what a head has
    "Head.consumed": lambda: request().consumed,
    "Head.headers": lambda: message(request().headers),
    "Head.headers: of none": lambda: bare(fasthdr.Head).headers.items(),
    "Head.get": lambda: (request().get("x-own"), request().get("absent", 1)),
    "Head.get: no str": lambda: outcome(lambda: request().get(b"x")),
    "Head.get: KELVIN SIGN": lambda: request().get("\u212a"),
    "Head.get: by the stdlib": lambda: left().get("a"),
    "Head.get_all": lambda: (request().get_all(b"x-own"), request().get_all("absent", 1)),
    "Head.get_all: no name": lambda: outcome(lambda: request().get_all(None)),
    "Head.keys": lambda: request().keys(),
    "Head.values": lambda: request().values(),
    "Head.__getitem__": lambda: (request()["x-own"], request()[b"x-own"]),
    "Head.__getitem__: absent": lambda: outcome(lambda: request()["absent"]),
    "Head.__contains__": lambda: ("x-own" in request(), b"absent" in request(), "a" in left()),
    "Head.__len__": lambda: (len(request()), len(left())),
    "Head.__bool__": lambda: bool(request()),
    "Head.__iter__": lambda: list(request()),
    "Head.__repr__": lambda: repr(request()),
    "Table.__repr__": lambda: repr(request().table),
    "encode_request": lambda: fasthdr.encode_request("GET", "/", {"Host": "a"}),
    "encode_request: refused": lambda: outcome(lambda: fasthdr.encode_request("GET", "/")),
    "encode_response": lambda: fasthdr.encode_response(200, [(b"A", b"b")]),
    "encode_chunk": lambda: fasthdr.encode_chunk(b"abc"),
    "encode_trailers": lambda: fasthdr.encode_trailers({"A": "b"}),
    "Head.items": lambda: request().items(),
    "Head.items: by the stdlib": lambda: left().items(),
    "Head.raw_headers": lambda: request(MANY).raw_headers,
    "Head.raw_headers: by the stdlib": lambda: left().raw_headers,
    "Head.table": lambda: memoryview(request().table).tolist(),
    "Head.table: by the stdlib": lambda: left().table,
    "Head.content_length": lambda: request().content_length,
    "Head.chunked": lambda: (request().chunked, response().chunked),
    "Head.upgrade": lambda: request().upgrade,
    "Head.__init__": lambda: outcome(lambda: fasthdr.Head()),
    "RequestHead.method": lambda: request().method,
    "RequestHead.method: of none": lambda: outcome(lambda: bare(fasthdr.RequestHead).method),
    "RequestHead.target": lambda: request().target,
    "RequestHead.version": lambda: request().version,
    "RequestHead.keep_alive": lambda: request().keep_alive,
    "RequestHead.expect_continue": lambda: request().expect_continue,
    "RequestHead.framing": lambda: (outcome(lambda: request().framing), request(FEW, strict=True).framing),
    "RequestHead.authority": lambda: (request().authority, request(ABSOLUTE, strict=True).authority),
    "RequestHead.authority: of none": lambda: bare(fasthdr.RequestHead).authority,
    "RequestHead.origin_target": lambda: (request().origin_target, request(ABSOLUTE, strict=True).origin_target),
    "ResponseHead.keep_alive": lambda: response().keep_alive,
    "ResponseHead.keep_alive: strict": lambda: fasthdr.parse_response(SHORT, strict=True, method="HEAD").keep_alive,
    "ResponseHead.framing: strict": lambda: fasthdr.parse_response(SHORT, strict=True).framing,
    "ResponseHead.framing": lambda: outcome(lambda: response().framing),
    "RequestHead.wsgi_environ": lambda: request().wsgi_environ(BASE),
    "RequestHead.wsgi_environ: no base": lambda: request().wsgi_environ(),
    "RequestHead.wsgi_environ: by the stdlib": lambda: left().wsgi_environ(BASE),
    "RequestHead.wsgi_environ: of none": lambda: outcome(lambda: bare(fasthdr.RequestHead).wsgi_environ()),
    "RequestHead.asgi_scope": lambda: request().asgi_scope(BASE),
    "RequestHead.asgi_scope: absolute-form": lambda: request(b"GET http://h/a?b HTTP/1.1\r\n\r\n").asgi_scope(),
    "RequestHead.asgi_scope: strict, absolute-form": lambda: request(ABSOLUTE, strict=True).asgi_scope(),
    "RequestHead.wsgi_environ: strict, absolute-form": lambda: request(ABSOLUTE, strict=True).wsgi_environ(),
    "RequestHead.asgi_scope: by the stdlib": lambda: left().asgi_scope(),
    "RequestHead.asgi_scope: of none": lambda: outcome(lambda: bare(fasthdr.RequestHead).asgi_scope()),
    "RequestHead.__repr__": lambda: repr(request()),
    "ResponseHead.status": lambda: response().status,
    "ResponseHead.reason": lambda: response().reason,
    "ResponseHead.version": lambda: response().version,
    "ResponseHead.__repr__": lambda: repr(response()),
    "Table.__init__": lambda: outcome(lambda: fasthdr._core.head.Table()),
    "Table.__len__": lambda: (len(request().table), len(bare(fasthdr._core.head.Table))),
    "Table.__getitem__": lambda: (request().table[0], request().table[-1]),
    "Table.__getitem__: beyond": lambda: outcome(lambda: request().table[99]),
    "Table.__getitem__: no int": lambda: outcome(lambda: request().table["a"]),
    "Table.__buffer__": lambda: memoryview(request(MANY).table).shape,
    "Table.__buffer__: of none": lambda: outcome(lambda: memoryview(bare(fasthdr._core.head.Table))),
    "Table.__buffer__: to write": lambda: outcome(lambda: io.BytesIO(b"x" * 99).readinto(request().table)),
    "Head.__reduce__": lambda: head(pickle.loads(pickle.dumps(request()))),
    "Head.__reduce__: many fields": lambda: head(copy.copy(request(MANY, strict=True))),
    "Head.__reduce__: by the stdlib": lambda: head(copy.deepcopy(left())),
    "Head.__reduce__: of a response": lambda: head(copy.copy(response())),
    "Head.__reduce__: of none": lambda: len(copy.copy(bare(fasthdr.Head))),
    "Table.__reduce__": lambda: memoryview(copy.copy(request().table)).tolist(),
    "Table.__reduce__: of none": lambda: outcome(lambda: copy.copy(bare(fasthdr._core.head.Table))),
    "ParseError: pickled": lambda: str(pickle.loads(pickle.dumps(fasthdr.ParseError(400, "r", 3, "9112 3")))),
    "ParseError.__init__": lambda: vars(fasthdr.ParseError(400, "r", 3, "9112 3", b"near\xff", "Field")),
    "ParseError.__str__": lambda: str(fasthdr.ParseError(400, "r", 3, "9112 3", b"near\xff", "Field")),
    "ParseError.code": lambda: fasthdr.ParseError(400, "r").code,
    "Fallback.__init__": lambda: vars(fasthdr.Fallback("r", 3, b"near\xff", "Field", None)),
    "Fallback.__str__": lambda: str(fasthdr.Fallback("r", 3, b"near\xff", "Field", "by")),
    "Fallback.__repr__": lambda: repr(fasthdr.Fallback("r", None, b"", None, None)),
    # the message
    "MessageTable.get": lambda: (block().get("x-own"), block().get("absent", 1)),
    "MessageTable.get: changed": lambda: (touched().get("x-own"), outcome(lambda: block().get(1))),
    "MessageTable.get: KELVIN SIGN": lambda: block().get("\u212a"),
    "MessageTable.__getitem__": lambda: (block()["host"], touched()["host"]),
    "MessageTable.__contains__": lambda: ("host" in block(), "host" in touched(), "absent" in block()),
    "MessageTable.get_all": lambda: (block().get_all("x-own"), block().get_all("absent", 1)),
    "MessageTable.get_all: changed": lambda: touched().get_all("x-own"),
    "MessageTable.keys": lambda: (block().keys(), touched().keys()),
    "MessageTable.values": lambda: (block().values(), touched().values()),
    "MessageTable.items": lambda: (block().items(), touched().items()),
    "MessageTable.raw_items": lambda: (list(block().raw_items()), list(touched().raw_items())),
    "MessageTable.__len__": lambda: (len(block()), len(touched())),
    "MessageTable._headers": lambda: block()._headers,
    "MessageTable._headers: set": lambda: setting("_headers", [("A", "1")]),
    "MessageTable.policy": lambda: type(block().policy).__name__,
    "MessageTable.policy: set": lambda: setting("policy", None)[1],
    "MessageTable.defects": lambda: (block().defects, len(block(MULTIPART).defects)),
    "MessageTable.defects: set": lambda: setting("defects", [1]),
    "MessageTable._state": lambda: sorted(block()._state()),
    "MessageTable.__copy__": lambda: message(copy.copy(block())),
    "MessageTable.__deepcopy__": lambda: message(copy.deepcopy(block())),
    "MessageTable.__setstate__": lambda: changing(lambda m: m.__setstate__({"_headers": [("A", "1")]})),
    "MessageTable.__reduce_ex__": lambda: message(pickle.loads(pickle.dumps(block()))),
    "HTTPMessage.__setitem__": lambda: changing(lambda m: m.__setitem__("A", "1")),
    "HTTPMessage.__delitem__": lambda: changing(lambda m: m.__delitem__("host")),
    "HTTPMessage.__iter__": lambda: list(block()),
    "HTTPMessage.add_header": lambda: changing(lambda m: m.add_header("A", "1", b="2")),
    "HTTPMessage.replace_header": lambda: changing(lambda m: m.replace_header("host", "x")),
    "HTTPMessage.replace_header: absent": lambda: outcome(lambda: block().replace_header("absent", "x")),
    "HTTPMessage.as_bytes": lambda: block().as_bytes(),
    "HTTPMessage.get_content_type": lambda: block().get_content_type(),
    "HTTPMessage.getallmatchingheaders": lambda: block().getallmatchingheaders("x-own"),
    "HTTPMessage: of none": lambda: (bare(client.HTTPMessage).items(), client.HTTPMessage().items()),
    # header blocks from a file
    "client.parse_headers": lambda: message(block()),
    "client.parse_headers: buffered": lambda: message(client.parse_headers(buffered(BLOCK))),
    "client.parse_headers: many fields": lambda: message(block(MANY.partition(b"\n")[2])),
    "client.parse_headers: line by line": lambda: message(client.parse_headers(Lines(BLOCK))),  # type: ignore[arg-type]
    "client.parse_headers: too many": lambda: outcome(lambda: block(THOUSAND)),
    "client.parse_headers: too long": lambda: outcome(lambda: block(b"A: " + b"x" * 70000 + b"\r\n\r\n")),
    "client.parse_headers: by the stdlib": lambda: message(block(FOREIGN)),
    "client.parse_headers: multipart": lambda: message(block(MULTIPART)),
    "client.parse_headers: quoted boundary": lambda: message(block(QUOTED)),
    "client.parse_headers: hostile Content-Type": lambda: outcome(lambda: message(block(HOSTILE))),
    "client.parse_headers: the stdlib's class": lambda: message(block(BLOCK, http.client.HTTPMessage)),
    "client.parse_headers: a class of one's own": lambda: message(block(BLOCK, Plain)),
    "client.parse_headers: a class that sets": lambda: message(block(BLOCK, Changed)),
    "client.parse_headers: no message": lambda: outcome(lambda: block(BLOCK, dict)),
    "client.parse_headers: no file": lambda: outcome(lambda: client.parse_headers(None)),  # type: ignore[arg-type]
    "client.HTTPResponse": begun,
    "client.HTTPResponse: refused": lambda: outcome(lambda: begun(b"x y z\r\n\r\n")),
    "client.HTTPResponse: over a socket": answered,
    "client.HTTPConnection.putheader": lambda: put("X-Own", "\xe9 1"),
    "client.HTTPConnection.putheader: bytes and a number": lambda: (put(b"A", b"1"), put("A", 10**20)),
    "client.HTTPConnection.putheader: refused": lambda: outcome(lambda: put("A b", "1")),
    # handlers
    "server.parse_request": lambda: parsed(REQUEST),
    "server.parse_request: many fields": lambda: parsed(MANY),
    "server.parse_request: buffered": lambda: parsed(REQUEST, reader=buffered),
    "server.parse_request: by the stdlib": lambda: parsed(b"GET / HTTP/1.1\r\n" + FOREIGN),
    "server.parse_request: HTTP/0.9": lambda: parsed(b"GET /\r\n"),
    "server.parse_request: refused": lambda: parsed(b"GET / HTTP/x\r\n\r\n"),
    "server.parse_request: too many": lambda: parsed(b"GET / HTTP/1.1\r\n" + THOUSAND),
    "server.parse_request: strict": lambda: parsed(FEW, strict=True),
    "server.parse_request: strict, refused": lambda: parsed(b"GET /\r\n\r\n", strict=True),
    "server.parse_request: a class of one's own": lambda: parsed(FEW, MessageClass=Plain),
    "server.handle_one_request": lambda: handled(FEW),
    "server.handle_one_request: framed": lambda: handled(CHUNKED + BODY + FEW, buffered, framed_body=True),
    "server.handle_one_request: strict": lambda: handled(FEW + FEW, buffered, strict=True),
    "server.handle_one_request: strict, body": lambda: handled(REQUEST + b"hello", strict=True),
    "server.handle_one_request: strict, chunked": lambda: handled(CHUNKED + BODY + FEW, buffered, strict=True),
    "server.handle_one_request: strict, refused": lambda: handled(b"GET  / HTTP/1.1\r\n\r\n", strict=True),
    "server.handle_one_request: strict, bad chunk": lambda: handled(CHUNKED + b"zz\r\n", buffered, strict=True),
    "server.handle_one_request: strict, another class": lambda: handled(FEW, strict=True, MessageClass=Plain),
    "simple_server.get_environ": lambda: WSGIHandler().get_environ(),
    # bodies
    "BodyDecoder.__init__": lambda: seen(decoder()),
    "BodyDecoder.__init__: again": lambda: outcome(lambda: decoder(BODY).__init__("chunked", max_body=3)),
    "BodyDecoder.__init__: limits": lambda: seen(decoder(BODY, max_body=10**6, max_line=99, max_head=999)),
    "BodyDecoder.__init__: bad framing": lambda: outcome(lambda: decoder(framing=-1)),
    "BodyDecoder.__init__: framing of another type": lambda: outcome(lambda: decoder(framing=True)),
    "BodyDecoder.__init__: bad limit": lambda: outcome(lambda: decoder(max_line=0)),
    "BodyDecoder.__init__: too large": lambda: outcome(lambda: decoder(framing=9, max_body=8)),
    "BodyDecoder.feed": lambda: decoder().feed(BODY),
    "BodyDecoder.feed: in pieces": lambda: seen(decoder(*(BODY[i : i + 1] for i in range(len(BODY))))),
    "BodyDecoder.feed: many chunks": lambda: decoder().feed(b"1\r\nx\r\n" * 200),
    "BodyDecoder.feed: bytearray": lambda: decoder().feed(bytearray(BODY)),
    "BodyDecoder.feed: no chunks": lambda: (decoder(framing=5).feed(b"hello"), decoder(framing=None).feed(b"hello")),
    "BodyDecoder.feed: refused": lambda: outcome(lambda: decoder(b"3;x\n")),
    "BodyDecoder.feed: refused, again": lambda: refused_again(),
    "BodyDecoder.feed: forbidden trailer": lambda: outcome(lambda: decoder(b"0\r\nHost: h\r\n\r\n")),
    "BodyDecoder.feed: bad trailer": lambda: outcome(lambda: decoder(b"0\r\nA : b\r\n\r\n")),
    "BodyDecoder.feed: no bytes": lambda: outcome(lambda: decoder().feed("text")),
    "BodyDecoder.feed: of none": lambda: outcome(lambda: bare(fasthdr.BodyDecoder).feed(b"")),
    "BodyDecoder.check": lambda: decoder().check(BODY + b"rest"),
    "BodyDecoder.check: bytearray": lambda: decoder().check(bytearray(BODY)),
    "BodyDecoder.skip": lambda: outcome(lambda: decoder(b"3\r\n").skip(3)),
    "BodyDecoder.skip: too much": lambda: outcome(lambda: decoder(b"3\r\n").skip(4)),
    "BodyDecoder.skip: too large": lambda: outcome(lambda: decoder(framing=None, max_body=8).skip(9)),
    "BodyDecoder.skip: no int": lambda: outcome(lambda: decoder().skip("1")),
    "BodyDecoder.feed_eof": lambda: decoder(b"abc", framing=None).feed_eof(),
    "BodyDecoder.feed_eof: incomplete": lambda: outcome(lambda: decoder(b"3").feed_eof()),
    "BodyDecoder.consumed": lambda: decoder(BODY + b"rest").consumed,
    "BodyDecoder.ended": lambda: (decoder(BODY).ended, decoder(framing=0).ended),
    "BodyDecoder.data_left": lambda: (decoder(b"ff\r\n").data_left, decoder(framing=None).data_left),
    "BodyDecoder.received": lambda: decoder(BODY).received,
    "BodyDecoder.wire": lambda: decoder(BODY).wire,
    "BodyDecoder.trailers": lambda: message(decoder(BODY).trailers),
    "BodyDecoder.trailers: none": lambda: (decoder().trailers, message(decoder(b"0\r\n\r\n").trailers)),
    "BodyDecoder.__reduce__": lambda: outcome(lambda: copy.copy(decoder())),
    # the rest
    "install": installed,
    "install: exact_type": lambda: installed(exact_type=True),
    "install: strict": lambda: installed(strict=True),
    "watch_fallbacks": lambda: watched(lambda: fasthdr.parse_request(b"GET / HTTP/1.1\r\n" + FOREIGN)),
    "watch_fallbacks: lines": lambda: watched(lambda: block(FOREIGN)),
    "watch_fallbacks: class": lambda: watched(lambda: block(BLOCK, Changed)),
    "watch_fallbacks: no watcher": lambda: outcome(lambda: fasthdr.watch_fallbacks(1)),  # type: ignore[arg-type]
    "install: recover": lambda: recovered(),
    "install: recover, a file of lines": lambda: recovered(LinesOfResponse),
    "uninstall": fasthdr.uninstall,
    "is_installed": fasthdr.is_installed,
    "simd": fasthdr.simd,
    "stats": counted,
    "collect_stats": lambda: fasthdr.collect_stats(False),
    "get_include": fasthdr.get_include,
}
