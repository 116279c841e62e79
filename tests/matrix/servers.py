# SPDX-License-Identifier: MIT
"""The servers of the matrix, the ways to make them strict or framed, and the cells that these make."""

from __future__ import annotations

import http.server
import importlib.util
import sys
from pathlib import Path
from typing import NamedTuple

ATTRIBUTE, INSTALL, COMMAND, FRAMED = "attribute", "install", "command", "framed"
WAYS = {
    ATTRIBUTE: "`strict = True` on the handler class",
    INSTALL: "`install(strict=True)`",
    COMMAND: "`python -m fasthdr --strict`",
    FRAMED: "`framed_body` alone",
}
_HTTP_SERVER = ["-m", "http.server", "--protocol", "HTTP/1.1", "--bind", "127.0.0.1"]
_HAS_PROTOCOL = sys.version_info >= (3, 11)  # whether `python -m http.server` has --protocol


class Server(NamedTuple):
    """What the tests need to know of a server.

    command: its own command line, which serves a folder; None: it has none that prints the port it got.
    ours: its handler class is derived from one of fasthdr's.
    echoes: its application is one of tests.matrix.apps.
    method: the method of requests with a body.
    prefix: what the path of each request begins with.
    persists: it reads another request from a connection, if the one before allows it.
    minor: the minor version of its responses.
    chunked: its application sees the content of a chunked body.
    continues: it sends 100 Continue for a body that the application reads; "always": for an unread one, too.
    logs: it logs a line for each request.
    """

    command: list[str] | None = None
    ours: bool = False
    echoes: bool = True
    method: str = "POST"
    prefix: str = ""
    persists: bool = True
    minor: int = 1
    chunked: bool = True
    continues: bool | str = True
    logs: bool = True


_WSGIREF = {"persists": False, "minor": 0, "continues": False}

SERVERS = {
    "http.server": Server(),
    "files": Server(
        command=[*_HTTP_SERVER, "--directory", "FOLDER", "0"] if _HAS_PROTOCOL else None,
        echoes=False,
        method="GET",
        chunked=False,
        continues=False,
    ),
    "CGI": Server(
        command=[*_HTTP_SERVER, "--cgi", "--directory", "FOLDER", "0"] if _HAS_PROTOCOL else None,
        prefix="/cgi-bin/echo",
        persists=False,
        chunked=False,
        continues="always",
    ),
    "wsgiref": Server(**_WSGIREF),
    "fasthdr.server": Server(ours=True),
    "fasthdr.simple_server": Server(ours=True, **_WSGIREF),
    "Flask": Server(
        command=["-m", "flask", "--app", "tests.matrix.flask_app", "run", "--port", "0"],
        persists=False,
        continues="always",
    ),
    "Django": Server(
        command=["-m", "tests.matrix.django_app", "runserver", "--noreload", "127.0.0.1:0"],
        chunked=False,
    ),
    "Bottle": Server(**_WSGIREF),
    "prometheus_client": Server(echoes=False, method="GET", chunked=False, logs=False, **_WSGIREF),
}
_PACKAGES = {"Flask": "flask", "Django": "django", "Bottle": "bottle", "prometheus_client": "prometheus_client"}


class Cell(NamedTuple):
    """A server, and the way in which it is strict or framed."""

    name: str
    way: str

    @property
    def server(self) -> Server:
        return SERVERS[self.name]

    @property
    def strict(self) -> bool:
        return self.way != FRAMED

    def command(self, folder: Path) -> list[str]:
        """Return the arguments of `python` that run it."""
        served = ["-m", "tests.matrix.serve", self.name, str(folder)]
        own = [word.replace("FOLDER", str(folder)) for word in self.server.command or served]
        if self.way == ATTRIBUTE:
            return [*served, "--attribute", "strict", *([] if self.server.ours else ["--plain-install"])]
        if self.way == INSTALL:
            return [*served, "--install", "strict"]
        if self.way == COMMAND:
            return ["-m", "fasthdr", "--strict", *own]
        if self.way == FRAMED and self.server.ours:
            return [*served, "--attribute", "framed_body"]
        if self.way == FRAMED and self.server.command:
            return ["-m", "fasthdr", "--framed-body", *own]
        return [*served, "--install", "framed_body"] if self.way == FRAMED else served

    def __str__(self) -> str:
        return f"{self.name}, {self.way}"


CELLS = [Cell(name, way) for name in SERVERS for way in WAYS]
PLAIN = Cell("http.server", "as it is")  # without fasthdr


def missing(name: str) -> str | None:
    """Return why this server cannot run here, or None if it can."""
    if name == "CGI" and not hasattr(http.server, "CGIHTTPRequestHandler"):
        return "this version's http.server has no CGIHTTPRequestHandler"
    if name in _PACKAGES and importlib.util.find_spec(_PACKAGES[name]) is None:
        return f"{name} is not installed here"
    return None
