# SPDX-License-Identifier: MIT
"""The state of http.client while install() is in force: whose parse_headers() it has, and the type of messages."""

import http.client

from fasthdr._core.reader import _reader


def set_exact_type(on: bool) -> None:
    """Make the installed parse_headers() return instances of http.client.HTTPMessage itself, or stop that."""
    _reader.exact_type = on


def parse_headers_is_installed() -> bool:
    """Tell whether http.client.parse_headers() is what install() puts there."""
    return http.client.parse_headers is _reader.installed


def makes_our_messages() -> bool:
    """Tell whether install(), without exact_type, makes messages of fasthdr.client.HTTPMessage."""
    return parse_headers_is_installed() and not _reader.exact_type
