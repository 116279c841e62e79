# SPDX-License-Identifier: MIT
"""http.server's handler and http.client's response, given the bytes as their input."""
from __future__ import annotations

import http.client
import http.server
import io

from bench.peers import Reader

LABEL = "stdlib"


class Handler(http.server.BaseHTTPRequestHandler):
    """The stdlib's handler, without a connection."""

    protocol_version = "HTTP/1.1"

    def __init__(self, data: bytes) -> None:
        self.rfile = io.BytesIO(data)  # type: ignore[assignment]
        self.raw_requestline = self.rfile.readline(65537)


class Connection:
    """As much of a socket as HTTPResponse asks for."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self.data)


def request_one(wanted: str) -> Reader:
    def read(data: bytes) -> object:
        handler = Handler(data)
        handler.parse_request()
        return handler.command, handler.path, handler.request_version, handler.headers[wanted]

    return read


def request_pairs(wanted: str) -> Reader:
    def read(data: bytes) -> object:
        handler = Handler(data)
        handler.parse_request()
        return handler.headers.items()

    return read


def request_dict(wanted: str) -> Reader:
    def read(data: bytes) -> object:
        handler = Handler(data)
        handler.parse_request()
        return dict(handler.headers.items())

    return read


def begin(data: bytes) -> http.client.HTTPResponse:
    response = http.client.HTTPResponse(Connection(data))  # type: ignore[arg-type]
    response.begin()
    return response


def response_one(wanted: str) -> Reader:
    def read(data: bytes) -> object:
        response = begin(data)
        return response.version, response.status, response.reason, response.headers[wanted]

    return read


REQUEST = {"one": {LABEL: request_one}, "pairs": {LABEL: request_pairs}, "dict": {LABEL: request_dict}}
RESPONSE = {"one": {LABEL: response_one}}
