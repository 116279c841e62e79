# SPDX-License-Identifier: MIT
"""The programs of examples/ over real sockets: each port answers as the program it was made from."""

from __future__ import annotations

import http.client
import importlib.util
import pathlib
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

import fasthdr
from tests.integration.processes import environment, free_port, run, served
from tests.programs import needs, needs_compiler

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
PROGRAMS = ["threads_h11", "threads_fasthdr", "asyncio_httptools", "asyncio_fasthdr"]
LOOPS = ["loop_picohttpparser", "loop_fasthdr"]
CLOSED = b"Content-Length: 0\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize("name", [*PROGRAMS, *LOOPS])
def test_length(name: str) -> None:
    """A port has fewer than 60 lines; the loop that reads framing by itself is a little longer."""
    (path,) = EXAMPLES.glob(f"{name}.py*")
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines < (60 if name != "loop_picohttpparser" else 70)


@pytest.mark.skipif(not importlib.util.find_spec("distributed"), reason="Dask is not installed")
def test_a_folder_of_streams_on_a_local_cluster(tmp_path: pathlib.Path) -> None:
    """Processes started by Dask read a hundred streams, three of which are cut off or bad."""
    get = b"GET /%d HTTP/1.1\r\nHost: %s.example\r\n\r\n"
    post = b"POST /%d HTTP/1.1\r\nHost: form.example\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    for i in range(97):
        (tmp_path / f"stream-{i}").write_bytes(get % (i, b"ab"[i % 2 :][:1]) * (i + 1) + post % i)
    (tmp_path / "cut").write_bytes(get % (0, b"cut") + post[:-4] % 1)
    (tmp_path / "bad").write_bytes(get % (0, b"bad") + b"GET / HTTP/1.1\r\nHost: a\r\nA : b\r\n\r\n")
    (tmp_path / "middle").write_bytes(b"\x16\x03\x01")
    done = run(EXAMPLES / "capture_dask.py", tmp_path, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    expected = {"a.example": sum(range(1, 98, 2)), "b.example": sum(range(2, 97, 2)), "form.example": 97}
    expected |= {"cut.example": 1, "bad.example": 1, "[cut off]": 1, "[space-before-colon]": 1, "[tls]": 1}
    assert done.stdout == "".join(f"{number} {name}\n" for name, number in sorted(expected.items()))


def test_each_is_described() -> None:
    text = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    for path in EXAMPLES.glob("*.py*"):
        assert path.name in text, path.name
    for name in re.findall(r"`(\w+\.pyx?)`", text):
        assert (EXAMPLES / name).is_file(), name


@pytest.fixture(params=PROGRAMS, scope="module")
def port(request: pytest.FixtureRequest) -> Iterator[int]:
    if sys.platform == "win32":
        pytest.skip("processes here end by signals, as POSIX has them")
    package = request.param.partition("_")[2]
    if not importlib.util.find_spec(package):
        pytest.skip(f"{package} is not installed")
    port = free_port()
    with served([EXAMPLES / f"{request.param}.py", str(port)], port, cwd=ROOT):
        yield port


def exchange(port: int, *pieces: bytes) -> bytes:
    """Return what comes on a connection until the server closes it."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        for piece in pieces:
            connection.sendall(piece)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_persistent_connection(port: int) -> None:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    for number in range(5):
        body = b"x" * number * 20_000
        client.request("POST", f"/{number}?a=b", body, {"Host": "example.com"})
        response = client.getresponse()
        assert (response.status, response.read()) == (200, b"POST /%d?a=b at example.com: %b\n" % (number, body))
    client.request("GET", "/", headers={"Host": "h", "Connection": "close"})
    response = client.getresponse()
    assert response.getheader("Connection") == "close"
    assert response.read() == b"GET / at h: \n"
    client.close()


def test_chunked(port: int) -> None:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    client.request("POST", "/", iter([b"abc", b"defg" * 9000, b"h"]), {"Host": "h"}, encode_chunked=True)
    assert client.getresponse().read() == b"POST / at h: abc" + b"defg" * 9000 + b"h\n"
    client.close()


def test_pipeline_in_pieces(port: int) -> None:
    """Two requests and a third that closes, cut at every place in turn."""
    data = (
        b"POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
        b"POST /2 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n0\r\n\r\n"
        b"GET /3 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
    )
    for cut in range(0, len(data), 7):
        answer = exchange(port, data[:cut], data[cut:])
        assert re.findall(rb"^\w+ /\d at h: \w*$", answer, re.MULTILINE) == [
            b"POST /1 at h: abc", b"POST /2 at h: de", b"GET /3 at h: ",
        ]  # fmt: skip


def test_refused(port: int) -> None:
    for data in (b"GET / HTTP/1.1\r\nHost: h\r\nA B\r\n\r\n", b"\x00\x01\x02\x03\r\n\r\n"):
        assert exchange(port, data).startswith(b"HTTP/1.1 400 ")


def test_expect(port: int) -> None:
    head = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(head)
        assert connection.recv(65536).startswith(b"HTTP/1.1 100")
        connection.sendall(b"ok")
        assert b"".join(iter(lambda: connection.recv(65536), b"")).endswith(b"POST / at h: ok\n")


def test_the_client_goes_away(port: int) -> None:
    """The client leaves in a head and in a body; the server goes on."""
    for data in (b"GET / HT", b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nab"):
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            connection.sendall(data)
    assert exchange(port, b"GET / HTTP/1.0\r\nHost: h\r\n\r\n").endswith(b"GET / at h: \n")


@needs("curl")
def test_curl(port: int) -> None:
    url = f"http://127.0.0.1:{port}"
    command = ["curl", "-sS", "-m", "20", "-d", "a=1", f"{url}/1", "--next", "-sS", "-m", "20", f"{url}/2"]
    done = subprocess.run(command, env=environment(), capture_output=True, check=True)
    assert done.stdout == f"POST /1 at 127.0.0.1:{port}: a=1\nGET /2 at 127.0.0.1:{port}: \n".encode()


# The loops in Cython.


@pytest.fixture(params=LOOPS, scope="module")
def serve(request: pytest.FixtureRequest) -> Any:
    if sys.platform == "win32":
        pytest.skip("the loops call read() and write() of POSIX")
    if fasthdr.IMPLEMENTATION != "cython":
        pytest.skip("the core does not run: FASTHDR_PURE_PYTHON=1")
    pytest.importorskip("Cython", reason="Cython is not installed")
    pytest.importorskip("setuptools", reason="setuptools is not installed")
    from examples.build import build

    if request.param == "loop_fasthdr":
        return build(request.param).serve
    source = ROOT / "build/bench/picohttpparser/picohttpparser.c"
    if not source.exists():
        pytest.skip("the source of picohttpparser is not here: `make picohttpparser`")
    return build(request.param, [source], [source.parent]).serve


def conversation(serve: Any, *pieces: bytes) -> tuple[bytes, int]:
    """Return what a client of the loop gets over TCP, and what the loop returns."""
    found: list[int] = []

    def work(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            found.append(serve(connection.fileno(), connection.fileno()))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=work, args=(listener,))
        thread.start()
        with socket.create_connection(listener.getsockname(), timeout=20) as client:
            for piece in pieces:
                client.sendall(piece)
            client.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: client.recv(65536), b""))
        thread.join(20)
    return answer, found[0]


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
BAD = b"HTTP/1.1 400 Bad Request\r\n" + CLOSED
GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"


@needs_compiler
def test_loop(serve: Any) -> None:
    assert conversation(serve, GET + POST * 2 + GET) == (OK * 4, 4)
    assert conversation(serve, (GET + POST) * 3000) == (OK * 6000, 6000)  # more than fits the buffer
    for cut in range(len(POST)):
        assert conversation(serve, POST[:cut], POST[cut:] + GET) == (OK * 2, 2)
    assert conversation(serve, GET + POST[:-1]) == (OK, 1)
    assert conversation(serve, GET + b"GET / HTTP/1.1\r\nHost: h\r\n\x00: b\r\n\r\n") == (OK + BAD, 2)
    closing = b"POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 3\r\n\r\nab"
    assert conversation(serve, closing, b"c" + GET) == (OK, 1)
    assert conversation(serve, b"") == (b"", 0)


@needs_compiler
@needs("curl")
def test_loop_with_curl(serve: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = "http://127.0.0.1:%d/" % listener.getsockname()[1]
        client = subprocess.Popen(
            ["curl", "-sS", "-m", "20", "-w", "%{http_code} ", url, "-d", "a", url], env=environment(), stdout=-1
        )
        connection, _ = listener.accept()
        with connection:
            assert serve(connection.fileno(), connection.fileno()) == 2
        assert client.communicate(timeout=20)[0] == b"200 200 "
