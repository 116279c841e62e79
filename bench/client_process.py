# SPDX-License-Identifier: MIT
"""`python -m bench.client_process LIBRARY PORT PATH`: does so many requests as a line of standard input says, in turns.

Prints a line of JSON for each: nanoseconds of wall time and of CPU time (user and system) of this process.
"""

from __future__ import annotations

import argparse
import http.client
import json
import socket
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import fasthdr
import fasthdr.client

LARGE = 65536

Response = tuple[int, list[tuple[str, str]], bytes]  # status, fields, content
Get = Callable[[], Response]


def _connection(connection_class: type[http.client.HTTPConnection], port: int, path: str) -> Get:
    connection = connection_class("127.0.0.1", port)

    def get() -> Response:
        connection.request("GET", path)
        with connection.getresponse() as response:
            content = response.read()
            return response.status, response.getheaders(), content

    return get


def http_client(port: int, path: str) -> Get:
    return _connection(http.client.HTTPConnection, port, path)


def fasthdr_client(port: int, path: str) -> Get:
    return _connection(fasthdr.client.HTTPConnection, port, path)


def bare(port: int, path: str) -> Get:
    """The same bytes sent as http.client sends, and what came the first time received again: nothing is read of it."""
    sock = socket.create_connection(("127.0.0.1", port))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept-Encoding: identity\r\n\r\n".encode()
    sock.sendall(request)
    data = sock.recv(LARGE)
    while (head := fasthdr.parse_response(data)) is None:
        data += sock.recv(LARGE)
    total = head.consumed + (head.content_length or 0)
    while len(data) < total:
        data += sock.recv(LARGE)
    response = head.status, head.items(), data[head.consumed :]
    again = False

    def get() -> Response:
        nonlocal again
        if again:
            sock.sendall(request)
            left = total
            while left > 0:
                left -= len(sock.recv(LARGE))
        again = True
        return response

    return get


def urllib3(port: int, path: str) -> Get:
    import urllib3

    pool = urllib3.HTTPConnectionPool("127.0.0.1", port)

    def get() -> Response:
        response: Any = pool.request("GET", path)
        return response.status, list(response.headers.items()), response.data

    return get


def requests(port: int, path: str) -> Get:
    import requests

    session = requests.Session()
    session.trust_env = False  # no proxy of the environment
    url = f"http://127.0.0.1:{port}{path}"

    def get() -> Response:
        response = session.get(url)
        return response.status_code, list(response.headers.items()), response.content

    return get


LIBRARIES: Mapping[str, Callable[[int, str], Get]] = {
    "http.client": http_client,
    "fasthdr.client": fasthdr_client,
    "bare": bare,
    "urllib3": urllib3,
    "requests": requests,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.client_process", description="Make requests when told to.")
    parser.add_argument("library", choices=LIBRARIES)
    parser.add_argument("port", type=int)
    parser.add_argument("path")
    parser.add_argument("--install", action="store_true", help="call fasthdr.install() first")
    args = parser.parse_args()
    if args.install:
        fasthdr.install()
    get = LIBRARIES[args.library](args.port, args.path)
    status, fields, content = get()
    print(json.dumps([status, fields, content.decode("latin-1")]), flush=True)
    for line in sys.stdin:
        count = int(line)
        wall, cpu = time.perf_counter_ns(), time.process_time_ns()
        for _ in range(count):
            get()
        cpu, wall = time.process_time_ns() - cpu, time.perf_counter_ns() - wall
        print(json.dumps([wall / count, cpu / count]), flush=True)


if __name__ == "__main__":
    main()
