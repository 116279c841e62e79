# SPDX-License-Identifier: MIT
"""Heads that are read to try out a stand-in, and are not counted."""

from _thread import get_ident

from fasthdr._core.runtime import _runtime


class Uncounted:
    """A context: heads that the thread reads within it are not counted. One may stand within another."""

    def __enter__(self) -> None:
        self._outermost = get_ident() not in _runtime.probing
        _runtime.probing.add(get_ident())

    def __exit__(self, *exc: object) -> None:
        if self._outermost:
            _runtime.probing.discard(get_ident())
