# SPDX-License-Identifier: MIT
"""docs/charts/inspect.svg shows what inspect prints."""

from __future__ import annotations

import html
import re

import pytest

from tests.docs.picture import PICTURE, drawn, shown


def lines_of(svg: str) -> list[str]:
    """Return the text of a picture, line by line, without blanks."""
    found: dict[float, str] = {}
    for height, text in re.findall(r'<text [^>]*y="([\d.]+)"[^>]*clip-path[^>]*>(.*?)</text>', svg):
        found[float(height)] = found.get(float(height), "") + html.unescape(text)
    return ["".join(text.split()) for _, text in sorted(found.items())]


def test_it_is_what_is_printed() -> None:
    svg = PICTURE.read_text(encoding="utf-8")
    expected = ["".join("".join(text for text, _ in parts).split()) for parts in shown()]
    assert [line for line in lines_of(svg) if line] == expected
    assert len(expected) > 20
    assert "bWU6" not in svg


def test_it_loads_nothing() -> None:
    svg = PICTURE.read_text(encoding="utf-8")
    assert "url(http" not in svg
    assert "href" not in svg
    assert len(svg) < 40_000


def test_it_can_be_drawn_again() -> None:
    pytest.importorskip("rich", reason="rich is not installed here")
    assert drawn() == drawn()
    assert lines_of(drawn()) == lines_of(PICTURE.read_text(encoding="utf-8"))
