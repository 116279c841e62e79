# SPDX-License-Identifier: MIT
"""Every verdict of strict mode, by the rule it belongs to."""

from __future__ import annotations

from tests.strict.cases import framing, host, limits, lines, request_line, responses
from tests.strict.cases.table import Case, Verdict

CASES: dict[str, Case] = {}
for module in (request_line, lines, host, framing, limits, responses):
    for case in module.CASES:
        key = f"{module.__name__.rpartition('.')[2]}: {case.name}"
        while key in CASES:
            key += "'"
        CASES[key] = case

__all__ = ["CASES", "Case", "Verdict"]
