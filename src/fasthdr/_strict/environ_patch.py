# SPDX-License-Identifier: MIT
"""Whether any class derived from wsgiref's handler turns strict on by itself, and what to call for the first one."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_needed = False
_functions: "list[Callable[[], None]]" = []


def when_needed(function: "Callable[[], None]") -> None:
    """Call a function when the first such class is found."""
    _functions.append(function)


def is_needed() -> bool:
    return _needed


def need() -> None:
    """Put get_environ() of wsgiref's handler in place from now on, if an install() is in force."""
    global _needed
    if not _needed:
        _needed = True
        for function in _functions:
            function()
