# SPDX-License-Identifier: MIT
"""Our HTTPConnection.putheader() against the stdlib's."""

from __future__ import annotations

import http.client
import re
import subprocess
import sys
from typing import Any

import pytest

import fasthdr
import fasthdr.client as client
from tests.differential import observe

NAMES = [
    "Host", "x-y_z!#$%&'*+.^`|~09", b"Host", "", b"", "A B", " A", "A ", "A:", ":A", "A\t", "A\r\nB", "A\n", "A\x00",
    "A\x7f", "A(", "\xe9", b"\xe9", "\u20ac", "A" * 300, 5, None, bytearray(b"A"), memoryview(b"A"),
    type("Name", (str,), {"encode": lambda self, coding: b"Encoded"})("A"),
]  # fmt: skip
VALUES = [
    "b", "", " b ", "\tb", "b" * 300, "\xe9\xff\x80", "\u20ac", b"b", b"\xff", b"", "b\rc", "b\nc", "b\r\nc", "b\r\n c",
    "b\n\tc", "b\x00", "b\x1f", "b\x7f", b"b\x0b", 5, -5, 10**30, True, 1.5, None, bytearray(b"b"), memoryview(b"b"),
    [b"b"],
    type("Value", (str,), {"encode": lambda self, coding: b"encoded"})("b"),
    type("Int", (int,), {"__str__": lambda s: "six"})(6),
]  # fmt: skip


def put(module: Any, name: Any, values: tuple[Any, ...], started: bool = True) -> Any:
    connection = module.HTTPConnection("localhost")
    if started:
        connection.putrequest("GET", "/", skip_host=True, skip_accept_encoding=True)
    outcome = observe.outcome(lambda: connection.putheader(name, *values))
    return outcome, [*connection._buffer]


@pytest.mark.parametrize("name", NAMES, ids=lambda name: re.sub(" at 0x.*", "", repr(name))[:30])
def test_fields(name: Any) -> None:
    several = [(), ("b", "c"), (b"b", 5), ("b", "\x00"), ("b", "c\r\nd")]
    for values in [*((value,) for value in VALUES), *several]:
        theirs = put(http.client, name, values)
        assert put(client, name, values) == theirs
        with fasthdr.install():
            assert put(http.client, name, values) == theirs
            assert put(client, name, values) == theirs


HUGE = 10**5000  # str() refuses it


@pytest.mark.parametrize("name", ["A", "A B", "", b"A", "\xe9", None])
def test_the_name_is_checked_before_the_value(name: Any) -> None:
    theirs = put(http.client, name, (HUGE,))
    assert ("Exceeds the limit" in repr(theirs)) == (name in ("A", "A B", b"A"))
    assert put(client, name, (HUGE,)) == theirs
    with fasthdr.install():
        assert put(http.client, name, (HUGE,)) == theirs


def test_a_field_before_the_request() -> None:
    theirs = put(http.client, "A", ("b",), started=False)
    assert "CannotSendHeader" in repr(theirs)
    assert put(client, "A", ("b",), started=False) == theirs
    with fasthdr.install():
        assert put(http.client, "A", ("b",), started=False) == theirs


MODULES = [http.client, client]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_the_methods_of_a_connection_are_called(module: Any) -> None:
    def sent(module: Any) -> list[Any]:
        calls: list[Any] = []

        class Connection(module.HTTPConnection):  # type: ignore[misc]
            def putheader(self, name: Any, *values: Any) -> None:
                calls.append((name, values))
                super().putheader(name, *values)

            def _output(self, line: bytes) -> None:
                calls.append(line)
                super()._output(line)

            def send(self, data: bytes) -> None:
                calls.append(data)

        connection = Connection("localhost")
        connection.request("POST", "/", b"body", {"X-Y": "\xe9", "Z": b"1", "N": 5})
        return calls

    theirs = sent(http.client)
    assert len(theirs) == 15
    with fasthdr.install():
        assert sent(module) == theirs


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_other_names_and_values_allowed(module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs replace the expressions that http.client uses to refuse a field."""
    with fasthdr.install():
        monkeypatch.setattr(http.client, "_is_legal_header_name", re.compile(rb"x").fullmatch)
        assert "Invalid header name" in repr(put(module, "A", ("b",)))
        assert put(module, "x", ("b",))[1][-1] == b"x: b"
        monkeypatch.undo()
        monkeypatch.setattr(http.client, "_is_illegal_header_value", re.compile(rb"b").search)
        assert "Invalid header value" in repr(put(module, "A", ("b",)))
        assert put(module, "A", ("c\n",))[1][-1] == b"A: c\n"


def test_a_patch_of_putheader_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def theirs(self: Any, name: str, *values: str) -> None:
        calls.append(name)
        original(self, name, *values)

    original = http.client.HTTPConnection.putheader
    monkeypatch.setattr(http.client.HTTPConnection, "putheader", theirs)
    assert put(client, "A", ("b",))[1][-1] == b"A: b"
    assert calls == ["A"]
    with pytest.warns(RuntimeWarning, match=r"HTTPConnection\.putheader has been patched"), fasthdr.install():
        assert http.client.HTTPConnection.putheader is theirs


def test_another_stdlib_keeps_its_own() -> None:
    """A method that does something unexpected, or is not a function of http.client's, stays in place."""
    subprocess.run(
        [
            sys.executable,
            "-W",
            "error",
            "-c",
            """if True:
            import http.client, types

            def changed(function, old, new):
                code = function.__code__
                assert old in code.co_consts, code.co_consts
                consts = tuple(new if const == old else const for const in code.co_consts)
                return types.FunctionType(code.replace(co_consts=consts), vars(http.client), function.__name__,
                                          function.__defaults__, function.__closure__)

            response, connection = http.client.HTTPResponse, http.client.HTTPConnection
            response.__init__ = init = changed(response.__init__, "rb", "r")
            connection.putheader = putheader = changed(connection.putheader, b": ", b":")
            import fasthdr, fasthdr.client as client
            with fasthdr.install():
                assert response.__init__ is init
                assert connection.putheader is putheader
            c = client.HTTPConnection("a")
            c.putrequest("GET", "/", skip_accept_encoding=True)
            assert c._buffer[1:] == [b"Host:a"], c._buffer
            """,
        ],
        check=True,
    )
