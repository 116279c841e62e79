# SPDX-License-Identifier: MIT
"""What the probe finds out about a standard library that parses differently from the running one."""

from __future__ import annotations

import http.client
import io
from typing import Any

import pytest

import fasthdr
from fasthdr._stdlib import functions, probe
from fasthdr._stdlib import server as _stdlib


def probed(parse: Any) -> probe.Facts:
    """Return what the probe finds out if `parse` is the standard library's parse_headers()."""
    facts = probe.Facts(functions.with_globals(parse, vars(http.client)))
    assert facts.genuine
    return facts


@pytest.mark.skipif(fasthdr.IMPLEMENTATION != "cython", reason="plain Python leaves header blocks to the stdlib")
def test_what_the_core_makes() -> None:
    """The core makes the messages that the standard library's are compared with."""
    clean = probe.CLEAN, "", [], None, None, None, "text/plain"
    for block, made in {probe._CLEAN + probe._END: clean, **probe.MULTIPART}.items():
        assert probe.seen(fasthdr.client.parse_headers(io.BytesIO(block))) == made
    folded = fasthdr.client.parse_headers(io.BytesIO(probe._CLEAN + probe._FOLDED + probe._END))
    fold = {"keep": "\r\n b", "strip": "b"}[probe.Facts(http.client.parse_headers).fold or "keep"]
    assert folded.items() == [*probe.CLEAN, ("Fold", fold)]


def test_as_the_running_one_has_it() -> None:
    def parse_headers(fp: Any) -> Any:
        return original(fp)

    original = http.client.parse_headers
    found = probed(parse_headers)
    assert found.native
    assert found.multipart
    assert found.fills
    assert found.fold in ("keep", "strip")
    assert not found.takes_max


def test_messages_of_another_class() -> None:
    """The core does not fill messages of another class, because it would skip their constructor."""

    class Other(http.client.HTTPMessage):
        pass

    def parse_headers(fp: Any) -> Any:
        return original(fp, Other)

    original = http.client.parse_headers
    found = probed(parse_headers)
    assert found.native
    assert not found.fills


def test_one_that_takes_a_limit() -> None:
    """CPython 3.15's function takes a limit: ours takes it, too."""

    def parse_headers(fp: Any, *, _max_headers: int | None = None) -> Any:
        return original(fp)

    original = http.client.parse_headers
    found = probed(parse_headers)
    assert found.takes_max
    assert found.native


# http.client._read_headers, with a limit that is read before the first line, or after each line.


def _limit_first(fp: Any, max_headers: Any) -> list[bytes]:
    limit = _MAXHEADERS if max_headers is None else max_headers  # type: ignore[name-defined]  # noqa: F821
    lines = []
    while (line := fp.readline(65537)) not in (b"\r\n", b""):
        lines.append(line)
        if len(lines) > limit:
            raise HTTPException(limit)  # type: ignore[name-defined]  # noqa: F821
    return lines


def _limit_later(fp: Any) -> list[bytes]:
    lines = []
    while (line := fp.readline(65537)) not in (b"\r\n", b""):
        lines.append(line)
        if len(lines) > _MAXHEADERS:  # type: ignore[name-defined]  # noqa: F821
            raise HTTPException  # type: ignore[name-defined]  # noqa: F821
    return lines


@pytest.mark.parametrize(("read", "first"), [(_limit_first, True), (_limit_later, False), (None, False)])
def test_when_the_limit_is_looked_at(monkeypatch: pytest.MonkeyPatch, read: Any, first: bool) -> None:
    monkeypatch.setattr(http.client, "_read_headers", read and functions.with_globals(read, vars(http.client)))
    assert probe._limit_is_read_first() is first


def test_folds_that_the_core_does_not_know() -> None:
    """Blocks with an obs-fold are left to that parse_headers(). The core still reads all others."""

    def parse_headers(fp: Any) -> Any:
        message = original(fp)
        if "Fold" in message:
            message.replace_header("Fold", "joined")
        return message

    original = http.client.parse_headers
    found = probed(parse_headers)
    assert found.fold is None
    assert found.native
    assert found.multipart
    assert found.fills


def test_values_that_the_core_does_not_know() -> None:
    """The core reads no block."""

    def parse_headers(fp: Any) -> Any:
        message = original(fp)
        for name, value in message.items():
            message.replace_header(name, value.rstrip())
        return message

    original = http.client.parse_headers
    found = probed(parse_headers)
    assert not found.native


def test_a_message_that_has_more() -> None:
    """The constructor makes the message."""

    def parse_headers(fp: Any) -> Any:
        message = original(fp)
        message.more = 5
        return message

    original = http.client.parse_headers
    found = probed(parse_headers)
    assert not found.fills
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
    """Its parameters are unknown: the probe does not call it, and assumes that it takes no argument of ours."""
    assert probe._read_headers_arguments() in (1, 2)
    monkeypatch.setattr(http.client, "_read_headers", len)
    assert functions.signature(len) is None
    assert probe._read_headers_arguments() == 0
    assert probe._blank_line() is False


def test_a_parse_request_of_another_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """The probe does not try out what this function does with slashes: the path is left to it."""
    asked = []
    monkeypatch.setattr(probe, "_collapses", [])
    monkeypatch.setattr(_stdlib, "parse_request", asked.append)
    assert probe.collapses() is None
    assert probe.collapses() is None
    assert not asked


def test_a_function_over_other_names_is_called_like_the_original() -> None:
    """Its errors name it as the standard library's errors name the original (from 3.10 on, by __qualname__)."""
    own = functions.with_globals(http.client.HTTPResponse.begin, {})
    assert own.__qualname__ == "HTTPResponse.begin"
    with pytest.raises(TypeError) as theirs:
        http.client.HTTPResponse.begin(1, 2)  # type: ignore[call-arg, arg-type]
    with pytest.raises(TypeError) as ours:
        own(1, 2)
    assert str(ours.value) == str(theirs.value)
