# SPDX-License-Identifier: MIT
"""What the sweep makes of a suite: the outcome of each test, by pytest and by unittest, and the heads that it read."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import fasthdr
from tests.sweep import __main__ as sweep
from tests.sweep.packages import PACKAGES, Package

SUITE = """
import http.client, io, subprocess, sys, unittest

BLOCK = b"A: b\\r\\n\\r\\n"

class Tests(unittest.TestCase):
    def test_passes(self):
        http.client.parse_headers(io.BytesIO(BLOCK))
        code = f"import http.client, io; http.client.parse_headers(io.BytesIO({BLOCK!r}))"
        subprocess.run([sys.executable, "-c", code], check=True)

    def test_fails(self):
        self.fail()

    def test_is_skipped(self):
        self.skipTest("always")

    def test_differs(self):
        self.assertEqual(http.client.parse_headers.__class__.__name__, "function")

if __name__ == "__main__":
    unittest.main()
"""


@pytest.mark.long
@pytest.mark.skipif(fasthdr.IMPLEMENTATION != "cython", reason="without the core, nothing changes")
@pytest.mark.parametrize("runner", ["pytest", "test_it.py"])
def test_a_suite(runner: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "FOLDER", tmp_path)
    (tmp_path / "test_it.py").write_text(SUITE)
    (tmp_path / "pytest.ini").touch()
    package = Package("1", ("test_it.py",) if runner == "pytest" else (), runner=runner)
    plain, none = sweep.outcomes(package, Path(sys.executable), tmp_path, False)
    ours, heads = sweep.outcomes(package, Path(sys.executable), tmp_path, True)
    assert sorted(plain.values()) == ["failure", "passed", "passed", "skipped"]
    assert {name.rpartition(".")[2] for name in sweep.changed(ours, plain)} == {"test_differs"}
    assert none == {}
    assert heads == {"core": 2}


ALONE = """
import os, unittest

class Tests(unittest.TestCase):
    def test_environ(self):
        self.assertEqual(os.environ.get("OF_THE_SUITE"), "1")
        self.assertNotIn("HTTP_PROXY", os.environ)
        self.assertNotIn("REQUESTS_CA_BUNDLE", os.environ)

unittest.main()
"""


def test_each_test_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests with the same name in two files are kept apart; the machine's proxies and certificates are not used."""
    monkeypatch.setattr(sweep, "FOLDER", tmp_path)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
    for name in ("one.py", "two.py"):
        (tmp_path / name).write_text(ALONE)
    package = Package("1", ("one.py -v", "two.py"), runner="-B", alone=True, environ={"OF_THE_SUITE": "1"})
    ends, _ = sweep.outcomes(package, Path(sys.executable), tmp_path, False)
    assert ends == {"one.py.Tests.test_environ": "passed", "two.py.Tests.test_environ": "passed"}


def test_each_package_is_named_once_and_has_a_version() -> None:
    assert len(PACKAGES) == 16
    for package in PACKAGES.values():
        assert package.version[0].isdigit()
        assert package.tests or package.runner != "pytest"
