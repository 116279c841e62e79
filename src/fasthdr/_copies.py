# SPDX-License-Identifier: MIT
"""Second copies of the modules with handler classes: `python -m http.server` runs one as __main__, and so do others.

coverage, debuggers and runpy run a module beside itself, too, and importlib can load it again. The handler class of a
copy is found when it is created, before the program uses it, and gets what install() gives the first one.
"""

from fasthdr._patches import ABSENT, CLASSES, MARKS, Patch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

_NAMES = frozenset(CLASSES[name] for name in MARKS)


class _Class:
    """Hold a class, and the attributes that it defined before it was patched."""

    def __init__(self, cls: "Any") -> None:
        self.cls = cls
        self.own = dict(vars(cls))
        self.made: dict[str, Any] = {}  # what a copy gets in place of functions that are made for the first class


_first: "dict[str, _Class]" = {}  # module -> the class that install() patches there
_copies: "dict[str, list[_Class]]" = {name: [] for name in MARKS}


def remember(module: str, cls: "Any") -> None:
    """Remember the class of a module that has just been loaded, before it is patched.

    Of two threads that load the same module, the second may come after that.
    """
    if module in MARKS and module not in _first:
        _first[module] = _Class(cls)


def _known(module: str) -> "list[_Class]":
    return [_first[module], *_copies[module]] if module in _first else []


def is_known(module: str, cls: "Any") -> bool:
    """Return whether this is the first class of a module, or a copy of it that has been found, or derived from one."""
    return isinstance(cls, type) and any(issubclass(cls, each.cls) for each in _known(module))


def find(cls: "Any", is_made: bool = False) -> bool:
    """Return whether a class is a new copy of one that install() patches. From now on, patches_like() includes it.

    is_made: no import of the class's module is running, so the first module can be imported now.
    """
    if not isinstance(cls, type) or any(each.cls is cls for module in MARKS for each in _known(module)):
        return False
    for module, mark in MARKS.items():
        if cls.__name__ != CLASSES[module] or mark not in vars(cls):
            continue
        if module not in _first and (is_made or cls.__module__ != module) and module != "fasthdr.server":
            __import__(module)  # the copy gets the same methods
        first = _first.get(module)
        if first and _is_same(vars(cls)[mark], first.own.get(mark)):
            _copies[module].append(_Class(cls))
            if module == "http.server":
                from fasthdr._stdlib import server

                server.classes.add(cls)
            return True
    return False


def search(roots: "list[Any]") -> None:
    """Find copies that were made while nothing watched. roots: classes from which they may be derived."""
    for root in roots:
        for derived in type.__subclasses__(root):
            if derived.__name__ in _NAMES:
                find(derived, True)
            search([derived])


def watch_of(base: "Any", made: "Callable[[Any, bool], None]") -> "Any":
    """Make an __init_subclass__() for a base of the handler classes.

    made: called with each new class that has the name of a handler class, and whether it is a copy.
    """

    def __init_subclass__(cls: "Any", /, **keywords: "Any") -> None:  # noqa: N807 (tracebacks show the name)
        super(base, cls).__init_subclass__(**keywords)
        if cls.__name__ in _NAMES:
            made(cls, find(cls))

    return classmethod(__init_subclass__)


def patches_like(patch: Patch) -> "Iterator[Patch]":
    """Yield a patch for each copy of the class that `patch` is for."""
    for module, first in _first.items():
        if first.cls is not patch.owner:
            continue
        for copy in _copies[module]:
            own = copy.own.get(patch.name, ABSENT)
            if _is_same(own, patch.original):
                yield Patch(copy.cls, patch.name, _ours(copy, patch), own, None, patch.strict, is_copy=True)
            if module == "http.server" and patch.name == "handle_one_request":
                yield from _expect(copy)


def _ours(copy: _Class, patch: Patch) -> "Any":
    if patch.make is None:
        return patch.ours
    if patch.name not in copy.made:
        copy.made[patch.name] = patch.make(copy.cls)
    return copy.made[patch.name]


def _expect(copy: _Class) -> "Iterator[Patch]":
    """Yield the standard library's handle_expect_100(): an exchange checks whether a handler has that very function."""
    from fasthdr._stdlib.server import handle_expect_100

    own = copy.own.get("handle_expect_100", ABSENT)
    if _is_same(own, handle_expect_100):
        yield Patch(copy.cls, "handle_expect_100", handle_expect_100, own, is_copy=True)


def _is_same(found: "Any", original: "Any") -> bool:
    """Return whether an attribute is what the first class has, or has the same code."""
    code = getattr(found, "__code__", None)
    return found is original or (code is not None and code == getattr(original, "__code__", None))
