# SPDX-License-Identifier: MIT
"""References, blocks and threads: nothing leaks, and nothing is used after it has been freed."""

from __future__ import annotations

import copy
import gc
import io
import pickle
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import fasthdr
from fasthdr import client, server
from tests.differential import observe
from tests.differential.cases import BLOCKS

LOOPS = 100_000
REQUEST = b"GET /a?b HTTP/1.1\r\nHost: example.org\r\nX-Own: \xe9\r\nAccept: */*\r\n\r\n"


def bytes_to_head() -> None:
    head = fasthdr.parse_request(REQUEST)
    head.method, head.target, head.version, head.headers["host"], head.raw_headers, memoryview(head.table)


def incomplete() -> None:
    assert fasthdr.parse_request(REQUEST[:-1]) is None


def refused() -> None:
    try:
        fasthdr.parse_request(b"GET / HTTP/x\r\n\r\n")
    except fasthdr.ParseError:
        return
    raise AssertionError


def many_fields() -> None:
    fasthdr.parse_headers(b"A: 1\r\n" * 200 + b"\r\n", max_headers=300).headers.items()


def from_a_file() -> None:
    message = client.parse_headers(io.BytesIO(REQUEST.partition(b"\n")[2]))
    message.get("host"), message.items(), message.keys(), message.values(), message.get_all("x-own"), len(message)


def changed() -> None:
    message = client.parse_headers(io.BytesIO(BLOCKS["browser"]))
    message["X"] = "1"
    del message["host"]
    copy.copy(message), message.defects


def left_to_the_stdlib() -> None:
    client.parse_headers(io.BytesIO(BLOCKS["no colon"]))


def multipart() -> None:
    client.parse_headers(io.BytesIO(BLOCKS["multipart/form-data"]))


def exact() -> None:
    client.parse_headers(io.BytesIO(BLOCKS["curl"]), client.HTTPMessage.__mro__[2])


class Handler(observe.Recording, server.BaseHTTPRequestHandler):
    pass


def handler() -> None:
    made = Handler(io.BufferedReader(io.BytesIO(REQUEST)))
    made.raw_requestline = made.rfile.readline(65537)
    assert made.parse_request()


def response() -> None:
    fasthdr.parse_response(b"HTTP/1.1 200 OK\r\nA: 1\r\n\r\n").reason


STRICT = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: x, close\r\nContent-Length: 5\r\n\r\nhello"


def strict() -> None:
    head = fasthdr.parse_request(STRICT, strict=True)
    assert (head.framing, head.keep_alive, len(head.headers)) == (5, False, 3)
    fasthdr.parse_request(bytearray(STRICT), strict=True).wsgi_environ()
    assert fasthdr.parse_request(STRICT[:40], strict=True) is None


def strict_many_fields() -> None:
    block = b"Name: value\r\n" * 200 + b"\r\n"
    assert len(fasthdr.parse_headers(block, strict=True, max_headers=200).items()) == 200
    assert len(fasthdr.parse_response(b"HTTP/1.1 200 OK\r\n" + block, strict=True, max_headers=200).headers) == 200


def strict_refused() -> None:
    for data in (STRICT.replace(b"Host", b"Ho st"), STRICT.replace(b"5", b"x"), bytearray(STRICT.replace(b"\r", b""))):
        with pytest.raises(fasthdr.ParseError):
            fasthdr.parse_request(data, strict=True)
        with pytest.raises(fasthdr.ParseError):
            fasthdr.parse_headers(b"Name: value\r\n" * 200 + data, strict=True, max_headers=200)


CALLS = [
    bytes_to_head,
    incomplete,
    refused,
    many_fields,
    from_a_file,
    changed,
    left_to_the_stdlib,
    multipart,
    exact,
    handler,
    response,
    strict,
    strict_many_fields,
    strict_refused,
]


@pytest.mark.long
@pytest.mark.parametrize("call", CALLS)
def test_no_block_is_lost(call: Any) -> None:
    """The number of allocated blocks does not grow with the number of calls."""
    loops = LOOPS if call in (bytes_to_head, from_a_file, incomplete) else 1500
    for _ in range(100):
        call()
    gc.collect()
    before = sys.getallocatedblocks()
    for _ in range(loops):
        call()
    gc.collect()
    assert sys.getallocatedblocks() - before < 300


def test_references_of_the_arguments() -> None:
    data = bytes(bytearray(REQUEST))
    before = sys.getrefcount(data)
    heads = [fasthdr.parse_request(data) for _ in range(100)]
    assert sys.getrefcount(data) >= before
    del heads
    for _ in range(1000):
        fasthdr.parse_request(data)
        with pytest.raises(TypeError):
            fasthdr.parse_request(data, nonsense=1)
    assert sys.getrefcount(data) == before
    source = bytearray(REQUEST)
    for _ in range(100):
        fasthdr.parse_request(source)
        observe.outcome(lambda: fasthdr.parse_request(source, max_line=5))
    source.extend(b"no export is left")


def test_cycles_are_collected() -> None:
    class Marker:
        gone = 0

        def __del__(self) -> None:
            Marker.gone += 1

    for touch in (False, True):
        message = client.parse_headers(io.BytesIO(BLOCKS["curl"]))
        message.self, message.marker = message, Marker()
        if touch:
            message._headers.append(("X", message))
            message.defects.append(message)
    del message
    gc.collect()
    assert Marker.gone == 2


def test_threads_sharing_everything() -> None:
    """Threads read one message, change their own messages and parse; each sees what a single thread would see."""
    shared = client.parse_headers(io.BytesIO(BLOCKS["browser"]))
    expected = observe.message(client.parse_headers(io.BytesIO(BLOCKS["browser"])))
    head = fasthdr.parse_request(b"GET / HTTP/1.1\r\n" + BLOCKS["browser"])
    barrier = threading.Barrier(8)

    def work(number: int) -> None:
        barrier.wait()
        for turn in range(300):
            assert shared.get("host") == "example.org"
            assert shared.items() == expected["items"]
            if turn == 150 + number:
                shared._headers, shared.defects, shared.policy
            own = client.parse_headers(io.BytesIO(BLOCKS["browser"]))
            own["X"] = str(number)
            assert own.items()[:-1] == expected["items"]
            assert head.headers is head.headers
            assert head.raw_headers[0] == (b"Host", b"example.org")
            assert pickle.loads(pickle.dumps(shared)).items() == expected["items"]

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(work, number) for number in range(8)]:
            done.result()
    assert observe.message(shared) == expected


def test_threads_changing_one_message() -> None:
    """The message has no lock, but it leaks no memory and never crashes, and no append is lost."""
    shared = client.parse_headers(io.BytesIO(BLOCKS["curl"]))
    count = len(shared)
    barrier = threading.Barrier(4)

    def work(number: int) -> None:
        barrier.wait()
        for turn in range(500):
            shared.set_raw(f"X-{number}", str(turn))
            shared.get("host"), len(shared), shared.keys()

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(work, number) for number in range(4)]:
            done.result()
    assert len(shared) == count + 2000


def test_the_gil_stays_off() -> None:
    enabled = getattr(sys, "_is_gil_enabled", None)
    if enabled is None or "free-threading" not in sys.version:
        pytest.skip("not a free-threaded build")
    assert not enabled(), "importing the extension has enabled the GIL"
