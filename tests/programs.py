# SPDX-License-Identifier: MIT
"""Programs that tests run, and marks that skip a test if its program is missing."""

from __future__ import annotations

import os
import pathlib
import shlex
import shutil
import sys
import sysconfig

import pytest

OLD_NODE = 66  # exit status of a Node without fetch()


def needs(program: str) -> pytest.MarkDecorator:
    """Return a mark that skips a test if the program is not on PATH."""
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed here")


def no_compiler() -> str | None:
    """Return why no extension can be built here, or None if one can be."""
    if not (pathlib.Path(sysconfig.get_path("include")) / "Python.h").exists():
        return "the headers of Python are not installed"
    if sys.platform == "win32":
        return None  # setuptools looks in the registry, not on PATH
    command = shlex.split(os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc")[0]
    return None if shutil.which(command) else f"no C compiler: {command} is not on PATH"


needs_compiler = pytest.mark.skipif(no_compiler() is not None, reason=no_compiler() or "")
