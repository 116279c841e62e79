# SPDX-License-Identifier: MIT
"""Instructions by valgrind, for bench.instructions and bench.growth.

`python -m bench.counted MODULE NAME` is what runs under valgrind: the steps of MODULE.steps(NAME), one after the other,
with a call of getppid() before and after each. Valgrind begins a new count there (--dump-before=getppid).
"""

from __future__ import annotations

import functools
import gc
import importlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator

from bench.interleave import BATCH, Case, Comparison

ITEMS = BATCH // 2
WARM = 12  # runs of a batch before the count: more than the interpreter's specialization waits for
LIMIT = 300  # seconds
VALGRIND = ("valgrind", "--tool=callgrind", "--dump-before=getppid")
# A copy by `rep movsb`, which glibc takes for more than some KB, would count as an instruction a byte.
TUNABLES = "glibc.cpu.x86_rep_movsb_threshold=1073741824:glibc.cpu.x86_rep_stosb_threshold=1073741824"
Step = Callable[[], object]


def steps_of(comparison: Comparison, case: Case) -> Iterator[Step]:
    """N items of the case and 2N, seen to be right and warm: the difference is N items and nothing else."""
    case.verify(comparison.expected)
    for _ in range(WARM):
        case.time(BATCH)
    for calls in (ITEMS, BATCH):
        case.reset(calls)
        with case.context():
            yield functools.partial(case.loop, case.items[:calls])


def run(steps: Iterable[Step]) -> None:
    gc.disable()
    for step in steps:
        os.getppid()
        step()
        os.getppid()


def dumps(module: str, name: str, simd: str) -> list[str]:
    """What valgrind writes of each of the steps, in a process of its own. Raises RuntimeError with what that said."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "counts"
        environment = {
            **os.environ,
            "PYTHONHASHSEED": "0",
            "FASTHDR_SIMD": simd,
            "PYTHONDONTWRITEBYTECODE": "1",
            "GLIBC_TUNABLES": TUNABLES,
        }
        command = [*VALGRIND, f"--callgrind-out-file={out}", sys.executable, "-m", __name__, module, name]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=LIMIT)
        if done.returncode:
            raise RuntimeError(f"{name}: exit status {done.returncode}\n{done.stderr}")
        # The parts with even numbers: from before a step to after it.
        count = len(list(pathlib.Path(folder).glob("counts.*"))) // 2
        return [out.with_suffix(f".{2 * i + 2}").read_text() for i in range(count)]


def total(dump: str) -> int:
    found = re.search(r"^totals: (\d+)", dump, re.MULTILINE)
    if found is None:
        raise ValueError("no totals in what valgrind wrote")
    return int(found[1])


def instructions(module: str, name: str, simd: str) -> list[int]:
    """Of each of the steps."""
    return [total(dump) for dump in dumps(module, name, simd)]


def missing() -> str | None:
    """Why nothing can be counted here, or None."""
    return None if shutil.which(VALGRIND[0]) else "valgrind is not installed"


if __name__ == "__main__":
    run(importlib.import_module(sys.argv[1]).steps(sys.argv[2]))
