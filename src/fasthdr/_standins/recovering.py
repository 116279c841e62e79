# SPDX-License-Identifier: MIT
"""HTTPResponse.begin() of install(recover=True): the core's, its parse_headers() recovering."""

import functools

from fasthdr._core.reader import parse_recovering
from fasthdr._standins import client_response
from fasthdr._stdlib.begin import begin_over

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


@functools.cache
def recovering_begin() -> "Any":
    """What stands in the place of begin(); None if that is another program's already."""
    slow = begin_over(parse_recovering)
    return None if slow is None else client_response.chosen(parse_recovering, slow)
