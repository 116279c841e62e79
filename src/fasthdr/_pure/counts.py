# SPDX-License-Identifier: MIT
"""Who read how many heads, and by which instruction set, in plain Python."""

from __future__ import annotations

import threading
from typing import Literal

_lock = threading.Lock()
_counts: dict[str, int] = {}
_counting = False


def count(reason: str) -> None:
    """Count a head under a reason, while counting is on."""
    if _counting:
        with _lock:
            _counts[reason] = _counts.get(reason, 0) + 1


def simd() -> Literal["none"]:
    """Name of the instruction set that the parser uses: none."""
    return "none"


def stats() -> dict[str, int]:
    """Heads counted so far, by who read them: {'core': n, a reason for the stdlib: n, ...}; see collect_stats()."""
    with _lock:
        return dict(_counts)


def collect_stats(on: bool = True) -> None:
    """Start counting heads from zero, or stop. Off at import."""
    global _counting
    with _lock:
        _counting = bool(on)
        if on:
            _counts.clear()
