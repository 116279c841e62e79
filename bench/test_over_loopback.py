# SPDX-License-Identifier: MIT
"""Whole servers under wrk, and clients: processes, one of which is timed at a time.

A value of a server is wall time by responses in one run of wrk; of a client, CPU time by requests.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import json
import socket
import sys
from typing import Any

import pytest

import fasthdr
from bench import processes
from bench.comparison import Comparison
from bench.payloads import PICOHTTPPARSER, THIRTEEN, Payload
from bench.servers import CONTENT, HANDLERS

needs_wrk = pytest.mark.skipif(processes.NO_WRK is not None, reason=str(processes.NO_WRK))
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="select() on pipes is POSIX")

SECONDS = 1  # of each run of wrk
FORM = b"name=value&" * 93 + b"\n"  # the 1 KB that a POST brings
OTHERS = ("gevent", "gunicorn-gthread", "bare")
PACKAGES = {name: name.partition("-")[0] for name in ("gunicorn-sync", "gunicorn-gthread", "gevent", "flask", "django")}


def present(name: str) -> bool:
    return importlib.util.find_spec(PACKAGES.get(name, "http")) is not None


@pytest.fixture(scope="module")
def start():
    """Start a server of bench.servers, once; those that are not being timed wait in accept()."""
    with contextlib.ExitStack() as stack:
        yield functools.cache(lambda *arguments: stack.enter_context(processes.server(*arguments)))


def request_of(method: str, target: str, persistence: str) -> bytes:
    """The request with 9 fields, with this method, target and Connection option."""
    fields = [(name, value) for name, value in PICOHTTPPARSER.fields if name != "Connection"]
    fields.append(("Connection", persistence))
    content = FORM if method == "POST" else b""
    if content:
        fields += [("Content-Type", "application/x-www-form-urlencoded"), ("Content-Length", str(len(content)))]
    return Payload("", (method, target, "HTTP/1.1"), tuple(fields)).data + content


def response_on(connection: socket.socket) -> tuple[Any, bytes]:
    """The head, and as much content as it announces."""
    data, head = b"", None
    while head is None or len(data) < head.consumed + (head.content_length or 0):
        piece = connection.recv(1 << 20)
        assert piece, f"the connection ended after {data[:500]!r}"
        data += piece
        head = head or fasthdr.parse_response(data)
    return head, data[head.consumed :]


class Served:
    """A case: one server in one scenario."""

    def __init__(self, peer: str, server: tuple[processes.Child, int], request: bytes, connections: int = 4) -> None:
        self.peer, (self.child, self.port), self.request, self.connections = peer, server, request, connections
        self.info: dict[str, Any] = {"cpu_ns": [], "p50_us": [], "p99_us": [], "errors": []}

    def verify(self, expected: tuple[bytes, bool | None]) -> None:
        """expected: the content, and whether the connection persists (None: as the server likes)."""
        content, persists = expected
        with socket.create_connection(("127.0.0.1", self.port), timeout=processes.PATIENCE) as connection:
            for _ in range(3 if persists else 1):
                connection.sendall(self.request)
                head, seen = response_on(connection)
                if (head.status, seen) != (200, content):
                    raise AssertionError(f"answered {head.status} with {seen[:500]!r}")
            if persists is False and (said := head.get("Connection"), connection.recv(65536)) != ("close", b""):
                raise AssertionError(f"did not close, or did not say so: {said!r}")

    def calls(self) -> int:
        return 1

    def batch(self, calls: int) -> float:
        before = self.child.cpu()
        load = processes.wrk(self.port, self.request, self.connections, SECONDS)
        used = self.child.cpu() - before
        if load["status"]:
            raise AssertionError(f"{self.peer} answered with a status of 400 or above")
        self.info["cpu_ns"].append(used * 1e9 / load["requests"])
        for name in ("p50_us", "p99_us", "errors"):
            self.info[name].append(load[name])
        return float(load["us"] * 1e3 / load["requests"])


def served(operation: str, scenario: str, content: bytes, persists: bool | None, *cases: Served) -> Comparison:
    return Comparison(operation, scenario, (content, persists), cases, parses=False)


@needs_wrk
@pytest.mark.parametrize(
    "scenario", ["GET keep-alive 1", "GET keep-alive 4", "GET keep-alive 64", "POST keep-alive 4", "GET close 4"]
)
def test_servers(compare, start, scenario):
    method, persistence, connections = scenario.split()
    request = request_of(method, PICOHTTPPARSER.start[1], persistence)
    commands = {name: [name] for name in (*HANDLERS, *filter(present, OTHERS))}
    commands["fasthdr-install"] = ["stdlib", "--install"]
    cases = [Served(name, start(*command), request, int(connections)) for name, command in commands.items()]
    compare(served("server", f"{scenario} connections", CONTENT, persistence == "keep-alive", *cases))


@needs_wrk
@pytest.mark.parametrize("persistence", ["close", "keep-alive"])
@pytest.mark.parametrize("name", ["flask", "django", "gevent", "gunicorn-sync"])
def test_packages(compare, start, name, persistence):
    """A server that somebody else has written, as it is and after install()."""
    if not present(name):
        pytest.skip(f"{name} is not installed")
    request = request_of("GET", PICOHTTPPARSER.start[1], persistence)
    cases = Served(name, start(name), request), Served(f"{name} install()", start(name, "--install"), request)
    compare(served("server of a package", f"{name}, {persistence}", CONTENT, None, *cases))


@needs_wrk
@pytest.mark.skipif(sys.version_info < (3, 11), reason="http.server has --protocol from 3.11 on")
@pytest.mark.parametrize("protocol", ["HTTP/1.0", "HTTP/1.1"])
@pytest.mark.parametrize("size", [1000, 1_000_000], ids=["1 KB", "1 MB"])
def test_files(compare, start, tmp_path_factory, size, protocol):
    """`python -m http.server` and `python -m fasthdr.server`, with their logs."""
    folder = tmp_path_factory.getbasetemp() / "files"
    folder.mkdir(exist_ok=True)
    content = bytes(i % 251 for i in range(size))
    (folder / str(size)).write_bytes(content)
    request = request_of("GET", f"/{size}", "keep-alive")
    ours = Served("python -m fasthdr.server", start("files-fasthdr", str(folder), protocol), request)
    theirs = Served("python -m http.server", start("files-stdlib", str(folder), protocol), request)
    compare(served("file", f"{size:,} bytes, {protocol}", content, protocol == "HTTP/1.1" or None, ours, theirs))


class Asked:
    """A case: a client, on a persistent connection to a server that sends prepared bytes."""

    def __init__(self, peer: str, child: processes.Child) -> None:
        self.peer, self.child = peer, child
        self.info: dict[str, Any] = {"wall_ns": []}
        child.pin()

    def verify(self, expected: object) -> None:
        seen = json.loads(self.child.ask())
        if seen != expected:
            raise AssertionError(f"read {seen!r}")

    def calls(self) -> int:
        self.batch(100)  # for the interpreter to specialize its code
        return 100

    def batch(self, calls: int) -> float:
        wall, cpu = json.loads(self.child.ask(str(calls)))
        self.info["wall_ns"].append(wall / calls)
        return float(cpu)


@pytest.mark.parametrize("library", ["http.client", "urllib3", "requests"])
def test_clients(compare, library):
    """A response of 13 fields and 5 KB; client and server share a CPU, as they work in turns."""
    pytest.importorskip(library)
    commands = {"stdlib": [library], "fasthdr install()": [library, "--install"]}
    if library == "http.client":
        commands["fasthdr"] = ["fasthdr.client"]
    with contextlib.ExitStack() as stack:
        server, port = stack.enter_context(processes.server("bare", THIRTEEN.name))
        server.pin()
        cases = [
            Asked(peer, stack.enter_context(processes.python("-m", "bench.clients", name, *options, "--", str(port))))
            for peer, (name, *options) in commands.items()
        ]
        expected = [200, [list(field) for field in THIRTEEN.fields], THIRTEEN.content.decode()]
        compare(Comparison(f"{library} over loopback, CPU", THIRTEEN.name, expected, cases, parses=False))
