# SPDX-License-Identifier: MIT
"""C and Cython programs of the benchmarks, compiled when they are wanted, into build/bench/."""

from __future__ import annotations

import ctypes
import importlib.machinery
import importlib.util
import pathlib
import shlex
import subprocess
import sysconfig
import types

from Cython.Build import cythonize
from setuptools import Distribution, Extension

import fasthdr

FOLDER = pathlib.Path("build/bench")
FLAGS = ["-std=c11", "-O3", "-fvisibility=hidden"]  # those of setup.py


def _compiler() -> str:
    return shlex.split(sysconfig.get_config_var("CC"))[0]


def compiler_version() -> str:
    """Of the compiler that builds extensions: name and major version, as "gcc 12"."""
    command = _compiler()
    macros = subprocess.run(
        [command, "-dM", "-E", "-xc", "/dev/null"], check=True, capture_output=True, text=True
    ).stdout
    defined = dict(line.split(" ", 2)[1:] for line in macros.splitlines() if line.count(" ") >= 2)
    if "__clang_major__" in defined:
        return f"clang {defined['__clang_major__']}"
    return f"gcc {defined['__GNUC__']}"


def module(source: pathlib.Path) -> types.ModuleType:
    """Import the extension that a .pyx makes; built with the core's own flags, against the core's own .pxd files."""
    package = pathlib.Path(fasthdr.get_include())
    extension = Extension(
        source.stem,
        [str(source)],
        include_dirs=[str(package)],
        depends=[str(package / "_classify.h")],
        extra_compile_args=FLAGS,
        define_macros=[("CYTHON_WITHOUT_ASSERTIONS", "1")],
    )
    folder = FOLDER / sysconfig.get_config_var("SOABI")
    directives = {"language_level": "3", "boundscheck": False, "wraparound": False, "cdivision": True}
    command = Distribution(
        {
            "ext_modules": cythonize(
                [extension],
                include_path=[str(package.parent)],
                build_dir=str(folder),
                compiler_directives=directives,
                quiet=True,
            ),
        }
    ).get_command_obj("build_ext")
    command.build_lib = command.build_temp = str(folder)
    command.ensure_finalized()
    command.run()
    path = command.get_ext_fullpath(source.stem)
    spec = importlib.util.spec_from_file_location(source.stem, path)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def library(source: pathlib.Path, name: str, flags: list[str]) -> ctypes.CDLL:
    """Load a shared library of one C file that needs nothing; raises subprocess.CalledProcessError."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = (FOLDER / name).with_suffix(".so").resolve()
    subprocess.run([_compiler(), *flags, "-shared", "-fPIC", "-o", path, source], check=True)
    return ctypes.CDLL(str(path))
