# SPDX-License-Identifier: MIT
"""What `make docs` relies on: navigation, reference, docstrings that become Markdown, and quoted figures."""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Iterator

import pytest

import fasthdr
import fasthdr.client
import fasthdr.server
import fasthdr.simple_server
from tests.docs.fences import PAGES, ROOT

DOCS = ROOT / "docs"
REFERENCE = "".join(page.read_text(encoding="utf-8") for page in sorted(DOCS.glob("reference/*.md")))
SHOWN = re.findall(r"^::: ([\w.]+)$", REFERENCE, re.MULTILINE)


def own(module: types.ModuleType) -> set[str]:
    """Return the names that a mirror of a standard library module defines itself."""
    return {
        f"{module.__name__}.{name}"
        for name, found in vars(module).items()
        if name in module.__all__ and getattr(found, "__module__", "").startswith("fasthdr")
    }


def test_the_reference_has_every_public_name() -> None:
    wanted = {f"fasthdr.{name}" for name in fasthdr.__all__}
    wanted |= own(fasthdr.client) | own(fasthdr.server) | own(fasthdr.simple_server)
    wanted |= {f"fasthdr.server.{name}" for name in vars(fasthdr.server) if re.fullmatch(r"[A-Z]\w+Handler", name)}
    assert len(wanted) > len(fasthdr.__all__) + 10
    assert wanted - set(SHOWN) == set()


def test_the_reference_has_nothing_twice() -> None:
    assert sorted(SHOWN) == sorted(set(SHOWN))


def test_the_command_line_is_described() -> None:
    from fasthdr._cli.options import command_parser, parser

    page = (DOCS / "reference" / "command-line.md").read_text(encoding="utf-8")
    options = {
        option
        for made in (parser(), command_parser("enable"), command_parser("disable"), command_parser("status"))
        for action in made._actions
        for option in action.option_strings
    }
    assert {option for option in options - {"-h"} if f"`{option}" not in page} == set()


def docstrings() -> Iterator[tuple[str, str]]:
    for name in fasthdr.__all__:
        found = getattr(fasthdr, name)
        members = vars(found).items() if isinstance(found, type) else ()
        for path, each in [(name, found), *((f"{name}.{member}", value) for member, value in members)]:
            if isinstance(each.__doc__, str) and not path.rpartition(".")[2].startswith("_"):
                yield path, inspect.cleandoc(each.__doc__)


def test_a_parameter_is_told_from_what_follows() -> None:
    """After `name: description` comes an indented line, another name, or an empty line, so that it becomes a list."""
    parameter = re.compile(r"[a-z_]\w*(?:, \w+)*: .*")
    checked, wrong = 0, []
    for path, text in docstrings():
        lines = text.splitlines()
        for line, after in zip(lines, [*lines[1:], ""]):
            if parameter.fullmatch(line):
                checked += 1
                if after and not after.startswith("    ") and not parameter.fullmatch(after):
                    wrong.append((path, after))
    assert wrong == []
    assert checked > 20


def test_the_figures_of_gains_are_those_of_the_benchmark() -> None:
    gains = (DOCS / "gains.md").read_text(encoding="utf-8")
    performance = (DOCS / "performance.md").read_text(encoding="utf-8")
    measured = performance[performance.index("<!-- gains -->") :]
    measured = measured[: measured.index("<!-- end -->")]
    rows = re.findall(r"^\|.*\| [\d.]+ x \|$", gains, re.MULTILINE)
    assert len(rows) > 10
    assert [row for row in rows if row not in measured] == []
    adapters = re.findall(r"([\d.]+) x \|$", (DOCS / "adapters.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert f"{min(adapters)} x to {max(adapters)} x" in gains


def test_the_reference_is_read_from_the_sources() -> None:
    """With extensions built in place, names that mkdocstrings inspects would lead from module to module in a circle."""
    assert "            allow_inspection: false\n" in (ROOT / "mkdocs.yml").read_text(encoding="utf-8")


def test_a_warning_fails_the_build() -> None:
    """With --quiet, mkdocs counts no warnings."""
    command = re.findall(r"-m mkdocs build (.*)", (ROOT / "Makefile").read_text(encoding="utf-8"))
    assert command == ["--strict"]


def test_a_page_begins_with_its_title() -> None:
    """Each page has exactly one heading of the first level, which search and navigation show."""
    for page in PAGES:
        text = re.sub(r"(?ms)^```.*?^```\n", "", page.read_text(encoding="utf-8"))
        assert text.startswith("# "), page
        assert len(re.findall(r"^# ", text, re.MULTILINE)) == 1, page


def test_a_list_follows_an_empty_line() -> None:
    """Code hosts do not need the empty line, but without it Python-Markdown shows a paragraph with dashes."""
    for page in PAGES:
        text = re.sub(r"(?ms)^```.*?^```\n", "", page.read_text(encoding="utf-8"))
        found = re.findall(r"^(?![-\s|>\d])[^\n]+\n(?:- |1\. )[^\n]*", text, re.MULTILINE)
        assert found == [], page


@pytest.mark.parametrize("section", ["Start", "How to", "Reference", "Background", "Project"])
def test_the_index_has_the_sections_of_the_navigation(section: str) -> None:
    """docs/_site/hooks.py builds the site's navigation from them."""
    text = (DOCS / "README.md").read_text(encoding="utf-8")
    body = re.search(rf"^## {section}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert body
    assert re.search(r"\]\([\w./-]+\.md\)", body[1])
