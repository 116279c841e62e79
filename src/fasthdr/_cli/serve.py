# SPDX-License-Identifier: MIT
"""The command line of `python -m fasthdr.server`: that of the running version's `python -m http.server`."""

from __future__ import annotations

import argparse
import contextlib
import http.server
import inspect
import os
import socket
from typing import Any

from fasthdr import server

_stdlib: Any = http.server  # for names that only some versions have, and for test(), which has no types


def _parser(tls: bool, headers: bool, content_type: bool, cgi: bool) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m fasthdr.server")
    add = parser.add_argument
    if cgi:
        add("--cgi", action="store_true", help="run as CGI server")
    add("-b", "--bind", metavar="ADDRESS", help="bind to this address (default: all interfaces)")
    add("-d", "--directory", default=os.getcwd(), help="serve this directory (default: current directory)")
    add(
        "-p", "--protocol", metavar="VERSION", default="HTTP/1.0",
        help="conform to this HTTP version (default: %(default)s)",
    )  # fmt: skip
    if content_type:
        add(
            "--content-type", default=_stdlib.SimpleHTTPRequestHandler.default_content_type,
            help="default content type for unknown extensions (default: %(default)s)",
        )  # fmt: skip
    if tls:
        add("--tls-cert", metavar="PATH", help="path to the TLS certificate chain file")
        add("--tls-key", metavar="PATH", help="path to the TLS key file")
        add("--tls-password-file", metavar="PATH", help="path to the password file for the TLS key")
    if headers:
        add(
            "-H", "--header", nargs=2, action="append", metavar=("HEADER", "VALUE"),
            help="add a custom response header (can be specified multiple times)",
        )  # fmt: skip
    add("port", default=8000, type=int, nargs="?", help="bind to this port (default: %(default)s)")
    return parser


def _password(parser: argparse.ArgumentParser, args: argparse.Namespace) -> str | None:
    if args.tls_key and not args.tls_cert:
        parser.error("--tls-key requires --tls-cert to be set")
    if not args.tls_password_file:
        return None
    if not args.tls_cert:
        parser.error("--tls-password-file requires --tls-cert to be set")
    try:
        with open(args.tls_password_file, encoding="utf-8") as file:
            return file.read().strip()
    except OSError as error:
        parser.error(f"Failed to read TLS password file: {error}")


def main(argv: list[str] | None = None) -> None:
    """Serve a directory until interrupted."""
    # The parameters of _stdlib.test() tell what the running version offers.
    known = inspect.signature(_stdlib.test).parameters
    tls, content_type = "tls_cert" in known, "content_type" in known
    headers = "extra_response_headers" in inspect.signature(server.SimpleHTTPRequestHandler).parameters or (
        "extra_response_headers" in inspect.signature(http.server.SimpleHTTPRequestHandler.__init__).parameters
    )
    parser = _parser(tls, headers, content_type, hasattr(http.server, "CGIHTTPRequestHandler"))
    args = parser.parse_args(argv)

    options: dict[str, Any] = {}
    if tls:
        options.update(tls_cert=args.tls_cert, tls_key=args.tls_key, tls_password=_password(parser, args))
    if content_type:
        options["content_type"] = args.content_type
    base = server.ThreadingHTTPSServer if tls and args.tls_cert else server.ThreadingHTTPServer
    handler = server.CGIHTTPRequestHandler if getattr(args, "cgi", False) else server.SimpleHTTPRequestHandler
    arguments = {"directory": args.directory}
    if headers:
        arguments["extra_response_headers"] = args.header

    class Server(base):  # type: ignore[misc, valid-type]
        def server_bind(self) -> None:
            # Both address families on one socket, if the system supports that (bpo-38907).
            with contextlib.suppress(Exception):
                self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            super().server_bind()

        def finish_request(self, request: Any, client_address: Any) -> None:
            self.RequestHandlerClass(request, client_address, self, **arguments)

    _stdlib.test(
        HandlerClass=handler, ServerClass=Server, port=args.port, bind=args.bind, protocol=args.protocol, **options
    )
