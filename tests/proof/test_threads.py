# SPDX-License-Identifier: MIT
"""Threads that share one message, one head, one function, one server: each sees what it would see alone.

On a free-threaded build they run at the same time. An exception in a thread fails the test.
"""

from __future__ import annotations

import http.client
import importlib
import io
import pathlib
import re
import sys
import threading
import types
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import fasthdr
from fasthdr import client, server
from tests.integration.wire import serving
from tests.proof.calls import ABSOLUTE, BLOCK, CALLS, MANY, MULTIPART, REQUEST

ROOT = pathlib.Path(__file__).resolve().parents[2]
THREADS = 8
ROUNDS = 200


def together(work: Callable[[int, int], Any], rounds: int = ROUNDS) -> None:
    """Call work(thread, round) in every thread; in each round all threads start at the same moment."""
    barrier = threading.Barrier(THREADS)

    def thread(number: int) -> None:
        try:
            for turn in range(rounds):
                barrier.wait(60)
                work(number, turn)
        except BaseException:
            barrier.abort()
            raise

    with ThreadPoolExecutor(THREADS) as pool:
        done = [pool.submit(thread, number) for number in range(THREADS)]
    errors = [error for future in done if (error := future.exception()) is not None]
    for error in errors:
        if not isinstance(error, threading.BrokenBarrierError):
            raise error
    assert not errors


def test_one_head_is_first_read_by_all() -> None:
    """`headers` is made once, by whichever thread comes first."""
    heads = [fasthdr.parse_request(MANY) for _ in range(ROUNDS)]
    found: list[list[Any]] = [[] for _ in heads]

    def work(number: int, turn: int) -> None:
        head: Any = heads[turn]
        found[turn].append(head.headers)
        assert head.get("host") == "h"
        assert len(head.items()) == 41
        assert memoryview(head.table).shape == (41, 4)
        assert head.wsgi_environ()["HTTP_HOST"] == "h"

    together(work)
    for messages in found:
        assert len(messages) == THREADS
        assert all(message is messages[0] for message in messages)


def test_one_message_is_first_changed_by_all() -> None:
    """The list of pairs and the defects are made once, and no field that a thread adds is lost."""
    messages = [client.parse_headers(io.BytesIO(MULTIPART)) for _ in range(ROUNDS)]
    lists: list[list[Any]] = [[] for _ in messages]

    def work(number: int, turn: int) -> None:
        message = messages[turn]
        message.set_raw(f"X-{number}", "1")
        lists[turn].append((message._headers, message.defects, message.policy))
        assert message[f"x-{number}"] == "1"
        assert message.get_content_type() == "multipart/form-data"

    together(work)
    for message, seen in zip(messages, lists, strict=True):
        assert len(message) == 1 + THREADS
        assert all(pairs is seen[0][0] and defects is seen[0][1] for pairs, defects, _ in seen)


def test_policy_and_defects_set_by_all() -> None:
    messages = [client.parse_headers(io.BytesIO(BLOCK)) for _ in range(ROUNDS)]

    def work(number: int, turn: int) -> None:
        message = messages[turn]
        if number % 2:
            message.policy = message.policy.clone(max_line_length=number)
            message.defects = [number]
        assert message.items()[0] == ("Host", "example.org")
        assert message.get("host") == "example.org"

    together(work)


def test_every_call_at_the_same_time() -> None:
    """All public calls except those that change the process: each thread gets its own right answer."""
    names = [
        name
        for name in CALLS
        if not name.startswith(("install", "uninstall", "is_installed", "stats", "collect", "watch"))
    ]
    expected = {name: CALLS[name]() for name in names}

    def work(number: int, turn: int) -> None:
        for step in range(5):
            name = names[(turn * 5 + step * number) % len(names)]
            assert CALLS[name]() == expected[name]

    together(work)


def test_limits_changed_meanwhile() -> None:
    """A limit that a thread sets in http.client holds for that thread's next call."""
    limit = http.client._MAXHEADERS  # type: ignore[attr-defined]
    two = b"A: 1\r\nB: 2\r\n\r\n"

    def parse() -> int:
        try:
            return len(client.parse_headers(io.BytesIO(two)))
        except http.client.HTTPException:
            return 0

    def work(number: int, turn: int) -> None:
        for _ in range(8):
            if number == 0:
                http.client._MAXHEADERS = 1  # type: ignore[attr-defined]
                assert parse() == 0
                http.client._MAXHEADERS = 100  # type: ignore[attr-defined]
                assert parse() == 2
            else:
                assert parse() in (0, 2)

    try:
        together(work)
    finally:
        http.client._MAXHEADERS = limit  # type: ignore[attr-defined]


class Handler(server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = f"{self.path} {self.headers['x-id']} ".encode() + self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


class Strict(Handler):
    strict = True


needs_no_gil = pytest.mark.skipif(
    getattr(sys, "_is_gil_enabled", lambda: True)() or fasthdr.IMPLEMENTATION != "cython",
    reason="a reference is counted by all threads on a free-threaded build alone",
)
FOR_GOOD = 2**32 - 1  # sys.getrefcount() of an immortal object there


def test_each_module_of_the_core_makes_immortal_what_threads_share() -> None:
    """Its last statement does, whatever the interpreter: see share() of _core/runtime."""
    left_out = []
    for path in sorted((ROOT / "src/fasthdr/_core").glob("*.pyx")):
        text = path.read_text(encoding="utf-8")
        has_names = re.search(r"^(?:@.*\n)*(?:cdef class|class|cpdef|def) ", text, re.MULTILINE)
        statements = re.findall(r"^[^\s#)].*", text, re.MULTILINE)
        if has_names and not statements[-1].startswith("share(globals()"):
            left_out.append(path.name)
    assert left_out == []


@needs_no_gil
def test_no_reference_to_a_public_function_is_counted() -> None:
    """If it were, threads that call the function would take turns to write the count."""

    def ours(value: Any) -> bool:
        return str(value.__module__).startswith("fasthdr.")

    found: dict[str, Any] = {}
    for path in sorted((ROOT / "src/fasthdr/_core").glob("*.pyx")):
        module = importlib.import_module(f"fasthdr._core.{path.stem}")
        for name, value in vars(module).items():
            if isinstance(value, type) and value.__module__ in ("fasthdr.client", module.__name__):
                found |= {f"{name}.{each}": of for each, of in vars(value).items() if callable(of)}
            elif isinstance(value, (type(fasthdr.simd), types.BuiltinFunctionType)) and ours(value):
                found[name] = value
    expected = "parse_request parse_headers parse_many put_request field_line Head.get HeadReader.feed MessageTable.get"
    assert {*expected.split()} <= {*found}
    assert [name for name, value in found.items() if sys.getrefcount(value) < FOR_GOOD] == []


def _parts(found: Any, parts: dict[int, Any]) -> dict[int, Any]:
    """Return all objects in dicts, lists and tuples, by id."""
    parts[id(found)] = found
    for each in (
        [*found, *found.values()] if isinstance(found, dict) else found if isinstance(found, list | tuple) else ()
    ):
        _parts(each, parts)
    return parts


@needs_no_gil
@pytest.mark.parametrize("data", [REQUEST, MANY, ABSOLUTE], ids=["request", "many", "absolute"])
def test_no_reference_to_what_two_results_share_is_counted(data: bytes) -> None:
    def read(_: int) -> dict[int, Any]:
        head: Any = fasthdr.parse_request(bytes(bytearray(data)), strict=data is not REQUEST)
        seen = [head.method, head.version, head.items(), head.raw_headers, head.wsgi_environ(), head.asgi_scope()]
        return _parts([*seen, head.headers.items(), head.headers.keys()], {})

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(read, range(2))
    shared = [one[each] for each in one.keys() & other.keys()]
    assert "HTTP_HOST" in shared
    assert [each for each in shared if sys.getrefcount(each) < FOR_GOOD] == []


def test_one_server() -> None:
    for cls in (Handler, Strict):
        httpd = server.ThreadingHTTPServer(("127.0.0.1", 0), cls)
        with serving(httpd) as address:
            connections = [client.HTTPConnection(*address, timeout=60) for _ in range(THREADS)]

            def work(number: int, turn: int) -> None:
                connection = connections[number]
                name = f"{number}-{turn}"
                connection.request("POST", f"/{name}", name.encode(), {"X-Id": name})
                response = connection.getresponse()
                assert (response.status, response.read()) == (200, f"/{name} {name} {name}".encode())

            together(work, rounds=50)
            for connection in connections:
                connection.close()


def test_install_while_others_parse() -> None:
    """All threads enter and leave install() contexts; the last one to leave removes the patch."""

    def work(number: int, turn: int) -> None:
        with fasthdr.install():
            assert http.client.parse_headers(io.BytesIO(BLOCK))["host"] == "example.org"
        assert fasthdr.parse_request(REQUEST) is not None

    together(work, rounds=50)
    assert not fasthdr.is_installed()
