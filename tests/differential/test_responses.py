# SPDX-License-Identifier: MIT
"""Whole http.client responses from files of every kind: ours, imported and installed, against the stdlib's."""

from __future__ import annotations

import contextlib
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
    """Return what begin() does, every attribute after it, what is then read, and what is left in the file."""
    file = observe.READERS[reader](data)
    response = cls(SimpleNamespace(makefile=lambda mode: file), method=method)
    begun = observe.outcome(response.begin)
    state = {**vars(response)}
    del state["fp"]
    for name in ("headers", "msg"):
        state[name] = None if state[name] is None else observe.message(state[name])
    same = response.msg is response.headers
    read = observe.outcome(response.read)
    response.fp = None  # its deletion calls close(), which some of these files lack
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


WHITE_SPACE = [bytes([c]) for c in range(256) if chr(c).isspace() and chr(c) != "\n"]


@pytest.mark.parametrize("first", [b"", *WHITE_SPACE], ids=repr)
def test_white_space_after_the_status_code(first: bytes) -> None:
    # Without a reason phrase, it becomes the argument of int(), which does not take all of it for white space.
    for second in (*WHITE_SPACE, b"", b"0", b"A", b"\0", b"\xb2", b"_"):
        for third in (b"", b" ", b"\x1f", b"\x85", b"A"):
            same_response(b"HTTP/1.1 200" + first + second + third + b"\r\nA: b\r\n\r\n", "BytesIO")


@pytest.mark.parametrize("name", BLOCKS)
def test_named_blocks(name: str) -> None:
    for reader in observe.READERS:
        if reader in observe.QUICK or not observe.is_large(BLOCKS[name]):
            same_response(b"HTTP/1.1 200 OK\r\n" + BLOCKS[name], reader)


@pytest.mark.long
@pytest.mark.interpreter
@pytest.mark.parametrize("name", [name for name, block in BLOCKS.items() if observe.is_large(block)])
def test_large_blocks(name: str) -> None:
    same_response(b"HTTP/1.1 200 OK\r\n" + BLOCKS[name], "BufferedReader of 16 bytes")


@given(heads.responses, st.sampled_from(METHODS), st.sampled_from([*observe.READERS]))
@settings(max_examples=max(1, settings.default.max_examples // 4))
def test_generated_responses(data: bytes, method: str, reader: str) -> None:
    same_response(data, reader, method)


@pytest.mark.parametrize("cut", range(len(b"HTTP/1.1 200 OK\r\n" + BLOCKS["one field"])))
def test_responses_that_end_early(cut: int) -> None:
    for reader in ("BytesIO", "BufferedReader", "BufferedReader of 16 bytes", "one byte a read"):
        same_response((b"HTTP/1.1 200 OK\r\n" + BLOCKS["one field"])[:cut], reader)


FINAL = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody"
INTERIM = ("empty", "curl", "no colon", "bare CR in a value", "obs-fold first", "CR CR LF", "99 fields", "100 fields",
           "101 fields", "line of the limit", "line beyond the limit", "nothing at all", "empty, bare LF")  # fmt: skip


@pytest.mark.parametrize("count", [1, 2, 3, 99, 100, 101])
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.long, pytest.mark.interpreter] if len(BLOCKS[name]) > 10_000 else [])
        for name in INTERIM
    ],
)
def test_interim_responses(name: str, count: int) -> None:
    if count > 3 and len(BLOCKS[name]) > 100:
        return
    interim = b"HTTP/1.1 100 Continue\r\n" + BLOCKS[name].removesuffix(b"rest")
    for final in (
        FINAL,
        b"HTTP/1.0 404\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"no response\r\n",
        b"HTTP/1.1 200 ",
        b"",
    ):
        for reader in ("BytesIO", "BufferedReader", "BufferedReader of 16 bytes", "one byte a read", "readline only"):
            if count == 1 or reader != "one byte a read":
                same_response(interim * count + final, reader)


@pytest.mark.parametrize("name", ["_MAXINTERIMRESPONSES", "_MAXHEADERS", "_MAXLINE"])
@pytest.mark.parametrize("limit", [0, 1, 2, 3, 25, 2.5, 100, -1, True, "x", None])
def test_interim_responses_and_limits(monkeypatch: pytest.MonkeyPatch, name: str, limit: Any) -> None:
    monkeypatch.setattr(http.client, name, limit, raising=False)
    for fields in (0, 1, 2, 3):
        for count in (1, 2):
            same_response((b"HTTP/1.1 100 Go\r\n" + b"A: b\r\n" * fields + b"\r\n") * count + FINAL)


def test_an_interim_response_with_limits_of_the_connection() -> None:
    """CPython 3.15's max_response_headers is passed to begin() as _max_headers."""
    data = b"HTTP/1.1 100 Go\r\n" + b"A: b\r\n" * 3 + b"\r\n" + FINAL
    results = []
    for cls in (http.client.HTTPResponse, fasthdr.client.HTTPResponse):
        for limit in (None, 2, 3, 4, True, 2.5, "x"):
            file = observe.READERS["BufferedReader"](data)
            response: Any = cls(SimpleNamespace(makefile=lambda mode: file))
            results.append((observe.outcome(lambda: response.begin(_max_headers=limit)), observe.rest(file)))
            response.fp = None
    assert results[: len(results) // 2] == results[len(results) // 2 :]


@pytest.mark.parametrize(
    "line",
    [b"200", b"200 ", b"200\t", b"200 \t \x0b", b"200 OK ", b"200  OK", b"200\tOK\x85", b"200\xa0OK\x1f", b"200 \r",
     b"200\rOK", b"200x", b"200\x00", b"200 \x00 ", b"2000", b"200\xad", b"20\xb2", b"200 \xad"],
)  # fmt: skip
def test_what_follows_a_status_code(line: bytes) -> None:
    for end in (b"\r\n", b"\n", b"\r\r\n"):
        same_response(b"HTTP/1.1 " + line + end + b"Content-Length: 4\r\n\r\nbody")


def test_what_is_read_by_the_core() -> None:
    """What the core does not read is counted once for its start line and once for its block."""
    # The first response of a process decides how all are read.
    assert fasthdr.client.HTTPResponse(SimpleNamespace(makefile=lambda mode: None)).headers is None
    for start, expected in (
        (b"HTTP/1.1 200 OK", {"core": 1}),
        (b"HTTP/1.1 200", {"core": 1}),
        (b"HTTP/1.1 200 \t", {"core": 1}),
        (b"HTTP/1.1 200  OK ", {"core": 1}),
        (b"HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 200 OK", {"core": 1}),
        (b"HTTP/1.1 100 Go\r\n\r\nHTTP/1.1\t200 OK", {"core": 1, "status line": 1}),
        (b"HTTP/1.1\t200 OK", {"core": 1, "status line": 1}),
        (b"HTTP/9 200 OK", {"status line": 1}),
        (b"junk", {"status line": 1}),
    ):
        for installed in (False, True):
            with fasthdr.install() if installed else contextlib.nullcontext():
                cls = http.client.HTTPResponse if installed else fasthdr.client.HTTPResponse
                file = observe.READERS["BufferedReader"](start + b"\r\nA: b\r\n\r\n")
                response = cls(SimpleNamespace(makefile=lambda mode: file))
                fasthdr.collect_stats()
                observe.outcome(response.begin)
                assert fasthdr.stats() == expected
                if response.headers is not None:
                    response.begin()
                assert fasthdr.stats() == expected
                response.fp = None
    fasthdr.collect_stats()
    for reader in ("readline only", "SocketIO"):
        file = observe.READERS[reader](FINAL)
        response = fasthdr.client.HTTPResponse(SimpleNamespace(makefile=lambda mode: file))
        response.begin()
        response.fp = None  # its deletion calls close(), which some of these files lack
    debugged = fasthdr.client.HTTPResponse(SimpleNamespace(makefile=lambda mode: observe.READERS["BytesIO"](FINAL)))
    debugged._check_close = lambda: True
    debugged.begin()
    assert fasthdr.stats() == {"status line: reader": 2, "status line: response": 1, "core": 3}
