# SPDX-License-Identifier: MIT
"""gunicorn_h1c: picohttpparser behind three interfaces; names and values are bytes.

"fast" is an object that makes what is asked for, "dict" has a list of every field, "kept" is one object for all heads
of a connection.
"""

from __future__ import annotations

from typing import Any

import gunicorn_h1c  # type: ignore[import-untyped]

from bench.peers import as_pairs

FAST, PLAIN, KEPT = "h1c fast", "h1c dict", "h1c kept"
FEED = "protocol.reset()\nprotocol.feed(item)\n"
FIELD = 'for field in head["headers"]:\n    if field[0].lower() == lower:\n        break\n'
ONE = {
    FAST: "head = fast(item)\nresult = head.method, head.path, head.minor_version, head.get_header(wanted)",
    PLAIN: f'head = plain(item)\n{FIELD}result = head["method"], head["path"], head["minor_version"], field[1]',
    KEPT: FEED + "result = protocol.method, protocol.path, protocol.http_version, protocol.get_header(name)",
}
READS = 'result = head["minor_version"], head["status"], head["message"], field[1]'
RESPONSE = {PLAIN: f"head = response(item)\n{FIELD}{READS}"}
PAIRS = {
    FAST: as_pairs("fast(item).headers"),
    PLAIN: as_pairs("plain(item)['headers']"),
    KEPT: FEED + as_pairs("protocol.headers"),
}
ENVIRON = {PLAIN: "result = environ(item, ('localhost', 8000), ('127.0.0.1', 50000))"}


def names(wanted: str) -> dict[str, Any]:
    return {
        "fast": gunicorn_h1c.parse_request_fast,
        "plain": gunicorn_h1c.parse_request,
        "response": gunicorn_h1c.parse_response,
        "environ": gunicorn_h1c.parse_to_wsgi_environ,
        "protocol": gunicorn_h1c.H1CProtocol(),
        "wanted": wanted,
        "name": wanted.encode(),
        "lower": wanted.lower().encode(),
    }
