# SPDX-License-Identifier: MIT
"""Everything that a program can see of a parse, in a form in which two implementations can be compared."""

from __future__ import annotations

import io
import socket
from collections.abc import Callable
from email.message import Message
from typing import Any

Reader = Any
Make = Callable[[bytes], Reader]


def outcome(call: Callable[[], Any]) -> Any:
    """Return what a call returns, or the type and text of the exception that it raises."""
    try:
        return call()
    except Exception as error:
        return type(error).__name__, str(error)


_derived: dict[tuple[type, str], Any] = {}


def derived(m: Message, made_of: Any) -> Any:
    """Describe what the stdlib's own code derives from what `made_of` describes: texts and matching lines.

    Each test compares many messages of the same class and content, and this takes longer than everything else here, so
    it is done for the first of them alone.
    """
    key = type(m), repr((m.policy, made_of))
    if key not in _derived:
        if len(_derived) == 1000:
            _derived.clear()
        names = m.keys() if hasattr(m, "getallmatchingheaders") else []
        matching = [m.getallmatchingheaders(n) for n in names]  # type: ignore[attr-defined]
        _derived[key] = matching, outcome(lambda: str(m)), outcome(m.as_bytes)
    return _derived[key]


def message(m: Any) -> Any:
    """Describe a parsed message, or the object in its place, with its payload as a tree."""
    if not isinstance(m, Message):
        return type(m).__name__, repr(m)
    payload = m._payload
    if isinstance(payload, list):
        payload = [message(part) for part in payload]
    names = m.keys()
    seen = {
        "items": m.items(),
        "raw_items": list(m.raw_items()),
        "keys": names,
        "values": m.values(),
        "len": len(m),
        "get": [(m.get(n), m[n.upper()], m.get_all(n.lower()), n in m) for n in [*names[:30], *names[30:][-30:]]],
        "absent": (m.get("x-absent", 0), m["x-absent"], m.get_all("x-absent", 1), "x-absent" in m),
        "defects": [(type(d).__name__, d.args, getattr(d, "line", None)) for d in m.defects],
        "payload": payload,
        "unixfrom": m.get_unixfrom(),
        "preamble": m.preamble,
        "epilogue": m.epilogue,
        "charset": m.get_charset(),
        "default_type": m.get_default_type(),
        "content_type": outcome(m.get_content_type),
        "params": outcome(m.get_params),
        "boundary": outcome(m.get_boundary),
        "content_charset": outcome(m.get_content_charset),
        "is_multipart": m.is_multipart(),
        "types": {type(s).__name__ for pair in m.items() for s in pair},
    }
    return {**seen, "derived": derived(m, seen)}


# ------------------------------------------------------------------------------------------------ kinds of rfile


class OneByte(io.RawIOBase):
    """A slow network: one byte for each read."""

    def __init__(self, data: bytes, step: int = 1) -> None:
        self.data, self.at, self.step, self.reads = data, 0, step, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.reads += 1
        chunk = self.data[self.at : self.at + min(self.step, len(buffer))]
        buffer[: len(chunk)] = chunk
        self.at += len(chunk)
        return len(chunk)


class Cliff(OneByte):
    """A connection that must not be read beyond what has been sent, because that read would block forever."""

    def readinto(self, buffer: Any) -> int:
        if self.at == len(self.data):
            raise BlockingIOError("read past the last byte")
        return super().readinto(buffer)


class LinesOnly:
    """A file with only the method that http.client.parse_headers needs."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def readline(self, limit: int) -> bytes:
        return self._file.readline(limit)

    def rest(self) -> bytes:
        return self._file.read()


def raw_socket(data: bytes) -> socket.SocketIO:
    """An unbuffered rfile (rbufsize = 0)."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, len(data) + 4096)
        theirs.sendall(data)
        return ours.makefile("rb", buffering=0)


def is_large(block: bytes) -> bool:
    """Tell whether the quick tests read this block with the readers of QUICK only."""
    return len(block) >= 10_000 or block.count(b"\r") + block.count(b"\n") > 150


QUICK = ("BytesIO", "BufferedReader", "BufferedReader of 1 MiB")
READERS: dict[str, Make] = {
    "BytesIO": io.BytesIO,
    "BufferedReader": lambda data: io.BufferedReader(io.BytesIO(data)),
    "BufferedReader of 16 bytes": lambda data: io.BufferedReader(io.BytesIO(data), 16),
    "BufferedReader of 1 MiB": lambda data: io.BufferedReader(io.BytesIO(data), 1 << 20),
    "one byte a read": lambda data: io.BufferedReader(OneByte(data)),
    "seven bytes a read": lambda data: io.BufferedReader(OneByte(data, 7)),
    "cliff": lambda data: io.BufferedReader(Cliff(data, 1 << 20)),
    "cliff, one byte a read": lambda data: io.BufferedReader(Cliff(data)),
    "readline only": LinesOnly,
    "SocketIO": raw_socket,
}


def rest(fp: Reader) -> Any:
    """Return what is left to read."""
    if isinstance(fp, LinesOnly):
        return fp.rest()
    with fp:
        return outcome(fp.read)


def parsed(parse: Callable[..., Any], data: bytes, make: Make, **keywords: Any) -> Any:
    """Return what parse_headers() makes of the data, and what it leaves unread."""
    fp = make(data)
    return outcome(lambda: message(parse(fp, **keywords))), rest(fp)


# ------------------------------------------------------------------------------------------------ handlers


class Recording:
    """Mixin for a BaseHTTPRequestHandler without server, clock or log file, which records what happens."""

    protocol_version = "HTTP/1.1"

    def __init__(self, rfile: Reader) -> None:
        self.rfile, self.wfile, self.events = rfile, io.BytesIO(), []
        self.client_address = ("192.0.2.1", 12345)

    def date_time_string(self, timestamp: float | None = None) -> str:
        return "Thu, 01 Jan 1970 00:00:00 GMT"

    def log_message(self, format: str, *args: Any) -> None:
        self.events.append(("log", format % args))

    def answer(self) -> None:
        self.events.append(("request", self.command, attributes(self)))
        body = repr(self.path).encode("unicode_escape")
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = do_OPTIONS = answer


def attributes(handler: Any) -> dict[str, Any]:
    """Return the public state of a handler, with its headers as message() describes them."""
    return {
        name: message(value) if name == "headers" else value
        for name, value in vars(handler).items()
        if name not in ("rfile", "wfile", "events")
    }


def zero_nine(seen: Any) -> Any:
    """Make the one deliberate difference equal: after an HTTP/0.9 request, {} and an empty message are the same."""
    if isinstance(seen, dict):
        if seen.get("items") == [] and seen.get("defects") == [] and "raw_items" in seen:
            return ("dict", "{}")
        return {key: zero_nine(value) for key, value in seen.items()}
    if isinstance(seen, (list, tuple)):
        return type(seen)(zero_nine(value) for value in seen)
    return seen


def one_request(base: type, data: bytes, make: Make, **members: Any) -> Any:
    """Call parse_request() alone, on what follows the request line."""
    handler_class = type("Handler", (Recording, base), members)
    rfile = make(data)
    handler = handler_class(rfile)
    handler.headers = handler.path = "stale"
    line = outcome(lambda: rfile.readline(65537))
    if not isinstance(line, bytes):
        return line
    handler.raw_requestline = line
    returned = outcome(handler.parse_request)
    return returned, attributes(handler), handler.events, handler.wfile.getvalue(), rest(rfile)


def connection(base: type, data: bytes, make: Make, **members: Any) -> Any:
    """Call handle(), which reads every request of a persistent connection."""
    handler_class = type("Handler", (Recording, base), members)
    rfile = make(data)
    handler = handler_class(rfile)
    returned = outcome(handler.handle)
    return returned, attributes(handler), handler.events, handler.wfile.getvalue(), rest(rfile)
