# SPDX-License-Identifier: MIT
"""HTTPMessage over the table: the mapping, its changes, and what programs do with it."""

from __future__ import annotations

import copy
import email.message
import email.policy
import http.client
import io
import pickle
import subprocess
import sys
import weakref
from typing import Any

import pytest

import fasthdr
from fasthdr import Head, RequestHead, ResponseHead
from fasthdr.client import HTTPMessage, parse_headers
from tests.differential import observe

MessageTable = pytest.importorskip("fasthdr._core.message", reason="no core is built").MessageTable
Table = pytest.importorskip("fasthdr._core.head", reason="no core is built").Table

BLOCK = b"Host: a\r\nCookie: c=1\r\ncookie: d=2\r\nContent-Type: text/html; charset=utf-8\r\nX-Own: \xe9\r\n\r\n"


def ours() -> HTTPMessage:
    return parse_headers(io.BytesIO(BLOCK))


def theirs() -> http.client.HTTPMessage:
    return http.client.parse_headers(io.BytesIO(BLOCK))


def both(change: Any) -> None:
    """Check that a change has the same outcome and leaves the same message, whether or not the list of pairs exists."""
    for touch in (False, True):
        a, b = ours(), theirs()
        if touch:
            a._headers, b._headers
        assert observe.outcome(lambda: change(a)) == observe.outcome(lambda: change(b))
        assert observe.message(a) == observe.message(b)


@pytest.mark.parametrize("length", range(1, 26))
def test_names_that_differ_in_one_byte(length: int) -> None:
    """As in the stdlib's name.lower(), only letters have a case, wherever they stand in a name."""
    name = ("Content-Type[@]^`{|}~_0Aa"[:length]).ljust(length, "x")
    block = f"{name}: found\r\n\r\n".encode()
    a, b = parse_headers(io.BytesIO(block)), http.client.parse_headers(io.BytesIO(block))
    for place in range(length):
        for other in range(0x80):
            asked = name[:place] + chr(other) + name[place + 1 :]
            assert a.get(asked) == b.get(asked), asked


def test_is_an_instance_of_the_stdlibs_classes() -> None:
    message = ours()
    assert isinstance(message, http.client.HTTPMessage)
    assert isinstance(message, email.message.Message)
    assert type(message) is HTTPMessage
    for absent in ("type", "headers", "dict", "getheader", "status"):
        with pytest.raises(AttributeError):
            getattr(message, absent)


def change(function: Any) -> Any:
    return pytest.param(function, id=function.__name__)


def set_item(m: Any) -> None:
    m["X-New"] = "1"
    m["Host"] = "b"


def delete(m: Any) -> None:
    del m["COOKIE"], m["x-absent"]


def replace(m: Any) -> None:
    m.replace_header("cookie", "e=3")


def replace_absent(m: Any) -> None:
    m.replace_header("x-absent", "e=3")


def add(m: Any) -> None:
    m.add_header("Content-Disposition", "attachment", filename="x.txt")


def set_list(m: Any) -> None:
    m._headers = [("A", "1")]


def extend_list(m: Any) -> None:
    m._headers.append(("A", "1"))


def raw(m: Any) -> None:
    m.set_raw("A", "1")


def parameters(m: Any) -> None:
    m.set_param("charset", "latin-1")
    m.del_param("charset")
    m.set_type("text/plain")


def payload(m: Any) -> None:
    m.set_payload("body", "utf-8")


def attach(m: Any) -> Any:
    return m.attach(email.message.Message())


def other_policy(m: Any) -> None:
    m.policy = email.policy.default


def same_policy(m: Any) -> None:
    m.policy = email.policy.compat32


def defect(m: Any) -> None:
    m.defects.append(email.errors.MessageDefect("x"))


def default_type(m: Any) -> None:
    m.set_default_type("message/rfc822")
    m.preamble = m.epilogue = "x"
    m.set_unixfrom("From me")


def delete_while_iterating(m: Any) -> list[str]:
    seen = []
    for name in m:
        seen.append(name)
        del m[name]
    return seen


def append_while_iterating(m: Any) -> list[str]:
    seen = []
    for name in m:
        seen.append(name)
        if len(seen) < 9:
            m["X-%d" % len(seen)] = "v"
    return seen


def fresh_lists(m: Any) -> tuple[int, int]:
    items, keys, values = m.items(), m.keys(), m.values()
    items[0] = ("X", "Y")
    items.clear(), keys.clear(), values.clear()
    return len(m), len(list(m.raw_items()))


def look_up_anything(m: Any) -> list[Any]:
    class Name(str):
        def lower(self) -> str:
            return "host"

    names = [
        "host",
        "HOST",
        "Host ",
        "",
        "coo\N{KELVIN SIGN}ie",
        "\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}",
        "x" * 70000,
        "h\u00f6st",
        Name("q"),
    ]
    wrong = [None, 5, b"Host", ("Host",)]
    return [
        (observe.outcome(lambda: m.get(n, "no")), observe.outcome(lambda: m[n]),
         observe.outcome(lambda: m.get_all(n, "no")),
         observe.outcome(lambda: n in m), observe.outcome(lambda: m.get(name=n, failobj=1)))
        for n in names + wrong
    ]  # fmt: skip


def walk(m: Any) -> list[Any]:
    return [
        list(map(observe.message, m.walk())),
        dict(m),
        list(m),
        m.get_content_type(),
        m.get_params(),
        m.get_charsets(),
    ]


def equality(m: Any) -> list[bool]:
    return [m == m, m != m, m == 1, bool(m), hash(m) == hash(m)]


@pytest.mark.parametrize(
    "function",
    [change(f) for f in (
        set_item, delete, replace, replace_absent, add, set_list, extend_list, raw, parameters, payload, attach,
        other_policy, same_policy, defect, default_type, delete_while_iterating, append_while_iterating, fresh_lists,
        look_up_anything, walk, equality,
    )],
)  # fmt: skip
def test_behaves_as_the_stdlibs(function: Any) -> None:
    both(function)


def test_copies() -> None:
    for copier in (copy.copy, copy.deepcopy):
        for touch in (False, True):
            a, b = ours(), theirs()
            if touch:
                a["X"] = b["X"] = "1"
            a.extra = b.extra = ["kept"]
            c, d = copier(a), copier(b)
            assert type(c) is HTTPMessage
            assert observe.message(c) == observe.message(d)
            assert (c.extra, c.extra is a.extra) == (d.extra, d.extra is b.extra)
            c["Y"] = d["Y"] = "2"  # a shallow copy shares the list, as the stdlib's does
            assert a.items() == b.items()
            assert c.items() == d.items()


class Own(HTTPMessage):
    def get(self, name: str, failobj: Any = None) -> Any:
        return "mine" if name == "x" else super().get(name, failobj)


def test_subclass() -> None:
    message = parse_headers(io.BytesIO(BLOCK), Own)
    assert type(message) is Own
    assert message["x"] == "mine"
    assert message["host"] == "a"
    for copied in (copy.copy(message), copy.deepcopy(message), pickle.loads(pickle.dumps(message))):
        assert type(copied) is Own
        assert copied.items() == message.items()
        assert copied["x"] == "mine"


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickle_loads_without_fasthdr(protocol: int) -> None:
    a, b = ours(), theirs()
    a.extra = b.extra = 1
    data = pickle.dumps(a, protocol)
    assert b"fasthdr" not in data
    back = pickle.loads(data)
    assert type(back) is http.client.HTTPMessage
    assert observe.message(back) == observe.message(b)
    code = (
        "import sys, pickle; sys.modules['fasthdr'] = None; print(ascii(pickle.loads(sys.stdin.buffer.read()).items()))"
    )
    done = subprocess.run([sys.executable, "-c", code], input=data, capture_output=True, check=True)
    assert done.stdout.decode().strip() == ascii(theirs().items())


def test_a_constructor_that_a_program_replaces() -> None:
    """The core does not call a program's `__new__`, which may return an object without a table."""
    code = """
import io, fasthdr.client
block = b"A: b\\r\\n\\r\\n"
fasthdr.client.HTTPMessage.__new__ = lambda *_: object()
for message in (fasthdr.client.parse_headers(io.BytesIO(block)), fasthdr.parse_headers(block).headers):
    assert type(message) is fasthdr.client.HTTPMessage and message["a"] == "b"
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_constructed_like_the_stdlibs() -> None:
    for make in (lambda c: c(), lambda c: c(policy=email.policy.default), lambda c: c(email.policy.compat32)):
        a, b = make(HTTPMessage), make(http.client.HTTPMessage)
        a["Subject"] = b["Subject"] = "x"
        assert observe.message(a) == observe.message(b)


def test_weakref_and_attributes() -> None:
    message = ours()
    reference = weakref.ref(message)
    message.anything = 1
    assert reference() is message
    del message
    assert reference() is None


def test_strings() -> None:
    """A well-known name is the same str object in all messages; every str is a plain str."""
    a, b = ours(), ours()
    assert a.keys()[0] is b.keys()[0]
    assert a.keys()[4] is not b.keys()[4]
    assert {type(text) for pair in a.items() for text in pair} == {str}
    block = b"".join(
        b"%s: v\r\n" % name.encode() for name in ("HOST", "hoSt", "Hosu", "host", "Host", "x-real-ip", "X-Real-IP")
    )
    assert parse_headers(io.BytesIO(block + b"\r\n")).keys() == [
        "HOST",
        "hoSt",
        "Hosu",
        "host",
        "Host",
        "x-real-ip",
        "X-Real-IP",
    ]


@pytest.mark.parametrize("cls", [MessageTable, HTTPMessage, Own, Head, RequestHead, ResponseHead, Table])
def test_every_member_of_an_object_made_by_new_alone(cls: type) -> None:
    """Any method of such an object may raise, but none crashes."""
    made = cls.__new__(cls)
    for name in sorted(set(dir(cls))):
        if name in ("__class__", "__init_subclass__", "__subclasshook__", "__new__", "__del__"):
            continue
        member = observe.outcome(lambda: getattr(made, name))
        for arguments in ((), ("host",), ("host", "x"), (0,), (None,), ({},), (made,)):
            if callable(member):
                observe.outcome(lambda: member(*arguments))
    observe.outcome(lambda: memoryview(made))
    for name in ("keys", "values", "items", "headers", "raw_headers", "table", "method", "target", "version", "reason"):
        observe.outcome(lambda: getattr(cls.__new__(cls), name))
    fresh = cls.__new__(cls)
    if isinstance(fresh, MessageTable):
        assert (len(fresh), fresh.items(), fresh.get("a"), "a" in fresh, fresh.defects) == (0, [], None, False, [])


def test_heads_are_made_by_the_parser_alone() -> None:
    for cls in (Head, RequestHead, ResponseHead, Table):
        with pytest.raises(TypeError):
            cls()


def test_table() -> None:
    head = fasthdr.parse_request(b"GET / HTTP/1.1\r\nHost: a\r\nB:\r\n\r\n")
    table = head.table
    assert len(table) == 2
    assert list(table) == [(16, 4, 22, 1), (25, 1, 27, 0)]
    assert table[-1] == table[1]
    for wrong in (2, -3):
        with pytest.raises(IndexError):
            table[wrong]
    view = memoryview(table)
    with pytest.raises(TypeError):
        view[0, 0] = 1
    empty = memoryview(fasthdr.parse_request(b"GET / HTTP/1.1\r\n\r\n").table)
    assert (empty.shape, empty.tolist()) == ((0, 4), [])
    assert view.cast("B").cast("I").tolist() == [16, 4, 22, 1, 25, 1, 27, 0]
