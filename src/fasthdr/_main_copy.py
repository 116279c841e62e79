# SPDX-License-Identifier: MIT
"""Patch the copy of a module that runs as __main__: `python -m http.server` runs one beside http.server itself.

The copy's handler class is patched when it is created, before the program uses it.
"""

from fasthdr._patches import ABSENT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from fasthdr._patches import Patch

# Module -> the class to patch, a base of that class, and the module of the base.
_CLASSES = {
    "http.server": ("BaseHTTPRequestHandler", "StreamRequestHandler", "socketserver"),
    "wsgiref.simple_server": ("WSGIRequestHandler", "BaseHTTPRequestHandler", "http.server"),
}


def expect(name: str, in_force: "Callable[[], Iterable[Patch]]") -> None:
    """Arrange to patch the class of a module that is about to run as __main__, when that class is created.

    in_force: returns the patches that are in force then.
    """
    if name not in _CLASSES:
        return
    wanted, base_name, module = _CLASSES[name]
    base: Any = getattr(__import__(module, fromlist=[base_name]), base_name)
    before = vars(base).get("__init_subclass__", ABSENT)

    def created(cls: "Any", /, **keywords: "Any") -> None:
        super(base, cls).__init_subclass__(**keywords)
        if cls.__module__ != "__main__" or cls.__name__ != wanted:
            return
        if before is ABSENT:
            del base.__init_subclass__
        else:
            base.__init_subclass__ = before
        __import__(name)
        patch_copy(in_force(), name, {wanted: cls})

    base.__init_subclass__ = classmethod(created)


def patch_copy(patches: "Iterable[Patch]", module: str, names: "dict[str, Any]") -> None:
    """Put into a module's second copy the patches that are in place in the first. names: the copy's classes, by name.

    This cannot be undone.
    """
    from fasthdr import _server_methods
    from fasthdr._stdlib import server as _stdlib

    for patch in patches:
        owner = patch.owner
        if getattr(owner, "__module__", None) != module or vars(owner).get(patch.name) is not patch.ours:
            continue
        copy = names[owner.__name__]
        if _is_copy(vars(copy).get(patch.name, ABSENT), patch.original):
            setattr(copy, patch.name, _server_methods.setup_of(copy) if patch.name == "setup" else patch.ours)
    # An exchange checks whether this method is the standard library's.
    handler = names.get("BaseHTTPRequestHandler")
    if handler and _is_copy(vars(handler).get("handle_expect_100"), _stdlib.handle_expect_100):
        handler.handle_expect_100 = _stdlib.handle_expect_100


def _is_copy(found: "Any", original: "Any") -> bool:
    code = getattr(found, "__code__", None)
    return found is original or (code is not None and code == getattr(original, "__code__", None))
