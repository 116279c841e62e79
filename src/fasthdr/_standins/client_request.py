# SPDX-License-Identifier: MIT
"""The thin shim between the fields of a request and the extension: http.client.HTTPConnection.putheader().

A field that RFC 9110 does not clearly allow is left to the stdlib's own method, which may refuse it.
"""

import http.client
import re
import types

from fasthdr._core.writer import field_line
from fasthdr._stdlib.client import HTTPConnection, illegal_value, is_ours, legal_name, ours, stdlib_putheader
from fasthdr._stdlib.functions import imitate, is_original, signature

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_client: "Any" = http.client


def _shim(base: "Any") -> "Callable[..., None]":
    """Make a putheader() that falls back to the stdlib's; or to what `base` has now, which a program may have wrapped.

    base: a class; None for the putheader() that is put into the stdlib's class.
    """

    def putheader(self: "Any", header: str | bytes, *values: bytes | str | int) -> None:
        if (
            self._HTTPConnection__state == _client._CS_REQ_STARTED
            and _client._is_legal_header_name is legal_name
            and _client._is_illegal_header_value is illegal_value
            and (base is None or base.putheader is stdlib_putheader or is_ours(base.putheader))
        ):
            line = field_line(header, values)
            if line is not None:
                self._output(line)
                return
        found = stdlib_putheader if base is None else base.putheader
        (stdlib_putheader if is_ours(found) else found)(self, header, *values)

    return putheader


_STARTED: "Any" = getattr(_client, "_CS_REQ_STARTED", None)
_FIELDS = [
    ("Host", "a"), (b"X-Y", b"b\t \xff"), ("Content-Length", 5), ("A", "\xe9"), ("A", ""), ("A", "b", "c"), ("A",),
    ("", "a"), ("A b", "c"), ("A:", "b"), ("A\n", "b"), ("\xe9", "b"), ("A", "\u20ac"), ("A", "b\r\nC: d"),
    ("A", "\x00"), ("A", True), ("A", None), (None, "a"), ("A", "b\x7f"),
]  # fmt: skip


def _seen(putheader: "Callable[..., Any]", state: object) -> list[object]:
    """Return what is sent for each field, or what is raised."""
    connection: Any = HTTPConnection.__new__(HTTPConnection)
    connection._buffer = []
    connection._HTTPConnection__state = state
    connection._output = connection._buffer.append
    seen: list[object] = []
    for field in _FIELDS:
        try:
            seen.append(putheader(connection, *field))
        except Exception as error:  # noqa: BLE001 (whatever it raises is compared)
            seen += [type(error), str(error)]
        seen.append([*connection._buffer])
        connection._buffer.clear()
    return seen


def _is_of_pattern(function: "Any") -> bool:
    """Return whether a function is a method of a regular expression, not a proxy of one."""
    return issubclass(type(function), types.BuiltinMethodType) and type(function.__self__) is re.Pattern


def _installed() -> "Callable[..., None] | None":
    """Return our function if it does the same as the running stdlib's on a few small inputs; otherwise None."""
    putheader = _shim(None)
    if (
        is_original(stdlib_putheader, http.client)
        and _STARTED is not None
        and _client._is_legal_header_name is legal_name
        and _client._is_illegal_header_value is illegal_value
        # A program's own function must not see the trial.
        and _is_of_pattern(legal_name)
        and _is_of_pattern(illegal_value)
        and signature(stdlib_putheader) == signature(putheader)
        and all(_seen(putheader, state) == _seen(stdlib_putheader, state) for state in (_STARTED, "Idle"))
    ):
        return ours(imitate(putheader, stdlib_putheader))  # type: ignore[no-any-return]
    return None


_made = _installed()
INSTALLED: "Callable[..., None]" = _made or stdlib_putheader


def imported(base: "Any") -> "Callable[..., None] | None":
    """Return our function for a subclass of http.client's class, its base; None if the base's has to be called."""
    return None if _made is None else ours(imitate(_shim(base), stdlib_putheader))
