# SPDX-License-Identifier: MIT
"""keep_alive of a response in the default mode against will_close, which http.client's begin() sets."""

from __future__ import annotations

import http.client
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import fasthdr
from tests.differential import heads
from tests.differential.cases import BLOCKS, STATUS_LINES
from tests.differential.sans_io import Connection
from tests.implementations import IMPLEMENTATIONS

METHODS = [None, "GET", "HEAD", "CONNECT", "head"]
VALUES = st.sampled_from(
    [
        b"", b"close", b"Close", b"closed", b"keep-alive", b"Keep-Alive, x", b"not-close", b"chunked", b"Chunked",
        b"chunked ", b"gzip, chunked", b"0", b"5", b"-1", b"+5", b" 5 ", b"5_0", b"0x5", b"5, 5", b"five", b"\xb2",
        b"\xd9\xa5", b"9" * 30, b"9" * 5000, b"0" * 5000, b"timeout=5",
    ]
)  # fmt: skip
NAMES = st.sampled_from(
    [b"Connection", b"connection", b"Content-Length", b"Transfer-Encoding", b"Keep-Alive", b"Proxy-Connection", b"A"]
)
LINES = st.sampled_from(
    [
        b"HTTP/1.1 200 OK", b"HTTP/1.0 200 OK", b"HTTP/1.1 204 x", b"HTTP/1.0 304 x", b"HTTP/1.1 101 x",
        b"HTTP/1.9 200 x",
        b"HTTP/0.9 200 x", b"HTTP/1.1 103 x", b"HTTP/1.x 500 x", b"HTTP/1.10 206 x",
    ]
)  # fmt: skip
FRAMED = st.builds(
    lambda line, fields: line + b"\r\n" + b"".join(n + b": " + v + b"\r\n" for n, v in fields) + b"\r\n",
    LINES,
    st.lists(st.tuples(NAMES, VALUES), max_size=4),
)


def check(api: Any, data: bytes, method: str | None) -> None:
    response = http.client.HTTPResponse(Connection(data), method=method)  # type: ignore[arg-type]
    try:
        response.begin()
    except (http.client.HTTPException, ValueError, RecursionError):
        return
    finally:
        response.close()
    try:
        head = api.parse_response(data, method=method)
    except fasthdr.ParseError:
        return
    if head is None or head.status == 100:  # begin() goes on to the next response
        return
    assert head.keep_alive is not response.will_close, (data[:2000], method)


@pytest.mark.parametrize("api", IMPLEMENTATIONS)
@given(data=st.one_of(FRAMED, heads.responses), method=st.sampled_from(METHODS))
@example(data=b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n", method=None)
def test_generated(api: Any, data: bytes, method: str | None) -> None:
    check(api, data, method)


@pytest.mark.parametrize("api", IMPLEMENTATIONS)
@pytest.mark.parametrize("name", STATUS_LINES)
def test_named(api: Any, name: str) -> None:
    blocks = [block for block in BLOCKS.values() if len(block) < 5000]
    for block in blocks if len(STATUS_LINES[name]) < 5000 else blocks[:10]:
        for method in ("GET", "HEAD"):
            check(api, STATUS_LINES[name] + block, method)


@pytest.mark.parametrize("api", IMPLEMENTATIONS)
def test_both_answers_are_given(api: Any) -> None:
    """A 100 is a head here, too, and keeps the connection."""
    assert api.parse_response(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").keep_alive is True
    assert api.parse_response(b"HTTP/1.1 200 OK\r\n\r\n").keep_alive is False
    assert api.parse_response(b"HTTP/1.1 100 Continue\r\n\r\n").keep_alive is True
