# SPDX-License-Identifier: MIT
"""How http.client stands while install() is in force: whose parse_headers() it has, and of which type messages are."""

import http.client

from fasthdr._core.reader import _reader


def exact_type(on: bool) -> None:
    """Have the installed parse_headers() make messages of exactly http.client.HTTPMessage."""
    _reader.exact_type = on


def reads_for_install() -> bool:
    """Whether http.client.parse_headers() is what install() puts there."""
    return http.client.parse_headers is _reader.installed


def stands_in() -> bool:
    """Whether install(), without exact_type, has put fasthdr.client.HTTPMessage in place of http.client.HTTPMessage."""
    return reads_for_install() and not _reader.exact_type
