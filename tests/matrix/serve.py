# SPDX-License-Identifier: MIT
"""A server as a program: `python -m tests.matrix.serve SERVER FOLDER [OPTIONS]`.

It installs what the options ask for, prints "port N" when it listens, and serves until it is interrupted.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import http.server
import sys
import wsgiref.simple_server
from typing import Any

import fasthdr
from tests.matrix import apps

Attributes = dict[str, bool]


def announce(port: int) -> None:
    sys.stderr.write(f"port {port}\n")
    sys.stderr.flush()


def forever(server: Any) -> None:
    server.daemon_threads = True
    announce(server.server_address[1])
    server.serve_forever()


def _over_handlers(handler: Any) -> None:
    forever(http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler))


def http_server(attributes: Attributes, folder: str) -> None:
    _over_handlers(type("Handler", (apps.Echo, http.server.BaseHTTPRequestHandler), attributes))


def files(attributes: Attributes, folder: str, base: str = "SimpleHTTPRequestHandler") -> None:
    handler = type("Handler", (getattr(http.server, base),), {"protocol_version": "HTTP/1.1", **attributes})
    _over_handlers(functools.partial(handler, directory=folder))


def cgi(attributes: Attributes, folder: str) -> None:
    files(attributes, folder, "CGIHTTPRequestHandler")


def wsgiref_server(attributes: Attributes, folder: str) -> None:
    handler = type("Handler", (wsgiref.simple_server.WSGIRequestHandler,), attributes)
    forever(wsgiref.simple_server.make_server("127.0.0.1", 0, apps.wsgi_echo, handler_class=handler))


def fasthdr_server(attributes: Attributes, folder: str) -> None:
    import fasthdr.server

    decoded = {"decoded": bool(attributes)}
    _over_handlers(type("Handler", (apps.Echo, fasthdr.server.BaseHTTPRequestHandler), {**attributes, **decoded}))


def _by_first_segment(environ: dict[str, Any], start_response: Any) -> Any:
    """Call the application of the framework that the path names, or the plain one."""
    framework = environ["PATH_INFO"].removeprefix("/").partition("/")[0]
    return _framework(framework)(environ, start_response)


@functools.cache
def _framework(name: str) -> Any:
    if name == "flask":
        return apps.flask_app()
    if name == "bottle":
        return apps.bottle_app()
    if name == "django":
        from tests.matrix.django_app import application

        return application()
    return apps.wsgi_echo


def fasthdr_simple_server(attributes: Attributes, folder: str) -> None:
    import fasthdr.simple_server

    handler = type("Handler", (fasthdr.simple_server.WSGIRequestHandler,), attributes)
    forever(fasthdr.simple_server.make_server("127.0.0.1", 0, _by_first_segment, handler_class=handler))


def flask(attributes: Attributes, folder: str) -> None:
    import werkzeug.serving

    handler = type("Handler", (werkzeug.serving.WSGIRequestHandler,), attributes)
    forever(werkzeug.serving.make_server("127.0.0.1", 0, apps.flask_app(), threaded=True, request_handler=handler))


def django(attributes: Attributes, folder: str) -> None:
    from django.core.servers import basehttp

    from tests.matrix.django_app import application

    handler = type("Handler", (basehttp.WSGIRequestHandler,), attributes)
    basehttp.WSGIRequestHandler = handler  # run() uses this name
    basehttp.run("127.0.0.1", 0, application(), threading=True, on_bind=announce)


def bottle(attributes: Attributes, folder: str) -> None:
    import bottle

    class Server(wsgiref.simple_server.WSGIServer):
        def server_activate(self) -> None:
            super().server_activate()
            announce(self.server_address[1])

    options: dict[str, Any] = {"server_class": Server}
    if attributes:
        options["handler_class"] = type("Handler", (wsgiref.simple_server.WSGIRequestHandler,), attributes)
    bottle.run(apps.bottle_app(), host="127.0.0.1", port=0, **options)


def prometheus(attributes: Attributes, folder: str) -> None:
    import prometheus_client.exposition

    for name, value in attributes.items():
        setattr(prometheus_client.exposition._SilentHandler, name, value)  # start_http_server() takes no other class
    server, thread = prometheus_client.start_http_server(0, "127.0.0.1")
    announce(server.server_port)
    thread.join()


SERVERS = {
    "http.server": http_server,
    "files": files,
    "CGI": cgi,
    "wsgiref": wsgiref_server,
    "fasthdr.server": fasthdr_server,
    "fasthdr.simple_server": fasthdr_simple_server,
    "Flask": flask,
    "Django": django,
    "Bottle": bottle,
    "prometheus_client": prometheus,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.matrix.serve")
    parser.add_argument("server", choices=SERVERS)
    parser.add_argument("folder")
    parser.add_argument("--attribute", action="append", default=[], help="of the handler class, which is True")
    parser.add_argument("--install", action="append", default=[], help="option of install(), which is True")
    parser.add_argument("--plain-install", action="store_true", help="install() without an option")
    args = parser.parse_args()
    if args.plain_install or args.install:
        fasthdr.install(**dict.fromkeys(args.install, True))
    with contextlib.suppress(KeyboardInterrupt):
        SERVERS[args.server](dict.fromkeys(args.attribute, True), args.folder)


if __name__ == "__main__":
    main()
