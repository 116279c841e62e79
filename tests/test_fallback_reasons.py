# SPDX-License-Identifier: MIT
"""stats() tells which kind of line made the core leave a header block to the standard library."""

from __future__ import annotations

import io
import pathlib
import re
from types import SimpleNamespace
from typing import Any

import pytest

import fasthdr
import fasthdr.client

LINES = {
    b"Host : a": "blank before the colon",
    b"Host\t: a\rb": "blank before the colon",
    b"no colon": "no colon",
    b"\x00": "no colon",
    b": x": "empty name",
    b"A b: c": "byte in a name",
    b"A\x80: c": "byte in a name",
    b"\x01: c\rd": "byte in a name",
    b"A: b\rc": "bare CR",
    b"A: b\r": "bare CR",
    b"A\rb: c": "bare CR",
    b"\r": "bare CR",
    b"From me": "From line",
    b"From : me": "From line",
}
READERS = {
    "BytesIO": io.BytesIO,
    "BufferedReader": lambda data: io.BufferedReader(io.BytesIO(data)),
    "readline alone": lambda data: SimpleNamespace(readline=io.BytesIO(data).readline),
}


@pytest.fixture
def reasons() -> Any:
    """A function that returns the reasons that a block is counted under."""

    def reasons(block: bytes, reader: str) -> dict[str, int]:
        fasthdr.collect_stats()
        fasthdr.client.parse_headers(READERS[reader](block))
        return fasthdr.stats()

    return reasons


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("line", LINES)
def test_a_line(reasons: Any, line: bytes, reader: str) -> None:
    """The line gives the same reason anywhere in the block; without it the core reads the block."""
    for block in (b"%s\r\nB: c\r\n\r\n", b"B: c\r\n%s\r\n\r\n", b"B: c\n%s\nC: d\nno colon\n\n"):
        if line[-1:] == b"\r" and b"\r" not in block:
            continue  # the line would end in CRLF
        assert reasons(block % line, reader) == {f"block: {LINES[line]}": 1}
    assert reasons(b"B: c\r\nC: d\r\n\r\n", reader) == {"core": 1}


@pytest.mark.parametrize("reader", READERS)
def test_folds(reasons: Any, reader: str) -> None:
    assert reasons(b" a\r\nB: c\r\n\r\n", reader) == {"block: fold before the first field": 1}
    assert reasons(b"B: c\r\n a\rb\r\n\r\n", reader) == {"block: bare CR": 1}
    assert reasons(b"B: c\r\n a\r\n\r\n", reader) == {"core": 1}


def test_each_is_described() -> None:
    page = (pathlib.Path(__file__).parents[1] / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    assert set(LINES.values()) <= set(re.findall(r"`block: ([\w ]+)`", page))
