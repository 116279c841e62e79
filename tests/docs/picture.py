# SPDX-License-Identifier: MIT
"""`python -m tests.docs.picture`: draw what inspect prints about a request, with rich, to docs/charts/inspect.svg."""

from __future__ import annotations

import io
import pathlib
import re

from fasthdr._cli.inspect.messages import messages
from fasthdr._cli.inspect.source import Source
from fasthdr._cli.inspect.text import lines_of

PICTURE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "charts" / "inspect.svg"
COMMAND = "$ python -m fasthdr inspect request.bin"
REQUEST = (
    b"POST /login HTTP/1.1\r\nHost: example.com\r\nAuthorization: Basic bWU6c2VjcmV0\r\nX-Forwarded For: 192.0.2.7\r\n"
    b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /admin HTTP/1.1\r\nHost: example.com\r\n\r\n"
)


def shown() -> list[list[tuple[str, str]]]:
    """Return the lines of the picture, in parts with a style."""
    items = messages(Source(io.BytesIO(REQUEST).read), None, None)
    return [[(COMMAND, "bold")], *(line for item in items for line in lines_of(item))]


def drawn() -> str:
    """Return the picture; the same version of rich always draws the same."""
    from rich.console import Console
    from rich.terminal_theme import DIMMED_MONOKAI
    from rich.text import Text

    console = Console(record=True, width=84, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    for parts in shown():
        console.print(Text.assemble(*parts))
    svg = console.export_svg(title="fasthdr inspect", theme=DIMMED_MONOKAI, unique_id="fasthdr")
    # The picture loads no fonts: it uses those that the reader has.
    svg = re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL).replace(
        "Fira Code", "ui-monospace, Menlo, Consolas"
    )
    return re.sub(r"[ \t]+$", "", svg, flags=re.MULTILINE)


if __name__ == "__main__":
    PICTURE.write_text(drawn(), encoding="utf-8")
