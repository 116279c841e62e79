# SPDX-License-Identifier: MIT
"""install() and uninstall(): put the core in place of the stdlib's functions, and undo that."""

import sys
from _thread import RLock
from _warnings import warn
from _weakref import ref

from fasthdr._hook import Finder
from fasthdr._patches import ABSENT, BY_MODULE, Patch, check, load

# No typing, threading, weakref, __future__ or named tuple: each takes longer to load than this whole module.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType, SimpleNamespace
    from typing import Any, Literal

    from typing_extensions import Self
else:
    SimpleNamespace = type(sys.implementation)

_lock = RLock()
_plain: "list[tuple[ref[Installation], SimpleNamespace]]" = []  # install() called and not (yet) entered as a context
_contexts: "list[Installation]" = []  # entered and not yet left
_done: "list[tuple[Any, str, Any, Any]]" = []  # owner, name, what stood there (or ABSENT), what we put there
_loaded: "dict[str, ModuleType | None]" = {}  # modules that may be patched; None: it was loaded a second time
_forgiving: "list[bool]" = []  # not empty: if patching a module fails, its import does not


class Installation:
    """Undo a call of install() on exit from its context. install() returns it."""

    def __init__(self, options: SimpleNamespace) -> None:
        self._options = options

    def __enter__(self) -> "Self":
        _find_modules()
        with _lock:
            # From now on, this installation lasts as long as the context.
            _plain[:] = [entry for entry in _plain if entry[0]() is not self]
            _contexts.append(self)
        try:
            _apply()
        except BaseException:  # such as a warning that is turned into an error
            self.__exit__()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        with _lock:
            if self in _contexts:
                _contexts.reverse()
                _contexts.remove(self)  # the innermost, if it was entered twice
                _contexts.reverse()
        _apply()

    @property
    def strict(self) -> bool:
        """True while this installation is in force and asks for strict requests."""
        return bool(_options() is self._options and self._options.strict)

    def __repr__(self) -> str:
        return f"<fasthdr.install({', '.join(f'{name}={value}' for name, value in vars(self._options).items())})>"


def install(
    *,
    exact_type: bool = False,
    nodelay: bool = True,
    strict: "bool | None" = None,
    framed_body: "bool | None" = None,
    on_unsupported: "Literal['warn', 'raise'] | None" = None,
    max_headers: "int | None" = None,
    recover: bool = False,
) -> Installation:
    """Put the core behind http.client (parse_headers(), HTTPResponse, putheader()) and BaseHTTPRequestHandler.

    If no core is running (fasthdr.IMPLEMENTATION is 'python'), http.client's functions stay the standard library's own.

    exact_type: make messages of exactly the class http.client.HTTPMessage, not of a subclass (several times slower).
    nodelay: set TCP_NODELAY in BaseHTTPRequestHandler: without it, a persistent connection can wait 40 ms per response.
    strict, framed_body: turn these on for every handler class that does not set them itself (docs/strict.md). rfile
        gives the bytes as sent, as in the standard library, but it checks them and ends where the body ends.
    on_unsupported: what to do about a handler class that cannot be strict, because its parse_request() never calls the
        one that it overrides: "warn" issues a RuntimeWarning, "raise" refuses its requests with UnsupportedHandler.
        None leaves any of these three unchanged; they start as False, False and "warn".
    max_headers: the maximum number of lines in a header block. It replaces http.client's limit of 100, which
        http.server also uses (strict handlers have a separate limit). None keeps http.client's limit.
    recover: if a response has a line that is not a field line, record it as a defect of the message and keep the field
        lines after it (docs/compatibility.md). This is for clients, `strict` for servers: neither
        changes the other.

    A second call only changes the options: strict, framed_body and on_unsupported stay unless it names them, and the
    others become what it says, or their defaults. What another program has patched stays as it is, with a
    RuntimeWarning. Returns a context manager: `with fasthdr.install(): ...` installs for the block, can be nested, and
    can be used from several threads (the patch applies to the whole process, until the last of the blocks ends).

    Raises ValueError for any other on_unsupported, and for max_headers below 1; TypeError for any other type; and
    UnsupportedHandler if strict or framed_body cannot be put in place and on_unsupported is "raise".
    """
    check(locals())
    _find_modules()
    with _lock:
        now = _options() or SimpleNamespace(strict=False, framed_body=False, on_unsupported="warn")
        options = SimpleNamespace(
            exact_type=exact_type,
            nodelay=nodelay,
            strict=now.strict if strict is None else strict,
            framed_body=now.framed_body if framed_body is None else framed_body,
            on_unsupported=on_unsupported or now.on_unsupported,
            max_headers=max_headers,
            recover=recover,
        )
        new = Installation(options)
        # Of the installations that can no longer be entered as a context, only the last one counts.
        ended = [entry for entry in _plain if entry[0]() is None][:-1]
        _plain[:] = [entry for entry in _plain if entry not in ended]
        _plain.append((ref(new), new._options))
    try:
        _apply()
    except BaseException:
        with _lock:
            _plain[:] = [entry for entry in _plain if entry[0]() is not new]
        _apply()
        raise
    return new


def uninstall() -> None:
    """Undo every install(), contexts too. What another program has since put in place of fasthdr's functions stays."""
    with _lock:
        _plain.clear()
        _contexts.clear()
    _apply()


def is_installed() -> bool:
    """Return whether an install() is in force and, if there is a core, http.client.parse_headers is fasthdr's.

    A module that has not been imported yet is patched when it is imported.
    """
    if _options() is None:
        return False
    if sys.modules.get("http.client") is None or "http.client" not in _loaded:
        return True
    from fasthdr._api import parse_headers_is_installed

    return parse_headers_is_installed()


def _options() -> "SimpleNamespace | None":
    """Return the options of the innermost installation."""
    return _contexts[-1]._options if _contexts else _plain[-1][1] if _plain else None


def _find_modules() -> None:
    """Find the modules that are imported already, and watch for the others."""
    _finder.start()
    _finder.wait()
    for name in BY_MODULE:
        if not _finder.is_imported(name):
            continue
        if name not in _loaded:
            _load(sys.modules[name])
        elif _loaded[name] is not sys.modules[name]:
            _loaded[name] = None


def _load(module: "ModuleType") -> None:
    load(module.__name__)
    _loaded[module.__name__] = module
    if module.__name__ == "http.server":
        from fasthdr._strict import environ_patch

        environ_patch.when_needed(_apply)


def _imported(module: "ModuleType") -> None:
    """Patch a module that has just been imported."""
    if _options() is None:
        return
    name = module.__name__
    try:
        if name in _loaded:
            _loaded[name] = None
            text = _unpatched(f"{name} has been loaded again; fasthdr leaves it as it is", name == "http.server")
            warn(text, RuntimeWarning, 4)
            return
        _load(module)
        _apply(level=5)
    except Exception as error:
        if not _forgiving or type(error).__name__ == "UnsupportedHandler":
            raise
        print(f"fasthdr: {name} is not patched: {error!r}", file=sys.stderr)


def forgive() -> None:
    """Print errors when a module is imported, do not raise them: for a process that did not ask for fasthdr itself."""
    _forgiving.append(True)


def _about_to_run(name: str) -> None:
    """Arrange to patch the copy of a module that is about to run as __main__."""
    if _options() is not None:
        from fasthdr import _main_copy

        _main_copy.expect(name, in_force)


_finder = Finder(BY_MODULE, _imported, _about_to_run)


def _patches(options: "SimpleNamespace") -> "Iterator[Patch]":
    """Yield the patches for the modules that have been imported."""
    for name, patches in BY_MODULE.items():
        module = _loaded.get(name)
        if module is not None:
            yield from patches(module, options)


def in_force() -> "list[Patch]":
    """Return the innermost installation's patches for the modules that have been imported."""
    return list(_patches(options)) if (options := _options()) else []


def _apply(level: int = 3) -> None:
    """Patch the stdlib as the innermost installation asks. level: the stacklevel for warnings.warn()."""
    with _lock:
        left = _apply_locked()
    for text in left:  # without the lock: a program's showwarning() may import what another thread is importing
        warn(text, RuntimeWarning, level)


def _apply_locked() -> "list[str]":
    """Patch the stdlib, and return the warnings about what is left as it is."""
    options = _options()
    patches = {} if options is None else {(patch.owner, patch.name): patch for patch in _patches(options)}
    for entry in reversed(_done[:]):
        owner, name, before, ours = entry
        patch = patches.get((owner, name))
        if patch is not None and patch.ours is ours:
            continue
        replaced = vars(owner).get(name, ABSENT) is not ours  # by another program
        if before is ABSENT and not replaced and (patch is not None or type(ours) is bool):
            # In one step: other threads read it. A switch stays, off: whoever still holds our methods reads it.
            _done[_done.index(entry)] = (owner, name, before, patch.ours if patch else False)
            setattr(owner, name, patch.ours if patch else False)
            continue
        _done.remove(entry)
        if before is ABSENT and not replaced:
            delattr(owner, name)
        elif not replaced:
            setattr(owner, name, before)
    if options is None:
        _finder.stop()
        return []
    _finder.start()
    if _loaded.get("http.client") is not None:
        from fasthdr._api import set_exact_type

        set_exact_type(options.exact_type)
    return [text for text in map(_put_in_place, patches.values()) if text]


def _unpatched(text: str, strict: bool) -> str:
    """Return the warning that something is left as it is, or raise. strict: no request is strict without that patch."""
    options = _options()
    if strict and options and (options.strict or options.framed_body):
        text += ", and requests are not strict"
        if options.on_unsupported == "raise":
            from fasthdr._errors import UnsupportedHandler

            raise UnsupportedHandler(text)
    return text


def _put_in_place(patch: "Patch") -> str:
    """Make a patch, or return the warning that what is there stays as it is."""
    from fasthdr._stdlib.functions import describe, imitate, is_own

    owner, name, original = patch.owner, patch.name, patch.original
    found = vars(owner).get(name, ABSENT)
    if found is patch.ours:
        entry = (owner, name, original, found)
        if callable(found) and entry not in _done:  # another program, such as a mock, has put it back
            _done.append(entry)
        return ""
    if original is ABSENT or patch.module is None:
        if found is not original:
            return ""  # the program's own choice
    elif found is not original or not is_own(found, patch.module):
        text = f"{owner.__name__}.{name} has been patched by {describe(found)}; fasthdr leaves it as it is"
        return _unpatched(text, patch.strict)
    theirs = getattr(owner, name, None)  # its own, or what it inherits
    if hasattr(theirs, "__code__"):
        imitate(patch.ours, theirs)
    _done.append((owner, name, found, patch.ours))
    setattr(owner, name, patch.ours)
    return ""
