# SPDX-License-Identifier: MIT
"""Our HTTPResponse.__init__() and begin() against the stdlib's, with every kind of override."""

from __future__ import annotations

import http.client
import io
import itertools
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

import fasthdr
import fasthdr.client as client
from fasthdr._core.client import SocketFiles
from fasthdr._standins import client_request, client_response
from tests.differential import observe

DATA = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nab"
BASES: dict[str, Callable[[], type]] = {
    "imported": lambda: client.HTTPResponse,
    "installed": lambda: http.client.HTTPResponse,
}


@pytest.fixture(params=BASES)
def base(request: pytest.FixtureRequest) -> Iterator[Callable[[], type]]:
    """The class of responses that programs subclass: ours, or http.client's under install()."""
    if request.param == "installed":
        with fasthdr.install():
            yield BASES[request.param]
    else:
        yield BASES[request.param]


def sock(data: bytes = DATA) -> Any:
    return SimpleNamespace(makefile=lambda mode: io.BufferedReader(io.BytesIO(data)))


def state(response: Any) -> list[tuple[str, Any]]:
    """Return the attributes in order, each in a form that can be compared."""
    forms: dict[str, Callable[[Any], Any]] = {"headers": observe.message, "msg": observe.message, "fp": type}
    return [
        (name, value if value is None else forms.get(name, lambda v: v)(value))
        for name, value in vars(response).items()
    ]


def test_they_are_ours() -> None:
    """On every interpreter that the tests run on; otherwise they would compare the stdlib with itself."""
    assert client_response.INIT is not client_response.stdlib_init
    assert client_response.INSTALLED is not client_response.stdlib_begin
    assert client_request.INSTALLED is not client_request.stdlib_putheader
    assert isinstance(client_response.RESPONSES.socket_files, SocketFiles)
    with fasthdr.install():
        assert http.client.HTTPResponse.__init__ is client_response.INIT
        assert http.client.HTTPConnection.putheader is client_request.INSTALLED
    assert http.client.HTTPResponse.__init__ is client_response.stdlib_init
    assert http.client.HTTPConnection.putheader is client_request.stdlib_putheader


@pytest.mark.parametrize("size", [0, -1, 1, 16, True, 16.0, "16", None, 10**30])
def test_sizes_of_the_buffer(base: Callable[[], type], size: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program may set io.DEFAULT_BUFFER_SIZE; 0 means no buffer."""

    def made(init: Callable[..., None]) -> Any:
        here, there = socket.socketpair()
        with here, there:
            there.sendall(DATA)
            response = base().__new__(base())
            outcome = observe.outcome(lambda: init(response, here))
            seen = outcome, type(response.fp) if outcome is None else None, here._io_refs  # type: ignore[attr-defined]
            if outcome is None:
                response.begin()
                seen += response.status, response.read()
            else:
                response.fp = None
            return seen

    monkeypatch.setattr(io, "DEFAULT_BUFFER_SIZE", size)
    assert made(base().__init__) == made(client_response.stdlib_init)


ARGUMENTS: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((), {}), ((1,), {}), ((0, "HEAD"), {}), ((0, "GET", "/"), {}), ((), {"method": "PUT", "url": "/"}),
    ((), {"debuglevel": 2}), ((0, "GET", "/", 1), {}), ((), {"more": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("args", "keywords"), ARGUMENTS, ids=repr)
def test_new_responses(base: Callable[[], type], args: Any, keywords: Any) -> None:
    def made(init: Callable[..., None]) -> Any:
        response = base().__new__(base())
        outcome = observe.outcome(lambda: init(response, *args, **keywords))
        seen = state(response)
        response.fp = None  # deletion calls close(), which reads it
        return outcome, seen

    assert made(base().__init__) == made(client_response.stdlib_init)
    args = (sock(), *args)
    ours = made(base().__init__)
    assert ours == made(client_response.stdlib_init)
    assert len(ours[1]) > 10 or "TypeError" in repr(ours)


def test_a_file_that_cannot_be_made(base: Callable[[], type], monkeypatch: pytest.MonkeyPatch) -> None:
    def makefile(mode: str) -> Any:
        raise OSError(24, mode)

    unraisable = []
    monkeypatch.setattr(sys, "unraisablehook", unraisable.append)
    response = base().__new__(base())
    with pytest.raises(OSError, match="rb"):
        response.__init__(SimpleNamespace(makefile=makefile))
    assert vars(response) == {}
    response.fp = None  # deletion calls close(), which reads it


def test_a_response_made_twice(base: Callable[[], type]) -> None:
    response = base()(sock(), method="HEAD")
    response.begin()
    response.mine = 1
    response.__init__(sock(), method="GET")
    theirs = http.client.HTTPResponse.__new__(http.client.HTTPResponse)
    client_response.stdlib_init(theirs, sock(), method="HEAD")
    client_response.stdlib_begin(theirs)
    theirs.mine = 1  # type: ignore[attr-defined]
    client_response.stdlib_init(theirs, sock(), method="GET")
    assert state(response) == state(theirs)


def overridden() -> dict[str, Callable[[type, list[Any]], type]]:
    """Return subclasses that observe something that __init__() and begin() do, and record it."""

    def setter(base: type, seen: list[Any]) -> type:
        class Response(base):  # type: ignore[misc, valid-type]
            def __setattr__(self, name: str, value: Any) -> None:
                seen.append(name)
                super().__setattr__(name, value)

        return Response

    def getter(base: type, seen: list[Any]) -> type:
        class Response(base):  # type: ignore[misc, valid-type]
            def __getattribute__(self, name: str) -> Any:
                seen.append(name)
                return super().__getattribute__(name)

        return Response

    def descriptor(base: type, seen: list[Any]) -> type:
        def store(self: Any, value: Any) -> None:
            seen.append(value)
            vars(self)["_length"] = value

        return type("Response", (base,), {"length": property(lambda self: vars(self).get("_length"), store)})

    def slot(base: type, seen: list[Any]) -> type:
        return type("Response", (base,), {"__slots__": ("status", "will_close")})

    def default(base: type, seen: list[Any]) -> type:
        return type("Response", (base,), {"chunked": 5, "_max_headers": 7})

    def before(base: type, seen: list[Any]) -> type:
        class Response(base):  # type: ignore[misc, valid-type]
            def __init__(self, *args: Any, **keywords: Any) -> None:
                self.mine = 1
                self.reason = "mine"
                super().__init__(*args, **keywords)

        return Response

    def method(base: type, seen: list[Any]) -> type:
        class Response(base):  # type: ignore[misc, valid-type]
            def _check_close(self) -> Any:
                seen.append("close")
                return "maybe"

        return Response

    def mixin(base: type, seen: list[Any]) -> type:
        class Mixin:
            def _read_status(self) -> tuple[str, int, str]:
                seen.append("status")
                return "HTTP/1.1", 299, " mine "

        return type("Response", (Mixin, base), {})

    return {f.__name__: f for f in (setter, getter, descriptor, slot, default, before, method, mixin)}


def followed(cls: type, seen: list[Any]) -> Any:
    response = cls(sock())
    begun = observe.outcome(response.begin)
    names = ("status", "code", "version", "reason", "chunked", "length", "will_close")
    return begun, [getattr(response, name, None) for name in names], [*vars(response)], [*seen], response.read()


@pytest.mark.parametrize("override", overridden())
def test_subclasses(base: Callable[[], type], override: str) -> None:
    make = overridden()[override]
    seen: list[Any] = []
    ours = followed(make(base(), seen), seen)
    fasthdr.uninstall()
    seen = []
    assert ours == followed(make(http.client.HTTPResponse, seen), seen)


@pytest.mark.parametrize("name", ["_check_close", "_read_status"])
def test_a_method_of_the_instance(base: Callable[[], type], name: str) -> None:
    def begun(cls: type) -> Any:
        response = cls(sock())
        calls = []
        original = getattr(response, name)
        setattr(response, name, lambda: calls.append(name) or original())
        response.begin()
        delattr(response, name)
        return calls, state(response)

    ours = begun(base())
    fasthdr.uninstall()
    assert ours == begun(http.client.HTTPResponse)
    assert ours[0] == [name]


@pytest.mark.parametrize(
    ("missing", "value"), [("_method", None), ("fp", None), ("headers", None), ("debuglevel", None)]
)
def test_an_attribute_that_is_gone(base: Callable[[], type], missing: str, value: None) -> None:
    def begun(cls: type) -> Any:
        response = cls(sock())
        delattr(response, missing)
        outcome = observe.outcome(response.begin)
        response.fp = None
        return outcome[0], [*vars(response)]

    ours = begun(base())
    fasthdr.uninstall()
    assert ours == begun(http.client.HTTPResponse)


@pytest.mark.parametrize("level", [True, 0.5, -1, "1"])
def test_odd_debug_levels(base: Callable[[], type], level: Any, capsys: pytest.CaptureFixture[str]) -> None:
    def begun(cls: type) -> Any:
        response = cls(sock(), level)
        return observe.outcome(response.begin), [*vars(response)], capsys.readouterr().out

    ours = begun(base())
    fasthdr.uninstall()
    assert ours == begun(http.client.HTTPResponse)


def test_a_class_that_changes(base: Callable[[], type], monkeypatch: pytest.MonkeyPatch) -> None:
    """What is cached about a class is valid until the class or one of its bases changes."""

    class Response(base()):  # type: ignore[misc]
        pass

    def closes() -> Any:
        response = Response(sock())
        response.begin()
        return response.will_close, response.status

    assert closes() == closes() == (True, 200)
    monkeypatch.setattr(http.client.HTTPResponse, "_check_close", lambda self: "patched")
    assert closes() == ("patched", 200)
    monkeypatch.undo()
    assert closes() == (True, 200)
    monkeypatch.setattr(Response, "status", property(lambda self: 5, lambda self, value: None), raising=False)
    assert closes() == (True, 5)
    monkeypatch.undo()
    assert closes() == (True, 200)
    Response._check_close = lambda self: "own"
    assert closes() == ("own", 200)
    del Response._check_close
    assert closes() == (True, 200)


def test_many_classes(base: Callable[[], type]) -> None:
    """More classes than the cache holds, in turns."""
    classes = [
        type(f"Response{i}", (base(),), {"_check_close": lambda self, i=i: i} if i % 2 else {}) for i in range(60)
    ]
    for _, (i, cls) in itertools.product(range(3), enumerate(classes)):
        response = cls(sock())
        response.begin()
        assert response.will_close == (i if i % 2 else True)


def test_a_class_that_has_changed_too_often(base: Callable[[], type]) -> None:
    """From 3.13 on, CPython gives a class at most 1000 version tags; after that each response examines it again."""

    class Response(base()):  # type: ignore[misc]
        pass

    for turn in range(1500):
        Response.turn = turn
        if turn % 100 < 2 or turn > 1400:
            response = Response(sock())
            response.begin()
            assert (response.status, response.length, response.will_close, response.read()) == (200, 2, True, b"ab")
    Response._check_close = lambda self: "own"
    response = Response(sock())
    response.begin()
    assert response.will_close == "own"


def test_threads(base: Callable[[], type]) -> None:
    """A class changes while other threads read: each response matches the class as it was at some moment."""

    class Response(base()):  # type: ignore[misc]
        pass

    def read(turns: int) -> set[Any]:
        seen = set()
        for _ in range(turns):
            response = Response(sock())
            response.begin()
            seen.add((response.status, response.length, response.will_close, response.read()))
        return seen

    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(read, 500) for _ in range(3)]
        for _ in range(200):
            Response._check_close = lambda self: "own"
            del Response._check_close
        found = set().union(*(each.result(timeout=60) for each in running))
    assert found <= {(200, 2, True, b"ab"), (200, 2, "own", b"ab")}
    assert read(1) == {(200, 2, True, b"ab")}


def test_another_object_as_self() -> None:
    """begin() also works on an object that is not an HTTPResponse, as the stdlib's does."""
    for begin in (client_response.INSTALLED, client_response.stdlib_begin):
        response = SimpleNamespace(fp=io.BytesIO(DATA), headers=None, debuglevel=0, _method="GET")
        response._read_status = lambda: ("HTTP/1.1", 200, "OK")
        response._check_close = lambda: False
        response.fp.readline()
        begin(response)
        assert (response.status, response.length, response.will_close) == (200, 2, False)


# ------------------------------------------------------------------------------------------------- the socket's file


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    near, far = socket.socketpair()
    with near, far:
        yield near, far


def file_of(near: Any, cls: type) -> Any:
    """Return a response and everything that can be seen of its file."""
    response: Any = cls(near)
    raw = response.fp.raw
    attributes = {name: value if name != "_sock" else value is near for name, value in vars(raw).items()}
    found = (
        type(response.fp),
        type(raw),
        raw.mode,
        raw.name,
        raw.fileno(),
        raw.readable(),
        raw.writable(),
        raw.seekable(),
    )
    return response, (found, [*attributes.items()], near._io_refs)


def test_the_file_of_a_socket(pair: Any, base: Callable[[], type]) -> None:
    near, far = pair
    far.sendall(DATA * 3)
    ours, seen = file_of(near, base())
    assert seen[2] == 1
    ours.begin()
    assert ours.fp.peek() == (DATA * 3)[-2 - 2 * len(DATA) :]  # everything that had arrived
    assert ours.read() == b"ab"
    assert (ours.fp, near._io_refs) == (None, 0)
    fasthdr.uninstall()
    theirs, expected = file_of(near, http.client.HTTPResponse)
    assert seen == expected
    theirs.close()
    again = base()(near)
    near.close()
    assert near.fileno() != -1  # the file keeps the socket open
    again.close()
    assert near.fileno() == -1


def test_the_size_of_the_buffer(pair: Any, base: Callable[[], type], monkeypatch: pytest.MonkeyPatch) -> None:
    near, far = pair
    far.sendall(b"x" * 100)
    monkeypatch.setattr(io, "DEFAULT_BUFFER_SIZE", 7)
    response = base()(near)
    assert response.fp.peek() == b"x" * 7
    response.close()


def test_a_socket_that_timed_out(pair: Any, base: Callable[[], type]) -> None:
    near, _ = pair
    near.settimeout(0.01)
    response = base()(near)
    with pytest.raises(TimeoutError):
        response.begin()
    with pytest.raises(OSError, match="cannot read from timed out object"):
        response.begin()
    response.close()


def test_a_socket_class_of_a_program(pair: Any, base: Callable[[], type]) -> None:
    calls = []

    class Socket(socket.socket):
        def makefile(self, mode: str) -> Any:  # type: ignore[override]
            calls.append(mode)
            return super().makefile(mode)

    near, far = pair
    with Socket(fileno=near.detach()) as own:
        far.sendall(DATA)
        response = base()(own)
        response.begin()
        assert (calls, response.read()) == (["rb"], b"ab")


@pytest.mark.parametrize("installed", [False, True], ids=BASES)
@pytest.mark.parametrize(
    "patch", ["socket.socket.makefile", "socket.SocketIO", "socket.SocketIO.__init__", "io.BufferedReader"]
)
def test_patches_below_the_response(patch: str, installed: bool) -> None:
    """Each case has a process, because a class that was once patched does not return to its original state."""
    code = f"""if True:
        import contextlib, http.client, io, socket
        import fasthdr
        near, far = socket.socketpair()
        calls = []
        def noting(*args, **keywords):
            calls.append(1)
            return original(*args, **keywords)
        with fasthdr.install() if {installed} else contextlib.nullcontext():
            module = http.client if {installed} else fasthdr.client
            for patched in (False, True):
                if patched:
                    original = {patch}
                    {patch} = noting
                far.sendall({DATA!r})
                response = module.HTTPResponse(near)
                response.begin()
                assert response.read() == b"ab"
                assert calls == [1] * patched, calls
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


BEFORE = {
    "an __init__() that asks for more": """
        original = http.client.HTTPResponse.__init__
        def __init__(self, sock, debuglevel=0, method=None, url=None):
            self.number = sock.fileno()
            original(self, sock, debuglevel, method, url)
        __init__ = types.FunctionType(__init__.__code__, vars(http.client), "__init__", (0, None, None))
        http.client.original = original
        http.client.HTTPResponse.__init__ = __init__
    """,
    "a makefile() of the program's": """
        original = socket.socket.makefile
        socket.socket.makefile = lambda self, mode: original(self, mode)
    """,
    "a SocketIO of the program's": """
        socket.SocketIO = type("SocketIO", (socket.SocketIO,), {})
    """,
    "a reader of another class": """
        def makefile(self, mode="r"):
            self._io_refs += 1
            return Reader(SocketIO(self, "r"))
        socket.Reader = type("Reader", (io.BufferedReader,), {})
        socket.socket.makefile = types.FunctionType(makefile.__code__, vars(socket), "makefile", ("r",))
    """,
    "a larger buffer": """
        original = socket.socket.makefile
        def makefile(self, mode="r", buffering=5):
            self._io_refs += 1
            return io.BufferedReader(SocketIO(self, "r"), buffering)
        socket.socket.makefile = types.FunctionType(makefile.__code__, vars(socket), "makefile", ("r", 5))
    """,
}


@pytest.mark.parametrize("what", BEFORE)
def test_what_a_program_has_changed_before_the_import(what: str) -> None:
    code = f"""if True:
        import http.client, io, socket, types
        {BEFORE[what].strip()}
        init = http.client.HTTPResponse.__init__
        import fasthdr
        from fasthdr._standins import client_response
        near, far = socket.socketpair()
        for module in (fasthdr.client, http.client):
            far.sendall({DATA!r})
            with fasthdr.install():
                response = module.HTTPResponse(near)
                response.begin()
                assert response.status == 200
                assert response.read() == b"ab"
            assert http.client.HTTPResponse.__init__ is init
        near.close(), far.close()
        print(client_response.INIT is init, client_response.RESPONSES.socket_files)
    """
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    theirs = what.startswith("an __init__")
    assert done.stdout.startswith(f"{theirs} ")
    # A SocketIO subclass of the program does not matter: our file is made from the class found at the import.
    ours = what in ("an __init__() that asks for more", "a SocketIO of the program's")
    assert done.stdout.endswith("None\n") != ours
