# SPDX-License-Identifier: MIT
"""No public call leaves anything behind: blocks of memory and, on debug builds of CPython, references.

FASTHDR_LOOPS sets how often each is called (`make leaks`: 10 000 times); without it these tests are skipped.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator

import pytest

import fasthdr
from tests.proof.calls import CALLS

LOOPS = int(os.environ.get("FASTHDR_LOOPS", "0"))
BATCHES = 5
MOST_BATCHES = 50

pytestmark = [
    pytest.mark.skipif(fasthdr.IMPLEMENTATION != "cython", reason="the core does not run: FASTHDR_PURE_PYTHON=1"),
    pytest.mark.skipif(not LOOPS, reason="FASTHDR_LOOPS is not set: `make leaks` sets it"),
]

COUNTS: dict[str, Callable[[], int]] = {"blocks": sys.getallocatedblocks}
if hasattr(sys, "gettotalrefcount"):
    COUNTS["references"] = sys.gettotalrefcount


@pytest.fixture
def little_to_collect() -> Iterator[None]:
    """Make the collector ignore what exists already, as it runs some 10 to 100 times in a test."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("little_to_collect")
@pytest.mark.parametrize("name", CALLS if LOOPS else list(CALLS)[:1])  # skipping one is as good as skipping all
def test_nothing_is_left(name: str) -> None:
    """A leak grows in every batch; a cache that fills at random grows less and less, and in some batches not at all."""
    call = CALLS[name]
    for _ in range(min(LOOPS, 2000)):  # fill the caches of the interpreter and the stdlib, some of which fill at random
        call()
    found: list[dict[str, int]] = []
    while len(found) < MOST_BATCHES:
        for measure in (False, True):
            gc.collect()
            values = [count() for count in COUNTS.values()]
            if not measure:
                before = values
                for _ in range(LOOPS // BATCHES):
                    call()
        found.append({count: value - start for count, value, start in zip(COUNTS, values, before)})
        least = {count: min(growth[count] for growth in found) for count in COUNTS}
        # A few objects are this function's own.
        if len(found) >= BATCHES and max(least.values()) <= 3:
            break
    assert max(least.values()) <= 3, found
