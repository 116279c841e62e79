# SPDX-License-Identifier: MIT
"""The fuzzers' seeds through every check of the Python surface, and what the fuzzers have found."""

from __future__ import annotations

from typing import Any

import pytest

import fasthdr
from fuzz import checks, decoders, layout, seeds

pytestmark = pytest.mark.skipif(
    fasthdr.IMPLEMENTATION != "cython", reason="the core, which is compared, does not run: FASTHDR_PURE_PYTHON=1"
)

SEEDS = {path.name: path.read_bytes() for path in sorted(seeds.FOLDER.iterdir())}


@pytest.mark.parametrize("kind", range(len(layout.KINDS)), ids=layout.KINDS)
def test_seeds(kind: int) -> None:
    ours = [data for data in SEEDS.values() if data[0] & 3 == kind]
    assert len(ours) > 20
    for data in ours:
        for choice in range(8):
            for limits in (0, 1 + choice % 7):
                checks.check(bytes((kind | choice << 2, limits)) + data[2:])


def test_seeds_are_of_the_named_cases() -> None:
    """If a case that becomes a seed changes, `python -m fuzz.seeds` has to be run again."""
    heads = {data[layout.CONFIG :] for data in SEEDS.values()}
    assert heads == {data for _, _, data in seeds.seeds()}


def given(kind: str, data: bytes, choices: int = 0) -> bytes:
    return layout.config(layout.KINDS.index(kind), choices) + data


REQUEST = given("request", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
DECODED = given("body", b"3\r\nabc\r\n0\r\n\r\n", choices=1)


def of_another_host(data: bytes, **keywords: Any) -> Any:
    return PURE_PARSE(data.replace(b"Host: a", b"Host: b"), **keywords)


class Forgetful(decoders._pure_decoder.BodyDecoder):
    """A decoder that loses the first byte of what it is given."""

    def feed(self, data: Any, /) -> bytes:
        return super().feed(bytes(data)[1:])


PURE_PARSE = checks._pure.parse_request


@pytest.mark.parametrize(
    ("data", "where", "name", "wrong"),
    [
        (REQUEST, checks._pure, "parse_request", of_another_host),
        (REQUEST, fasthdr, "parse_request", lambda data, **keywords: None),
        (DECODED, decoders._pure_decoder, "BodyDecoder", Forgetful),
        (DECODED, decoders.whole, "decoded", lambda data, **limits: None),
        (DECODED, decoders.whole, "decoded", lambda data, **limits: decoders.whole.Whole(b"ab", 13, [])),
        (DECODED, decoders.whole, "decoded", lambda data, **limits: decoders.whole.Whole(b"abc", 12, [])),
    ],
)
def test_a_difference_is_seen(
    monkeypatch: pytest.MonkeyPatch, data: bytes, where: object, name: str, wrong: object
) -> None:
    """A check fails if one side gives a different result, and only then."""
    checks.check(data)
    monkeypatch.setattr(where, name, wrong)
    with pytest.raises(AssertionError):
        checks.check(data)


@pytest.mark.parametrize("fold", [b" ", b" b", b"\tb\r", b" \x00"])
def test_a_fold_that_is_not_whole_is_no_line_yet(counted: Any, fold: bytes) -> None:
    """Found by the walk's fuzzer: the obs-fold counted as a line, and a head within the limits went to the stdlib."""
    assert fasthdr.parse_request(b"GET / HTTP/1.1\r\nA: 1\r\n" + fold, max_headers=1) is None
    assert counted() == (0, 0)
