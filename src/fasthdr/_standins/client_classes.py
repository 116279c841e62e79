# SPDX-License-Identifier: MIT
"""What fasthdr.client has of its own in Python: responses and connections over the core."""

import email.errors
import functools
import http.client
import types

from fasthdr._core.runtime import _runtime
from fasthdr._stdlib import message_class, parts  # noqa: F401 (they tell the core of what they find)
from fasthdr._stdlib.probe import over, probe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from _typeshed import SupportsReadline

module: "Any" = None  # fasthdr.client, where programs may put another parse_headers()


def belong_to(client: types.ModuleType) -> None:
    global module
    module = client
    _runtime.own = vars(client)


def _current_parse_headers(fp: "SupportsReadline[bytes]", **keywords: "Any") -> "Any":
    """What HTTPResponse.begin() calls: ours, unless another program has put its own into http.client."""
    current = http.client.parse_headers
    if (current is _runtime.parse_headers and _runtime.genuine) or current is _runtime.installed:
        current = module.parse_headers
    return current(fp, **keywords)


class _Globals(dict):  # type: ignore[type-arg]
    """The globals of http.client as they are at each moment, with one name of our own."""

    def __missing__(self, name: str) -> "Any":
        return vars(http.client)[name]


def _over_the_core(function: "Any") -> "Any":
    """The stdlib's own function, its parse_headers() ours; the function itself where it is not one in Python."""
    if not isinstance(function, types.FunctionType):
        return function
    return over(function, _Globals(parse_headers=_current_parse_headers, __name__="fasthdr.client"))


_runtime.begin_imported = _current_parse_headers
_slow_begin = _over_the_core(http.client.HTTPResponse.begin)


def _first(owner: str, name: str) -> "Any":
    """A method until it is called: the first call of any chooses what all are from then on, and calls that."""

    def method(self: "Any", *args: "Any", **keywords: "Any") -> None:
        from fasthdr._standins import client_request, client_response

        HTTPResponse.__init__ = client_response.INIT
        HTTPResponse.begin = client_response.chosen(_current_parse_headers, _slow_begin)
        HTTPConnection.putheader = client_request.IMPORTED
        getattr(globals()[owner], name)(self, *args, **keywords)

    return functools.wraps(getattr(getattr(http.client, owner), name))(method)


class HTTPResponse(http.client.HTTPResponse):
    """http.client.HTTPResponse, its head parsed by the core."""

    __module__ = "fasthdr.client"

    __init__: "Any" = _first("HTTPResponse", "__init__")
    begin: "Any" = _first("HTTPResponse", "begin")


class HTTPConnection(http.client.HTTPConnection):
    """http.client.HTTPConnection, whose responses are parsed by the core."""

    __module__ = "fasthdr.client"

    response_class = HTTPResponse
    putheader: "Any" = _first("HTTPConnection", "putheader")


if hasattr(http.client, "HTTPSConnection"):

    class HTTPSConnection(HTTPConnection, http.client.HTTPSConnection):
        """http.client.HTTPSConnection, whose responses are parsed by the core."""

        __module__ = "fasthdr.client"


def _fill(message: "Any", pairs: list[tuple[str, str]]) -> None:
    """What Message.__init__ and the parser store in a new message; faster from here, by the interpreter's caches."""
    message.policy = _COMPAT32
    message._headers = pairs
    message._unixfrom = None
    message._payload = ""
    message._charset = None
    message.preamble = message.epilogue = None
    message.defects = []
    message._default_type = "text/plain"


def _multipart_defects() -> list[email.errors.MessageDefect]:
    return [email.errors.StartBoundaryNotFoundDefect(), email.errors.MultipartInvariantViolationDefect()]


_COMPAT32 = _runtime.compat32
_runtime.fill = _fill
_runtime.multipart_defects = _multipart_defects
probe()
