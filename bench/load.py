# SPDX-License-Identifier: MIT
"""A server under the load of wrk, as a case of a comparison."""

from __future__ import annotations

import socket
from typing import Any

import fasthdr
from bench import processes
from bench.payloads import PICOHTTPPARSER, Payload

SECONDS = 1  # of each run of wrk
FORM = b"name=value&" * 93 + b"\n"  # the 1 KB that a POST brings


def request_of(method: str, target: str, persistence: str) -> bytes:
    """The request with 9 fields, with this method, target and Connection option."""
    fields = [(name, value) for name, value in PICOHTTPPARSER.fields if name != "Connection"]
    fields.append(("Connection", persistence))
    content = FORM if method == "POST" else b""
    if content:
        fields += [("Content-Type", "application/x-www-form-urlencoded"), ("Content-Length", str(len(content)))]
    return Payload("", (method, target, "HTTP/1.1"), tuple(fields)).data + content


def response_on(connection: socket.socket) -> tuple[Any, bytes]:
    """The head, and as much content as it announces."""
    data, head = b"", None
    while head is None or len(data) < head.consumed + (head.content_length or 0):
        piece = connection.recv(1 << 20)
        assert piece, f"the connection ended after {data[:500]!r}"
        data += piece
        head = head or fasthdr.parse_response(data)
    return head, data[head.consumed :]


class Served:
    """A case: one server in one scenario."""

    def __init__(self, peer: str, server: tuple[processes.Child, int], request: bytes, connections: int = 4) -> None:
        self.peer, (self.child, self.port), self.request, self.connections = peer, server, request, connections
        self.info: dict[str, Any] = {"cpu_ns": [], "p50_us": [], "p99_us": [], "errors": []}

    def verify(self, expected: tuple[bytes, bool | None]) -> None:
        """expected: the content, and whether the connection persists (None: as the server likes)."""
        content, persists = expected
        with socket.create_connection(("127.0.0.1", self.port), timeout=processes.PATIENCE) as connection:
            for _ in range(3 if persists else 1):
                connection.sendall(self.request)
                head, seen = response_on(connection)
                if (head.status, seen) != (200, content):
                    raise AssertionError(f"answered {head.status} with {seen[:500]!r}")
            if persists is False and (said := head.get("Connection"), connection.recv(65536)) != ("close", b""):
                raise AssertionError(f"did not close, or did not say so: {said!r}")

    def calls(self) -> int:
        return 1

    def batch(self, calls: int) -> float:
        before = self.child.cpu()
        load = processes.wrk(self.port, self.request, self.connections, SECONDS)
        used = self.child.cpu() - before
        if load["status"]:
            raise AssertionError(f"{self.peer} answered with a status of 400 or above")
        self.info["cpu_ns"].append(used * 1e9 / load["requests"])
        for name in ("p50_us", "p99_us", "errors"):
            self.info[name].append(load[name])
        return float(load["us"] * 1e3 / load["requests"])
