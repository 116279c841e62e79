# SPDX-License-Identifier: MIT
"""`python -m fasthdr demo`."""

from __future__ import annotations

import http.client
import http.server
import json
import types
from collections.abc import Callable
from pathlib import Path

import pytest

import fasthdr
from fasthdr._cli import demo, demo_rows
from tests.inspect.test_command import on_a_terminal
from tests.integration.processes import run


def test_the_rows_do_what_they_say() -> None:
    """Both sides of a row do their work; the standard library's side runs the standard library's own code."""
    with demo_rows.rows() as rows:
        assert [row.gains for row in rows] == [True, True, True, False]
        for row in rows:
            for work in (row.stdlib, row.fasthdr):
                for _ in range(3):
                    work()
    handler = rows[0].stdlib.__closure__
    made = {type(cell.cell_contents) for cell in handler or ()}
    assert http.server.BaseHTTPRequestHandler in made


def test_a_side_that_does_not_do_its_work_is_told() -> None:
    class Idle(http.server.BaseHTTPRequestHandler):
        def parse_request(self) -> bool:
            return False

    with pytest.raises(RuntimeError, match="has not been parsed"):
        demo_rows._parse(Idle)()


def test_measuring(monkeypatch: pytest.MonkeyPatch) -> None:
    """The ratio is that of the work, by a clock that only the work moves: one side takes five times as long."""
    now = 0.0

    def takes(seconds: float) -> Callable[[], None]:
        def work() -> None:
            nonlocal now
            now += seconds

        return work

    monkeypatch.setattr(demo, "time", types.SimpleNamespace(perf_counter=lambda: now))
    told: list[float] = []
    result = demo.measure(demo_rows.Row("work", takes(0.0005), takes(0.0001)), 0.5, told.append)
    assert (result.stdlib, result.fasthdr) == pytest.approx((0.0005, 0.0001))
    assert (result.ratio, result.low, result.high) == pytest.approx((5, 5, 5))
    assert result.batches > 10
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(told) == result.batches


@pytest.mark.parametrize("pure", ["0", "1"])
def test_json(pure: str, tmp_path: Path) -> None:
    done = run("-m", "fasthdr", "demo", "--seconds", "0.4", "--json", cwd=tmp_path, FASTHDR_PURE_PYTHON=pure)
    assert (done.returncode, done.stderr) == (0, "")
    rows = json.loads(done.stdout)
    assert [set(row) for row in rows] == [set(demo.Result._fields)] * 4
    assert all(0 < row["stdlib"] < 1 and 0 < row["fasthdr"] < 1 for row in rows)
    assert all(row["ratio"] == row["stdlib"] / row["fasthdr"] and row["low"] <= row["high"] for row in rows)


@pytest.mark.long
@pytest.mark.interpreter
def test_text(tmp_path: Path) -> None:
    done = run("-W", "error", "-m", "fasthdr", "demo", "--seconds", "0.4", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert f"fasthdr {fasthdr.__version__}" in lines[0]
    assert lines[1].split() == ["standard", "library", "fasthdr", "times", "as", "fast"]
    assert lines[2].startswith("a handler parses a request of 9 fields  ")
    assert "Medians of batches" in done.stdout
    assert "The bytes\nof bodies, TLS and your own code become no faster." in done.stdout
    done = run("-m", "fasthdr", "demo", "--seconds", "0.2", cwd=tmp_path, FASTHDR_PURE_PYTHON="1")
    assert done.stdout.endswith("nothing is gained without the extension.\n")


@pytest.mark.long
@pytest.mark.interpreter
def test_wrong_command_lines(tmp_path: Path) -> None:
    for word in ("0", "-1", "nan", "inf", "x", "9999"):
        done = run("-m", "fasthdr", "demo", "--seconds", word, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, ""), word
        assert "not a number of seconds" in done.stderr or "expected one argument" in done.stderr


@pytest.mark.long
@pytest.mark.interpreter
def test_the_standard_library_is_measured_where_fasthdr_is_installed(tmp_path: Path) -> None:
    """`enable` may have installed fasthdr: the demo takes the patch off first."""
    code = (
        "import fasthdr, http.client; before = http.client.parse_headers; fasthdr.install();"
        "from fasthdr._cli.demo import main; main(['--seconds', '0.2', '--json']);"
        "assert not fasthdr.is_installed() and http.client.parse_headers is before"
    )
    done = run("-c", code, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert http.client.parse_headers is not None


@pytest.mark.long
@pytest.mark.interpreter
def test_a_bar_on_a_terminal(tmp_path: Path) -> None:
    """The bar is rich's or a plain one. It goes to stderr, which here is the terminal's stdout."""
    code = (
        "import sys; sys.stderr = sys.stdout; {without}from fasthdr._cli.demo import main; main(['--seconds', '0.4'])"
    )
    plain = on_a_terminal(tmp_path, "-c", code.format(without="sys.modules['rich.console'] = None; "))
    assert "\r[####" in plain
    pytest.importorskip("rich", reason="rich is not installed here")
    rich = on_a_terminal(tmp_path, "-c", code.format(without=""))
    assert "\u2501" in rich
    assert "Medians of batches" in rich
