# SPDX-License-Identifier: MIT
"""`headers` of a head can be changed: the mapping follows, and what describes the received message does not."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from tests.implementations import IMPLEMENTATIONS

api = pytest.mark.parametrize("api", IMPLEMENTATIONS)
both_modes = pytest.mark.parametrize("strict", [False, True], ids=["default", "strict"])
COPIES = [lambda head: head, copy.copy, lambda head: pickle.loads(pickle.dumps(head))]
copied = pytest.mark.parametrize("copy_of", COPIES, ids=["itself", "copy", "pickle"])

FIELDS = [
    b"Host: a\r\n",
    b"Host: a\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding:  chunked \r\nConnection: close\r\n",
    b"Host: a\r\nContent-Length: 5\r\nConnection: keep-alive, Upgrade\r\nUpgrade: x\r\nUPGRADE: y\r\n",
    b"Host: a\r\nContent-Type: text/html\r\nContent-Length: 0\r\nExpect: 100-continue\r\nProxy: x\r\nA_B: c\r\n",
    b"Host: a\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 5\r\n",
]
EDITS = {
    "Host": "other",
    "Transfer-Encoding": "chunked",
    "Content-Length": "7",
    "Connection": "close",
    "Upgrade": "z",
    "Expect": "100-continue",
    "Content-Type": "a/b",
    "New": "field",
}
RECEIVED = ("framing", "content_length", "chunked", "upgrade", "keep_alive", "expect_continue", "raw_headers")


def told(head: Any) -> dict[str, Any]:
    """Return what a head tells about the received message."""
    found: dict[str, Any] = {}
    for name in RECEIVED:
        try:
            found[name] = getattr(head, name, None)
        except ValueError as error:
            found[name] = str(error)
    if hasattr(head, "asgi_scope"):
        found.update(scope=head.asgi_scope(), environ=head.wsgi_environ({"SERVER_NAME": "s"}))
    found["table"] = memoryview(head.table).tolist()
    return found


def check(head: Any, copy_of: Any, authority: str | None = None) -> None:
    if head.table is None:  # plain Python leaves multipart/* to the standard library
        return
    expected = told(head)
    for name, value in EDITS.items():
        before = head.items()
        del head.headers[name]
        assert told(copy_of(head)) == expected, name
        assert name not in head
        head.headers[name] = value
        assert told(copy_of(head)) == expected, name
        assert (head[name], head.get_all(name), head.items()[-1]) == (value, [value], (name, value))
        assert (
            head.items()
            == head.headers.items()
            == [pair for pair in before if pair[0].lower() != name.lower()] + [(name, value)]
        )
    assert getattr(head, "authority", None) == authority


@api
@both_modes
@copied
@pytest.mark.parametrize("fields", FIELDS)
def test_requests(api: Any, strict: bool, copy_of: Any, fields: bytes) -> None:
    fields = fields.replace(b"Transfer-Encoding: gzip\r\n", b"")  # refused in a request
    for line in (b"POST /x?y HTTP/1.1\r\n", b"POST http://b/ HTTP/1.0\r\n"):
        if b"/1.0" in line and b"Transfer" in fields and strict:
            continue
        head = api.parse_request(line + fields + b"\r\n", strict=strict)
        check(head, copy_of, "b" if b"http:" in line else "other")


@api
@both_modes
@copied
@pytest.mark.parametrize("fields", FIELDS)
@pytest.mark.parametrize("method", [None, "HEAD", "CONNECT"])
def test_responses(api: Any, strict: bool, copy_of: Any, fields: bytes, method: str | None) -> None:
    fields = fields.replace(b"Transfer-Encoding: gzip\r\n", b"") if strict else fields
    for line in (b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 404 No\r\n", b"HTTP/1.1 101 \r\n"):
        check(api.parse_response(line + fields + b"\r\n", strict=strict, method=method), copy_of)


@api
@both_modes
def test_field_lines(api: Any, strict: bool) -> None:
    for fields in FIELDS:
        check(api.parse_headers(fields + b"\r\n", strict=strict), lambda head: head)


@api
def test_a_head_that_the_standard_library_has_read_has_nothing_but_its_headers(api: Any) -> None:
    head = api.parse_request(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nno colon\r\n\r\n")
    assert (head.table, head.content_length) == (None, 5)
    head.headers.replace_header("Content-Length", "7")
    assert (head.content_length, head.raw_headers[-1]) == (7, (b"Content-Length", b"7"))
    assert head.wsgi_environ({})["CONTENT_LENGTH"] == "7"
