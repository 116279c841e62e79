# SPDX-License-Identifier: MIT
"""Credentials are hidden unless they are asked for, because a report is made to be passed on."""

from __future__ import annotations

import pytest

from tests.inspect.memory import document, inspect
from tests.together import together

SECRET = b"c2VjcmV0OnNlY3JldA"
HEAD = b"GET / HTTP/1.1\r\nHost: h\r\n"

WITH_ONE = {
    **{
        name: HEAD + name.encode() + b": Basic " + SECRET + b"\r\n\r\n"
        for name in ("Authorization", "proxy-authorization", "Cookie", "SET-COOKIE", "X-Api-Key", "X-Auth-Token")
    },
    "a blank before the colon": HEAD + b"Cookie : " + SECRET + b"\r\n\r\n",
    "an obs-fold": HEAD + b"Authorization: Basic\r\n " + SECRET + b"\r\n\t" + SECRET + b"\r\n\r\n",
    "an obs-fold of no value": HEAD + b"Authorization:\r\n " + SECRET + b"\r\n\r\n",
    "userinfo": b"GET http://me:" + SECRET + b"@h/ HTTP/1.1\r\nHost: h\r\n\r\n",
    "userinfo of a target that is refused": b"GET //me:" + SECRET + b"@h/ HTTP/x\r\nHost: h\r\n\r\n",
    "no HTTP": b"(Authorization: " + SECRET + b"\r\n\r\n",
    "no end": HEAD + b"Authorization: Basic " + SECRET,
    "a fault in it": HEAD + b"Authorization: \x00" + SECRET + b"\x01\r\n\r\n",
    "a bad line end": HEAD + b"Authorization: " + SECRET + b"\n\n",
    "a bare CR": HEAD + b"A: b\rCookie: " + SECRET + b"\r\n\r\n",
    "twice": HEAD + b"Authorization: a\r\nAuthorization: " + SECRET + b"\r\n\r\n",
    "a response": b"HTTP/1.1 200 OK\r\nSet-Cookie: a=" + SECRET + b"\r\n\r\n",
    "a capture": b"> GET / HTTP/1.1\n> Authorization: Basic " + SECRET + b"\n>\n",
    "left over": b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\nCookie: " + SECRET + b"\r\n",
    "one line that loses it": HEAD + b"no colon\r\nCookie: " + SECRET + b"\r\n\r\n",
    "a request line that is none": b"Cookie " + SECRET + b"\r\n\r\n",
}


@together("name", WITH_ONE)
@pytest.mark.parametrize("options", [(), ("--hex",), ("--json",), ("--request",), ("--fields", "--json")], ids=str)
def test_hidden(name: str, options: tuple[str, ...]) -> None:
    text = inspect(WITH_ONE[name], *options)[1]
    for part in (SECRET.decode(), "c2Vjcm", SECRET[:8].hex(), SECRET[:4].hex(" ")):
        assert part not in text, (name, text)


@pytest.mark.parametrize("name", [name for name in WITH_ONE if name not in ("left over", "no HTTP")])
def test_shown_if_asked_for(name: str) -> None:
    data = WITH_ONE[name]
    assert SECRET.decode() in inspect(data, "--show-secrets")[1]
    assert SECRET.decode() in inspect(data, "--show-secrets", "--json")[1]
    assert "hidden>" not in inspect(data, "--show-secrets")[1]


def test_how_much_is_hidden() -> None:
    data = HEAD + b"Cookie: " + SECRET + b"\r\nA: b\r\n\r\n"
    lines = document(data)["messages"][0]["lines"]
    assert [(line["text"], line["hidden"]) for line in lines[2:]] == [("Cookie: ", len(SECRET)), ("A: b", 0), ("", 0)]
    text = inspect(data, "--hex")[1]
    assert "Cookie: <18 bytes hidden>\n" in text
    assert "\n      20  20 -- -- -- -- -- -- --  -- -- -- -- -- -- -- --   ...............\n" in text


def test_what_is_no_secret_is_shown() -> None:
    data = HEAD + b"X-Request-Id: 1\r\nAccept: a/b\r\n\r\n"
    assert "hidden" not in inspect(data)[1]
    assert inspect(data) == inspect(data, "--show-secrets")
