# SPDX-License-Identifier: MIT
"""A client's whole exchange in memory: http.client from request() to the end of the content, over a pair of sockets.

The response is sent before the request is, so that nobody waits for anybody, and no process is woken up.
"""

from __future__ import annotations

import contextlib
import functools
import http.client
import socket
import types
from collections.abc import Iterator, Sequence
from typing import Any
from unittest import mock

import fasthdr
import fasthdr._begin
import fasthdr._core
import fasthdr.client
from bench.backends.prepared import content
from bench.contract import INSTALLED, OURS, STDLIB
from bench.interleave import BATCH, Case, Comparison, own
from bench.payloads import Payload
from fasthdr import _request

BARE = "bare"
OPERATION = "request and response"
PATH = "/a/b?c=d"
REQUEST = f"GET {PATH} HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nAccept-Encoding: identity\r\n\r\n".encode()
LARGE = 65536


def _apart(base: type, **others: Any) -> type:
    """A subclass whose functions have code of their own (bench.interleave.own)."""
    functions = {name: own(value) for name, value in vars(base).items() if isinstance(value, types.FunctionType)}
    names = {**functions, **others}
    return type(base.__name__, (base,), {name: value for name, value in names.items() if value is not None})


StdlibResponse = _apart(http.client.HTTPResponse)
StdlibConnection = _apart(http.client.HTTPConnection, response_class=StdlibResponse)
# As http.client's classes are under install(); contract.begin() says why it is not called.
InstalledResponse = _apart(
    http.client.HTTPResponse,
    begin=own(fasthdr._begin.INSTALLED),
    _read_status=None,  # the stdlib's itself: another one would be called
    _check_close=None,
    __init__=own(fasthdr._begin.INIT),
)
InstalledConnection = _apart(
    http.client.HTTPConnection, response_class=InstalledResponse, putheader=own(_request.INSTALLED)
)


class BareConnection:
    """As much as any client has to do: send and receive."""

    sock: socket.socket

    def __init__(self, total: int) -> None:
        self.total = total

    def exchange(self) -> bytes:
        self.sock.sendall(REQUEST)
        data = self.sock.recv(LARGE)
        while len(data) < self.total:
            data += self.sock.recv(LARGE)
        return data


def exchange(payload: Payload) -> Comparison:
    """One exchange on a persistent connection; the response's fields are asked for as a list."""
    data = payload.data + content(payload)

    def case(peer: str, connection: Any, loop: Any, observe: Any, **options: Any) -> Case:
        near: socket.socket
        far: socket.socket

        @contextlib.contextmanager
        def connected() -> Iterator[None]:
            nonlocal near, far
            with options.get("context", contextlib.nullcontext)():
                near, far = socket.socketpair()
                with near, far:
                    connection.sock = near
                    yield

        def run(items: Sequence[bytes]) -> object:
            return loop(connection, far, items)

        return Case(peer, run, [data] * BATCH, lambda item, result: observe(result), context=connected)

    def library(connection: http.client.HTTPConnection, far: socket.socket, items: Sequence[bytes]) -> object:
        for item in items:
            far.sendall(item)
            connection.request("GET", PATH)
            with connection.getresponse() as response:
                read = response.read()
                fields = response.getheaders()
            sent = far.recv(LARGE)
        return response.status, fields, read, sent

    def bare(connection: BareConnection, far: socket.socket, items: Sequence[bytes]) -> object:
        for item in items:
            far.sendall(item)
            read = connection.exchange()
            sent = far.recv(LARGE)
        return read, sent

    def of_bare(result: tuple[bytes, bytes]) -> object:
        head = fasthdr.parse_response(result[0])
        assert head is not None
        return head.status, head.items(), result[0][head.consumed :], result[1]

    installed = functools.partial(mock.patch.object, http.client, "parse_headers", fasthdr._core._runtime.installed)
    address = "127.0.0.1", 8000
    cases = (
        case(OURS, fasthdr.client.HTTPConnection(*address), own(library), tuple),
        case(INSTALLED, InstalledConnection(*address), own(library), tuple, context=installed),
        case(STDLIB, StdlibConnection(*address), own(library), tuple),
        case(BARE, BareConnection(len(data)), bare, of_bare),
    )
    expected = (int(payload.start[1]), list(payload.fields), content(payload), REQUEST)
    return Comparison("client", OPERATION, payload.name, expected, cases)
