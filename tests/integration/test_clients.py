# SPDX-License-Identifier: MIT
"""Clients against canned responses, with and without install(): what they make of them must be the same."""

from __future__ import annotations

import email.message
import http.client
import http.cookiejar
import logging
import re
import socket
import ssl
import urllib.request
import xmlrpc.client
import xmlrpc.server
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import fasthdr
import fasthdr.client
from tests.integration.canned import ODD, RESPONSES, CannedServer
from tests.integration.echo import StdlibEcho, seen
from tests.integration.wire import TIMEOUT, assert_core_read, serving, twice

# Methods and bodies of the requests, each used with the paths for which it makes a difference.
GET = ("GET", None)
HEAD = ("HEAD", None)
POST = ("POST", b"a=b")


@pytest.fixture(scope="module")
def server() -> Iterator[CannedServer]:
    server = CannedServer()
    with serving(server):
        yield server


def outcome(ask: Callable[[], Any]) -> Any:
    """Return what a call gives, or what it raises: type and text, and those of each error behind it."""
    try:
        return ask()
    except Exception as error:
        found = []
        link: BaseException | None = error
        while link is not None:
            found.append((type(link), re.sub(r"0x[0-9a-f]+", "ADDRESS", str(link))))
            link = link.__cause__ or link.__context__
        return found


def by_http_client(address: Any, method: str, path: str, body: bytes | None, module: Any = http.client) -> Any:
    connection = module.HTTPConnection(*address, timeout=TIMEOUT)
    try:
        connection.request(method, path, body=body, headers={"Accept": "*/*"})
        with connection.getresponse() as response:
            facts = {
                "status": (response.version, response.status, response.reason, response.code),
                "headers": seen(response.headers),
                "same": response.msg is response.headers,
                "getheaders": response.getheaders(),
                "getheader": [response.getheader(name) for name in ("x-dup", "SET-COOKIE", "vary", "absent")],
                "length": (response.length, response.chunked, response.will_close),
                "body": outcome(response.read),
            }
        # If the server keeps the connection, it is used a second time.
        facts["again"] = outcome(lambda: (connection.request("GET", "/13-fields"), connection.getresponse().read())[1])
        return facts
    finally:
        connection.close()


# A new opener would read the system's certificates each time, although no test here uses TLS.
TLS = urllib.request.HTTPSHandler(context=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))


def by_urllib(address: Any, method: str, path: str, body: bytes | None) -> Any:
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(TLS, urllib.request.HTTPCookieProcessor(jar))
    url = f"http://{address[0]}:{address[1]}{path}"
    request = urllib.request.Request(url, data=body, method=method)
    try:
        response = opener.open(request, timeout=TIMEOUT)
    except urllib.request.HTTPError as error:
        response = error
    with response:
        return {
            "type": type(response),
            "status": (response.status, response.reason, response.url),
            "headers": seen(response.headers),
            "info": seen(response.info()),
            "body": outcome(response.read),
            "cookies": sorted((c.name, c.value, c.path, c.is_expired()) for c in jar),
        }


def by_urllib3(address: Any, method: str, path: str, body: bytes | None) -> Any:
    import urllib3

    with urllib3.PoolManager(timeout=TIMEOUT, retries=urllib3.Retry(3, backoff_factor=0)) as pool:
        response = pool.request(method, f"http://{address[0]}:{address[1]}{path}", body=body)
        return {
            "status": (response.version, response.status, response.reason, response.geturl()),
            "items": list(response.headers.items()),
            "merged": list(response.headers.itermerged()),
            "lists": [response.headers.getlist(name) for name in ("x-dup", "set-cookie", "vary", "absent")],
            "body": response.data,
            "history": [tuple(entry) for entry in response.retries.history],
        }


def by_requests(address: Any, method: str, path: str, body: bytes | None) -> Any:
    import requests

    with requests.Session() as session:
        session.trust_env = False
        response = session.request(method, f"http://{address[0]}:{address[1]}{path}", data=body, timeout=TIMEOUT)
        return {
            "status": (response.status_code, response.reason, response.url, response.encoding),
            "headers": list(response.headers.items()),
            "links": response.links,
            "body": response.content,
            "text": response.text,
            "cookies": sorted((c.name, c.value, c.path, c.is_expired()) for c in session.cookies),
            "history": [(r.status_code, r.url, list(r.headers.items())) for r in response.history],
        }


CLIENTS = {"http.client": by_http_client, "urllib": by_urllib, "urllib3": by_urllib3, "requests": by_requests}


@pytest.fixture(params=CLIENTS)
def client(
    request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture, server: CannedServer
) -> Callable[..., Any]:
    """Return a function that asks for a path and returns the result, what was logged, and what the server was asked."""
    if request.param in ("urllib3", "requests"):
        pytest.importorskip(request.param, reason=f"{request.param} is not installed here")
    ask = CLIENTS[request.param]
    caplog.set_level(logging.WARNING)

    def observed(method: str, path: str, body: bytes | None) -> Any:
        caplog.clear()
        server.requests.clear()
        result = outcome(lambda: ask(server.server_address, method, path, body))
        logged = [(r.name, r.levelname, re.sub(r"0x[0-9a-f]+", "ADDRESS", r.getMessage())) for r in caplog.records]
        return result, logged, list(server.requests)

    return observed


@pytest.mark.parametrize("path", RESPONSES)
def test_responses(client: Callable[..., Any], path: str) -> None:
    plain, ours, counts = twice(lambda: client(*GET[:1], path, None))
    assert ours == plain
    assert plain[2], "the server was asked nothing"
    assert_core_read(counts, 1)


@pytest.mark.parametrize("path", ["/13-fields", "/set-cookies", "/404", "/redirect", "/chunked", "/HTTP-1.0"])
@pytest.mark.parametrize(("method", "body"), [HEAD, POST])
def test_other_methods(client: Callable[..., Any], path: str, method: str, body: bytes | None) -> None:
    plain, ours, counts = twice(lambda: client(method, path, body))
    assert ours == plain
    assert_core_read(counts, 1)


@pytest.mark.parametrize("path", ODD)
def test_odd_responses(client: Callable[..., Any], path: str) -> None:
    plain, ours, _ = twice(lambda: client("GET", path, None))
    assert ours == plain
    assert plain[2], "the server was asked nothing"


@pytest.mark.parametrize("path", ["/13-fields", "/multipart", "/set-cookies", "/obs-fold", "/message"])
def test_the_exact_type(server: CannedServer, path: str) -> None:
    def ask() -> Any:
        connection = http.client.HTTPConnection(*server.server_address, timeout=TIMEOUT)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            response.read()
            return type(response.headers), list(vars(response.headers)), seen(response.headers)
        finally:
            connection.close()

    plain, ours, _ = twice(ask, exact_type=True)
    assert ours == plain
    assert ours[0] is http.client.HTTPMessage


def test_the_type(server: CannedServer, installed: None) -> None:
    connection = http.client.HTTPConnection(*server.server_address, timeout=TIMEOUT)
    try:
        connection.request("GET", "/13-fields")
        headers = connection.getresponse().headers
    finally:
        connection.close()
    assert type(headers) is fasthdr.client.HTTPMessage
    assert isinstance(headers, http.client.HTTPMessage)
    assert isinstance(headers, email.message.Message)


@pytest.mark.parametrize("fold", ["/13-fields", "/set-cookies", "/duplicates", "/obs-fold", "/latin-1", "/no-colon"])
def test_the_imported_parse_headers(fold: str) -> None:
    """It is called on a socket's own file, as a program with its own protocol would call it."""
    data = {**RESPONSES, **ODD}[fold].partition(b"\r\n")[2]

    def parse(module: Any) -> Any:
        ours, theirs = socket.socketpair()
        with ours, theirs, ours.makefile("rb") as file:
            theirs.sendall(data)
            theirs.shutdown(socket.SHUT_WR)
            return seen(module.parse_headers(file)), file.read()

    assert parse(fasthdr.client) == parse(http.client)


@pytest.mark.parametrize("path", [*RESPONSES, *ODD])
def test_the_imported_connection(server: CannedServer, path: str) -> None:
    """fasthdr.client.HTTPConnection works with nothing installed."""
    plain = outcome(lambda: by_http_client(server.server_address, "GET", path, None))
    fasthdr.collect_stats()
    ours = outcome(lambda: by_http_client(server.server_address, "GET", path, None, fasthdr.client))
    assert ours == plain
    if path in RESPONSES:
        assert_core_read(fasthdr.stats(), 1)


def test_both_ends_in_one_process() -> None:
    """http.client and http.server both use the core, on one persistent connection."""

    def ask() -> Any:
        answers = []
        with serving(http.server.ThreadingHTTPServer(("127.0.0.1", 0), StdlibEcho)) as address:
            connection = http.client.HTTPConnection(*address, timeout=TIMEOUT)
            for n in range(5):
                connection.request("POST", f"/{n}", body=b"x" * n, headers={"X-N": str(n), "Host": "example.test"})
                with connection.getresponse() as response:
                    answers.append((response.status, response.getheader("X-Seen"), response.read()))
            connection.close()
        return answers

    plain, ours, counts = twice(ask)
    assert ours == plain
    assert_core_read(counts, 10)


def test_xmlrpc_client_and_server() -> None:
    def ask() -> Any:
        server = xmlrpc.server.SimpleXMLRPCServer(("127.0.0.1", 0), logRequests=False, allow_none=True)
        server.register_introspection_functions()
        server.register_function(divmod)
        with serving(server) as address, xmlrpc.client.ServerProxy("http://%s:%d/" % address) as proxy:
            calls = (
                lambda: proxy.divmod(17, 5),
                lambda: proxy.divmod(1, 0),
                proxy.system.listMethods,
                lambda: proxy.absent(1),
            )
            return [outcome(call) for call in calls]

    plain, ours, counts = twice(ask)
    assert ours == plain
    assert plain[0] == [3, 2]
    assert_core_read(counts, 8)
