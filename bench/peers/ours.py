# SPDX-License-Identifier: MIT
"""fasthdr's sans-I/O functions."""

from __future__ import annotations

from typing import Any

import fasthdr
from bench.peers import Heads, Reader

LABEL = "fasthdr"


def request_one(wanted: str) -> Reader:
    parse: Any = fasthdr.parse_request

    def read(heads: Heads) -> object:
        for data in heads:
            head = parse(data)
            result = head.method, head.target, head.version, head.get(wanted)
        return result

    return read


def request_one_strict(wanted: str) -> Reader:
    parse: Any = fasthdr.parse_request

    def read(heads: Heads) -> object:
        for data in heads:
            head = parse(data, strict=True)
            result = head.method, head.target, head.version, head.get(wanted)
        return result

    return read


def request_pairs(wanted: str) -> Reader:
    parse: Any = fasthdr.parse_request

    def read(heads: Heads) -> object:
        for data in heads:
            result = parse(data).headers.items()
        return result

    return read


def request_dict(wanted: str) -> Reader:
    parse: Any = fasthdr.parse_request

    def read(heads: Heads) -> object:
        for data in heads:
            result = dict(parse(data).headers.items())
        return result

    return read


def response_one(wanted: str) -> Reader:
    parse: Any = fasthdr.parse_response

    def read(heads: Heads) -> object:
        for data in heads:
            head = parse(data)
            result = head.version, head.status, head.reason, head.get(wanted)
        return result

    return read


STRICT = f"{LABEL} strict"
REQUEST = {
    "one": {LABEL: request_one, STRICT: request_one_strict},
    "pairs": {LABEL: request_pairs},
    "dict": {LABEL: request_dict},
}
RESPONSE = {"one": {LABEL: response_one}}
