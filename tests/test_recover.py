# SPDX-License-Identifier: MIT
"""recover=True: if a response has a bad field line, only that line is lost; it never changes where the body ends."""

from __future__ import annotations

import contextlib
import email.errors
import http.client
import http.server
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fasthdr
from tests.handlers.memory import talk
from tests.implementations import IMPLEMENTATIONS

LINE = b"HTTP/1.1 200 OK\r\n"
both = pytest.mark.parametrize("api", IMPLEMENTATIONS)

# Bad lines as servers send them, and the defect for each.
BAD = [
    (b"My Param: None", email.errors.InvalidHeaderDefect),
    (b"Access-Control-Expose-Headers : Content-Length", email.errors.InvalidHeaderDefect),
    (b"HTTP/1.1 200 OK", email.errors.MissingHeaderBodySeparatorDefect),
    (b"no colon", email.errors.MissingHeaderBodySeparatorDefect),
    (b": no name", email.errors.InvalidHeaderDefect),
    (b"caf\xe9: latin-1", email.errors.InvalidHeaderDefect),
    (b"X-\x01: control", email.errors.InvalidHeaderDefect),
    (b"X-A: b\rX-B: c", email.errors.InvalidHeaderDefect),
    (b"X-A: b\r\n c\rX-B: d", email.errors.InvalidHeaderDefect),
    (b"bad\r\n and folded: x", email.errors.InvalidHeaderDefect),
    (b"From me Mon Jan 1", email.errors.MissingHeaderBodySeparatorDefect),
    (b"\r", email.errors.MissingHeaderBodySeparatorDefect),
]


def recovered(api: Any, *lines: bytes, start: bytes = LINE, **options: Any) -> Any:
    data = start + b"".join(line + b"\r\n" for line in lines) + b"\r\n"
    head = api.parse_response(data + b"body", recover=True, **options)
    assert head.consumed == len(data)
    return head


@both
@pytest.mark.parametrize(("bad", "defect"), BAD, ids=repr)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_bad_line_costs_itself_alone(api: Any, bad: bytes, defect: type, place: int) -> None:
    fields = [b"Set-Cookie: a=1", b"Content-Length: 4"]
    if bad.startswith(b" ") and place:
        pytest.skip("an obs-fold")
    head = recovered(api, *fields[:place], bad, *fields[place:])
    assert head.items() == [("Set-Cookie", "a=1"), ("Content-Length", "4")]
    assert head.defects == (bad,)
    assert [(type(each), each.line) for each in head.headers.defects] == [(defect, bad.decode("latin-1"))]
    assert (head.status, head.reason, head.version, head.content_length) == (200, "OK", "HTTP/1.1", 4)
    assert head.keep_alive
    assert head.headers.get_payload() == ""


@both
def test_a_fold_before_the_first_field(api: Any) -> None:
    head = recovered(api, b" folded: 1", b"\ttwice", b"A: b")
    assert head.items() == [("A", "b")]
    assert head.defects == (b" folded: 1\r\n\ttwice",)
    assert type(head.headers.defects[0]) is email.errors.FirstHeaderLineIsContinuationDefect


@both
def test_without_it_the_lines_behind_are_lost(api: Any) -> None:
    head = api.parse_response(LINE + b"A: b\r\nno colon\r\nC: d\r\n\r\n")
    assert head.items() == [("A", "b")]
    assert head.defects == ()


@both
@pytest.mark.parametrize(
    "block",
    [b"A: b\r\n", b"", b"A:\r\n b\r\n", b"Content-Type: multipart/mixed; boundary=b\r\n", b"A: \xff\x00\x01\r\n"],
    ids=repr,
)
def test_a_block_without_bad_lines_is_read_as_without_it(api: Any, block: bytes) -> None:
    data = LINE + block + b"\r\n"
    ours, theirs = api.parse_response(data, recover=True), api.parse_response(data)
    assert ours.items() == theirs.items()
    assert [str(defect) for defect in ours.headers.defects] == [str(defect) for defect in theirs.headers.defects]
    assert ours.defects == theirs.defects == ()
    assert (ours.table is None) == (theirs.table is None)


@both
def test_every_piece_of_a_head_is_incomplete(api: Any) -> None:
    data = LINE + b"A: b\r\nno colon\r\nC : d\r\n\r\n"
    for end in range(len(data)):
        assert api.parse_response(data[:end], recover=True) is None
    assert api.parse_response(memoryview(data), recover=True).items() == [("A", "b")]


@both
def test_limits_hold_for_bad_lines(api: Any) -> None:
    with pytest.raises(fasthdr.ParseError, match="Too many headers"):
        recovered(api, *[b"no colon"] * 10, max_headers=5)
    with pytest.raises(fasthdr.ParseError, match="Line too long"):
        recovered(api, b"no colon " * 10, max_line=50)


@both
def test_not_with_strict(api: Any) -> None:
    with pytest.raises(ValueError, match="recover=True needs strict=False"):
        api.parse_response(LINE + b"\r\n", strict=True, recover=True)
    with pytest.raises(ValueError, match="obsolete=True needs strict=True"):
        api.parse_response(LINE + b"\r\n", obsolete=True, recover=True)


# ---------------------------------------------------------------------------------------------------- where a body ends

LENGTH, CHUNKED = b"Content-Length: 4", b"Transfer-Encoding: chunked"

# Field lines, at least one of them bad, in which different readers may find different lengths.
DOUBTFUL = [
    (b"Content-Length : 5",),
    (b"Content-Length : 5", LENGTH),
    (LENGTH, b"Content-Length : 5"),
    (LENGTH, b"Transfer-Encoding : chunked"),
    (LENGTH, b"Transfer-Encoding chunked"),
    (LENGTH, b"transfer-encoding\x00: chunked"),
    (LENGTH, b"Trans\xadfer-Encoding: chunked"),
    (LENGTH, b"\x0bTransfer-Encoding: chunked"),
    (LENGTH, b"Transfer Encoding: chunked"),
    (LENGTH, b"X: a\rTransfer-Encoding: chunked"),
    (LENGTH, b"no colon\r\n Transfer-Encoding: chunked"),
    (b" Transfer-Encoding: chunked", LENGTH),
    (b"Content-Length: 4\rX: y",),
    (b"Content-Length: 1\r\n 2\rX: y", LENGTH),
    (CHUNKED, b"content_length : 5"),
    (b"no colon", LENGTH, CHUNKED),
    (b"no colon", CHUNKED, LENGTH),
    (b"no colon", LENGTH, b"Content-Length: 5"),
    (b"no colon", LENGTH, LENGTH),
    (b"no colon", CHUNKED, CHUNKED),
    (b"no colon", b"Content-Length: +4"),
    (b"no colon", b"Content-Length: 4, 4"),
    (b"no colon", b"Content-Length: 4\r\n 0"),
    (b"no colon", b"Content-Length:"),
    (b"no colon", b"Content-Length: \xb2"),
    (b"no colon", b"Transfer-Encoding: gzip, chunked"),
    (b"no colon", b"Transfer-Encoding: chunked\x0b"),
    (b"no colon", b"Transfer-Encoding:\r\n chunked"),
]
PLAIN = [
    ((b"no colon", LENGTH), 4, False),
    ((b"Connection : close", b"CONTENT-LENGTH:\t04"), 4, False),
    ((b"Access-Control-Expose-Headers : Content-Length", CHUNKED), None, True),
    ((b"bad", b"transfer-encoding: Chunked"), None, True),
    ((b"bad", b"X-Transfer-Encoding: gzip", LENGTH), 4, False),
]


def begun(data: bytes, method: str = "GET", **options: Any) -> http.client.HTTPResponse:
    """Return a response that http.client reads from memory, under install(recover=True)."""

    class Socket:
        def makefile(self, _mode: str) -> io.BytesIO:
            return io.BytesIO(data)

    with fasthdr.install(recover=True, **options):
        response = http.client.HTTPResponse(Socket(), method=method)  # type: ignore[arg-type]
        response.begin()
    return response


def sent(lines: tuple[bytes, ...], start: bytes = LINE) -> bytes:
    return start + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


@pytest.mark.parametrize("start", [LINE, b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n"], ids=["1.1", "1.0"])
@pytest.mark.parametrize("lines", DOUBTFUL, ids=repr)
def test_a_doubtful_length_ends_with_the_connection(lines: tuple[bytes, ...], start: bytes) -> None:
    """A program that reads the fields of the message finds no length that http.client did not use."""
    if lines[0].startswith(b" ") and start != LINE:
        pytest.skip("an obs-fold")
    data = sent(lines, start)
    for pattern in IMPLEMENTATIONS:
        api: Any = pattern.values[0]
        head = api.parse_response(data, recover=True)
        assert (head.content_length, head.chunked, head.keep_alive) == (None, False, False)
        assert set(head.defects) == set(lines)
        assert head.get("content-length") is None
        assert head.get("transfer-encoding") is None
    response = begun(data + b"4\r\nabcd\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n")
    assert (response.length, response.chunked, response.will_close) == (None, False, True)
    assert response.read() == b"4\r\nabcd\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"
    assert response.getheader("content-length") is None
    assert response.getheader("transfer-encoding") is None


@pytest.mark.parametrize(("lines", "length", "chunked"), PLAIN, ids=repr)
def test_a_length_beyond_doubt_holds(lines: tuple[bytes, ...], length: int | None, chunked: bool) -> None:
    body = b"4\r\nabcd\r\n0\r\n\r\n" if chunked else b"abcd"
    response = begun(sent(lines) + body + b"next")
    assert (response.length, response.chunked, response.will_close) == (length, chunked, False)
    assert response.read() == b"abcd"
    for pattern in IMPLEMENTATIONS:
        api: Any = pattern.values[0]
        head = api.parse_response(sent(lines), recover=True)
        assert (head.content_length, head.chunked, head.keep_alive) == (length, chunked, True)


@pytest.mark.parametrize(
    ("line", "method"),
    [(LINE, "HEAD"), (b"HTTP/1.1 204 None\r\n", "GET"), (b"HTTP/1.1 304 Not Modified\r\n", "GET")],
    ids=repr,
)
def test_a_response_that_has_no_body_has_none(line: bytes, method: str) -> None:
    response = begun(line + b"Content-Length : 4\r\n\r\nabcd", method)
    assert (response.length, response.will_close, response.read()) == (0, False, b"")


def model(block: list[bytes]) -> tuple[list[tuple[str, str]], list[bytes]]:
    """Return the fields and the bad lines of a block without framing fields, found line by line."""
    fields: list[list[bytes]] = []
    units: list[list[bytes]] = []
    for line in block:
        if line[:1] in (b" ", b"\t") and units:
            units[-1].append(line)
        else:
            units.append([line])
    bad = []
    for unit in units:
        name, colon, _ = unit[0].partition(b":")
        whole = b"\r\n".join(unit)
        if colon and name and all(0x21 <= c <= 0x7E for c in name) and not any(b"\r" in line for line in unit):
            fields.append([name, whole[len(name) + 1 :].lstrip(b" \t")])
        else:
            bad.append(whole)
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in fields], bad


_TEXT = st.sampled_from([b"a", b"B", b":", b" ", b"\t", b"\r", b"\xe9", b"\x00", b"From ", b"-", b"1"])
_LINES = st.lists(st.lists(_TEXT, min_size=1, max_size=6).map(b"".join).filter(lambda line: line != b"\r"), max_size=6)


@both
@given(lines=_LINES)
def test_agrees_with_the_model(api: Any, lines: list[bytes]) -> None:
    head = recovered(api, *lines)
    fields, bad = model(lines)
    if not any(value.startswith("\r") for _, value in fields):  # versions of email join this in one way or another
        assert head.items() == fields
    assert list(head.defects) == bad


# ---------------------------------------------------------------------------------------------------------- http.client


def test_install_reads_what_the_bytes_api_reads() -> None:
    for exact in (False, True):
        for bad, defect in BAD:
            response = begun(sent((b"A: b", bad, LENGTH, b"C: d")) + b"body", exact_type=exact)
            assert response.getheaders() == [("A", "b"), ("Content-Length", "4"), ("C", "d")]
            assert [type(each) for each in response.msg.defects] == [defect]
            assert response.msg.defects[0].line == bad.decode("latin-1")
            assert response.read() == b"body"
            assert isinstance(response.msg, http.client.HTTPMessage)


def test_it_ends_with_the_installation() -> None:
    data = sent((b"A: b", b"no colon", b"C: d"))
    before = http.client.HTTPResponse.begin
    with fasthdr.install():
        with fasthdr.install(recover=True):
            assert len(begun(data).msg) == 2
        response = http.client.HTTPResponse(_Given(data))  # type: ignore[arg-type]
        response.begin()
        assert response.getheaders() == [("A", "b")]
    assert http.client.HTTPResponse.begin is before


class _Given:
    def __init__(self, data: bytes) -> None:
        self.data = data

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self.data)


def test_a_file_that_gives_lines_alone() -> None:
    """The core has no access to this file's buffer: it reads lines, and recovers the bad ones there, too."""

    class File(io.BytesIO):
        pass

    class Lines(_Given):
        def makefile(self, _mode: str) -> io.BytesIO:
            return File(self.data)

    with fasthdr.install(recover=True):
        response = http.client.HTTPResponse(Lines(sent((b"A: b", b"no colon", b"C: d"))))  # type: ignore[arg-type]
        response.begin()
    assert response.getheaders() == [("A", "b"), ("C", "d")]
    assert [defect.line for defect in response.msg.defects] == ["no colon"]


def test_the_limits_are_http_clients() -> None:
    with pytest.raises(http.client.HTTPException, match="got more than 100 headers"):
        begun(sent((b"no colon",) * 101))
    assert len(begun(sent((b"no colon",) * 101), max_headers=200).msg.defects) == 101
    with pytest.raises(http.client.LineTooLong):
        begun(sent((b"no colon", b"x" * 70000)))


def test_never_for_servers() -> None:
    """A handler calls parse_headers() by the same name, and loses the fields after a bad line as without recover."""
    data = b"A: b\r\nno colon\r\nC: d\r\n\r\n"
    with fasthdr.install(recover=True):
        assert http.client.parse_headers(io.BytesIO(data)).items() == [("A", "b")]

        class Handler(http.server.BaseHTTPRequestHandler):
            def __init__(self) -> None:
                self.rfile = io.BytesIO(data)
                self.raw_requestline = b"GET / HTTP/1.1\r\n"

        handler = Handler()
        assert handler.parse_request()
        assert handler.headers.items() == [("A", "b")]


def test_another_programs_parse_headers_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    message = http.client.HTTPMessage()
    with fasthdr.install(recover=True):
        monkeypatch.setattr(http.client, "parse_headers", lambda _fp, **_: message)
        response = http.client.HTTPResponse(_Given(sent((b"no colon",))))  # type: ignore[arg-type]
        response.begin()
        monkeypatch.undo()
    assert response.msg is message


def test_clients_recover_beside_strict_servers() -> None:
    wire = b"GET / HTTP/1.1\r\nHost: h\r\nno colon\r\n\r\n"

    def handler(attributes: dict[str, Any]) -> Any:
        return contextlib.nullcontext(type("Handler", (http.server.BaseHTTPRequestHandler,), attributes))

    with fasthdr.install(strict=True, recover=True) as installation:
        assert installation.strict
        response = http.client.HTTPResponse(_Given(sent((b"no colon", b"A: b"))))  # type: ignore[arg-type]
        response.begin()
        assert response.msg["A"] == "b"
        assert talk(handler, [wire])[0].startswith(b"HTTP/1.1 400 ")


@pytest.mark.skipif(fasthdr.IMPLEMENTATION != "cython", reason="the core counts")
def test_counted_by_their_reason() -> None:
    fasthdr.collect_stats()
    try:
        begun(sent((b"A: b",)))
        begun(sent((b"A: b", b"no colon")))
        assert fasthdr.stats() == {"core": 1, "block: no colon": 1}
    finally:
        fasthdr.collect_stats(False)
