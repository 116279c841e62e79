# SPDX-License-Identifier: MIT
"""h11, in Python: a connection object a head, as the next head of a connection needs the whole cycle before it."""
from __future__ import annotations

import h11

from bench.peers import Reader

LABEL = "h11"


def _event(role: type[h11.CLIENT] | type[h11.SERVER], data: bytes) -> h11.Request | h11.Response:
    connection = h11.Connection(role)
    connection.receive_data(data)
    return connection.next_event()  # type: ignore[return-value]


def request_one(wanted: str) -> Reader:
    name_wanted = wanted.lower().encode()

    def read(data: bytes) -> object:
        request = _event(h11.SERVER, data)
        for name, value in request.headers:  # names are in lower case
            if name == name_wanted:
                return request.method, request.target, request.http_version, value
        return None

    return read


def request_pairs(wanted: str) -> Reader:
    def read(data: bytes) -> object:
        headers = _event(h11.SERVER, data).headers
        return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]

    return read


def request_dict(wanted: str) -> Reader:
    def read(data: bytes) -> object:
        headers = _event(h11.SERVER, data).headers
        return {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}

    return read


def response_one(wanted: str) -> Reader:
    name_wanted = wanted.lower().encode()

    def read(data: bytes) -> object:
        response = _event(h11.CLIENT, data)
        for name, value in response.headers:
            if name == name_wanted:
                return response.http_version, response.status_code, response.reason, value
        return None

    return read


REQUEST = {"one": {LABEL: request_one}, "pairs": {LABEL: request_pairs}, "dict": {LABEL: request_dict}}
RESPONSE = {"one": {LABEL: response_one}}
