# SPDX-License-Identifier: MIT
"""Every verdict of strict mode, by the rule it belongs to."""

from __future__ import annotations

from tests.strict.cases import first_bytes, framing, host, limits, lines, obsolete, request_line, responses, singletons
from tests.strict.cases.table import Case, Verdict

CASES: dict[str, Case] = {}
for module in (request_line, lines, host, framing, limits, responses, first_bytes, singletons, obsolete):
    for case in module.CASES:
        key = f"{module.__name__.rpartition('.')[2]}: {case.name}"
        while key in CASES:
            key += "'"
        CASES[key] = case

# The cases by module and verdict, for tests to name.
GROUPS: dict[str, list[Case]] = {}
for key, case in CASES.items():
    outcome = case.expected.reason if case.expected else "accepted"
    GROUPS.setdefault(f"{key.partition(':')[0]}: {outcome}", []).append(case)

__all__ = ["CASES", "GROUPS", "Case", "Verdict"]
