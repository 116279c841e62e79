# SPDX-License-Identifier: MIT
"""The implementations that are compared: plain Python and, if it runs here, the core."""

from __future__ import annotations

import pytest

import fasthdr
from fasthdr._pure import parse as _pure

IMPLEMENTATIONS = [pytest.param(_pure, id="python")]
if fasthdr.IMPLEMENTATION == "cython":
    IMPLEMENTATIONS.append(pytest.param(fasthdr, id="cython"))
