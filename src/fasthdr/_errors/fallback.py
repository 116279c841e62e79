# SPDX-License-Identifier: MIT
"""The report of a head that is left to the standard library, and the warning."""

from __future__ import annotations


class FallbackWarning(RuntimeWarning):
    """Warn that a head was left to the standard library. The result is the same, but it took longer."""


class Fallback:
    """Explain why a head, or a part of it, was left to the standard library.

    reason: a key of stats(); docs/troubleshooting.md explains them.
    offset: where the reason is, in bytes from the start of the head, its block or its first line; None if not known.
    near: the bytes around the offset, at most 40, without possible credentials (docs/strict.md).
    field: name of the field line there; None if it has none.
    by: the cause, as type and file: a class, or what another program has put in place of the standard library's
        function; None if there is no such cause.
    """

    def __init__(self, reason: str, offset: int | None, near: bytes, field: str | None, by: str | None) -> None:
        self.reason, self.offset, self.near, self.field, self.by = reason, offset, near, field, by

    def __str__(self) -> str:
        text = f"left to the standard library: {self.reason}"
        if self.by:
            text += f", by {self.by}"
        if self.offset is not None:
            text += f", at byte {self.offset}: {self.near!r}"
        return text

    def __repr__(self) -> str:
        return f"<Fallback {str(self)!r}>"
