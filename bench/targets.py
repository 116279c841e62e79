# SPDX-License-Identifier: MIT
"""What the project aims at: the least ratio of a peer's time (or memory) to fasthdr's."""

from __future__ import annotations

import sys

PAYLOAD = "picohttpparser"
CPYTHON_3_13 = sys.version_info[:2] == (3, 13)
END_TO_END = {"stdlib": 100, "stdlib-nodelay": 3, "bare": 0.55}


def target(operation: str, payload: str, ours: str, peer: str) -> float | None:
    """The least ratio aimed at, or None where nothing is."""
    if operation == "end to end":
        return END_TO_END.get(peer) if payload == "GET, keep-alive, 4 connections" and CPYTHON_3_13 else None
    if operation == "CPU of a client":
        wanted = payload == "thirteen" and ours == "http.client" and peer in ("install()", "fasthdr.client")
        return 3 if wanted and CPYTHON_3_13 else None
    if operation == "bytes to body" and peer == "httptools":
        return None if payload.endswith("64 KB") else 1
    if operation == "file to body" and peer == "stdlib":
        return 1 if payload.endswith("64 KB") else None
    if payload == PAYLOAD and ours == "fasthdr exact type" and operation.startswith("parse_headers(fp)"):
        return 20 if peer == "stdlib" else None
    if payload != PAYLOAD or ours != "fasthdr":
        return None
    if peer == "stdlib" and operation.startswith("parse_request()"):
        return {(3, 11): 40, (3, 13): 60}.get(sys.version_info[:2])
    if peer == "stdlib" and operation.startswith("parse_headers(fp)"):
        return 60
    if peer == "stdlib" and CPYTHON_3_13 and operation.startswith("handle_one_request()"):
        return 6 if operation.endswith("log") else 12
    if operation == "head and 4 reads":
        return {"httptools new": 10, "h1c fast": 4, "h11": 100}.get(peer)
    if operation == "bytes to list of pairs":
        return {"h1c dict": 2}.get(peer)
    if operation == "get_environ()" and CPYTHON_3_13:
        return 8 if peer == "stdlib" else None
    if operation == "bytes to environ" and CPYTHON_3_13:
        return 3 if peer == "h1c dict" else None
    if peer == "stdlib" and operation == "memory of a message":
        return 2
    return None
