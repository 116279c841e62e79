# SPDX-License-Identifier: MIT
"""`--stats`: each process reports once what it has read itself, and nothing else about its end changes."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.processes import TIMEOUT, environment, needs_signals, run

pytestmark = needs_signals

READS = """
import http.client, io, os, signal, sys, time

def read(count=1):
    for _ in range(count):
        http.client.parse_headers(io.BytesIO(b"A: b\\r\\n\\r\\n"))

if __name__ == "__main__":
    read(10)
"""
FORKS = """
    if os.fork() == 0:
        read(2)
        sys.exit()
    os.wait()
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    context = multiprocessing.get_context(sys.argv[1])
    for count in (3, 0):  # one that reads nothing reports nothing
        process = context.Process(target=read, args=(count,))
        process.start()
        process.join()
    with ProcessPoolExecutor(1, context) as pool:
        pool.submit(read, 4).result()
"""
TERMINATED = """
    ready, ended = os.pipe()
    children = []
    for _ in range(2):
        child = os.fork()
        if child == 0:
            read(5 * len(children))
            os.write(ended, b".")
            while True:  # pause() would miss a signal that comes just before it
                time.sleep(0.01)
        children.append(child)
    os.read(ready, 1)
    os.read(ready, 1)
    for child in children:
        os.kill(child, signal.SIGTERM)
        assert os.waitpid(child, 0)[1] == signal.SIGTERM
"""


def reported(stderr: str) -> list[str]:
    """Return the lines without process IDs, sorted."""
    return sorted(re.sub(r"\[\d+\]", "[N]", line) for line in stderr.splitlines())


def lines(own: int, *children: int) -> list[str]:
    """Return what a process and its children report."""
    return sorted(
        [f"fasthdr: {own} heads, {own} read by the core"]
        + [f"fasthdr[N]: {count} heads, {count} read by the core" for count in children]
    )


@pytest.mark.parametrize(
    "method", ["fork", pytest.param("forkserver", marks=[pytest.mark.long, pytest.mark.interpreter])]
)
def test_copies_of_a_process_count_for_themselves(tmp_path: Path, method: str) -> None:
    """They do not report their parent's heads, and those of multiprocessing report although they end without atexit."""
    (tmp_path / "app.py").write_text(READS + FORKS)
    done = run("-W", "ignore", "-m", "fasthdr", "--stats", "app.py", method, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert reported(done.stderr) == lines(10, 2, 3, 4)


def test_copies_that_are_terminated(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(READS + TERMINATED)
    done = run("-m", "fasthdr", "--stats", "app.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert reported(done.stderr) == lines(10, 5)


def test_once_however_often_it_is_asked_for(tmp_path: Path) -> None:
    """An environment's .pth file may be run twice, and the bootstrap and the command line come after it.

    The children learn the program's process ID. It is not 1 even in a container: `stats=1` means every process.
    """
    (tmp_path / "app.py").write_text(READS + "    print(os.environ['FASTHDR_INSTALL'] == f'stats=0{os.getpid()}')\n")
    code = "from fasthdr._bootstrap import start; start('stats'); start('stats'); from fasthdr._cli.run import main;"
    code += "main(['--stats', 'app.py'])"
    done = run("-c", code, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "True\n")
    assert done.stderr == "fasthdr: 10 heads, 10 read by the core\n"


@pytest.mark.parametrize(
    "breaks", ["sys.stderr.close()", "ends = os.pipe(); os.close(ends[0]); os.dup2(ends[1], 2)", "sys.stderr = None"]
)
def test_it_ends_by_sigterm_without_a_stderr(tmp_path: Path, breaks: str) -> None:
    """The report fails, and the program catches what its signal handlers raise."""
    (tmp_path / "app.py").write_text(
        f"{READS}    {breaks}\n"
        "    try:\n        signal.raise_signal(signal.SIGTERM)\n        sum(range(1000))\n"
        "    except Exception:\n        pass\n"
        "    print('survived')\n"
    )
    done = run("-m", "fasthdr", "--stats", "app.py", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (-signal.SIGTERM, "")


@pytest.mark.parametrize("command", ["--stats app.py", "absent.py"])
def test_nothing_goes_to_stdout_if_stderr_is_closed(tmp_path: Path, command: str) -> None:
    (tmp_path / "app.py").write_text(READS)
    done = subprocess.run(
        ["/bin/sh", "-c", f"exec '{sys.executable}' -m fasthdr {command} 2>&-"],
        cwd=tmp_path, env=environment(), capture_output=True, timeout=TIMEOUT, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (2 if command == "absent.py" else 0, b"", b"")
