# SPDX-License-Identifier: MIT
"""Strict handlers, waitress, gevent.pywsgi and gunicorn on two hosts behind nginx or HAProxy, each at its own address.

The proxies have the configurations of docs/how-to/several-hosts.md.
"""

from __future__ import annotations

import hashlib
import http.client
import importlib.util
import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.behind import ADDRESSES, CLIENT, FRONT, PROGRAMS, Site, framed, request
from tests.integration.hosts import not_here
from tests.integration.processes import needs_signals
from tests.matrix.shapes import Shape
from tests.matrix.shapes import shapes as matrix

pytestmark = [needs_signals, pytest.mark.skipif(bool(not_here()), reason=str(not_here()))]

PROXIES = ("nginx", "nginx unbuffered", "haproxy")
UPLOAD = bytes(range(256)) * 1200


@pytest.fixture(scope="module", params=[(proxy, program) for proxy in PROXIES for program in PROGRAMS], ids=", ".join)
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    proxy, program = request.param
    if shutil.which(proxy.split()[0]) is None:
        pytest.skip(f"{proxy} is not installed (Debian and Ubuntu: apt-get install {proxy})")
    if program != "strict" and importlib.util.find_spec(program) is None:
        pytest.skip(f"{program} is not installed")
    made = Site(proxy, program, tmp_path_factory.mktemp("site"))
    try:
        for address in ADDRESSES:
            made.start(address)
        with made.serving():
            yield made
    finally:
        made.close()


def contents(reply: bytes) -> list[dict[str, Any]]:
    """What the applications have seen, answer by answer."""
    return [json.loads(each) for each in re.findall(rb"^\{.*?\}(?=HTTP|$)", reply, re.MULTILINE)]


def test_who_asks(site: Site) -> None:
    """The proxy's word about the client arrives, and nothing of what the client says of itself."""
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
        assert "203.0.113" not in str(seen["others"])
        assert "evil" not in str(seen["others"])
        assert "https" not in str(seen["others"])
    assert sorted(servers) == sorted(ADDRESSES * 3)


def test_connections_persist(site: Site) -> None:
    """From the client, and to the servers."""
    requests = [request("GET /kept", last=number == 29) for number in range(30)]
    seen = contents(site.ask(*requests, pause=0.01))
    assert len(seen) == 30
    assert {each["server"] for each in seen} == set(ADDRESSES)
    print(site, len({(each["server"], each["peer"]) for each in seen}))
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


# HAProxy 2.6 passes this length on as it stands; of the servers, a strict handler alone refuses it.
UNREFUSED = "Content-Length of 2^64"


def shapes_of(prefix: str) -> list[tuple[str, str, Shape]]:
    """Each with a path of its own, which says whose requests they are that an application has seen."""
    own = [(f"/shape-{prefix}-{number}", name) for number, name in enumerate(matrix())]
    return [(path, name, matrix(prefix=path)[name]) for path, name in own]


def conversation(site: Site, data: bytes, **to: Any) -> bytes:
    """What is answered until the connection ends; until two seconds have passed without a byte, if not by us."""
    with site.connection(**to) as connection:
        connection.settimeout(20 if site.program == "strict" else 2)
        connection.sendall(data)
        reply = b""
        try:
            while received := connection.recv(65536):
                reply += received
        except ConnectionResetError:
            pass
        except TimeoutError:
            assert site.program != "strict", (data, reply)
        return reply


def test_shapes(site: Site) -> None:
    """What can be read in two ways: an application sees the requests that the proxy has sent, each once, and no others."""
    replies: dict[str, bytes] = {}
    changes = [(":8000", ":8001"), ("listen 80;", "listen 81;") if site.proxy == "nginx" else ("bind :80", "bind :81")]
    with site.taps(8001, to=8000) as taps, site.serving(*changes, port=81):
        for path, name, shape in shapes_of("proxy"):
            if name != UNREFUSED or site.proxy == "nginx" or site.program == "strict":
                replies[name] = conversation(site, shape.data, port=81)
    for path, name, shape in shapes_of("direct"):
        reply = conversation(site, shape.data, address=ADDRESSES[0], port=8000)
        replies[path] = reply
    for address in ADDRESSES:
        site.end(address)
        site.start(address)
    seen = Counter(tuple(json.loads(line)) for line in site.printed.splitlines())
    sent = Counter()
    for tap in taps:
        for connection in tap.sent:
            for method, path, body in framed(bytes(connection)):
                sent[method, path, hashlib.sha256(body).hexdigest()] += 1
    for path, name, shape in shapes_of("direct"):
        paths = [p for _, p, _ in seen.elements() if p.startswith(path + "/")]
        if path + "/smuggled" in paths: print("DIRECT", name, paths)
    beyond = seen - sent
    print([each for each in beyond.elements() if "-direct-" not in each[1]])
    print([each for each in (sent-seen).elements() if "-direct-" not in each[1]])
