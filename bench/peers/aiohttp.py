# SPDX-License-Identifier: MIT
"""aiohttp's C parser: a parser object a head ("new"), and one for the heads of a connection ("kept").

It makes a multidict of str and a URL object besides: more than is asked for.
"""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp.base_protocol import BaseProtocol
from aiohttp.http_parser import HttpRequestParser, HttpResponseParser

NEW, KEPT = "aiohttp new", "aiohttp kept"
assert HttpRequestParser.__module__ == "aiohttp._http_parser", "aiohttp has no C parser here"

# The parsers ask for a loop for the bodies that they announce; none is read here.
_loop = asyncio.new_event_loop()
_loop.close()
_ARGUMENTS: Any = BaseProtocol(_loop), _loop, 2**16  # the last: bytes of a body that are buffered

HEADS = {NEW: "head = Request(*arguments).feed_data(item)[0][0][0]\n", KEPT: "head = feed(item)[0][0][0]\n"}
READS = "result = head.method, head.path, head.version, head.headers[wanted]"
ANSWER = "head = Response(*arguments).feed_data(item)[0][0][0]\n"
ONE = {label: head + READS for label, head in HEADS.items()}
RESPONSE = {NEW: ANSWER + "result = head.version, head.code, head.reason, head.headers[wanted]"}
PAIRS = {label: head + "result = list(head.headers.items())" for label, head in HEADS.items()}


def names(wanted: str) -> dict[str, Any]:
    kept = HttpRequestParser(*_ARGUMENTS).feed_data
    classes = {"Request": HttpRequestParser, "Response": HttpResponseParser}
    return {**classes, "arguments": _ARGUMENTS, "feed": kept, "wanted": wanted}
