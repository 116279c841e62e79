# SPDX-License-Identifier: MIT
"""gunicorn_h1c: picohttpparser behind three interfaces. Its names and values are bytes."""

from __future__ import annotations

import gunicorn_h1c  # type: ignore[import-untyped]

from bench.peers import Heads, Reader

FAST = "h1c fast"  # parse_request_fast(): an object that makes what is asked for
PLAIN = "h1c dict"  # parse_request(): a dict with a list of every field
KEPT = "h1c kept"  # H1CProtocol, one object for the heads of a connection


def request_one_fast(wanted: str) -> Reader:
    parse = gunicorn_h1c.parse_request_fast

    def read(heads: Heads) -> object:
        for data in heads:
            request = parse(data)
            result = request.method, request.path, request.minor_version, request.get_header(wanted)
        return result

    return read


def request_one_plain(wanted: str) -> Reader:
    parse = gunicorn_h1c.parse_request
    name_wanted = wanted.lower().encode()

    def read(heads: Heads) -> object:
        for data in heads:
            request = parse(data)
            for field in request["headers"]:
                if field[0].lower() == name_wanted:
                    break
            result = request["method"], request["path"], request["minor_version"], field[1]
        return result

    return read


def request_one_kept(wanted: str) -> Reader:
    protocol = gunicorn_h1c.H1CProtocol()
    name_wanted = wanted.encode()

    def read(heads: Heads) -> object:
        for data in heads:
            protocol.reset()
            protocol.feed(data)
            result = protocol.method, protocol.path, protocol.http_version, protocol.get_header(name_wanted)
        return result

    return read


def request_pairs_fast(wanted: str) -> Reader:
    parse = gunicorn_h1c.parse_request_fast

    def read(heads: Heads) -> object:
        for data in heads:
            result = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in parse(data).headers]
        return result

    return read


def request_pairs_plain(wanted: str) -> Reader:
    parse = gunicorn_h1c.parse_request

    def read(heads: Heads) -> object:
        for data in heads:
            result = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in parse(data)["headers"]]
        return result

    return read


def request_pairs_kept(wanted: str) -> Reader:
    protocol = gunicorn_h1c.H1CProtocol()

    def read(heads: Heads) -> object:
        for data in heads:
            protocol.reset()
            protocol.feed(data)
            result = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in protocol.headers]
        return result

    return read


def request_dict_fast(wanted: str) -> Reader:
    parse = gunicorn_h1c.parse_request_fast

    def read(heads: Heads) -> object:
        for data in heads:
            result = {name.decode("latin-1"): value.decode("latin-1") for name, value in parse(data).headers}
        return result

    return read


def request_dict_plain(wanted: str) -> Reader:
    parse = gunicorn_h1c.parse_request

    def read(heads: Heads) -> object:
        for data in heads:
            result = {name.decode("latin-1"): value.decode("latin-1") for name, value in parse(data)["headers"]}
        return result

    return read


def request_dict_kept(wanted: str) -> Reader:
    protocol = gunicorn_h1c.H1CProtocol()

    def read(heads: Heads) -> object:
        for data in heads:
            protocol.reset()
            protocol.feed(data)
            result = {name.decode("latin-1"): value.decode("latin-1") for name, value in protocol.headers}
        return result

    return read


def response_one(wanted: str) -> Reader:
    parse = gunicorn_h1c.parse_response
    name_wanted = wanted.lower().encode()

    def read(heads: Heads) -> object:
        for data in heads:
            response = parse(data)
            for field in response["headers"]:
                if field[0].lower() == name_wanted:
                    break
            result = response["minor_version"], response["status"], response["message"], field[1]
        return result

    return read


def environ(data: bytes) -> object:
    return gunicorn_h1c.parse_to_wsgi_environ(data, ("localhost", 8000), ("127.0.0.1", 50000))


REQUEST = {
    "one": {FAST: request_one_fast, PLAIN: request_one_plain, KEPT: request_one_kept},
    "pairs": {FAST: request_pairs_fast, PLAIN: request_pairs_plain, KEPT: request_pairs_kept},
    "dict": {FAST: request_dict_fast, PLAIN: request_dict_plain, KEPT: request_dict_kept},
}
RESPONSE = {"one": {PLAIN: response_one}}
ENVIRON = {PLAIN: environ}
