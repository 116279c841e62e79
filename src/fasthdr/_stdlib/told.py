# SPDX-License-Identifier: MIT
"""What is told of a head that is left to the standard library: FASTHDR_FALLBACK=warn, watch_fallbacks()."""

from __future__ import annotations

import re
import sys
from _thread import get_ident

from fasthdr._errors import snippet
from fasthdr._errors.fallback import Fallback, FallbackWarning

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_LINE = re.compile(rb"(?:[!-9;-~]+:|[ \t])[^\r\n]*\r?\n")
_SILENT = frozenset({"core", "refused"})  # what is counted and is no fallback
_MOST = 100  # reasons that are told apart by who is the cause
_telling: set[int] = set()  # numbers of the threads that a watcher runs in
_first: dict[str, str] = {}  # reason -> the text of the first warning


def warn(fallback: Fallback) -> None:
    """Warn of a fallback. All of one reason have the text of the first, by which the filters know them again."""
    import warnings

    key = f"{fallback.reason}, {fallback.by}" if len(_first) < _MOST else fallback.reason
    text = _first.setdefault(key, str(fallback))
    level = 1
    frame = sys._getframe()
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] in ("fasthdr", "http", "urllib"):
        frame = frame.f_back
        level += 1
    warnings.warn(text, FallbackWarning, stacklevel=level)


def watcher_of(given: Any) -> Callable[[Fallback], object] | None:
    """What watch_fallbacks() is given, or FASTHDR_FALLBACK, as a function.

    Raises ValueError for another str than "warn", and TypeError for what cannot be called.
    """
    if given is None or callable(given):
        return given  # type: ignore[no-any-return]
    if not isinstance(given, str):
        raise TypeError(f"watcher must be a function, 'warn' or None, not {type(given).__name__}")
    if given != "warn":
        raise ValueError(f"watcher must be a function, 'warn' or None, not {given!r}")
    return warn


def _odd_line(data: bytes, at: int) -> int:
    """Where the first line from `at` on is that is no field line; 0 if there is none."""
    while line := _LINE.match(data, at):
        at = line.end()
    return 0 if data[at : at + 2] == b"\r\n" or data[at : at + 1] in (b"\n", b"") else at


def _whose(reason: str, cause: Any) -> str | None:
    from fasthdr._stdlib import probe

    if reason == "patch":
        from fasthdr._stdlib import parts

        name, found = parts.replaced()
        return f"{probe.whose(found)} in the place of {name}" if name else None
    if cause is None:
        return None
    kind = cause if isinstance(cause, type) else type(cause)
    file = getattr(sys.modules.get(kind.__module__), "__file__", None)
    return f"{kind.__module__}.{kind.__qualname__}" + (f" ({file})" if file else "")


def tell(watcher: Any, reason: str, data: bytes | None, offset: int, cause: Any) -> None:
    """Call a watcher, which is not called of what it reads itself.

    data: from the first byte of the block or line on, None if nobody has looked at it. offset: -1: to be found, in a
    block; -2: in a head.
    cause: the class because of which the head is left, or None.
    """
    thread = get_ident()
    if reason in _SILENT or thread in _telling:
        return
    near, field = b"", None
    if data is not None:
        if offset < 0:
            offset = _odd_line(data, 0 if offset == -1 else data.find(b"\n") + 1)
        near, field = snippet.shown(data, offset), snippet.field_at(data, offset, 0)
    _telling.add(thread)
    try:
        watcher(Fallback(reason, None if data is None else offset, near, field, _whose(reason, cause)))
    finally:
        _telling.discard(thread)
