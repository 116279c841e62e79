# SPDX-License-Identifier: MIT
"""Cases that run as one test: each runs, and the failure names those that failed."""

from __future__ import annotations

import pytest

from tests.together import together


def test_every_case_runs_and_those_that_fail_are_named() -> None:
    seen = []

    @together(("low", "high"), [(1, 2), (4, 3), (5, 6), (8, 7)])
    def ordered(low: int, high: int, factor: int) -> None:
        seen.append((low, high))
        assert low * factor < high * factor

    with pytest.raises(AssertionError, match=r"^2 of 4 cases failed: \(4, 3\), \(8, 7\)$") as caught:
        ordered(factor=2)
    assert isinstance(caught.value.__cause__, AssertionError)
    assert seen == [(1, 2), (4, 3), (5, 6), (8, 7)]


def test_a_case_may_raise_anything() -> None:
    @together("n", [1, 0])
    def divided(n: int) -> None:
        assert 1 / n

    with pytest.raises(AssertionError, match=r"^1 of 2 cases failed: 0$") as caught:
        divided()
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_nothing_passes_without_a_case_or_its_argument() -> None:
    with pytest.raises(AssertionError, match="no cases"):
        together("n", [])
    with pytest.raises(AssertionError, match="no such argument"):
        together("n", [1])(lambda m: None)
