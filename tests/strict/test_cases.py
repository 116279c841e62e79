# SPDX-License-Identifier: MIT
"""Every case of the table, in each implementation: whole, in parts, with more behind it, in every kind of buffer."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

import fasthdr
from tests.implementations import IMPLEMENTATIONS
from tests.strict.cases import GROUPS, Case, Verdict
from tests.strict.cases.first_bytes import NAMED, NAMED_RESPONSES

pytestmark = pytest.mark.parametrize("api", IMPLEMENTATIONS)

SHORT = 400  # a head of up to this many bytes is cut everywhere
LONG = 10_000  # a head of more bytes is parsed from one kind of buffer, with one of MORE behind it
KINDS: tuple[Callable[[bytes], Any], ...] = (bytes, bytearray, lambda data: memoryview(b"\x00" + data + b"\x00")[1:-1])
MORE = b"GET / HTTP/1.1\r\n\r\n" * 40, b"\x00", b"\r\n", b"x" * 100, b": 1\r\n\r\n"


def verdict(api: ModuleType, case: Case, data: Any) -> Verdict | int | None:
    """Return the verdict on a refused head, the length of an accepted one, or None while it is incomplete."""
    parse = api.parse_request if case.kind == "request" else api.parse_response
    try:
        head = parse(data, strict=True, **case.options)
    except fasthdr.ParseError as error:
        assert error.rfc is not None
        return Verdict(int(error.status), error.reason, error.offset, error.rfc)
    return None if head is None else head.consumed


@pytest.mark.parametrize("kind", ["request", "response"])
def test_the_first_bytes_decide(api: ModuleType, kind: Any) -> None:
    """Bytes that are not HTTP are refused once the fewest bytes that can tell have come, and not before."""
    for name, (data, whole, enough) in (NAMED if kind == "request" else NAMED_RESPONSES).items():
        case = Case(name, data, whole, kind)
        for cut in range(enough):
            assert verdict(api, case, data[:cut]) is None, (name, cut)
        assert verdict(api, case, data[:enough]) == whole, name


def expected(case: Case) -> Verdict | int:
    if case.expected is not None:
        return case.expected
    empty = len(case.data) - len(case.data.lstrip(b"\r\n"))
    return case.data.index(b"\r\n\r\n", empty) + 4


@pytest.mark.slow_in_python
@pytest.mark.parametrize("name", GROUPS)
def test_whole(api: ModuleType, name: str) -> None:
    for case in GROUPS[name]:
        for kind in KINDS if len(case.data) <= LONG else KINDS[:1]:
            assert verdict(api, case, kind(case.data)) == expected(case), case
        for more in MORE if len(case.data) <= LONG else MORE[:1]:
            assert verdict(api, case, case.data + more) == expected(case), (case, more)


def cuts(n: int) -> list[int]:
    """Return prefix lengths: all of a short head; of a long one both ends, around powers of two, and some between."""
    if n <= SHORT:
        return list(range(n + 1))
    around = [p + d for p in (1 << k for k in range(6, 20)) for d in (-1, 0, 1)]
    return sorted({*range(80), *range(0, n, n // 40), *range(n - 80, n + 1), *(c for c in around if c < n)})


@pytest.mark.long
@pytest.mark.parametrize("name", GROUPS)
def test_every_split(api: ModuleType, name: str) -> None:
    """A part of a head is incomplete or gets the verdict on the whole, which every longer part gets, too."""
    for case in GROUPS[name]:
        whole = expected(case)
        decided = False
        for cut in cuts(len(case.data)):
            found = verdict(api, case, case.data[:cut])
            if isinstance(whole, int):
                assert found == (whole if cut >= whole else None), (case, cut)
            else:
                assert found == whole if decided else found in (None, whole), (case, cut)
                decided = found is not None
        assert decided or isinstance(whole, int), case
