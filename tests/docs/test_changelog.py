# SPDX-License-Identifier: MIT
"""CHANGELOG.md keeps its format, and .ci/check-changelog finds changes that have no line in it."""

from __future__ import annotations

import pathlib
import re
import shutil
import subprocess
import sys

import pytest
from packaging.version import Version  # a requirement of pytest

from tests.docs.fences import ROOT

SECTIONS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]


def test_the_format() -> None:
    """The format of keepachangelog.com: Unreleased, then releases, the newest first; sections in order, none empty."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    entries = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    titles = [entry.splitlines()[0] for entry in entries]
    assert titles[0] == "[Unreleased]"
    versions = []
    for title in titles[1:]:
        match = re.fullmatch(r"\[(\d+\.\d+\.\d+(?:(?:a|b|rc)\d+)?)\] - \d{4}-\d\d-\d\d", title)  # as .ci/check-release
        assert match, title
        versions.append(Version(match[1]))
    assert versions == sorted(set(versions), reverse=True)
    for entry in entries:
        parts = re.split(r"^### (.*)\n", entry, flags=re.MULTILINE)
        names = parts[1::2]
        assert names == [name for name in SECTIONS if name in names], names
        for body in parts[2::2]:
            lines = [line for line in body.splitlines() if line]
            assert lines
            assert all(line.startswith(("- ", "  ")) for line in lines), lines


@pytest.fixture
def commit(tmp_path: pathlib.Path):
    """A repository with one commit, tagged `base`, and a function that makes another commit."""
    if not shutil.which("git"):
        pytest.skip("git is not installed")

    def make(message: str, *files: str) -> None:
        for name in files:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a") as file:
                file.write("more\n")
        settings = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", "add", "-A"], cwd=tmp_path, check=True)
        subprocess.run(["git", *settings, "commit", "-qm", message], cwd=tmp_path, check=True)

    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    make("first", "CHANGELOG.md", "src/fasthdr/a.py")
    subprocess.run(["git", "tag", "base"], cwd=tmp_path, check=True)
    return make


def check(folder: pathlib.Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, ROOT / ".ci" / "check-changelog", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_a_change_that_says_nothing(tmp_path: pathlib.Path, commit) -> None:
    commit("second", "src/fasthdr/a.py", "docs/a.md")
    done = check(tmp_path, "base")
    assert done.returncode == 1
    assert done.stderr.startswith("src/fasthdr/a.py\nThese files are shipped")


@pytest.mark.parametrize(
    ("message", "files"),
    [
        ("a line", ["src/fasthdr/a.py", "CHANGELOG.md"]),
        ("none is needed\n\nChangelog: none", ["src/fasthdr/a.py"]),
        ("a page", ["docs/a.md", "tests/test_a.py"]),
    ],
)
def test_a_change_that_may_pass(tmp_path: pathlib.Path, commit, message: str, files: list[str]) -> None:
    commit(message, *files)
    done = check(tmp_path, "base")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_line_may_come_in_another_commit(tmp_path: pathlib.Path, commit) -> None:
    commit("second", "src/fasthdr/a.py")
    commit("third", "CHANGELOG.md")
    assert check(tmp_path, "base").returncode == 0


def test_a_wrong_command(tmp_path: pathlib.Path) -> None:
    done = check(tmp_path)
    assert (done.returncode, done.stderr) == (2, "usage: .ci/check-changelog BASE\n")


def test_a_right_to_write_is_kept_from_what_is_installed() -> None:
    """No job that has permission to write, or to get an ID token, installs or builds anything."""
    workflows = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
    if not workflows:
        pytest.skip("the sdist has no workflows")
    writing = []
    for workflow in workflows:
        jobs = re.findall(r"^  (\w+):\n((?:    .*\n|\n)+)", workflow.read_text(encoding="utf-8"), re.MULTILINE)
        writing += [(name, text) for name, text in jobs if re.search(r"^      [\w-]+: write", text, re.MULTILINE)]
    assert [name for name, _ in writing] == ["publish", "release", "pages"]
    assert [name for name, text in writing if re.search(r"\bpip\b|\bmake\b|setup-python", text)] == []


def test_one_commit_for_each_action() -> None:
    """Each action is pinned to a commit, the same one everywhere, with its release in a comment beside it."""
    workflows = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
    if not workflows:
        pytest.skip("the sdist has no workflows")
    text = "".join(workflow.read_text(encoding="utf-8") for workflow in workflows)
    uses = re.findall(r"uses: (.*)", text)
    assert uses
    assert [use for use in uses if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", use)] == []
    assert len({use.partition("@")[0] for use in uses}) == len(set(uses))


def test_versions_are_where_they_are_updated() -> None:
    """A workflow installs groups of pyproject.toml, and ruff is the same before a commit and in `make lint`."""
    workflows = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
    if not workflows:
        pytest.skip("the sdist has no workflows")
    text = "".join(workflow.read_text(encoding="utf-8") for workflow in workflows)
    installed = re.findall(r"\bpip install ([^&\n]*)", text)
    assert installed
    assert {each.strip() for each in installed} <= {'"pip>=25.1"', "--group wheels"}
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (version,) = re.findall(r"/ruff-pre-commit\n *rev: v(.+)", hooks)
    assert f'"ruff=={version}"' in project
