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
    from collections.abc import Callable
    from typing import Any


_child: "list[bool]" = []  # one entry while the process has a report to make: whether it is a child
_restart: "list[Callable[[], None]]" = []  # one entry once http.client is there: it counts from zero


def _count(_: "Any" = None) -> None:
    import fasthdr

    if not fasthdr.stats():  # if http.client is loaded a second time, the count goes on
        fasthdr.collect_stats()
    _restart[:] = [fasthdr.collect_stats]


def _report_in_workers(util: "Any") -> None:
    """Make processes that multiprocessing forks report: they end without atexit."""
    util.register_after_fork(report, lambda finish: util.Finalize(None, finish, exitpriority=-100))


_WHEN_IMPORTED: "dict[str, Callable[[Any], None]]" = {
    "http.client": _count,
    "multiprocessing.util": _report_in_workers,
}


def collect(child: bool) -> None:
    """Start counting, and report at exit. If the process counts already, only note whether it is a child."""
    counts_already = bool(_child)
    _child[:] = [child]
    if counts_already:
        return
    for name, action in _WHEN_IMPORTED.items():  # this does not import a module just for that
        if name in sys.modules:
            action(sys.modules[name])
    Finder(_WHEN_IMPORTED, lambda module: _WHEN_IMPORTED[module.__name__](module)).start()
    atexit.register(report)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_forked)
    with contextlib.suppress(ValueError):  # not the main thread
        if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, _terminated)


def _forked() -> None:
    """Count from zero in a copy of this process."""
    _child[:] = [True]
    for restart in _restart:
        restart()


def report() -> None:
    """Print the counts, once. A child prints them with its process ID, and only if it has read any head."""
    if not _child:
        return
    child = _child.pop()
    counts: dict[str, int] = {}
    plain = False
    if _restart:
        import fasthdr

        counts = fasthdr.stats()
        plain = fasthdr.IMPLEMENTATION == "python"
    if child and not counts:
        return
    name = f"fasthdr[{os.getpid()}]" if child else "fasthdr"
    heads = sum(count for reason, count in counts.items() if not reason.startswith("status line"))
    lines = [f"{heads} head{'s' * (heads != 1)}, {counts.pop('core', 0)} read by the core"]
    if plain:
        lines.append("plain Python, which accelerates nothing")
    refused = counts.pop("refused", 0)
    if refused:
        lines.append(f"{refused} refused")
    lines += [f"{count} left to the standard library: {reason}" for reason, count in sorted(counts.items())]
    if sys.stderr is not None:  # print() would take None for stdout
        print("\n".join(f"{name}: {line}" for line in lines), file=sys.stderr)


def _terminated(number: int, _: "Any") -> None:
    """Report, then end as SIGTERM ends a process that does not handle it, whatever has become of stderr."""
    try:
        with contextlib.suppress(Exception):
            report()
            sys.stderr.flush()
    finally:
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
