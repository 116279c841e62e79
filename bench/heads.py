# SPDX-License-Identifier: MIT
"""Bytes in, head out: fasthdr, the stdlib and the peers at the same reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bench import payloads
from bench.interleave import BATCH, Case, Comparison
from bench.payloads import Payload
from bench.peers import PEERS, Factories, Reader, ours, stdlib


def text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def version_text(version: Any) -> str:
    """HTTP-version, from what the parsers make of it: 1, 11, (1, 1), b"1.1", "1.1" or "HTTP/1.1"."""
    if isinstance(version, tuple):
        return f"HTTP/{version[0]}.{version[1]}"
    if isinstance(version, int):
        return f"HTTP/1.{version % 10}"
    return f"HTTP/{text(version).removeprefix('HTTP/')}"


def _same_request(item: bytes, result: Any) -> object:
    method, target, version, value = result
    return text(method), text(target), version_text(version), text(value)


def _same_response(item: bytes, result: Any) -> object:
    version, status, reason, value = result
    return version_text(version), text(status), text(reason), text(value)


def _same_pairs(item: bytes, result: Any) -> object:
    # h11 and aiohttp have spellings of their own for names.
    return [(str(name).lower(), value) for name, value in result] if type(result) is list else result


def _same_dict(item: bytes, result: Any) -> object:
    return {str(name).lower(): value for name, value in result.items()} if type(result) is dict else result


def _factories(kind: str, access: str) -> Factories:
    found: dict[str, Callable[[str], Reader]] = {}
    for module in (ours, stdlib):
        found.update(getattr(module, kind)[access])
    for peer in PEERS:
        found.update(peer.factories(kind, access))
    return found


def _comparison(
    level: str,
    operation: str,
    payload: Payload,
    kind: str,
    access: str,
    observe: Callable[[Any, Any], Any],
    expected: object,
) -> Comparison:
    # A head of its own for each call, as each comes into memory of its own.
    items = [bytes(bytearray(payload.data)) for _ in range(BATCH)]
    cases = tuple(
        Case(label, factory(payload.wanted), items, observe)
        for label, factory in _factories(kind, access).items()
        # A kept parser goes on to the next head only when it has had the body.
        if not (label in ("httptools kept", "aiohttp kept") and payload is payloads.UPLOAD)
    )
    return Comparison(level, operation, payload.name, expected, cases)


def requests(payload: Payload) -> Comparison:
    """Method, target, version and one field."""
    expected = (*payload.start, payload.first(payload.wanted))
    return _comparison("bytes", "head and 4 reads", payload, "REQUEST", "one", _same_request, expected)


def pairs(payload: Payload) -> Comparison:
    """Every field as a list of pairs of str."""
    expected = [(name.lower(), value) for name, value in payload.fields]
    return _comparison("access", "bytes to list of pairs", payload, "REQUEST", "pairs", _same_pairs, expected)


def dicts(payload: Payload) -> Comparison:
    """Every field as a dict of str."""
    expected = {name.lower(): value for name, value in payload.fields}
    return _comparison("access", "bytes to dict", payload, "REQUEST", "dict", _same_dict, expected)


def responses(payload: Payload) -> Comparison:
    """Version, status, reason phrase and one field."""
    expected = (*payload.start, payload.first(payload.wanted))
    return _comparison("response", "head and 4 reads", payload, "RESPONSE", "one", _same_response, expected)
