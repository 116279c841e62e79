# SPDX-License-Identifier: MIT
"""http.client's own HTTPResponse.begin(), as it was at import, with another parse_headers()."""

import http.client

from fasthdr._stdlib.functions import ClientGlobals, is_own, with_globals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

stdlib_begin: "Any" = http.client.HTTPResponse.begin


def begin_with(parse_headers: "Callable[..., Any]") -> "Any":
    """Return begin() as a function that calls this parse_headers(); None if another program has replaced begin()."""
    if not is_own(stdlib_begin, http.client):
        return None
    return with_globals(stdlib_begin, ClientGlobals(parse_headers=parse_headers, __name__="http.client"))
