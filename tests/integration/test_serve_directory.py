# SPDX-License-Identifier: MIT
"""`python -m fasthdr.server` answers as `python -m http.server` does, and accepts the same options."""

from __future__ import annotations

import contextlib
import functools
import http.client
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.processes import TIMEOUT, Served, counts, environment, free_port, needs_signals, run, served
from tests.integration.traffic import BROWSER, CURL, HTTP_09, ODD, WELL_FORMED, request
from tests.integration.wire import converse, masked

pytestmark = needs_signals

MODULES = ("http.server", "fasthdr.server")
CGI = '#!/bin/sh\necho "Content-Type: text/plain"\necho\necho "$REQUEST_METHOD $QUERY_STRING $HTTP_USER_AGENT"\n'


@functools.cache
def options_of(module: str) -> frozenset[str]:
    """Return the options that its --help shows."""
    result = run("-m", module, "--help", cwd=Path.cwd())
    assert result.returncode == 0, result.stderr
    return frozenset(re.findall(r"(?<![\w-])--?[A-Za-z][a-z-]*", result.stdout))


def has(option: str) -> bool:
    return option in options_of("http.server")


HTTP_11 = ("--protocol", "HTTP/1.1") if has("--protocol") else ()


@pytest.fixture(scope="module")
def site() -> Iterator[Path]:
    # A CGI program runs as nobody, who cannot reach pytest's own temporary folders.
    folder = Path(tempfile.mkdtemp()).resolve()
    try:
        fill(folder)
        yield folder
    finally:
        shutil.rmtree(folder)


def fill(folder: Path) -> None:
    (folder / "page.html").write_text("<!DOCTYPE html><p>Grüße</p>", encoding="utf-8")
    (folder / "data.bin").write_bytes(bytes(range(256)) * 400)
    (folder / "with space & <mark>.txt").write_text("odd name")
    (folder / "unknown.qqq").write_text("of no known type")
    (folder / "empty").touch()
    (folder / "archive.tar.gz").write_bytes(b"\x1f\x8b")
    (folder / "indexed").mkdir()
    (folder / "indexed" / "index.html").write_text("the index")
    (folder / "listed").mkdir()
    (folder / "listed" / "one.txt").write_text("1")
    (folder / "listed" / "below").mkdir()
    (folder / "cgi-bin").mkdir()
    (folder / "cgi-bin" / "show.sh").write_text(CGI)
    for path in [folder, *folder.rglob("*")]:
        os.utime(path, (1_000_000_000, 1_000_000_000))
        path.chmod(0o755)


@contextlib.contextmanager
def pair(*options: str | Path, cwd: Path) -> Iterator[tuple[Served, Served]]:
    """Run http.server and fasthdr.server with the same options."""
    with contextlib.ExitStack() as stack:
        servers = []
        for module in MODULES:
            port = free_port()
            arguments = ["-m", module, "--bind", "127.0.0.1", *options, str(port)]
            servers.append(stack.enter_context(served(arguments, port, cwd=cwd)))
        yield servers[0], servers[1]


def log_of(server: Served) -> list[bytes]:
    """Return what the server printed to stderr, without the frames of a handler's traceback."""
    return [line for line in masked(server.stderr.encode()).splitlines() if not line.startswith(b"  ")]


REQUESTS = {
    **{name: data for name, (_, data) in WELL_FORMED.items()},
    **ODD,
    **HTTP_09,
    "file": request(b"GET /page.html HTTP/1.1"),
    "file, HEAD": request(b"HEAD /page.html HTTP/1.1"),
    "file, query and fragment": request(b"GET /page.html?a=b#c HTTP/1.1"),
    "file with a slash": request(b"GET /page.html/ HTTP/1.1"),
    "binary file": request(b"GET /data.bin HTTP/1.1"),
    "escaped name": request(b"GET /with%20space%20&%20%3Cmark%3E.txt HTTP/1.1"),
    "unknown type": request(b"GET /unknown.qqq HTTP/1.1"),
    "empty file": request(b"GET /empty HTTP/1.1"),
    "compressed": request(b"GET /archive.tar.gz HTTP/1.1"),
    "index": request(b"GET /indexed/ HTTP/1.1"),
    "redirect to a folder": request(b"GET /indexed HTTP/1.1"),
    "redirect, query": request(b"GET /listed?x=1 HTTP/1.1"),
    "listing": request(b"GET /listed/ HTTP/1.1"),
    "listing, HEAD": request(b"HEAD / HTTP/1.1"),
    "not found": request(b"GET /absent HTTP/1.1"),
    "not found, HEAD": request(b"HEAD /absent HTTP/1.1"),
    "climbing": request(b"GET /../../../../etc/passwd HTTP/1.1"),
    "climbing, escaped": request(b"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1"),
    "not modified": request(b"GET /page.html HTTP/1.1", b"If-Modified-Since: Sun, 09 Sep 2001 01:46:40 GMT"),
    "modified": request(b"GET /page.html HTTP/1.1", b"If-Modified-Since: Sun, 09 Sep 2001 01:46:39 GMT"),
    "If-None-Match wins": request(
        b"GET /page.html HTTP/1.1", b"If-None-Match: x", b"If-Modified-Since: Sun, 09 Sep 2001 01:46:40 GMT"
    ),
    "If-Modified-Since no date": request(b"GET /page.html HTTP/1.1", b"If-Modified-Since: yesterday"),
    "range": request(b"GET /data.bin HTTP/1.1", b"Range: bytes=0-9"),
    "PUT": request(b"PUT /page.html HTTP/1.1", body=b"x"),
}


@pytest.mark.parametrize("protocol", [(), HTTP_11])
def test_the_same_answers_and_log(site: Path, protocol: tuple[str, ...]) -> None:
    with pair(*protocol, "-d", site, cwd=site.parent) as servers:
        for name, data in REQUESTS.items():
            plain, ours = (converse(server.address, data) for server in servers)
            assert ours == plain, name
    plain, ours = servers
    assert log_of(ours) == log_of(plain)
    assert ours.stdout.replace(str(ours.address[1]), "PORT") == plain.stdout.replace(str(plain.address[1]), "PORT")
    assert ours.process.returncode == plain.process.returncode


def test_a_browser_on_one_connection(site: Path) -> None:
    paths = ["/", "/page.html", "/absent", "/listed/", "/data.bin", "/indexed", "/page.html"]
    with pair(*HTTP_11, cwd=site) as servers:
        seen = []
        for server in servers:
            connection = http.client.HTTPConnection(*server.address, timeout=TIMEOUT)
            answers, sockets = [], set()
            for path in paths:
                for method in ("GET", "HEAD"):
                    connection.request(method, path, headers={"Host": "example.test", "Connection": "keep-alive"})
                    sockets.add(connection.sock)
                    with connection.getresponse() as response:
                        fields = [pair for pair in response.getheaders() if pair[0] != "Date"]
                        answers.append((response.status, response.reason, fields, response.read()))
            connection.close()
            seen.append((answers, len(sockets)))
    assert seen[1] == seen[0]
    assert [status for status, *_ in seen[0][0]] == [s for s in (200, 200, 404, 200, 200, 301, 200) for _ in range(2)]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed here")
def test_curl(site: Path) -> None:
    paths = ["/", "/page.html", "/absent", "/listed/", "/data.bin", "/indexed"]
    with pair(*HTTP_11, cwd=site) as servers:
        outputs = []
        for server in servers:
            urls = [f"http://127.0.0.1:{server.address[1]}{path}" for path in paths]
            command = ["curl", "--silent", "--show-error", "--include", "--location", "--noproxy", "*", *urls]
            result = subprocess.run(command, capture_output=True, env=environment(), timeout=TIMEOUT)
            assert result.returncode == 0, result.stderr
            outputs.append(masked(result.stdout))
    assert outputs[1] == outputs[0]
    assert outputs[0].count(b" 200 OK") == 5


def _reachable(port: int) -> list[str]:
    found = []
    for host in ("127.0.0.1", "::1"):
        with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=TIMEOUT):
            found.append(host)
    return found


def test_all_interfaces(site: Path) -> None:
    reachable = []
    for module in MODULES:
        port = free_port()
        with served(["-m", module, str(port)], port, cwd=site):
            reachable.append(_reachable(port))
    assert reachable[1] == reachable[0]
    assert "127.0.0.1" in reachable[0]


@pytest.mark.parametrize("module", MODULES)
def test_the_core_reads_the_requests(site: Path, module: str) -> None:
    port = free_port()
    command = ["-m", "fasthdr", "--stats", "-m", module, "--bind", "127.0.0.1", str(port)]
    with served(command, port, cwd=site) as server:
        for _ in range(10):
            assert b" 200 OK\r\n" in converse(server.address, CURL)
    assert counts(server.stderr) == (10, 10)


def test_a_port_that_the_system_chooses(site: Path) -> None:
    command = [sys.executable, "-m", "fasthdr.server", "-b", "127.0.0.1", "0"]
    with subprocess.Popen(
        command, cwd=site, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            assert process.stdout is not None
            port = re.search(rb"http://127\.0\.0\.1:(\d+)/", process.stdout.readline())
            assert port
            assert b" 200 OK\r\n" in converse(("127.0.0.1", int(port[1])), BROWSER.replace(b"/a/page", b"/page.html"))
        finally:
            process.kill()


def test_every_option_is_there() -> None:
    assert options_of("http.server") >= {"-h", "--bind", "--directory"}
    assert options_of("fasthdr.server") >= options_of("http.server")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--no-such-option"],
        ["port"],
        ["8000", "8001"],
        ["--bind"],
        ["--tls-key", "absent.pem"],
        ["--tls-password-file", "absent.txt"],
        ["--tls-cert", "absent.pem", "--tls-password-file", "absent.txt"],
        ["-H", "only-a-name"],
    ],
    ids=" ".join,
)
def test_the_same_refusals(tmp_path: Path, arguments: list[str]) -> None:
    plain, ours = (run("-m", module, *arguments, cwd=tmp_path) for module in MODULES)
    assert (plain.returncode, ours.returncode) == (2, 2), ours.stderr
    assert ours.stderr.splitlines()[-1].rpartition(": ")[2] == plain.stderr.splitlines()[-1].rpartition(": ")[2]


NEWER = """if True:
    import http.server
    import socketserver

    def test(HandlerClass, ServerClass, protocol="HTTP/1.0", port=8000, bind=None, content_type="a/b", tls_cert=None,
             tls_key=None, tls_password=None):
        print(HandlerClass.__name__, ServerClass.__mro__[1].__name__, protocol, port, bind, content_type, tls_cert,
              tls_key, tls_password)
        ServerClass.RequestHandlerClass = staticmethod(lambda request, address, server, **more: print(more))
        ServerClass.finish_request(ServerClass, None, None)

    class SimpleHTTPRequestHandler(http.server.SimpleHTTPRequestHandler):
        default_content_type = "a/b"
        def __init__(self, *args, directory=None, extra_response_headers=None, **keywords): ...

    class HTTPSServer(http.server.HTTPServer): ...
    class ThreadingHTTPSServer(socketserver.ThreadingMixIn, HTTPSServer): ...

    http.server.test = test
    http.server.SimpleHTTPRequestHandler = SimpleHTTPRequestHandler
    http.server.HTTPSServer = HTTPSServer
    http.server.ThreadingHTTPSServer = ThreadingHTTPSServer
"""
OLDER = """if True:
    import http.server

    def test(HandlerClass, ServerClass, protocol="HTTP/1.0", port=8000, bind=None):
        print(HandlerClass.__name__, ServerClass.__mro__[1].__name__, protocol, port, bind)
        ServerClass.RequestHandlerClass = staticmethod(lambda request, address, server, **more: print(more))
        ServerClass.finish_request(ServerClass, None, None)

    class SimpleHTTPRequestHandler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args, directory=None, **keywords): ...

    http.server.test = test
    http.server.SimpleHTTPRequestHandler = SimpleHTTPRequestHandler
"""
WITH_CGI = "class Cgi(http.server.SimpleHTTPRequestHandler): ...\nhttp.server.CGIHTTPRequestHandler = Cgi\n"
WITHOUT_CGI = "vars(http.server).pop('CGIHTTPRequestHandler', None)\n"
MAIN = "from fasthdr._cli.serve import main\nmain()\n"
TLS = ("--tls-cert", "c", "--tls-key", "k")
SIMPLE = "SimpleHTTPRequestHandler ThreadingHTTPServer HTTP/1.0"


@pytest.mark.parametrize(
    ("version", "arguments", "said"),
    [
        (OLDER, (), [f"{SIMPLE} 8000 None", "{'directory': 'HERE'}"]),
        (OLDER, ("-b", "h", "-d", "x", "1"), [f"{SIMPLE} 1 h", "{'directory': 'x'}"]),
        (
            OLDER + WITH_CGI,
            ("--cgi",),
            ["CGIHTTPRequestHandler ThreadingHTTPServer HTTP/1.0 8000 None", "{'directory': 'HERE'}"],
        ),
        (OLDER + WITHOUT_CGI, ("--cgi",), None),
        (OLDER, ("--tls-cert=c",), None),
        (
            NEWER,
            (),
            [f"{SIMPLE} 8000 None a/b None None None", "{'directory': 'HERE', 'extra_response_headers': None}"],
        ),
        (
            NEWER,
            ("--content-type", "c/d", "-H", "A", "b", "--header", "C", "d"),
            [
                f"{SIMPLE} 8000 None c/d None None None",
                "{'directory': 'HERE', 'extra_response_headers': [['A', 'b'], ['C', 'd']]}",
            ],
        ),
        (
            NEWER,
            (*TLS, "--tls-password-file", "password"),
            [
                "SimpleHTTPRequestHandler ThreadingHTTPSServer HTTP/1.0 8000 None a/b c k secret",
                "{'directory': 'HERE', 'extra_response_headers': None}",
            ],
        ),
        (NEWER, ("--tls-key", "k"), "--tls-key requires --tls-cert to be set"),
        (NEWER, ("--tls-password-file", "password"), "--tls-password-file requires --tls-cert to be set"),
        (NEWER, (*TLS, "--tls-password-file", "absent"), "Failed to read TLS password file: "),
    ],
)
def test_what_other_versions_are_given(
    tmp_path: Path, version: str, arguments: tuple[str, ...], said: list[str] | str | None
) -> None:
    """The options are those that the running version's http.server.test() accepts."""
    (tmp_path / "password").write_text("secret\n")
    done = run("-c", version + MAIN, *arguments, cwd=tmp_path)
    if isinstance(said, list):
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.replace(str(tmp_path), "HERE").splitlines() == said
    else:
        assert done.returncode == 2
        assert (said or f"unrecognized arguments: {arguments[0]}") in done.stderr.splitlines()[-1]


def test_the_https_servers_of_other_versions(tmp_path: Path) -> None:
    """They have the longer queue, and inherit from each other as the standard library's do."""
    program = NEWER + (
        "import fasthdr.server as ours\n"
        "made, threads = ours.HTTPSServer, ours.ThreadingHTTPSServer\n"
        "print(made.request_queue_size, threads.request_queue_size)\n"
        "print(issubclass(threads, made), issubclass(made, ours.HTTPServer))\n"
        "print(issubclass(threads, http.server.ThreadingHTTPSServer), issubclass(made, http.server.HTTPSServer))\n"
    )
    done = run("-c", program, cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("128 128\nTrue True\nTrue True\n", "")


@pytest.mark.skipif(not has("--cgi"), reason="the running version serves no CGI programs")
def test_cgi(site: Path) -> None:
    with pair("--cgi", cwd=site) as servers:
        for data in (
            request(b"GET /cgi-bin/show.sh?a=b HTTP/1.1", b"User-Agent: tester"),
            request(b"GET /cgi-bin/absent.sh HTTP/1.1"),
            request(b"GET /page.html HTTP/1.1"),
            request(b"POST /cgi-bin/show.sh HTTP/1.1", b"User-Agent: poster", body=b"body"),
        ):
            plain, ours = (converse(server.address, data) for server in servers)
            assert ours == plain
            if b"tester" in data:
                assert plain.endswith(b"GET a=b tester\n")


@pytest.mark.skipif(not has("--content-type"), reason="the running version has no --content-type")
def test_the_content_type(site: Path) -> None:
    with pair("--content-type", "text/x-own", cwd=site) as servers:
        plain, ours = (converse(server.address, request(b"GET /unknown.qqq HTTP/1.1")) for server in servers)
    assert ours == plain
    assert b"Content-type: text/x-own\r\n" in plain


@pytest.mark.skipif(not has("--header"), reason="the running version has no --header")
def test_extra_headers(site: Path) -> None:
    with pair("-H", "X-One", "1", "--header", "X-Two", "2 3", cwd=site) as servers:
        for path in (b"/page.html", b"/listed/", b"/absent", b"/indexed"):
            plain, ours = (converse(server.address, request(b"GET %b HTTP/1.1" % path)) for server in servers)
            assert ours == plain
            if path == b"/page.html":
                assert b"X-One: 1\r\nX-Two: 2 3\r\n" in plain


@pytest.mark.skipif(not has("--tls-cert"), reason="the running version has no --tls-cert")
@pytest.mark.parametrize("password", [None, b"secret"])
def test_tls(site: Path, tmp_path: Path, password: bytes | None) -> None:
    import ssl

    trustme = pytest.importorskip("trustme", reason="trustme is not installed here")
    from cryptography.hazmat.primitives import serialization

    authority = trustme.CA()
    certificate = authority.issue_cert("localhost", "127.0.0.1")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    key = serialization.load_pem_private_key(certificate.private_key_pem.bytes(), None)
    hidden = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, hidden)
    (tmp_path / "key.pem").write_bytes(key.private_bytes(*form))
    options = ["--tls-cert", tmp_path / "cert.pem", "--tls-key", tmp_path / "key.pem"]
    if password:
        (tmp_path / "password").write_bytes(password + b"\n")
        options += ["--tls-password-file", tmp_path / "password"]
    context = ssl.create_default_context()
    authority.configure_trust(context)
    answers = []
    with pair(*options, cwd=site) as servers:
        for server in servers:
            connection = http.client.HTTPSConnection(*server.address, timeout=TIMEOUT, context=context)
            connection.request("GET", "/page.html", headers={"Host": "example.test"})
            with connection.getresponse() as response:
                fields = [field for field in response.getheaders() if field[0] != "Date"]
                answers.append((response.version, response.status, fields, response.read()))
            connection.close()
    assert answers[1] == answers[0]
    assert answers[0][1] == 200
