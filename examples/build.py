# SPDX-License-Identifier: MIT
"""Build a Cython example and import it: build("loop_fasthdr")."""

import importlib.util
import pathlib
import sysconfig

from Cython.Build import cythonize
from setuptools import Distribution, Extension

import fasthdr

HERE = pathlib.Path(__file__).parent


def build(name, sources=(), include_dirs=(), flags=()):
    """Build NAME.pyx in build/examples/, with the C files in `sources`, and return the module."""
    folder = pathlib.Path("build/examples") / sysconfig.get_config_var("SOABI")
    extension = Extension(
        name,
        [str(HERE / f"{name}.pyx"), *map(str, sources)],
        include_dirs=[fasthdr.get_include(), *map(str, include_dirs)],
        extra_compile_args=["-O3", *flags],
    )
    path = [str(pathlib.Path(fasthdr.get_include()).parent)]
    modules = cythonize([extension], include_path=path, build_dir=str(folder), language_level=3, quiet=True)
    command = Distribution({"ext_modules": modules}).get_command_obj("build_ext")
    command.build_lib = command.build_temp = str(folder)
    command.ensure_finalized()
    command.run()
    spec = importlib.util.spec_from_file_location(name, command.get_ext_fullpath(name))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
