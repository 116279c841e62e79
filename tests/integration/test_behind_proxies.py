# SPDX-License-Identifier: MIT
"""Two processes behind HAProxy or nginx: a strict handler, and waitress with its adapter.

The servers get the proxy's word about the client, not the client's own, and no server takes an ambiguous request for
two.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.client import LAST, ask
from tests.integration.processes import free_port, needs_signals, served

pytestmark = needs_signals

STRICT = """
import sys
from fasthdr.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    strict = True

    def do_GET(self):
        body = self.rfile.read()
        client = self.headers.get_all("X-Forwarded-For")[-1].split(",")[-1].strip()
        scheme = self.headers["X-Forwarded-Proto"]
        content = repr(("strict", self.path, client, scheme, body)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_GET

    def log_message(self, format, *args):
        print(self.requestline, flush=True)

ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
WAITRESS = """
import sys
from fasthdr.adapters.waitress import serve

def application(environ, start_response):
    print(environ["REQUEST_METHOD"], environ["PATH_INFO"], flush=True)
    body = environ["wsgi.input"].read()
    shown = ("waitress", environ["PATH_INFO"], environ["REMOTE_ADDR"], environ["wsgi.url_scheme"], body)
    content = repr(shown).encode()
    start_response("200 OK", [("Content-Length", str(len(content)))])
    return [content]

serve(application, host="127.0.0.1", port=int(sys.argv[1]), trusted_proxy="127.0.0.1", trusted_proxy_count=1,
      trusted_proxy_headers={"x-forwarded-for", "x-forwarded-proto"}, clear_untrusted_proxy_headers=True)
"""
HAPROXY = """
defaults
    mode http
    timeout connect 5s
    timeout client 20s
    timeout server 20s
frontend front
    bind 127.0.0.1:{front}
    http-request del-header X-Forwarded-Proto
    http-request set-header X-Forwarded-Proto https
    option forwardfor
    default_backend servers
backend servers
    balance roundrobin
    server strict 127.0.0.1:{strict}
    server waitress 127.0.0.1:{waitress}
"""
NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    upstream servers {{
        server 127.0.0.1:{strict};
        server 127.0.0.1:{waitress};
        keepalive 4;
    }}
    server {{
        listen 127.0.0.1:{front};
        location / {{
            proxy_pass http://servers;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto https;
        }}
    }}
}}
"""
INNER = b"GET /inner HTTP/1.1\r\nHost: h\r\n\r\n"
OUTER = b"POST /outer HTTP/1.1\r\nHost: h\r\n"
CHUNKED = OUTER + b"Transfer-Encoding: chunked\r\n"
# If two readers take the length or the coding differently, one of them sees INNER as a request and the other does not.
SHAPES = {
    "length and chunked": CHUNKED + b"Content-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": OUTER + b"Content-Length: 0\r\nContent-Length: 32\r\n\r\n",
    "a list of lengths": OUTER + b"Content-Length: 0, 32\r\n\r\n",
    "a signed length": OUTER + b"Content-Length: +32\r\n\r\n",
    "a blank before the colon": OUTER + b"Content-Length : 32\r\n\r\n",
    "a bare CR": OUTER + b"X: a\rContent-Length: 32\r\n\r\n",
    "a coding with a control": OUTER + b"Transfer-Encoding: \x0bchunked\r\n\r\n",
    "a coding that is none": OUTER + b"Transfer-Encoding: xchunked\r\n\r\n",
    "a chunk with a wrong end": CHUNKED + b"\r\n2\r\nabcd\r\n0\r\n\r\n",
    "a size with a prefix": CHUNKED + b"\r\n0x0\r\n\r\n",
    "two hosts": OUTER + b"Host: i\r\n\r\n",
}


@contextlib.contextmanager
def proxy(name: str, folder: Path, ports: dict[str, int]) -> Iterator[Any]:
    configuration = folder / "proxy.conf"
    text = {"haproxy": HAPROXY, "nginx": NGINX}[name]
    configuration.write_text(text.format(folder=folder, **ports))
    option = {"haproxy": ["-f"], "nginx": ["-p", str(folder), "-c"]}[name]
    with subprocess.Popen([name, *option, str(configuration)], stderr=subprocess.PIPE, text=True) as process:
        try:
            end = time.monotonic() + 20
            while True:
                with contextlib.suppress(OSError):
                    ask(("127.0.0.1", ports["front"]), LAST)
                    break
                assert process.poll() is None, process.stderr and process.stderr.read()
                assert time.monotonic() < end, "the proxy does not listen"
                time.sleep(0.05)
            yield "127.0.0.1", ports["front"]
        finally:
            process.terminate()


@pytest.mark.parametrize("name", ["haproxy", "nginx"])
def test_behind(name: str, tmp_path: Path) -> None:
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed (Debian and Ubuntu: apt-get install {name})")
    pytest.importorskip("waitress", reason="waitress is not installed here")
    ports = {"front": free_port(), "strict": free_port(), "waitress": free_port()}
    programs = {"strict": STRICT, "waitress": WAITRESS}
    for program, text in programs.items():
        (tmp_path / f"serves_{program}.py").write_text(text)
    with contextlib.ExitStack() as stack:
        servers = [
            stack.enter_context(served([f"serves_{program}.py", str(ports[program])], ports[program], cwd=tmp_path))
            for program in programs
        ]
        address = stack.enter_context(proxy(name, tmp_path, ports))
        answers = [
            ask(
                address,
                b"POST /path HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: ftp\r\n"
                b"X_Forwarded_For: 192.0.2.2\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
            )
            for _ in range(8)
        ]
        refused = {shape: ask(address, data + INNER + LAST) for shape, data in SHAPES.items()}
        # Past the proxy, directly to the strict handler.
        strict = {shape: ask(("127.0.0.1", ports["strict"]), data + INNER + LAST) for shape, data in SHAPES.items()}
    for answer in answers:
        assert answer.startswith(b"HTTP/1.1 200 "), answer
        assert b"'/path', '127.0.0.1', 'https', b'hello')" in answer
    assert {answer.count(b"('strict'") for answer in answers} == {0, 1}
    assert {answer.count(b"('waitress'") for answer in answers} == {0, 1}
    for shape, answer in refused.items():
        assert b"/inner" not in answer, (shape, answer)
        # HAProxy removes the length, passes the chunked body on and ends the connection, as RFC 9112 6.3 allows.
        allowed = b"HTTP/1.1 200 " if (name, shape) == ("haproxy", "length and chunked") else b"HTTP/1.1 4"
        assert answer.startswith((allowed, b"HTTP/1.1 501 ")), (shape, answer)
    for shape, answer in strict.items():
        assert answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 501 ")), (shape, answer)
        assert answer.count(b"HTTP/1.1 ") == 1, (shape, answer)
    assert not any("/inner" in server.stdout for server in servers), [server.stdout for server in servers]
