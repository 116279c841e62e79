# SPDX-License-Identifier: MIT
"""What bench.servers sends: method, persistence of the connection, connections; and the check of an answer."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from dataclasses import dataclass

import fasthdr
from bench.backends.answer import BODY, CONTENT_TYPE
from bench.payloads import PICOHTTPPARSER, Payload

CONNECTIONS = (1, 4, 64)
PERSISTENCE = ("keep-alive", "close")
METHODS = ("GET", "POST")
CONTENT = b"name=value&" * 93 + b"\n"  # the 1 KB that a POST brings
PATIENCE = 10  # seconds for an answer to come


@dataclass(frozen=True)
class Scenario:
    method: str
    persistence: str
    connections: int

    def __str__(self) -> str:
        plural = "" if self.connections == 1 else "s"
        return f"{self.method}, {self.persistence}, {self.connections} connection{plural}"

    def request(self, payload: Payload = PICOHTTPPARSER) -> bytes:
        """The payload's head with this method and Connection option, and the content of a POST."""
        fields = [(name, value) for name, value in payload.fields if name.lower() != "connection"]
        fields.append(("Connection", self.persistence))
        content = b""
        if self.method == "POST":
            content = CONTENT
            fields.append(("Content-Type", "application/x-www-form-urlencoded"))
            fields.append(("Content-Length", str(len(content))))
        start = (self.method, *payload.start[1:])
        return Payload(payload.name, start, tuple(fields)).data + content


def scenarios(methods: Iterable[str], persistence: Iterable[str], connections: Iterable[int]) -> list[Scenario]:
    connections = tuple(connections)
    return [Scenario(m, p, c) for p in persistence for m in methods for c in connections]


def _response(connection: socket.socket) -> tuple[fasthdr.ResponseHead, bytes]:
    """The head, and as much of the content as its Content-Length says."""
    data = b""
    while (head := fasthdr.parse_response(data)) is None:
        piece = connection.recv(65536)
        if not piece:
            raise AssertionError(f"the connection ended after {data!r}")
        data += piece
    content = data[head.consumed :]
    while len(content) < (head.content_length or 0):
        piece = connection.recv(65536)
        if not piece:
            raise AssertionError(f"the connection ended within the content, after {content!r}")
        content += piece
    return head, content


def _expect(what: str, seen: object, expected: object) -> None:
    if seen != expected:
        raise AssertionError(f"{what} is {seen!r}, not {expected!r}")


def check(port: int, scenario: Scenario, payload: Payload) -> None:
    """Raise AssertionError unless the server on the port answers as all of them have to.

    Status, version, Content-Type, Content-Length, body; then the same again on the connection, or its end.
    """
    request = scenario.request(payload)
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        for _ in range(3):
            connection.sendall(request)
            head, content = _response(connection)
            _expect("status", head.status, 200)
            _expect("version", head.version, "HTTP/1.1")
            _expect("Content-Type", head.get("Content-Type"), CONTENT_TYPE)
            _expect("content", content, BODY)
            if scenario.persistence == "close":
                _expect("Connection", (head.get("Connection") or "").lower(), "close")
                _expect("what comes after the response", connection.recv(65536), b"")
                break
            if (head.get("Connection") or "keep-alive").lower() != "keep-alive":
                raise AssertionError(f"the server closes a persistent connection: {head.get('Connection')!r}")
