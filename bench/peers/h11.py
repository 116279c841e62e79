# SPDX-License-Identifier: MIT
"""h11, in Python: a connection object a head, as the next head of a connection needs the whole cycle before it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import h11

from bench.peers import CHUNKED, as_pairs

EVENT = "connection = Connection({})\nconnection.receive_data(item)\nevent = connection.next_event()\n"
REQUEST, ANSWER = EVENT.format("SERVER"), EVENT.format("CLIENT")
FIELD = "for field in event.headers:\n    if field[0] == lower:\n        break\n"  # names are in lower case
ONE = {"h11": REQUEST + FIELD + "result = event.method, event.target, event.http_version, field[1]"}
RESPONSE = {"h11": ANSWER + FIELD + "result = event.http_version, event.status_code, event.reason, field[1]"}
PAIRS = {"h11": REQUEST + as_pairs("event.headers")}


def names(wanted: str) -> dict[str, Any]:
    roles = {"SERVER": h11.SERVER, "CLIENT": h11.CLIENT}
    return {"Connection": h11.Connection, **roles, "lower": wanted.lower().encode()}


def _body(wire: bytes) -> Callable[[], bytes]:
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(CHUNKED)
    connection.next_event()

    def decode() -> bytes:
        connection.receive_data(wire)
        parts = []
        while type(event := connection.next_event()) is h11.Data:
            parts.append(event.data)
        return b"".join(parts)

    return decode


BODY = {"h11": _body}
