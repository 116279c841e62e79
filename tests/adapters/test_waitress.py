# SPDX-License-Identifier: MIT
"""waitress's own parser beside the adapter's, in memory and over real sockets."""

from __future__ import annotations

import contextlib
import importlib
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fasthdr
from fasthdr._stdlib.functions import with_globals
from tests.adapters import traffic
from tests.adapters.client import LAST, ask

pytest.importorskip("waitress", reason="waitress is not installed here")

import waitress
import waitress.adjustments
import waitress.channel
import waitress.parser
import waitress.server
import waitress.wasyncore

from fasthdr.adapters import waitress as adapter

ADJUSTMENTS = waitress.adjustments.Adjustments(
    listen="127.0.0.1:0", max_request_header_size=3000, max_request_body_size=600
)


def read(parser_class: Any, pieces: list[bytes]) -> list[object]:
    """Return what a channel does with a connection: after each read, the bytes taken and the state of the parser."""
    seen: list[object] = []
    parser = None
    for piece in pieces:
        data = piece
        while data:
            if parser is None:
                parser = parser_class(ADJUSTMENTS)
            try:
                taken = parser.received(data)
            except Exception as error:
                return [*seen, (type(error), str(error))]
            seen.append((taken, state(parser)))
            if parser.expect_continue and parser.headers_finished:
                parser.expect_continue = parser.completed = False  # as send_continue() does
            if parser.completed:
                parser = None
            if taken >= len(data):
                break
            data = data[taken:]
    return seen


def state(parser: Any) -> object:
    names = {name: value for name, value in vars(parser).items() if name not in ("adj", "body_rcv", "error", "headers")}
    body = parser.body_rcv
    error = parser.error and (type(parser.error), parser.error.body)
    content = None if body is None else (type(body), body.completed, body.getbuf().get(), getattr(body, "remain", None))
    return sorted(names.items()), list(parser.headers.items()), error, content


@given(st.integers(0, 1 << 48))
def test_generated(seed: int) -> None:
    pieces = traffic.pieces(seed)
    assert read(adapter.Parser, pieces) == read(waitress.parser.HTTPRequestParser, pieces)


# Request -> whether the core reads it.
REQUESTS = {
    b"GET /a%20b?c=%20 HTTP/1.1\r\nHost: h\r\nA: b\r\nX_A: c\r\na:d \r\n\r\n": True,
    b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 005\r\n\r\nhello": True,
    b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: CHUNKED\r\n\r\n5\r\nhello\r\n0\r\n\r\n": True,
    b"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n": True,
    b"\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n": True,
    b"GET / HTTP/1.1\r\nHost: h\r\n" + b"A: b\r\n" * 300 + b"\r\n": True,
    b"GET / HTTP/1.1\r\nHost: h\r\nA: " + b"b" * 2900 + b"\r\n\r\n": True,
    b"GET / HTTP/1.1\r\nHost: h\r\nA: " + b"b" * 3000 + b"\r\n\r\n": False,  # beyond waitress's limit
    b"GET / HTTP/1.2\r\nHost: h\r\n\r\n": False,
    b"GET / HTTP/1.9\r\nHost: h\r\n\r\n": False,
    b"get / HTTP/1.1\r\nHost: h\r\n\r\n": False,
    b"GET / HTTP/1.1\r\n\r\n": False,
    b"GET //a/b HTTP/1.1\r\nHost: h\r\n\r\n": False,
    b"GET http://h/a HTTP/1.1\r\nHost: h\r\n\r\n": False,
    b"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n": False,
    b"GET http://[x/ HTTP/1.1\r\nHost: h\r\n\r\n": False,  # urlsplit() raises ValueError, which waitress does not catch
    b"GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n c\r\n\r\n": False,
    b"GET / HTTP/1.1\r\nHost: h\r\nA : b\r\n\r\n": False,
    b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello": False,
    b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n": False,
    b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n": False,
    b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n": False,
    b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 900\r\n\r\n": True,
}  # fmt: skip


@pytest.mark.parametrize("data", REQUESTS)
def test_who_reads(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    own, handed = waitress.parser.HTTPRequestParser, []
    expected = [read(own, pieces) for pieces in ([data], [data[:9], data[9:]], [bytes([byte]) for byte in data])]
    parse_header = own.parse_header
    monkeypatch.setattr(own, "parse_header", lambda *args: (handed.append(args), parse_header(*args))[1])
    assert read(adapter.Parser, [data]) == expected[0]
    assert bool(handed) == (not REQUESTS[data] or fasthdr.IMPLEMENTATION != "cython")
    assert read(adapter.Parser, [data[:9], data[9:]]) == expected[1]
    assert read(adapter.Parser, [bytes([byte]) for byte in data]) == expected[2]


def test_a_parser_that_is_used_again() -> None:
    """If a faulty request expects 100 Continue, a channel keeps its parser, and waitress joins the next head to it."""
    first = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
    for second in REQUESTS:
        pieces = [first, second]
        assert read(adapter.Parser, pieces) == read(waitress.parser.HTTPRequestParser, pieces)
        parsers = [adapter.Parser(ADJUSTMENTS), waitress.parser.HTTPRequestParser(ADJUSTMENTS)]
        for parser in parsers:
            for block in (b"GET / HTTP/1.0\r\n\r\n", b"POST / HTTP/1.1\r\nHost: h\r\n\r\n"):
                parser.parse_header(block)
        assert state(parsers[0]) == state(parsers[1])


def test_parse_header_called_alone() -> None:
    """The method can be called alone, with a block that begins with an empty line or has no end."""
    whole = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
    for block in (b"\r\n" + whole, whole[:-2], whole[:14], b"", whole + b"GET /", whole + b"A: b\r\n\r\n"):
        seen = []
        for parser_class in (waitress.parser.HTTPRequestParser, adapter.Parser):
            parser = parser_class(ADJUSTMENTS)
            try:
                parser.parse_header(block)
            except waitress.parser.ParsingError as error:
                seen.append((str(error), vars(parser)))
            else:
                seen.append(vars(parser))
        assert seen[0] == seen[1], block


def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    body = environ["wsgi.input"].read()
    shown = sorted(
        (name, value)
        for name, value in environ.items()
        if type(value) is str and name not in ("REMOTE_PORT", "SERVER_PORT")
    )
    content = repr((shown, body)).encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(content)))])
    return [content]


@contextlib.contextmanager
def serving() -> Iterator[Any]:
    server = waitress.server.create_server(application, map={}, listen="127.0.0.1:0", threads=2, _start=True)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield server.socket.getsockname()
    finally:
        server.trigger.pull_trigger(lambda: waitress.wasyncore.close_all(server._map))
        thread.join()
        server.task_dispatcher.shutdown()


CONVERSATIONS = [
    b"".join(data for data, core in REQUESTS.items() if core and b"1.0" not in data and b": 900" not in data)
]
CONVERSATIONS += [data for data in REQUESTS if b"[x" not in data and b": 900" not in data]


def test_over_sockets(counted: Any) -> None:
    answers = []
    for switch in (adapter.disable, adapter.enable):
        switch()
        with serving() as address:
            answers.append([ask(address, data[:20], data[20:] + LAST, pause=0.01) for data in CONVERSATIONS])
    adapter.disable()
    assert answers[1] == answers[0]
    assert answers[0][0].count(b"HTTP/1.1 200 OK") == 7
    assert sum(b" 400 Bad Request" in answer for answer in answers[0]) >= 3
    if fasthdr.IMPLEMENTATION == "cython":
        assert counted()[0] >= 13


def test_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    served = []
    monkeypatch.setattr(waitress, "create_server", lambda app, **options: served.append((app, options)))
    with contextlib.suppress(AttributeError):
        adapter.serve(application, _server=lambda app, **options: served.append((app, options)), _quiet=True, port=1)
    try:
        assert served == [(application, {"port": 1})]
        assert adapter.is_enabled()
        assert waitress.channel.HTTPChannel.parser_class is adapter.Parser
    finally:
        adapter.disable()
    assert waitress.channel.HTTPChannel.parser_class is waitress.parser.HTTPRequestParser


@pytest.mark.skipif(fasthdr.IMPLEMENTATION != "cython", reason="in plain Python waitress's own parser reads every head")
def test_another_waitress(monkeypatch: pytest.MonkeyPatch) -> None:
    """A version that, say, joins values differently keeps its own parser, and enable() says so."""
    own = waitress.parser.HTTPRequestParser.parse_header

    def parse_header(self: Any, block: bytes) -> None:
        own(self, block)
        self.headers = {name: value.replace(", ", ",") for name, value in self.headers.items()}

    parse_header = with_globals(parse_header, vars(waitress.parser))  # as if it were waitress's own
    monkeypatch.setattr(waitress.parser.HTTPRequestParser, "parse_header", parse_header)
    try:
        importlib.reload(adapter)
        assert adapter.Parser is waitress.parser.HTTPRequestParser
        with pytest.warns(RuntimeWarning, match="waitress"):
            adapter.enable()
        assert not adapter.is_enabled()
    finally:
        monkeypatch.undo()
        importlib.reload(adapter)
    assert adapter.Parser is not waitress.parser.HTTPRequestParser
