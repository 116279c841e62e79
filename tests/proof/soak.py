# SPDX-License-Identifier: MIT
"""python -m tests.proof.soak [--minutes M] [--mode MODE]: run a threading server at full load on loopback for a while.

Clients in two processes send good, pipelined, slow, wrong and reset requests, with both kinds of framing, uploads that
are answered unread, upgrades and TLS hellos, and compare every byte of every answer with what it should be. Linux only:
the server's memory and file descriptors are read from /proc. The program ends with status 1 if an answer was wrong,
lost or doubled, or if memory or descriptors have grown.
"""

from __future__ import annotations

import argparse
import http.server
import json
import os
import random
import socket
import statistics
import struct
import subprocess
import sys
import threading
import time
from collections import Counter
from typing import Any

import fasthdr
from fasthdr import server

WARM_UP = 0.2  # the part of the time that is not measured
TIMEOUT = 30  # seconds after which a client gives up on the server
CLIENTS = 6  # threads in each of two processes
GROWTH = 4 << 20  # bytes by which the server's memory may change, as threads come and go
EARLY = b"not for you"


class Answers:
    """Answers with the request and its body; refuses uploads unread; echoes lines after an upgrade."""

    protocol_version = "HTTP/1.1"
    timeout = TIMEOUT
    headers: Any
    rfile: Any
    wfile: Any

    def do_GET(self: Any) -> None:
        if self.path == "/upgrade":
            self.upgrade()
            return
        early = self.path == "/early"
        body = EARLY if early else f"{self.command} {self.path} {self.headers['X-Id']} ".encode() + self.rfile.read()
        self.send_response(403 if early else 200)
        self.send_header("Content-Length", str(len(body)))
        if early:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def upgrade(self: Any) -> None:
        self.send_response(101)
        self.send_header("Connection", "upgrade")
        self.send_header("Upgrade", "echo")
        self.end_headers()
        while line := self.rfile.readline():
            self.wfile.write(line)
        self.close_connection = True

    def date_time_string(self, timestamp: float | None = None) -> str:
        return "now"

    def version_string(self) -> str:
        return "soak"

    def log_message(self, format: str, *args: Any) -> None:
        pass


class Strict(Answers, server.BaseHTTPRequestHandler):
    strict = True


class Framed(Answers, server.BaseHTTPRequestHandler):
    framed_body = True


class Installed(Answers, http.server.BaseHTTPRequestHandler):
    """Strict by install(): rfile gives the bytes of the wire, to the end of the body."""


HANDLERS: dict[str, type[Any]] = {"strict": Strict, "framed": Framed, "installed": Installed}


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    errors: Counter[str] = Counter()  # noqa: RUF012 (one server a process)

    def handle_error(self, request: Any, client_address: Any) -> None:
        self.errors[repr(sys.exc_info()[1])] += 1


# ---------------------------------------------------------------------------------------------------------- clients


def request(rng: random.Random, number: int, last: bool, decoded: bool) -> tuple[bytes, bytes]:
    """Return a request and its whole answer. decoded: the server's rfile decodes chunked bodies."""
    target, name = f"/{rng.randrange(10**9)}", f"{number}-{rng.random()}"
    body, fields = b"", [f"Host: localhost\r\nX-Id: {name}\r\n"]
    fields += [f"X-Field-{i}: {'v' * rng.randrange(60)}\r\n" for i in range(rng.choice([0, 3, 15, 60]))]
    sent = b""
    kind = rng.randrange(3)
    if kind:
        body = rng.randbytes(rng.choice([1, 100, 5000]))
    if kind == 1:
        fields.append(f"Content-Length: {len(body)}\r\n")
        sent = body
    elif kind == 2:
        fields.append("Transfer-Encoding: chunked\r\n")
        at = rng.randrange(len(body)) + 1
        parts = [part for part in (body[:at], body[at:]) if part]
        sent = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    if last:
        fields.append("Connection: close\r\n")
    method = "POST" if kind else "GET"
    head = f"{method} {target} HTTP/1.1\r\n{''.join(fields)}\r\n".encode()
    said = f"{method} {target} {name} ".encode() + (body if decoded else sent)
    end = b"Connection: close\r\n" if last else b""
    answer = b"HTTP/1.1 200 OK\r\nServer: soak\r\nDate: now\r\nContent-Length: %d\r\n%s\r\n" % (len(said), end) + said
    return head + sent, answer


def everything(connection: socket.socket) -> bytes:
    chunks = []
    while chunk := connection.recv(65536):
        chunks.append(chunk)
    return b"".join(chunks)


def expect(found: bytes, expected: bytes, kind: str) -> None:
    if found != expected:
        raise AssertionError(f"{kind}: {found[:300]!r} and not {expected[:300]!r}")


def good(connection: socket.socket, rng: random.Random, decoded: bool) -> int:
    count = rng.randrange(1, 30)
    for number in range(count):
        sent, answer = request(rng, number, number == count - 1, decoded)
        connection.sendall(sent)
        found = b""
        while len(found) < len(answer):
            chunk = connection.recv(65536)
            if not chunk:
                break
            found += chunk
        expect(found, answer, "good")
    expect(everything(connection), b"", "good, after the last")
    return count


def pipelined(connection: socket.socket, rng: random.Random, decoded: bool) -> int:
    count = rng.randrange(2, 10)
    pairs = [request(rng, number, number == count - 1, decoded) for number in range(count)]
    connection.sendall(b"".join(sent for sent, _ in pairs))
    expect(everything(connection), b"".join(answer for _, answer in pairs), "pipelined")
    return count


def slow(connection: socket.socket, rng: random.Random, decoded: bool) -> int:
    sent, answer = request(rng, 0, True, decoded)
    step = max(1, len(sent) // 20)
    for at in range(0, len(sent), step):
        connection.sendall(sent[at : at + step])
        time.sleep(0.005)
    expect(everything(connection), answer, "slow")
    return 1


WRONG = [  # with the start of the answer; the stdlib's answer to a malformed request line may have no status line
    (b"BREW / HTTP/1.1\r\nHost: h\r\n\r\n", b"HTTP/1.1 501 "),
    (b"GET / HTTP/x\r\n\r\n", b"HTTP/1.1 400 "),
    (b"GET / a b HTTP/1.1\r\n\r\n", b"HTTP/1.1 400 "),
    (b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 400 "),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"HTTP/1.1 400 "),  # a TLS hello
]


def wrong(connection: socket.socket, rng: random.Random, decoded: bool) -> int:
    """Send a good request and a wrong one: each gets one answer, and the connection ends."""
    sent, answer = request(rng, 0, False, decoded)
    bad, start = rng.choice(WRONG)
    connection.sendall(sent + bad)
    found = everything(connection)
    expect(found[: len(answer)], answer, "before a wrong one")
    refused = found[len(answer) :]
    if not refused.startswith(start) or refused.count(b"HTTP/1.1 ") != 1:
        raise AssertionError(f"wrong: {bad!r}, {refused[:300]!r}")
    return 2


def reset(connection: socket.socket, rng: random.Random, decoded: bool) -> int:
    sent, _ = request(rng, 0, False, decoded)
    connection.sendall(sent[: rng.randrange(1, len(sent) + 1)])
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return 0


def early(connection: socket.socket, rng: random.Random, decoded: bool) -> int:
    """Send an upload that is answered before it is read, of a size that the server still reads, or a larger one."""
    size = rng.choice([1, 60_000, 3 << 20])
    connection.sendall(b"POST /early HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % size)
    connection.sendall(b"v" * size)
    answer = b"HTTP/1.1 403 Forbidden\r\nServer: soak\r\nDate: now\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
    expect(everything(connection), answer % (len(EARLY), EARLY), "early")
    return 1


def upgrade(connection: socket.socket, rng: random.Random, decoded: bool) -> int:
    """Send lines of another protocol after an upgrade, the first of them directly behind the head."""
    lines = [b"%d\n" % rng.randrange(1 << 40) for _ in range(rng.randrange(1, 20))]
    head = b"GET /upgrade HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n"
    connection.sendall(head + lines[0])
    for line in lines[1:]:
        connection.sendall(line)
    connection.shutdown(socket.SHUT_WR)
    switched = (
        b"HTTP/1.1 101 Switching Protocols\r\nServer: soak\r\nDate: now\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n"
    )
    expect(everything(connection), switched + b"".join(lines), "upgrade")
    return 1


KINDS = [good, good, good, pipelined, pipelined, slow, wrong, reset, early, upgrade]


def client(port: int, seconds: float, seed: int, decoded: bool, counts: Counter[str], errors: list[str]) -> None:
    rng = random.Random(seed)
    end = time.monotonic() + seconds
    while time.monotonic() < end and not errors:
        kind = rng.choice(KINDS)
        try:
            with socket.create_connection(("127.0.0.1", port), TIMEOUT) as connection:
                counts["answers"] += kind(connection, rng, decoded)
            counts[kind.__name__] += 1
        except (AssertionError, OSError) as error:
            errors.append(f"seed {seed}, {kind.__name__}: {error!r}")


def clients(port: int, seconds: float, seed: int, decoded: bool) -> None:
    counts: Counter[str] = Counter()
    errors: list[str] = []
    threads = [
        threading.Thread(target=client, args=(port, seconds, seed * CLIENTS + i, decoded, counts, errors))
        for i in range(CLIENTS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps([counts, errors]))


# ----------------------------------------------------------------------------------------------------------- server


def memory() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.proof.soak")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--mode", choices=HANDLERS, default="strict", help="of the handler")
    parser.add_argument("--clients", nargs=2, type=int, metavar=("PORT", "SEED"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    seconds = args.minutes * 60
    if args.mode == "framed":
        del WRONG[1:]
    if args.clients:
        clients(args.clients[0], seconds, args.clients[1], args.mode != "installed")
        return
    if args.mode == "installed":
        fasthdr.install(strict=True)
    httpd = Server(("127.0.0.1", 0), HANDLERS[args.mode])
    serving = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.1})
    serving.start()
    before = descriptors()
    command = [sys.executable, "-m", "tests.proof.soak", "--minutes", str(args.minutes)]
    command += ["--mode", args.mode]
    processes = [
        subprocess.Popen([*command, "--clients", str(httpd.server_address[1]), str(seed)], stdout=subprocess.PIPE)
        for seed in range(2)
    ]
    started, samples = time.monotonic(), []
    while any(process.poll() is None for process in processes):
        time.sleep(0.5)
        samples.append((time.monotonic() - started, memory()))
    results = [json.loads(process.communicate()[0]) for process in processes]
    time.sleep(1)  # time for the last connections to end
    after = descriptors()
    httpd.shutdown()
    serving.join()
    httpd.server_close()

    counts: Counter[str] = sum((Counter(found) for found, _ in results), Counter())
    errors = [error for _, found in results for error in found]
    errors += [f"in the server: {error}, {count} times" for error, count in httpd.errors.items()]
    steady = [size for at, size in samples if WARM_UP * seconds < at < seconds]
    steady = steady or [memory()]
    tenth = max(len(steady) // 10, 1)
    first, last = statistics.median(steady[:tenth]), statistics.median(steady[-tenth:])
    if last - first > GROWTH:
        errors.append(f"memory has grown by {last - first} bytes")
    if after > before:
        errors.append(f"{after - before} file descriptors are left open")
    print(f"{args.mode}, {args.minutes} minutes, fasthdr {fasthdr.IMPLEMENTATION}: {dict(counts)}")
    print(f"memory {first / 2**20:.1f} MiB, then {last / 2**20:.1f} MiB; file descriptors {before}, then {after}")
    if errors:
        sys.exit("\n".join(errors))


if __name__ == "__main__":
    main()
