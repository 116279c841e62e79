# SPDX-License-Identifier: MIT
"""A few seconds of the soak test (`make soak` runs it for longer)."""

from __future__ import annotations

import os
import sys

import pytest

from tests.proof.processes import run
from tests.proof.soak import HANDLERS


@pytest.mark.long
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads the memory of the server off /proc")
@pytest.mark.parametrize("mode", HANDLERS)
def test_soak(mode: str) -> None:
    done = run("tests.proof.soak", "--minutes", os.environ.get("FASTHDR_SOAK", "0.1"), "--mode", mode)
    assert done.returncode == 0, done.stdout
