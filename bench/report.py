# SPDX-License-Identifier: MIT
"""`python -m bench.report [FILE...]`: docs/performance.md and docs/charts/*.svg from the JSON files of the benchmarks.

What stands in docs/performance.md outside the two marks is left as it is. The same files give the same report.
"""

from __future__ import annotations

import argparse
import pathlib

from rich.console import Console

from bench import charts
from bench.documents import load, runs, section

BEGIN = "<!-- begin: python -m bench.report -->"
END = "<!-- end: python -m bench.report -->"
START = f"# Performance\n\n{BEGIN}\n{END}\n"
HOW = (
    "Medians over interleaved rounds; `spread` is the interquartile range as a part of the median; a ratio is the "
    "median of the ratios within each round. [benchmarks.md](benchmarks.md) says how the figures are taken, and what "
    "they do not say.\n"
)


def splice(text: str, report: str) -> str:
    """The text with the report between its marks. Raises ValueError where it does not have each mark once, in order."""
    if (text.count(BEGIN), text.count(END)) != (1, 1) or text.index(BEGIN) > text.index(END):
        raise ValueError(f"not one {BEGIN} before one {END}")
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n\n{report}\n{END}{rest.split(END)[1]}"


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench.report", description="Make docs/performance.md and its charts."
    )
    parser.add_argument("files", nargs="*", type=pathlib.Path, help="(default: build/bench*.json)", metavar="FILE")
    parser.add_argument("--docs", type=pathlib.Path, default=pathlib.Path("docs"), help="folder (default: %(default)s)")
    args = parser.parse_args(argv)
    paths = args.files or sorted(pathlib.Path("build").glob("bench*.json"))
    if not paths:
        parser.error("no file given, and none in build: run python -m bench first")
    try:
        documents = load(paths)
    except (OSError, ValueError) as error:
        parser.error(str(error))

    pictures = charts.draw(documents, args.docs / "charts")
    parts = [HOW, runs(documents)]
    parts += [f"![{caption}](charts/{name})\n" for name, caption in pictures.items()]
    parts += [section(document) for document in documents]
    page = args.docs / "performance.md"
    text = page.read_text(encoding="utf-8") if page.exists() else START
    try:
        page.write_text(splice(text, "\n".join(parts)), encoding="utf-8")
    except ValueError as error:
        parser.error(f"{page}: {error}")
    console = Console()
    for path in (page, *(args.docs / "charts" / name for name in pictures)):
        console.print(str(path))


if __name__ == "__main__":
    main()
