# SPDX-License-Identifier: MIT
"""parse_many() against a loop over parse_request(): the same heads, the same end, the same error."""

from __future__ import annotations

import ctypes
import itertools
import pickle
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fasthdr
from fasthdr._pure import many as _many
from fasthdr._pure import parse as _parse
from tests.differential import heads as made_up
from tests.differential.cases import BLOCKS, REQUEST_LINES

PURE = SimpleNamespace(parse_many=_many.parse_many, parse_request=_parse.parse_request)
APIS = [PURE, fasthdr] if fasthdr.IMPLEMENTATION == "cython" else [PURE]
api = pytest.mark.parametrize("api", APIS, ids=["python", "cython"][: len(APIS)])
both_modes = pytest.mark.parametrize("strict", [False, True], ids=["default", "strict"])
core = pytest.mark.skipif(fasthdr.IMPLEMENTATION != "cython", reason="the core does not run: FASTHDR_PURE_PYTHON=1")

GET = b"GET /one HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST /two HTTP/1.1\r\nHost: b\r\nContent-Length: 5\r\nConnection: close\r\n\r\n"
CHUNKED = b"PUT /three HTTP/1.1\r\nHost: c\r\nTransfer-Encoding: chunked\r\n\r\n"
BODY = b"3\r\nabc\r\n0\r\nA: b\r\n\r\n"
FOREIGN = b"GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n"  # left to the stdlib, which reads up to the empty line
FOLDED = b"GET /f HTTP/1.1\r\nHost: a\r\nA: b\r\n c\r\n\r\n"
SLASHES = b"GET ///s HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nExpect: 100-continue\r\n\r\n"
MULTIPART = b"POST /m HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=----x\r\n\r\n"
HUNDRED = b"GET /h HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 98 + b"\r\n"
HUNDREDS = b"GET /h HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 700 + b"\r\n"

BY_STDLIB = 32


def facts(head: Any) -> Any:
    table = None if head.table is None else memoryview(head.table).tolist()
    parts = (repr(head), head.consumed, head.raw_headers, table, head.headers.items(), head.get("host"))
    more = (head.keep_alive, head.expect_continue, [type(defect) for defect in head.headers.defects])
    try:
        return *parts, *more, head.framing
    except ValueError:
        return *parts, *more, None


def by_loop(api: Any, data: Any, start: int = 0, **options: Any) -> Any:
    """Return the heads, where the loop ends, and the error that ends it, with its offset in the whole input."""
    found, at = [], 0
    while True:
        try:
            head = api.parse_request(data, start=start + at, **options)
        except fasthdr.ParseError as error:
            return found, at, (error.status, error.reason, error.offset + at, *error.args[3:])
        if head is None:
            return found, at, None
        found.append(facts(head))
        at += head.consumed


def by_many(api: Any, data: Any, **options: Any) -> Any:
    heads = api.parse_many(data, **options)
    check_tables(heads, memoryview(data)[options.get("start", 0) :])
    error = None if heads.error is None else heads.error.args
    return [facts(head) for head in heads], heads.consumed, error


def check_tables(heads: Any, data: memoryview) -> None:
    """Check that the two tables say the same as the objects."""
    for view, width in ((heads.table, 4), (heads.head_table, 9)):
        assert view.readonly
        assert view.format == "I"
        assert view.shape in ((view.nbytes // 4 // width, width), (0,))
    table, entries = heads.table.tolist(), heads.head_table.tolist()
    assert len(entries) == len(heads)
    row = end = 0
    for entry, head in zip(entries, heads):
        start, end_of_head, first, rows, method, method_length, target, target_length, flags = entry
        assert start >= end
        end = end_of_head
        assert end - start == head.consumed
        assert bool(flags & 2) == head.keep_alive
        assert bool(flags & 4) == head.expect_continue
        assert bool(flags & BY_STDLIB) == (head.table is None)
        if flags & BY_STDLIB:
            assert entry[2:8] == [0] * 6
            assert flags & 25 == 0
            continue
        assert bytes(data[method : method + method_length]) == head.method.encode("latin-1")
        assert bytes(data[target : target + target_length]) == head.target.encode("latin-1")
        assert ("HTTP/1.1" if flags & 1 else "HTTP/1.0") == head.version
        moved = [[name + start, n, value + start, m] for name, n, value, m in memoryview(head.table).tolist()]
        assert (first, rows) == (row, len(moved))
        assert table[first : first + rows] == moved
        row += rows
        if flags & 24:
            assert head.framing == ("chunked" if flags & 16 else int(head["content-length"]))
    assert row == len(table)
    assert end <= heads.consumed <= len(data)


def agrees(api: Any, data: Any, **options: Any) -> Any:
    expected = by_loop(api, data, **options)
    assert by_many(api, data, **options) == expected, (data, options)
    return expected


# ------------------------------------------------------------------------------------------------ against the loop


@pytest.mark.slow_in_python
@api
@both_modes
def test_each_named_head_among_others(api: Any, strict: bool) -> None:
    """Every request line and block of the other tests: first, in the middle, last, whole and cut off."""
    lines = [line for line in REQUEST_LINES.values() if len(line) < 9000]
    blocks = [block for block in BLOCKS.values() if len(block) < 9000]
    cases = [line + b"Host: b\r\n\r\n" for line in lines] + [lines[0] + block for block in blocks]
    cases += [FOREIGN, FOLDED, SLASHES, MULTIPART, HUNDRED, HUNDREDS, CHUNKED]
    kinds = set()
    for case in cases:
        for data in (case, GET + case + POST, GET * 3 + case, case * 2 + GET, b"\r\n" + case, GET + case[:-1]):
            found, _, error = agrees(api, data, strict=strict)
            kinds.add((bool(found), bool(error)))
    assert kinds == {(True, True), (True, False), (False, True), (False, False)}


@given(
    st.lists(made_up.requests | st.sampled_from([GET, POST, FOLDED, SLASHES, MULTIPART, FOREIGN]), max_size=8),
    st.binary(max_size=20),
    st.booleans(),
)
def test_generated_heads(parts: list[bytes], tail: bytes, strict: bool) -> None:
    data = b"".join(parts) + tail
    for implementation in APIS:
        agrees(implementation, data, strict=strict)


@given(st.lists(made_up.requests, max_size=6), st.booleans())
def test_both_implementations(parts: list[bytes], strict: bool) -> None:
    """In strict mode their tables are the same, too; by default, plain Python leaves more to the standard library."""
    data = b"".join(parts)
    ours, pure = fasthdr.parse_many(data, strict=strict), _many.parse_many(data, strict=strict)
    assert ours.consumed == pure.consumed
    assert (ours.error and ours.error.args) == (pure.error and pure.error.args)
    assert [repr(head) for head in ours] == [repr(head) for head in pure]
    if strict:
        assert ours.table.tolist() == pure.table.tolist()
        assert ours.head_table.tolist() == pure.head_table.tolist()


@api
@both_modes
def test_every_place_where_the_input_may_end(api: Any, strict: bool) -> None:
    data = GET + POST + b"\r\n" * strict + GET
    whole = [by_many(api, data[:n], strict=strict) for n in range(len(data) + 1)]
    assert {len(found) for found, _, _ in whole} == {0, 1, 2, 3}
    for n, found in enumerate(whole):
        assert found == by_loop(api, data[:n], strict=strict), n


@api
@both_modes
def test_limits(api: Any, strict: bool) -> None:
    """The limits apply to each head, not to the whole input."""
    data = GET + b"GET /longer HTTP/1.1\r\nHost: a\r\nLonger: value\r\n\r\n" + GET
    counts = set()
    some = (1, 9, 15, 16, 60), (1, 2, 3, 4), (29, 30, 48, None), (1, 20, 60)
    for line, fields, head, first in itertools.product(*some):
        limits = {"max_line": line, "max_headers": fields, "max_head": head, "max_start_line": first}
        found, _, error = agrees(api, data, strict=strict, **limits)
        counts.add((len(found), error and error[0]))
    assert {(3, None), (1, 431), (0, 414), (0, 431)} <= counts
    agrees(api, GET + HUNDRED * 3 + HUNDREDS * 2 + GET, strict=strict, max_headers=1000)
    agrees(api, GET + HUNDRED + HUNDREDS + GET, strict=strict)


@api
@both_modes
@pytest.mark.parametrize("source", [bytes, bytearray, memoryview])
def test_a_start_within_any_buffer(api: Any, strict: bool, source: Any) -> None:
    for before in (b"", b"x", GET, b"\0" * 4000):
        data = source(before + GET + POST + FOLDED + GET[:9])
        found, at, error = agrees(api, data, strict=strict, start=len(before))
        assert (len(found), at, error and error[2]) == (
            (2, len(GET + POST), len(GET + POST + FOLDED) - 6) if strict else (3, len(GET + POST + FOLDED), None)
        )


@api
def test_a_buffer_may_change_afterwards(api: Any) -> None:
    data = bytearray(GET + FOREIGN + GET)
    heads = api.parse_many(data)
    data[:] = b"x" * len(data)
    assert [head["host"] for head in heads] == ["a"] * len(heads)


# --------------------------------------------------------------------------------------------------------- errors


@api
def test_what_was_before_an_error_is_kept(api: Any) -> None:
    bad = b"GET / HTTP/1.1\r\nHost: a\r\nBad: \0\r\n\r\n"
    heads = api.parse_many(GET + POST + bad + GET, strict=True)
    assert [head.target for head in heads] == ["/one", "/two"]
    assert heads.consumed == len(GET + POST)
    assert type(heads.error) is fasthdr.ParseError
    assert (heads.error.status, heads.error.code, heads.error.rfc) == (400, "field-value", "9110 5.5")
    assert heads.error.offset == len(GET + POST) + bad.index(b"\0")
    assert heads.error.field == "Bad"
    with pytest.raises(fasthdr.ParseError):
        raise heads.error
    after = api.parse_many(GET + POST + bad + GET, strict=True, start=len(GET + POST + bad))
    assert (len(after), after.consumed, after.error) == (1, len(GET), None)


@api
def test_an_incomplete_head_is_no_error(api: Any) -> None:
    heads = api.parse_many(GET + POST[:-1], strict=True)
    assert (len(heads), heads.consumed, heads.error) == (1, len(GET), None)
    for nothing in (b"", bytearray(), b"\r\n"):
        heads = api.parse_many(nothing, strict=True)
        assert (len(heads), heads.consumed, heads.error, list(heads)) == (0, 0, None, [])


@api
def test_wrong_arguments(api: Any) -> None:
    for data in (GET, bytearray(GET)):
        with pytest.raises(ValueError, match=r"^start must not be negative, but is -1$"):
            api.parse_many(data, start=-1)
        with pytest.raises(ValueError, match=rf"^start is beyond the {len(GET)} bytes of data$"):
            api.parse_many(data, start=len(GET) + 1)
        with pytest.raises(ValueError, match=r"^bodies=True needs strict=True"):
            api.parse_many(data, bodies=True)
        with pytest.raises(ValueError, match=r"^max_line must be 1 or more, not 0$"):
            api.parse_many(data, max_line=0)
        with pytest.raises(TypeError, match=r"^max_head must be int or None, not str$"):
            api.parse_many(data, max_head="1")
    with pytest.raises(OverflowError):
        api.parse_many(GET, start=1 << 70)
    with pytest.raises(TypeError):
        api.parse_many("text")
    with pytest.raises(BufferError):
        api.parse_many(memoryview(GET)[::2])


@api
def test_heads_are_a_sequence(api: Any) -> None:
    heads = api.parse_many(GET + POST + FOLDED)
    assert (len(heads), repr(heads)) == (3, "<Heads, 3 heads>")
    assert [heads[i].target for i in (0, 1, 2, -1, -3)] == ["/one", "/two", "/f", "/f", "/one"]
    assert heads[1] is not heads[1]
    assert [head.target for head in reversed(heads)] == ["/f", "/two", "/one"]
    for beyond in (3, -4, 99):
        with pytest.raises(IndexError):
            heads[beyond]
    with pytest.raises(TypeError):
        heads["0"]
    with pytest.raises(TypeError, match="made by the parser"):
        type(heads)()
    with pytest.raises(TypeError, match="cannot copy or pickle"):
        pickle.dumps(heads)
    assert pickle.loads(pickle.dumps(heads[1])).target == "/two"
    bare = type(heads).__new__(type(heads)) if api is fasthdr else api.parse_many(b"")
    assert len(bare) == 0
    assert list(bare) == []


@api
def test_heads_are_counted_once(api: Any) -> None:
    """The counts are those of the loop; creating the head objects later adds nothing."""
    from fasthdr._pure import counts

    numbers = fasthdr if api is fasthdr else counts
    data = GET + POST + SLASHES + MULTIPART + FOREIGN + GET
    numbers.collect_stats()
    try:
        by_loop(api, data)
        expected = dict(numbers.stats())
        numbers.collect_stats()
        list(api.parse_many(data))
        assert numbers.stats() == expected
        assert expected["core"] > 1
    finally:
        numbers.collect_stats(False)


@api
@pytest.mark.parametrize(
    ("last", "refused"),
    [
        (POST, 0),
        (POST + b"1234", 0),
        (CHUNKED, 0),
        (CHUNKED + BODY[:-1], 0),
        (CHUNKED + b"x", 0),
        (GET[:-1], 0),
        (GET[:-2] + b"x\r\n\r\n", 1),
    ],
)
def test_a_message_that_is_not_whole_is_not_counted(api: Any, last: bytes, refused: int) -> None:
    from fasthdr._pure import counts

    numbers = fasthdr if api is fasthdr else counts
    numbers.collect_stats()
    try:
        heads = api.parse_many(GET + CHUNKED + BODY + last, strict=True, bodies=True)
        assert len(heads) == 2
        assert numbers.stats() == {"core": 2, **({"refused": refused} if refused else {})}
    finally:
        numbers.collect_stats(False)


# --------------------------------------------------------------------------------------------------------- bodies


@api
def test_bodies_are_skipped(api: Any) -> None:
    data = GET + POST + b"HELLO" + CHUNKED + BODY + b"\r\n" + POST + b"12345" + GET
    heads = api.parse_many(data, strict=True, bodies=True)
    check_tables(heads, memoryview(data))
    assert [head.target for head in heads] == ["/one", "/two", "/three", "/two", "/one"]
    assert [head.framing for head in heads] == [0, 5, "chunked", 5, 0]
    assert (heads.consumed, heads.error) == (len(data), None)


@api
@pytest.mark.parametrize("message", [POST + b"12345", CHUNKED + BODY], ids=["sized", "chunked"])
def test_a_message_that_is_not_whole_is_left(api: Any, message: bytes) -> None:
    for n in range(len(message)):
        heads = api.parse_many(GET + message[:n], strict=True, bodies=True)
        check_tables(heads, memoryview(GET + message[:n]))
        assert (len(heads), heads.consumed, heads.error) == (1, len(GET), None), n
    heads = api.parse_many(GET + message, strict=True, bodies=True)
    assert (len(heads), heads.consumed) == (2, len(GET + message))


@api
def test_a_bad_body_is_an_error(api: Any) -> None:
    data = GET + CHUNKED + b"3\r\nabcd\r\n" + GET
    heads = api.parse_many(data, strict=True, bodies=True)
    check_tables(heads, memoryview(data))
    assert (len(heads), heads.consumed, heads.error.code) == (1, len(GET), "chunk")
    assert heads.error.offset == len(GET + CHUNKED + b"3\r\nabc")
    with pytest.raises(fasthdr.ParseError) as caught:
        fasthdr.BodyDecoder("chunked").feed(b"3\r\nabcd\r\n")
    assert caught.value.reason == heads.error.reason


# ---------------------------------------------------------------------------------------------- numbers and threads


def test_numpy_sees_the_tables() -> None:
    numpy = pytest.importorskip("numpy", reason="NumPy is not installed")
    for implementation in APIS:
        heads = implementation.parse_many(GET + POST)
        rows = numpy.asarray(heads.table)
        assert (rows.shape, rows.dtype, rows.flags.writeable) == ((4, 4), numpy.uint32, False)
        assert rows[:, 1].tolist() == [4, 4, 14, 10]
        assert numpy.asarray(heads.head_table)[:, 0].tolist() == [0, len(GET)]
    if fasthdr.IMPLEMENTATION == "cython":
        nothing = fasthdr.parse_many(b"")
        assert numpy.asarray(nothing.table).shape == (0, 4)
        assert numpy.asarray(nothing.head_table).shape == (0, 9)


@core
def test_the_tables_outlive_the_heads_and_are_read_only() -> None:
    table = fasthdr.parse_many(GET * 1000).table
    assert table[999, 2] == 999 * len(GET) + GET.index(b"a\r\n")
    with pytest.raises(TypeError, match="cannot modify read-only memory"):
        table[0, 0] = 1
    assert bytes(table) == table.tobytes()
    ctypes.pythonapi.PyObject_GetBuffer.argtypes = [ctypes.py_object, ctypes.c_void_p, ctypes.c_int]
    view = (ctypes.c_char * 200)()
    for flags in (0x01, 0x58, 0x04):  # writable, Fortran contiguous, a format without a shape
        with pytest.raises(BufferError):
            ctypes.pythonapi.PyObject_GetBuffer(table.obj, view, flags)


@api
@both_modes
def test_a_great_many_heads(api: Any, strict: bool) -> None:
    n = 300_000 if api is fasthdr else 2000
    data = (GET + POST) * n + GET[:7]
    heads = api.parse_many(data, strict=strict)
    assert (len(heads), heads.consumed, heads.error) == (2 * n, len(data) - 7, None)
    assert heads.table.shape == (4 * n, 4)
    assert heads[-1].target == "/two"
    assert heads.head_table[2 * n - 2, 0] == (n - 1) * len(GET + POST)


@core
def test_other_threads_run_meanwhile() -> None:
    """With such a long switch interval, no thread is asked for the GIL: only parse_many() itself can release it."""
    data = GET * 200_000
    gate, ran = threading.Event(), threading.Event()

    def wait() -> None:
        gate.wait()
        ran.set()

    before = sys.getswitchinterval()
    thread = threading.Thread(target=wait)
    thread.start()
    sys.setswitchinterval(1000)
    try:
        gate.set()
        end = time.monotonic() + 60
        while not ran.is_set() and time.monotonic() < end:
            fasthdr.parse_many(data)
        assert ran.is_set()
    finally:
        sys.setswitchinterval(before)
        thread.join()


@core
@both_modes
def test_threads_share_the_bytes_the_heads_and_an_iterator(strict: bool) -> None:
    data = (GET + POST + (b"" if strict else FOREIGN + SLASHES)) * 300
    expected = [facts(head) for head in fasthdr.parse_many(data, strict=strict)]
    shared = fasthdr.parse_many(data, strict=strict)
    iterator = iter(shared)
    assert iterator.__length_hint__() == len(expected)

    def work(_: int) -> Any:
        assert [facts(head) for head in fasthdr.parse_many(data, strict=strict)] == expected
        assert [facts(head) for head in shared] == expected
        return sum(1 for _ in iterator)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(work, range(8))) == len(expected)


@core
@pytest.mark.skipif(sys.maxsize < 2**32, reason="4 GiB do not fit into this address space")
def test_four_gib() -> None:
    """A pass ends before a head that would end beyond 4 GiB; the next one starts there. The memory is never touched."""
    try:
        data = bytes(2**32 + 100)
    except MemoryError:
        pytest.skip("there is no memory for 4 GiB, not even untouched")
    first = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"
    length = 2**32 - 20 - len(first % 10**9)
    first %= length
    second = 2**32 - 20
    assert len(first) + length == second
    address = id(data) + bytes.__basicsize__ - 1
    ctypes.memmove(address, first, len(first))
    ctypes.memmove(address + second, GET, len(GET))
    assert data.startswith(first)
    heads = fasthdr.parse_many(data, strict=True, bodies=True)
    assert (len(heads), heads.consumed, heads.error) == (1, second, None)
    assert heads[0].framing == length
    heads = fasthdr.parse_many(data, strict=True, start=heads.consumed)
    assert (len(heads), heads.consumed, heads[0].target) == (1, len(GET), "/one")
    assert heads.error is not None
