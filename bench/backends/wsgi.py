# SPDX-License-Identifier: MIT
"""Servers of WSGI applications, each with its defaults where nothing else is said."""

from __future__ import annotations

import functools
import socket
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

from bench.backends.answer import application

Announce = Callable[[int], object]


def _announcing_close(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The application for gevent, which closes as it is asked to, but does not say so, and a client waits for it."""

    def start(status: str, fields: list[tuple[str, str]]) -> Any:
        if environ.get("HTTP_CONNECTION") == "close":
            fields.append(("Connection", "close"))
        return start_response(status, fields)

    return application(environ, start)


def _gevent(announce: Announce, handle: Callable[..., Any] | None) -> NoReturn:
    from gevent.pywsgi import WSGIServer

    server: Any = WSGIServer(("127.0.0.1", 0), _announcing_close, log=None)
    if handle:
        server.set_handle(functools.partial(handle, server.handle))
    server.start()
    announce(server.server_port)
    server.serve_forever()
    raise SystemExit("gevent has stopped")


def gevent(announce: Announce) -> NoReturn:
    _gevent(announce, None)


def gevent_nodelay(announce: Announce) -> NoReturn:
    def handle(serve: Callable[..., Any], connection: socket.socket, address: object) -> Any:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        return serve(connection, address)

    _gevent(announce, handle)


def waitress(announce: Announce) -> NoReturn:
    import waitress.server  # type: ignore[import-untyped]

    server: Any = waitress.server.create_server(application, host="127.0.0.1", port=0)
    announce(server.effective_port)
    server.run()
    raise SystemExit("waitress has stopped")


def gunicorn(announce: Announce) -> NoReturn:
    from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

    class Application(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            for name, value in {
                "bind": "127.0.0.1:0",
                "worker_class": "gthread",
                "threads": 8,
                "keepalive": 75,  # seconds; the default of 2 ends connections that wait for their turn to be timed
                "loglevel": "warning",
                "when_ready": lambda arbiter: announce(arbiter.LISTENERS[0].sock.getsockname()[1]),
            }.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            return application

    Application().run()
    raise SystemExit("gunicorn has stopped")
