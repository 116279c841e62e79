# SPDX-License-Identifier: MIT
"""fasthdr.client in place of http.client, without install()."""

from __future__ import annotations

import contextlib
import http.client
import http.server
import inspect
import io
import subprocess
import sys
import threading
import unittest.mock
from typing import Any

import pytest

import fasthdr
import fasthdr.client as client
from fasthdr._standins import client_response
from fasthdr._stdlib import functions, probe
from fasthdr.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from tests.differential import observe
from tests.differential.cases import BLOCKS, STATUS_LINES


class Connection:
    def __init__(self, data: bytes, make: Any) -> None:
        self.data, self.make = data, make

    def makefile(self, mode: str) -> Any:
        return self.make(self.data)


def response(cls: type, data: bytes, reader: str, method: str = "GET") -> Any:
    made = cls(Connection(data, observe.READERS[reader]), method=method)
    begun = observe.outcome(made.begin)
    state = {
        name: observe.message(value) if name in ("headers", "msg") and value is not None else value
        for name, value in vars(made).items()
        if name != "fp"
    }
    return begun, state, observe.outcome(made.read)


@pytest.mark.parametrize(
    "block",
    [
        "curl",
        "browser",
        "obs-fold",
        "body after",
        "no colon",
        "100 fields",
        "101 fields",
        pytest.param("line beyond the limit", marks=[pytest.mark.long, pytest.mark.interpreter]),
    ],
)
@pytest.mark.parametrize("status", STATUS_LINES)
def test_responses(status: str, block: str) -> None:
    for prefix in (b"", b"HTTP/1.1 100 Continue\r\nX: y\r\n\r\n"):
        data = prefix + STATUS_LINES[status] + BLOCKS[block]
        for reader in ("BufferedReader",) if observe.is_large(data) else ("BufferedReader", "one byte a read"):
            assert response(client.HTTPResponse, data, reader) == response(http.client.HTTPResponse, data, reader)


def test_a_patch_of_parse_headers_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def theirs(fp: Any, **keywords: Any) -> Any:
        calls.append(fp)
        return original(fp, **keywords)

    original = http.client.parse_headers
    monkeypatch.setattr(http.client, "parse_headers", theirs)
    response(client.HTTPResponse, STATUS_LINES["OK"] + BLOCKS["curl"], "BufferedReader")
    assert len(calls) == 1


def test_settings_reach_http_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs raise the limits by assigning to the module; fasthdr.client passes the value on to http.client."""
    monkeypatch.setattr(client, "_MAXHEADERS", 300)
    assert http.client._MAXHEADERS == 300
    assert client._MAXHEADERS == 300
    assert len(client.parse_headers(io.BytesIO(b"A: 1\r\n" * 250 + b"\r\n"))) == 250
    made = client.HTTPResponse(Connection(b"HTTP/1.1 200 OK\r\n" + b"A: 1\r\n" * 250 + b"\r\n", io.BytesIO))
    made.begin()
    assert len(made.headers) == 250


def test_settings_are_taken_back() -> None:
    with unittest.mock.patch.object(client, "_MAXLINE", 5):
        assert http.client._MAXLINE == 5
    assert http.client._MAXLINE == client._MAXLINE == 65536
    with unittest.mock.patch.object(client, "parse_headers", None):
        assert http.client.parse_headers is not None
    client.own_name = 1
    assert not hasattr(http.client, "own_name")
    del client.own_name
    with pytest.raises(AttributeError):
        del client.own_name


def test_names() -> None:
    assert client.__all__ == http.client.__all__
    assert set(dir(http.client)) <= set(dir(client))
    for name in dir(http.client):
        getattr(client, name)
    with pytest.raises(AttributeError):
        client.nonsense
    for name in ("HTTPResponse", "HTTPConnection", "HTTPSConnection", "HTTPMessage"):
        assert issubclass(getattr(client, name), getattr(http.client, name))
    assert issubclass(client.HTTPSConnection, client.HTTPConnection)
    begin = http.client.HTTPResponse.begin
    for ours in (client.HTTPResponse.begin, client_response.chosen(http.client.parse_headers, begin)):
        assert ours is not begin
        assert inspect.signature(ours) == inspect.signature(begin)


def answers(fields: bytes) -> list[bytes]:
    """Return responses with both versions and several status codes."""
    codes = (b"200 OK", b"204 No Content", b"304 Not Modified", b"101 Switching Protocols", b"404 ", b"999 \xe9")
    return [b"HTTP/1.%d %s\r\n%s\r\nbody" % (minor, code, fields) for minor in (0, 1) for code in codes]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "fields",
    [
        b"", b"Content-Length: 2\r\n", b"Content-Length: -2\r\n", b"Content-Length: +2\r\n", b"Content-Length: x\r\n",
        b"Content-Length: 2, 2\r\n", b"Content-Length:\r\n", b"Content-Length: \xb2\r\n", b"Content-Length: 1_0\r\n",
        b"Transfer-Encoding: CHUNKED\r\nContent-Length: 2\r\n", b"Transfer-Encoding: gzip, chunked\r\n",
        b"Connection: close\r\n", b"Connection: x, CLOSE, y\r\n", b"Connection: Keep-Alive\r\n", b"Keep-Alive: 5\r\n",
        b"Proxy-Connection: keep-alive\r\n", b"Connection: x\r\nConnection: close\r\n",
    ],
    ids=repr,
)  # fmt: skip
def test_framing_of_responses(fields: bytes, method: str) -> None:
    for data in answers(fields):
        theirs = response(http.client.HTTPResponse, data, "BufferedReader", method)
        assert response(client.HTTPResponse, data, "BufferedReader", method) == theirs
        with fasthdr.install():
            installed = response(http.client.HTTPResponse, data, "BufferedReader", method)
            assert response(client.HTTPResponse, data, "BufferedReader", method) == theirs
        assert installed == theirs


def test_status_lines_under_install() -> None:
    for line in [*STATUS_LINES.values(), b"HTTP/1.1 200 OK", b"HTTP/1.1 200 " + b"x" * 65536 + b"\r\n"]:
        for reader in ("BytesIO", "BufferedReader", "BufferedReader of 16 bytes", "cliff, one byte a read"):
            data = line + BLOCKS["curl"]
            theirs = response(http.client.HTTPResponse, data, reader)
            with fasthdr.install():
                assert response(http.client.HTTPResponse, data, reader) == theirs
            assert response(client.HTTPResponse, data, reader) == theirs


def test_the_methods_of_a_subclass_are_called() -> None:
    def answer(base: type) -> tuple[list[str], Any]:
        calls: list[str] = []

        class Response(base):  # type: ignore[misc]
            def _read_status(self) -> tuple[str, int, str]:
                calls.append("status")
                version, status, reason = super()._read_status()
                return version, status + 1, reason

            def _check_close(self) -> bool:
                calls.append("close")
                return not super()._check_close()

        return calls, response(Response, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", "BufferedReader")

    expected = answer(http.client.HTTPResponse)
    assert expected[0] == ["status", "close"]
    assert answer(client.HTTPResponse) == expected
    with fasthdr.install():
        assert answer(http.client.HTTPResponse) == expected


def test_debuglevel(capsys: pytest.CaptureFixture[str]) -> None:
    def said(cls: type) -> str:
        made = cls(Connection(b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n", io.BytesIO), debuglevel=1)
        made.begin()
        made.begin()  # a second call right away does nothing
        return capsys.readouterr().out

    expected = said(http.client.HTTPResponse)
    assert expected.startswith("reply: 'HTTP/1.1 200 OK\\r\\n'\nheader: A: b\n")
    assert said(client.HTTPResponse) == expected
    with fasthdr.install():
        assert said(http.client.HTTPResponse) == expected


def test_a_stdlib_that_begins_otherwise_keeps_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def begin(self: Any) -> None:
        original(self)
        self.will_close = True

    def begin_and_more(self: Any, more: int = 1) -> None:
        original(self)

    original = http.client.HTTPResponse.begin
    assert client_response.chosen(http.client.parse_headers, begin) is not begin
    for other in (begin, begin_and_more):
        monkeypatch.setattr(client_response, "stdlib_begin", other)
        assert client_response.chosen(http.client.parse_headers, other) is other


def test_a_stdlib_that_begins_with_more_keeps_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a later version begin() may take arguments that ours does not know."""

    def begin(self: Any, *, _max_headers: int | None = None, more: int = 1) -> None:
        original(self)

    original = client_response.stdlib_begin
    own = functions.with_globals(begin, vars(http.client))
    monkeypatch.setattr(client_response, "stdlib_begin", own)
    assert client_response.chosen(http.client.parse_headers, own) is own


def test_a_parse_headers_put_in_place_after_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """A response's begin() calls it, as the stdlib's begin() does."""
    calls = []

    def parse_headers(fp: Any, **keywords: Any) -> Any:
        calls.append(keywords)
        return original(fp, **keywords)

    data = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    found = []
    for put in (contextlib.nullcontext, fasthdr.install):
        with put(), monkeypatch.context() as patch:
            original = http.client.parse_headers
            patch.setattr(http.client, "parse_headers", parse_headers)
            response = http.client.HTTPResponse(Connection(data, observe.READERS["BufferedReader"]))
            response.begin()
            found.append((response.headers.items(), response.read(), calls[:]))
            calls.clear()
    assert found[1] == found[0]
    assert len(found[0][2]) == 1


def python(code: str) -> None:
    """Run the code in a new process, where fasthdr has not been imported yet."""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_without_ssl() -> None:
    """Names that http.client lacks without ssl are missing here, too."""
    python("""if True:
        import sys
        sys.modules["_ssl"] = sys.modules["ssl"] = None
        import http.client, fasthdr.client as client
        assert not hasattr(http.client, "HTTPSConnection")
        assert not hasattr(client, "HTTPSConnection")
        assert client.__all__ == http.client.__all__
        assert issubclass(client.HTTPConnection, http.client.HTTPConnection)
    """)


def test_functions_that_are_not_in_python() -> None:
    """What another program put into http.client before the import is called as it is, whether function or not."""
    python("""if True:
        import functools, http.client, io

        class Patched:
            calls = []
            def __init__(self, original):
                self.original = original
            def __call__(self, *args, **keywords):
                self.calls.append(self.original.__name__)
                return self.original(*args, **keywords)

        class Method(Patched):
            def __get__(self, response, owner):
                return self if response is None else functools.partial(self, response)

        http.client.HTTPResponse.begin = Method(http.client.HTTPResponse.begin)
        http.client.parse_headers = Patched(http.client.parse_headers)
        import fasthdr.client as client
        class Connection:
            def makefile(self, mode):
                return io.BytesIO(b"HTTP/1.1 200 OK\\r\\nA: b\\r\\n\\r\\n")

        response = client.HTTPResponse(Connection())
        del Patched.calls[:]
        response.begin()
        assert Patched.calls == ["begin", "parse_headers"], Patched.calls
        assert response.headers.items() == [("A", "b")]
        assert client.parse_headers(io.BytesIO(b"A: b\\r\\nA: c\\r\\n\\r\\n")).get_all("a") == ["b", "c"]
    """)


def test_install_leaves_a_begin_that_it_does_not_know() -> None:
    python("""if True:
        import http.client

        def begin(self, *more): ...

        http.client.HTTPResponse.begin = begin
        import fasthdr, warnings
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            installation = fasthdr.install()
        assert ["HTTPResponse.begin has been patched by '__main__'" in str(each.message) for each in caught] == [True]
        fasthdr.uninstall()
        warnings.simplefilter("ignore")
        with installation:
            assert fasthdr.is_installed()
            assert http.client.HTTPResponse.begin is begin
        assert http.client.HTTPResponse.begin is begin
    """)


def test_a_begin_that_takes_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """CPython 3.15's begin() takes a limit: ours takes it too, and passes it on to the stdlib's own."""
    original, calls = client_response.stdlib_begin, []

    def later(self: Any, *, _max_headers: int | None = None) -> None:
        calls.append(_max_headers)
        if self.headers is None:
            self._max_headers = _max_headers
        original(self)

    later = functions.with_globals(later, vars(http.client))  # with the globals of the stdlib's own begin()
    monkeypatch.setattr(client_response, "stdlib_begin", later)
    begin = client_response.chosen(client.parse_headers, later)
    assert begin is not later
    del calls[:]

    def begun(data: bytes) -> Any:
        made = http.client.HTTPResponse(Connection(data, observe.READERS["BufferedReader"]))
        begin(made, _max_headers=2)
        return made

    assert begun(b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n").headers.items() == [("A", "b")]
    with pytest.raises(http.client.HTTPException, match="got more than 2 headers"):
        begun(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 3 + b"\r\n")
    assert calls == []
    begin(begun(b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n"), _max_headers=2)  # the second does nothing
    assert calls == [2]
    del calls[:]
    assert begun(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Made\r\n\r\n").status == 201
    assert calls == []
    assert begun(b"HTTP/1.1 100 Continue\r\n" + b"A: b\r\n" * 2 + b"\r\nHTTP/1.1 201 Made\r\n\r\n").status == 201
    assert calls == ([] if not probe.BLANK_LINE else [2])
    assert begun(b"HTTP/1.1\t201 Made\r\n\r\n").status == 201
    assert calls[-1:] == [2]


def test_a_message_that_has_more() -> None:
    """If Message.__init__ does more than expected, it makes the messages of exactly http.client's class."""
    python("""if True:
        import email.message, http.client, io
        original = email.message.Message.__init__

        def init(self, *args, **keywords):
            original(self, *args, **keywords)
            self.more = 5

        email.message.Message.__init__ = init
        import fasthdr
        theirs = http.client.parse_headers(io.BytesIO(b"A: b\\r\\n\\r\\n"))
        fasthdr.install(exact_type=True)
        ours = http.client.parse_headers(io.BytesIO(b"A: b\\r\\n\\r\\n"))
        assert type(ours) is type(theirs)
        assert vars(ours) == vars(theirs)
        assert ours.more == 5
    """)


def test_a_fold_that_is_joined_in_another_way() -> None:
    """If the stdlib joins an obs-fold in an unknown way, it reads the blocks that have one, and no others."""
    python("""if True:
        import email._policybase, email.policy, http.client, io, types
        original = type(email.policy.compat32).header_source_parse

        def header_source_parse(self, lines):
            name, value = original(self, lines)
            return name, value if len(lines) == 1 else f"<{value}>"

        email._policybase.original = original
        type(email.policy.compat32).header_source_parse = types.FunctionType(  # as one of the stdlib's own
            header_source_parse.__code__, vars(email._policybase)
        )
        import fasthdr.client
        for block, reader in ((b"A: b\\r\\n\\r\\n", "core"), (b"A: \\r\\n b\\r\\n\\r\\n", "block: fold")):
            theirs = http.client.parse_headers(io.BytesIO(block))
            fasthdr.collect_stats()
            ours = fasthdr.client.parse_headers(io.BytesIO(block))
            assert fasthdr.stats() == {reader: 1}, fasthdr.stats()
            assert ours.items() == theirs.items()
    """)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.send_response(201, "Made")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Seen", self.headers["x-sent"])
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


def test_over_a_connection(counted: Any) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        connection = client.HTTPConnection(*server.server_address, timeout=30)
        try:
            for turn in range(5):
                connection.request("POST", "/", b"body", {"X-Sent": str(turn), "Expect": "100-continue"})
                answer = connection.getresponse()
                assert type(answer) is client.HTTPResponse
                assert type(answer.headers) is client.HTTPMessage
                assert (answer.status, answer.reason, answer.headers["x-seen"], answer.read()) == (
                    201,
                    "Made",
                    str(turn),
                    b"body",
                )
        finally:
            connection.close()
            server.shutdown()
            thread.join()
    core, left = counted()
    assert core == 10
    assert left <= 5  # interim responses that arrived alone


def test_a_reload_leaves_http_client_alone() -> None:
    """It gave http.client the class of our module, and the next value that was set there recursed without end."""
    code = (
        "import importlib, http.client, fasthdr.client, types\n"
        "for _ in range(2): importlib.reload(fasthdr.client)\n"
        "assert type(http.client) is types.ModuleType\n"
        "fasthdr.client._MAXHEADERS = 5\n"
        "assert http.client._MAXHEADERS == 5\n"
        "del fasthdr.client._MAXHEADERS\n"
        "assert http.client._MAXHEADERS == 100"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
