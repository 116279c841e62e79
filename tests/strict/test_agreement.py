# SPDX-License-Identifier: MIT
"""Generated heads: implementations agree, no verdict depends on the split, the default mode sees the same fields."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import fasthdr
from fasthdr._pure import parse as _pure
from tests.differential import heads
from tests.implementations import IMPLEMENTATIONS
from tests.strict import made

both = pytest.mark.skipif(len(IMPLEMENTATIONS) < 2, reason="the core does not run: there is nothing to compare with")

SHARED = "consumed raw_headers content_length chunked upgrade version"
REQUEST = f"{SHARED} framing method target keep_alive expect_continue authority origin_target"
RESPONSE = f"{SHARED} framing status reason keep_alive"


def seen(parse: Any, names: str, data: bytes, **options: Any) -> Any:
    """Return all that a head shows, or all that its error shows; None while it is incomplete."""
    try:
        head = parse(data, strict=True, **options)
    except fasthdr.ParseError as error:
        return int(error.status), error.reason, error.offset, error.rfc, error.field, error.near, str(error)
    if head is None:
        return None
    made = [head.wsgi_environ({"SERVER_NAME": "s"}), head.asgi_scope()] if names == REQUEST else []
    return {
        **{name: getattr(head, name) for name in names.split()},
        "made": made,
        "table": memoryview(head.table).tolist(),
        "items": head.headers.items(),
        "defects": head.headers.defects,
        "payload": head.headers.get_payload(),
    }


@both
@given(st.one_of(made.requests, heads.requests))
def test_requests_agree(data: bytes) -> None:
    assert seen(fasthdr.parse_request, REQUEST, data) == seen(_pure.parse_request, REQUEST, data)


@both
@given(st.one_of(made.requests, heads.requests, made.requests.map(lambda data: data[data.find(b"\n") + 1 :])))
def test_accepted(data: bytes) -> None:
    """accepted(), which the adapters call, returns the head, or None where parsing would raise."""
    from fasthdr._core.parse import accepted

    for lines, parse in ((False, fasthdr.parse_request), (True, fasthdr.parse_headers)):
        head = accepted(data, lines)
        names = SHARED.removesuffix(" version") if lines else REQUEST
        found = seen(parse, names, data, max_line=None, max_headers=None)
        if isinstance(found, tuple) or found is None:
            assert head is None
        else:
            assert head is not None
            assert {name: getattr(head, name) for name in names.split()} == {
                name: found[name] for name in names.split()
            }


ELEMENT = st.sampled_from(
    ["upgrade", "Upgrade", " UPGRADE\t", "upgrades", "a upgrade", "chunked", "Chunked ", "gzip", "", "\xe9"]
)
LISTS = st.tuples(
    st.sampled_from(["Connection", "connection", "Upgrade", "UPGRADE", "Transfer-Encoding", "transfer-encoding", "X"]),
    st.lists(ELEMENT, max_size=3).map(",".join),
)


@both
@given(st.lists(LISTS, max_size=8), st.sampled_from(["1.0", "1.1"]))
def test_lists_agree(fields: list[tuple[str, str]], version: str) -> None:
    """They agree in the default mode, which accepts any list."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields)
    data = f"GET / HTTP/{version}\r\n{lines}\r\n".encode("iso-8859-1")
    ours, pure = fasthdr.parse_request(data), _pure.parse_request(data)
    assert ours is not None
    assert pure is not None
    assert (ours.chunked, ours.upgrade) == (pure.chunked, pure.upgrade)


@both
@given(made.requests, st.integers(1, 80), st.integers(1, 6), st.integers(1, 200))
@example(b"GET / HTTP/1.1\r\nA: 1\r\n\r\n", 16, 1, 24)
def test_requests_agree_within_limits(data: bytes, line: int, lines: int, head: int) -> None:
    limits = {"max_line": line, "max_headers": lines, "max_head": head}
    assert seen(fasthdr.parse_request, REQUEST, data, **limits) == seen(_pure.parse_request, REQUEST, data, **limits)


@both
@given(made.responses, made.methods, st.booleans())
def test_responses_agree(data: bytes, method: str | None, obsolete: bool) -> None:
    found, expected = (
        seen(api.parse_response, RESPONSE, data, method=method, obsolete=obsolete) for api in (fasthdr, _pure)
    )
    assert found == expected


@both
@given(made.responses, st.booleans(), st.integers(1, 80), st.integers(1, 4), st.integers(1, 200))
def test_responses_agree_within_limits(data: bytes, obsolete: bool, line: int, lines: int, head: int) -> None:
    options = {"obsolete": obsolete, "max_line": line, "max_headers": lines, "max_head": head}
    assert seen(fasthdr.parse_response, RESPONSE, data, **options) == seen(
        _pure.parse_response, RESPONSE, data, **options
    )


@pytest.mark.parametrize("api", IMPLEMENTATIONS)
@given(data=made.responses, obsolete=st.booleans())
def test_no_verdict_on_a_response_depends_on_the_split(api: Any, data: bytes, obsolete: bool) -> None:
    whole, *parts = (
        seen(api.parse_response, RESPONSE, data[:cut], obsolete=obsolete) for cut in (len(data), *range(len(data) + 1))
    )
    decided = [part for part in parts if part is not None]
    assert all(part[:4] == whole[:4] if isinstance(whole, tuple) else part == whole for part in decided)
    assert decided == parts[len(parts) - len(decided) :], "a verdict was taken back"


@pytest.mark.parametrize("api", IMPLEMENTATIONS)
@given(data=made.responses)
def test_what_is_obsolete_is_refused_or_the_same(api: Any, data: bytes) -> None:
    """`obsolete` changes only two verdicts, and no head that is accepted without it."""
    strict, obsolete = (seen(api.parse_response, RESPONSE, data, obsolete=asked) for asked in (False, True))
    if strict != obsolete:
        assert strict[1] in ("Obsolete line folding", "White space in a field name")


@pytest.mark.parametrize("api", IMPLEMENTATIONS)
@given(data=made.responses)
def test_an_obsolete_response_is_what_http_client_reads(api: Any, data: bytes) -> None:
    """The names and values are the same, except that an obs-fold becomes spaces."""
    found = seen(api.parse_response, RESPONSE, data, obsolete=True)
    if not isinstance(found, dict) or b" :" in data or b"\t:" in data:  # http.client stops at a blank before a colon
        return
    default = api.parse_response(data).headers.items()
    folded = [(name, re.sub(r"[ \t]*\r\n[ \t]+", lambda fold: " " * len(fold[0]), value)) for name, value in default]
    assert [(name, value.strip(" ")) for name, value in found["items"]] == [
        (name, value.strip(" \t")) for name, value in folded
    ]


@both
@given(made.requests)
def test_header_blocks_agree(data: bytes) -> None:
    block = data.partition(b"\r\n")[2]
    names = "consumed raw_headers"
    assert seen(fasthdr.parse_headers, names, block) == seen(_pure.parse_headers, names, block)


@both
@given(made.authorities)
def test_authorities_agree(value: bytes) -> None:
    """The value is tried as a Host, as the target of a CONNECT, and in an absolute-form."""
    for line, host in ((b"GET / ", value), (b"CONNECT " + value + b" ", b"a"), (b"GET http://" + value + b"/ ", b"a")):
        data = line + b"HTTP/1.1\r\nHost: " + host + b"\r\n\r\n"
        assert seen(fasthdr.parse_request, REQUEST, data) == seen(_pure.parse_request, REQUEST, data)


@both
@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    for line in (b"", b"GET / HTTP/1.1\r\n"):
        assert seen(fasthdr.parse_request, REQUEST, line + data) == seen(_pure.parse_request, REQUEST, line + data)


@pytest.mark.parametrize("api", IMPLEMENTATIONS)
@given(data=made.requests)
def test_no_verdict_depends_on_the_split(api: Any, data: bytes) -> None:
    whole = seen(api.parse_request, REQUEST, data)
    parts = [seen(api.parse_request, REQUEST, data[:cut]) for cut in range(0, len(data) + 1, max(1, len(data) // 150))]
    decided = [part for part in parts if part is not None]
    if isinstance(whole, dict):
        assert all(part == whole for part in decided)
    else:
        assert all(part[:4] == whole[:4] for part in decided)  # `near` may show more bytes behind the offset
    assert decided == parts[len(parts) - len(decided) :], "a verdict was taken back"


@pytest.mark.parametrize("api", IMPLEMENTATIONS)
@given(data=st.one_of(made.requests, heads.requests))
def test_the_default_mode_sees_the_same_fields(api: Any, data: bytes) -> None:
    """http.server accepts what strict mode accepts, with the same fields, no defects and an empty payload."""
    strict = seen(api.parse_request, REQUEST, data)
    if not isinstance(strict, dict):
        return
    assert strict["defects"] == []
    assert strict["payload"] == ""
    empty = len(data) - len(data.lstrip(b"\r\n"))
    default = api.parse_request(data[empty:])
    assert default.authority == strict["authority"]
    assert default.consumed + empty == strict["consumed"]
    assert [(name, value.rstrip(" \t")) for name, value in default.headers.items()] == strict["items"]
    assert default.method == strict["method"]
    assert default.target == re.sub(r"^/+", "/", strict["target"])
    if not re.match(r"\s*(multipart|message)/", default.headers.get("content-type", ""), re.IGNORECASE):
        assert default.headers.defects == []
        assert default.headers.get_payload() == ""


@pytest.mark.parametrize("api", IMPLEMENTATIONS)
def test_a_multipart_head_is_its_fields(api: Any) -> None:
    """Strict mode does not interpret Content-Type; the default mode still does."""
    data = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/mixed\r\n\r\n"
    assert api.parse_request(data, strict=True).headers.defects == []
    assert len(api.parse_request(data).headers.defects) == 2
    data = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: message/rfc822\r\n\r\n"
    assert api.parse_request(data, strict=True).headers.get_payload() == ""
    assert len(api.parse_request(data).headers.get_payload()) == 1


@pytest.mark.parametrize("api", IMPLEMENTATIONS)
@pytest.mark.parametrize(
    ("version", "fields", "keep_alive", "expect"),
    [
        ("1.1", [], True, False),
        ("1.0", [], False, False),
        ("1.1", [b"Connection: close"], False, False),
        ("1.1", [b"Connection: a, CLOSE ,b"], False, False),
        ("1.1", [b"Connection: a", b"connection: close"], False, False),
        ("1.1", [b"Connection: closed, xclose"], True, False),
        ("1.1", [b"Connection: keep-alive, close"], False, False),
        ("1.0", [b"Connection: Keep-Alive"], True, False),
        ("1.0", [b"Connection: a,keep-alive"], True, False),
        ("1.0", [b"Connection: close, keep-alive"], False, False),
        ("1.0", [b"Connection: a", b"A: 1", b"Connection: b", b"Connection: keep-alive"], True, False),
        ("1.1", [b"Connection:"], True, False),
        ("1.1", [b"Expect: 100-continue"], True, True),
        ("1.1", [b"Expect: 100-Continue "], True, True),
        ("1.1", [b"Expect: x, 100-continue"], True, True),
        ("1.1", [b"Expect: x", b"Expect: 100-continue"], True, True),
        ("1.1", [b"Expect: 100-continue=1"], True, False),
        ("1.0", [b"Expect: 100-continue"], False, False),
        ("1.2", [b"Expect: 100-continue"], True, True),
    ],
)
def test_connection_and_expect(api: Any, version: str, fields: list[bytes], keep_alive: bool, expect: bool) -> None:
    """RFC 9112 9.3 and RFC 9110 10.1.1: both fields are lists, in any case, over any number of lines."""
    data = b"POST / HTTP/%b\r\n" % version.encode() + b"".join(f + b"\r\n" for f in [b"Host: a", *fields]) + b"\r\n"
    head = api.parse_request(data, strict=True)
    assert (head.keep_alive, head.expect_continue) == (keep_alive, expect)
    assert head.version == ("HTTP/1.0" if version == "1.0" else "HTTP/1.1")


@pytest.mark.parametrize("api", IMPLEMENTATIONS)
def test_framing(api: Any) -> None:
    """RFC 9112 6.3; only heads read in strict mode have a framing."""

    def request(fields: bytes) -> Any:
        return api.parse_request(b"POST / HTTP/1.1\r\nHost: a\r\n" + fields + b"\r\n", strict=True).framing

    def response(status: bytes, fields: bytes) -> Any:
        return api.parse_response(b"HTTP/1.1 " + status + b" \r\n" + fields + b"\r\n", strict=True).framing

    assert [request(f) for f in (b"", b"Content-Length: 007\r\n", b"Transfer-Encoding: Chunked\r\n")] == [
        0,
        7,
        "chunked",
    ]
    assert request(b"Content-Length: " + b"0" * 60000 + b"5\r\n") == 5
    assert response(b"200", b"") is None
    assert response(b"200", b"Content-Length: 0\r\n") == 0
    assert response(b"500", b"Transfer-Encoding: chunked\r\n") == "chunked"
    for status in (b"100", b"199", b"204", b"304"):
        for fields in (b"", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n"):
            assert response(status, fields) == 0
    framings = b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
    for head in (
        api.parse_request(b"GET / HTTP/1.1\r\n" + framings),
        api.parse_response(b"HTTP/1.1 200 OK\r\n" + framings),
    ):
        with pytest.raises(ValueError, match="not read in strict mode"):
            head.framing


@pytest.mark.parametrize("api", IMPLEMENTATIONS)
def test_what_an_error_says(api: Any) -> None:
    with pytest.raises(fasthdr.ParseError) as caught:
        api.parse_request(b"GET / HTTP/1.1\r\nHost : " + b"a" * 1000 + b"\r\n\r\n", strict=True)
    error = caught.value
    assert (int(error.status), error.offset, error.rfc) == (400, 20, "9112 5.1")
    assert error.near == b"GET / HTTP/1.1\r\nHost : " + b"a" * 17
    assert error.field == "Host"
    assert str(error).startswith("400 White space in a field name (at byte 20, RFC 9112 5.1, field Host, near b'GET /")
    assert len(str(error)) < 200


@pytest.mark.parametrize("api", IMPLEMENTATIONS)
def test_trailers(api: Any) -> None:
    """parse_headers() reads field lines, and applies no rule that needs a start line."""
    head = api.parse_headers(b"Host: ,\r\nContent-Length: x\r\nA: \t1 \r\n\r\nrest", strict=True)
    assert head.items() == [("Host", ","), ("Content-Length", "x"), ("A", "1")]
    assert api.parse_headers(b"\r\n", strict=True).consumed == 2
    assert api.parse_headers(b"A: 1\r\n", strict=True) is None
    with pytest.raises(fasthdr.ParseError, match="400 Bad line ending"):
        api.parse_headers(b"A: 1\n\n", strict=True)
