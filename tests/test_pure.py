# SPDX-License-Identifier: MIT
"""Plain Python in place of the core: when it is chosen, what the shims are then, and that it reads the same."""

from __future__ import annotations

import http.client
import inspect
import io
import os
import pathlib
import shutil
import subprocess
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given

import fasthdr
from fasthdr import _api
from fasthdr._pure import counts, decoder, pieces
from fasthdr._pure import parse as _pure
from tests.differential import gateways, heads, observe
from tests.differential.sans_io import STDLIB_PARSE

PACKAGE = pathlib.Path(fasthdr.get_include())


@given(heads.requests)
def test_gateways_of_generated_heads(data: bytes) -> None:
    """The core gives the same; its own tests compare it with wsgiref."""
    made = []
    for parse in (fasthdr.parse_request, _pure.parse_request):
        try:
            head = parse(data)
        except fasthdr.ParseError:
            return
        made.append(head and (head.wsgi_environ(gateways.BASE), head.asgi_scope({"scheme": "https"}), head.items()))
    assert made[0] == made[1]


def test_heads_and_their_messages() -> None:
    data = b"POST /a HTTP/1.1\r\nHost: a\r\nhost: b\r\nConnection: upgrade\r\nUpgrade: x\r\nA: \xe9 \r\n\r\nbody"
    head = _pure.parse_request(data)
    assert head is not None
    assert repr(head) == "<RequestHead 'POST' '/a' 'HTTP/1.1', 5 fields>"
    assert type(head.headers) is http.client.HTTPMessage
    assert observe.message(head.headers) == observe.message(STDLIB_PARSE(io.BytesIO(data[18:])))
    assert (head.upgrade, head.get("HOST"), head.get("absent", 5), head.consumed) == ("x", "a", 5, len(data) - 4)
    response = _pure.parse_response(b"HTTP/1.0 404 Not Found\r\nA: 1\r\n\r\n")
    assert repr(response) == "<ResponseHead 404 'Not Found' 'HTTP/1.0', 1 fields>"
    for cls in (_pure.Head, _pure.RequestHead, _pure.ResponseHead):
        with pytest.raises(TypeError, match="made by the parser"):
            cls()


def test_threads_share_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    """If another thread makes the message first, that message is used."""
    head = _pure.parse_headers(b"Host: a\r\n\r\n")
    assert head is not None
    first = []
    made = http.client.HTTPMessage.set_payload

    def overtaken(self: http.client.HTTPMessage, *args: object) -> None:
        monkeypatch.setattr(http.client.HTTPMessage, "set_payload", made)
        with ThreadPoolExecutor(1) as pool:
            first.append(pool.submit(lambda: head.headers).result(30))
        made(self, *args)

    monkeypatch.setattr(http.client.HTTPMessage, "set_payload", overtaken)
    assert head.headers is first[0]
    assert head.headers.items() == [("Host", "a")]


def test_stats() -> None:
    counts.collect_stats()
    _pure.parse_request(b"GET / HTTP/1.1\r\n\r\n")
    _pure.parse_request(b"GET /\r\n\r\n")
    _pure.parse_request(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", strict=True)
    with pytest.raises(fasthdr.ParseError):
        _pure.parse_request(b"GET / HTTP/1.1\r\n\r\n", strict=True)
    counts.collect_stats(False)
    _pure.parse_request(b"GET / HTTP/1.1\r\n\r\n")
    assert counts.stats() == {"core": 2, "request line": 1, "refused": 1}


# --------------------------------------------------------------------------------------------- which one is chosen


def python(code: str, folder: pathlib.Path = PACKAGE.parent, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={**os.environ, "PYTHONPATH": str(folder), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_line_says_that_nothing_is_faster() -> None:
    run = "import runpy; runpy.run_module('fasthdr', run_name='__main__', alter_sys=True)"
    version = python(f"import sys; sys.argv[1:] = ['--version']; {run}", FASTHDR_PURE_PYTHON="1")
    assert version.stdout == f"fasthdr {fasthdr.__version__} (plain Python, which accelerates nothing)\n"
    words = ["--stats", "-c", "import http.client"]
    counted = python(f"import sys; sys.argv[1:] = {words}; {run}", FASTHDR_PURE_PYTHON="1")
    assert counted.stderr.splitlines() == [
        "fasthdr: 0 heads, 0 read by the core",
        "fasthdr: plain Python, which accelerates nothing",
    ]


SHIMS = """
import sys, http.client, http.server, wsgiref.simple_server
import fasthdr, fasthdr.client, fasthdr.server, fasthdr.simple_server
assert fasthdr.IMPLEMENTATION == "python", fasthdr.IMPLEMENTATION
assert fasthdr.simd() == "none"
assert not [name for name in sys.modules if name in ("fasthdr._core.runtime", "fasthdr._core.head") or "cython" in name]
import fasthdr._strict.methods
ours = [module for name, module in sys.modules.items() if name.startswith("fasthdr.")]
assert not [module for module in ours if module.__file__.endswith(".so")]
for name in http.client.__all__:
    assert getattr(fasthdr.client, name) is getattr(http.client, name), name
assert fasthdr.client.HTTPMessage is http.client.HTTPMessage
assert fasthdr.client.parse_headers is http.client.parse_headers
theirs = http.server.BaseHTTPRequestHandler.parse_request
for handler in (fasthdr.server.SimpleHTTPRequestHandler, fasthdr.simple_server.WSGIRequestHandler):
    assert handler.MessageClass is http.client.HTTPMessage
before = http.client.parse_headers
with fasthdr.install():
    assert fasthdr.is_installed()
    assert http.client.parse_headers is before
    assert http.server.BaseHTTPRequestHandler.parse_request is not theirs  # a class may be strict
    assert http.server.BaseHTTPRequestHandler.disable_nagle_algorithm is True
assert not fasthdr.is_installed()
assert fasthdr.install() and fasthdr.is_installed()
fasthdr.uninstall()
assert not fasthdr.is_installed()
assert http.server.BaseHTTPRequestHandler.parse_request is theirs
assert http.server.BaseHTTPRequestHandler.disable_nagle_algorithm is False
head = fasthdr.parse_request(b"GET //x HTTP/1.1\\r\\nHost: a\\r\\n b\\r\\n\\r\\n")
assert (head.target, head.headers["host"], head.table) == ("/x", "a\\r\\n b", None)
"""

SERVER = """
import threading, fasthdr
from fasthdr.client import HTTPConnection
from fasthdr.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        body = self.headers["X-A"].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        pass

assert fasthdr.IMPLEMENTATION == "python"
with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    connection = HTTPConnection(*server.server_address, timeout=10)
    for i in range(3):
        connection.request("GET", "/", headers={"X-A": f"number {i}"})
        assert connection.getresponse().read() == b"number %d" % i
    connection.close()
    server.shutdown()
"""


STRICT = """
import http.server, socket, threading, fasthdr

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen = []
    def do_GET(self):
        self.seen.append((self.path, self.rfile.read()))
        self.send_response(204)
        self.end_headers()
    def log_message(self, *args):
        pass

def said(address, data):
    with socket.create_connection(address, 10) as sock:
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: sock.recv(65536), b""))

assert fasthdr.IMPLEMENTATION == "python"
theirs = http.server.BaseHTTPRequestHandler.parse_request
with fasthdr.install(strict=True), http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
    assert http.server.BaseHTTPRequestHandler.parse_request is not theirs
    threading.Thread(target=server.serve_forever, daemon=True).start()
    assert said(server.server_address, b"GET /a HTTP/1.1\\r\\n\\r\\n").startswith(b"HTTP/1.1 400 Missing Host\\r\\n")
    framed = b"GET /b HTTP/1.1\\r\\nHost: h\\r\\nContent-Length: 2\\r\\n\\r\\nxy"
    assert said(server.server_address, framed * 2).count(b"HTTP/1.1 204 ") == 2
    assert Handler.seen == [("/b", b"xy")] * 2, Handler.seen
    server.shutdown()
assert http.server.BaseHTTPRequestHandler.parse_request is theirs
assert http.server.BaseHTTPRequestHandler.strict is False
"""


@pytest.mark.parametrize("code", [SHIMS, SERVER, STRICT], ids=["shims", "server", "strict"])
def test_asked_for(code: str) -> None:
    done = python(code, FASTHDR_PURE_PYTHON="1")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("code", [SHIMS, SERVER], ids=["shims", "server"])
def test_no_extension(code: str, tmp_path: pathlib.Path) -> None:
    """A package without an extension runs in plain Python, on any implementation."""
    shutil.copytree(
        PACKAGE, tmp_path / "fasthdr", ignore=shutil.ignore_patterns("*.so", "*.pyd", "*.pyx", "__pycache__")
    )
    done = python(code, tmp_path, FASTHDR_PURE_PYTHON="")
    assert done.returncode == 0, done.stderr


def test_a_name_that_neither_has() -> None:
    with pytest.raises(AttributeError, match=r"^module 'fasthdr._api' has no attribute 'absent'$"):
        _api.absent  # type: ignore[attr-defined]


@pytest.mark.parametrize("missing", ["runtime", "head"])
def test_broken_extension(missing: str, tmp_path: pathlib.Path) -> None:
    """If an extension exists but cannot be imported, that is an ImportError: there is no silent fallback."""
    shutil.copytree(PACKAGE, tmp_path / "fasthdr", ignore=shutil.ignore_patterns("*.so", "*.pyd", "__pycache__"))
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    extensions = list((PACKAGE / "_core").glob(f"*{suffix}"))
    if not extensions:
        pytest.skip("there is no core: the package is installed in plain Python")
    for found in extensions:
        if not found.name.startswith(missing):
            shutil.copy(found, tmp_path / "fasthdr/_core")
    if missing == "runtime":
        (tmp_path / f"fasthdr/_core/runtime{suffix}").write_bytes(b"not an extension")
    done = python("import fasthdr; fasthdr.parse_request", tmp_path, FASTHDR_PURE_PYTHON="")
    assert done.returncode == 1
    assert f"fasthdr._core.{missing}" in done.stderr or f"fasthdr/_core/{missing}" in done.stderr.replace("\\", "/")
    assert "ImportError" in done.stderr or "ModuleNotFoundError" in done.stderr


def test_an_extension_that_misses_a_module(tmp_path: pathlib.Path) -> None:
    """If the extension itself imports a missing module, the error names that module."""
    shutil.copytree(PACKAGE, tmp_path / "fasthdr", ignore=shutil.ignore_patterns("*.so", "*.pyd", "__pycache__"))
    (tmp_path / "fasthdr/_core/runtime.py").write_text("import an_absent_module")
    done = python("import fasthdr; fasthdr.IMPLEMENTATION", tmp_path, FASTHDR_PURE_PYTHON="")
    assert done.returncode == 1
    assert "No module named 'an_absent_module'" in done.stderr.splitlines()[-1]


CORE_ALONE = """
import fasthdr
from fasthdr._core.head import Head, RequestHead
assert fasthdr.IMPLEMENTATION == "python"
assert len(Head.__new__(Head).headers) == 0
assert RequestHead.__new__(RequestHead).get("a") is None
"""


@pytest.mark.skipif(fasthdr.IMPLEMENTATION != "cython", reason="there is no core, or it was not asked for")
def test_the_core_imported_by_hand() -> None:
    """Importing the extension while plain Python runs does not cause a crash."""
    done = python(CORE_ALONE, FASTHDR_PURE_PYTHON="1")
    assert done.returncode == 0, done.stderr


def test_signatures() -> None:
    """Both implementations take the same arguments and have the same attributes."""
    for name in ("parse_request", "parse_response", "parse_headers"):
        ours, theirs = inspect.signature(getattr(fasthdr, name)), inspect.signature(getattr(_pure, name))
        assert [(p.name, p.kind, p.default) for p in ours.parameters.values()] == [
            (p.name, p.kind, p.default) for p in theirs.parameters.values()
        ]
    for cls in ("Head", "RequestHead", "ResponseHead"):
        for name in dir(getattr(fasthdr, cls)):
            assert name.startswith("_") or hasattr(getattr(_pure, cls), name), name


def test_signatures_of_classes() -> None:
    """help() shows the arguments of what a program creates."""
    for name, theirs in (("BodyDecoder", decoder), ("RequestReader", pieces), ("ResponseReader", pieces)):
        signatures = [inspect.signature(getattr(module, name)) for module in (fasthdr, theirs)]
        ours, others = [[(p.name, p.kind, p.default) for p in each.parameters.values()] for each in signatures]
        assert ours == others
        assert {"strict", "max_line"} & {name for name, _, _ in ours}
        assert getattr(fasthdr, name).__doc__.startswith(getattr(theirs, name).__doc__[:80])
