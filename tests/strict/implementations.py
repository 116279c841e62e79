# SPDX-License-Identifier: MIT
"""The implementations that are compared: plain Python, and the core where it runs."""

from __future__ import annotations

import pytest

from fasthdr import _pure

IMPLEMENTATIONS = [pytest.param(_pure, id="python")]
