# SPDX-License-Identifier: MIT
"""zttp, in Zig: a connection object a head, as the next head of a connection needs the whole cycle before it.

Names and values are bytes; its block of fields makes those that are asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import zttp

from bench.peers import CHUNKED, as_pairs

REQUEST, ANSWER = "head = Connection(SERVER).receive_event(item)\n", "head = Connection(CLIENT).receive_event(item)\n"
ONE = {"zttp": REQUEST + "result = head.method, head.target, head.http_version, head.headers.get(name)"}
RESPONSE = {"zttp": ANSWER + "result = head.http_version, head.status_code, head.reason, head.headers.get(name)"}
PAIRS = {"zttp": as_pairs("Connection(SERVER).receive_event(item).headers")}


def names(wanted: str) -> dict[str, Any]:
    return {"Connection": zttp.Connection, "SERVER": zttp.SERVER, "CLIENT": zttp.CLIENT, "name": wanted.encode()}


def _body(wire: bytes) -> Callable[[], bytes]:
    connection: Any = zttp.Connection(zttp.SERVER)
    connection.receive_event(CHUNKED)

    def decode() -> bytes:
        event = connection.receive_event(wire)
        parts = []
        while type(event) is zttp.Data:
            parts.append(event.data)
            event = connection.next_event()
        return b"".join(parts)

    return decode


BODY = {"zttp": _body}
