# SPDX-License-Identifier: MIT
"""What the clients send, and what the servers of tests.matrix answer."""

from __future__ import annotations

import json
import zlib

from tests.integration.processes import environment
from tests.matrix.servers import Cell

TIMEOUT = 30  # seconds for each request

_LINES = b"".join(b"%d: a line, and what looks like a chunk\r\n5\r\n\r\n0\r\n\r\n" % n for n in range(100))
UPLOADS = {
    "small": b"a=1&b=2",
    "binary": bytes(range(256)) * 400,
    "lines": _LINES,
    "large": (_LINES * 700)[:3_000_000],
}
FRAMEWORKS = ("Flask", "Django", "Bottle")  # those that read forms


def seen(cell: Cell, content: bytes, chunked: bool) -> bytes:
    """Return what the application receives of a body with this content, which is also its answer."""
    return content if cell.server.chunked or not chunked else b""


def form(cell: Cell, name: str, content: bytes, answer: bytes, chunked: bool = False) -> bool:
    """Return whether the answer to a form with this file is right: the framework found it, or the form came whole."""
    if not seen(cell, b"x", chunked):
        return answer in (b"", b"{}")
    if cell.name in FRAMEWORKS:
        return bool(json.loads(answer) == {name: [len(content), zlib.crc32(content)]})
    return content in answer and b'name="%s"' % name.encode() in answer


def environment_of_programs(**changes: str) -> dict[str, str]:
    """Return our environment for a program that is not Python: without sanitizer runtimes, which make curl hang."""
    return {name: value for name, value in environment(**changes).items() if name != "LD_PRELOAD"}


def pieces(content: bytes, size: int = 700) -> list[bytes]:
    """Return the content in parts of this many bytes."""
    return [content[at : at + size] for at in range(0, len(content), size)]
