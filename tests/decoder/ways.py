# SPDX-License-Identifier: MIT
"""The decoders that are compared, and what a program can see of one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

import fasthdr
from fasthdr._pure import decoder as _pure_decoder
from tests.strict.cases.table import Verdict

DECODERS = [pytest.param(_pure_decoder.BodyDecoder, id="python")]
if fasthdr.IMPLEMENTATION == "cython":
    DECODERS.append(pytest.param(fasthdr.BodyDecoder, id="cython"))


def verdict(error: fasthdr.ParseError) -> Verdict:
    assert error.rfc is not None
    return Verdict(int(error.status), error.reason, error.offset, error.rfc)


def items(decoder: Any) -> list[tuple[str, str]] | None:
    return None if decoder.trailers is None else decoder.trailers.items()


def state(decoder: Any) -> dict[str, Any]:
    """Return what a decoder says after a call that did not raise."""
    return {
        "ended": decoder.ended,
        "data left": decoder.data_left,
        "received": decoder.received,
        "wire": decoder.wire,
        "trailers": items(decoder),
    }


def fed(decoder: Any, pieces: Iterable[Any], eof: bool = False) -> tuple[bytes, Verdict | None]:
    """Feed the pieces; return the data up to a fault, and the fault. The counts are checked after each call."""
    data = b""
    try:
        for piece in pieces:
            wire, received = decoder.wire, decoder.received
            got = decoder.feed(piece)
            data += got
            assert type(got) is bytes
            assert (decoder.wire, decoder.received) == (wire + decoder.consumed, received + len(got))
            assert decoder.consumed == len(piece) or decoder.ended
        if eof:
            decoder.feed_eof()
    except fasthdr.ParseError as error:
        refused_for_good(decoder, error)
        return data, verdict(error)
    return data, None


def checked(decoder: Any, pieces: Iterable[Any], eof: bool = False) -> Verdict | None:
    """Return the fault that check() finds in the pieces."""
    try:
        for piece in pieces:
            before = decoder.wire
            taken = decoder.check(piece)
            assert type(taken) is int
            assert taken == decoder.consumed == decoder.wire - before
            assert taken == len(piece) or decoder.ended
        if eof:
            decoder.feed_eof()
    except fasthdr.ParseError as error:
        refused_for_good(decoder, error)
        return verdict(error)
    return None


def refused_for_good(decoder: Any, error: fasthdr.ParseError) -> None:
    """Check that every later call raises the very same error, and that the decoder expects nothing more."""
    for again in (
        lambda: decoder.feed(b""),
        lambda: decoder.feed(b"0\r\n\r\n"),
        lambda: decoder.check(bytearray(b"x")),
        lambda: decoder.skip(0),
        lambda: decoder.feed_eof(),
    ):
        with pytest.raises(fasthdr.ParseError) as caught:
            again()
        assert caught.value is error
    assert (decoder.ended, decoder.consumed, decoder.data_left, decoder.trailers) == (False, 0, 0, None)


def steps(decoder: Any, framing: Any, options: dict[str, Any], pieces: list[Any], ways: list[int]) -> list[Any]:
    """Return all that a program can see of a decoder, call by call."""
    seen: list[Any] = []
    one = None
    try:
        one = decoder(framing, **options)
        for piece, way in zip(pieces, ways):
            if way == 0:
                seen.append(one.feed(bytearray(piece)))
            elif way == 1:
                seen.append(one.check(piece))
            elif way == 2 and one.data_left:
                seen.append(one.skip(min(len(piece), one.data_left)))
            else:
                seen.append(one.feed(piece))
            seen.append((one.consumed, *state(one).values()))
        one.feed_eof()
    except fasthdr.ParseError as error:
        seen.append((type(error), *error.args))
        seen.append(one and (one.consumed, *state(one).values()))
    return seen


def cuts(n: int) -> list[int]:
    """Return all cuts of a short body; of a long one those near both ends, around powers of two, and some between."""
    if n <= 400:
        return list(range(n + 1))
    around = [power + d for power in (1 << k for k in range(6, 20, 2)) for d in (-1, 0, 1)]
    return sorted({*range(12), *range(0, n, n // 8), *range(n - 12, n + 1), *(cut for cut in around if cut < n)})
