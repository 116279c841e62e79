# SPDX-License-Identifier: MIT
"""Many request heads in one buffer, in plain Python: a loop over parse_request()."""

from __future__ import annotations

import operator
from array import array
from typing import TYPE_CHECKING, NoReturn, SupportsIndex

from fasthdr._errors import ParseError
from fasthdr._limits import MAX_HEADERS, MAX_LINE
from fasthdr._pure import job
from fasthdr._pure.counts import count
from fasthdr._pure.decoder import BodyDecoder
from fasthdr._pure.head import RequestHead
from fasthdr._pure.parse import _request, _strict_request, _why_request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from typing_extensions import Buffer

    from fasthdr._pure.lines import Limits

_MOST = 2**32 - 1  # the largest offset in a table
_VERSION_1_1, _KEEP_ALIVE, _EXPECT_CONTINUE, _SIZED, _CHUNKED, _BY_STDLIB = (1 << i for i in range(6))


class Heads:
    """Hold the request heads that parse_many() has found, in order: a sequence that makes each RequestHead on access.

    consumed: the number of bytes of whole messages, counted from `start`: where the next message begins.
    error: the ParseError for the message there, with its offset counted from `start`; None if that message is
        incomplete, or if there is none.
    """

    consumed: int = 0
    error: ParseError | None = None
    _data: bytes = b""
    _limits: Limits
    _parse: Callable[[bytes, Limits], RequestHead | None]
    _rows: array[int]
    _entries: array[int]

    def __init__(self) -> None:
        raise TypeError("heads are made by the parser")

    def __len__(self) -> int:
        return len(self._entries) // 9

    def __getitem__(self, i: SupportsIndex, /) -> RequestHead:
        """Return head number i as a new RequestHead: what parse_request() gives there."""
        i = operator.index(i)
        if not -len(self) <= i < len(self):
            raise IndexError("head index out of range")
        start, end = self._entries[i % len(self) * 9 :][:2]
        return self._parse(self._data[start:end], self._limits)  # type: ignore[return-value]  # it has been there before

    def __iter__(self) -> Iterator[RequestHead]:
        return (self[i] for i in range(len(self)))

    def __repr__(self) -> str:
        return f"<Heads, {len(self)} heads>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("cannot copy or pickle Heads: pickle the bytes, or the heads that you want")

    @property
    def table(self) -> memoryview:
        """The field lines of all heads: a read-only memoryview of shape (n, 4), format 'I'.

        Each row is name start, name length, value start, value length, in bytes from `start`. Without field lines the
        shape is (0,), because a memoryview cannot be cast to (0, 4).
        """
        return _shown(self._rows, 4)

    @property
    def head_table(self) -> memoryview:
        """The heads: a read-only memoryview of shape (len(self), 9), format 'I'; offsets in bytes from `start`.

        A row is: start, end, first row in `table`, number of rows there, method start, method length, target start,
        target length, flags: 1 HTTP/1.1, 2 keep_alive, 4 expect_continue, in strict mode also 8 Content-Length and
        16 chunked; 32: the standard library read the head, and its spans and rows are 0.
        """
        return _shown(self._entries, 9)


def _shown(numbers: array[int], width: int) -> memoryview:
    view = memoryview(numbers).toreadonly()
    return view.cast("B").cast("I", (len(numbers) // width, width)) if numbers else view


def _append(heads: Heads, head: RequestHead, at: int) -> None:
    flags = _VERSION_1_1 * (head.version == "HTTP/1.1") + _KEEP_ALIVE * head.keep_alive
    flags += _EXPECT_CONTINUE * head.expect_continue
    if head._rows is None:
        flags = flags & ~_VERSION_1_1 | _BY_STDLIB
        heads._entries.extend((at, at + head.consumed, 0, 0, 0, 0, 0, 0, flags))
        return
    if head._strict:
        flags += _CHUNKED if head.chunked else _SIZED if head.content_length is not None else 0
    method = at
    while heads._data.startswith(b"\r\n", method):
        method += 2
    target = method + len(head.method) + 1
    entry = (at, at + head.consumed, len(heads._rows) // 4, len(head._rows), method, len(head.method))
    heads._entries.extend((*entry, target, len(head.target), flags))
    for name, name_length, value, value_length in head._rows:
        heads._rows.extend((at + name, name_length, at + value, value_length))


def _after(data: memoryview, head: RequestHead, at: int) -> int | None:
    """Return where the content that begins at `at` ends; None if it is not whole."""
    if head.framing != "chunked":
        return at + head.framing
    decoder = BodyDecoder("chunked")
    try:
        decoder.check(data[at:])
    except ParseError as error:
        raise _moved(error, at) from None
    return at + decoder.consumed if decoder.ended else None


def _moved(error: ParseError, by: int) -> ParseError:
    """Return the same error with `by` added to its offset."""
    return ParseError(error.status, error.reason, error.offset + by, error.rfc, error.near, error.field)


def _next(heads: Heads, data: memoryview, bodies: bool) -> bool:
    """Take the next message; False if there is no whole one."""
    at = heads.consumed
    try:
        head = job.parsed(heads._parse, data, heads._limits, at, _why_request, counted=not bodies)
    except ParseError as error:
        raise _moved(error, at) from None
    if head is None:
        return False
    end = _after(data, head, at + head.consumed) if bodies else at + head.consumed
    if end is None or end > min(len(data), _MOST):
        return False
    _append(heads, head, at)
    if bodies:
        count("core")
    heads.consumed = end
    return True


def parse_many(
    data: Buffer,
    *,
    strict: bool = False,
    bodies: bool = False,
    max_line: int | None = MAX_LINE,
    max_headers: int | None = MAX_HEADERS,
    max_head: int | None = None,
    max_start_line: int | None = None,
    start: SupportsIndex = 0,
) -> Heads:
    """Find all request heads in `data`, one after another, in one pass, as a loop over parse_request() would.

    data: bytes, or any other contiguous bytes-like object, which is copied first.
    strict, max_line, max_headers, max_head, max_start_line: as in parse_request(), for each head.
    bodies: with strict, skip the content after each head, sized or chunked. False: heads directly follow one another.
    start: where in `data` the first head begins. All offsets of the result count from there.

    Returns Heads. A ParseError ends the pass but is not raised: the result has it in `error`, along with the heads
    before it. Only the first 4 GiB from `start` on are read; `consumed` tells where to continue. Raises ValueError for
    bodies without strict, because the default mode does not check what the fields say about where a body ends.
    """
    if bodies and not strict:
        raise ValueError("bodies=True needs strict=True: the default mode does not check the fields that frame a body")
    limits = job.limits_of(strict, max_line, max_headers, max_head, max_start_line)
    start = job.checked_start(start)
    heads = Heads.__new__(Heads)
    with memoryview(data) as view:
        if not view.c_contiguous:
            raise BufferError("the buffer is not contiguous")
        if start > view.nbytes:
            raise ValueError(f"start is beyond the {view.nbytes} bytes of data")
        heads._data = bytes(view.cast("B")[start:])
    heads._limits, heads._parse = limits, _strict_request if strict else _request
    heads._rows, heads._entries = array("I"), array("I")
    with memoryview(heads._data) as octets:
        try:
            while _next(heads, octets, bodies):
                pass
        except ParseError as error:
            heads.error = error.with_traceback(None)
    return heads
