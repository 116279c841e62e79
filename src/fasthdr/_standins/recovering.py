# SPDX-License-Identifier: MIT
"""HTTPResponse.begin() of install(recover=True): the stdlib's own or the core's, its parse_headers() recovering."""

from __future__ import annotations

import http.client

from fasthdr._stdlib.probe import Globals, is_own, over

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_stdlib: Any = http.client
stdlib_begin = _stdlib.HTTPResponse.begin
stdlib_parse_headers = _stdlib.parse_headers


def _begin(parse_headers: Callable[..., Any]) -> Any:
    return over(stdlib_begin, Globals(parse_headers=parse_headers, __name__="http.client"))


def _parse_headers(fp: Any, **keywords: Any) -> Any:
    """http.client.parse_headers() of the moment; if it is the standard library's, bad lines are lost alone."""
    current = _stdlib.parse_headers
    if current is stdlib_parse_headers and is_own(current, http.client):
        from fasthdr._stdlib.recover import recovering

        current = recovering(current)
    return current(fp, **keywords)


_made: dict[bool, Any] = {}


def begin(core: bool) -> Any:
    """What stands in the place of begin(), the same each time; None if that is another program's already."""
    if core not in _made:
        _made[core] = _make(core) if is_own(stdlib_begin, http.client) else None
    return _made[core]


def _make(core: bool) -> Any:
    if not core:
        return _begin(_parse_headers)
    from fasthdr._core.reader import parse_recovering
    from fasthdr._standins import client_response

    return client_response.chosen(parse_recovering, _begin(parse_recovering))
