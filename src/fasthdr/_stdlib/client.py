# SPDX-License-Identifier: MIT
"""http.client's classes and the parts of them that fasthdr has stand-ins for, as they were at import.

fasthdr.client imports this at once: when it is first used, a mock or a program's own class may stand in their place.
"""

import http.client

TYPE_CHECKING = False
if TYPE_CHECKING:
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
