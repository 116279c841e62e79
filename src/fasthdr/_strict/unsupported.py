# SPDX-License-Identifier: MIT
"""Report handler classes that cannot be strict."""

from __future__ import annotations

import warnings
from typing import Any

from fasthdr._errors import UnsupportedHandler

_told: set[type] = set()


def report(handler: Any) -> None:
    """Tell the program that a handler's class reads its requests by itself.

    Raises UnsupportedHandler if on_unsupported of the class is "raise", which install(on_unsupported="raise") sets.
    """
    cls = type(handler)
    owner: Any = next((base for base in cls.__mro__ if "parse_request" in vars(base)), cls)
    message = (
        f"{owner.__module__}.{owner.__qualname__}.parse_request() reads requests by itself: "
        f"those of {cls.__module__}.{cls.__qualname__} are neither strict nor framed"
    )
    if getattr(cls, "on_unsupported", "warn") == "raise":
        raise UnsupportedHandler(message)
    if cls not in _told:
        _told.add(cls)
        warnings.warn(message, RuntimeWarning, stacklevel=2)
