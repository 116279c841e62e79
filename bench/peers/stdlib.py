# SPDX-License-Identifier: MIT
"""http.server's handler and http.client's response, given the bytes as their input."""

from __future__ import annotations

import http.client
import http.server
import io
from collections.abc import Callable

from bench.peers import Heads, Reader

LABEL = "stdlib"


class Handler(http.server.BaseHTTPRequestHandler):
    """The stdlib's handler, without a connection."""

    protocol_version = "HTTP/1.1"

    def __init__(self, data: bytes) -> None:
        self.rfile = io.BytesIO(data)
        self.raw_requestline = self.rfile.readline(65537)


class Connection:
    """As much of a socket as HTTPResponse asks for."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self.data)


def request_one(wanted: str) -> Reader:
    def read(heads: Heads) -> object:
        for data in heads:
            handler = Handler(data)
            handler.parse_request()
            result = handler.command, handler.path, handler.request_version, handler.headers[wanted]
        return result

    return read


def request_pairs(wanted: str) -> Reader:
    def read(heads: Heads) -> object:
        for data in heads:
            handler = Handler(data)
            handler.parse_request()
            result = handler.headers.items()
        return result

    return read


def request_dict(wanted: str) -> Reader:
    def read(heads: Heads) -> object:
        for data in heads:
            handler = Handler(data)
            handler.parse_request()
            result = dict(handler.headers.items())
        return result

    return read


def response_one(wanted: str) -> Reader:
    def read(heads: Heads) -> object:
        for data in heads:
            response = http.client.HTTPResponse(Connection(data))  # type: ignore[arg-type]
            response.begin()
            result = response.version, response.status, response.reason, response.headers[wanted]
        return result

    return read


class BufferedConnection(Connection):
    """One whose file is that of a socket."""

    def makefile(self, mode: str) -> io.BufferedReader:  # type: ignore[override]
        return io.BufferedReader(io.BytesIO(self.data))


def body_file(wire: bytes) -> Callable[[], bytes]:
    response = http.client.HTTPResponse(
        BufferedConnection(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + wire)  # type: ignore[arg-type]
    )
    response.begin()
    return response.read


REQUEST = {"one": {LABEL: request_one}, "pairs": {LABEL: request_pairs}, "dict": {LABEL: request_dict}}
RESPONSE = {"one": {LABEL: response_one}}
BODY_FILE = {LABEL: body_file}
