# SPDX-License-Identifier: MIT
"""Timing of several callables against each other on a machine that is not quiet.

Each round times one short batch of every case, in a new random order, so that what slows the machine for a while slows
them all.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import random
import statistics
import time
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

BATCH = 32  # most calls timed together: a clock reading (about 50 ns) is far below 1 % of them
LONGEST = 100_000  # nanoseconds: a batch has fewer calls, at least one, where more would take longer


def _nothing(calls: int) -> None:
    pass


def own(function: Any) -> Any:
    """A copy of a function with code of its own: the interpreter specializes code by what has run in it."""
    copy = types.FunctionType(
        function.__code__.replace(),
        function.__globals__,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    copy.__kwdefaults__ = function.__kwdefaults__
    return copy


def each(function: Callable[[Any], Any]) -> Callable[[Sequence[Any]], Any]:
    """A loop that calls the function with each item, and returns what the last call returned."""

    def run(items: Sequence[Any]) -> Any:
        for item in items:
            result = function(item)
        return result

    return own(run)


@dataclass(frozen=True, eq=False)
class Case:
    """One way to do the work of a comparison.

    loop: does it with each of the items, and returns what it made of the last.
    reset: makes the first of the items, as many as it is told, as they were; outside the timed region.
    context: what has to be in force while the batch runs, entered outside the timed region.
    observe: (item, what the loop returned) -> what is compared with the comparison's `expected`.
    """

    peer: str
    loop: Callable[[Sequence[Any]], Any]
    items: list[Any]
    observe: Callable[[Any, Any], Any]
    reset: Callable[[int], object] = _nothing
    context: Callable[[], contextlib.AbstractContextManager[object]] = contextlib.nullcontext

    def verify(self, expected: object) -> None:
        """Raise AssertionError unless each item of a batch gives what it should."""
        self.reset(len(self.items))
        with self.context():
            for item in self.items:
                seen = self.observe(item, self.loop([item]))
                if seen != expected:
                    raise AssertionError(f"{self.peer} gave {seen!r}, not {expected!r}")
        self.reset(len(self.items))

    def time(self, calls: int) -> float:
        """Nanoseconds a call, over one batch of so many, after half a batch for the caches and branch predictors."""
        batch = self.items[:calls]
        with self.context():
            self.reset(calls)
            self.loop(batch[: (calls + 1) // 2])
            self.reset(calls)
            start = time.perf_counter_ns()
            self.loop(batch)
            return (time.perf_counter_ns() - start) / calls

    def calls(self) -> int:
        """How many calls a batch of this case has.

        The batches of all cases take about equally long. A long batch would be interrupted in nearly every round on a
        machine that has other work, and a short one in hardly any.
        """
        fastest = min(self.time(1) for _ in range(9))
        return max(1, min(len(self.items), int(LONGEST / fastest)))


@dataclass(frozen=True, eq=False)
class Comparison:
    """Cases that do the same work on one payload."""

    level: str
    operation: str
    payload: str
    expected: object
    cases: tuple[Case, ...]

    def __str__(self) -> str:
        return f"{self.level}: {self.operation}: {self.payload}"

    def verify(self) -> None:
        for case in self.cases:
            try:
                case.verify(self.expected)
            except AssertionError as error:
                raise AssertionError(f"{self}: {error}") from None


@dataclass(frozen=True)
class Timing:
    """Nanoseconds a call: one value a round, in the order of the rounds."""

    values: tuple[float, ...]
    calls: int  # in each batch

    @functools.cached_property
    def quartiles(self) -> tuple[float, float, float]:
        lower, median, upper = statistics.quantiles(self.values, n=4, method="inclusive")
        return lower, median, upper

    @property
    def median(self) -> float:
        return self.quartiles[1]

    @property
    def spread(self) -> float:
        """The interquartile range as a part of the median."""
        return (self.quartiles[2] - self.quartiles[0]) / self.median

    def times(self, other: Timing) -> float:
        """How many times as long as the other: the median of the ratios within each round.

        A round is over in milliseconds, so that a machine that is slow for a while is slow for both; the ratio of the
        two medians, each over all rounds, may have one from a slow and one from a fast spell.
        """
        return statistics.median(mine / theirs for mine, theirs in zip(self.values, other.values, strict=True))


def measure(comparison: Comparison, rounds: int, seed: int = 0) -> dict[str, Timing]:
    """Verify every case of the comparison, then time them in turns: peer -> Timing.

    The cyclic garbage collector is off, as timeit has it: otherwise a case would pay for what another has left.
    """
    if rounds < 2:
        raise ValueError("quartiles need two rounds")
    comparison.verify()
    order = list(comparison.cases)
    shuffle = random.Random(seed).shuffle
    times: dict[str, list[float]] = {case.peer: [] for case in order}
    was_enabled = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        calls = {case.peer: case.calls() for case in order}
        for _ in range(rounds):
            shuffle(order)
            for case in order:
                times[case.peer].append(case.time(calls[case.peer]))
    finally:
        if was_enabled:
            gc.enable()
        gc.collect()
    return {peer: Timing(tuple(values), calls[peer]) for peer, values in times.items()}
