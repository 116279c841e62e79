# SPDX-License-Identifier: MIT
"""Benchmarks that need no other process: each test is a comparison, and a group in the plugin's table."""

from __future__ import annotations

import functools
import gc
import http.client
import io
import shutil
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import fasthdr.client
from bench import adapters, handlers, messages, parsers
from bench.comparison import EXACT, OURS, STDLIB
from bench.payloads import BODIES, CURL, PICOHTTPPARSER, REQUESTS, RESPONSES

GETS = [payload for payload in REQUESTS if payload.start[0] == "GET"]
# A function that makes a comparison, its payloads, and its other arguments.
COMPARISONS: tuple[Any, ...] = (
    (handlers.parse_request, REQUESTS, "BytesIO"),
    (handlers.parse_request, REQUESTS, "BufferedReader"),
    (messages.parse_headers, REQUESTS, "BytesIO"),
    (messages.parse_headers, REQUESTS, "BufferedReader"),
    (messages.access, REQUESTS, "message[name]"),
    (messages.access, REQUESTS, "message.items()"),
    (handlers.handle_one_request, GETS, handlers.QUIET),
    (handlers.handle_one_request, GETS, handlers.LOGGED),
    (handlers.connection_round, [CURL, PICOHTTPPARSER]),
    (handlers.upload, BODIES),
    (handlers.get_environ, REQUESTS),
    (parsers.environ, REQUESTS),
    (parsers.one, REQUESTS),
    (parsers.pairs, REQUESTS),
    (parsers.response, RESPONSES),
    (parsers.body, BODIES),
    (messages.begin, RESPONSES),
    (messages.exchange, RESPONSES),
    (messages.download, BODIES),
)


def _comparisons() -> Iterator[Any]:
    for make, payloads, *others in COMPARISONS:
        for payload in payloads:
            name = "-".join([make.__name__, *others, str(payload)])
            yield pytest.param(functools.partial(make, payload, *others), id=name)


@pytest.mark.parametrize("make", list(_comparisons()))
def test(compare: Any, make: Any) -> None:
    compare(make())


@pytest.mark.parametrize("payload", REQUESTS, ids=str)
@pytest.mark.parametrize("server", adapters.SERVERS)
def test_adapters(compare: Any, server: str, payload: Any) -> None:
    pytest.importorskip(server)
    compare(adapters.parse(payload, server))


@pytest.mark.skipif(not (shutil.which("cc") or shutil.which("gcc")), reason="no C compiler")
@pytest.mark.parametrize("name", [*map(str, REQUESTS), "mixed"])
def test_core(compare: Any, name: str) -> None:
    from bench import core  # imports Cython and setuptools

    compare(core.bytes_to_table(name, [each for each in REQUESTS if name in (each.name, "mixed")]))


def _message(payload: Any, module: Any = fasthdr.client, **options: Any) -> Any:
    # From the middle of a reader, as in a handler: the block is copied, not shared with the reader.
    reader = io.BytesIO(payload.data)
    reader.readline()
    return module.parse_headers(reader, **options)


def _listed(payload: Any) -> Any:
    message = _message(payload)
    message._headers  # creates the list of pairs, as a change of the message does
    return message


KEPT: dict[str, Callable[[Any], Any]] = {
    OURS: _message,
    "fasthdr, list made": _listed,
    EXACT: functools.partial(_message, _class=http.client.HTTPMessage),
    STDLIB: functools.partial(_message, module=http.client),
}


def _retained(make: Callable[[Any], object], payload: Any, count: int = 1000) -> float:
    """Return the bytes for each message that tracemalloc finds allocated; what messages share is created before."""
    for _ in range(10):
        make(payload)
    kept: list[object] = [None] * count
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for i in range(count):
            kept[i] = make(payload)
        gc.collect()
        return (tracemalloc.get_traced_memory()[0] - before) / count
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("payload", REQUESTS, ids=str)
def test_memory(remember, payload):
    """Compare the bytes that a message keeps: with its table or list, its strings or the bytes of its fields."""
    sizes = {}
    for peer, make in KEPT.items():
        assert make(payload).items() == list(payload.fields)
        sizes[peer] = _retained(make, payload)
        assert sizes[peer] > len(payload.block) * 0.9
    remember({"payload": payload.name, "bytes": sizes})
