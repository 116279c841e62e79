# SPDX-License-Identifier: MIT
"""The fenced code blocks of the Markdown pages."""

from __future__ import annotations

import pathlib
import re
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


class Block(NamedTuple):
    page: pathlib.Path
    line: int  # number of the first line of the text, counted from 1
    language: str
    text: str
    shown: str | None  # the `text` block that follows, with only empty lines between

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT).as_posix()}:{self.line}"

    @property
    def padded(self) -> str:
        """The text at its line numbers in the page, so that a traceback names the page's own lines."""
        return "\n" * (self.line - 1) + self.text


def blocks_of(page: pathlib.Path) -> list[Block]:
    """Parse the fences of a page; `text` blocks that show the output of another block belong to that block."""
    content = page.read_text(encoding="utf-8")
    found: list[Block] = []
    end = 0
    for match in re.finditer(r"^```(\w*)\n(.*?)^```\n", content, re.MULTILINE | re.DOTALL):
        line = content.count("\n", 0, match.start(2)) + 1
        follows = found and not content[end : match.start()].strip()
        if match[1] == "text" and follows and found[-1].language == "python" and found[-1].shown is None:
            found[-1] = found[-1]._replace(shown=match[2])
        else:
            found.append(Block(page, line, match[1], match[2], None))
        end = match.end()
    fences = re.findall(r"^ *```", content, re.MULTILINE)
    shown = sum(block.shown is not None for block in found)
    assert len(fences) == 2 * (len(found) + shown), f"{page}: a fence is indented or not closed"
    return found
