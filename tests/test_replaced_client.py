# SPDX-License-Identifier: MIT
"""Programs that replace classes and methods of http.client or of fasthdr.client, before the first use and after it.

Each program runs in a separate process for each way, because fasthdr finds out at the first use what it may do.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import textwrap

import pytest

# c: the module that the program uses. switch_on(): where install() is called, in the ways that do so.
PRELUDE = """
import http.client, io, json, os, sys, traceback, urllib.request, warnings
from unittest import mock

way = sys.argv[1]
for program in json.load(sys.stdin):  # each in a child that goes on below
    child = os.fork()
    if not child:
        break
    os.waitpid(child, 0)
    print(end="\\0", flush=True)
else:
    sys.exit()

warnings.simplefilter("ignore")
def switch_on():
    if "install" in way:
        import fasthdr
        fasthdr.install(recover="recover" in way)

c = http.client
if "fasthdr.client" in way:
    import fasthdr.client as c

class Sock:
    def __init__(self, data):
        self.data, self.sent = data, []
    def makefile(self, mode):
        return io.BufferedReader(io.BytesIO(self.data))
    def sendall(self, data):
        self.sent.append(data)
    def close(self):
        pass

DATA = b"HTTP/1.1 200 OK\\r\\nA: b\\r\\nContent-Length: 2\\r\\n\\r\\nhi"
ODD = b"HTTP/1.1  200 OK\\r\\nA: b\\r\\nContent-Length: 2\\r\\n\\r\\nhi"  # the stdlib reads its status line
Connection, Response, calls = c.HTTPConnection, c.HTTPResponse, []

def go(cls=None, data=DATA):
    connection = (cls or c.HTTPConnection)("h")
    connection.sock = sock = Sock(data)
    connection.putrequest("PUT", "/")
    connection.putheader("X-A", "1")
    connection.putheader("X-B", "1", "2")  # the stdlib writes this one
    connection.endheaders()
    response = connection.getresponse()
    print(sock.sent, response.status, response.headers.items(), response.read(), calls)
    calls.clear()

def wrap(owner, name):
    original = getattr(owner, name)
    def wrapper(*args, **keywords):
        calls.append((name, args[1:], keywords) if name == "putheader" else name)
        return original(*args, **keywords)
    setattr(owner, name, wrapper)
    return lambda: setattr(owner, name, original)

if "used" in way:
    with mock.patch("builtins.print"):
        go()
        go(data=ODD)
try:
    exec(program)
except Exception:
    traceback.print_exc(file=sys.stdout)
sys.stdout.flush()
os._exit(0)
"""
WAYS = (
    "fasthdr.client", "fasthdr.client, used", "fasthdr.client, install()", "install()", "install(recover=True)",
    "fasthdr.client in plain Python",
)  # fmt: skip
PROGRAMS = {
    "a mock in place of http.client's connection": """
        switch_on()
        with mock.patch("http.client.HTTPConnection"):
            go(Connection)
        go(Connection)
    """,
    "a mock at install()": """
        with mock.patch("http.client.HTTPConnection"):
            switch_on()
            go(Connection)
        go(Connection)
    """,
    "a subclass in place of http.client's connection": """
        class Traced(http.client.HTTPConnection):
            def putheader(self, *args):
                calls.append(args)
                super().putheader(*args)
        switch_on()
        with mock.patch("http.client.HTTPConnection", Traced):
            go(Traced)
            go(Connection)
        go(Connection)
    """,
    "a subclass in place of the connection": """
        class Signing(Connection):
            def putheader(self, name, *values):
                super().putheader(name, *values)
                super().putheader("Signed-" + name, 1)
        class Noting(Response):
            def begin(self):
                super().begin()
                calls.append(self.status)
        switch_on()
        c.HTTPConnection, c.HTTPResponse, Signing.response_class = Signing, Noting, Noting
        go()
        go()
        go(data=ODD)
    """,
    "mocks of methods": """
        def begin(self):
            self.status, self.will_close, self.length, self.headers = 299, True, 0, c.HTTPMessage()
            self.chunked = False
        def putheader(self, *args):
            self._output(b"X: %d" % len(args))
        switch_on()
        with mock.patch.object(Response, "begin", begin), mock.patch.object(Connection, "putheader", putheader):
            go()
        go()
    """,
    "wrappers of methods": """
        switch_on()
        ends = [wrap(Connection, "putheader"), wrap(Response, "__init__"), wrap(Response, "begin")]
        go()
        go()
        go(data=ODD)
        for end in ends:
            end()
        go()
    """,
    "wrappers of http.client's methods": """
        switch_on()
        ends = [wrap(http.client.HTTPConnection, "putheader")]
        ends += [wrap(http.client.HTTPResponse, name) for name in ("__init__", "begin", "_read_status", "_check_close")]
        go()
        go()
        go(data=ODD)
        for end in ends:
            end()
        go()
        go(data=ODD)
    """,
    "wrappers of http.client's methods before the import": """
        def first():
            global c
            end = wrap(http.client.HTTPResponse, "begin"), wrap(http.client.HTTPConnection, "putheader")
            if "fasthdr.client" in way:
                for name in [name for name in sys.modules if name.startswith("fasthdr")]:
                    del sys.modules[name]
                import fasthdr.client as c
            return end
        if "plain" in way or "client" not in way:
            switch_on()
        end = first()
        go()
        go(data=ODD)
        for each in end:
            each()
        go()
        go(data=ODD)
    """,
    "arguments of a response": """
        switch_on()
        init = http.client.HTTPResponse.__init__
        def __init__(self, *args, **keywords):
            calls.append((args[1:], keywords))
            init(self, *args, **keywords)
        http.client.HTTPResponse.__init__ = __init__
        go()
        Response(Sock(DATA), method="HEAD", url="/")
        print(calls)
    """,
    "the program's own functions see no trial": """
        ends = [wrap(http.client.HTTPResponse, name) for name in (
            "_read_status", "_check_close", "_close_conn", "close", "flush", "isclosed")]
        ends += [wrap(http.client, name) for name in (
            "_read_headers", "_is_legal_header_name", "_is_illegal_header_value")]
        calls.clear()
        switch_on()
        print(calls)
        go()
        go(data=DATA[:9] + b"100 Continue\\r\\n\\r\\n" + DATA)
        for end in ends:
            end()
        go()
    """,
    "its classes in http.client": """
        switch_on()
        http.client.HTTPConnection, http.client.HTTPResponse = Connection, Response
        http.client.HTTPMessage, http.client.parse_headers = c.HTTPMessage, c.parse_headers
        go(http.client.HTTPConnection)
        go(http.client.HTTPConnection, ODD)
        class Handler(urllib.request.HTTPHandler):
            def http_open(self, request):
                return self.do_open(http.client.HTTPConnection, request)
        def connect(self):
            self.sock = Sock(DATA)
        Connection.connect = connect
        print(urllib.request.build_opener(Handler).open("http://h/").read())
    """,
    "its methods in http.client": """
        Theirs, TheirResponse = http.client.HTTPConnection, http.client.HTTPResponse
        Theirs.putheader, TheirResponse.begin = Connection.putheader, Response.begin
        TheirResponse.__init__ = Response.__init__
        switch_on()
        for data in DATA, ODD:
            go(Theirs, data)
            go(Connection, data)
    """,
}  # fmt: skip


@functools.cache
def printed(way: str) -> dict[str, str]:
    """Return what each program prints."""
    done = subprocess.run(
        [sys.executable, "-c", PRELUDE, way],
        input=json.dumps([textwrap.dedent(program) for program in PROGRAMS.values()]),
        env={**os.environ, "FASTHDR_PURE_PYTHON": str(int("plain Python" in way))},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return dict(zip([*PROGRAMS, ""], done.stdout.split("\0"), strict=True))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="each program runs in a fork")
@pytest.mark.parametrize("way", WAYS)
def test_as_with_the_standard_library(way: str) -> None:
    theirs = printed("the standard library")
    assert "Traceback" not in "".join(theirs.values())
    ours = printed(way)
    for program in PROGRAMS:
        assert ours[program] == theirs[program], program


INSTALLED_FIRST = """
import io, sys
import fasthdr
fasthdr.install(**eval(sys.argv[1]))
import fasthdr.client as c

calls = []
class Sock:
    def makefile(self, mode):
        return io.BufferedReader(Raw())

class Raw(io.RawIOBase):
    def __init__(self):
        self.left = [data[: len(data) - cut], data[len(data) - cut :]]
    def readable(self):
        return True
    def readinto(self, buffer):
        part = self.left.pop(0) if self.left else b""
        buffer[: len(part)] = part
        return len(part)

def parse_headers(fp, **keywords):
    calls.append("parse_headers")
    return original(fp, **keywords)

original = c.parse_headers
for c.parse_headers in original, parse_headers:
    for blank in b" ", b"  ":
        data = b"HTTP/1.1" + blank + b"200 OK\\r\\nBad Line: 1\\r\\nX: 2\\r\\nContent-Length: 2\\r\\n\\r\\nhi"
        for cut in 0, 2, 10, 50:
            fasthdr.collect_stats()
            response = c.HTTPResponse(Sock())
            response.begin()
            print(type(response.headers), response.headers.items(), response.read(), calls, fasthdr.stats())
"""


@pytest.mark.parametrize("options", [{}, {"recover": True}, {"exact_type": True}], ids=str)
def test_an_earlier_install(options: dict[str, bool]) -> None:
    """It changes http.client alone, wherever the bytes are split and whoever reads the status line."""

    def run(first: str) -> str:
        done = subprocess.run([sys.executable, "-c", first, str(options)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    lines = "fasthdr.install(**eval(sys.argv[1]))\nimport fasthdr.client as c\n"
    assert lines in INSTALLED_FIRST
    found = run(INSTALLED_FIRST)
    assert found == run(INSTALLED_FIRST.replace(lines, "import fasthdr.client as c\n"))
    assert "http.client" not in found
    assert found.count("'parse_headers'") == 36  # 1 + 2 + ... + 8
    assert "('X', '2')" not in found


def test_a_kept_method_is_not_tried_again() -> None:
    """A program that has kept begin() from before the first use calls the stand-in, without another trial."""
    code = """if True:
        import fasthdr.client as c, io
        from fasthdr._standins import client_response
        begin = c.HTTPResponse.begin
        tried = []
        original = client_response.chosen
        client_response.chosen = lambda *args: tried.append(1) or original(*args)
        class Sock:
            def makefile(self, mode):
                return io.BytesIO(b"HTTP/1.1 200 OK\\r\\n\\r\\n")
        for _ in range(3):
            response = c.HTTPResponse(Sock())
            begin(response)
            assert response.status == 200
        assert tried == [1], tried
        assert c.HTTPResponse.begin is not begin
    """
    subprocess.run([sys.executable, "-c", code], check=True)
