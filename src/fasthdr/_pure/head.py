# SPDX-License-Identifier: MIT
"""The sans-I/O functions in plain Python: what runs where no extension can, and a second opinion where one does.

Strict mode is `rfc`. Otherwise a head in which the stdlib would find nothing to object to is read here, and every
other by the stdlib's own code, run in memory (`_stdlib.fallback`).
"""

from __future__ import annotations

import functools
import http.client
import re
import threading
from array import array
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from fasthdr._errors import SHOWN, ParseError, verdicts
from fasthdr._pure import gateway, rfc
from fasthdr._pure.rfc import Block, Limits, Refused
from fasthdr._stdlib.probe import BLANK_LINE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from typing_extensions import Buffer

_T = TypeVar("_T")

_MOST = 2**32 - 1  # bytes of a head: what the numbers of a table reach
_STRICT_HEAD = 256 * 1024  # bytes of a head in strict mode, where the caller sets no limit

_PIECE = 2048  # bytes that are copied first
_GROWTH = 4  # of that, until the head is whole

_lock = threading.Lock()
_counts: dict[str, int] = {}
_counting = False


# ------------------------------------------------------------------------------------------------------------ heads


class Head:
    """The field lines of a head and the bytes they came from.

    consumed: bytes of the head, the blank line included.
    """

    consumed: int = 0
    _data: bytes = b""
    _rows: Sequence[rfc.Row] | None = ()  # None where the stdlib read the field lines
    _message: http.client.HTTPMessage | None = None
    _strict: bool = False

    def __init__(self) -> None:
        raise TypeError("heads are made by the parser")

    @property
    def headers(self) -> http.client.HTTPMessage:
        """The field lines as an http.client.HTTPMessage, the same object at each access."""
        message = self._message
        if message is None:
            message = http.client.HTTPMessage()
            for name, value in self.raw_headers:
                message.set_raw(name.decode("latin-1"), value.decode("latin-1"))
            message.set_payload("")
            with _lock:
                if self._message is None:
                    self._message = message
                message = self._message
        return message

    @overload
    def get(self, name: str, failobj: None = None) -> str | None: ...
    @overload
    def get(self, name: str, failobj: _T) -> str | _T: ...
    def get(self, name: str, failobj: object = None) -> object:
        """Value of the first field `name` (any case) as str, or failobj."""
        return self.headers.get(name, failobj)

    def items(self) -> list[tuple[str, str]]:
        """(name, value) pairs as sent, in order, as a new list of tuples of str."""
        return self.headers.items()

    @property
    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """The field lines as a new list of (name, value) pairs of bytes, as sent."""
        if self._rows is None:
            return [(k.encode("latin-1"), v.encode("latin-1")) for k, v in self.headers.raw_items()]
        data = self._data
        return [(data[n : n + k], data[v : v + m]) for n, k, v, m in self._rows]

    @property
    def table(self) -> memoryview | None:
        """The spans of names and values, read-only: shape (n, 4), format 'I'; None where the stdlib read the fields.

        A row is name start, name length, value start, value length, in bytes from the start of the input. Without
        field lines the shape is (0,), as a memoryview cannot be cast to (0, 4).
        """
        if self._rows is None:
            return None
        numbers = memoryview(array("I", [number for row in self._rows for number in row])).toreadonly()
        return numbers.cast("B").cast("I", (len(self._rows), 4)) if self._rows else numbers

    @property
    def content_length(self) -> int | None:
        """The first Content-Length as int where it is 1*DIGIT and at most 2**63 - 1 (RFC 9110 8.6), else None."""
        value = self.headers.get("content-length")
        if not value or not value.isascii() or not value.isdigit():
            return None
        digits = value.lstrip("0") or "0"
        return int(digits) if len(digits) <= 19 and int(digits) <= rfc.LARGEST else None

    @property
    def chunked(self) -> bool:
        """True where the final transfer coding is chunked (RFC 9112 6.1)."""
        codings = ",".join(self.headers.get_all("transfer-encoding", [])).split(",")
        return codings[-1].strip(" \t").lower() == "chunked"

    @property
    def upgrade(self) -> str | None:
        """The Upgrade fields joined by ", " where Connection lists `upgrade` (RFC 9110 7.8), else None.

        HTTP/1.0 has no Upgrade: there it is None, too.
        """
        if isinstance(self, RequestHead | ResponseHead) and self.version < "HTTP/1.1":
            return None
        options = ",".join(self.headers.get_all("connection", [])).split(",")
        if "upgrade" not in [option.strip(" \t").lower() for option in options]:
            return None
        values = [value.strip(" \t") for value in self.headers.get_all("upgrade", [])]
        return ", ".join(filter(None, values)) or None


def _framing(head: Head) -> Literal["chunked"] | int | None:
    if not head._strict:
        raise ValueError("this head was not read in strict mode")
    return "chunked" if head.chunked else head.content_length


class RequestHead(Head):
    """A whole request head, as http.server's handler would see it, or as strict mode does."""

    method: str = ""
    target: str = ""
    version: str = ""
    keep_alive: bool = False
    expect_continue: bool = False

    @property
    def framing(self) -> Literal["chunked"] | int:
        """What says where the body ends (RFC 9112 6.3): 'chunked', or its length in bytes, 0 without a body.

        ValueError of a head that was not read in strict mode: nobody has checked what its fields say.
        """
        return _framing(self) or 0

    @property
    def authority(self) -> str | None:
        """Whom the request is for, uri-host [":" port] as str (RFC 9112 3.3); None where nothing says so.

        The authority of an absolute-form or authority-form target, without userinfo; of another the Host field, without
        blanks around it.
        """
        authority = gateway.authority(self.method, self.target)
        if authority is None:
            authority = self.get("host")
        return None if authority is None else authority.strip(" \t")

    @property
    def origin_target(self) -> str:
        """The request-target as an origin server takes it: in origin-form, or "*" (RFC 9112 3.2.2, 3.2.4).

        Of an absolute-form its path and query. Any other target is as it is, so an authority-form, too.
        """
        return gateway.origin_target(self.method, self.target)

    def wsgi_environ(self, base: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The environ of a WSGI application (PEP 3333) as a new dict, in so far as the head gives it.

        base: mapping of what the server knows (SCRIPT_NAME, SERVER_NAME, SERVER_PORT, REMOTE_ADDR, wsgi.*); copied.
        """
        return gateway.wsgi_environ(self, base)

    def asgi_scope(self, base: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The connection scope of an ASGI application (ASGI 3, HTTP connection scope) as a new dict.

        base: mapping of what the server knows (scheme, client, server, root_path, state, extensions); it wins.
        """
        return gateway.asgi_scope(self, base)

    def __repr__(self) -> str:
        return f"<RequestHead {self.method!r} {self.target!r} {self.version!r}, {len(self.headers)} fields>"


class ResponseHead(Head):
    """A whole response head, as http.client.HTTPResponse would see it, or as strict mode does."""

    status: int = 0
    reason: str = ""
    version: str = ""
    _method: str | None = None  # of the request, if known
    _persists: bool = False  # in strict mode: the connection, as far as version and Connection say

    @property
    def framing(self) -> Literal["chunked"] | int | None:
        """What says where the body ends (RFC 9112 6.3): 'chunked', its length in bytes, or None: the connection's end.

        It knows the request's method if parse_response() did: of a response to HEAD it is 0; after a 2xx to CONNECT,
        where the connection is a tunnel, None. ValueError of a head that was not read in strict mode: nobody has
        checked what its fields say.
        """
        found = _framing(self)
        if self._method == "CONNECT" and 200 <= self.status < 300:
            return None
        return 0 if self._method == "HEAD" or self.status < 200 or self.status in (204, 304) else found

    @property
    def keep_alive(self) -> bool:
        """True where the connection can carry another response after this one and its body.

        In strict mode by RFC 9112 9.3, and False where the body ends with the connection, and where a tunnel or another
        protocol (101) begins; otherwise what http.client's `will_close` denies.
        """
        if self._strict:
            return self._persists and self.status != 101 and self.framing is not None
        from fasthdr._stdlib import fallback

        return fallback.persists(self.version, self.status, self._method, self.headers)

    def __repr__(self) -> str:
        return f"<ResponseHead {self.status} {self.reason!r} {self.version!r}, {len(self.headers)} fields>"


_H = TypeVar("_H", bound=Head)


def _head(cls: type[_H], data: bytes, block: Block, strict: bool = False) -> _H:
    head = cls.__new__(cls)
    head._strict = strict
    head._data = data[: block.end]
    head._rows = block.rows
    head.consumed = block.end
    return head


def _stdlib_head(cls: type[_H], message: http.client.HTTPMessage, consumed: int) -> _H:
    head = cls.__new__(cls)
    head._rows = None
    head._message = message
    head.consumed = consumed
    return head


# ------------------------------------------------------------------------------------------------------------ input


def _limit(value: object, name: str, default: int = _MOST) -> int:
    if value is None:
        return default
    if not isinstance(value, int):
        raise TypeError(f"{name} must be int or None, not {type(value).__name__}")
    if value < 1:
        raise ValueError(f"{name} must be positive, not {value}")
    return min(value, _MOST)


def _limits(strict: bool, max_line: int | None, max_headers: int | None, max_head: int | None) -> Limits:
    return Limits(
        _limit(max_line, "max_line"),
        _limit(max_headers, "max_headers"),
        _limit(max_head, "max_head", _STRICT_HEAD if strict else _MOST),
    )


def _parsed(parse: Callable[[bytes, Limits], _H | None], data: Buffer, limits: Limits) -> _H | None:
    """parse() of copies of the input's start, until one of them has the whole head; None while it is incomplete.

    No more is looked at than a head within the limits can take, and enough more to tell that it is beyond them.
    """
    with memoryview(data) as view:
        if not view.c_contiguous:
            raise BufferError("the buffer is not contiguous")
        with view.cast("B") as octets:
            most = min(len(octets), limits.head, (limits.lines + rfc.EMPTY_LINES + 2) * (limits.line + 1))
            size = _PIECE
            while True:
                piece = bytes(octets[: min(size, most)])
                try:
                    head = parse(piece, limits)
                except ParseError as error:
                    # It shows as much of the input as it would of more: the lines shown are whole.
                    if len(piece) == most or piece.find(b"\n", error.offset + SHOWN) >= 0:
                        _count("bytes" if error.rfc is None else "refused")
                        raise
                    head = None
                if head is not None:
                    _count("bytes" if head._rows is None else "core")
                if head is not None or len(piece) == most:
                    return head
                size *= _GROWTH


def _error(refused: Refused, data: bytes, response: bool = False, lines: bool = False) -> ParseError:
    return verdicts.refusal(refused.fault, refused.offset, data, response, lines)


def _count(reason: str) -> None:
    if _counting:
        with _lock:
            _counts[reason] = _counts.get(reason, 0) + 1


# ------------------------------------------------------------------------------------------------------------ compat

# What fh_request_line(), fh_status_line() and fh_walk() of the Cython core take: exactly the part of what the stdlib
# takes in which it has nothing to object to. An obs-fold is left to it here.
_REQUEST_LINE = re.compile(
    rb"(?P<method>[!-~\x80-\x84\x86-\x9f\xa1-\xff]+) (?!//)(?P<target>[!-~\x80-\x84\x86-\x9f\xa1-\xff]+)"
    rb" (?P<version>HTTP/1\.[01])\r?\n"
)
_STATUS_LINE = re.compile(
    rb"(?P<version>HTTP/1\.[01]) (?P<status>[1-9][0-9][0-9])"
    rb" (?P<reason>|(?![\t-\r\x1c- \x85\xa0])[^\r\n]+(?<![\t-\r\x1c- \x85\xa0]))\r?\n"
)
# Blanks are never a value's first bytes: where they could be, a line without an end would be tried at each of them.
_FIELD_LINE = re.compile(rb"(?P<name>[!-9;-~]+):[ \t]*(?![ \t])(?P<value>[^\r\n]*)\r?\n")
_TYPE_WITH_MORE = re.compile(rb"multipart|message", re.IGNORECASE)  # what email.feedparser reads on at


def _clean_block(data: bytes, start: int, limits: Limits) -> Block | None:
    """The field lines where all of them are there, clean and within the limits."""
    rows: list[rfc.Row] = []
    while True:
        match = _FIELD_LINE.match(data, start, start + limits.line)
        if match is None:
            break
        if match["name"].lower() == b"content-type" and _TYPE_WITH_MORE.search(match["value"]):
            return None
        name, name_end = match.span("name")
        value, value_end = match.span("value")
        rows.append((name, name_end - name, value, value_end - value))
        start = match.end()
    end = start + 2 if data.startswith(b"\r\n", start) else start + 1 if data.startswith(b"\n", start) else None
    if end is None or end - start > limits.line or end > limits.head:
        return None
    return Block(rows, start, end) if len(rows) + BLANK_LINE <= limits.lines else None


def _request(data: bytes, limits: Limits) -> RequestHead | None:
    from fasthdr._stdlib import fallback

    line = _REQUEST_LINE.match(data, 0, limits.line)
    block = _clean_block(data, line.end(), limits) if line else None
    if line is None or block is None:
        found = fallback.parse_request(data, *limits)
        if found is None:
            return None
        method, target, version, keep_alive, expect, message, consumed = found
        head = _stdlib_head(RequestHead, message, consumed)
        head.method, head.target, head.version = method, target, version
        head.keep_alive, head.expect_continue = keep_alive, expect
        return head
    head = _head(RequestHead, data, block)
    head.method, head.target, head.version = (line[name].decode("latin-1") for name in ("method", "target", "version"))
    connection = head.get("connection", "").lower()
    head.keep_alive = head.version == "HTTP/1.1"
    head.expect_continue = head.keep_alive and head.get("expect", "").lower() == "100-continue"
    if connection in ("close", "keep-alive"):
        head.keep_alive = connection == "keep-alive"
    return head


def _response(data: bytes, limits: Limits) -> ResponseHead | None:
    from fasthdr._stdlib import fallback

    line = _STATUS_LINE.match(data, 0, limits.line)
    block = _clean_block(data, line.end(), limits) if line else None
    if line is None or block is None:
        found = fallback.parse_response(data, *limits)
        if found is None:
            return None
        version, status, reason, message, consumed = found
        head = _stdlib_head(ResponseHead, message, consumed)
    else:
        head = _head(ResponseHead, data, block)
        version, status, reason = line["version"].decode(), int(line["status"]), line["reason"].decode("latin-1")
    head.version, head.status, head.reason = version, status, reason
    return head


def _fields(data: bytes, limits: Limits) -> Head | None:
    from fasthdr._stdlib import fallback

    block = _clean_block(data, 0, limits)
    if block is not None:
        return _head(Head, data, block)
    found = fallback.parse_headers(data, *limits)
    return None if found is None else _stdlib_head(Head, *found)


# ------------------------------------------------------------------------------------------------------------ strict


def _strict_request(data: bytes, limits: Limits) -> RequestHead | None:
    try:
        found = rfc.request(data, limits)
    except Refused as refused:
        raise _error(refused, data) from None
    if found is None:
        return None
    head = _head(RequestHead, data, found.block, strict=True)
    head.method, head.target, head.version = found.method, found.target, f"HTTP/1.{found.minor}"
    head.keep_alive, head.expect_continue = found.keep_alive, found.expect_continue
    return head


def _strict_response(data: bytes, limits: Limits, obsolete: bool = False) -> ResponseHead | None:
    try:
        found = rfc.response(data, limits, obsolete)
    except Refused as refused:
        raise _error(refused, data, response=True) from None
    if found is None:
        return None
    head = _head(ResponseHead, found.data, found.block, strict=True)
    head._persists = found.keep_alive
    head.version, head.status, head.reason = f"HTTP/1.{found.minor}", found.status, found.reason
    return head


def _strict_fields(data: bytes, limits: Limits) -> Head | None:
    try:
        block = rfc.field_lines(data, 0, limits)
    except Refused as refused:
        raise _error(refused, data, lines=True) from None
    return None if block is None else _head(Head, data, block, strict=True)


# ------------------------------------------------------------------------------------------------------------ public


def parse_request(
    data: Buffer,
    *,
    strict: bool = False,
    max_line: int | None = 65536,
    max_headers: int | None = 100,
    max_head: int | None = None,
) -> RequestHead | None:
    """Parse the head of an HTTP/1 request at the start of `data`, as http.server's handler of HTTP/1.1 does.

    data: any contiguous bytes-like object; it may be changed or released once this returns.
    strict: refuse what RFC 9110 and 9112 do not allow (docs/strict.md), in place of what http.server does.
    max_line: bytes of the request line and of each field line, line ends included (414, 431).
    max_headers: lines of the header block, counted as the running stdlib counts them; strict: field lines (431).
    max_head: bytes of the whole head (431); None: the 4 GiB that offsets reach, strict: 256 KiB.

    Returns a RequestHead, or None while the head is incomplete. Raises ParseError for what the handler answers with
    an error status, and for an empty request line, at which it closes the connection without a word.
    """
    parse = _strict_request if strict else _request
    return _parsed(parse, data, _limits(strict, max_line, max_headers, max_head))


def parse_response(
    data: Buffer,
    *,
    strict: bool = False,
    method: str | None = None,
    obsolete: bool = False,
    max_line: int | None = 65536,
    max_headers: int | None = 100,
    max_head: int | None = None,
) -> ResponseHead | None:
    """Parse the head of an HTTP/1 response at the start of `data`, as http.client.HTTPResponse.begin does.

    Arguments, limits and None while incomplete as in parse_request(); an interim (1xx) response is a head of its own.
    method: that of the request, as sent, for `framing` and `keep_alive`; None: one whose response may have a body.
    obsolete: with strict, take what servers of old send: an obs-fold is read as SP (RFC 9112 5.2), blanks between a
    field name and its colon are dropped (RFC 9112 5.1).
    Raises ParseError, its status 502 (Bad Gateway), for what http.client raises an HTTPException at; and ValueError
    for obsolete without strict.
    """
    if method is not None and not isinstance(method, str):
        raise TypeError(f"method must be str or None, not {type(method).__name__}")
    if obsolete and not strict:
        raise ValueError("obsolete goes with strict: the default mode is http.client's")
    parse = functools.partial(_strict_response, obsolete=obsolete) if strict else _response
    head = _parsed(parse, data, _limits(strict, max_line, max_headers, max_head))
    if head is not None:
        head._method = method
    return head


def parse_headers(
    data: Buffer,
    *,
    strict: bool = False,
    max_line: int | None = 65536,
    max_headers: int | None = 100,
    max_head: int | None = None,
) -> Head | None:
    """Parse a header block alone at the start of `data`, as http.client.parse_headers does.

    Arguments, limits and None while incomplete as in parse_request(); returns a Head. For multipart trailers, chunked
    trailers and whatever else is field lines up to a blank line.
    """
    parse = _strict_fields if strict else _fields
    return _parsed(parse, data, _limits(strict, max_line, max_headers, max_head))


def simd() -> Literal["none"]:
    """Name of the instruction set that the parser uses: none."""
    return "none"


def stats() -> dict[str, int]:
    """Heads counted so far, by who read them: {'core': n, a reason for the stdlib: n, ...}; see collect_stats()."""
    with _lock:
        return dict(_counts)


def collect_stats(on: bool = True) -> None:
    """Start counting heads from zero, or stop. Off at import."""
    global _counting
    with _lock:
        _counting = bool(on)
        if on:
            _counts.clear()
