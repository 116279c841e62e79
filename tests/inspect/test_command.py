# SPDX-License-Identifier: MIT
"""`python -m fasthdr inspect` as a process: exit codes, pipes, terminals, with and without rich and the core."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from fasthdr._cli.inspect.as_json import SCHEMA
from tests.docs.fences import ROOT
from tests.inspect.memory import document, inspect
from tests.integration.processes import environment, run

GOOD = b"POST /a?b HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nX-red: caf\xe9 [bold]\r\n\r\nabc"
BAD = b"GET / HTTP/1.1\r\nHost: h\r\nX : y\r\nAfter: z\r\n\r\n"

GOOD_SHOWN = """\
request, head at 0 to 70
       0  POST /a?b HTTP/1.1
      20  Host: h
      29  Content-Length: 3
      48  X-red: caf\\xe9 [bold]
  strict: accepted (3 fields, the connection persists)
  standard library: accepted (3 fields, the connection persists)
  body: Content-Length 3, at 70 to 73
73 bytes, 1 message, nothing left over
"""
BAD_SHOWN = """\
request, head at 0 to 44
       0  GET / HTTP/1.1
      16  Host: h
!     25  X : y
-     32  After: z
  strict: 400 White space in a field name (RFC 9112 5.1, byte 26)
      X : y\\x0d\\x0a
       ^
  standard library: accepted (1 field, the connection persists)
    method GET, target /, version HTTP/1.1
    loses 2 lines, from byte 25 on
    defects: MissingHeaderBodySeparatorDefect
  body: no body; readers of this head may differ
44 bytes, 1 message, nothing left over
"""


def piped(data: bytes, *options: str, **changes: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "fasthdr", "inspect", "-", *options]
    return subprocess.run(command, input=data, env=environment(**changes), capture_output=True, timeout=60)


@pytest.mark.parametrize("pure", ["0", "1"])
def test_whole_output(pure: str, tmp_path: Path) -> None:
    for data, code, shown in ((GOOD, 0, GOOD_SHOWN), (BAD, 1, BAD_SHOWN)):
        (tmp_path / "head").write_bytes(data)
        done = run("-m", "fasthdr", "inspect", "head", cwd=tmp_path, FASTHDR_PURE_PYTHON=pure)
        assert (done.returncode, done.stdout, done.stderr) == (code, shown, "")
        piped_too = piped(data, FASTHDR_PURE_PYTHON=pure)
        assert (piped_too.returncode, piped_too.stderr) == (code, b"")
        assert piped_too.stdout.decode().replace(os.linesep, "\n") == shown


def test_json_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "head").write_bytes(GOOD + BAD)
    done = run("-m", "fasthdr", "inspect", "--json", "head", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout.count("\n") == 1
    found = json.loads(done.stdout)
    assert (found["schema"], found["input"], len(found["messages"])) == (SCHEMA, "head", 2)
    assert found["messages"][0]["lines"][3]["text"] == "X-red: caf\xe9 [bold]"


def test_command_lines_that_are_wrong(tmp_path: Path) -> None:
    for arguments, said in (
        (["absent"], "absent"), (["."], "directory"), ([], "a file"), (["-", "--listen", "1"], "not both"),
        (["--listen", "65536"], "not a port"), (["--listen", "0", "--connections", "0"], "not a number of connections"),
        (["-", "--request", "--response"], "not allowed with"), (["-", "--unknown"], "--unknown"),
    ):  # fmt: skip
        done = run("-m", "fasthdr", "inspect", *arguments, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, ""), arguments
        assert said in done.stderr.lower(), arguments
        assert "Traceback" not in done.stderr
    command = f"exec '{sys.executable}' -m fasthdr inspect - <&-"
    closed = subprocess.run(["/bin/sh", "-c", command], env=environment(), capture_output=True, text=True, timeout=60)
    assert (closed.returncode, closed.stdout) == (2, "")
    assert closed.stderr.endswith("error: standard input is closed\n")
    done = run("-m", "fasthdr", "inspect", "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert "exit codes: 0" in done.stdout


def test_nothing_is_cut_when_it_is_piped() -> None:
    data = b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\nHost: h\r\nX: " + b"b" * 5000 + b"\r\n\r\n"
    done = piped(data, COLUMNS="40")
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"\n       0  GET /" + b"a" * 5000 + b" HTTP/1.1\n" in done.stdout
    assert b"X: " + b"b" * 5000 + b"\n" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such pipes there")
def test_a_reader_that_has_seen_enough(tmp_path: Path) -> None:
    (tmp_path / "many").write_bytes(GOOD * 20_000)
    command = f"'{sys.executable}' -m fasthdr inspect many | head -n 1"
    done = subprocess.run(
        command, shell=True, cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=60
    )
    assert (done.stdout, done.stderr) == ("request, head at 0 to 70\n", "")


def on_a_terminal(folder: Path, *arguments: str, **changes: str) -> str:
    """Return what a terminal of 40 columns gets."""
    pty = pytest.importorskip("pty", reason="there are no terminals to make here")
    ours, theirs = pty.openpty()
    env = environment(TERM="xterm-256color", COLUMNS="40", **changes)
    del env["NO_COLOR"]
    with subprocess.Popen([sys.executable, *arguments], cwd=folder, env=env, stdout=theirs, stdin=theirs) as process:
        os.close(theirs)
        got = b""
        try:
            while piece := os.read(ours, 65536):
                got += piece
        except OSError:  # on Linux the output ends with an error
            pass
        process.wait(60)
    os.close(ours)
    return got.decode().replace("\r\n", "\n")


def test_a_terminal_gets_colours_by_rich_alone(tmp_path: Path) -> None:
    pytest.importorskip("rich", reason="rich is not installed here")
    (tmp_path / "head").write_bytes(BAD)
    text = on_a_terminal(tmp_path, "-m", "fasthdr", "inspect", "head")
    assert "\x1b[1;31m400 White space in a field name\x1b[0m" in text
    assert re.sub(r"\x1b\[[0-9;]*m", "", text) == BAD_SHOWN
    code = (
        "import sys; sys.modules['rich.console'] = None; from fasthdr._cli.run import main; main(['inspect', 'head'])"
    )
    assert on_a_terminal(tmp_path, "-c", code) == BAD_SHOWN


def test_plain_output_loads_no_rich(tmp_path: Path) -> None:
    (tmp_path / "head").write_bytes(GOOD)
    code = (
        "import os, sys; del os.environ['NO_COLOR']; from fasthdr._cli.inspect.command import main\n"
        "main(['head']); assert 'rich' not in sys.modules"
    )
    done = run("-c", code, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, GOOD_SHOWN), done.stderr


def keys(page: str, heading: str) -> set[str]:
    """Return the keys in the table below a heading."""
    table = page[page.index(heading) :].split("\n\n")[1]
    return {key for line in table.splitlines()[2:] for key in re.findall(r"`(\w+)`", line.split("|")[1])}


def test_the_schema_is_described() -> None:
    """docs/inspect.md describes every key, and no others."""
    page = (ROOT / "docs" / "inspect.md").read_text(encoding="utf-8")
    bad = BAD.replace(b"Host: h", b"Content-Length: 1\r\nTransfer-Encoding: chunked") + b"1\r\na\r\nx\r\n"
    found = document(bad)
    foreign = document(b"\x16\x03\x01")
    message = found["messages"][0]
    assert keys(page, "### The document") == set(found)
    assert keys(page, "### A message") == set(message)
    assert keys(page, "### A line") == set(message["lines"][0])
    assert keys(page, "### A fault") == set(message["faults"][0]) == set(message["body"]["fault"])
    assert keys(page, "### A reading") == set(message["strict"]) == set(message["stdlib"])
    assert keys(page, "### A body") == set(message["body"])
    assert set(found["left"]) == {"offset", "bytes", "reason"}
    assert set(foreign["foreign"][0]) == {"offset", "code", "text", "hex"}
    assert message["body"]["others"]
    assert set(message["body"]["others"][0]) == {"by", "end"}
    for text in ("`left`: `offset`, `bytes`, `reason`", "`offset`, `code`, `text`, `hex`", "`by`, `end`"):
        assert text in page


def test_in_this_process() -> None:
    assert inspect(GOOD) == (0, GOOD_SHOWN)
    assert inspect(BAD) == (1, BAD_SHOWN)
