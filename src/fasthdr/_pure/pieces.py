# SPDX-License-Identifier: MIT
"""Heads that arrive in pieces, in plain Python: the bytes so far are kept, and parsed when there may be a result."""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING, Any, NoReturn

from fasthdr._errors import ParseError
from fasthdr._limits import MAX_HEADERS, MAX_LINE
from fasthdr._pure.job import limits_of
from fasthdr._pure.lines import Refused, content_line, field_line
from fasthdr._pure.parse import parse_request, parse_response

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Buffer

    from fasthdr._pure.head import RequestHead, ResponseHead

_FIRST_BYTES = 32  # of a head, with four empty lines before it: enough to recognize what is not HTTP


class _Reader:
    """Hold what readers of requests and of responses share."""

    _ready = _given = False
    _obsolete = False
    _error: ParseError | None = None
    _took = _length = 0
    _parse: Callable[[Any], Any]

    def _begin(
        self,
        strict: bool,
        max_line: int | None,
        max_headers: int | None,
        max_head: int | None,
        max_start_line: int | None,
    ) -> None:
        if self._ready:
            raise ValueError("the reader has been initialized before")
        self._limits = limits_of(strict, max_line, max_headers, max_head, max_start_line)
        self._strict = strict
        self._feeding = threading.Lock()
        self._kept = bytearray()
        self._line = 0  # where the incomplete line starts
        self._lines = 0  # complete lines after the start line
        self._begun = False  # the start line is complete
        self._ready = True

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"cannot copy or pickle a {type(self).__name__}: it holds the state of an open connection")

    def _take(self, data: Buffer) -> Any:
        if not self._ready:
            raise ValueError("the reader has not been initialized")
        if not self._feeding.acquire(blocking=False):
            raise ValueError("another call of feed() is running")
        try:
            return self._take_alone(data)
        finally:
            self._feeding.release()

    def _take_alone(self, data: Buffer) -> Any:
        if self._error is not None:
            raise self._error.with_traceback(None)  # otherwise the traceback would grow with each raise
        if self._given:
            raise ValueError("this reader has already returned its head: make a new reader for the next one")
        before, known = len(self._kept), (self._line, self._lines, self._begun)
        try:
            with memoryview(data) as view:
                if not view.c_contiguous:
                    raise BufferError("the buffer is not contiguous")
                size = view.nbytes
                self._kept += view
            # Always parse the first piece: usually it is the whole head, and otherwise it may be bad from the start.
            head = self._parse(self._kept) if self._has_news() or before == 0 else None
        except BaseException as error:
            if isinstance(error, ParseError):
                self._error = error
                self._took = 0
            else:  # as of a watcher: the same piece may be fed again
                del self._kept[before:]
                self._line, self._lines, self._begun = known
            raise
        self._took = size
        self._length = len(self._kept)
        if head is not None:
            self._given = True
            self._took, self._length = head.consumed - before, head.consumed
            self._kept.clear()
        return head

    def _has_news(self) -> bool:
        """Tell whether the last piece may have changed the result."""
        kept, limits = self._kept, self._limits
        news = self._strict and len(kept) <= _FIRST_BYTES
        start = max(self._line, self._length)
        while end := kept.find(b"\n", start) + 1:
            news |= self._is_news(bytes(kept[self._line : end]))
            start = self._line = end
        most = limits.line if self._begun else limits.start_line
        return news or len(kept) - self._line >= most or len(kept) >= limits.head

    def _is_news(self, line: bytes) -> bool:
        """Tell whether a complete line may end the head or be refused."""
        if not self._begun:
            self._begun = line != b"\r\n"
            return True
        if line in (b"\r\n", b"\n") or len(line) > self._limits.line:
            return True
        first = self._lines == 0
        fold = self._obsolete and not first and line[0] in b" \t"
        self._lines += not fold
        if self._lines > self._limits.lines:
            return True
        if self._strict:
            try:
                content_line(line) if fold else field_line(line, 0, first, self._obsolete)
            except Refused:
                return True
        return False

    @property
    def consumed(self) -> int:
        """Bytes that the last feed() used: all, unless the head ended within them; 0 after an error."""
        return self._took

    @property
    def received(self) -> int:
        """Bytes of the head so far, without a piece that has been refused; for a complete head, its length."""
        return self._length


class RequestReader(_Reader):
    """Read the head of a request that arrives in pieces. Each piece is examined once, however small it is.

    Arguments, limits and refusals are those of parse_request(). A reader serves one head, and one thread at a time.
    """

    def __init__(
        self,
        *,
        strict: bool = False,
        max_line: int | None = MAX_LINE,
        max_headers: int | None = MAX_HEADERS,
        max_head: int | None = None,
        max_start_line: int | None = None,
    ) -> None:
        self._begin(strict, max_line, max_headers, max_head, max_start_line)
        self._parse = functools.partial(
            parse_request,
            strict=strict,
            max_line=max_line,
            max_headers=max_headers,
            max_head=max_head,
            max_start_line=max_start_line,
        )

    def feed(self, data: Buffer, /) -> RequestHead | None:
        """Take the next piece. Returns the head when it is complete, None until then.

        data: any contiguous bytes-like object; it may be changed or released once this returns. `consumed` says how
            much of it belongs to the head.

        Raises ParseError as soon as parse_request() or parse_response() would for the bytes so far, and again at each
        later call. Raises ValueError after the head has been returned.
        """
        head: RequestHead | None = self._take(data)
        return head


class ResponseReader(_Reader):
    """Read the head of a response that arrives in pieces. Each piece is examined once, however small it is.

    Arguments, limits and refusals are those of parse_response(). A reader serves one head, and one thread at a time; an
    interim (1xx) response is a separate head.
    """

    def __init__(
        self,
        *,
        strict: bool = False,
        method: str | None = None,
        obsolete: bool = False,
        recover: bool = False,
        max_line: int | None = MAX_LINE,
        max_headers: int | None = MAX_HEADERS,
        max_head: int | None = None,
        max_start_line: int | None = None,
    ) -> None:
        parse = functools.partial(
            parse_response,
            strict=strict,
            method=method,
            obsolete=obsolete,
            recover=recover,
            max_line=max_line,
            max_headers=max_headers,
            max_head=max_head,
            max_start_line=max_start_line,
        )
        parse(b"")  # raises if these are wrong
        self._begin(strict, max_line, max_headers, max_head, max_start_line)
        self._obsolete = obsolete
        self._parse = parse

    def feed(self, data: Buffer, /) -> ResponseHead | None:
        """Take the next piece, as RequestReader.feed() does. Returns the head when it is complete, None until then."""
        head: ResponseHead | None = self._take(data)
        return head
