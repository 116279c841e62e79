# SPDX-License-Identifier: MIT
"""install() and uninstall(): the core in the place of the stdlib's own functions."""

import http.client
import warnings
from _thread import RLock
from _weakref import ref
from types import SimpleNamespace

from fasthdr._api import PURE
from fasthdr._stdlib.probe import like
from fasthdr._strict import gateways

# Neither typing nor threading, weakref and __future__, and no named tuple: each takes longer than all that is here.
TYPE_CHECKING = False
if TYPE_CHECKING or not PURE:
    from fasthdr._core.reader import _reader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Literal

    from typing_extensions import Self


class _Patch:
    """What is to stand in the place of the standard library's own.

    original: what stands there unpatched, or _ABSENT. module: of which the original is a function.
    strict: without it, no request is strict.
    """

    def __init__(
        self, owner: "Any", name: str, ours: "Any", original: "Any", module: "Any" = None, strict: bool = False
    ) -> None:
        self.owner, self.name, self.ours, self.original = owner, name, ours, original
        self.module, self.strict = module, strict


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
    strict: bool = False,
    framed_body: bool = False,
    on_unsupported: "Literal['warn', 'raise']" = "warn",
) -> Installation:
    """Put the core behind http.client's parse_headers() and HTTPResponse, and http.server's BaseHTTPRequestHandler.

    Where no core runs (fasthdr.IMPLEMENTATION is 'python'), the first two stay the standard library's own.

    exact_type: messages are of exactly http.client.HTTPMessage, not of its subclass (costs a few times as much).
    nodelay: BaseHTTPRequestHandler sets TCP_NODELAY, without which a persistent connection waits 40 ms a response.
    strict, framed_body: handler classes have these on, as docs/strict.md describes them, unless a class says otherwise.
        rfile gives the bytes of the wire, as in the standard library, checked, and ends where the body ends.
    on_unsupported: what happens when a handler class turns out to read its requests by itself, so that they cannot be
        strict: a RuntimeWarning, or an UnsupportedHandler exception in place of the request.

    Idempotent: a second call only changes the options. What another program has patched is left to it, with a
    RuntimeWarning. Returns a context manager: `with fasthdr.install(): ...` installs for the block, nests, and may be
    used from several threads (the patch itself is the process's; it ends with the last of them).

    Raises ValueError for another on_unsupported, and UnsupportedHandler if strict or framed_body cannot be put in place
    and on_unsupported is "raise".
    """
    if on_unsupported not in ("warn", "raise"):
        raise ValueError(f"on_unsupported must be 'warn' or 'raise', not {on_unsupported!r}")
    options = SimpleNamespace(
        exact_type=exact_type,
        nodelay=nodelay,
        strict=strict,
        framed_body=framed_body,
        on_unsupported=on_unsupported,
    )
    with _lock:
        new = Installation(options)
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
    return http.client.parse_headers is _reader.installed


def _options() -> "SimpleNamespace | None":
    """Those of the innermost installation."""
    return _contexts[-1]._options if _contexts else _plain[-1][1] if _plain else None


def _apply() -> None:
    """Make the stdlib what the innermost installation asks for."""
    options = _options()
    patches = {} if options is None else {(patch.owner, patch.name): patch for patch in _patches(options)}
    for entry in reversed(_done[:]):
        owner, name, before, ours = entry
        patch = patches.get((owner, name))
        if patch is not None and patch.ours is ours:
            continue
        _done.remove(entry)
        if vars(owner).get(name, _ABSENT) is not ours:
            continue  # somebody else's now
        if before is _ABSENT:
            delattr(owner, name)
        else:
            setattr(owner, name, before)
    if options is not None:
        for patch in patches.values():
            _put(patch, options)


def _handler_patches(options: SimpleNamespace) -> "Iterator[_Patch]":
    """What takes the place of methods and attributes of http.server.BaseHTTPRequestHandler."""
    import http.server

    from fasthdr import _server_methods
    from fasthdr._stdlib import server as _stdlib

    handler = http.server.BaseHTTPRequestHandler
    yield _Patch(handler, "setup", _server_methods.setup, _ABSENT)
    yield _Patch(handler, "strict", options.strict, _ABSENT)
    yield _Patch(handler, "framed_body", options.framed_body, _ABSENT)
    yield _Patch(handler, "on_unsupported", options.on_unsupported, _ABSENT)
    if options.nodelay:
        yield _Patch(handler, "disable_nagle_algorithm", _stdlib.NODELAY, _ABSENT)
    for name, (ours, theirs) in _server_methods.METHODS.items():
        yield _Patch(handler, name, ours, theirs, http.server, name in ("parse_request", "handle_one_request"))
    # A patch of another program is told of, too, where we have nothing for the running version's method.
    for name in _server_methods.NAMES - _server_methods.METHODS.keys():
        found = vars(handler).get(name)
        if found is not None and getattr(found, "__globals__", None) is not vars(http.server):
            yield _Patch(handler, name, None, None, http.server)


def _patches(options: SimpleNamespace) -> "Iterator[_Patch]":
    yield from _handler_patches(options)
    if options.strict or options.framed_body:
        import fasthdr.server

        ours = fasthdr.server.BaseHTTPRequestHandler
        yield _Patch(ours, "strict", options.strict, False)
        yield _Patch(ours, "framed_body", options.framed_body, False)
        yield _Patch(ours, "on_unsupported", options.on_unsupported, "warn")
    if options.strict or options.framed_body or gateways.wanted():
        import wsgiref.simple_server

        from fasthdr._strict import environ as _environ

        wsgi = wsgiref.simple_server.WSGIRequestHandler
        yield _Patch(wsgi, "get_environ", _environ.get_environ, _environ.stdlib_get_environ, wsgiref.simple_server)
    if PURE:
        return
    from fasthdr._standins import client_request, client_response

    _reader.exact_type = options.exact_type
    yield _Patch(http.client, "parse_headers", _reader.installed, _reader.parse_headers, http.client)
    response, connection = http.client.HTTPResponse, http.client.HTTPConnection
    if client_response.INIT is not client_response.stdlib_init:
        yield _Patch(response, "__init__", client_response.INIT, client_response.stdlib_init, http.client)
    if client_response.INSTALLED is not client_response.stdlib_begin:
        yield _Patch(response, "begin", client_response.INSTALLED, client_response.stdlib_begin, http.client)
    if client_request.INSTALLED is not client_request.stdlib_putheader:
        yield _Patch(connection, "putheader", client_request.INSTALLED, client_request.stdlib_putheader, http.client)


def _gateways_wanted() -> None:
    with _lock:
        _apply()


gateways.when_wanted(_gateways_wanted)


def patch_copy(module: str, names: "dict[str, Any]") -> None:
    """Put into the classes of a module's second copy, whose names are given, what is in place in the first.

    It cannot be taken back.
    """
    from fasthdr import _server_methods
    from fasthdr._stdlib import server as _stdlib

    options = _options()
    for patch in () if options is None else _patches(options):
        owner = patch.owner
        if getattr(owner, "__module__", None) != module or vars(owner).get(patch.name) is not patch.ours:
            continue
        copy = names[owner.__name__]
        if _is_copy(vars(copy).get(patch.name, _ABSENT), patch.original):
            setattr(copy, patch.name, _server_methods.setup_of(copy) if patch.name == "setup" else patch.ours)
    # An exchange asks of this one whether it is the standard library's.
    copy = names["BaseHTTPRequestHandler"]
    if options is not None and _is_copy(vars(copy).get("handle_expect_100"), _stdlib.handle_expect_100):
        copy.handle_expect_100 = _stdlib.handle_expect_100


def _is_copy(found: "Any", original: "Any") -> bool:
    code = getattr(found, "__code__", None)
    return found is original or (code is not None and code == getattr(original, "__code__", None))


def _put(patch: "_Patch", options: SimpleNamespace) -> None:
    owner, name, original = patch.owner, patch.name, patch.original
    found = vars(owner).get(name, _ABSENT)
    if found is patch.ours:
        return
    if original is _ABSENT or patch.module is None:
        if found is not original:
            return  # the program's own choice
    elif found is not original or getattr(found, "__globals__", None) is not vars(patch.module):
        text = (
            f"{owner.__name__}.{name} has been patched by {getattr(found, '__module__', found)!r}; "
            "fasthdr leaves it as it is"
        )
        if patch.strict and (options.strict or options.framed_body):
            text += ", and requests are not strict"
            if options.on_unsupported == "raise":
                from fasthdr._errors import UnsupportedHandler

                raise UnsupportedHandler(text)
        warnings.warn(text, RuntimeWarning, stacklevel=4)
        return
    theirs = getattr(owner, name, None)  # its own, or what it inherits
    if hasattr(theirs, "__code__"):
        like(patch.ours, theirs)
    _done.append((owner, name, found, patch.ours))
    setattr(owner, name, patch.ours)
