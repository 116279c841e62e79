# SPDX-License-Identifier: MIT
"""Heads that are read to try out a stand-in, and are not counted."""

from _thread import get_ident

from fasthdr._core.runtime import _runtime


class Uncounted:
    """A context: heads that the thread reads within it are not counted."""

    def __enter__(self) -> None:
        _runtime.probing.add(get_ident())

    def __exit__(self, *exc: object) -> None:
        _runtime.probing.discard(get_ident())
