# SPDX-License-Identifier: MIT
"""On heads that strict mode does not judge, the core and plain Python say the same of any bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fasthdr
from fasthdr._pure import wire as _pure_wire
from tests.differential import heads
from tests.differential.cases import BLOCKS, STATUS_LINES
from tests.together import together

if fasthdr.IMPLEMENTATION == "cython":
    from fasthdr._core import wire
else:
    pytest.skip("there is one implementation: FASTHDR_PURE_PYTHON=1", allow_module_level=True)

CHUNKED = b"Transfer-Encoding: chunked\r\n"
LENGTH = b"Content-Length: 3\r\n"
LARGEST = 2**63 - 1


def said(function: Callable[..., Any], *args: Any) -> tuple[Any, ...]:
    """Return what a function returns, with its types, or the error that it raises."""
    try:
        found = function(*args)
    except (fasthdr.ParseError, ValueError) as error:
        return type(error), error.args
    return type(found), found, [type(part) for part in found] if isinstance(found, tuple) else None


def assert_same_framing(block: bytes, start: int = 0) -> None:
    assert said(wire.request_framing, block, start) == said(_pure_wire.request_framing, block, start), (block, start)


def assert_same_response(data: bytes) -> None:
    assert said(wire.response_head, data) == said(_pure_wire.response_head, data), data


# A block, and what request_framing() returns for it: (end, framing, expects), None, or the arguments of the error.
FRAMINGS: dict[str, tuple[bytes, Any]] = {
    "no field": (b"\r\n", (2, 0, False)),
    "no field, LF alone": (b"\nrest", (1, 0, False)),
    "nothing yet": (b"", None),
    "a CR": (b"\r", None),
    "a line that is not whole": (b"Host", None),
    "a line that a fold may follow": (b"Host: h\r\n", None),
    "a CR after the lines": (b"Host: h\r\n\r", None),
    "a length": (LENGTH + b"\r\nabc", (21, 3, False)),
    "a length with blanks": (b"content-LENGTH:\t 3 \t\r\n\r\n", (24, 3, False)),
    "the largest length": (b"Content-Length: %d\r\n\r\n" % LARGEST, (39, LARGEST, False)),
    "zeros before it": (b"Content-Length: %030d\r\n\r\n" % LARGEST, (50, LARGEST, False)),
    "more zeros than int() reads": (b"Content-Length: %05000d\r\n\r\n" % 3, (5020, 3, False)),
    "a length too large": (
        b"Content-Length: %d\r\n\r\n" % (LARGEST + 1),
        (400, "Bad Content-Length", 16, "9112 6.3"),
    ),
    "20 digits": (b"Content-Length: 1%019d\r\n\r\n" % 0, (400, "Bad Content-Length", 16, "9112 6.3")),
    "no digit": (b"Content-Length: \r\n\r\n", (400, "Bad Content-Length", 16, "9112 6.3")),
    "a sign": (b"Host: h\r\nContent-Length: +3\r\n\r\n", (400, "Bad Content-Length", 25, "9112 6.3")),
    "a list of lengths": (b"Content-Length: 3, 3\r\n\r\n", (400, "Bad Content-Length", 16, "9112 6.3")),
    "a length twice": (LENGTH * 2 + b"\r\n", (400, "Bad Content-Length", 16, "9112 6.3")),
    "a folded length": (b"Content-Length:\r\n 3\r\n\r\n", (400, "Bad Content-Length", 15, "9112 6.3")),
    "chunked": (CHUNKED + b"\r\n", (30, "chunked", False)),
    "chunked in capitals": (b"TRANSFER-ENCODING:\tCHUNKED \n\n", (29, "chunked", False)),
    "chunked twice": (CHUNKED * 2 + b"\r\n", (400, "Bad Transfer-Encoding", 19, "9112 6.1")),
    "another coding": (b"Transfer-Encoding: gzip\r\n\r\n", (400, "Bad Transfer-Encoding", 19, "9112 6.1")),
    "both": (LENGTH + CHUNKED + b"\r\n", (400, "Bad Transfer-Encoding", 38, "9112 6.1")),
    "100-continue": (LENGTH + b"expect: 100-continue\r\n\r\n", (43, 3, True)),
    "another expectation": (b"Expect:\r\n\r\n", (11, 0, True)),
    "an obs-fold": (b"A: 1\r\n b\r\n" + LENGTH + b"\r\n", (31, 3, False)),
    "no colon": (b"Host: h\r\nno colon\r\n\r\n", (400, "Bad field line", 9, "9112 5")),
    "no colon, incomplete": (b"Host: h\r\nno colon\r\n", None),
    "a blank before the colon": (b"Content-Length : 3\r\n\r\n", (400, "Bad field line", 0, "9112 5")),
    "a bare CR": (b"A: 1\rContent-Length: 3\r\n\r\n", (400, "Bad field line", 0, "9112 5")),
    "an envelope header": (b"From me\r\n\r\n", (400, "Bad field line", 0, "9112 5")),
}  # fmt: skip


def expected(wanted: Any) -> tuple[Any, ...]:
    if wanted is None:
        return type(None), None, None
    if wanted[0] == 400:
        return fasthdr.ParseError, fasthdr.ParseError(*wanted).args
    return tuple, wanted, [type(part) for part in wanted]


@pytest.mark.parametrize("module", [wire, _pure_wire], ids=["cython", "python"])
@pytest.mark.parametrize("name", FRAMINGS)
def test_framing_of_a_request(name: str, module: Any) -> None:
    block, wanted = FRAMINGS[name]
    assert said(module.request_framing, block, 0) == expected(wanted)
    # Behind a request line, every offset is larger by its length.
    line = b"GET / HTTP/1.1\r\n"
    if wanted is not None:
        at = 2 if wanted[0] == 400 else 0
        wanted = (*wanted[:at], wanted[at] + len(line), *wanted[at + 1 :])
    assert said(module.request_framing, line + block, len(line)) == expected(wanted)


STATUS = b"HTTP/1.1 200 OK\r\n"
# What a program may write, and what response_head() returns for it.
ANSWERS: dict[str, tuple[bytes, Any]] = {
    "nothing": (b"", None),
    "a part of the version": (b"HTT", None),
    "a version": (b"HTTP/1.", None),
    "no HTTP": (b"<html>", False),
    "no HTTP, with a line end": (b"<p>\n", False),
    "HTTP/2": (b"HTTP/2 200\r\n\r\n", False),
    "a part of a status line": (b"HTTP/1.1 200 OK", None),
    "a short status line": (b"HTTP/1.1 20\r\n\r\n", False),
    "a status of two digits": (b"HTTP/1.1 20 OK\r\n\r\n", False),
    "a minor version that is none": (b"HTTP/1.x 200 OK\r\n\r\n", False),
    "no blank": (b"HTTP/1.1\t200 OK\r\n\r\n", False),
    "no reason": (b"HTTP/1.0 204\n\n", (14, 204, 0, None, None)),
    "not whole": (STATUS + LENGTH, None),
    "a length": (STATUS + LENGTH + b"\r\nabc", (38, 200, 1, 3, None)),
    "chunked": (STATUS + CHUNKED + b"\r\n", (47, 200, 1, "chunked", None)),
    "both": (STATUS + CHUNKED + LENGTH + b"\r\n", (66, 200, 1, False, None)),
    "a length twice": (STATUS + LENGTH * 2 + b"\r\n", (57, 200, 1, False, None)),
    "a bad length": (STATUS + b"Content-Length: x\r\n\r\n", (38, 200, 1, False, None)),
    "no field": (STATUS + b"\r\n", (19, 200, 1, None, None)),
    "close": (STATUS + b"Connection: close\r\n\r\n", (38, 200, 1, None, False)),
    "close in a list": (STATUS + b"connection: a ,\tCLOSE , b\r\n\r\n", (46, 200, 1, None, False)),
    "close in a second line": (
        STATUS + b"Connection: a\r\nX: y\r\nConnection: close\r\n\r\n",
        (59, 200, 1, None, False),
    ),
    "keep-alive": (STATUS + b"Connection: keep-alive, closed\r\n\r\n", (51, 200, 1, None, True)),
    "an empty Connection": (STATUS + b"Connection:\r\n\r\n", (32, 200, 1, None, True)),
    "a line that is none": (STATUS + b"no colon\r\nA: b\r\n\r\nrest", (35, 200, 1, False, False)),
    "a line that is none, not whole": (STATUS + b"no colon\r\n\r", None),
    "a line that is none, with bare CRs": (STATUS + b"\r\rno colon\n\r\n", (30, 200, 1, False, False)),
}


@pytest.mark.parametrize("module", [wire, _pure_wire], ids=["cython", "python"])
@pytest.mark.parametrize("name", ANSWERS)
def test_head_of_a_response(name: str, module: Any) -> None:
    data, wanted = ANSWERS[name]
    types = [type(part) for part in wanted] if wanted else None
    assert said(module.response_head, data) == (type(wanted), wanted, types)


@pytest.mark.long
@pytest.mark.interpreter
def test_every_part_of_the_cases() -> None:
    """While a head comes in, both wait for the same byte."""
    for block, _ in FRAMINGS.values():
        for end in range(len(block) + 1):
            assert_same_framing(block[:end])
    for data, _ in ANSWERS.values():
        for end in range(len(data) + 1):
            assert_same_response(data[:end])


@together("name", [name for name, block in BLOCKS.items() if len(block) < 100_000])
def test_blocks_of_the_default_mode(name: str) -> None:
    """The blocks with which the core is compared with the standard library."""
    assert_same_framing(BLOCKS[name])
    assert_same_framing(b"GET / HTTP/1.1\r\n" + BLOCKS[name], 16)
    assert_same_response(STATUS + BLOCKS[name])


@pytest.mark.parametrize("name", STATUS_LINES)
def test_status_lines(name: str) -> None:
    for rest in (b"", b"\r\n", LENGTH + b"\r\n"):
        assert_same_response(STATUS_LINES[name] + rest)


def framed(framing: list[int], block: bytes) -> bytes:
    fields = (
        LENGTH, CHUNKED, b"Expect: 100-continue\r\n", b"Connection: close\r\n", b"content-length:%d\n" % LARGEST,
        b"Content-Length: -1\r\n", b"Transfer-Encoding: x\r\n", b"Connection: a,, close ;\r\n", b"Expect:\r\n x\r\n",
        b"Content-Length: \r\n\t3\r\n", b"Content-Length: 00000000000000000000000000012\r\n",
    )  # fmt: skip
    return b"".join(fields[number % len(fields)] for number in framing) + block


blocks = st.builds(framed, st.lists(st.integers(0, 10), max_size=3), heads.blocks)


@given(blocks, st.binary(max_size=8))
def test_made_blocks(block: bytes, line: bytes) -> None:
    assert_same_framing(block)
    assert_same_framing(line + block, len(line))


@given(st.one_of(heads.responses, st.builds(lambda block: STATUS + block, blocks)))
def test_made_responses(data: bytes) -> None:
    assert_same_response(data)


@given(st.binary(max_size=30), st.sampled_from([b"", b"HTTP/1.", b"HTTP/1.1 ", STATUS, STATUS + LENGTH]))
def test_any_bytes(data: bytes, start: bytes) -> None:
    assert_same_response(start + data)
    assert_same_framing(start + data, len(start))
