# SPDX-License-Identifier: MIT
"""How functions are called: by which arguments, and that each spelling of a call does the same."""

from __future__ import annotations

import importlib
import inspect
from typing import Any

import pytest

import fasthdr
from tests.implementations import IMPLEMENTATIONS

# The core's functions that read their arguments where the caller has them: they have to count these themselves.
ONLY_POSITIONAL = {
    "writer": ("add_status_line", "add_field_line", "field_line"),
    "handler": ("read_request",),
    "gateway": ("put_request",),
}
GOOD = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
LAX = b"GET / HTTP/1.1\r\nHost: a\r\nA: b\nC: d\r\n\r\n"
# A keyword that is equal to the name in the program's code, but is another object.
MADE = b"strict".decode()


@pytest.mark.skipif(fasthdr.IMPLEMENTATION != "cython", reason="plain Python counts the arguments itself")
@pytest.mark.parametrize(("module", "name"), [(m, name) for m, names in ONLY_POSITIONAL.items() for name in names])
def test_only_positional(module: str, name: str) -> None:
    function: Any = getattr(importlib.import_module(f"fasthdr._core.{module}"), name)
    parameters = inspect.signature(function).parameters.values()
    assert parameters
    assert {parameter.kind for parameter in parameters} == {inspect.Parameter.POSITIONAL_ONLY}
    assert function.__name__ == name
    assert function.__module__ == f"fasthdr._core.{module}"
    assert function.__doc__
    for count in range(len(parameters) + 3):
        if count != len(parameters):
            with pytest.raises(TypeError, match=name):
                function(*[None] * count)
    with pytest.raises(TypeError, match="no keyword arguments"):
        function(**{parameter.name: None for parameter in parameters})


@pytest.mark.parametrize(
    "data",
    [GOOD, bytearray(GOOD), LAX, memoryview(LAX), b"", GOOD[:9], b"G\x00T / HTTP/1.1\r\n\r\n"],
    ids=["good", "bytearray", "lax", "memoryview", "empty", "incomplete", "bad"],
)
@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("module", IMPLEMENTATIONS)
def test_every_spelling_of_strict(module: Any, strict: bool, data: Any) -> None:
    def outcome(**arguments: Any) -> object:
        try:
            head = module.parse_request(data, **arguments)
        except fasthdr.ParseError as error:
            return error.status, error.code, error.offset, str(error)
        return head and (head.method, head.target, head.items(), head.keep_alive, head.consumed)

    # The limit is the default's, and so changes nothing.
    expected = outcome(strict=strict, max_line=65536)
    assert outcome(strict=strict) == expected
    assert outcome(**{MADE: strict}) == expected
    assert outcome(strict=int(strict)) == expected
    if not strict:
        assert outcome() == expected
    assert outcome(max_headers=True) == outcome(max_headers=1)


@pytest.mark.parametrize("module", IMPLEMENTATIONS)
def test_wrong_calls(module: Any) -> None:
    for arguments, keywords in (((), {}), ((GOOD, True), {}), ((GOOD,), {"strictly": True}), ((), {"strict": True})):
        with pytest.raises(TypeError):
            module.parse_request(*arguments, **keywords)
    for data in (None, "GET / HTTP/1.1\r\n\r\n", 5):
        for keywords in ({}, {"strict": True}, {"max_line": 100}):
            with pytest.raises(TypeError):
                module.parse_request(data, **keywords)
