# SPDX-License-Identifier: MIT
"""receive_within() and send_now(), with which strict and framed handlers use plain sockets, beside the socket's own."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import socket
import struct
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import pytest

import fasthdr
from fasthdr._pure import sockets as _pure
from tests.handlers.kinds import ALL, FRAMED, Client, Log, Server, answer, served, wait_for
from tests.integration.wire import TIMEOUT, serving

IMPLEMENTATIONS = [pytest.param(_pure, id="python")]
if fasthdr.IMPLEMENTATION == "cython":
    from fasthdr._core import handler as _core

    IMPLEMENTATIONS.append(pytest.param(_core, id="cython"))

pytestmark = pytest.mark.skipif(os.name != "posix", reason="they are not used there")
each = pytest.mark.parametrize("api", IMPLEMENTATIONS)

POST = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n"


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Return two ends of a TCP connection, ours with a timeout, as it has one in a strict handler."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        theirs = socket.create_connection(listener.getsockname(), TIMEOUT)
        ours, _ = listener.accept()
    with ours, theirs:
        ours.settimeout(TIMEOUT)
        yield ours, theirs


@each
def test_receive(api: ModuleType, pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    theirs.sendall(b"one two")
    assert api.receive_within(ours.fileno(), 3, TIMEOUT) == b"one"
    assert api.receive_within(ours.fileno(), 1 << 20, TIMEOUT) == b" two"
    theirs.sendall(bytes(50_000))
    size = 0
    while size < 50_000:
        size += len(api.receive_within(ours.fileno(), 10_000, TIMEOUT))
    theirs.shutdown(socket.SHUT_WR)
    assert api.receive_within(ours.fileno(), 10, TIMEOUT) == b""


@each
def test_receive_waits_without_the_gil(api: ModuleType, pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    timer = threading.Timer(0.05, theirs.sendall, [b"late"])
    timer.start()
    assert api.receive_within(ours.fileno(), 10, TIMEOUT) == b"late"
    timer.join()


@each
@pytest.mark.parametrize("seconds", [0.0001, 0.02])
def test_nothing_comes(api: ModuleType, pair: tuple[socket.socket, socket.socket], seconds: float) -> None:
    ours, _ = pair
    began = time.monotonic()
    with pytest.raises(TimeoutError) as ours_raised:
        api.receive_within(ours.fileno(), 10, seconds)
    assert time.monotonic() - began >= seconds
    ours.settimeout(seconds)
    with pytest.raises(TimeoutError) as theirs_raised:
        ours.recv(10)
    assert (type(ours_raised.value), ours_raised.value.args) == (type(theirs_raised.value), theirs_raised.value.args)


@each
def test_the_time_is_over_already(api: ModuleType, pair: tuple[socket.socket, socket.socket]) -> None:
    """poll() would wait forever if it were given what is left."""
    ours, theirs = pair
    with pytest.raises(TimeoutError):
        api.receive_within(ours.fileno(), 10, -1.0)
    theirs.sendall(b"x")
    assert api.receive_within(ours.fileno(), 10, TIMEOUT) == b"x"


@each
def test_another_reader_is_faster(api: ModuleType, pair: tuple[socket.socket, socket.socket]) -> None:
    """Of two threads that wait, one gets what comes; the other waits on, for no longer than it was given."""
    ours, theirs = pair

    def receive() -> object:
        ready.wait()
        try:
            return api.receive_within(ours.fileno(), 10, 0.2)
        except TimeoutError as error:
            return type(error)

    for _ in range(20):
        ready = threading.Barrier(3)
        with ThreadPoolExecutor(2) as pool:
            calls = [pool.submit(receive) for _ in range(2)]
            ready.wait()
            time.sleep(0.05)  # by then both wait, unless the machine is slow
            theirs.sendall(b"x")
        found = [call.result() for call in calls]
        if found != [TimeoutError, TimeoutError]:
            break
        assert ours.recv(10) == b"x"  # this machine was too slow for the 0.2 s: once more
    assert sorted(found, key=str) == [TimeoutError, b"x"]


@each
def test_errors_are_those_of_the_socket(api: ModuleType, pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    theirs.close()  # resets the connection
    with pytest.raises(ConnectionResetError):
        api.receive_within(ours.fileno(), 10, TIMEOUT)
    with pytest.raises(BrokenPipeError):
        api.send_now(ours.fileno(), b"x")
    ours.close()
    for call in lambda: api.receive_within(ours.fileno(), 10, TIMEOUT), lambda: api.send_now(ours.fileno(), b"x"):
        with pytest.raises(OSError, match="Bad file descriptor") as raised:
            call()
        assert raised.value.errno == errno.EBADF


@each
def test_send(api: ModuleType, pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    assert api.send_now(ours.fileno(), b"") == 0
    for data in b"x", bytes(range(256)) * 10, bytes(range(256)) * 100:
        assert api.send_now(ours.fileno(), data) == len(data)
        assert theirs.recv(len(data), socket.MSG_WAITALL) == data


@each
@pytest.mark.parametrize("size", [1000, 100_000])  # sent with the GIL, and without it
def test_the_client_does_not_read(api: ModuleType, size: int) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(TIMEOUT)
        data = os.urandom(size)
        sent = b""
        while taken := api.send_now(ours.fileno(), data):
            sent += data[:taken]
        received = b""
        while len(received) < len(sent):
            received += theirs.recv(1 << 20)
        assert received == sent


@pytest.mark.skipif(fasthdr.IMPLEMENTATION != "cython", reason="os.write() waits")
def test_a_blocking_socket_does_not_wait() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for data in bytes(100_000), b"x":
            while _core.send_now(ours.fileno(), data):
                pass


@contextlib.contextmanager
def _alarm(handler: Any) -> Iterator[None]:
    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.02)
    try:
        yield
    finally:
        signal.signal(signal.SIGALRM, before)


@each
def test_signals(api: ModuleType, pair: tuple[socket.socket, socket.socket]) -> None:
    """The handler of a signal runs, and the wait goes on, or ends with what it raises (PEP 475)."""
    ours, theirs = pair
    with _alarm(lambda *_: theirs.sendall(b"by the handler")):
        assert api.receive_within(ours.fileno(), 100, TIMEOUT) == b"by the handler"
    calls = []
    with _alarm(lambda *_: calls.append(1)), pytest.raises(TimeoutError):
        api.receive_within(ours.fileno(), 100, 0.1)
    assert calls == [1]

    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    with _alarm(stop), pytest.raises(KeyboardInterrupt):
        api.receive_within(ours.fileno(), 100, TIMEOUT)


@each
def test_wrong_arguments(api: ModuleType, pair: tuple[socket.socket, socket.socket]) -> None:
    ours, _ = pair
    with pytest.raises(TypeError):
        api.send_now(ours.fileno(), "text")
    with pytest.raises(TypeError):
        api.receive_within(None, 10, 1.0)


@pytest.mark.parametrize("way", FRAMED.values(), ids=FRAMED)
@pytest.mark.parametrize(("seconds", "error"), [(0, BlockingIOError), (0.02, TimeoutError)])
def test_a_timeout_that_the_program_sets(way: Any, seconds: float, error: type[OSError]) -> None:
    """It holds for the next read of a handler that has no deadlines."""
    raised: list[BaseException] = []

    def do_POST(self: Any) -> None:
        self.connection.settimeout(seconds)
        try:
            self.rfile.read(4)
        except OSError as found:
            raised.append(found)
        answer(self, b"")

    with served(way, do_POST=do_POST, timeout=TIMEOUT) as server, Client(server) as client:
        client.send(POST)
        wait_for(lambda: raised)
    assert isinstance(raised[0], error)


class Counting(socket.socket):
    """A program's own class, whose methods must be called."""

    calls: list[str]

    def recv(self, *args: Any) -> bytes:
        self.calls.append("recv")
        return super().recv(*args)

    def sendall(self, *args: Any) -> None:
        self.calls.append("sendall")
        super().sendall(*args)


class OwnSockets(Server):
    def get_request(self) -> Any:
        sock, address = super().get_request()
        made = Counting(sock.family, sock.type, sock.proto, sock.detach())
        made.calls = self.calls = []
        return made, address


@pytest.mark.parametrize("way", ALL.values(), ids=ALL)
def test_methods_of_a_program_are_called(way: Any) -> None:
    def do_POST(self: Any) -> None:
        answer(self, self.rfile.read(4))

    attributes = {"protocol_version": "HTTP/1.1", "do_POST": do_POST, **Log().attributes()}
    with way(attributes) as handler, OwnSockets(handler) as server, serving(server), Client(server) as client:
        client.send(POST + b"body")
        assert client.response() == (200, b"body")
        assert set(server.calls) == {"recv", "sendall"}
