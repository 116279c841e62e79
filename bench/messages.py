# SPDX-License-Identifier: MIT
"""What a client on http.client calls: parse_headers(), its messages, begin(), a whole exchange, a chunked download."""

from __future__ import annotations

import contextlib
import functools
import http.client
import io
import socket
from collections.abc import Callable, Iterator
from typing import Any

import fasthdr.client
from bench.comparison import BATCH, EXACT, INSTALLED, OURS, STDLIB, Case, Comparison, apart, loop_of, own, replaced
from bench.handlers import Reader, reader_at, rewind
from bench.payloads import Body, Payload
from bench.wire import Source, Wire
from fasthdr._core.reader import _reader
from fasthdr._standins import client_request, client_response

EXCHANGE = "http.client: request and response"
REQUEST = b"GET /a/b?c=d HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nAccept-Encoding: identity\r\n\r\n"

# What http.client has under install(). install() is not called for each batch, because changing classes uses up their
# version tags (1000 from CPython 3.13 on), and with them the method cache for all that is measured later.
installed = functools.partial(replaced, http.client, "parse_headers", _reader.installed)
StdlibResponse = apart(http.client.HTTPResponse)
InstalledResponse = apart(
    http.client.HTTPResponse,
    __init__=own(client_response.INIT),
    begin=own(client_response.INSTALLED),
    _read_status=None,  # inherited, because begin() would call a copy
    _check_close=None,
)
StdlibConnection = apart(http.client.HTTPConnection, response_class=StdlibResponse)
InstalledConnection = apart(
    http.client.HTTPConnection, response_class=InstalledResponse, putheader=own(client_request.INSTALLED)
)
CONNECTIONS = (
    (OURS, fasthdr.client.HTTPConnection),
    (INSTALLED, InstalledConnection, installed),
    (STDLIB, StdlibConnection),
)


def parse_headers(payload: Payload, kind: str) -> Comparison:
    """Compare parse_headers(fp), with a message of fasthdr's class and of exactly http.client.HTTPMessage."""

    def observe(reader: Reader, message: Any) -> object:
        return isinstance(message, http.client.HTTPMessage), message.items(), message.get_payload(), reader.read()

    def case(peer: str, function: Callable[[Any], Any]) -> Case:
        readers: list[Any] = [reader_at(kind, payload) for _ in range(BATCH)]
        loop = loop_of("result = function(item)", function=function)
        return Case(peer, loop, readers, observe, functools.partial(rewind, readers))

    cases = (
        case(OURS, fasthdr.client.parse_headers),
        case(EXACT, functools.partial(fasthdr.client.parse_headers, _class=http.client.HTTPMessage)),
        case(STDLIB, http.client.parse_headers),
    )
    return Comparison(f"parse_headers(fp), {kind}", payload.name, (True, list(payload.fields), "", b""), cases)


def access(payload: Payload, operation: str) -> Comparison:
    """Compare one access to a message that has just been parsed."""
    statement, expected = {
        "message[name]": ("result = item[wanted]", payload.first(payload.wanted)),
        "message.items()": ("result = item.items()", list(payload.fields)),
    }[operation]

    def case(peer: str, parse: Callable[[Any], Any]) -> Case:
        items: list[Any] = [None] * BATCH

        def reset(calls: int) -> None:
            items[:calls] = [parse(io.BytesIO(payload.block)) for _ in range(calls)]

        return Case(peer, loop_of(statement, wanted=payload.wanted), items, reset=reset)

    cases = case(OURS, fasthdr.client.parse_headers), case(STDLIB, http.client.parse_headers)
    return Comparison(operation, payload.name, expected, cases)


def begin(payload: Payload) -> Comparison:
    """Compare HTTPResponse.begin(): fasthdr.client's, and http.client's with and without what install() changes."""
    items: list[Any] = [bytes(bytearray(payload.data)) for _ in range(BATCH)]

    def observe(_: bytes, response: Any) -> object:
        return response.version, response.status, response.reason, response.headers.items()

    def case(peer: str, response_class: Any, **options: Any) -> Case:
        statement = "result = response_class(Source(item))\nresult.begin()"
        return Case(peer, loop_of(statement, response_class=response_class, Source=Source), items, observe, **options)

    cases = (
        case(OURS, fasthdr.client.HTTPResponse),
        case(INSTALLED, InstalledResponse, context=installed),
        case(STDLIB, StdlibResponse),
    )
    expected = (11, int(payload.start[1]), payload.start[2], list(payload.fields))
    return Comparison("HTTPResponse.begin()", payload.name, expected, cases)


def exchange(payload: Payload) -> Comparison:
    """Compare request() up to the end of the content on a pair of sockets, and the response's fields as a list.

    The response is sent before the request, so that nothing has to wait and no process has to wake up.
    """
    data = payload.data + payload.content
    statement = """
        pair[1].sendall(item)
        connection.request("GET", "/a/b?c=d")
        with connection.getresponse() as response:
            content = response.read()
            fields = response.getheaders()
        result = response.status, fields, content, pair[1].recv(65536)
    """

    def case(peer: str, cls: Any, context: Any = contextlib.nullcontext) -> Case:
        connection = cls("127.0.0.1", 8000)
        pair: list[socket.socket] = []

        @contextlib.contextmanager
        def connected() -> Iterator[None]:
            pair[:] = socket.socketpair()
            with context(), pair[0], pair[1]:
                connection.sock = pair[0]
                yield

        return Case(peer, loop_of(statement, connection=connection, pair=pair), [data] * BATCH, context=connected)

    expected = (int(payload.start[1]), list(payload.fields), payload.content, REQUEST)
    return Comparison(EXCHANGE, payload.name, expected, [case(*each) for each in CONNECTIONS])


def download(body: Body) -> Comparison:
    """Compare a chunked response, from request() to the end of its content, on a connection in memory."""
    head = b"HTTP/1.1 200 OK\r\nServer: nginx\r\nTransfer-Encoding: chunked\r\n\r\n"
    statement = """
        connection.request("GET", "/a/b?c=d")
        with connection.getresponse() as response:
            result = response.read()
    """

    def case(peer: str, cls: Any, context: Any = contextlib.nullcontext) -> Case:
        connection = cls("127.0.0.1", 8000)
        connection.sock = wire = Wire(head + body.wire)

        def observe(_: object, content: bytes) -> object:
            return content, wire.taken()

        loop = loop_of(statement, connection=connection)
        return Case(peer, loop, [None] * BATCH, observe, lambda calls: wire.sent.clear(), context)

    cases = [case(*each) for each in CONNECTIONS]
    return Comparison("http.client: chunked download", body.name, (body.data, REQUEST), cases)
