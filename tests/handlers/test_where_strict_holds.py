# SPDX-License-Identifier: MIT
"""Where strict is in force: every way to switch it on, every kind of loop, and classes that cannot be strict."""

from __future__ import annotations

import http.client
import http.server
import io
import os
import subprocess
import sys
import warnings
import wsgiref.simple_server
from pathlib import Path
from typing import Any

import pytest

import fasthdr
import fasthdr.server
import fasthdr.simple_server
from tests.handlers.kinds import ALL, STRICT, Client, Server, answer, served
from tests.integration.processes import free_port
from tests.integration.wire import TIMEOUT, converse, serving

REFUSED = {
    "two lengths": (b"Host: h", b"Content-Length: 1", b"Content-Length: 2"),
    "both framings": (b"Host: h", b"Content-Length: 1", b"Transfer-Encoding: chunked"),
    "a blank before the colon": (b"Host: h", b"X : 1"),
    "two Host": (b"Host: h", b"Host: h"),
    "no Host": (b"X: 1",),
}
REQUESTS = {name: b"\r\n".join([b"GET / HTTP/1.1", *fields, b"", b""]) for name, fields in REFUSED.items()}
REQUESTS["a bare LF"] = b"GET / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n"


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
def test_refused(way: Any, request_: bytes) -> None:
    with served(way, do_GET=answer) as server:
        reply = converse(server.server_address, request_ + b"GET /next HTTP/1.1\r\nHost: h\r\n\r\n")
    assert reply.startswith(b"HTTP/1.1 400 ")
    assert reply.count(b"HTTP/1.1 ") == 1
    assert not server.errors


def _wsgi(module: Any, application: Any) -> Any:
    return module.make_server("127.0.0.1", 0, application, handler_class=_quiet(module.WSGIRequestHandler))


def _quiet(base: Any) -> Any:
    return type("Handler", (base,), {"log_message": lambda *args: None})


def _hello(environ: Any, start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
@pytest.mark.parametrize("module", [wsgiref.simple_server, fasthdr.simple_server], ids=lambda module: module.__name__)
def test_refused_by_wsgi_servers(module: Any, request_: bytes) -> None:
    with fasthdr.install(strict=True), _wsgi(module, _hello) as server, serving(server):
        reply = converse(server.server_address, request_)
    assert reply.startswith(b"HTTP/1.0 400 ")


def test_the_installed_switch_reaches_our_handlers() -> None:
    ours = fasthdr.server.BaseHTTPRequestHandler
    with fasthdr.install(strict=True):
        assert ours.strict
        assert http.server.BaseHTTPRequestHandler.strict  # type: ignore[attr-defined]
    assert ours.strict is False
    assert http.server.BaseHTTPRequestHandler.strict is False  # type: ignore[attr-defined]


@pytest.mark.parametrize("within", [False, True])
@pytest.mark.parametrize("off", [fasthdr.uninstall, lambda: fasthdr.install(strict=False, framed_body=False)])
@pytest.mark.parametrize("options", [{"strict": True}, {"framed_body": True}], ids=str)
def test_switched_off_during_a_connection(
    options: dict[str, bool], off: Any, within: bool, recwarn: pytest.WarningsRecorder
) -> None:
    """The connection goes on, and nobody is told that a parse_request() of http.server cannot be strict."""

    def do_POST(self: Any) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        if within:
            off()
        answer(self, content)

    fasthdr.install(**options)
    try:
        members = {"protocol_version": "HTTP/1.1", "do_POST": do_POST, "log_message": lambda *args: None}
        handler = type("Handler", (http.server.BaseHTTPRequestHandler,), members)
        with Server(handler) as server, serving(server), Client(server) as client:
            for _ in range(3):
                client.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")
                assert client.response() == (200, b"abc")
                off()
    finally:
        fasthdr.uninstall()
    assert not server.errors
    assert not [*recwarn]


def test_a_class_says_otherwise() -> None:
    with served(STRICT["install(strict=True)"], strict=False, do_GET=answer) as server:
        assert converse(server.server_address, REQUESTS["no Host"]).startswith(b"HTTP/1.1 200 ")


def test_nested_installs() -> None:
    handler = http.server.BaseHTTPRequestHandler
    with fasthdr.install() as outer:
        assert handler.strict is False  # type: ignore[attr-defined]
        with fasthdr.install(strict=True) as inner:
            assert handler.strict is True  # type: ignore[attr-defined]
            assert inner.strict
            assert not outer.strict
        assert handler.strict is False  # type: ignore[attr-defined]
        assert not inner.strict
    assert handler.strict is False  # type: ignore[attr-defined]


MODULES = {
    "http.server": ["http.server", "--bind", "127.0.0.1", "{port}"],
    "fasthdr.server": ["fasthdr.server", "--bind", "127.0.0.1", "{port}"],
    "wsgiref.simple_server": ["tests.handlers.wsgiref_main", "{port}"],
}


@pytest.mark.parametrize("module", [*MODULES, "http.server, imported before"])
def test_a_module_run_as_the_program(module: str, tmp_path: Path) -> None:
    """`python -m` imports http.server a second time; that copy is strict, too."""
    port = free_port()
    module, _, before = module.partition(", ")
    words = [word.format(port=port) for word in MODULES[module]]
    command = [
        sys.executable,
        *["-W", "ignore::RuntimeWarning:runpy"] * bool(before),
        "-m",
        "fasthdr",
        "--strict",
        "-m",
    ]
    paths = os.environ.get("PYTHONPATH", "")
    if before:
        (tmp_path / "sitecustomize.py").write_text("import http.server\n")
        paths = f"{tmp_path}{os.pathsep}{paths}"
    environment = {**os.environ, "PYTHONPATH": paths}
    with subprocess.Popen(
        [*command, *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            for name, request in REQUESTS.items():
                reply = _converse_once_it_listens(port, request)
                assert b" 400 " in reply.partition(b"\r\n")[0], (name, reply)
        finally:
            process.terminate()
            _, log = process.communicate(timeout=TIMEOUT)
    assert "Traceback" not in log
    assert "RuntimeWarning" not in log


def _converse_once_it_listens(port: int, request: bytes) -> bytes:
    import time

    for _ in range(TIMEOUT * 50):
        try:
            return converse(("127.0.0.1", port), request)
        except ConnectionRefusedError:
            time.sleep(0.02)
    raise AssertionError("the server does not listen")


# ------------------------------------------------------------------------------------------------ loops of other kinds


def _own_round(self: Any) -> None:
    """A handle_one_request() of the program's own, like Django's."""
    self.raw_requestline = self.rfile.readline(65537)
    if not self.raw_requestline:
        self.close_connection = True
    elif self.parse_request():
        answer(self, self.path.encode())


def _round_around_ours(self: Any) -> None:
    import http.server

    http.server.BaseHTTPRequestHandler.handle_one_request(self)


def _round_by_super(base: Any) -> Any:
    def handle_one_request(self: Any) -> None:
        super(type(self), self).handle_one_request()

    return handle_one_request


def _own_loop(self: Any) -> None:
    """A handle() that reads requests by itself, without handle_one_request()."""
    self.close_connection = False
    while not self.close_connection:
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            return
        self.do()
        answer(self, self.path.encode())


POST = b"POST /%d HTTP/1.1\r\nHost: h\r\nContent-Length: 35\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_a_round_of_the_programs_own(way: Any) -> None:
    """Its next readline() gives the line behind an unread body."""
    with served(way, handle_one_request=_own_round) as server, Client(server) as client:
        for number in range(3):
            client.send(POST % number)
            assert client.response() == (200, b"/%d" % number)
        client.send(b"GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        assert client.response() == (200, b"/last")
        assert client.rest() == b""
    assert not server.errors


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_a_loop_of_the_programs_own(way: Any) -> None:
    """In such a loop nobody can tell where the program ends a request, so the connection ends after the first.

    What follows is neither answered nor handled, even a body that the program would take for a request.
    """
    paths = []

    def handle(self: Any) -> None:
        self.do = lambda: paths.append(self.path)
        _own_loop(self)

    with served(way, handle=handle) as server:
        reply = converse(server.server_address, POST % 1 + POST % 2)
    assert reply.count(b"HTTP/1.1 200 ") == 1
    assert b"smuggled" not in reply
    assert paths == ["/1"]
    assert not server.errors


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_a_round_that_calls_the_one_it_overrides(way: Any) -> None:
    calls = []

    def do_POST(self: Any) -> None:
        answer(self, self.rfile.read())

    with way({"protocol_version": "HTTP/1.1", "do_POST": do_POST, "log_message": lambda *args: None}) as base:

        class Handler(base):  # type: ignore[misc, valid-type]
            def handle_one_request(self) -> None:
                calls.append(1)
                super().handle_one_request()

        with Server(Handler) as server, serving(server), Client(server) as client:
            for _ in range(2):
                client.send(POST % 1)
                assert client.response()[0] == 200
            assert len(calls) >= 2
    assert not server.errors


# ------------------------------------------------------------------------------------------------------- not supported


def _own_parse(self: Any) -> bool:
    self.command, self.path, self.request_version = "GET", "/own", "HTTP/1.1"
    self.requestline = "own"
    self.close_connection = True
    self.headers = http.client.parse_headers(self.rfile)
    return True


def _blind_parse(self: Any) -> bool:
    self.command, self.path, self.request_version = "GET", "/own", "HTTP/1.1"
    self.requestline = "own"
    self.close_connection = True
    return True


@pytest.mark.parametrize("parse", [_own_parse, _blind_parse], ids=["reads the fields", "reads nothing"])
@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_a_parse_request_of_its_own(way: Any, parse: Any) -> None:
    """A RuntimeWarning names the class and the method, so that nobody believes its requests to be strict."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with served(way, parse_request=parse, do_GET=answer) as server:
            reply = converse(server.server_address, REQUESTS["two Host"])
            assert converse(server.server_address, REQUESTS["two Host"]) == reply  # it warns only once
    assert reply.startswith(b"HTTP/1.1 200 ")
    told = [str(warning.message) for warning in caught if warning.category is RuntimeWarning]
    assert len(told) == 1
    assert "Handler.parse_request() never calls the method that it overrides" in told[0]


@pytest.mark.parametrize("module", [wsgiref.simple_server, fasthdr.simple_server], ids=lambda module: module.__name__)
@pytest.mark.parametrize("parse", [_own_parse, _blind_parse], ids=["reads the fields", "reads nothing"])
@pytest.mark.parametrize("switch", ["strict", "framed_body"])
def test_a_parse_request_of_its_own_in_a_wsgi_server(switch: str, parse: Any, module: Any) -> None:
    """Its handle() calls parse_request() without handle_one_request()."""

    def parse_request(self: Any) -> bool:
        self.headers = http.client.parse_headers(io.BytesIO())
        return bool(parse(self))

    options: Any = {switch: True}
    with warnings.catch_warnings(record=True) as caught, fasthdr.install(**options):
        warnings.simplefilter("always")
        handler = type("Handler", (_quiet(module.WSGIRequestHandler),), {"parse_request": parse_request})
        with module.make_server("127.0.0.1", 0, _hello, handler_class=handler) as server, serving(server):
            reply = converse(server.server_address, REQUESTS["two Host"])
    assert b" 200 " in reply
    told = [str(warning.message) for warning in caught if warning.category is RuntimeWarning]
    assert len(told) == 1
    assert "Handler.parse_request() never calls the method that it overrides" in told[0]


@pytest.mark.parametrize("parse", [_own_parse, _blind_parse], ids=["reads the fields", "reads nothing"])
def test_a_parse_request_of_its_own_is_refused(parse: Any) -> None:
    with (
        fasthdr.install(strict=True, on_unsupported="raise"),
        served(
            STRICT["strict = True, install()"], parse_request=parse, do_GET=answer, on_unsupported="raise"
        ) as server,
    ):
        converse(server.server_address, REQUESTS["two Host"])
    assert [type(error).__name__ for error in server.errors] == ["UnsupportedHandler"]
    assert "parse_request() never calls the method that it overrides" in str(server.errors[0])


@pytest.mark.parametrize("ours", [False, True], ids=["http.server", "fasthdr.server"])
@pytest.mark.parametrize("parse", [_own_parse, _blind_parse], ids=["reads the fields", "reads nothing"])
@pytest.mark.parametrize("switch", ["strict", "framed_body"])
def test_what_install_says_of_a_parse_request_of_its_own(switch: str, parse: Any, ours: bool) -> None:
    """The option reaches the classes of both modules, and a class may override it."""
    module: Any = fasthdr.server if ours else http.server
    options: Any = {switch: True, "on_unsupported": "raise"}
    errors = []
    with fasthdr.install(**options):
        for attributes in ({}, {"on_unsupported": "warn"}):
            methods = {"parse_request": parse, "do_GET": answer, "log_message": lambda *args: None}
            handler = type("Handler", (module.BaseHTTPRequestHandler,), {**methods, **attributes})
            with warnings.catch_warnings(), Server(handler) as server, serving(server):
                warnings.simplefilter("ignore")
                converse(server.server_address, REQUESTS["two Host"])
            errors.append([type(error).__name__ for error in server.errors])
    assert errors == [["UnsupportedHandler"], []]


def test_a_parse_request_that_calls_ours(recwarn: pytest.WarningsRecorder) -> None:
    with fasthdr.install(strict=True):

        class Handler(http.server.BaseHTTPRequestHandler):
            def parse_request(self) -> bool:
                return super().parse_request()

            do_GET = answer
            log_message = lambda *args: None  # noqa: E731

        with Server(Handler) as server, serving(server):
            assert b" 400 " in converse(server.server_address, REQUESTS["no Host"])
    assert not recwarn.list


@pytest.mark.parametrize("name", ["parse_request", "handle_one_request"])
def test_another_programs_patch(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A method that strict relies on has been patched by another program: install() warns, or refuses."""
    theirs = getattr(http.server.BaseHTTPRequestHandler, name)
    monkeypatch.setattr(http.server.BaseHTTPRequestHandler, name, lambda self: theirs(self))
    with pytest.warns(RuntimeWarning, match=f"{name} has been patched by .*not strict"), fasthdr.install(strict=True):
        pass
    with pytest.raises(RuntimeError, match=f"{name} has been patched by"):
        fasthdr.install(strict=True, on_unsupported="raise")
    assert not fasthdr.is_installed()


def test_unknown_value_of_on_unsupported() -> None:
    with pytest.raises(ValueError, match="on_unsupported"):
        fasthdr.install(on_unsupported="ignore")  # type: ignore[arg-type]


# -------------------------------------------------------------------------------------- without setup() or a connection


def _bare(cls: Any, line: bytes, rest: bytes) -> Any:
    handler = cls.__new__(cls)
    handler.raw_requestline = line
    handler.rfile = io.BytesIO(rest)
    handler.wfile = io.BytesIO()
    handler.client_address = ("192.0.2.1", 1)
    return handler


@pytest.mark.parametrize(
    "connection", [{}, {"connection": None}, {"connection": object()}], ids=["no", "None", "other"]
)
@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_a_handler_without_a_connection(way: Any, connection: dict[str, Any]) -> None:
    """parse_request() works on a handler that has only its files, or a connection that is not a socket."""
    with way({"log_message": lambda *args: None, **connection}) as cls:
        handler = _bare(cls, b"POST /a HTTP/1.1\r\n", b"Host: h\r\nContent-Length: 3\r\n\r\nabcGET /next")
        assert handler.parse_request()
        assert (handler.command, handler.path, handler.headers["Host"]) == ("POST", "/a", "h")
        assert handler.rfile.read() == b"abc"
        assert handler.rfile.read(1) == b""


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_a_parse_request_of_its_own_without_a_connection(way: Any) -> None:
    """The warning comes at the end of the request, as nothing is closed."""
    with way({"log_message": lambda *args: None, "parse_request": _blind_parse, "do_GET": answer}) as cls:
        handler = _bare(cls, b"", REQUESTS["two Host"])
        with pytest.warns(RuntimeWarning, match="never calls the method that it overrides"):
            handler.handle_one_request()


@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
def test_a_refused_handler_without_a_connection(way: Any) -> None:
    with way({"log_message": lambda *args: None}) as cls:
        handler = _bare(cls, b"GET / HTTP/1.1\r\n", b"X : 1\r\n\r\n")
        out = handler.wfile
        assert not handler.parse_request()
        assert out.getvalue().startswith(b"HTTP/1.0 400 ")


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_an_rfile_around_ours(way: Any) -> None:
    """The program wraps our rfile in its own file: the request stays framed."""

    class Around:
        def __init__(self, file: Any) -> None:
            self.file = file

        def readline(self, limit: int = -1) -> bytes:
            return self.file.readline(limit)

        def read(self, size: int = -1) -> bytes:
            return self.file.read(size)

        def close(self) -> None:
            self.file.close()

    def do_POST(self: Any) -> None:
        assert type(self.rfile) is Around
        answer(self, self.rfile.read())

    with way({"protocol_version": "HTTP/1.1", "do_POST": do_POST, "log_message": lambda *args: None}) as base:

        class Handler(base):  # type: ignore[misc, valid-type]
            def setup(self) -> None:
                super().setup()
                self.rfile = Around(self.rfile)

        with Server(Handler) as server, serving(server), Client(server) as client:
            for _ in range(2):
                client.send(POST % 1)
                assert client.response() == (200, POST.partition(b"\r\n\r\n")[2])
    assert not server.errors
