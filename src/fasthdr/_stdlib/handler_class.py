# SPDX-License-Identifier: MIT
"""Handler classes whose attributes are nothing but that: parse_request() of the core may store them in any order."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_STORED = "command", "request_version", "close_connection", "requestline", "path", "headers"
_READ = "rfile", "raw_requestline", "MessageClass", "protocol_version"


def is_plain(cls: Any) -> bool:
    """Whether no code of a program's runs when parse_request() reads or stores an attribute of a handler of that class.

    Where some does, it sees what the stdlib's does, in its order.
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
