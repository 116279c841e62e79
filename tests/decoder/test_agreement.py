# SPDX-License-Identifier: MIT
"""Generated bodies: what goes in comes out, in any split, and the two implementations say the same at each step."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import fasthdr
from fasthdr._pure import decoder as _pure_decoder
from tests.decoder import made, whole
from tests.decoder.ways import DECODERS, checked, fed, items, state, steps

REST = b"GET /next HTTP/1.1\r\n\r\n"
SMALL = st.fixed_dictionaries(
    {},
    optional={
        "max_body": st.integers(0, 40),
        "max_line": st.integers(1, 30),
        "max_headers": st.integers(1, 3),
        "max_head": st.integers(1, 60),
        "max_chunk_line": st.integers(1, 30),
        "max_extensions": st.integers(0, 30),
    },
)


@pytest.mark.parametrize("decoder", DECODERS)
@given(body=made.bodies, sizes=made.splits)
def test_round_trip(decoder: Any, body: made.Made, sizes: list[int]) -> None:
    one = decoder("chunked")
    assert fed(one, made.pieces(body.wire + REST, sizes)) == (body.data, None)
    assert one.ended
    assert (one.wire, one.received, items(one)) == (len(body.wire), len(body.data), body.trailers)
    other = decoder("chunked")
    assert checked(other, made.pieces(body.wire + REST, sizes)) is None
    assert state(other) == state(one)


@pytest.mark.parametrize("decoder", DECODERS)
@given(body=made.bodies, data=st.data())
def test_what_goes_by_outside(decoder: Any, body: made.Made, data: Any) -> None:
    """Data may be skipped as soon as it is certain to come, all of it or a part."""
    one = decoder("chunked")
    at, got = 0, b""
    while not one.ended:
        left = one.data_left
        if left and data.draw(st.booleans()):
            n = data.draw(st.integers(0, left))
            one.skip(n)
            got += body.wire[at : at + n]
            at += n
        else:
            n = data.draw(st.integers(1, 12))
            got += one.feed(body.wire[at : at + n])
            at += one.consumed
        assert (one.wire, one.received) == (at, len(got))
    assert (got, at, items(one)) == (body.data, len(body.wire), body.trailers)


@pytest.mark.parametrize("decoder", DECODERS)
@given(wire=st.one_of(made.mutants, made.bodies.map(lambda body: body.wire)), sizes=made.splits, limits=SMALL)
def test_against_the_whole(decoder: Any, wire: bytes, sizes: list[int], limits: dict[str, int]) -> None:
    """A decoder accepts exactly the bodies that whole.decoded() accepts, with the same data and trailers."""
    for options in ({}, limits):
        one = decoder("chunked", **options)
        data, fault = fed(one, made.pieces(wire, sizes))
        expected = whole.decoded(wire, **options)
        if expected is None:
            assert not one.ended
        else:
            assert fault is None
            assert one.ended
            assert whole.Whole(data, one.wire, items(one) or []) == expected


@pytest.mark.parametrize("decoder", DECODERS)
@given(wire=made.mutants, sizes=made.splits, limits=SMALL)
def test_no_verdict_depends_on_the_split(decoder: Any, wire: bytes, sizes: list[int], limits: dict[str, int]) -> None:
    at_once, in_pieces = decoder("chunked", **limits), decoder("chunked", **limits)
    data, fault = fed(at_once, [wire])
    data_in_pieces, fault_in_pieces = fed(in_pieces, made.pieces(wire, sizes))
    assert fault_in_pieces == fault
    if fault is None:
        assert data_in_pieces == data
        assert state(in_pieces) == state(at_once)


@pytest.mark.skipif(fasthdr.IMPLEMENTATION != "cython", reason="there is one implementation: FASTHDR_PURE_PYTHON=1")
@given(
    st.one_of(made.mutants, made.bodies.map(lambda body: body.wire + REST)),
    made.splits,
    SMALL,
    st.one_of(st.just("chunked"), st.just("chunked"), st.none(), st.integers(0, 50)),
    st.booleans(),
    st.lists(st.integers(0, 9), min_size=13, max_size=13),
)
@example(b"5\r\nabc", [4], {}, "chunked", False, [2] * 13)
def test_call_by_call(
    wire: bytes, sizes: list[int], limits: dict[str, int], framing: Any, response: bool, ways: list[int]
) -> None:
    """The core and plain Python agree on answers, bytes taken, counts, and errors with the bytes that they show."""
    pieces = made.pieces(wire, sizes)
    for options in ({}, {**limits, "response": response}):
        found = [steps(d, framing, options, pieces, ways) for d in (fasthdr.BodyDecoder, _pure_decoder.BodyDecoder)]
        assert found[0] == found[1]
