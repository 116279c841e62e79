# SPDX-License-Identifier: MIT
"""One request to a handler in memory: a record of everything it writes, logs, calls and raises."""

from __future__ import annotations

import http.server
import io
import sys
import time
from collections.abc import Callable
from typing import Any
from unittest import mock

import fasthdr
import fasthdr.server

STDLIB = http.server.BaseHTTPRequestHandler
OURS = fasthdr.server.BaseHTTPRequestHandler

NOW = 1_700_000_000.25
REQUEST = b"GET /a?b HTTP/1.1\r\nHost: a\r\n\r\n"

# Every method of a handler that may be called while it answers a request.
METHODS = (
    "handle_one_request parse_request handle_expect_100 send_error send_response send_response_only send_header "
    "end_headers flush_headers log_request log_error log_message version_string date_time_string log_date_time_string "
    "address_string"
).split()


class Writes(io.BytesIO):
    """A wfile that remembers each write()."""

    def __init__(self) -> None:
        super().__init__()
        self.record: list[bytes] = []

    def write(self, data: Any) -> int:
        self.record.append(bytes(data))
        return len(data)


def recorded(name: str, base: type) -> Callable[..., Any]:
    """Return an override that records its call and then calls the method it overrides."""

    def method(self: Any, *args: Any, **keywords: Any) -> Any:
        self.calls.append((name, args, keywords))
        return getattr(super(base, self), name)(*args, **keywords)

    return method


def handler_class(base: type, body: Callable[[Any], None], names: tuple[str, ...] = (), **members: Any) -> type:
    """Return a handler class whose do_GET is `body`. It records the calls of the methods `names`."""

    def start(self: Any, request: bytes) -> None:
        self.rfile, self.wfile = io.BytesIO(request), Writes()
        self.calls = []
        self.client_address = ("192.0.2.1", 12345)
        self.close_connection = True

    made = type("Handler", (base,), {"protocol_version": "HTTP/1.1", "__init__": start, "do_GET": body, **members})
    made.do_HEAD = body  # type: ignore[attr-defined]
    for name in names:
        setattr(made, name, recorded(name, made))
    return made


def error(raised: BaseException) -> tuple[Any, ...]:
    """Return the type and arguments of an exception, and the type of the exception that it replaced."""
    return type(raised), raised.args, str(raised), type(raised.__context__)


def answer(
    base: type,
    body: Callable[[Any], None],
    names: tuple[str, ...] = (),
    request: bytes = REQUEST,
    now: Any = NOW,
    prepare: Callable[[Any], None] | None = None,
    **members: Any,
) -> dict[str, Any]:
    """Return everything that can be seen of one request; `prepare` may change the handler before it."""
    handler = handler_class(base, body, names, **members)(request)
    if prepare is not None:
        prepare(handler)
    raised = None
    with mock.patch.object(sys, "stderr", io.StringIO()) as log, mock.patch.object(time, "time", return_value=now):
        try:
            handler.handle_one_request()
        except Exception as caught:  # compared below
            raised = error(caught)
    state = {name: value for name, value in vars(handler).items() if name not in ("rfile", "wfile", "headers", "calls")}
    return {
        "writes": handler.wfile.record,
        "log": log.getvalue(),
        "calls": handler.calls,
        "raised": raised,
        "state": {name: value for name, value in state.items() if not callable(value)},
    }


def same(*args: Any, **keywords: Any) -> dict[str, Any]:
    """Return what the stdlib's handler does, after checking that fasthdr.server's and install() do the same."""
    expected = answer(STDLIB, *args, **keywords)
    assert answer(OURS, *args, **keywords) == expected
    with fasthdr.install():
        assert answer(STDLIB, *args, **keywords) == expected
    return expected


class Text(str):
    """A str whose str() is another text."""

    def __str__(self) -> str:
        return "other text"


def plain(self: Any) -> None:
    """A do_GET()."""
    self.send_response(200)
    self.send_header("Content-Type", "text/plain")
    self.send_header("Content-Length", "4")
    self.end_headers()
    self.wfile.write(b"body")
