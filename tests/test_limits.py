# SPDX-License-Identifier: MIT
"""The default limits have one source, fasthdr._limits. Whatever repeats a number has that of the source."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import pytest

import fasthdr
from fasthdr import _limits
from fasthdr._pure import decoder, many, parse, pieces

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "fasthdr"
LIMITS = {name.lower(): value for name, value in vars(_limits).items() if name.startswith("MAX_")}
NAMES = {*"parse_request parse_response parse_headers parse_many RequestReader ResponseReader BodyDecoder".split()}
UNITS = {"": 1, "s": 1, "MiB": 1 << 20, "GiB": 1 << 30}


def test_of_handlers() -> None:
    """A strict handler passes its limits on only if they are not the defaults, so both have to be the same."""
    assert {name: _limits.DEFAULTS[name] for name in ("max_line", "max_headers", "max_head")}.items() <= LIMITS.items()


@pytest.mark.parametrize("module", [fasthdr, decoder, many, parse, pieces], ids=lambda module: module.__name__)
def test_of_signatures(module: Any) -> None:
    """help() shows the numbers."""
    for name in NAMES & vars(module).keys() if module is not fasthdr else NAMES:
        parameters = inspect.signature(getattr(module, name)).parameters
        found = {each: parameters[each].default for each in LIMITS if each in parameters}
        if name == "BodyDecoder":
            assert found == LIMITS
        else:
            assert found.pop("max_head") is None
            assert found == {each: LIMITS[each] for each in ("max_line", "max_headers")}


@pytest.mark.parametrize("suffix", [".pyx", ".pxd", ".pyi"])
def test_of_the_core(suffix: str) -> None:
    """Its signatures, those in docstrings and stubs, and job_init(), which looks for the objects of the signatures."""
    found = [
        (path.name, name, int(number))
        for path in PACKAGE.rglob(f"*{suffix}")
        for name, number in re.findall(
            r"\b(max_\w+)(?:: int \| None)?(?: = |=| is not )(\d+)", path.read_text(encoding="utf-8")
        )
    ]
    assert found
    assert found == [(path, name, LIMITS[name]) for path, name, _ in found]


def test_of_the_cores_names() -> None:
    text = (PACKAGE / "_core" / "faults.pxd").read_text(encoding="utf-8")
    assert dict(re.findall(r"^    FH_DEFAULT_(\w+) = (\d+)$", text, re.MULTILINE)) == {
        "LINE": str(_limits.MAX_LINE), "LINES": str(_limits.MAX_HEADERS), "HEAD": str(_limits.MAX_HEAD),
    }  # fmt: skip


def test_of_the_c_api() -> None:
    header = (PACKAGE / "fasthdr.h").read_text(encoding="utf-8")
    page = (ROOT / "docs" / "c-api.md").read_text(encoding="utf-8")
    expected = {name: str(LIMITS[name]) for name in ("max_line", "max_head")}
    assert dict(re.findall(r"uint32_t (max_\w+); /\*.*; default (\d+) \*/", header)) == expected
    assert dict(re.findall(r"^\| `(max_\w+)` \| (\d+) \|", page, re.MULTILINE)) == expected


def test_of_the_page() -> None:
    """The tables of docs/strict.md: limits of BodyDecoder, where there is no max_body, and of handlers."""
    page = (ROOT / "docs" / "strict.md").read_text(encoding="utf-8")
    assert "The limits are {MAX_LINE} bytes, {MAX_HEADERS} lines and {MAX_HEAD} bytes".format_map(vars(_limits)) in page
    tables = []
    for header in ("| limit | default | applies to |", "| attribute | default | limits |"):
        found: dict[str, float | None] = {}
        for row in page[page.index(header) :].partition("\n\n")[0].splitlines()[2:]:
            names, defaults = (cell.strip().split(", ") for cell in row.split("|")[1:3])
            for name, default in zip(names, defaults, strict=True):
                number, _, unit = default.partition(" ")
                found[name.strip("`")] = int(number) * UNITS[unit] if number.isdigit() else None
        tables.append(found)
    of_decoder, of_handler = tables
    assert of_decoder == {"max_body": None, **LIMITS}
    assert of_handler == {**_limits.DEFAULTS, "timeout": None}
