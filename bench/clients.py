# SPDX-License-Identifier: MIT
"""`python -m bench.clients LIBRARY PORT`: makes as many requests as each line of standard input says.

Prints what it read of a first response; then, for each line, the nanoseconds of wall time and of CPU time (user and
system, of this process) that all its requests took. --install calls fasthdr.install() first.
"""

from __future__ import annotations

import argparse
import http.client
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import fasthdr
import fasthdr.client

PATH = "/a/b?c=d"

Get = Callable[[], tuple[int, Any, bytes]]  # status, fields, content


def http_client(port: int, module: Any = http.client) -> Get:
    connection = module.HTTPConnection("127.0.0.1", port)

    def get() -> Any:
        connection.request("GET", PATH)
        with connection.getresponse() as response:
            content = response.read()
            return response.status, response.getheaders(), content

    return get


def urllib3(port: int) -> Get:
    import urllib3

    pool = urllib3.HTTPConnectionPool("127.0.0.1", port)

    def get() -> Any:
        response: Any = pool.request("GET", PATH)
        return response.status, list(response.headers.items()), response.data

    return get


def requests(port: int) -> Get:
    import requests

    session = requests.Session()
    session.trust_env = False  # no proxy from the environment

    def get() -> Any:
        response = session.get(f"http://127.0.0.1:{port}{PATH}")
        return response.status_code, list(response.headers.items()), response.content

    return get


LIBRARIES = {"http.client": http_client, "urllib3": urllib3, "requests": requests}
LIBRARIES["fasthdr.client"] = lambda port: http_client(port, fasthdr.client)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.clients", description="Make requests when told to.")
    parser.add_argument("library", choices=LIBRARIES)
    parser.add_argument("port", type=int)
    parser.add_argument("--install", action="store_true")
    args = parser.parse_args()
    if args.install:
        fasthdr.install()
    get: Get = LIBRARIES[args.library](args.port)
    status, fields, content = get()
    print(json.dumps([status, fields, content.decode("latin-1")]), flush=True)
    for line in sys.stdin:
        wall, cpu = time.perf_counter_ns(), time.process_time_ns()
        for _ in range(int(line)):
            get()
        cpu, wall = time.process_time_ns() - cpu, time.perf_counter_ns() - wall
        print(json.dumps([wall, cpu]), flush=True)


if __name__ == "__main__":
    main()
