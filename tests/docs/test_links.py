# SPDX-License-Identifier: MIT
"""Every relative link of a page leads to a file, and to a heading in it if it names one."""

from __future__ import annotations

import pathlib
import re

import pytest

from tests.docs.fences import PAGES, ROOT

TEXTS = {page: re.sub(r"(?ms)^```.*?^```\n", "", page.read_text(encoding="utf-8")) for page in PAGES}


def anchors(page: pathlib.Path) -> set[str]:
    """Return the anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", TEXTS[page], re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links(page: pathlib.Path) -> None:
    dead = []
    for link in re.findall(r"\]\(([^)]+)\)", TEXTS[page]):
        if link.startswith("https://"):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(link)
    assert dead == []


def test_the_index_has_every_page() -> None:
    """docs/how-to.md lists the pages of its folder, and docs/README.md all others."""
    docs = ROOT / "docs"
    missing = []
    for page in docs.rglob("*.md"):
        index = docs / ("how-to.md" if page.parent == docs / "how-to" else "README.md")
        if page.name != "README.md" and f"({page.relative_to(docs).as_posix()})" not in TEXTS[index]:
            missing.append(page.relative_to(docs).as_posix())
    assert missing == []


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 130
