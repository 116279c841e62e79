# SPDX-License-Identifier: MIT
"""aiohttp's C parser: a parser object a head ("new"), and one for the heads of a connection ("kept")."""
from __future__ import annotations

import asyncio
from typing import Any

from aiohttp.base_protocol import BaseProtocol
from aiohttp.http_parser import HttpRequestParser, HttpResponseParser

from bench.peers import Reader

NEW = "aiohttp new"
KEPT = "aiohttp kept"
LIMIT = 2**16  # bytes of a body that are buffered

if HttpRequestParser.__module__ != "aiohttp._http_parser":
    raise ImportError("aiohttp has no C parser here")

# The parsers ask for a loop for the bodies that they announce; none is read here.
_loop = asyncio.new_event_loop()
_loop.close()
_protocol = BaseProtocol(_loop)


def _request(data: bytes) -> Any:
    return HttpRequestParser(_protocol, _loop, LIMIT).feed_data(data)[0][0][0]


def request_one(wanted: str) -> Reader:
    def read(data: bytes) -> object:
        message = _request(data)
        return message.method, message.path, message.version, message.headers[wanted]

    return read


def request_one_kept(wanted: str) -> Reader:
    feed = HttpRequestParser(_protocol, _loop, LIMIT).feed_data

    def read(data: bytes) -> object:
        message = feed(data)[0][0][0]
        return message.method, message.path, message.version, message.headers[wanted]

    return read


def request_pairs(wanted: str) -> Reader:
    def read(data: bytes) -> object:
        return list(_request(data).headers.items())

    return read


def request_pairs_kept(wanted: str) -> Reader:
    feed = HttpRequestParser(_protocol, _loop, LIMIT).feed_data

    def read(data: bytes) -> object:
        return list(feed(data)[0][0][0].headers.items())

    return read


def request_dict(wanted: str) -> Reader:
    def read(data: bytes) -> object:
        return dict(_request(data).headers)

    return read


def request_dict_kept(wanted: str) -> Reader:
    feed = HttpRequestParser(_protocol, _loop, LIMIT).feed_data

    def read(data: bytes) -> object:
        return dict(feed(data)[0][0][0].headers)

    return read


def response_one(wanted: str) -> Reader:
    def read(data: bytes) -> object:
        message = HttpResponseParser(_protocol, _loop, LIMIT).feed_data(data)[0][0][0]
        return message.version, message.code, message.reason, message.headers[wanted]

    return read


REQUEST = {
    "one": {NEW: request_one, KEPT: request_one_kept},
    "pairs": {NEW: request_pairs, KEPT: request_pairs_kept},
    "dict": {NEW: request_dict, KEPT: request_dict_kept},
}
RESPONSE = {"one": {NEW: response_one}}
