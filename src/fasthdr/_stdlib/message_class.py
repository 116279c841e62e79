# SPDX-License-Identifier: MIT
"""Messages of a program's own classes: which of them the core may fill, and how. email.parser makes the others.

email.feedparser calls the class twice: the first message is only a trial, and it asks the second one what kind of
content it has. This module finds out what a class or its constructor changes about that.
"""

import email.errors
import email.message
import email.parser
import functools
import http.client
from email.message import Message

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

COMPAT32: "Any" = email.message.compat32  # type: ignore[attr-defined]  # the policy of every message
# What Message.__init__ stores, apart from the list of pairs, the defects and the policy.
_INITIAL = {
    "_unixfrom": None,
    "_payload": None,
    "_charset": None,
    "preamble": None,
    "epilogue": None,
    "_default_type": "text/plain",
}
_METHODS = frozenset(dir(http.client.HTTPMessage))
# The methods with which email.feedparser builds a message. If a class changes one, the core leaves its messages to
# email.feedparser.
_HOOKS = (
    "set_raw", "set_payload", "get", "get_content_type", "get_content_maintype", "is_multipart",
)  # fmt: skip

# Methods that nothing calls while a head is read. Programs call them on the finished message.
AFTERWARDS = frozenset({"__getitem__", "get_all", "items", "keys", "raw_items", "values"})


# Kinds of classes: for email.parser; for the core to fill, with only Message.__init__; or with another constructor.
FOREIGN, FILLED, OWN = range(3)


def kinds(table: "Any") -> "Callable[[Any], int]":
    """Return the function that tells the kind of a class. table: the base of our own messages, with some methods."""
    return functools.partial(_kind, table)


def _kind(table: "Any", cls: "Any") -> int:
    if not issubclass(cls, Message):
        return FOREIGN
    base: Any = table if issubclass(cls, table) else None
    if any(getattr(cls, name) is not getattr(base if name == "get" and base else Message, name) for name in _HOOKS):
        return FOREIGN
    if cls.__setattr__ is not object.__setattr__ or cls.__getattribute__ is not object.__getattribute__:
        return FOREIGN
    if base is not None:
        if cls._headers is not base._headers:
            return FOREIGN
    elif hasattr(cls, "_headers") or hasattr(cls, "_payload"):
        return FOREIGN
    plain = (
        cls.__init__ is Message.__init__
        and cls.__new__ is (object.__new__ if base is None else base.__new__)
        and type(cls).__call__ is type.__call__
        and not hasattr(cls, "__del__")
    )
    return FILLED if plain else OWN


def _is_empty_list(value: object) -> bool:
    return type(value) is list and not value


def _as_made(message: "Any", cls: "Any") -> bool:
    """Return whether a message is as Message.__init__ leaves it, in everything that email.feedparser can see."""
    state = vars(message)
    return (
        type(message) is cls
        and getattr(message, "policy", None) is COMPAT32
        and _is_empty_list(getattr(message, "_headers", None))
        and _is_empty_list(getattr(message, "defects", None))
        and all(name in state and state[name] == value for name, value in _INITIAL.items())
        and _METHODS.isdisjoint(state)
    )


def _parsed(message: "Any", old_style: bool, cls: "Any", data: bytes) -> "Any":
    """Return what email.parser makes of the block, with the message that has been made already."""
    tried = made = False

    def factory(**keywords: "Any") -> "Any":
        nonlocal tried, made
        if not tried:
            tried = True
            if old_style:
                raise TypeError
            return None
        if not made:
            made = True
            return message
        return cls(**keywords)  # for a message within this one

    return email.parser.Parser(_class=factory).parsestr(data.decode("iso-8859-1"))


def fill_class(cls: "Any", own: bool, pairs: list[tuple[str, str]], data: bytes, typed: bool) -> "tuple[Any, bool]":
    """Return a message of cls with the pairs of the block `data`, and whether email.parser has finished it.

    own: the class has a different constructor. typed: the block has a Content-Type.
    """
    old_style = False
    if own:
        try:
            cls(policy=COMPAT32)
        except TypeError:
            old_style = True
    message = cls() if old_style else cls(policy=COMPAT32)
    if own and not _as_made(message, cls):
        return _parsed(message, old_style, cls, data), True
    if (
        not typed
        and cls.get_default_type is not Message.get_default_type
        and message.get_content_maintype() in ("multipart", "message")
    ):
        return _parsed(message, old_style, cls, data), True
    message._headers.extend(pairs)
    message._payload = ""
    return message, False


def finish_multipart(message: http.client.HTTPMessage) -> bool:
    """Add what email.feedparser adds to a multipart/* message that ends with its headers; False for message/*.

    The defects are passed to the parser's policy, whatever the message's policy is.
    """
    maintype = message.get_content_maintype()
    if maintype != "multipart":
        return maintype != "message"
    if message.get_boundary() is None:
        COMPAT32.handle_defect(message, email.errors.NoBoundaryInMultipartDefect())
    else:
        encoding = str(message.get("content-transfer-encoding", "8bit")).lower()
        if encoding not in ("7bit", "8bit", "binary"):
            COMPAT32.handle_defect(message, email.errors.InvalidMultipartContentTransferEncodingDefect())
        COMPAT32.handle_defect(message, email.errors.StartBoundaryNotFoundDefect())
        message.epilogue = ""
    COMPAT32.handle_defect(message, email.errors.MultipartInvariantViolationDefect())
    return True


def fill(message: "Any", pairs: list[tuple[str, str]]) -> None:
    """Store what Message.__init__ and the parser would. This is faster in Python, through the interpreter's caches."""
    message.policy = COMPAT32
    message._headers = pairs
    message._unixfrom = None
    message._payload = ""
    message._charset = None
    message.preamble = message.epilogue = None
    message.defects = []
    message._default_type = "text/plain"


def multipart_defects() -> list[email.errors.MessageDefect]:
    """Return the defects of a well-formed multipart/* message that ends with its headers."""
    return [email.errors.StartBoundaryNotFoundDefect(), email.errors.MultipartInvariantViolationDefect()]
