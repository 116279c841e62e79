# SPDX-License-Identifier: MIT
"""The hot calls whose instructions bench.instructions and bench.growth count, one in a process under valgrind.

`python -m bench.counted MODULE CASE`: the case of MODULE.cases() is seen to be right, run until the interpreter has
specialized it, and run for N and for 2N items, with a call of getppid() before and after. Valgrind begins a new count
at each of them (--dump-before=getppid); the difference of the two is N items, and nothing else.
"""

from __future__ import annotations

import gc
import importlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable

from bench.interleave import BATCH, Case, Comparison

ITEMS = BATCH // 2
WARM = 12  # runs of a batch before the count: more than the interpreter's specialization waits for
VALGRIND = ("valgrind", "--tool=callgrind", "--dump-before=getppid")
Cases = dict[str, Callable[[], tuple[Comparison, Case]]]


def run(case: Case) -> None:
    gc.disable()
    for _ in range(WARM):
        case.time(BATCH)
    for calls in (ITEMS, BATCH):
        case.reset(calls)
        items = case.items[:calls]
        with case.context():
            os.getppid()
            case.loop(items)
            os.getppid()


def instructions(module: str, name: str, simd: str) -> int:
    """Of one item of the case, in a process of its own. Raises CalledProcessError with what it said."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "counts"
        environment = {**os.environ, "PYTHONHASHSEED": "0", "FASTHDR_SIMD": simd, "PYTHONDONTWRITEBYTECODE": "1"}
        command = [*VALGRIND, f"--callgrind-out-file={out}", sys.executable, "-m", __name__, module, name]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
        if done.returncode:
            raise RuntimeError(f"{name}: exit status {done.returncode}\n{done.stderr}")
        # Parts end where getppid() is called: before N items, after them, before 2N, after them.
        few, many = (total(out.with_suffix(part)) for part in (".2", ".4"))
    return round((many - few) / ITEMS)


def total(part: pathlib.Path) -> int:
    found = re.search(r"^totals: (\d+)", part.read_text(), re.MULTILINE)
    if found is None:
        raise ValueError(f"{part}: no totals")
    return int(found[1])


def missing() -> str | None:
    """Why nothing can be counted here, or None."""
    return None if shutil.which(VALGRIND[0]) else "valgrind is not installed"


if __name__ == "__main__":
    comparison, case = importlib.import_module(sys.argv[1]).cases()[sys.argv[2]]()
    case.verify(comparison.expected)
    run(case)
