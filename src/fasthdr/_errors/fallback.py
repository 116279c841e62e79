# SPDX-License-Identifier: MIT
"""A head that is left to the standard library, and the warning of it."""

from __future__ import annotations


class FallbackWarning(RuntimeWarning):
    """A head that fasthdr has left to the standard library: exact, but slow."""


class Fallback:
    """Why a head, or a part of it, was left to the standard library.

    reason: a key of stats(), as docs/troubleshooting.md explains them.
    offset: where in the head, in its block or in its first line the reason is, in bytes; None if that is not known.
    near: the bytes around the offset, 40 at most, without what may be credentials (docs/strict.md).
    field: name of the field line there; None if it has none.
    by: who is the cause, as type and file: the class, or what another program has put in place of the standard
        library's function; None if nobody is.
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
