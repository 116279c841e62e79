# SPDX-License-Identifier: MIT
"""What a result has to say about where it was measured."""
from __future__ import annotations

import os
import platform
import sys
import sysconfig
from typing import Any

import cpuinfo

import fasthdr
from bench.peers import PEERS


def describe() -> dict[str, Any]:
    return {
        "machine": {
            "cpu": cpuinfo.get_cpu_info().get("brand_raw", platform.processor()),
            "cpus": os.cpu_count(),
            "architecture": platform.machine(),
            "system": platform.system(),
            "release": platform.release(),
        },
        "python": {
            "implementation": platform.python_implementation(),
            "version": platform.python_version(),
            "compiler": platform.python_compiler(),
            "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
            "flags": sysconfig.get_config_var("CONFIG_ARGS"),
            "debug": hasattr(sys, "gettotalrefcount"),
        },
        "fasthdr": {"version": fasthdr.__version__, "simd": fasthdr.simd()},
        "peers": {peer.distribution: {"version": peer.version, "absent": peer.absent} for peer in PEERS},
    }
