# SPDX-License-Identifier: MIT
"""fasthdr's sans-I/O functions."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import fasthdr
from bench.peers import Heads, Reader

LABEL = "fasthdr"


def request_one(wanted: str) -> Reader:
    parse: Any = fasthdr.parse_request

    def read(heads: Heads) -> object:
        for data in heads:
            head = parse(data)
            result = head.method, head.target, head.version, head.get(wanted)
        return result

    return read


def request_one_strict(wanted: str) -> Reader:
    parse: Any = fasthdr.parse_request

    def read(heads: Heads) -> object:
        for data in heads:
            head = parse(data, strict=True)
            result = head.method, head.target, head.version, head.get(wanted)
        return result

    return read


def request_pairs(wanted: str) -> Reader:
    parse: Any = fasthdr.parse_request

    def read(heads: Heads) -> object:
        for data in heads:
            result = parse(data).headers.items()
        return result

    return read


def request_dict(wanted: str) -> Reader:
    parse: Any = fasthdr.parse_request

    def read(heads: Heads) -> object:
        for data in heads:
            result = dict(parse(data).headers.items())
        return result

    return read


def response_one(wanted: str) -> Reader:
    parse: Any = fasthdr.parse_response

    def read(heads: Heads) -> object:
        for data in heads:
            head = parse(data)
            result = head.version, head.status, head.reason, head.get(wanted)
        return result

    return read


def body(wire: bytes) -> Callable[[], bytes]:
    decoder = fasthdr.BodyDecoder("chunked")
    return lambda: decoder.feed(wire)


LARGE = 8192  # bytes of data that are worth a read of their own: those of a BufferedReader


def body_file(wire: bytes) -> Callable[[], bytes]:
    """Large chunks straight from the file, their framing line by line; the rest by what the file has in its buffer."""
    decoder = fasthdr.BodyDecoder("chunked")
    file = io.BufferedReader(io.BytesIO(wire))

    def decode() -> bytes:
        pieces = []
        large = False
        while not decoder.ended:
            left = decoder.data_left or 0
            if left >= LARGE:
                data = file.read(left)
                decoder.skip(len(data))
                large = True
            elif large and not left:
                data = decoder.feed(file.readline(LARGE))  # framing ends with LF, and no more than framing is taken
            else:
                data = decoder.feed(file.peek())
                file.read(decoder.consumed)
                large = False
            pieces.append(data)
        return b"".join(pieces)

    return decode


STRICT = f"{LABEL} strict"
REQUEST = {
    "one": {LABEL: request_one, STRICT: request_one_strict},
    "pairs": {LABEL: request_pairs},
    "dict": {LABEL: request_dict},
}
RESPONSE = {"one": {LABEL: response_one}}
BODY = {LABEL: body}
BODY_FILE = {LABEL: body_file}
