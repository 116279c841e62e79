# SPDX-License-Identifier: MIT
"""The benchmark itself: what it refuses, that it interleaves its cases, its JSON and its programs."""

from __future__ import annotations

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
from types import SimpleNamespace

import pytest

WITHOUT = "the group `bench` is not installed: `make bench-check` has it"
psutil = pytest.importorskip("psutil", reason=WITHOUT)
pytest.importorskip("matplotlib", reason=WITHOUT)

from bench import counted, growth, instructions, peers, processes  # noqa: E402
from bench.comparison import Case, Comparison, loop_of  # noqa: E402
from bench.conftest import Interleaved  # noqa: E402
from bench.processes import Served, request_of  # noqa: E402
from bench.servers import CONTENT  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[1]

needs_valgrind = pytest.mark.skipif(counted.missing() is not None, reason=str(counted.missing()))
not_on_windows = pytest.mark.skipif(sys.platform == "win32", reason="select() on pipes is POSIX")
PARSERS = {"fasthdr", "stdlib", "httptools", "h1c", "h11", "aiohttp", "zttp"}


class Recorder:
    """A stand-in for the plugin's fixture."""

    fullname, disabled = "test", False

    def __init__(self):
        self.times = []

    def _make_stats(self, calls):
        return SimpleNamespace(update=self.times.append)


def interleaved(recorder, rounds):
    options = {"benchmark_max_time": 0, "benchmark_min_rounds": rounds}
    return Interleaved(recorder, SimpleNamespace(getoption=options.get))


def test_a_case_that_gives_something_else_is_not_timed():
    recorder, wrong = Recorder(), Case("wrong", loop_of("result = 0 if item == 1 else item"), [1, 2])
    right = Case("right", loop_of("result = 0"), [1, 2])
    with pytest.raises(AssertionError, match="zero: of 1 and 2: wrong gave 2, not 0"):
        interleaved(recorder, 1)(Comparison("zero", "of 1 and 2", 0, [right, wrong], parses=False))
    assert recorder.times == []


def test_a_head_that_the_core_does_not_parse_is_not_timed():
    with pytest.raises(AssertionError, match="heads by who parsed them"):
        interleaved(Recorder(), 1)(Comparison("nothing", "", 0, [Case("fasthdr", loop_of("result = 0"), [0])]))


def test_cases_take_turns_in_changing_order():
    seen, recorder, rounds = [], Recorder(), 20
    cases = [Case(peer, loop_of("seen.append(peer)\nresult = 0", seen=seen, peer=peer), [0]) for peer in "abc"]
    interleaved(recorder, rounds)(Comparison("turns", "", 0, cases, parses=False))
    timed = seen[-2 * 3 * rounds :: 2]  # each batch is one timed call after one that is not timed
    turns = [tuple(timed[i : i + 3]) for i in range(0, len(timed), 3)]
    assert all(sorted(turn) == ["a", "b", "c"] for turn in turns)
    assert len(set(turns)) > 1
    assert len(recorder.times) == 3 * rounds
    assert min(recorder.times) > 0


@pytest.mark.long
def test_the_json_has_every_peer_in_one_group(tmp_path):
    path = tmp_path / "run.json"
    only = ["bench/test_in_memory.py", "-k", "one-picohttpparser or test_memory and curl"]
    options = ["--benchmark-max-time=0", "--benchmark-min-rounds=3", f"--benchmark-json={path}"]
    command = [sys.executable, "-m", "pytest", "-q", *only, *options]
    # In a worker of pytest-xdist nothing is measured.
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_XDIST")}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environ)
    content = json.loads(path.read_text())
    assert {each["group"] for each in content["benchmarks"]} == {"bytes to head, 4 reads: picohttpparser"}
    assert all(len(each["stats"]["data"]) == 3 for each in content["benchmarks"])
    installed = {label for label in PARSERS if label not in [name.replace("gunicorn_", "") for name in peers.absent()]}
    assert {each["extra_info"]["peer"].split()[0] for each in content["benchmarks"]} == installed
    assert all(each["extra_info"]["version"] for each in content["benchmarks"] if each["name"] != "stdlib")
    assert set(content["memory"][0]["bytes"]) >= {"fasthdr", "stdlib"}
    compare = [sys.executable, "-m", "pytest_benchmark", "compare", str(path), "--group-by=group"]
    compared = subprocess.run(compare, check=True, capture_output=True, text=True).stdout
    assert "zttp" in compared or "zttp" not in installed

    (tmp_path / "docs").mkdir()
    (tmp_path / "README.md").write_text("before\n<!-- factors -->\nold\n<!-- end -->\nafter\n")
    (tmp_path / "docs" / "performance.md").write_text(
        "<!-- bytes to head, 4 reads | picohttpparser -->\n<!-- end -->\n<!-- ratios -->\n<!-- end -->\n"
    )
    (tmp_path / "docs" / "benchmarks.md").write_text("<!-- others -->\n<!-- end -->\n")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([os.getcwd(), *sys.path])}
    subprocess.run([sys.executable, "-m", "bench.report", str(path)], check=True, cwd=tmp_path, env=environment)
    text = (tmp_path / "README.md").read_text()
    assert "old" not in text
    assert text.startswith("before\n<!-- factors -->\n| what | standard library |")
    page = (tmp_path / "docs" / "performance.md").read_text()
    assert "| h11 |" in page
    assert "| what | 9 fields |" in page
    for charts in (tmp_path / "docs" / "charts", ROOT / "docs" / "charts"):
        parsers = (charts / "parsers.svg").read_text(encoding="utf-8")
        assert 0 < len(parsers) < 40_000
        assert {"#0072b2", "#999999", "#e69f00"} < set(re.findall("fill: (#[0-9a-f]{6})", parsers))
    overview = (ROOT / "docs" / "charts" / "overview.svg").read_text(encoding="utf-8")
    assert set(re.findall("fill: (#[0-9a-f]{6})", overview)) == {"#0072b2", "#ffffff"}  # all in fasthdr's color


def test_the_readme_has_five_rows_of_the_gains():
    """Renaming a row in GAINS would otherwise remove it from README.md without an error."""
    from bench import report

    names = [each.split(" | ")[0] for each in report.GAINS]
    assert len(report.FACTORS) == 5
    assert set(report.FACTORS.values()) <= set(names)


@not_on_windows
def test_a_server_with_another_answer_is_refused():
    with (
        processes.server("bare", "small") as server,
        pytest.raises(AssertionError, match=r"answered 200 with b'\.\.\."),
    ):
        Served("bare", server, request_of("GET", "/", "keep-alive")).verify((CONTENT, True))


@not_on_windows
def test_a_process_that_has_ended_says_why():
    with pytest.raises(RuntimeError, match="invalid choice: 'nobody'"), processes.server("nobody"):
        pass


@not_on_windows
def test_a_server_ends_with_the_program_that_started_it():
    code = "import time; from bench import processes\nwith processes.server('fasthdr') as (child, port):\n"
    code += "    print(child.process.pid, flush=True); time.sleep(60)\n"
    program = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    server = psutil.Process(int(program.stdout.readline()))
    program.send_signal(signal.SIGKILL)
    program.wait(processes.PATIENCE)
    program.stdout.close()
    assert not psutil.wait_procs([server], timeout=processes.PATIENCE)[1]


@pytest.mark.parametrize("name", instructions.CALLS)
def test_each_counted_call_is_right(name):
    case, expected = instructions.case_of(name)
    case.verify(expected)


@needs_valgrind
@pytest.mark.long
def test_a_count_that_has_grown_fails(tmp_path, capsys):
    name, key, baseline = "message[name]", instructions.combination("sse2"), tmp_path / "baseline.json"
    arguments = ["--simd", "sse2", "--case", name, "--baseline", str(baseline)]
    assert instructions.main([*arguments, "--check"]) == 0
    assert "nothing to compare" in capsys.readouterr().out
    assert instructions.main([*arguments, "--update"]) == 0
    count = json.loads(baseline.read_text())[name][key]
    for before, status in ((count, 0), (int(count / 1.1), 1)):
        baseline.write_text(json.dumps({name: {key: before}}))
        assert instructions.main([*arguments, "--check"]) == status


@pytest.mark.parametrize(("highest", "status"), [((4, 4, 4, 4), 1), ((4, 4, 4, 0), 0), ((0,), 0)], ids=str)
def test_a_count_that_is_high_in_some_layouts_of_memory_passes(tmp_path, monkeypatch, highest, status):
    name, key, baseline = "message[name]", instructions.combination("sse2"), tmp_path / "baseline.json"
    baseline.write_text(json.dumps({name: {key: 100}}))
    counts, layouts = iter(highest), []

    def counted_in(_module, _name, _simd, _keep, layout):
        layouts.append(layout)
        return 0, (100 + next(counts)) * counted.ITEMS

    monkeypatch.setattr(counted, "instructions", counted_in)
    monkeypatch.setattr(counted, "missing", lambda: None)
    assert instructions.main(["--simd", "sse2", "--case", name, "--baseline", str(baseline), "--check"]) == status
    assert layouts == [*range(len(highest))]


@pytest.mark.parametrize("name", growth.SHAPES)
def test_each_shape_is_what_it_says_at_each_size(name):
    shape = growth.SHAPES[name]
    for size in growth.SIZES:
        shape.call(shape.input(size * shape.n))


def test_growth_is_without_what_n_does_not_change():
    assert growth.growth([10, 20, 30, 50]) == 4
    assert growth.growth([10, 20, 50, 170]) == 16
    assert growth.growth([1000, 1001, 1002, 1003]) == 1
