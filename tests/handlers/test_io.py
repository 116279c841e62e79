# SPDX-License-Identifier: MIT
"""rfile and wfile are io.BufferedIOBase objects; these tests compare them with the standard library's files."""

from __future__ import annotations

import copy
import http.server
import io
import pickle
import socket
from collections.abc import Callable
from typing import Any

import pytest

from tests.handlers.kinds import ALL, STRICT, answer
from tests.handlers.memory import CLIENT, talk
from tests.integration.wire import TIMEOUT
from tests.together import together

GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nab\ncde"


def _within(file: Any) -> Any:
    with file as inner:
        found = inner is file, file.closed
    return found, file.closed


def _closed(file: Any) -> Any:
    file.close()
    file.close()  # closing twice is not an error
    return file.closed


def _into(name: str) -> Callable[[Any], Any]:
    def read(file: Any) -> Any:
        buffer = bytearray(4)
        return getattr(file, name)(buffer), bytes(buffer)

    return read


def _after_close(name: str, *args: Any) -> Callable[[Any], Any]:
    def call(file: Any) -> Any:
        file.close()
        return getattr(file, name)(*args)

    return call


# Calls that a file has to answer. Each gets the file and the handler.
BOTH: dict[str, Callable[[Any, Any], Any]] = {
    "is an io.BufferedIOBase": lambda file, handler: (
        isinstance(file, io.BufferedIOBase) and isinstance(file, io.IOBase)
    ),
    "closed": lambda file, handler: file.closed,
    "readable": lambda file, handler: file.readable(),
    "writable": lambda file, handler: file.writable(),
    "seekable": lambda file, handler: file.seekable(),
    "isatty": lambda file, handler: file.isatty(),
    "flush": lambda file, handler: file.flush(),
    "fileno": lambda file, handler: file.fileno() == handler.connection.fileno(),
    "name": lambda file, handler: file.name == handler.connection.fileno(),
    "mode": lambda file, handler: file.mode,
    "raw": lambda file, handler: type(file.raw),
    "raw file's socket": lambda file, handler: file.raw.fileno() == handler.connection.fileno(),
    "context manager": lambda file, handler: _within(file),
    "close": lambda file, handler: _closed(file),
    "getvalue": lambda file, handler: file.getvalue(),
    "tell": lambda file, handler: file.tell(),
    "seek": lambda file, handler: file.seek(0),
    "truncate": lambda file, handler: file.truncate(),
    "no such name": lambda file, handler: file.no_such_name,
    "with after close": lambda file, handler: (file.close(), file.closed),
}
READING: dict[str, Callable[[Any, Any], Any]] = {
    "read": lambda file, handler: file.read(6),
    "read nothing": lambda file, handler: (file.read(0), file.read1(0)),
    "readline": lambda file, handler: (file.readline(), file.readline(2), file.readline(0)),
    "readlines": lambda file, handler: (file.readlines(2), file.readlines(1)),
    "next": lambda file, handler: (iter(file) is file, next(file)),
    "readinto": lambda file, handler: _into("readinto")(file),
    "write": lambda file, handler: file.write(b"a"),
    "writelines": lambda file, handler: file.writelines([b"a"]),
    "readinto1": lambda file, handler: _into("readinto1")(file),
    "read after close": lambda file, handler: _after_close("read", 1)(file),
    "readline after close": lambda file, handler: _after_close("readline")(file),
    "peek after close": lambda file, handler: _after_close("peek")(file),
}
WRITING: dict[str, Callable[[Any, Any], Any]] = {
    "write": lambda file, handler: [file.write(data) for data in (b"", b"ab", bytearray(b"c"), memoryview(b"de"))],
    "writelines": lambda file, handler: file.writelines([b"a", bytearray(b"b")]),
    "read": lambda file, handler: file.read(1),
    "read1": lambda file, handler: file.read1(1),
    "readinto": lambda file, handler: file.readinto(bytearray(1)),
    "readinto1": lambda file, handler: file.readinto1(bytearray(1)),
    "readline": lambda file, handler: file.readline(),
    "readlines": lambda file, handler: file.readlines(),
    "write text": lambda file, handler: file.write("a"),
    "write after close": lambda file, handler: _after_close("write", b"a")(file),
}
QUESTIONS = {
    **{("rfile", name): ask for name, ask in {**BOTH, **READING}.items()},
    **{("wfile", name): ask for name, ask in {**BOTH, **WRITING}.items()},
}


def asked(cls: Any, which: str, ask: Callable[[Any, Any], Any]) -> Any:
    """Return what a handler's file answers, or the type of exception it raises, and what the client then receives."""
    found = []

    def do_POST(self: Any) -> None:
        try:
            found.append(ask(getattr(self, which), self))
        except (AttributeError, OSError, TypeError, ValueError) as error:
            found.append(type(error))

    client, server = socket.socketpair()
    with client, server:
        client.settimeout(TIMEOUT)
        client.sendall(POST)
        client.shutdown(socket.SHUT_WR)
        try:
            type("Asked", (cls,), {"do_POST": do_POST, "log_message": lambda *args: None})(server, CLIENT, None)
        except ValueError:  # handle_one_request() flushes wfile, even one that the method has closed
            found.append("let through")
        server.close()
        found.append(client.makefile("rb").read())
    return found


@pytest.mark.parametrize("wbufsize", [0, 100])
@together(("which", "name"), QUESTIONS)
@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_as_the_standard_librarys(way: Any, which: str, name: str, wbufsize: int) -> None:
    ask = QUESTIONS[which, name]
    theirs = type("Theirs", (http.server.BaseHTTPRequestHandler,), {"wbufsize": wbufsize})
    expected = asked(theirs, which, ask)
    if name == "write after close" and not wbufsize:
        assert expected == [1, "let through", b"a"]  # socketserver's writer does not check; ours does, as io specifies
        expected = [ValueError, "let through", b""]
    with way({"wbufsize": wbufsize}) as cls:
        assert asked(cls, which, ask) == expected


@pytest.mark.parametrize("which", ["rfile", "wfile"])
@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_nobody_can_take_the_file_beneath_away(way: Any, which: str) -> None:
    with way({}) as cls:
        assert asked(cls, which, lambda file, handler: file.detach())[0] is io.UnsupportedOperation


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, pickle.dumps])
@pytest.mark.parametrize("which", ["rfile", "wfile"])
@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_nobody_has_a_second_one(way: Any, which: str, again: Callable[[Any], Any]) -> None:
    with way({}) as cls:
        assert asked(cls, which, lambda file, handler: again(file))[0] is TypeError


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_what_they_show(way: Any) -> None:
    """repr() says what the exchange is waiting for."""
    shown = []

    def do_GET(self: Any) -> None:
        shown.append((repr(self.rfile), repr(self.wfile)))
        answer(self)
        shown.append((repr(self.rfile), repr(self.wfile)))
        self.rfile.close()
        shown.append((repr(self.rfile), repr(self.wfile)))

    sent, error = talk(way, [GET], do_GET=do_GET)
    assert error is None
    assert sent.endswith(b"\r\n\r\nok")
    assert shown == [
        ("<rfile of a handler, BODY: the head is accepted and no response has begun>", "<wfile of a handler, BODY>"),
        ("<rfile of a handler, RESPONDED: the response is complete>", "<wfile of a handler, RESPONDED>"),
        (
            "<rfile of a handler, CLOSED: nothing more is read, and nothing more is sent>",
            "<wfile of a handler, CLOSED>",
        ),
    ]


@pytest.mark.parametrize("ask", [lambda self: self.rfile.raw, lambda self: self.wfile.raw], ids=["rfile", "wfile"])
@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_whoever_asks_for_the_file_beneath_ends_the_connection(way: Any, ask: Callable[[Any], Any]) -> None:
    """The program may use that file to read or write without the exchange knowing."""

    def do_GET(self: Any) -> None:
        if self.path == "/raw":
            assert type(ask(self)) is socket.SocketIO
        answer(self)

    sent, error = talk(way, [GET, GET.replace(b"/", b"/raw", 1), GET], do_GET=do_GET, wbufsize=100)
    assert error is None
    assert sent.count(b"HTTP/1.1 200 ") == 2
    assert sent.count(b"Connection: close") == 1


@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
def test_a_file_of_the_programs_own_beneath(way: Any) -> None:
    """Programs' own tests do this: wfile is an io.BytesIO, and they check what was written to it."""

    def handled(cls: Any) -> Any:
        handler = cls.__new__(cls)
        handler.client_address = CLIENT
        handler.rfile, handler.wfile = io.BytesIO(GET), io.BytesIO()
        handler.raw_requestline = handler.rfile.readline()
        assert handler.parse_request()
        handler.do_GET()
        return handler.wfile.getvalue()

    attributes = {"do_GET": answer, "date_time_string": lambda self: "now", "log_message": lambda *args: None}
    expected = handled(type("Theirs", (http.server.BaseHTTPRequestHandler,), attributes))
    with way(attributes) as cls:
        found = handled(cls)
    # There is no client to keep the connection for, so our answer may say that it ends.
    assert found.replace(b"Connection: close\r\n", b"") == expected
