# SPDX-License-Identifier: MIT
"""ParseError.code: a short name for each fault, listed with its reason in docs/strict.md."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import fasthdr
from fasthdr._errors.codes import CODES, OTHER
from tests.implementations import IMPLEMENTATIONS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "strict.md"
LINE = b"GET / HTTP/1.1\r\n"


def test_they_are_names() -> None:
    assert all(re.fullmatch("[a-z]+(-[a-z]+)*", code) for code in CODES.values())


def test_the_page_has_them() -> None:
    page = PAGE.read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\|.*\| \d{3} ([^|]+?) \| `([^`]*)` \|", page, re.MULTILINE))
    assert len(rows) > 40
    assert rows == {reason: CODES.get(reason) for reason in rows}
    assert {*CODES.values(), OTHER} <= {*re.findall("`([a-z-]+)`", page)}


@pytest.mark.parametrize("api", IMPLEMENTATIONS)
@pytest.mark.parametrize(
    ("data", "options", "code"),
    [
        (b"GET / HTTP/1.1 x\r\n\r\n", {}, "version"),
        (b"GET / x HTTP/1.1\r\n\r\n", {}, "request-line"),
        (b"POST /\r\n\r\n", {}, "request-line"),
        (b"GET / HTTP/3.0\r\n\r\n", {}, "version-number"),
        (b"\r\n", {}, "request-line"),
        (b"GET /" + b"a" * 70000, {}, "request-line-length"),
        (LINE + b"A: " + b"a" * 70000, {}, "field-line-length"),
        (LINE + b"A: b\r\n" * 300 + b"\r\n", {}, "field-count"),
        (LINE + b"A: b\r\n" * 5, {"max_head": 20}, "head-length"),
        (LINE + b"A : b\r\n\r\n", {"strict": True}, "space-before-colon"),
        (b"\x16\x03\x01", {"strict": True}, "tls"),
        (LINE + b"\r\n", {"strict": True}, "host-missing"),
    ],
)
def test_of_requests(api: Any, data: bytes, options: dict[str, Any], code: str) -> None:
    with pytest.raises(fasthdr.ParseError) as caught:
        api.parse_request(data, **options)
    assert caught.value.code == code


@pytest.mark.parametrize("api", IMPLEMENTATIONS)
@pytest.mark.parametrize(
    ("data", "code"),
    [(b"x\r\n", "status-line"), (b"HTTP/2.0 200 OK\r\n", "not-http"), (b"a" * 70000, "status-line-length")],
)
def test_of_responses(api: Any, data: bytes, code: str) -> None:
    with pytest.raises(fasthdr.ParseError) as caught:
        api.parse_response(data)
    assert caught.value.code == code


def test_a_reason_of_a_programs_own() -> None:
    assert fasthdr.ParseError(400, "No tea").code == "other"
