# SPDX-License-Identifier: MIT
"""HTTPResponse.begin() of install(recover=True): the core's, its parse_headers() recovering."""

from fasthdr._core.reader import parse_recovering
from fasthdr._standins import client_response
from fasthdr._stdlib.begin import begin_over

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_made: "list[Any]" = []


def recovering_begin() -> "Any":
    """What stands in the place of begin(), the same each time; None if that is another program's already."""
    if not _made:
        slow = begin_over(parse_recovering)
        _made.append(None if slow is None else client_response.chosen(parse_recovering, slow))
    return _made[0]
