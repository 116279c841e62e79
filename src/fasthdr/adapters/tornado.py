# SPDX-License-Identifier: MIT
"""Make the core parse header blocks for tornado, in its server and in its HTTP client: enable().

tornado still handles limits, errors and bodies. Its own parser still reads a block that is not clearly well-formed.
"""

from types import SimpleNamespace
from typing import Any

from tornado import http1connection
from tornado.http1connection import HTTP1Connection
from tornado.httputil import HTTPHeaders, _normalize_header

from fasthdr._stdlib.functions import is_original
from fasthdr.adapters._heads import block_of
from fasthdr.adapters._switch import Switch, agree

__all__ = ["disable", "enable", "is_enabled"]

_own_parse_headers = HTTP1Connection._parse_headers


def _parse_headers(self: Any, data: bytes) -> tuple[str, HTTPHeaders]:
    """Return the start line and the fields, and raise what HTTP1Connection._parse_headers() raises."""
    begin = data.find(b"\n") + 1
    head = block_of(data[begin:]) if data[:1] not in (b"\r", b"\n") else None
    if head is None:
        return _own_parse_headers(self, data)
    headers = HTTPHeaders()
    # Does what HTTPHeaders.add() does, without its check of each field.
    lists, combined = headers._as_list, headers._combined_cache
    for name, value in head.items():
        key = _normalize_header(name)
        if key in lists:
            combined.pop(key, None)
            lists[key].append(value)
        else:
            combined[key] = value
            lists[key] = [value]
    return data[: begin - 1].decode("latin-1").rstrip("\r"), headers


# Heads that check what the adapter expects of tornado: one for each rule that the adapter implements itself.
_HEADS = (
    b"GET / HTTP/1.1\r\nHost: h\r\nset-cookie: a\r\nX-B: \t\xe9 b \r\nSET-COOKIE:c\r\nx_b: d\r\nset-cookie:\r\n\r\n",
    b"\x00no\xff start line \r\nEmpty:\r\nwww-authenticate: a, b\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    b"HTTP/1.1 200\n\r\n",
)


def _observe(parse: Any, data: bytes) -> object:
    start_line, headers = parse(SimpleNamespace(), data)
    return start_line, type(headers), {name: list(value.items()) for name, value in vars(headers).items()}


# What a program has put in its place may look at each head. It is not called to try it out.
_is_original = is_original(_own_parse_headers, http1connection)
_agrees = _is_original and agree(_observe, _own_parse_headers, _parse_headers, _HEADS)
_ours = _parse_headers if _agrees else _own_parse_headers
_switch = Switch("tornado", HTTP1Connection, "_parse_headers", _own_parse_headers, _ours, _is_original)
enable, disable, is_enabled = _switch.enable, _switch.disable, _switch.is_enabled
