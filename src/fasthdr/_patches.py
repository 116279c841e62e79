# SPDX-License-Identifier: MIT
"""What install() may be asked for, and what it replaces in the standard library, module by module."""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType, SimpleNamespace
    from typing import Any

ABSENT = object()
ANY = object()


def check(options: "dict[str, Any]") -> None:
    """Raise TypeError or ValueError for an option of install() that it does not accept.

    A value that a program may take for True, but that is not True, would switch nothing on.
    """
    for name in "exact_type", "nodelay", "recover", "strict", "framed_body":
        kind = "bool or None" if name in ("strict", "framed_body") else "bool"
        if type(options[name]) is not bool and (options[name] is not None or kind == "bool"):
            raise TypeError(f"{name} must be {kind}, not {options[name]!r}")
    on_unsupported, max_headers = options["on_unsupported"], options["max_headers"]
    if on_unsupported not in (None, "warn", "raise"):
        raise ValueError(f"on_unsupported must be 'warn' or 'raise', not {on_unsupported!r}")
    if max_headers is not None:
        if type(max_headers) is not int:
            raise TypeError(f"max_headers must be int or None, not {type(max_headers).__name__}")
        if max_headers < 1:
            raise ValueError(f"max_headers must be 1 or more, not {max_headers}")


class Patch:
    """An attribute to replace, and its replacement.

    original: the unpatched value; ABSENT; or ANY for whatever is there. module: the module that defines the original
    function. strict: True if no request is strict without this patch. make: makes the replacement for a copy of the
    owner, if each needs its own. is_copy: the owner is such a copy.
    """

    def __init__(
        self,
        owner: "Any",
        name: str,
        ours: "Any",
        original: "Any",
        module: "Any" = None,
        strict: bool = False,
        make: "Callable[[Any], Any] | None" = None,
        is_copy: bool = False,
    ) -> None:
        self.owner, self.name, self.ours, self.original = owner, name, ours, original
        self.module, self.strict, self.make, self.is_copy = module, strict, make, is_copy


def load(name: str) -> None:
    """Import what the patches of a module need. The caller must hold no lock, because imports take their own locks."""
    if name == "http.client":
        from fasthdr._api import CLIENT_PATCHES, set_exact_type  # noqa: F401
        from fasthdr._stdlib import client  # noqa: F401
    elif name == "http.server":
        from fasthdr import _server_methods  # noqa: F401
        from fasthdr._strict import environ_patch
    elif name == "wsgiref.simple_server":
        from fasthdr._strict import environ, environ_patch  # noqa: F401


# These functions get the module as an argument and do not import it. Their caller holds a lock, and another thread may
# be importing the module and waiting for that lock: an import here would wait for that thread, and both would hang.


def _client(module: "Any", response: "Any", options: "SimpleNamespace") -> "Iterator[Patch]":
    """Yield the patches for http.client: its functions, the methods of its classes, and its limit."""
    from fasthdr._api import CLIENT_PATCHES, recovering_begin
    from fasthdr._stdlib.client import stdlib_begin

    if options.max_headers is not None:
        yield Patch(module, "_MAXHEADERS", options.max_headers, ANY)
    if options.recover:
        yield Patch(response, "begin", recovering_begin(), stdlib_begin, module)
    for owner, name, ours, theirs in CLIENT_PATCHES:
        if options.recover and name == "begin":
            continue
        if ours is not theirs:
            yield Patch(owner, name, ours, theirs, module)
        else:
            yield from _of_others(owner, name, module)


def _of_others(owner: "Any", name: str, module: "Any") -> "Iterator[Patch]":
    """Yield a patch that only warns, if another program has replaced a method that fasthdr leaves alone here."""
    from fasthdr._stdlib.functions import is_original

    found = vars(owner).get(name)
    if found is not None and not is_original(found, module):
        yield Patch(owner, name, None, None, module)


def _server(module: "Any", handler: "Any", options: "SimpleNamespace") -> "Iterator[Patch]":
    """Yield the patches for methods and attributes of http.server.BaseHTTPRequestHandler."""
    from fasthdr import _server_methods

    # First what the methods read: another thread may call them at any time.
    yield Patch(handler, "strict", options.strict, ABSENT)
    yield Patch(handler, "framed_body", options.framed_body, ABSENT)
    yield Patch(handler, "on_unsupported", options.on_unsupported, ABSENT)
    yield Patch(handler, "setup", _server_methods.setup, ABSENT, make=_server_methods.setup_of)
    if options.nodelay:
        yield Patch(handler, "disable_nagle_algorithm", _server_methods.NODELAY, ABSENT)
    for name, (ours, theirs) in _server_methods.METHODS.items():
        yield Patch(handler, name, ours, theirs, module, name in ("parse_request", "handle_one_request"))
    for name in _server_methods.NAMES - _server_methods.METHODS.keys():
        yield from _of_others(handler, name, module)


def _our_server(_: "Any", ours: "Any", options: "SimpleNamespace") -> "Iterator[Patch]":
    """Yield the patches for the handlers of fasthdr.server."""
    if options.strict or options.framed_body:
        yield Patch(ours, "strict", options.strict, False)
        yield Patch(ours, "framed_body", options.framed_body, False)
    if options.strict or options.framed_body or options.on_unsupported != "warn":  # a class may be strict by itself
        yield Patch(ours, "on_unsupported", options.on_unsupported, "warn")


def _gateway(module: "Any", wsgi: "Any", options: "SimpleNamespace") -> "Iterator[Patch]":
    """Yield the patch for the method of wsgiref's handler that makes an environ."""
    from fasthdr._strict import environ_patch

    if options.strict or options.framed_body or environ_patch.is_needed():
        from fasthdr._strict import environ as _environ

        yield Patch(wsgi, "get_environ", _environ.get_environ, _environ.stdlib_get_environ, module)


# The modules to patch, and the class in each that is patched.
CLASSES = {
    "socketserver": "StreamRequestHandler",  # of which handler classes are made: it looks for copies of them (_copies)
    "http.client": "HTTPResponse",
    "http.server": "BaseHTTPRequestHandler",
    "fasthdr.server": "BaseHTTPRequestHandler",
    "wsgiref.simple_server": "WSGIRequestHandler",
}
# The method by which the class of a module, or of a copy of it, is recognised.
MARKS = {
    "socketserver": "setup",
    "http.server": "parse_request",
    "fasthdr.server": "parse_request",
    "wsgiref.simple_server": "get_environ",
}
# The order matters: the patches of a module may need those before them.
BY_MODULE: "dict[str, Callable[[Any, Any, SimpleNamespace], Iterator[Patch]]]" = {
    "http.client": _client,
    "http.server": _server,
    "fasthdr.server": _our_server,
    "wsgiref.simple_server": _gateway,
}


def first_module(name: str) -> "ModuleType | None":
    """Return the module to patch first: the one that `import a.b` gives fasthdr's own modules.

    Its copies follow: eventlet puts one into the package, but not into sys.modules. None if a program has put something
    else there for the module or its class.
    """
    module: Any = sys.modules[name]
    package, _, last = name.rpartition(".")
    names = getattr(sys.modules.get(package), "__dict__", {})
    if module is not None and package in sys.modules and last not in names:
        setattr(sys.modules[package], last, module)  # an import would have done this, and fasthdr's modules need it
    for each in names.get(last), module:
        cls = getattr(each, "__dict__", {}).get(CLASSES[name])
        if cls is not None and (name not in MARKS or (isinstance(cls, type) and MARKS[name] in vars(cls))):
            return each
    return None
