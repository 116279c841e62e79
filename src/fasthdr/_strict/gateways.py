# SPDX-License-Identifier: MIT
"""Whether any class derived from wsgiref's handler turns strict on by itself, and what to call for the first one."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_wanted = False
_told: "list[Callable[[], None]]" = []


def when_wanted(tell: "Callable[[], None]") -> None:
    """Call `tell` when the first such class is found."""
    _told.append(tell)


def wanted() -> bool:
    return _wanted


def want() -> None:
    """Put get_environ() of wsgiref's handler in place from now on, if an install() is in force."""
    global _wanted
    if not _wanted:
        _wanted = True
        for tell in _told:
            tell()
