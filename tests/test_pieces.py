# SPDX-License-Identifier: MIT
"""RequestReader and ResponseReader: a head in pieces gives the result of the one-head functions, at the same byte."""

from __future__ import annotations

import contextlib
import copy
import itertools
import pickle
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fasthdr
from fasthdr._pure import counts as _pure_counts
from fasthdr._pure import parse as _pure
from fasthdr._pure import pieces as _pure_pieces
from tests.differential import heads
from tests.differential.cases import BLOCKS, REQUEST_LINES, STATUS_LINES
from tests.test_start_offset import outcome

READERS = {"RequestReader": "parse_request", "ResponseReader": "parse_response"}
PAIRS = [(fasthdr, fasthdr), (_pure_pieces, _pure)][fasthdr.IMPLEMENTATION == "python" :]
GET = b"GET /one HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n"
both = pytest.mark.parametrize(("readers", "api"), PAIRS, ids=["cython", "python"][-len(PAIRS) :])
both_modes = pytest.mark.parametrize("strict", [False, True], ids=["default", "strict"])
named = pytest.mark.parametrize("name", READERS)


def fed(reader: Any, pieces: list[bytes]) -> tuple[Any, int]:
    """Return the answer and the number of pieces that it took; every piece but the last is consumed whole."""
    for i, piece in enumerate(pieces):
        answer = outcome(reader.feed, piece)
        if answer is not None:
            return answer, i + 1
        assert reader.consumed == len(piece)
        assert reader.received == sum(map(len, pieces[: i + 1]))
    return None, len(pieces)


def check(readers: Any, api: Any, name: str, data: bytes, cuts: list[int], **options: Any) -> None:
    """Check that after every piece the reader says what the function says about all bytes so far."""
    parse = getattr(api, READERS[name])
    edges = [0, *sorted(cuts), len(data)]
    pieces = [data[a:b] for a, b in itertools.pairwise(edges)]
    reader = getattr(readers, name)(**options)
    answer, count = fed(reader, pieces)
    for i in range(1, len(pieces) + 1):
        expected = outcome(parse, data[: edges[i]], **options)
        assert (answer if i == count else None) == expected, (data, cuts, options, i)
        if i == count:
            break
    if answer is None:
        return
    whole = isinstance(answer[0], str)
    assert reader.consumed == (answer[1] - edges[count - 1] if whole else 0)
    if whole:
        with pytest.raises(ValueError, match="has already returned its head"):
            reader.feed(b"x")
    else:
        assert outcome(reader.feed, b"x") == answer
        assert outcome(reader.feed, b"") == answer


LIMITS: list[dict[str, Any]] = [
    {},
    {"max_line": 40},
    {"max_line": 16, "max_start_line": 60, "max_headers": 2},
    {"max_line": 60, "max_start_line": 17},
    {"max_head": 50},
    {"max_headers": 1},
    {"max_line": 1},
]


@pytest.mark.slow_in_python
@both
@named
@both_modes
def test_byte_by_byte(readers: Any, api: Any, name: str, strict: bool) -> None:
    """Every kind of first line and of block; a head is refused at the same byte as by the function."""
    lines = REQUEST_LINES if name == "RequestReader" else STATUS_LINES
    good = next(iter(lines.values()))
    cases = [line + b"A: b\r\nHost: a\r\n\r\n" for line in lines.values() if len(line) < 300]
    cases += [good + b"Host: a\r\n" + block for block in BLOCKS.values() if len(block) < 300]
    cases += [b"\r\n" * n + good + b"Host: a\r\n\r\n" for n in range(1, 6)]
    cases += [b"\r\n\r\n\0\r\nQUIT\n", b"PROXY UNKNOWN\r\n", b"PROXY TCP4 1.1.1.1", b"\x16\x03\x01", b"GET /\r\n"]
    for data, limits in itertools.product(cases, LIMITS):
        check(readers, api, name, data, list(range(1, len(data))), strict=strict, **limits)


@both
@pytest.mark.parametrize(
    "block", [b"A : b\r\n c\r\n\r\n", b"A: b\r\n \x00\r\n\r\n", b" a\r\n\r\n", b"A: b\r\n\t\r\n \r\n\r\n"]
)
def test_obsolete_heads(readers: Any, api: Any, block: bytes) -> None:
    data = b"HTTP/1.1 200 OK\r\n" + block
    for limits in LIMITS:
        options = {"strict": True, "obsolete": True, "method": "HEAD", **limits}
        check(readers, api, "ResponseReader", data, list(range(1, len(data))), **options)


@both
def test_many_folds_in_pieces(readers: Any, api: Any) -> None:
    data = b"HTTP/1.1 200 OK\r\nA: b\r\n" + b" 23456789012345678\r\n" * 4000 + b"\r\n"
    limits = {"strict": True, "obsolete": True, "max_line": 1024, "max_headers": 20}
    for size in (len(data), 30_000, 70_000):
        reader = readers.ResponseReader(**limits)
        *first, last = [data[i : i + size] for i in range(0, len(data), size)]
        assert [reader.feed(piece) for piece in first] == [None] * len(first)
        assert reader.feed(last).consumed == len(data)


@both
@given(data=st.data())
def test_generated_heads_in_any_pieces(readers: Any, api: Any, data: Any) -> None:
    name = data.draw(st.sampled_from(sorted(READERS)))
    head = data.draw(heads.requests if name == "RequestReader" else heads.responses)
    cuts = data.draw(st.lists(st.integers(0, len(head)), max_size=8))
    limits = data.draw(st.sampled_from(LIMITS))
    check(readers, api, name, head, cuts, strict=data.draw(st.booleans()), **limits)


@pytest.mark.parametrize("strict", [False, True])
def test_how_often_plain_python_parses(strict: bool) -> None:
    """It parses at the first bytes of a head, at the end of its first line and at its end, but at no field line."""
    asked = []
    for fields in (1, 90):
        data = b"GET /" + b"t" * 500 + b" HTTP/1.1\r\nHost: a\r\n" + b"Name: value\r\n" * fields + b"\r\n"
        reader = _pure_pieces.RequestReader(strict=strict)
        parse, sizes = reader._parse, []
        reader._parse = lambda kept: (sizes.append(len(kept)), parse(kept))[1]
        assert fed(reader, [data[i : i + 1] for i in range(len(data))])[0] == outcome(_pure.parse_request, data)
        asked.append([size for size in sizes if size > 32])
        assert len(sizes) - len(asked[-1]) == (32 if strict else 1)
    assert [len(sizes) for sizes in asked] == [2, 2]


@both
@both_modes
@pytest.mark.parametrize("source", [bytes, bytearray, memoryview])
def test_what_follows_the_head(readers: Any, api: Any, strict: bool, source: Any) -> None:
    for cut in (0, 1, len(GET) - 1):
        reader = readers.RequestReader(strict=strict)
        assert reader.feed(source(GET[:cut])) is None
        rest = source(GET[cut:] + b"body" * 100_000)
        head = reader.feed(rest)
        assert (head.target, head.consumed) == ("/one", len(GET))
        assert (reader.consumed, reader.received) == (len(GET) - cut, len(GET))
        assert bytes(rest[reader.consumed :][:4]) == b"body"


@both
def test_the_method_of_the_request(readers: Any, api: Any) -> None:
    data = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
    for cut in (0, 10):
        for method, framing in (("HEAD", 0), ("GET", 5), (None, 5)):
            reader = readers.ResponseReader(strict=True, method=method)
            reader.feed(data[:cut])
            assert reader.feed(data[cut:]).framing == framing


class Watched(Exception):
    """What a watcher raises."""


@both
@pytest.mark.parametrize("cut", [0, 5, 20, 40, 60])
@pytest.mark.parametrize("size", [1, 100])
def test_a_watcher_that_raises(readers: Any, api: Any, cut: int, size: int) -> None:
    """The piece has not been taken: it can be fed again, whole or in parts."""
    counts = fasthdr if readers is fasthdr else _pure_counts
    head = b"GET / HTTP/1.1\r\nHost: a\r\nB: 1\r\nC: 2\r\nD: 3\r\nE: 4\r\nno colon\r\n\r\n"

    def watch(_: object) -> None:
        raise Watched

    reader = readers.RequestReader(max_headers=8)
    assert reader.feed(head[:cut]) is None
    counts.watch_fallbacks(watch)
    try:
        for _ in range(3):
            with pytest.raises(Watched):
                reader.feed(head[cut:] + b"body")
            assert (reader.consumed, reader.received) == (cut, cut)
    finally:
        counts.watch_fallbacks(None)
    *parts, last = [head[at : at + size] for at in range(cut, len(head), size)]
    assert [reader.feed(part) for part in parts] == [None] * len(parts)
    assert outcome(reader.feed, last + b"body") == outcome(api.parse_request, head)
    assert (reader.consumed, reader.received) == (len(last), len(head))


@both
def test_limits_after_a_watcher_that_raises(readers: Any, api: Any) -> None:
    """The lines before the piece still count: the next line but one is refused at its LF."""
    counts = fasthdr if readers is fasthdr else _pure_counts
    start = b"GET / HTTP/1.1\r\nHost: a\r\nB: 1\r\n"

    def watch(_: object) -> None:
        raise Watched

    reader = readers.RequestReader(max_headers=3)
    assert reader.feed(start) is None
    counts.watch_fallbacks(watch)
    try:
        with pytest.raises(Watched):
            reader.feed(b"no colon\r\n\r\n")
    finally:
        counts.watch_fallbacks(None)
    assert reader.feed(b"C: 1\r\n") is None
    with pytest.raises(fasthdr.ParseError, match="Too many headers"):
        reader.feed(b"D: 1\r\n")


@both
@both_modes
def test_received_after_an_error(readers: Any, api: Any, strict: bool) -> None:
    data = b"GET / HTTP/1.1\r\nHost: a\r\n" + b"A: b\r\n" * 3
    for cut in (0, 5, 16, 30, len(data) - 1):
        reader = readers.RequestReader(strict=strict, max_headers=2)
        assert reader.feed(data[:cut][:27]) is None
        before = reader.received
        for _ in range(2):
            with pytest.raises(fasthdr.ParseError):
                reader.feed(data[before:])
            assert (reader.consumed, reader.received) == (0, before)


@both
def test_a_piece_that_changes_later(readers: Any, api: Any) -> None:
    reader = readers.RequestReader()
    piece = bytearray(GET[:20])
    assert reader.feed(piece) is None
    piece[:] = b"x" * 20
    piece.clear()  # fails if something still holds the buffer
    assert reader.feed(GET[20:])["host"] == "a"


@both
@named
def test_wrong_use(readers: Any, api: Any, name: str) -> None:
    cls = getattr(readers, name)
    with pytest.raises(ValueError, match="has not been initialized"):
        cls.__new__(cls).feed(b"")
    reader = cls()
    with pytest.raises(ValueError, match="initialized before"):
        reader.__init__()
    with pytest.raises(TypeError):
        reader.feed("text")
    assert reader.feed(b"") is None
    assert (reader.consumed, reader.received) == (0, 0)
    for make in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match=f"cannot copy or pickle a {name}"):
            make(reader)
    with pytest.raises(ValueError, match="max_start_line must be 1 or more"):
        cls(max_start_line=0)
    with pytest.raises(TypeError, match="max_line must be int or None"):
        cls(max_line="1")
    if name == "ResponseReader":
        with pytest.raises(ValueError, match="obsolete=True needs strict=True"):
            cls(obsolete=True)
        with pytest.raises(TypeError, match="method must be str or None"):
            cls(method=1)


class Reentrant(bytearray):
    """A buffer that runs Python code when it is requested; Python 3.12 and later allow that."""

    def __init__(self, data: bytes, reader: Any) -> None:
        super().__init__(data)
        self.reader = reader

    def __buffer__(self, flags: int) -> memoryview:
        self.seen: Any = None
        try:
            self.reader.feed(b"GET ")
        except ValueError as error:
            self.seen = str(error)
        return super().__buffer__(flags)  # type: ignore[misc,no-any-return]


@both
def test_a_feed_within_a_feed_is_refused(readers: Any, api: Any) -> None:
    if not hasattr(bytearray, "__buffer__"):
        pytest.skip("buffers in Python came with 3.12")
    reader = readers.RequestReader()
    piece = Reentrant(GET, reader)
    assert reader.feed(piece).target == "/one"
    assert piece.seen == "another call of feed() is running"


@both
def test_threads_that_share_a_reader(readers: Any, api: Any) -> None:
    """The result is nonsense, but nothing crashes: each call is refused or takes its piece."""
    for _ in range(50):
        reader = readers.RequestReader()
        barrier = threading.Barrier(3)

        def run(reader: Any = reader, barrier: Any = barrier) -> None:
            barrier.wait()
            for i in range(0, len(GET), 7):
                with contextlib.suppress(ValueError):
                    reader.feed(GET[i : i + 7])

        threads = [threading.Thread(target=run) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
