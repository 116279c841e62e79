# SPDX-License-Identifier: MIT
"""What the clients send, and what the servers of tests.matrix answer to it."""

from __future__ import annotations

import json
import zlib

from tests.integration.processes import environment
from tests.matrix.servers import Cell

TIMEOUT = 30  # seconds of any one request

_LINES = b"".join(b"%d: a line, and what looks like a chunk\r\n5\r\n\r\n0\r\n\r\n" % n for n in range(100))
UPLOADS = {
    "small": b"a=1&b=2",
    "binary": bytes(range(256)) * 400,
    "lines": _LINES,
    "large": (_LINES * 700)[:3_000_000],
}
FRAMEWORKS = ("Flask", "Django", "Bottle")  # which read forms


def seen(cell: Cell, content: bytes, chunked: bool) -> bytes:
    """What the application has of a body with this content, and so what it answers."""
    return content if cell.server.chunked or not chunked else b""


def form(cell: Cell, name: str, content: bytes, answer: bytes, chunked: bool = False) -> bool:
    """Whether the answer to a form with this file is right: the framework has found it, or the form has come whole."""
    if not seen(cell, b"x", chunked):
        return answer in (b"", b"{}")
    if cell.name in FRAMEWORKS:
        return bool(json.loads(answer) == {name: [len(content), zlib.crc32(content)]})
    return content in answer and b'name="%s"' % name.encode() in answer


def environment_of_programs(**changes: str) -> dict[str, str]:
    """Ours for a program that is not Python: without the runtimes of sanitizers, with which curl hangs."""
    return {name: value for name, value in environment(**changes).items() if name != "LD_PRELOAD"}


def pieces(content: bytes, size: int = 700) -> list[bytes]:
    """The content as parts of this many bytes."""
    return [content[at : at + size] for at in range(0, len(content), size)]
