# SPDX-License-Identifier: MIT
"""Generated heads for strict mode: most of them nearly right, and mutants of the named cases."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.strict.cases import CASES
from tests.strict.cases.framing import BAD_CODINGS, BAD_LENGTHS, GOOD_CODINGS, GOOD_LENGTHS, OTHER_CODINGS
from tests.strict.cases.host import BAD_VALUES, GOOD_VALUES

# Bytes that some rule treats specially.
SPECIAL = b"\r\n\t :\x00\x0b\x1f\x7f\x80\xa0\xff/?#@,;[]%.-*+\"'()AZaz09kK_~|"

_METHODS = st.sampled_from(
    [b"GET", b"POST", b"CONNECT", b"OPTIONS", b"get", b"X-Y", b"PROXY", b"M" * 40, b"G@T", b"", b"GET ", b"\x16\x03"]
)
_TARGETS = st.sampled_from(
    [
        b"/", b"/a?b=%20[c]", b"*", b"a:80", b"a", b"http://a/", b"http://a:1?b", b"http://[::1]/", b"http:///",
        b"http://u@a/", b"http://a?b", b"HTTPS://a:80", b"tcp4://a/b?c", b"TCP4", b"TCP4://a", b"UNKNOWN", b"a@b:80",
        b"[::1]:443", b"a:0", b"//a", b"/#", b"", b"/\x80", b"urn:a", b"/" + b"x" * 200, b"x" * 70, b"coap://a", b"1://a",
    ]
)  # fmt: skip
_ODD_VERSIONS = [b"HTTP/1.2", b"HTTP/2.0", b"HTTP/0.9", b"http/1.1", b"HTTP/1.", b"", b"HTTP/1.10"]
_VERSIONS = st.sampled_from([b"HTTP/1.1"] * 12 + [b"HTTP/1.0"] * 4 + _ODD_VERSIONS)
_GAPS = st.sampled_from([b" "] * 20 + [b"  ", b"\t", b"", b"\xa0"])
_ENDS = st.sampled_from([b"\r\n"] * 40 + [b"\n", b"\r", b"\r\r\n", b"\x00\r\n", b" \r\n", b"\t\r\n"])
_STATUSES = st.sampled_from([b"200 OK", b"404 ", b"099 x", b"999 \t x\xe9 ", b"20 x", b"200", b"2000 x", b"200 a\x00"])

_ELEMENTS = st.sampled_from(
    [
        b"chunked",
        b"gzip",
        b"identity",
        b"close",
        b"keep-alive",
        b"Close",
        b"upgrade",
        b"100-continue",
        b"",
        b"x",
        b"a b",
    ]
)
_LISTS = st.lists(_ELEMENTS, max_size=3).map(b" ,\t".join)
_NAMES = st.sampled_from(
    [
        b"Host", b"host", b"Content-Length", b"content-length", b"Transfer-Encoding", b"TRANSFER-ENCODING",
        b"Connection",
        b"connection", b"Expect", b"Upgrade", b"Content-Type", b"A", b"X-" + b"y" * 15, b"X-" + b"y" * 31,
        b"!#$%&'*+-.^_`|~09",
        b"Accept", b"Trailer", b"a(b", b"", b" A", b"A ", b"N\x80", b"Hosts", b"x" * 64, b"content-type",
        b"Content-Range", b"Authorization", b"AUTHORIZATION", b"Cookie", b"Proxy", b"X-Y", b"X_Y",
    ]
)  # fmt: skip
_VALUES = st.one_of(
    st.sampled_from([v for v in [*GOOD_VALUES, *BAD_VALUES, *GOOD_LENGTHS, *BAD_LENGTHS] if len(v) < 100]),
    st.sampled_from([*GOOD_CODINGS, *BAD_CODINGS, *OTHER_CODINGS]),
    _LISTS,
    st.sampled_from(
        [b"v" * 61, b"v" * 125, b"multipart/mixed", b"message/rfc822", b"text/html; charset=x", b"\xe9", b"a\x00b"]
    ),
)
_BLANKS = st.sampled_from([b""] * 3 + [b" "] * 6 + [b"\t", b" \t "])
_FIELDS = st.lists(st.tuples(_NAMES, st.just(b":"), _BLANKS, _VALUES, _BLANKS, _ENDS).map(b"".join), max_size=8)
# None of these fields is a fault, except framing that appears twice.
_CLEAN_NAMES = [
    b"Connection", b"Expect", b"Upgrade", b"Content-Type", b"Content-Range", b"Authorization", b"Proxy", b"X-Y", b"X_Y",
    b"Content_Length", b"A", b"!#$%&'*+-.^_`|~09", b"X-" + b"y" * 31,
]  # fmt: skip
_CLEAN_VALUES = st.one_of(_LISTS, st.sampled_from([b"multipart/x", b"\xe9\t;", b"v" * 61]))
_CLEAN = st.one_of(
    st.tuples(st.sampled_from(_CLEAN_NAMES), _CLEAN_VALUES),
    st.tuples(st.just(b"Content-Length"), st.sampled_from([b"0", b"0012"])),
    st.tuples(st.just(b"transfer-encoding"), st.just(b"Chunked")),
)
_CLEAN_FIELDS = st.lists(
    st.tuples(_CLEAN, _BLANKS, _BLANKS).map(lambda t: t[0][0] + b":" + t[1] + t[0][1] + t[2] + b"\r\n"), max_size=6
)
_HOSTS = st.sampled_from([b"Host: a\r\n"] * 6 + [b"host:[::1]:80 \r\n", b""])

_request_lines = st.tuples(_METHODS, _GAPS, _TARGETS, _GAPS, _VERSIONS, _ENDS).map(b"".join)
_well_formed_lines = st.sampled_from(
    [
        b"GET / HTTP/1.1\r\n", b"POST /a?b HTTP/1.1\r\n", b"POST / HTTP/1.0\r\n", b"\r\nGET //a HTTP/1.1\r\n",
        b"GET http://b:80/p%20q?r HTTP/1.1\r\n", b"OPTIONS http://b HTTP/1.1\r\n", b"GET http://b?c/d HTTP/1.0\r\n",
        b"CONNECT b:80 HTTP/1.1\r\n", b"OPTIONS * HTTP/1.1\r\n",
    ]
)  # fmt: skip
_status_lines = st.tuples(_VERSIONS, _GAPS, _STATUSES, _ENDS).map(b"".join)
_blank = st.sampled_from([b"\r\n"] * 12 + [b"\n", b"", b"\r", b" \r\n\r\n", b"\r\nbody", b"\r\n\r\n"])


def _mutated(head: bytes, changes: list[tuple[int, int, int]]) -> bytes:
    data = bytearray(head)
    for at, kind, value in changes:
        at %= len(data) + 1
        octet = SPECIAL[value % len(SPECIAL)] if value < 192 else value
        data[at : at + (kind % 2)] = bytes([octet]) if kind < 3 else b""
    return bytes(data)


_change = st.tuples(st.integers(0, 1 << 16), st.integers(0, 3), st.integers(0, 255))
_changes = st.one_of(st.just([]), st.lists(_change, max_size=2))
_named = st.sampled_from([case.data for case in CASES.values() if case.kind == "request" and len(case.data) < 2000])

requests = st.builds(
    _mutated,
    st.one_of(
        st.tuples(_well_formed_lines, _HOSTS, _FIELDS.map(b"".join), _blank).map(b"".join),
        st.tuples(_request_lines, _HOSTS, _FIELDS.map(b"".join), _blank).map(b"".join),
        st.tuples(_well_formed_lines, st.just(b"Host: a\r\n"), _CLEAN_FIELDS.map(b"".join), st.just(b"\r\n")).map(
            b"".join
        ),
        _named,
    ),
    _changes,
)
# Fields that RFC 9112 5.1 and 5.2 let a client accept.
_FOLDS = st.lists(
    st.tuples(
        _BLANKS, st.just(b"\r\n"), st.sampled_from([b" ", b"\t", b" \t "]), st.one_of(st.just(b""), _CLEAN_VALUES)
    ).map(b"".join),
    max_size=2,
).map(b"".join)
_OBSOLETE_FIELDS = st.lists(
    st.tuples(_CLEAN, _BLANKS, st.just(b":"), _BLANKS, _FOLDS, _BLANKS).map(
        lambda t: t[0][0] + t[1] + t[2] + t[3] + t[0][1] + t[4] + t[5] + b"\r\n"
    ),
    max_size=6,
)
_fine_status_lines = st.sampled_from(
    [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.0 200 OK\r\n", b"HTTP/1.1 101 x\r\n", b"HTTP/1.1 204 \r\n", b"HTTP/1.1 304 x\r\n"]
)
_response_fields = st.one_of(_FIELDS, _CLEAN_FIELDS, _OBSOLETE_FIELDS).map(b"".join)

responses = st.builds(
    _mutated,
    st.tuples(st.one_of(_status_lines, _fine_status_lines), _response_fields, _blank).map(b"".join),
    _changes,
)
methods = st.sampled_from([None, "GET", "HEAD", "CONNECT", "head"])
authorities = st.builds(_mutated, st.sampled_from([*GOOD_VALUES, *BAD_VALUES]), _changes).filter(
    lambda value: not set(value) & set(b"\r\n")
)
