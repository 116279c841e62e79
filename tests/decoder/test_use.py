# SPDX-License-Identifier: MIT
"""How a decoder is used and misused: arguments, buffers, copies, objects without __init__(), memory."""

from __future__ import annotations

import array
import copy
import http.client
import pickle
import sys
import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from enum import IntEnum
from typing import Any

import pytest

import fasthdr
from fasthdr import _trailers
from tests.decoder.cases import ABC, END
from tests.decoder.ways import DECODERS

pytestmark = pytest.mark.parametrize("decoder", DECODERS)

LIMITS = ("max_body", "max_line", "max_headers", "max_head", "max_chunk_line", "max_extensions")
LEAST = {"max_body": 0, "max_extensions": 0}


def answered(decoder: Any, connection: list[bytes]) -> tuple[bytes, bytes, Any]:
    """Return the data, what follows the body, and the trailers, as in docs/strict.md."""
    received = connection.pop(0)
    head = fasthdr.parse_response(received, strict=True)
    body = decoder(head.framing, response=True)
    received = received[head.consumed :]
    data = b""
    while True:
        data += body.feed(received)
        if body.ended:
            break
        received = connection.pop(0) if connection else b""
        if not received:
            body.feed_eof()
            break
    assert body.ended
    return data, received[body.consumed :], body.trailers


def test_as_a_client_uses_it(decoder: Any) -> None:
    head = b"HTTP/1.1 200 OK\r\n"
    chunked = head + b"Transfer-Encoding: chunked\r\n\r\n3\r\nab"
    data, rest, trailers = answered(decoder, [chunked, b"c\r\n0\r\nX-Sum: 1\r", b"\n\r\nHTTP/1.1 200"])
    assert (data, rest, trailers["x-sum"]) == (b"abc", b"HTTP/1.1 200", "1")
    assert isinstance(trailers, http.client.HTTPMessage)
    with pytest.raises(fasthdr.ParseError, match="502 Incomplete body"):
        answered(decoder, [chunked])
    assert answered(decoder, [head + b"Content-Length: 3\r\n\r\n", b"ab", b"cHTTP"]) == (b"abc", b"HTTP", None)
    assert answered(decoder, [head + b"Content-Length: 0\r\n\r\nHTTP"]) == (b"", b"HTTP", None)
    assert answered(decoder, [head + b"\r\nab", b"c"]) == (b"abc", b"", None)
    assert answered(decoder, [head + b"\r\n"]) == (b"", b"", None)


def test_framings(decoder: Any) -> None:
    class Length(IntEnum):
        FIVE = 5

    class Text(str):
        __slots__ = ()

    assert decoder(Length.FIVE).data_left == 5
    assert decoder(2**63 - 1).data_left == 2**63 - 1
    assert decoder(0).ended
    assert decoder(None).data_left is None
    assert decoder(Text("chunked")).check(END) == 5
    for framing, error in (
        (-1, ValueError),
        (2**63, ValueError),
        (-(2**70), ValueError),
        (10**5000, ValueError),
        ("Chunked", ValueError),
        ("", ValueError),
        ("5", ValueError),
        (True, TypeError),
        (False, TypeError),
        (5.0, TypeError),
        (b"chunked", TypeError),
        (object(), TypeError),
    ):
        with pytest.raises(error, match="framing must be"):
            decoder(framing)
    for arguments in ((), ("chunked", False)):
        with pytest.raises(TypeError):
            decoder(*arguments)
    with pytest.raises(TypeError):
        decoder("chunked", nonsense=1)


@pytest.mark.parametrize("name", LIMITS)
def test_limits_are_ints_or_none(decoder: Any, name: str) -> None:
    least = LEAST.get(name, 1)
    for value in (least, 2**32, 2**64, 2**70, None):
        assert decoder("chunked", **{name: value}).data_left == 0
    for value in (least - 1, -(2**70)):
        with pytest.raises(ValueError, match=f"{name} must be {least} or more"):
            decoder("chunked", **{name: value})
    for value in ("1", 1.0, b"1"):
        with pytest.raises(TypeError, match=f"{name} must be int or None, not "):
            decoder("chunked", **{name: value})


def test_a_length_beyond_the_limit_is_refused_at_once(decoder: Any) -> None:
    with pytest.raises(fasthdr.ParseError) as caught:
        decoder(6, max_body=5)
    error = caught.value
    assert (error.status, error.reason, error.offset, error.rfc) == (413, "Content too large", 0, "9110 15.5.14")
    with pytest.raises(fasthdr.ParseError) as caught:
        decoder(6, max_body=5, response=True)
    assert caught.value.status == 502


def test_the_bytes_around_a_fault(decoder: Any) -> None:
    long = b"3;" + b"a" * 60 + b"?" + b"b" * 60
    for wire, near in ((b"3\r\nabc0", b"3\r\nabc0"), (long, b"a" * 20 + b"?" + b"b" * 19)):
        with pytest.raises(fasthdr.ParseError) as caught:
            decoder("chunked").feed(wire)
        assert caught.value.near == near
    in_two = decoder("chunked")
    in_two.feed(b"3\r\nabc\r")
    with pytest.raises(fasthdr.ParseError) as caught:
        in_two.feed(b"abc")
    assert (caught.value.offset, caught.value.near) == (6, b"abc")
    far = decoder("chunked", max_body=1)
    far.feed(b"3;" + b"a" * 60)
    with pytest.raises(fasthdr.ParseError) as caught:
        far.feed(b"\r\n")
    assert (caught.value.offset, caught.value.near) == (0, b"")


def test_trailers_are_made_once(decoder: Any) -> None:
    body = decoder("chunked")
    body.feed(END)
    assert body.trailers is body.trailers
    assert body.trailers.items() == []


def test_buffers(decoder: Any) -> None:
    for data in (ABC + END, bytearray(ABC + END), memoryview(ABC + END), array.array("b", ABC + END)):
        body = decoder("chunked")
        assert (body.feed(data), body.ended) == (b"abc", True)
    assert decoder(12).feed(memoryview(array.array("i", [1, 2, 3]))) == array.array("i", [1, 2, 3]).tobytes()
    assert decoder(6).feed(memoryview(b"abcdef").cast("B", (2, 3))) == b"abcdef"
    assert decoder(6).feed(memoryview(b"").cast("B")) == b""
    body = decoder("chunked")
    for data, error in (("3", TypeError), (3, TypeError), (None, TypeError), ([3], TypeError)):
        with pytest.raises(error):
            body.feed(data)
        with pytest.raises(error):
            body.check(data)
    with pytest.raises(BufferError):
        body.feed(memoryview(b"3\r\nabc\r\n")[::2])
    with pytest.raises(TypeError):
        body.feed()
    with pytest.raises(TypeError):
        body.feed(data=b"3")
    assert (body.wire, body.feed(ABC)) == (0, b"abc")


def test_no_export_is_left(decoder: Any) -> None:
    for wire in (ABC, b"3\r\nab", b"x"):
        data = bytearray(wire)
        for way in ("feed", "check"):
            try:
                getattr(decoder("chunked"), way)(data)
            except fasthdr.ParseError as error:
                kept = error
        data += b"can be changed"
    assert kept.__traceback__ is not None  # its traceback holds no view of the data


def test_data_is_the_program_s(decoder: Any) -> None:
    """What feed() returns does not change with the buffer that it was read from."""
    data = bytearray(b"3\r\nabc\r\n2\r\nde\r\n")
    for size in (6, len(data)):
        body = decoder("chunked")
        got = body.feed(memoryview(data)[:size])
        data[:] = b"x" * len(data)
        assert got == b"abcde"[: len(got)]
        data[:] = b"3\r\nabc\r\n2\r\nde\r\n"


def test_skip(decoder: Any) -> None:
    sized = decoder(5)
    for n, error in (
        (-1, ValueError),
        (-(2**70), ValueError),
        (6, ValueError),
        (2**70, ValueError),
        (1.0, TypeError),
        ("1", TypeError),
    ):
        with pytest.raises(error):
            sized.skip(n)
    assert (sized.data_left, sized.wire) == (5, 0)
    sized.skip(0)
    sized.skip(3)
    assert (sized.data_left, sized.received, sized.wire, sized.ended) == (2, 3, 3, False)
    sized.skip(2)
    assert (sized.data_left, sized.received, sized.wire, sized.ended) == (0, 5, 5, True)
    sized.skip(0)
    with pytest.raises(ValueError, match="must not be more than data_left"):
        sized.skip(1)

    chunked = decoder("chunked")
    with pytest.raises(ValueError, match="must not be more than data_left"):
        chunked.skip(1)
    assert chunked.feed(b"7fffffffffffffff\r\n") == b""
    assert chunked.data_left == 2**63 - 1
    chunked.skip(2**63 - 1)
    assert (chunked.data_left, chunked.received, chunked.wire) == (0, 2**63 - 1, 2**63 + 17)
    assert chunked.feed(b"\r\n0;a=b\r\nA: 1\r\n\r\n") == b""
    assert (chunked.ended, chunked.wire, chunked.trailers.items()) == (True, 2**63 + 34, [("A", "1")])

    beyond = decoder("chunked")
    beyond.feed(b"7fffffffffffffff\r\n")
    beyond.skip(2**63 - 1)
    with pytest.raises(fasthdr.ParseError) as caught:
        beyond.feed(b"\r\n1\r\n")
    assert (caught.value.reason, caught.value.offset) == ("Content too large", 2**63 + 19)

    until_close = decoder(None)
    until_close.skip(2**62)
    assert (until_close.data_left, until_close.received) == (None, 2**62)
    until_close.skip(0)
    with pytest.raises(fasthdr.ParseError) as caught:
        until_close.skip(2**63)
    assert (caught.value.status, caught.value.offset) == (413, 2**63 - 1)
    with pytest.raises(fasthdr.ParseError) as again:
        until_close.skip(0)
    assert again.value is caught.value
    limited = decoder(None, max_body=5)
    limited.skip(5)
    with pytest.raises(fasthdr.ParseError):
        limited.skip(1)
    closed = decoder(None)
    closed.feed_eof()
    assert (closed.ended, closed.data_left) == (True, 0)
    with pytest.raises(ValueError, match="must not be more than data_left"):
        closed.skip(1)


def test_nothing_can_be_set(decoder: Any) -> None:
    body = decoder("chunked")
    for name in ("consumed", "ended", "data_left", "received", "wire", "trailers"):
        with pytest.raises(AttributeError):
            setattr(body, name, 1)


def test_not_initialized(decoder: Any) -> None:
    bare = decoder.__new__(decoder)
    for call in (
        lambda: bare.feed(b"x"),
        lambda: bare.feed(bytearray()),
        lambda: bare.check(b""),
        lambda: bare.skip(0),
        bare.feed_eof,
    ):
        with pytest.raises(ValueError, match="not been initialized"):
            call()
    assert (bare.consumed, bare.ended, bare.data_left, bare.received, bare.wire, bare.trailers) == (
        0,
        False,
        0,
        0,
        0,
        None,
    )
    bare.__init__("chunked")
    assert bare.feed(ABC + END) == b"abc"


def test_initialized_again(decoder: Any) -> None:
    """A decoder serves one body. A first __init__() that fails does not count."""
    body = decoder.__new__(decoder)
    with pytest.raises(ValueError, match="framing"):
        body.__init__(-1)
    with pytest.raises(fasthdr.ParseError):
        body.__init__(9, max_body=8)
    body.__init__("chunked", response=True)
    body.feed(ABC)
    for framing in ("chunked", 3, None):
        with pytest.raises(ValueError, match="the decoder has been initialized before"):
            body.__init__(framing)
    body.feed(b"0\r\nA: 1\r\n\r\n")
    assert (body.ended, body.wire, body.trailers.items()) == (True, len(ABC) + 11, [("A", "1")])
    with pytest.raises(ValueError, match="initialized before"):
        body.__init__("chunked")
    assert (body.ended, body.wire, body.trailers.items()) == (True, len(ABC) + 11, [("A", "1")])


def test_initialized_again_after_an_error(decoder: Any) -> None:
    body = decoder("chunked", response=True)
    for _ in range(2):
        with pytest.raises(fasthdr.ParseError, match="502"):
            body.feed(b"x")
        with pytest.raises(ValueError, match="initialized before"):
            body.__init__(3)


def test_no_copy_and_no_pickle(decoder: Any) -> None:
    class Own(decoder):  # type: ignore[misc]
        pass

    for body in (decoder("chunked"), decoder.__new__(decoder), Own("chunked")):
        for make in (
            copy.copy,
            copy.deepcopy,
            pickle.dumps,
            lambda body: pickle.dumps(body, 0),
            lambda body: body.__reduce_ex__(1),
        ):
            with pytest.raises(TypeError, match="cannot copy or pickle"):
                make(body)


def test_subclass(decoder: Any) -> None:
    class Own(decoder):  # type: ignore[misc]
        def __init__(self, framing: Any, note: str) -> None:
            super().__init__(framing)
            self.note = note

    body = Own(3, "kept")
    assert (body.feed(b"abc"), body.note, body.ended) == (b"abc", "kept", True)


def test_the_error_does_not_grow(decoder: Any) -> None:
    body = decoder("chunked")
    lengths = set()
    for _ in range(5):
        with pytest.raises(fasthdr.ParseError) as caught:
            body.feed(b"x")
        at, length = caught.value.__traceback__, 0
        while at is not None:
            at, length = at.tb_next, length + 1
        lengths.add(length)
        assert caught.value.__context__ is None
    assert len(lengths) <= 2


@pytest.mark.parametrize("wire", [b"7fffffffffffffff\r\nabc", b"40000000\r\nabc", b"0\r\nA: b"])
def test_what_a_client_makes_up_takes_no_memory(decoder: Any, wire: bytes) -> None:
    bodies = [decoder("chunked") for _ in range(10)] + [decoder(2**63 - 1) for _ in range(10)]
    tracemalloc.start()
    try:
        for body in bodies:
            body.feed(wire)
        assert tracemalloc.get_traced_memory()[1] < 50_000
    finally:
        tracemalloc.stop()


def test_one_piece_of_data_is_not_copied(decoder: Any) -> None:
    data = b"x" * 1000
    for body in (decoder(None), decoder(1000), decoder(5000)):
        got = body.feed(data)
        assert got == data
        if decoder is not DECODERS[0].values[0]:
            assert got is data
    assert decoder(999).feed(data) == data[:999]


def test_memory_of_many_chunks(decoder: Any) -> None:
    """The data of all chunks is one object, no larger than the data needs."""
    wire = b"1\r\nx\r\n" * 10_000
    body = decoder("chunked")
    got = body.feed(wire)
    assert got == b"x" * 10_000
    assert sys.getsizeof(got) <= sys.getsizeof(b"") + 10_000


def test_threads_that_share_one(decoder: Any) -> None:
    """Each byte is counted once, whichever thread feeds it."""
    sized, chunked, failing = decoder(8 * 2000 * 3), decoder("chunked"), decoder("chunked")
    chunked.feed(b"ffff\r\n")
    barrier = threading.Barrier(8)

    def work(number: int) -> int:
        barrier.wait(60)
        got = 0
        for _ in range(1000):
            got += len(sized.feed(b"abc")) + sized.check(bytearray(b"abc"))
            chunked.skip(2)
            chunked.feed(b"abc")
            assert not chunked.ended
            with pytest.raises(fasthdr.ParseError):
                failing.feed(b"x")
            sized.data_left, sized.consumed, failing.trailers
        return got

    with ThreadPoolExecutor(8) as pool:
        counts = [done.result() for done in [pool.submit(work, number) for number in range(8)]]
    assert sum(counts) == sized.wire == sized.received == 8 * 2000 * 3
    assert sized.ended
    assert (chunked.wire, chunked.received) == (6 + 8 * 1000 * 5, 8 * 1000 * 5)


def test_a_call_within_a_call_is_refused(decoder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A signal handler, or another thread, may run while a trailer field is looked up."""
    body = decoder("chunked")
    body.feed(b"0\r\nA")
    verdict = _trailers.verdict
    calls = []

    def calling(name: str) -> int:
        for call in (lambda: body.feed(b"a" * 9000), lambda: body.check(b""), lambda: body.skip(0), body.feed_eof):
            with pytest.raises(ValueError, match=r"another call of feed\(\) or check\(\) is running"):
                call()
        with pytest.raises(ValueError, match="initialized before"):
            body.__init__(3)
        calls.append(name)
        return verdict(name)

    monkeypatch.setattr(_trailers, "verdict", calling)
    assert body.feed(b": 1\r\nB: 2\r\n\r\nrest") == b""
    assert calls == ["A", "B"]
    assert (body.ended, body.consumed) == (True, 13)
    assert body.trailers.items() == [("A", "1"), ("B", "2")]


def test_input_that_changes_meanwhile(decoder: Any) -> None:
    """Any verdict may come, but the counts agree with each other."""
    wire = b"".join(b"%x;a=b\r\n%s\r\n" % (n, b"x" * n) for n in range(1, 60)) + b"0\r\nA: b\r\nHost-: c\r\n\r\n"
    shared = bytearray(wire)
    over = threading.Event()

    def change() -> None:
        turn = 0
        while not over.is_set():
            turn = (turn * 1103515245 + 12345) & 0x7FFFFFFF
            at = turn % len(shared)
            shared[at] = b"\r\n0f;= :A"[turn >> 16 & 7]
            shared[at] = wire[at]

    thread = threading.Thread(target=change)
    thread.start()
    try:
        for _ in range(300):
            body = decoder("chunked")
            try:
                got = body.feed(shared)
                assert len(got) == body.received <= body.consumed == body.wire <= len(shared)
            except fasthdr.ParseError as error:
                assert 0 <= error.offset <= len(shared)
    finally:
        over.set()
        thread.join()


def test_fields_that_may_not_stand_in_trailers(decoder: Any) -> None:
    for name in ("Content-Length", "TRANSFER-ENCODING", "host"):
        assert _trailers.verdict(name) == _trailers.REFUSE
        with pytest.raises(fasthdr.ParseError, match="Forbidden trailer field"):
            decoder("chunked").feed(b"0\r\n%s: 1\r\n\r\n" % name.encode())
    for name in (
        "Authorization", "Proxy-Authorization", "WWW-Authenticate", "Cookie", "Set-Cookie", "Content-Type",
        "Content-Encoding", "Content-Range", "Connection", "Keep-Alive", "TE", "Trailer", "Upgrade", "If-Match",
        "If-None-Match", "If-Range", "Range", "Expect", "Max-Forwards", "Cache-Control", "Pragma", "Age", "Date",
        "Expires", "Location", "Vary",
        "Retry-After", "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "Via", "Proxy", "X-Real-IP", "Accept",
        "Accept-Encoding", "Origin", "Sec-WebSocket-Key", "Access-Control-Allow-Origin", "Content_Length", "X_Sum", "_",
        "X-HTTP-Method-Override", "X-Original-URL",
    ):  # fmt: skip
        assert _trailers.verdict(name) == _trailers.verdict(name.upper()) == _trailers.DROP
        body = decoder("chunked")
        body.feed(b"0\r\nA: 1\r\n%s: 1\r\nB: 2\r\n\r\n" % name.encode())
        assert body.trailers.items() == [("A", "1"), ("B", "2")], name
    for name in (
        "X-Sum",
        "ETag",
        "Digest",
        "Content-Digest",
        "Repr-Digest",
        "Server-Timing",
        "grpc-status",
        "Hosts",
        "Dates",
    ):
        assert _trailers.verdict(name) == _trailers.KEEP


def test_a_call_that_fails_within_the_trailers_takes_nothing(decoder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that is dropped makes room for the next one, which replaced what an earlier call had taken of it."""
    if decoder.__module__.startswith("fasthdr._pure"):
        pytest.skip("code written in Python does not survive failed allocations")
    verdict = _trailers.verdict

    def fail(line: str) -> Any:
        if line.startswith("A-Later"):
            raise MemoryError
        return verdict(line)

    body = decoder("chunked")
    assert body.feed(b"0\r\nCookie: a lo") == b""
    rest = b"ng one\r\nA-Later: line\r\n"
    monkeypatch.setattr(_trailers, "verdict", fail)
    for _ in range(2):
        with pytest.raises(MemoryError):
            body.feed(rest)
    monkeypatch.undo()
    assert body.feed(rest + b"\r\n") == b""
    assert body.trailers.items() == [("A-Later", "line")]
