# SPDX-License-Identifier: MIT
"""Report handler classes that cannot be strict."""

from __future__ import annotations

import warnings
from typing import Any
from weakref import WeakSet

from fasthdr._errors import UnsupportedHandler
from fasthdr._stdlib import server

_LONGEST = 65536  # bytes of a request line: http.server itself refuses a longer one
_warned: WeakSet[type] = WeakSet()


def report(handler: Any, level: int = 3) -> None:
    """Tell the program that a handler's class reads its requests by itself. Raises UnsupportedHandler, as _warn().

    This does nothing if uninstall() or install() has turned the switches off during the connection.
    """
    cls = type(handler)
    if not (handler.strict or handler.framed_body):
        return
    owner: Any = next((base for base in cls.__mro__ if "parse_request" in vars(base)), cls)
    _warn(
        cls,
        f"{owner.__module__}.{owner.__qualname__}.parse_request() never calls the method that it overrides, "
        f"so the requests of {cls.__module__}.{cls.__qualname__} are neither strict nor framed",
        level,
    )


def check_switch(handler: Any, name: str, value: object) -> None:
    """Refuse a switch that is neither True nor False: the program may believe that it is on.

    A class that is not derived from ours may use the name for something else. Then it is reported, as _warn() does, if
    install() has turned the switch on.

    Raises TypeError if the class is derived from ours.
    """
    cls: Any = type(handler)
    message = f"{name} of {cls.__module__}.{cls.__qualname__} must be True or False, not {value!r:.80}"
    if hasattr(cls, "_decodes"):
        raise TypeError(message)
    if any(base in server.classes and vars(base).get(name) is True for base in cls.__mro__):
        _warn(cls, f"{message}: its requests are not {'strict' if name == 'strict' else 'framed'}")


def _warn(cls: Any, message: str, level: int = 3) -> None:
    """Issue a RuntimeWarning, once for a class.

    Raises UnsupportedHandler if on_unsupported of the class is "raise", which install(on_unsupported="raise") sets.
    """
    if getattr(cls, "on_unsupported", "warn") == "raise":
        raise UnsupportedHandler(message)
    if cls not in _warned:
        _warned.add(cls)
        warnings.warn(message, RuntimeWarning, stacklevel=level)


def report_unparsed(exchange: Any) -> None:
    """Report a parse_request() that is not ours and has not read field lines through rfile."""
    if exchange.unparsed and exchange.line.strip() and len(exchange.line) <= _LONGEST:
        exchange.unparsed = False
        report(exchange.handler_ref(), 4)
