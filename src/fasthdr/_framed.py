# SPDX-License-Identifier: MIT
"""handle_one_request() of handlers with `strict = True` or `framed_body = True`."""

from __future__ import annotations

import io
import time
from http import HTTPStatus
from typing import Any

import fasthdr
from fasthdr import _stdlib
from fasthdr._body import Body, ChunkedBody, SizedBody
from fasthdr._errors import ParseError

plain_round = _stdlib.handle_one_request  # that of a handler which asks for neither; _response_probe may have a leaner


class Answer(io.BufferedIOBase):
    """The handler's wfile, which knows whether anything has been written to it."""

    def __init__(self, wfile: Any) -> None:
        self._wfile = wfile
        self.begun = False

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self.begun = True
        written: int = self._wfile.write(data)
        return written

    def flush(self) -> None:
        if not self._wfile.closed:
            self._wfile.flush()

    def fileno(self) -> int:
        number: int = self._wfile.fileno()
        return number


# What a handler class may set, and what install(strict=True) sets for all.
DEFAULTS: dict[str, Any] = {
    "strict": False,  # heads by RFC 9110 and 9112, refused with an error status; and framed_body
    "framed_body": False,  # rfile ends where the body ends; what is left of it is read and forgotten
    "max_line": 65536,  # bytes of the request line and of each field line (strict)
    "max_headers": 100,  # field lines (strict)
    "max_head": 262144,  # bytes of the whole head (strict)
    "head_timeout": 30.0,  # seconds from the first byte of a head to its last, or None (strict)
    "drain_limit": 1 << 20,  # bytes of a body that the handler has left which are read to keep the connection
}


def handle_one_request_or_stdlib(self: Any) -> None:
    """Handle a single HTTP request (http.server.BaseHTTPRequestHandler.handle_one_request)."""
    if self.strict or self.framed_body:
        handle_one_request(self)
    else:
        plain_round(self)


class StrictLine(bytes):
    """A request line whose head has been read and found good: raw_requestline of a strict handler."""

    head: Any = None


def handle_one_request(self: Any) -> None:
    """Handle a single HTTP request, its body framed (http.server.BaseHTTPRequestHandler.handle_one_request).

    For the time of the method, `rfile` is a fasthdr body and `wfile` a writer that knows whether the answer has begun.
    """
    rfile, wfile = self.rfile, self.wfile
    self.close_connection = True
    try:
        if not (_read_strict(self) if self.strict else _read_compat(self)):
            return
        body = framed(self)
        if body is None:
            return
        answer = self.wfile = Answer(wfile)
        self.rfile = body
        try:
            _dispatch(self)
            answer.flush()
            if not body.asked or not body.drain(self.drain_limit):
                self.close_connection = True
        except ParseError as error:  # of the body
            self.wfile = wfile
            _refuse(self, error, answer.begun)
    except TimeoutError as error:
        self.log_error("Request timed out: %r", error)
        self.close_connection = True
    except ConnectionError as error:
        self.log_error("Connection lost: %r", error)
        self.close_connection = True
    finally:
        self.rfile, self.wfile = rfile, wfile


def parse_request(self: Any) -> bool:
    """parse_request() of a strict handler; its request line may have been read, or its head."""
    line = self.raw_requestline
    if type(line) is not StrictLine:
        line = _read_head(self, line)
        if line is None:
            return False
    head = line.head
    self.requestline = line.decode("iso-8859-1").rstrip("\r\n")
    self.command, self.path, self.request_version = head.method, head.target, head.version
    self.headers = _message(self, head)
    self.close_connection = not (head.keep_alive and self.protocol_version >= "HTTP/1.1")
    return True


def parse_request_or_stdlib(self: Any) -> bool:
    """parse_request() where there is no core."""
    return parse_request(self) if type(self.raw_requestline) is StrictLine else _stdlib.parse_request(self)


def framed(self: Any, waits: bool = True) -> Body | None:
    """The body of the request that the handler has read; None, and the client told, where it is not to be known.

    waits: a client that expects 100 Continue has not got it.
    """
    try:
        return _body(self, self.rfile, waits)
    except ParseError as error:
        _refuse(self, error, False)
        return None


def _dispatch(self: Any) -> None:
    name = "do_" + self.command
    if not hasattr(self, name):
        self.send_error(HTTPStatus.NOT_IMPLEMENTED, f"Unsupported method ({self.command!r})")
        return
    getattr(self, name)()


def _refuse(self: Any, error: ParseError, begun: bool) -> None:
    """Tell the client, unless its answer has begun, and close the connection."""
    if begun:
        self.log_error("%s", error)
    else:
        self.send_error(error.status, error.reason)
    self.close_connection = True


def _read_compat(self: Any) -> bool:
    """The request as the stdlib reads it, Expect left for the body; False where it has been answered."""
    self.raw_requestline = self.rfile.readline(65537)
    if len(self.raw_requestline) > 65536:
        self.requestline = self.request_version = self.command = ""
        self.send_error(HTTPStatus.REQUEST_URI_TOO_LONG)
        return False
    if not self.raw_requestline:
        return False
    own = vars(self)
    before = own.get("handle_expect_100")
    own["handle_expect_100"] = lambda: True
    try:
        ok: bool = self.parse_request()
    finally:
        del own["handle_expect_100"]
        if before is not None:
            own["handle_expect_100"] = before
    return ok


def _read_strict(self: Any) -> bool:
    """The request by RFC 9110 and 9112; False where the connection has ended, or the client was refused."""
    line = _read_head(self, b"")
    if line is None:
        return False
    self.raw_requestline = line
    ok: bool = self.parse_request()
    return ok


def _read_head(self: Any, seen: bytes) -> StrictLine | None:
    """The whole head, `seen` of it taken already; None where the connection has ended, or the client was refused."""
    self.command, self.requestline, self.request_version = None, "", self.default_request_version
    self.close_connection = True
    timed = self.head_timeout is not None
    timeout = self.connection.gettimeout() if timed else None
    try:
        return _head_from(self, seen)
    except ParseError as error:
        self.requestline = self.raw_requestline.decode("iso-8859-1").rstrip("\r\n")
        # An answer with a status line, whatever the request was.
        self.request_version = "HTTP/1.1" if self.protocol_version >= "HTTP/1.1" else "HTTP/1.0"
        _refuse(self, error, False)
        return None
    finally:
        if timed:
            self.connection.settimeout(timeout)


def _head_from(self: Any, seen: bytes) -> StrictLine | None:
    """The head, exactly its bytes taken from rfile; None where the connection ends before the first."""
    rfile = self.rfile
    peeks = hasattr(rfile, "peek")  # others are read line by line
    limits = {"max_line": self.max_line, "max_headers": self.max_headers, "max_head": self.max_head}
    looked = 0  # bytes that had come at the last look: a head of single bytes must not be parsed at each of them
    end = None
    while True:
        if end is not None:
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError("the head took too long")
            self.connection.settimeout(left)
        data = rfile.peek(1) if peeks else rfile.readline(self.max_line + 1)
        if not data:
            if seen.strip(b"\r\n"):
                self.raw_requestline = seen.lstrip(b"\r\n").partition(b"\n")[0]
                raise ParseError(400, "Incomplete head", len(seen), "9112 8")
            return None
        if end is None and self.head_timeout is not None:
            end = time.monotonic() + self.head_timeout
        whole = seen + data
        tail = whole[max(len(seen) - 3, 0) :]
        if b"\n\r\n" in tail or b"\n\n" in tail or len(whole) >= 2 * looked:
            looked = len(whole)
            self.raw_requestline = whole.lstrip(b"\r\n").partition(b"\n")[0] + b"\n"
            head = fasthdr.parse_request(whole, strict=True, **limits)
            if head is not None:
                if peeks:
                    rfile.read(head.consumed - len(seen))
                line = StrictLine(self.raw_requestline)
                line.head = head
                return line
        if peeks:
            rfile.read(len(data))
        seen = whole


def _message(self: Any, head: Any) -> Any:
    if self.MessageClass is type(head.headers):
        return head.headers
    block = b"".join(b"%s: %s\r\n" % pair for pair in head.raw_headers) + b"\r\n"
    return fasthdr.client.parse_headers(io.BytesIO(block), _class=self.MessageClass)


def _body(self: Any, rfile: Any, waits: bool) -> Body:
    """What follows the head. Raises ParseError where the fields do not say it in one way alone (RFC 9112 6.3)."""
    before = None
    if waits and self.request_version >= "HTTP/1.1" and self.headers.get("Expect", "").lower() == "100-continue":
        before = lambda: _go_on(self)  # noqa: E731
    codings = self.headers.get_all("Transfer-Encoding")
    lengths = self.headers.get_all("Content-Length")
    if codings is not None:
        if lengths is not None or len(codings) > 1 or codings[0].strip(" \t").lower() != "chunked":
            raise ParseError(400, "Bad Transfer-Encoding", rfc="9112 6.1")
        return ChunkedBody(rfile, before, max_line=self.max_line, max_headers=self.max_headers, max_head=self.max_head)
    if lengths is None:
        return SizedBody(rfile, 0)
    length = lengths[0].strip(" \t")
    if len(lengths) > 1 or not (length.isascii() and length.isdigit()) or len(length.lstrip("0")) > 19:
        raise ParseError(400, "Bad Content-Length", rfc="9112 6.3")
    return SizedBody(rfile, int(length.lstrip("0") or "0"), before)


def _go_on(self: Any) -> None:
    """Answer the client that waits with 100 Continue, once."""
    answer = self.wfile
    begun = isinstance(answer, Answer) and answer.begun
    if begun:
        return
    if not self.handle_expect_100():
        raise ParseError(417, "Expectation failed", rfc="9110 10.1.1")
    if isinstance(answer, Answer):
        answer.begun = False
