# SPDX-License-Identifier: MIT
"""Handlers whose attributes run code; files, classes and threads that inspect a handler while it reads."""

from __future__ import annotations

import contextlib
import http.client
import http.server
import io
import socket
import socketserver
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

import fasthdr
import fasthdr.client
import fasthdr.server
from fasthdr._core import handler as core
from tests.differential import observe
from tests.differential.cases import BLOCKS
from tests.together import together

STDLIB_HANDLER = http.server.BaseHTTPRequestHandler
NAMES = "command", "path", "request_version", "requestline", "close_connection", "headers"
FIRST = b"POST /first HTTP/1.0\r\nConnection: keep-alive\r\nX-First: 1\r\n\r\n"
REQUESTS = [
    FIRST + b"GET /%s HTTP/1.%d\r\n%s" % (name.encode().replace(b" ", b""), minor, BLOCKS[name])
    for name in (
        "curl", "connection close", "connection keep-alive", "expect", "no colon", "empty", "multipart/form-data",
        "message/rfc822", "101 fields", "line beyond the limit", "obs-fold", "nothing at all",
        "multipart, hostile charset",
    )
    for minor in (0, 1)
]  # fmt: skip
REQUESTS += [FIRST + b"GET / HTTP/9.9\r\n\r\n", FIRST + b"G\r\n\r\n", FIRST + b"\r\n", FIRST]
if fasthdr.parse_request(b"GET /\r\n") is None:  # a stdlib that reads fields then; others leave {}, and ours a message
    REQUESTS.append(FIRST + b"GET /old\r\n")


def state(handler: Any) -> list[Any]:
    """Return what a handler shows of a request, without running code of its class."""
    found = [(name, vars(handler).get(name, "absent")) for name in NAMES]
    return [(name, value.items() if hasattr(value, "items") else value) for name, value in found]


def run(base: type, data: bytes, make: Callable[[bytes, Any], Any], **members: Any) -> Any:
    """Run handle(), and return its outcome with everything that was recorded."""
    handler: Any = type("Handler", (observe.Recording, base), members)(None)
    handler.events.clear()
    vars(handler)["rfile"] = make(data, handler)
    returned = observe.outcome(handler.handle)
    if isinstance(returned, tuple) and returned[0] == "RecursionError":
        returned = returned[0]
    shown = {name: value for name, value in vars(handler).items() if isinstance(value, (str, bool, bytes, type(None)))}
    return returned, handler.events, handler.wfile.getvalue(), shown


def answer(self: Any) -> None:
    self.events.append(("request", state(self)))
    self.send_response(200)
    self.send_header("Content-Length", "0")
    self.end_headers()


def same(
    make: Callable[[bytes, Any], Any],
    members: Callable[[], dict[str, Any]],
    requests: Any = REQUESTS,
    see: Callable[[Any], Any] = observe.zero_nine,
) -> None:
    for data in requests:
        methods = {"do_GET": answer, "do_POST": answer}
        expected = see(run(STDLIB_HANDLER, data, make, **methods, **members()))
        assert see(run(fasthdr.server.BaseHTTPRequestHandler, data, make, **methods, **members())) == expected, data
        for exact in (False, True):
            with fasthdr.install(exact_type=exact):
                assert see(run(STDLIB_HANDLER, data, make, **methods, **members())) == expected, data


def plain_file(data: bytes, handler: Any) -> Any:
    return io.BufferedReader(io.BytesIO(data))


# ------------------------------------------------------------------------------------------------------------ classes


def watched(name: str, change: Callable[[Any], Any] = lambda value: value) -> property:
    """Return a property that records each get and set, and may change the value that is set."""

    def get(self: Any) -> Any:
        self.events.append(("get", name, state(self)))
        return vars(self)[name]

    def store(self: Any, value: Any) -> None:
        self.events.append(("set", name, value.items() if hasattr(value, "items") else value, state(self)))
        vars(self)[name] = change(value)

    return property(get, store)


def closing(message: Any) -> Any:
    if hasattr(message, "replace_header"):
        del message["connection"], message["expect"]
        message["Connection"] = "close"
    return message


def expecting(message: Any) -> Any:
    if hasattr(message, "replace_header"):
        del message["expect"]
        message["Expect"] = "100-continue"
    return message


def set_attribute(self: Any, name: str, value: Any) -> None:
    vars(self).setdefault("events", []).append(
        ("set", name, value.items() if hasattr(value, "items") else value, state(self))
    )
    vars(self)[name] = closing(value) if name == "headers" else value


def get_attribute(self: Any, name: str) -> Any:
    found = object.__getattribute__(self, name)
    if name in ("headers", "rfile", "MessageClass", "protocol_version", "raw_requestline", "command", "path"):
        object.__getattribute__(self, "events").append(("get", name))
    return found


def reading(name: str, value: Any) -> property:
    """Return a property that parse_request() only reads; its getter inspects the handler."""

    def get(self: Any) -> Any:
        self.events.append(("get", name, state(self)))
        return vars(self).get(name) if value is None else value

    return property(get, lambda self, value: vars(self).update({name: value}))


CLASSES: dict[str, Callable[[], dict[str, Any]]] = {
    "plain": dict,
    "defaults": lambda: dict.fromkeys(NAMES),
    "headers": lambda: {"headers": watched("headers")},
    "headers that close": lambda: {"headers": watched("headers", closing)},
    "headers that expect": lambda: {"headers": watched("headers", expecting)},
    "command": lambda: {"command": watched("command")},
    "path": lambda: {"path": watched("path", lambda path: path + "/more")},
    "request_version": lambda: {"request_version": watched("request_version", lambda version: "HTTP/1.0")},
    "requestline": lambda: {"requestline": watched("requestline")},
    "close_connection": lambda: {"close_connection": watched("close_connection", lambda close: True)},
    "__setattr__": lambda: {"__setattr__": set_attribute},
    "__getattribute__": lambda: {"__getattribute__": get_attribute},
    "rfile": lambda: {"rfile": reading("rfile", None)},
    "raw_requestline": lambda: {"raw_requestline": reading("raw_requestline", None)},
    "MessageClass": lambda: {"MessageClass": reading("MessageClass", http.client.HTTPMessage)},
    "protocol_version": lambda: {"protocol_version": reading("protocol_version", "HTTP/1.1")},
    "__slots__": lambda: {"__slots__": ("headers_of_mine",)},
}


READ = "__getattribute__", "rfile", "raw_requestline", "MessageClass", "protocol_version"


def without_reads(seen: Any) -> Any:
    returned, events, *rest = observe.zero_nine(seen)
    return returned, [event for event in events if event[0] != "get"], *rest


@pytest.mark.parametrize("name", CLASSES)
def test_classes(name: str) -> None:
    """Such attributes see and do the same; those that are only read may be read once more than by the stdlib."""
    same(plain_file, CLASSES[name], see=without_reads if name in READ else observe.zero_nine)


@pytest.mark.parametrize("error", [AttributeError, KeyError, http.client.LineTooLong])
def test_a_message_class_for_each_path(error: type[Exception]) -> None:
    """The getter needs an attribute that the stdlib stores before it reads MessageClass."""

    def message_class(self: Any) -> Any:
        if vars(self).get("path", "/other").startswith("/other"):
            raise error("no path yet")
        return http.client.HTTPMessage

    for requests in (REQUESTS[:6], [b"GET /other HTTP/1.1\r\n\r\n"]):
        same(plain_file, lambda: {"MessageClass": property(message_class)}, requests)


def test_a_class_that_changes() -> None:
    """What is cached about a class is valid as long as the class does not change."""
    handlers = [
        type("Handler", (observe.Recording, base), {})
        for base in (STDLIB_HANDLER, fasthdr.server.BaseHTTPRequestHandler)
    ]
    for change in (None, watched("headers", closing), None, watched("headers", expecting)):
        results = []
        for cls in handlers:
            if change is not None:
                cls.headers = change  # type: ignore[attr-defined]
            elif "headers" in vars(cls):
                del cls.headers  # type: ignore[attr-defined]
            handler: Any = cls(io.BytesIO(BLOCKS["curl"]))
            handler.raw_requestline = b"GET / HTTP/1.1\r\n"
            assert handler.parse_request()
            results.append((handler.close_connection, handler.wfile.getvalue(), handler.events))
        assert results[0] == results[1]


# ------------------------------------------------------------------------------------------------- files and classes


class Looking(io.BytesIO):
    """A file that records what the handler shows at each read, and may change it."""

    handler: Any = None
    change: Callable[[Any], None] | None = None

    def look(self) -> None:
        self.handler.events.append(("read", self.tell(), state(self.handler)))
        if self.change is not None:
            self.change()

    def readline(self, *args: Any) -> bytes:
        self.look()
        return super().readline(*args)

    def readinto(self, buffer: Any) -> int:
        self.look()
        return super().readinto(buffer)


def looking(wrap: Callable[[Any], Any], change: Callable[[Any], None] | None = None) -> Callable[[bytes, Any], Any]:
    def make(data: bytes, handler: Any) -> Any:
        file = Looking(data)
        file.handler = handler
        if change is not None:
            file.change = lambda: change(handler)
        return wrap(file)

    return make


def other_path(handler: Any) -> None:
    handler.path, handler.close_connection = "/changed", True


def other_headers(handler: Any) -> None:
    handler.headers = {"connection": "close"}


@pytest.mark.parametrize("change", [None, other_path, other_headers])
@pytest.mark.parametrize("size", [0, 1, 40, 64, 8192])
def test_files_that_look(size: int, change: Any) -> None:
    """They see the attributes of the request whose block is being read, not of the last one, and their changes stay."""
    wrap = (lambda file: file) if size == 0 else (lambda file: io.BufferedReader(file, size))
    same(looking(wrap, change), dict, REQUESTS if size != 1 else REQUESTS[:6])


def test_limits_that_look(monkeypatch: pytest.MonkeyPatch) -> None:
    class Limit(int):
        def __lt__(self, other: Any) -> bool:
            seen.append(state(handlers[-1]))
            return int(self) < other

    def make(data: bytes, handler: Any) -> Any:
        handlers.append(handler)
        return plain_file(data, handler)

    handlers: list[Any] = []
    for name in ("_MAXLINE", "_MAXHEADERS"):
        seen: list[Any] = []
        with monkeypatch.context() as patch:
            patch.setattr(http.client, name, Limit(getattr(http.client, name)))
            same(make, lambda: {"log": seen.clear()}, REQUESTS[:8])


def test_message_classes_that_look() -> None:
    handlers: list[Any] = []

    class Message(http.client.HTTPMessage):
        def __init__(self, **keywords: Any) -> None:
            super().__init__(**keywords)
            handlers[-1].events.append(("made", state(handlers[-1])))
            handlers[-1].path += "!"

    def make(data: bytes, handler: Any) -> Any:
        handlers.append(handler)
        return plain_file(data, handler)

    same(make, lambda: {"MessageClass": Message})


class Slow(STDLIB_HANDLER):
    protocol_version = "HTTP/1.1"

    def __init__(self, rfile: Any) -> None:
        self.rfile = rfile


@pytest.mark.parametrize("base", [STDLIB_HANDLER, fasthdr.server.BaseHTTPRequestHandler])
def test_another_thread_that_looks(base: type) -> None:
    """A handler that waits for the rest of a block already shows its request, as a log of slow requests needs."""
    handler: Any = type("Handler", (Slow, base), {"parse_request": base.parse_request})
    near, far = socket.socketpair()
    with near, far, near.makefile("rb") as file:
        made = handler(file)
        far.sendall(b"GET /slow HTTP/1.1\r\nHost: a\r\n")
        made.raw_requestline = file.readline(65537)
        thread = threading.Thread(target=made.parse_request)
        thread.start()
        end = time.monotonic() + 10
        while not hasattr(made, "path") and time.monotonic() < end:
            time.sleep(0.001)
        seen = state(made)
        far.sendall(b"X: 1\r\n\r\n")
        thread.join(10)
    assert [value for _, value in seen] == ["GET", "/slow", "HTTP/1.1", "GET /slow HTTP/1.1", False, "absent"]
    assert made.headers.items() == [("Host", "a"), ("X", "1")]


def test_a_handler_without_its_file() -> None:
    """parse_request() with no file or no request line: the stdlib's attributes are stored before it fails."""
    results = []
    for base in (STDLIB_HANDLER, fasthdr.server.BaseHTTPRequestHandler):
        for given in ({}, {"rfile": io.BytesIO(b"\r\n")}, {"raw_requestline": b"GET / HTTP/1.1\r\n"}):
            handler = base.__new__(base)
            vars(handler).update(given)
            results.append((observe.outcome(handler.parse_request), state(handler)))
    assert results[:3] == results[3:]


class _ReadsOnly(socketserver.StreamRequestHandler):
    """A mixin whose setup() makes no wfile."""

    def setup(self) -> None:
        self.connection = self.request
        self.rfile = self.connection.makefile("rb")

    def finish(self) -> None:
        self.rfile.close()


@pytest.mark.parametrize("base", [STDLIB_HANDLER, fasthdr.server.BaseHTTPRequestHandler])
@pytest.mark.parametrize("options", [None, {}, {"strict": True}, {"framed_body": True}], ids=str)
def test_a_setup_that_makes_no_wfile(base: Any, options: dict[str, bool] | None) -> None:
    """The program makes it later, as it can with http.server."""

    def handle(self: Any) -> None:
        self.raw_requestline = self.rfile.readline()
        self.wfile = io.BytesIO()
        assert self.parse_request()
        self.send_response_only(200)
        self.end_headers()
        self.wfile.flush()
        self.request.sendall(self.wfile.getvalue())

    near, far = socket.socketpair()
    with near, far, fasthdr.install(**options) if options is not None else contextlib.nullcontext():
        far.sendall(b"GET / HTTP/1.0\r\n\r\n")
        type("Handler", (base, _ReadsOnly), {"handle": handle})(near, ("", 0), None)
        assert far.recv(100).startswith(b"HTTP/1.0 200 OK\r\n")


class _Bare(fasthdr.server.BaseHTTPRequestHandler):
    def __init__(self) -> None:
        pass


@pytest.mark.parametrize("cls", [fasthdr.client.HTTPMessage, http.client.HTTPMessage, observe.Recording])
@together("name", BLOCKS)
def test_a_block_in_bytes_is_read_as_from_a_file(name: str, cls: Any) -> None:
    """The same blocks are left to the stdlib, except those that are incomplete: a file has ended there."""
    block, line = BLOCKS[name], b"POST /a HTTP/1.1\r\n"
    for rest in (b"", b"Next: 1\r\n\r\n"):
        file = io.BytesIO(block + rest)
        data = line + block + rest
        of_file: Any = observe.outcome(lambda file=file: core.read_request(_Bare(), line, file, cls, "HTTP/1.1"))
        of_bytes: Any = observe.outcome(
            lambda data=data: core.read_request_at(_Bare(), line, data, len(line), cls, "HTTP/1.1")
        )
        if of_bytes is None:
            assert of_file is None or not block + rest
            continue
        if len(of_bytes) != 7:  # the exception that it raises
            assert of_bytes == of_file
            continue
        assert of_bytes[:5] == of_file[:5]
        assert of_bytes[6] == of_file[6]
        assert type(of_bytes[5]) is type(of_file[5])
        assert of_bytes[5].items() == of_file[5].items()


def test_bytes_are_no_file_for_anybody_else() -> None:
    outcomes = []
    for base in (STDLIB_HANDLER, fasthdr.server.BaseHTTPRequestHandler):
        handler: Any = type("Handler", (base,), {"__init__": lambda self: None})()
        handler.raw_requestline, handler.rfile = FIRST[:22], b"A: 1\r\n\r\n"
        outcomes.append(observe.outcome(handler.parse_request))
    assert outcomes[0] == outcomes[1]
    assert outcomes[0][0] == "AttributeError"
    with pytest.raises(AttributeError):
        fasthdr.client.parse_headers(b"A: 1\r\n\r\n")  # type: ignore[arg-type]


@pytest.mark.parametrize("start", [-1, 9])
def test_a_start_outside_the_bytes(start: int) -> None:
    with pytest.raises(ValueError, match="outside"):
        core.read_request_at(_Bare(), FIRST[:22], b"A: 1\r\n\r\n", start, fasthdr.client.HTTPMessage, "HTTP/1.1")


@pytest.mark.parametrize("installed", [False, True])
@pytest.mark.parametrize("target", ["/", "//a", "///", "//a//b?c", "*", "http://h/"])
def test_what_is_read_by_the_core(target: str, installed: bool) -> None:
    """http.server collapses slashes at the start of a target; such a request is still read by the core."""
    with fasthdr.install() if installed else contextlib.nullcontext():
        module: Any = http.server if installed else fasthdr.server
        handler = module.BaseHTTPRequestHandler.__new__(module.BaseHTTPRequestHandler)
        handler.raw_requestline = f"GET {target} HTTP/1.1\r\n".encode()
        handler.rfile = io.BytesIO(b"Host: h\r\n\r\n")
        fasthdr.collect_stats()
        assert handler.parse_request()
        assert fasthdr.stats() == {"core": 1}
