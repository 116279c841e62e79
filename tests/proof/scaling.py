# SPDX-License-Identifier: MIT
"""`python -m tests.proof.scaling`: the rate of two threads divided by that of one, on separate and on shared data.

2 is the most that two CPUs can give. A burst counts if none of its threads was interrupted and all ran at the same
time. On a busy machine few bursts count, unless the user may run threads in real time (root): then each thread has a
CPU to itself for 3 ms.
"""

from __future__ import annotations

import contextlib
import gc
import io
import math
import os
import statistics
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import fasthdr.client
from bench.comparison import Loop, loop_of
from bench.payloads import PICOHTTPPARSER as HEAD
from bench.payloads import THIRTEEN

ROUNDS, TRIES, BURST, LATE = 11, 5, 0.003, 1.05  # bursts of a kind; tries for one; its seconds; wall time over CPU time


def _head() -> Any:
    return fasthdr.parse_request(HEAD.data)


# Statement -> a function that makes its item, which shares nothing with other items. The first two show what the
# interpreter itself can do.
CALLS: dict[str, Callable[[], Any]] = {
    "result = 1 if item else 2": lambda: True,
    "result = item.get('Host')  # a dict": lambda: {"Host": "a"},
    "result = parse_request(item)": lambda: bytes(bytearray(HEAD.data)),
    "result = parse_request(item, strict=True)": lambda: bytes(bytearray(HEAD.data)),
    "result = parse_response(item)": lambda: bytes(bytearray(THIRTEEN.data)),
    "result = parse_headers(item)": lambda: bytes(bytearray(HEAD.block)),
    "result = item.get('Host')": _head,
    "result = item['Host']": _head,
    "result = item.items()": _head,
    "result = item.method": _head,
    "result = item.wsgi_environ()": _head,
    "result = item.asgi_scope()": _head,
    "result = item['Host']  # a message": lambda: _head().headers,
    "result = item.get('Host')  # a message": lambda: _head().headers,
    "item.seek(0); result = client.parse_headers(item)": lambda: io.BytesIO(HEAD.block),
}
NAMES = {name: getattr(fasthdr, name) for name in ("parse_request", "parse_response", "parse_headers", "client")}


def burst(loops: list[Loop], make: Callable[[], Any], calls: int, same: bool) -> float | None:
    """Return the seconds per call, with one thread for each loop, or None if the burst does not count."""
    barrier, shared, spans = threading.Barrier(len(loops)), make(), []

    def run(loop: Loop, cpu: int) -> None:
        items = [shared if same else make()] * calls
        loop(items[:64])
        os.sched_setaffinity(0, {cpu})
        with contextlib.suppress(PermissionError):
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
        barrier.wait()
        start, used = time.perf_counter(), time.thread_time()
        loop(items)
        spans.append((start, time.perf_counter(), time.thread_time() - used))
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))

    cpus = sorted(os.sched_getaffinity(0))
    threads = [threading.Thread(target=run, args=each) for each in zip(loops, cpus, strict=False)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    starts, ends, _ = zip(*spans, strict=True)
    late = any(end - start > used * LATE for start, end, used in spans)
    apart = min(ends) - max(starts) < 0.8 * (max(ends) - min(starts))
    return None if late or apart else statistics.mean(ends) / calls - statistics.mean(starts) / calls


def ratios(statement: str, make: Callable[[], Any]) -> list[str]:
    """Return a call's time, and two threads' rate divided by one's: on separate data, on the same; nan: unknown."""
    one, two = ([loop_of(statement, **NAMES) for _ in range(count)] for count in (1, 2))
    start = time.thread_time()
    one[0]([make()] * 200)
    calls = max(100, int(BURST * 200 / (time.thread_time() - start)))
    kinds: dict[str, list[float]] = {"one": [], "own": [], "same": []}
    for _ in range(ROUNDS):
        for kind, times in kinds.items():
            tries = (burst(one if kind == "one" else two, make, calls, kind == "same") for _ in range(TRIES))
            times.extend(each for each in [next((each for each in tries if each), None)] if each)
    alone, *both = (statistics.median(times or [math.nan]) for times in kinds.values())
    return [f"{alone * 1e9:,.0f} ns", *(f"{2 * alone / each:.2f}" for each in both)]


if __name__ == "__main__":
    if getattr(sys, "_is_gil_enabled", lambda: True)() or len(os.sched_getaffinity(0)) < 2:
        sys.exit("needs a free-threaded interpreter and two CPUs")
    gc.disable()  # timeit does this, too: a collection stops all threads
    print("| call | one thread | two, own data | two, the same data |\n| --- | ---: | ---: | ---: |")
    for statement, make in CALLS.items():
        print(f"| `{statement.replace('result = ', '')}` | {' | '.join(ratios(statement, make))} |", flush=True)
