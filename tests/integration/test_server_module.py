# SPDX-License-Identifier: MIT
"""fasthdr.server, fasthdr.client and fasthdr.simple_server in place of the standard library's modules."""

from __future__ import annotations

import contextlib
import http.client
import http.server
import io
import socket
import socketserver
import subprocess
import sys
import wsgiref.simple_server
from types import ModuleType
from typing import Any

import pytest

import fasthdr
import fasthdr.client
import fasthdr.server
import fasthdr.simple_server
from tests.integration.echo import OwnEcho, StdlibEcho
from tests.integration.handlers import MESSAGE_CLASSES, OVERRIDES, OwnMessage
from tests.integration.traffic import BROWSER, CURL, HTTP_09, ODD, WELL_FORMED, request
from tests.integration.wire import converse, masked, serving

MODULES = {
    "server": (http.server, fasthdr.server),
    "client": (http.client, fasthdr.client),
    "simple_server": (wsgiref.simple_server, fasthdr.simple_server),
}
# The classes and functions in each module that are our own.
OWN = {
    "server": {
        "BaseHTTPRequestHandler",
        "SimpleHTTPRequestHandler",
        "CGIHTTPRequestHandler",
        "HTTPServer",
        "ThreadingHTTPServer",
        "HTTPSServer",
        "ThreadingHTTPSServer",
    },
    "client": {"HTTPMessage", "HTTPResponse", "HTTPConnection", "HTTPSConnection", "parse_headers"},
    "simple_server": {"WSGIRequestHandler", "WSGIServer", "make_server", "BaseHTTPRequestHandler", "HTTPServer"},
}

twin_modules = pytest.mark.parametrize(("theirs", "ours"), MODULES.values(), ids=MODULES)


@twin_modules
def test_all_is_the_same(theirs: ModuleType, ours: ModuleType) -> None:
    assert list(ours.__all__) == list(theirs.__all__)
    namespace: dict[str, Any] = {}
    exec(f"from {ours.__name__} import *", namespace)
    assert set(theirs.__all__) <= set(namespace)


@twin_modules
def test_every_name_is_there(theirs: ModuleType, ours: ModuleType) -> None:
    own = OWN[ours.__name__.rpartition(".")[2]]
    for name in vars(theirs):
        if name.startswith("__"):
            continue
        assert hasattr(ours, name), name
        assert name in dir(ours), name
        public = not name.startswith("_") and not isinstance(getattr(theirs, name), ModuleType)
        if public and name not in own:
            assert getattr(ours, name) is getattr(theirs, name), name
    with pytest.raises(AttributeError, match="no_such_name"):
        ours.no_such_name


@twin_modules
def test_dir_shows_what_the_stdlib_has(theirs: ModuleType, ours: ModuleType) -> None:
    """Tab completion offers no names that only we have, and none that fail."""
    assert dir(ours) == dir(theirs)
    assert all(hasattr(ours, name) for name in dir(ours))


def test_dir_of_the_package() -> None:
    shown = [name for name in dir(fasthdr) if not name.startswith("__")]
    assert shown == sorted({*fasthdr.__all__, *MODULES})
    assert all(hasattr(fasthdr, name) for name in dir(fasthdr))
    with pytest.raises(AttributeError, match="module 'fasthdr' has no attribute 'no_such_name'"):
        fasthdr.no_such_name


@pytest.mark.parametrize("name", MODULES)
def test_a_mirror_is_imported_when_it_is_asked_for(name: str) -> None:
    program = f"import fasthdr; print(fasthdr.{name}.__name__)"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout == f"fasthdr.{name}\n"


def test_the_package_imports_no_server() -> None:
    program = "import fasthdr, sys; sys.exit('fasthdr.server' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize("server", [fasthdr.server.ThreadingHTTPServer, fasthdr.simple_server.WSGIServer])
def test_64_clients_connect_at_once(server: Any) -> None:
    """They connect before the server accepts any; with socketserver's queue of 5, the seventh would wait until then."""
    with server(("127.0.0.1", 0), fasthdr.server.BaseHTTPRequestHandler) as server, contextlib.ExitStack() as stack:
        assert server.request_queue_size == 128
        for _ in range(64):
            stack.enter_context(socket.create_connection(server.server_address, timeout=10))


def test_a_class_keeps_its_own_queue_size() -> None:
    class Server(fasthdr.server.HTTPServer):
        request_queue_size = 7

    with Server(("127.0.0.1", 0), fasthdr.server.BaseHTTPRequestHandler) as server:
        assert server.request_queue_size == 7
    assert http.server.HTTPServer.request_queue_size == socketserver.TCPServer.request_queue_size


@twin_modules
def test_the_classes_are_subclasses(theirs: ModuleType, ours: ModuleType) -> None:
    """Each is a subclass of the standard library's, and they inherit from each other as the standard library's do."""
    names = [name for name in vars(theirs) if isinstance(vars(theirs)[name], type) and hasattr(ours, name)]
    for name in names:
        assert issubclass(getattr(ours, name), getattr(theirs, name)), name
        for other in names:
            if issubclass(getattr(theirs, name), getattr(theirs, other)):
                assert issubclass(getattr(ours, name), getattr(ours, other)), (name, other)


def test_relations_across_modules() -> None:
    assert issubclass(fasthdr.simple_server.WSGIRequestHandler, fasthdr.server.BaseHTTPRequestHandler)
    assert issubclass(fasthdr.simple_server.WSGIServer, fasthdr.server.HTTPServer)
    assert fasthdr.server.BaseHTTPRequestHandler.MessageClass is fasthdr.client.HTTPMessage


def test_what_is_set_on_the_stdlib_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http.server, "DEFAULT_ERROR_MESSAGE", "patched")
    assert fasthdr.server.DEFAULT_ERROR_MESSAGE == "patched"


@pytest.mark.parametrize(
    ("name", "reaches"),
    [("address_string", True), ("end_headers", True), ("parse_request", False), ("send_header", False)],
)
def test_a_method_put_into_the_stdlibs_class(name: str, reaches: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    def patched(self: Any, *args: Any) -> None: ...

    monkeypatch.setattr(http.server.BaseHTTPRequestHandler, name, patched)
    assert (getattr(fasthdr.server.SimpleHTTPRequestHandler, name) is patched) is reaches


# One connection for each.
CONNECTIONS = {
    "persistent": CURL + BROWSER + CURL,
    "bodies": WELL_FORMED["pipelined bodies"][1],
    "100-continue": WELL_FORMED["100-continue"][1] + CURL,
    "upload": WELL_FORMED["upload"][1],
    "HEAD": WELL_FORMED["head"][1],
    "HTTP/1.0 keep-alive": WELL_FORMED["HTTP/1.0 keep-alive"][1] + CURL,
    "obs-fold": WELL_FORMED["obs-fold"][1],
    "unknown method": ODD["unknown method"] + CURL,
    "HTTP/2.0": ODD["HTTP/2.0"],
    "bad syntax": ODD["four words"],
    "no colon": ODD["no colon"],
    "too many fields": ODD["too many fields"],
    "field line too long": ODD["field line too long"],
    "request line too long": ODD["request line too long"],
    "HTTP/0.9": HTTP_09["GET alone"],
    "version as a target": HTTP_09["version as a target"],
    "nothing": b"",
}


class Server(http.server.HTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print what the standard library prints, without the frames of the traceback."""
        print("died of", repr(sys.exc_info()[1]), file=sys.stderr)


def conversations(handler: Any, capsys: pytest.CaptureFixture[str]) -> dict[str, tuple[bytes, bytes]]:
    """Return connection -> what came back, and what was logged."""
    found = {}
    with serving(Server(("127.0.0.1", 0), handler)) as address:
        for name, data in CONNECTIONS.items():
            capsys.readouterr()
            found[name] = converse(address, data), masked(capsys.readouterr().err.encode())
    return found


@pytest.mark.parametrize("name", OVERRIDES)
def test_a_class_s_own_choice(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    override = OVERRIDES[name]
    theirs = conversations(override(StdlibEcho), capsys)
    ours = conversations(override(OwnEcho), capsys)
    with fasthdr.install():
        installed = conversations(override(StdlibEcho), capsys)
    if override is OVERRIDES["MessageClass: a subclass with a default type"]:
        # After an HTTP/0.9 request, ours is a message of that class, too; later standard libraries leave {}.
        for found in (theirs, ours, installed):
            assert found.pop("HTTP/0.9")[0].startswith(b"{")
            found.pop("version as a target")
    assert ours == theirs
    assert installed == theirs


@pytest.mark.parametrize("name", MESSAGE_CLASSES)
def test_the_type_of_the_message(name: str) -> None:
    """The message is a genuine instance of the class given as MessageClass."""

    class Types:
        protocol_version = "HTTP/1.0"
        MessageClass = MESSAGE_CLASSES[name]
        seen: list[Any]

        def do_GET(self) -> None:
            self.seen.append((type(self.headers), sorted(vars(self.headers)), self.headers.items()))
            self.send_response(204)
            self.end_headers()

    def ask(base: type) -> list[Any]:
        handler = type("Handler", (Types, base), {"seen": []})
        with serving(Server(("127.0.0.1", 0), handler)) as address:
            assert b" 204 " in converse(address, CURL)
        return handler.seen  # type: ignore[attr-defined]

    theirs = ask(http.server.BaseHTTPRequestHandler)
    assert len(theirs) == 1
    assert ask(fasthdr.server.BaseHTTPRequestHandler) == theirs
    with fasthdr.install():
        ours = ask(http.server.BaseHTTPRequestHandler)
    if MESSAGE_CLASSES[name] is not http.client.HTTPMessage:  # install() replaces it by its subclass
        assert ours == theirs


def test_a_subclass_of_our_message() -> None:
    types: list[type] = []

    class Own(fasthdr.client.HTTPMessage):
        pass

    class Handler(OwnEcho):
        MessageClass = Own

        def do_GET(self) -> None:
            types.append(type(self.headers))
            self._echo()

    with serving(Server(("127.0.0.1", 0), Handler)) as address:
        ours = converse(address, BROWSER)
    assert types == [Own]
    with serving(Server(("127.0.0.1", 0), StdlibEcho)) as address:
        assert ours == converse(address, BROWSER)


@pytest.mark.parametrize("rbufsize", [0, -1])
def test_the_socket_after_the_head(rbufsize: int) -> None:
    """With an unbuffered rfile only the head is read: the handler finds the rest in the socket itself."""
    rest = b"\x00 tunnelled \r\n\r\n bytes"

    class Tunnel:
        def do_CONNECT(self) -> None:
            self.wfile.write(b"HTTP/1.1 200 Established\r\n\r\n")
            source = self.connection.makefile("rb", 0) if self.rbufsize == 0 else self.rfile
            while data := source.read(1):
                self.wfile.write(data.upper())

    def ask(base: type) -> bytes:
        handler = type("Handler", (Tunnel, base), {"rbufsize": rbufsize})
        with serving(Server(("127.0.0.1", 0), handler)) as address:
            return converse(address, request(b"CONNECT example.test:443 HTTP/1.1") + rest)

    assert ask(http.server.BaseHTTPRequestHandler).endswith(rest.upper())
    assert ask(fasthdr.server.BaseHTTPRequestHandler) == ask(http.server.BaseHTTPRequestHandler)


READ_ON = [b"GET / HTTP/1.1\r\n", b"GET /\r\n", b"GET  /x  HTTP/1.0\n", b"BREW /pot HTTP/1.1\r\n"]
REFUSED = [b"", b"\r\n", b"GET / HTTP/9.9\r\n", b"a b c d\r\n", b"POST /\r\n", b"GET / http/1.1\r\n"]


@pytest.mark.parametrize("message_class", [None, OwnMessage])
@pytest.mark.parametrize(
    ("line", "block"),
    [(line, b"Host: a\r\nX: y\r\n\r\nrest") for line in READ_ON + REFUSED] + [(line, None) for line in REFUSED],
)
def test_parse_request_alone(line: bytes, block: bytes | None, message_class: Any) -> None:
    """Some programs call it on an object without __init__, socket, server or wfile; it also works without an rfile."""

    def ask(base: Any) -> Any:
        class Handler(base):
            if message_class:
                MessageClass = message_class

            def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
                self.error = code, message, explain

        handler = Handler.__new__(Handler)
        handler.raw_requestline = line
        if block is not None:
            handler.rfile = io.BytesIO(block)
        result = handler.parse_request()
        state = {name: value for name, value in vars(handler).items() if name not in ("headers", "rfile")}
        headers = getattr(handler, "headers", None)
        items = headers if headers is None else list(headers.items())
        return result, state, items, block is not None and handler.rfile.read()

    theirs = ask(http.server.BaseHTTPRequestHandler)
    assert ask(fasthdr.server.BaseHTTPRequestHandler) == theirs
    with fasthdr.install():
        assert ask(http.server.BaseHTTPRequestHandler) == theirs


ON_THE_INSTANCE = {
    "command", "path", "request_version", "requestline", "raw_requestline", "close_connection", "rfile", "wfile",
    "client_address", "server", "connection",
}  # fmt: skip
ON_THE_CLASS = {
    "server_version", "sys_version", "error_message_format", "error_content_type", "protocol_version", "responses",
    "default_request_version", "weekdayname", "monthname", "rbufsize", "wbufsize", "timeout",
}  # fmt: skip


def test_the_documented_attributes() -> None:
    def ask(base: Any) -> Any:
        seen: list[Any] = []

        class Handler(base):
            def do_GET(self) -> None:
                seen.append({name: type(getattr(self, name)).__name__ for name in ON_THE_INSTANCE})
                seen.append({name for name in vars(self) if not name.startswith("_")})
                self.send_response(204)
                self.end_headers()

        with serving(Server(("127.0.0.1", 0), Handler)) as address:
            converse(address, CURL)
        return seen

    theirs, ours = ask(http.server.BaseHTTPRequestHandler), ask(fasthdr.server.BaseHTTPRequestHandler)
    assert len(theirs) == 2
    assert theirs[0]["wfile"] == "_SocketWriter"
    theirs[0]["wfile"] = "SocketWriter" if fasthdr.IMPLEMENTATION == "cython" else "_SocketWriter"  # its subclass
    assert ours == theirs
    for name in ON_THE_CLASS:
        assert getattr(fasthdr.server.BaseHTTPRequestHandler, name) == getattr(http.server.BaseHTTPRequestHandler, name)
