# SPDX-License-Identifier: MIT
"""`--stats`: print to stderr, when the process ends, how many heads were parsed and by what."""

import atexit
import contextlib
import os
import signal
import sys

from fasthdr._hook import Finder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


_reports: "list[bool]" = []  # one for each call of collect(): its `child`


def _collect(_: "Any" = None) -> None:
    import fasthdr

    if not fasthdr.stats():  # if http.client is loaded a second time, the count goes on
        fasthdr.collect_stats()


def collect(child: bool) -> None:
    """Start counting, and report at exit. This does not import http.client just for that."""
    if "http.client" in sys.modules:
        _collect()
    else:
        Finder(["http.client"], _collect).start()
    atexit.register(report, child)
    _reports.append(child)
    with contextlib.suppress(ValueError):  # not the main thread
        if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, _terminated)


def report(child: bool) -> None:
    """Print the counts. child: print them with the process ID, and only if the process has read any head."""
    counts: dict[str, int] = {}
    plain = False
    if "http.client" in sys.modules:
        import fasthdr

        counts = fasthdr.stats()
        plain = fasthdr.IMPLEMENTATION == "python"
    if child and not counts:
        return
    name = f"fasthdr[{os.getpid()}]" if child else "fasthdr"
    heads = sum(count for reason, count in counts.items() if not reason.startswith("status line"))
    print(f"{name}: {heads} head{'s' * (heads != 1)}, {counts.pop('core', 0)} read by the core", file=sys.stderr)
    if plain:
        print(f"{name}: plain Python, which accelerates nothing", file=sys.stderr)
    refused = counts.pop("refused", 0)
    if refused:
        print(f"{name}: {refused} refused", file=sys.stderr)
    for reason, count in sorted(counts.items()):
        print(f"{name}: {count} left to the standard library: {reason}", file=sys.stderr)


def _terminated(number: int, _: "Any") -> None:
    """Report, then end as SIGTERM ends a process that does not handle it."""
    for child in _reports:
        report(child)
    sys.stderr.flush()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
