# SPDX-License-Identifier: MIT
"""BodyDecoder in plain Python: it runs where no extension can, and tests compare the extension with it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Literal, NoReturn

from fasthdr._errors import ParseError, refusals
from fasthdr._errors.faults import Fault
from fasthdr._errors.refusals import AROUND
from fasthdr._limits import MAX_CHUNK_LINE, MAX_EXTENSIONS, MAX_HEAD, MAX_HEADERS, MAX_LINE
from fasthdr._pure import lines
from fasthdr._pure.chunks import Body, Limits
from fasthdr._pure.job import MOST, limit_of
from fasthdr._pure.lines import LARGEST, Refused
from fasthdr._pure.parse import parse_headers

if TYPE_CHECKING:
    import http.client

    from typing_extensions import Buffer


def _check_framing(framing: object) -> None:
    if framing is None:
        return
    if isinstance(framing, str):
        if framing != "chunked":
            raise ValueError(f"framing must be 'chunked', a length or None, not {framing!r}")
        return
    if not isinstance(framing, int) or isinstance(framing, bool):
        raise TypeError(f"framing must be 'chunked', int or None, not {type(framing).__name__}")
    if not 0 <= framing <= LARGEST:
        raise ValueError("framing must be a length of 0 to 2**63 - 1 bytes")


class BodyDecoder:
    """Decode one message body (RFC 9112 6): feed it the bytes of the connection, and it returns the body's data.

    framing: the `framing` of the RequestHead or ResponseHead: 'chunked'; a length in bytes, 0 to 2**63 - 1; or None for
        a body that ends with the connection.
    response: the body is of a response; then every ParseError has the status 502.
    max_body: maximum bytes of data in the body (413); None for no limit. A `framing` above it raises ParseError here.
    max_line, max_headers, max_head: limits of the trailer section, as in parse_headers(strict=True).
    max_chunk_line: maximum bytes in a chunk line, its CRLF included.
    max_extensions: maximum bytes of chunk extensions in the whole body.

    None for any limit but max_body means the largest possible: 4 GiB, or 2**32 - 1 lines; for max_head, 256 KiB.

    Raises TypeError or ValueError for any other argument. A fault in the body raises ParseError, with its offset in
    bytes from the body's first byte, and each later call raises it again. A decoder serves one body, and one thread at
    a time.
    """

    _lock = threading.RLock()  # of those that have not been initialized
    _body: Body | None = None  # None before __init__()
    _response = _busy = False  # busy: in feed() or check()
    _error: ParseError | None = None
    _message: http.client.HTTPMessage | None = None
    _consumed = _received = _wire = 0  # as they were at the end of the last call

    def __init__(
        self,
        framing: Literal["chunked"] | int | None,
        *,
        response: bool = False,
        max_body: int | None = None,
        max_line: int | None = MAX_LINE,
        max_headers: int | None = MAX_HEADERS,
        max_head: int | None = MAX_HEAD,
        max_chunk_line: int | None = MAX_CHUNK_LINE,
        max_extensions: int | None = MAX_EXTENSIONS,
    ) -> None:
        _check_framing(framing)
        most = limit_of(max_body, "max_body", 0, LARGEST, LARGEST)
        trailers = lines.Limits(
            limit_of(max_line, "max_line"),
            limit_of(max_headers, "max_headers"),
            limit_of(max_head, "max_head", otherwise=MAX_HEAD),
        )
        chunk_line = limit_of(max_chunk_line, "max_chunk_line")
        extensions = limit_of(max_extensions, "max_extensions", 0)
        response = bool(response)
        if isinstance(framing, int) and framing > most:
            raise refusals.error(Fault.CONTENT_TOO_LARGE, 0, b"", response)
        if self._body is None:
            self._lock = threading.RLock()
        with self._lock:
            if self._body is not None:
                raise ValueError("the decoder has been initialized before")
            self._body = Body(framing, Limits(most, chunk_line, extensions, trailers))
            self._response = response

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"cannot copy or pickle a {type(self).__name__}: it holds the state of an open connection")

    def feed(self, data: Buffer, /) -> bytes:
        """Take the next bytes of the connection, and return the data in them as bytes.

        data: any contiguous bytes-like object; it may be changed or released once this returns.

        This takes all of `data`, unless the body ends within it; `consumed` tells how much. b"" does not mean the end
        of the connection: use feed_eof() for that. If this raises ParseError, it returns no data before the fault.
        """
        pieces: list[bytes] = []
        self._take(data, pieces)
        return b"".join(pieces)

    def check(self, data: Buffer, /) -> int:
        """Take the next bytes as feed() does, but return only how many of them belong to the body."""
        return self._take(data, None)

    def skip(self, n: int, /) -> None:
        """Count n bytes of data that the program has read from the connection by itself.

        Raises ValueError if n is more than `data_left`, unless that is None.
        """
        if not isinstance(n, int):
            raise TypeError(f"n must be int, not {type(n).__name__}")
        if n < 0:
            raise ValueError("n must not be negative")
        with self._lock:
            body = self._usable()
            if body.state == "data" and n <= body.left:
                body.took(n)
                self._wire += n
                self._received = body.received
            elif body.state == "data" and body.framing is None:
                raise self._failed(Fault.CONTENT_TOO_LARGE, self._wire + body.left, b"")
            elif n:
                raise ValueError("n must not be more than data_left")

    def feed_eof(self) -> None:
        """Take the end of the connection. Raises ParseError unless the body has ended, or may end there."""
        with self._lock:
            body = self._usable()
            if body.framing is None:
                body.state = "ended"
            elif body.state != "ended":
                raise self._failed(Fault.INCOMPLETE_BODY, self._wire, b"")

    @property
    def consumed(self) -> int:
        """Bytes that the last feed() or check() took: all, unless the body ended within them; 0 after an error."""
        return 0 if self._error else self._consumed

    @property
    def ended(self) -> bool:
        """True once the whole body has been taken, its trailers included; for an empty body, from the start."""
        return self._body is not None and self._body.state == "ended"

    @property
    def data_left(self) -> int | None:
        """Bytes of data that certainly come next, before any framing: the rest of this chunk, or of a sized body.

        0 between chunks, after the end and after an error; None for a body that goes on until the connection closes.
        """
        with self._lock:
            body = self._body
            if body is None or self._error or body.state != "data":
                return 0
            return None if body.framing is None else body.left

    @property
    def received(self) -> int:
        """Bytes of data so far, skipped ones included."""
        return self._received

    @property
    def wire(self) -> int:
        """Bytes of the connection so far: data and framing, skipped ones included."""
        return self._wire

    @property
    def trailers(self) -> http.client.HTTPMessage | None:
        """The trailer section of a chunked body that has ended, as an http.client.HTTPMessage; None until then.

        Fields that must not be there (RFC 9110 6.5.1, docs/strict.md) are left out. The same object at each access.
        """
        with self._lock:
            body = self._body
            if self._message is None and body is not None and body.framing == "chunked" and body.state == "ended":
                block = b"".join(body.kept) + b"\r\n"
                head = parse_headers(block, strict=True, max_line=MOST, max_headers=MOST, max_head=MOST)
                self._message = None if head is None else head.headers
            return self._message

    def _usable(self) -> Body:
        if self._body is None:
            raise ValueError("the decoder has not been initialized")
        if self._busy:
            raise ValueError("another call of feed() or check() is running")
        if self._error is not None:
            raise self._error.with_traceback(None)  # otherwise the traceback would grow with each raise
        return self._body

    def _failed(self, fault: Fault, offset: int, near: bytes) -> ParseError:
        """Return the error to raise, now and at each later call."""
        body = self._usable()
        if body.state == "trailers" and fault != Fault.INCOMPLETE_BODY:
            self._error = refusals.line_refusal(fault, offset, body.line, bytes(body.part), self._response)
        else:
            self._error = refusals.error(fault, offset, near, self._response)
        return self._error

    def _take(self, data: Buffer, pieces: list[bytes] | None) -> int:
        with memoryview(data) as whole:
            if not whole.c_contiguous:
                raise BufferError("the buffer is not contiguous")
            with whole.cast("B") if whole.nbytes else memoryview(b"") as octets, self._lock:
                body = self._usable()
                self._busy = True
                try:
                    at = body.take(octets, self._wire, pieces)
                except Refused as refused:
                    fault, offset = refused.fault, refused.offset
                else:
                    self._consumed = at
                    self._wire += at
                    self._received = body.received
                    return at
                finally:
                    self._busy = False
                seen = offset - self._wire
                raise self._failed(fault, offset, bytes(octets[max(0, seen - AROUND) : max(0, seen + AROUND)]))
