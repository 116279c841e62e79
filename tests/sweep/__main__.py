# SPDX-License-Identifier: MIT
"""`python -m tests.sweep [PACKAGE...]`: the test suites of packages from PyPI, without install() and with it.

Each package gets its own environment in build/sweep, with the version that tests/sweep/packages.py names and the
requirements of its tests. Its sdist is downloaded for the tests. If a test has another outcome with install(), both
runs are repeated, and only a difference that occurs twice counts. Prints a table; exits with 1 if a difference is not
accepted or a package could not be run.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import fasthdr
from tests.sweep.packages import PACKAGES, Package

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "sweep"
SECONDS = 900  # the most that one run of a suite may take
PIP = ("-m", "pip", "install", "-q", "--disable-pip-version-check", "--only-binary=:all:")
# Names of variables for proxies, and for certificates other than those that the suites make.
_OF_THE_NETWORK = re.compile(r".*_proxy|.*_ca_bundle|ssl_cert_(file|dir)").fullmatch


def prepare(name: str, package: Package) -> tuple[Path, Path]:
    """Return the environment's interpreter and the folder of the tests, after preparing both."""
    folder = FOLDER / name
    python = folder / "env" / ("Scripts" if os.name == "nt" else "bin") / "python"
    done = folder / "ready"
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "pytest.ini").touch()  # otherwise pytest would use our configuration for a package that has none
    if not done.exists():
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", folder / "env"], check=True)
        wanted = [f"{name}=={package.version}", "pytest", "pytest-timeout", *package.requires]
        pure = ["--no-binary=mechanize,httpbin,ephemeral-port-reserve"]  # packages without a wheel
        subprocess.run([python, *PIP, *pure, *wanted], check=True)
        archive = FOLDER / "sdists" / f"{name}-{package.version}.tar.gz"
        if not archive.exists():
            download = ["download", "-q", "--disable-pip-version-check", "--no-deps", "--no-binary", name]
            command = [python, "-m", "pip", *download, "-d", archive.parent, f"{name}=={package.version}"]
            subprocess.run(command, check=True)
        with tarfile.open(archive) as tar:
            tar.extractall(folder / "sdist", filter="data")
        done.touch()
    (source,) = (folder / "sdist").iterdir()
    return python, source / package.folder


def _fasthdr_alone() -> Path:
    """Return a folder with nothing but fasthdr, as it is imported here: built in place or installed."""
    folder = FOLDER / "path"
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / "fasthdr"
    link.unlink(missing_ok=True)
    link.symlink_to(Path(fasthdr.__file__).resolve().parent, target_is_directory=True)
    return folder


def outcomes(package: Package, python: Path, source: Path, installs: bool) -> tuple[dict[str, str], dict[str, int]]:
    """Return the outcome of each test, and the counts of the heads that were read."""
    log = FOLDER / "log" / f"{python.parents[2].name}-{'with' if installs else 'without'}"
    shutil.rmtree(log, ignore_errors=True)
    log.mkdir(parents=True)
    by_pytest = package.runner == "pytest"
    if by_pytest:
        report = f"--junitxml={log / 'junit.xml'}"
        commands = [["-m", "pytest", "-q", "-o", "addopts=", "--timeout=120", report, *package.tests]]
    else:
        runs = [(test,) for test in package.tests] if package.alone else [package.tests]
        commands = [[*package.runner.split(), *(word for test in run for word in test.split())] for run in runs]
    paths = [ROOT / "tests" / "sweep" / "startup", _fasthdr_alone()]
    environ = {name: value for name, value in os.environ.items() if not _OF_THE_NETWORK(name.lower())}
    environ |= {"PYTHONPATH": os.pathsep.join(map(str, paths)), "FASTHDR_SWEEP": str(log)}
    environ |= {"FASTHDR_SWEEP_INSTALLS": "1" if installs else "", "FASTHDR_SWEEP_UNITTEST": "" if by_pytest else "1"}
    environ |= package.environ
    for command in commands:
        with open(log / "output", "a") as output, contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(
                [python, *command], cwd=source, env=environ, stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, timeout=SECONDS,
            )  # fmt: skip
    heads: dict[str, int] = {}
    for file in log.glob("heads-*.json"):
        for reason, count in json.loads(file.read_text() or "{}").items():
            heads[reason] = heads.get(reason, 0) + count
    return (_junit(log / "junit.xml") if by_pytest else _unittest(log / "unittest")), heads


def _junit(report: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for case in ET.parse(report).iter("testcase") if report.exists() else ():
        ends = [child.tag for child in case if child.tag in ("failure", "error", "skipped")]
        found[f"{case.get('classname')}.{case.get('name')}"] = ends[0] if ends else "passed"
    return found


def _unittest(report: Path) -> dict[str, str]:
    lines = report.read_text().splitlines() if report.exists() else []
    words = {"addSuccess": "passed", "addFailure": "failure", "addError": "error", "addSkip": "skipped"}
    return {name: words.get(end, end) for name, _, end in (line.partition("\t") for line in lines)}


def changed(ours: dict[str, str], plain: dict[str, str]) -> set[str]:
    return {name for name in {*ours, *plain} if ours.get(name) != plain.get(name)}


def sweep(name: str) -> tuple[str, bool]:
    """Return the package's row of the table, and whether all is well."""
    package = PACKAGES[name]
    began = time.monotonic()
    try:
        python, source = prepare(name, package)
    except subprocess.CalledProcessError as error:
        return f"| {name} {package.version} | not run: {' '.join(map(str, error.cmd))[-80:]} | | | |", False
    plain, _ = outcomes(package, python, source, False)
    ours, heads = outcomes(package, python, source, True)
    different = changed(ours, plain) - package.accepted.keys()
    if different:
        print(f"  {name}: run again, because of {', '.join(sorted(different))}", file=sys.stderr)
        plain_again, _ = outcomes(package, python, source, False)
        ours_again, _ = outcomes(package, python, source, True)
        different &= changed(ours_again, plain_again)
        different = {test for test in different if plain[test] == plain_again.get(test)} if plain else different
    for test in sorted(different):
        print(f"  {name}: {test}: {plain.get(test)} without, {ours.get(test)} with", file=sys.stderr)
    ends = list(plain.values())
    left = {reason: count for reason, count in heads.items() if reason not in ("core", "refused")}
    read = sum(count for reason, count in heads.items() if not reason.startswith("status line"))
    share = f"{heads.get('core', 0) / read:.1%}" if read else "no head"
    print(f"  {name}: {time.monotonic() - began:.0f} s; left: {left}", file=sys.stderr)
    passed, rest = ends.count("passed"), len(ends) - ends.count("passed")
    row = f"| {name} {package.version} | {passed} | {rest} | {len(different)} | {read} | {share} |"
    return row, bool(passed) and not different


def main(names: list[str]) -> int:
    if fasthdr.IMPLEMENTATION != "cython":
        sys.exit("the core does not run: install() would change next to nothing")
    print(
        "| package | tests passed | failed or skipped both times | changed by `install()` | heads | read by the core |"
    )
    print("|---|---:|---:|---:|---:|---:|", flush=True)
    well = True
    for name in names or PACKAGES:
        row, fine = sweep(name)
        print(row, flush=True)
        well = well and fine
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
