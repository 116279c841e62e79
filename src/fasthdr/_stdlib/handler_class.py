# SPDX-License-Identifier: MIT
"""Handler classes with plain attributes: the core's parse_request() may store those in any order."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_STORED = "command", "request_version", "close_connection", "requestline", "path", "headers"
_READ = "rfile", "raw_requestline", "MessageClass", "protocol_version"


def is_plain(cls: Any) -> bool:
    """Return whether parse_request() can read and store the attributes of such handlers without running other code.

    If a program's code runs, it must see the same accesses as from the stdlib's parse_request(), in the same order.
    """
    if cls.__setattr__ is not object.__setattr__ or cls.__getattribute__ is not object.__getattribute__:
        return False
    found = {name: value for base in reversed(cls.__mro__) for name, value in vars(base).items()}
    return not (
        any(
            hasattr(type(found.get(name)), "__set__") or hasattr(type(found.get(name)), "__delete__")
            for name in _STORED
        )
        or any(hasattr(type(found.get(name)), "__get__") for name in _READ)
    )
