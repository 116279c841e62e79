# SPDX-License-Identifier: MIT
"""fasthdr.BodyDecoder: the core against plain Python call by call, and against a decoder that gets the whole body."""

from __future__ import annotations

import random
from typing import Any

import fasthdr
from fasthdr._pure import decoder as _pure_decoder
from tests.decoder import whole
from tests.decoder.ways import fed, items, state, steps


def _options(limits: dict[str, int], chance: random.Random) -> dict[str, Any]:
    options: dict[str, Any] = dict(limits)
    for name, most in (("max_body", 200), ("max_chunk_line", 60), ("max_extensions", 60)):
        if chance.random() < 0.2:
            options[name] = chance.randrange(1, most)
    return options


def _pieces(data: bytes, chance: random.Random) -> list[bytes]:
    longest = chance.choice((1, 3, 20, 200))
    pieces, at = [], 0
    while at < len(data):
        size = chance.randrange(longest + 1)
        pieces.append(data[at : at + size])
        at += size
    return pieces


def check(data: bytes, limits: dict[str, int], number: int) -> None:
    chance = random.Random(number)
    options = _options(limits, chance)
    pieces = _pieces(data, chance)
    framing = chance.choice(("chunked", "chunked", "chunked", None, chance.randrange(300)))
    ways = [chance.randrange(6) for _ in pieces]
    response = {"response": True} if chance.random() < 0.1 else {}
    ours, plain = (
        steps(decoder, framing, {**options, **response}, pieces, ways)
        for decoder in (fasthdr.BodyDecoder, _pure_decoder.BodyDecoder)
    )
    assert ours == plain, (ours, plain)

    in_pieces, at_once = fasthdr.BodyDecoder("chunked", **options), fasthdr.BodyDecoder("chunked", **options)
    content, fault = fed(in_pieces, pieces)
    content_at_once, fault_at_once = fed(at_once, [data])
    assert fault == fault_at_once, (fault, fault_at_once)
    expected = whole.decoded(data, **options)
    if expected is None:
        assert not in_pieces.ended
    else:
        assert in_pieces.ended
        assert whole.Whole(content, in_pieces.wire, items(in_pieces) or []) == expected
    if fault is None:
        assert content == content_at_once
        assert state(in_pieces) == state(at_once)
