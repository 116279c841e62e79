# SPDX-License-Identifier: MIT
"""Find the modules to patch, put in place what the installations in force ask for, and take it back."""

import os
import sys
from _thread import RLock
from _warnings import warn

from fasthdr._hook import Finder, is_lazy
from fasthdr._installations import Installations
from fasthdr._patches import ABSENT, ANY, BY_MODULE, CLASSES, Patch, first_module, load

# No typing, threading, __future__ or named tuple: each takes longer to load than this whole module.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType, SimpleNamespace
    from typing import Any

lock = RLock()
installations = Installations()
_done: "list[tuple[Any, str, Any, Any]]" = []  # owner, name, what stood there (or ABSENT), what we put there
_ever: "list[tuple[Any, str, Any, Any]]" = []  # the same, of all functions that we have ever put somewhere
_loaded: "dict[str, tuple[ModuleType, Any]]" = {}  # what is patched: a module as it was first loaded, and its class
_watch: "list[Patch]" = []  # looks for copies of handler classes, once socketserver has been loaded
_half_imported: "set[str]" = set()  # modules whose import has begun, and whose end will not be reported
_forgiving: "list[bool]" = []  # not empty: if patching a module fails, its import does not


def options() -> "SimpleNamespace | None":
    """Return what the installations in force ask for, or None if there are none."""
    with lock:
        return installations.options()


def find_modules() -> None:
    """Find the modules that are imported already, and copies of them, and watch for the others."""
    _finder.start()
    _finder.wait()
    _load_imported()
    # socketserver's own class and copies of it, whichever modules are still there
    roots = [cls for cls in type.__subclasses__(object) if cls.__name__ == "BaseRequestHandler"]
    if roots:
        from fasthdr import _copies

        _copies.search(roots)
        while _load_imported():  # the search has imported the module of a copy
            _copies.search(roots)


def _load_imported() -> bool:
    """Load what the patches of imported modules need. Returns whether there was any to load."""
    loaded = len(_loaded)
    _find_half_imported()
    for name in CLASSES:
        if name not in _loaded and _finder.is_imported(name) and (module := first_module(name)):
            _load(module)
    return len(_loaded) > loaded


def _find_half_imported() -> None:
    for name in CLASSES:
        _half_imported.discard(name)
        module = sys.modules.get(name)
        there = module is not None and not is_lazy(module)
        # In this order: if another thread's import ends between the two, the second sees it.
        if there and not _finder.will_report(name) and not _finder.is_imported(name):
            _half_imported.add(name)


def client_is_patched() -> bool:
    """Return whether http.client has been patched, or will be when it is imported."""
    if "http.client" not in _loaded:
        return not _finder.is_imported("http.client")  # if it is, another finder hid its import
    from fasthdr._api import parse_headers_is_installed

    return parse_headers_is_installed()


def _load(module: "ModuleType") -> None:
    name = module.__name__
    cls: Any = getattr(module, CLASSES[name])
    load(name)
    if name == "http.server":
        from fasthdr._stdlib import server

        module, cls = server.module, server.handler  # if this is another one, it is a copy
    if name != "http.client":
        from fasthdr import _copies

        _copies.remember(name, cls)
    _loaded[name] = module, cls
    if name == "http.server":
        from fasthdr._strict import environ_patch

        environ_patch.when_needed(apply)
    elif name == "socketserver" and not _watch:
        _watch.append(Patch(cls, "__init_subclass__", _watch_of(cls), ABSENT, make=_watch_of))


def _left() -> "dict[str, str]":
    """Return the modules that fasthdr leaves as they are, each with the warning. Raises as _unpatched() does."""
    left = {}
    for name in BY_MODULE:
        if name in sys.modules and not is_lazy(sys.modules[name]) and (why := _why_left(name, sys.modules[name])):
            text = f"{name} {why}; fasthdr leaves it as it is"
            left[name] = _unpatched(text, name in ("http.server", "fasthdr.server"))
    return left


def _why_left(name: str, module: "ModuleType | None") -> str:
    """Return why a module in sys.modules is not patched; "" if it is, or will be."""
    if name in _loaded:
        return "" if module is None or _is_known(name, module) else "has been loaded again"
    if module is not None and not _finder.is_imported(name):
        return "is being imported" if name in _half_imported else ""
    if _finder.will_report(name) or first_module(name):
        return ""
    return f"does not define {CLASSES[name]}"


def _is_known(name: str, module: "ModuleType") -> bool:
    """Return whether a module is as it was first loaded, or a copy that is patched too."""
    first, cls = _loaded[name]
    found = vars(module).get(CLASSES[name])
    if name == "http.client":
        return module is first and found is cls
    from fasthdr import _copies

    return found is None or _copies.is_known(name, found)


def _imported(module: "ModuleType") -> None:
    """Patch a module that has just been imported."""
    if options() is None:
        return
    name = module.__name__
    try:
        is_copy = sys.modules.get(name) is not module
        if name not in _loaded and not is_copy:
            _load(module)
        if name != "http.client":
            from fasthdr import _copies

            _copies.find(vars(module).get(CLASSES[name]), is_copy)
        apply(level=5)
    except Exception as error:
        if not _forgiving or type(error).__name__ == "UnsupportedHandler":
            raise
        if sys.stderr is not None:
            print(f"fasthdr: {name} is not patched: {error!r}", file=sys.stderr)


def forgive() -> None:
    """Print errors when a module is imported, do not raise them: for a process that did not ask for fasthdr itself."""
    _forgiving.append(True)


def _watch_of(base: "Any") -> "Any":
    from fasthdr import _copies

    return _copies.watch_of(base, _handler_class_made)


def _handler_class_made(cls: "Any", is_copy: bool) -> None:
    """Patch a new copy of a handler class. Warn if http.server is making its class in an import that we do not see."""
    text = ""
    with lock:
        for patch in in_force() if is_copy else ():
            if patch.is_copy:
                _put_in_place(patch)
        if not is_copy and cls.__module__ == "http.server" and "http.server" not in _loaded and options():
            _find_half_imported()
            text = _left().get("http.server", "")
    if text:
        warn(text, RuntimeWarning, 4)


_finder = Finder(CLASSES, _imported)


def _patches(now: "SimpleNamespace") -> "Iterator[Patch]":
    """Yield the patches for the modules that have been imported."""
    for patch in _watch:
        from fasthdr import _copies

        yield patch
        yield from _copies.patches_like(patch)
    for name, patches in BY_MODULE.items():
        if name not in _loaded:
            continue
        for patch in patches(*_loaded[name], now):
            yield patch
            if name != "http.client":
                from fasthdr import _copies

                yield from _copies.patches_like(patch)


def in_force() -> "list[Patch]":
    """Return the patches that the installations in force ask for, for the modules that have been imported."""
    now = options()
    return list(_patches(now)) if now else []


def apply(level: int = 3) -> None:
    """Patch the stdlib as the installations in force ask. level: the stacklevel for warnings.warn()."""
    with lock:
        left = _apply_locked()
    for text in left:  # without the lock: a program's showwarning() may import what another thread is importing
        warn(text, RuntimeWarning, level)


def _apply_locked() -> "list[str]":
    """Patch the stdlib, and return the warnings about what is left as it is."""
    now = options()
    patches = {} if now is None else {(patch.owner, patch.name): patch for patch in _patches(now)}
    for entry in _ever:  # what another program, such as a mock, has put back
        if vars(entry[0]).get(entry[1]) is entry[3] and entry not in _done:
            _done.append(entry)
    for entry in reversed(_done[:]):
        owner, name, before, ours = entry
        patch = patches.get((owner, name))
        if patch is not None and patch.ours is ours:
            continue
        replaced = vars(owner).get(name, ABSENT) is not ours  # by another program
        if not replaced and (patch is not None or (before is ABSENT and type(ours) is bool)):
            # In one step: other threads read it. A switch stays, off: whoever still holds our methods reads it.
            _done.remove(entry)
            _note(owner, name, before, patch.ours if patch else False)
            setattr(owner, name, patch.ours if patch else False)
            continue
        _done.remove(entry)
        if before is ABSENT and not replaced:
            delattr(owner, name)
        elif not replaced:
            setattr(owner, name, before)
    if now is None:
        _finder.stop()
        return []
    _finder.start()
    if _loaded.get("http.client") is not None:
        from fasthdr._api import set_exact_type

        set_exact_type(now.exact_type)
    left = {patch: text for patch in patches.values() if (text := _put_in_place(patch))}
    again = _left()
    return [*again.values(), *(text for patch, text in left.items() if patch.owner.__name__ not in again)]


def _note(owner: "Any", name: str, before: "Any", ours: "Any") -> None:
    """Note what is about to be put in place."""
    entry = (owner, name, before, ours)
    _done.append(entry)
    if type(ours) not in (bool, int, str) and entry not in _ever:  # a program may have set such a value itself
        _ever.append(entry)


def _unpatched(text: str, strict: bool) -> str:
    """Return the warning that something is left as it is, or raise. strict: no request is strict without that patch."""
    now = options()
    if strict and now and (now.strict or now.framed_body):
        text += ", and requests are not strict"
        if now.on_unsupported == "raise":
            from fasthdr._errors import UnsupportedHandler

            raise UnsupportedHandler(text)
    return text


def _put_in_place(patch: "Patch") -> str:
    """Make a patch, or return the warning that what is there stays as it is."""
    owner, name, original = patch.owner, patch.name, patch.original
    found = vars(owner).get(name, ABSENT)
    if found is patch.ours:
        return ""
    if original is ANY:
        pass
    elif original is ABSENT or patch.module is None:
        if found is not original:
            return ""  # the program's own choice
    else:
        from fasthdr._stdlib.functions import describe, is_original

        if found is not original or not is_original(found, patch.module):
            what = "is inherited" if found is ABSENT else f"has been patched by {describe(found)}"
            text = f"{owner.__name__}.{name} {what}; fasthdr leaves it as it is"
            return _unpatched(text, patch.strict)
    theirs = getattr(owner, name, None)  # its own, or what it inherits
    if hasattr(theirs, "__code__") and not patch.is_copy:
        from fasthdr._stdlib.functions import imitate

        imitate(patch.ours, theirs)
    _note(owner, name, found, patch.ours)
    setattr(owner, name, patch.ours)
    return ""


if hasattr(os, "register_at_fork"):  # otherwise a child may wait for ever for what another thread of its parent held
    os.register_at_fork(before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release)
