# SPDX-License-Identifier: MIT
"""What a result has to say about where it was measured."""

from __future__ import annotations

import os
import platform
import shlex
import sys
import sysconfig
from typing import Any

import cpuinfo  # type: ignore[import-untyped]

import fasthdr
from bench.peers import PEERS

BUSY = 0.5  # load average of the minute before, from which a run is not to be quoted


def _configured() -> list[str]:
    """How the interpreter was configured (PGO, LTO, ...), without paths; empty where that is not recorded."""
    options = shlex.split(sysconfig.get_config_var("CONFIG_ARGS") or "")
    return [option for option in options if option.startswith("--") and "/" not in option]


def load_average() -> float | None:
    """Programs that wanted to run in the last minute; None where the system does not say."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


def x86() -> bool:
    return platform.machine().lower() in ("x86_64", "amd64")


def describe(load: float | None) -> dict[str, Any]:
    """load: load_average() before the run."""
    return {
        "machine": {
            "cpu": cpuinfo.get_cpu_info().get("brand_raw", platform.processor()),
            "cpus": os.cpu_count(),
            "architecture": platform.machine(),
            "system": platform.system(),
            "release": platform.release(),
            "load": load,
        },
        "python": {
            "implementation": platform.python_implementation(),
            "version": platform.python_version(),
            "compiler": platform.python_compiler(),
            "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
            "configured": _configured(),
            "debug": hasattr(sys, "gettotalrefcount"),
        },
        "fasthdr": {"version": fasthdr.__version__, "simd": fasthdr.simd()},
        "peers": {peer.distribution: {"version": peer.version, "absent": peer.absent} for peer in PEERS},
    }


def busy(load: float | None) -> str | None:
    """What to say of a machine that had other work before the run."""
    if load is None or load < BUSY:
        return None
    return f"The machine was busy before the run (load {load:.1f}); a quiet one is better."
