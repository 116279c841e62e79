# SPDX-License-Identifier: MIT
"""Strict handlers, waitress, gevent.pywsgi and gunicorn on two hosts behind nginx or HAProxy, each at its own address.

The proxies have the configurations of docs/how-to/several-hosts.md.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import re
import shutil
import signal
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration import http2
from tests.integration.behind import ADDRESSES, CLIENT, PORT, PROGRAMS, Site, framed, request
from tests.integration.hosts import not_here
from tests.integration.processes import TIMEOUT, needs_signals
from tests.matrix.shapes import Shape
from tests.matrix.shapes import shapes as matrix

pytestmark = [needs_signals, pytest.mark.long]

STRICT = [("nginx", "strict"), ("nginx unbuffered", "strict"), ("haproxy", "strict")]
PAIRS = [*STRICT, *((proxy, program) for proxy in ("nginx", "haproxy") for program in PROGRAMS if program != "strict")]
UPLOAD = bytes(range(256)) * 1200


def needs(proxy: str, program: str = "strict") -> None:
    if reason := not_here():
        pytest.skip(reason)
    if shutil.which(proxy) is None:
        pytest.skip(f"{proxy} is not installed (Debian and Ubuntu: apt-get install {proxy})")
    if program != "strict" and importlib.util.find_spec(program) is None:
        pytest.skip(f"{program} is not installed")


@pytest.fixture(scope="module", params=PAIRS, ids=", ".join)
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    proxy, program = request.param
    needs(proxy.split()[0], program)
    with contextlib.closing(Site(proxy, program, tmp_path_factory.mktemp("site"))) as made:
        for address in ADDRESSES:
            made.start(address)
        with made.serving():
            yield made


def contents(reply: bytes) -> list[dict[str, Any]]:
    """Return what the applications have seen, one item per answer."""
    return [json.loads(each) for each in re.findall(rb"^\{.*?\}(?=HTTP|$)", reply, re.MULTILINE)]


def test_who_asks(site: Site) -> None:
    """The servers get the proxy's word about the client, and none of what the client says of itself."""
    forged = (
        b"X-Forwarded-For: 203.0.113.1",
        b"X-Forwarded-For: 203.0.113.2",
        b"X_Forwarded_For: 203.0.113.3",
        b"X-Forwarded-Host: evil.example",
        b"X-Forwarded-Proto: https",
        b"X_Forwarded_Proto: https",
        b"X-Forwarded-Port: 1",
        b"Forwarded: for=203.0.113.4",
    )
    servers = []
    for _ in range(6):
        (seen,) = contents(site.ask(request("GET /who", *forged)))
        servers.append(seen["server"])
        assert (seen["client"], seen["host"], seen["scheme"]) == (CLIENT, "site.example", "http")
        names = {name.lower().removeprefix("http_").replace("_", "-") for name in seen["others"]}
        assert names <= {"x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"}
        assert set(seen["others"].values()) <= {CLIENT, "site.example", "http"}
    assert set(servers) == set(ADDRESSES)


def test_connections_persist(site: Site) -> None:
    """The client's connection persists, and so do those to the servers."""
    requests = [request("GET /kept", last=number == 29) for number in range(30)]
    seen = contents(site.ask(*requests, pause=0.01))
    assert len(seen) == 30
    assert {each["server"] for each in seen} == set(ADDRESSES)
    assert len({(each["server"], each["peer"]) for each in seen}) <= 8


@pytest.mark.parametrize("expects", [False, True], ids=["", "100-continue"])
@pytest.mark.parametrize("chunked", [False, True], ids=["sized", "chunked"])
def test_uploads(site: Site, chunked: bool, expects: bool) -> None:
    pieces = [UPLOAD[at : at + 30_000] for at in range(0, len(UPLOAD), 30_000)]
    fields = [b"Content-Length: %d" % len(UPLOAD)]
    if chunked:
        fields = [b"Transfer-Encoding: chunked"]
        pieces = [b"%x;name=value\r\n%s\r\n" % (len(piece), piece) for piece in pieces] + [b"0\r\n\r\n"]
    fields += [b"Expect: 100-continue"] * expects
    with site.connection() as connection:
        for last in (False, True):
            connection.sendall(request("POST /upload", *fields, last=last))
            if expects:
                assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
            for piece in pieces:
                connection.sendall(piece)
            reply = b""
            while not reply.endswith(b"}"):
                data = connection.recv(65536)
                assert data, reply
                reply += data
            (seen,) = contents(reply)
            assert seen["digest"] == hashlib.sha256(UPLOAD).hexdigest()


def test_head(site: Site) -> None:
    reply = site.ask(request("HEAD /first", last=False) + request("GET /second"))
    first, second, content = reply.split(b"\r\n\r\n")
    assert first.startswith(b"HTTP/1.1 200 ")
    assert second.startswith(b"HTTP/1.1 200 ")
    assert json.loads(content)["path"] == "/second"
    assert int(re.search(rb"(?i)content-length: (\d+)", first)[1]) > 200


def shapes_of(prefix: str) -> list[tuple[str, str, Shape]]:
    """Return each shape with its own path, which tells whose requests an application has seen."""
    own = [(f"/shape-{prefix}-{number}", name) for number, name in enumerate(matrix())]
    return [(path, name, matrix(prefix=path)[name]) for path, name in own]


def patient(site: Site, connection: socket.socket) -> socket.socket:
    """Set how long to wait: a strict handler must not leave anyone waiting; other servers may."""
    connection.settimeout(20 if site.program == "strict" else 2)
    return connection


def conversation(site: Site, data: bytes, **to: Any) -> bytes:
    """Return what is answered until the connection ends, or a server that is not strict is silent for two seconds."""
    reply = b""
    with patient(site, site.connection(**to)) as connection:
        connection.sendall(data)
        try:
            while received := connection.recv(65536):
                reply += received
        except ConnectionResetError:
            pass
        except TimeoutError:
            assert site.program != "strict", (data, reply)
    return reply


# Ports for these tests, with the taps behind them: 8081, and 8082 for HTTP/2.
LISTENS = {
    "nginx": ("listen 80;", "listen 8081; listen 8082 http2;"),
    "haproxy": ("bind :80", "bind :8081\n    bind :8082 proto h2"),
}
OVERFLOW = "http-request deny deny_status 400 if { req.fhdr(Content-Length),length gt 18 }"


def test_shapes(site: Site) -> None:
    """Ambiguous requests: an application sees only requests that the proxy has sent, each once."""
    changes = [(":8000", ":8001"), LISTENS[site.proxy]]
    if (site.proxy, site.program) == ("haproxy", "strict"):  # strict handlers need no such help
        changes.append((OVERFLOW, ""))
    with site.taps(8001, to=8000) as taps, site.serving(*changes, port=8081):
        for _, _, shape in shapes_of("proxy"):
            conversation(site, shape.data, port=8081)
        for number, name in enumerate(http2.shapes(b"")):
            if name == "length beyond the content" and site.program == "gunicorn":
                continue  # gunicorn takes an upload that has broken off for a complete one
            path = b"/shape-proxy-two-%d" % number
            requests = [http2.shapes(path)[name], (http2.request(b"GET", path + b"/last"), None)]
            http2.converse(patient(site, site.connection(port=8082)), requests)
    direct = {}
    if site.program == "strict":
        direct = {path: conversation(site, shape.data, address=ADDRESSES[0], port=8000)
                  for path, _, shape in shapes_of("direct")}  # fmt: skip
    for address in ADDRESSES:
        site.restart(address)
    lines = [json.loads(line) for line in site.printed.splitlines()]
    seen = Counter((method, path.partition("#")[0], digest) for method, path, digest in lines if "-proxy-" in path)
    sent: Counter[tuple[str, str, str | None]] = Counter()
    for connection in taps.sent:
        for method, target, body in framed(bytes(connection)):
            path, _, query = target.partition("?")
            digest = None if query == "leave" else hashlib.sha256(body).hexdigest()
            sent[method, path.partition("#")[0], digest] += 1
    assert seen - sent == Counter()
    first = [path for _, path, _ in seen if path.endswith("/first")]
    assert sum("-two-" in path for path in first) > 4
    assert sum("-two-" not in path for path in first) > 20
    assert not any("-two-" in path and "/smuggled" in path for _, path, _ in seen)
    arrived = {path for _, path, _ in sent}
    assert sum(path + "/first" not in arrived for path, _, _ in shapes_of("proxy")) > 30
    assert site.errors == "" or site.program != "strict"
    for path, name, shape in shapes_of("direct") if direct else ():
        status = shape.strict or shape.faulty
        handled = [target for _, target, _ in lines if target.startswith(path + "/")]
        if status:
            assert direct[path].startswith(b"HTTP/1.1 %d " % status), (name, direct[path])
            assert direct[path].count(b"HTTP/1.1 ") == 1
        assert handled in ([], [f"{path}/first"], [f"{path}/first", f"{path}/last"], [f"{path}/last"]), name
        assert not (status and handled), name


def who_answers(site: Site, line: str) -> list[str]:
    """Return the address of the server that answers, for each of eight requests; without an answer, the status."""
    length = [b"Content-Length: 0"] * line.startswith("POST")
    replies = [site.ask(request(f"{line}-{number}", *length)) for number in range(8)]
    return [contents(reply)[0]["server"] if reply[9:12] == b"200" else reply[9:12].decode() for reply in replies]


def until(what: Callable[[], bool]) -> None:
    end = time.monotonic() + TIMEOUT
    while not what():
        assert time.monotonic() < end, "it does not come to that"
        time.sleep(0.1)


def until_these_answer(site: Site, *addresses: str) -> None:
    """Wait until all of these, and no others, have answered some of eight requests."""
    until(lambda: set(who_answers(site, "GET /until")) == set(addresses))


def test_a_server_ends_and_returns(site: Site) -> None:
    """No request is lost or handled twice, though connections to the server were kept open."""
    until_these_answer(site, *ADDRESSES)
    gone, left = ADDRESSES
    site.end(gone)
    before = len(site.printed)
    assert set(who_answers(site, "POST /shape-ended")) == {left}
    assert set(who_answers(site, "GET /shape-ended")) == {left}
    site.start(gone)
    until_these_answer(site, *ADDRESSES)
    site.restart(left)
    handled = Counter(site.printed[before:].splitlines())
    assert sorted(handled.values()) == [1] * 16


@pytest.mark.parametrize("proxy", ["nginx", "haproxy"])
def test_a_host_vanishes_and_returns(proxy: str, tmp_path: Path) -> None:
    """It vanishes without notice, its connections open: requests sent to it are lost, but none is handled twice."""
    needs(proxy)
    with contextlib.closing(Site(proxy, "strict", tmp_path)) as site:
        for address in ADDRESSES:
            site.start(address)
        with site.serving(*[("proxy_read_timeout 60s", "proxy_read_timeout 1s")] * (proxy == "nginx")):
            until_these_answer(site, *ADDRESSES)
            with site.hosts[ADDRESSES[0]].without_cables():
                lost = [request(f"POST /shape-lost-{number}", b"Content-Length: 0") for number in range(6)]
                replies = [site.ask(each) for each in lost]
                until_these_answer(site, ADDRESSES[1])
            until_these_answer(site, *ADDRESSES)
    # If the server's connection was a kept one, HAProxy ends the client's without an answer: the client will ask again.
    assert {reply[9:12] for reply in replies} <= {b"200", b"502", b"503", b"504", b""}
    answered = [seen for reply in replies for seen in contents(reply)]
    handled = Counter(json.loads(line)[1] for line in site.printed.splitlines())
    assert len(answered) >= 3
    assert {handled[seen["path"]] for seen in answered} == {1}
    assert max(handled.values()) == 1
    assert site.errors == ""


@pytest.mark.parametrize("proxy", ["nginx", "haproxy"])
def test_workers_of_gunicorn(proxy: str, tmp_path: Path) -> None:
    """Each worker answers while the other one is stopped; a killed one is replaced, and no request is lost."""
    needs(proxy, "gunicorn")
    with contextlib.closing(Site(proxy, "gunicorn", tmp_path)) as site:
        for address in ADDRESSES:
            site.start(address)
        with site.serving():
            until_these_answer(site, *ADDRESSES)
            for address in ADDRESSES:
                workers = two_workers(site, address)
                for stopped, other in (workers, workers[::-1]):
                    os.kill(stopped, signal.SIGSTOP)
                    try:
                        until(lambda pid=stopped: Path(f"/proc/{pid}/stat").read_text().split()[2] == "T")
                        assert {site.get("/one", address, PORT)["process"] for _ in range(4)} == {other}
                    finally:
                        os.kill(stopped, signal.SIGCONT)
            os.kill(workers[0], signal.SIGKILL)
            assert set(who_answers(site, "GET /killed")) <= set(ADDRESSES)
            assert two_workers(site, ADDRESSES[1], but=workers[0])
            until_these_answer(site, *ADDRESSES)


def two_workers(site: Site, address: str, but: int = 0) -> list[int]:
    """Wait until a host's gunicorn has two workers other than `but`, and return them."""
    until(lambda: len(set(site.children(address)) - {but}) == 2)
    return [pid for pid in site.children(address) if pid != but]


@pytest.mark.parametrize("site", STRICT, indirect=True, ids=", ".join)
def test_an_upload_that_is_not_read(site: Site) -> None:
    """The answer comes before the upload has ended, and reaches the client though the proxy is still sending."""
    data = UPLOAD * 20
    for chunked in (False, True) * 5:
        fields, body = [b"Content-Length: %d" % len(data)], data
        if chunked:
            fields, body = [b"Transfer-Encoding: chunked"], b"%x\r\n%s\r\n0\r\n\r\n" % (len(data), data)
        first = request("POST /unread?leave", *fields, last=False, body=body)
        replies = contents(site.ask(first, request("GET /next")))
        assert [seen["path"] for seen in replies] in (["/unread", "/next"], ["/unread"])
