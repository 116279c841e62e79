# SPDX-License-Identifier: MIT
"""http.client's own HTTPResponse.begin(), as it was at import, with another parse_headers()."""

import http.client

from fasthdr._stdlib.probe import Globals, is_own, over

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

stdlib_begin: "Any" = http.client.HTTPResponse.begin


def begin_over(parse_headers: "Callable[..., Any]") -> "Any":
    """Return begin() with that parse_headers(); None if another program has replaced begin()."""
    if not is_own(stdlib_begin, http.client):
        return None
    return over(stdlib_begin, Globals(parse_headers=parse_headers, __name__="http.client"))
