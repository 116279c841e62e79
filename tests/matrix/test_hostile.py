# SPDX-License-Identifier: MIT
"""Every hostile shape, sent to every server in every way to make it strict or framed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import fasthdr
from tests.integration.processes import needs_signals
from tests.matrix.farm import Running
from tests.matrix.outcomes import faults, outcome
from tests.matrix.servers import CELLS, PLAIN, Cell
from tests.matrix.shapes import shapes
from tests.matrix.table import expected, markdown

pytestmark = needs_signals


def test_no_request_is_seen_within_another(cell: Cell, running: Running) -> None:
    """There is one refusal and the connection ends; or the body is read as framed, and then the next request."""
    found = []
    for name, shape in shapes(cell.server.method, cell.server.prefix).items():
        found += [f"{name}: {fault}" for fault in faults(cell, shape, outcome(running, shape))]
    assert not found, "\n".join(found)


def test_the_table_in_the_documentation() -> None:
    """docs/security.md holds what `python -m tests.matrix` prints, which the tests above verify."""
    made = {
        cell: {name: expected(cell, shape) for name, shape in shapes(cell.server.method, cell.server.prefix).items()}
        for cell in CELLS
    }
    page = (Path(__file__).resolve().parents[2] / "docs" / "security.md").read_text("utf-8")
    assert f"\n{markdown(made)}\n" in page


@pytest.mark.parametrize("name", shapes())
def test_the_verdict(name: str) -> None:
    """parse_request() gives the verdict that the matrix expects of strict mode."""
    shape = shapes()[name]
    status = None
    try:
        head = fasthdr.parse_request(shape.data, strict=True)
        assert head is not None
    except fasthdr.ParseError as error:
        status = error.status
    assert status == shape.strict


# Shapes for http.server without fasthdr, with an application that goes by Content-Length or the chunks; only those for
# which it does not wait for more than it has been sent.
SEEN_BY_THE_STDLIB = [
    "two Content-Length",
    "`Content-Length : N`",
    "Content-Length, then Transfer-Encoding",
    "Transfer-Encoding in HTTP/1.0",
    "bare CR before Content-Length",
    "no colon before Content-Length",
    "body of a refused request",
    "unread body",
    "Expect, unread body",
    "chunk longer than its size",
    "open quote in a chunk extension",
    "Content-Length in a trailer section",
]


@pytest.mark.parametrize("cell", [PLAIN], ids=str)
def test_what_the_stdlib_does_with_it(cell: Cell, running: Running) -> None:
    """Without fasthdr, the standard library's own handler handles the hidden request."""
    made = shapes()
    seen: dict[str, Any] = {
        name: list(faults(cell, made[name], outcome(running, made[name]))) for name in SEEN_BY_THE_STDLIB
    }
    assert [
        name for name, found in seen.items() if any("hidden request" in fault for fault in found)
    ] == SEEN_BY_THE_STDLIB
