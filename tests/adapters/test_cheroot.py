# SPDX-License-Identifier: MIT
"""cheroot's own reader of header blocks beside the adapter's, in memory and over real sockets."""

from __future__ import annotations

import contextlib
import importlib
import io
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

pytest.importorskip("cheroot", reason="cheroot is not installed here")

import cheroot.makefile
import cheroot.server
import cheroot.wsgi

from fasthdr.adapters import cheroot as adapter

OWN = cheroot.server.HTTPRequest.header_reader


class Socket:
    """A socket that gives one piece for each read."""

    def __init__(self, pieces: list[bytes]) -> None:
        self.pieces = list(pieces)
        self.reads = 0

    def recv_into(self, buffer: Any) -> int:
        self.reads += 1
        piece = self.pieces.pop(0) if self.pieces else b""
        self.pieces[:0] = [piece[len(buffer) :]] * (len(piece) > len(buffer))
        piece = piece[: len(buffer)]
        buffer[: len(piece)] = piece
        return len(piece)

    def _decref_socketios(self) -> None:
        pass


def read(header_reader: Any, pieces: list[bytes], limit: int = 1 << 19, known: Any = None) -> object:
    """Return what the reader returns or raises after a request line, what it took, and what the buffer has left."""
    connection = Socket(pieces)
    reader = cheroot.makefile.StreamReader(connection)
    rfile = cheroot.server.SizeCheckWrapper(reader, limit)
    try:
        rfile.readline()
        found = list(header_reader(rfile, known).items())
    except Exception as error:
        found = [(type(error), str(error))]
    reads = connection.reads
    return found, known and list(known.items()), reads, rfile.bytes_read, reader.bytes_read, reader.read()


@given(st.integers(0, 1 << 48), st.sampled_from([0, 60, 400, 1 << 19]))
def test_generated(seed: int, limit: int) -> None:
    pieces = traffic.pieces(seed)
    assert read(adapter.HeaderReader(), pieces, limit) == read(OWN, pieces, limit)


# Request -> whether the core reads its fields.
LINE = b"GET / HTTP/1.1\r\n"
REQUESTS = {
    LINE + b"Host: h\r\naccept: a\r\nX_B: \t\xe9 \r\nAccept: b\r\nX-Twice: 1\r\nx-twice: 2\r\n\r\nbody": True,
    LINE + b"\r\n": True,
    LINE + b"\r\nA: b\r\n\r\n": True,
    LINE + b"A: b\r\n" * 300 + b"\r\n": True,
    LINE + b"A: " + b"b" * 7000 + b"\r\n\r\n": True,
    LINE + b"Content-Length: 5\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n": True,
    LINE + b"A: " + b"b" * io.DEFAULT_BUFFER_SIZE + b"\r\n\r\n": False,  # beyond the buffer
    LINE + b"Host: h\r\nA: b\r\n c\r\n\r\n": False,
    LINE + b"Host: h\r\nA : b\r\n\r\n": False,
    LINE + b"Host: h\nA: b\r\n\r\n": False,
    LINE + b"no colon\r\n\r\n": False,
    LINE + b"A: \x00\x0b\r\n\r\n": False,
    LINE + b" A: b\r\n\r\n": False,
    LINE + b"A: b\r\n": False,
    LINE: False,
}


@pytest.mark.parametrize("data", REQUESTS, ids=range(len(REQUESTS)))
def test_who_reads(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, handed, own = adapter.HeaderReader(), [], cheroot.server.HeaderReader.__call__
    splits = ([data], [data[:9], data[9:]], [data[:16], data[16:20], data[20:]])
    expected = [read(OWN, pieces) for pieces in splits]
    monkeypatch.setattr(cheroot.server.HeaderReader, "__call__", lambda *args: (handed.append(args), own(*args))[1])
    assert read(ours, [data]) == expected[0]
    assert bool(handed) == (not REQUESTS[data] or fasthdr.IMPLEMENTATION != "cython")
    assert [read(ours, pieces) for pieces in splits] == expected


def test_limits() -> None:
    """Every limit that is smaller than the request, and a mapping that already has fields."""
    data = LINE + b"Host: h\r\nAccept: c\r\nB: d\r\n\r\nmore"
    for limit in range(len(data)):
        seen = [read(each, [data], limit, {b"Accept": b"a", b"B": b"b"}) for each in (OWN, adapter.HeaderReader())]
        assert seen[0] == seen[1]


def test_another_file() -> None:
    """A file that is not the connection's own reader is read line by line."""
    for wrap in (lambda reader: reader, lambda reader: cheroot.server.SizeCheckWrapper(cheroot.makefile.io.BytesIO(
        b"A: b\r\n\r\nmore"), 100)):  # fmt: skip
        seen = []
        for each in (OWN, adapter.HeaderReader()):
            reader = wrap(cheroot.makefile.StreamReader(Socket([b"A: b\r\n\r\nmore"])))
            seen.append((each(reader), reader.read(9)))
        assert seen[0] == seen[1] == ({b"A": b"b"}, b"more")


def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    body = environ["wsgi.input"].read()
    names = ("REMOTE_PORT", "SERVER_PORT", "SERVER_NAME")
    shown = sorted((name, value) for name, value in environ.items() if type(value) is str and name not in names)
    content = repr((shown, body)).encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(content)))])
    return [content]


@contextlib.contextmanager
def running() -> Iterator[Any]:
    server = cheroot.wsgi.Server(("127.0.0.1", 0), application, numthreads=2)
    server.prepare()
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield server.bind_addr
    finally:
        server.stop()
        thread.join()


def test_over_sockets(counted: Any) -> None:
    answers = []
    whole = [data.replace(b"\r\n", b"\r\nHost: h\r\n", 1) for data in REQUESTS if b"\r\n\r\n" in data]
    whole = [
        data for data in whole if b"Length: 5" not in data and not data.endswith((b"body", b"A: b\r\n\r\nA: b\r\n\r\n"))
    ]
    for switch in (adapter.disable, adapter.enable):
        switch()
        try:
            with running() as address:
                answers.append([ask(address, data, LAST, pause=0.02) for data in whole])
        finally:
            adapter.disable()
    assert answers[1] == answers[0]
    assert sum(answer.startswith(b"HTTP/1.1 200 OK") for answer in answers[0]) >= 4
    assert sum(answer.startswith(b"HTTP/1.1 400 ") for answer in answers[0]) >= 2
    if fasthdr.IMPLEMENTATION == "cython":
        assert counted()[0] >= 8


def test_switch() -> None:
    adapter.enable()
    try:
        assert type(cheroot.server.HTTPRequest.header_reader) is adapter.HeaderReader
    finally:
        adapter.disable()
    assert cheroot.server.HTTPRequest.header_reader is OWN


@pytest.mark.skipif(fasthdr.IMPLEMENTATION != "cython", reason="in plain Python cheroot's own reader takes every block")
def test_another_cheroot(monkeypatch: pytest.MonkeyPatch) -> None:
    """A version that, say, spells names differently keeps its own reader, and enable() says so."""
    lower = with_globals(lambda self, name: name.strip().lower(), vars(cheroot.server))  # as if it were cheroot's own
    monkeypatch.setattr(cheroot.server.HeaderReader, "_transform_key", lower)
    try:
        importlib.reload(adapter)
        with pytest.warns(RuntimeWarning, match="cheroot"):
            adapter.enable()
        assert cheroot.server.HTTPRequest.header_reader is OWN
    finally:
        monkeypatch.undo()
        importlib.reload(adapter)
    assert not adapter.is_enabled()
