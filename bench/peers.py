# SPDX-License-Identifier: MIT
"""The parsers of bytes: each does the same reads in its fastest way, with its own types.

PEERS: package -> a function of the name of the field that is read. Its result has, for each kind, label -> a statement
over a head as bytes (bench.comparison.loop_of), and under "names" what these statements use.

    one       method, target, version, and the value of the field
    response  version, status, reason phrase, and the value
    pairs     every field as a list of (name, value), both str
    environ   the environ of a WSGI application (PEP 3333)
    body      label -> a function that takes the bytes of a chunked body and returns a function that decodes them, once;
              a parser that needs the head has got it before

"new" is a parser object for each head, as for the first request of a connection; "kept" is one object for all heads.
"""

from __future__ import annotations

import http.client
import http.server
import importlib.util
import io
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import fasthdr
from bench.comparison import OURS, STDLIB, STRICT, loop_of
from bench.wire import Source

CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
ADDRESSES = {"SERVER_NAME": "localhost", "SERVER_PORT": "8000", "REMOTE_ADDR": "127.0.0.1", "REMOTE_PORT": "50000"}
ADDRESSES["wsgi.url_scheme"] = "http"

Peer = dict[str, dict[str, Any]]
Decode = Callable[[], bytes]


def as_pairs(fields: str) -> str:
    """Return a statement that makes str pairs from fields of bytes."""
    return f"result = [(name.decode('latin-1'), value.decode('latin-1')) for name, value in {fields}]"


def _fasthdr(wanted: str) -> Peer:
    """head.get() creates no message; head.headers does."""

    def environ(data: bytes) -> Any:
        return fasthdr.parse_request(data).wsgi_environ(ADDRESSES)  # type: ignore[union-attr]

    def body(wire: bytes) -> Decode:
        decoder = fasthdr.BodyDecoder("chunked")
        return lambda: decoder.feed(wire)

    functions = {"parse": fasthdr.parse_request, "response": fasthdr.parse_response, "environ": environ}
    reads = "result = head.method, head.target, head.version, head.get(wanted)"
    return {
        "names": {**functions, "wanted": wanted},
        "one": {OURS: f"head = parse(item)\n{reads}", STRICT: f"head = parse(item, strict=True)\n{reads}"},
        "response": {OURS: "head = response(item)\nresult = head.version, head.status, head.reason, head.get(wanted)"},
        "pairs": {OURS: "result = parse(item).headers.items()"},
        "environ": {OURS: "result = environ(item)"},
        "body": {OURS: body},
    }


class Handler(http.server.BaseHTTPRequestHandler):
    """The stdlib's handler, with bytes in place of a connection."""

    protocol_version = "HTTP/1.1"

    def __init__(self, data: bytes) -> None:
        self.rfile = io.BytesIO(data)
        self.raw_requestline = self.rfile.readline(65537)


def _stdlib(wanted: str) -> Peer:
    """With a handler or a response for each head."""

    def body(wire: bytes) -> Decode:
        source: Any = Source(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + wire)
        response = http.client.HTTPResponse(source)
        response.begin()
        return response.read

    head = "handler = Handler(item)\nhandler.parse_request()\n"
    reads = "result = handler.command, handler.path, handler.request_version, handler.headers[wanted]"
    answer = "response = HTTPResponse(Source(item))\nresponse.begin()\n"
    of_answer = "result = response.version, response.status, response.reason, response.headers[wanted]"
    return {
        "names": {"Handler": Handler, "HTTPResponse": http.client.HTTPResponse, "Source": Source, "wanted": wanted},
        "one": {STDLIB: head + reads},
        "response": {STDLIB: answer + of_answer},
        "pairs": {STDLIB: head + "result = handler.headers.items()"},
        "body": {STDLIB: body},
    }


class One:
    """Keeps the target (or the reason phrase) and one field value."""

    __slots__ = ("start", "value", "wanted")

    def __init__(self, wanted: str) -> None:
        self.wanted = wanted.lower().encode()
        self.start = b""
        self.value: bytes | None = None

    def on_url(self, url: bytes) -> None:
        self.start += url

    on_status = on_url

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == self.wanted and self.value is None:
            self.value = value


class Pairs:
    """Keeps every field."""

    __slots__ = ("pairs",)

    def __init__(self) -> None:
        self.pairs: list[tuple[str, str]] = []

    def on_header(self, name: bytes, value: bytes) -> None:
        self.pairs.append((name.decode("latin-1"), value.decode("latin-1")))


def _httptools(wanted: str) -> Peer:
    """A parser that calls back for each field. The callbacks do only what the reads need."""
    from httptools import HttpRequestParser, HttpResponseParser

    def body(wire: bytes) -> Decode:
        parts: list[bytes] = []
        parser = HttpRequestParser(SimpleNamespace(on_body=parts.append))
        parser.feed_data(CHUNKED)

        def decode() -> bytes:
            parser.feed_data(wire)
            return b"".join(parts)

        return decode

    seen, pairs = One(wanted), Pairs()
    classes = {"One": One, "Pairs": Pairs, "Request": HttpRequestParser, "Response": HttpResponseParser}
    state = {"seen": seen, "pairs": pairs, "parser": HttpRequestParser(seen)}
    state["feed"] = HttpRequestParser(pairs).feed_data
    new, kept = "httptools new", "httptools kept"
    feed = "parser.feed_data(item)\n"
    reads = feed + "result = parser.get_method(), seen.start, parser.get_http_version(), seen.value"
    answer = feed + "result = parser.get_http_version(), parser.get_status_code(), seen.start, seen.value"
    return {
        "names": {**classes, **state, "wanted": wanted},
        "one": {
            new: f"seen = One(wanted)\nparser = Request(seen)\n{reads}",
            kept: f"seen.start = b''\nseen.value = None\n{reads}",
        },
        "response": {new: f"seen = One(wanted)\nparser = Response(seen)\n{answer}"},
        "pairs": {
            new: "pairs = Pairs()\nRequest(pairs).feed_data(item)\nresult = pairs.pairs",
            kept: "pairs.pairs = []\nfeed(item)\nresult = pairs.pairs",
        },
        "body": {"httptools": body},
    }


def _gunicorn_h1c(wanted: str) -> Peer:
    """picohttpparser. "fast" creates only what is read, "dict" a list of every field; names and values are bytes."""
    import gunicorn_h1c as h1c  # type: ignore[import-untyped]

    field = 'for field in head["headers"]:\n    if field[0].lower() == lower:\n        break\nresult = '
    of_head = 'head["method"], head["path"], head["minor_version"], field[1]'
    feed = "kept.reset()\nkept.feed(item)\n"
    of_answer = 'head["minor_version"], head["status"], head["message"], field[1]'
    functions = {"fast": h1c.parse_request_fast, "plain": h1c.parse_request, "response": h1c.parse_response}
    names = {"text": wanted, "name": wanted.encode(), "lower": wanted.lower().encode()}
    return {
        "names": {**functions, **names, "environ": h1c.parse_to_wsgi_environ, "kept": h1c.H1CProtocol()},
        "one": {
            "h1c fast": "head = fast(item)\nresult = head.method, head.path, head.minor_version, head.get_header(text)",
            "h1c dict": f"head = plain(item)\n{field}{of_head}",
            "h1c kept": f"{feed}result = kept.method, kept.path, kept.http_version, kept.get_header(name)",
        },
        "response": {"h1c dict": f"head = response(item)\n{field}{of_answer}"},
        "pairs": {
            "h1c fast": as_pairs("fast(item).headers"),
            "h1c dict": as_pairs("plain(item)['headers']"),
            "h1c kept": feed + as_pairs("kept.headers"),
        },
        "environ": {"h1c dict": "result = environ(item, ('localhost', 8000), ('127.0.0.1', 50000))"},
    }


def _h11(wanted: str) -> Peer:
    """In Python, with a connection object for each head, because a second head needs a whole cycle before it."""
    import h11

    def body(wire: bytes) -> Decode:
        connection = h11.Connection(h11.SERVER)
        connection.receive_data(CHUNKED)
        connection.next_event()

        def decode() -> bytes:
            connection.receive_data(wire)
            parts = []
            while type(event := connection.next_event()) is h11.Data:
                parts.append(event.data)
            return b"".join(parts)

        return decode

    event = "connection = Connection({})\nconnection.receive_data(item)\nevent = connection.next_event()\n"
    head, answer = event.format("SERVER"), event.format("CLIENT")
    roles = {"SERVER": h11.SERVER, "CLIENT": h11.CLIENT}
    field = "for field in event.headers:\n    if field[0] == lower:\n        break\n"  # names are in lower case
    return {
        "names": {"Connection": h11.Connection, **roles, "lower": wanted.lower().encode()},
        "one": {"h11": f"{head}{field}result = event.method, event.target, event.http_version, field[1]"},
        "response": {"h11": f"{answer}{field}result = event.http_version, event.status_code, event.reason, field[1]"},
        "pairs": {"h11": head + as_pairs("event.headers")},
        "body": {"h11": body},
    }


def _aiohttp(wanted: str) -> Peer:
    """The C parser. It also creates a multidict of str and a URL object, which is more than the reads need."""
    import asyncio

    from aiohttp.base_protocol import BaseProtocol
    from aiohttp.http_parser import HttpRequestParser, HttpResponseParser

    assert HttpRequestParser.__module__ == "aiohttp._http_parser", "aiohttp has no C parser here"
    # The parsers want a loop for the bodies that they announce; no body is read here.
    loop = asyncio.new_event_loop()
    loop.close()
    arguments: Any = BaseProtocol(loop), loop, 2**16  # the last one is how many bytes of a body are buffered
    first = "feed_data(item)[0][0][0]\n"
    heads = {"aiohttp new": f"head = Request(*arguments).{first}", "aiohttp kept": "head = feed(item)[0][0][0]\n"}
    answer = f"head = Response(*arguments).{first}"
    reads = "result = head.method, head.path, head.version, head.headers[wanted]"
    classes = {"Request": HttpRequestParser, "Response": HttpResponseParser, "arguments": arguments}
    return {
        "names": {**classes, "feed": HttpRequestParser(*arguments).feed_data, "wanted": wanted},
        "one": {label: head + reads for label, head in heads.items()},
        "response": {"aiohttp new": f"{answer}result = head.version, head.code, head.reason, head.headers[wanted]"},
        "pairs": {label: head + "result = list(head.headers.items())" for label, head in heads.items()},
    }


def _zttp(wanted: str) -> Peer:
    """In Zig, with a connection object for each head, as for h11. Names and values are bytes, created on demand."""
    import zttp

    def body(wire: bytes) -> Decode:
        connection: Any = zttp.Connection(zttp.SERVER)
        connection.receive_event(CHUNKED)

        def decode() -> bytes:
            event = connection.receive_event(wire)
            parts = []
            while type(event) is zttp.Data:
                parts.append(event.data)
                event = connection.next_event()
            return b"".join(parts)

        return decode

    event = "event = Connection({}).receive_event(item)\n"
    head, answer = event.format("SERVER"), event.format("CLIENT")
    roles = {"SERVER": zttp.SERVER, "CLIENT": zttp.CLIENT}
    value = "event.headers.get(name)"
    return {
        "names": {"Connection": zttp.Connection, **roles, "name": wanted.encode()},
        "one": {"zttp": f"{head}result = event.method, event.target, event.http_version, {value}"},
        "response": {"zttp": f"{answer}result = event.http_version, event.status_code, event.reason, {value}"},
        "pairs": {"zttp": as_pairs("Connection(SERVER).receive_event(item).headers")},
        "body": {"zttp": body},
    }


PEERS: dict[str, Callable[[str], Peer]] = {"fasthdr": _fasthdr, "http": _stdlib, "httptools": _httptools}
PEERS |= {"gunicorn_h1c": _gunicorn_h1c, "h11": _h11, "aiohttp": _aiohttp, "zttp": _zttp}


def absent() -> list[str]:
    return [package for package in PEERS if not importlib.util.find_spec(package)]


def found(kind: str, wanted: str, *packages: str) -> dict[str, Any]:
    """Return what these packages, or all that are installed, have of a kind: label -> loop, or maker of a decoder."""
    made: dict[str, Any] = {}
    for package in packages or (each for each in PEERS if each not in absent()):
        peer = PEERS[package](wanted)
        for label, each in peer.get(kind, {}).items():
            made[label] = each if kind == "body" else loop_of(each, **peer["names"])
    return made
