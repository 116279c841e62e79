# SPDX-License-Identifier: MIT
"""What a program on the standard library calls: parse_request() on a handler, parse_headers(), messages."""

from __future__ import annotations

import functools
import http.client
import http.server
import io
from collections.abc import Callable, Sequence
from typing import Any
from unittest import mock

import fasthdr._begin
import fasthdr._core
import fasthdr.client
import fasthdr.server
from bench.interleave import BATCH, Case, Comparison, each, own
from bench.payloads import Payload
from bench.peers import ours, stdlib

OURS = ours.LABEL
EXACT = "fasthdr exact type"
INSTALLED = "fasthdr install()"
STDLIB = stdlib.LABEL

Reader = io.BytesIO | io.BufferedReader
READERS = ("BytesIO", "BufferedReader")


class StdlibHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"


class OurHandler(fasthdr.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"


class ExactHandler(OurHandler):
    """As under install(exact_type=True)."""

    MessageClass = http.client.HTTPMessage  # type: ignore[assignment]
    parse_request = own(OurHandler.parse_request)


def reader_at(kind: str, payload: Payload) -> Reader:
    """A reader over the one head, at its field lines: as it is when the request line has just been read."""
    if kind == "BytesIO":
        reader: Reader = io.BytesIO(payload.data)
    else:
        reader = io.BufferedReader(io.BytesIO(payload.data))
    reader.readline()
    return reader


def rewind(readers: list[Reader], calls: int) -> None:
    """Back to the state of reader_at(): a BufferedReader holds the rest of the head in its buffer."""
    for reader in readers[:calls]:
        reader.seek(0)
        reader.readline()


def handler_of(cls: type[http.server.BaseHTTPRequestHandler], payload: Payload) -> Any:
    """A handler in the state in which handle_one_request() calls parse_request(), but for its rfile."""
    handler: Any = cls.__new__(cls)
    handler.request = handler.connection = None
    handler.client_address = ("127.0.0.1", 50000)
    handler.server = None
    handler.rfile = None
    handler.wfile = None
    handler.close_connection = True
    handler.raw_requestline = payload.line
    return handler


def parse_request(payload: Payload, kind: str) -> Comparison:
    """BaseHTTPRequestHandler.parse_request() of an HTTP/1.1 handler, one handler for all heads of a connection."""

    def case(peer: str, cls: type[http.server.BaseHTTPRequestHandler]) -> Case:
        handler = handler_of(cls, payload)
        readers: list[Any] = [reader_at(kind, payload) for _ in range(BATCH)]

        def loop(readers: Sequence[Any]) -> Any:
            for handler.rfile in readers:
                result = handler.parse_request()
            return result

        def observe(reader: Reader, result: bool) -> object:
            return (
                result,
                handler.requestline,
                handler.command,
                handler.path,
                handler.request_version,
                handler.close_connection,
                isinstance(handler.headers, http.client.HTTPMessage),
                handler.headers.items(),
                reader.read(),
            )

        return Case(peer, own(loop), readers, observe, functools.partial(rewind, readers))

    expected = (True, " ".join(payload.start), *payload.start, False, True, list(payload.fields), b"")
    cases = (case(OURS, OurHandler), case(EXACT, ExactHandler), case(STDLIB, StdlibHandler))
    return Comparison("contract", f"parse_request(), {kind}", payload.name, expected, cases)


def _message_state(reader: Reader, message: Any) -> object:
    return isinstance(message, http.client.HTTPMessage), message.items(), message.get_payload(), reader.read()


def parse_headers(payload: Payload, kind: str, level: str = "contract") -> Comparison:
    """parse_headers(fp), its message of fasthdr's class and of exactly http.client.HTTPMessage."""

    def case(peer: str, function: Callable[[Any], Any]) -> Case:
        readers: list[Any] = [reader_at(kind, payload) for _ in range(BATCH)]
        return Case(peer, each(function), readers, _message_state, functools.partial(rewind, readers))

    cases = (
        case(OURS, fasthdr.client.parse_headers),
        case(EXACT, functools.partial(fasthdr.client.parse_headers, _class=http.client.HTTPMessage)),
        case(STDLIB, http.client.parse_headers),
    )
    # The stdlib's own finish of a multipart head that has no parts.
    expected = (True, list(payload.fields), "", b"")
    return Comparison(level, f"parse_headers(fp), {kind}", payload.name, expected, cases)


def messages(payload: Payload, operation: str) -> Comparison:
    """One access to a message that has just been parsed."""
    wanted = payload.wanted

    def read_one(messages: Sequence[Any]) -> Any:
        for message in messages:
            result = message[wanted]
        return result

    def read_all(messages: Sequence[Any]) -> Any:
        for message in messages:
            result = message.items()
        return result

    loops: dict[str, tuple[Any, object]] = {
        "message[name]": (read_one, payload.first(wanted)),
        "message.items()": (read_all, list(payload.fields)),
        "dict(message)": (each(dict), dict(payload.fields)),
    }
    loop, expected = loops[operation]

    def case(peer: str, parse: Callable[[Any], Any]) -> Case:
        items: list[Any] = [None] * BATCH

        def reset(calls: int) -> None:
            items[:calls] = [parse(io.BytesIO(payload.block)) for _ in range(calls)]

        return Case(peer, own(loop), items, lambda item, result: result, reset)

    cases = (case(OURS, fasthdr.client.parse_headers), case(STDLIB, http.client.parse_headers))
    return Comparison("access", operation, payload.name, expected, cases)


class InstalledResponse(http.client.HTTPResponse):
    """As http.client.HTTPResponse is under install()."""

    __init__ = own(fasthdr._begin.INIT)
    begin = own(fasthdr._begin.INSTALLED)


def _response_state(data: bytes, response: http.client.HTTPResponse) -> object:
    return response.version, response.status, response.reason, response.headers.items()


def begin(payload: Payload) -> Comparison:
    """HTTPResponse.begin(): fasthdr.client's, and http.client's with and without what install() does to http.client.

    Not by install() itself: done before every batch, its change of classes uses up their version tags (1000 from
    CPython 3.13 on), and with them the interpreter's method cache for every handler measured later.
    """
    items: list[Any] = [bytes(bytearray(payload.data)) for _ in range(BATCH)]
    installed = functools.partial(mock.patch.object, http.client, "parse_headers", fasthdr._core._runtime.installed)

    def case(peer: str, response_class: type[http.client.HTTPResponse], **options: Any) -> Case:
        def call(heads: Sequence[bytes]) -> http.client.HTTPResponse:
            for data in heads:
                response = response_class(stdlib.Connection(data))  # type: ignore[arg-type]
                response.begin()
            return response

        return Case(peer, own(call), items, _response_state, **options)

    cases = (
        case(OURS, fasthdr.client.HTTPResponse),
        case(INSTALLED, InstalledResponse, context=installed),
        case(STDLIB, http.client.HTTPResponse),
    )
    expected = (11, int(payload.start[1]), payload.start[2], list(payload.fields))
    return Comparison("response", "HTTPResponse.begin()", payload.name, expected, cases)
