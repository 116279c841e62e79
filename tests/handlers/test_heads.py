# SPDX-License-Identifier: MIT
"""How strict handlers read heads: the standard library's hardening, messages of any class, and no second parse."""

from __future__ import annotations

import email.message
import http.client
import http.server
import io
from pathlib import Path
from typing import Any

import pytest

import fasthdr
import fasthdr.server
import fasthdr.simple_server
from tests.handlers.kinds import ALL, STRICT, Client, Server, answer, served
from tests.integration.handlers import MESSAGE_CLASSES
from tests.integration.wire import converse, serving


def _seen(self: Any) -> None:
    answer(self, repr((self.path, self.headers.get("Host"), self.command)).encode())


@pytest.mark.parametrize("ours", [True, False], ids=["fasthdr.server", "http.server"])
@pytest.mark.parametrize("switch", ["strict", "framed_body"])
def test_no_open_redirect(ours: bool, switch: str, tmp_path: Path) -> None:
    """CVE-2021-28861: a Location that begins with "//" leads to another host."""
    (tmp_path / "sub").mkdir()
    module: Any = fasthdr.server if ours else http.server
    attributes = {"log_message": lambda *args: None, switch: True, "directory": str(tmp_path)}

    def __init__(self: Any, *args: Any) -> None:
        module.SimpleHTTPRequestHandler.__init__(self, *args, directory=str(tmp_path))

    with fasthdr.install():
        handler = type("Handler", (module.SimpleHTTPRequestHandler,), {**attributes, "__init__": __init__})
        with Server(handler) as server, serving(server):
            for slashes in (b"//", b"///", b"/"):
                request = b"GET %sevil.example/%%2e%%2e/sub HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" % slashes
                reply = converse(server.server_address, request)
                assert b"\r\nLocation: /evil.example/%2e%2e/sub/\r\n" in reply, reply


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
@pytest.mark.parametrize(("target", "path"), [("//a//b", "/a//b"), ("///", "/"), ("/", "/"), ("/a//b?//", "/a//b?//")])
def test_path(way: Any, target: str, path: str) -> None:
    with served(way, do_GET=_seen) as server, Client(server) as client:
        client.send(f"GET {target} HTTP/1.1\r\nHost: h\r\n\r\n".encode())
        assert client.response() == (200, repr((path, "h", "GET")).encode())


# ------------------------------------------------------------------------------------------------------ absolute-form


@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
@pytest.mark.parametrize("host", [b"Host: other\r\n", b"Host: real.example:81\r\n"])
def test_absolute_form(way: Any, host: bytes) -> None:
    """Its authority is the host, whatever Host says; `path` is the target, which a proxy needs (RFC 9112 3.2.2)."""
    with served(way, do_GET=_seen) as server, Client(server) as client:
        client.send(b"GET http://real.example:81/a?b HTTP/1.1\r\n" + host + b"\r\n")
        assert client.response() == (200, repr(("http://real.example:81/a?b", "real.example:81", "GET")).encode())


@pytest.mark.parametrize("installed", [False, True])
def test_absolute_form_in_an_environ(installed: bool) -> None:
    import wsgiref.simple_server

    seen = []

    def application(environ: Any, start_response: Any) -> list[bytes]:
        seen.append({name: environ[name] for name in ("PATH_INFO", "QUERY_STRING", "HTTP_HOST")})
        start_response("200 OK", [])
        return [b""]

    module: Any = wsgiref.simple_server if installed else fasthdr.simple_server
    with fasthdr.install(strict=True):
        handler = type("Handler", (module.WSGIRequestHandler,), {"log_message": lambda *args: None})
        with module.make_server("127.0.0.1", 0, application, handler_class=handler) as server, serving(server):
            converse(server.server_address, b"GET http://real.example/a%20b?c HTTP/1.1\r\nHost: other\r\n\r\n")
            converse(server.server_address, b"GET http://real.example?c HTTP/1.1\r\nHost: other\r\n\r\n")
    assert seen == [
        {"PATH_INFO": "/a b", "QUERY_STRING": "c", "HTTP_HOST": "real.example"},
        {"PATH_INFO": "/", "QUERY_STRING": "c", "HTTP_HOST": "real.example"},
    ]


@pytest.mark.parametrize("installed", [False, True])
def test_fields_that_pass_for_others_in_an_environ(installed: bool) -> None:
    """X_Forwarded_For must not pass for X-Forwarded-For, nor Proxy for the HTTP_PROXY of the program's own requests."""
    import wsgiref.simple_server

    seen = []

    def application(environ: Any, start_response: Any) -> list[bytes]:
        seen.append({name: value for name, value in environ.items() if name.startswith("HTTP_")})
        start_response("200 OK", [])
        return [b""]

    module: Any = wsgiref.simple_server if installed else fasthdr.simple_server
    with fasthdr.install(strict=True):
        handler = type("Handler", (module.WSGIRequestHandler,), {"log_message": lambda *args: None})
        with module.make_server("127.0.0.1", 0, application, handler_class=handler) as server, serving(server):
            fields = (
                b"X-Forwarded-For: 192.0.2.1\r\nX_Forwarded_For: 198.51.100.1\r\nX_Only: 1\r\nProxy: http://evil/\r\n"
            )
            converse(server.server_address, b"GET / HTTP/1.1\r\nHost: h\r\n" + fields + b"\r\n")
    assert seen == [{"HTTP_HOST": "h", "HTTP_X_FORWARDED_FOR": "192.0.2.1"}]


@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
def test_no_proxy_field(way: Any) -> None:
    """Frameworks make their own environs from a handler's headers, so Proxy is not among these."""
    seen = []

    def do_GET(self: Any) -> None:
        seen.append(self.headers.items())
        answer(self)

    with served(way, do_GET=do_GET) as server, Client(server) as client:
        client.send(b"GET / HTTP/1.1\r\nHost: h\r\nproxy: x\r\nX: y\r\nProxy: z\r\n\r\n")
        assert client.response()[0] == 200
    assert seen == [[("Host", "h"), ("X", "y")]]


# ---------------------------------------------------------------------------------------------- messages from one parse


@pytest.mark.parametrize("name", MESSAGE_CLASSES)
@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
def test_messages_of_any_class(way: Any, name: str) -> None:
    seen = []

    def do_GET(self: Any) -> None:
        seen.append((type(self.headers), self.headers.items(), self.headers.get_payload(), self.headers.defects))
        answer(self)

    cls = MESSAGE_CLASSES[name]
    with served(way, do_GET=do_GET, MessageClass=cls) as server, Client(server) as client:
        client.send(b"GET / HTTP/1.1\r\nHost: h\r\nX-y:  z \r\n\r\n")
        assert client.response()[0] == 200
    found, items, payload, defects = seen[0]
    if isinstance(cls, type):
        assert found is cls or (cls is http.client.HTTPMessage and found is fasthdr.client.HTTPMessage)
    else:
        assert found is MESSAGE_CLASSES["a subclass"]
    assert [(key.lower(), value) for key, value in items] == [("host", "h"), ("x-y", "z")]
    assert not payload
    assert not defects


HOSTILE = {
    "100 fields": b"A: b\r\n" * 99,
    "an undefined charset": b"Content-Type: multipart/x; boundary*=undefined''a\r\n",
    "many parameters": b'Content-Type: multipart/x; boundary="' + b";" * 60_000 + b"\r\n",
    "a nested message": b"Content-Type: message/x\r\n" * 1,
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize(
    "cls", [None, http.client.HTTPMessage, email.message.Message], ids=["own", "stdlib's", "email's"]
)
@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
def test_no_second_parse(way: Any, cls: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message is made from the accepted rows; email.parser never sees them."""

    def refuse(*args: Any, **keywords: Any) -> Any:
        raise AssertionError("the head is parsed a second time")

    attributes = {} if cls is None else {"MessageClass": cls}
    with served(way, do_GET=answer, **attributes) as server, Client(server) as client:
        monkeypatch.setattr("email.parser.Parser.parsestr", refuse)
        client.send(b"GET / HTTP/1.1\r\nHost: h\r\n" + HOSTILE[name] + b"\r\n")
        assert client.response() == (200, b"ok")
    assert not server.errors


@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
def test_limits_of_the_class(way: Any) -> None:
    limits = {"max_line": 100_000, "max_headers": 300, "max_head": 1_000_000}
    with served(way, do_GET=answer, **limits) as server, Client(server) as client:
        client.send(b"GET / HTTP/1.1\r\nHost: h\r\n" + b"A: b\r\n" * 299 + b"\r\n")
        assert client.response() == (200, b"ok")
        client.send(b"GET / HTTP/1.1\r\nHost: h\r\nA: " + b"b" * 99_000 + b"\r\n\r\n")
        assert client.response() == (200, b"ok")
    limits = {"max_line": 100, "max_headers": 3, "max_head": 250}
    with served(way, do_GET=answer, **limits) as server:
        for request, status in (
            (b"GET /" + b"a" * 100 + b" HTTP/1.1\r\nHost: h\r\n\r\n", b"414"),
            (b"GET / HTTP/1.1\r\nHost: h\r\nA: " + b"b" * 100 + b"\r\n\r\n", b"431"),
            (b"GET / HTTP/1.1\r\nHost: h\r\n" + b"A: b\r\n" * 3 + b"\r\n", b"431"),
            (
                b"GET / HTTP/1.1\r\nHost: h\r\n"
                + (b"A: " + b"b" * 90 + b"\r\n") * 2
                + b"B: "
                + b"c" * 60
                + b"\r\n\r\n",
                b"431",
            ),
        ):
            assert converse(server.server_address, request).startswith(b"HTTP/1.1 " + status)


# ---------------------------------------------------------------------------------------------- bytes that are not HTTP

HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(200))


@pytest.mark.parametrize(
    ("sent", "status", "word"),
    [
        (HELLO[:1], b"400", "TLS"),
        (HELLO, b"400", "TLS"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"505", "version"),
        (b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", b"400", "PROXY"),
        (b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c", b"400", "PROXY"),
        (b"\x00\x01\x02", b"400", "HTTP"),
        (b"\xff\xfd\x18", b"400", "HTTP"),
    ],
    ids=["a byte of TLS", "TLS", "HTTP/2", "PROXY", "PROXY 2", "binary", "telnet"],
)
@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
def test_what_is_no_http(way: Any, sent: bytes, status: bytes, word: str) -> None:
    """The refusal names the protocol immediately, though the client waits for an answer and has not closed its side."""
    with served(way, linger_timeout=0.1) as server, Client(server) as client:
        client.send(sent)
        assert client.rest().startswith(b"HTTP/1.1 " + status)
        assert any(word in line for line in server.log)
    assert not server.errors


@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
def test_a_head_that_comes_byte_by_byte(way: Any) -> None:
    with served(way, do_GET=_seen) as server, Client(server) as client:
        for start in (b"", b"\r\n", b"\r\n\r\n"):
            request = start + b"GET /a HTTP/1.1\r\nHost: h\r\nX: y\r\n\r\n"
            client.send(*[request[at : at + 1] for at in range(len(request))])
            assert client.response() == (200, repr(("/a", "h", "GET")).encode())


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_pipelined_heads_in_pieces(way: Any) -> None:
    """Pieces end within the second head and within the third: a head begins with what is left of the piece before."""
    request = b"GET /%d HTTP/1.1\r\nHost: h\r\nX: " + b"y" * 50 + b"\r\n\r\n"
    data = b"".join(request % number for number in range(6))

    def do_GET(self: Any) -> None:
        answer(self, self.path.encode())

    with served(way, do_GET=do_GET) as server:
        for size in (1, 30, 101, 150, 250):
            with Client(server) as client:
                for at in range(0, len(data), size):
                    client.send(data[at : at + size])
                assert [client.response() for _ in range(6)] == [(200, b"/%d" % number) for number in range(6)]


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_no_request_line(way: Any) -> None:
    """As in http.server, an empty request line is neither answered nor handled."""
    with way({"log_message": lambda *args: None}) as cls:
        handler = cls.__new__(cls)
        handler.raw_requestline = b""
        handler.rfile = io.BytesIO(b"Host: h\r\n\r\n")
        handler.wfile = out = io.BytesIO()
        assert not handler.parse_request()
        assert handler.close_connection
        assert out.getvalue() == b""


@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
def test_a_request_line_that_the_program_has_changed(way: Any) -> None:
    with way({"log_message": lambda *args: None, "do_GET": _seen, "protocol_version": "HTTP/1.1"}) as base:

        class Handler(base):  # type: ignore[misc, valid-type]
            def parse_request(self) -> bool:
                self.raw_requestline = self.raw_requestline.replace(b"BREW", b"GET")
                return super().parse_request()  # type: ignore[no-any-return]

        with Server(Handler) as server, serving(server), Client(server) as client:
            for _ in range(2):
                client.send(b"BREW /a HTTP/1.1\r\nHost: h\r\n\r\n")
                assert client.response() == (200, repr(("/a", "h", "GET")).encode())


@pytest.mark.parametrize("way", STRICT.values(), ids=STRICT)
@pytest.mark.parametrize("data", [b"", b"\r\n", b"\r\n\r\n"])
def test_a_connection_that_ends_before_a_request(way: Any, data: bytes) -> None:
    with served(way) as server:
        assert converse(server.server_address, data) == b""
    assert not server.errors
    assert not server.log


def test_a_file_of_lines_alone() -> None:
    """A file that has only readline() and read() will do as rfile."""

    class Lines:
        def __init__(self, data: bytes) -> None:
            self._file = io.BytesIO(data)

        def readline(self, limit: int = -1) -> bytes:
            return self._file.readline(limit)

        def read(self, size: int = -1) -> bytes:
            return self._file.read(size)

    for name, way in ALL.items():
        with way({"log_message": lambda *args: None}) as cls:
            handler = cls.__new__(cls)
            handler.rfile = Lines(b"Host: h\r\nContent-Length: 3\r\n\r\nabcd")
            handler.wfile = io.BytesIO()
            handler.raw_requestline = b"POST / HTTP/1.1\r\n"
            assert handler.parse_request(), name
            assert handler.rfile.read() == b"abc"
