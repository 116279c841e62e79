# SPDX-License-Identifier: MIT
"""The proxy of docs/how-to/reverse-proxy.md: what it sends on ends where the request that it received ended."""

from __future__ import annotations

import types
from typing import Any

import pytest

import fasthdr
from tests.docs.fences import ROOT, blocks_of
from tests.implementations import IMPLEMENTATIONS

PAGE = ROOT / "docs" / "how-to" / "reverse-proxy.md"
FRAMINGS = [b"", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n"]
CONNECTIONS = [
    b"Connection: Content-Length",
    b"Connection: transfer-encoding",
    b"Connection: close, TRANSFER-ENCODING ,Content-Length",
    b"Connection: keep-alive\r\nConnection:\tcontent-length\r\nConnection: ,transfer-encoding,",
    b"Connection: host, x-forwarded-for, connection",
    b"Connection: X-Hop",
    b"Connection:",
]


@pytest.fixture(params=IMPLEMENTATIONS)
def forward(request: pytest.FixtureRequest) -> Any:
    (block,) = [block for block in blocks_of(PAGE) if "def forward(" in block.text]
    names: dict[str, Any] = {}
    exec(compile(block.padded, PAGE, "exec"), names)
    names["fasthdr"] = types.SimpleNamespace(
        parse_request=request.param.parse_request, encode_request=fasthdr.encode_request
    )
    return names["forward"]


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("connection", CONNECTIONS)
@pytest.mark.parametrize("target", [b"/x", b"http://b/x"])
def test_the_body_ends_in_the_same_place(forward: Any, framing: bytes, connection: bytes, target: bytes) -> None:
    for fields in (framing + connection + b"\r\n", connection + b"\r\n" + framing):
        data = b"POST " + target + b" HTTP/1.1\r\nHost: b\r\nX-Hop: 1\r\n" + fields + b"\r\n"
        head = fasthdr.parse_request(data, strict=True)
        sent = fasthdr.parse_request(forward(data, "192.0.2.7"), strict=True)
        assert sent.framing == head.framing
        assert sent.authority == "b"
        assert sent.get_all("x-forwarded-for") == ["192.0.2.7"]
        assert "connection" not in sent
        assert ("x-hop" in sent) == (b"X-Hop" not in connection)


def test_a_request_that_names_no_host(forward: Any) -> None:
    sent = forward(b"GET / HTTP/1.0\r\n\r\n", "1")
    assert sent == b"GET / HTTP/1.1\r\nHost: \r\nX-Forwarded-For: 1\r\n\r\n"
