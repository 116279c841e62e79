# SPDX-License-Identifier: MIT
"""Functions and methods: whose they are, which calls they accept, and copies of them with other globals."""

import _socket
import email.iterators
import http.client

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

_FUNCTION: "Any" = type(lambda: None)
_SOCKET = _socket.socket


def signature(function: "Any") -> "tuple[Any, ...] | None":
    """Return what tells which calls a Python function accepts; None for anything else (inspect loads in 10 ms)."""
    if type(function) is not _FUNCTION:
        return None
    code = function.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    kinds = code.co_argcount, code.co_posonlyargcount, code.co_flags & 0xC  # 0xC: *args, **kwargs
    return names, kinds, function.__defaults__, function.__kwdefaults__


def is_original(function: "Any", module: "ModuleType") -> bool:
    """Return whether a function is the original of a module: neither another program's, nor a proxy of the original."""
    return bool(type(function) is _FUNCTION and function.__globals__ is vars(module))


def methods_are_original(cls: type, module: "ModuleType", apart: "frozenset[str]" = frozenset()) -> bool:
    """Return whether all methods in a class's own dict are originals of its module, except those named in `apart`."""
    for name, value in vars(cls).items():
        if name in apart:
            continue
        function: Any = getattr(value, "__func__", None) or getattr(value, "fget", None) or value
        # A callable that is a function neither in Python nor in C is another program's, such as a proxy or a mock.
        if type(function) is _FUNCTION:
            # Message.walk is a function of email.iterators.
            if function.__globals__ is not vars(module) and function.__globals__ is not vars(email.iterators):
                return False
        elif callable(function) and not isinstance(function, type) and type(function).__module__ != "builtins":
            return False
    return True


def has_c_methods(cls: type, name: str) -> bool:
    """Return whether a class of sockets has this method and fileno() from _socket, written in C.

    gevent's and eventlet's classes have their own. Those of eventlet have no fileno() at all: each instance has one.
    """
    return getattr(cls, name, None) is getattr(_SOCKET, name) and getattr(cls, "fileno", None) is _SOCKET.fileno


def describe(found: "Any") -> str:
    """Describe what has replaced a function: its type, and where its code is. A proxy fakes everything else."""
    kind = type(found)
    wrapper: Any = found if kind is _FUNCTION else getattr(found, "_self_wrapper", None)  # wrapt's
    where = ""
    if type(wrapper) is _FUNCTION:
        where = f" ({wrapper.__code__.co_filename}, line {wrapper.__code__.co_firstlineno})"
    name = found.__globals__.get("__name__") if kind is _FUNCTION else f"{kind.__module__}.{kind.__qualname__}"
    return f"{name!r}{where}"


class ClientGlobals(dict):  # type: ignore[type-arg]
    """Look names up in the current globals of http.client, except for some names of our own."""

    def __missing__(self, name: str) -> "Any":
        return vars(http.client)[name]


def with_globals(function: "Any", names: "dict[str, Any]") -> "Any":
    """Return a copy of a Python function with other globals."""
    copy = type(function)(function.__code__, names, function.__name__, function.__defaults__, function.__closure__)
    copy.__kwdefaults__ = function.__kwdefaults__
    copy.__qualname__, copy.__doc__ = function.__qualname__, function.__doc__
    return copy


def imitate(ours: "Any", theirs: "Any") -> "Any":
    """Make our function look like the stdlib's that it replaces, which has no annotations. Returns ours."""
    for name in ("__module__", "__name__", "__qualname__", "__doc__"):
        setattr(ours, name, getattr(theirs, name))
    ours.__annotations__ = {}
    vars(ours).pop("__wrapped__", None)
    return ours
