# SPDX-License-Identifier: MIT
"""gunicorn's own parsers, in Python and in C, beside the adapter's, in memory and over real sockets."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fasthdr
from fasthdr._stdlib.functions import with_globals
from tests.adapters import traffic
from tests.adapters.client import LAST, ask
from tests.integration.processes import free_port, needs_signals, served

pytest.importorskip("gunicorn", reason="gunicorn is not installed here")
pytest.importorskip("fcntl", reason="gunicorn needs POSIX")

import gunicorn.http.message
import gunicorn.http.parser
from gunicorn.config import Config

from fasthdr.adapters import gunicorn as adapter

OWN = gunicorn.http.message.Request
# Settings, and whether the core still reads plain heads.
SETTINGS: tuple[tuple[dict[str, Any], bool], ...] = (
    ({}, True),
    ({"limit_request_line": 24, "limit_request_fields": 4, "limit_request_field_size": 400}, True),
    ({"limit_request_line": 0, "limit_request_field_size": 0, "header_map": "refuse"}, True),
    ({"header_map": "dangerous", "forwarder_headers": "X_A"}, True),
    ({"forwarded_allow_ips": "*", "secure_scheme_headers": {"X-FORWARDED-PROTO": "https", "X-A": "on"}}, True),
    ({"permit_unconventional_http_method": True, "permit_unconventional_http_version": True}, True),
    ({"casefold_http_method": True, "strip_header_spaces": True, "permit_obsolete_folding": True}, True),
    ({"proxy_protocol": "auto"}, False),
)
PARSERS = ["python", *["fast"] * (importlib.util.find_spec("gunicorn_h1c") is not None)]


def config(settings: dict[str, Any], parser: str = "python") -> Any:
    made = Config()
    for name, value in {"http_parser": parser, **settings}.items():
        if name in made.settings:
            made.set(name, value)
    return made


CONFIGS = [
    (config(settings, parser), core)
    for parser in PARSERS
    for settings, core in SETTINGS
    if parser == "python" or "permit_obsolete_folding" not in settings
]


def read(request_class: Any, settings: Any, pieces: list[bytes], peer: Any = ("127.0.0.1", 1)) -> list[object]:
    """Return what a worker makes of a connection: each request as it is parsed, and its body."""
    parser = gunicorn.http.parser.RequestParser(settings, pieces, peer)
    parser.mesg_class = request_class
    seen: list[object] = []
    try:
        for request in parser:
            names = {name: value for name, value in vars(request).items() if name not in ("unreader", "body", "cfg")}
            seen.append((names, type(request.body.reader), parser.unreader.buf.getvalue(), request.should_close()))
            seen.append((request.body.read(), request.trailers))
    except Exception as error:
        request = getattr(error, "req", None)
        left = parser.unreader.buf.getvalue()
        if isinstance(request, gunicorn.http.message.Message):
            request = request.method, request.uri, request.headers
        seen.append((type(error), str(error), request, left))
    return seen


@pytest.mark.parametrize("settings", [each for each, _ in CONFIGS], ids=range(len(CONFIGS)))
@pytest.mark.parametrize("peer", [("127.0.0.1", 1), ("192.0.2.1", 1), ""], ids=["trusted", "untrusted", "unix"])
@given(st.integers(0, 1 << 48))
def test_generated(settings: Any, peer: Any, seed: int) -> None:
    pieces = traffic.pieces(seed)
    assert read(adapter.Request, settings, pieces, peer) == read(OWN, settings, pieces, peer)


# Request -> whether the core reads it.
REQUESTS = {
    b"GET /a%20b?c=%20 HTTP/1.1\r\nHost: h\r\nA: b\r\nX_A: c\r\na:d \r\n\r\n": True,
    b"GET / HTTP/1.1\r\n\r\n": False,
    b"GET / HTTP/1.0\r\n\r\n": True,
    b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 005\r\n\r\nhello": True,
    b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: CHUNKED\r\n\r\n5\r\nhello\r\n0\r\n\r\n": True,
    b"POST / HTTP/1.1\r\nHost: h\r\nX-Forwarded-Proto: https\r\nExpect: 100-continue\r\n\r\n": True,
    b"POST / HTTP/1.1\r\nHost: h\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Ssl: off\r\n\r\n": True,
    b"POST / HTTP/1.1\r\nHost: h\r\nExpect: other\r\n\r\n": True,
    b"GET / HTTP/1.1\r\nHost: h\r\n" + b"A: b\r\n" * 99 + b"\r\n": True,
    b"GET / HTTP/1.1\r\nHost: h\r\n" + b"A: b\r\n" * 100 + b"\r\n": False,
    b"GET /" + b"a" * 4080 + b" HTTP/1.1\r\nHost: h\r\n\r\n": True,
    b"GET /" + b"a" * 4081 + b" HTTP/1.1\r\nHost: h\r\n\r\n": False,
    b"GET / HTTP/1.1\r\nHost: h\r\nA: " + b"b" * 8158 + b"\r\n\r\n": True,
    b"GET / HTTP/1.1\r\nHost: h\r\nA: " + b"b" * 8159 + b"\r\n\r\n": False,
    b"GET / HTTP/1.1\r\nHost: h\r\nA: " + b"b" * 8186 + b"\r\n\r\n": False,
    b"\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n": False,
    b"GET / HTTP/1.2\r\nHost: h\r\n\r\n": False,
    b"get / HTTP/1.1\r\nHost: h\r\n\r\n": False,
    b"M-SEARCH / HTTP/1.1\r\nHost: h\r\n\r\n": False,
    b"AB / HTTP/1.1\r\nHost: h\r\n\r\n": False,
    b"ABCDEFGHIJKLMNOPQRSTU / HTTP/1.1\r\nHost: h\r\n\r\n": False,
    b"GET //a/b HTTP/1.1\r\nHost: h\r\n\r\n": False,
    b"GET http://h/a HTTP/1.1\r\nHost: h\r\n\r\n": False,
    b"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n": False,
    b"GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n c\r\n\r\n": False,
    b"GET / HTTP/1.1\r\nHost: h\r\nA : b\r\n\r\n": False,
    b"GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n": False,
    b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello": False,
    b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n": False,
    b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n": False,
    b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n": False,
}


@pytest.mark.parametrize("data", REQUESTS, ids=range(len(REQUESTS)))
@pytest.mark.parametrize("parser", PARSERS)
def test_who_reads(data: bytes, parser: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings, handed = config({}, parser), []
    splits = ([data], [data[:9], data[9:]], [data, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"])
    expected = [read(OWN, settings, pieces) for pieces in splits]
    parse = OWN.parse
    monkeypatch.setattr(OWN, "parse", lambda *args: (handed.append(args), parse(*args))[1])
    assert read(adapter.Request, settings, [data]) == expected[0]
    assert bool(handed) == (not REQUESTS[data] or fasthdr.IMPLEMENTATION != "cython")
    assert [read(adapter.Request, settings, pieces) for pieces in splits] == expected


@pytest.mark.parametrize(("settings", "core"), CONFIGS, ids=range(len(CONFIGS)))
def test_settings(settings: Any, core: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    handed: list[object] = []
    parse = OWN.parse
    monkeypatch.setattr(OWN, "parse", lambda *args: (handed.append(args), parse(*args))[1])
    assert len(read(adapter.Request, settings, [b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"])) >= 2
    assert bool(handed) == (not core or fasthdr.IMPLEMENTATION != "cython")


@pytest.mark.parametrize("fields", [4, 5])
@pytest.mark.parametrize("size", [24, 25])
@pytest.mark.parametrize("parser", PARSERS)
def test_limits(parser: str, fields: int, size: int) -> None:
    """At the limits of lines and fields, and one beyond them, with dropped fields among the others."""
    settings = config(SETTINGS[1][0], parser)
    line = b"GET /" + b"a" * (size - 14) + b" HTTP/1.1\r\n"
    for names in ([b"A"] * fields, [b"X_A"] * 2 + [b"A"] * (fields - 2), [b"A"] * (fields - 2) + [b"X_A"] * 2):
        data = line + b"".join(name + b": b\r\n" for name in names) + b"\r\n"
        data = data.replace(b"A: b", b"Host: h", 1)
        found = read(adapter.Request, settings, [data])
        assert found == read(OWN, settings, [data])
        assert (len(found) > 1) == (size == 24 and fields == 4) or b"X_A" in data


APPLICATION = """
import fasthdr

fasthdr.collect_stats()

def application(environ, start_response):
    body = environ["wsgi.input"].read()
    names = ("REMOTE_PORT", "SERVER_PORT", "HTTP_LAST")
    shown = sorted((name, value) for name, value in environ.items() if type(value) is str and name not in names)
    content = repr((shown, body)).encode()
    if environ["PATH_INFO"] == "/core":
        content = repr(fasthdr.stats()).encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(content)))])
    return [content]
"""
CONVERSATIONS = list(REQUESTS)
CORE = b"GET /core HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"


@needs_signals
@pytest.mark.parametrize("kind", ["sync", "gthread", "gevent"])
def test_over_sockets(kind: str, tmp_path: Path) -> None:
    if kind == "gevent":
        pytest.importorskip("gevent", reason="gevent is not installed here")
    (tmp_path / "app.py").write_text(APPLICATION)
    name = {"sync": "SyncWorker", "gthread": "ThreadWorker", "gevent": "GeventWorker"}[kind]
    answers = []
    for worker in (kind, f"fasthdr.adapters.gunicorn.{name}"):
        port = free_port()
        options = [
            "--bind",
            f"127.0.0.1:{port}",
            "--threads",
            "2" if kind == "gthread" else "1",
            "--log-level",
            "error",
        ]
        root = str(Path(fasthdr.__file__).parents[1])
        command = ["-m", "gunicorn", "-k", worker, *options, "app:application"]
        with served(command, port, cwd=tmp_path, PYTHONPATH=root) as server:
            answers.append([ask(server.address, data + LAST) for data in CONVERSATIONS])
            count = ask(server.address, CORE)
        assert server.stderr.strip() == ""
    assert answers[1] == answers[0]
    assert sum(answer.startswith(b"HTTP/1.1 200 OK") for answer in answers[0]) > 10
    assert sum(answer.startswith(b"HTTP/1.1 400 ") for answer in answers[0]) > 5
    if fasthdr.IMPLEMENTATION == "cython":
        assert b"'core'" in count


def test_names(monkeypatch: pytest.MonkeyPatch) -> None:
    class GeventWorker:
        """A stand-in for gunicorn's class, which needs gevent."""

    monkeypatch.setitem(sys.modules, "gunicorn.workers.ggevent", SimpleNamespace(GeventWorker=GeventWorker))
    monkeypatch.delitem(vars(adapter), "GeventWorker", raising=False)
    assert adapter.GeventWorker.__mro__[2] is GeventWorker
    assert adapter.GeventWorker is adapter.GeventWorker
    monkeypatch.delitem(vars(adapter), "GeventWorker")
    assert not hasattr(adapter, "EventletWorker")
    assert adapter.SyncWorker.__mro__[2] is importlib.import_module("gunicorn.workers.sync").SyncWorker
    assert adapter.ThreadWorker.__mro__[2] is importlib.import_module("gunicorn.workers.gthread").ThreadWorker


def test_switch() -> None:
    parser = gunicorn.http.parser.RequestParser
    adapter.enable()
    try:
        assert parser.mesg_class is adapter.Request
    finally:
        adapter.disable()
    assert parser.mesg_class is OWN


@pytest.mark.skipif(fasthdr.IMPLEMENTATION != "cython", reason="in plain Python gunicorn's own parser reads every head")
def test_another_gunicorn(monkeypatch: pytest.MonkeyPatch) -> None:
    """A version that, say, spells names differently keeps its own parser, and enable() says so."""
    parse = OWN.parse

    def lower(self: Any, unreader: Any) -> Any:
        rest = parse(self, unreader)
        self.headers = [(name.lower(), value) for name, value in self.headers]
        return rest

    monkeypatch.setattr(OWN, "parse", with_globals(lower, vars(sys.modules[OWN.__module__])))  # as if it were its own
    try:
        importlib.reload(adapter)
        assert adapter.Request is OWN
        with pytest.warns(RuntimeWarning, match="gunicorn"):
            adapter.enable()
    finally:
        monkeypatch.undo()
        importlib.reload(adapter)
    assert adapter.Request is not OWN
