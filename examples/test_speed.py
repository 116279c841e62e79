# SPDX-License-Identifier: MIT
"""Each example beside the program that it is a port of: `make examples` (README.md has the method).

Both get the same bytes, in memory or from a file, and have to give the same answers before either is timed.
"""

from __future__ import annotations

import functools
import os
import platform
import shutil
import sys
import tempfile
import time
from array import array
from collections.abc import Callable
from typing import Any

import pytest

import fasthdr
from bench.comparison import Case, Comparison
from bench.conftest import Interleaved
from bench.core import SOURCE
from bench.payloads import PICOHTTPPARSER
from examples import asyncio_fasthdr, threads_fasthdr
from examples.build import build

HEAD = PICOHTTPPARSER.data  # a GET of 9 fields
POST = b"POST /form HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
REQUESTS = {"a GET of 9 fields": HEAD, "a POST with a body": POST}
KEPT = 50  # requests on a connection
PIPELINED = 1000  # heads in a buffer


class Socket:
    """The part of a socket that a handler of socketserver uses; each recv() gives one piece."""

    def __init__(self, pieces: list[bytes]) -> None:
        self.pieces = iter(pieces)
        self.sent: list[bytes] = []
        self.sendall = self.sent.append

    def recv(self, size: int) -> bytes:
        return next(self.pieces, b"")


class Transport:
    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.write = self.sent.append
        self.closing = False

    def close(self) -> None:
        self.closing = True

    def is_closing(self) -> bool:
        return self.closing


def in_thread(handler: Any, pieces: list[bytes]) -> bytes:
    """Return what a handler of socketserver sends on a connection."""
    each = handler.__new__(handler)
    each.request = Socket(pieces)
    each.handle()
    return b"".join(each.request.sent)


def in_loop(protocol: Any, pieces: list[bytes]) -> bytes:
    """Return what an asyncio protocol writes on a connection."""
    each, transport = protocol(), Transport()
    each.connection_made(transport)
    for piece in pieces:
        each.data_received(piece)
    return b"".join(transport.sent)


def answers(sent: bytes) -> list[bytes]:
    """Return the bodies of the answers; the field lines of the two programs may differ."""
    return [part for part in sent.split(b"\n") if b" at " in part]


def from_file(serve: Any, path: str, sink: int) -> int:
    source = os.open(path, os.O_RDONLY)
    try:
        return serve(source, sink)
    finally:
        os.close(source)


class OnProcessor(Case):
    """Timed by this thread's CPU time, because other programs run beside it."""

    def batch(self, calls: int) -> float:
        self.loop(self.items[:calls])
        start = time.thread_time_ns()
        self.loop(self.items[:calls])
        return time.thread_time_ns() - start


def case(peer: str, call: Any, item: Any, observe: Any = answers) -> Case:
    def loop(items: Any) -> Any:
        for each in items:
            result = call(each)
        return result

    return OnProcessor(peer, loop, [item], lambda _, result: observe(result))


class Judge(Interleaved):
    """Times two cases in turns; fails unless ours has the lower median, if it should be the faster one."""

    def __call__(self, comparison: Comparison, faster: bool = True) -> None:
        self.found: dict[str, Any] = {}
        super().__call__(comparison)
        medians = {peer: each.stats.median for peer, each in self.found.items()}
        assert not faster or all(medians["fasthdr"] <= median for median in medians.values()), medians

    def _stats(self, comparison: Comparison, case: Any, calls: int) -> Any:
        self.found[case.peer] = super()._stats(comparison, case, calls)
        return self.found[case.peer]


@pytest.fixture
def judge(benchmark: Any, request: pytest.FixtureRequest) -> Judge:
    return Judge(benchmark, request.config)


def servers(judge: Judge, what: str, name: str, run: Callable[..., Any], echoes: dict[str, Any]) -> None:
    """Compare the port with the original, which comes last and gives the expected answers."""
    pieces = [REQUESTS[name]] * KEPT
    expected = answers(run([*echoes.values()][-1], pieces))
    assert len(expected) == KEPT
    cases = [case(peer, functools.partial(run, echo), pieces) for peer, echo in echoes.items()]
    judge(Comparison(f"examples/{what}: {KEPT} requests", name, expected, cases, parses=False))


@pytest.mark.parametrize("name", REQUESTS)
def test_threads(judge: Judge, name: str) -> None:
    pytest.importorskip("h11", reason="h11 is not installed")
    from examples import threads_h11

    servers(judge, "threads", name, in_thread, {"fasthdr": threads_fasthdr.Echo, "h11": threads_h11.Echo})


@pytest.mark.parametrize("name", REQUESTS)
def test_asyncio(judge: Judge, name: str) -> None:
    pytest.importorskip("httptools", reason="httptools is not installed")
    from examples import asyncio_httptools

    servers(judge, "asyncio", name, in_loop, {"fasthdr": asyncio_fasthdr.Echo, "httptools": asyncio_httptools.Echo})


def one_by_one(data: bytes) -> int:
    at = fields = 0
    while (head := fasthdr.parse_request(data, start=at)) is not None:
        at += head.consumed
        fields += len(head)
    return fields


def all_heads(data: bytes) -> int:
    fields = 0
    for head in fasthdr.parse_many(data):
        fields += len(head)
    return fields


def spans_one_by_one(data: bytes) -> int:
    at, rows, starts = 0, bytearray(), array("I")
    while (head := fasthdr.parse_request(data, start=at)) is not None:
        starts.append(at)
        rows += memoryview(head.table)
        at += head.consumed
    return len(memoryview(rows)) // 16


def all_spans(data: bytes) -> int:
    return len(fasthdr.parse_many(data).table)


@pytest.mark.parametrize("calls", [(all_heads, one_by_one), (all_spans, spans_one_by_one)], ids=["heads", "spans"])
@pytest.mark.parametrize("name", ["a GET of 9 fields", "a GET of 3 fields"])
def test_many(judge: Judge, name: str, calls: Any) -> None:
    """Compare parse_many() with a loop over parse_request(), which is the peer named "loop"."""
    heads = {"a GET of 9 fields": HEAD, "a GET of 3 fields": b"GET /a HTTP/1.1\r\nHost: a\r\nA: b\r\nC: d\r\n\r\n"}
    data = heads[name] * PIPELINED
    fields = len(fasthdr.parse_request(heads[name])) * PIPELINED
    cases = [case(peer, call, data, int) for peer, call in zip(("fasthdr", "loop"), calls)]
    judge(Comparison(f"examples/many: {PIPELINED} heads, {calls[0].__name__}", name, fields, cases, parses=False))


@pytest.mark.skipif(sys.platform == "win32", reason="the loops call read() and write() of POSIX")
@pytest.mark.skipif(not SOURCE.exists(), reason="its source is not here: `make picohttpparser`")
@pytest.mark.parametrize("name", REQUESTS)
def test_loop(judge: Judge, name: str) -> None:
    flags = ["-msse4.2"] if platform.machine().lower() in ("x86_64", "amd64") else []
    ours = build("loop_fasthdr").serve
    theirs = build("loop_picohttpparser", [SOURCE], [SOURCE.parent], flags).serve
    with tempfile.NamedTemporaryFile() as file, open(os.devnull, "wb") as null:
        file.write(REQUESTS[name] * KEPT)
        file.flush()
        cases = [
            case(peer, lambda path, serve=serve: from_file(serve, path, null.fileno()), file.name, int)
            for peer, serve in (("fasthdr", ours), ("picohttpparser", theirs))
        ]
        # For a short head in a pipeline, stage 1 classifies more bytes than the head has: README.md.
        judge(Comparison(f"examples/loop: {KEPT} requests", name, KEPT, cases, parses=False), len(REQUESTS[name]) > 500)


def test_several_processes(capsys: pytest.CaptureFixture[str]) -> None:
    """The script runs, and each of its servers answers as it should. Figures need a quiet machine."""
    for tool in ("haproxy", "wrk"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed (Debian and Ubuntu: apt-get install {tool})")
    pytest.importorskip("waitress", reason="waitress is not installed")
    from examples import several_processes

    several_processes.main(["--rounds", "1"])
    rows = capsys.readouterr().out.splitlines()[2:12]
    assert [row.split(" | ")[1] for row in rows] == ["1", "2"] * 5
