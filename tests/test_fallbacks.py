# SPDX-License-Identifier: MIT
"""watch_fallbacks(), FASTHDR_FALLBACK: what is reported about a head that is left to the standard library."""

from __future__ import annotations

import contextlib
import email.parser
import http.client
import io
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest

import fasthdr
import fasthdr._pure.counts
import fasthdr._pure.parse
import fasthdr.client
from fasthdr import _pure
from fasthdr._stdlib import watcher

IMPLEMENTATIONS = [fasthdr, _pure.parse]
needs_core = pytest.mark.skipif(fasthdr.IMPLEMENTATION != "cython", reason="http.client is the standard library's own")


@pytest.fixture
def seen() -> Iterator[list[Any]]:
    """The fallbacks that the watcher was told about."""
    found: list[Any] = []
    fasthdr.watch_fallbacks(found.append)
    yield found
    fasthdr.watch_fallbacks(None)


@pytest.fixture
def first_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watcher, "_first", {})


class _Nothing:
    """A base that changes nothing."""


def handler(head: bytes, base: type = _Nothing) -> Any:
    """Return a handler that has parsed a request in memory."""
    from fasthdr.server import BaseHTTPRequestHandler

    class Handler(base, BaseHTTPRequestHandler):  # type: ignore[misc]
        def __init__(self) -> None:
            self.rfile, self.wfile = io.BytesIO(head), io.BytesIO()
            self.raw_requestline = self.rfile.readline()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    made = Handler()
    made.parse_request()
    return made


def response(data: bytes, cls: type = fasthdr.client.HTTPResponse) -> Any:
    made = cls(SimpleNamespace(makefile=lambda _: io.BytesIO(data)))
    made.begin()
    return made


@needs_core
@pytest.mark.parametrize("reader", [io.BytesIO, lambda data: SimpleNamespace(readline=io.BytesIO(data).readline)])
def test_a_field_line(seen: list[Any], reader: Any) -> None:
    fasthdr.client.parse_headers(reader(b"Host: a\r\nno colon\r\nB: c\r\n\r\n"))
    (told,) = seen
    assert (told.reason, told.offset, told.field, told.by) == ("block: no colon", 9, None, None)
    # http.client reads a file without peek() line by line, and from 3.15 on it drops the empty line.
    assert told.near in (b"Host: a\r\nno colon\r\nB: c\r\n\r\n", b"Host: a\r\nno colon\r\nB: c\r\n")
    assert str(told) == f"left to the standard library: block: no colon, at byte 9: {told.near!r}"


@needs_core
def test_what_the_core_reads_is_not_told(seen: list[Any]) -> None:
    fasthdr.client.parse_headers(io.BytesIO(b"Host: a\r\n\r\n"))
    handler(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    response(b"HTTP/1.1 200 OK\r\n\r\n")
    assert fasthdr.parse_request(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n") is not None
    with pytest.raises(fasthdr.ParseError):
        fasthdr.parse_request(b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", strict=True)
    assert seen == []


@needs_core
@pytest.mark.parametrize(
    ("head", "reason", "offset", "field"),
    [
        (b"GET / HTTP/1.1\r\nA: b\r\nHost : a\r\n\r\n", "block: blank before the colon", 6, "Host"),
        (b"GET /a b HTTP/1.1\r\nA: b\r\n\r\n", "request line", 0, None),
        (b"GET /\r\n", "request line", 0, None),
    ],
)
def test_a_handlers_request_is_told_and_counted_once(
    seen: list[Any], head: bytes, reason: str, offset: int, field: str | None
) -> None:
    fasthdr.collect_stats()
    handler(head)
    counts = fasthdr.stats()
    fasthdr.collect_stats(False)
    assert (seen[0].reason, seen[0].offset, seen[0].field) == (reason, offset, field)
    assert counts[reason] == 1
    assert [each.reason for each in seen].count(reason) == 1


@needs_core
def test_a_status_line(seen: list[Any]) -> None:
    response(b"HTTP/1.1  200 OK\r\n\r\n")
    assert (seen[0].reason, seen[0].offset, seen[0].near) == ("status line", 0, b"HTTP/1.1  200 OK\r\n\r\n")


SECRETS = [
    b"Authorization: Basic c2VjcmV0\r\nno colon\r\n",
    b"no colon\r\nCookie: c2VjcmV0\r\n",
    b"Proxy-Authorization : c2VjcmV0\r\n",
    b"Set-Cookie : c2VjcmV0=1\r\n",
    b"A: b\r\n X-Api-Key: c2VjcmV0\r\n: x\r\n",
    b"X-Auth-Token\r\nX-Auth-Token : c2VjcmV0\r\n",
]


@needs_core
@pytest.mark.parametrize("block", SECRETS, ids=repr)
def test_secrets_are_not_shown(seen: list[Any], block: bytes) -> None:
    fasthdr.client.parse_headers(io.BytesIO(block + b"\r\n"))
    fasthdr.parse_request(b"GET / HTTP/1.1\r\n" + block + b"\r\n")
    handler(b"GET / HTTP/1.1\r\n" + block + b"\r\n")
    assert len(seen) == 3
    assert not [each for each in seen if "c2VjcmV0"[:4] in str(each) + repr(each)]


def test_bytes(seen: list[Any]) -> None:
    head = b"GET / HTTP/1.1\r\nA: b\r\nHost : a\r\n\r\n"
    fasthdr.parse_request(head + b"body" * 1000)
    with pytest.raises(fasthdr.ParseError):
        fasthdr.parse_request(b"nonsense\r\nA: b\r\n\r\n")
    found = [(each.reason, each.offset, each.field, each.near[:8]) for each in seen]
    assert found == [(BLANK, 22, "Host", head[2:10]), ("request line", 0, None, b"nonsense")]


BLANK = "block: blank before the colon"
REQUEST, STATUS = b"GET / HTTP/1.1\r\n", b"HTTP/1.1 200 OK\r\n"
MANY, LONG = b"A: b\r\n" * 200, b"x" * 70000
LEFT = {
    "parse_request": [
        (REQUEST + b"Host : a\r\n\r\n", "block: blank before the colon", 16, "Host"),
        (REQUEST + b" x\r\n\r\n", "block: fold before the first field", 16, None),
        (REQUEST + b"A: b\r\nno colon\r\n\r\n", "block: no colon", 22, None),
        (REQUEST + b"From me\r\n\r\n", "block: From line", 16, None),
        (REQUEST + b"A: b\rc\r\n\r\n", "block: bare CR", 16, "A"),
        (REQUEST + b"Content-Type: message/rfc822\r\n\r\n", "content-type", None, None),
        (REQUEST + MANY + b"\r\n", "limit", None, None),
        (REQUEST + b"A: " + LONG + b"\r\n\r\n", "limit", None, None),
        (b"GET /" + LONG + b" HTTP/1.1\r\n\r\n", "limit", 0, None),
        (b"GET /\r\n\r\n", "request line", 0, None),
        (b"GET /a b HTTP/1.1\r\n\r\n", "request line", 0, None),
    ],
    "parse_response": [
        (STATUS + b"Host : a\r\n\r\n", "block: blank before the colon", 17, "Host"),
        (STATUS + b"A: " + LONG, "limit", None, None),
        (b"HTTP/1.1 200 " + LONG + b"\r\n\r\n", "limit", 0, None),
        (b"HTTP/1.1 x\r\n\r\n", "status line", 0, None),
    ],
    "parse_headers": [
        (b"Host : a\r\n\r\n", "block: blank before the colon", 0, "Host"),
        (b"A: b\r\nHost : a\r\n\r\n", "block: blank before the colon", 6, "Host"),
        (b" A: b\r\n\r\n", "block: fold before the first field", 0, None),
        (MANY + b"\r\n", "limit", None, None),
    ],
}


@pytest.mark.parametrize("api", IMPLEMENTATIONS)
@pytest.mark.parametrize("start", [0, 3])
@pytest.mark.parametrize("name", LEFT)
def test_why_a_head_in_bytes_is_left(api: Any, name: str, start: int) -> None:
    counts: Any = _pure.counts if api is _pure.parse else fasthdr
    for data, *expected in LEFT[name]:
        seen: list[Any] = []
        counts.watch_fallbacks(seen.append)
        try:
            getattr(api, name)(b"abc"[:start] + data, start=start)
        except fasthdr.ParseError:
            pass
        finally:
            counts.watch_fallbacks(None)
        assert [[each.reason, each.offset, each.field] for each in seen] == [expected], data[:40]
        assert seen[0].near in data


def _other(*_: Any, **__: Any) -> Any:
    return {}


class _Proxy:
    """Like a proxy of wrapt: it claims the module of the function."""

    __module__ = "http.client"

    def __init__(self, function: Any) -> None:
        self.function = function

    def __call__(self, *args: Any) -> Any:
        return self.function(*args)


@pytest.mark.parametrize("api", IMPLEMENTATIONS)
def test_a_mock_of_the_class_of_responses(api: Any) -> None:
    data = b"HTTP/1.1  200 OK\r\nA : b\r\n\r\n"
    found = []
    for place in (contextlib.nullcontext(), mock.patch("http.client.HTTPResponse")):
        with place:
            head = api.parse_response(data)
            found.append((head.status, head.reason, head.items(), head.keep_alive))
    assert found[1] == found[0]


@needs_core
def test_patched_by_whom(seen: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    parse = fasthdr.client.parse_headers
    before = http.client._read_headers  # type: ignore[attr-defined]
    monkeypatch.setattr(http.client, "_read_headers", lambda *args: before(*args))
    parse(io.BytesIO(b"A: b\r\n\r\n"))
    line = test_patched_by_whom.__code__.co_firstlineno + 4
    assert seen[-1].reason == "patch"
    assert seen[-1].by == f"'{__name__}' ({__file__}, line {line}) in the place of http.client._read_headers"
    monkeypatch.undo()
    parse(io.BytesIO(b"A: b\r\n\r\n"))
    assert len(seen) == 1
    monkeypatch.setattr(http.client, "_read_headers", _Proxy(before))
    parse(io.BytesIO(b"A: b\r\n\r\n"))
    assert seen[-1].by == "'http.client._Proxy' in the place of http.client._read_headers"
    monkeypatch.undo()
    monkeypatch.setattr(email.parser.Parser, "parsestr", _other)
    parse(io.BytesIO(b"A: b\r\n\r\n"))
    assert seen[-1].by.endswith("in the place of Parser.parsestr")
    monkeypatch.undo()
    monkeypatch.setattr(http.client.HTTPMessage, "set_raw", _other, raising=False)
    parse(io.BytesIO(b"A: b\r\n\r\n"))
    assert seen[-1].by.endswith("in the place of HTTPMessage.set_raw")


class _Message(http.client.HTTPMessage):
    def set_raw(self, name: str, value: str) -> None:
        super().set_raw(name, value)  # type: ignore[misc]


class _Stores:
    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, value)


class _Own(_Stores, fasthdr.client.HTTPResponse):
    pass


@needs_core
def test_by_which_class(seen: list[Any]) -> None:
    fasthdr.client.parse_headers(io.BytesIO(b"A: b\r\n\r\n"), _Message)
    assert (seen[-1].reason, seen[-1].by) == ("class", f"{__name__}._Message ({__file__})")
    handler(b"GET / HTTP/1.1\r\n\r\n", _Stores)
    assert seen[-1].reason == "handler"
    assert "Handler" in seen[-1].by
    response(b"HTTP/1.1 200 OK\r\n\r\n", _Own)
    assert [each.by for each in seen if each.reason == "status line: response"] == [f"{__name__}._Own ({__file__})"]
    made = []
    fasthdr.client.parse_headers(io.BytesIO(b"A: b\r\n\r\n"), lambda **_: made.append(1) or http.client.HTTPMessage())
    assert seen[-1].by == "builtins.function"


# ------------------------------------------------------------------------------------------------- ways to switch it on


def test_off_and_on(seen: list[Any]) -> None:
    """Watching and counting are switched on and off independently."""
    data = b"GET / HTTP/1.1\r\nHost : a\r\n\r\n"
    fasthdr.collect_stats()
    fasthdr.collect_stats(False)
    fasthdr.parse_request(data)
    assert (len(seen), fasthdr.stats()) == (1, {})
    fasthdr.collect_stats()
    fasthdr.watch_fallbacks(None)
    fasthdr.parse_request(data)
    assert (len(seen), fasthdr.stats()) == (1, {"block: blank before the colon": 1})
    fasthdr.collect_stats(False)


def test_a_watcher_that_parses_is_not_told_of_that() -> None:
    calls = []

    def watch(fallback: Any) -> None:
        calls.append(fallback)
        fasthdr.parse_request(b"GET / HTTP/1.1\r\nHost : a\r\n\r\n")

    fasthdr.watch_fallbacks(watch)
    try:
        for _ in range(2):
            fasthdr.parse_request(b"GET / HTTP/1.1\r\nHost : a\r\n\r\n")
    finally:
        fasthdr.watch_fallbacks(None)
    assert len(calls) == 2


def test_what_a_watcher_raises_is_raised() -> None:
    def watch(fallback: Any) -> None:
        raise LookupError(fallback.reason)

    fasthdr.watch_fallbacks(watch)
    try:
        with pytest.raises(LookupError, match="blank before the colon"):
            fasthdr.parse_request(b"GET / HTTP/1.1\r\nHost : a\r\n\r\n")
    finally:
        fasthdr.watch_fallbacks(None)
    assert not watcher._telling


@pytest.mark.usefixtures("first_texts")
def test_warnings_are_limited_by_their_filters() -> None:
    """The text for a reason stays the same, so "default" shows it once for each place, and "always" each time."""

    def parse() -> None:
        for n in range(5):
            fasthdr.parse_request(b"GET / HTTP/1.1\r\nHost%d : a\r\n\r\n" % n)

    first = b"GET / HTTP/1.1\r\nHost0 : a\r\n\r\n"
    fasthdr.watch_fallbacks("warn")
    try:
        for action, times in (("default", 1), ("always", 5), ("ignore", 0)):
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter(action, fasthdr.FallbackWarning)  # type: ignore[arg-type]
                parse()
            assert len(caught) == times
            for each in caught:
                text = f"left to the standard library: {BLANK}, at byte 16: {first!r}"
                assert (each.category, str(each.message), each.filename) == (fasthdr.FallbackWarning, text, __file__)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(fasthdr.FallbackWarning):
                parse()
    finally:
        fasthdr.watch_fallbacks(None)


@pytest.mark.usefixtures("first_texts")
def test_there_is_a_bound_on_the_texts() -> None:
    for n in range(1000):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            watcher.warn(fasthdr.Fallback("class", None, b"", None, f"class {n}"))
    assert len(watcher._first) <= watcher._MOST + 1


def test_what_is_no_watcher() -> None:
    with pytest.raises(ValueError, match="not 'print'"):
        fasthdr.watch_fallbacks("print")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="not int"):
        fasthdr.watch_fallbacks(1)  # type: ignore[arg-type]


@pytest.mark.parametrize("pure", ["0", "1"])
def test_from_the_environment(pure: str) -> None:
    code = "import fasthdr; fasthdr.parse_request(b'GET / HTTP/1.1\\r\\nHost : a\\r\\n\\r\\n'); print('read')"

    def run(value: str) -> Any:
        environ = {**os.environ, "FASTHDR_FALLBACK": value, "FASTHDR_PURE_PYTHON": pure}
        return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environ)

    warning = f"<string>:1: FallbackWarning: left to the standard library: {BLANK}, at byte 16"
    assert run("warn").stderr.count(warning) == 1
    for off in ("", "0"):
        assert run(off).stderr == ""
    wrong = run("loudly")
    assert "ImportError: FASTHDR_FALLBACK must be 'warn' or '0', not 'loudly'" in wrong.stderr
