# SPDX-License-Identifier: MIT
"""Response heads and log lines: the same bytes and the same calls as from the stdlib's handler."""

from __future__ import annotations

import http.server
import inspect
import io
import itertools
import sys
import time
from collections import deque
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fasthdr
import fasthdr.server
import fasthdr.simple_server
from tests.answers import METHODS, OURS, STDLIB, Text, plain, same
from tests.together import together

# ------------------------------------------------------------------------------------------------ answers


class Spelled:
    def __str__(self) -> str:
        return "spelled\u00fc"


class Broken:
    def __str__(self) -> str:
        raise KeyError("broken")


def status(self: Any) -> None:
    self.send_response(HTTPStatus.NOT_FOUND, "Not here")
    self.send_header("Connection", "close")
    self.end_headers()


def only(self: Any) -> None:
    self.send_response_only(204)
    self.end_headers()
    self.send_response_only(HTTPStatus.OK)
    self.flush_headers()
    self.flush_headers()
    self.log_request()
    self.log_request(200, 17)
    self.log_request("200", "17")
    self.log_request(HTTPStatus.OK, None)
    self.log_error("code %d", 5)
    self.log_message(format="nothing")


def failed(self: Any) -> None:
    self.send_error(HTTPStatus.FORBIDDEN, "<a>", "because")


def dated(self: Any) -> None:
    self.send_response(299)
    for timestamp in (0, 0.9999999, 1e9, LAST):
        self.send_header("Last-Modified", self.date_time_string(timestamp))
    self.send_header("Last-Modified", self.date_time_string(timestamp=5))
    self.end_headers()


LAST = 253402300799.0  # the last second of the year 9999

BODIES = (plain, status, only, failed, dated)


@pytest.mark.parametrize("body", BODIES)
def test_an_answer(body: Callable[[Any], None]) -> None:
    seen = same(body)
    assert seen["writes"]
    assert seen["log"]
    assert seen["raised"] is None


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("body", BODIES)
def test_the_calls_of_overridden_methods(body: Callable[[Any], None], count: int) -> None:
    """With one or two methods overridden in the class: the same calls, in the same order, with the same arguments."""
    for names in itertools.combinations(METHODS, count):
        same(body, names)


def test_all_overridden() -> None:
    seen = same(plain, tuple(METHODS))
    assert len(seen["calls"]) > 12


@pytest.mark.parametrize("name", METHODS[1:])
def test_a_method_of_the_instance(name: str) -> None:
    def prepare(handler: Any) -> None:
        def method(*args: Any, **keywords: Any) -> Any:
            handler.calls.append((name, args, keywords))
            return original(*args, **keywords)

        original = getattr(handler, name)
        setattr(handler, name, method)

    for body in BODIES:
        same(body, prepare=prepare)


@pytest.mark.parametrize("name", METHODS[3:])
def test_a_method_that_replaces(name: str) -> None:
    """The override does not call the method that it replaces, and returns something that the stdlib's would not."""

    def method(self: Any, *args: Any, **keywords: Any) -> Any:
        self.calls.append((name, args, keywords))
        return Text("replaced")

    for body in BODIES:
        same(body, **{name: method})


@together("code", [*HTTPStatus, 299, 600, 99, 1000, 200.9, "200", True, -5, 1 << 70, None])
@pytest.mark.parametrize("method", [b"GET", b"HEAD"])
def test_every_status(code: Any, method: bytes) -> None:
    request = method + b" / HTTP/1.1\r\n\r\n"
    same(lambda self: self.send_error(code), request=request)
    same(lambda self: self.send_error(code, "Own phrase", "own words"), request=request)
    same(lambda self: self.send_response(code), request=request)
    same(lambda self: (self.send_response_only(code, "Phrase \xe9"), self.end_headers()), request=request)


@pytest.mark.parametrize("protocol", ["HTTP/1.1", "HTTP/1.0", "HTTP/\u0661.1", Text("HTTP/1.1")])
@pytest.mark.parametrize(
    "request_line",
    [
        b"GET /",
        b"GET / HTTP/1.0",
        b"GET / HTTP/1.1",
        b"GET / HTTP/9.9",
        b"",
        b"PUT / HTTP/1.1",
        b"a b c d",
        b"x" * 65537,
    ],
)
def test_request_lines_and_versions(request_line: bytes, protocol: Any) -> None:
    for fields in (b"", b"Connection: close\r\n", b"Connection: keep-alive\r\n", b"Expect: 100-continue\r\n"):
        for body in (plain, status, failed):
            same(body, request=request_line + b"\r\n" + fields + b"\r\n", protocol_version=protocol)


@pytest.mark.parametrize(
    "keyword", ["A", "connection", "CONNECTION", "Connection ", "", "\u212aeep", "\u0130" * 5, "a\r\nb"]
)
@pytest.mark.parametrize(
    "value",
    [
        *("a", "Close", "KEEP-ALIVE", "close ", "", "\x00\r\n\xff", "\u20ac"),
        *(5, 1.5, None, b"close", Text("close"), Spelled(), Broken(), ("a",)),
    ],
)
def test_header_names_and_values(keyword: str, value: Any) -> None:
    def body(self: Any) -> None:
        self.send_response(200)
        self.send_header(keyword, value)
        self.send_header("After", "b")
        self.end_headers()

    for request in (b"GET / HTTP/1.1\r\n\r\n", b"GET /\r\n"):
        same(body, request=request)


@pytest.mark.parametrize("keyword", [5, None, b"Connection", Text("Connection"), Spelled(), ("a", "b")])
def test_header_names_of_other_types(keyword: Any) -> None:
    for request in (b"GET / HTTP/1.1\r\n\r\n", b"GET /\r\n"):
        same(lambda self: self.send_header(keyword, "close"), request=request)


@pytest.mark.parametrize("phrase", ["", "\xe9", "\u20ac", "a\r\nb", 5, b"a", Text("a"), Spelled(), Broken()])
def test_reason_phrases(phrase: Any) -> None:
    same(lambda self: (self.send_response(200, phrase), self.end_headers()))
    same(lambda self: (self.send_response_only(200, message=phrase), self.end_headers()))


values = st.one_of(st.text(), st.text("\x00\r\n :\xe9\u20acAclose"), st.integers(), st.binary(), st.none(), st.floats())


@given(st.lists(st.tuples(st.one_of(st.text(), st.sampled_from(["Connection", "Date"])), values), max_size=4))
def test_generated_headers(fields: list[tuple[str, Any]]) -> None:
    def body(self: Any) -> None:
        for keyword, value in fields:
            self.send_header(keyword, value)
        self.end_headers()

    same(body)


@given(st.one_of(st.integers(), st.sampled_from(HTTPStatus), values), values, st.text(max_size=9))
def test_generated_status_lines(code: Any, phrase: Any, protocol: str) -> None:
    same(lambda self: (self.send_response(code, phrase), self.end_headers()), protocol_version=protocol)


@given(st.text(), st.lists(values, max_size=2))
def test_generated_log_messages(text: str, args: list[Any]) -> None:
    same(lambda self: self.log_message(text, *args))
    same(lambda self: self.log_error("%s" * len(args) + text.replace("%", ""), *args))


# ------------------------------------------------------------------------------------------------ what programs do


@pytest.mark.parametrize(
    "members",
    [
        {"server_version": "S/1", "sys_version": ""},
        {"server_version": 5},
        {"responses": {}},
        *({"responses": {200: nothing}} for nothing in ((), [], "", None, {})),
        {"responses": {200: ("Fine", ""), HTTPStatus.FORBIDDEN: ("No\u20ac", "long")}},
        {"error_message_format": "%(code)d %(message)s", "error_content_type": "text/x"},
        {"monthname": [None, *"abcdefghijkl"]},
        {"monthname": [None, *range(12)]},
        {"monthname": [None]},
        {"_control_char_table": {ord("a"): "<a>"}},
        {"_control_char_table": None},
        {"client_address": ("elsewhere", 1)},
        {"requestline": property(lambda self: Text("GET"), lambda self, value: None)},
        {"request_version": property(lambda self: "HTTP/0.9", lambda self, value: None)},
    ],
)
def test_attributes_of_the_class(members: dict[str, Any]) -> None:
    for body in BODIES:
        same(body, **members)


@pytest.mark.parametrize(
    "line", [b"GET /\\ HTTP/1.1", b"GET /\x7f\x80\xa0\xad\xff HTTP/1.1", b"GET /\x00\x1b HTTP/1.1"]
)
def test_control_characters_in_the_log(line: bytes) -> None:
    assert same(plain, request=line + b"\r\n\r\n")["log"]


def test_more_escapes_in_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(STDLIB._control_char_table, ord("G"), "<G>")
    assert "<G>ET" in same(plain)["log"] or "_colorize" in vars(http.server)


def test_the_buffer_is_the_handlers() -> None:
    """Programs read `_headers_buffer`, append to it, replace it, and delete it."""

    def body(self: Any) -> None:
        self.send_response(200)
        self.calls.append(list(self._headers_buffer))
        self._headers_buffer.append(b"X-Own: 1\r\n")
        self.send_header("A", "b")
        del self._headers_buffer[2]
        self._headers_buffer = deque(self._headers_buffer)
        self.send_header("B", "c")
        self.end_headers()
        self.calls.append(self._headers_buffer)
        del self._headers_buffer
        self.flush_headers()
        self.send_response_only(200)
        self.end_headers()
        del self._headers_buffer
        self.end_headers()

    seen = same(body)
    assert b"X-Own: 1\r\n" in seen["writes"][0]
    assert len(seen["calls"][0]) == 3
    assert seen["raised"][0] is AttributeError


def test_a_buffer_in_the_class() -> None:
    for buffer in (None, (), "text"):
        same(plain, _headers_buffer=buffer)


def test_catch_all_attributes() -> None:
    """If a handler's __getattr__ answers every name, it is asked for the names that the stdlib asks for."""
    for found in (None, AttributeError, KeyError):

        def catch_all(self: Any, name: str, found: Any = found) -> Any:
            vars(self).setdefault("asked", set()).add(name)
            if found is not None and not name.startswith("do_"):
                raise found(name)
            return [] if name == "_headers_buffer" else lambda *args: "anything"

        for body in BODIES:
            same(body, request=b"SOME / HTTP/1.1\r\n\r\n", __getattr__=catch_all, do_SOME=body)


def test_a_handler_without_a_request() -> None:
    """Methods called on a handler that has parsed nothing raise the same errors as the stdlib's."""

    def unparsed(self: Any) -> None:
        del self.request_version, self.requestline
        for call in (
            lambda: self.send_header("a", "b"),
            lambda: self.send_response_only(200),
            self.log_request,
            lambda: self.send_response(200),
        ):
            with pytest.raises(AttributeError) as raised:
                call()
            self.calls.append(str(raised.value))

    assert len(same(unparsed)["calls"]) == 4


def test_extra_headers_of_the_command_line() -> None:
    if "_is_extra" not in inspect.signature(STDLIB.send_header).parameters:
        with pytest.raises(TypeError):
            OURS.send_header(mock.Mock(), "a", "b", _is_extra=True)
        return

    def body(self: Any) -> None:
        self.send_header("A", "b", _is_extra=True)
        self.calls.append(list(self._default_response_headers))
        self.send_header("C", "d", _is_extra=False)
        self.calls.append(list(self._default_response_headers))
        self._default_response_headers.append(("e", "f"))
        self.end_headers()
        self.calls.append(list(self._default_response_headers))

    assert same(body)["calls"] == [[], [("C", "d")], []]


@pytest.mark.parametrize("colours", ["0", "1"])
def test_colours(monkeypatch: pytest.MonkeyPatch, colours: str) -> None:
    monkeypatch.setenv("PYTHON_COLORS", colours)
    for body in BODIES:
        same(body)


def test_stderr_is_looked_up_and_may_be_none() -> None:
    for base in (STDLIB, OURS):
        handler = base.__new__(base)
        handler.client_address = ("192.0.2.1", 1)
        with mock.patch.object(sys, "stderr", None), pytest.raises(AttributeError, match=r"'NoneType'.*'write'"):
            handler.log_message("a")
        with mock.patch.object(sys, "stderr", io.StringIO()) as log:
            handler.log_message("%s", "a\x00")
        assert log.getvalue().endswith("a\\x00\n")


def test_signatures() -> None:
    for name in METHODS:
        for base in (OURS, fasthdr.simple_server.WSGIRequestHandler):
            theirs, ours = inspect.signature(getattr(STDLIB, name)), inspect.signature(getattr(base, name))
            assert [(p.name, p.kind, p.default) for p in ours.parameters.values()] == [
                (p.name, p.kind, p.default) for p in theirs.parameters.values()
            ]


def test_no_method_of_a_stdlib_class_is_hidden() -> None:
    """Our base class precedes the stdlib's SimpleHTTPRequestHandler and others in the MRO, but must hide no method."""
    ours = {name for name in vars(OURS) if not name.startswith("__")}
    for made in (fasthdr.server.SimpleHTTPRequestHandler, fasthdr.simple_server.WSGIRequestHandler):
        between = [c for c in made.__mro__ if c.__module__.startswith(("http", "wsgiref")) and c is not STDLIB]
        assert between
        for theirs in between:
            assert not ours & vars(theirs).keys()


def test_the_clock_is_not_asked_more_often() -> None:
    ticks = itertools.count(1_700_000_000)
    for base in (STDLIB, OURS):
        with mock.patch.object(time, "time", side_effect=map(float, ticks)):
            start = next(ticks)
            answer_of = base.__new__(base)
            answer_of.date_time_string()
            answer_of.log_date_time_string()
            assert next(ticks) == start + 3
