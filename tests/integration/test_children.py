# SPDX-License-Identifier: MIT
"""What `python -m fasthdr` and `enable` do for processes that the program starts; and the bootstrap does no harm."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import sysconfig
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

import fasthdr
from fasthdr import _bootstrap
from tests.integration.processes import TIMEOUT, counts, environment, free_port, needs_signals, run

pytestmark = [needs_signals, pytest.mark.long, pytest.mark.interpreter]

SHOW = """
import fasthdr, http.server
print(fasthdr.is_installed(), vars(http.server.BaseHTTPRequestHandler).get("strict"))
"""

STARTS = """
import multiprocessing, os, subprocess, sys

def show(_=None):
    import fasthdr, http.client, http.server
    handler = http.server.BaseHTTPRequestHandler
    return fasthdr.is_installed(), type(http.client.parse_headers).__name__, vars(handler).get("strict")

if __name__ == "__main__":
    for method in sys.argv[1:]:
        with multiprocessing.get_context(method).Pool(1) as pool:
            print(method, pool.apply(show))
            pool.close()
            pool.join()
    for command in (["shows.py"], ["-m", "shows"], ["-c", "import shows"], ["-E", "shows.py"], ["-I", "shows.py"]):
        print(subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False).stdout.strip())
    sys.stdout.flush()
    if os.fork() == 0:
        print(show())
        sys.stdout.flush()
        os._exit(0)
    os.wait()
    os.execv(sys.executable, [sys.executable, "shows.py"])
"""

# What a process looks like from inside, and the folders that it searches because of us.
PACKAGE = Path(fasthdr.__file__).parent
OURS = [str(folder) for folder in (PACKAGE.parent, PACKAGE, *PACKAGE.rglob("*/"))]
STATE = """
import json, sys
print(json.dumps({
    "path": sys.path,
    "cache": sorted(sys.path_importer_cache),
    "sitecustomize": getattr(sys.modules.get("sitecustomize"), "__file__", None),
    "runs": getattr(sys, "runs", 0),
    "modules": sorted(name for name in sys.modules if not name.startswith("fasthdr")),
    "stdin": sys.stdin.read(),
}))
"""


def bootstrapped(text: str = "1", *path: Path) -> dict[str, str]:
    """Return the variables that a child of `python -m fasthdr` gets."""
    return {"FASTHDR_INSTALL": text, "PYTHONPATH": os.pathsep.join([_bootstrap.FOLDER, *map(str, path)])}


def test_every_way_to_start_a_process(tmp_path: Path) -> None:
    (tmp_path / "starts.py").write_text(STARTS)
    (tmp_path / "shows.py").write_text(SHOW)
    done = run("-m", "fasthdr", "--strict", "starts.py", "spawn", "forkserver", "fork", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    shown = "True cython_function_or_method True".split()
    assert done.stdout.splitlines() == [
        *(f"{method} (True, '{shown[1]}', True)" for method in ("spawn", "forkserver", "fork")),
        *["True True"] * 3,
        *["False None"] * 2,  # -E and -I
        f"(True, '{shown[1]}', True)",
        "True True",
    ]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "1"),
        (["--strict"], "strict"),
        (["--framed-body", "--delay", "--exact-type"], "exact_type,nodelay=0,framed_body"),
        (["--on-unsupported", "raise", "--strict"], "strict,on_unsupported=raise"),
        (["--on-unsupported=raise", "--stats"], "on_unsupported=raise,stats"),
        (["--max-headers", "1"], "max_headers=1"),
        (["--max-headers=500", "--strict"], "strict,max_headers=500"),
        (["--recover", "--exact-type"], "exact_type,recover"),
        (["--recover", "--strict"], "strict,recover"),
    ],
    ids=str,
)
@pytest.mark.parametrize("options", [[], ["-W", "error"]], ids=str)
def test_the_options_go_along(tmp_path: Path, arguments: list[str], text: str, options: list[str]) -> None:
    (tmp_path / "shows.py").write_text(
        "import os, fasthdr._patching as i; print(os.environ['FASTHDR_INSTALL'], vars(i.options()))\n"
    )
    (tmp_path / "app.py").write_text(
        "import shows, subprocess, sys\nsubprocess.run([sys.executable, '-c', 'import shows'])\n"
    )
    done = run("-m", "fasthdr", *arguments, *options, "app.py", cwd=tmp_path)
    first, second = re.sub(r"stats=\d+", "stats", done.stdout).splitlines()
    assert first == second
    assert first.partition(" ")[0] == text
    for name, value in _bootstrap.options_of(text).items():
        assert name == "stats" or f"'{name}': {value!r}" in first


def test_the_path_has_the_bootstrap_once(tmp_path: Path) -> None:
    (tmp_path / "shows.py").write_text("import os; print(os.environ['PYTHONPATH'])")
    for command in (["shows.py"], ["-m", "fasthdr", "shows.py"], ["-m", "fasthdr", "-W", "error", "shows.py"]):
        done = run("-m", "fasthdr", *command, cwd=tmp_path, PYTHONPATH=str(tmp_path))
        assert done.stdout.strip() == f"{_bootstrap.FOLDER}{os.pathsep}{tmp_path}"


@pytest.mark.parametrize(
    "other",
    [
        None,
        "",
        "import sys; sys.runs = getattr(sys, 'runs', 0) + 1",
        "1 / 0",
        "import absent",
    ],
)
def test_a_child_sees_what_it_sees_without(tmp_path: Path, other: str | None) -> None:
    """sys.path stays the same, and another package's sitecustomize runs once, whatever it does."""
    (tmp_path / "state.py").write_text(STATE)
    (tmp_path / "path").mkdir()
    if other is not None:
        (tmp_path / "path" / "sitecustomize.py").write_text(other + "\n")
    unmeasured = {"COVERAGE_PROCESS_CONFIG": "", "COVERAGE_PROCESS_START": ""}  # or coverage loads what it needs
    plain = run("state.py", cwd=tmp_path, PYTHONPATH=str(tmp_path / "path"), **unmeasured)
    ours = run("state.py", cwd=tmp_path, **bootstrapped("1", tmp_path / "path"), **unmeasured)
    assert (ours.returncode, ours.stderr) == (plain.returncode, plain.stderr)
    if plain.returncode:
        return
    theirs, found = json.loads(plain.stdout), json.loads(ours.stdout)
    extra = set(found.pop("modules")) - set(theirs.pop("modules"))
    assert extra == set()
    assert set(found.pop("cache")) - set(OURS) == set(theirs.pop("cache")) - set(OURS)
    assert found == theirs


@pytest.mark.parametrize(
    ("package", "text", "stderr"),
    [
        (
            "",
            "nonsense",
            "fasthdr: not installed in this process: ValueError(\"FASTHDR_INSTALL has no option 'nonsense'\")\n",
        ),
        ("", "on_unsupported=maybe", "fasthdr: not installed in this process: ValueError("),
        ("raise OSError('gone')", "1", "fasthdr: not installed in this process: OSError('gone')\n"),
        ("raise ModuleNotFoundError('no', name='fasthdr')", "1", ""),
        (
            "raise ModuleNotFoundError('no', name='fasthdr')",
            "strict",
            "fasthdr: not installed in this process: ModuleNotFoundError('no'",  # from 3.15 on the name follows
        ),
        ("", "0", ""),
    ],
)
def test_what_goes_wrong_is_one_line(tmp_path: Path, package: str, text: str, stderr: str) -> None:
    if package:
        (tmp_path / "fasthdr").mkdir()
        (tmp_path / "fasthdr" / "__init__.py").write_text(package)
    done = run("-c", "print('runs')", cwd=tmp_path, **bootstrapped(text, tmp_path))
    assert (done.returncode, done.stdout) == (0, "runs\n")
    assert done.stderr.startswith(stderr)
    assert len(done.stderr.splitlines()) == bool(stderr)


def test_what_goes_wrong_later_is_one_line(tmp_path: Path) -> None:
    """The import of http.client does not fail because of us."""
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['fasthdr._standins'] = None\n")
    done = run(
        "-c", "import http.client; print(http.client.parse_headers)", cwd=tmp_path, **bootstrapped("1", tmp_path)
    )
    assert done.returncode == 0
    assert done.stdout.startswith("<function parse_headers")
    assert done.stderr.startswith("fasthdr: http.client is not patched: ModuleNotFoundError(")
    assert len(done.stderr.splitlines()) == 1


def test_imported_by_its_name(tmp_path: Path) -> None:
    """Some tools import every module of a package; that does not count as the start of an interpreter."""
    code = "import sys; path = sys.path[:]; import fasthdr._bootstrap.sitecustomize as s; print(sys.path == path)"
    done = run("-c", code, cwd=tmp_path, FASTHDR_INSTALL="nonsense")
    assert (done.stdout, done.stderr) == ("True\n", "")


def test_a_closed_stderr(tmp_path: Path) -> None:
    code = f"exec {sys.executable} -c 'print(1)' 2>&-"
    done = subprocess.run(
        ["/bin/sh", "-c", code], env=environment(**bootstrapped("nonsense")), capture_output=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, b"1\n")


def test_stats_of_children(tmp_path: Path) -> None:
    """They are printed with the number of the process, and only if it has read a head."""
    parse = "import http.client, io\nhttp.client.parse_headers(io.BytesIO(b'A: b\\r\\n\\r\\n'))\n"
    (tmp_path / "child.py").write_text(parse)
    (tmp_path / "app.py").write_text(
        f"import subprocess, sys\n{parse}"
        "for command in (['child.py'], ['-c', '0']):\n"
        "    subprocess.run([sys.executable, *command])\n"
    )
    for options in ([], ["-W", "error"]):
        done = run("-m", "fasthdr", "--stats", *options, "app.py", cwd=tmp_path)
        lines = [re.sub(r"\[\d+\]", "[N]", line) for line in done.stderr.splitlines()]
        assert lines == ["fasthdr[N]: 1 head, 1 read by the core", "fasthdr: 1 head, 1 read by the core"]
        assert counts(done.stderr) == (1, 1)


@pytest.mark.parametrize("own", [False, True])
def test_stats_of_a_program_that_is_terminated(tmp_path: Path, own: bool) -> None:
    """It ends by SIGTERM, as without --stats; the program's own handler for SIGTERM stays."""
    (tmp_path / "app.py").write_text(
        "import http.client, io, os, signal, sys\n"
        + ("signal.signal(signal.SIGTERM, lambda *args: sys.exit(3))\n" if own else "")
        + "http.client.parse_headers(io.BytesIO(b'A: b\\r\\n\\r\\n'))\n"
        "os.kill(os.getpid(), signal.SIGTERM)\n"
    )
    done = run("-m", "fasthdr", "--stats", "app.py", cwd=tmp_path)
    assert done.returncode == (3 if own else -signal.SIGTERM)
    assert done.stderr == "fasthdr: 1 head, 1 read by the core\n"


# --------------------------------------------------------------------------------- programs that start themselves again

FLASK = """
import fasthdr, flask, http.server, os
app = flask.Flask(__name__)

@app.get("/")
def index():
    return f"{os.environ.get('WERKZEUG_RUN_MAIN')} {fasthdr.is_installed()} {http.server.BaseHTTPRequestHandler.strict}"
"""

DJANGO = """
import os, sys, fasthdr, http.server
from django.conf import settings
from django.http import HttpResponse
from django.urls import path

settings.configure(DEBUG=True, ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"])

def index(request):
    strict = http.server.BaseHTTPRequestHandler.strict
    return HttpResponse(f"{os.environ.get('RUN_MAIN')} {fasthdr.is_installed()} {strict}")

urlpatterns = [path("", index)]

if __name__ == "__main__":
    from django.core.management import execute_from_command_line
    execute_from_command_line(sys.argv)
"""

UVICORN = """
import fasthdr, http.server, os

async def app(scope, receive, send):
    if scope["type"] == "http":
        text = f"{os.getppid() == int(os.environ['STARTED'])} {fasthdr.is_installed()} "
        text += f"{http.server.BaseHTTPRequestHandler.strict}"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": text.encode()})
"""


def answered(command: list[str], port: int, cwd: Path) -> str:
    """Return what a server answers to a request, and end the server and its children."""
    env = environment(PYTHONDONTWRITEBYTECODE="1", FLASK_APP="app.py")
    process = subprocess.Popen(
        ["/bin/sh", "-c", 'STARTED=$$ exec "$0" "$@"', sys.executable, *command],
        cwd=cwd, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        end = time.monotonic() + TIMEOUT
        while time.monotonic() < end and process.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=TIMEOUT) as response:
                    return response.read().decode()
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"no answer: {process.poll()}")
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.communicate(timeout=TIMEOUT)


@pytest.mark.parametrize(
    ("package", "program", "command"),
    [
        ("flask", FLASK, ["-m", "flask", "run", "--debug", "--port"]),
        ("django", DJANGO, ["app.py", "runserver"]),
        ("uvicorn", UVICORN, ["-m", "uvicorn", "app:app", "--workers", "2", "--port"]),
        ("uvicorn", UVICORN, ["-m", "uvicorn", "app:app", "--reload", "--port"]),
    ],
    ids=["flask", "django", "workers", "reload"],
)
def test_programs_that_start_themselves_again(tmp_path: Path, package: str, program: str, command: list[str]) -> None:
    pytest.importorskip(package, reason=f"{package} is not installed")
    (tmp_path / "app.py").write_text(program)
    port = free_port()
    assert answered(["-m", "fasthdr", "--strict", *command, str(port)], port, tmp_path).lower() == "true true true"


def test_workers_of_xdist(tmp_path: Path) -> None:
    pytest.importorskip("xdist", reason="pytest-xdist is not installed")
    (tmp_path / "test_it.py").write_text(
        "import os, fasthdr, http.server\n"
        "def test_it():\n"
        "    assert os.environ['PYTEST_XDIST_WORKER']\n"
        "    assert fasthdr.is_installed() and http.server.BaseHTTPRequestHandler.strict\n"
    )
    command = ["-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider"]
    done = run("-m", "fasthdr", "--strict", *command, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert run(*command, cwd=tmp_path).returncode == 1


# ------------------------------------------------------------------------------------------- enable, disable, status


@pytest.fixture(scope="module")
def virtual(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a virtual environment that has this fasthdr."""
    folder = tmp_path_factory.mktemp("environment") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    site = sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)})
    (Path(site) / "_fasthdr.pth").write_text(str(Path(_bootstrap.FOLDER).parents[1]))
    return folder / "bin" / "python"


def command(python: Path, *arguments: str, **changes: str) -> Any:
    return subprocess.run(
        [python, *arguments], env=environment(**changes), capture_output=True, text=True, timeout=TIMEOUT, check=False
    )


def test_an_environment(virtual: Path) -> None:
    show = ["-c", SHOW]
    status = command(virtual, "-m", "fasthdr", "status")
    assert (status.returncode, status.stdout[:12]) == (1, "not enabled:")
    assert command(virtual, *show).stdout == "False None\n"
    done = command(virtual, "-m", "fasthdr", "enable", "--strict")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("fasthdr-install.pth: strict\n")
    assert command(virtual, *show).stdout == "True True\n"
    assert command(virtual, "-I", *show).stdout == "True True\n"  # .pth files are read with -I, too
    assert command(virtual, *show, FASTHDR_INSTALL="0").stdout == "False None\n"
    assert command(virtual, *show, FASTHDR_INSTALL="1").stdout == "True True\n"
    assert command(virtual, *show, FASTHDR_INSTALL="strict=0").stdout == "True False\n"
    assert command(virtual, "-m", "fasthdr", "-c", SHOW).stdout == "True True\n"
    status = command(virtual, "-m", "fasthdr", "status")
    assert (status.returncode, status.stdout.rpartition(" ")[2]) == (0, "strict\n")
    done = command(virtual, "-m", "fasthdr", "enable", "--delay")
    assert done.stdout.endswith(": nodelay=0\n")
    assert command(virtual, *show).stdout == "True False\n"
    done = command(virtual, "-m", "fasthdr", "disable")
    assert (done.returncode, done.stderr) == (0, "")
    assert command(virtual, *show).stdout == "False None\n"
    done = command(virtual, "-m", "fasthdr", "disable")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("fasthdr: this environment is not enabled")


PROMISES = """
import os, subprocess, sys
import fasthdr, http.server
fasthdr.install(**eval(sys.argv[1]))
handler = http.server.BaseHTTPRequestHandler
print(handler.strict, handler.framed_body, handler.on_unsupported)
if not sys.argv[2:]:
    sys.stdout.flush()
    subprocess.run([sys.executable, __file__, sys.argv[1], "child"], check=True)
"""
PROMISED = {
    ("--strict",): "True False warn\n",
    ("--framed-body",): "False True warn\n",
    ("--strict", "--on-unsupported", "raise"): "True False raise\n",
}


def _promises(python: str | Path, folder: Path, *options: str, call: str = "{}", **changes: str) -> str:
    """Return what holds in a program, after checking that a child has the same; the program calls install(**call)."""
    (folder / "promises.py").write_text(PROMISES)
    done = command(Path(python), *options, str(folder / "promises.py"), call, **changes)
    assert done.stderr == ""
    first, second = done.stdout.splitlines(keepends=True)
    assert first == second
    return first


@pytest.mark.parametrize("options", PROMISED, ids=" ".join)
def test_what_an_environment_promises_holds(virtual: Path, tmp_path: Path, options: tuple[str, ...]) -> None:
    """A call that says nothing of strictness does not switch it off; the strongest option asked for holds."""
    command(virtual, "-m", "fasthdr", "enable", *options)
    expected = PROMISED[options]
    try:
        for words in ([], ["-m", "fasthdr"], ["-m", "fasthdr", "--delay"], ["-m", "fasthdr", "-W", "error"]):
            assert _promises(virtual, tmp_path, *words) == expected, words
            assert _promises(virtual, tmp_path, *words, FASTHDR_INSTALL="nodelay=0") == expected, words
        assert _promises(virtual, tmp_path, FASTHDR_INSTALL="1") == expected
        more = _promises(virtual, tmp_path, "-m", "fasthdr", "--strict", "--framed-body")
        assert more == f"True True {expected.split()[2]}\n"
        more = _promises(virtual, tmp_path, FASTHDR_INSTALL="strict,framed_body")
        assert more == f"True True {expected.split()[2]}\n"
    finally:
        command(virtual, "-m", "fasthdr", "disable")


@pytest.mark.parametrize("options", PROMISED, ids=" ".join)
def test_what_a_parent_promises_holds(tmp_path: Path, options: tuple[str, ...]) -> None:
    """A program under `python -m fasthdr --strict` starts another one with `python -m fasthdr`."""
    (tmp_path / "parent.py").write_text(
        "import subprocess, sys\nsubprocess.run([sys.executable, *sys.argv[1:]], check=True)\n"
    )
    parent = ["-m", "fasthdr", *options, str(tmp_path / "parent.py")]
    for words in (["-m", "fasthdr"], ["-I", "-m", "fasthdr"], ["-m", "fasthdr", "-W", "error"]):
        assert _promises(sys.executable, tmp_path, *parent, *words) == PROMISED[options], words


def test_a_promise_is_taken_back_by_name(virtual: Path, tmp_path: Path) -> None:
    command(virtual, "-m", "fasthdr", "enable", "--strict", "--framed-body", "--on-unsupported", "raise")
    ours = ["-m", "fasthdr"]
    try:
        assert _promises(virtual, tmp_path, *ours, "--no-strict") == "False True raise\n"
        assert _promises(virtual, tmp_path, *ours, "--no-framed-body") == "True False raise\n"
        assert _promises(virtual, tmp_path, *ours, "--on-unsupported", "warn") == "True True warn\n"
        assert _promises(virtual, tmp_path, *ours, "--no-strict", "-W", "error") == "False True raise\n"
        assert _promises(virtual, tmp_path, FASTHDR_INSTALL="strict=0") == "False True raise\n"
        assert _promises(virtual, tmp_path, *ours, "--strict", FASTHDR_INSTALL="strict=0") == "True True raise\n"
        assert _promises(virtual, tmp_path, call="{'strict': False}") == "False True raise\n"
        assert _promises(virtual, tmp_path, FASTHDR_INSTALL="0") == "False False warn\n"
        assert _promises(virtual, tmp_path, *ours, FASTHDR_INSTALL="0") == "True True raise\n"
    finally:
        command(virtual, "-m", "fasthdr", "disable")


def test_a_wrong_variable_ends_the_command(tmp_path: Path) -> None:
    """The program does not run, because nobody knows what the variable was meant to promise."""
    done = run("-m", "fasthdr", "-c", "print('runs')", cwd=tmp_path, FASTHDR_INSTALL="strickt")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("error: FASTHDR_INSTALL has no option 'strickt'\n")


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ("--delay", ""),
        ("--strict", "fasthdr: not installed in this process: ModuleNotFoundError("),
        ("--framed-body", "fasthdr: not installed in this process: ModuleNotFoundError("),
    ],
)
def test_an_environment_whose_fasthdr_is_gone(virtual: Path, option: str, says: str) -> None:
    """The process starts; requests that should be strict or framed are not, and it reports that."""
    command(virtual, "-m", "fasthdr", "enable", option)
    (path,) = virtual.parents[1].rglob("_fasthdr.pth")
    text = path.read_text()
    try:
        path.write_text("")
        done = command(virtual, "-c", "print('runs')")
        assert done.stdout == "runs\n"
        assert done.stderr.startswith(says)
        assert len(set(done.stderr.splitlines())) == bool(says)  # a set: some versions' site reads the file twice
    finally:
        path.write_text(text)
        command(virtual, "-m", "fasthdr", "disable")


def test_no_virtual_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """Without --system, this is refused."""
    from fasthdr._cli import environment as command

    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    monkeypatch.setattr(command, "_file", lambda: str(tmp_path / command.NAME))
    for argv in (["enable"], ["disable"]):
        said = command.main(argv)
        assert isinstance(said, str)
        assert "is not a virtual environment" in said
    assert list(tmp_path.iterdir()) == []
    assert command.main(["enable", "--system", "--on-unsupported", "raise"]) == 0
    assert command.main(["status"]) == 0
    assert command.main(["disable", "--system"]) == 0
    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr().out.count("on_unsupported=raise") == 2
    monkeypatch.setattr(command, "_file", lambda: str(tmp_path / "absent" / command.NAME))
    assert str(command.main(["enable", "--system"])).startswith("fasthdr: this environment is not enabled")
