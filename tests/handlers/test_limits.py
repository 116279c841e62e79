# SPDX-License-Identifier: MIT
"""Limits and deadlines that a program sets: values that cannot be kept are refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.handlers.kinds import ALL, Client, answer, served
from tests.handlers.memory import talk

GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
BAD: list[tuple[str, Any, type[Exception]]] = [
    ("max_line", "65536", TypeError),
    ("max_headers", None, TypeError),
    ("max_head", 1e6, TypeError),
    ("max_head", True, TypeError),
    ("max_body", "1", TypeError),
    ("max_body", -1, ValueError),
    ("max_body", 1 << 64, ValueError),
    ("drain_limit", None, TypeError),
    ("drain_limit", -1, ValueError),
    ("idle_timeout", float("inf"), ValueError),
    ("idle_timeout", 10_000_000_000, ValueError),
    ("head_timeout", "5", TypeError),
    ("body_timeout", -0.5, ValueError),
    ("write_timeout", float("nan"), ValueError),
    ("linger_timeout", [], TypeError),
    ("body_rate", 0, ValueError),
    ("body_rate", None, TypeError),
]
GOOD: list[tuple[str, Any]] = [
    ("max_line", 100),
    ("max_body", None),
    ("max_body", 0),
    ("drain_limit", 0),
    ("idle_timeout", 1_000_000_000),
    ("head_timeout", 5),
    ("body_timeout", None),
    ("write_timeout", 0.5),
    ("linger_timeout", None),
    ("body_rate", 1.5),
]
ways = pytest.mark.parametrize("way", ALL.values(), ids=ALL)


@pytest.mark.parametrize(("name", "value", "kind"), BAD)
@ways
def test_values_that_are_refused(way: Any, name: str, value: Any, kind: type[Exception]) -> None:
    sent, error = talk(way, [GET], do_GET=answer, **{name: value})
    assert type(error) is kind
    assert str(error).startswith(f"{name} of {__name__.rpartition('.')[0]}.kinds.Handler must be ")
    assert sent == b""


@pytest.mark.parametrize(("name", "value"), GOOD)
@ways
def test_values_that_are_kept(way: Any, name: str, value: Any) -> None:
    sent, error = talk(way, [GET], do_GET=answer, **{name: value})
    assert error is None
    assert sent.endswith(b"ok")


@ways
def test_no_deadline_for_a_clean_close(way: Any) -> None:
    """The client decides when the connection ends."""
    with served(way, do_POST=answer, drain_limit=10, linger_timeout=None) as server, Client(server) as client:
        client.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n" + bytes(10))
        assert client.response() == (200, b"ok")
        client.send(bytes(990))
        assert client.last() == b""
    assert not server.errors
