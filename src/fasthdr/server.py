# SPDX-License-Identifier: MIT
"""Provide http.server with the core behind its handlers and a longer listen queue.

All other names are http.server's own objects.

    from fasthdr.server import BaseHTTPRequestHandler, ThreadingHTTPServer

`python -m fasthdr.server` takes the options of `python -m http.server`.
"""

import http.server

from fasthdr import _server_methods
from fasthdr._api import HTTPMessage as _HTTPMessage
from fasthdr._limits import DEFAULTS as _DEFAULTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class BaseHTTPRequestHandler(http.server.BaseHTTPRequestHandler):
    """Handle requests as http.server.BaseHTTPRequestHandler does, but parse them with the core and write heads faster.

    It sends what http.server documents, byte for byte. Two attributes differ: MessageClass is a subclass of
    http.client.HTTPMessage, and disable_nagle_algorithm is on, because a header block and a body sent in two segments
    can take an extra 40 ms on a persistent connection.

    A class can ask for more: `strict = True` refuses what RFC 9110 and 9112 do not allow in heads and bodies, and
    enforces limits and deadlines; `framed_body = True` (part of strict) makes rfile end where the body ends.
    docs/strict.md describes both, and the limits. Set these switches on a class, not on an instance; the limits may
    also be set on a handler before its setup().
    """

    MessageClass = _HTTPMessage
    disable_nagle_algorithm = _server_methods.NODELAY

    strict: bool = False
    framed_body: bool = False
    max_line: int = _DEFAULTS["max_line"]
    max_headers: int = _DEFAULTS["max_headers"]
    max_head: int = _DEFAULTS["max_head"]
    max_body: int | None = _DEFAULTS["max_body"]
    idle_timeout: float | None = _DEFAULTS["idle_timeout"]
    head_timeout: float | None = _DEFAULTS["head_timeout"]
    body_timeout: float | None = _DEFAULTS["body_timeout"]
    body_rate: int = _DEFAULTS["body_rate"]
    write_timeout: float | None = _DEFAULTS["write_timeout"]
    drain_limit: int = _DEFAULTS["drain_limit"]
    linger_timeout: float = _DEFAULTS["linger_timeout"]
    on_unsupported: str = "warn"  # or "raise": for a subclass whose parse_request() never calls this class's
    _decodes = False  # True: rfile gives decoded bodies even if a class has not asked for it

    vars().update((name, ours) for name, (ours, _) in _server_methods.METHODS.items())

    def setup(self) -> None:
        super().setup()
        _server_methods.set_up(self)


class SimpleHTTPRequestHandler(BaseHTTPRequestHandler, http.server.SimpleHTTPRequestHandler):
    """Serve files as http.server.SimpleHTTPRequestHandler does, over the core."""


_stdlib: "Any" = http.server  # without types: 3.15 no longer has CGIHTTPRequestHandler

if hasattr(http.server, "CGIHTTPRequestHandler"):

    class CGIHTTPRequestHandler(SimpleHTTPRequestHandler, _stdlib.CGIHTTPRequestHandler):  # type: ignore[misc]
        """Run CGI programs as http.server.CGIHTTPRequestHandler does, over the core. Python 3.15 no longer has it."""


class HTTPServer(http.server.HTTPServer):
    """Serve as http.server.HTTPServer does, with a longer queue of connections that wait to be accepted.

    request_queue_size is 128. socketserver's is 5: when that queue is full, a client's first packet is dropped, and the
    client sends it again after a second.
    """

    request_queue_size = 128


class ThreadingHTTPServer(http.server.ThreadingHTTPServer, HTTPServer):
    """Serve as http.server.ThreadingHTTPServer does, with request_queue_size 128."""


if hasattr(http.server, "HTTPSServer"):

    class HTTPSServer(_stdlib.HTTPSServer, HTTPServer):  # type: ignore[misc]
        """Serve as http.server.HTTPSServer does, with request_queue_size 128."""

    class ThreadingHTTPSServer(_stdlib.ThreadingHTTPSServer, HTTPSServer):  # type: ignore[misc]
        """Serve as http.server.ThreadingHTTPSServer does, with request_queue_size 128."""


__all__ = http.server.__all__


def __getattr__(name: str) -> "Any":
    return getattr(http.server, name)


def __dir__() -> list[str]:
    return dir(http.server)


if __name__ == "__main__":
    from fasthdr._cli.serve import main

    main()
