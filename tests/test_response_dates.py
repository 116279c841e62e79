# SPDX-License-Identifier: MIT
"""Dates are formatted once a second, and are the same as the stdlib's, which formats one for each response."""

from __future__ import annotations

import email.utils
import http.server
import math
import os
import time
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fasthdr.server

STDLIB = http.server.BaseHTTPRequestHandler
OURS = fasthdr.server.BaseHTTPRequestHandler
SECOND = 1_700_000_000


def said(base: Any, name: str, now: Any) -> Any:
    """Return the text that a handler gives for the time `now`, or the type of the exception that it raises."""
    with mock.patch.object(time, "time", return_value=now):
        try:
            return getattr(base.__new__(base), name)()
        except Exception as error:  # compared by the caller
            return type(error)


def same(now: Any) -> list[Any]:
    texts = [said(STDLIB, name, now) for name in ("date_time_string", "log_date_time_string")]
    assert [said(OURS, name, now) for name in ("date_time_string", "log_date_time_string")] == texts
    return texts


# Fractions within a second, near its ends, and at the limits of what floats and microseconds resolve.
fractions = st.one_of(
    st.floats(0, 1, exclude_max=True),
    st.sampled_from([0.0, 0.5, 0.9999985, 0.999999, 0.9999994, 0.9999995, 0.9999996, 0.9999999, math.nextafter(1, 0)]),
)
clocks = st.builds(
    float.__add__, st.sampled_from([float(SECOND), SECOND + 1.0, SECOND - 1.0, 0.0, 1.0, -1.0]), fractions
)


@given(st.lists(clocks, max_size=12))
def test_a_clock_that_goes_as_it_likes(times: list[float]) -> None:
    for now in times:
        assert all(isinstance(text, str) for text in same(now))


def test_the_ends_of_a_second() -> None:
    for second in (SECOND, SECOND + 1):
        for fraction in (0.5, 1.0, 0.5, 0.0, 0.9999999, 0.0, -0.0000001, 1.0, 0.0):
            same(second + fraction)


@given(st.floats(SECOND, SECOND + 3))
def test_each_moment_of_three_seconds(now: float) -> None:
    same(now)


@pytest.mark.parametrize(
    "now",
    [SECOND, Fraction(SECOND * 2 + 1, 2), float("nan"), float("inf"), 1e18, -1e18, None, "now", True, mock.Mock()],
)
def test_a_clock_of_another_kind(now: Any) -> None:
    same(SECOND + 0.25)
    same(now)
    same(SECOND + 0.5)


@pytest.mark.parametrize("timestamp", [0, 0.9999999, -1, 1e9, True, SECOND + 0.25, 1e18, "now", Fraction(1, 2)])
def test_a_given_time(timestamp: Any) -> None:
    said = []
    for base in (STDLIB, OURS):
        try:
            said.append(base.date_time_string(base.__new__(base), timestamp))
        except Exception as error:  # compared below
            said.append((type(error), str(error)))
    assert said[0] == said[1]


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="this system has no time.tzset()")
def test_another_time_zone_within_the_second() -> None:
    texts = []
    before = os.environ.get("TZ")
    try:
        for zone in ("UTC0", "XYZ-05:30", "UTC0", "ABC+3"):
            os.environ["TZ"] = zone
            time.tzset()
            texts.append(same(SECOND + 0.5)[1])
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
        time.tzset()
    assert len(set(texts)) == 3


def test_patched_functions_within_the_second() -> None:
    for _ in range(2):
        usual = same(SECOND + 0.5)
        with mock.patch.object(email.utils, "formatdate", lambda *args, **keywords: f"patched {args} {keywords}"):
            assert same(SECOND + 0.5)[0].startswith("patched")
        with mock.patch.object(time, "localtime", return_value=(1999, 12, 31, 1, 2, 3, 0, 0, 0)):
            assert same(SECOND + 0.5)[1] == "31/Dec/1999 01:02:03"
        assert same(SECOND + 0.5) == usual


def test_another_classs_names_within_the_second() -> None:
    months = [None, *"abcdefghijkl"]

    class Own(OURS):  # type: ignore[misc, valid-type]
        monthname = months

    usual = same(SECOND + 0.5)[1]
    assert said(Own, "log_date_time_string", SECOND + 0.5) == usual.replace("Nov", "  k")
    months[11] = "Nov2"
    assert said(Own, "log_date_time_string", SECOND + 0.5) == usual.replace("Nov", "Nov2")
    assert same(SECOND + 0.5)[1] == usual


def test_threads() -> None:
    """A thread gets a text that another thread has cached only while that text is correct."""

    def work(_: int) -> int:
        ours = OURS.__new__(OURS)
        for _ in range(3000):
            before = email.utils.formatdate(time.time(), usegmt=True), STDLIB.log_date_time_string(ours)
            text = ours.date_time_string(), ours.log_date_time_string()
            after = email.utils.formatdate(time.time(), usegmt=True), STDLIB.log_date_time_string(ours)
            assert all(seen in pair for seen, *pair in zip(text, before, after))
        return 3000

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 12000
