# SPDX-License-Identifier: MIT
"""httptools: a parser object that calls back for each field.

"new" makes a parser a head, as a server does for the first request of a connection; "kept" feeds one parser, as it
does for the requests that follow on a persistent connection. The callbacks do no more than the reads need.
"""

from __future__ import annotations

from collections.abc import Callable

from httptools import HttpRequestParser, HttpResponseParser

from bench.peers import Heads, Reader

NEW = "httptools new"
KEPT = "httptools kept"


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


class Parts:
    """Keeps the data of a body."""

    __slots__ = ("on_body", "parts")

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.on_body = self.parts.append


class Dict:
    """Keeps the last field of each name."""

    __slots__ = ("fields",)

    def __init__(self) -> None:
        self.fields: dict[str, str] = {}

    def on_header(self, name: bytes, value: bytes) -> None:
        self.fields[name.decode("latin-1")] = value.decode("latin-1")


def request_one(wanted: str) -> Reader:
    def read(heads: Heads) -> object:
        for data in heads:
            seen = One(wanted)
            parser = HttpRequestParser(seen)
            parser.feed_data(data)
            result = parser.get_method(), seen.start, parser.get_http_version(), seen.value
        return result

    return read


def request_one_kept(wanted: str) -> Reader:
    seen = One(wanted)
    parser = HttpRequestParser(seen)

    def read(heads: Heads) -> object:
        for data in heads:
            seen.start = b""
            seen.value = None
            parser.feed_data(data)
            result = parser.get_method(), seen.start, parser.get_http_version(), seen.value
        return result

    return read


def request_pairs(wanted: str) -> Reader:
    def read(heads: Heads) -> object:
        for data in heads:
            seen = Pairs()
            HttpRequestParser(seen).feed_data(data)
            result = seen.pairs
        return result

    return read


def request_pairs_kept(wanted: str) -> Reader:
    seen = Pairs()
    parser = HttpRequestParser(seen)

    def read(heads: Heads) -> object:
        for data in heads:
            seen.pairs = []
            parser.feed_data(data)
            result = seen.pairs
        return result

    return read


def request_dict(wanted: str) -> Reader:
    def read(heads: Heads) -> object:
        for data in heads:
            seen = Dict()
            HttpRequestParser(seen).feed_data(data)
            result = seen.fields
        return result

    return read


def request_dict_kept(wanted: str) -> Reader:
    seen = Dict()
    parser = HttpRequestParser(seen)

    def read(heads: Heads) -> object:
        for data in heads:
            seen.fields = {}
            parser.feed_data(data)
            result = seen.fields
        return result

    return read


def response_one(wanted: str) -> Reader:
    def read(heads: Heads) -> object:
        for data in heads:
            seen = One(wanted)
            parser = HttpResponseParser(seen)
            parser.feed_data(data)
            result = parser.get_http_version(), parser.get_status_code(), seen.start, seen.value
        return result

    return read


def body(wire: bytes) -> Callable[[], bytes]:
    seen = Parts()
    parser = HttpRequestParser(seen)
    parser.feed_data(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")

    def decode() -> bytes:
        parser.feed_data(wire)
        return b"".join(seen.parts)

    return decode


REQUEST = {
    "one": {NEW: request_one, KEPT: request_one_kept},
    "pairs": {NEW: request_pairs, KEPT: request_pairs_kept},
    "dict": {NEW: request_dict, KEPT: request_dict_kept},
}
RESPONSE = {"one": {NEW: response_one}}
BODY = {"httptools": body}
