# SPDX-License-Identifier: MIT
"""http.server with the core behind its handlers; every other name is http.server's own.

    from fasthdr.server import BaseHTTPRequestHandler, ThreadingHTTPServer

`python -m fasthdr.server` is `python -m http.server`.
"""

from __future__ import annotations

import http.server
from typing import Any

from fasthdr import _framed, client
from fasthdr._implementation import PURE
from fasthdr._stdlib import NODELAY as _NODELAY

if PURE:
    from fasthdr._framed import parse_request_or_stdlib as _parse_request
else:
    from fasthdr._handler import parse_request as _parse_request
    from fasthdr._response import lean_wfile as _lean_wfile
    from fasthdr._response_probe import METHODS as _METHODS


class BaseHTTPRequestHandler(http.server.BaseHTTPRequestHandler):
    """http.server.BaseHTTPRequestHandler, its requests parsed by the core and its response heads written lean.

    Everything that http.server documents holds, attribute for attribute and byte for byte. Two things are set
    otherwise: MessageClass, a subclass of http.client.HTTPMessage, and disable_nagle_algorithm, since a header block
    and a body in two segments wait 40 ms for each other on a persistent connection.

    A class may ask for more: `strict = True` for heads by RFC 9110 and 9112, refused with an error status where they
    are not, and `framed_body = True` (part of strict) for an rfile that ends where the body ends. docs/strict.md has
    both, and the limits.
    """

    MessageClass = client.HTTPMessage
    disable_nagle_algorithm = _NODELAY

    strict: bool = False
    framed_body: bool = False
    max_line: int = _framed.DEFAULTS["max_line"]
    max_headers: int = _framed.DEFAULTS["max_headers"]
    max_head: int = _framed.DEFAULTS["max_head"]
    head_timeout: float | None = _framed.DEFAULTS["head_timeout"]
    drain_limit: int = _framed.DEFAULTS["drain_limit"]

    parse_request = _parse_request

    if not PURE:
        vars().update((name, ours) for name, (ours, _) in _METHODS.items())

        def setup(self) -> None:
            super().setup()
            _lean_wfile(self)

    handle_one_request = _framed.handle_one_request_or_stdlib


class SimpleHTTPRequestHandler(BaseHTTPRequestHandler, http.server.SimpleHTTPRequestHandler):
    """http.server.SimpleHTTPRequestHandler over the core."""


_stdlib: Any = http.server  # a class that 3.15 has no more

if hasattr(http.server, "CGIHTTPRequestHandler"):

    class CGIHTTPRequestHandler(SimpleHTTPRequestHandler, _stdlib.CGIHTTPRequestHandler):  # type: ignore[misc]
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
