# SPDX-License-Identifier: MIT
"""Counts of heads by who read them, and the name of the instruction set, in plain Python."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Literal

from fasthdr._stdlib.watcher import tell, watcher_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from fasthdr._errors.fallback import Fallback

_lock = threading.Lock()
_counts: dict[str, int] = {}
_counting = False
_watcher: Callable[[Fallback], object] | None = None


def count(reason: str, data: bytes = b"", offset: int | None = None) -> None:
    """Count a head under a reason while counting is on, and tell the watcher if the head is left to the stdlib.

    offset: where in `data` the reason is; None if that is not known.
    """
    if _counting:
        with _lock:
            _counts[reason] = _counts.get(reason, 0) + 1
    if _watcher is not None:
        tell(_watcher, reason, None if offset is None else data, offset or 0, None)


def simd() -> Literal["none"]:
    """Return the name of the instruction set that the parser uses: 'none'."""
    return "none"


def stats() -> dict[str, int]:
    """Return the heads counted so far, by who read them: {'core': n, 'refused': n, a reason for the stdlib: n, ...}.

    See collect_stats(). 'core' counts the heads that plain Python reads itself.
    """
    with _lock:
        return dict(_counts)


def collect_stats(on: bool = True) -> None:
    """Start counting heads from zero, or stop. Off at import."""
    global _counting
    with _lock:
        _counting = bool(on)
        if on:
            _counts.clear()


def watch_fallbacks(watcher: Callable[[Fallback], object] | Literal["warn"] | None) -> None:
    """Call a function with a fasthdr.Fallback for each head that is left to the standard library.

    watcher: the function; "warn" to issue a FallbackWarning, which warning filters handle; None to stop.

    If the function raises, so does the parse. FASTHDR_FALLBACK=warn sets "warn" from the start. It costs nothing while
    it is off.

    Raises ValueError for any other str, and TypeError for an object that cannot be called.
    """
    global _watcher
    _watcher = watcher_of(watcher)


if os.environ.get("FASTHDR_FALLBACK", "0") not in ("", "0"):
    try:
        watch_fallbacks(os.environ["FASTHDR_FALLBACK"])  # type: ignore[arg-type]
    except ValueError:
        raise ImportError(f"FASTHDR_FALLBACK must be 'warn' or '0', not {os.environ['FASTHDR_FALLBACK']!r}") from None
