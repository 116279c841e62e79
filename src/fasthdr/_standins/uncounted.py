# SPDX-License-Identifier: MIT
"""Heads that are read to try a stand-in out, and are not counted."""

from _thread import get_ident

from fasthdr._core.runtime import _runtime


class Uncounted:
    """As a context: heads that the thread reads within it are nobody's, and not counted."""

    def __enter__(self) -> None:
        _runtime.probing.add(get_ident())

    def __exit__(self, *exc: object) -> None:
        _runtime.probing.discard(get_ident())
