# SPDX-License-Identifier: MIT
"""What a ParseError shows: the field at fault, one short line, and nothing that may be a credential."""

from __future__ import annotations

import copy
import pickle
import time
import traceback
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import fasthdr
from fasthdr._errors import snippet
from fasthdr._pure import counts as _pure_counts
from fasthdr._pure import decoder as _pure_decoder
from fasthdr._pure import parse as _pure
from tests.implementations import IMPLEMENTATIONS
from tests.together import together

api = pytest.mark.parametrize("api", IMPLEMENTATIONS)
both_modes = pytest.mark.parametrize("strict", [False, True], ids=["default", "strict"])

LINE = b"GET / HTTP/1.1\r\n"
HOST = LINE + b"Host: a\r\n"


def error_of(parse: Any, data: Any, **options: Any) -> fasthdr.ParseError:
    with pytest.raises(fasthdr.ParseError) as caught:
        parse(data, **options)
    return caught.value


# -------------------------------------------------------------------------------------------------------- the field


@api
@pytest.mark.parametrize(
    ("data", "field"),
    [
        (HOST + b"A: b\x00\r\n\r\n", "A"),
        (HOST + b"X-Long-Name : b\r\n\r\n", "X-Long-Name"),
        (HOST + b"A: 1\r\nB: 2\r\n c\r\n\r\n", "B"),  # an obs-fold belongs to the line before it
        (HOST + b"A\x00b: 1\r\n\r\n", None),
        (HOST + b"A b: 1\r\n\r\n", None),
        (HOST + b"nocolon\r\n\r\n", None),
        (HOST + b": 1\r\n\r\n", None),
        (HOST + b"A: 1\n\r\n", "A"),
        (HOST + b"\n", None),
        (LINE + b" A: 1\r\n\r\n", None),
        (LINE + b"\r\n", None),  # a missing Host is not in any line
        (LINE + b"host: a\r\nHOST: a\r\n\r\n", "HOST"),
        (LINE + b"Host: ,\r\n\r\n", "Host"),
        (HOST + b"content-length: x\r\n\r\n", "content-length"),
        (HOST + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "Content-Length"),
        (HOST + b"Transfer-Encoding: gzip\r\nTransfer-Encoding: x\r\n\r\n", "Transfer-Encoding"),
        (HOST + b"Content-Type: a\r\ncontent-TYPE: b\r\n\r\n", "content-TYPE"),
        (b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n", "Content-Length"),
        (HOST + b"A: " + b"x" * 70000, "A"),
        (HOST + b"A: 1\r\n" * 99 + b"B: 1\r\n\r\n", "B"),
        (HOST + b"N" * 1000 + b": \x00\r\n\r\n", "N" * 64),
        (b"GET  / HTTP/1.1\r\n\r\n", None),
        (b"GET http: HTTP/1.1\r\nHost: a\r\n\r\n", None),
        (b"A: b\r\n\r\n", None),
        (b"\r\n\r\nA: b\r\n\r\n", None),
        (b"\x16\x03\x01", None),
        (LINE + b"A: " + b"x" * 60 + b"\r\n\r\n", None),
    ],
)
def test_field(api: Any, data: bytes, field: str | None) -> None:
    limits = {"max_head": 60} if data.startswith(LINE + b"A: xxx") else {}  # max_head is not a limit of a line
    assert error_of(api.parse_request, data, strict=True, **limits).field == field


@api
def test_field_of_responses_and_blocks(api: Any) -> None:
    for data, field in ((b"A: \x00\r\n\r\n", "A"), (b"A : b\r\n\r\n", "A"), (b"B: 1\r\nno\r\n\r\n", None)):
        assert error_of(api.parse_headers, data, strict=True).field == field
        assert error_of(api.parse_response, b"HTTP/1.1 200 OK\r\n" + data, strict=True).field == field
    assert error_of(api.parse_response, b"A: b\r\n\r\n", strict=True).field is None


@api
def test_field_of_the_default_mode(api: Any) -> None:
    error = error_of(api.parse_request, LINE + b"B: 1\r\nA: " + b"x" * 70000)
    assert (error.reason, error.field, error.near[-20:]) == ("Line too long", "A", b"A: " + b"x" * 17)
    error = error_of(api.parse_request, LINE + b"A: 1\r\n" * 101 + b"B: 1\r\n\r\n", max_headers=101)
    assert (error.reason, error.field) == ("Too many headers", "B")
    error = error_of(api.parse_response, b"HTTP/1.1 200 OK\r\nA: " + b"x" * 70000)
    assert (int(error.status), error.field) == (502, "A")
    hostile = b"Content-Type: multipart/mixed; boundary*=undefined'en'%ff\r\n\r\n"
    error = error_of(api.parse_request, LINE + hostile)
    assert (error.reason, error.field) == ("Bad Content-Type", "Content-Type")
    assert error_of(api.parse_request, b"GET / HTTP/x\r\n\r\n").field is None


def test_text_and_copies() -> None:
    error = fasthdr.ParseError(400, "Bad field value", 5, "9110 5.5", b"A: \x00", "A")
    assert str(error) == r"400 Bad field value (at byte 5, RFC 9110 5.5, field A, near b'A: \x00')"
    assert repr(error) == r"ParseError(400, 'Bad field value', 5, '9110 5.5', b'A: \x00', 'A')"
    for other in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert (str(other), repr(other), other.field, vars(other)) == (str(error), repr(error), "A", vars(error))
    assert str(fasthdr.ParseError(431, "Head too long")) == "431 Head too long (at byte 0)"
    assert fasthdr.ParseError(400, "x").field is None


@api
@both_modes
@given(data=st.one_of(st.binary(max_size=200), st.binary(max_size=60).map(lambda octets: octets * 900)))
@example(data=b"GET / HTTP/1.1" + b"1" * 5000 + b"\r\n\r\n")
@example(data=b"\n" * 70000)
@example(data=b"GET / HTTP/\x85\xa0\x00\r\n\r\n")
def test_the_text_is_one_short_line(api: Any, strict: bool, data: bytes) -> None:
    for line, parse in ((b"", api.parse_request), (LINE, api.parse_request), (b"", api.parse_headers)):
        try:
            parse(line + data, strict=strict)
        except fasthdr.ParseError as error:
            for text in (str(error), repr(error), error.reason):
                assert text.isprintable()
                assert len(text) < 600
            assert len(error.near) <= 40


def test_the_length_of_a_reason() -> None:
    assert fasthdr.ParseError(400, "x" * 200).reason == "x" * 200
    assert fasthdr.ParseError(400, "x" * 201).reason == "x" * 197 + "..."


# ----------------------------------------------------------------------------------------------------- credentials

SECRET = b"QZQZQZQZQZ"
NAMES = [
    b"Authorization", b"Proxy-Authorization", b"Cookie", b"Set-Cookie", b"Set-Cookie2", b"X-Api-Key", b"X-Auth-Token",
    b"cookie", b"AUTHORIZATION", b"X-Amz-Security-Token", b"X-Session", b"Api_Key", b"X-Password", b"X-Client-Secret",
]  # fmt: skip


def says_nothing(error: fasthdr.ParseError, secret: bytes = b"Q") -> None:  # not a single character of the secret
    texts = [str(error), repr(error), repr(error.args), repr(error.near), error.reason, str(error.field)]
    texts += traceback.format_exception_only(type(error), error)
    shown = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    texts += [repr(shown)]
    for text in texts:
        assert secret.decode() not in text.replace("REQUEST", ""), text


def refused_everywhere(api: Any, data: bytes, **options: Any) -> list[fasthdr.ParseError]:
    """Return the errors of each function in each mode, with limits that end the head at many places."""
    errors = []
    for strict in (False, True):
        for parse, line in (
            (api.parse_request, b""),
            (api.parse_request, HOST),
            (api.parse_response, b""),
            (api.parse_response, b"HTTP/1.1 200 OK\r\n"),
            (api.parse_headers, b""),
        ):
            for limits in (
                {},
                {"max_headers": 1},
                {"max_line": 40},
                {"max_line": 20},
                {"max_head": 50},
                {"max_head": 61},
            ):
                try:
                    parse(line + data, strict=strict, **limits, **options)
                except fasthdr.ParseError as error:
                    errors.append(error)
    return errors


BLOCKS = [
    b"%b: " + SECRET + b"\x00" + SECRET + b"\r\n",
    b"%b: \x00" + SECRET + b"\r\n",
    b"%b: " + SECRET + b"\n" + b"B: 1\r\n",
    b"%b: " + SECRET + b"\r" + SECRET + b"\r\nB: 1\r\n",
    b"A: 1\r%b: " + SECRET + b"\r\n",
    b"%b: " + SECRET + b"\r\nbad\r\n",
    b"%b: " + SECRET + b"\r\nB : 1\r\n",
    b"B: \x00\r\n%b: " + SECRET + b"\r\n",
    b"B: 1\n%b: " + SECRET + b"\r\n",
    b"%b : " + SECRET + b"\r\n",
    b"%b\t" + SECRET + b"\r\n",
    b"%b " + SECRET + b": 1\r\n",
    b"%b\x00: " + SECRET + b"\r\n",
    b"\x00%b: " + SECRET + b"\r\n",
    b" %b: " + SECRET + b"\r\n",
    b"A: 1\r\n %b: " + SECRET + b"\r\n",
    b"%b: " + SECRET + b"\r\n " + SECRET + b"\r\n\t" + SECRET + b"\r\nA\r\n",
    b"%b: 1\n " + SECRET + b"\nA\r\n",
    b"%b:\r\n " + SECRET + b"\x00\r\n",
    b"%b: " + SECRET * 5000 + b"\r\n",
    b"%b: " + SECRET * 10000,
    b"%b: 1\r\n " + SECRET * 10000,
    b"A: 1\r\n" * 100 + b"%b: " + SECRET + b"\r\n",
    b"%b: " + SECRET + b"\r\n" + b"A: 1\r\n" * 100,
    b"%b: " + SECRET + b"\r\nHost: ,\r\nContent-Length: x\r\n",
    b"Content-Length: x\r\n%b: " + SECRET + b"\r\n",
    b"%b: " + SECRET + b"\r\n\x01: " + SECRET + b"\r\n",
    b"%b: 1\r\nC@okie: " + SECRET + b"\r\n",
    b'{"%b": "' + SECRET + b'"}\r\n',
    b"%b: " + SECRET + b"\r\n%b: " + SECRET + b"\r\n",
    b"X %b: " + SECRET + b"\r\n",
    b"A: 1\r\nSet \t%b : " + SECRET + b"\r\n",
    b"Proxy %b " + SECRET + b"\r\n",
    b":%b: " + SECRET + b"\r\n",
    b" : %b: " + SECRET + b"\r\n",
]


# Each name with one block, and each other block with the names that differ most.
@api
@together(
    ("name", "block"),
    [(name, BLOCKS[0]) for name in NAMES]
    + [(name, block) for block in BLOCKS[1:] for name in (b"Authorization", b"Set-Cookie2", b"Api_Key")],
)
def test_no_credentials_are_shown(api: Any, name: bytes, block: bytes) -> None:
    errors = refused_everywhere(api, block.replace(b"%b", name) + b"\r\n")
    assert errors
    for error in errors:
        says_nothing(error)


# What may stand between the letters of a name. A "/" after the first blank makes a line look like a request line.
BETWEEN = [
    b" ",
    b"\t",
    b" \t ",
    b"\r",
    b" \r",
    b"\r ",
    b"\x00",
    b" \x00",
    b"\x00 ",
    b"/",
    b'"',
    b"\xff ",
    b" @",
    b" - ",
]


@pytest.mark.slow_in_python
@api
@together(
    ("name", "between"),
    [
        (name[:cut] + between + name[cut:], between)
        for name, cuts in ((b"Cookie", (1, 4, 5)), (b"Password", (4,)), (b"Authorization", (1,)), (b"X-Api-Key", (8,)))
        for between in BETWEEN
        for cut in cuts
    ]
    + [(between.join(bytes([c]) for c in b"Cookie"), between) for between in BETWEEN],
)
def test_a_name_in_parts(api: Any, name: bytes, between: bytes) -> None:
    for field in (name + b": " + SECRET, name + b" : " + SECRET, name + b":" + SECRET + b"\r\n " + SECRET):
        for before in (b"", b"A: 1\r"):
            errors = refused_everywhere(api, before + field + b"\r\nbad\r\n\r\n")
            assert errors
            for error in errors:
                says_nothing(error)


@pytest.mark.parametrize("before", [b"HTTP/1.1 200 OK\r\n", HOST, b"A: 1\r\n b\r\n", b""])
@pytest.mark.parametrize("between", [b"", b"\t1\r\n", b" A: 1\r\n", b" " + b"x" * 50 + b"\r\n"])
def test_folds_of_a_field_that_begins_with_a_blank(before: bytes, between: bytes) -> None:
    """A line that begins with a blank is judged by itself, too, whatever the lines before it are."""
    for name in (b" Cookie: ", b"\tCook ie: "):
        data = before + name + SECRET * 5 + b"\r\n" + between + b" " + SECRET * 5 + b"\r\nB: 1\r\n\r\n"
        for at in range(len(data) + 1):
            assert b"Q" not in snippet.shown(data, at), at


@api
@pytest.mark.parametrize("name", [b"Cook ie", b"Pass\tword", b"Cook\rie", b"Cook\x00 ie"])
def test_a_trailer_name_in_parts(api: Any, name: bytes) -> None:
    decoder = (_pure_decoder if api is _pure else fasthdr).BodyDecoder("chunked")
    error = error_of(decoder.feed, b"0\r\nA: b\r\n" + name + b": " + SECRET + b"\r\n\r\n")
    says_nothing(error)
    assert name.startswith(error.near.rstrip(b"\r\n"))


@api
def test_request_lines_are_no_names_in_parts(api: Any) -> None:
    for line, seen in ((b"GET /tok:seen HTTP/x", b"/tok:seen"), (b"CONNECT key.example:443 HTTP/x", b"example:443")):
        assert seen in error_of(api.parse_request, line + b"\r\n\r\n", strict=True).near


BAD_HEADS = [
    b"A: \x00\r\n",
    b"A: 1\n",
    b"A : 1\r\n",
    b"no\r\n",
    b" A: 1\r\n",
    b"A: 1\r\n B\r\n",
    b"Host: ,\r\n",
    b"Content-Length: x\r\n",
    b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
    b"Long: 12345678901234567890\r\n",
]


@api
@together(("head", "end"), [(head, end) for head in BAD_HEADS for end in (b"\r\n", b"\n")])
def test_no_body_is_shown(api: Any, head: bytes, end: bytes) -> None:
    for body in (b"QZQZQZ", b"QZ\r\nQZ\r\n", b"\r\nQZ\r\n", b" QZ\n\nQZ"):
        for error in refused_everywhere(api, head + end + body):
            says_nothing(error)
    error = error_of(api.parse_headers, b"A: \x00\r\n" + end + b"QZQZ", strict=True)
    assert error.near == b"A: \x00\r\n" + end
    error = error_of(api.parse_request, LINE + end + b"QZQZ", strict=True)
    assert error.near.endswith(b"HTTP/1.1\r\n" + end)
    assert error_of(api.parse_headers, b"\nQZQZ", strict=True).near == b"\n"


@api
@pytest.mark.parametrize("head", [b"no colon\r\n\r\n", b"A: 1\rB: 2\r\n\n", b"Cook ie: " + SECRET + b"\r\n\r\n"])
def test_a_watcher_sees_no_body_and_no_name_in_parts(api: Any, head: bytes) -> None:
    counts = fasthdr if api is fasthdr else _pure_counts
    seen: list[fasthdr.Fallback] = []
    counts.watch_fallbacks(seen.append)
    try:
        for data in (HOST + head + b"QZQZ", bytearray(HOST + head + b"QZQZ")):
            assert api.parse_request(data).consumed == len(HOST + head)
    finally:
        counts.watch_fallbacks(None)
    assert len(seen) == 2
    for fallback in seen:
        assert fallback.near
        assert b"Q" not in fallback.near


@api
def test_the_first_empty_lines_do_not_end_a_head(api: Any) -> None:
    for before in (b"", b"\r\n", b"\r\n" * 4):
        error = error_of(api.parse_request, before + b"GET / HTTP/x\r\nA: b\r\n\r\nQ", strict=True)
        assert error.near.endswith(b"GET / HTTP/x\r\nA: b\r\n\r\n")
    assert error_of(api.parse_request, b"\r\n" * 5 + b"GET /", strict=True).near.endswith(b"GET /")
    assert b"QUIT" in error_of(api.parse_request, b"\r\n\r\n\0\r\nQUIT\n", strict=True).near


# A field line that is read as a request line, as happens when two readers disagree on where a body ends.
@api
def test_no_credentials_are_shown_of_a_line_that_should_be_another(api: Any) -> None:
    for data in (b"Cookie: " + SECRET + b"\r\n\r\n", b"Authorization: Basic " + SECRET + b"\r\n\r\n"):
        for strict in (False, True):
            for parse in (api.parse_request, api.parse_response):
                says_nothing(error_of(parse, data, strict=strict))


@api
@pytest.mark.parametrize(
    "line",
    [
        b"GET http://QZQZ:QZQZ@a/ HTTP/1.1",
        b"GET http://QZQZ:QZQZ@a/ HTTP/9.1",
        b"GET http://QZQZ:QZ/QZ@a/ HTTP/x",
        b"GET http://QZQZ@a/ x HTTP/1.1",
        b"GET http://QZQZ:QZ QZ@a/ HTTP/1.1",
        b"GET QZQZ:QZQZ@a/ HTTP/1.1",
        b"GET\tQZQZ:QZQZ@a/ HTTP/1.1",
        b"GET  QZQZ:QZQZ@a/ HTTP/1.1",
        b"CONNECT QZQZ:QZQZ@a:80 HTTP/1.1",
        b"GET http://QZQZQZQZQZQZQZQZQZQZQZQZ:QZQZQZQZQZQZQZQZQZQZQZQZQZQZQZQZ@a/ HTTP/1.1 x",
        b"GET http://" + SECRET * 7000 + b"@a/ HTTP/1.1",
        b"GET /?u=http://QZQZ:QZQZ@a/ HTTP/1.1 x",
        b"\x00GET http://QZQZ@a/ HTTP/1.1",
        b"GET http://QZQZ@a/\x00 HTTP/1.1",
        b"http://QZQZ:QZQZ@a/",
        b"HTTP/1.1 http://QZQZ:QZQZ@a/",
        b"GET QZQZ:QZQZ@a/b//c HTTP/x",
        b"GET QZQZ:QZ//QZ@a/ HTTP/x",
        b"GET QZ//QZ@a/ HTTP/x",
        b"CONNECT QZQZ:QZQZ@a:1 HTTP//1.1",
        b"GET QZ@a//b HTTP/1.1 x",
    ],
)
def test_no_userinfo_is_shown(api: Any, line: bytes) -> None:
    for data in (line + b"\r\n\r\n", line + b"\r\nHost: a\r\n\r\n", b"\r\n" + line + b"\r\nno\r\n\r\n", line):
        errors = refused_everywhere(api, data)
        for error in errors:
            says_nothing(error)
    assert errors


@api
def test_no_userinfo_is_shown_of_a_line_without_end(api: Any) -> None:
    """The next byte might be an "@", which would make userinfo of what came before."""
    for line in (b"GET http://", b"CONNECT ", b"GET ", b"GET\t", b"\r\nGET http://", b"Host: ", b"Host:\t ", b"Host:"):
        for error in refused_everywhere(api, line + SECRET * 7000):
            says_nothing(error)
    error = error_of(api.parse_request, b"GET http://real.example/" + b"x" * 70000, strict=True, max_line=30)
    assert error.near == b"/real.example/" + b"x" * 26


@api
@pytest.mark.parametrize(
    "field",
    [
        b"Host: QZQZ:QZQZ@a",
        b"host : QZQZ@a",
        b"Referer: http://QZQZ@a/\x00",
        b"A: //QZ@a\x00",
        b"Host: QZQZ:QZ@a//b",
        b"Host: http://QZQZ:QZ@a//b",
        b"Host:QZ//QZ@a",
    ],
)
def test_no_userinfo_of_a_field_is_shown(api: Any, field: bytes) -> None:
    for data in (field + b"\r\n\r\n", field + b"\r\nno\r\n\r\n", b"B\r\n" + field + b"\r\n\r\n"):
        for error in refused_everywhere(api, data):
            says_nothing(error)
        says_nothing(error_of(api.parse_request, LINE + data, strict=True))


_pieces = st.lists(
    st.sampled_from(
        [
            b"Cookie: QZQZ", b"Authorization:\tQZ", b"QZ", b"\r\n QZ", b"\r\n\t", b"\r", b"\x00", b" ", b"A: b",
            b"\r\nA: b",
            b"\r\nCookie : QZ", b"\r\nSet-Cookie:QZQZ", b"\r\n", b"\r\nA", b"\r\nHost: ,", b"\r\nX-Api-Key: QZ", b":",
            b"\xe9",
        ]
    ),
    max_size=8,
)  # fmt: skip


@api
@given(pieces=_pieces)
def test_no_credentials_are_shown_of_generated_heads(api: Any, pieces: list[bytes]) -> None:
    """Secrets stand in secret fields, in their obs-folds and behind bare CRs; other fields hold no secrets."""
    data, secret = b"", False
    for piece in pieces:
        if piece == b"QZ" and not secret:
            continue
        if b"QZ" in piece and b":" not in piece and not secret:
            piece = piece.replace(b"QZ", b"v")
        if (b":" in piece or piece == b"\r\nA") and not (secret and not piece.startswith(b"\r\n")):
            data += b"\r\n" if data and not piece.startswith(b"\r\n") else b""
            secret = b"QZ" in piece
        elif piece == b"\r\n":
            secret = False
        data += piece
    for error in refused_everywhere(api, data + b"\r\n\r\n"):
        says_nothing(error)


@api
@both_modes
def test_what_is_no_credential_is_shown(api: Any, strict: bool) -> None:
    """The snippet still helps: it shows values of other fields, names, targets and an `@` in a path."""
    for data, near in (
        (b"GET /@user/x HTTP/x\r\n\r\n", b"/@user/x"),
        (b"GET /x?mail=a@b.example HTTP/x\r\n\r\n", b"b.example"),
        (b"GET http://real.example/p HTTP/x\r\n\r\n", b"real.example"),
        (b"Cookie: a\r\n\r\n", b"Cookie:"),
        (b"CONNECT auth.example:443 HTTP/x\r\n\r\n", b".example:443"),
        (b"GET /auth/x:y HTTP/x\r\n\r\n", b"/auth/x:y"),
    ):
        assert near in error_of(api.parse_request, data, strict=strict).near
    error = error_of(api.parse_request, HOST + b"Keep-Alive: visible\x00 and more\r\nCookie: a\r\n\r\n", strict=True)
    assert error.near == b"\nKeep-Alive: visible\x00 and more\r\nCookie:"
    error = error_of(api.parse_request, HOST + b"Cookie: a\r\nA: visible\x00\r\n\r\n", strict=True)
    assert error.near == b"A: visible\x00\r\n\r\n"
    error = error_of(api.parse_request, HOST + b"Cookie: a\x00\r\n\r\n", strict=True)
    assert (error.field, error.near) == ("Cookie", b"\r\nHost: a\r\nCookie:")
    error = error_of(api.parse_request, HOST + b"Cookie: " + b"a" * 50 + b"\x00\r\n\r\n", strict=True)
    assert (error.field, error.near) == ("Cookie", b"")


def test_a_snippet_of_a_caller() -> None:
    """The near= that a caller gives a ParseError is treated as a line, too."""
    assert fasthdr.ParseError(400, "x", near=b"Cookie: a").near == b"Cookie:"
    assert fasthdr.ParseError(400, "x", near=b"A: b\r\nX-Token: c\r\nD: e").near == b"A: b\r\nX-Token:"
    assert fasthdr.ParseError(400, "x", near=bytearray(b"5;a=b\r\n")).near == b"5;a=b\r\n"
    assert fasthdr.ParseError(400, "x", near=b"GET http://" + b"u" * 50 + b"@a/").near == b"GET http://"


@api
@pytest.mark.parametrize(
    ("section", "field"),
    [
        (b"Cookie: QZQZ\x00\r\n", "Cookie"),
        (b"Cookie: QZQZ\r\nbad\r\n", None),
        (b"Cookie: QZQZ\r\n QZQZ\r\n", None),
        (b"Cookie : QZQZ\r\n", "Cookie"),
        (b"X-Auth-Token: QZQZ\nA: b\r\n", "X-Auth-Token"),
        (b"A: b\r\nHost: QZ:QZ@a\r\n", "Host"),
        (b"A: b\x00visible\r\nCookie: QZQZ\r\n", "A"),
        (b"Authorization: " + SECRET * 10, "Authorization"),
    ],
)
def test_no_credentials_of_a_trailer_section_are_shown(api: Any, section: bytes, field: str | None) -> None:
    """None are shown wherever the section is split: earlier parts are no longer there to look at."""
    data = b"1\r\na\r\n0\r\n" + section + b"\r\n"
    for cut in range(len(data) + 1):
        decoder = (_pure_decoder if api is _pure else fasthdr).BodyDecoder("chunked", max_line=60)
        error = error_of(
            lambda parts, decoder=decoder: [decoder.feed(part) for part in parts], (data[:cut], data[cut:])
        )
        says_nothing(error)
        assert error.field == field
        assert len(error.near) <= 40


def test_the_time_is_linear() -> None:
    """Each kind of line fills 2 MiB with one fault in it: repeated scans would take minutes."""
    start = time.process_time()
    kinds = (b" fold\r\n", b"\r", b"Cookie", b"Cookie\r", b" ", b":", b"//", b"x@", b"A: cookie\r\n ", b"a\n")
    for kind in kinds:
        block = b"A: 1\r\n" + kind * ((1 << 21) // len(kind))
        for at in (0, len(block) // 2, len(block)):
            assert len(snippet.shown(block, at)) <= 40
            snippet.field_at(block, at, 0)
    assert time.process_time() - start < 60
