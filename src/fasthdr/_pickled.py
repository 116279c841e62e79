# SPDX-License-Identifier: MIT
"""The function that pickles of heads refer to: the implementation that loads a pickle makes the head."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def head(kind: str, state: "dict[str, Any]") -> "Any":
    """Make a head of the class with that name. state: the attributes that a head in plain Python has."""
    # Not an import statement: _api is in a layer above the modules that use this one.
    return __import__("fasthdr._api", fromlist=["restored"]).restored(kind, state)
