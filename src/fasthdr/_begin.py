# SPDX-License-Identifier: MIT
"""The thin shim between the core and a response: http.client.HTTPResponse.begin().

A status line that the core does not take, an interim response among them, goes unread to the stdlib's own begin().
"""

from __future__ import annotations

import functools
import http.client
import inspect
import io
from types import SimpleNamespace

from fasthdr._core import read_status

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

stdlib_begin = http.client.HTTPResponse.begin
_stdlib_read_status = http.client.HTTPResponse._read_status  # type: ignore[attr-defined]


def _start(response: Any) -> bool:
    """Read the status line into the response; False, nothing read: it is the stdlib's."""
    if response.debuglevel > 0 or getattr(response._read_status, "__func__", None) is not _stdlib_read_status:
        return False
    found = read_status(response.fp)
    if found is None:
        return False
    if not found:
        raise http.client.RemoteDisconnected("Remote end closed connection without response")
    response.code, response.version, response.reason = found
    response.status = response.code
    return True


def _frame(response: Any) -> None:
    """What the fields say of the body and of the connection."""
    headers = response.headers
    coding = headers.get("transfer-encoding")
    if coding and coding.lower() == "chunked":
        response.chunked = chunked = True
        response.chunk_left = None
    else:
        response.chunked = chunked = False
    response.will_close = response._check_close()
    length = None
    value = headers.get("content-length")
    if value and not chunked:
        try:
            length = int(value)
        except ValueError:
            pass
        else:
            if length < 0:
                length = None
    status = response.status
    if status == 204 or status == 304 or 100 <= status < 200 or response._method == "HEAD":
        length = 0
    response.length = length
    if length is None and not chunked and not response.will_close:
        response.will_close = True


def shims(parse_headers: Callable[..., Any], by_stdlib: Callable[..., None]) -> tuple[Callable[..., None], ...]:
    """begin() as the versions of CPython have it; by_stdlib: its own, for what the core does not read."""

    def begin(self: Any) -> None:
        if self.headers is None:
            if not _start(self):
                return by_stdlib(self)
            self.headers = self.msg = parse_headers(self.fp)
            _frame(self)
        return None

    def begin_within(self: Any, *, _max_headers: int | None = None) -> None:  # from 3.15 on
        if self.headers is None:
            self._max_headers = _max_headers
            if not _start(self):
                return by_stdlib(self, _max_headers=_max_headers)
            self.headers = self.msg = parse_headers(self.fp, _max_headers=_max_headers)
            _frame(self)
        return None

    return begin, begin_within


def _current(fp: Any, **keywords: Any) -> Any:
    return http.client.parse_headers(fp, **keywords)


_NAMES = "__name__", "__qualname__", "__doc__"
_CASES = [
    (method, b"HTTP/1.%d %s\r\n%s\r\n" % (minor, status, fields))
    for method, minor, status, fields in (
        ("GET", 1, b"200 OK", b"Content-Length: 5\r\nConnection: keep-alive\r\n"),
        ("GET", 1, b"200 Not  OK", b"Content-Length: -5\r\nConnection: x, Close\r\n"),
        ("GET", 1, b"999 ", b"Content-Length: x\r\n"),
        ("GET", 1, b"200 OK", b"Transfer-Encoding: Chunked\r\nContent-Length: 5\r\n"),
        ("GET", 1, b"200 OK", b"Transfer-Encoding: gzip, chunked\r\n"),
        ("GET", 1, b"204 No Content", b""),
        ("GET", 1, b"304 Not Modified", b"Content-Length: 5\r\n"),
        ("GET", 1, b"101 Switching Protocols", b"Connection: upgrade\r\n"),
        ("HEAD", 1, b"200 OK", b"Content-Length: 5\r\n"),
        ("GET", 0, b"200 OK", b"Content-Length: 5\r\nConnection: Keep-Alive\r\n"),
        ("GET", 0, b"200 OK", b"Content-Length: 5\r\n"),
        ("GET", 0, b"200 OK", b"Keep-Alive: 5\r\n"),
    )
] + [("GET", b"")]


def _seen(begin: Callable[..., None], method: str, data: bytes) -> object:
    """A response without a connection after its begin()."""
    response: Any = http.client.HTTPResponse(
        SimpleNamespace(makefile=lambda _: io.BytesIO(data)),  # type: ignore[arg-type]
        method=method,
    )
    try:
        begin(response)
    except http.client.RemoteDisconnected as error:
        return str(error)
    state = vars(response)
    return response.fp.tell(), [
        (name, state[name].items() if name in ("headers", "msg") else state[name]) for name in state if name != "fp"
    ]


def chosen(parse_headers: Callable[..., Any], by_stdlib: Callable[..., None]) -> Callable[..., None]:
    """Ours where it does as the running stdlib's on a few small inputs, and by_stdlib where it does not."""
    if not inspect.isfunction(stdlib_begin):
        return by_stdlib  # another program's, which may not even have a signature
    for begin in shims(parse_headers, by_stdlib):
        if inspect.signature(begin).parameters.keys() == inspect.signature(stdlib_begin).parameters.keys():
            same = all(_seen(begin, *case) == _seen(stdlib_begin, *case) for case in _CASES)
            return functools.update_wrapper(begin, stdlib_begin, _NAMES) if same else by_stdlib
    return by_stdlib


INSTALLED = chosen(_current, stdlib_begin)
