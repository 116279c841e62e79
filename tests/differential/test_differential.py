# SPDX-License-Identifier: MIT
"""fasthdr against the running interpreter's stdlib: everything that can be seen is the same."""

from __future__ import annotations

import base64
import email.message
import http.client
import http.server
import io
import os
from fractions import Fraction

import pytest
from hypothesis import given

import fasthdr
import fasthdr.client
import fasthdr.server
from tests.differential import heads, observe
from tests.differential.cases import BLOCKS, HOST, REQUEST_LINES
from tests.differential.corpus import corpus
from tests.together import together

STDLIB_HANDLER = http.server.BaseHTTPRequestHandler
STDLIB_PARSE = http.client.parse_headers
MUTANTS = int(os.environ.get("FASTHDR_MUTANTS", "12"))


def same_block(block: bytes, reader: str = "BufferedReader") -> None:
    make = observe.READERS[reader]
    theirs = observe.parsed(STDLIB_PARSE, block, make)
    ours = observe.parsed(fasthdr.client.parse_headers, block, make)
    assert ours == theirs, block[:2000]
    exact = observe.parsed(fasthdr.client.parse_headers, block, make, _class=http.client.HTTPMessage)
    assert exact == theirs, block[:2000]


def same_request(data: bytes, reader: str = "BufferedReader", **members: object) -> None:
    make = observe.READERS[reader]
    theirs = observe.one_request(STDLIB_HANDLER, data, make, **members)
    ours = observe.one_request(fasthdr.server.BaseHTTPRequestHandler, data, make, **members)
    if theirs != ours:
        assert observe.zero_nine(ours) == observe.zero_nine(theirs), data[:2000]


def same_connection(data: bytes, reader: str = "BufferedReader", **members: object) -> None:
    make = observe.READERS[reader]
    theirs = observe.connection(STDLIB_HANDLER, data, make, **members)
    ours = observe.connection(fasthdr.server.BaseHTTPRequestHandler, data, make, **members)
    if theirs != ours:
        assert observe.zero_nine(ours) == observe.zero_nine(theirs), data[:2000]


def same_in_all_ways(block: bytes, reader: str) -> None:
    same_block(block, reader)
    same_request(b"GET / HTTP/1.1\r\n" + block, reader)
    same_request(b"GET / HTTP/1.0\r\n" + block, reader)


@pytest.mark.parametrize("name", BLOCKS)
def test_named_blocks(name: str) -> None:
    for reader in observe.READERS:
        if reader in observe.QUICK or not observe.is_large(BLOCKS[name]):
            same_in_all_ways(BLOCKS[name], reader)


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name, block in BLOCKS.items() if observe.is_large(block)])
def test_large_blocks(name: str) -> None:
    for reader in observe.READERS:
        if reader not in observe.QUICK:
            same_in_all_ways(BLOCKS[name], reader)


@pytest.mark.parametrize("reader", ["BytesIO", "BufferedReader", "one byte a read", "SocketIO"])
@together("name", REQUEST_LINES)
def test_named_request_lines(name: str, reader: str) -> None:
    if len(REQUEST_LINES[name]) > 10_000 and reader in ("one byte a read", "SocketIO"):
        same_request(REQUEST_LINES[name] + HOST, reader)
        return
    for block in (
        HOST,
        b"Connection: keep-alive\r\n\r\n",
        b"Connection: close\r\n\r\n",
        b"\r\n",
        b"Expect: 100-continue\r\n\r\n",
    ):
        same_request(REQUEST_LINES[name] + block, reader)
        same_connection(REQUEST_LINES[name] + block + b"GET /next HTTP/1.1\r\n" + HOST, reader)


@pytest.mark.parametrize(
    "protocol",
    ["HTTP/0.9", "HTTP/1.0", "HTTP/1.1", "HTTP/2.0", "x", "", type("Text", (str,), {})("HTTP/1.1"), 1.1, None],
)
def test_protocol_version(protocol: object) -> None:
    for line in (
        b"GET / HTTP/1.1\r\n",
        b"GET / HTTP/1.0\r\n",
        b"GET /\r\n",
        b"GET / HTTP/2.0\r\n",
        b"POST / HTTP/0.9\r\n",
    ):
        for name in ("connection close", "connection keep-alive", "expect", "one field", "connection twice"):
            same_request(line + BLOCKS[name], protocol_version=protocol)


@pytest.mark.parametrize("reader", observe.READERS)
def test_pipelines(reader: str) -> None:
    for close in (b"", b"Connection: close\r\n\r\n"):
        data = b"".join(
            line + BLOCKS[name]
            for name, line in zip(
                ("curl", "browser", "obs-fold", "empty name", "multipart/form-data", "expect"),
                [b"GET /1 HTTP/1.1\r\n", b"HEAD /2 HTTP/1.1\r\n", b"OPTIONS * HTTP/1.1\r\n"] * 2,
            )
        )
        same_connection(data + b"GET /last HTTP/1.0\r\n" + close + b"\r\n", reader)


@pytest.mark.long
@pytest.mark.interpreter
def test_mutations() -> None:
    for _, block in heads.mutations(1, MUTANTS):
        same_block(block)
        same_request(b"POST /x HTTP/1.1\r\n" + block)


@given(heads.blocks)
def test_generated_blocks(block: bytes) -> None:
    same_block(block)


@given(heads.requests)
def test_generated_requests(data: bytes) -> None:
    same_request(data)


@given(heads.connections)
def test_generated_connections(data: bytes) -> None:
    same_connection(data)
    same_connection(data, "one byte a read")


@given(heads.blocks)
def test_generated_blocks_readline_only(block: bytes) -> None:
    same_block(block, "readline only")


@together("name", BLOCKS)
def test_installed(name: str) -> None:
    """With install() the stdlib's own names behave as before."""
    data = b"GET / HTTP/1.1\r\n" + BLOCKS[name]
    make = observe.READERS["BufferedReader"]
    before = observe.connection(STDLIB_HANDLER, data, make), observe.parsed(STDLIB_PARSE, BLOCKS[name], make)
    for exact in (False, True):
        with fasthdr.install(exact_type=exact):
            ours = (
                observe.connection(STDLIB_HANDLER, data, make),
                observe.parsed(http.client.parse_headers, BLOCKS[name], make),
            )
        assert ours == before


class Plain(http.client.HTTPMessage):
    """A subclass that does not change the parsing."""

    def getheader(self, name: str) -> str | None:
        return self.get(name)


class WithInit(http.client.HTTPMessage):
    calls = 0

    def __init__(self, **keywords: object) -> None:
        type(self).calls += 1
        super().__init__(**keywords)
        self.status = ""


class OldStyle(email.message.Message):
    def __init__(self) -> None:
        super().__init__()


class DefaultType(http.client.HTTPMessage):
    def get_default_type(self) -> str:
        return "multipart/mixed"


class Upper(http.client.HTTPMessage):
    def set_raw(self, name: str, value: str) -> None:
        super().set_raw(name.upper(), value)


class Factory:
    """A class that is not a message at all."""

    def __init__(self, policy: object = None) -> None:
        self.made = []

    def set_raw(self, name: str, value: str) -> None:
        self.made.append((name, value))

    def set_payload(self, payload: object) -> None:
        self.payload = payload

    def get_content_type(self) -> str:
        return "text/plain"

    def get_content_maintype(self) -> str:
        return "text"

    def is_multipart(self) -> bool:
        return False

    def __repr__(self) -> str:
        return f"{self.made} {self.payload!r}"


@pytest.mark.parametrize("cls", [Plain, WithInit, OldStyle, DefaultType, Upper, Factory, email.message.Message])
def test_other_classes(cls: type) -> None:
    make = observe.READERS["BufferedReader"]
    for name, block in BLOCKS.items():
        if len(block) > 3000:
            continue
        WithInit.calls = 0
        theirs = observe.parsed(STDLIB_PARSE, block, make, _class=cls), WithInit.calls
        WithInit.calls = 0
        ours = observe.parsed(fasthdr.client.parse_headers, block, make, _class=cls), WithInit.calls
        assert ours == theirs, name
        same_request(b"GET / HTTP/1.1\r\n" + block, MessageClass=cls)
    made = fasthdr.client.parse_headers(io.BytesIO(b"A: 1\r\n\r\n"), cls)
    assert type(made) is cls


ABSENT = object()
ODD_LIMITS: list[object] = [-1, 1 << 40, 1 << 70, True, float("inf"), float("nan"), Fraction(5), "x", None]
ODD_LIMITS += [pytest.param(ABSENT, id="absent")]


def set_limit(monkeypatch: pytest.MonkeyPatch, name: str, limit: object) -> None:
    if limit is ABSENT:
        monkeypatch.delattr(http.client, name)
    else:
        monkeypatch.setattr(http.client, name, limit)


@pytest.mark.parametrize(
    "limit", [0, 1, 5, 99.5, 99, 100, 101, 102, 103, 150, *ODD_LIMITS, pytest.param(ABSENT, id="absent")]
)
def test_patched_max_headers(monkeypatch: pytest.MonkeyPatch, limit: object) -> None:
    set_limit(monkeypatch, "_MAXHEADERS", limit)
    for name in (
        "empty",
        "one field",
        "browser",
        "99 fields",
        "100 fields",
        "101 fields",
        "99 lines, folded",
        "bare CR in a value",
    ):
        for reader in ("BytesIO", "BufferedReader", "readline only"):
            same_block(BLOCKS[name], reader)
        same_request(b"GET / HTTP/1.1\r\n" + BLOCKS[name])


@pytest.mark.parametrize("limit", [0, 1, 10, 40, 100, 1 << 20, 10.5, *ODD_LIMITS])
def test_patched_max_line(monkeypatch: pytest.MonkeyPatch, limit: object) -> None:
    set_limit(monkeypatch, "_MAXLINE", limit)
    for name in (
        "empty",
        "one field",
        "browser",
        "obs-fold",
        "line of the limit",
        "line beyond the limit",
        "bare CR in a value",
    ):
        for reader in ("BytesIO", "BufferedReader", "readline only"):
            same_block(BLOCKS[name], reader)


def test_patched_parse_headers_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs put their own parse_headers into http.client, so it is looked up for each request."""
    calls = []

    def theirs(fp, _class=http.client.HTTPMessage):
        calls.append(_class)
        return STDLIB_PARSE(fp, _class)

    monkeypatch.setattr(http.client, "parse_headers", theirs)
    observe.one_request(fasthdr.server.BaseHTTPRequestHandler, b"GET / HTTP/1.1\r\n" + HOST, io.BytesIO)
    assert calls == [fasthdr.client.HTTPMessage]


def test_reads_no_more_than_the_stdlib() -> None:
    """The connection is read only when the stdlib reads it, too."""
    for block in [b for b in BLOCKS.values() if len(b) < 3000]:
        for step in (1, 3, 64, 100_000):
            counts = []
            for parse in (STDLIB_PARSE, fasthdr.client.parse_headers):
                raw = observe.OneByte(block, step)
                reader = io.BufferedReader(raw)
                observe.outcome(lambda: parse(reader))
                counts.append((raw.reads, raw.at, bytes(reader.peek()) if not reader.closed else None))
            assert counts[0] == counts[1]


@pytest.mark.parametrize("case", corpus())
def test_external_corpus(case: dict) -> None:
    data = base64.b64decode(case["raw_b64"])
    for reader in ("BytesIO", "BufferedReader", "one byte a read", "readline only"):
        if case["kind"] == "request":
            same_request(data, reader)
            same_connection(data, reader)
        else:
            same_block(data, reader)
