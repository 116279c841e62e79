# SPDX-License-Identifier: MIT
"""Every input gets an answer: no crash, a documented exit code, and the same from the core and from plain Python."""

from __future__ import annotations

import json
from typing import Any

import hypothesis.strategies as st
from hypothesis import example, given, settings

import fasthdr
from tests.inspect.memory import inspect, plain_python

PARTS = st.sampled_from(
    [
        b"GET / HTTP/1.1\r\n", b"POST /a HTTP/1.0\n", b"CONNECT h:1 HTTP/1.1\r\n", b"HEAD  /\x01 HTTP/2.0\r\n",
        b"GET /\r\n", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.0 20 x\r\n",
        b"HTTP/1.1 204 \n", b"Host: h\r\n", b"Host : a/b\n", b"Content-Length: 3\r\n", b"Content-Length:5\r\n",
        b"Content-Length: -1\r\n", b"Expect: 100-continue\r\n", b"Transfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: gzip\r\n", b"Connection: close\r\n", b" fold\r\n", b": x\r\n", b"From me\r\n",
        b"A: 1\rB: 2\r\n", b"X\xe9: \x00y\r\n", b"no colon\r\n", b"Content-Type: multipart/form-data; boundary=x\r\n",
        b"Content-Type: message/rfc822\r\n", b"Content-Type: text/x; charset*=idna'x'%ff\r\n", b"\r\n", b"\n", b"\r",
        b"\r\r\n", b"3\r\nabc\r\n", b"0\r\n\r\n", b"0\r\nT: x\r\n\r\n", b"abc", b"> GET / HTTP/1.1\n", b"> Host: h\n",
        b">\n", b"< HTTP/2 200 \r\n", b"< \r\n", b"* x\n", b"PROXY TCP4 1.1.1.1 2.2.2.2 3 4\r\n",
        b"PROXY UNKNOWN\r\n", b"\r\n\r\n\0\r\nQUIT\n!\x11\0\x0c", b"\0" * 12, b"\x16\x03\x01\0\x30\1\0\0\x2c\3\3",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x80\x2e\1\3\1", b"OPTIONS * RTSP/1.0\r\n", b"Cookie: a\r\n",
        b"\xef\xbb\xbf", b"a" * 70000,
    ]
)  # fmt: skip
INPUTS = st.one_of(
    st.lists(PARTS, max_size=12).map(b"".join),
    st.binary(max_size=200),
    st.lists(st.one_of(PARTS, st.binary(max_size=9)), max_size=9).map(b"".join),
)
OPTIONS = st.sampled_from(["", "--request", "--response", "--fields", "--method=HEAD", "--method=CONNECT"])


def check_spans(found: dict[str, Any], data: bytes, whole_capture: bool) -> None:
    """Check that what is found lies in the input, in order, and that every byte is accounted for."""
    at = 0
    assert found["bytes"] == len(data)
    for message in found["messages"]:
        if message["line"] is not None:
            continue
        assert message["start"] >= at
        assert (
            b"".join(line["end"].encode() for line in message["lines"]).count(b"\n")
            == data[message["start"] : message["head_end"]].count(b"\n")
            or message["head_end"] is None
        )
        at = message["head_end"] or message["start"]
        body = message["body"]
        if body and body["start"] is not None:
            assert body["start"] == at
            assert body["end"] >= at
            at = body["end"]
    left = found["left"]
    if left:
        assert left["offset"] >= at or found["messages"][-1]["head_end"] is None
        assert left["offset"] + left["bytes"] == len(data)
    elif not whole_capture:
        assert at == len(data) or found["foreign"]


def check_verdicts(message: dict[str, Any]) -> None:
    """Check that the faults include strict mode's, and that there is none if strict mode accepts."""
    strict = message["strict"]
    offsets = [(fault["offset"], fault["code"]) for fault in message["faults"]]
    assert len(set(offsets)) == len(offsets)
    if strict["verdict"] == "accepted":
        assert offsets == []
        assert message["stdlib"]["verdict"] == "accepted"
    elif strict["verdict"] == "refused":
        assert (strict["offset"], strict["code"]) in offsets
        assert not message["accepted"]


@settings(deadline=None)
@given(INPUTS, OPTIONS, st.booleans())
@example(b"", "", False)
@example(b"\r\n", "", True)
def test_any_bytes(data: bytes, option: str, hexed: bool) -> None:
    options = [option] if option else []
    code, text = inspect(data, *options, *["--hex"] * hexed)
    assert code in (0, 1)
    assert text.isascii()
    assert text.replace("\n", "").isprintable()
    again, document = inspect(data, "--json", *options)
    assert again == code
    found = json.loads(document)
    check_spans(found, data, any(message["line"] for message in found["messages"]))
    for message in found["messages"]:
        check_verdicts(message)
    if code == 0:
        assert found["messages"]
        assert found["left"] is None
        assert found["foreign"] == []
        assert all(message["accepted"] for message in found["messages"])
    else:
        assert (
            found["left"]
            or found["foreign"]
            or not all(each["accepted"] for each in found["messages"])
            or (not found["messages"])
        )
    if fasthdr.IMPLEMENTATION == "cython":
        with plain_python():
            assert inspect(data, "--json", *options) == (code, document)
            assert inspect(data, *options, *["--hex"] * hexed) == (code, text)


@settings(deadline=None)
@given(st.lists(PARTS, max_size=6).map(b"".join))
def test_the_first_verdict_is_that_of_the_function(data: bytes) -> None:
    """The report on the first message agrees with the public function."""
    found = json.loads(inspect(b"GET / HTTP/1.1\r\n" + data, "--json", "--request")[1])
    message = found["messages"][0]
    try:
        head = fasthdr.parse_request(b"GET / HTTP/1.1\r\n" + data, strict=True)
    except fasthdr.ParseError as error:
        assert (message["strict"]["offset"], message["strict"]["code"]) == (error.offset, error.code)
    else:
        if head is None:
            assert message["strict"]["verdict"] == "incomplete"
        else:
            assert message["head_end"] == head.consumed
