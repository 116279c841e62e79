# SPDX-License-Identifier: MIT
"""Every comparison, by level and payload."""

from __future__ import annotations

from collections.abc import Iterator

import fasthdr
from bench import bodies, contract, heads, wsgi
from bench.exchange import exchange
from bench.interleave import Case, Comparison
from bench.payloads import NAMES as HEADS
from bench.payloads import REQUESTS, RESPONSES
from bench.round import OPERATIONS, handle_one_request

LEVELS = ("contract", "bytes", "access", "response", "client", "round", "wsgi", "body")
NAMES = (*HEADS, *bodies.NAMES)


def is_ours(case: Case) -> bool:
    return case.peer.startswith("fasthdr")


def _of(level: str) -> Iterator[Comparison]:
    if level == "contract":
        for kind in contract.READERS:
            for payload in REQUESTS:
                yield contract.parse_request(payload, kind)
        for kind in contract.READERS:
            for payload in REQUESTS:
                yield contract.parse_headers(payload, kind)
    elif level == "bytes":
        for payload in REQUESTS:
            yield heads.requests(payload)
    elif level == "access":
        for compare in (heads.pairs, heads.dicts):
            for payload in REQUESTS:
                yield compare(payload)
        for operation in ("message[name]", "message.items()", "dict(message)"):
            for payload in REQUESTS:
                yield contract.messages(payload, operation)
    elif level == "response":
        for payload in RESPONSES:
            yield heads.responses(payload)
        for payload in RESPONSES:
            yield contract.parse_headers(payload, "BufferedReader", level)
        for payload in RESPONSES:
            yield contract.begin(payload)
    elif level == "client":
        for payload in RESPONSES:
            yield exchange(payload)
    elif level == "round":
        for operation in OPERATIONS:
            for payload in REQUESTS:
                if payload.start[0] == "GET":
                    yield handle_one_request(payload, operation)
    elif level == "wsgi":
        for compare in (wsgi.get_environ, wsgi.environ):
            for payload in REQUESTS:
                yield compare(payload)
    elif level == "body":
        yield from bodies.comparisons()
    else:
        raise ValueError(f"no such level: {level}")


def comparisons(levels: tuple[str, ...] = LEVELS, payloads: tuple[str, ...] = NAMES) -> Iterator[Comparison]:
    for level in levels:
        for comparison in _of(level):
            if comparison.payload in payloads:
                yield comparison


def check_native(comparison: Comparison) -> None:
    """Raise AssertionError unless fasthdr's core does all that is timed of fasthdr: else the wrong code is timed."""
    if comparison.level == "body":
        assert fasthdr.BodyDecoder.__module__ == "fasthdr._decoder"
        return
    for case in comparison.cases:
        if not is_ours(case):
            continue
        fasthdr.collect_stats()
        try:
            case.verify(comparison.expected)
            counts = fasthdr.stats()
        finally:
            fasthdr.collect_stats(False)
        if counts.keys() != {"core"} or counts["core"] < len(case.items):
            raise AssertionError(f"{comparison}: {case.peer}: {len(case.items)} heads, by who parsed them: {counts}")
