# SPDX-License-Identifier: MIT
"""`python -m tests.adapters.suites [SERVER...]`: each server's own test suite, without its adapter and with it.

Exits with 1 unless the same tests pass, but for the differences named below. The suite is that of the installed
version's sdist, which is downloaded into build/adapters.
"""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
import tarfile
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "adapters"


@dataclass
class Suite:
    """tests: what pytest is told to run. accepted: a test that fails with the adapter alone -> why that is right."""

    tests: tuple[str, ...]
    accepted: dict[str, str]


SUITES = {
    "waitress": Suite(("tests",), {}),
    "gunicorn": Suite(("tests",), {}),
    "tornado": Suite(
        (
            "--pyargs",
            *(
                f"tornado.test.{name}_test"
                for name in (
                    "http1connection",
                    "httpclient",
                    "httpserver",
                    "httputil",
                    "simple_httpclient",
                    "web",
                    "websocket",
                    "wsgi",
                )
            ),
        ),
        {},
    ),
}


def source(server: str) -> Path:
    """The folder of the sdist of the installed version."""
    version = importlib.metadata.version(server)
    folder = FOLDER / f"{server}-{version}"
    if not folder.exists():
        command = ["pip", "download", "-q", "--no-deps", "--no-build-isolation", "--no-binary", server, "-d", FOLDER]
        subprocess.run([sys.executable, "-m", *map(str, command), f"{server}=={version}"], check=True)
        with tarfile.open(FOLDER / f"{server}-{version}.tar.gz") as archive:
            archive.extractall(FOLDER, filter="data")
    return folder


def outcomes(server: str, folder: Path, adapter: bool) -> dict[str, str]:
    """Test -> how it ended."""
    report = FOLDER / f"{server}-{adapter}.xml"
    paths = [ROOT / "src", *[ROOT / "tests" / "adapters" / "plugin"] * adapter]
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-o", "addopts=", "--timeout=120", f"--junitxml={report}",
         *["-p", "fasthdr_switched_on"] * adapter, *SUITES[server].tests],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths)), "FASTHDR_ADAPTER": server},
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    found = {}
    for case in ET.parse(report).iter("testcase"):
        ends = [child.tag for child in case if child.tag in ("failure", "error", "skipped")]
        found[f"{case.get('classname')}.{case.get('name')}"] = ends[0] if ends else "passed"
    return found


def compare(server: str) -> bool:
    folder = source(server)
    plain, ours = (outcomes(server, folder, adapter) for adapter in (False, True))
    accepted = SUITES[server].accepted
    changed = {name for name in {*plain, *ours} if plain.get(name) != ours.get(name)}
    passed = [list(each.values()).count("passed") for each in (plain, ours)]
    print(f"{server}: {passed[0]} of {len(plain)} tests pass without the adapter, {passed[1]} with it")
    for name in sorted(changed ^ accepted.keys()):
        print(f"  {name}: {plain.get(name)} without the adapter, {ours.get(name)} with it")
    return len(plain) > 0 and changed == accepted.keys()


if __name__ == "__main__":
    results = [compare(server) for server in sys.argv[1:] or SUITES]
    sys.exit(not all(results))
