# SPDX-License-Identifier: MIT
"""What is timed: comparisons, and the cases that do the same work on one payload."""

from __future__ import annotations

import contextlib
import textwrap
import time
import types
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import fasthdr

OURS, STRICT, EXACT, INSTALLED = "fasthdr", "fasthdr strict", "fasthdr exact type", "fasthdr install()"
STDLIB = "stdlib"
BATCH = 32  # most calls in a batch: reading the clock takes far less than 1 % of its time
LONGEST = 100_000  # nanoseconds: a batch of slow calls has fewer calls, but at least one
LOOP = """\
def make({names}):
    def loop(items):
        for item in items:
{statement}
        return result
    return loop
"""

Loop = Callable[[Sequence[Any]], Any]


def loop_of(statement: str, **names: Any) -> Loop:
    """Compile a loop that runs the statement for each `item`, as timeit does; it returns the last `result`.

    names: what the statement uses. The interpreter specializes code by what has run in it, and two peers that share
    code would slow each other down: so each loop has its own code object.
    """
    body = textwrap.indent(textwrap.dedent(statement).strip(), " " * 12)
    scope: dict[str, Any] = {}
    exec(LOOP.format(names=", ".join(names), statement=body), scope)
    return scope["make"](**names)  # type: ignore[no-any-return]


def own(function: Any) -> Any:
    """Copy a function with its code, for the same reason."""
    code, scope = function.__code__.replace(), function.__globals__
    copy = types.FunctionType(code, scope, function.__name__, function.__defaults__, function.__closure__)
    copy.__kwdefaults__ = function.__kwdefaults__
    return copy


def apart(base: type, **others: Any) -> Any:
    """Make a subclass with copies of the functions. `others` replace some of them; None leaves one as inherited."""
    names = {name: own(value) for name, value in vars(base).items() if isinstance(value, types.FunctionType)} | others
    return type(base.__name__, (base,), {name: value for name, value in names.items() if value is not None})


@contextlib.contextmanager
def replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Replace an attribute, as mock.patch.object() does. Importing mock takes seconds under valgrind."""
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


@dataclass(eq=False)
class Case:
    """One way to do the work.

    loop: does it with each of the items, and returns the result for the last.
    observe: (item, result of the loop) -> what has to be equal to the comparison's `expected`.
    reset: restores the first items, as many as it is told. context: what has to be in force.
    Neither reset nor context is timed.
    """

    peer: str
    loop: Loop
    items: list[Any]
    observe: Callable[[Any, Any], Any] = lambda item, result: result
    reset: Callable[[int], object] = lambda calls: None
    context: Callable[[], contextlib.AbstractContextManager[object]] = contextlib.nullcontext
    info: dict[str, Any] = field(default_factory=dict)  # for the JSON file

    def verify(self, expected: object) -> None:
        """Raise AssertionError unless each item gives the expected result."""
        self.reset(len(self.items))
        with self.context():
            for item in self.items:
                seen = self.observe(item, self.loop([item]))
                if seen != expected:
                    raise AssertionError(f"gave {seen!r}, not {expected!r}")
        self.reset(len(self.items))

    def batch(self, calls: int) -> float:
        """Time this many calls, in nanoseconds, after half as many to warm up caches and branch predictors."""
        with self.context():
            self.reset(calls)
            self.loop(self.items[: (calls + 1) // 2])
            self.reset(calls)
            items = self.items[:calls]
            start = time.perf_counter_ns()
            self.loop(items)
            return time.perf_counter_ns() - start

    def calls(self) -> int:
        """Choose the size of a batch, so that all batches take about as long and are interrupted equally often."""
        return max(1, min(len(self.items), int(LONGEST / min(self.batch(1) for _ in range(9)))))


@dataclass(eq=False)
class Comparison:
    """Cases with the same result. parses: whether verifying a case parses heads, which fasthdr's core has to do."""

    operation: str
    payload: str
    expected: object
    cases: Sequence[Any]  # Cases, or objects with the same methods
    parses: bool = True

    def __str__(self) -> str:
        return f"{self.operation}: {self.payload}"

    def verify(self) -> None:
        """Raise AssertionError unless every case gives the expected result, with fasthdr's heads parsed by the core."""
        for case in self.cases:
            fasthdr.collect_stats()
            try:
                case.verify(self.expected)
                parsed = fasthdr.stats()
            except AssertionError as error:
                raise AssertionError(f"{self}: {case.peer} {error}") from None
            finally:
                fasthdr.collect_stats(False)
            if self.parses and case.peer.startswith(OURS) and parsed.keys() != {"core"}:
                raise AssertionError(f"{self}: {case.peer}: heads by who parsed them: {parsed}")
