# SPDX-License-Identifier: MIT
"""The thin shim between the fields of a request and the extension: http.client.HTTPConnection.putheader().

A field that RFC 9110 does not clearly allow is left to the stdlib's own method, which may refuse it.
"""

from __future__ import annotations

import http.client

from fasthdr._core.lines import field_line
from fasthdr._stdlib.functions import imitate, is_own, signature

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_client: Any = http.client
stdlib_putheader: Any = http.client.HTTPConnection.putheader
# Programs set these to allow other names and values, or fewer.
_legal_name = getattr(_client, "_is_legal_header_name", None)
_illegal_value = getattr(_client, "_is_illegal_header_value", None)


def _shim(own: Any) -> Callable[..., None]:
    """Make a putheader() that falls back to `own`; None: to what http.client has, which a program may have wrapped."""

    def putheader(self: Any, header: str | bytes, *values: bytes | str | int) -> None:
        if (
            self._HTTPConnection__state == _client._CS_REQ_STARTED
            and _client._is_legal_header_name is _legal_name
            and _client._is_illegal_header_value is _illegal_value
            and (
                own is not None
                or _client.HTTPConnection.putheader is stdlib_putheader
                or _client.HTTPConnection.putheader is _installed
            )
        ):
            line = field_line(header, values)
            if line is not None:
                self._output(line)
                return
        (own or _client.HTTPConnection.putheader)(self, header, *values)

    return putheader


_installed, _imported = _shim(stdlib_putheader), _shim(None)
_STARTED: Any = getattr(_client, "_CS_REQ_STARTED", None)
_FIELDS = [
    ("Host", "a"), (b"X-Y", b"b\t \xff"), ("Content-Length", 5), ("A", "\xe9"), ("A", ""), ("A", "b", "c"), ("A",),
    ("", "a"), ("A b", "c"), ("A:", "b"), ("A\n", "b"), ("\xe9", "b"), ("A", "\u20ac"), ("A", "b\r\nC: d"),
    ("A", "\x00"), ("A", True), ("A", None), (None, "a"), ("A", "b\x7f"),
]  # fmt: skip


def _seen(putheader: Callable[..., Any], state: object) -> list[object]:
    """Return what is sent for each field, or what is raised."""
    connection: Any = http.client.HTTPConnection.__new__(http.client.HTTPConnection)
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


def _chosen() -> tuple[Callable[..., None], Callable[..., None]]:
    """Return our functions if they do the same as the running stdlib's on a few small inputs, else the stdlib's."""
    if (
        is_own(stdlib_putheader, http.client)
        and None not in (_STARTED, _legal_name, _illegal_value)
        and signature(stdlib_putheader) == signature(_installed)
        and all(_seen(_installed, state) == _seen(stdlib_putheader, state) for state in (_STARTED, "Idle"))
    ):
        return imitate(_installed, stdlib_putheader), imitate(_imported, stdlib_putheader)
    return stdlib_putheader, stdlib_putheader


INSTALLED, IMPORTED = _chosen()
