# SPDX-License-Identifier: MIT
"""httptools: a parser that calls back for each field; the callbacks do no more than the reads need.

"new" makes a parser a head, as for the first request of a connection; "kept" feeds one parser, as for the next ones.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from httptools import HttpRequestParser, HttpResponseParser

from bench.peers import CHUNKED

NEW, KEPT = "httptools new", "httptools kept"


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


READS = "result = parser.get_method(), seen.start, parser.get_http_version(), seen.value"
ANSWER = "result = parser.get_http_version(), parser.get_status_code(), seen.start, seen.value"
ONE = {
    NEW: f"seen = One(wanted)\nparser = Request(seen)\nparser.feed_data(item)\n{READS}",
    KEPT: f"seen.start = b''\nseen.value = None\nparser.feed_data(item)\n{READS}",
}
RESPONSE = {NEW: f"seen = One(wanted)\nparser = Response(seen)\nparser.feed_data(item)\n{ANSWER}"}
PAIRS = {
    NEW: "pairs = Pairs()\nRequest(pairs).feed_data(item)\nresult = pairs.pairs",
    KEPT: "pairs.pairs = []\nfeed(item)\nresult = pairs.pairs",
}


def names(wanted: str) -> dict[str, Any]:
    classes = {"One": One, "Pairs": Pairs, "Request": HttpRequestParser, "Response": HttpResponseParser}
    seen, pairs = One(wanted), Pairs()
    kept = {"seen": seen, "parser": HttpRequestParser(seen), "pairs": pairs, "feed": HttpRequestParser(pairs).feed_data}
    return {**classes, **kept, "wanted": wanted}


def _body(wire: bytes) -> Callable[[], bytes]:
    parts: list[bytes] = []
    parser = HttpRequestParser(SimpleNamespace(on_body=parts.append))
    parser.feed_data(CHUNKED)

    def decode() -> bytes:
        parser.feed_data(wire)
        return b"".join(parts)

    return decode


BODY = {"httptools": _body}
