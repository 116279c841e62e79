# SPDX-License-Identifier: MIT
"""`python -m tests.matrix`: send every shape to every server in every way, and print the table for docs/security.md."""

from __future__ import annotations

import sys

from tests.matrix.farm import Farm
from tests.matrix.outcomes import faults, outcome
from tests.matrix.servers import CELLS, Cell, missing
from tests.matrix.shapes import shapes
from tests.matrix.table import markdown, observed


def main() -> int:
    cells = [cell for cell in CELLS if not missing(cell.name)]
    table: dict[Cell, dict[str, str]] = {}
    wrong = 0
    farm = Farm()
    try:
        farm.start(cells)
        for cell in cells:
            table[cell] = {}
            for name, shape in shapes(cell.server.method, cell.server.prefix).items():
                found = outcome(farm[cell], shape)
                table[cell][name] = observed(cell, shape, found)
                for fault in faults(cell, shape, found):
                    wrong += 1
                    print(f"{cell}, {name}: {fault}", file=sys.stderr)
    finally:
        farm.close()
    print(markdown(table))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
