# SPDX-License-Identifier: MIT
"""fasthdr's sans-I/O functions. head.get() makes no message; head.headers does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import fasthdr
from bench.comparison import OURS, STRICT

ADDRESSES = {"SERVER_NAME": "localhost", "SERVER_PORT": "8000", "REMOTE_ADDR": "127.0.0.1", "REMOTE_PORT": "50000"}
ADDRESSES["wsgi.url_scheme"] = "http"

READS = "result = head.method, head.target, head.version, head.get(wanted)"
ONE = {OURS: f"head = parse(item)\n{READS}", STRICT: f"head = parse(item, strict=True)\n{READS}"}
RESPONSE = {OURS: "head = response(item)\nresult = head.version, head.status, head.reason, head.get(wanted)"}
PAIRS = {OURS: "result = parse(item).headers.items()"}
ENVIRON = {OURS: "result = environ(item)"}


def _environ(data: bytes) -> dict[str, Any]:
    return fasthdr.parse_request(data).wsgi_environ(ADDRESSES)  # type: ignore[union-attr]


def names(wanted: str) -> dict[str, Any]:
    functions = {"parse": fasthdr.parse_request, "response": fasthdr.parse_response, "environ": _environ}
    return {**functions, "wanted": wanted}


def _body(wire: bytes) -> Callable[[], bytes]:
    decoder = fasthdr.BodyDecoder("chunked")
    return lambda: decoder.feed(wire)


BODY = {OURS: _body}
