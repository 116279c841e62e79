# SPDX-License-Identifier: MIT
"""Runs the fuzzers, one after another: python -m fuzz [--seconds N] [--runs N] [walk] [surface].

Without names, a fuzzer whose tool is missing is named and left out; it is an error if none can run. Exit status 1
means a finding, whose input is left in build/fuzz/ (crash-*, timeout-*, oom-*). Inputs that are worth keeping stay
there for the next run.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys

from fuzz import build

LONGEST = {"walk": 2200, "surface": 1200}  # bytes of an input: two windows of masks for walk, one for surface
DICTIONARY, SEEDS = build.ROOT / "fuzz" / "http.dict", build.ROOT / "fuzz" / "seeds"


def missing(name: str) -> str | None:
    """Return why a fuzzer cannot run here, or None."""
    if name == "walk" and shutil.which(build.clang()) is None:
        return f"no {build.clang()} (Debian: clang and libclang-rt-*-dev)"
    if name == "surface" and importlib.util.find_spec("atheris") is None:
        return "no atheris: `make fuzz` installs it if there is a wheel for the interpreter"
    return None


def run(name: str, seconds: int, runs: int) -> int:
    corpus = build.BUILD / f"corpus-{name}"
    corpus.mkdir(parents=True, exist_ok=True)
    if name == "walk":
        build.main()
        command = [str(build.BINARY)]
    else:
        command = [sys.executable, "-m", "fuzz.surface"]
    command += [
        f"-max_total_time={seconds}",
        f"-runs={runs}",
        f"-max_len={LONGEST[name]}",
        "-timeout=10",
        "-print_final_stats=1",
        f"-dict={DICTIONARY}",
        f"-artifact_prefix={build.BUILD}/",
        str(corpus),
        str(SEEDS),
    ]
    path = os.pathsep.join(filter(None, [str(build.ROOT), os.environ.get("PYTHONPATH")]))
    return subprocess.run(command, check=False, env={**os.environ, "PYTHONPATH": path}).returncode


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__.partition("\n")[0])
    parser.add_argument("name", nargs="*", choices=[[], "walk", "surface"], help="default: both")
    parser.add_argument("--seconds", type=int, default=60, help="for each; 0: no limit of time")
    parser.add_argument("--runs", type=int, default=-1, help="executions of each; -1: no limit")
    arguments = parser.parse_args()
    results = {}
    for name in arguments.name or ("walk", "surface"):
        reason = missing(name)
        if reason is None:
            results[name] = run(name, arguments.seconds, arguments.runs)
        else:
            print(f"{name}: not run, {reason}", flush=True)
            if arguments.name:
                return 1
    for name, status in results.items():
        print(f"{name}: {'nothing found' if status == 0 else f'exit status {status}'}")
    return 0 if results and not any(results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
