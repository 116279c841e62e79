# SPDX-License-Identifier: MIT
"""What install() puts in the place of http.client's own, and what it asks of it afterwards."""

import http.client

from fasthdr._core.reader import _reader
from fasthdr._standins import client_request, client_response

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Owner and name of what is replaced, ours, and the standard library's: the same one if we have nothing for it.
CLIENT_PATCHES: "tuple[tuple[Any, str, Any, Any], ...]" = (
    (http.client, "parse_headers", _reader.installed, _reader.parse_headers),
    (http.client.HTTPResponse, "__init__", client_response.INIT, client_response.stdlib_init),
    (http.client.HTTPResponse, "begin", client_response.INSTALLED, client_response.stdlib_begin),
    (http.client.HTTPConnection, "putheader", client_request.INSTALLED, client_request.stdlib_putheader),
)
