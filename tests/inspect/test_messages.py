# SPDX-License-Identifier: MIT
"""The messages in an input: where heads and bodies begin and end, and what is left over."""

from __future__ import annotations

import tracemalloc
from typing import Any
from unittest import mock

import pytest

import fasthdr
from fasthdr._cli.inspect import messages as walk
from fasthdr._cli.inspect.source import PIECE, Source
from tests.inspect.memory import document, inspect

GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"


def spans(found: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Return for each message its kind, its start, and the ends of its head and its body."""
    return [
        (each["kind"], each["start"], each["head_end"], each["body"] and each["body"]["end"])
        for each in found["messages"]
    ]


def test_a_pipeline() -> None:
    found = document(GET + POST + b"\r\n" + GET)
    sizes = len(GET), len(POST)
    assert spans(found) == [
        ("request", 0, sizes[0], sizes[0]),
        ("request", sizes[0], sum(sizes) - 3, sum(sizes)),
        ("request", sum(sizes), sum(sizes) + 2 + sizes[0], sum(sizes) + 2 + sizes[0]),
    ]
    assert found["left"] is None
    assert inspect(GET + POST + b"\r\n" + GET)[0] == 0


def test_an_interim_response_and_the_final_one() -> None:
    data = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    assert spans(document(data)) == [("response", 0, 25, 25), ("response", 25, 63, 65)]
    assert inspect(data)[0] == 0


def body(data: bytes, *options: str) -> dict[str, Any]:
    return document(data, *options)["messages"][0]["body"]


def test_bodies() -> None:
    start = b"HTTP/1.1 200 OK\r\n"
    found = body(start + CHUNKED + b"5;a=b\r\nhello\r\n0\r\nT: x\r\n\r\n")
    assert (found["framing"], found["data"], found["trailers"], found["complete"]) == ("chunked", 5, 1, True)
    found = body(start + b"\r\nto the end")
    assert (found["framing"], found["data"], found["complete"]) == ("close", 10, True)
    found = body(start + b"Content-Length: 5\r\n\r\nabc")
    assert (found["framing"], found["length"], found["data"], found["complete"]) == ("length", 5, 3, False)
    assert body(b"HTTP/1.1 204 No Content\r\n\r\n")["framing"] == "none"
    assert body(start + b"Content-Length: 5\r\n\r\n", "--method", "HEAD")["framing"] == "none"
    assert body(b"HTTP/1.1 101 x\r\n\r\nanything")["framing"] == "tunnel"
    assert body(start + b"\r\nanything", "--method=CONNECT")["framing"] == "tunnel"
    assert body(b"CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n\r\nanything")["framing"] == "tunnel"


def test_bodies_behind_heads_that_are_refused() -> None:
    """The readable part of the head says how the body ends, and the result is marked as uncertain."""
    start = b"HTTP/1.1 200 OK\r\nX : y\r\n"
    for line, options, framing in (
        (b"Content-Length: 5", ["--method=HEAD"], "none"),
        (b"Content-Length: 5", [], "length"),
        (b"Content-Length : 5", [], "length"),
        (b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked", [], "chunked"),
        (b"Transfer-Encoding: chunked, gzip", [], "unknown"),
        (b"Server: x", [], "close"),
    ):
        found = body(start + line + b"\r\n\r\n5\r\nhello\r\n0\r\n\r\n", *options)
        assert (found["framing"], found["certain"]) == (framing, False), line
    assert body(b"HTTP/1.1 304 OK\r\nX : y\r\nContent-Length: 5\r\n\r\n")["framing"] == "none"
    assert body(b"GET / HTTP/1.1\r\nX : y\r\n\r\n")["framing"] == "none"


def test_a_body_that_is_cut_off_or_faulty() -> None:
    code, text = inspect(b"POST / HTTP/1.0\r\nContent-Length: 9\r\n\r\nabc")
    assert code == 1
    assert "incomplete: 6 bytes are missing" in text
    data = b"HTTP/1.1 200 OK\r\n" + CHUNKED + b"5\r\nhello\r\nx\r\nmore"
    found = document(data)
    fault = found["messages"][0]["body"]["fault"]
    assert (data[fault["offset"] :][:1], fault["code"], fault["rfc"]) == (b"x", "chunk", "9112 7.1")
    assert found["left"] == {"offset": len(data) - 7, "bytes": 7, "reason": "the body is faulty"}
    assert "400" not in inspect(data)[1]  # a fault in a response is a 502
    assert inspect(data)[0] == 1


def test_readers_that_may_differ() -> None:
    """For a message with two framings both ends are shown; by RFC 9112 6.3 the chunked coding takes precedence."""
    head = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n" + CHUNKED
    found = body(head + b"1\r\na\r\n0\r\n\r\n")
    assert (found["framing"], found["certain"], found["end"]) == ("chunked", False, len(head) + 11)
    assert found["others"] == [{"by": "Content-Length", "end": len(head) + 1}]
    text = inspect(head + b"1\r\na\r\n0\r\n\r\n")[1]
    assert "readers of this head may differ" in text
    assert f"by Content-Length it ends at {len(head) + 1}" in text


@pytest.mark.parametrize(
    "line",
    [
        b"Content-Length: 1, 2",
        b"Content-Length: -1",
        b"Content-Length: 1\r\nContent-Length: 2",
        b"Transfer-Encoding: gzip",
        b"Content-Length: 9999999999999999999999",
    ],
)
def test_an_end_that_nobody_can_tell(line: bytes) -> None:
    data = b"POST / HTTP/1.1\r\nHost: h\r\n" + line + b"\r\n\r\n"
    found = document(data + b"abc")
    assert found["messages"][0]["body"]["framing"] == "unknown"
    assert found["left"] == {"offset": len(data), "bytes": 3, "reason": "nobody can tell where the body ends"}


def test_left_over() -> None:
    assert inspect(b"")[0] == 1
    found = document(GET + b"GET / HT")
    assert found["left"] == {"offset": len(GET), "bytes": 8, "reason": "the head has no end"}
    assert found["messages"][1]["head_end"] is None
    assert found["messages"][1]["strict"]["verdict"] == "incomplete"
    assert inspect(GET + b"GET / HT")[0] == 1
    assert inspect(GET + b"GET / HT")[1].endswith(
        "35 bytes, 1 message; 8 bytes left over from byte 27 on: the head has no end\n"
    )
    assert document(GET + b"\r\n\r\n")["left"] == {"offset": 27, "bytes": 4, "reason": "empty lines"}
    assert document(b"A: b\r\n\r\nrest")["left"] == {"offset": 8, "bytes": 4, "reason": "one block of fields is read"}


def test_the_kind_is_told_or_asked_for() -> None:
    for data, kind in ((GET, "request"), (b"HTTP/1.1 200 OK\r\n\r\n", "response"), (b"Host: h\r\n\r\n", "fields")):
        assert document(data)["messages"][0]["kind"] == kind
    for kind in ("request", "response", "fields"):
        assert document(GET, f"--{kind}")["messages"][0]["kind"] == kind
    assert document(b"\r\n", "--fields")["messages"][0]["head_end"] == 2
    assert document(b"PROXY TCP4 a b c d\r\n\r\n", "--fields")["foreign"] == []


def test_lines_that_the_standard_library_loses() -> None:
    data = b"GET / HTTP/1.1\r\nHost: h\r\nX : y\r\nCookie: a\r\nLast: z\r\n\r\n"
    message = document(data)["messages"][0]
    assert [line["lost"] for line in message["lines"]] == [False, False, True, True, True, True]
    assert message["stdlib"]["lost"] == data.index(b"X :")
    assert message["stdlib"]["fields"] == 1
    assert message["stdlib"]["defects"] == ["MissingHeaderBodySeparatorDefect"]
    _, text = inspect(data)
    assert f"loses 3 lines, from byte {data.index(b'X :')} on" in text
    assert "\n-     32  Cookie: <1 byte hidden>\n" in text
    for whole in (b"A: b\r\r\nLost: x\r\n\r\n", b"A: b\rC: d\r\r\nLost: x\n\n"):  # only email.parser sees an empty line
        message = document(whole, "--fields")["messages"][0]
        assert message["stdlib"]["lost"] == whole.index(b"Lost")
        assert fasthdr.parse_headers(whole).get("lost") is None


def test_what_the_standard_library_makes_of_a_start_line() -> None:
    message = document(b"GET\t//a  HTTP/1.1\r\nHost: h\r\n\r\n")["messages"][0]
    assert message["stdlib"]["start"] == ["GET", "/a", "HTTP/1.1"]
    assert message["strict"]["code"] == "request-line"
    message = document(b"HTTP/1.1   200\r\n\r\n")["messages"][0]
    assert message["stdlib"]["start"] == ["HTTP/1.1", 200, ""]


def test_what_the_standard_library_raises() -> None:
    """An exception that http.server does not catch is shown, and the report goes on."""
    parse = fasthdr.parse_request

    def raises(data: bytes, *, strict: bool = False, **limits: Any) -> Any:
        if strict:
            return parse(data, strict=True, **limits)
        raise RecursionError

    with mock.patch.object(fasthdr, "parse_request", raises):
        readings = [each["stdlib"] for each in document(GET * 2)["messages"]]
        text = inspect(GET)[1]
    assert [(each["verdict"], each["reason"]) for each in readings] == [("raises", "RecursionError")] * 2
    assert "  standard library: raises RecursionError\n" in text
    hostile = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Type: multipart/x; boundary*=undefined''x\r\n\r\n"
    assert document(hostile)["messages"][0]["stdlib"]["code"] == "content-type"


def test_empty_lines() -> None:
    """A long run of empty lines is reported separately from the head that follows."""
    found = document(b"\r\n" * 600 + GET)
    assert [(each["offset"], each["code"]) for each in found["foreign"]] == [(0, "empty")]
    assert found["messages"][0]["start"] == 1200
    assert inspect(b"\r\n" + GET)[0] == 0


def test_a_client_that_recovers() -> None:
    """The reading with recover=True is shown if it differs."""
    data = b"HTTP/1.1 200 OK\r\nA: b\r\nno colon\r\nContent-Length: 0\r\n\r\n"
    message = document(data)["messages"][0]
    text = inspect(data)[1]
    assert (message["stdlib"]["fields"], message["stdlib"]["left_out"]) == (1, None)
    assert (message["recover"]["fields"], message["recover"]["left_out"]) == (2, 1)
    assert message["recover"]["lost"] is None
    assert "  recover: accepted (2 fields, the connection persists)\n" in text
    assert "    leaves out 1 bad line\n" in text
    assert document(GET)["messages"][0]["recover"] is None
    good = data.replace(b"no colon\r\n", b"")
    assert document(good)["messages"][0]["recover"]["fields"] == 2
    assert "recover" not in inspect(good)[1]


def test_hex() -> None:
    text = inspect(b"GET / HTTP/1.0\r\nA: b\r\n\r\n", "--hex")[1]
    assert "       0  47 45 54 20 2f 20 48 54  54 50 2f 31 2e 30 0d 0a  GET / HTTP/1.0..\n" in text
    assert "      10  41 3a 20 62 0d 0a 0d 0a                           A: b....\n" in text
    text = inspect(b"\x00\x01" * 40, "--hex")[1]
    assert "       0  00 01 00 01" in text


# ---------------------------------------------------------------------------------------------------------- large input


class Repeated:
    """The same piece again and again, up to a number of bytes."""

    def __init__(self, start: bytes, piece: bytes, size: int) -> None:
        self.start, self.piece, self.left = start, piece, size

    def read(self, size: int) -> bytes:
        if self.start:
            given, self.start = self.start, b""
            return given
        given = (self.piece * (size // len(self.piece) + 1))[: min(size, self.left)]
        self.left -= len(given)
        return given


LARGE = 64 << 20


@pytest.mark.long
@pytest.mark.interpreter
@pytest.mark.parametrize(
    ("start", "piece"),
    [
        (b"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % LARGE, b"x"),
        (b"PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", b"1000\r\n" + bytes(0x1000) + b"\r\n"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x"), (b"GET / HTTP/1.1\r\n", b"x"), (b"", b"\0"), (b"", b"\r\n"),
        (b"", b"A: b\r\n"),
    ],
    ids=["length", "chunked", "close", "no end of a head", "no HTTP", "empty lines", "fields"],
)  # fmt: skip
def test_memory_is_bounded(start: bytes, piece: bytes) -> None:
    """Of an input of 64 MiB, only as much as a few heads is kept in memory."""
    source = Source(Repeated(start, piece, LARGE).read)
    tracemalloc.start()
    try:
        end = list(walk.messages(source, None, None))[-1]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(end, walk.End)
    assert end.size == LARGE + len(start)
    assert peak < 24 << 20


def test_many_messages_are_shown_as_they_are_read() -> None:
    source = Source(Repeated(b"", GET, len(GET) * 100_000).read)
    shown = walk.messages(source, None, None)
    for _ in range(10):
        next(shown)
    assert source.start + len(source.data) <= 2 * PIECE


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_it_does_not_matter_how_the_input_arrives(size: int) -> None:
    data = (
        GET + b"\r\n" + POST + b"PUT / HTTP/1.1\r\nHost : h\r\n" + CHUNKED + b"5\r\nhello\r\n0\r\n\r\n" + GET + b"GET"
    )

    def all_of(step: int) -> list[Any]:
        pieces = [data[at : at + step] for at in range(0, len(data), step)][::-1]
        found = list(walk.messages(Source(lambda _: pieces.pop() if pieces else b""), "request", None))
        return [(type(each), getattr(each, "data", None), getattr(each, "body", None)) for each in found]

    assert all_of(size) == all_of(len(data))
