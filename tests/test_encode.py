# SPDX-License-Identifier: MIT
"""Heads, chunks and trailers to send: strict mode and h11 read back what was given, or it is refused."""

from __future__ import annotations

from typing import Any

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fasthdr
from fasthdr import encode_chunk, encode_request, encode_response, encode_trailers

HOST = ("Host", "a")
TOKEN = st.text("abcXYZ019-_.!#$%&'*+^`|~", min_size=1, max_size=12)
VALUE = st.text(st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=30)
# Names that no rule about framing or routing applies to.
FIELDS = st.lists(st.tuples(TOKEN.map("x-{}".format), VALUE), max_size=8)


def h11_reads(role: type[h11.CLIENT | h11.SERVER], data: bytes) -> Any:
    connection = h11.Connection(role)
    if role is h11.CLIENT:
        connection.send(h11.Request(method="GET", target="/", headers=[HOST]))
        connection.send(h11.EndOfMessage())
    connection.receive_data(data)
    return connection.next_event()


@given(method=TOKEN, fields=FIELDS)
def test_requests(method: str, fields: list[tuple[str, str]]) -> None:
    data = encode_request(method, "/a?b", [HOST, *fields])
    head = fasthdr.parse_request(data, strict=True)
    assert head is not None
    assert (head.method, head.target, head.version, head.consumed) == (method, "/a?b", "HTTP/1.1", len(data))
    assert head.items() == [HOST, *fields]
    event = h11_reads(h11.SERVER, data)
    assert (event.method.decode(), event.target) == (method, b"/a?b")
    assert [(name.decode(), value.decode("latin-1")) for name, value in event.headers.raw_items()] == [HOST, *fields]


@given(status=st.integers(200, 999), fields=FIELDS, reason=st.none() | VALUE)
def test_responses(status: int, fields: list[tuple[str, str]], reason: str | None) -> None:
    data = encode_response(status, fields, reason=reason)
    head = fasthdr.parse_response(data, strict=True)
    assert head is not None
    assert (head.status, head.version, head.items()) == (status, "HTTP/1.1", fields)
    assert reason in (None, head.reason)
    event = h11_reads(h11.CLIENT, data)
    assert event.status_code == status
    assert [(name.decode(), value.decode("latin-1")) for name, value in event.headers.raw_items()] == fields


@given(pieces=st.lists(st.binary(min_size=1, max_size=300), max_size=5), trailers=FIELDS)
def test_chunked_bodies(pieces: list[bytes], trailers: list[tuple[str, str]]) -> None:
    trailers = [(name, value) for name, value in trailers if "_" not in name]
    decoder = fasthdr.BodyDecoder("chunked")
    content = decoder.feed(b"".join(map(encode_chunk, pieces)) + encode_trailers(trailers))
    assert content == b"".join(pieces)
    assert decoder.ended
    assert decoder.trailers is not None
    assert decoder.trailers.items() == trailers


TEXT = st.text(st.sampled_from("aZ:-_ \t\r\n\0\x7f\xe9/?#"), max_size=8)


@given(method=TEXT | st.just("GET"), target=TEXT | st.just("/"), name=TEXT | st.just("A"), value=TEXT)
def test_what_is_sent_is_one_head(method: str, target: str, name: str, value: str) -> None:
    """Values from untrusted sources cannot add a field line or a second head."""
    try:
        data = encode_request(method, target, [HOST, (name, value)])
    except ValueError:
        return
    head = fasthdr.parse_request(data, strict=True)
    assert head is not None
    assert head.consumed == len(data)
    assert (head.method, head.target) == (method, target)
    assert head.items() == [HOST, (name, value.strip(" \t"))]


def test_bytes_mappings_and_messages() -> None:
    sent = b"GET / HTTP/1.0\r\nHost: a\r\nX: \xff b\r\n\r\n"
    assert encode_request("GET", "/", {b"Host": b"a", "X": b" \xff b\t"}, version="HTTP/1.0") == sent
    head = fasthdr.parse_request(sent)
    assert head is not None
    assert encode_request("GET", "/", head, version="HTTP/1.0") == sent
    assert encode_request("GET", "/", head.headers, version="HTTP/1.0") == sent
    assert encode_chunk(memoryview(b"abcd").cast("H")) == encode_chunk(bytearray(b"abcd")) == b"4\r\nabcd\r\n"
    assert encode_trailers() == b"0\r\n\r\n"


def test_reasons() -> None:
    assert encode_response(404) == b"HTTP/1.1 404 Not Found\r\n\r\n"
    assert encode_response(404, reason="Gone fishing") == b"HTTP/1.1 404 Gone fishing\r\n\r\n"
    assert encode_response(299, version="HTTP/1.0") == b"HTTP/1.0 299 \r\n\r\n"


def test_many_and_long_fields() -> None:
    fields = [HOST, *((f"x-{i}", "v" * 1000) for i in range(2000))]
    head = fasthdr.parse_request(encode_request("GET", "/", fields), strict=True, max_headers=None, max_head=1 << 30)
    assert head is not None
    assert head.items() == fields


REFUSED: dict[str, tuple[Any, tuple[Any, ...], str]] = {
    "a field in a value": (encode_request, ("GET", "/", [HOST, ("A", "b\r\nC: d")]), "a different head"),
    "a head in a value": (encode_request, ("GET", "/", [HOST, ("A", "b\r\n\r\nGET / HTTP/1.1")]), "a different head"),
    "a bare LF": (encode_request, ("GET", "/", [HOST, ("A", "b\nC: d")]), "Bad line ending in the field A"),
    "an obs-fold": (encode_request, ("GET", "/", [HOST, ("A", "b\r\n c")]), "Obsolete line folding"),
    "NUL": (encode_request, ("GET", "/", [HOST, ("A", "\0")]), "Bad field value in the field A"),
    "a colon in a name": (encode_request, ("GET", "/", [HOST, ("A:b", "c")]), "a different head"),
    "a name with a blank": (encode_request, ("GET", "/", [HOST, ("A ", "c")]), "White space in a field name"),
    "no name": (encode_request, ("GET", "/", [HOST, ("", "c")]), "Bad field line"),
    "no Host": (encode_request, ("GET", "/"), "Missing Host"),
    "two Hosts": (encode_request, ("GET", "/", [HOST, HOST]), "More than one Host"),
    "two framings": (
        encode_request,
        ("POST", "/", [HOST, ("Content-Length", "1"), ("Transfer-Encoding", "chunked")]),
        "Content-Length with Transfer-Encoding",
    ),
    "a target with a blank": (encode_request, ("GET", "/ HTTP/1.1\r\nA: b", [HOST]), "HTTP version|different head"),
    "an empty line first": (encode_request, ("\r\nGET", "/", [HOST]), "a different head"),
    "a text beyond": (encode_request, ("GET", "/", [HOST, ("A", "\u20ac")]), "a field value has characters beyond"),
    "a target beyond": (encode_request, ("GET", "/\u20ac", [HOST]), "the target has characters beyond"),
    "a line in a reason": (lambda reason: encode_response(200, reason=reason), ("a\r\nB: c",), "a different head"),
    "a small status": (encode_response, (99,), "^the status must be 100 to 999$"),
    "a large status": (encode_response, (1000,), "^the status must be 100 to 999$"),
    "a negative status": (encode_response, (-20,), "^the status must be 100 to 999$"),
    "a status too long to print": (encode_response, (10**5000,), "^the status must be 100 to 999$"),
    "no data": (encode_chunk, (b"",), "encode_trailers"),
    "framing behind the body": (encode_trailers, ([("Content-Length", "1")],), "must not be a trailer"),
    "routing behind the body": (encode_trailers, ([(b"HOST", "a")],), "must not be a trailer"),
    "another trailer in one": (encode_trailers, ([("X", "a\r\nHost: b")],), "a different head"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    encode, arguments, says = REFUSED[name]
    with pytest.raises(ValueError, match=says):
        encode(*arguments)


def test_a_version_that_is_not_ours() -> None:
    with pytest.raises(ValueError, match=r"HTTP/1\.0, HTTP/1\.1, not 'HTTP/2'"):
        encode_response(200, version="HTTP/2")


def test_no_credentials_in_an_error() -> None:
    with pytest.raises(ValueError, match="Bad field value in the field Authorization") as caught:
        encode_request("GET", "/", [HOST, ("Authorization", "Basic secret\0")])
    assert "secret" not in repr(caught.value)
    assert caught.value.__suppress_context__
    with pytest.raises(ValueError, match="a field value has characters beyond ISO 8859-1") as caught:
        encode_request("GET", "/", [HOST, ("Cookie", "secret \u20ac")])
    assert "secret" not in repr(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: encode_request("GET", "/", [(1, "a")]), "a field name must be str or bytes, not int"),  # type: ignore[list-item]
        (lambda: encode_request("GET", "/", [("A", None)]), "a field value must be str or bytes, not NoneType"),  # type: ignore[list-item]
        (lambda: encode_request(None, "/"), "the method must be str, not NoneType"),  # type: ignore[arg-type]
        (lambda: encode_request("GET", b"/"), "the target must be str, not bytes"),  # type: ignore[arg-type]
        (lambda: encode_response(200, reason=b"OK"), "the reason must be str, not bytes"),  # type: ignore[arg-type]
        (lambda: encode_response("200"), "the status must be int, not str"),  # type: ignore[arg-type]
    ],
)
def test_types(call: Any, says: str) -> None:
    with pytest.raises(TypeError, match=says):
        call()


class Fields:
    """An iterable that fails by itself."""

    def __iter__(self) -> Any:
        raise ValueError("ours")


NO_FIELDS = [None, 5, "Host: a", "", b"ab", b"", ["Host"], ["ab"], [b"ab"], [("A", "b", "c")], [("A",)], [None], [5]]


@pytest.mark.parametrize("fields", NO_FIELDS)
def test_what_is_no_fields(fields: Any) -> None:
    says = "must be a mapping or \\(name, value\\) pairs$"
    for call in (lambda: encode_request("GET", "/", fields), lambda: encode_response(200, fields)):
        with pytest.raises(TypeError, match=f"^headers {says}"):
            call()
    with pytest.raises(TypeError, match=f"^trailers {says}"):
        encode_trailers(fields)


def test_fields_of_any_iterable() -> None:
    sent = b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n"
    for fields in ([["A", "b"]], iter([("A", "b")]), {"A": "b"}.items(), [iter(("A", "b"))], (("A", "b"),)):
        assert encode_response(200, fields) == sent  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^ours$"):
        encode_response(200, Fields())  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["Content-\r\nInjected: a line of a log", "Content-" + "x" * 9000])
def test_the_text_of_a_refusal_is_one_short_line(name: str) -> None:
    for call in (lambda: encode_trailers({name: "a"}), lambda: encode_response(200, [(name + "\n", "a")])):
        with pytest.raises(ValueError, match=r"Content-|cannot be sent") as caught:
            call()
        assert str(caught.value).isprintable()
        assert len(str(caught.value)) < 600
