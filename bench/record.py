# SPDX-License-Identifier: MIT
"""The file of figures that each of the smaller programs leaves."""

from __future__ import annotations

import argparse
import json
import pathlib
from typing import Any

from bench import machine


def add_option(parser: argparse.ArgumentParser, name: str) -> None:
    parser.add_argument(
        "--json",
        type=pathlib.Path,
        default=pathlib.Path(f"build/bench-{name}.json"),
        help="where to write (default: %(default)s)",
    )


def write(path: pathlib.Path, name: str, load: float | None, method: dict[str, Any], results: list[Any]) -> None:
    """load: machine.load_average() before the run."""
    about = {"name": name, **machine.describe(load), "method": method, "results": results}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
