# SPDX-License-Identifier: MIT
"""CPython's own tests of all that parses heads: the same ones run, and end the same way, with install() in force.

Each suite runs in two processes, `python -m test SUITE` and `python -m fasthdr --stats -m test SUITE`, one process
each, so that the core is installed where the tests run and its counters are the suite's.
"""

from __future__ import annotations

import importlib.util
import subprocess
import xml.etree.ElementTree
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.processes import counts, run

# Suite -> whether its tests parse heads at all; those of the cookie jar make their messages themselves.
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
TESTS_AT_LEAST = 8  # in each suite of each version: a report of fewer is no report of the suite
MOST = 0.85  # of a suite's heads, malformed on purpose some of them, those that the core read

pytestmark = [
    pytest.mark.long,
    pytest.mark.interpreter,
    pytest.mark.skipif(
        importlib.util.find_spec("test") is None or importlib.util.find_spec("test.libregrtest") is None,
        reason="this interpreter comes without its test package",
    ),
]


def outcomes(report: Path) -> dict[str, list[str]]:
    """Name of each test -> how it ended, from a JUnit report (twice the same name: two ends)."""
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
