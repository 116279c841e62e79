# SPDX-License-Identifier: MIT
"""Put an adapter's parser in place of a server's, and take it out again."""

import warnings
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any

from fasthdr._stdlib.functions import methods_are_original


def agree(observe: Callable[[Any, bytes], object], theirs: object, ours: object, heads: Iterable[bytes]) -> bool:
    """Return whether both parsers give the same result for each of the heads.

    observe: (parser, head) -> what has to be equal. If it raises, this version of the server has a different parser.
    """
    try:
        return all(observe(theirs, head) == observe(ours, head) for head in heads)
    except Exception:  # noqa: BLE001 - whatever another version raises
        return False


def is_original(cls: type, module: ModuleType) -> bool:
    """Return whether a class of a server, its bases and all their methods are those of the server's module."""
    bases = [base for base in cls.__mro__ if base is not object]
    return all(base.__module__ == module.__name__ and methods_are_original(base, module) for base in bases)


class Switch:
    """Switch one attribute of a server's class between the server's parser and the adapter's."""

    def __init__(self, server: str, owner: Any, name: str, theirs: object, ours: object, is_original: bool) -> None:
        """Take the attribute's two values. own: `theirs`, as it was found, is the server's own parser."""
        self._server, self._owner, self._name, self._theirs, self._ours = server, owner, name, theirs, ours
        self._is_original = is_original

    def enable(self) -> None:
        """Put the adapter's parser in place of the server's, for the whole process. A second call does nothing.

        Issues a RuntimeWarning, and changes nothing, if the installed version of the server does not parse as the
        adapter expects. Raises RuntimeError if the program has already replaced the server's parser.
        """
        if not self._is_original:
            raise RuntimeError(self._foreign())
        if self._ours is self._theirs:
            warnings.warn(
                f"this fasthdr does not support the parser of the installed {self._server}, which stays in place",
                RuntimeWarning,
                2,
            )
        elif not self.is_enabled():
            if vars(self._owner)[self._name] is not self._theirs:
                raise RuntimeError(self._foreign())
            setattr(self._owner, self._name, self._ours)

    def _foreign(self) -> str:
        return f"{self._owner.__name__}.{self._name} is not {self._server}'s own"

    def disable(self) -> None:
        """Put the server's own parser back. Does nothing if the adapter's is not in place."""
        if self.is_enabled():
            setattr(self._owner, self._name, self._theirs)

    def is_enabled(self) -> bool:
        """Return whether the adapter's parser is in place."""
        return self._ours is not self._theirs and vars(self._owner)[self._name] is self._ours
