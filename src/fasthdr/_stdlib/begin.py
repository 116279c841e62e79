# SPDX-License-Identifier: MIT
"""http.client's own HTTPResponse.begin(), as it was at import, with another parse_headers()."""

import functools
import http.client

from fasthdr._stdlib import client
from fasthdr._stdlib.client import is_ours, ours
from fasthdr._stdlib.functions import ClientGlobals, is_original, with_globals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

stdlib_begin: "Any" = client.stdlib_begin


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
