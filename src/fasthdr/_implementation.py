# SPDX-License-Identifier: MIT
"""Which implementation runs: the Cython core, or plain Python where it is asked for or no extension is there.

FASTHDR_PURE_PYTHON=1 asks for it. An extension that is there and cannot be imported is an ImportError, not a reason.
"""

from __future__ import annotations

import importlib.util
import os
from typing import Literal

PURE = os.environ.get("FASTHDR_PURE_PYTHON") == "1" or importlib.util.find_spec("fasthdr._core") is None
IMPLEMENTATION: Literal["cython", "python"] = "python" if PURE else "cython"
