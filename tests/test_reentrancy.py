# SPDX-License-Identifier: MIT
"""Files and limits whose methods read, move or close the file that is being parsed, and threads that do so."""

from __future__ import annotations

import email.policy
import gc
import http.client
import io
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import fasthdr
import fasthdr.client
from tests.differential import observe
from tests.together import together

STDLIB_PARSE = http.client.parse_headers
BLOCK = b"Host: a\r\n" + b"Name: value\r\n" * 5 + b"Content-Type: multipart/form-data; boundary=x\r\n\r\n"
DATA = BLOCK + b"Other: 1\r\nMore: 22\r\n\r\nrest"


class Limit:
    """A number that runs code whenever it is compared or used in a calculation."""

    def __init__(self, value: float, act: Callable[[], Any]) -> None:
        self.value, self.act = value, act

    def acts(self, result: Any) -> Any:
        self.act()
        return result

    def __lt__(self, other: Any) -> Any:
        return self.acts(self.value < other)

    def __le__(self, other: Any) -> Any:
        return self.acts(self.value <= other)

    def __gt__(self, other: Any) -> Any:
        return self.acts(self.value > other)

    def __ge__(self, other: Any) -> Any:
        return self.acts(self.value >= other)

    def __add__(self, other: Any) -> Any:
        return self.acts(self.value + other)

    def __index__(self) -> int:
        return self.acts(int(self.value))


class IntLimit(Limit, int):
    def __new__(cls, value: int, act: Callable[[], Any]) -> Any:
        return int.__new__(cls, value)


ACTIONS: dict[str, Callable[[Any], Any]] = {
    "nothing": lambda file: None,
    "reads a byte": lambda file: file.read(1),
    "reads all": lambda file: file.read(),
    "goes to the start": lambda file: file.seek(0),
    "goes to another head": lambda file: file.seek(len(BLOCK)),
    "goes near the end": lambda file: file.seek(len(DATA) - 2),
    "closes": lambda file: file.close(),
}
FILES: dict[str, Callable[[], Any]] = {
    "BytesIO": lambda: io.BytesIO(DATA),
    "BufferedReader": lambda: io.BufferedReader(io.BytesIO(DATA)),
    "BufferedReader of 16 bytes": lambda: io.BufferedReader(io.BytesIO(DATA), 16),
}


def seen(parse: Any, make: Callable[[], Any], name: str, limit: Any, act: Callable[[Any], Any], **keywords: Any) -> Any:
    file = make()
    calls = []

    def acts() -> None:
        calls.append(None)
        if len(calls) < 9:
            act(file)

    before = getattr(http.client, name)
    setattr(http.client, name, limit(acts))
    try:
        return observe.outcome(lambda: observe.message(parse(file, **keywords))), len(calls), observe.outcome(file.read)
    finally:
        setattr(http.client, name, before)


@pytest.mark.parametrize("file", FILES)
@together("action", ACTIONS)
@pytest.mark.parametrize("kind", [Limit, IntLimit])
@pytest.mark.parametrize(("name", "value"), [("_MAXHEADERS", 100), ("_MAXHEADERS", 3), ("_MAXLINE", 65536)])
def test_limits_that_use_the_file(file: str, action: str, kind: Any, name: str, value: int) -> None:
    """The limit is compared as often as by the stdlib, and the same bytes are read."""
    arguments = FILES[file], name, lambda acts: kind(value, acts), ACTIONS[action]
    expected = seen(STDLIB_PARSE, *arguments)
    for cls in (fasthdr.client.HTTPMessage, http.client.HTTPMessage):
        assert seen(fasthdr.client.parse_headers, *arguments, _class=cls) == expected


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("action", ACTIONS)
def test_a_limit_of_one_call_that_uses_the_file(file: str, action: str) -> None:
    """Only CPython 3.15's stdlib has this limit: nothing is compared, but every field must be from the file."""
    made = FILES[file]()
    limit: Any = Limit(100, lambda: ACTIONS[action](made))
    found = observe.outcome(lambda: fasthdr.client.parse_headers(made, _max_headers=limit).items())
    if type(found) is list:
        for field, value in found:
            assert f"{field}:".encode() in DATA
            assert value.encode() in DATA


class Raw(io.RawIOBase):
    """A raw file that runs code at each read."""

    def __init__(self, act: Callable[[], Any]) -> None:
        self.left, self.act = DATA, act

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.act()
        part, self.left = self.left[: min(len(buffer), 40)], self.left[min(len(buffer), 40) :]
        buffer[: len(part)] = part
        return len(part)


@pytest.mark.parametrize("value", [0, 1, 5, 20, 1.5, 1 << 40, "x", None])
def test_a_file_that_sets_the_limit_of_lines(monkeypatch: pytest.MonkeyPatch, value: Any) -> None:
    """The limit is read again after each line."""
    results = []
    for parse in (STDLIB_PARSE, fasthdr.client.parse_headers):
        file = io.BufferedReader(Raw(lambda: monkeypatch.setattr(http.client, "_MAXHEADERS", value)))
        results.append((observe.outcome(lambda: observe.message(parse(file))), observe.outcome(file.peek)))
        monkeypatch.undo()
    assert results[0] == results[1]


@pytest.mark.parametrize("size", [16, 100, 4096])
def test_a_file_that_reads_itself(size: int) -> None:
    """The reads of a raw file call the BufferedReader above it, which refuses that."""
    for act in (lambda: file.read(5), lambda: file.peek(), lambda: fasthdr.client.parse_headers(file)):
        file = io.BufferedReader(Raw(act), size)
        with pytest.raises(RuntimeError, match="reentrant call"):
            fasthdr.client.parse_headers(file)


def test_threads_that_share_a_file() -> None:
    """The result is undefined, but every byte is from the file, and the interpreter does not crash."""
    heads = b"".join(b"Host: a\r\nName: %s\r\n\r\n" % (b"v" * (i % 50)) for i in range(3000))
    for make in (io.BytesIO, lambda data: io.BufferedReader(io.BytesIO(data), 64)):
        file: Any = make(heads)
        barrier = threading.Barrier(6)

        def work(number: int, file: Any = file, barrier: Any = barrier) -> None:
            barrier.wait()
            for turn in range(1000):
                if number < 4:
                    found = observe.outcome(lambda: fasthdr.client.parse_headers(file).items())
                    assert all(set("\r\n\0").isdisjoint(name) for name, _ in found if type(found) is list)
                elif turn % 2:
                    observe.outcome(lambda: file.read(7))
                else:
                    observe.outcome(lambda: file.seek(0))

        with ThreadPoolExecutor(6) as pool:
            for done in [pool.submit(work, number) for number in range(6)]:
                done.result()


class Fewer(io.BytesIO):
    """Below a BufferedReader, it acts like a non-blocking connection: after the last byte, a read gives None."""

    def readinto(self, buffer: Any) -> int | None:
        return super().readinto(buffer) or None


def test_status_lines_of_a_file_that_is_read_meanwhile() -> None:
    """begin() on a file that ends anywhere in the head: the stdlib's result, or its error."""
    data = b"HTTP/1.1 200 OK\r\n" + BLOCK
    for cut in range(0, len(data), 5):
        for make in (
            io.BytesIO,
            lambda part: io.BufferedReader(Fewer(part)),
            lambda part: io.BufferedReader(Fewer(part), 20),
        ):
            results = []
            for cls in (http.client.HTTPResponse, fasthdr.client.HTTPResponse):
                file = make(data[:cut])
                response = cls(type("Socket", (), {"makefile": lambda self, mode, file=file: file})())
                results.append((observe.outcome(response.begin), response.status, observe.outcome(file.read)))
            assert results[0] == results[1]


class Signal(ValueError):
    """What a program's signal handler may raise while a read waits."""


def utf8() -> Exception:
    return UnicodeDecodeError("utf-8", b"\xff", 0, 1, "a bad frame")


ERRORS: dict[str, Callable[[], Exception]] = {
    "ValueError": lambda: ValueError("a bad frame"),
    "a subclass": lambda: Signal("too late"),
    "UnicodeDecodeError": utf8,
    "AttributeError": lambda: AttributeError("no such frame"),
}


class Failing(io.RawIOBase):
    """A raw file that gives pieces. In place of a piece it raises an error, and it may be closed then."""

    def __init__(self, pieces: list[Any], closes: bool) -> None:
        self.pieces, self.closes = pieces, closes

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self.pieces.pop(0) if self.pieces else b""
        if isinstance(piece, Exception):
            if self.closes:
                self.close()
            raise piece
        if len(piece) > len(buffer):
            self.pieces.insert(0, piece[len(buffer) :])
            piece = piece[: len(buffer)]
        buffer[: len(piece)] = piece
        return len(piece)


def after_errors(begin: Callable[[Any], Any], error: str, cut: int, size: int, closes: bool) -> Any:
    """Return what begin() raises and leaves, twice, if the bytes after the first `cut` come after an error."""
    data = b"HTTP/1.1 200 OK\r\nA: b\r\n\r\nrest"
    file = io.BufferedReader(Failing([data[:cut], ERRORS[error](), data[cut:]][not cut :], closes), size)
    first = observe.outcome(lambda: begin(file))
    return first, observe.outcome(lambda: begin(file)), observe.outcome(file.read)


def begun(cls: Any) -> Callable[[Any], Any]:
    def begin(file: Any) -> Any:
        response = cls(type("Socket", (), {"makefile": lambda self, mode: file})())
        try:
            response.begin()
        finally:
            state = {**vars(response), "headers": observe.message(response.headers), "msg": None, "fp": None}
            response.fp = None
        return state

    return begin


@pytest.mark.parametrize("closes", [False, True], ids=["", "closes"])
@pytest.mark.parametrize("size", [16, 8192])
@together("error", ERRORS)
def test_a_file_that_raises(error: str, size: int, closes: bool) -> None:
    """The program gets its error. ValueError is also what closed and detached files raise, which the stdlib reads."""
    for cut in (0, 5, 17, 20):
        expected = after_errors(begun(http.client.HTTPResponse), error, cut, size, closes)
        assert expected[0][0] == type(ERRORS[error]()).__name__
        assert after_errors(begun(fasthdr.client.HTTPResponse), error, cut, size, closes) == expected
        for options in ({}, {"exact_type": True}, {"recover": True}):
            with fasthdr.install(**options):
                assert after_errors(begun(http.client.HTTPResponse), error, cut, size, closes) == expected
    for cut in (17, 20):

        def parsed(parse: Any, cut: int = cut) -> Any:
            def begin(file: Any) -> Any:
                return file.readline(), observe.message(parse(file))

            return after_errors(begin, error, cut, size, closes)

        assert parsed(fasthdr.client.parse_headers) == parsed(STDLIB_PARSE)


UNUSABLE: dict[str, tuple[Callable[[bytes], Any], Callable[[Any], Any]]] = {
    "a closed BytesIO": (io.BytesIO, io.BytesIO.close),
    "a closed BufferedReader": (lambda data: io.BufferedReader(io.BytesIO(data)), io.BufferedReader.close),
    "a closed raw file": (lambda data: io.BufferedReader(io.BytesIO(data)), lambda file: file.raw.close()),
    "a detached BufferedReader": (lambda data: io.BufferedReader(io.BytesIO(data)), io.BufferedReader.detach),
}


@pytest.mark.parametrize("which", UNUSABLE)
def test_files_that_cannot_be_read(which: str) -> None:
    """The error is the stdlib's own, of readline()."""
    make, end = UNUSABLE[which]

    def error(cls: Any) -> Any:
        file = make(b"HTTP/1.1 200 OK\r\n\r\n")
        end(file)
        return observe.outcome(lambda: begun(cls)(file))

    expected = error(http.client.HTTPResponse)
    assert expected[0] == "ValueError"
    assert error(fasthdr.client.HTTPResponse) == expected
    with fasthdr.install():
        assert error(http.client.HTTPResponse) == expected


def _trailers() -> Any:
    decoder = fasthdr.BodyDecoder("chunked")
    decoder.feed(b"0\r\nA: b\r\n\r\n")
    return decoder


# What is made at the first access: how to make its owner, and the access.
MADE_ONCE: dict[str, tuple[Callable[[], Any], Callable[[Any], Any]]] = {
    "head.headers": (lambda: fasthdr.parse_headers(BLOCK), lambda head: head.headers),
    "message._headers": (
        lambda: fasthdr.client.parse_headers(io.BytesIO(BLOCK)), lambda message: message._headers,
    ),
    "message.defects": (
        lambda: fasthdr.client.parse_headers(io.BytesIO(BLOCK)), lambda message: message.defects,
    ),
    "decoder.trailers": (_trailers, lambda decoder: decoder.trailers),
}  # fmt: skip


def _collecting(
    make: Callable[[], Any], act: Callable[[Any], Any], also: Callable[[Any], Any]
) -> tuple[Any, list[Any]]:
    """Return what act() returns for a new object, and what also() returns whenever garbage is collected meanwhile."""
    seen: list[Any] = []
    owner = make()
    at_work = False

    def collected(phase: str, info: dict[str, int]) -> None:
        nonlocal at_work
        if phase == "stop" and not at_work:
            at_work = True
            seen.append(also(owner))
            at_work = False

    threshold = gc.get_threshold()
    held = [(each, each) for each in range(5000)]  # the interpreter reuses tuples, and then nothing is collected
    gc.callbacks.append(collected)
    gc.set_threshold(1)
    try:
        return act(owner), seen
    finally:
        gc.set_threshold(*threshold)
        gc.callbacks.remove(collected)
        held.clear()


@pytest.mark.parametrize("what", MADE_ONCE)
def test_garbage_is_collected_while_something_is_made_once(what: str) -> None:
    """The program's code that runs meanwhile, here or in another thread, gets the same object."""
    make, access = MADE_ONCE[what]
    found, seen = _collecting(make, access, access)
    assert all(each is found for each in seen)


def test_garbage_is_collected_while_a_policy_is_set() -> None:
    """A field that is added meanwhile stays."""

    def set_policy(message: Any) -> Any:
        message.policy = email.policy.HTTP
        return message

    message, added = _collecting(
        lambda: fasthdr.client.parse_headers(io.BytesIO(BLOCK)), set_policy, lambda message: message.set_raw("X", "1")
    )
    assert message.get_all("X", []) == ["1"] * len(added)
