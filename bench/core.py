# SPDX-License-Identifier: MIT
"""Bytes to table: stages 1 and 2 in a C loop (stages.pyx), beside picohttpparser's C function.

Both are compiled on demand, into build/bench/: the core with the flags of the wheel; picohttpparser, if
`make picohttpparser` has fetched its source, at the same optimization level, and also with -msse4.2 for its SIMD code.
"""

from __future__ import annotations

import ctypes
import functools
import importlib.util
import pathlib
import platform
import shlex
import subprocess
import sysconfig
from typing import Any

from Cython.Build import cythonize
from setuptools import Distribution, Extension

import fasthdr
from bench.comparison import Case, Comparison
from bench.payloads import Payload

FOLDER = pathlib.Path("build/bench")
SOURCE = FOLDER / "picohttpparser" / "picohttpparser.c"
FLAGS = ["-std=c11", "-O3", "-fvisibility=hidden"]  # as in setup.py
BUILDS = {"picohttpparser -O3": ["-O3"]}
if platform.machine().lower() in ("x86_64", "amd64"):
    BUILDS["picohttpparser -O3 -msse4.2"] = ["-O3", "-msse4.2"]
BATCH = 2000  # most calls in a batch: enough to make the cost of calling the loop negligible


@functools.cache
def stages() -> Any:
    """Import stages.pyx, built against the core's own .pxd files."""
    package = pathlib.Path(fasthdr.get_include())
    extension = Extension(
        "stages",
        [str(pathlib.Path(__file__).with_name("stages.pyx"))],
        include_dirs=[str(package)],
        depends=[str(package / "_core/classify.h")],
        extra_compile_args=FLAGS,
        define_macros=[("CYTHON_WITHOUT_ASSERTIONS", "1")],
    )
    folder = str(FOLDER / sysconfig.get_config_var("SOABI"))
    directives = {"language_level": "3", "boundscheck": False, "wraparound": False, "cdivision": True}
    path = [str(package.parent)]
    modules = cythonize([extension], include_path=path, build_dir=folder, compiler_directives=directives, quiet=True)
    command = Distribution({"ext_modules": modules}).get_command_obj("build_ext")
    command.build_lib = command.build_temp = folder
    command.ensure_finalized()
    command.run()
    spec: Any = importlib.util.spec_from_file_location("stages", command.get_ext_fullpath("stages"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@functools.cache
def picohttpparser(peer: str) -> int:
    """Compile one build of picohttpparser; returns the address of phr_parse_request()."""
    compiler = shlex.split(sysconfig.get_config_var("CC") or "cc")[0]
    path = (FOLDER / peer.replace(" ", "")).with_suffix(".so").resolve()
    subprocess.run([compiler, *BUILDS[peer], "-shared", "-fPIC", "-o", path, SOURCE], check=True)
    function = ctypes.CDLL(str(path)).phr_parse_request
    return ctypes.cast(function, ctypes.c_void_p).value or 0


def bytes_to_table(name: str, payloads: list[Payload]) -> Comparison:
    """Compare each variant of stage 1 that this machine has. Heads take turns, so that branch predictors see more."""
    module = stages()
    heads = [bytes(bytearray(payload.data)) for payload in payloads]
    expected = []
    for each in payloads:
        fields = [(name.encode(), value.encode()) for name, value in each.fields]
        expected.append((each.start[0].encode(), each.start[1].encode(), 1, fields, len(each.data)))

    def case(peer: str, parser: Any) -> Case:
        def loop(items: Any) -> object:
            return parser.loop(heads, len(items))

        return Case(peer, loop, [None] * BATCH, lambda _, __: [parser.spans(data) for data in heads])

    cases = [case(f"fasthdr {name}", module.Parser(name)) for name in module.variants()]
    if SOURCE.exists():
        cases += [case(peer, module.Parser(peer, picohttpparser(peer))) for peer in BUILDS]
    return Comparison("bytes to table, in C", name, expected, cases, parses=False)
