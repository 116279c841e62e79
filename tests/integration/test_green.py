# SPDX-License-Identifier: MIT
"""install() with packages that make the standard library's sockets and threads cooperative, in either order."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from tests.integration.processes import needs_signals, run

pytestmark = needs_signals

PROGRAM = """
import sys

def install():
    import fasthdr
    fasthdr.install(strict=sys.argv[3] == "strict")

def patch():
    if sys.argv[1] == "eventlet":
        import eventlet
        eventlet.monkey_patch()
    else:
        from gevent import monkey
        monkey.patch_all()

for step in (install, patch) if sys.argv[2] == "install" else (patch, install):
    step()

import http.client, http.server, threading
import fasthdr

CONTENT = bytes(range(256)) * 20_000  # more than a connection takes at once

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT)

    def log_message(self, *args):
        pass

def get():
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port)
    for _ in range(3):
        connection.request("GET", "/")
        assert connection.getresponse().read() == CONTENT
    connection.close()

fasthdr.collect_stats()
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
serving = threading.Thread(target=server.serve_forever)
serving.start()
clients = [threading.Thread(target=get) for _ in range(3)]
for client in clients:
    client.start()
for client in clients:
    client.join()
server.shutdown()
serving.join()
server.server_close()
print(fasthdr.is_installed(), fasthdr.stats())
"""


TWO_WRITERS = """
import sys
if sys.argv[1] == "eventlet":
    import eventlet
    eventlet.monkey_patch()
else:
    from gevent import monkey
    monkey.patch_all()

import socket, threading
import fasthdr, fasthdr.server

RESPONSE = b"HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n"

class Handler(fasthdr.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    strict = True

    def do_POST(self):
        begins = threading.Event()
        def write():
            begins.wait()
            self.connection.sendall(RESPONSE)
        threading.Thread(target=write).start()
        begins.set()  # the other greenlet goes on when this one waits
        self.rfile.read()

server = fasthdr.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = socket.create_connection(server.server_address)
client.sendall(b"POST / HTTP/1.1\\r\\nHost: h\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n")
reply = client.recv(1000)
client.sendall(b"zz\\r\\n")
while data := client.recv(1000):
    reply += data
print(reply == RESPONSE)
"""


@pytest.mark.parametrize("package", ["gevent", "eventlet"])
def test_a_write_by_another_greenlet(tmp_path: Path, package: str) -> None:
    """While rfile waits, another greenlet responds on the socket: no refusal follows as a second response."""
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    (tmp_path / "green.py").write_text(TWO_WRITERS)
    done = run("-W", "ignore", "green.py", package, cwd=tmp_path, timeout=30)
    assert (done.returncode, done.stdout) == (0, "True\n"), done.stderr


@pytest.mark.parametrize("mode", ["default", "strict"])
@pytest.mark.parametrize("first", ["install", "monkey_patch"])
@pytest.mark.parametrize("package", ["gevent", "eventlet"])
def test_over_real_sockets(tmp_path: Path, package: str, first: str, mode: str) -> None:
    """If install() imported a module too early, the server would never answer."""
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    (tmp_path / "green.py").write_text(PROGRAM)
    done = run("-W", "ignore", "green.py", package, first, mode, cwd=tmp_path, timeout=30)
    assert (done.returncode, done.stdout) == (0, "True {'core': 18}\n"), done.stderr
