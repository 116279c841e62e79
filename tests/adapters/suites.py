# SPDX-License-Identifier: MIT
"""`python -m tests.adapters.suites [SERVER...]`: each server's own test suite, without its adapter and with it.

Exits with 1 unless the same tests pass, except for the differences named below. The suite is that of the installed
version: either installed with it, or from its sdist, which is downloaded into build/adapters.
"""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
import tarfile
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "adapters"


@dataclass
class Suite:
    """A server's suite.

    tests: what pytest is told to run. accepted: a test with another outcome with the adapter -> why that is right.
    unstable: a test whose outcome varies even without the adapter -> why.
    """

    tests: tuple[str, ...]
    accepted: dict[str, str] = field(default_factory=dict)
    unstable: dict[str, str] = field(default_factory=dict)


_RANDOM = "it sends random pieces, and gunicorn_h1c raises one error or another by where they end"
_TORNADO = "http1connection httpclient httpserver httputil simple_httpclient web websocket wsgi".split()

_INSTALLED = ("-c", os.devnull, "--rootdir=.", "--pyargs")  # options for tests that are installed with the server

SUITES = {
    "waitress": Suite(("tests",)),
    "gunicorn": Suite(
        ("tests",),
        unstable={"tests.test_invalid_requests.test_http_parser[fast-tests/requests/invalid/005.http]": _RANDOM},
    ),
    "cheroot": Suite((*_INSTALLED, "cheroot.test")),
    "tornado": Suite((*_INSTALLED, *(f"tornado.test.{name}_test" for name in _TORNADO))),
}


def source(server: str) -> Path:
    """Return the folder to run the tests in: the sdist of the installed version; for installed tests, any folder."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    if SUITES[server].tests[0] == _INSTALLED[0]:
        return FOLDER
    version = importlib.metadata.version(server)
    folder = FOLDER / f"{server}-{version}"
    if not folder.exists():
        command = ["pip", "download", "-q", "--no-deps", "--no-build-isolation", "--no-binary", server, "-d", FOLDER]
        subprocess.run([sys.executable, "-m", *map(str, command), f"{server}=={version}"], check=True)
        with tarfile.open(FOLDER / f"{server}-{version}.tar.gz") as archive:
            archive.extractall(FOLDER, filter="data")
    return folder


def outcomes(server: str, folder: Path, adapter: bool) -> dict[str, str]:
    """Return the outcome of each test."""
    report = FOLDER / f"{server}-{adapter}.xml"
    paths = [ROOT / "src", ROOT / "tests" / "adapters" / "plugin"]
    switch = {"FASTHDR_ADAPTER": server, "FASTHDR_ADAPTER_IS_OFF": "" if adapter else "1"}
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-o", "addopts=", "--timeout=120", f"--junitxml={report}",
         "-p", "fasthdr_switched_on", *SUITES[server].tests],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths)), **switch},
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    found = {}
    for case in ET.parse(report).iter("testcase"):
        ends = [child.tag for child in case if child.tag in ("failure", "error", "skipped")]
        name = f"{case.get('classname')}.{case.get('name')}".replace(f"{folder}{os.sep}", "")
        found[name] = ends[0] if ends else "passed"
    return found


def compare(server: str) -> bool:
    folder = source(server)
    plain, ours = (outcomes(server, folder, adapter) for adapter in (False, True))
    accepted = SUITES[server].accepted
    changed = {name for name in {*plain, *ours} if plain.get(name) != ours.get(name)}
    changed -= SUITES[server].unstable.keys()
    passed = [list(each.values()).count("passed") for each in (plain, ours)]
    print(f"{server}: {passed[0]} of {len(plain)} tests pass without the adapter, {passed[1]} with it")
    for name in sorted(changed ^ accepted.keys()):
        print(f"  {name}: {plain.get(name)} without the adapter, {ours.get(name)} with it")
    return passed[0] > 0 and changed == accepted.keys()


if __name__ == "__main__":
    results = [compare(server) for server in sys.argv[1:] or SUITES]
    sys.exit(not all(results))
