# SPDX-License-Identifier: MIT
"""The servers that are compared, each a process of its own: `python -m bench.backends NAME` prints its port and serves.

All of them answer every GET and POST with the same status, type and body (bench.backends.answer), and log nothing.
"""

from __future__ import annotations

import importlib.metadata
from dataclasses import dataclass

INSTALL = 'pip install "fasthdr[bench]"'


@dataclass(frozen=True)
class Backend:
    """One way to serve.

    name: as the command line has it.
    module, function: what serves, in bench.backends; called with a function to tell the port to, it never returns.
        PREPARED's takes the name of the response, too.
    about: what it is, for people.
    distribution: what has to be installed, or None.
    arguments: what else the function is called with.
    """

    name: str
    module: str
    function: str
    about: str
    distribution: str | None = None
    arguments: tuple[float, ...] = ()

    @property
    def version(self) -> str | None:
        """Of the distribution; None where it is not installed or there is none."""
        try:
            return importlib.metadata.version(self.distribution) if self.distribution else None
        except importlib.metadata.PackageNotFoundError:
            return None

    @property
    def absent(self) -> str | None:
        """Why it cannot be compared here, or None where it can."""
        return f"not installed ({INSTALL})" if self.distribution and not self.version else None


STDLIB = Backend("stdlib", "threading_http", "stdlib", "http.server.ThreadingHTTPServer as shipped, HTTP/1.1")
NODELAY = Backend("stdlib-nodelay", "threading_http", "nodelay", "the same with disable_nagle_algorithm = True")
OURS = Backend("fasthdr", "threading_http", "ours", "fasthdr.server.ThreadingHTTPServer and handler")
ONE_SEND = Backend("fasthdr-one-send", "threading_http", "one_send", "the same with wbufsize = -1: one send a response")
INSTALLED = Backend("fasthdr-install", "threading_http", "installed", "http.server after fasthdr.install()")
GEVENT = Backend("gevent", "wsgi", "gevent", "gevent.pywsgi.WSGIServer", "gevent")
GEVENT_NODELAY = Backend("gevent-nodelay", "wsgi", "gevent_nodelay", "the same with TCP_NODELAY", "gevent")
WAITRESS = Backend("waitress", "wsgi", "waitress", "waitress with its 4 threads", "waitress")
GUNICORN = Backend("gunicorn", "wsgi", "gunicorn", "gunicorn with one gthread worker of 8 threads", "gunicorn")
BARE = Backend("bare", "bare", "serve", "recv() and sendall() of a fixed response, a thread a connection: no HTTP")

PREPARED = Backend("prepared", "prepared", "serve", "the bare loop with the bytes of a response of bench.payloads")

BACKENDS = {
    backend.name: backend
    for backend in (STDLIB, NODELAY, OURS, ONE_SEND, INSTALLED, GEVENT, GEVENT_NODELAY, WAITRESS, GUNICORN, BARE)
}

# They close no connection. Microseconds of work, and sends a response.
FLOORS = {
    f"bare-{us}us-{sends}": Backend(
        f"bare-{us}us-{sends}",
        "floors",
        "serve",
        f"the bare loop with {us} us of work in Python before each response, which is sent in {sends}",
        arguments=(us, sends),
    )
    for us in (0, 5, 10, 20)
    for sends in (1, 2)
}
