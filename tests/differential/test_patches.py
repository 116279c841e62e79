# SPDX-License-Identifier: MIT
"""Programs that replace the parts that http.client.parse_headers() is made of."""

from __future__ import annotations

import email.feedparser
import email.message
import email.parser
import email.policy
import http.client
import http.server
import io
import re
import subprocess
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

import fasthdr
import fasthdr.client
import fasthdr.server
import fasthdr.simple_server
from tests.differential import gateways, observe
from tests.differential.cases import BLOCKS

# The first response of a process decides how all responses are read; a method that is patched at that moment stays the
# stdlib's. So the first response is made here, before any patch.
fasthdr.client.HTTPResponse(SimpleNamespace(makefile=lambda mode: None))

STDLIB_PARSE = http.client.parse_headers
STDLIB_HANDLER = http.server.BaseHTTPRequestHandler
MESSAGE: Any = http.client.HTTPMessage
BASE: Any = email.message.Message
FEED: Any = email.feedparser
NAMES = (
    "curl",
    "duplicates",
    "multipart/form-data",
    "multipart, boundary quoted",
    "no colon",
    "connection close",
    "obs-fold",
)


def upper(function: Any) -> Any:
    """Return a method that gives the results of `function` in upper case."""

    def patched(*args: Any, **keywords: Any) -> Any:
        result = function(*args, **keywords)
        if isinstance(result, str):
            return result.upper()
        if isinstance(result, (list, type(iter([])))):
            return [value.upper() if isinstance(value, str) else value[::-1] for value in result]
        return result

    return patched


class Parser(email.parser.Parser):
    def parsestr(self, text: str, headersonly: bool = False) -> Any:
        return super().parsestr(text.replace("a", "A"), headersonly)


def parsestr(self: Any, text: str, headersonly: bool = False) -> Any:
    return self.parse(io.StringIO(text.replace("o", "0")), headersonly)


def read_headers(*args: Any) -> list[bytes]:
    return [line.replace(b"e", b"E") for line in READ_HEADERS(*args)]


READ_HEADERS = http.client._read_headers  # type: ignore[attr-defined]

PATCHES: dict[str, Callable[[], tuple[Any, str, Any]]] = {
    **{
        f"{cls.__name__}.{name}": lambda cls=cls, name=name: (cls, name, upper(getattr(cls, name)))  # type: ignore[misc]
        for cls in (MESSAGE, BASE)
        for name in ("get", "get_all", "keys", "values", "items", "raw_items", "__getitem__")
    },
    "__contains__": lambda: (MESSAGE, "__contains__", lambda self, name: False),
    "__len__": lambda: (BASE, "__len__", lambda self: 77),
    "set_raw": lambda: (BASE, "set_raw", lambda self, name, value: self._headers.append((name.upper(), value))),
    "set_payload": lambda: (MESSAGE, "set_payload", lambda self, payload: setattr(self, "_payload", "patched")),
    "get_content_maintype": lambda: (BASE, "get_content_maintype", lambda self: "multipart"),
    "get_boundary": lambda: (BASE, "get_boundary", lambda self, failobj=None: None),
    "__setattr__": lambda: (MESSAGE, "__setattr__", lambda self, name, value: vars(self).update({name: value, "x": 1})),
    "_read_headers": lambda: (http.client, "_read_headers", read_headers),
    "Parser": lambda: (email.parser, "Parser", Parser),
    "Parser.parsestr": lambda: (email.parser.Parser, "parsestr", parsestr),
    "FeedParser": lambda: (email.parser, "FeedParser", type("F", (FEED.FeedParser,), {"close": lambda self: BASE()})),
    "FeedParser.close": lambda: (FEED.FeedParser, "close", upper_names(FEED.FeedParser.close)),
    "BufferedSubFile.push": lambda: (FEED.BufferedSubFile, "push", pushed(FEED.BufferedSubFile.push)),
    "headerRE": lambda: (FEED, "headerRE", re.compile("^(From |[A-M]*[a-z]*:|[\t ])")),
    "email.parser": lambda: (email, "parser", type("Module", (), {"Parser": Parser})),
    "http.client.email": lambda: (http.client, "email", type("M", (), {"parser": type("M", (), {"Parser": Parser})})),
    "header_source_parse": lambda: (type(email.policy.compat32), "header_source_parse", lambda self, lines: ("X", "y")),
}  # fmt: skip


def upper_names(close: Any) -> Any:
    def patched(self: Any) -> Any:
        message = close(self)
        message._headers = [(name.upper(), value) for name, value in message._headers]
        return message

    return patched


def pushed(push: Any) -> Any:
    return lambda self, data: push(self, data.replace("l", "L"))


def seen_message(message: Any) -> Any:
    """Return what each method of the message gives, and its list."""
    names = ["host", "Host", "HOST", "cookie", "a", "A", "content-type", "absent"]
    return [
        message.items(), list(message.raw_items()), message.keys(), message.values(), len(message), list(message),
        [(message.get(name), message[name], message.get_all(name), name in message) for name in names],
        message._headers, message._payload, [type(defect) for defect in message.defects], message.get_content_type(),
        isinstance(message, http.client.HTTPMessage),
    ]  # fmt: skip


def parsed(parse: Callable[..., Any], block: bytes) -> Any:
    for make in (io.BytesIO, lambda data: io.BufferedReader(io.BytesIO(data)), observe.LinesOnly):
        file = make(block + b"rest")
        yield observe.outcome(lambda: seen_message(parse(file))), file.readline(99)


def handled(base: type, block: bytes) -> Any:
    return observe.outcome(lambda: repr(observe.connection(base, b"GET / HTTP/1.1\r\n" + block, io.BytesIO)))


def responded(cls: type, block: bytes) -> Any:
    file = io.BytesIO(b"HTTP/1.1 200 OK\r\n" + block)
    response = cls(type("Socket", (), {"makefile": lambda self, mode: file})())
    begun = observe.outcome(response.begin)
    items = None if response.headers is None else response.headers.items()
    return begun, response.length, response.will_close, response.chunked, items


def everything(imported: bool) -> Any:
    """Return the results of everything that reads a head; if `imported`, of our modules."""
    found = []
    for name in NAMES:
        block = BLOCKS[name]
        found += parsed(fasthdr.client.parse_headers if imported else http.client.parse_headers, block)
        found.append(handled(fasthdr.server.BaseHTTPRequestHandler if imported else STDLIB_HANDLER, block))
        found.append(responded(fasthdr.client.HTTPResponse if imported else http.client.HTTPResponse, block))
        data = b"GET /a?b HTTP/1.1\r\n" + block
        found.append(gateways.environ(gateways.Ours if imported else gateways.Plain, data))
    return observe.zero_nine(found)


@pytest.mark.parametrize("name", PATCHES)
def test_a_patch_holds_and_is_taken_back(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Imported and installed, set before and after the first head; afterwards the original is back in place."""
    owner, attribute, value = PATCHES[name]()
    plain = everything(False)
    for exact in (False, True):
        with fasthdr.install(exact_type=exact):
            assert everything(False) == plain
            with monkeypatch.context() as patch:
                patch.setattr(owner, attribute, value)
                ours = everything(False), everything(True)
                fasthdr.uninstall()
                theirs = everything(False)
            assert ours == (theirs, theirs), name
        with fasthdr.install(exact_type=exact):
            assert everything(False) == plain
    assert everything(True) == plain
    if attribute not in ("__contains__", "__getitem__", "__setattr__"):
        assert theirs != plain


@pytest.mark.parametrize(
    "name", ["get", "get_all", "keys", "values", "items", "raw_items", "__getitem__", "__contains__", "__len__"]
)
def test_messages_that_are_there_already(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A method that is patched later applies to all messages."""
    block = BLOCKS["duplicates"]
    theirs, ours = STDLIB_PARSE(io.BytesIO(block)), fasthdr.client.parse_headers(io.BytesIO(block))
    head: Any = fasthdr.parse_request(b"GET / HTTP/1.1\r\n" + block)
    before = seen_message(ours)[:-5]
    ours, subclass = (
        fasthdr.client.parse_headers(io.BytesIO(block), cls)
        for cls in (fasthdr.client.HTTPMessage, type("Own", (fasthdr.client.HTTPMessage,), {}))
    )
    assert before == seen_message(theirs)[:-5]
    for owner in (MESSAGE, BASE):
        patch = (
            upper(getattr(MESSAGE, name)) if not name.startswith("__") or name == "__getitem__" else lambda *args: False
        )
        with monkeypatch.context() as context:
            context.setattr(owner, name, patch, raising=False)
            for message in (ours, subclass):
                assert observe.outcome(lambda: getattr(message, name)(*ARGUMENTS.get(name, ()))) == observe.outcome(
                    lambda: getattr(theirs, name)(*ARGUMENTS.get(name, ()))
                )
                assert observe.outcome(lambda: message["A"]) == observe.outcome(lambda: theirs["A"])
                assert observe.outcome(lambda: "A" in message) == observe.outcome(lambda: "A" in theirs)
            assert (head.get("a"), head.items()) == (theirs.get("a"), theirs.items())
        assert seen_message(ours)[:-5] == before
        assert (head.get("a"), head.items()) == (theirs.get("a"), theirs.items())


ARGUMENTS = {"get": ("a",), "get_all": ("a",), "__getitem__": ("a",), "__contains__": ("a",)}


def test_what_is_not_asked_is_no_patch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attributes that a program adds to the stdlib's are not patches: the core still reads."""
    monkeypatch.setattr(MESSAGE, "getheaders", lambda self, name: self.get_all(name), raising=False)
    monkeypatch.setattr(http.client, "of_my_own", 5, raising=False)
    monkeypatch.setattr(email.parser, "of_my_own", 5, raising=False)
    # Test runners and freezers change __file__, and copy.copy() leaves __slotnames__ in a class.
    monkeypatch.setattr(email.parser, "__file__", "elsewhere")
    monkeypatch.setattr(type(email.policy.compat32), "__slotnames__", [], raising=False)
    fasthdr.collect_stats()
    message: Any = fasthdr.client.parse_headers(io.BytesIO(BLOCKS["duplicates"]))
    assert message.getheaders("a") == ["1", "2", "3"]
    assert fasthdr.stats() == {"core": 1}


@pytest.mark.parametrize("name", ["__getitem__", "get_all", "items", "keys", "raw_items", "values"])
@pytest.mark.parametrize("owner", [MESSAGE, BASE])
@pytest.mark.parametrize("exact", [False, True])
def test_methods_that_reading_does_not_call(
    monkeypatch: pytest.MonkeyPatch, name: str, owner: Any, exact: bool
) -> None:
    """The core reads, and the program's own method answers; mechanize, for example, sets `__getitem__`."""
    monkeypatch.setattr(owner, name, upper(getattr(MESSAGE, name)), raising=False)
    for block in ("duplicates", "multipart/form-data", "connection close"):
        theirs = seen_message(STDLIB_PARSE(io.BytesIO(BLOCKS[block])))
        with fasthdr.install(exact_type=exact):
            fasthdr.collect_stats()
            assert seen_message(http.client.parse_headers(io.BytesIO(BLOCKS[block]))) == theirs
            assert fasthdr.stats() == {"core": 1}
            assert "GET" in handled(http.server.BaseHTTPRequestHandler, BLOCKS[block])
            assert fasthdr.stats()["core"] == 2


def test_such_a_method_from_before_fasthdr_is_imported() -> None:
    code = """
import http.client, io
asked = []
http.client.HTTPMessage.__getitem__ = lambda self, name: asked.append(name) or self.get_all(name)[-1]
http.client.HTTPMessage.gettype = http.client.HTTPMessage.get_content_type
import fasthdr, fasthdr.client, fasthdr.simple_server
fasthdr.collect_stats()
with fasthdr.install():
    message = http.client.parse_headers(io.BytesIO(b"A: 1\\r\\na: 2\\r\\n\\r\\n"))
print(message["A"], message.get("A"), message.gettype(), asked, fasthdr.stats())
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "2 1 text/plain ['A'] {'core': 1}\n"


def test_a_class_that_is_patched_more_often_than_it_has_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    """CPython gives a class a thousand version tags and then stops: after that, every access examines the class."""
    for turn in range(1100):
        MESSAGE.turn = turn
        assert fasthdr.client.parse_headers(io.BytesIO(b"A: b\r\n\r\n"))["a"] == "b"
    del MESSAGE.turn
    message = fasthdr.client.parse_headers(io.BytesIO(b"A: b\r\n\r\n"))
    for _ in range(3):
        with monkeypatch.context() as patch:
            patch.setattr(MESSAGE, "get", lambda self, name, failobj=None: "patched")
            assert message["a"] == message.get("a") == "patched"
        assert message["a"] == "b"


BEFORE = """
import email.message, http.client, io
original = http.client.HTTPMessage.get
http.client.HTTPMessage.get = lambda self, name, failobj=None: "patched"
import fasthdr
fasthdr.install()
message = http.client.parse_headers(io.BytesIO(b"A: 1\\r\\n\\r\\n"))
assert message.get("a") == message["a"] == "patched"
"""


def test_patches_that_are_there_before_the_import() -> None:
    subprocess.run([sys.executable, "-c", BEFORE], check=True)


NOTED_BEFORE = """
import email.feedparser, email.message, email.parser, http.client, io
original, calls = {0}, []
def noting(*args, **keywords):
    calls.append(1)
    return original(*args, **keywords)
{0} = noting
import fasthdr
fasthdr.install()
calls.clear()
message = http.client.parse_headers(io.BytesIO(b"A: 1\\r\\n\\r\\n"))
assert (message["a"], message.get("a"), message.get_all("a"), message.items()) == ("1", "1", ["1"], [("A", "1")])
assert calls
"""


@pytest.mark.parametrize(
    "patched",
    [
        "http.client.HTTPMessage.get", "email.message.Message.get_all", "email.message.Message.items",
        "email.message.Message.set_raw", "email.parser.Parser.parsestr", "email.feedparser.FeedParser.feed",
        "http.client._read_headers",
    ],
)  # fmt: skip
def test_patches_before_the_import_that_change_no_result(patched: str) -> None:
    """Such as a tracer's: the core's probes at import see no difference, and the functions are called all the same."""
    done = subprocess.run([sys.executable, "-c", NOTED_BEFORE.format(patched)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
