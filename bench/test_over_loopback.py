# SPDX-License-Identifier: MIT
"""Whole servers under wrk, and clients: processes, of which one at a time is timed.

A server's value is wall time divided by responses in one run of wrk; a client's is CPU time divided by requests.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import json
import sys
from typing import Any

import pytest

from bench import processes
from bench.comparison import Comparison
from bench.payloads import PICOHTTPPARSER, THIRTEEN
from bench.processes import Served, request_of
from bench.servers import CONTENT, HANDLERS

needs_wrk = pytest.mark.skipif(processes.NO_WRK is not None, reason=str(processes.NO_WRK))
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="select() on pipes is POSIX")

OTHERS = ("gevent", "gunicorn-gthread", "bare")
NAMES = "gunicorn-sync gunicorn-gthread gevent flask django waitress tornado cheroot".split()
PACKAGES = {name: name.partition("-")[0] for name in NAMES}


def present(name: str) -> bool:
    return importlib.util.find_spec(PACKAGES.get(name, "http")) is not None


@pytest.fixture(scope="module")
def start():
    """Start a server of bench.servers, once; servers that are not being timed wait in accept()."""
    with contextlib.ExitStack() as stack:
        yield functools.cache(lambda *arguments: stack.enter_context(processes.server(*arguments)))


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
    """Compare a package's server as it is and after install()."""
    if not present(name):
        pytest.skip(f"{name} is not installed")
    request = request_of("GET", PICOHTTPPARSER.start[1], persistence)
    cases = Served(name, start(name), request), Served(f"{name} install()", start(name, "--install"), request)
    compare(served("server of a package", f"{name}, {persistence}", CONTENT, None, *cases))


@needs_wrk
@pytest.mark.parametrize("persistence", ["close", "keep-alive"])
@pytest.mark.parametrize("name", ["waitress", "gunicorn-sync", "gunicorn-gthread", "tornado", "cheroot"])
def test_adapters(compare, start, name, persistence):
    """Compare a server with its own parser and with its adapter's."""
    if not present(name):
        pytest.skip(f"{name} is not installed")
    request = request_of("GET", PICOHTTPPARSER.start[1], persistence)
    cases = Served(name, start(name), request), Served(f"{name} adapter", start(name, "--adapter"), request)
    compare(served("server with an adapter", f"{name}, {persistence}", CONTENT, None, *cases))


@needs_wrk
@pytest.mark.skipif(sys.version_info < (3, 11), reason="http.server has --protocol from 3.11 on")
@pytest.mark.parametrize("protocol", ["HTTP/1.0", "HTTP/1.1"])
@pytest.mark.parametrize("size", [1000, 1_000_000], ids=["1 KB", "1 MB"])
def test_files(compare, start, tmp_path_factory, size, protocol):
    """Compare `python -m http.server` and `python -m fasthdr.server`, with their logs."""
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
        self.batch(100)  # lets the interpreter specialize its code
        return 100

    def batch(self, calls: int) -> float:
        wall, cpu = json.loads(self.child.ask(str(calls)))
        self.info["wall_ns"].append(wall / calls)
        return float(cpu)


@pytest.mark.parametrize("library", ["http.client", "urllib3", "requests"])
def test_clients(compare, library):
    """Compare clients on a response of 13 fields and 5 KB. Client and server share a CPU, as they work in turns."""
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
