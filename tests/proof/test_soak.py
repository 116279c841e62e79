# SPDX-License-Identifier: MIT
"""A few seconds of the soak (`make soak` runs it for long)."""

from __future__ import annotations

import os
import sys

import pytest

from tests.proof.processes import run


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads the memory of the server off /proc")
@pytest.mark.parametrize("arguments", [(), ("--compat",)], ids=["strict", "compat"])
def test_soak(arguments: tuple[str, ...]) -> None:
    done = run("tests.proof.soak", "--minutes", os.environ.get("FASTHDR_SOAK", "0.1"), *arguments)
    assert done.returncode == 0, done.stdout
