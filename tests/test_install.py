# SPDX-License-Identifier: MIT
"""install() and uninstall(): what they patch, whose patch it is, and how calls and contexts nest."""

from __future__ import annotations

import http.client
import http.server
import inspect
import io
import os
import pickle
import socket
import subprocess
import sys
import threading
import types
import warnings
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest

import fasthdr
import fasthdr.client
from fasthdr import _patching

HANDLER = http.server.BaseHTTPRequestHandler
BLOCK = b"Host: a\r\n\r\n"


@pytest.fixture(autouse=True)
def _uninstalled():
    yield
    fasthdr.uninstall()


def found() -> tuple[Any, ...]:
    return http.client.parse_headers, HANDLER.parse_request, vars(HANDLER).get("disable_nagle_algorithm", "absent")


ORIGINAL = found()


def parsed() -> Any:
    return http.client.parse_headers(io.BytesIO(BLOCK))


@pytest.mark.parametrize(("args", "keywords"), [((), {}), ((1, 2, 3), {}), ((1,), {"x": 1})])
def test_errors_about_arguments_have_the_functions_name(args: Any, keywords: Any) -> None:
    for _ in range(2):
        with pytest.raises(TypeError, match=r"^parse_headers\(\) "):
            http.client.parse_headers(*args, **keywords)
        fasthdr.install()


def test_import_patches_nothing() -> None:
    code = (
        "import http.client, http.server; h = http.server.BaseHTTPRequestHandler;"
        "before = http.client.parse_headers, h.parse_request, dict(vars(h)), dict(vars(http.client));"
        "import fasthdr, fasthdr.client, fasthdr.server, fasthdr.simple_server;"
        "assert before == (http.client.parse_headers, h.parse_request, dict(vars(h)), dict(vars(http.client)))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_import_of_the_package_is_light() -> None:
    """install() or fasthdr.server imports http.server and its dependencies; `import fasthdr` does not."""
    heavy = {"http.server", "inspect", "argparse", "typing", "weakref", "copy"}
    code = (
        "import sys, http.client; before = {*sys.modules}; import fasthdr;"
        f"print(sorted(({{*sys.modules}} - before) & {heavy}))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"


def test_install_and_uninstall() -> None:
    assert not fasthdr.is_installed()
    fasthdr.install()
    assert fasthdr.is_installed()
    assert type(parsed()) is fasthdr.client.HTTPMessage
    assert HANDLER.parse_request is not ORIGINAL[1]
    assert HANDLER.disable_nagle_algorithm is True
    fasthdr.install()
    fasthdr.uninstall()
    assert found() == ORIGINAL
    fasthdr.uninstall()
    assert found() == ORIGINAL
    assert type(parsed()) is http.client.HTTPMessage


def test_options() -> None:
    fasthdr.install(exact_type=True, nodelay=False)
    assert type(parsed()) is http.client.HTTPMessage
    assert found()[2] == "absent"
    fasthdr.install()
    assert type(parsed()) is fasthdr.client.HTTPMessage
    assert HANDLER.disable_nagle_algorithm is True
    fasthdr.install(nodelay=False)
    assert found()[2] == "absent"
    with pytest.raises(TypeError):
        fasthdr.install(True)


def test_strictness_stays_until_it_is_changed_by_name() -> None:
    """Another call of install(), for example by a library, does not switch it off."""
    handler: Any = http.server.BaseHTTPRequestHandler

    def found() -> tuple[Any, ...]:
        return handler.strict, handler.framed_body, handler.on_unsupported

    try:
        fasthdr.install(strict=True, on_unsupported="raise")
        fasthdr.install(nodelay=False)
        assert found() == (True, False, "raise")
        with fasthdr.install(framed_body=True) as inner:
            assert found() == (True, True, "raise")
            assert inner.strict
            with fasthdr.install(strict=False, on_unsupported="warn"):
                assert found() == (False, True, "warn")
            assert found() == (True, True, "raise")
        assert found() == (True, False, "raise")
        fasthdr.install(strict=False)
        assert found() == (False, False, "raise")
        fasthdr.uninstall()
        fasthdr.install()
        assert found() == (False, False, "warn")
    finally:
        fasthdr.uninstall()


def test_a_call_within_a_context_is_in_force_at_once() -> None:
    """Whoever holds the context open, and wherever: the last call or context to begin decides."""
    handler: Any = http.server.BaseHTTPRequestHandler
    with fasthdr.install(max_headers=150):
        inner = fasthdr.install(strict=True, on_unsupported="raise", max_headers=500)
        assert handler.strict
        assert inner.strict
        assert handler.on_unsupported == "raise"
        assert http.client._MAXHEADERS == 500  # type: ignore[attr-defined]
    assert handler.strict
    assert http.client._MAXHEADERS == 500  # type: ignore[attr-defined]
    fasthdr.uninstall()
    assert not handler.strict
    assert not inner.strict


def test_a_context_that_is_entered_late_does_not_undo_strict() -> None:
    handler: Any = http.server.BaseHTTPRequestHandler
    early = fasthdr.install()
    fasthdr.install(strict=True)
    with early:
        assert handler.strict
        with fasthdr.install(strict=False):
            assert not handler.strict
            with early:
                assert not handler.strict
                fasthdr.install(strict=True)
                for _ in range(3):
                    fasthdr.install()
                assert handler.strict
        assert handler.strict
    assert handler.strict
    fasthdr.uninstall()
    assert not handler.strict


def test_contexts_remember_in_which_order_calls_have_named_strict() -> None:
    """Calls whose objects are gone are joined only if no other installation came between them."""
    handler: Any = http.server.BaseHTTPRequestHandler
    fasthdr.install(strict=True)
    off = fasthdr.install(strict=False)
    fasthdr.install()
    fasthdr.install(nodelay=False)
    assert not handler.strict
    with off:
        assert not handler.strict
    assert handler.strict
    for _ in range(10):
        fasthdr.install()
    assert handler.strict
    assert len(_patching.installations) <= 2


def test_limits_are_never_taken_away_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another thread may read the limit at any time."""
    seen = []

    class Client(types.ModuleType):
        def __setattr__(self, name: str, value: Any) -> None:
            if name == "_MAXHEADERS":
                seen.append(value)
            super().__setattr__(name, value)

    monkeypatch.setattr(http.client, "__class__", Client)
    before = http.client._MAXHEADERS  # type: ignore[attr-defined]
    for text in ("1000", "1000", "2000"):
        fasthdr.install(max_headers=int(text))
    fasthdr.uninstall()
    assert set(seen[:-1]) == {1000, 2000}
    assert seen[-1] == before


FORK = """
import os, signal, threading, warnings, fasthdr
from fasthdr import _patching
held, release = threading.Event(), threading.Event()
def hold():
    with _patching.lock:
        held.set()
        release.wait(20)
threading.Thread(target=hold).start()
assert held.wait(20)
threading.Timer(0.1, release.set).start()  # the fork waits for it
warnings.simplefilter("ignore", DeprecationWarning)  # a fork beside threads
child = os.fork()
if child == 0:
    signal.alarm(20)
    fasthdr.install()
    os._exit(0 if fasthdr.is_installed() else 1)
print(os.waitpid(child, 0) == (child, 0))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork()")
def test_a_fork_while_another_thread_installs() -> None:
    """The child does not wait for a lock that only a thread of its parent could release."""
    done = subprocess.run([sys.executable, "-c", FORK], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "True\n", "")


def test_repr() -> None:
    options = "exact_type=False, nodelay=False, strict=None, framed_body=None, on_unsupported=None, max_headers=None"
    assert repr(fasthdr.install(nodelay=False)) == f"<fasthdr.install({options}, recover=False)>"


def test_contexts_nest() -> None:
    with fasthdr.install():
        inside = found()
        with fasthdr.install(exact_type=True) as inner:
            assert type(parsed()) is http.client.HTTPMessage
            with inner:
                assert found() == inside
            assert type(parsed()) is http.client.HTTPMessage
        assert type(parsed()) is fasthdr.client.HTTPMessage
        assert found() == inside
    assert found() == ORIGINAL


def test_the_innermost_of_contexts_that_are_entered_twice() -> None:
    """a, b, a: each exit ends the innermost context, so that the one before it is in force again."""

    def in_force() -> tuple[bool, bool]:
        return type(parsed()) is http.client.HTTPMessage, found()[2] == "absent"

    a, b = fasthdr.install(exact_type=True, nodelay=False), fasthdr.install()
    fasthdr.uninstall()
    with a:
        assert in_force() == (True, True)
        with b:
            assert in_force() == (False, False)
            with a:
                assert in_force() == (True, True)
                with b, b:
                    assert in_force() == (False, False)
                assert in_force() == (True, True)
            assert in_force() == (False, False)
        assert in_force() == (True, True)
    assert found() == ORIGINAL
    a.__enter__()
    b.__enter__()
    a.__exit__()  # a is not the innermost context: the options of b stay in force
    assert in_force() == (False, False)
    a.__exit__()
    assert in_force() == (False, False)
    b.__exit__()
    assert found() == ORIGINAL


def test_installations_that_have_ended_are_forgotten() -> None:
    """The last one is in force and stays; so do those that a program can still enter."""
    held = [fasthdr.install(exact_type=bool(turn % 2)) for turn in range(5)]
    for turn in range(100):
        fasthdr.install(exact_type=bool(turn % 2))
    assert len(_patching.installations) <= len(held) + 2
    assert type(parsed()) is http.client.HTTPMessage
    with held[0]:
        assert type(parsed()) is fasthdr.client.HTTPMessage
    assert type(parsed()) is http.client.HTTPMessage
    found_again = [entry.find() for entry in _patching.installations._entries]
    assert [each for each in found_again if each is not None] == held[1:]
    fasthdr.uninstall()
    assert len(_patching.installations) == 0
    assert found() == ORIGINAL
    for exact in (True, False):
        fasthdr.install(exact_type=exact)
    with fasthdr.install(exact_type=True):
        assert type(parsed()) is http.client.HTTPMessage
    assert type(parsed()) is fasthdr.client.HTTPMessage  # the last installation that has ended


def test_context_within_an_installation() -> None:
    fasthdr.install()
    with fasthdr.install(exact_type=True):
        assert type(parsed()) is http.client.HTTPMessage
    assert fasthdr.is_installed()
    assert type(parsed()) is fasthdr.client.HTTPMessage


def test_context_ends_on_an_exception() -> None:
    with pytest.raises(KeyError), fasthdr.install():
        raise KeyError
    assert found() == ORIGINAL


def test_uninstall_within_a_context() -> None:
    with fasthdr.install():
        fasthdr.uninstall()
        assert found() == ORIGINAL
    assert found() == ORIGINAL


def test_threads() -> None:
    """Several threads enter contexts: the patch stays until the last context has ended, and is gone after it."""
    barrier = threading.Barrier(6)

    def work() -> None:
        barrier.wait()
        for _ in range(200):
            with fasthdr.install():
                assert fasthdr.is_installed()
                assert type(parsed()) is fasthdr.client.HTTPMessage

    with ThreadPoolExecutor(6) as pool:
        for done in [pool.submit(work) for _ in range(6)]:
            done.result()
    assert found() == ORIGINAL


def test_somebody_elses_patch_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    def theirs(fp: Any, _class: type = http.client.HTTPMessage) -> Any:
        return "theirs"

    monkeypatch.setattr(http.client, "parse_headers", theirs)
    with pytest.warns(RuntimeWarning, match="http.client.parse_headers has been patched by 'tests.test_install'"):
        fasthdr.install()
    assert http.client.parse_headers is theirs
    assert not fasthdr.is_installed()
    assert HANDLER.parse_request is not ORIGINAL[1]
    fasthdr.uninstall()
    assert http.client.parse_headers is theirs
    assert HANDLER.parse_request is ORIGINAL[1]


@pytest.mark.parametrize("way", ["install", "enter", "exit"])
def test_a_warning_is_shown_without_the_lock(monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    """A program's showwarning() may import what another thread is importing, and that thread waits for the lock."""
    free: list[bool] = []

    def show(*args: Any, **options: Any) -> None:
        taken = threading.Event()

        def take() -> None:
            with _patching.lock:
                taken.set()

        threading.Thread(target=take, daemon=True).start()
        free.append(taken.wait(5))

    def patch() -> None:
        http.client.parse_headers = lambda fp, _class=None: "theirs"

    context = fasthdr.install()
    fasthdr.uninstall()
    monkeypatch.setattr(http.client, "parse_headers", http.client.parse_headers)  # comes back after the test
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        monkeypatch.setattr(warnings, "showwarning", show)
        if way == "exit":
            with context, fasthdr.install():
                patch()
                assert free == []
        else:
            patch()
            fasthdr.install() if way == "install" else context.__enter__()
    assert free == [True]


def test_nothing_is_left_of_an_installation_that_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    context = fasthdr.install()
    fasthdr.uninstall()
    monkeypatch.setattr(HANDLER, "parse_request", lambda self: True)
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        with pytest.raises(RuntimeWarning):
            fasthdr.install()
        assert http.client.parse_headers is ORIGINAL[0]
        with pytest.raises(RuntimeWarning), context:
            raise AssertionError("not entered")
        assert found()[::2] == ORIGINAL[::2]
    monkeypatch.undo()
    with fasthdr.install():
        assert fasthdr.is_installed()
    assert found() == ORIGINAL


def test_a_patch_over_ours_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    fasthdr.install()
    ours = http.client.parse_headers

    def wrapper(fp: Any, _class: type = http.client.HTTPMessage) -> Any:
        return ours(fp, _class)

    http.client.parse_headers = wrapper
    try:
        fasthdr.uninstall()
        assert http.client.parse_headers is wrapper
        assert type(wrapper(io.BytesIO(BLOCK))) is fasthdr.client.HTTPMessage  # the functions that they hold still work
        assert (HANDLER.parse_request, found()[2]) == ORIGINAL[1:]
    finally:
        http.client.parse_headers = ORIGINAL[0]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fasthdr.install()
    assert fasthdr.is_installed()


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("name", ["handle_one_request", "parse_request", "setup", "send_header", "send_response_only"])
def test_a_method_that_a_program_still_holds(name: str, strict: bool) -> None:
    """After uninstall() it does what the standard library's does. It looked for switches that were no longer there."""
    with fasthdr.install(strict=strict):
        held = getattr(HANDLER, name)

    def do_GET(self: Any) -> None:
        self.send_response(200)
        self.send_header("A", "b")
        self.end_headers()

    members = {name: lambda self, *args: held(self, *args), "do_GET": do_GET, "log_message": lambda *args: None}
    handler = type("Handler", (HANDLER,), members)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"GET / HTTP/1.1\r\n\r\n")
        handler(ours, ("", 0), None)
        assert b"\r\nA: b" in theirs.recv(65536)
    with fasthdr.install(strict=True):
        assert HANDLER.strict is True  # type: ignore[attr-defined]
    assert HANDLER.strict is False  # type: ignore[attr-defined]


@pytest.mark.parametrize("then", ["install", "uninstall"])
@pytest.mark.parametrize("name", ["handle_one_request", "parse_request", "setup", "disable_nagle_algorithm"])
def test_a_patch_that_a_mock_puts_back(name: str, then: str) -> None:
    """A mock that ends after uninstall() puts our method back; the next uninstall() removes it."""
    before = getattr(HANDLER, name)
    fasthdr.install()
    with mock.patch.object(HANDLER, name):
        fasthdr.uninstall()
    assert getattr(HANDLER, name) is not before
    if then == "install":
        fasthdr.install()
    fasthdr.uninstall()
    assert getattr(HANDLER, name) is before


def test_a_patch_that_a_mock_puts_back_after_a_change() -> None:
    """A mock that ends after another install() puts back what the earlier one asked for."""
    before = vars(HANDLER)["parse_request"], http.client.HTTPResponse.begin
    fasthdr.install(recover=True)
    with mock.patch.object(http.client.HTTPResponse, "begin"), pytest.warns(RuntimeWarning):
        fasthdr.install()
    fasthdr.install()
    now = http.client.HTTPResponse.begin
    fasthdr.uninstall()
    with fasthdr.install():
        assert http.client.HTTPResponse.begin is now
    assert (vars(HANDLER)["parse_request"], http.client.HTTPResponse.begin) == before


def test_a_programs_own_nodelay_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HANDLER, "disable_nagle_algorithm", False, raising=True)
    fasthdr.install()
    assert HANDLER.disable_nagle_algorithm is False
    fasthdr.uninstall()
    assert vars(HANDLER)["disable_nagle_algorithm"] is False


def test_the_class_of_the_stdlib_is_never_replaced() -> None:
    before = http.client.HTTPMessage
    fasthdr.install()
    assert http.client.HTTPMessage is before
    assert HANDLER.MessageClass is before


def test_max_headers_keyword() -> None:
    """CPython 3.15 passes _max_headers. Our function always takes it; the installed one does if the stdlib's does."""
    block = b"A: 1\r\n" * 5 + b"\r\nrest"
    functions = [fasthdr.client.parse_headers]
    with fasthdr.install():
        if "_max_headers" in inspect.signature(ORIGINAL[0]).parameters:
            functions.append(http.client.parse_headers)
        else:
            with pytest.raises(TypeError, match="unexpected keyword argument '_max_headers'"):
                http.client.parse_headers(io.BytesIO(block), _max_headers=5)
        for parse in functions:
            for wrap in (io.BytesIO, lambda data: io.BufferedReader(io.BytesIO(data))):
                file = wrap(block)
                assert len(parse(file, _max_headers=5)) == 5
                assert file.read() == b"rest"
                with pytest.raises(http.client.HTTPException, match="got more than 4 headers"):
                    parse(wrap(block), _max_headers=4)
                assert len(parse(wrap(block), _max_headers=None)) == 5


def shown(function: Any) -> Any:
    """Return what a program sees when it inspects a function."""
    return (
        *(getattr(function, name) for name in ("__module__", "__name__", "__qualname__", "__doc__", "__defaults__")),
        inspect.signature(function),
        dict(function.__kwdefaults__ or {}),
        inspect.get_annotations(function),
        hasattr(function, "__wrapped__"),
        inspect.isroutine(function),
    )


def refusals(function: Any) -> list[Any]:
    """Return how calls with wrong arguments fail, before they do anything."""
    calls = (
        lambda: function(),
        lambda: function(*range(20)),
        lambda: function(1, nonsense=2),
        lambda: function(1, fp=2),
    )
    found = []
    for call in calls:
        try:
            call()
        except Exception as error:
            found.append(type(error))
        else:
            found.append(None)
    return found


@pytest.mark.parametrize(("strict", "recover"), [(False, False), (True, False), (False, True), (True, True)])
def test_everything_that_is_put_in_place_looks_like_what_was_there(strict: bool, recover: bool) -> None:
    options = SimpleNamespace(
        exact_type=False,
        nodelay=True,
        strict=strict,
        framed_body=False,
        on_unsupported="warn",
        max_headers=None,
        recover=recover,
    )
    with fasthdr.install():  # the first install() may import modules for the patches
        pass
    # Other tests make copies of http.server, whose functions are not changed to look like the standard library's.
    places = [(patch.owner, patch.name) for patch in _patching._patches(options) if not patch.is_copy]
    before = {place: getattr(*place, None) for place in places}
    seen = {place: (shown(found), refusals(found)) for place, found in before.items() if hasattr(found, "__code__")}
    assert {"parse_headers", "__init__", "begin", "putheader", "parse_request", "setup"} <= {name for _, name in seen}
    with fasthdr.install(strict=strict, recover=recover):
        for place, expected in seen.items():
            function = getattr(*place)
            assert function is not before[place], place
            assert (shown(function), refusals(function)) == expected, place
            if place[1] != "setup":  # setup is inherited from socketserver's class, and pickled as a member of it
                assert pickle.loads(pickle.dumps(function)) is function
    assert {place: getattr(*place, None) for place in places} == before


def test_the_functions_in_place_take_what_the_stdlibs_take() -> None:
    for parse in (http.client.parse_headers, fasthdr.install() and http.client.parse_headers):
        for arguments in (((io.BytesIO(BLOCK),), {}), ((), {"fp": io.BytesIO(BLOCK)})):
            message = parse(*arguments[0], **arguments[1], _class=http.client.HTTPMessage)
            assert message.items() == [("Host", "a")]
        assert parse(io.BytesIO(BLOCK), http.client.HTTPMessage).items() == [("Host", "a")]


def test_stats(counted: Any) -> None:
    fasthdr.client.parse_headers(io.BytesIO(BLOCK))
    fasthdr.parse_request(b"GET / HTTP/1.1\r\n" + BLOCK)
    assert counted() == (2, 0)
    fasthdr.client.parse_headers(io.BytesIO(b"no colon\r\n\r\n"))
    assert counted() == (2, 1)
    assert sum(fasthdr.stats().values()) == 3
    fasthdr.collect_stats(False)
    fasthdr.client.parse_headers(io.BytesIO(BLOCK))
    assert counted() == (2, 1)
    fasthdr.collect_stats()
    assert fasthdr.stats() == {}


MANY = b"A: b\r\n" * 150 + b"\r\n"


def _lines_read() -> int | str:
    try:
        return len(http.client.parse_headers(io.BytesIO(MANY)))
    except http.client.HTTPException as error:
        return str(error)


def test_max_headers() -> None:
    """It replaces http.client's limit for the time of the installation, unless the program has set that limit."""
    refused = "got more than 100 headers"
    assert _lines_read() == refused
    with fasthdr.install(max_headers=200):
        assert _lines_read() == 150
        with fasthdr.install(max_headers=120):
            assert _lines_read() == "got more than 120 headers"
        with fasthdr.install():
            assert _lines_read() == refused
        assert _lines_read() == 150
    assert _lines_read() == refused
    assert http.client._MAXHEADERS == 100  # type: ignore[attr-defined]


def test_max_headers_that_a_program_has_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http.client, "_MAXHEADERS", 130)
    assert _lines_read() == "got more than 130 headers"
    with fasthdr.install(max_headers=200):
        assert _lines_read() == 150
    assert http.client._MAXHEADERS == 130  # type: ignore[attr-defined]
    with fasthdr.install(max_headers=200):
        monkeypatch.setattr(http.client, "_MAXHEADERS", 160)
        assert _lines_read() == 150
    assert http.client._MAXHEADERS == 160  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("value", "error", "says"),
    [
        (0, ValueError, "max_headers must be 1 or more, not 0"),
        (-1, ValueError, "max_headers must be 1 or more, not -1"),
        (True, TypeError, "max_headers must be int or None, not bool"),
        ("200", TypeError, "max_headers must be int or None, not str"),
    ],
)
def test_max_headers_that_are_none(value: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        fasthdr.install(max_headers=value)
    assert not fasthdr.is_installed()


def test_a_handler_always_finds_its_switches() -> None:
    """Handlers in other threads read them while options change: between two steps they were missing."""
    handler = http.server.BaseHTTPRequestHandler
    missing: list[Any] = []

    def look(frame: Any, event: str, arg: object) -> Any:
        if handler.setup is not setup and not all(hasattr(handler, name) for name in ("strict", "framed_body")):
            missing.append((frame.f_code.co_name, frame.f_lineno))
        return look

    setup = handler.setup
    before = sys.gettrace()
    sys.settrace(look)
    try:
        with fasthdr.install():
            with fasthdr.install(strict=True, framed_body=True, on_unsupported="raise"):
                assert handler.strict  # type: ignore[attr-defined]
            assert not handler.strict  # type: ignore[attr-defined]
    finally:
        sys.settrace(before)
    assert handler.setup is setup
    assert not missing
