# SPDX-License-Identifier: MIT
"""What pickles of heads name: whichever implementation runs where they are loaded makes the heads anew."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def head(kind: str, state: "dict[str, Any]") -> "Any":
    """Make a head of the class with that name. state: the attributes that one in plain Python has."""
    # Not an import: _api stands above what refers to this.
    return __import__("fasthdr._api", fromlist=["restored"]).restored(kind, state)
