# SPDX-License-Identifier: MIT
""".ci/check-release: nothing is published unless tag, version, changelog, citation and repository agree."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys

import pytest

import fasthdr
from tests.docs.fences import ROOT

GOOD = {
    "src/fasthdr/__init__.py": '__version__ = "1.2.3"\n',
    "CITATION.cff": "version: 1.2.3\ndate-released: 2026-12-01\n",
    "CHANGELOG.md": "# Changelog\n\n## [Unreleased]\n\n## [1.2.3] - 2026-12-01\n\n### Fixed\n\n- A fault.\n\n"
    "## [1.2.2] - 2026-11-30\n",
    "pyproject.toml": 'authors = [{ name = "people", email = "owner@users.noreply.github.com" }]\n'
    'Repository = "https://github.com/owner/name"\n',
}

# For each fault: a file, the text that is replaced in it, the replacement, and what the error says.
FAULTS = {
    "another version": ("src/fasthdr/__init__.py", "1.2.3", "1.2.4", "has version 1.2.4, the tag is v1.2.3"),
    "no version": ("src/fasthdr/__init__.py", "__version__", "version", "has version None"),
    "another citation": ("CITATION.cff", "1.2.3", "1.2.2", "CITATION.cff has version 1.2.2"),
    "another date": ("CITATION.cff", "2026-12-01", "2026-12-02", "CITATION.cff has another date"),
    "no date": ("CHANGELOG.md", " - 2026-12-01", "", "no date for 1.2.3"),
    "no entry": ("CHANGELOG.md", "## [1.2.3] - 2026-12-01\n\n### Fixed\n\n- A fault.\n", "", "CHANGELOG.md is 1.2.2"),
    "an empty entry": ("CHANGELOG.md", "### Fixed\n\n- A fault.\n", "", "says nothing about 1.2.3"),
    "unreleased changes": ("CHANGELOG.md", "[Unreleased]\n", "[Unreleased]\n\n- More.\n", "still has changes"),
    "no changelog": ("CHANGELOG.md", "## [", "## ", "CHANGELOG.md is None"),
    "another repository": ("pyproject.toml", "owner/", "other/", "has the repository other/name, this is owner/name"),
    "another account": ("pyproject.toml", "owner@", "other@", "has the e-mail address of other, not of owner"),
    "an account's longer name": ("pyproject.toml", "owner@", "co-owner@", "the e-mail address of co-owner, not"),
    "no e-mail address": ("pyproject.toml", 'email = "owner', 'url = "owner', "has the e-mail address of None"),
    "an address elsewhere": ("pyproject.toml", "@users.", "@users.x.", "the e-mail address of None, not of owner"),
}


def run(folder: pathlib.Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    script = folder / ".ci" / "check-release"
    if not script.exists():
        script.parent.mkdir()
        script.write_bytes((ROOT / ".ci" / "check-release").read_bytes())
    plain = {name: value for name, value in os.environ.items() if name != "GITHUB_REPOSITORY"}
    command = [sys.executable, script, *arguments]
    return subprocess.run(command, env={**plain, **environment}, capture_output=True, text=True)


def check(folder: pathlib.Path, tag: str, **environment: str) -> tuple[int, str]:
    done = run(folder, tag, **environment)
    assert done.stdout == ""
    return done.returncode, done.stderr


@pytest.fixture
def checkout(tmp_path: pathlib.Path) -> pathlib.Path:
    for name, text in GOOD.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_a_release(checkout: pathlib.Path) -> None:
    assert check(checkout, "v1.2.3") == (0, "")
    assert check(checkout, "v1.2.3", GITHUB_REPOSITORY="owner/name") == (0, "")


def test_an_address_with_the_account_s_number(checkout: pathlib.Path) -> None:
    """The newer form of GitHub's addresses."""
    file = checkout / "pyproject.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("owner@", "123+owner@"), encoding="utf-8")
    assert check(checkout, "v1.2.3", GITHUB_REPOSITORY="owner/name") == (0, "")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault(checkout: pathlib.Path, fault: str) -> None:
    name, old, new, said = FAULTS[fault]
    text = (checkout / name).read_text(encoding="utf-8")
    assert old in text
    (checkout / name).write_text(text.replace(old, new), encoding="utf-8")
    code, stderr = check(checkout, "v1.2.3", GITHUB_REPOSITORY="owner/name")
    assert code == 1
    assert said in stderr


@pytest.mark.parametrize("tag", ["1.2.3", "v1.2", "v1.2.3.4", "v1.2.3-x", "main", ""])
def test_no_tag_of_a_release(checkout: pathlib.Path, tag: str) -> None:
    assert check(checkout, tag) == (1, f"{tag!r} is not vMAJOR.MINOR.PATCH\n")


def test_the_notes_of_a_release(checkout: pathlib.Path) -> None:
    """They are what the changelog says about this version alone; a refused release has none."""
    done = run(checkout, "--notes", "v1.2.3")
    assert (done.returncode, done.stdout, done.stderr) == (0, "### Fixed\n\n- A fault.\n", "")
    done = run(checkout, "--notes", "v1.2.4")
    assert (done.returncode, done.stdout) == (1, "")


@pytest.mark.parametrize("arguments", [[], ["v1.2.3", "v1.2.3"], ["--notes"], ["--note", "v1.2.3"]])
def test_a_wrong_command(checkout: pathlib.Path, arguments: list[str]) -> None:
    done = run(checkout, *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "usage: .ci/check-release [--notes] TAG\n")


def test_another_tag(checkout: pathlib.Path) -> None:
    code, stderr = check(checkout, "v1.2.4")
    assert code == 1
    assert len(stderr.splitlines()) == 3


def test_the_workflow_checks_before_it_builds() -> None:
    workflow = ROOT / ".github" / "workflows" / "wheels.yml"
    if not workflow.exists():
        pytest.skip("the sdist has no workflows")
    jobs = dict(re.findall(r"^  (\w+):\n((?:    .*\n|\n)+)", workflow.read_text(encoding="utf-8"), re.MULTILINE))
    checks = [name for name, text in jobs.items() if '.ci/check-release "$GITHUB_REF_NAME"' in text]
    assert checks == ["sdist"]
    built = [name for name, text in jobs.items() if "path: wheelhouse/" in text]
    assert built == ["plain", "wheels", "emulated"]
    assert all("needs: sdist\n" in jobs[name] for name in built)
    # Each takes the sdist of that job, and its time, so that the same commit gives the same bytes.
    assert all("name: dist-sdist\n" in jobs[name] and "actions/checkout" not in jobs[name] for name in built)
    assert "SDIST=$(echo fasthdr-*.tar.gz) make wheel-plain" in jobs["plain"]
    assert all("SOURCE_DATE_EPOCH=" in jobs[name] for name in ("wheels", "emulated"))
    assert f"needs: [sdist, {', '.join(built)}]\n" in jobs["publish"]
    assert "needs: publish\n" in jobs["release"]
    assert ".ci/check-release --notes " in jobs["release"]


def test_the_project_s_own_files_are_understood() -> None:
    """Before a release, only the changelog's entry and its date are missing."""
    _, stderr = check(ROOT, f"v{fasthdr.__version__}")
    assert "__init__.py" not in stderr
    assert "CITATION.cff has version" not in stderr
    _, stderr = check(ROOT, f"v{fasthdr.__version__}", GITHUB_REPOSITORY="fasthdr/fasthdr")
    assert "pyproject.toml" not in stderr
