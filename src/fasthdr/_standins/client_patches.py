# SPDX-License-Identifier: MIT
"""What install() puts in place of functions of http.client."""

import http.client

from fasthdr._core.reader import _reader
from fasthdr._standins import client_request, client_response

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Owner and name of what is replaced, our function, and the standard library's. They are the same if we have none.
CLIENT_PATCHES: "tuple[tuple[Any, str, Any, Any], ...]" = (
    (http.client, "parse_headers", _reader.installed, _reader.parse_headers),
    (http.client.HTTPResponse, "__init__", client_response.INIT, client_response.stdlib_init),
    (http.client.HTTPResponse, "begin", client_response.INSTALLED, client_response.stdlib_begin),
    (http.client.HTTPConnection, "putheader", client_request.INSTALLED, client_request.stdlib_putheader),
)
