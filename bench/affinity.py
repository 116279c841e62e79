# SPDX-License-Identifier: MIT
"""Which CPU a process runs on, where the system lets us say so (Linux)."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator


def allowed() -> list[int]:
    """The CPUs that this process may run on; empty where the system does not say."""
    return sorted(os.sched_getaffinity(0)) if sys.platform == "linux" else []


@contextlib.contextmanager
def on(cpu: int | None) -> Iterator[None]:
    """This thread on that CPU, and what is started meanwhile for good; None: wherever the scheduler likes."""
    if cpu is None or sys.platform != "linux":
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {cpu})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
