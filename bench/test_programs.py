# SPDX-License-Identifier: MIT
"""Each benchmark program with the least that it can be asked for, over real processes and sockets."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys

import psutil
import pytest

import bench.__main__
from bench import affinity, charts, clients, documents, process, report, servers, wrk
from bench.backends import BACKENDS, FLOORS, PREPARED
from bench.client_process import LIBRARIES
from bench.documents import Document
from bench.payloads import PICOHTTPPARSER, SMALL
from bench.round import OPERATIONS
from bench.scenarios import CONTENT, METHODS, PERSISTENCE, Scenario, check, scenarios

needs_wrk = pytest.mark.skipif(not wrk.found(), reason=wrk.ABSENT)
needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="CPU affinity and /proc are Linux's")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="select() on pipes, which these programs use, is POSIX")

MEASURED = ("median_ns", "lower_quartile_ns", "upper_quartile_ns")


def written(path):
    about = json.loads(path.read_text())
    assert about["machine"]["cpus"] == os.cpu_count()
    assert about["method"]["rounds"] == 2
    for record in about["results"]:
        assert all(record[key] > 0 for key in MEASURED), record
        assert record["lower_quartile_ns"] <= record["median_ns"] <= record["upper_quartile_ns"]
    return about


def present(backend):
    if backend.absent:
        pytest.skip(f"{backend.name}: {backend.absent}")


def test_round(tmp_path):
    path = tmp_path / "bench.json"
    bench.__main__.main(["--level", "round", "--payload", "curl", "--rounds", "2", "--json", str(path)])
    about = written(path)
    assert about["name"] == "bench"
    assert [(r["operation"], r["peer"]) for r in about["results"]] == [
        (operation, peer) for operation in OPERATIONS for peer in ("fasthdr", "stdlib")
    ]


@pytest.mark.parametrize("backend", BACKENDS.values(), ids=lambda backend: backend.name)
def test_every_server_answers_alike(backend):
    present(backend)
    with process.backend(backend.name) as (child, port):
        for scenario in scenarios(METHODS, PERSISTENCE, [1]):
            check(port, scenario, PICOHTTPPARSER)
        used, kernel = child.cpu()
        assert used > 0
        assert 0 <= kernel <= used
    assert child.process.returncode is not None
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
        pass


@pytest.mark.parametrize("backend", FLOORS.values(), ids=lambda backend: backend.name)
def test_every_floor_answers_like_the_servers(backend):
    with process.backend(backend.name) as (_, port):
        check(port, Scenario("GET", "keep-alive", 1), PICOHTTPPARSER)


def test_a_process_that_has_ended_says_why():
    with process.python("-c", "raise SystemExit('no more')") as child:
        child.process.wait(process.PATIENCE)
        with pytest.raises(RuntimeError, match="no more"):
            child.ask("more")


def test_a_server_with_another_answer_is_refused():
    with (
        process.backend(PREPARED.name, SMALL.name) as (_, port),
        pytest.raises(AssertionError, match="Content-Type is None"),
    ):
        check(port, Scenario("GET", "keep-alive", 1), PICOHTTPPARSER)


def test_a_server_that_does_not_start_says_why():
    with pytest.raises(RuntimeError, match="invalid choice: 'nobody'"), process.backend("nobody"):
        pass


@pytest.mark.parametrize("name", ["fasthdr", "gunicorn", "bare"])
def test_a_server_ends_with_the_program_that_started_it(name):
    present(BACKENDS[name])
    code = (
        "import sys, time; from bench import process\n"
        f"with process.backend({name!r}) as (child, port):\n"
        "    print(child.process.pid, flush=True); time.sleep(60)\n"
    )
    program = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    server = psutil.Process(int(program.stdout.readline()))
    family = [server, *server.children(recursive=True)]
    program.send_signal(signal.SIGKILL)
    program.wait(process.PATIENCE)
    program.stdout.close()
    assert not psutil.wait_procs(family, timeout=process.PATIENCE)[1]


def test_scenarios_send_what_they_are_called():
    post = Scenario("POST", "close", 4)
    head, _, content = post.request().partition(b"\r\n\r\n")
    assert str(post) == "POST, close, 4 connections"
    assert content == CONTENT
    assert len(content) == 1024
    assert head.startswith(b"POST /wp-content")
    assert re.findall(rb"(?i)\r\nconnection: *([^\r]*)", head) == [b"close"]
    assert len(scenarios(METHODS, PERSISTENCE, [1, 4, 64])) == 12


@needs_wrk
@pytest.mark.parametrize("pin", [pytest.param(["--pin"], marks=needs_linux), []], ids=["pinned", "free"])
def test_servers(tmp_path, pin):
    if pin and len(affinity.allowed()) < 2:
        pytest.skip("needs two CPUs")
    path = tmp_path / ("bench-servers-pinned.json" if pin else "bench-servers.json")
    arguments = "--server bare --server fasthdr --server stdlib-nodelay --method POST --connections 2 --seconds 1"
    servers.main([*arguments.split(), *pin, "--rounds", "2", "--json", str(path)])
    about = written(path)
    assert about["name"] == ("servers-pinned" if pin else "servers")
    assert [record["peer"] for record in about["results"]] == ["bare", "fasthdr", "stdlib-nodelay"] * 2
    for record in about["results"]:
        assert record["requests_per_second"] > 0
        assert record["cpu_median_ns"] > 0
        assert 0 <= record["kernel_share"] <= 1.1  # in ticks of a coarser clock
        assert set(record["latency_us"]) == {"50", "90", "99", "99.9", "mean", "max"}
        assert record["errors"]["status"] == 0
        assert record["ratio"]["fasthdr"] > 0
        assert record["peer"] != "fasthdr" or record["ratio"]["fasthdr"] == 1


@needs_wrk
def test_floors_need_persistent_connections(capsys):
    with pytest.raises(SystemExit):
        servers.main(["--floors"])
    assert "--persistence keep-alive" in capsys.readouterr().err


@needs_wrk
def test_wrk_counts_what_the_server_refuses(tmp_path):
    request = tmp_path / "request"
    request.write_bytes(b"PUT / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    with process.backend("stdlib-nodelay") as (_, port):
        load = wrk.run(port, request, 1, 1)
    assert load.requests > 0
    assert load.errors["status"] == load.requests  # 501


def test_without_wrk_it_is_named(monkeypatch, capsys):
    monkeypatch.setattr(wrk, "PROGRAM", "no-such-program")
    with pytest.raises(SystemExit) as ended:
        servers.main([])
    assert ended.value.code == 2
    assert wrk.ABSENT in capsys.readouterr().err


def test_clients(tmp_path):
    for library in LIBRARIES:
        if why := clients.absent(library):
            pytest.skip(f"{library}: {why}")
    path = tmp_path / "clients.json"
    clients.main(["--rounds", "2", "--requests", "3", "--json", str(path)])
    about = written(path)
    assert about["name"] == "clients"
    assert len(about["results"]) == 8
    for record in about["results"]:
        assert record["cpu_median_ns"] > 0
        assert set(record["cpu_ratio"]) == {record["peer"]}


def test_a_client_that_read_something_else_is_refused():
    answer = json.dumps([200, [["Server", "other"]], ""])
    with pytest.raises(AssertionError, match=r"http\.client with stdlib read"):
        clients._check(clients.Client("http.client", clients.STDLIB), SMALL, answer)


def test_report_is_the_same_for_the_same_files(tmp_path):
    path = tmp_path / "bench.json"
    bench.__main__.main(["--level", "contract", "--level", "bytes", "--rounds", "2", "--json", str(path)])
    other = tmp_path / "growth.json"
    row = {"operation": "fields", "payload": "A: b\r\n", "peer": "fasthdr", "median_ns": 1234.5}
    row |= {"ns": [600.0, 1234.5], "ratio": {"n": 3.98}, "baseline": None}
    other.write_text(json.dumps({"name": "growth", "machine": {}, "method": {"rounds": 3}, "results": [row]}))
    page = tmp_path / "performance.md"
    page.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n")
    seen = []
    for _ in range(2):
        report.main([str(other), str(path), "--docs", str(tmp_path)])
        seen.append({each.name: each.read_bytes() for each in (page, *(tmp_path / "charts").iterdir())})
    assert seen[0] == seen[1]
    assert seen[0].keys() == {"performance.md", "overview.svg", "bytes.svg"}
    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "old" not in text
    assert "| operation | payload | what | median | ns | ratio n |" in text
    assert "| fields | `'A: b\\r\\n'` | fasthdr | 1.23 us | 600 ns / 1.23 us | 3.98 |" in text
    assert text.index("Parsing, messages") < text.index("## Growth")


@pytest.mark.parametrize("text", ["", report.END + report.BEGIN, report.BEGIN * 2 + report.END])
def test_report_wants_its_marks(text):
    with pytest.raises(ValueError, match="not one"):
        report.splice(text, "")


def test_report_wants_files_of_benchmarks(tmp_path, capsys):
    path = tmp_path / "other.json"
    path.write_text("[]")
    with pytest.raises(SystemExit):
        report.main([str(path), "--docs", str(tmp_path)])
    assert "has no name and results" in capsys.readouterr().err


def test_charts_of_servers_have_a_panel_for_each_number_of_connections(tmp_path):
    results = [
        {
            "method": "GET",
            "persistence": "keep-alive",
            "connections": count,
            "peer": peer,
            "requests_per_second": 1000.0,
        }
        for count in (1, 4, 64)
        for peer in ("stdlib", "fasthdr")
    ]
    for record in results:
        record["operation"] = str(Scenario(record["method"], record["persistence"], record["connections"]))
        record |= {"median_ns": 1e6, "ratio": {"fasthdr": 2.0}}
    drawn = charts.draw([Document("servers", {"results": results})], tmp_path)
    assert list(drawn) == ["overview.svg", "servers.svg"]


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [(0.5, "0.500 ns"), (999, "999 ns"), (1234, "1.23 us"), (4.4e7, "44.0 ms"), (2e9, "2.00 s")],
)
def test_times_have_three_digits(nanoseconds, text):
    assert documents.time(nanoseconds) == text
