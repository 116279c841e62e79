# SPDX-License-Identifier: MIT
"""A finder that reports modules as soon as they have been imported, through a wrapper around their loaders.

Nothing else about an import changes: the finders after this one find the module, and before it runs, its __loader__
and the loader of its spec are set back to its own loader.
"""

import _frozen_importlib
import sys
from _thread import get_ident

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import ModuleType
    from typing import Any


def _same(loader: "Any") -> "Any":
    return loader


# Wait until no other thread is importing a module, or looking for it. Returns at once if that would be a deadlock.
_wait_for_import: "Callable[[str], None]" = _frozen_importlib._lock_unlock_module  # type: ignore[attr-defined]


def is_lazy(module: "Any") -> bool:
    """Return whether importlib's LazyLoader has made a module that it will execute at the first look at it."""
    return type(module).__name__ == "_LazyModule"


class _Wrapper:
    """Wrap a module's loader."""

    def __init__(self, loader: "Any", finder: "Finder") -> None:
        self._loader, self._finder = loader, finder

    def __getattr__(self, name: str) -> "Any":
        if name == "_loader":  # in an instance that copy or pickle has made
            raise AttributeError(name)
        return getattr(self._loader, name)

    def __reduce_ex__(self, protocol: "Any") -> "Any":
        return _same, (self._loader,)


class _Loader(_Wrapper):
    """Report when the module has been executed."""

    def exec_module(self, module: "Any") -> None:
        own, spec = self._loader, module.__spec__
        self._finder.running.add(spec.name)
        try:
            if module.__loader__ is self:
                module.__loader__ = own
            if spec.loader is self:
                spec.loader = own
            own.exec_module(module)
            self._finder.executed(module)
        finally:
            self._finder.running.discard(spec.name)


class _OldLoader(_Wrapper):
    """Report the same for a loader without exec_module(): before Python 3.15, an import calls its load_module()."""

    def __init__(self, spec: "Any", finder: "Finder") -> None:
        super().__init__(spec.loader, finder)
        self._spec = spec
        # The import shows this name in a warning.
        self.__qualname__ = getattr(spec.loader, "__qualname__", type(spec.loader).__qualname__)

    def load_module(self, name: str) -> "Any":
        own = self._spec.loader = self._loader
        self._finder.running.add(name)
        try:
            own.load_module(name)
            module = sys.modules[name]  # it may have put another one there
            if getattr(module, "__loader__", None) is None:
                module.__loader__ = own
            self._finder.executed(module)
        except BaseException:
            sys.modules.pop(name, None)
            raise
        finally:
            self._finder.running.discard(name)
        return module


class Finder:
    """A meta path finder for some modules.

    names: the names of the modules. on_import: called with each module that has been imported or executed, before the
    importing code gets it; if it raises, so does the import.
    """

    def __init__(self, names: "Iterable[str]", on_import: "Callable[[ModuleType], None]") -> None:
        self.names = frozenset(names)
        self._on_import = on_import
        self._finding: set[tuple[int, str]] = set()
        self._executed: dict[str, ModuleType] = {}
        self.running: set[str] = set()  # modules that are being executed

    def find_spec(self, name: str, path: "Any" = None, target: "Any" = None) -> "Any":
        """Find one of the modules with the finders that come after this one, and wrap its loader."""
        key = get_ident(), name
        if name not in self.names or key in self._finding:
            return None
        finders = sys.meta_path[:]
        if self in finders:
            finders = finders[finders.index(self) + 1 :]
        self._finding.add(key)
        try:
            for finder in finders:
                find = getattr(finder, "find_spec", None)
                spec: Any = find and find(name, path, target)
                if spec is not None:
                    if hasattr(spec.loader, "exec_module"):
                        spec.loader = _Loader(spec.loader, self)
                    elif hasattr(spec.loader, "load_module"):
                        spec.loader = _OldLoader(spec, self)
                    return spec
        finally:
            self._finding.discard(key)
        return None

    def executed(self, module: "ModuleType") -> None:
        """Report a module that has been executed."""
        name = module.__name__
        if sys.modules.get(name) is not module:  # a program has made the module by itself, for its own use
            self._on_import(module)
            return
        package, _, last = name.rpartition(".")
        parent = sys.modules.get(package)
        before = vars(parent).get(last) if parent else None
        self._executed[name] = module
        if parent:
            setattr(parent, last, module)  # the import does this a moment later; until then `import a.b` gives no a.b
        try:
            self._on_import(module)
        except BaseException:
            del self._executed[name]
            if parent and before is None:
                delattr(parent, last)
            elif parent:
                setattr(parent, last, before)  # an import that fails leaves the earlier module there
            raise

    def is_imported(self, name: str) -> bool:
        """Return whether a module is in sys.modules and has been executed to its end."""
        module = sys.modules.get(name)
        if module is None or is_lazy(module):
            return False
        spec = getattr(module, "__spec__", None)  # a program may have put anything there
        return self._executed.get(name) is module or not getattr(spec, "_initializing", False)

    def will_report(self, name: str) -> bool:
        """Return whether a module that is being imported will be reported at the end of that."""
        module = sys.modules.get(name)
        spec = None if is_lazy(module) else getattr(module, "__spec__", None)
        return name in self.running or type(getattr(spec, "loader", None)) is _Loader

    def start(self) -> None:
        """Start watching."""
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)

    def wait(self) -> None:
        """Wait for modules that another thread has begun to import before start(), and load lazy ones."""
        for name in self.names:
            _wait_for_import(name)
            getattr(sys.modules.get(name), "__spec__", None)  # the first look at a lazy module loads it
            if sys.modules.get(name) is not None and not self.is_imported(name):
                __import__(name)

    def stop(self) -> None:
        """Stop watching."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)
