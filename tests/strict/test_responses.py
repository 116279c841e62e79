# SPDX-License-Identifier: MIT
"""What a response's head says of its body and its connection, given the request's method; and obsolete syntax in it."""

from __future__ import annotations

import http
from typing import Any

import pytest

import fasthdr
from tests.implementations import IMPLEMENTATIONS
from tests.strict.cases.obsolete import OK, TAKEN

pytestmark = pytest.mark.parametrize("api", IMPLEMENTATIONS)

LENGTH, CHUNKED = b"Content-Length: 5", b"Transfer-Encoding: chunked"


def response(api: Any, line: str, *fields: bytes, strict: bool = True, **options: Any) -> Any:
    data = b"HTTP/" + line.encode() + b" x\r\n" + b"".join(f + b"\r\n" for f in fields) + b"\r\n"
    head = api.parse_response(data, strict=strict, **options)
    assert head is not None
    return head


@pytest.mark.parametrize("fields", [[], [LENGTH], [CHUNKED], [b"Content-Length: 0"]])
def test_framing_by_the_method(api: Any, fields: list[bytes]) -> None:
    """RFC 9112 6.3."""
    plain = {b"": None, LENGTH: 5, CHUNKED: "chunked", b"Content-Length: 0": 0}[b"".join(fields)]
    for status in (200, 201, 206, 299, 300, 302, 400, 404, 500, 999):
        line = f"1.1 {status}"
        for method in (None, "GET", "POST", "head", "HEADS"):
            assert response(api, line, *fields, method=method).framing == plain
        assert response(api, line, *fields, method="HEAD").framing == 0
        assert response(api, line, *fields, method="CONNECT").framing == (None if status < 300 else plain)
    for status in (100, 101, 103, 199, 304):
        for method in (None, "GET", "HEAD", "CONNECT"):
            assert response(api, f"1.1 {status}", *fields, method=method).framing == 0
    for method in (None, "GET", "HEAD"):
        assert response(api, "1.1 204", *fields, method=method).framing == 0
    assert response(api, "1.1 204", *fields, method="CONNECT").framing is None  # a tunnel


@pytest.mark.parametrize(
    ("line", "fields", "method", "keep_alive"),
    [
        ("1.1 200", [LENGTH], None, True),
        ("1.1 200", [CHUNKED], "GET", True),
        ("1.1 200", [], "GET", False),  # the body ends with the connection
        ("1.1 200", [], "HEAD", True),
        ("1.1 204", [], "GET", True),
        ("1.1 304", [], "GET", True),
        ("1.1 200", [b"Connection: keep-alive"], "GET", False),
        ("1.1 200", [LENGTH, b"Connection: close"], "GET", False),
        ("1.1 200", [LENGTH, b"Connection: a, CLOSE"], "GET", False),
        ("1.1 200", [LENGTH, b"Connection: a", b"connection: b,close"], "GET", False),
        ("1.1 200", [LENGTH, b"Connection: closed"], "GET", True),
        ("1.1 200", [LENGTH, b"Connection: keep-alive, close"], "GET", False),
        ("1.1 200", [b"Connection: close"], "HEAD", False),
        ("1.0 200", [LENGTH], "GET", False),
        ("1.0 200", [LENGTH, b"Connection: keep-alive"], "GET", True),
        ("1.0 200", [LENGTH, b"Connection: Upgrade, Keep-Alive"], "GET", True),
        ("1.0 200", [LENGTH, b"Keep-Alive: timeout=5"], "GET", False),
        ("1.0 200", [LENGTH, b"Proxy-Connection: keep-alive"], "GET", False),  # RFC 9112 C.2.2
        ("1.0 200", [b"Connection: keep-alive"], "GET", False),
        ("1.0 200", [b"Connection: keep-alive"], "HEAD", True),
        ("1.0 304", [b"Connection: keep-alive"], "GET", True),
        ("1.9 200", [LENGTH], "GET", True),
        ("1.1 100", [], "GET", True),
        ("1.1 103", [b"Connection: close"], "GET", False),
        ("1.1 101", [b"Connection: upgrade", b"Upgrade: a"], "GET", False),  # another protocol
        ("1.1 200", [], "CONNECT", False),  # a tunnel
        ("1.1 200", [LENGTH], "CONNECT", False),
        ("1.1 407", [LENGTH], "CONNECT", True),
    ],
)
def test_keep_alive(api: Any, line: str, fields: list[bytes], method: str | None, keep_alive: bool) -> None:
    """RFC 9112 9.3, and 6.3 for a body that runs to the end of the connection."""
    assert response(api, line, *fields, method=method).keep_alive is keep_alive


@pytest.mark.parametrize("strict", [False, True])
def test_methods(api: Any, strict: bool) -> None:
    class Text(str):
        def __str__(self) -> str:
            return "GET"

        __repr__ = __str__

    for method in ("HEAD", Text("HEAD"), getattr(http, "HTTPMethod", {"HEAD": "HEAD"})["HEAD"]):
        assert response(api, "1.1 200", strict=strict, method=method).keep_alive is True
    for wrong in (b"HEAD", 5, ["HEAD"]):
        with pytest.raises(TypeError, match="method must be str or None, not "):
            response(api, "1.1 200", strict=strict, method=wrong)
    assert api.parse_response(b"HTTP/1.1 200", strict=strict, method="HEAD") is None


def test_no_method_belongs_to_a_response(api: Any) -> None:
    head = response(api, "1.1 200", method="HEAD")
    with pytest.raises(AttributeError):
        head.method  # a request has one
    with pytest.raises(AttributeError):
        head.keep_alive = True


# ---------------------------------------------------------------------------------------------------------- obsolete


@pytest.mark.parametrize("name", TAKEN)
def test_what_is_obsolete(api: Any, name: str) -> None:
    """RFC 9112 5.1 and 5.2; each byte of a fold becomes one SP, so the table's spans also fit the input."""
    block, expected = TAKEN[name]
    for data in (OK + block, bytearray(OK + block), OK + block + b"body" * 1000):
        kept = bytes(data)
        head = api.parse_response(data, strict=True, obsolete=True)
        assert head.raw_headers == expected
        assert head.items() == head.headers.items() == [(n.decode("latin-1"), v.decode("latin-1")) for n, v in expected]
        assert head.get(expected[0][0].decode()) == expected[0][1].decode("latin-1")
        assert head.headers.defects == []
        rows = memoryview(head.table).tolist()
        assert [(kept[n : n + k], m) for n, k, _, m in rows] == [(n, len(v)) for n, v in expected]
        assert [kept[v : v + m].split() for _, _, v, m in rows] == [value.split() for _, value in expected]
        assert bytes(data) == kept, "the input is the caller's"
    with pytest.raises(fasthdr.ParseError):
        api.parse_response(OK + block, strict=True)


def test_framing_of_what_is_obsolete(api: Any) -> None:
    def framing(block: bytes) -> Any:
        return api.parse_response(OK + block + b"\r\n", strict=True, obsolete=True).framing

    assert framing(b"Content-Length :\r\n 5\r\n") == 5
    assert framing(b"Transfer-Encoding\t:\r\n\tchunked\r\n") == "chunked"
    assert framing(b"A: b\r\n Content-Length: 5\r\n") is None
    head = api.parse_response(OK + b"Connection: a,\r\n close\r\nContent-Length: 0\r\n\r\n", strict=True, obsolete=True)
    assert head.keep_alive is False


def test_obsolete_is_asked_for(api: Any) -> None:
    """It never holds for requests, in the default mode, or unless the caller asks for it."""
    with pytest.raises(ValueError, match="obsolete=True needs strict=True") as caught:
        api.parse_response(OK + b"\r\n", obsolete=True)
    assert type(caught.value) is ValueError
    for parse in (api.parse_request, api.parse_headers):
        with pytest.raises(TypeError):
            parse(b"", strict=True, obsolete=True)
    for line, parse in ((OK, api.parse_response), (b"GET / HTTP/1.1\r\nHost: a\r\n", api.parse_request)):
        for block, reason in (
            (b"A: b\r\n c\r\n", "Obsolete line folding"),
            (b"A : b\r\n", "White space in a field name"),
        ):
            with pytest.raises(fasthdr.ParseError, match=reason):
                parse(line + block + b"\r\n", strict=True)
