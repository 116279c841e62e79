# SPDX-License-Identifier: MIT
"""What a request's head says beyond its fields: its authority, its environ and scope, Upgrade, CONNECT."""

from __future__ import annotations

import io
from typing import Any

import pytest

import fasthdr
from fasthdr._pure import gateway as _pure_gateway
from tests.implementations import IMPLEMENTATIONS

api = pytest.mark.parametrize("api", IMPLEMENTATIONS)
both_modes = pytest.mark.parametrize("strict", [False, True], ids=["default", "strict"])

BASE = {"SERVER_NAME": "here", "SERVER_PORT": "80"}


def request(api: Any, line: bytes, *fields: bytes, strict: bool = True) -> Any:
    head = api.parse_request(line + b"\r\n" + b"".join(f + b"\r\n" for f in fields) + b"\r\n", strict=strict)
    assert head is not None
    return head


# ------------------------------------------------------------------------------------------------------ absolute-form

# Request line, authority, origin form.
TARGETS = [
    (b"GET http://real.example/x HTTP/1.1", "real.example", "/x"),
    (b"GET http://real.example/x?a=b HTTP/1.1", "real.example", "/x?a=b"),
    (b"GET HTTPS://real.example:8443/%20 HTTP/1.1", "real.example:8443", "/%20"),
    (b"GET http://real.example HTTP/1.1", "real.example", "/"),
    (b"GET http://real.example? HTTP/1.1", "real.example", "/?"),
    (b"GET http://real.example?a/b HTTP/1.1", "real.example", "/?a/b"),
    (b"GET http://[::1]:80//x HTTP/1.1", "[::1]:80", "//x"),
    (b"GET http://a/http://b/ HTTP/1.1", "a", "/http://b/"),
    (b"GET coap+tcp://a/ HTTP/1.1", "a", "/"),
    (b"OPTIONS http://real.example HTTP/1.1", "real.example", "*"),
    (b"OPTIONS http://real.example/ HTTP/1.1", "real.example", "/"),
    (b"OPTIONS http://real.example?a HTTP/1.1", "real.example", "/?a"),
    (b"options http://real.example HTTP/1.1", "real.example", "/"),
]
OTHER_TARGETS = [
    (b"GET /x?a HTTP/1.1", "sent.example", "/x?a"),
    (b"GET //a/b HTTP/1.1", "sent.example", "//a/b"),
    (b"GET /a://b/c HTTP/1.1", "sent.example", "/a://b/c"),
    (b"OPTIONS * HTTP/1.1", "sent.example", "*"),
    (b"CONNECT real.example:443 HTTP/1.1", "real.example:443", "real.example:443"),
]


@api
@both_modes
@pytest.mark.parametrize(("line", "authority", "origin"), [*TARGETS, *OTHER_TARGETS])
def test_authority_and_origin_target(api: Any, strict: bool, line: bytes, authority: str, origin: str) -> None:
    """RFC 9112 3.2 and 3.3; the target and the Host field stay as sent."""
    head = request(api, line, b"Host: sent.example", strict=strict)
    assert head.authority == authority
    if strict or not origin.startswith("//"):  # the default mode collapses leading slashes, as http.server does
        assert head.origin_target == origin
        assert head.target == line.split()[1].decode()
    assert head.get("host") == "sent.example"


@api
@both_modes
def test_authority_of_little(api: Any, strict: bool) -> None:
    assert request(api, b"GET / HTTP/1.0", strict=strict).authority is None
    assert request(api, b"GET / HTTP/1.0", b"Host:", strict=strict).authority == ""
    assert request(api, b"GET / HTTP/1.1", b"Host: \ta:80 \t", strict=strict).authority == "a:80"
    assert request(api, b"GET http://a/ HTTP/1.0", strict=strict).authority == "a"


@api
@pytest.mark.parametrize(
    ("line", "authority", "origin"),
    [
        (b"GET http://u:p@a/b HTTP/1.1", "a", "/b"),
        (b"GET http://u@v@a?b HTTP/1.1", "a", "/?b"),
        (b"GET http:///b HTTP/1.1", "", "/b"),
        (b"GET a HTTP/1.1", "h", "a"),
        (b"GET a:80 HTTP/1.1", "h", "a:80"),
        (b"GET 1://a/ HTTP/1.1", "h", "1://a/"),
        (b"GET ://a/ HTTP/1.1", "h", "://a/"),
        (b"GET a b://c HTTP/1.1", None, None),
        (b"GET a_b://c HTTP/1.1", "h", "a_b://c"),
        (b"GET \xe9://c HTTP/1.1", "h", "\xe9://c"),
        (b"CONNECT /a HTTP/1.1", "h", "/a"),
        (b"CONNECT * HTTP/1.1", "h", "*"),
        (b"CONNECT http://a/b HTTP/1.1", "a", "/b"),
        (b"GET * HTTP/1.1", "h", "*"),
    ],
)
def test_authority_of_what_only_the_default_mode_takes(
    api: Any, line: bytes, authority: str | None, origin: str | None
) -> None:
    if authority is None:
        with pytest.raises(fasthdr.ParseError):
            request(api, line, b"Host: h", strict=False)
        return
    head = request(api, line, b"Host: h", strict=False)
    assert (head.authority, head.origin_target) == (authority, origin)


@api
@pytest.mark.parametrize(("line", "authority", "origin"), TARGETS)
@pytest.mark.parametrize("host", [b"Host: other", b"Host:", b"hOST: real.example", None])
def test_gateways_of_an_absolute_form(api: Any, line: bytes, authority: str, origin: str, host: bytes | None) -> None:
    """RFC 9112 3.2.2: the target's authority replaces the Host field that was sent, or makes up for a missing one."""
    if host is None:
        line = line.replace(b"HTTP/1.1", b"HTTP/1.0")
    fields = [b"A: 1", *([host] if host is not None else []), b"B: 2"]
    head = request(api, line, *fields)
    path, _, query = origin.partition("?")
    env = head.wsgi_environ(BASE)
    assert env["HTTP_HOST"] == authority
    assert (env["PATH_INFO"], env["QUERY_STRING"]) == (path.replace("%20", " "), query)
    assert (env["HTTP_A"], env["HTTP_B"]) == ("1", "2")
    scope = head.asgi_scope()
    pairs = [(b"a", b"1"), (b"host", authority.encode()), (b"b", b"2")]
    assert scope["headers"] == (pairs if host is not None else [pairs[1], pairs[0], pairs[2]])
    assert (scope["path"], scope["raw_path"]) == (path.replace("%20", " "), path.encode())
    assert scope["query_string"] == query.encode()
    made = head.headers  # nothing changes once the message has been made
    assert made is head.headers
    assert (head.wsgi_environ(BASE), head.asgi_scope()) == (env, scope)


@api
@pytest.mark.parametrize(("line", "authority", "origin"), OTHER_TARGETS)
def test_gateways_of_other_forms(api: Any, line: bytes, authority: str, origin: str) -> None:
    head = request(api, line, b"Host: sent.example")
    env, scope = head.wsgi_environ(BASE), head.asgi_scope()
    path, _, query = origin.partition("?")
    assert (env["PATH_INFO"], env["QUERY_STRING"], env["HTTP_HOST"]) == (path, query, "sent.example")
    assert (scope["raw_path"], scope["headers"]) == (path.encode(), [(b"host", b"sent.example")])


@api
def test_the_default_mode_makes_what_wsgiref_makes(api: Any) -> None:
    """An absolute-form is taken as a path, and no name is left out."""
    head = request(
        api, b"GET http://real/x?y HTTP/1.1", b"Host: other", b"X-A: 1", b"X_A: 2", b"Proxy: p", strict=False
    )
    assert head.wsgi_environ() == {
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "http://real/x",
        "QUERY_STRING": "y",
        "CONTENT_TYPE": "text/plain",
        "HTTP_HOST": "other",
        "HTTP_X_A": "1,2",
        "HTTP_PROXY": "p",
    }
    assert head.asgi_scope()["headers"][0] == (b"host", b"other")


# ----------------------------------------------------------------------------------------------------------- environ


@api
def test_an_environ_without_ambiguous_names(api: Any) -> None:
    """In a strict environ each variable comes from one spelling of a field name, and HTTP_PROXY from none."""
    fields = [
        b"Host: h", b"X_Forwarded_For: forged", b"X-Forwarded-For: real", b"X-Forwarded-for: more", b"X-_A: 1",
        b"Proxy: http://evil/", b"PROXY: http://evil/", b"Content_Length: 5", b"Content_Type: x", b"_: 1",
        b"Proxy-Connection: a", b"Prox-y: b", b"Server-Name: forged",
    ]  # fmt: skip
    expected = {
        **BASE,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/",
        "QUERY_STRING": "",
        "CONTENT_TYPE": "text/plain",
        "HTTP_HOST": "h",
        "HTTP_X_FORWARDED_FOR": "real,more",
        "HTTP_PROXY_CONNECTION": "a",
        "HTTP_PROX_Y": "b",
    }
    head = request(api, b"GET / HTTP/1.1", *fields)
    assert head.wsgi_environ(BASE) == expected
    assert len(head.items()) == len(fields)  # the head still has them all
    made = head.headers
    assert made is head.headers
    assert head.wsgi_environ(BASE) == expected


def put_request(message: Any, path: str = "/a%20b?c", host: str | None = "client.example") -> list[Any]:
    """Return both implementations' environs, for a message instead of a head."""
    arguments = (BASE, "server/1", "GET", path, "HTTP/1.1", host, "192.0.2.1", message)
    made: list[Any] = [_pure_gateway.put_request(*arguments)]
    if fasthdr.IMPLEMENTATION == "cython":
        from fasthdr._core import gateway

        made.append(gateway.put_request(*arguments))
    return made


def message(block: bytes) -> Any:
    return fasthdr.client.parse_headers(io.BytesIO(block)) if fasthdr.IMPLEMENTATION == "cython" else plain(block)


def plain(block: bytes) -> Any:
    import http.client

    return http.client.parse_headers(io.BytesIO(block))


BLOCK = b"Host: h\r\nX-A: 1\r\nX_A: 2\r\nProxy: p\r\nContent-Type: a/b\r\nContent-Length: 3\r\n\r\n"
MADE = {
    **BASE,
    "SERVER_PROTOCOL": "HTTP/1.1",
    "SERVER_SOFTWARE": "server/1",
    "REQUEST_METHOD": "GET",
    "PATH_INFO": "/a b",
    "QUERY_STRING": "c",
    "REMOTE_HOST": "client.example",
    "REMOTE_ADDR": "192.0.2.1",
    "CONTENT_TYPE": "a/b",
    "CONTENT_LENGTH": "3",
    "HTTP_HOST": "h",
}


def test_put_request() -> None:
    for made in put_request(message(BLOCK)):
        assert made == {**MADE, "HTTP_X_A": "1,2", "HTTP_PROXY": "p"}
    for made in put_request(message(BLOCK), host=None):
        assert "REMOTE_HOST" not in made
    for made in put_request(message(BLOCK), "http://real/a%20b?c"):
        assert (made["PATH_INFO"], made["HTTP_HOST"]) == ("http://real/a b", "h")
    assert BASE == {"SERVER_NAME": "here", "SERVER_PORT": "80"}


@pytest.mark.skipif(fasthdr.IMPLEMENTATION != "cython", reason="plain Python leaves nothing to wsgiref")
def test_what_put_request_leaves_to_wsgiref() -> None:
    changed = message(BLOCK)
    changed["X-B"] = "2"
    assert [made is None for made in put_request(changed)] == [False, True]
    assert [made is None for made in put_request(plain(BLOCK))] == [False, True]
    assert [made is None for made in put_request(message(BLOCK), "/\u20ac")] == [False, True]


# ----------------------------------------------------------------------------------------------------------- Upgrade


@api
@both_modes
@pytest.mark.parametrize(
    ("version", "fields", "upgrade"),
    [
        ("1.1", [b"Connection: upgrade", b"Upgrade: websocket"], "websocket"),
        ("1.0", [b"Connection: upgrade", b"Upgrade: websocket"], None),
        ("1.1", [b"Upgrade: websocket"], None),
        ("1.1", [b"Connection: upgrade"], None),
        ("1.1", [b"Connection: upgrade", b"Upgrade:"], None),
        ("1.1", [b"Connection: keep-alive, Upgrade", b"Upgrade: a, b/1"], "a, b/1"),
        ("1.1", [b"Connection: keep-alive", b"Connection: x,UPGRADE", b"Upgrade: a"], "a"),
        ("1.1", [b"Connection: xupgrade, upgraded", b"Upgrade: a"], None),
        ("1.1", [b"Upgrade: a", b"Connection: upgrade", b"upgrade: b", b"Upgrade:", b"Upgrade: c \t"], "a, b, c"),
        ("1.2", [b"Connection: upgrade", b"Upgrade: a"], "a"),
    ],
)
def test_upgrade(api: Any, strict: bool, version: str, fields: list[bytes], upgrade: str | None) -> None:
    """RFC 9110 7.8: all Upgrade lines count, if a Connection line lists upgrade and the message is not HTTP/1.0."""
    line = b"HTTP/" + version.encode()
    assert request(api, b"GET / " + line, b"Host: a", *fields, strict=strict).upgrade == upgrade
    block = b"\r\n".join([b"", *fields, b"", b""])
    assert api.parse_response(line + b" 101 x" + block, strict=strict).upgrade == upgrade
    assert api.parse_headers(block[2:], strict=strict).upgrade == (upgrade if version != "1.0" else "websocket")


# ----------------------------------------------------------------------------------------------------------- CONNECT


@api
def test_framing_of_a_connect(api: Any) -> None:
    """RFC 9110 9.3.6."""
    for fields in ([], [b"Content-Length: 0"], [b"Content-Length: 000"]):
        assert request(api, b"CONNECT a:80 HTTP/1.1", b"Host: a:80", *fields).framing == 0


@api
@pytest.mark.parametrize("target", ["//a//b", "///", "//evil.example/%2e%2e/sub", "/a//b?//"])
def test_a_target_is_as_sent(api: Any, target: str) -> None:
    """A handler's path and the default mode's target begin with one slash; strict mode keeps what a proxy needs."""
    head = api.parse_request(f"GET {target} HTTP/1.1\r\nHost: h\r\n\r\n".encode(), strict=True)
    assert (head.target, head.origin_target, head.authority) == (target, target, "h")
    environ = head.wsgi_environ()
    assert environ["PATH_INFO"] + ("?" if "?" in target else "") + environ["QUERY_STRING"] == target.replace("%2e", ".")
