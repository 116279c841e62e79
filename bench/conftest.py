# SPDX-License-Identifier: MIT
"""The fixture `compare` on top of pytest-benchmark, and what its JSON says about machine and peers.

pytest-benchmark runs one function to the end, then the next: on a machine with other work, under other conditions.
`compare` times short batches of all cases in turns and gives the times to the plugin's statistics, so that tables,
JSON, histograms and comparisons are the plugin's own.
"""

from __future__ import annotations

import copy
import gc
import importlib.metadata
import os
import random
import shlex
import sysconfig
import time
from typing import Any

import pytest

import fasthdr
from bench.comparison import Comparison
from bench.peers import absent

PACKAGES = """aiohttp cheroot django flask gevent gunicorn gunicorn_h1c h11 httptools requests tornado urllib3 waitress
werkzeug zttp""".split()
LABELS = {"h1c": "gunicorn_h1c"}  # of peers whose labels do not begin with the package's name
COLUMNS = ["median", "iqr", "min", "rounds", "iterations"]
MEMORY: list[dict[str, Any]] = []
LOAD = os.getloadavg()[0] if hasattr(os, "getloadavg") else None  # load average over the minute before


def version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


class Interleaved:
    """The fixture: call it with a comparison."""

    def __init__(self, benchmark: Any, config: Any) -> None:
        self.benchmark = benchmark
        self.seconds = float(config.getoption("benchmark_max_time"))
        self.rounds = int(config.getoption("benchmark_min_rounds"))

    def __call__(self, comparison: Comparison) -> None:
        """Verify every case, then time them in turns, in a new random order each round.

        Rounds go on for --benchmark-max-time seconds; there are at least --benchmark-min-rounds. A value is the time of
        a call; values of all cases with the same index are of one round. The cyclic garbage collector is off, as in
        timeit: otherwise a case would pay for another's garbage.
        """
        self.benchmark._mode = "interleaved"
        comparison.verify()
        if self.benchmark.disabled:
            return
        order = list(comparison.cases)
        shuffle = random.Random(0).shuffle
        gc.collect()
        gc.disable()
        try:
            calls = {case: case.calls() for case in order}
            stats = {case: self._stats(comparison, case, calls[case]) for case in order}
            done, start = 0, time.perf_counter()
            while done < self.rounds or time.perf_counter() - start < self.seconds:
                shuffle(order)
                for case in order:
                    stats[case].update(case.batch(calls[case]) / 1e9)
                done += 1
        finally:
            gc.enable()

    def _stats(self, comparison: Comparison, case: Any, calls: int) -> Any:
        """Register a peer with the plugin, as its own fixture does for a test, and return what takes its times."""
        each = copy.copy(self.benchmark)
        each.name = each.param = case.peer
        each.fullname = f"{self.benchmark.fullname} {case.peer}"
        each.group = str(comparison)
        each.params = {"operation": comparison.operation, "payload": comparison.payload, "peer": case.peer}
        word = case.peer.split()[0]
        case.info.update(each.params, version=version(LABELS.get(word, word)))
        each.extra_info = case.info
        return each._make_stats(calls)


@pytest.fixture
def compare(benchmark: Any, request: pytest.FixtureRequest) -> Interleaved:
    return Interleaved(benchmark, request.config)


@pytest.fixture
def remember() -> Any:
    """Put a record of bytes (not times) beside the benchmarks in the JSON file."""
    return MEMORY.append


def pytest_configure(config: pytest.Config) -> None:
    # This runs before the plugin reads its options, because the plugin is configured last.
    config.option.benchmark_columns = config.option.benchmark_columns or COLUMNS


def pytest_report_header() -> str | None:
    return f"not compared, as they are not installed: {', '.join(absent())}" if absent() else None


def pytest_benchmark_update_machine_info(machine_info: dict[str, Any]) -> None:
    options = shlex.split(sysconfig.get_config_var("CONFIG_ARGS") or "")
    machine_info["configured"] = [each for each in options if each.startswith("--") and "/" not in each]
    machine_info["fasthdr"] = {"version": fasthdr.__version__, "simd": fasthdr.simd()}
    machine_info["packages"] = {name: version(name) for name in PACKAGES}


def pytest_benchmark_update_json(output_json: dict[str, Any]) -> None:
    output_json.update(load=LOAD, memory=MEMORY)
