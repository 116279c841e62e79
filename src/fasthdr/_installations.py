# SPDX-License-Identifier: MIT
"""The installations in force, in the order in which they came into force, and what they ask for together."""

import sys
from _weakref import ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import SimpleNamespace
    from typing import Any
else:
    SimpleNamespace = type(sys.implementation)

# An install() that does not name one of these keeps it. The values hold if none has named it.
KEPT = {"strict": False, "framed_body": False, "on_unsupported": "warn"}


class _Entry:
    """Hold an installation. entered: its context is open. find: returns it, or None if no program can enter it now."""

    def __init__(self, options: SimpleNamespace, find: "Callable[[], Any]", entered: bool) -> None:
        self.options, self.find, self.entered = options, find, entered

    def has_ended(self) -> bool:
        return not self.entered and self.find() is None


class Installations:
    """Keep what install() was called with. None of this is thread-safe: callers hold a lock."""

    def __init__(self) -> None:
        self._entries: list[_Entry] = []

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, installation: "Any", options: SimpleNamespace) -> None:
        """Add what install() has been called with. options: None for each of KEPT that the call does not name."""
        self._entries.append(_Entry(options, ref(installation), False))
        self._join()

    def enter(self, installation: "Any", options: SimpleNamespace) -> None:
        """Begin a context of an installation: from now on it lasts as long as the context."""
        self.remove(installation)
        self._entries.append(_Entry(options, lambda: installation, True))

    def leave(self, installation: "Any") -> None:
        """End the innermost context of an installation."""
        for i in reversed(range(len(self._entries))):
            if self._entries[i].entered and self._entries[i].find() is installation:
                del self._entries[i]
                return

    def remove(self, installation: "Any") -> None:
        """Remove an installation that has not been entered."""
        self._entries = [entry for entry in self._entries if entry.entered or entry.find() is not installation]

    def clear(self) -> None:
        self._entries = []

    def last(self) -> "Any":
        """Return the installation that has come into force last, or None."""
        return self._entries[-1].find() if self._entries else None

    def options(self) -> "SimpleNamespace | None":
        """Return the options of the last installation, with what earlier ones have named and it has not."""
        if not self._entries:
            return None
        found = SimpleNamespace(**vars(self._entries[-1].options))
        for name, default in KEPT.items():
            named = (getattr(entry.options, name) for entry in reversed(self._entries))
            setattr(found, name, next((value for value in named if value is not None), default))
        return found

    def _join(self) -> None:
        """Merge installations that have ended and are next to each other."""
        joined: list[_Entry] = []
        for entry in self._entries:
            if joined and joined[-1].has_ended() and entry.has_ended():
                before = joined.pop()
                options = SimpleNamespace(**vars(entry.options))
                for name in KEPT:
                    if getattr(options, name) is None:
                        setattr(options, name, getattr(before.options, name))
                joined.append(_Entry(options, entry.find, False))
            else:
                joined.append(entry)
        self._entries = joined
