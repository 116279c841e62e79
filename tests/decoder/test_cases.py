# SPDX-License-Identifier: MIT
"""Every body of the table in each implementation: whole, byte by byte, in two parts, with more bytes behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.decoder.cases import GROUPS, Case
from tests.decoder.ways import DECODERS, checked, cuts, fed, items, state
from tests.strict.cases.table import Verdict

pytestmark = pytest.mark.parametrize("decoder", DECODERS)

# A body of up to this many bytes is fed byte by byte, from each kind of buffer, with each of MORE behind it.
SHORT = 5000
MORE = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 40, b"\x00", b"\r\n", b"0\r\n\r\n" * 3
KINDS: tuple[Callable[[bytes], Any], ...] = (bytes, bytearray, lambda data: memoryview(b"\x00" + data + b"\x00")[1:-1])


def judged(decoder: Any, case: Case, pieces: Sequence[Any], end: int | None = None) -> None:
    """Check that the pieces give what the table says. end: where the body ends in them."""
    made = decoder(case.framing, **case.options)
    data, fault = fed(made, pieces, case.eof)
    other = decoder(case.framing, **case.options)
    assert checked(other, pieces, case.eof) == fault
    if isinstance(case.expected, Verdict):
        assert fault == case.expected, case
        return
    assert (data, fault) == (case.expected, None), case
    assert items(made) == case.trailers, case
    assert made.ended == (case.eof or case.trailers is not None or isinstance(case.framing, int)), case
    assert state(other) == state(made)
    if made.ended:
        assert made.wire == (len(case.wire) if end is None else end)
        assert (made.feed(b"x"), made.consumed, made.check(b"x")) == (b"", 0, 0)
        made.feed_eof()
        assert made.ended


@pytest.mark.parametrize("name", GROUPS)
def test_whole(decoder: Any, name: str) -> None:
    for case in GROUPS[name]:
        for kind in KINDS if len(case.wire) <= SHORT else KINDS[:1]:
            judged(decoder, case, [kind(case.wire)])
            judged(decoder, case, [kind(b""), kind(case.wire), kind(b"")])


@pytest.mark.slow_in_python
@pytest.mark.parametrize("name", GROUPS)
def test_with_more_behind_it(decoder: Any, name: str) -> None:
    for case in GROUPS[name]:
        if case.eof or (not isinstance(case.expected, Verdict) and case.trailers is None and case.framing != 3):
            continue
        for more in MORE if len(case.wire) <= SHORT else MORE[:1]:
            judged(decoder, case, [case.wire + more], len(case.wire))
            judged(decoder, case, [case.wire, more], len(case.wire))


@pytest.mark.parametrize("name", GROUPS)
def test_byte_by_byte(decoder: Any, name: str) -> None:
    for case in GROUPS[name]:
        if len(case.wire) <= SHORT:
            judged(decoder, case, [case.wire[i : i + 1] for i in range(len(case.wire))])


@pytest.mark.slow_in_python
@pytest.mark.parametrize("name", GROUPS)
def test_in_two(decoder: Any, name: str) -> None:
    for case in GROUPS[name]:
        for cut in cuts(len(case.wire)):
            judged(decoder, case, [case.wire[:cut], memoryview(case.wire)[cut:]])


@pytest.mark.parametrize("name", GROUPS)
def test_what_has_come_decides_alone(decoder: Any, name: str) -> None:
    """After each part of a body a decoder says the same, whether the part came in one piece or byte by byte."""
    for case in GROUPS[name]:
        if len(case.wire) > 400:
            continue
        slow = decoder(case.framing, **case.options)
        for cut in range(len(case.wire) + 1):
            piece = case.wire[max(cut - 1, 0) : cut]
            _, fault = fed(slow, [piece])
            at_once = decoder(case.framing, **case.options)
            assert fed(at_once, [case.wire[:cut]])[1] == fault, (case, cut)
            if fault is not None:
                break
            assert state(at_once) == state(slow), (case, cut)
