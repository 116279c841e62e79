# SPDX-License-Identifier: MIT
"""http.client's classes and the parts of them that fasthdr has stand-ins for, as they were at import.

fasthdr.client imports this at once: when it is first used, a mock or a program's own class may stand in their place.
"""

import functools
import http.client

from fasthdr._stdlib.functions import ClientGlobals, is_original, with_globals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_client: "Any" = http.client
HTTPConnection: "Any" = _client.HTTPConnection
HTTPResponse: "Any" = _client.HTTPResponse
stdlib_putheader: "Any" = HTTPConnection.putheader
stdlib_init: "Any" = HTTPResponse.__init__
stdlib_begin: "Any" = HTTPResponse.begin
CALLED_BY_BEGIN: "dict[str, Any]" = {
    name: getattr(HTTPResponse, name, None) for name in ("_read_status", "_check_close")
}
# Programs set these to allow other names and values, or fewer.
legal_name: "Any" = getattr(_client, "_is_legal_header_name", None)
illegal_value: "Any" = getattr(_client, "_is_illegal_header_value", None)

_ours: "dict[int, Any]" = {}


def ours(function: "Any") -> "Any":
    """Remember and return a function of fasthdr that may stand in a class of http.client."""
    return _ours.setdefault(id(function), function)


def is_ours(function: "Any") -> bool:
    """Return whether ours() has been told about a function. Its own __eq__() and __hash__() are not called."""
    return id(function) in _ours


def begin_with(parse_headers: "Callable[..., Any]") -> "Any":
    """Return begin() as a function that calls this parse_headers(); None if another program has replaced begin()."""
    if not is_original(stdlib_begin, http.client):
        return None
    return with_globals(stdlib_begin, ClientGlobals(parse_headers=parse_headers, __name__="http.client"))


def begin_over(base: "Any", parse_headers: "Callable[..., Any]") -> "Callable[..., None]":
    """Return begin() for a subclass of the stdlib's class, its base: as begin_with(), or what a program has put there.

    A program may have replaced it before the import, and take that back later.
    """
    own = begin_with(parse_headers)

    @functools.wraps(stdlib_begin)
    def begin(self: "Any", *args: "Any", **keywords: "Any") -> None:
        found = base.begin
        if own is not None and (found is stdlib_begin or is_ours(found)):
            found = own
        found(self, *args, **keywords)

    return ours(begin)  # type: ignore[no-any-return]
