# SPDX-License-Identifier: MIT
"""Whether a program has replaced any part of what http.client.parse_headers() and its messages use.

The core does the work of the stdlib's own parts. If one of them has been replaced, the stdlib's code runs instead, with
the replacement. The core checks here again after each change of one of these modules or classes.
"""

import email
import email.feedparser
import email.message
import email.parser
import http.client
import sys
import types

from fasthdr._stdlib.message_class import AFTERWARDS, COMPAT32

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_MESSAGE: "Any" = http.client.HTTPMessage
_POLICY: "Any" = type(COMPAT32)
_MODULES = email.parser, email.feedparser
_feed: "Any" = email.feedparser
_PARSERS = email.parser.Parser, _feed.FeedParser, _feed.BufferedSubFile
_CLASSES = *_PARSERS, _POLICY
_OWN = "__reduce_ex__", "__new__", "__doc__", "__init__", "__getattribute__", "__setattr__", "__delattr__"
_HOOKS = (
    "__init__", "__new__", "__setattr__", "__getattribute__", "set_raw", "set_payload", "set_default_type", "attach",
    "get_content_maintype", "get_boundary", "get_param", "get_params",
    "_get_params_preserve", "is_multipart", "set_unixfrom",
)  # fmt: skip
_CALLED = "_read_headers", "_parse_header_lines", "email"  # names of http.client
_ABSENT = object()


def _of_messages(names: tuple[str, ...]) -> "Iterator[tuple[str, Any]]":
    """Yield what messages have under these names: http.client's class, which may inherit them, and email's class."""
    for name in names:
        for cls in (_MESSAGE, email.message.Message):
            yield name, getattr(cls, name, _ABSENT)


def _of_modules() -> "Iterator[tuple[str, Any]]":
    yield "email.parser", vars(email).get("parser")
    yield "email.feedparser", vars(email).get("feedparser")
    for module in _MODULES:
        prefix = module.__name__ + "."
        yield from ((prefix + name, vars(module).get(name, _ABSENT)) for name in _NAMES[module.__name__])
    for cls in _CLASSES:
        # Without __slotnames__ and the like, which copy.copy() sets.
        prefix = cls.__qualname__ + "."
        yield from ((prefix + name, value) for name, value in vars(cls).items() if name[:2] != "__" or callable(value))


def _is_original(value: "Any") -> bool:
    """Return whether a function belongs to the module that it names, as far as can be seen."""
    function = getattr(value, "__func__", value)
    if type(function) is not types.FunctionType:
        return not hasattr(function, "__globals__")  # a proxy of a function has them
    module = function.__globals__.get("__name__")
    return module in ("email.parser", "email.feedparser", "email.message", "email._policybase", "http.client") and (
        function.__globals__ is vars(sys.modules[module])
    )


def _found(methods: tuple[str, ...]) -> bool:
    """Return whether nothing had been replaced before this module was imported."""
    return (
        all(cls.__module__ in ("email.parser", "email.feedparser") for cls in _PARSERS)
        and email.parser.FeedParser is _feed.FeedParser
        and all(_is_original(value) for cls in _CLASSES for value in vars(cls).values())
        and all(_is_original(value) for name, value in _of_messages((*methods, *_HOOKS)))
        and all(_is_original(vars(http.client).get(name)) for name in _CALLED)
    )


# Without __file__ and the like, which test runners and freezers set.
_NAMES = {module.__name__: tuple(name for name in vars(module) if name[:2] != "__") for module in _MODULES}
_HOOKS_FOUND = list(_of_messages(_HOOKS))
_PARTS_FOUND = list(_of_modules())
# What is watched: these dicts and types, and the functions that are called in http.client.
WATCHED = (*_CLASSES, vars(email), *map(vars, _MODULES))
CALLED = {name: vars(http.client).get(name) for name in _CALLED}


def _same(found: "list[tuple[str, Any]]", now: "Iterator[tuple[str, Any]]") -> bool:
    current = list(now)
    return len(current) == len(found) and all(
        name == other and value is before for (name, value), (other, before) in zip(current, found, strict=True)
    )


def replaced() -> "tuple[str, Any]":
    """Return the name of the first part that another program has replaced, and its replacement; or ("", None)."""
    for name, before in CALLED.items():
        now = vars(http.client).get(name)
        if now is not before or not _is_original(now):
            return f"http.client.{name}", now
    messages = [(f"HTTPMessage.{name}", value) for name, value in _of_messages(_HOOKS)]
    hooks = [(f"HTTPMessage.{name}", value) for name, value in _HOOKS_FOUND]
    for (name, before), (other, now) in zip([*_PARTS_FOUND, *hooks], [*_of_modules(), *messages], strict=False):
        if other != name or now is not before:
            return other, now
    return "", None


class Parts:
    """The parts as they were at import. table: the base of our own messages, which implements some methods."""

    def __init__(self, table: type) -> None:
        # The methods of messages that the table implements or a gateway calls, and those that the parser calls.
        implemented = [name for name in vars(table) if callable(getattr(_MESSAGE, name, None))]
        self._methods = tuple(sorted({*implemented, "get_content_type", "get_default_type"} - {*_OWN}))
        self._reading = tuple(name for name in self._methods if name not in AFTERWARDS)
        self._methods_found = list(_of_messages(self._methods))
        self._reading_found = list(_of_messages(self._reading))
        self._reading_is_original = _found(self._reading)
        self._methods_are_original = self._reading_is_original and all(
            _is_original(value) for _, value in self._methods_found
        )

    def are_as_found(self, methods: bool) -> bool:
        """Return whether everything that reads a head is the stdlib's own; methods: also what the table implements."""
        if methods:
            return self._methods_are_original and _same(self._methods_found, _of_messages(self._methods))
        return (
            self._reading_is_original
            and _same(self._reading_found, _of_messages(self._reading))
            and _same(_HOOKS_FOUND, _of_messages(_HOOKS))
            and _same(_PARTS_FOUND, _of_modules())
        )
