# SPDX-License-Identifier: MIT
"""Programs that run behind a proxy, and the proxies with the configurations of docs/how-to/several-hosts.md."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import fasthdr
from tests.adapters.client import ask
from tests.docs.fences import ROOT, blocks_of
from tests.integration.hosts import Host, Taps
from tests.integration.processes import TIMEOUT, Served, served

PAGE = ROOT / "docs" / "how-to" / "several-hosts.md"
CLIENT, FRONT, INNER, ADDRESSES = "192.0.2.1", "192.0.2.80", "198.51.100.1", ("198.51.100.11", "198.51.100.12")
PORT = 8000

# What each program answers, and what it prints about requests to a shape.
SHARED = """
import hashlib, json, os

def answer(method, target, body, client, host, scheme, others, peer):
    path, _, query = target.partition("?")
    digest = None if query == "leave" else hashlib.sha256(body).hexdigest()
    if path.startswith("/shape"):
        print(json.dumps([method, path, digest]), flush=True)
    seen = dict(method=method, path=path, digest=digest, client=client, host=host, scheme=scheme, others=others)
    return json.dumps({**seen, "peer": peer, "process": os.getpid(), "server": os.environ["HOST"]}).encode()

def application(environ, start_response):
    leave = environ["QUERY_STRING"] == "leave"
    body = b"" if leave else environ["wsgi.input"].read()
    fields = {name: value for name, value in environ.items() if "FORWARDED" in name}
    client = environ["REMOTE_ADDR"] if "waitress" in environ["SERVER_SOFTWARE"] else fields.get("HTTP_X_FORWARDED_FOR")
    content = answer(
        environ["REQUEST_METHOD"], environ["PATH_INFO"] + "?" * leave + environ["QUERY_STRING"], body, client,
        environ.get("HTTP_HOST"), environ["wsgi.url_scheme"], fields, environ["REMOTE_PORT"]
    )
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(content)))])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [content]
"""
STRICT = """
import contextlib
from fasthdr.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from shared import answer

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    strict = True

    def do_GET(self):
        body = b"" if self.path.endswith("?leave") else self.rfile.read()
        names = {name.lower() for name in self.headers if "forwarded" in name.lower()}
        fields = {name: ", ".join(self.headers.get_all(name)) for name in names}
        content = answer(
            self.command, self.path, body, fields.get("x-forwarded-for"), self.headers["Host"],
            fields.get("x-forwarded-proto"), fields, str(self.client_address[1])
        )
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_HEAD = do_POST = do_GET

    def log_message(self, *arguments):
        pass

with contextlib.suppress(KeyboardInterrupt):
    ThreadingHTTPServer(("", 8000), Handler).serve_forever()
"""
WAITRESS = """
from fasthdr.adapters.waitress import serve
from shared import application

serve(application, host="0.0.0.0", port=8000, trusted_proxy="198.51.100.1", trusted_proxy_count=1,
      trusted_proxy_headers={"x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"},
      clear_untrusted_proxy_headers=True)
"""
GEVENT = """
import fasthdr
fasthdr.install(strict=True)
from gevent.pywsgi import WSGIServer
from shared import application

WSGIServer(("0.0.0.0", 8000), application, log=None).serve_forever()
"""
GUNICORN = [
    "-m", "gunicorn", "-k", "fasthdr.adapters.gunicorn.ThreadWorker", "--workers", "2", "--threads", "4",
    "--keep-alive", "75", "--bind", "0.0.0.0:8000", "--forwarded-allow-ips", "198.51.100.1", "--log-level", "error",
    "shared:application",
]  # fmt: skip
PROGRAMS = {"strict": STRICT, "waitress": WAITRESS, "gevent": GEVENT, "gunicorn": ""}


def configuration(language: str) -> str:
    (found,) = (block.text for block in blocks_of(PAGE) if block.language == language)
    return found


class Site:
    """A client, a proxy, and two hosts with the same program."""

    def __init__(self, proxy: str, program: str, folder: Path) -> None:
        self.program, self.folder = program, folder
        self.unbuffered = proxy.endswith("unbuffered")
        self.proxy = proxy.partition(" ")[0]
        self.printed = self.errors = ""  # by the servers that have ended
        self.running: dict[str, Served] = {}
        self._started = 0
        self._ends: dict[str, contextlib.ExitStack] = {}
        (folder / "shared.py").write_text(SHARED)
        (folder / "program.py").write_text(PROGRAMS[program])
        self.client, self.front, self.hosts = Host(), Host(), {address: Host() for address in ADDRESSES}
        self.client.join(self.front, CLIENT, FRONT)
        for address, host in self.hosts.items():
            self.front.join(host, INNER, address)

    def start(self, address: str) -> None:
        """Start the server of a host, and wait until it listens."""
        command = GUNICORN if self.program == "gunicorn" else ["program.py"]
        root = str(Path(fasthdr.__file__).parents[1])
        with self.hosts[address].inside():
            stack = contextlib.ExitStack()
            server = served(command, PORT, cwd=self.folder, PYTHONPATH=root, HOST=address)
            self.running[address] = stack.enter_context(server)
            self._ends[address] = stack

    def end(self, address: str) -> None:
        """Interrupt the server of a host, and keep what it has printed."""
        self._ends.pop(address).close()
        server = self.running.pop(address)
        self.printed += server.stdout
        self.errors += server.stderr

    def restart(self, address: str) -> None:
        self.end(address)
        self.start(address)

    def children(self, address: str) -> list[int]:
        """Return the processes that the server of a host has started."""
        parent = self.running[address].process.pid
        return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]

    def close(self) -> None:
        with contextlib.ExitStack() as stack:
            for host in (self.client, self.front, *self.hosts.values()):
                stack.callback(host.close)
            for address in list(self.running):
                stack.callback(self.end, address)

    @contextlib.contextmanager
    def serving(self, *changes: tuple[str, str], port: int = 80) -> Iterator[None]:
        """Run the proxy with the page's configuration and these changes, until the end of the block."""
        text = configuration(self.proxy)
        self._started += 1
        file = self.folder / f"{self._started}.conf"
        command = ["haproxy", "-db", "-f", str(file)]
        if self.proxy == "nginx":  # the distributor decides where it keeps its files
            kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
            paths = "".join(f"{kind}_temp_path {self.folder}/{kind};\n" for kind in kinds)
            unbuffered = "proxy_request_buffering off;\n" * self.unbuffered
            changes = (("http {", f"http {{\naccess_log off;\n{paths}{unbuffered}"), *changes)
            directives = f"daemon off; user root root; pid {file}.pid; error_log stderr crit;"
            command = ["nginx", "-p", str(self.folder), "-e", "stderr", "-g", directives, "-c", str(file)]
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        file.write_text(text)
        with self.front.inside(), contextlib.ExitStack() as stack:
            log = stack.enter_context(file.with_suffix(".log").open("w+"))
            process = stack.enter_context(subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=log))
            stack.callback(process.terminate)
            self._until_it_answers(process, log, port)
            yield

    @contextlib.contextmanager
    def taps(self, port: int, to: int) -> Iterator[Taps]:
        """Open a port on each host that passes connections on to another port."""
        with contextlib.closing(Taps()) as taps:
            for host in self.hosts.values():
                with host.inside():
                    taps.open(port, to)
            yield taps

    def _until_it_answers(self, process: subprocess.Popen[bytes], log: IO[str], port: int) -> None:
        """Wait until requests reach each host."""
        end = time.monotonic() + TIMEOUT
        missing = set(self.hosts)
        while missing:
            assert process.poll() is None, (log.seek(0), log.read())
            assert time.monotonic() < end, f"no request reaches {missing}"
            with contextlib.suppress(OSError, ValueError):
                missing.discard(self.get("/ready", port=port)["server"])

    def connection(self, address: str = FRONT, port: int = 80) -> socket.socket:
        """Connect the client to the proxy, or the proxy to a server."""
        with (self.client if address == FRONT else self.front).inside():
            return socket.create_connection((address, port), TIMEOUT)

    def ask(self, *pieces: bytes, pause: float = 0.0, address: str = FRONT, port: int = 80) -> bytes:
        """Send this on one connection, and return all that is answered."""
        with (self.client if address == FRONT else self.front).inside():
            return ask((address, port), *pieces, pause=pause)

    def get(self, target: str, address: str = FRONT, port: int = 80) -> dict[str, Any]:
        """Return what the application has seen of a GET. Raises ValueError if the GET did not reach it."""
        head, _, content = self.ask(request(f"GET {target}"), address=address, port=port).partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200 "):
            raise ValueError(head)
        return json.loads(content)


def framed(data: bytes) -> list[tuple[str, str, bytes]]:
    """Return the complete requests that a proxy has sent on a connection: method, target and body.

    Proxies write a length in one way only, so this reads no other.
    """
    found = []
    while head := re.match(rb"(\S+) (\S+) HTTP/1\.[01]\r\n((?:[^\r\n]+\r\n)*)\r\n", data):
        fields = re.findall(rb"(?im)^(content-length: \d+|transfer-encoding: chunked)\r$", head[3])
        assert len(fields) == len(re.findall(rb"(?im)^content-length|^transfer-encoding", head[3])) <= 1, data
        rest = data[head.end() :]
        length = fields[0].split()[1] if fields else b"0"
        ended = dechunked(rest) if length == b"chunked" else (rest[: int(length)], rest[int(length) :])
        if ended is None or (length != b"chunked" and len(ended[0]) < int(length)):
            break
        body, data = ended
        found.append((head[1].decode(), head[2].decode("latin-1"), body))
    return found


def dechunked(data: bytes) -> tuple[bytes, bytes] | None:
    """Return a chunked body and what follows it, or None if the body is not complete."""
    body = b""
    while chunk := re.match(rb"([0-9a-fA-F]+)\r\n", data):
        size, data = int(chunk[1], 16), data[chunk.end() :]
        if not size:
            trailers = re.match(rb"(?:[^\r\n]+\r\n)*\r\n", data)
            return (body, data[trailers.end() :]) if trailers else None
        body, end, data = body + data[:size], data[size : size + 2], data[size + 2 :]
        assert b"\r\n".startswith(end), data
    return None


def request(line: str, *fields: bytes, last: bool = True, body: bytes = b"") -> bytes:
    every = (b"Host: site.example", *fields, *[b"Connection: close"] * last)
    return f"{line} HTTP/1.1\r\n".encode() + b"".join(field + b"\r\n" for field in every) + b"\r\n" + body
