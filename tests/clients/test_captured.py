# SPDX-License-Identifier: MIT
"""Strict mode accepts what clients really send: many variants of requests from each client, recorded and checked."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import fasthdr
from fasthdr._pure import parse as _pure
from tests.clients.command_lines import commands
from tests.clients.library_calls import LIBRARIES
from tests.clients.recorder import Recorded, Recorder
from tests.clients.uploads import TIMEOUT, environment_of_programs
from tests.integration.processes import needs_signals
from tests.integration.wire import serving
from tests.programs import OLD_NODE, needs

pytestmark = needs_signals

NODE = Path(__file__).with_name("node_variants.mjs")


@pytest.fixture
def recorder() -> object:
    server = Recorder()
    with serving(server):
        yield server


def judge(requests: list[Recorded]) -> None:
    """Check that no request is refused, that its framing fits the body that came, and that all of it is decoded."""
    refused = []
    for head, body in requests:
        try:
            found = fasthdr.parse_request(head, strict=True)
            _pure.parse_request(head, strict=True)
        except fasthdr.ParseError as error:
            refused.append((str(error), head))
            continue
        assert found is not None
        assert found.consumed == len(head)
        if found.framing:
            decoder = fasthdr.BodyDecoder(found.framing)
            decoder.feed(body)
            assert decoder.ended
            assert decoder.consumed == len(body)
        else:
            assert body == b""
    assert refused == []


def run(command: list[str], cwd: Path) -> int:
    """Run the command to its end, and return its exit status, whatever that is."""
    return subprocess.run(
        command,
        cwd=cwd,
        env=environment_of_programs(HOME=os.devnull),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=TIMEOUT,
    ).returncode


UNKNOWN_OPTION = 2  # exit status of curl and wget


def check_commands(program: str, recorder: Recorder, files: Path) -> None:
    with ThreadPoolExecutor(4) as threads:
        ends = list(threads.map(lambda command: run(command, files), commands(program, recorder.url)))
    known = [end for end in ends if end != UNKNOWN_OPTION]
    assert len(known) > 0.9 * len(ends)
    assert len(recorder.requests) >= len(known)
    judge(recorder.requests)


@needs("curl")
def test_curl(recorder: Recorder, files: Path) -> None:
    check_commands("curl", recorder, files)
    heads = b"".join(head for head, _ in recorder.requests)
    for expected in (
        b"CONNECT a.test:443 ",
        b"GET http://a.test/b?c ",
        b"OPTIONS * ",
        b" HTTP/1.0\r\n",
        b"\r\nTransfer-Encoding: chunked\r\n",
        b"\r\nExpect: 100-continue\r\n",
        b"\r\nAuthorization: Digest ",
        b"\r\nTE: gzip\r\n",
    ):
        assert expected in heads


@needs("wget")
def test_wget(recorder: Recorder, files: Path) -> None:
    check_commands("wget", recorder, files)
    heads = b"".join(head for head, _ in recorder.requests)
    for expected in (b"CONNECT a.test:443 ", b"GET http://a.test/b?c ", b"\r\nAuthorization: Digest ", b"PUT / "):
        assert expected in heads


@needs("node")
def test_node(recorder: Recorder, files: Path) -> None:
    done = subprocess.run(
        ["node", str(NODE), recorder.url],
        cwd=files,
        env=environment_of_programs(),
        capture_output=True,
        timeout=TIMEOUT,
    )
    if done.returncode == OLD_NODE:
        pytest.skip("this Node has no fetch()")
    assert done.returncode == 0, done.stderr
    assert len(recorder.requests) >= int(done.stdout)
    judge(recorder.requests)


@pytest.mark.parametrize("library", LIBRARIES)
def test_libraries(recorder: Recorder, library: str) -> None:
    for variant in LIBRARIES[library](recorder.url):
        before = len(recorder.requests)
        with contextlib.suppress(Exception):  # for example at a proxy that makes no tunnels
            variant()
        assert len(recorder.requests) > before
    judge(recorder.requests)


@needs("curl")
@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
def test_curl_by_an_ipv6_address(files: Path) -> None:
    """The Host field has the form [::1]:port."""
    try:
        server = Recorder(socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no ::1")
    with serving(server):
        run(["curl", "--globoff", "--silent", server.url], files)
    assert b"\r\nHost: [::1]:" in server.requests[0].head
    judge(server.requests)


def test_a_refusal_is_seen() -> None:
    """A request that strict mode refuses fails the test."""
    with pytest.raises(AssertionError):
        judge([Recorded(b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", b"")])
    with pytest.raises(AssertionError):
        judge([Recorded(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n", b"abc")])


def test_several_values_of_putheader(recorder: Recorder) -> None:
    """http.client folds them; strict mode refuses that, as RFC 9112 5.2 requires of a server."""
    connection = http.client.HTTPConnection("127.0.0.1", recorder.server_address[1], timeout=TIMEOUT)
    connection.putrequest("GET", "/")
    connection.putheader("X-Several", "a", "b")
    connection.endheaders()
    connection.getresponse().read()
    connection.close()
    with pytest.raises(fasthdr.ParseError, match="Obsolete line folding"):
        fasthdr.parse_request(recorder.requests[0].head, strict=True)
