# SPDX-License-Identifier: MIT
"""The stand-ins in plain Python, which replaces no function of the standard library."""

import contextlib
import functools

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

CLIENT_PATCHES: "tuple[tuple[Any, str, Any, Any], ...]" = ()
RESPONSE_METHODS: "dict[str, tuple[Any, Any]]" = {}
RESPONSE_NAMES: tuple[str, ...] = ()
Uncounted = contextlib.nullcontext


def parse_request_of(exchanged: "Callable[[Any], bool] | None") -> "Callable[[Any], bool]":
    """Make a parse_request(). exchanged: called with a strict or framed handler; None: there are no such handlers."""
    # Clients do not need http.server.
    from fasthdr._stdlib.server import parse_request as stdlib_parse_request
    from fasthdr._stdlib.server import without_switch

    if exchanged is None:
        return stdlib_parse_request

    @functools.wraps(stdlib_parse_request)
    def parse_request(self: "Any") -> bool:
        try:
            in_exchange = self.strict or self.framed_body
        except AttributeError:
            in_exchange = without_switch(self)
        return exchanged(self) if in_exchange else stdlib_parse_request(self)

    return parse_request


def _parse_headers(fp: "Any", **keywords: "Any") -> "Any":
    """Call the current http.client.parse_headers(); if it is the standard library's, only bad lines are lost."""
    import http.client

    from fasthdr._stdlib.functions import is_original

    current: Any = http.client.parse_headers
    if is_original(current, http.client):
        from fasthdr._stdlib.recover import recovering

        current = recovering(current)
    return current(fp, **keywords)


_made: "list[Any]" = []


def recovering_begin() -> "Any":
    """Return begin() for install(recover=True), always the same; None if another program has replaced begin()."""
    from fasthdr._stdlib.client import begin_with

    if not _made:
        _made.append(begin_with(_parse_headers))
    return _made[0]


def lean_wfile(handler: "Any") -> None:
    """Leave wfile as it is."""


def accepted(data: bytes, lines: bool) -> None:
    """Return None, so that a server's own parser reads the head: this one is not faster."""


def set_exact_type(on: bool) -> None:
    """Do nothing: the class of messages is always http.client.HTTPMessage itself."""


def parse_headers_is_installed() -> bool:
    """Tell whether http.client.parse_headers() is what install() puts there. It is: install() does not replace it."""
    return True


def makes_our_messages() -> bool:
    """Tell whether install() makes messages of a class of ours. It never does."""
    return False
