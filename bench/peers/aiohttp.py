# SPDX-License-Identifier: MIT
"""aiohttp's C parser: a parser object a head ("new"), and one for the heads of a connection ("kept")."""

from __future__ import annotations

import asyncio

from aiohttp.base_protocol import BaseProtocol
from aiohttp.http_parser import HttpRequestParser, HttpResponseParser

from bench.peers import Heads, Reader

NEW = "aiohttp new"
KEPT = "aiohttp kept"
LIMIT = 2**16  # bytes of a body that are buffered

if HttpRequestParser.__module__ != "aiohttp._http_parser":
    raise ImportError("aiohttp has no C parser here")

# The parsers ask for a loop for the bodies that they announce; none is read here.
_loop = asyncio.new_event_loop()
_loop.close()
_protocol = BaseProtocol(_loop)


def request_one(wanted: str) -> Reader:
    def read(heads: Heads) -> object:
        for data in heads:
            message = HttpRequestParser(_protocol, _loop, LIMIT).feed_data(data)[0][0][0]
            result = message.method, message.path, message.version, message.headers[wanted]
        return result

    return read


def request_one_kept(wanted: str) -> Reader:
    feed = HttpRequestParser(_protocol, _loop, LIMIT).feed_data

    def read(heads: Heads) -> object:
        for data in heads:
            message = feed(data)[0][0][0]
            result = message.method, message.path, message.version, message.headers[wanted]
        return result

    return read


def request_pairs(wanted: str) -> Reader:
    def read(heads: Heads) -> object:
        for data in heads:
            result = list(HttpRequestParser(_protocol, _loop, LIMIT).feed_data(data)[0][0][0].headers.items())
        return result

    return read


def request_pairs_kept(wanted: str) -> Reader:
    feed = HttpRequestParser(_protocol, _loop, LIMIT).feed_data

    def read(heads: Heads) -> object:
        for data in heads:
            result = list(feed(data)[0][0][0].headers.items())
        return result

    return read


def request_dict(wanted: str) -> Reader:
    def read(heads: Heads) -> object:
        for data in heads:
            result = dict(HttpRequestParser(_protocol, _loop, LIMIT).feed_data(data)[0][0][0].headers)
        return result

    return read


def request_dict_kept(wanted: str) -> Reader:
    feed = HttpRequestParser(_protocol, _loop, LIMIT).feed_data

    def read(heads: Heads) -> object:
        for data in heads:
            result = dict(feed(data)[0][0][0].headers)
        return result

    return read


def response_one(wanted: str) -> Reader:
    def read(heads: Heads) -> object:
        for data in heads:
            message = HttpResponseParser(_protocol, _loop, LIMIT).feed_data(data)[0][0][0]
            result = message.version, message.code, message.reason, message.headers[wanted]
        return result

    return read


REQUEST = {
    "one": {NEW: request_one, KEPT: request_one_kept},
    "pairs": {NEW: request_pairs, KEPT: request_pairs_kept},
    "dict": {NEW: request_dict, KEPT: request_dict_kept},
}
RESPONSE = {"one": {NEW: response_one}}
