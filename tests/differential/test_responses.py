# SPDX-License-Identifier: MIT
"""Whole responses of http.client, from files of every kind: ours, installed and imported, against the stdlib's."""

from __future__ import annotations

import http.client
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fasthdr
import fasthdr.client
from tests.differential import heads, observe
from tests.differential.cases import BLOCKS, STATUS_LINES

METHODS = "GET", "HEAD", "CONNECT"


def seen(cls: type, data: bytes, reader: str, method: str) -> Any:
    """What begin() does, every attribute after it, what is then read, and what is left in the file."""
    file = observe.READERS[reader](data)
    response = cls(SimpleNamespace(makefile=lambda mode: file), method=method)
    begun = observe.outcome(response.begin)
    state = {**vars(response)}
    del state["fp"]
    for name in ("headers", "msg"):
        state[name] = None if state[name] is None else observe.message(state[name])
    same = response.msg is response.headers
    read = observe.outcome(response.read)
    response.fp = None  # not all of these files have a close() for its end to call
    return begun, [*state.items()], same, read, observe.outcome(lambda: observe.rest(file))


def same_response(data: bytes, reader: str = "BufferedReader", method: str = "GET") -> None:
    theirs = seen(http.client.HTTPResponse, data, reader, method)
    assert seen(fasthdr.client.HTTPResponse, data, reader, method) == theirs, data[:2000]
    for exact in (False, True):
        with fasthdr.install(exact_type=exact):
            assert seen(http.client.HTTPResponse, data, reader, method) == theirs, data[:2000]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", STATUS_LINES)
def test_named_status_lines(name: str, method: str) -> None:
    for block in ("curl", "empty", "no colon", "obs-fold"):
        for reader in ("BytesIO", "BufferedReader", "BufferedReader of 16 bytes"):
            same_response(STATUS_LINES[name] + BLOCKS[block] + b"body", reader, method)


@pytest.mark.parametrize("name", BLOCKS)
def test_named_blocks(name: str) -> None:
    for reader in observe.READERS:
        if len(BLOCKS[name]) < 10_000 or reader.startswith("B"):
            same_response(b"HTTP/1.1 200 OK\r\n" + BLOCKS[name], reader)


@given(heads.responses, st.sampled_from(METHODS), st.sampled_from([*observe.READERS]))
@settings(max_examples=max(1, settings.default.max_examples // 4))
def test_generated_responses(data: bytes, method: str, reader: str) -> None:
    same_response(data, reader, method)


@pytest.mark.parametrize("cut", range(len(b"HTTP/1.1 200 OK\r\n" + BLOCKS["one field"])))
def test_responses_that_end_early(cut: int) -> None:
    for reader in ("BytesIO", "BufferedReader", "BufferedReader of 16 bytes", "one byte a read"):
        same_response((b"HTTP/1.1 200 OK\r\n" + BLOCKS["one field"])[:cut], reader)
