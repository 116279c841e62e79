# SPDX-License-Identifier: MIT
"""What install() puts in place of functions of http.client."""

import http.client

from fasthdr._core.reader import _reader, parse_recovering
from fasthdr._standins import client_request, client_response
from fasthdr._stdlib.client import (
    HTTPConnection,
    HTTPResponse,
    begin_with,
    ours,
    stdlib_begin,
    stdlib_init,
    stdlib_putheader,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Owner and name of what is replaced, our function, and the standard library's. Both are the same if we have none.
CLIENT_PATCHES: "tuple[tuple[Any, str, Any, Any], ...]" = (
    (http.client, "parse_headers", _reader.installed, _reader.parse_headers),
    (HTTPResponse, "__init__", client_response.INIT, stdlib_init),
    (HTTPResponse, "begin", client_response.INSTALLED, stdlib_begin),
    (HTTPConnection, "putheader", client_request.INSTALLED, stdlib_putheader),
)

_recovering: "list[Any]" = []


def recovering_begin() -> "Any":
    """Return the begin() of install(recover=True), always the same; None if another program has replaced begin()."""
    if not _recovering:
        slow = begin_with(parse_recovering)
        _recovering.append(None if slow is None else ours(client_response.chosen(parse_recovering, slow)))
    return _recovering[0]
