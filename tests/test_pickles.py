# SPDX-License-Identifier: MIT
"""Heads, tables and errors through pickle and copy."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

import fasthdr
from fasthdr import _api
from fasthdr._errors import BodyError
from fasthdr._pure import head as _pure_head
from fasthdr._pure import parse as _pure
from tests.implementations import IMPLEMENTATIONS
from tests.together import together

REQUEST = (
    b"POST //a?b HTTP/1.1\r\nHost: h\r\nX-A: \xe9\r\nExpect: 100-continue\r\nContent-Length: 5\r\n"
    b"Connection: close\r\n\r\n"
)
MANY = b"GET / HTTP/1.1\r\nHost: h\r\n" + b"X-Own: 1\r\n" * 40 + b"\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"
FOREIGN = b"GET / HTTP/1.1\r\nA: 1\r\nno colon\r\n\r\n"
MULTIPART = b"POST / HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=----x\r\n\r\n"
FOLDED = b"HTTP/1.1 200 OK\r\nA : b\r\n c\r\n\r\n"

HEADS: dict[str, Callable[[Any], Any]] = {
    "request": lambda api: api.parse_request(REQUEST),
    "strict request": lambda api: api.parse_request(REQUEST + b"a tail" * 100, strict=True),
    "short tail": lambda api: api.parse_request(REQUEST + b"tail", strict=True),
    "chunked": lambda api: api.parse_request(CHUNKED, strict=True),
    "no body": lambda api: api.parse_request(MANY, strict=True),
    "many fields": lambda api: api.parse_request(MANY),
    "by the stdlib": lambda api: api.parse_request(FOREIGN),
    "multipart": lambda api: api.parse_request(MULTIPART),
    "response": lambda api: api.parse_response(RESPONSE, method="HEAD"),
    "strict response": lambda api: api.parse_response(RESPONSE, strict=True, method="HEAD"),
    "until close": lambda api: api.parse_response(b"HTTP/1.0 200 OK\r\n\r\n", strict=True),
    "obsolete": lambda api: api.parse_response(FOLDED, strict=True, obsolete=True),
    "field lines": lambda api: api.parse_headers(b"A: 1\r\na: 2\r\n\r\n"),
    "no field lines": lambda api: api.parse_headers(b"\r\n", strict=True),
}


@pytest.fixture(params=IMPLEMENTATIONS)
def api(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An implementation, into which pickles are loaded, too."""
    if request.param is _pure:
        monkeypatch.setattr(_api, "restored", _pure_head.restored, raising=False)
    return request.param


def facts(head: Any) -> dict[str, Any]:
    """Return everything that a head says."""
    found = {}
    for name in dir(head):
        if name.startswith("_") or name in ("headers", "table", "get", "get_all"):
            continue
        value: Any
        try:
            value = getattr(head, name)
            found[name] = value() if callable(value) else value
        except ValueError as error:
            found[name] = str(error)
    found["table"] = None if head.table is None else memoryview(head.table).tolist()
    found["all"] = [head.get_all(name) for name in head]
    found["message"] = head.headers.items(), [type(d).__name__ for d in head.headers.defects]
    found["type"] = type(head).__name__
    return found


def through(protocol: int) -> Callable[[Any], Any]:
    return lambda value: pickle.loads(pickle.dumps(value, protocol))


WAYS: dict[str, Callable[[Any], Any]] = {"copy": copy.copy, "deepcopy": copy.deepcopy}
WAYS |= {f"protocol {n}": through(n) for n in range(pickle.HIGHEST_PROTOCOL + 1)}


@together("kind", HEADS)
@pytest.mark.parametrize("way", WAYS)
def test_a_head_is_the_same_afterwards(api: Any, kind: str, way: str) -> None:
    """A head is copied before its message has been created, and after."""
    again = WAYS[way](HEADS[kind](api))  # nothing has read this head
    head = HEADS[kind](api)
    expected = facts(head)
    assert type(again) is type(head)
    assert facts(again) == expected
    assert facts(WAYS[way](head)) == expected


def test_a_changed_message_goes_along(api: Any) -> None:
    for way in WAYS.values():
        head = api.parse_request(REQUEST)
        head.headers["X-Later"] = "1"
        del head.headers["Host"]
        again = way(head)
        assert again.get("x-later") == "1"
        assert "host" not in again
        assert again.headers.items() == head.headers.items()
    assert copy.copy(head).headers is head.headers
    deep = copy.deepcopy(head)
    deep.headers["X-More"] = "2"
    assert "x-more" not in head


@pytest.mark.skipif(fasthdr.IMPLEMENTATION != "cython", reason="needs both implementations")
@pytest.mark.parametrize("kind", HEADS)
def test_pickles_of_either_load_in_the_other(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    core, plain = HEADS[kind](fasthdr), HEADS[kind](_pure)
    in_core = pickle.loads(pickle.dumps(plain))
    assert isinstance(in_core, fasthdr.Head)
    assert facts(in_core) == facts(plain)
    data = pickle.dumps(core)
    monkeypatch.setattr(_api, "restored", _pure_head.restored, raising=False)
    in_python = pickle.loads(data)
    assert isinstance(in_python, _pure_head.Head)
    assert facts(in_python) == facts(core)


@pytest.mark.skipif(fasthdr.IMPLEMENTATION != "cython", reason="in plain Python the table is a memoryview")
@pytest.mark.parametrize("way", WAYS)
def test_tables(way: str) -> None:
    table = fasthdr.parse_request(MANY).table
    again = WAYS[way](table)
    assert memoryview(again).tolist() == memoryview(table).tolist()
    with pytest.raises(TypeError, match="belongs to no head"):
        WAYS[way](type(table).__new__(type(table)))


def test_a_head_made_by_new_alone(api: Any) -> None:
    heads = _pure_head if api is _pure else fasthdr
    for cls in (heads.Head, heads.RequestHead, heads.ResponseHead):
        head = cls.__new__(cls)
        for way in WAYS.values():
            assert way(head).headers.items() == []


@pytest.mark.skipif(fasthdr.IMPLEMENTATION != "cython", reason="plain Python reads no memory")
@pytest.mark.parametrize(
    "row", [(0, 5, 0, 0), (4, 1, 0, 0), (0, 1, 0, 5), (2**32 - 1, 2**32 - 1, 0, 0), (0, 1, 4, 1), (0, 0, 0, 0)]
)
def test_forged_rows_are_refused(row: tuple[int, int, int, int]) -> None:
    state = fasthdr.parse_headers(b"\r\n").__reduce__()[1][1]
    with pytest.raises(ValueError, match="has no name, or points outside the head"):
        _api.restored("Head", {**state, "_data": b"abcd", "_rows": [row]})
    for rows in ([(-1, 0, 0, 0)], [(2**32, 0, 0, 0)], [("a", 0, 0, 0)], [(0, 0, 0)], [None], 5):
        with pytest.raises((TypeError, ValueError, OverflowError)):
            _api.restored("Head", {**state, "_rows": rows})
    with pytest.raises(TypeError):
        _api.restored("Head", {**state, "_data": None, "_rows": [(0, 0, 0, 0)]})
    with pytest.raises(TypeError):
        _api.restored("RequestHead", {**state, "method": 5})


@pytest.mark.skipif(fasthdr.IMPLEMENTATION != "cython", reason="plain Python reads no memory")
@pytest.mark.parametrize("name", ["method", "version"])
def test_a_forged_request_line_is_refused(name: str) -> None:
    state = fasthdr.parse_request(REQUEST).__reduce__()[1][1]
    with pytest.raises(ValueError, match="has a target, but no method or version"):
        _api.restored("RequestHead", {**state, name: None})


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "error",
    [
        fasthdr.ParseError(400, "Bad Host", 3, "9112 3.2", b"near\xff", "Host"),
        fasthdr.ParseError(431, "Line too long"),
        BodyError(400, "Bad chunk", 5, "9112 7.1"),
    ],
    ids=repr,
)
def test_errors(error: fasthdr.ParseError, way: str) -> None:
    again = WAYS[way](error)
    assert type(again) is type(error)
    assert (vars(again), again.args, str(again), again.code) == (vars(error), error.args, str(error), error.code)
    assert isinstance(again, ConnectionAbortedError) == isinstance(error, BodyError)


def test_errors_of_the_parser(api: Any) -> None:
    with pytest.raises(fasthdr.ParseError) as caught:
        api.parse_request(b"GET / HTTP/1.1\r\nHost: a\r\nAuthorization : x\r\n\r\n", strict=True)
    for way in WAYS.values():
        assert str(way(caught.value)) == str(caught.value)
