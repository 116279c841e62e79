# SPDX-License-Identifier: MIT
"""The server for clients: a prepared response to whatever is received."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from bench.backends.bare import repeat
from bench.payloads import RESPONSES, Payload


def content(payload: Payload) -> bytes:
    """As much as the head's Content-Length says."""
    return b"." * int(payload.first("Content-Length"))


def serve(announce: Callable[[int], object], name: str) -> NoReturn:
    payload = next(p for p in RESPONSES if p.name == name)
    response = payload.data + content(payload)
    repeat(announce, response, response)
