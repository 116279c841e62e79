# SPDX-License-Identifier: MIT
"""A stdlib method that differs from the known ones stays in place; install() and uninstall() of the others."""

from __future__ import annotations

import http.server
import io
import types
import warnings
from typing import Any

import pytest

import fasthdr
import fasthdr.server
from fasthdr import _server_methods
from fasthdr._standins import server_response, server_response_probe

HANDLER = http.server.BaseHTTPRequestHandler
NAMES = server_response_probe.RESPONSE_NAMES


@pytest.fixture(autouse=True)
def _uninstalled():
    yield
    fasthdr.uninstall()


def of_the_stdlib(source: str) -> types.FunctionType:
    """Return a function as a release of http.server might define it."""
    names: dict[str, Any] = {}
    exec(source, names)
    made = next(value for value in names.values() if isinstance(value, types.FunctionType))
    function = types.FunctionType(made.__code__, vars(http.server), made.__name__, made.__defaults__)
    function.__kwdefaults__ = made.__kwdefaults__
    return function


SEND_HEADER = """
def send_header(self, keyword, value):
    if self.request_version != 'HTTP/0.9':
        if not hasattr(self, '_headers_buffer'):
            self._headers_buffer = []
        self._headers_buffer.append(("%s: %s\\r\\n" % (keyword, value)).encode('latin-1', 'strict'))
    if keyword.lower() == 'connection':
        if value.lower() == 'close':
            self.close_connection = True
        elif value.lower() == 'keep-alive':
            self.close_connection = False
"""
ENCODE = ".encode('latin-1', 'strict')"
IF_REQUEST = "    if self.request_version"


def chosen(monkeypatch: pytest.MonkeyPatch, name: str, function: Any) -> bool:
    monkeypatch.setattr(HANDLER, name, function)
    return name in server_response_probe._chosen()


def test_which_are_ours() -> None:
    """Every known method is replaced, except that 3.15 keeps its own log methods, which use color."""
    expected = set(NAMES)
    if "_log_request_info" in HANDLER.log_request.__code__.co_names:
        expected -= {"log_request", "log_message"}
    assert set(server_response_probe.RESPONSE_METHODS) == expected
    for name, (ours, theirs) in server_response_probe.RESPONSE_METHODS.items():
        assert vars(fasthdr.server.BaseHTTPRequestHandler)[name] is ours
        assert vars(HANDLER)[name] is theirs


def test_the_methods_that_we_know(monkeypatch: pytest.MonkeyPatch) -> None:
    assert chosen(monkeypatch, "send_header", of_the_stdlib(SEND_HEADER))
    for name, (ours, theirs) in server_response_probe.RESPONSE_METHODS.items():
        if name != "send_header":
            assert server_response_probe._chosen()[name] == (ours, theirs)


# The methods of versions that also keep a list of the header fields from the command line.
EXTRA = """            if not hasattr(self, '_default_response_headers'):
            self._default_response_headers = []
        if not _is_extra:
            self._default_response_headers.append((keyword, value))
    if keyword.lower() == 'connection':""".removeprefix("    ")
SEND_HEADER_OR_EXTRA = SEND_HEADER.replace("value):", "value, *, _is_extra=False):").replace(
    "    if keyword.lower() == 'connection':", EXTRA
)
FLUSH_HEADERS_AND_DEFAULTS = """
def flush_headers(self):
    if hasattr(self, '_headers_buffer'):
        self.wfile.write(b"".join(self._headers_buffer))
        self._headers_buffer = []
    if hasattr(self, '_default_response_headers'):
        self._default_response_headers = []
"""


def test_methods_of_a_later_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ours are chosen if the stdlib has these methods, and the keyword-only argument has the same effect."""
    theirs = of_the_stdlib(SEND_HEADER_OR_EXTRA), of_the_stdlib(FLUSH_HEADERS_AND_DEFAULTS)
    ours = server_response.send_header_or_extra, server_response.flush_headers_and_defaults
    for name, known, own in zip(("send_header", "flush_headers"), theirs, ours):
        assert chosen(monkeypatch, name, known)
        assert server_response_probe._chosen()[name] == (own, known)
    seen = []
    for send_header, flush_headers in (theirs, ours):
        wfile = io.BytesIO()
        handler = types.SimpleNamespace(request_version="HTTP/1.1", wfile=wfile)
        flush_headers(handler)
        states = [dict(vars(handler))]
        for more in ({}, {"_is_extra": True}, {"_is_extra": False}):
            for pair in (("A", "b"), ("Connection", "close"), ("connection", "Keep-Alive"), ("Connection", "x")):
                send_header(handler, *pair, **more)
                states.append({**vars(handler), "defaults": [*handler._default_response_headers]})
        flush_headers(handler)
        states.append(dict(vars(handler)))
        seen.append(([{k: v for k, v in state.items() if k != "wfile"} for state in states], wfile.getvalue()))
    assert seen[1] == seen[0]
    assert seen[0][1].count(b"A: b\r\n") == 3


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (IF_REQUEST, "    if '\\r' in value or '\\n' in value: raise ValueError('bad')\n" + IF_REQUEST),
        (IF_REQUEST, "    if '\\0' in str(keyword): raise ValueError('bad')\n" + IF_REQUEST),
        (IF_REQUEST, "    self.check_header(keyword, value)\n" + IF_REQUEST),
        ("%s: %s", "%s:%s"),
        (ENCODE, ".encode('latin-1', 'replace')"),
        (ENCODE, ".encode('utf-8', 'strict')"),
        ("value):", "value, more=None):"),
        ("value):", "value, *, more=None):"),
        ("value):", "value, *more):"),
        ("'HTTP/0.9'", "'HTTP/1.0'"),
        ("'keep-alive'", "'Keep-Alive'"),
        ("hasattr(self, '_headers_buffer')", "getattr(self, '_headers_buffer', None)"),
    ],
)
def test_a_method_that_we_do_not_know(monkeypatch: pytest.MonkeyPatch, old: str, new: str) -> None:
    assert old in SEND_HEADER
    assert not chosen(monkeypatch, "send_header", of_the_stdlib(SEND_HEADER.replace(old, new)))


OTHERS = {
    "send_response_only": "def f(self, code, message=None): self.request_version",
    "flush_headers": "def f(self): self.wfile.write(b''.join(self._headers_buffer)) if hasattr(self, '') else 0",
    "log_request": "def f(self, code='-', size='-'): self.log_message('%s', self.requestline, str(code), str(size))",
    "log_message": "def f(self, format, *args): sys.stderr.write(format % args)",
    "date_time_string": "def f(self, timestamp=None): return email.utils.formatdate(timestamp or time.time())",
    "log_date_time_string": "def f(self): return '%s' % (time.localtime(time.time()), self.monthname)[0][0]",
}


@pytest.mark.parametrize("name", NAMES)
def test_others_that_we_do_not_know(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert not chosen(monkeypatch, name, of_the_stdlib(OTHERS.get(name, "def f(self, keyword, value): pass")))


@pytest.mark.parametrize("name", NAMES)
def test_a_method_patched_before_the_import(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A function of another program is not taken for the stdlib's, even if its code is identical."""
    found = vars(HANDLER)[name]
    copy = types.FunctionType(found.__code__, {**vars(http.server)}, name, found.__defaults__)
    copy.__kwdefaults__ = found.__kwdefaults__
    assert not chosen(monkeypatch, name, copy)
    assert not chosen(monkeypatch, name, print)
    monkeypatch.delattr(HANDLER, name)
    assert name not in server_response_probe._chosen()


# ------------------------------------------------------------------------------------------------ install()


def found() -> dict[str, Any]:
    return {name: vars(HANDLER)[name] for name in NAMES}


ORIGINAL = found()


def test_install_and_uninstall() -> None:
    fasthdr.install()
    assert found() == {
        **ORIGINAL,
        **{name: ours for name, (ours, _) in _server_methods.METHODS.items() if name in NAMES},
    }
    fasthdr.install()
    fasthdr.uninstall()
    assert found() == ORIGINAL
    with fasthdr.install():
        assert HANDLER.send_header is fasthdr.server.BaseHTTPRequestHandler.send_header
    assert found() == ORIGINAL


@pytest.mark.parametrize("name", NAMES)
def test_somebody_elses_patch_is_left(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def theirs(self: Any, *args: Any) -> None:
        pass

    monkeypatch.setattr(HANDLER, name, theirs)
    with pytest.warns(
        RuntimeWarning, match=f"BaseHTTPRequestHandler.{name} has been patched by 'tests.test_response_"
    ) as w:
        fasthdr.install()
    assert len(w) == 1
    assert w[0].filename == __file__
    assert vars(HANDLER)[name] is theirs
    for other, (ours, _) in _server_methods.METHODS.items():
        assert vars(HANDLER)[other] is (theirs if other == name else ours)
    fasthdr.uninstall()
    assert found() == {**ORIGINAL, name: theirs}


@pytest.mark.parametrize("name", list(server_response_probe.RESPONSE_METHODS))
def test_a_patch_over_ours_is_left(name: str) -> None:
    fasthdr.install()
    ours = vars(HANDLER)[name]

    def theirs(self: Any, *args: Any) -> Any:
        return ours(self, *args)

    setattr(HANDLER, name, theirs)
    try:
        fasthdr.uninstall()
        assert found() == {**ORIGINAL, name: theirs}
    finally:
        setattr(HANDLER, name, ORIGINAL[name])


def test_a_method_that_a_version_has_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_server_methods, "NAMES", _server_methods.NAMES | {"gone"})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fasthdr.install()
    assert "gone" not in vars(HANDLER)
