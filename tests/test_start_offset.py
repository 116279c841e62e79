# SPDX-License-Identifier: MIT
"""Heads that begin inside a buffer (`start`), and the limit for the start line alone (`max_start_line`)."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fasthdr
from fasthdr._pure import parse as _pure
from tests.differential import heads
from tests.differential.cases import BLOCKS, REQUEST_LINES, STATUS_LINES
from tests.implementations import IMPLEMENTATIONS

NAMES = ("parse_request", "parse_response", "parse_headers")
LINES = {"parse_request": REQUEST_LINES, "parse_response": STATUS_LINES, "parse_headers": {"none": b""}}
api = pytest.mark.parametrize("api", IMPLEMENTATIONS)
named = pytest.mark.parametrize("name", NAMES)
both_modes = pytest.mark.parametrize("strict", [False, True], ids=["default", "strict"])

GET = b"GET /one HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST /two HTTP/1.1\r\nHost: b\r\nX: y\r\n\r\n"


def outcome(parse: Callable[..., Any], data: Any, **options: Any) -> Any:
    """Return everything that a head or an error tells."""
    try:
        head = parse(data, **options)
    except fasthdr.ParseError as error:
        return int(error.status), *error.args[1:]
    if head is None:
        return None
    table = None if head.table is None else memoryview(head.table).tolist()
    return repr(head), head.consumed, head.raw_headers, table, head.get("host"), head.headers.items()


@pytest.mark.slow_in_python
@api
@named
@both_modes
def test_a_head_within_a_buffer_is_that_head(api: Any, name: str, strict: bool) -> None:
    """Head, table and error are those of data[start:], no matter what precedes it and how the bytes are given."""
    parse = getattr(api, name)
    lines = [line for line in LINES[name].values() if len(line) < 9000]
    blocks = [block for block in BLOCKS.values() if len(block) < 9000]
    found = set()
    for line, block in [(line, b"A: b\r\n\r\n") for line in lines] + [(lines[0], block) for block in blocks]:
        data = line + block
        expected = outcome(parse, data, strict=strict)
        found.add(type(expected[0]) if expected else None)
        for before in (b"\n", b"A: 1\r\n", GET, b"x" * 3000):
            for source in (bytes, bytearray, memoryview):
                assert outcome(parse, source(before + data), strict=strict, start=len(before)) == expected
        assert outcome(parse, data, strict=strict, start=0) == expected
    assert found == {str, int, None}  # heads, errors, and incomplete input


@given(st.one_of(heads.requests, st.binary(max_size=300)), st.binary(max_size=100), st.booleans())
def test_generated_heads_within_a_buffer(data: bytes, before: bytes, strict: bool) -> None:
    for parse in (fasthdr.parse_request, _pure.parse_request):
        expected = outcome(parse, data, strict=strict)
        assert outcome(parse, before + data, strict=strict, start=len(before)) == expected


@api
@both_modes
@pytest.mark.parametrize("source", [bytes, bytearray])
def test_pipelined_heads_need_no_slices(api: Any, strict: bool, source: Any) -> None:
    data = source(b"junk" + GET + POST + GET + GET[:-1])
    start, found = 4, []
    while (head := api.parse_request(data, strict=strict, start=start)) is not None:
        found.append((head.target, head["host"], head.consumed))
        start += head.consumed
    assert found == [("/one", "a", len(GET)), ("/two", "b", len(POST)), ("/one", "a", len(GET))]
    assert start == len(data) - len(GET) + 1
    assert api.parse_request(data, strict=strict, start=len(data)) is None


@api
@named
@pytest.mark.parametrize("data", [GET, bytearray(GET)])
def test_a_start_that_is_none(api: Any, name: str, data: Any) -> None:
    parse = getattr(api, name)
    for start in (-1, -sys.maxsize):
        with pytest.raises(ValueError, match=f"^start must not be negative, but is {start}$"):
            parse(data, start=start)
    for start in (len(GET) + 1, sys.maxsize):
        with pytest.raises(ValueError, match=f"^start is beyond the {len(GET)} bytes of data$"):
            parse(data, start=start)
    for no_int, kind in ((None, "NoneType"), ("0", "str"), (0.0, "float")):
        with pytest.raises(TypeError, match=f"^'{kind}' object cannot be interpreted as an integer$"):
            parse(data, start=no_int)
    for start in (-1 << 70, 1 << 70):
        with pytest.raises(OverflowError, match=r"^Python int too large to convert to C ssize_t$"):
            parse(data, start=start)
    assert parse(b"", start=0) is None


# --------------------------------------------------------------------------------------------------- max_start_line

STARTS = {
    "parse_request": ("GET /{} HTTP/1.1\r\n", (414, "Request line too long"), (414, "Too Long")),
    "parse_response": ("HTTP/1.1 200 {}\r\n", (502, "Status line too long"), (502, "Status line too long")),
}


@api
@both_modes
@pytest.mark.parametrize("name", STARTS)
def test_limits_of_the_start_line_and_of_field_lines(api: Any, strict: bool, name: str) -> None:
    """Each limit applies to its own lines, whichever limit is the larger one."""
    parse = getattr(api, name)
    form, in_strict, in_default = STARTS[name]
    status, reason = in_strict if strict else in_default
    line = form.format("x" * 50).encode()
    field = b"Host: " + b"h" * 100 + b"\r\n"
    whole = line + field + b"\r\n"
    for limits in ((len(line), len(field)), (len(line), None), (None, len(field)), (1 << 70, 1 << 70)):
        start_line, line_most = limits
        head = parse(whole, strict=strict, max_start_line=start_line, max_line=line_most)
        assert head.consumed == len(whole)
    for data in (whole, line, line[:-1]):
        with pytest.raises(fasthdr.ParseError, match=reason) as caught:
            parse(data, strict=strict, max_start_line=len(line) - 1 - (data is not whole and data is not line))
        assert caught.value.status == status
    for most in (None, 10_000):
        with pytest.raises(fasthdr.ParseError) as caught:
            parse(whole, strict=strict, max_start_line=most, max_line=len(line))
        assert caught.value.code == "field-line-length"
    with pytest.raises(fasthdr.ParseError, match=reason):
        parse(whole, strict=strict, max_line=len(line) - 1)


@pytest.mark.parametrize("name", STARTS)
@both_modes
def test_both_limits_in_both_implementations(name: str, strict: bool) -> None:
    """For every pair of small limits and a head whole or in part, the core says what plain Python says."""
    form = STARTS[name][0]
    whole = form.format("xy").encode() + b"Host: a\r\nLonger: value\r\n\r\n"
    empty = b"\r\n" + whole
    codes = set()
    for data, first, line, head in itertools.product(
        (whole, whole[:-1], whole[:15], empty), (1, 2, 14, 17, 18, 19, 20, 60), (1, 8, 9, 15, 16, 60), (12, 40, None)
    ):
        options = {"strict": strict, "max_start_line": first, "max_line": line, "max_head": head}
        ours = outcome(getattr(fasthdr, name), data, **options)
        assert ours == outcome(getattr(_pure, name), data, **options), options
        codes.add(fasthdr.ParseError(*ours).code if ours and isinstance(ours[0], int) else ours and "head")
    assert {"head", "field-line-length", "head-length", None} < codes


@api
def test_a_limit_that_is_none(api: Any) -> None:
    with pytest.raises(ValueError, match=r"^max_start_line must be 1 or more, not 0$"):
        api.parse_request(GET, max_start_line=0)
    with pytest.raises(TypeError, match=r"^max_start_line must be int or None, not str$"):
        api.parse_response(GET, max_start_line="1")
    with pytest.raises(TypeError, match="max_start_line"):
        api.parse_headers(GET, max_start_line=1)


@api
@named
def test_a_start_that_no_buffer_has(api: Any, name: str) -> None:
    parse = getattr(api, name)
    for start in (-1, -sys.maxsize, -sys.maxsize - 1):
        with pytest.raises(ValueError, match=rf"^start must not be negative, but is {start}$"):
            parse(GET, start=start)
    for start in (sys.maxsize + 1, -sys.maxsize - 2):
        with pytest.raises(OverflowError):
            parse(GET, start=start)
