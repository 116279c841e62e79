# SPDX-License-Identifier: MIT
"""Count instructions with valgrind, for bench.instructions and bench.growth.

`python -m bench.counted MODULE NAME LAYOUT` is what runs under valgrind: the steps of MODULE.steps(NAME), one after
another, with a call of getppid() before and after each, where valgrind begins a new count (--dump-before=getppid).
LAYOUT: how much memory to fill before. Counts depend on where objects lie: CPython finds attributes by the addresses
of their names.
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

from bench.comparison import BATCH, Case

ITEMS = BATCH // 2
WARM = 12  # runs of a batch before the count: more than the interpreter needs to specialize the code
LIMIT = 300  # seconds
VALGRIND = ("valgrind", "--tool=callgrind", "--dump-before=getppid")
FIXED = {
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    # glibc copies more than some KB by `rep movsb`, which would count as one instruction for each byte.
    "GLIBC_TUNABLES": "glibc.cpu.x86_rep_movsb_threshold=1073741824:glibc.cpu.x86_rep_stosb_threshold=1073741824",
}
Step = Callable[[], object]


def steps_of(case: Case, expected: object) -> Iterator[Step]:
    """Yield loops over N and over 2N items of the verified and warmed-up case: the difference is N items alone."""
    case.verify(expected)
    for _ in range(WARM):
        case.batch(BATCH)
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


def instructions(module: str, name: str, simd: str, keep: pathlib.Path | None = None, layout: int = 0) -> list[int]:
    """Count the instructions of each step, in a new process. keep: a folder for valgrind's files; layout: see above.

    Raises RuntimeError with valgrind's message.
    """
    with tempfile.TemporaryDirectory() as temporary:
        out = pathlib.Path(keep or temporary).resolve() / "counts"
        out.parent.mkdir(parents=True, exist_ok=True)
        environment = {**os.environ, **FIXED, "FASTHDR_SIMD": simd}
        command = [*VALGRIND, f"--callgrind-out-file={out}", sys.executable, "-m", __name__, module, name, str(layout)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=LIMIT)
        if done.returncode:
            raise RuntimeError(f"{name}: exit status {done.returncode}\n{done.stderr}")
        # The dumps with even numbers go from before a step to after it.
        count = len(list(out.parent.glob("counts.*"))) // 2
        return [_total(out.with_suffix(f".{2 * i + 2}").read_text()) for i in range(count)]


def _total(dump: str) -> int:
    found = re.search(r"^totals: (\d+)", dump, re.MULTILINE)
    if found is None:
        raise ValueError("no totals in what valgrind wrote")
    return int(found[1])


def missing() -> str | None:
    """Return why nothing can be counted here, or None."""
    return None if shutil.which(VALGRIND[0]) else "valgrind is not installed"


if __name__ == "__main__":
    filled = [bytes(size) for size in range(480) for _ in range(int(sys.argv[3]))]
    run(importlib.import_module(sys.argv[1]).steps(sys.argv[2]))
