# SPDX-License-Identifier: MIT
"""fasthdr's sans-I/O functions."""
from __future__ import annotations

import fasthdr
from bench.peers import Reader

LABEL = "fasthdr"


def request_one(wanted: str) -> Reader:
    parse = fasthdr.parse_request

    def read(data: bytes) -> object:
        head = parse(data)
        return head.method, head.target, head.version, head.headers[wanted]

    return read


def request_pairs(wanted: str) -> Reader:
    parse = fasthdr.parse_request

    def read(data: bytes) -> object:
        return parse(data).headers.items()

    return read


def request_dict(wanted: str) -> Reader:
    parse = fasthdr.parse_request

    def read(data: bytes) -> object:
        return dict(parse(data).headers.items())

    return read


def response_one(wanted: str) -> Reader:
    parse = fasthdr.parse_response

    def read(data: bytes) -> object:
        head = parse(data)
        return head.version, head.status, head.reason, head.headers[wanted]

    return read


REQUEST = {"one": {LABEL: request_one}, "pairs": {LABEL: request_pairs}, "dict": {LABEL: request_dict}}
RESPONSE = {"one": {LABEL: response_one}}
