# SPDX-License-Identifier: MIT
"""Tell a watcher about heads that are left to the standard library: watch_fallbacks(), FASTHDR_FALLBACK=warn."""

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
_SILENT = frozenset({"core", "refused"})  # counted, but not a fallback
_MOST = 100  # pairs of a reason and a cause that are told apart
_telling: set[int] = set()  # numbers of the threads in which a watcher runs
_first: dict[str, str] = {}  # reason and cause -> the text of the first warning


def warn(fallback: Fallback) -> None:
    """Warn of a fallback. For the warning filters, all with the same reason and cause have the text of the first."""
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
    """Return the watcher as a function, from what watch_fallbacks() or FASTHDR_FALLBACK is given.

    Raises ValueError for any str but "warn", and TypeError for an object that cannot be called.
    """
    if given is None or callable(given):
        return given  # type: ignore[no-any-return]
    if not isinstance(given, str):
        raise TypeError(f"watcher must be a function, 'warn' or None, not {type(given).__name__}")
    if given != "warn":
        raise ValueError(f"watcher must be a function, 'warn' or None, not {given!r}")
    return warn


def _odd_line(data: bytes) -> int:
    """Return where the first line that is not a field line starts; 0 if there is none."""
    at = 0
    while line := _LINE.match(data, at):
        at = line.end()
    return 0 if data[at : at + 2] == b"\r\n" or data[at : at + 1] in (b"\n", b"") else at


def _whose(reason: str, cause: Any) -> str | None:
    if reason == "patch":
        from fasthdr._stdlib import functions, parts

        name, found = parts.replaced()
        return f"{functions.describe(found)} in the place of {name}" if name else None
    if cause is None:
        return None
    kind = cause if isinstance(cause, type) else type(cause)
    file = getattr(sys.modules.get(kind.__module__), "__file__", None)
    return f"{kind.__module__}.{kind.__qualname__}" + (f" ({file})" if file else "")


def tell(watcher: Any, reason: str, data: bytes | None, offset: int, cause: Any) -> None:
    """Call a watcher, but not for heads that it reads itself.

    data: the bytes from the start of the head, block or line, or None if fasthdr has not looked at them. offset: -1 to
    find it in a block. cause: the class that is the reason, or None.
    """
    thread = get_ident()
    if reason in _SILENT or thread in _telling:
        return
    near, field = b"", None
    if data is not None:
        if offset < 0:
            offset = _odd_line(data)
        near, field = snippet.shown(data, offset), snippet.field_at(data, offset, 0)
    _telling.add(thread)
    try:
        watcher(Fallback(reason, None if data is None else offset, near, field, _whose(reason, cause)))
    finally:
        _telling.discard(thread)
