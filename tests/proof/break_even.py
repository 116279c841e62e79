# SPDX-License-Identifier: MIT
"""python -m tests.proof.break_even: after how many requests a script on http.client has gained what install() costs.

A local server answers each request with a head of 13 fields. Scripts with and without install() alternate, and make 1
or MANY requests on one connection. Printed is the CPU time, user and system, of the scripts' processes: medians, what
install() costs, what it saves for each request, and the quotient.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SCRIPT = """
import sys
{before}
import http.client
connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
for _ in range(int(sys.argv[2])):
    connection.request("GET", "/", headers={{"Accept": "*/*", "User-Agent": "script"}})
    connection.getresponse().read()
"""
PLAIN, INSTALLED = SCRIPT.format(before=""), SCRIPT.format(before="import fasthdr; fasthdr.install()")
FIELDS = [(f"X-Field-{i}", "a value of a usual length") for i in range(10)]
MANY = 400


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_GET(self) -> None:
        self.send_response(200)
        for name, value in (*FIELDS, ("Content-Length", "0")):
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


def seconds(script: str, port: int, requests: int) -> float:
    """Return the CPU time of a process that runs the script."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", script, str(port), str(requests)], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.proof.break_even")
    parser.add_argument("--rounds", type=int, default=60)
    rounds = parser.parse_args().rounds
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found: dict[tuple[str, int], list[float]] = {}
        for _ in range(rounds):
            for case in ((PLAIN, 1), (INSTALLED, 1), (PLAIN, MANY), (INSTALLED, MANY)):
                found.setdefault(case, []).append(seconds(case[0], server.server_port, case[1]))
        server.shutdown()
    median = {case: statistics.median(each) * 1e3 for case, each in found.items()}
    cost = median[INSTALLED, 1] - median[PLAIN, 1]
    saved = (median[PLAIN, MANY] - median[INSTALLED, MANY] + cost) / (MANY - 1)
    print(f"one request: {median[PLAIN, 1]:.1f} ms, with install() {median[INSTALLED, 1]:.1f} ms")
    print(f"install() costs {cost:.1f} ms and saves {saved * 1e3:.0f} us for each request: {cost / saved:.0f} requests")


if __name__ == "__main__":
    main()
