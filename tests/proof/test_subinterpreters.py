# SPDX-License-Identifier: MIT
"""Interpreters with their own GIL: the build made for them works there, the default build refuses to be imported."""

from __future__ import annotations

import os
import sys

import pytest

import fasthdr
from tests.proof.processes import run

# CI sets it after making that build.
SUPPORTED = os.environ.get("FASTHDR_SUBINTERPRETERS") == "1"

pytestmark = [
    pytest.mark.skipif(
        sys.version_info < (3, 13),
        reason="interpreters with a GIL of their own came with 3.12, which crashes where they import the stdlib",
    ),
    pytest.mark.skipif(fasthdr.IMPLEMENTATION != "cython", reason="the core does not run: FASTHDR_PURE_PYTHON=1"),
]


@pytest.mark.parametrize("arguments", [(), ("--main",)], ids=["alone", "beside the main interpreter"])
@pytest.mark.parametrize("threads", [1, 4])
def test_own_gil(arguments: tuple[str, ...], threads: int) -> None:
    if threads > 1 and sys.version_info < (3, 14):
        pytest.skip("before 3.14, CPython itself crashes where threads import the stdlib in several of them at once")
    if threads > 1 and not SUPPORTED:
        pytest.skip("the default build refuses several as it refuses one: `make subinterpreters`")
    done = run("tests.proof.subinterpreters", "--threads", str(threads), "--rounds", "5", *arguments)
    assert done.returncode == 0, done.stdout
    count = threads * 5
    if SUPPORTED:
        assert done.stdout.startswith(f"{count} imported, 0 refused"), done.stdout
    else:
        assert done.stdout.startswith(f"0 imported, {count} refused"), done.stdout
        assert "does not support loading in subinterpreters" in done.stdout
