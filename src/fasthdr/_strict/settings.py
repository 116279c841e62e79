# SPDX-License-Identifier: MIT
"""The settings of a handler: which of its switches are on, and its limits."""

from __future__ import annotations

from fasthdr._limits import DEFAULTS, Settings
from fasthdr._stdlib import server

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


PIECE = 65536  # bytes requested from the connection in one read
_LONGEST = 1_000_000_000  # seconds; a socket does not take many more
_LARGEST = (1 << 63) - 1
BIG = 16 * PIECE  # the most that is requested in one read, and that a body read in advance keeps in memory


def attribute(handler: Any, name: str, otherwise: Any = None) -> Any:
    """Return an attribute of a handler without calling its __getattr__(), which may answer any name.

    This does not use vars() either: after that, the interpreter accesses the handler's attributes more slowly.
    """
    try:
        return object.__getattribute__(handler, name)
    except AttributeError:
        return otherwise


def settings_of(handler: Any) -> Settings:
    """Return the handler's limits. Raises TypeError or ValueError for one that cannot be kept."""
    settings = Settings()
    for name, default in DEFAULTS.items():
        value = attribute(handler, name, default)
        if value is not default:
            _check(handler, name, value)
            setattr(settings, name, value)
    return settings


def head_limits(settings: Settings) -> dict[str, int] | None:
    """Return a handler's limits for a head; None if all of them are the defaults."""
    limits = {name: getattr(settings, name) for name in ("max_line", "max_headers", "max_head")}
    return None if limits.items() <= DEFAULTS.items() else limits


def _check(handler: Any, name: str, value: Any) -> None:
    seconds = name.endswith("_timeout")
    if value is None and (seconds or name == "max_body"):
        return
    numbers = (int, float) if seconds or name == "body_rate" else (int,)
    least, most = int(name == "body_rate"), _LONGEST if seconds else _LARGEST
    cls = type(handler)
    what = f"{name} of {cls.__module__}.{cls.__qualname__}"
    if not isinstance(value, numbers) or isinstance(value, bool):
        none = " or None" if seconds or name == "max_body" else ""
        raise TypeError(f"{what} must be a {'number' if float in numbers else 'whole number'}{none}, not {value!r:.80}")
    if not least <= value <= most:
        raise ValueError(f"{what} must be from {least} to {most}, not {value!r:.80}")


def is_on(handler: Any) -> bool:
    """Return whether an exchange reads and answers the handler's requests.

    Raises TypeError or UnsupportedHandler for a switch that is neither True nor False (unsupported.check_switch()).
    """
    strict, framed = handler.strict, handler.framed_body
    for name, value in ("strict", strict), ("framed_body", framed):
        if type(value) is not bool:
            from fasthdr._strict.unsupported import check_switch

            check_switch(handler, name, value)
    return strict is True or framed is True


def decodes(handler: Any) -> bool:
    """Return whether rfile gives the content of a chunked body, not the bytes as sent.

    A class asks for that with framed_body, and a class derived from ours also with strict; fasthdr.simple_server's
    always does. A class that only install() makes strict gets the bytes as sent, as from the standard library, because
    programs written for that remove the chunked coding themselves.
    """
    always = getattr(type(handler), "_decodes", None)  # None: the class is not derived from ours
    return always is True or _turned_on(handler, "framed_body") or (always is False and _turned_on(handler, "strict"))


def _turned_on(handler: Any, switch: str) -> bool:
    """Return whether the handler's class or one of its bases turns the switch on, not install()."""
    for base in type(handler).__mro__:
        if base in server.classes or "_decodes" in vars(base):
            return False
        if switch in vars(base):
            return vars(base)[switch] is True
    return False


def shorter(seconds: float | None, timeout: float | None) -> float | None:
    """Return the shorter of two times to wait; None: no limit."""
    if seconds is None or (timeout is not None and timeout < seconds):
        return timeout
    return seconds
