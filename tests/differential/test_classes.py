# SPDX-License-Identifier: MIT
"""Message classes of every kind as `_class` and MessageClass: ours sees of a class what email.parser sees."""

from __future__ import annotations

import abc
import collections.abc
import email.message
import email.policy
import http.client
import http.server
import random
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import pytest

import fasthdr
import fasthdr.client
import fasthdr.server
from tests.differential import observe
from tests.differential.cases import BLOCKS

STDLIB_PARSE = http.client.parse_headers
STDLIB_HANDLER = http.server.BaseHTTPRequestHandler
T = TypeVar("T")
RAISING = email.policy.compat32.clone(raise_on_defect=True)


class Header(Protocol):
    def keys(self) -> Any: ...


class Calls(list):
    """A list that does not store what is appended to it."""

    def append(self, item: Any) -> None:
        super().append(("appended", item))


class CallingMeta(type):
    def __call__(cls, *args: Any, **keywords: Any) -> Any:
        made = super().__call__(*args, **keywords)
        made.called = True
        return made


class ReplacingMeta(type):
    def __call__(cls, *args: Any, **keywords: Any) -> Any:
        return http.client.HTTPMessage(*args, **keywords)


class Meta(type):
    @property
    def get(cls) -> Any:
        return "of the metaclass"


def with_init(act: Callable[[Any], Any]) -> Callable[[type], type]:
    """Return a maker of subclasses whose constructor does something with the message."""

    def make(base: type) -> type:
        def __init__(self: Any, *args: Any, **keywords: Any) -> None:
            made.calls += 1
            super(made, self).__init__(*args, **keywords)
            act(self)

        made: Any = type("Made", (base,), {"__init__": __init__, "calls": 0})
        return made

    return make


def with_members(**members: Any) -> Callable[[type], type]:
    return lambda base: type("Made", (base,), dict(members))


def setting(**attributes: Any) -> Callable[[type], type]:
    return with_init(lambda self: [setattr(self, name, value) for name, value in attributes.items()])


def old_style(base: type) -> type:
    class Made(base):  # type: ignore[misc, valid-type]
        calls: ClassVar[list[Any]] = []

        def __init__(self) -> None:
            self.calls.append(None)
            super().__init__()

    return Made


def old_style_with_a_payload(base: type) -> type:
    class Made(old_style(base)):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self._payload = "x"

    return Made


def fails_at(number: int, error: type[Exception]) -> Callable[[type], type]:
    """Return a maker of subclasses whose constructor raises at its first or second call."""

    def make(base: type) -> type:
        class Made(base):  # type: ignore[misc, valid-type]
            calls: ClassVar[list[Any]] = []

            def __init__(self, **keywords: Any) -> None:
                self.calls.append(sorted(keywords))
                if len(self.calls) == number:
                    raise error("no")
                super().__init__(**keywords)

        return Made

    return make


def other_policy(policy: Any) -> Callable[[type], type]:
    def make(base: type) -> type:
        class Made(base):  # type: ignore[misc, valid-type]
            def __init__(self, policy: Any = policy) -> None:
                super().__init__(policy=OTHER)

        OTHER = policy
        return Made

    return make


def new_of_another(base: type) -> type:
    class Made(base):  # type: ignore[misc, valid-type]
        def __new__(cls, *args: Any, **keywords: Any) -> Any:
            return email.message.Message(*args, **keywords)

    return Made


def finalised(base: type) -> type:
    class Made(base):  # type: ignore[misc, valid-type]
        calls: ClassVar[list[Any]] = []

        def __del__(self) -> None:
            self.calls.append(len(self._headers))

    return Made


def counting(name: str) -> Callable[[type], type]:
    """Return a maker of subclasses that record the calls of one method."""

    def make(base: type) -> type:
        def method(self: Any, *args: Any, **keywords: Any) -> Any:
            made.calls.append((name, args, keywords))
            return getattr(super(made, self), name)(*args, **keywords)

        made: Any = type("Made", (base,), {name: method, "calls": []})
        return made

    return make


def new_class(self: Any) -> None:
    self.__class__ = type(
        "Other", (type(self),), {"set_raw": lambda self, name, value: self._headers.append((value, name))}
    )


CLASSES: dict[str, Callable[[type], type]] = {
    "nothing": with_members(),
    "ABCMeta": lambda base: abc.ABCMeta("Made", (base,), {}),
    "Mapping": lambda base: type(collections.abc.Mapping)("Made", (base, collections.abc.Mapping), {}),
    "Protocol": lambda base: type(Header)("Made", (base, Header), {}),
    "Generic": lambda base: _generic(base),
    "a metaclass that calls": lambda base: CallingMeta("Made", (base,), {}),
    "a metaclass that replaces": lambda base: ReplacingMeta("Made", (base,), {}),
    "a metaclass with get": lambda base: Meta("Made", (base,), {}),
    "slots": with_members(__slots__=("extra",)),
    "slots of the message": lambda base: type("Made", (base,), {"__slots__": ("epilogue", "preamble")}),
    "__getattr__": with_members(__getattr__=lambda self, name: 5),
    "__del__": finalised,
    "__new__ of another": new_of_another,
    "old style": old_style,
    "old style, payload": old_style_with_a_payload,
    "TypeError at first": fails_at(1, TypeError),
    "TypeError at second": fails_at(2, TypeError),
    "ValueError at first": fails_at(1, ValueError),
    "ValueError at second": fails_at(2, ValueError),
    "init": with_init(lambda self: None),
    "init, status": setting(status="", type="x"),
    "init, raise_on_defect": setting(policy=RAISING),
    "policy with raise_on_defect": other_policy(RAISING),
    "email.policy.default": other_policy(email.policy.default),
    "init, default type text": with_init(lambda self: self.set_default_type("text/html")),
    "init, default type multipart": with_init(lambda self: self.set_default_type("multipart/mixed")),
    "init, default type message": with_init(lambda self: self.set_default_type("message/rfc822")),
    "init, a header": with_init(lambda self: self.add_header("X-Init", "1")),
    "init, Content-Type multipart": with_init(lambda self: self.set_raw("Content-Type", "multipart/mixed; boundary=q")),
    "init, Content-Type message": with_init(lambda self: self.set_raw("Content-Type", "message/rfc822")),
    "init, set_raw": with_init(lambda self: setattr(self, "set_raw", lambda *pair: self._headers.append(pair[::-1]))),
    "init, set_payload": setting(set_payload=lambda payload: None),
    "init, get_content_type": setting(get_content_type=lambda: "multipart/mixed"),
    "init, get_content_maintype": setting(get_content_maintype=lambda: "message"),
    "init, get": setting(get=lambda name, failobj=None: "multipart/mixed; boundary=z"),
    "init, is_multipart": setting(is_multipart=lambda: True),
    "init, get_boundary": setting(get_boundary=lambda: None),
    "init, another list": with_init(lambda self: setattr(self, "_headers", Calls())),
    "init, a tuple": setting(_headers=()),
    "init, defects": with_init(lambda self: setattr(self, "defects", Calls())),
    "init, a defect": with_init(lambda self: self.defects.append(email.errors.MessageDefect("x"))),
    "init, no defects": with_init(lambda self: delattr(self, "defects")),
    "init, payload": setting(_payload="x", preamble="y", epilogue="z", _unixfrom="From", _charset=5),
    "init, __class__": with_init(new_class),
    "get_default_type": with_members(get_default_type=lambda self: "multipart/mixed"),
    "get_default_type, message": with_members(get_default_type=lambda self: "message/rfc822"),
    "get_default_type and init": lambda base: with_init(lambda self: None)(
        type("Base", (base,), {"get_default_type": lambda self: "multipart/mixed"})
    ),
    "get_boundary": counting("get_boundary"),
    "get_content_type": counting("get_content_type"),
    "set_raw": counting("set_raw"),
    "set_payload": counting("set_payload"),
    "get_param": counting("get_param"),
    "attach": counting("attach"),
    "epilogue": with_members(epilogue=property(lambda self: "mine", lambda self, v: vars(self).update(kept=v))),
    "defects": with_members(defects=property(lambda self: vars(self).setdefault("kept", Calls()), lambda *_: None)),
    "_headers": with_members(_headers=()),
    "_payload": with_members(_payload="x"),
    "policy": with_members(policy=property(lambda self: RAISING, lambda self, value: None)),
    "__len__": with_members(__len__=lambda self: 0),
    "__setattr__": counting("__setattr__"),
    "no message": lambda base: type("Made", (dict,), {}),
}  # fmt: skip
NAMES = (
    """
empty|nothing at all|curl|duplicates|obs-fold|no colon|empty name|From line first|text|content-type empty
multipart/form-data|multipart, boundary empty|multipart, boundary quoted|multipart without boundary
multipart, bad encoding|multipart, no slash|multipart/digest|multipart, second field
multipart and an unclean block|multipart, hostile charset
message/rfc822|message/delivery-status|message, NEL before|101 fields|bare CR in a value
""".strip()
    .replace("\n", "|")
    .split("|")
)


def _generic(base: type) -> type:
    class Made(base, Generic[T]):  # type: ignore[misc, valid-type]
        pass

    return Made


def seen(parse: Callable[..., Any], block: bytes, make: Callable[[type], type], base: type) -> Any:
    """Return the message, its class, what its constructor and methods have recorded, and what is left in the file."""
    cls: Any = make(base)
    file = observe.READERS["BufferedReader"](block)
    random.seed(0)  # for the boundary that as_string() chooses
    found = observe.outcome(lambda: parse(file, _class=cls))
    if isinstance(found, tuple) and found[0] == "RecursionError":
        return found[0], observe.rest(file)  # the text and the depth depend on the stack
    noted = repr(getattr(cls, "calls", None)) if "calls" in vars(cls) else None
    if isinstance(found, email.message.Message):
        state = {name: value for name, value in vars(found).items() if not callable(value) and name != "_payload"}
        found = observe.outcome(lambda: observe.message(found)), type(found) is cls, type(found).__name__, repr(state)
    return found, re.sub(" at 0x[0-9a-f]+", "", noted or ""), observe.rest(file)


@pytest.fixture(autouse=True)
def _shallow() -> Iterator[None]:
    """Let messages that contain themselves fail soon: some classes say that each message has another one in it."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(400)
    yield
    sys.setrecursionlimit(limit)


@pytest.mark.parametrize("name", CLASSES)
def test_classes(name: str) -> None:
    """Subclasses of http.client's message and of email's."""
    for base in (http.client.HTTPMessage, email.message.Message):
        expected = {block: seen(STDLIB_PARSE, BLOCKS[block], CLASSES[name], base) for block in NAMES}
        for block in NAMES:
            assert seen(fasthdr.client.parse_headers, BLOCKS[block], CLASSES[name], base) == expected[block], block
        with fasthdr.install():
            for block in NAMES:
                assert seen(http.client.parse_headers, BLOCKS[block], CLASSES[name], base) == expected[block], block


@pytest.mark.parametrize("name", CLASSES)
def test_subclasses_of_ours(name: str) -> None:
    """They give what the stdlib's parser makes of them: it calls the same methods on a class of ours."""
    for block in NAMES:
        theirs, ours = (
            seen(parse, BLOCKS[block], CLASSES[name], fasthdr.client.HTTPMessage)
            for parse in (STDLIB_PARSE, fasthdr.client.parse_headers)
        )
        assert ours == theirs, block


@pytest.mark.parametrize("name", CLASSES)
def test_message_classes_of_handlers(name: str) -> None:
    for block in ("curl", "connection close", "connection keep-alive", "expect", "multipart/form-data", "text"):
        results = []
        for base in (STDLIB_HANDLER, fasthdr.server.BaseHTTPRequestHandler):
            handler = type(
                "Handler", (observe.Recording, base), {"MessageClass": CLASSES[name](http.client.HTTPMessage)}
            )(observe.READERS["BufferedReader"](b"GET / HTTP/1.1\r\n" + BLOCKS[block] + b"GET /2 HTTP/1.0\r\n\r\n"))
            handler.answer = lambda: None
            returned = observe.outcome(handler.handle)
            if isinstance(returned, tuple) and returned[0] == "RecursionError":
                returned = returned[0]
            events = [event[:2] for event in handler.events]
            results.append(
                (returned, events, handler.wfile.getvalue(), handler.close_connection, observe.rest(handler.rfile))
            )
        assert results[0] == results[1]


def test_a_class_that_changes() -> None:
    """What is cached about a class is valid as long as the class does not change."""
    for parse in (fasthdr.client.parse_headers, STDLIB_PARSE):
        cls: Any = type("Made", (http.client.HTTPMessage,), {})
        block = BLOCKS["curl"]
        for _ in range(3):
            assert observe.parsed(parse, block, observe.READERS["BytesIO"], _class=cls)[0]["len"] == 3
        cls.set_raw = lambda self, name, value: self._headers.append((name.upper(), "changed"))
        assert observe.parsed(parse, block, observe.READERS["BytesIO"], _class=cls)[0]["items"][0] == (
            "HOST",
            "changed",
        )
        del cls.set_raw
        assert observe.parsed(parse, block, observe.READERS["BytesIO"], _class=cls)[0]["items"][0][0] == "Host"


def test_more_classes_than_are_remembered() -> None:
    classes = [
        make(http.client.HTTPMessage) for make in (with_members(), old_style, counting("set_raw")) for _ in range(40)
    ]
    for _ in range(3):
        for cls in classes:
            message = fasthdr.client.parse_headers(observe.READERS["BytesIO"](BLOCKS["curl"]), cls)
            assert type(message) is cls
            assert len(message) == 3
    assert len(classes[-1].calls) == 9  # type: ignore[attr-defined]


def test_plain_classes_are_filled_by_the_core() -> None:
    """The core also fills one whose constructor sets attributes that the parser does not know."""
    for name in ("nothing", "ABCMeta", "Mapping", "Protocol", "Generic", "slots", "old style", "init", "init, status"):
        fasthdr.collect_stats()
        fasthdr.client.parse_headers(observe.READERS["BytesIO"](BLOCKS["curl"]), CLASSES[name](http.client.HTTPMessage))
        assert fasthdr.stats() == {"core": 1}, name
