# SPDX-License-Identifier: MIT
# cython: annotation_typing=False, boundscheck=True, wraparound=True, cdivision=False
"""What the rfile and the wfile of strict and framed handlers share."""

from __future__ import annotations

import io
from typing import Any


class View:
    """What rfile and wfile share: an io.BufferedIOBase over the file `beneath` of a connection, which cannot seek."""

    @property
    def mode(self) -> Any:
        """The mode of the file beneath, if it has one."""
        return self.beneath.mode  # type: ignore[attr-defined]

    @property
    def name(self) -> Any:
        """The name of the file beneath, if it has one: a socket's is its descriptor, with what follows from that."""
        return self.beneath.name  # type: ignore[attr-defined]

    def __reduce__(self) -> Any:
        raise TypeError(f"cannot copy or pickle a {type(self).__name__}: it belongs to an open connection")

    def seekable(self) -> bool:
        return False

    def isatty(self) -> bool:
        return False

    def detach(self) -> Any:
        raise io.UnsupportedOperation("detach")

    def seek(self, offset: int, whence: int = 0, /) -> int:
        raise io.UnsupportedOperation("seek")

    def tell(self) -> int:
        raise io.UnsupportedOperation("tell")

    def truncate(self, size: int | None = None, /) -> int:
        raise io.UnsupportedOperation("truncate")
