# SPDX-License-Identifier: MIT
"""A handler's whole round in memory: handle_one_request() with a do_GET that answers as programs do."""

from __future__ import annotations

import contextlib
import functools
import http.server
import io
import re
import types
from collections.abc import Sequence
from typing import Any

import fasthdr.server
from bench.contract import OURS, STDLIB, handler_of
from bench.interleave import BATCH, Case, Comparison, own
from bench.payloads import Payload

BODY = b"Hello, world!\n"
QUIET = "handle_one_request()"
LOGGED = "handle_one_request(), default log"
OPERATIONS = (QUIET, LOGGED)

# The time of day in the Date field and in a line of the log.
_DATE = re.compile(r"(?m)^(Date: )\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r$|\[\d\d/\w{3}/\d{4} \d\d:\d\d:\d\d\]")

Pair = tuple[io.BufferedReader, io.BytesIO]  # rfile, wfile


class StdlibHandler(http.server.BaseHTTPRequestHandler):
    """The stdlib's handler, with code of its own (bench.interleave.own): fasthdr's inherits what this one would run."""


for _name, _function in vars(http.server.BaseHTTPRequestHandler).items():
    if isinstance(_function, types.FunctionType):
        setattr(StdlibHandler, _name, own(_function))


def _answering(base: type[http.server.BaseHTTPRequestHandler], quiet: bool) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(base):  # type: ignore[misc, valid-type]
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", str(len(BODY)))
            self.end_headers()
            self.wfile.write(BODY)

        # The same code in two classes would be specialized by the interpreter for both.
        do_GET = own(do_GET)

        if quiet:

            def log_message(self, format: str, *args: Any) -> None:
                pass

            log_message = own(log_message)

    return Handler


def _masked(text: str) -> str:
    return _DATE.sub(lambda match: f"{match[1]}<date>\r" if match[1] else "[<date>]", text)


def _response(handler: type[http.server.BaseHTTPRequestHandler]) -> str:
    lines = [
        "HTTP/1.1 200 OK",
        f"Server: {handler.server_version} {handler.sys_version}",
        "Date: <date>",
        "Content-Type: text/plain",
        f"Content-Length: {len(BODY)}",
        "",
        BODY.decode("latin-1"),
    ]
    return "\r\n".join(lines)


def handle_one_request(payload: Payload, operation: str) -> Comparison:
    """One request of a persistent connection, from the first read of rfile to the flush of wfile.

    rfile is a BufferedReader that gets the request with its first read, as from a socket; wfile is a BytesIO; the log
    goes to a StringIO in place of standard error.
    """

    def case(peer: str, base: type[http.server.BaseHTTPRequestHandler]) -> Case:
        handler = handler_of(_answering(base, operation == QUIET), payload)
        pairs: list[Pair] = [(io.BufferedReader(io.BytesIO(payload.data)), io.BytesIO()) for _ in range(BATCH)]
        log = io.StringIO()

        def loop(pairs: Sequence[Pair]) -> None:
            for handler.rfile, handler.wfile in pairs:
                handler.handle_one_request()

        def reset(calls: int) -> None:
            log.seek(0)
            log.truncate()
            for rfile, wfile in pairs[:calls]:
                rfile.seek(0, io.SEEK_END)  # drops what is buffered: the next read asks the BytesIO below
                rfile.seek(0)
                wfile.seek(0)
                wfile.truncate()

        def observe(pair: Pair, _: None) -> object:
            rfile, wfile = pair
            line = _masked(log.getvalue())
            log.seek(0)
            log.truncate()
            return _masked(wfile.getvalue().decode("latin-1")), line, handler.close_connection, rfile.read()

        return Case(peer, own(loop), pairs, observe, reset, functools.partial(contextlib.redirect_stderr, log))

    line = f'127.0.0.1 - - [<date>] "{" ".join(payload.start)}" 200 -\n' if operation == LOGGED else ""
    expected = (_response(http.server.BaseHTTPRequestHandler), line, False, b"")
    cases = (case(OURS, fasthdr.server.BaseHTTPRequestHandler), case(STDLIB, StdlibHandler))
    return Comparison("round", operation, payload.name, expected, cases)
