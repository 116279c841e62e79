# SPDX-License-Identifier: MIT
"""CPython's own tests of everything that parses heads: with install() in force the same tests run and end the same way.

Each suite runs in two processes, `python -m test SUITE` and `python -m fasthdr --stats -m test SUITE`. Each uses only
one process, so that the core is installed where the tests run, and its counters are those of the suite.
"""

from __future__ import annotations

import importlib.util
import subprocess
import xml.etree.ElementTree
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.processes import counts, run

# Suite -> whether its tests parse heads at all; the cookie jar's tests make their messages themselves.
SUITES = {
    "test_httpservers": True,
    "test_httplib": True,
    "test_wsgiref": True,
    "test_xmlrpc": True,
    "test_docxmlrpc": True,
    "test_urllib": True,
    "test_urllib2": True,
    "test_urllib2_localnet": True,
    "test_http_cookiejar": False,
    "test_robotparser": True,
}
TESTS_AT_LEAST = 8  # in each suite of each version; a report with fewer is not a report of the suite
MOST = 0.85  # the share of a suite's heads that the core must read; some are malformed on purpose

pytestmark = [
    pytest.mark.long,
    pytest.mark.interpreter,
    pytest.mark.skipif(
        importlib.util.find_spec("test") is None or importlib.util.find_spec("test.libregrtest") is None,
        reason="this interpreter comes without its test package",
    ),
]


def outcomes(report: Path) -> dict[str, list[str]]:
    """Return the name of each test -> how it ended, from a JUnit report (a name that occurs twice has two ends)."""
    ends: dict[str, list[str]] = {}
    for case in xml.etree.ElementTree.parse(report).iter("testcase"):
        parts = [part.tag for part in case if part.tag in ("skipped", "failure", "error")]
        end = " ".join([case.get("status", ""), case.get("result", ""), *parts])
        ends.setdefault(str(case.get("name")), []).append(end)
    return ends


def run_suite(suite: str, *starter: str, cwd: Path) -> tuple[dict[str, list[str]], subprocess.CompletedProcess[str]]:
    cwd.mkdir()
    report = cwd / "report.xml"
    result = run(*starter, "-m", "test", "--junit-xml", report, suite, cwd=cwd, timeout=600)
    assert report.exists(), result.stdout + result.stderr
    return outcomes(report), result


@pytest.mark.parametrize("suite", SUITES)
def test_suite(suite: str, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    plain, plain_result = run_suite(suite, cwd=tmp_path / "plain")
    ours, ours_result = run_suite(suite, "-m", "fasthdr", "--stats", cwd=tmp_path / "installed")
    assert len(plain) >= TESTS_AT_LEAST
    assert ours == plain, ours_result.stdout + ours_result.stderr
    assert ours_result.returncode == plain_result.returncode, ours_result.stdout + ours_result.stderr
    heads, core = counts(ours_result.stderr)
    record_property("tests", sum(map(len, ours.values())))
    record_property("heads", heads)
    record_property("core", core)
    if SUITES[suite]:
        assert heads > 0
        assert core >= MOST * heads, ours_result.stderr
    else:
        assert heads == 0
