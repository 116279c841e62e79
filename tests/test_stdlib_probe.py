# SPDX-License-Identifier: MIT
"""What is found out about a standard library that parses otherwise than the running one."""

from __future__ import annotations

import http.client
from types import SimpleNamespace
from typing import Any

import pytest

import fasthdr
from fasthdr._stdlib import probe
from fasthdr._stdlib import server as _stdlib

if fasthdr.IMPLEMENTATION == "cython":
    from fasthdr._core.runtime import FOLD_FOREIGN, FOLD_KEEP, FOLD_STRIP, parse_headers_within

FILL = object()  # what fills a message without its constructor


def probed(parse: Any) -> Any:
    """What is found out where parse_headers() of the standard library is `parse`."""
    own = probe.over(parse, vars(http.client))
    runtime: Any = SimpleNamespace(parse_headers=own, installed=None, fill=FILL)
    with probe.Uncounted():
        probe._probe(runtime)
    assert runtime.genuine
    return runtime


def test_as_the_running_one_has_it() -> None:
    def parse_headers(fp: Any) -> Any:
        return original(fp)

    original = http.client.parse_headers
    found = probed(parse_headers)
    assert found.native
    assert found.multipart
    assert found.fill is FILL
    assert found.fold in (FOLD_KEEP, FOLD_STRIP)
    assert found.installed is None
    assert not found.takes_max


def test_one_that_takes_a_limit() -> None:
    """As CPython 3.15 has it: ours takes it, too."""

    def parse_headers(fp: Any, *, _max_headers: int | None = None) -> Any:
        return original(fp)

    original = http.client.parse_headers
    found = probed(parse_headers)
    assert found.takes_max
    assert found.installed is parse_headers_within
    assert found.native


def test_folds_that_the_core_does_not_know() -> None:
    """Blocks with an obs-fold are left to that one. All others are still the core's."""

    def parse_headers(fp: Any) -> Any:
        message = original(fp)
        if "Fold" in message:
            message.replace_header("Fold", "joined")
        return message

    original = http.client.parse_headers
    found = probed(parse_headers)
    assert found.fold == FOLD_FOREIGN
    assert found.native
    assert found.multipart
    assert found.fill is FILL


def test_values_that_the_core_does_not_know() -> None:
    """Nothing is the core's."""

    def parse_headers(fp: Any) -> Any:
        message = original(fp)
        for name, value in message.items():
            message.replace_header(name, value.rstrip())
        return message

    original = http.client.parse_headers
    found = probed(parse_headers)
    assert not found.native


def test_a_message_that_has_more() -> None:
    """It is made by its constructor."""

    def parse_headers(fp: Any) -> Any:
        message = original(fp)
        message.more = 5
        return message

    original = http.client.parse_headers
    found = probed(parse_headers)
    assert found.fill is None
    assert found.native


def test_a_multipart_that_has_more() -> None:
    def parse_headers(fp: Any) -> Any:
        message = original(fp)
        if message.get_content_maintype() == "multipart":
            message.preamble = "x"
        return message

    original = http.client.parse_headers
    found = probed(parse_headers)
    assert not found.multipart
    assert found.native


def test_a_read_headers_that_is_no_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it takes is not known: it is not called, and takes nothing that ours would give it."""
    assert probe._read_headers_arguments() in (1, 2)
    monkeypatch.setattr(http.client, "_read_headers", len)
    assert probe.signature(len) is None
    assert probe._read_headers_arguments() == 0
    assert probe._blank_line() is False


def test_a_parse_request_of_another_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it makes of slashes is not asked: the path is left to it."""
    asked = []
    monkeypatch.setattr(probe, "_collapses", [])
    monkeypatch.setattr(_stdlib, "parse_request", asked.append)
    assert probe.collapses() is None
    assert probe.collapses() is None
    assert not asked
