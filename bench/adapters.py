# SPDX-License-Identifier: MIT
"""A server's own parser of heads, and the one of its adapter in fasthdr.adapters."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from bench.comparison import BATCH, OURS, Case, Comparison, loop_of
from bench.payloads import Payload

Found = tuple[str, dict[str, dict[str, Any]], Callable[[Any], object]]  # statement, peer -> its names, what is compared


def _waitress() -> Found:
    from waitress.parser import HTTPRequestParser

    from fasthdr.adapters.waitress import Parser

    limits = {"max_request_header_size": 1 << 18, "max_request_body_size": 1 << 30, "inbuf_overflow": 1 << 19}
    names = {"adjustments": SimpleNamespace(url_scheme="http", **limits)}
    peers = {"waitress": names | {"parser": HTTPRequestParser}, f"{OURS} waitress": names | {"parser": Parser}}
    return (
        "result = parser(adjustments)\nresult.received(item)",
        peers,
        lambda result: {name: value for name, value in vars(result).items() if name not in ("adj", "body_rcv")},
    )


def _gunicorn() -> Found:
    from gunicorn.config import Config  # type: ignore[import-untyped]
    from gunicorn.http.message import Request  # type: ignore[import-untyped]
    from gunicorn.http.unreader import IterUnreader  # type: ignore[import-untyped]

    from fasthdr.adapters.gunicorn import Request as Ours

    kinds = {"gunicorn": (Request, "python"), "gunicorn with gunicorn_h1c": (Request, "fast")}
    if importlib.util.find_spec("gunicorn_h1c") is None:
        del kinds["gunicorn with gunicorn_h1c"]
    peers = {}
    for peer, (request, parser) in {**kinds, f"{OURS} gunicorn": (Ours, "python")}.items():
        settings = Config()
        settings.set("http_parser", parser)
        peers[peer] = {"request": request, "settings": settings, "unreader": IterUnreader}
    return (
        "result = request(settings, unreader([item]), ('127.0.0.1', 1))",
        peers,
        lambda result: (result.method, result.uri, result.query, result.version, result.headers),
    )


def _tornado() -> Found:
    from tornado.http1connection import HTTP1Connection

    from fasthdr.adapters.tornado import _parse_headers

    peers = {"tornado": {"parse": HTTP1Connection._parse_headers}, f"{OURS} tornado": {"parse": _parse_headers}}
    return "result = parse(None, item)", peers, lambda result: (result[0], list(result[1].get_all()))


def _cheroot() -> Found:
    """Read a head from a buffer, past its request line. Each call makes a buffer; cheroot makes one a connection."""
    from cheroot.makefile import StreamReader
    from cheroot.server import HTTPRequest, SizeCheckWrapper

    from fasthdr.adapters.cheroot import HeaderReader, _Socket

    def buffered(data: bytes) -> Any:
        reader = SizeCheckWrapper(StreamReader(_Socket(data)), 1 << 19)
        reader.readline()
        return reader

    names = {"buffered": buffered}
    peers = {
        "cheroot": names | {"read": HTTPRequest.header_reader},
        f"{OURS} cheroot": names | {"read": HeaderReader()},
    }
    return "result = read(buffered(item))", peers, lambda result: list(result.items())


SERVERS = {"waitress": _waitress, "gunicorn": _gunicorn, "tornado": _tornado, "cheroot": _cheroot}


def parse(payload: Payload, server: str) -> Comparison:
    """Compare everything from a head's bytes to a server's own objects. Its own parser gives the expected result."""
    statement, peers, observe = SERVERS[server]()
    items = [bytes(bytearray(payload.data)) for _ in range(BATCH)]
    cases = [
        Case(peer, loop_of(statement, **names), items, lambda item, result: observe(result))
        for peer, names in peers.items()
    ]
    return Comparison(f"{server} parses", payload.name, observe(cases[0].loop(items)), cases)
