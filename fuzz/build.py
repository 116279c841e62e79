# SPDX-License-Identifier: MIT
"""Builds build/fuzz/walk: fuzz/walk.pyx to C by Cython, then clang with libFuzzer, AddressSanitizer and UBSan.

The walk needs no interpreter, but Cython's code around it refers to functions of one, so it is linked to libpython.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "fuzz"
BINARY = BUILD / "walk"
DIRECTIVES = {"language_level": "3", "boundscheck": "False", "wraparound": "False", "cdivision": "True"}


def clang() -> str:
    return os.environ.get("CLANG", "clang")


def run(*command: str | Path) -> None:
    print(shlex.join(map(str, command)), flush=True)
    subprocess.run(command, check=True)


def libpython() -> list[str]:
    """Return linker arguments for the running interpreter's shared library."""
    folder, name = sysconfig.get_config_var("LIBDIR"), sysconfig.get_config_var("LDVERSION")
    if not Path(folder, f"libpython{name}.so").exists():
        folder = sysconfig.get_config_var("LIBPL")  # Debian has a link there
    if not Path(folder, f"libpython{name}.so").exists():
        sys.exit(f"no libpython{name}.so: the interpreter has no shared library to link to, or not its -dev package")
    return [f"-L{folder}", f"-Wl,-rpath,{folder}", f"-lpython{name}"]


def main() -> None:
    BUILD.mkdir(parents=True, exist_ok=True)
    c = BUILD / "walk.c"
    directives = [word for item in DIRECTIVES.items() for word in ("-X", "=".join(item))]
    run(sys.executable, "-m", "cython", *directives, "-I", ROOT / "src", "-o", c, ROOT / "fuzz" / "walk.pyx")
    # Without instrumentation of comparisons, which takes half of the time: they compare single bytes, which coverage of
    # edges tells apart, and words, which fuzz/http.dict has.
    run(
        clang(), "-std=c11", "-O2", "-g", "-fno-omit-frame-pointer", "-DCYTHON_WITHOUT_ASSERTIONS",
        "-fsanitize=fuzzer,address,undefined", "-fno-sanitize-coverage=trace-cmp", "-fno-sanitize-recover=all",
        f"-I{sysconfig.get_path('include')}", f"-I{ROOT / 'src' / 'fasthdr'}", c, *libpython(), "-o", BINARY,
    )  # fmt: skip


if __name__ == "__main__":
    main()
