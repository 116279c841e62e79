# SPDX-License-Identifier: MIT
"""Hosts with their own addresses on this machine: network namespaces of Linux, joined by virtual Ethernet.

A namespace has no name and is mounted nowhere, so it is gone once this process and those inside it have ended.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import select
import shutil
import socket
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator

_CLONE_NEWNET = 0x40000000  # linux/sched.h
_OURS = "/proc/thread-self/ns/net"


def _call(name: str, *arguments: int) -> None:
    """Call a function of the C library that Python offers only from 3.12 on, as os.unshare() and os.setns()."""
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments):
        number = ctypes.get_errno()
        raise OSError(number, f"{name}(): {os.strerror(number)}")


def _ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, timeout=20)
    if done.returncode:
        raise OSError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")


class Host:
    """A network namespace: loopback, and the links that join() adds."""

    def __init__(self) -> None:
        self._links: list[str] = []
        before = os.open(_OURS, os.O_RDONLY)
        try:
            _call("unshare", _CLONE_NEWNET)
            self._file = os.open(_OURS, os.O_RDONLY)
            try:
                _ip("link", "set", "lo", "up")
            finally:
                _call("setns", before, _CLONE_NEWNET)
        finally:
            os.close(before)

    @contextlib.contextmanager
    def inside(self) -> Iterator[None]:
        """Put this thread on the host, with the sockets, threads and processes that it creates."""
        before = os.open(_OURS, os.O_RDONLY)
        _call("setns", self._file, _CLONE_NEWNET)
        try:
            yield
        finally:
            _call("setns", before, _CLONE_NEWNET)
            os.close(before)

    def join(self, other: Host, ours: str, theirs: str) -> None:
        """Lay a cable to another host; each side can reach the other's address and nothing beyond it."""
        name, peer = f"to{len(self._links)}", f"to{len(other._links)}"
        with self.inside():
            namespace = f"/proc/{os.getpid()}/fd/{other._file}"
            _ip("link", "add", name, "type", "veth", "peer", "name", peer, "netns", namespace)
        for host, link, addresses in ((self, name, (ours, theirs)), (other, peer, (theirs, ours))):
            with host.inside():
                _ip("address", "add", addresses[0], "peer", addresses[1], "dev", link)
                _ip("link", "set", link, "up")
            host._links.append(link)

    @contextlib.contextmanager
    def without_cables(self) -> Iterator[None]:
        """Lose every packet to and from this host, without telling anyone."""
        self._set("down")
        try:
            yield
        finally:
            self._set("up")

    def _set(self, state: str) -> None:
        with self.inside():
            for link in self._links:
                _ip("link", "set", link, state)

    def close(self) -> None:
        os.close(self._file)


@functools.cache
def not_here() -> str | None:
    """Return why hosts are not possible on this machine, or None if they are."""
    if not sys.platform.startswith("linux"):
        return "network namespaces are Linux's"
    if shutil.which("ip") is None:
        return "ip is not installed (Debian and Ubuntu: apt-get install iproute2)"
    with contextlib.ExitStack() as stack:
        try:
            one, other = (stack.enter_context(contextlib.closing(Host())) for _ in range(2))
            one.join(other, "192.0.2.1", "192.0.2.2")
        except OSError as error:
            return f"no network namespaces for this user here: {error}"
    return None


class Taps:
    """Ports that pass connections on to other ports of the same host, and keep what the clients have sent."""

    def __init__(self) -> None:
        self.sent: list[bytearray] = []  # one for each connection
        self._open = contextlib.ExitStack()

    def open(self, port: int, to: int) -> None:
        """Open a port on the host that this thread is on."""
        sent = self.sent

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                kept = bytearray()
                sent.append(kept)
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", to), 20) as server:
                    _pass_on(self.request, server, kept)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = daemon_threads = True
            request_queue_size = 128

        server = self._open.enter_context(Server(("", port), Handler))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        self._open.callback(thread.join)
        self._open.callback(server.shutdown)

    def close(self) -> None:
        self._open.close()


def _pass_on(client: socket.socket, server: socket.socket, kept: bytearray) -> None:
    """Pass data on in both directions, until the server has ended its side."""
    other = {client: server, server: client}
    reading = [client, server]
    while server in reading:
        for source in select.select(reading, [], [])[0]:
            data = source.recv(65536)
            if source is client:
                kept += data
            if data:
                other[source].sendall(data)
            else:
                other[source].shutdown(socket.SHUT_WR)
                reading.remove(source)
