# SPDX-License-Identifier: MIT
"""Make the message of a request, of any MessageClass, from the field lines that strict mode has accepted."""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING, Any

from fasthdr._api import HTTPMessage, makes_our_messages
from fasthdr._stdlib.message_class import COMPAT32 as _COMPAT32

if TYPE_CHECKING:
    from fasthdr import RequestHead


def empty_message(cls: Any) -> Any:
    """Return a message of class `cls` without fields, as email.feedparser would make it."""
    try:
        message = cls(policy=_COMPAT32)
    except TypeError:  # a class from before policies
        message = cls()
    message.set_payload("")
    return message


def message_of(head: RequestHead, cls: Any) -> Any:
    """Return the fields of a head as a message of class `cls` (MessageClass of a handler)."""
    if cls is HTTPMessage or (cls is http.client.HTTPMessage and makes_our_messages()):
        message: Any = head.headers
    else:
        message = empty_message(cls)
        for name, value in head.items():
            message.set_raw(name, value)
    if "Proxy" in message:
        del message["Proxy"]  # not an HTTP field: in an environ it would set the proxy for the program's own requests
    if head.target[:1] not in ("/", "*") and head.method != "CONNECT":
        # The authority of an absolute-form overrides Host (RFC 9112 3.2.2).
        if "Host" in message:
            message.replace_header("Host", head.authority)
        else:
            message["Host"] = head.authority
    return message
