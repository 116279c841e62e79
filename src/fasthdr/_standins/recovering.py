# SPDX-License-Identifier: MIT
"""HTTPResponse.begin() for install(recover=True): the core's, with a parse_headers() that recovers."""

from fasthdr._core.reader import parse_recovering
from fasthdr._standins import client_response
from fasthdr._stdlib.begin import begin_over

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_made: "list[Any]" = []


def recovering_begin() -> "Any":
    """Return what replaces begin(), always the same; None if another program has already replaced it."""
    if not _made:
        slow = begin_over(parse_recovering)
        _made.append(None if slow is None else client_response.chosen(parse_recovering, slow))
    return _made[0]
