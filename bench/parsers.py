# SPDX-License-Identifier: MIT
"""Bytes in, head or body out: fasthdr, the stdlib and the peers (bench.peers), with the same reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import fasthdr
from bench.comparison import BATCH, OURS, Case, Comparison, Loop, loop_of
from bench.payloads import Body, Payload
from bench.peers import ADDRESSES, found


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _version(version: Any) -> str:
    """Return the HTTP-version for what the parsers give: 1, 11, (1, 1), b"1.1", "1.1" or "HTTP/1.1"."""
    if isinstance(version, tuple):
        return f"HTTP/{version[0]}.{version[1]}"
    if isinstance(version, int):
        return f"HTTP/1.{version % 10}"
    return f"HTTP/{_text(version).removeprefix('HTTP/')}"


def _compare(operation: str, payload: Payload, loops: dict[str, Loop], observe: Any, expected: object) -> Comparison:
    # A copy of the head for each call, because each head that arrives is somewhere else in memory.
    items = [bytes(bytearray(payload.data)) for _ in range(BATCH)]
    # A kept parser goes on to the next head only after it has got the body.
    skipped = ("httptools kept", "aiohttp kept") if payload.start[0] == "POST" else ()
    cases = [Case(peer, loop, items, observe) for peer, loop in loops.items() if peer not in skipped]
    return Comparison(operation, payload.name, expected, cases)


def _four_reads(operation: str, name: str, payload: Payload, *read: Callable[[Any], str]) -> Comparison:
    """Compare the three parts of the start line, each converted by a function in `read`, and one field."""

    def observe(_: bytes, result: Any) -> object:
        return tuple(plain(part) for plain, part in zip((*read, _text), result, strict=True))

    expected = (*payload.start, payload.first(payload.wanted))
    return _compare(operation, payload, found(name, payload.wanted), observe, expected)


def one(payload: Payload) -> Comparison:
    """Compare reads of a request head's method, target, version and one field."""
    return _four_reads("bytes to head, 4 reads", "one", payload, _text, _text, _version)


def response(payload: Payload) -> Comparison:
    """Compare reads of a response head's version, status, reason phrase and one field."""
    return _four_reads("bytes to response head, 4 reads", "response", payload, _version, _text, _text)


def pairs(payload: Payload) -> Comparison:
    """Compare every field as a list of pairs of str."""

    def observe(_: bytes, result: Any) -> object:
        # h11 and aiohttp spell names differently.
        return [(str(name).lower(), value) for name, value in result] if type(result) is list else result

    expected = [(name.lower(), value) for name, value in payload.fields]
    return _compare("bytes to list of pairs", payload, found("pairs", payload.wanted), observe, expected)


def environ(payload: Payload, *packages: str) -> Comparison:
    """Compare bytes to environ, for a target without percent-encoding, which gunicorn_h1c leaves in PATH_INFO."""
    expected = ADDRESSES | payload.environ

    def observe(_: bytes, result: dict[str, Any]) -> object:
        return {name: value for name, value in result.items() if name in expected or name.startswith("HTTP_")}

    return _compare("bytes to environ", payload, found("environ", payload.wanted, *packages), observe, expected)


def head(payload: Payload, *, strict: bool) -> Comparison:
    """Time fasthdr alone: method, target and one field."""
    statement = "head = parse(item, strict=strict)\nresult = head.method, head.target, head.get(wanted)"
    loop = loop_of(statement, parse=fasthdr.parse_request, strict=strict, wanted=payload.wanted)
    expected = (*payload.start[:2], payload.first(payload.wanted))
    return _compare("head and 3 reads", payload, {OURS: loop}, lambda item, result: result, expected)


def body(of: Body, *packages: str) -> Comparison:
    """Compare a chunked body to its data."""
    # Once a block of this size has been freed, glibc keeps the memory of smaller ones. Otherwise a few bytes decide
    # which cases pay for new pages at each call, and that takes longer than everything else.
    bytes(1 << 24)
    wire = of.wire

    def case(peer: str, make: Any) -> Case:
        items: list[Any] = [None] * BATCH

        def reset(calls: int) -> None:
            items[:calls] = [make(wire) for _ in range(calls)]

        return Case(peer, loop_of("result = item()"), items, reset=reset)

    cases = [case(*each) for each in found("body", "", *packages).items()]
    return Comparison("bytes to body", of.name, of.data, cases, parses=False)
