# SPDX-License-Identifier: MIT
"""Interpreters with a GIL of their own: the build for them works there, the default build refuses to be imported."""

from __future__ import annotations

import importlib.util
import os
import sys

import pytest

import fasthdr
from tests.proof.processes import run

# CI sets it where it has made that build.
SUPPORTED = os.environ.get("FASTHDR_SUBINTERPRETERS") == "1"

pytestmark = [
    pytest.mark.skipif(
        not any(importlib.util.find_spec(name) for name in ("_interpreters", "_xxsubinterpreters"))
        or sys.version_info < (3, 12),
        reason="interpreters with a GIL of their own came with 3.12",
    ),
    pytest.mark.skipif(fasthdr.IMPLEMENTATION != "cython", reason="the core does not run: FASTHDR_PURE_PYTHON=1"),
]


@pytest.mark.parametrize("arguments", [(), ("--main",)], ids=["alone", "beside the main interpreter"])
@pytest.mark.parametrize("threads", [1, 4])
def test_own_gil(arguments: tuple[str, ...], threads: int) -> None:
    if threads > 1 and sys.version_info < (3, 14):
        pytest.skip("before 3.14, CPython itself crashes where threads import the stdlib in several of them at once")
    done = run("tests.proof.subinterpreters", "--threads", str(threads), "--rounds", "5", *arguments)
    assert done.returncode == 0, done.stdout
    count = threads * 5
    if SUPPORTED:
        assert done.stdout.startswith(f"{count} imported, 0 refused"), done.stdout
    else:
        assert done.stdout.startswith(f"0 imported, {count} refused"), done.stdout
        assert "does not support loading in subinterpreters" in done.stdout
