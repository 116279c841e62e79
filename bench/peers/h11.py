# SPDX-License-Identifier: MIT
"""h11, in Python: a connection object a head, as the next head of a connection needs the whole cycle before it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import h11

from bench.peers import Heads, Reader

LABEL = "h11"


def _event(role: Any, data: bytes) -> Any:
    connection = h11.Connection(role)
    connection.receive_data(data)
    return connection.next_event()


def request_one(wanted: str) -> Reader:
    name_wanted = wanted.lower().encode()

    def read(heads: Heads) -> object:
        for data in heads:
            request = _event(h11.SERVER, data)
            for field in request.headers:
                if field[0] == name_wanted:  # names are in lower case
                    break
            result = request.method, request.target, request.http_version, field[1]
        return result

    return read


def request_pairs(wanted: str) -> Reader:
    def read(heads: Heads) -> object:
        for data in heads:
            headers = _event(h11.SERVER, data).headers
            result = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
        return result

    return read


def request_dict(wanted: str) -> Reader:
    def read(heads: Heads) -> object:
        for data in heads:
            headers = _event(h11.SERVER, data).headers
            result = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}
        return result

    return read


def response_one(wanted: str) -> Reader:
    name_wanted = wanted.lower().encode()

    def read(heads: Heads) -> object:
        for data in heads:
            response = _event(h11.CLIENT, data)
            for field in response.headers:
                if field[0] == name_wanted:
                    break
            result = response.http_version, response.status_code, response.reason, field[1]
        return result

    return read


def body(wire: bytes) -> Callable[[], bytes]:
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
    connection.next_event()

    def decode() -> bytes:
        connection.receive_data(wire)
        parts = []
        while type(event := connection.next_event()) is h11.Data:
            parts.append(event.data)
        return b"".join(parts)

    return decode


REQUEST = {"one": {LABEL: request_one}, "pairs": {LABEL: request_pairs}, "dict": {LABEL: request_dict}}
RESPONSE = {"one": {LABEL: response_one}}
BODY = {LABEL: body}
