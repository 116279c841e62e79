# SPDX-License-Identifier: MIT
"""Every code block of README.md and docs/: it runs, and prints what the page shows below it.

A `python` block is a whole program. One that serves on port 8000 runs while the `python` and `console` blocks below
it, up to the next heading, talk to it. The commands of `sh` and `console` blocks run if they change nothing; each of
the others is listed below, with the reason.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import shlex
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

import fasthdr
from tests.docs.fences import PAGES, ROOT, Block, blocks_of
from tests.integration.processes import environment, free_port, needs_signals, run, served

pytestmark = [
    needs_signals,
    pytest.mark.skipif(fasthdr.IMPLEMENTATION != "cython", reason="the pages show what the core does"),
]

# Beginning of a command -> why it does not run here. known() below checks the names in such a command.
NOT_RUN = {
    "python -m pip install": "changes the environment",
    "pre-commit": "a tool that the tests do not need",
    "python setup.py": "builds",
    "git": "changes the repository",
    "make": "builds, downloads or measures",
    "python -m pytest": "runs tests",
    "python -m fuzz": "runs for minutes",
    "python -m bench": "measures",
    "python -m pytest_benchmark": "wants files of two runs",
    "python -m gunicorn": "serves until it is interrupted",
    "python -m fasthdr.server": "serves until it is interrupted",
    "python -m fasthdr": "runs a program of the reader's, listens, or measures",
    ".ci/check-release": "wants a tag",
    ".ci/run": "runs every check",
}
# Commands that run although NOT_RUN has their beginning.
RUN = ("python -m fasthdr --version", "python -m fasthdr --help", "python -m fasthdr inspect --help")
# tests/test_capi_clients.py builds the one in C; tests/integration/test_two_hosts.py runs nginx and HAProxy.
OTHER_LANGUAGES = {"text", "mermaid", "cython", "ini", "c", "nginx", "haproxy"}
PACKAGES = (
    "bottle", "cheroot", "django", "flask", "gevent", "gunicorn", "numpy", "prometheus_client", "requests", "rich",
    "tornado", "urllib3", "waitress",
)  # fmt: skip
SERVING = (
    "serve_forever()",
    "app.run(",
    "\nserve(",
    ".listen(8000",
)  # the call in a block that serves until it is interrupted

BLOCKS = [block for page in PAGES for block in blocks_of(page)]


def of(*languages: str) -> pytest.MarkDecorator:
    found = [block for block in BLOCKS if block.language in languages]
    return pytest.mark.parametrize("block", found, ids=str)


def serves(block: Block) -> bool:
    return block.language == "python" and any(call in block.text for call in SERVING)


def server_of(block: Block) -> Block | None:
    """Return the server that a block talks to: the last one above it under the same heading."""
    if ":8000" not in block.text or block.language in OTHER_LANGUAGES:
        return None
    lines = block.page.read_text(encoding="utf-8").splitlines()
    above = [each for each in BLOCKS if each.page == block.page and each.line < block.line and serves(each)]
    assert above, f"{block} talks to port 8000, and no block above it serves"
    between = lines[above[-1].line + above[-1].text.count("\n") : block.line]
    assert not [line for line in between if re.match("##? ", line)], f"{block}: its server is of another section"
    return above[-1]


def needs(text: str) -> None:
    for name in PACKAGES:
        if re.search(rf"^\s*(import|from) .*\b{name}\b", text, re.MULTILINE) and not importlib.util.find_spec(name):
            pytest.skip(f"{name} is not installed")


@contextlib.contextmanager
def served_by(block: Block | None, folder: Path):
    """Yield the port of a block's server while it runs, or 8000 if there is none."""
    if block is None:
        yield 8000
        return
    needs(block.text)
    port = free_port()
    script = folder / "server.py"
    script.write_text(block.padded.replace("8000", str(port)), encoding="utf-8")
    with served([script], port, cwd=folder):
        yield port


@of("python")
def test_python(block: Block, tmp_path: Path) -> None:
    if serves(block):
        callers = [each for each in BLOCKS if server_of(each) == block]
        assert callers, f"{block} serves, and no block below it asks for anything"
        return
    needs(block.text)
    with served_by(server_of(block), tmp_path) as port:
        script = tmp_path / "block.py"
        script.write_text(block.padded.replace("8000", str(port)), encoding="utf-8")
        manage = ["version"] if "sys.argv" in block.text else []  # Django's manage.py: this needs no settings
        done = run("-W", "error", script, *manage, cwd=tmp_path)
    assert done.returncode == 0, f"{block}\n{done.stderr}"
    assert done.stderr == ""
    if manage:
        assert re.fullmatch(r"\d[\w.]+\n", done.stdout)
    else:
        assert done.stdout.replace(str(port), "8000") == (block.shown or ""), str(block)


def sessions(block: Block) -> list[tuple[str, str]]:
    """Return the commands of a `console` block, each with the output that the page shows."""
    assert block.text.startswith("$ "), f"{block}: a console block begins with a command"
    return [tuple(part.split("\n", 1)) for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]]


@of("console")
def test_console(block: Block, tmp_path: Path) -> None:
    with served_by(server_of(block), tmp_path) as port:
        for command, shown in sessions(block):
            words = shlex.split(command.replace("8000", str(port)))
            if words[0] == "curl":
                assert len(words) == 2, "curl with options: this test asks in its place, and knows none"
                with urllib.request.urlopen(words[1], timeout=30) as response:
                    output = response.read().decode()
            else:
                done = shell(command, tmp_path)
                output = done.stdout + done.stderr
            assert output.replace(str(port), "8000") == shown, f"{block}: {command}"


def shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command in a shell whose `python` is this one."""
    bin_folder = folder / "bin"
    if not bin_folder.exists():
        bin_folder.mkdir()
        (bin_folder / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        (bin_folder / "python").chmod(0o755)
    changed = environment(PATH=f"{bin_folder}:{os.environ['PATH']}")
    return subprocess.run(command, shell=True, cwd=folder, env=changed, capture_output=True, text=True, timeout=60)


def commands(block: Block) -> list[str]:
    """Return the commands of a `sh` block: without comments, continued lines joined, and split at each `&&`."""
    lines = re.sub(r"\s+#.*$|^#.*$", "", block.text.replace("\\\n", " "), flags=re.MULTILINE).splitlines()
    return [part.strip() for line in lines if line.strip() for part in line.split("&&")]


def bare(command: str) -> str:
    """Return a command without the variables that are set in front of it."""
    return re.sub(r"^([A-Z_]+=\S+ )+", "", command)


def known(command: str) -> None:
    """Fail if a command names a file, module, target or option that does not exist."""
    words = [word for word in shlex.split(command) if not re.match(r"[A-Z_]+=", word)]
    if words[0] == "make":
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        for target in words[1:]:
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"no target {target}"
    elif words[0].startswith(".ci/"):
        assert (ROOT / words[0]).is_file(), words[0]
    elif words[:2] == ["python", "-m"] and words[2].partition(".")[0] in ("bench", "fuzz", "tests", "fasthdr"):
        assert importlib.util.find_spec(words[2]), f"no module {words[2]}"
        if words[2] == "fasthdr" and not command.startswith(RUN):
            from fasthdr._cli.inspect import command as inspect
            from fasthdr._cli.options import command_parser, parser
            from fasthdr._cli.run import split

            if words[3] in ("enable", "disable", "status"):
                command_parser(words[3]).parse_args(words[4:])
            elif words[3] == "inspect":
                inspect.parser().parse_args(words[4:])
            else:
                parser().parse_args(split(words[3:])[0])
    elif words[:3] == ["python", "-m", "pip"]:
        for name in re.findall(r"\[(\w+)\]|--group (\w+)", command):
            assert f"\n{''.join(name)} = [" in (ROOT / "pyproject.toml").read_text(encoding="utf-8"), f"no {name}"
    for word in words:
        if re.match(r"(tests|bench|docs|fuzz)/", word):
            assert (ROOT / word.partition("::")[0]).exists(), f"no file {word}"


@of("sh")
def test_sh(block: Block, tmp_path: Path) -> None:
    for command in commands(block):
        known(command)
        if bare(command).startswith(RUN) or not bare(command).startswith(tuple(NOT_RUN)):
            done = shell(command, tmp_path)
            assert done.returncode == 0, f"{block}: {command}\n{done.stderr}"


def test_the_first_command_serves_a_folder_to_this_machine_alone() -> None:
    first = next(block for block in BLOCKS if block.language == "sh" and block.page == ROOT / "README.md")
    install, serve = commands(first)
    assert install == "python -m pip install ."
    port = free_port()
    with served([*shlex.split(serve)[1:], str(port)], port, cwd=ROOT) as server:
        listing = urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30).read().decode()
    assert "how-to.md" in listing
    assert "README.md" in listing
    assert "setup.py" not in listing
    assert server.stdout.startswith(f"Serving HTTP on 127.0.0.1 port {port} ")


@pytest.mark.long
@of("cython")
def test_cython(block: Block, tmp_path: Path) -> None:
    """Cython accepts the block; tests/test_package.py builds and runs such a module."""
    pytest.importorskip("Cython", reason="Cython is not installed")
    (tmp_path / "block.pyx").write_text(block.text, encoding="utf-8")
    done = run("-m", "cython", "-3", "-I", Path(fasthdr.__file__).parents[1], "block.pyx", cwd=tmp_path)
    assert done.returncode == 0, f"{block}\n{done.stderr}"


def test_every_block_has_a_language() -> None:
    tested = {"python", "console", "sh"}
    assert [str(block) for block in BLOCKS if block.language not in tested | OTHER_LANGUAGES] == []


def test_no_reason_is_left_over() -> None:
    """Each entry of NOT_RUN is the beginning of some command."""
    every = [bare(command) for block in BLOCKS if block.language == "sh" for command in commands(block)]
    assert [start for start in NOT_RUN if not any(command.startswith(start) for command in every)] == []
