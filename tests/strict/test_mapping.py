# SPDX-License-Identifier: MIT
"""A head as a mapping of field names to values, in both implementations, however its field lines were read."""

from __future__ import annotations

from typing import Any

import pytest

from tests.implementations import IMPLEMENTATIONS

LINE = b"GET / HTTP/1.1\r\n"
FIELDS = b"Host: a\r\nA: 1\r\na: \xe9\r\n\r\n"


def _by_the_core(api: Any) -> Any:
    return api.parse_request(LINE + FIELDS)


def _strict(api: Any) -> Any:
    return api.parse_request(LINE + FIELDS, strict=True)


def _by_the_stdlib(api: Any) -> Any:
    """A line without a colon ends the fields, and is left to the standard library."""
    return api.parse_request(LINE + FIELDS[:-2] + b"odd\r\n\r\n")


def _with_its_message(api: Any) -> Any:
    head = api.parse_request(LINE + FIELDS)
    assert head.headers["host"] == "a"
    return head


def _of_a_response(api: Any) -> Any:
    return api.parse_response(b"HTTP/1.1 200 OK\r\n" + FIELDS)


def _of_a_block(api: Any) -> Any:
    return api.parse_headers(FIELDS)


@pytest.fixture(
    params=[_by_the_core, _strict, _by_the_stdlib, _with_its_message, _of_a_response, _of_a_block],
    ids=lambda made: made.__name__.strip("_"),
)
def head(request: pytest.FixtureRequest, api: Any) -> Any:
    return request.param(api)


pytestmark = pytest.mark.parametrize("api", IMPLEMENTATIONS)


@pytest.mark.parametrize("name", ["a", "A", b"a", b"A"])
def test_names(head: Any, name: Any) -> None:
    assert head[name] == head.get(name) == head.get(name, "x") == "1"
    assert name in head
    assert head.get_all(name) == ["1", "\xe9"]


@pytest.mark.parametrize("name", ["b", b"b", "", "ho", "h\xf6st"])
def test_names_that_are_not_there(head: Any, name: Any) -> None:
    assert name not in head
    assert head.get(name) is None
    assert head.get(name, 5) == 5
    assert head.get_all(name) is None
    assert head.get_all(name, []) == []
    with pytest.raises(KeyError) as caught:
        head[name]
    assert caught.value.args == (name,)


@pytest.mark.parametrize("name", [None, 5, ["a"], memoryview(b"a")], ids=["None", "int", "list", "memoryview"])
def test_names_of_another_type(head: Any, name: Any) -> None:
    says = f"a field name must be str or bytes, not {type(name).__name__}"
    for ask in (head.get, head.get_all, head.__getitem__, head.__contains__):
        with pytest.raises(TypeError) as caught:
            ask(name)
        assert str(caught.value) == says


def test_all_of_it(head: Any) -> None:
    assert list(head) == head.keys() == ["Host", "A", "a"]
    assert head.values() == ["a", "1", "\xe9"]
    assert head.items() == list(zip(head.keys(), head.values(), strict=True))
    assert len(head) == 3
    assert dict(head) == {"Host": "a", "A": "1", "a": "1"}
    assert " 3 fields>" in repr(head)


def test_a_head_without_fields(api: Any) -> None:
    """Only an incomplete head is None; a head without fields is still true."""
    head = api.parse_request(LINE + b"\r\n")
    assert head
    assert len(head) == 0
    assert list(head) == []


def test_what_a_program_does_to_the_message(api: Any) -> None:
    head = _by_the_core(api)
    head.headers["B"] = "2"
    del head.headers["a"]
    assert (head["b"], "a" in head, len(head), list(head)) == ("2", False, 2, ["Host", "B"])


def test_the_repr_of_a_table(api: Any) -> None:
    table = _by_the_core(api).table
    assert isinstance(table, memoryview) or repr(table) == "<Table of 3 field lines>"
