# SPDX-License-Identifier: MIT
"""The file that `python -m fasthdr enable` writes: it is whole and every user can read it, and `status` looks at it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fasthdr._cli import environment as command
from tests.integration.processes import needs_signals, run

pytestmark = needs_signals


@pytest.fixture
def enabled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Iterator[Path]:
    """The strict file of an environment that is enabled, in this process."""
    path = tmp_path / command.NAME
    monkeypatch.setattr(command, "_file", lambda: str(path))
    mask = os.umask(0o077)
    try:
        assert command.main(["enable", "--system", "--strict"]) == 0
        capsys.readouterr()
        yield path
    finally:
        os.umask(mask)


def test_an_environment_is_enabled_for_every_user(enabled: Path) -> None:
    """Whatever the umask says: site passes over a file that it cannot read."""
    assert enabled.stat().st_mode & 0o777 == 0o644
    assert list(enabled.parent.iterdir()) == [enabled]


def test_a_file_that_cannot_be_written_stays(enabled: Path) -> None:
    """The disk is full, or here: a file may have no byte. What was promised before still holds."""
    before = enabled.read_text()
    code = (
        "import resource, signal, sys; from fasthdr._cli import environment as command;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0));"
        f"command._file = lambda: {str(enabled)!r}; sys.exit(command.main(['enable', '--system', '--recover']))"
    )
    done = run("-c", code, cwd=enabled.parent)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("fasthdr: [Errno ")
    assert enabled.read_text() == before
    assert list(enabled.parent.iterdir()) == [enabled]


def test_the_status_of_a_damaged_file(enabled: Path, capsys: Any) -> None:
    whole = enabled.read_bytes()
    assert command.main(["status"]) == 0
    assert capsys.readouterr().out == f"enabled by {enabled}: strict\n"
    for data in (b"", whole[:30], whole[: whole.index(b"start('strict")], whole[:-4], b"\xff\0"):
        enabled.write_bytes(data)
        said = str(command.main(["status"]))
        assert said.startswith(f"fasthdr: {enabled} is damaged: "), data
    enabled.unlink()
    enabled.mkdir()
    assert str(command.main(["status"])).startswith("fasthdr: [Errno ")
    assert capsys.readouterr().out == ""
