# SPDX-License-Identifier: MIT
"""The C API, called through ctypes: for each head it says what the Python functions say in strict mode."""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import os
import re
import subprocess
import sys
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fasthdr
from fasthdr._pure import parse as _pure
from tests import capi
from tests.capi import CHUNKED, EXPECT_CONTINUE, INCOMPLETE, KEEP_ALIVE, MISUSE, REFUSED, UNTIL_CLOSE, WHOLE, call
from tests.strict import made
from tests.strict.cases import GROUPS

REQUEST = b"POST /a?b HTTP/1.1\r\nHost: h\r\nContent-Length: 12\r\nX-Empty:\r\nExpect: 100-continue\r\n\r\n"


@pytest.fixture(scope="module")
def api() -> capi.Api:
    return capi.table(fasthdr._C_API)


def body_length(framing: Any) -> int:
    return {"chunked": CHUNKED, None: UNTIL_CLOSE}.get(framing, framing)


def error_of(api: capi.Api, head: capi.Head, data: bytes) -> fasthdr.ParseError:
    with pytest.raises(fasthdr.ParseError) as caught:
        api.set_error(head, data, len(data))
    return caught.value


def shown(error: fasthdr.ParseError) -> tuple[Any, ...]:
    return int(error.status), error.reason, error.offset, error.rfc, error.field, error.near, error.code, str(error)


def agree(
    api: capi.Api, kind: str, data: bytes, max_headers: int = 100, method: str | None = None, **limits: int
) -> Any:
    """Check that the C function says what the Python function says, and what plain Python, written separately, says."""
    name = {"request": "parse_request", "response": "parse_response", "fields": "parse_headers"}[kind]
    asked = {"method": method} if method else {}
    flags = {"HEAD": {"flags": capi.TO_HEAD}, "CONNECT": {"flags": capi.TO_CONNECT}}.get(method or "", {})
    function = getattr(api, "parse_fields" if kind == "fields" else name)
    result, head, rows = call(function, data, rows=max_headers, **limits, **flags)
    for module in (fasthdr, _pure):
        expected: Any
        try:
            expected = getattr(module, name)(data, strict=True, max_headers=max_headers, **asked, **limits)
        except fasthdr.ParseError as error:
            assert result == REFUSED
            assert (head.status, head.offset) == (error.status, error.offset)
            assert head.code.decode() == error.code
            assert (head.consumed, head.count, head.flags, head.body_length) == (0, 0, 0, 0)
            assert shown(error_of(api, head, data)) == shown(error)
            continue
        if expected is None:
            assert result == INCOMPLETE
            continue
        assert result == WHOLE
        assert (head.code, head.fault, head.offset) == (None, 0, 0)
        assert head.consumed == expected.consumed
        assert [[row.name, row.name_len, row.value, row.value_len] for row in rows[: head.count]] == memoryview(
            expected.table
        ).tolist()
        if kind == "fields":
            assert (head.body_length, head.flags, head.minor) == (0, 0, 0)
            continue
        assert head.minor == (expected.version == "HTTP/1.1")
        assert head.body_length == body_length(expected.framing)
        assert bool(head.flags & KEEP_ALIVE) == expected.keep_alive
        if kind == "request":
            assert capi.span(data, head.method, head.method_len) == expected.method
            assert capi.span(data, head.target, head.target_len) == expected.target
            assert bool(head.flags & EXPECT_CONTINUE) == expected.expect_continue
            assert (head.status, head.reason_len) == (0, 0)
        else:
            assert (head.status, capi.span(data, head.reason, head.reason_len)) == (expected.status, expected.reason)
            assert (head.method_len, head.target_len, head.flags & EXPECT_CONTINUE) == (0, 0, 0)
    return result


@pytest.mark.long
@pytest.mark.interpreter
@pytest.mark.parametrize("name", [name for name in GROUPS if not name.startswith("obsolete")])
def test_every_case(api: capi.Api, name: str) -> None:
    """Each case whole, in parts, and as field lines alone; no obs-folds, because reading them changes the bytes."""
    for case in GROUPS[name]:
        data, options = case.data, case.options
        for part in (
            data,
            data + b"x\r\n" * 30,
            *(data[:cut] for cut in (1, 60, 64, 65, len(data) - 2, len(data) - 1)),
        ):
            agree(api, case.kind, part, **options)
        agree(api, "fields", data[data.find(b"\n") + 1 :], **options)


@given(st.one_of(made.requests, made.requests.map(lambda data: data[data.find(b"\n") + 1 :])))
def test_requests_made_up(api: capi.Api, data: bytes) -> None:
    agree(api, "request", data)
    agree(api, "fields", data)


@given(made.responses, st.sampled_from([None, "GET", "HEAD", "CONNECT"]))
def test_responses_made_up(api: capi.Api, data: bytes, method: str | None) -> None:
    agree(api, "response", data, method=method)


@pytest.mark.parametrize("status", [100, 101, 199, 200, 204, 299, 300, 304, 999])
@pytest.mark.parametrize("method", [None, "GET", "HEAD", "CONNECT"])
def test_where_a_response_ends(api: capi.Api, status: int, method: str | None) -> None:
    for field in (b"", b"Content-Length: 7\r\n", b"Transfer-Encoding: chunked\r\n", b"Connection: close\r\n"):
        assert agree(api, "response", b"HTTP/1.1 %d x\r\n%s\r\n" % (status, field), method=method) == WHOLE


def test_what_it_gives(api: capi.Api) -> None:
    result, head, rows = call(api.parse_request, REQUEST + b"rest")
    assert (result, head.consumed, head.minor, head.body_length) == (WHOLE, len(REQUEST), 1, 12)
    assert head.flags == KEEP_ALIVE | EXPECT_CONTINUE
    assert (capi.span(REQUEST, head.method, head.method_len), capi.span(REQUEST, head.target, head.target_len)) == (
        "POST", "/a?b",
    )  # fmt: skip
    assert capi.fields(REQUEST, head, rows) == [
        ("Host", "h"), ("Content-Length", "12"), ("X-Empty", ""), ("Expect", "100-continue"),
    ]  # fmt: skip


@pytest.mark.parametrize("room", [0, 1, 3, 4, 5, 15, 16, 17, 127, 128, 129, 300])
@pytest.mark.parametrize("more", [-1, 0, 1])
def test_rows_beyond_the_room_are_not_written(api: capi.Api, room: int, more: int) -> None:
    """The room is the limit on field lines: as many fit, and the next line is refused at its first byte."""
    lines = b"".join(b"A%d: %d\r\n" % (i, i) for i in range(room + more)) if room + more > 0 else b""
    rows = (capi.Row * (room + 1))()
    guard = rows[room]
    guard.name = guard.value_len = 0xABCDEF
    head = capi.Head()
    result = api.parse_fields(lines + b"\r\n", len(lines) + 2, rows, room, None, head)
    assert (guard.name, guard.value_len) == (0xABCDEF, 0xABCDEF)
    if more > 0:
        assert (result, head.status, head.code) == (REFUSED, 431, b"field-count")
        assert head.offset == lines.index(b"A%d:" % room)
    else:
        assert (result, head.count) == (WHOLE, max(room + more, 0))
        assert capi.fields(lines, head, rows) == [(f"A{i}", str(i)) for i in range(room + more)]


def test_misuse(api: capi.Api) -> None:
    """Nothing is read or written, and the result tells the caller."""
    rows, head = (capi.Row * 4)(), capi.Head()
    for function, flags in ((api.parse_request, 1), (api.parse_fields, 2), (api.parse_response, 4)):
        assert function(REQUEST, len(REQUEST), rows, 4, capi.Options(flags), head) == MISUSE
    assert api.parse_request(None, 1, rows, 4, None, head) == MISUSE
    assert api.parse_request(REQUEST, len(REQUEST), None, 4, None, head) == MISUSE
    assert api.parse_request(REQUEST, len(REQUEST), rows, 4, None, None) == MISUSE
    assert (head.consumed, head.count) == (0, 0)
    assert api.parse_request(None, 0, None, 0, None, head) == INCOMPLETE
    with pytest.raises(SystemError, match="refused"):
        api.set_error(head, b"", 0)


@contextlib.contextmanager
def guarded(data: bytes) -> Any:
    """Yield the address of the bytes, followed by a page that cannot be read."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    size = -(-len(data) // mmap.PAGESIZE) * mmap.PAGESIZE
    memory = mmap.mmap(-1, size + mmap.PAGESIZE)
    held = (ctypes.c_char * len(memory)).from_buffer(memory)
    start = ctypes.addressof(held)
    assert libc.mprotect(start + size, mmap.PAGESIZE, 0) == 0
    memory[size - len(data) : size] = data
    try:
        yield start + size - len(data)
    finally:
        assert libc.mprotect(start + size, mmap.PAGESIZE, 3) == 0
        del held
        memory.close()


@pytest.mark.skipif(sys.platform == "win32", reason="mprotect() is POSIX")
def test_no_byte_behind_the_data_is_read(api: capi.Api) -> None:
    """Every prefix of a few heads ends at a page that cannot be read."""
    for data, function in (
        (REQUEST, api.parse_request),
        (b"HTTP/1.1 200 OK\r\n" + b"Name: value\r\n" * 12 + b"\r\n", api.parse_response),
        (b"A:\r\nB: b \t \r\n" + b"x" * 70 + b": y\r\n\r\n", api.parse_fields),
    ):
        for cut in range(len(data) + 1):
            with guarded(data[:cut]) as address:
                result = call(function, address, cut)[0]
            assert result == (WHOLE if cut == len(data) else INCOMPLETE)


def test_from_many_threads(api: capi.Api) -> None:
    """Threads call without the GIL, each with its own rows."""
    wrong: list[Any] = []

    def work(number: int) -> None:
        data = b"GET /%d HTTP/1.1\r\nHost: h\r\n%s\r\n" % (number, b"A: b\r\n" * number)
        for _ in range(300):
            result, head, _ = call(api.parse_request, data)
            if (result, head.count, capi.span(data, head.target, head.target_len)) != (WHOLE, number + 1, f"/{number}"):
                wrong.append((number, result, head.count))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_plain_python_has_no_capsule() -> None:
    code = "import fasthdr\nfasthdr._C_API"
    environment = {**os.environ, "FASTHDR_PURE_PYTHON": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert re.search(r"^ImportError: fasthdr runs in plain Python here, which has no C API", done.stderr, re.MULTILINE)


def test_the_name_is_no_public_one() -> None:
    assert "_C_API" not in dir(fasthdr)
    assert "_C_API" not in fasthdr.__all__
