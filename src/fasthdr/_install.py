# SPDX-License-Identifier: MIT
"""install() and uninstall(): the core in the place of the stdlib's own functions."""

import http.client
import warnings
from _thread import RLock
from _weakref import ref
from types import SimpleNamespace

from fasthdr._implementation import PURE
from fasthdr._probe import like

# Neither typing nor threading, weakref and __future__, and no named tuple: each takes longer than all that is here.
TYPE_CHECKING = False
if TYPE_CHECKING or not PURE:
    from fasthdr._core import _runtime

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from typing_extensions import Self

    # What is to stand in the place of the stdlib's own: owner, name, ours, the original or _ABSENT, its module.
    _Patch = tuple[Any, str, Any, Any, Any]

_lock = RLock()
_plain: "list[tuple[ref[Installation], SimpleNamespace]]" = []  # install() called and not (yet) entered as a context
_contexts: "list[Installation]" = []  # entered and not yet left
_done: "list[tuple[Any, str, Any, Any]]" = []  # owner, name, what stood there (or _ABSENT), what we put there
_ABSENT = object()


class Installation:
    """What install() returns: a context manager that takes back what this call asked for."""

    def __init__(self, options: SimpleNamespace) -> None:
        self._options = options

    def __enter__(self) -> "Self":
        with _lock:
            # The call itself is from now on only as long as the context.
            _plain[:] = [entry for entry in _plain if entry[0]() is not self]
            _contexts.append(self)
            try:
                _apply()
            except BaseException:  # a warning, where those are errors
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

    def __repr__(self) -> str:
        return f"<fasthdr.install({', '.join(f'{name}={value}' for name, value in vars(self._options).items())})>"


def install(*, exact_type: bool = False, nodelay: bool = True, strict: bool = False) -> Installation:
    """Put the core behind http.client's parse_headers() and HTTPResponse, and http.server's BaseHTTPRequestHandler.

    Where no core runs (fasthdr.IMPLEMENTATION is 'python'), all stay the stdlib's own, and nodelay is all it does.

    exact_type: messages are of exactly http.client.HTTPMessage, not of its subclass (costs a few times as much).
    nodelay: BaseHTTPRequestHandler sets TCP_NODELAY, without which a persistent connection waits 40 ms a response.

    strict: BaseHTTPRequestHandler gets `strict = True` and its limits, as docs/strict.md has them; a class's own
    `strict = False` wins, and so does a handle_one_request() of its own.

    Idempotent: a second call only changes the options. What another program has patched is left to it, with a
    RuntimeWarning. Returns a context manager: `with fasthdr.install(): ...` installs for the block, nests, and may be
    used from several threads (the patch itself is the process's; it ends with the last of them).
    """
    with _lock:
        new = Installation(SimpleNamespace(exact_type=exact_type, nodelay=nodelay, strict=strict))
        # Of those that nobody can enter any more, the last counts alone.
        ended = [entry for entry in _plain if entry[0]() is None][:-1]
        _plain[:] = [entry for entry in _plain if entry not in ended]
        _plain.append((ref(new), new._options))
        try:
            _apply()
        except BaseException:
            _plain.pop()
            _apply()
            raise
        return new


def uninstall() -> None:
    """Take back every install(), contexts too; what another program has put over ours since is left to it."""
    with _lock:
        _plain.clear()
        _contexts.clear()
        _apply()


def is_installed() -> bool:
    """True while an install() is in force and, where there is a core, http.client.parse_headers is ours."""
    if PURE:
        return bool(_plain or _contexts)
    return http.client.parse_headers is _runtime.installed


def _apply() -> None:
    """Make the stdlib what the innermost installation asks for."""
    options = _contexts[-1]._options if _contexts else _plain[-1][1] if _plain else None
    patches = {} if options is None else {patch[:2]: patch for patch in _patches(options)}
    for entry in reversed(_done[:]):
        owner, name, before, ours = entry
        patch = patches.get((owner, name))
        if patch is not None and patch[2] is ours:
            continue
        _done.remove(entry)
        if vars(owner).get(name, _ABSENT) is not ours:
            continue  # somebody else's now
        if before is _ABSENT:
            delattr(owner, name)
        else:
            setattr(owner, name, before)
    for patch in patches.values():
        _put(patch)


def _patches(options: SimpleNamespace) -> "Iterator[_Patch]":
    import http.server

    from fasthdr import _framed, _stdlib

    handler = http.server.BaseHTTPRequestHandler
    if PURE:
        if options.strict:
            yield (handler, "parse_request", _framed.parse_request_or_stdlib, _stdlib.parse_request, http.server)
    else:
        from fasthdr import _begin, _handler, _request, _response, _response_probe

        _runtime.exact_type = options.exact_type
        yield (http.client, "parse_headers", _runtime.installed, _runtime.parse_headers, http.client)
        response, connection = http.client.HTTPResponse, http.client.HTTPConnection
        if _begin.INIT is not _begin.stdlib_init:
            yield (response, "__init__", _begin.INIT, _begin.stdlib_init, http.client)
        if _begin.INSTALLED is not _begin.stdlib_begin:
            yield (response, "begin", _begin.INSTALLED, _begin.stdlib_begin, http.client)
        if _request.INSTALLED is not _request.stdlib_putheader:
            yield (connection, "putheader", _request.INSTALLED, _request.stdlib_putheader, http.client)
        yield (handler, "parse_request", _handler.parse_request, _stdlib.parse_request, http.server)
        for name in _response_probe.NAMES:
            ours, theirs = _response_probe.METHODS.get(name, (None, None))
            found = vars(handler).get(name)
            # A patch of another program is told of, too, where we have nothing for the running version's method.
            if ours is not None or not (found is None or _response_probe.is_stdlib(found)):
                yield (handler, name, ours, theirs, http.server)
        yield (handler, "setup", _response.setup, _ABSENT, http.server)
    if options.nodelay:
        yield (handler, "disable_nagle_algorithm", _stdlib.NODELAY, _ABSENT, http.server)
    if options.strict:
        for name, value in {**_framed.DEFAULTS, "strict": True}.items():
            yield (handler, name, value, _ABSENT, http.server)
        yield (
            handler,
            "handle_one_request",
            _framed.handle_one_request_or_stdlib,
            _stdlib.handle_one_request,
            http.server,
        )


def _put(patch: "_Patch") -> None:
    owner, name, ours, original, module = patch
    found = vars(owner).get(name, _ABSENT)
    if found is ours:
        return
    if original is not _ABSENT and (found is not original or getattr(found, "__globals__", None) is not vars(module)):
        warnings.warn(
            f"{owner.__name__}.{name} has been patched by {getattr(found, '__module__', found)!r}; "
            "fasthdr leaves it as it is",
            RuntimeWarning,
            stacklevel=4,
        )
        return
    if original is _ABSENT and found is not _ABSENT:
        return  # the program's own choice
    theirs = getattr(owner, name, None)  # its own, or what it inherits
    if hasattr(theirs, "__code__"):
        like(ours, theirs)
    _done.append((owner, name, found, ours))
    setattr(owner, name, ours)
