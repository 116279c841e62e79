# SPDX-License-Identifier: MIT
"""Heads of other projects, if you have some: lines of JSON with id, kind and raw_b64."""

from __future__ import annotations

import json
import os
import pathlib
from typing import Any

import pytest


def corpus() -> list[Any]:
    """Return the heads in the folder that FASTHDR_CORPUS names as parameters, or one that is skipped."""
    folder = os.environ.get("FASTHDR_CORPUS")
    if not folder:
        return [pytest.param(None, marks=pytest.mark.skip(reason="FASTHDR_CORPUS names no folder of heads"))]
    found = []
    for path in sorted(pathlib.Path(folder).glob("*.jsonl")):
        with path.open(encoding="utf-8") as file:
            found += [pytest.param(case, id=case["id"]) for case in map(json.loads, file)]
    assert found, "FASTHDR_CORPUS names a folder without heads"
    return found
