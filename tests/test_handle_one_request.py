# SPDX-License-Identifier: MIT
"""handle_one_request(), version_string() and cached texts: the same results as the stdlib's, on odd handlers, too."""

from __future__ import annotations

import _thread
import array
import http.server
import io
import os
import re
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any

import pytest

import fasthdr
import fasthdr.server
from fasthdr import _server_methods
from fasthdr._core import handler as core_handler
from fasthdr._core import writer
from fasthdr._standins import server_response
from fasthdr._stdlib.functions import has_c_methods
from tests.answers import OURS, REQUEST, STDLIB, Text, plain, same
from tests.differential.observe import outcome

HOST = b"Host: a\r\n\r\n"


def test_it_is_ours() -> None:
    assert fasthdr.server.BaseHTTPRequestHandler.handle_one_request is _server_methods.handle_one_request


@pytest.mark.parametrize(
    "request_line",
    [
        b"HEAD / HTTP/1.1\r\n", b"PUT / HTTP/1.1\r\n", b"GETS / HTTP/1.1\r\n", b"get / HTTP/1.1\r\n",
        b"G\xc9T / HTTP/1.1\r\n", b"__init__ / HTTP/1.1\r\n", b"G'T / HTTP/1.1\r\n", b"GET\r\n", b"GET /\r\n", b"\r\n",
        b"", b"GET / HTTP/3.0\r\n",
        b"GET /" + b"a" * 65521 + b" HTTP/1.1\r\n", b"GET /" + b"a" * 65522 + b" HTTP/1.1\r\n", b"GET /" + b"a" * 70000,
    ],
    ids=lambda line: repr(line[:30]) + str(len(line)),
)  # fmt: skip
def test_request_lines(request_line: bytes) -> None:
    same(plain, request=request_line + HOST)
    same(plain, ("handle_one_request", "parse_request", "send_error", "log_error"), request=request_line + HOST)


class Odd(str):
    def __radd__(self, other: str) -> str:
        return other + "GET"

    def __repr__(self) -> str:
        return "odd"


@pytest.mark.parametrize(
    "command", ["GET", "HEAD", "PUT", "", Text("GET"), Text("PUT"), Odd("PUT"), None, 5, [], ("a",)], ids=repr
)
def test_commands_of_a_parse_of_ones_own(command: Any) -> None:
    def parse_request(self: Any) -> bool:
        self.requestline, self.request_version, self.command = "line", "HTTP/1.1", command
        return True

    same(plain, parse_request=parse_request)
    same(plain, ("send_error",), parse_request=parse_request)


@pytest.mark.parametrize("value", [None, 0, "", "yes", []], ids=repr)
def test_what_a_parse_returns(value: Any) -> None:
    same(plain, parse_request=lambda self: value)


def test_methods_are_asked_for_as_often() -> None:
    """hasattr() and then getattr(), as in the stdlib: a handler may create its methods when they are asked for."""

    def asked(self: Any, name: str) -> Any:
        if not name.startswith("do_"):
            raise AttributeError(name)
        self.calls.append(name)
        return lambda: plain(self)

    seen = same(plain, request=b"BREW / HTTP/1.1\r\n" + HOST, __getattr__=asked)
    assert seen["calls"] == ["do_BREW", "do_BREW"]


@pytest.mark.parametrize(
    "error", [TimeoutError("late"), TimeoutError(), ConnectionError("gone"), ValueError("x")], ids=repr
)
@pytest.mark.parametrize("where", ["do_GET", "parse_request", "send_response", "flush_headers"])
def test_errors(error: Exception, where: str) -> None:
    def failing(self: Any, *args: Any) -> Any:
        self.calls.append(where)
        raise error

    body: Callable[[Any], Any] = failing if where == "do_GET" else plain
    same(body, ("log_error",), **({} if where == "do_GET" else {where: failing}))


SERVERS: list[tuple[Any, Any]] = [
    ("A/1", "B/2"), ("A/1", ""), ("", ""), (Text("A"), "B"), ("A", Text("B")), ("\xe9", "\u20ac"), ("A", None), (1, 2),
    (b"A", b"B"), (["A"], ["B"]), ("A\r\nB", "C"),
]  # fmt: skip


@pytest.mark.parametrize(("server", "system"), SERVERS, ids=repr)
def test_version_strings(server: Any, system: Any) -> None:
    for _ in range(2):  # the second string may come from the cache
        same(plain, server_version=server, sys_version=system)
    same(plain)


def test_a_version_that_changes() -> None:
    def body(self: Any) -> None:
        for version in ("A", "B", "A", "B"):
            self.server_version = version
            plain(self)
            type(self).sys_version = version + "2"
            plain(self)

    assert b"".join(same(body)["writes"]).count(b"Server: ") == 8


class Growing(list):  # type: ignore[type-arg]
    def __iter__(self) -> Any:
        return iter([*super().__iter__(), b"X-More: 1\r\n"])


@pytest.mark.parametrize(
    "lines",
    [
        [], [b""], [b"a"], [b"a", b"", b"b\r\n"], [bytearray(b"a: b\r\n")], [b"a: ", memoryview(b"b\r\n")],
        (b"a: b\r\n",), Growing([b"a: b\r\n"]), [b"a", "b"], [b"a", None], {b"a: b\r\n": 1}, b"a: b\r\n", None,
        [type("Bytes", (bytes,), {})(b"a: b\r\n")],
    ],
    ids=lambda lines: re.sub(" at 0x.*", "", repr(lines))[:40],
)  # fmt: skip
def test_buffers_of_a_program(lines: Any) -> None:
    def body(self: Any) -> None:
        self._headers_buffer = lines
        self.flush_headers()
        self.wfile.write(b"end")

    same(body)


class Missing(dict):  # type: ignore[type-arg]
    def __missing__(self, code: Any) -> tuple[str, str]:
        return "missing", ""

    def __contains__(self, code: Any) -> bool:
        return code == 299


@pytest.mark.parametrize(
    "responses",
    [
        {}, {200: ("Fine", "")}, {200: ["Fine"]}, {200: "Fine"}, {200: None}, {200: ()}, {200: (None, "")},
        {200: (Text("Fine"),)}, Missing(), Missing({200: ("Fine", "")}), None, [("a",)] * 300, HTTPStatus,
    ],
    ids=lambda responses: repr(responses)[:40],
)  # fmt: skip
@pytest.mark.parametrize("code", [200, HTTPStatus.OK, 299, [], "200", 200.0, True])
def test_responses_of_a_program(responses: Any, code: Any) -> None:
    def body(self: Any) -> None:
        try:
            self.send_response_only(code)
        finally:
            self.calls.append([*getattr(self, "_headers_buffer", ["none"])])
        self.end_headers()

    same(body, responses=responses)


def test_dates_of_one_function_and_another() -> None:
    made = []

    def maker(time: float, usegmt: bool) -> str:
        made.append((time, usegmt))
        return f"at {time}"

    second = writer.Second()
    start = 1_800_000_000.0
    kept = start, start + 0.5, start + 0.9999995, start + 1, start + 0.25, start + 0.5, 5, start + 0.75
    texts = start, start, start + 0.9999995, start + 1, start + 0.25, start + 0.25, 5, start + 0.25
    assert [second.text(now, maker) for now in kept] == [f"at {now}" for now in texts]
    assert made == [(now, True) for now in (start, start + 0.9999995, start + 1, start + 0.25, 5)]
    assert second.text(start + 0.5, lambda time, usegmt: "another's") == "another's"


def test_requests_in_memory_are_those_of_the_stdlib() -> None:
    assert b"HTTP/1.1 200 OK" in same(plain, request=REQUEST)["writes"][0]


# ------------------------------------------------------------------------------------------------- wfile


def served(base: Any, **members: Any) -> Any:
    """Return a handler of `base` that has been set up on a socket, and both ends of that socket."""
    near, far = socket.socketpair()
    far.settimeout(10)
    made = type("Handler", (base,), {"handle": lambda self: None, "finish": lambda self: None, **members})
    return made(near, ("192.0.2.1", 1), None), near, far


HANDLERS = [lambda: fasthdr.server.BaseHTTPRequestHandler, lambda: http.server.BaseHTTPRequestHandler]


@pytest.fixture(params=HANDLERS, ids=["imported", "installed"])
def base(request: pytest.FixtureRequest) -> Iterator[Any]:
    with fasthdr.install():
        yield request.param()


DATA = [
    b"", b"a" * 1000, bytearray(b"ab"), memoryview(b"abc"), array.array("I", [1, 2]),
    memoryview(array.array("I", [1, 2, 3])),
    type("Bytes", (bytes,), {"__len__": lambda self: 77})(b"abcd"), "text", None, 5,
]  # fmt: skip


sends_now = pytest.mark.skipif(server_response._SENDS is None, reason="no GIL, or not POSIX: wfile only uses sendall()")


@pytest.mark.parametrize("threads", [1, 6])
def test_what_wfile_writes(base: Any, threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_thread, "_count", lambda: threads)

    def seen(base: Any) -> list[Any]:
        handler, near, far = served(base)
        with near, far:
            found = [outcome(lambda data=data: handler.wfile.write(data)) for data in DATA]
            near.shutdown(socket.SHUT_WR)
            received = b""
            while data := far.recv(65536):
                received += data
            wfile = handler.wfile
            facts = wfile.writable(), wfile.readable(), wfile.fileno() == near.fileno(), wfile.closed, wfile.flush()
            wfile.close()
            return [found, received, facts, wfile.closed, outcome(lambda: wfile.write(b"x")), [*vars(wfile)]]

    ours = seen(base)
    handler, near, far = served(base)
    near.close(), far.close()
    assert type(handler.wfile) is server_response.SocketWriter
    assert isinstance(handler.wfile, socketserver._SocketWriter)
    fasthdr.uninstall()
    assert ours == seen(http.server.BaseHTTPRequestHandler)


@pytest.fixture
def sent_now(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return what send_now() returns from here on, as if there were many threads."""
    sent: list[int] = []

    def send_now(descriptor: int, data: bytes) -> int:
        sent.append(core_handler.send_now(descriptor, data))
        return sent[-1]

    monkeypatch.setattr(_thread, "_count", lambda: 6)
    monkeypatch.setattr(server_response, "send_now", send_now)
    return sent


@sends_now
def test_many_threads_send_with_the_gil(base: Any, sent_now: list[int]) -> None:
    """Only bytes that are copied faster than threads switch."""
    handler, near, far = served(base)
    with near, far:
        for data in b"x", b"y" * 16384, b"z" * 16385, bytearray(b"x"):
            assert handler.wfile.write(data) == len(data)
            assert far.recv(len(data), socket.MSG_WAITALL) == data
    assert sent_now == [1, 16384]


@sends_now
def test_the_threads_when_a_connection_is_set_up(
    base: Any, sent_now: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(server_response, "_FEW", _thread._count() + 5)  # other tests may have left some
    monkeypatch.setattr(server_response, "send_now", lambda descriptor, data: sent_now.append(len(data)) or 0)
    stop = threading.Event()
    threads = [threading.Thread(target=stop.wait) for _ in range(6)]

    def write(data: bytes) -> None:
        handler, near, far = served(base)
        with near, far:
            handler.wfile.write(data)
            assert far.recv(100) == data

    write(b"few")
    assert sent_now == []
    for thread in threads:
        thread.start()
    try:
        write(b"many")
        assert sent_now == [4]
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    write(b"few again")
    assert sent_now == [4]


@sends_now
@pytest.mark.parametrize("timeout", [None, 30.0])
def test_a_client_that_reads_slowly(
    sent_now: list[int], timeout: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the socket does not take at once is sent when it can be, whole and in order."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        far = socket.create_connection(listener.getsockname(), 30)
        near, _ = listener.accept()
    pieces = [os.urandom(10_000) for _ in range(1000)]
    received = bytearray()

    def read() -> None:
        while data := far.recv(65536):
            received.extend(data)

    reader = threading.Timer(0.1, read)
    with near, far:
        near.settimeout(timeout)
        wfile = server_response.SocketWriter(near)
        monkeypatch.setattr(server_response, "_many", True)
        reader.start()
        assert [wfile.write(piece) for piece in pieces] == [10_000] * len(pieces)
        near.shutdown(socket.SHUT_WR)
        reader.join(30)
    assert bytes(received) == b"".join(pieces)
    assert any(0 < sent < 10_000 for sent in sent_now)


@sends_now
def test_errors_of_a_connection(base: Any, sent_now: list[int]) -> None:
    """A client that does not read or is gone, a socket that is closed or does not wait: as from sendall()."""

    def seen(base: Any) -> list[Any]:
        found = []
        for timeout in 0.02, 0:
            handler, near, far = served(base)
            with near, far:
                near.settimeout(timeout)
                found.append(outcome(lambda handler=handler: [handler.wfile.write(b"x" * 16000) for _ in range(1000)]))
        handler, near, far = served(base)
        far.close()
        found.append(outcome(lambda: handler.wfile.write(b"x")))
        handler.rfile.close(), near.close()
        found.append(outcome(lambda: handler.wfile.write(b"x")))
        return found

    ours = seen(base)
    assert sent_now
    fasthdr.uninstall()
    assert ours == seen(http.server.BaseHTTPRequestHandler)
    assert [name for name, _ in ours] == ["TimeoutError", "BlockingIOError", "BrokenPipeError", "OSError"]


def test_classes_of_sockets() -> None:
    class Own(socket.socket):
        def fileno(self) -> int:
            return super().fileno()

    class Without:  # as eventlet's, each of whose instances has one
        sendall = socket.socket.sendall

    assert [has_c_methods(cls, "sendall") for cls in (socket.socket, Own, Without)] == [True, False, False]
    assert not has_c_methods(type("Own", (socket.socket,), {"sendall": lambda self, data: None}), "sendall")


@sends_now
def test_sockets_with_methods_of_their_own(base: Any, sent_now: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Their sendall() is called, however many threads there are."""
    calls: list[Any] = []

    class Own(socket.socket):
        def sendall(self, data: Any, *flags: int) -> None:
            calls.append(data)
            super().sendall(data, *flags)

    handler, near, far = served(base)
    with near, far:
        own = Own(near.family, near.type, near.proto, near.detach())
        with own:
            handler.wfile._sock = own
            handler.wfile.write(b"own class")
    for name, method in ("sendall", lambda self, data: calls.append(data)), ("fileno", lambda self: 1 << 20):
        with monkeypatch.context() as patch:
            handler, near, far = served(base)
            with near, far:
                patch.setattr(socket.socket, name, method, raising=False)
                handler.wfile.write(name.encode())
    assert calls == [b"own class", b"sendall"]
    assert sent_now == []


def test_wfiles_of_a_program(base: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A buffered wfile, the program's own, and the stdlib's after a program has patched its class are not replaced."""

    def kind(**members: Any) -> type:
        handler, near, far = served(base, **members)
        near.close(), far.close()
        return type(handler.wfile)

    def setup(self: Any) -> None:
        base.setup(self)
        self.wfile = io.BytesIO()

    assert kind(wbufsize=-1) is io.BufferedWriter
    assert kind(setup=setup) is io.BytesIO
    assert kind(setup=socketserver.StreamRequestHandler.setup) is socketserver._SocketWriter
    monkeypatch.setattr(socketserver._SocketWriter, "write", lambda self, b: 5)
    assert kind() is socketserver._SocketWriter


def test_a_wfile_that_does_more(base: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the running version's wfile does more than send and count, it is not replaced."""
    monkeypatch.setattr(server_response, "_KNOWN", False)
    handler, near, far = served(base)
    near.close(), far.close()
    assert type(handler.wfile) is socketserver._SocketWriter


def test_setup_is_taken_back() -> None:
    with fasthdr.install():
        assert vars(http.server.BaseHTTPRequestHandler)["setup"] is _server_methods.setup
    assert "setup" not in vars(http.server.BaseHTTPRequestHandler)


class Stateful(str):
    """A str that is equal to the plain one, but gives another text at each concatenation."""

    joined = 0

    def __add__(self, other: str) -> str:
        Stateful.joined += 1
        return f"{str.__str__(self)}{other}#{Stateful.joined}"

    def __radd__(self, other: str) -> str:
        Stateful.joined += 1
        return f"{other}{str.__str__(self)}#{Stateful.joined}"


def test_a_version_string_that_is_kept_is_of_these_very_parts() -> None:
    """Each part is replaced by an equal and by a different object, one at a time and back, on class and instance."""
    results = []
    for base in (STDLIB, OURS):
        Stateful.joined = 0
        cls: Any = type("Handler", (base,), {"server_version": "S/1", "sys_version": "P/1"})
        handler = cls.__new__(cls)
        found = [handler.version_string(), handler.version_string()]
        for server, system in (
            ("S/1", "P/2"), ("S/1", "P/1"), ("S/2", "P/1"), ("S/1", "P/1"), (Stateful("S/1"), "P/1"), ("S/1", "P/1"),
            ("S/1", Stateful("P/1")), ("S/1", "P/1"), (Stateful("S/1"), Stateful("P/1")), ("S/1", "P/1"),
            ("P/1", "S/1"),
        ):  # fmt: skip
            cls.server_version, cls.sys_version = server, system
            found += [handler.version_string(), handler.version_string()]
            other = cls.__new__(cls)
            other.sys_version = "own"
            found += [other.version_string(), handler.version_string()]
            other.server_version = "O/1"
            found += [other.version_string(), handler.version_string()]
        results.append(found)
    assert results[0] == results[1]
    assert len(set(results[0])) > 8


def test_a_version_string_is_kept() -> None:
    """While both parts stay the same, the text is not put together again."""
    cls: Any = type("Handler", (OURS,), {"server_version": "S/1", "sys_version": "P/1"})
    handler = cls.__new__(cls)
    assert handler.version_string() is handler.version_string()
    cls.server_version = str(b"S/1", "ascii")
    assert handler.version_string() == "S/1 P/1"
    assert handler.version_string() is handler.version_string()


class Mutable:
    """A part whose text changes although the object is the same."""

    text = "M/1"

    def __add__(self, other: str) -> str:
        return self.text + other


def test_a_version_that_is_changed_in_place() -> None:
    results = []
    for base in (STDLIB, OURS):
        part = Mutable()
        cls: Any = type("Handler", (base,), {"server_version": part, "sys_version": "P/1"})
        handler = cls.__new__(cls)
        found = [handler.version_string()]
        part.text = "M/2"
        found.append(handler.version_string())
        results.append(found)
    assert results == [["M/1 P/1", "M/2 P/1"]] * 2


def test_an_object_without_attributes_of_its_own() -> None:
    """A class with __slots__ borrows parse_request(), also for a request that the standard library reads."""
    names = (
        "raw_requestline", "rfile", "command", "path", "request_version", "close_connection", "requestline", "headers",
    )  # fmt: skip

    class Slots:
        __slots__ = names
        strict = framed_body = False
        MessageClass = STDLIB.MessageClass
        default_request_version, protocol_version = "HTTP/0.9", "HTTP/1.1"

    for line in (b"GET /a\r\n", b"GET /a HTTP/1.1\r\n"):
        found = []
        for base in (STDLIB, OURS):
            borrows = Slots()
            borrows.raw_requestline, borrows.rfile = line, io.BytesIO(HOST)
            assert not hasattr(borrows, "__dict__")
            assert base.parse_request(borrows)
            headers = getattr(borrows, "headers", None)
            read = [getattr(borrows, name, None) for name in names if name not in ("rfile", "headers")]
            found.append((read, dict(headers or {}), type(headers) is dict))
        assert found[1] == found[0]
