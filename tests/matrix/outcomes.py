# SPDX-License-Identifier: MIT
"""What a server does with what it is sent, and whether that is what it has to do."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from typing import NamedTuple

import h11

from tests.matrix.apps import HANDLED
from tests.matrix.farm import Running
from tests.matrix.servers import Cell
from tests.matrix.shapes import FIRST, LAST, SMUGGLED, Shape

TIMEOUT = 20  # seconds after which a connection that the server should have closed is a fault

# How an access log and the applications' own log name a request.
_HANDLED = re.compile(rf"^{HANDLED}\S+ (\S+)$", re.MULTILINE)
_ACCESS = re.compile(r'"(?:GET|POST|BREW) (\S+) HTTP/1\.[01]" [1-5]\d\d ')
_BARE_ERROR = re.compile(rb"<!DOCTYPE HTML.*?Error code: (\d+)", re.DOTALL)


class Answer(NamedTuple):
    """A final response, and the number of interim ones before it."""

    status: int
    fields: dict[str, str]
    content: bytes
    interim: int

    @property
    def path(self) -> str | None:
        """The path of the request that this answers, if the answer shows it."""
        return self.fields.get("x-path") or {b"first": FIRST, b"last": LAST, b"smuggled": SMUGGLED}.get(self.content)


class Outcome(NamedTuple):
    answers: list[Answer]
    fault: str  # what is wrong with the bytes of the answers, or with the end of the connection
    log: str


def converse(address: tuple[str, int], data: bytes) -> tuple[bytes, bool | None]:
    """Send data and read to the end, without ending the sending side; return what came, and if the close was clean.

    None: the connection was reset, as happens to a client that sends more after the server has closed.
    """
    with socket.create_connection(address, TIMEOUT) as sock:
        sock.sendall(data)
        pieces = []
        try:
            while piece := sock.recv(65536):
                pieces.append(piece)
        except TimeoutError:
            return b"".join(pieces), False
        except ConnectionResetError:
            return b"".join(pieces), None
        return b"".join(pieces), True


def answers(data: bytes, methods: list[str]) -> Iterator[Answer]:
    """Yield the responses to requests of these methods in what a server has sent, as h11 reads them."""
    error = _BARE_ERROR.match(data)
    if error:  # the standard library's answer to a request line that it does not understand
        yield Answer(int(error[1]), {}, data, 0)
        return
    connection = h11.Connection(h11.CLIENT)
    connection.receive_data(data)
    connection.receive_data(b"")
    interim = 0
    for method in methods:
        connection.send(h11.Request(method=method, target="/", headers=[("Host", "h")]))
        connection.send(h11.EndOfMessage())
        status, fields, content = 0, {}, b""
        while True:
            event = connection.next_event()
            if isinstance(event, h11.InformationalResponse):
                interim += 1
            elif isinstance(event, h11.Response):
                status = event.status_code
                fields = {name.decode(): value.decode("latin-1") for name, value in event.headers}
            elif isinstance(event, h11.Data):
                content += event.data
            elif event is h11.PAUSED:  # a tunnel (RFC 9110 9.3.6)
                yield Answer(status, fields, content, interim)
                return
            elif isinstance(event, h11.EndOfMessage):
                yield Answer(status, fields, content, interim)
                interim = 0
                break
            else:
                if interim:
                    raise h11.RemoteProtocolError("an interim response, and no final one")
                return
        left = connection.trailing_data[0]
        if not left:
            return
        if connection.our_state is not h11.DONE or connection.their_state is not h11.DONE:
            raise h11.RemoteProtocolError(f"{left[:60]!r} behind an answer that ends the connection")
        connection.start_next_cycle()
    raise h11.RemoteProtocolError(f"{connection.trailing_data[0][:60]!r} behind the last answer")


def outcome(running: Running, shape: Shape) -> Outcome:
    running.new_in_log()
    data, closed = converse(running.address, shape.data)
    found = []
    fault = "" if closed else "the connection is left open, or reset"
    try:
        found.extend(answers(data, [shape.method, "GET"]))
    except h11.RemoteProtocolError as error:
        fault = f"{error}: {data!r}"
    return Outcome(found, fault, running.new_in_log())


def refusal(cell: Cell, shape: Shape) -> int | None:
    """Return the status with which the cell must refuse the shape: for its head, or for a body that a program reads."""
    status = shape.strict if cell.strict else shape.framed
    return status or (shape.faulty if cell.server.chunked else None)


def faults(cell: Cell, shape: Shape, found: Outcome) -> Iterator[str]:
    """Yield what differs from what must happen."""
    server, log = cell.server, found.log
    if found.fault:
        yield found.fault
    handled = _HANDLED.findall(log)
    paths = [*handled, *_ACCESS.findall(log), *(answer.path for answer in found.answers)]
    if any(path and SMUGGLED in path for path in paths):
        yield f"the hidden request was handled: {log}"
    statuses = [answer.status for answer in found.answers]
    status = refusal(cell, shape)
    if status:
        if statuses != [status]:
            yield f"{statuses} instead of one {status}"
        if handled and status != shape.faulty:
            yield f"a refused request was handled: {log}"
        return
    first, *others = found.answers or [None]
    if first is None:
        yield "no answer"
        return
    if first.status == 400:
        yield f"refused: {first}"
    if first.path == LAST:
        yield f"the first answer is to {first.path}"
    if server.echoes and shape.content is not None:
        content = shape.content if server.chunked or not shape.chunked else b""
        if (first.status, first.path, first.content) != (200, FIRST, content):
            yield f"the program saw something else: {first}"
    if not server.persists and others:
        yield f"another answer: {others}"
    elif server.persists and shape.persists is not None and len(others) != shape.persists:
        yield f"{len(others)} answers behind the first"
    for answer in others:
        if answer.status != 200 or answer.path != LAST:
            yield f"the last answer: {answer}"
