# SPDX-License-Identifier: MIT
"""http.client with parse_headers() and HTTPMessage over the core; every other name is http.client's own.

Where the core does not run (fasthdr.IMPLEMENTATION is 'python'), every name is http.client's own.
"""

import http.client
import sys
import types

from fasthdr._api import PURE

TYPE_CHECKING = False
if TYPE_CHECKING or not PURE:
    from fasthdr._core.runtime import (
        HTTPMessage as HTTPMessage,
    )
    from fasthdr._core.runtime import (
        parse_headers as parse_headers,
    )
    from fasthdr._standins import client_classes
    from fasthdr._standins.client_classes import (
        HTTPConnection as HTTPConnection,
    )
    from fasthdr._standins.client_classes import (
        HTTPResponse as HTTPResponse,
    )

    if hasattr(http.client, "HTTPSConnection"):
        from fasthdr._standins.client_classes import HTTPSConnection as HTTPSConnection
    client_classes.belong_to(sys.modules[__name__])

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
    from typing import Any

__all__ = http.client.__all__
_BEFORE: "dict[str, Any]" = {}  # what http.client had where a program has set a name here
_OWN = frozenset({*globals(), "_OWN", "_Module"})


def __getattr__(name: str) -> "Any":
    return getattr(http.client, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *dir(http.client)})


class _Module(types.ModuleType):
    """Lets what programs set on http.client (_MAXHEADERS, _MAXLINE) be set here too, and be taken back by del."""

    def __setattr__(self, name: str, value: "Any") -> None:
        if name in _OWN or not hasattr(http.client, name):
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
