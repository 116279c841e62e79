# SPDX-License-Identifier: MIT
"""http.client with parse_headers() and HTTPMessage over the core; every other name is http.client's own."""
from __future__ import annotations

import email.errors
import http.client
import sys
import types
from typing import TYPE_CHECKING, Any

from fasthdr._core import MessageTable, _runtime, read_headers
from fasthdr._probe import probe

if TYPE_CHECKING:
    from http.client import *  # noqa: F403
    from typing import TypeVar

    from _typeshed import SupportsReadline

    _M = TypeVar("_M", bound=http.client.HTTPMessage)


class HTTPMessage(MessageTable, http.client.HTTPMessage):
    """http.client.HTTPMessage over the C-level table of a parsed head.

    An instance of http.client.HTTPMessage and email.message.Message, with their every method. Strings are made when
    they are asked for; `_headers`, or any change of the message, makes the list of pairs that the stdlib keeps.
    """

    # What Message.__init__ sets, for messages that the core makes.
    _unixfrom = None
    _payload = ""
    _charset = None
    preamble = None
    epilogue = None
    _default_type = "text/plain"


def parse_headers(fp, _class=HTTPMessage, *, _max_headers=None):
    """Read a header block from fp and parse it (http.client.parse_headers).

    fp: anything with readline(n) that returns bytes; exactly the block is taken from it, the blank line included.
    _class: HTTPMessage; or any other class, of which the message is then a genuine instance.
    _max_headers: limit on field lines in place of http.client._MAXHEADERS, as CPython 3.15 has it.

    Raises http.client.LineTooLong beyond http.client._MAXLINE bytes a line, and http.client.HTTPException beyond the
    limit of field lines.
    """
    return read_headers(fp, _class, _max_headers)


def _finish_multipart(message: http.client.HTTPMessage) -> bool:
    """What email.feedparser adds to a multipart/* message that ends with its headers; False: it is not one of those."""
    maintype = message.get_content_maintype()
    if maintype != "multipart":
        return maintype != "message"
    policy = message.policy
    if message.get_boundary() is None:
        policy.handle_defect(message, email.errors.NoBoundaryInMultipartDefect())
    else:
        encoding = str(message.get("content-transfer-encoding", "8bit")).lower()
        if encoding not in ("7bit", "8bit", "binary"):
            policy.handle_defect(message, email.errors.InvalidMultipartContentTransferEncodingDefect())
        policy.handle_defect(message, email.errors.StartBoundaryNotFoundDefect())
        message.epilogue = ""
    policy.handle_defect(message, email.errors.MultipartInvariantViolationDefect())
    return True


_runtime.message_class = HTTPMessage
_runtime.finish_multipart = _finish_multipart
probe()

__all__ = http.client.__all__
_OWN = frozenset({*globals(), "_Module"})


def __getattr__(name: str) -> Any:
    return getattr(http.client, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *dir(http.client)})


class _Module(types.ModuleType):
    """Lets what programs set on http.client (_MAXHEADERS, _MAXLINE) be set here too."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in _OWN and hasattr(http.client, name):
            setattr(http.client, name, value)
        else:
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Module
