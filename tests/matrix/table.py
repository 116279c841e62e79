# SPDX-License-Identifier: MIT
"""The matrix as a table for docs/security.md: what becomes of each shape, with equal columns and equal rows merged."""

from __future__ import annotations

from tests.matrix.outcomes import Outcome, refusal
from tests.matrix.servers import CELLS, FRAMED, WAYS, Cell
from tests.matrix.shapes import KINDS, SERVED_AS, Shape, kind_of

Column = tuple[str, ...]


def expected(cell: Cell, shape: Shape) -> str:
    return str(refusal(cell, shape) or SERVED_AS)


def observed(cell: Cell, shape: Shape, found: Outcome) -> str:
    """Return the table's entry for what became of the shape, assuming that it was no fault."""
    status = refusal(cell, shape)
    return str(status) if status and [answer.status for answer in found.answers] == [status] else SERVED_AS


def _group(cells: list[Cell]) -> str:
    """Name the cells of a column: the ways, and the servers that share each combination of them."""
    servers: dict[str, list[str]] = {}
    for cell in cells:
        servers.setdefault(cell.name, []).append(cell.way)
    ways: dict[tuple[str, ...], list[str]] = {}
    for name, found in servers.items():
        ways.setdefault(tuple(found), []).append(name)
    strict = tuple(way for way in WAYS if way != FRAMED)
    texts = {strict: "strict in each of the three ways", (FRAMED,): WAYS[FRAMED]}
    return "; ".join(f"{texts.get(found, ', '.join(found))}: {', '.join(names)}" for found, names in ways.items())


def markdown(cells: dict[Cell, dict[str, str]]) -> str:
    """Return the table: for each shape, by name, what became of it in each cell."""
    columns: dict[Column, list[Cell]] = {}
    for cell in CELLS:
        if cell in cells:
            columns.setdefault(tuple(cells[cell].values()), []).append(cell)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[: len(columns)]
    lines = [f"- {letter}: {_group(found)}" for letter, found in zip(letters, columns.values())]
    lines += ["", f"| requests | {' | '.join(letters)} |", f"|---|{'---|' * len(letters)}"]
    rows: dict[tuple[str, ...], list[str]] = {}
    for at, name in enumerate(next(iter(cells.values()))):
        rows.setdefault((kind_of(name), *(column[at] for column in columns)), []).append(name)
    for kind in KINDS:
        for (found, *values), names in rows.items():
            if found == kind:
                lines.append(f"| {'; '.join(names)} | {' | '.join(values)} |")
    return "\n".join(lines)
