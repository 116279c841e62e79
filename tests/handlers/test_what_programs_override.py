# SPDX-License-Identifier: MIT
"""In strict and framed handlers, what a program overrides means the same as in http.server.

The answers of http.server's own handler are the expectation; a strict one may only add that the connection ends.
"""

from __future__ import annotations

import http.server
import re
import warnings
from typing import Any

import pytest

from tests.handlers.kinds import ALL, Server
from tests.integration.echo import Echo
from tests.integration.handlers import OVERRIDES
from tests.integration.wire import converse, serving

REQUESTS = {
    "GET": b"GET /a?b HTTP/1.1\r\nHost: h\r\nUser-Agent: t\r\n\r\n",
    "GET twice": b"GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
    "POST": b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabcGET /b HTTP/1.1\r\nHost: h\r\n\r\n",
    "HEAD": b"HEAD / HTTP/1.1\r\nHost: h\r\n\r\n",
    "HTTP/1.0": b"GET / HTTP/1.0\r\nHost: h\r\n\r\n",
    "HTTP/1.0, keep-alive": b"GET / HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n" * 2,
    "an unknown method": b"BREW / HTTP/1.1\r\nHost: h\r\n\r\n",
    "Expect": b"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc",
}
# A class whose parse_request() never calls the original cannot be strict: test_where_strict_holds.py tests that.
# Messages are made from the fields alone, without defects of a missing body (docs/strict.md).
NAMES = sorted(OVERRIDES.keys() - {"parse_request_of_its_own", "MessageClass: a subclass with a default type"})
# Overrides that write behind a complete response: a client would take that for its next one, so it is dropped.
BEHIND = {"handle": b"<one request>", "setup_and_finish": b"<finished>", "rfile_and_wfile_replaced": b"<inner>"}


def _replies(handler: Any) -> dict[str, bytes]:
    with Server(handler) as server, serving(server):
        return {name: converse(server.server_address, request) for name, request in REQUESTS.items()}


def _plain(reply: bytes, name: str) -> bytes:
    """Return the reply without the parts that may differ.

    These are Connection: close in the last response head, an interim response to a client whose body nobody reads, and
    what is written behind a response.
    """
    reply = re.sub(rb"(?i)\r\nConnection: close(?=\r\n)", b"", reply)
    reply = reply.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
    return reply.removesuffix(BEHIND.get(name, b""))


_expected: dict[str, dict[str, bytes]] = {}


def _of_the_stdlib(name: str) -> dict[str, bytes]:
    if name not in _expected:
        _expected[name] = _replies(OVERRIDES[name](type("Handler", (Echo, http.server.BaseHTTPRequestHandler), {})))
    return _expected[name]


@pytest.mark.parametrize("name", NAMES)
def test_as_in_the_standard_library(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    expected = {request: _plain(reply, name) for request, reply in _of_the_stdlib(name).items()}
    for way, make in ALL.items():
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with make({}) as base:
                found = _replies(OVERRIDES[name](type("Handler", (Echo, base), {})))
        for request, reply in found.items():
            assert _plain(reply, name) == expected[request], (way, request)
