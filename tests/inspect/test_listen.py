# SPDX-License-Identifier: MIT
"""`--listen`: what clients send is shown, and they get a harmless answer."""

from __future__ import annotations

import contextlib
import errno
import http.client
import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fasthdr._cli.inspect import listen
from tests.inspect.test_protocols import hello
from tests.integration.processes import Served, environment, free_port, needs_signals, served

pytestmark = needs_signals


@contextlib.contextmanager
def listening(folder: Path, *options: str) -> Iterator[Served]:
    port = free_port()
    with served(["-m", "fasthdr", "inspect", "--listen", str(port), *options], port, cwd=folder) as server:
        yield server


def documents(server: Served) -> list[dict[str, Any]]:
    """Return a document for each connection that has sent something."""
    found = [json.loads(line) for line in server.stdout.splitlines()]
    return [each for each in found if each["bytes"]]


def talk(server: Served, data: bytes) -> bytes:
    """Return the server's answer to the data, after which the client sends no more."""
    with socket.create_connection(server.address, timeout=30) as sock:
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: sock.recv(65536), b""))


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_curl(tmp_path: Path) -> None:
    with listening(tmp_path) as server:
        url = f"http://127.0.0.1:{server.address[1]}/x?y=1"
        command = ["curl", "-sS", "-u", "me:secret", "-H", "Expect: 100-continue", "-d", "a=1", url, url]
        done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "fasthdr inspect has shown your request where it runs.\n" * 2
    assert server.stderr == f"listening on http://127.0.0.1:{server.address[1]}/ until interrupted\n"
    assert server.process.returncode == 0
    for part in (
        "  POST /x?y=1 HTTP/1.1\n",
        "  Authorization: <18 bytes hidden>\n",
        "  Content-Length: 3\n",
        "  strict: accepted (",
        "  body: Content-Length 3, at ",
        " 2 messages, nothing left over\n",
    ):
        assert part in server.stdout, part
    assert "from 127.0.0.1 port " in server.stdout


def test_http_client(tmp_path: Path) -> None:
    with listening(tmp_path, "--json") as server:
        connection = http.client.HTTPConnection(*server.address, timeout=30)
        for method, body in (("GET", None), ("POST", iter([b"hello", b"!"])), ("HEAD", None)):
            connection.request(method, "/a", body, {"X-Name": "caf\xe9"}, encode_chunked=body is not None)
            response = connection.getresponse()
            assert response.status == 200
            assert response.headers["Content-Type"].startswith("text/plain")
            assert response.read().startswith(b"fasthdr") is (method != "HEAD")
            assert not response.will_close
        connection.close()
    (found,) = documents(server)
    assert found["input"].startswith("127.0.0.1 port ")
    assert [message["lines"][0]["text"].split()[0] for message in found["messages"]] == ["GET", "POST", "HEAD"]
    assert [message["body"]["framing"] for message in found["messages"]] == ["none", "chunked", "none"]
    assert found["messages"][1]["body"]["data"] == 6
    assert "X-Name: caf\xe9" in [line["text"] for line in found["messages"][0]["lines"]]
    assert found["left"] is None


def test_a_client_that_waits_before_it_sends_the_body(tmp_path: Path) -> None:
    with listening(tmp_path, "--json") as server, socket.create_connection(server.address, timeout=30) as sock:
        sock.sendall(b"PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        assert sock.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(b"ok")
        assert sock.recv(100).startswith(b"HTTP/1.1 200 OK\r\n")
    (found,) = documents(server)
    assert found["messages"][0]["body"]["data"] == 2


def test_head_has_no_body(tmp_path: Path) -> None:
    with listening(tmp_path) as server:
        for start in (b"HEAD / HTTP/1.1\r\nHost: h", b"HEAD / HTTP/1.1\r\nHost : h"):
            assert talk(server, start + b"\r\n\r\n").endswith(b"\r\n\r\n")


def test_what_is_refused(tmp_path: Path) -> None:
    with listening(tmp_path, "--json") as server:
        answer = talk(server, b"GET / HTTP/1.1\r\nHost : h\r\n\r\nmore")
        assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
        assert b"\r\nConnection: close\r\n" in answer
        assert answer.endswith(b"\r\n\r\nWhite space in a field name\n")
        assert talk(server, b"CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n\r\n").startswith(b"HTTP/1.1 501 ")
        assert talk(server, b"GET / HTTP/1.0\r\n\r\nGET / HTTP/1.0\r\n\r\n").count(b"HTTP/1.1 200 ") == 1
        assert talk(server, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n" * 2).count(b"HTTP/1.1 200 ") == 2
        assert talk(server, b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc").startswith(b"HTTP/1.1 400 ")
        faulty = talk(server, b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n")
        assert faulty.endswith(b"\r\n\r\nBad chunk\n")
        assert talk(server, hello("h")) == b""
        assert talk(server, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") == b""
        assert talk(server, b"GET / HT") == b""
    found = documents(server)
    assert sorted([message["accepted"] for message in each["messages"]] for each in found) == [
        [], [], [False], [False], [False], [False], [True], [True, True], [True, True],
    ]  # fmt: skip
    assert sorted(each["code"] for one in found for each in one["foreign"]) == ["http2", "tls"]
    assert 4 in [each["left"]["bytes"] for each in found if each["left"]]


def test_a_silent_client_holds_up_nobody(tmp_path: Path) -> None:
    with listening(tmp_path, "--json") as server, socket.create_connection(server.address, timeout=30) as silent:
        silent.sendall(b"GET / HT")
        answers: list[bytes] = []
        threads = [
            threading.Thread(target=lambda: answers.append(talk(server, b"GET / HTTP/1.0\r\n\r\n"))) for _ in range(20)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [answer[:12] for answer in answers] == [b"HTTP/1.1 200"] * 20


def test_what_has_come_is_shown_when_it_is_interrupted(tmp_path: Path) -> None:
    with listening(tmp_path, "--json") as server:
        connections = [http.client.HTTPConnection(*server.address, timeout=30) for _ in range(5)]
        for connection in connections:
            connection.request("GET", "/")
            assert connection.getresponse().read()
    for connection in connections:
        connection.close()
    assert [len(each["messages"]) for each in documents(server)] == [1] * 5
    assert server.process.returncode == 0


def test_an_interrupt_while_a_connection_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes when the client has its answer, and before the thread that shows the request has been started whole."""
    shown: list[str] = []
    start = threading.Thread.start
    answered = threading.Event()

    def print_items(name: str, items: Iterable[Any]) -> None:
        for _ in items:
            answered.set()
            time.sleep(0.2)
        shown.append(name)

    def interrupted(self: threading.Thread) -> None:
        start(self)
        if self.daemon:  # the listener's
            assert answered.wait(30)
            raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    monkeypatch.setattr(listen, "LINGER", 0.05)  # showing a request may take longer
    port = free_port()

    def ask() -> None:
        while True:
            with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port), 30) as sock:
                sock.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                assert sock.recv(1000)
                return
            time.sleep(0.05)

    client = threading.Thread(target=ask, daemon=False)
    client.start()
    listen.listen("127.0.0.1", port, None, print_items)
    client.join()
    assert len(shown) == 1


def test_too_many_open_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection cannot be accepted for a moment: it waits, and the others go on."""
    accept = socket.socket.accept
    attempts: list[str] = []

    def limited(self: socket.socket) -> Any:
        attempts.append("")
        if len(attempts) == 1:
            raise OSError(errno.EMFILE, "Too many open files")
        return accept(self)

    def create(address: Any, family: Any) -> socket.socket:
        server = make(address, family=family)
        client.connect(server.getsockname())
        client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        client.shutdown(socket.SHUT_WR)
        return server

    make = socket.create_server
    monkeypatch.setattr(socket, "create_server", create)
    monkeypatch.setattr(socket.socket, "accept", limited)
    shown: list[int] = []
    with socket.socket() as client:
        listen.listen("127.0.0.1", 0, 1, lambda _, items: shown.append(len(list(items))))
        assert client.recv(12) == b"HTTP/1.1 200"
    assert len(attempts) == 2
    assert shown


def test_so_many_connections(tmp_path: Path) -> None:
    port = free_port()
    arguments = ["-m", "fasthdr", "inspect", "--listen", str(port), "--connections", "2"]
    with served(arguments, port, cwd=tmp_path) as server:  # served() has connected once
        assert talk(server, b"GET / HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 200 ")
        assert server.process.wait(30) == 0
    assert "18 bytes, 1 message, nothing left over" in server.stdout


def test_an_address_that_cannot_be_had(tmp_path: Path) -> None:
    with listening(tmp_path) as server:
        again = subprocess.run(
            [*server.process.args[:4], "--listen", str(server.address[1])],
            env=environment(), capture_output=True, text=True, timeout=60, cwd=tmp_path,
        )  # fmt: skip
    assert again.returncode == 2
    assert "Address already in use" in again.stderr
