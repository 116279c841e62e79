# SPDX-License-Identifier: MIT
"""The WSGI environ against wsgiref's for the same requests, and the ASGI scope against the parts of the head."""

from __future__ import annotations

import io
import subprocess
import sys
from types import MappingProxyType, SimpleNamespace
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fasthdr
import fasthdr.simple_server
from fasthdr._pure import parse as _pure
from fasthdr._standins import server_request
from fasthdr._stdlib import in_memory
from tests.differential import heads
from tests.differential.gateways import BASE, REQUESTS, Ours, Plain, check, environ
from tests.differential.observe import outcome
from tests.implementations import IMPLEMENTATIONS
from tests.together import together

each = pytest.mark.parametrize("api", IMPLEMENTATIONS)


@together("data", REQUESTS)
def test_get_environ(data: bytes) -> None:
    check(data)


@given(heads.requests)
def test_get_environ_generated(data: bytes) -> None:
    check(data)


@given(st.binary(max_size=60).filter(lambda target: not set(target) & set(b" \t\r\n\v\f\x1c\x1d\x1e\x1f\x85\xa0")))
def test_get_environ_generated_target(target: bytes) -> None:
    check(b"GET /" + target + b" HTTP/1.1\r\n\r\n")


class Text(str):
    def __add__(self, other: str) -> Any:
        return Text(f"<{self}{other}>")


@pytest.mark.parametrize(
    "before", [lambda: "base", str, lambda: Text("base"), lambda: 5, lambda: None, lambda: ["base"], lambda: b"base"]
)
@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_base_that_has_the_variable_of_a_field(before: Any, count: int) -> None:
    """The values of the fields are joined with the server's value, by that object's own `+=`."""
    block = b"Cookie: a\r\nX-Own: b\r\ncookie: c\r\nX-OWN: d\r\n" * count + b"\r\n"
    results = []
    for cls in (Plain, Ours):
        for touch in (False, True):
            handler = cls(block, "192.0.2.1")
            handler.server = SimpleNamespace(base_environ={**BASE, "HTTP_COOKIE": before(), "HTTP_X_OWN": before()})
            handler.raw_requestline = b"GET / HTTP/1.1\r\n"
            assert handler.parse_request()
            if touch:
                handler.headers["X-Last"] = "1"
            results.append(outcome(lambda: list(handler.get_environ().items())))
    assert results[2:] == results[:2]
    for parse in (fasthdr.parse_request, _pure.parse_request):
        for foreign in (b"", b"A:b\rc:d\r\n"):
            base = {**BASE, "HTTP_COOKIE": before(), "HTTP_X_OWN": before()}
            head: Any = parse(b"GET / HTTP/1.1\r\n" + block[:-2] + foreign + b"\r\n")
            found = outcome(lambda: head.wsgi_environ(base))
            if isinstance(found, tuple):
                assert found == results[0]
            else:
                expected = dict(results[0])
                assert [found[name] for name in ("HTTP_COOKIE", "HTTP_X_OWN")] == [
                    expected[name] for name in ("HTTP_COOKIE", "HTTP_X_OWN")
                ]


class Alike(str):
    """A str that equals "ACCEPT" and has its hash."""

    def __eq__(self, other: object) -> bool:
        return other == "ACCEPT"

    def __hash__(self) -> int:
        return hash("ACCEPT")


@pytest.mark.parametrize("key", ["HOST", "ACCEPT", "X_OWN", "HTTP_X", "", "\xe9", Text("HOST"), Alike("x")])
def test_a_base_that_has_a_field(key: str) -> None:
    """The environ has no field of that name, no field named like a variable, and no HTTP-X if there is an X."""
    names = [*BASE, "Server-Protocol", "Server-Software", "Request-Method", "Path-Info", "Query-String", "Remote-Addr"]
    names += ["Content-Type", "Host", "Accept", "accept", "X-Own", "x", "HTTP-X", "Http-Host", "HTTP-HTTP-X"]
    block = "".join(f"{name.replace('_', '-')}: {i}\r\n" for i, name in enumerate(names)).encode() + b"\r\n"
    results = []
    for cls in (Plain, Ours):
        handler = cls(block, "192.0.2.1")
        handler.server = SimpleNamespace(base_environ={**BASE, key: "own"})
        handler.raw_requestline = b"GET / HTTP/1.1\r\n"
        assert handler.parse_request()
        results.append(list(handler.get_environ().items()))
    assert results[1] == results[0]
    head = fasthdr.parse_request(b"GET / HTTP/1.1\r\n" + block)
    assert head is not None
    found = head.wsgi_environ({**BASE, key: "own"})
    # wsgi_environ() lacks the variables that only a server knows, so fields of these names are not left out.
    expected = {name: value for name, value in results[0] if name not in ("SERVER_SOFTWARE", "REMOTE_ADDR")}
    extra = ("HTTP_SERVER_SOFTWARE", "HTTP_REMOTE_ADDR")
    assert {name: value for name, value in found.items() if name not in extra} == expected


def test_get_environ_of_a_changed_message() -> None:
    handlers = []
    for cls in (Plain, Ours):
        handler = cls(b"Host: h\r\nX-A: 1\r\n\r\n", "192.0.2.1")
        handler.raw_requestline = b"GET / HTTP/1.1\r\n"
        assert handler.parse_request()
        del handler.headers["host"]
        handler.headers["X-B"] = "2"
        handlers.append(handler)
    plain, ours = (handler.get_environ() for handler in handlers)
    assert ours == plain
    assert ours["HTTP_X_B"] == "2"
    assert "HTTP_HOST" not in ours


def test_get_environ_of_a_subclass_with_a_message_class_of_its_own() -> None:
    class Other(Ours):
        MessageClass = type("Message", (fasthdr.client.HTTPMessage,), {})

    data = b"GET /a%20b?c HTTP/1.1\r\nHost: h\r\n\r\n"
    assert environ(Other, data) == environ(Plain, data)


NAMES_HOSTS = """
import wsgiref.simple_server

stdlib = wsgiref.simple_server.WSGIRequestHandler.get_environ

def get_environ(self):
    env = stdlib(self)
    if "REMOTE_HOST" in self.server.base_environ:
        env["REMOTE_HOST"] = self.server.base_environ["REMOTE_HOST"]
    else:
        env.pop("REMOTE_HOST", None)
    if NAMES and self.address_string() != self.client_address[0]:
        env["REMOTE_HOST"] = self.address_string()
    return env

wsgiref.simple_server.WSGIRequestHandler.get_environ = get_environ
import fasthdr.simple_server
from tests.differential import gateways

assert fasthdr.simple_server.WSGIRequestHandler.get_environ is not get_environ
for data in gateways.REQUESTS[:20]:
    gateways.check(data)
env = dict(gateways.environ(gateways.Ours, b"GET / HTTP/1.1\\r\\n\\r\\n"))
assert env["REMOTE_HOST"] == ("client.example" if NAMES else "")
"""


@pytest.mark.parametrize("names", [True, False])
def test_get_environ_with_and_without_the_name_of_the_client(names: bool) -> None:
    """Versions of the stdlib that look up the client's name, and versions that do not."""
    done = subprocess.run([sys.executable, "-c", f"NAMES = {names}\n{NAMES_HOSTS}"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_stdlib_that_leaves_a_dict_after_http_0_9(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in later versions: here it is a message all the same, and wsgiref gets an environ."""

    def later(self: Any) -> bool:
        rfile, self.rfile = self.rfile, io.BytesIO(b"\r\n")  # no field line is read
        ok = parse_request(self)
        self.rfile, self.headers = rfile, {}
        return ok

    parse_request = server_request.stdlib_parse_request
    monkeypatch.setattr(server_request, "stdlib_parse_request", later)
    monkeypatch.setattr(in_memory, "_read_line", later)
    data = b"GET /a\r\nHost: h\r\n\r\n"
    made = dict(environ(Ours, data))
    assert (made["SERVER_PROTOCOL"], made["PATH_INFO"], made["CONTENT_TYPE"]) == ("HTTP/0.9", "/a", "text/plain")
    assert "HTTP_HOST" not in made
    head = fasthdr.parse_request(data)
    assert head is not None
    assert (head.method, head.target, head.version, head.consumed) == ("GET", "/a", "HTTP/0.9", len(b"GET /a\r\n"))
    assert head.headers.items() == []


@each
@together("data", REQUESTS)
def test_wsgi_environ(api: Any, data: bytes) -> None:
    """It is what the handler makes of the request, without what only a server knows."""
    try:
        head = api.parse_request(data)
    except fasthdr.ParseError:
        return
    plain = environ(Plain, data, "192.0.2.1")
    if head is None or plain is None or plain[0] is AttributeError:
        return
    expected = dict(plain)
    del expected["SERVER_SOFTWARE"], expected["REMOTE_ADDR"]
    assert head.wsgi_environ(BASE) == expected
    assert "SERVER_SOFTWARE" not in BASE
    made = head.headers  # the same result after the message has been created
    assert made is head.headers
    assert head.wsgi_environ(BASE) == expected


def test_wsgi_environ_alone() -> None:
    head = fasthdr.parse_request(b"POST /a%2Fb?c=d HTTP/1.0\r\nContent-Length: 3\r\nCookie: x\r\n\r\nabc")
    assert head is not None
    assert head.wsgi_environ() == {
        "SERVER_PROTOCOL": "HTTP/1.0",
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/a/b",
        "QUERY_STRING": "c=d",
        "CONTENT_TYPE": "text/plain",
        "CONTENT_LENGTH": "3",
        "HTTP_COOKIE": "x",
    }


@each
@together("data", REQUESTS)
def test_asgi_scope(api: Any, data: bytes) -> None:
    try:
        head = api.parse_request(data)
    except fasthdr.ParseError:
        return
    if head is None:
        return
    scope = head.asgi_scope({"client": ("192.0.2.1", 1), "scheme": "https"})
    assert scope["type"] == "http"
    assert scope["asgi"]["version"] == "3.0"
    assert scope["http_version"] == head.version.removeprefix("HTTP/")
    assert scope["method"] == head.method.upper()
    assert (scope["client"], scope["scheme"], scope["root_path"]) == (("192.0.2.1", 1), "https", "")
    assert scope["headers"] == [
        (name.lower().encode("latin-1"), value.strip(" \t").encode("latin-1")) for name, value in head.headers.items()
    ]
    sent = head.target.encode("latin-1")
    if sent[:1] == b"/":
        assert scope["raw_path"] == sent.partition(b"?")[0]
        assert scope["query_string"] == sent.partition(b"?")[2]
        assert scope["path"] == unquote_to_bytes(scope["raw_path"]).decode("utf-8", "replace")


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        (b"/%C3%A9?%C3%A9", "/é", b"%C3%A9"),
        (b"/%ff", "/\ufffd", b""),
        (b"http://h/p%20q?r", "/p q", b"r"),
        (b"http://h", "/", b""),
        (b"http://h?q/r", "/", b"q/r"),
        (b"*", "*", b""),
        (b"h:443", "h:443", b""),
        (b"/a://b", "/a://b", b""),
    ],
)
def test_asgi_scope_of_a_target(target: bytes, path: str, query: bytes) -> None:
    head = fasthdr.parse_request(b"GET " + target + b" HTTP/1.1\r\n\r\n")
    assert head is not None
    scope = head.asgi_scope()
    assert (scope["path"], scope["query_string"]) == (path, query)
    assert unquote(scope["raw_path"].decode("latin-1"), errors="replace") == path


@each
def test_what_the_server_knows(api: Any) -> None:
    """Anything that dict.update() takes; 0 and other values that count as false are not the same as None."""
    head = api.parse_request(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    for make in (head.asgi_scope, head.wsgi_environ):
        assert make(None) == make({}) == make([]) == make()
        for base in ({"a": 1}, [("a", 1)], MappingProxyType({"a": 1}), {"a": 1}.items()):
            assert make(base) == {**make(), "a": 1}
        for wrong in (0, False, 1, object()):
            with pytest.raises(TypeError):
                make(wrong)
