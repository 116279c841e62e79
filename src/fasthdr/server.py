# SPDX-License-Identifier: MIT
"""http.server with the core behind its handlers; every other name is http.server's own.

    from fasthdr.server import BaseHTTPRequestHandler, ThreadingHTTPServer

`python -m fasthdr.server` is `python -m http.server`.
"""

from __future__ import annotations

import http.server
from typing import Any

from fasthdr import client
from fasthdr._implementation import PURE
from fasthdr._stdlib import NoDelay as _NoDelay

if not PURE:
    from fasthdr._handler import parse_request as _parse_request


class BaseHTTPRequestHandler(http.server.BaseHTTPRequestHandler):
    """http.server.BaseHTTPRequestHandler, its requests parsed by the core.

    Everything that http.server documents holds, attribute for attribute and byte for byte. Two things are set
    otherwise: MessageClass, a subclass of http.client.HTTPMessage, and disable_nagle_algorithm, since a header block
    and a body in two segments wait 40 ms for each other on a persistent connection.
    """

    MessageClass = client.HTTPMessage
    disable_nagle_algorithm = _NoDelay()

    if not PURE:
        parse_request = _parse_request


class SimpleHTTPRequestHandler(BaseHTTPRequestHandler, http.server.SimpleHTTPRequestHandler):
    """http.server.SimpleHTTPRequestHandler over the core."""


if hasattr(http.server, "CGIHTTPRequestHandler"):

    class CGIHTTPRequestHandler(SimpleHTTPRequestHandler, http.server.CGIHTTPRequestHandler):
        """http.server.CGIHTTPRequestHandler over the core, where the running version still has it."""


HTTPServer = http.server.HTTPServer
ThreadingHTTPServer = http.server.ThreadingHTTPServer

__all__ = http.server.__all__


def __getattr__(name: str) -> Any:
    return getattr(http.server, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *dir(http.server)})


if __name__ == "__main__":
    from fasthdr._serve import main

    main()
