# SPDX-License-Identifier: MIT
"""Provide http.client with its heads parsed by the core. All other names are http.client's own objects.

If the core is not running (fasthdr.IMPLEMENTATION is 'python'), every name is http.client's own.
"""

import functools
import http.client
import sys
import types

from fasthdr._api import PURE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from _typeshed import SupportsReadline

if TYPE_CHECKING or not PURE:
    from fasthdr._core.message import HTTPMessage as HTTPMessage
    from fasthdr._core.reader import _reader
    from fasthdr._core.reader import parse_headers as parse_headers
    from fasthdr._stdlib import client as _stdlib
    from fasthdr._stdlib.client import begin_over
    from fasthdr._stdlib.functions import is_original

    def _current_parse_headers(fp: "SupportsReadline[bytes]", **keywords: "Any") -> "Any":
        """Call parse_headers() for HTTPResponse.begin(): ours, unless another program has replaced http.client's."""
        current: Any = http.client.parse_headers
        if (current is _reader.parse_headers and is_original(current, http.client)) or current is _reader.installed:
            current = parse_headers
        return current(fp, **keywords)

    _stand_ins: "dict[str, Any]" = {}
    _classes: "dict[str, Any]" = {}  # method -> our class that has it

    def _stand_in(name: str) -> "Any":
        """Return the function that stands in for a method of http.client; None if http.client's has to be called."""
        if name in _stand_ins:
            return _stand_ins[name]
        from fasthdr._standins import client_request, client_response

        base = _classes[name].__base__
        if name == "putheader":
            found = client_request.imported(base)
        elif name == "__init__":
            found = client_response.imported_init(base)
        else:
            found = begin_over(base, _current_parse_headers)
            if not client_response.can_be_tried():
                return found  # a program, such as a mock, has replaced a part for now: the next call looks again
            found = client_response.chosen(_current_parse_headers, found, "imported", globals(), base)
        return _stand_ins.setdefault(name, found)

    def _first(owner: str, name: str) -> "Any":
        """Make a placeholder. Its first call replaces it by the stand-in, unless a program has replaced it before."""
        theirs = getattr(getattr(_stdlib, owner), name)

        def method(self: "Any", *args: "Any", **keywords: "Any") -> None:
            cls, stand_in = _classes[name], _stand_in(name)
            if stand_in is None:
                stand_in = getattr(cls.__base__, name)
                if _stdlib.is_ours(stand_in):  # a program has put the placeholder there, too
                    stand_in = theirs
            elif name in _stand_ins and vars(cls).get(name) is placeholder:
                setattr(cls, name, stand_in)
            stand_in(self, *args, **keywords)

        placeholder = _stdlib.ours(functools.wraps(theirs)(method))
        return placeholder

    class HTTPResponse(http.client.HTTPResponse):
        """Read a response as http.client.HTTPResponse does, with its head parsed by the core."""

        __init__: "Any" = _first("HTTPResponse", "__init__")
        begin: "Any" = _first("HTTPResponse", "begin")

    class HTTPConnection(http.client.HTTPConnection):
        """Make requests as http.client.HTTPConnection does, with the heads of responses parsed by the core."""

        response_class = HTTPResponse
        putheader: "Any" = _first("HTTPConnection", "putheader")

    # A program may replace these classes before they are used.
    _classes.update(__init__=HTTPResponse, begin=HTTPResponse, putheader=HTTPConnection)

    if hasattr(http.client, "HTTPSConnection"):

        class HTTPSConnection(HTTPConnection, http.client.HTTPSConnection):
            """Make requests as http.client.HTTPSConnection does, with the heads of responses parsed by the core."""


if TYPE_CHECKING:
    # The rest of http.client.__all__; at run time __getattr__() finds it.
    from http.client import (
        BadStatusLine as BadStatusLine,
    )
    from http.client import (
        CannotSendHeader as CannotSendHeader,
    )
    from http.client import (
        CannotSendRequest as CannotSendRequest,
    )
    from http.client import (
        HTTPException as HTTPException,
    )
    from http.client import (
        ImproperConnectionState as ImproperConnectionState,
    )
    from http.client import (
        IncompleteRead as IncompleteRead,
    )
    from http.client import (
        InvalidURL as InvalidURL,
    )
    from http.client import (
        LineTooLong as LineTooLong,
    )
    from http.client import (
        NotConnected as NotConnected,
    )
    from http.client import (
        RemoteDisconnected as RemoteDisconnected,
    )
    from http.client import (
        ResponseNotReady as ResponseNotReady,
    )
    from http.client import (
        UnimplementedFileMode as UnimplementedFileMode,
    )
    from http.client import (
        UnknownProtocol as UnknownProtocol,
    )
    from http.client import (
        UnknownTransferEncoding as UnknownTransferEncoding,
    )
    from http.client import error as error
    from http.client import responses as responses

__all__ = http.client.__all__
_BEFORE: "dict[str, Any]" = {}  # http.client's values from before a program set them here
_OWN = frozenset({*globals(), "_OWN", "_Module"})


def __getattr__(name: str) -> "Any":
    return getattr(http.client, name)


def __dir__() -> list[str]:
    return dir(http.client)


class _Module(types.ModuleType):
    """Pass on to http.client what programs set there (_MAXHEADERS, _MAXLINE), and restore it on del."""

    def __setattr__(self, name: str, value: "Any") -> None:
        if name in _OWN or name == "__class__" or not hasattr(http.client, name):
            super().__setattr__(name, value)
        else:
            _BEFORE.setdefault(name, getattr(http.client, name))
            setattr(http.client, name, value)

    def __delattr__(self, name: str) -> None:
        if name in _BEFORE:
            setattr(http.client, name, _BEFORE.pop(name))
        else:
            super().__delattr__(name)


sys.modules[__name__].__class__ = _Module
