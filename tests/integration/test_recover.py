# SPDX-License-Identifier: MIT
"""Clients under install(recover=True) against servers that send bad field lines, over real sockets."""

from __future__ import annotations

import contextlib
import http.client
import logging
import socketserver
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import fasthdr
from tests.integration.wire import TIMEOUT, serving

END = [b"Set-Cookie: a=1; Path=/", b"Content-Type: text/plain", b"Content-Length: 4"]
# By path: field lines around a bad one, as real servers have been reported to send them.
SHAPES = {
    "/blank-before-colon": [b"Access-Control-Expose-Headers : X-Pagination-Page-Count"],
    "/blanks-before-colons": [b"Access-Control-Expose-Headers : Content-Length", b"MIME - Version: 1.1"],
    "/blank-in-name": [b"Date: Sat, 04 Feb 2017 19:16:34 GMT", b"My Param: None"],
    "/no-colon": [b"X-Frame-Options", b"<meta http-equiv=refresh>"],
    "/no-name": [b": chrome=1"],
    "/8-bit-name": ["Größe: 4".encode(), b"Gr\xf6\xdfe: 4"],
    "/control-in-name": [b"X-\x01Powered-By: x"],
    "/bare-cr": [b"Content-Security-Policy: default-src 'self';\r script-src 'self'"],
    "/status-line-again": [b"HTTP/1.1 200 OK", b"etag: 10bf3630"],
    "/fold-first": [b" folded: 1"],
}
# Field lines that let one reader see another response behind them, because two readers take different lengths.
SMUGGLED = {
    "/length": [b"Content-Length : 9999", b"Content-Length: 4"],
    "/coding": [b"Content-Length: 4", b"Transfer-Encoding : chunked"],
    "/coding-after": [b"bad", b"Transfer-Encoding: chunked", b"Content-Length: 4"],
    "/two-lengths": [b"bad", b"Content-Length: 4", b"Content-Length: 5"],
    "/bare-cr-length": [b"X: y\rContent-Length: 4"],
}
HIDDEN = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhidden"


class _Handler(socketserver.StreamRequestHandler):
    timeout = TIMEOUT

    def handle(self) -> None:
        self.server.connections += 1  # type: ignore[attr-defined]
        with contextlib.suppress(OSError):
            while line := self.rfile.readline():
                while self.rfile.readline() not in (b"\r\n", b""):
                    pass
                path = line.split()[1].decode()
                hidden = path in SMUGGLED
                fields = SMUGGLED[path] if hidden else [*SHAPES.get(path, ()), *END]
                body = b"4\r\nbody\r\n0\r\n\r\n" + HIDDEN if hidden else b"body"
                self.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"\r\n".join(fields) + b"\r\n\r\n" + body)
                if hidden:
                    return


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
    connections = 0


@pytest.fixture
def server() -> Iterator[_Server]:
    server = _Server(("127.0.0.1", 0), _Handler)
    with serving(server):
        yield server


@contextlib.contextmanager
def by_http_client(address: Any) -> Iterator[Callable[[str], Any]]:
    connection = http.client.HTTPConnection(*address, timeout=TIMEOUT)

    def ask(path: str) -> Any:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.getheaders(), response.read()

    yield ask
    connection.close()


@contextlib.contextmanager
def by_urllib(address: Any) -> Iterator[Callable[[str], Any]]:
    def ask(path: str) -> Any:
        with urllib.request.urlopen(f"http://{address[0]}:{address[1]}{path}", timeout=TIMEOUT) as response:
            return response.getheaders(), response.read()

    yield ask


@contextlib.contextmanager
def by_urllib3(address: Any) -> Iterator[Callable[[str], Any]]:
    urllib3 = pytest.importorskip("urllib3", reason="urllib3 is not installed here")
    with urllib3.HTTPConnectionPool(*address, timeout=TIMEOUT, retries=False, maxsize=1) as pool:

        def ask(path: str) -> Any:
            response = pool.request("GET", path)
            return list(response.headers.items()), response.data

        yield ask


@contextlib.contextmanager
def by_requests(address: Any) -> Iterator[Callable[[str], Any]]:
    requests = pytest.importorskip("requests", reason="requests is not installed here")
    with requests.Session() as session:
        session.trust_env = False

        def ask(path: str) -> Any:
            response = session.get(f"http://{address[0]}:{address[1]}{path}", timeout=TIMEOUT)
            return list(response.headers.items()), response.content

        yield ask


CLIENTS = [by_http_client, by_urllib, by_urllib3, by_requests]
each_client = pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.__name__)


@each_client
@pytest.mark.parametrize("path", SHAPES)
def test_the_fields_behind_a_bad_line_are_there(server: _Server, client: Any, path: str) -> None:
    wanted = {"Set-Cookie": "a=1; Path=/", "Content-Type": "text/plain", "Content-Length": "4"}
    with fasthdr.install(recover=True), client(server.server_address) as ask:
        for _ in range(2):
            fields, body = ask(path)
            assert dict(fields).items() >= wanted.items()
            assert body == b"body"
    assert server.connections == (2 if client is by_urllib else 1)


@each_client
@pytest.mark.parametrize("path", SMUGGLED)
def test_what_is_hidden_in_a_body_is_no_response(server: _Server, client: Any, path: str) -> None:
    """A body of doubtful length ends with the connection, and the next response comes on the next connection."""
    with fasthdr.install(recover=True), client(server.server_address) as ask:
        fields, body = ask(path)
        assert body.endswith(HIDDEN)
        assert not {"content-length", "transfer-encoding"} & {name.lower() for name, _ in fields}
        assert ask("/none")[1] == b"body"
    assert server.connections == 2


def test_urllib3_says_which_lines_were_bad(server: _Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    with fasthdr.install(recover=True), by_urllib3(server.server_address) as ask:
        ask("/blank-in-name")
    assert "InvalidHeaderDefect('My Param: None')" in caplog.text


def test_from_the_command_line(server: _Server, tmp_path: Path) -> None:
    """The option holds in the program and in a process that it starts."""
    host, port = server.server_address
    (tmp_path / "asks.py").write_text(
        f"import subprocess, sys, urllib.request\n"
        f"print(urllib.request.urlopen('http://{host}:{port}/no-colon').headers.keys())\n"
        f"if not sys.argv[1:]: subprocess.run([sys.executable, 'asks.py', 'again'], check=True)\n"
    )
    found = ["Set-Cookie", "Content-Type", "Content-Length"]
    for options, wanted in ((["--recover"], found), (["--recover", "--strict"], found), ([], [])):
        command = [sys.executable, "-m", "fasthdr", *options, "asks.py"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=TIMEOUT)
        assert (done.stdout, done.stderr) == (f"{wanted}\n" * 2, "")
