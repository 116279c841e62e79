# SPDX-License-Identifier: MIT
"""`python -m bench.servers NAME [ARGUMENT...]`: serve on a free port of 127.0.0.1, until standard input ends.

Prints the port once it can be connected to. --install calls fasthdr.install() first, --adapter the enable() of the
server's adapter. All except the file servers answer every GET and POST with the same status, type and content, and
log nothing.
"""

from __future__ import annotations

import argparse
import http.server
import importlib
import logging
import os
import runpy
import signal
import socket
import socketserver
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any

import fasthdr
import fasthdr.server
from bench.payloads import DATE, RESPONSES

CONTENT = b"The same 128 bytes from every server: status, type and length are compared before a clock is started. "
CONTENT = CONTENT.ljust(127, b".") + b"\n"
FIELDS = {"Content-Type": "text/plain; charset=utf-8", "Content-Length": str(len(CONTENT))}
CLOSE = b"\r\nConnection: close\r\n"
LOCALHOST = "127.0.0.1"


def _serve(server: Any) -> None:
    print(server.server_port, flush=True)
    server.serve_forever()


# For http.server and fasthdr.server: the module, and the attributes of its handler class.
HANDLERS: dict[str, tuple[Any, dict[str, object]]] = {
    "stdlib": (http.server, {}),
    "stdlib-nodelay": (http.server, {"disable_nagle_algorithm": True}),
    "fasthdr": (fasthdr.server, {}),
    "fasthdr-framed": (fasthdr.server, {"framed_body": True}),
    "fasthdr-strict": (fasthdr.server, {"strict": True}),
    "fasthdr-one-send": (fasthdr.server, {"wbufsize": -1}),
}


def handlers(name: str) -> None:
    """Run a ThreadingHTTPServer whose handler writes as programs do: header block, then content."""
    module, attributes = HANDLERS[name]

    class Handler(module.BaseHTTPRequestHandler):  # type: ignore[misc, name-defined]
        protocol_version = "HTTP/1.1"
        vars().update(attributes)

        def do_GET(self) -> None:
            self.send_response(200)
            for field in FIELDS.items():
                self.send_header(*field)
            if self.close_connection:
                # RFC 9112 9.6. http.server leaves this field to the handler, and a client waits for it.
                self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(CONTENT)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    _serve(module.ThreadingHTTPServer((LOCALHOST, 0), Handler))


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The WSGI application. It says that a connection ends, because gevent does not, and a client waits for it."""
    if environ["REQUEST_METHOD"] == "POST":
        environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    closes = environ.get("HTTP_CONNECTION") == "close" and "gevent" in environ["SERVER_SOFTWARE"]
    start_response("200 OK", [*FIELDS.items(), *[("Connection", "close")] * closes])
    return [CONTENT]


def gevent(name: str) -> None:
    from gevent.pywsgi import WSGIServer

    server = WSGIServer((LOCALHOST, 0), application, log=None)
    server.start()
    _serve(server)


def gunicorn(name: str) -> None:
    """Run one worker: gthread with 8 threads, or sync."""
    from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

    class Application(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            self.cfg.set("bind", f"{LOCALHOST}:0")
            self.cfg.set("worker_class", name.partition("-")[2])
            self.cfg.set("threads", 8 if name.endswith("gthread") else 1)
            self.cfg.set("keepalive", 75)  # seconds; the default of 2 would end connections that wait for their turn
            self.cfg.set("loglevel", "warning")
            self.cfg.set("when_ready", lambda arbiter: print(arbiter.LISTENERS[0].sock.getsockname()[1], flush=True))

        def load(self) -> Any:
            return application

    Application().run()


def flask(name: str) -> None:
    """Run the development server, as `flask run` does."""
    import flask
    import werkzeug.serving

    logging.getLogger("werkzeug").disabled = True
    app = flask.Flask(__name__)
    app.add_url_rule("/<path:path>", view_func=lambda path: flask.Response(CONTENT, headers=FIELDS))
    _serve(werkzeug.serving.make_server(LOCALHOST, 0, app, threaded=True))


def django(name: str) -> None:
    """Run the development server, as runserver does."""
    from django.conf import settings
    from django.core.servers.basehttp import WSGIRequestHandler, WSGIServer
    from django.core.wsgi import get_wsgi_application
    from django.http import HttpResponse
    from django.urls import re_path

    def view(request: Any) -> HttpResponse:
        return HttpResponse(CONTENT, headers=FIELDS)

    urls = type("urls", (), {"urlpatterns": [re_path("", view)]})
    settings.configure(ROOT_URLCONF=urls, ALLOWED_HOSTS=["*"], LOGGING_CONFIG=None, SECRET_KEY="benchmark")
    logging.getLogger("django.server").disabled = True
    cls = type("Server", (socketserver.ThreadingMixIn, WSGIServer), {"daemon_threads": True})
    server = cls((LOCALHOST, 0), WSGIRequestHandler)
    server.set_app(get_wsgi_application())
    _serve(server)


def files(name: str, folder: str, protocol: str) -> None:
    """Run `python -m http.server` or fasthdr.server, with its log; the module itself prints a line with its port."""
    module = "http.server" if name == "files-stdlib" else "fasthdr.server"
    sys.argv = [module, "--bind", LOCALHOST, "--directory", folder, "--protocol", protocol, "0"]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def bare(name: str, response: str | None = None) -> None:
    """Run the least that threads in Python can do: whatever is received gets the same answer, without HTTP.

    With the name of a response of bench.payloads it sends that response: a server for clients.
    """
    fields = "".join(f"{key}: {value}\r\n" for key, value in FIELDS.items())
    persistent = f"HTTP/1.1 200 OK\r\nServer: BaseHTTP/0.6 Python/3\r\n{DATE}\r\n{fields}\r\n".encode() + CONTENT
    for payload in RESPONSES:
        if payload.name == response:
            persistent = payload.data + payload.content
    closing = persistent.replace(b"\r\n\r\n", CLOSE + b"\r\n", 1)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
            # A client sends a request in one piece, and the next one after the answer.
            while data := self.request.recv(65536):
                if CLOSE in data:
                    self.request.sendall(closing)
                    return
                self.request.sendall(persistent)

    server = type("Server", (socketserver.ThreadingTCPServer,), {"daemon_threads": True, "request_queue_size": 128})
    with server((LOCALHOST, 0), Handler) as running:
        print(running.server_address[1], flush=True)
        running.serve_forever()


def waitress(name: str) -> None:
    from waitress.server import create_server

    server = create_server(application, listen=f"{LOCALHOST}:0", threads=8)
    print(server.effective_port, flush=True)
    server.run()


def cheroot(name: str) -> None:
    from cheroot.wsgi import Server

    server = Server((LOCALHOST, 0), application, numthreads=8)
    server.prepare()
    print(server.bind_addr[1], flush=True)
    server.serve()


def tornado(name: str) -> None:
    import asyncio

    from tornado import httpserver, httputil, netutil

    def answer(request: Any) -> None:
        line = httputil.ResponseStartLine("HTTP/1.1", 200, "OK")
        request.connection.write_headers(line, httputil.HTTPHeaders(FIELDS), CONTENT)
        request.connection.finish()

    async def serve() -> None:
        server = httpserver.HTTPServer(answer)
        server.add_sockets(sockets := netutil.bind_sockets(0, LOCALHOST, family=socket.AF_INET))
        print(sockets[0].getsockname()[1], flush=True)
        await asyncio.Event().wait()

    asyncio.run(serve())


SERVERS: dict[str, Callable[..., None]] = dict.fromkeys(HANDLERS, handlers)
SERVERS |= {"files-stdlib": files, "files-fasthdr": files, "gunicorn-gthread": gunicorn, "gunicorn-sync": gunicorn}
SERVERS |= {"flask": flask, "django": django, "gevent": gevent, "bare": bare}
SERVERS |= {"waitress": waitress, "cheroot": cheroot, "tornado": tornado}


def _end_with_input() -> None:
    """End this process when the one that started it is gone, for whatever reason."""
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.servers", description="Serve for a benchmark.")
    parser.add_argument("name", choices=SERVERS)
    parser.add_argument("arguments", nargs="*")
    parser.add_argument("--install", action="store_true")
    parser.add_argument("--adapter", action="store_true")
    args = parser.parse_args()
    threading.Thread(target=_end_with_input, daemon=True).start()
    if args.install:
        fasthdr.install()
    if args.adapter:
        importlib.import_module(f"fasthdr.adapters.{args.name.partition('-')[0]}").enable()
    SERVERS[args.name](args.name, *args.arguments)


if __name__ == "__main__":
    main()
