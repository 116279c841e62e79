# SPDX-License-Identifier: MIT
"""The faults of fasthdr._errors.faults: the core, docs/strict.md and the tables of cases have the same."""

from __future__ import annotations

import re
from pathlib import Path

from fasthdr._errors.faults import Fault
from tests.decoder.cases import CASES as BODIES
from tests.strict.cases import CASES as HEADS
from tests.strict.cases.table import Verdict

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "src" / "fasthdr" / "_core"


def test_of_the_core() -> None:
    """The order counts: the core gives the number of a fault to Python."""
    found = re.findall(r'^    FAULT\((\w+), (\d+), "([a-z-]+)"\)', (CORE / "faults.h").read_text("utf-8"), re.MULTILINE)
    assert found == [(fault.name, str(fault.status), fault.code) for fault in Fault]
    declared = re.findall(r"^        FH_FAULT_(\w+)$", (CORE / "faults.pxd").read_text("utf-8"), re.MULTILINE)
    assert declared == ["NONE", *(fault.name for fault in Fault)]


def test_of_the_page() -> None:
    """docs/strict.md has each fault, and no other in the tables of heads and bodies."""
    page = (ROOT / "docs" / "strict.md").read_text("utf-8")
    others = page[page.index("### Other codes") : page.index("### Repeated fields")]
    rows = r"^\|.*\| (\d{3}) ([^|]+?) \| `([a-z-]+)` \| (\d{4} [\d.]+)(?:; for a response ([\d.]+))? \|$"
    found = set()
    for status, reason, code, rfc, section in re.findall(rows, page.replace(others, ""), re.MULTILINE):
        found.add((int(status), reason, code, rfc))
        if section:
            found.add((502, reason, code, f"{rfc[:4]} {section}"))
    assert found == {(fault.status, fault.reason, fault.code, fault.rfc) for fault in Fault}


def test_of_the_cases() -> None:
    """Each fault has a case, so both implementations are compared in it."""
    requests = {case.expected for case in HEADS.values() if case.kind == "request"}
    responses = {case.expected for case in HEADS.values() if case.kind == "response"}
    bodies = {case.expected for case in BODIES}
    for fault in Fault:
        seen = responses if fault.status == 502 else requests | bodies
        assert (fault.status, fault.reason, fault.rfc) in {
            (case.status, case.reason, case.rfc) for case in seen if isinstance(case, Verdict)
        }, fault


def test_names() -> None:
    """A fault has one name in Python, in the core and in ParseError.code. A code has one reason, and the reverse."""
    for fault in Fault:
        assert fault.name.lower().replace("_", "-").removesuffix("-response") == fault.code
    pairs = {(fault.reason, fault.code) for fault in Fault}
    assert len(pairs) == len({reason for reason, _ in pairs}) == len({code for _, code in pairs})
