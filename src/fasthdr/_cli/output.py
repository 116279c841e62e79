# SPDX-License-Identifier: MIT
"""A standard output that cannot be written: it is closed, its reader has gone, or the disk is full."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def flush_or_drop() -> None:
    """Write what is left. If that fails, drop it, or the interpreter would fail in the same way at its exit."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def printing(command: Callable[[list[str]], str | int], argv: list[str]) -> str | int:
    """Run a command that prints its result. Returns its exit code, or an error message."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 (until the process ends)
    try:
        code = command(argv)
        sys.stdout.flush()
    except OSError as error:
        flush_or_drop()
        return 1 if isinstance(error, BrokenPipeError) else f"fasthdr: {error}"
    return code
