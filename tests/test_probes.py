# SPDX-License-Identifier: MIT
"""What is tried out at import or at first use: it is not counted, and no function of the program is called for it."""

from __future__ import annotations

import io
import subprocess
import sys
from typing import Any

import pytest

import fasthdr
import fasthdr.client
from fasthdr._api import Uncounted

COUNTED = """if True:
    import fasthdr
    fasthdr.collect_stats()
    import fasthdr.client, fasthdr.server, fasthdr.simple_server, types, io
    assert fasthdr.stats() == {}, fasthdr.stats()
    fasthdr.client.HTTPResponse(types.SimpleNamespace(makefile=lambda mode: None))
    with fasthdr.install():
        pass
    assert fasthdr.stats() == {}, fasthdr.stats()
    fasthdr.parse_request(b"GET //a HTTP/1.1\\r\\n\\r\\n")
    assert fasthdr.stats() == {"core": 1}, fasthdr.stats()
"""

SEEN = """if True:
    import http.client, http.server, io, sys, types
    calls = []

    def recorded(owner, name):
        original = getattr(owner, name)

        def wrapper(*args, **keywords):
            calls.append(name)
            return original(*args, **keywords)

        setattr(owner, name, wrapper)

    def everything():
        import fasthdr.client, fasthdr.server, fasthdr.simple_server
        for cls in (fasthdr.client.HTTPResponse, http.client.HTTPResponse):
            cls(types.SimpleNamespace(makefile=lambda mode: io.BytesIO(b"HTTP/1.1 200 OK\\r\\n\\r\\n")))
        with fasthdr.install():
            if "parse_request" not in sys.argv[2]:  # what it is asked by, where it is another than the stdlib's
                fasthdr.parse_request(b"GET //a HTTP/1.1\\r\\n\\r\\n")

    import warnings
    warnings.simplefilter("ignore")
    names = sys.argv[2:]
    if sys.argv[1] == "late":
        import fasthdr.client
    for name in names:
        *owner, last = name.split(".")
        found = {"client": http.client, "server": http.server}[owner[0]]
        for part in owner[1:]:
            found = getattr(found, part)
        recorded(found, last)
    everything()
    allowed = {"__init__"}  # of the two responses that are made above
    assert set(calls) <= allowed and calls.count("__init__") <= 2, calls
"""


def test_probes_are_not_counted() -> None:
    subprocess.run([sys.executable, "-c", COUNTED], check=True)


def test_a_probe_within_a_probe(counted: Any) -> None:
    """The end of the inner one does not end the outer one."""

    def parse() -> None:
        fasthdr.client.parse_headers(io.BytesIO(b"A: b\r\n\r\n"))

    with Uncounted():
        with Uncounted():
            parse()
        parse()
    assert counted() == (0, 0)
    parse()
    assert counted() == (int(fasthdr.IMPLEMENTATION == "cython"), 0)


@pytest.mark.parametrize("when", ["early", "late"])
@pytest.mark.parametrize(
    "name",
    [
        "client.parse_headers",
        "client.HTTPResponse.begin",
        "client.HTTPResponse.__init__",
        "client.HTTPResponse._read_status",
        "client.HTTPResponse._check_close",
        "client.HTTPConnection.putheader",
        "server.BaseHTTPRequestHandler.parse_request",
        "server.BaseHTTPRequestHandler.handle_one_request",
        "server.BaseHTTPRequestHandler.send_header",
        "server.BaseHTTPRequestHandler.log_message",
    ],
)
def test_probes_are_not_seen(when: str, name: str) -> None:
    """A function that a program has put in place, before or after the import, is not called by a probe."""
    subprocess.run([sys.executable, "-c", SEEN, when, name], check=True)


LIMITED = """if True:
    import http.client, io, sys
    name, value = sys.argv[1], int(sys.argv[2])
    def limit():
        setattr(http.client, name, value)
    if sys.argv[3] == "early":
        limit()
    import fasthdr.client, fasthdr.server, fasthdr.simple_server
    with fasthdr.install():
        limit()
        fasthdr.parse_request(b"GET //a HTTP/1.1\\r\\n\\r\\n")
        setattr(http.client, name, 100)
        block = b"Content-Type: multipart/form-data\\r\\n\\r\\n"
        fasthdr.collect_stats()
        assert http.client.parse_headers(io.BytesIO(block)).defects
        if fasthdr.IMPLEMENTATION == "cython":
            assert fasthdr.stats() == {"core": 1}, fasthdr.stats()
"""


@pytest.mark.parametrize("when", ["early", "late"])
@pytest.mark.parametrize("name", ["_MAXHEADERS", "_MAXLINE"])
def test_low_limits_are_for_heads_alone(name: str, when: str) -> None:
    """What is tried out has more lines, and longer ones, than the program allows."""
    subprocess.run([sys.executable, "-c", LIMITED, name, "2", when], check=True)


FIRST_MULTIPART = """if True:
    import http.client, io, fasthdr.client
    class Limit(int):
        compared = 0
        def __lt__(self, other):
            Limit.compared += 1
            return int(self) < other
    http.client._MAXHEADERS = Limit(100)
    parse = http.client.parse_headers
    counts = []
    for each in (parse, fasthdr.client.parse_headers):
        Limit.compared = 0
        each(io.BytesIO(b"Content-Type: multipart/form-data\\r\\n\\r\\n"))
        counts.append(Limit.compared)
    assert counts[0] == counts[1] > 0, counts
"""


def test_the_programs_limit_is_not_used_to_try_something_out() -> None:
    subprocess.run([sys.executable, "-c", FIRST_MULTIPART], check=True)
