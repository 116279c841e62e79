# SPDX-License-Identifier: MIT
"""`--stats`: who has parsed how many heads, on stderr when the process ends."""

import atexit
import sys

from fasthdr._hook import Finder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def _collect(_: "Any" = None) -> None:
    import fasthdr

    fasthdr.collect_stats()


def collect() -> None:
    """Count from now on, without an import of http.client for that alone, and report at exit."""
    if "http.client" in sys.modules:
        _collect()
    else:
        Finder(["http.client"], _collect, lambda _: None).start()
    atexit.register(report)


def report() -> None:
    """Print the counts."""
    counts: dict[str, int] = {}
    if "http.client" in sys.modules:
        import fasthdr

        counts = fasthdr.stats()
    heads = sum(count for reason, count in counts.items() if not reason.startswith("status line"))
    print(f"fasthdr: {heads} heads, {counts.pop('core', 0)} parsed by the core", file=sys.stderr)
    for reason, count in sorted(counts.items()):
        print(f"fasthdr: {count} left to the stdlib: {reason}", file=sys.stderr)
