# SPDX-License-Identifier: MIT
"""tornado's own parser of header blocks beside the adapter's, in memory, and in its server and client over sockets."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.metadata
import random
import re
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fasthdr
from tests.adapters import traffic
from tests.adapters.client import LAST, ask

pytest.importorskip("tornado", reason="tornado is not installed here")
if importlib.metadata.version("tornado").startswith("6.5."):
    pytest.skip("tornado 6.5, the last for CPython 3.10, keeps its own parser", allow_module_level=True)

import tornado.http1connection
import tornado.httpserver
import tornado.httputil
import tornado.netutil
import tornado.simple_httpclient

from fasthdr.adapters import tornado as adapter

Connection = tornado.http1connection.HTTP1Connection
own = Connection._parse_headers


def read(parse: Any, data: bytes) -> object:
    """Return the result, with everything that the headers object holds, in order, or the exception."""
    try:
        start_line, headers = parse(None, data)
    except Exception as error:
        return type(error), str(error)
    return start_line, type(headers), {name: list(value.items()) for name, value in vars(headers).items()}


@given(st.integers(0, 1 << 48))
def test_generated(seed: int) -> None:
    data = traffic.request(random.Random(seed))
    end = re.search(rb"\r?\n\r?\n", data)
    for head in (data, data[: end.end()] if end else b""):
        assert read(adapter._parse_headers, head) == read(own, head)


# Head -> whether the core reads it.
HEADS = {
    b"GET /a HTTP/1.1\r\nHost: h\r\nset-cookie: a\r\nX_B: \xe9 \r\nSet-Cookie: \r\n\r\n": True,
    b"GET / HTTP/1.1\r\n\r\n": True,
    b"HTTP/1.1 200 OK\r\nServer: s\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 5\r\n\r\n": True,
    b"\x00\xff\r\r\nA: b\r\n\r\n": True,  # here tornado only looks for the end of the start line
    b"GET / HTTP/1.1\nHost: h\r\n\r\n": True,
    b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n": True,
    b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 300 + b"\r\n": True,
    b"GET / HTTP/1.1\r\nA: " + b"b" * 65000 + b"\r\n\r\n": True,
    b"\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n": False,
    b"GET / HTTP/1.1\r\nHost: h\nA: b\r\n\r\n": False,
    b"GET / HTTP/1.1\r\nHost: h\r\n\n": False,
    b"GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n c\r\n\r\n": False,
    b"GET / HTTP/1.1\r\nHost: h\r\nA : b\r\n\r\n": False,
    b"GET / HTTP/1.1\r\nHost: h\r\nno colon\r\n\r\n": False,
    b"GET / HTTP/1.1\r\nHost: h\r\nA: \x00\r\n\r\n": False,
    b"GET / HTTP/1.1\r\nHost: h\r\n": False,
    b"GET / HTTP/1.1\r\nHost: h\r\n\r\nA: b\r\n\r\n": False,
    b"GET / HTTP/1.1": False,
    b"": False,
}  # fmt: skip


@pytest.mark.parametrize("data", HEADS, ids=range(len(HEADS)))
def test_who_reads(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    handed: list[object] = []
    monkeypatch.setattr(adapter, "_own_parse_headers", lambda *args: (handed.append(args), own(*args))[1])
    assert read(adapter._parse_headers, data) == read(own, data)
    assert bool(handed) == (not HEADS[data] or fasthdr.IMPLEMENTATION != "cython")


def test_headers_go_on_as_tornado_s_own() -> None:
    """Programs may change the headers later, so what the object keeps beside the values must be right, too."""
    results = []
    for parse in (own, adapter._parse_headers):
        _, headers = parse(None, b"GET / HTTP/1.1\r\nA: 1\r\na: 2\r\nB: 3\r\n\r\n")
        before = headers["A"], headers.get_list("a"), list(headers.get_all())
        headers.add("b", "4")
        copied = headers.copy()
        headers["A"] = "5"
        del headers["B"]
        results.append(
            (before, list(headers.items()), list(copied.get_all()), copied["b"], str(copied), "B" in headers)
        )
    assert results[1] == results[0]


def answer(request: Any) -> None:
    shown = (request.method, request.uri, request.version, list(request.headers.get_all()), request.body)
    content = repr(shown).encode()
    line = tornado.httputil.ResponseStartLine("HTTP/1.1", 200, "OK")
    fields = {"Content-Length": str(len(content)), "X-Twice": "1"}
    headers = tornado.httputil.HTTPHeaders(fields)
    headers.add("X-Twice", "2")
    request.connection.write_headers(line, headers, content)
    request.connection.finish()


@contextlib.contextmanager
def running() -> Iterator[Any]:
    """Run a server on an event loop in a thread; yields its address and a function that runs a coroutine there."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def do(coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(30)

    async def start() -> Any:
        server = tornado.httpserver.HTTPServer(answer)
        server.add_sockets(sockets := tornado.netutil.bind_sockets(0, "127.0.0.1", family=socket.AF_INET))
        return server, sockets[0].getsockname()

    async def stop(server: Any) -> None:
        server.stop()
        await server.close_all_connections()

    server, address = do(start())
    try:
        yield address, do
    finally:
        do(stop(server))
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def fetch(address: Any) -> object:
    client = tornado.simple_httpclient.SimpleAsyncHTTPClient(force_instance=True)
    response = await client.fetch(f"http://127.0.0.1:{address[1]}/a?b", headers={"X-A": "b"})
    client.close()
    fields = [field for field in response.headers.get_all() if field[0] != "Date"]
    return response.code, fields, re.sub(rb"127.0.0.1:\d+", b"HOST", response.body)


def test_over_sockets(counted: Any) -> None:
    answers, fetched = [], []
    for switch in (adapter.disable, adapter.enable):
        switch()
        try:
            with running() as (address, do):
                whole = [data for data in HEADS if re.search(rb"\r?\n\r?\n", data)]
                answers.append([ask(address, data[:20], data[20:] + LAST, pause=0.01) for data in whole])
                fetched.append(do(fetch(address)))
        finally:
            adapter.disable()
    assert answers[1] == answers[0]
    assert fetched[1] == fetched[0]
    assert sum(answer.startswith(b"HTTP/1.1 200 OK") for answer in answers[0]) >= 4
    assert sum(answer.startswith(b"HTTP/1.1 400 ") for answer in answers[0]) >= 4
    if fasthdr.IMPLEMENTATION == "cython":
        assert counted()[0] >= 10


def test_switch() -> None:
    adapter.disable()
    adapter.enable()
    adapter.enable()
    try:
        assert adapter.is_enabled()
        assert Connection._parse_headers is adapter._parse_headers
    finally:
        adapter.disable()
    assert Connection._parse_headers is own


def test_a_parser_of_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """A parser that a program has put in place is not replaced."""
    monkeypatch.setattr(Connection, "_parse_headers", lambda self, data: own(self, data))
    with pytest.raises(RuntimeError, match=r"HTTP1Connection\._parse_headers is not tornado's own"):
        adapter.enable()
    adapter.disable()
    assert Connection._parse_headers is not own


@pytest.mark.skipif(fasthdr.IMPLEMENTATION != "cython", reason="in plain Python tornado's own parser reads every head")
def test_another_tornado(monkeypatch: pytest.MonkeyPatch) -> None:
    """A version that, say, stores its fields differently keeps its own parser, and enable() says so."""
    init = tornado.httputil.HTTPHeaders.__init__

    def other(self: Any, *args: Any) -> None:
        init(self, *args)
        self._last_key = None

    def add(self: Any, name: str, value: str, **options: Any) -> None:
        self._last_key = name

    monkeypatch.setattr(tornado.httputil.HTTPHeaders, "__init__", other)
    monkeypatch.setattr(tornado.httputil.HTTPHeaders, "add", add)
    try:
        importlib.reload(adapter)
        with pytest.warns(RuntimeWarning, match="tornado"):
            adapter.enable()
        assert Connection._parse_headers is own
    finally:
        monkeypatch.undo()
        importlib.reload(adapter)
    adapter.enable()
    assert Connection._parse_headers is adapter._parse_headers
    adapter.disable()
