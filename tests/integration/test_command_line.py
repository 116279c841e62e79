# SPDX-License-Identifier: MIT
"""`python -m fasthdr PROGRAM` behaves as `python PROGRAM`, `python -m fasthdr -m MODULE` as `python -m MODULE`."""

from __future__ import annotations

import importlib.util
import json
import os
import py_compile
import re
import shutil
import signal
import subprocess
import sys
import time
import venv
import zipfile
from pathlib import Path
from typing import Any

import pytest

import fasthdr
from fasthdr import _bootstrap
from fasthdr._cli import run as cli
from tests.integration.processes import TIMEOUT, counts, environment, needs_signals, run

pytestmark = needs_signals

LONG = [pytest.mark.long, pytest.mark.interpreter]

SHOW = """
import json, os, sys
import __main__

print(json.dumps({
    "argv": sys.argv,
    "path": sys.path,
    "name": __name__,
    "file": __file__,
    "package": __package__ or "",
    "spec": __spec__ and __spec__.name,
    "main": vars(__main__) is globals(),
    "attributes": [(name, type(value).__name__) for name, value in vars(__main__).items()],
    "loader": isinstance(__loader__, type) and __loader__.__name__ or str(getattr(__loader__, "path", "")),
    "flags": repr(sys.flags),
    "warnings": sys.warnoptions,
    "x": sys._xoptions,
    "stdin": sys.stdin and sys.stdin.read(),
    "hooks": [sys.excepthook is sys.__excepthook__, sys.displayhook is sys.__displayhook__],
    "sitecustomize": getattr(sys.modules.get("sitecustomize"), "__file__", None),
    "modules": sorted({"argparse", "http.client", "http.server", "socketserver", "ast", "pkgutil"} & {*sys.modules}),
}))
"""

INSTALLED = "import fasthdr, http.client, sys; print(fasthdr.is_installed(), http.client.parse_headers.__module__)\n"

PARSES = """
import http.client, io
for n in range(10):
    http.client.parse_headers(io.BytesIO(b"A: %d\\r\\n\\r\\n" % n))
http.client.parse_headers(io.BytesIO(b"no colon\\r\\n\\r\\n"))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(SHOW)
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "app.py").write_text(SHOW)
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("")
    (tmp_path / "package" / "__main__.py").write_text(SHOW)
    (tmp_path / "package" / "module.py").write_text(SHOW)
    (tmp_path / "link.py").symlink_to("below/app.py")
    with zipfile.ZipFile(tmp_path / "app.zip", "w") as archive:
        archive.writestr("__main__.py", SHOW)
    py_compile.compile(str(tmp_path / "app.py"), str(tmp_path / "compiled.pyc"))
    shutil.copy(tmp_path / "compiled.pyc", tmp_path / "compiled.bin")
    shutil.copy(tmp_path / "app.py", tmp_path / "-m")
    (tmp_path / "latin.py").write_bytes(b"# coding: latin-1\n" + SHOW.encode().replace(b'"argv"', b'"\xe9"'))
    return tmp_path


def both(*arguments: str | Path, cwd: Path, options: tuple[str, ...] = (), **more: Any) -> list[Any]:
    """Run the same command without fasthdr and with it."""
    return [
        run(*options, *arguments, cwd=cwd, **more),
        run(*options, "-m", "fasthdr", *arguments, cwd=cwd, **more),
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ["app.py"],
        ["./app.py", "a", "b c", ""],
        ["below/app.py"],
        ["below/../app.py"],
        ["link.py"],
        ["app.zip", "x"],
        ["below/../package", "x"],
        ["app.py", "--stats", "--version", "-h", "--help"],
        ["app.py", "-m", "module", "--", "-x", "--delay"],
        ["app.py", "--", "--stats"],
        ["app.py", "--exact"],
        ["-m", "app"],
        ["-mapp", "a", "-b"],
        ["-m", "app", "-m", "app", "--stats", "--", "-h"],
        ["-m", "package", "a"],
        ["-m", "package.module", "--version"],
        ["compiled.pyc", "x"],
        ["compiled.bin", "x"],
        ["latin.py"],
        ["--", "app.py", "-x"],
        ["--", "-m", "app"],
        ["-B", "--", "app.py"],
        ["--check-hash-based-pycs", "always", "app.py"],
        ["-bWignore::ImportWarning", "app.py"],
        ["package", "x"],
        ["-m", "app", "-c", "x"],
        ["-"],
        ["-", "a", "-m", "b"],
        ["-c", SHOW.replace("__file__", "0"), "a", "-c"],
        ["-c" + SHOW.replace("__file__", "0")],
        ["-W", "ignore", "app.py"],
        ["-Wignore", "-Werror::UserWarning", "-m", "app", "-W"],
        ["-X", "utf8", "-X", "dev", "app.py", "-X", "a"],
        ["-bBOm", "app", "a"],
        ["-OO", "-u", "-q", "app.zip"],
        ["-i", "app.py"],
        ["-iW", "error", "app.py"],
        ["-B", "-"],
        ["-sc", SHOW.replace("__file__", "0"), "-x"],
    ],
    ids=lambda arguments: " ".join(arguments).replace(SHOW.replace("__file__", "0"), "CODE"),
)
def test_what_a_program_sees(folder: Path, arguments: list[str]) -> None:
    program = SHOW.replace("__file__", "0").replace("sys.stdin.read()", "0") if "-" in arguments[:2] else "input"
    plain, ours = both(*arguments, cwd=folder, stdin="" if "-i" in arguments[0] else program)
    assert plain.returncode == 0
    assert plain.stderr.replace(">>> ", "").strip() == ""
    assert (ours.returncode, ours.stderr) == (plain.returncode, plain.stderr)
    assert json.loads(ours.stdout) == json.loads(plain.stdout)


@pytest.mark.parametrize(
    "start", [["-m", "fasthdr"], ["-mfasthdr"], ["-bBm", "fasthdr"], ["-X", "utf8", "-OBmfasthdr"]], ids=" ".join
)
@pytest.mark.parametrize(
    "arguments",
    [["-c", "-m", "fasthdr"], ["-", "fasthdr"], ["-W", "error", "app.py", "-m", "fasthdr"], ["app.py"]],
    ids=" ".join,
)
def test_the_options_of_the_interpreter_stay(folder: Path, start: list[str], arguments: list[str]) -> None:
    """Options before -m fasthdr stay, whatever the program is given."""
    code = SHOW.replace("__file__", "0").replace("sys.stdin.read()", "0")
    if arguments[0] == "-c":
        arguments = ["-c", code, *arguments[1:]]
    options = {"-bBm": ["-bB"], "-X": ["-X", "utf8", "-OB"]}.get(start[0], [])
    plain = run(*options, *arguments, cwd=folder, stdin=code)
    ours = run(*start, *arguments, cwd=folder, stdin=code)
    assert (plain.returncode, plain.stderr) == (0, "")
    assert (ours.returncode, ours.stderr) == (0, "")
    assert json.loads(ours.stdout) == json.loads(plain.stdout)


@pytest.mark.parametrize("outer", [[], ["-E"], ["-I"], ["-S"]], ids=str)
@pytest.mark.parametrize("arguments", [["-c", "0"], ["-"], ["-W", "error", "app.py"], ["-E", "app.py"]], ids=" ".join)
def test_no_bootstrap_no_program(folder: Path, outer: list[str], arguments: list[str]) -> None:
    """A program does not run if what was asked for cannot be put in place."""
    (folder / "fasthdr").symlink_to(Path(fasthdr.__file__).parent)  # -S has no site-packages
    if outer == ["-I"] and not importlib.util.find_spec("fasthdr").origin.startswith(sys.prefix):  # type: ignore[union-attr]
        outer = ["-E"]
    ours = run(*outer, "-m", "fasthdr", *arguments, cwd=folder)
    if outer or arguments[0] == "-E":
        assert (ours.returncode, ours.stdout) == (2, "")
        assert ours.stderr.splitlines()[-1].startswith("python -m fasthdr: error: with -E, -I or -S only a file")
    else:
        assert ours.returncode == 0


def beside(folder: Path) -> Path:
    """Return an interpreter that has fasthdr only if it is started in this folder."""
    venv.create(folder / "environment", symlinks=True)
    (folder / "fasthdr").symlink_to(Path(fasthdr.__file__).parent)
    (folder / "below" / "strict.py").write_text("import http.server as s; print(s.BaseHTTPRequestHandler.strict)")
    return folder / "environment" / "bin" / "python"


# Without exec, as on Windows, the second interpreter is a child.
STARTS = {"exec": ("-m", "fasthdr"), "child": ("-c", "import os, fasthdr._cli.run as r; os.name = 'nt'; r.main()")}


@pytest.mark.parametrize("start", STARTS)
def test_a_fasthdr_in_the_current_folder(folder: Path, start: str) -> None:
    """A second interpreter does not find it there, but the program is strict all the same."""
    python = beside(folder)
    program = (folder / "below" / "strict.py").read_text()
    for arguments in (["-B", "below/strict.py"], ["-"]):
        ours = run(*STARTS[start], "--strict", *arguments, cwd=folder, stdin=program, python=python)
        assert (ours.returncode, ours.stdout, ours.stderr) == (0, "True\n", "")


@pytest.mark.parametrize("start", STARTS)
def test_no_fasthdr_no_program(folder: Path, start: str) -> None:
    """The program does not run if the second interpreter cannot import fasthdr."""
    python = beside(folder)
    (folder / "package" / "fasthdr.py").write_text("raise OSError('broken')")
    ours = run(*STARTS[start], "-B", "app.py", cwd=folder, python=python, PYTHONPATH=str(folder / "package"))
    assert (ours.returncode, ours.stdout) == (2, "")
    assert ours.stderr == "fasthdr: not installed in this process: OSError('broken')\n"


def test_a_fasthdr_that_cannot_be_passed_on(folder: Path) -> None:
    python = beside(folder)
    apart = folder / f"a{os.pathsep}b"
    apart.mkdir()
    (apart / "fasthdr").symlink_to(Path(fasthdr.__file__).parent)
    ours = run("-m", "fasthdr", "-B", "../app.py", cwd=apart, python=python)
    assert (ours.returncode, ours.stdout) == (2, "")
    assert "error: PYTHONPATH cannot hold " in ours.stderr


def test_the_bootstrap_comes_first() -> None:
    """Behind another folder on PYTHONPATH, it would depend on that folder's sitecustomize."""
    for before, after in (("", []), ("a", ["a"]), (os.pathsep.join(["a", _bootstrap.FOLDER, "", "b"]), ["a", "", "b"])):
        environ = {"PYTHONPATH": before}
        _bootstrap.pass_on(environ, "strict")
        assert environ == {
            "PYTHONPATH": os.pathsep.join([_bootstrap.FOLDER, *after]),
            "FASTHDR_INSTALL": "strict",
        }


def test_a_program_by_its_absolute_path(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    plain, ours = both(folder / "app.py", "a", cwd=tmp_path_factory.mktemp("elsewhere"))
    assert ours.returncode == 0, ours.stderr
    assert json.loads(ours.stdout) == json.loads(plain.stdout)


@pytest.mark.parametrize("name", [".", "./", "", "..", "../package"])
def test_the_current_folder(folder: Path, name: str) -> None:
    shutil.copy(folder / "app.py", folder / "__main__.py")
    plain, ours = both(name, "x", cwd=folder / "package")
    assert ours.returncode == 0, ours.stderr
    assert json.loads(ours.stdout) == json.loads(plain.stdout)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="-P came with 3.11")
def test_a_safe_path_stays_safe(folder: Path) -> None:
    plain, ours = both("app.py", cwd=folder, options=("-P",))
    assert (plain.returncode, ours.returncode) == (0, 0), ours.stderr
    assert json.loads(ours.stdout) == json.loads(plain.stdout)
    for name in ("app.zip", "package"):
        plain, ours = both(name, cwd=folder, options=("-P",))
        assert (plain.returncode, ours.returncode) == (0, 0), ours.stderr
        assert json.loads(ours.stdout) == json.loads(plain.stdout)
    plain, ours = both("-m", "app", cwd=folder, options=("-P",))
    assert (plain.returncode, ours.returncode) == (1, 1), ours.stdout


ENDS = {
    "": 0,
    "import sys; sys.exit()": 0,
    "import sys; sys.exit(0)": 0,
    "import sys; sys.exit(3)": 3,
    "import sys; sys.exit('a message')": 1,
    "raise SystemExit(True)": 1,
    "import os; os._exit(7)": 7,
    "1 / 0": 1,
    "raise ValueError('two\\nlines')": 1,
    "def f(): raise KeyError('inner')\ntry: f()\nexcept KeyError as e: raise RuntimeError('outer') from e": 1,
    "def broken(:\n  pass": 1,
    "import absent_module": 1,
    "import os, signal; os.kill(os.getpid(), signal.SIGTERM)": -signal.SIGTERM,
    "raise KeyboardInterrupt": -signal.SIGINT,
    "import atexit; atexit.register(print, 'at exit')": 0,
    "import threading; threading.Timer(0.1, lambda: print(__name__)).start()": 0,
    "import warnings; warnings.warn('careful')": 0,
}
AS_A_MODULE = ["import sys; sys.exit(3)", "1 / 0", "def broken(:\n  pass", "raise KeyboardInterrupt"]


@pytest.mark.parametrize(
    ("command", "code"),
    [(("ends.py",), code) for code in ENDS] + [(("-m", "ends"), code) for code in AS_A_MODULE],
)
def test_how_a_program_ends(tmp_path: Path, command: tuple[str, ...], code: str) -> None:
    (tmp_path / "ends.py").write_text(code + "\n")
    plain, ours = both(*command, cwd=tmp_path)
    assert plain.returncode == ENDS[code]
    assert ours.returncode == ENDS[code]
    assert ours.stdout == plain.stdout
    assert ours.stderr == plain.stderr


SHOWN = {
    "its own hook": "import sys\nsys.excepthook = lambda *args: print(args[1], len(list(frames(args[2]))))\n"
    "def frames(trace):\n    while trace:\n        yield trace\n        trace = trace.tb_next\n1 / 0",
    "at exit": "import atexit, sys\natexit.register(lambda: print(sys.last_value, sys.last_traceback.tb_lineno, "
    "sys.excepthook is sys.__excepthook__))\n\n1 / 0",
    "a thread": "import threading\n"
    "thread = threading.Thread(target=lambda: 1 / 0, name='T')\nthread.start()\nthread.join()",
    "without a traceback": "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    error = e\n"
    "raise error.with_traceback(None)",
    "raised again": "try:\n    1 / 0\nfinally:\n    print('finally')",
    "a broken import": "import broken",
    "a recursion": "def f(): f()\nimport sys\n"
    "sys.setrecursionlimit(60)\ntry: f()\nexcept RecursionError: print('deep')",
    "a generator": "def g():\n    yield 1\n    1 / 0\nlist(g())",
    "a group": "from asyncio import run\nasync def f(): raise KeyError\nrun(f())",
    "unraisable": "class A:\n    def __del__(self): 1 / 0\nA()",
}


@pytest.mark.parametrize(
    "command", [("ends.py",), ("-m", "ends"), ("-W", "default", "ends.py"), ("ends.zip",)], ids=" ".join
)
@pytest.mark.parametrize("code", SHOWN)
def test_what_a_program_shows_of_an_error(tmp_path: Path, code: str, command: tuple[str, ...]) -> None:
    source = SHOWN[code].encode()
    (tmp_path / "ends.py").write_bytes(source + b"\n")
    (tmp_path / "broken.py").write_text("def broken(:\n")
    with zipfile.ZipFile(tmp_path / "ends.zip", "w") as archive:
        archive.writestr("__main__.py", source)
        archive.writestr("broken.py", "def broken(:\n")
    plain, ours = both(*command, cwd=tmp_path)
    assert plain.returncode == (0 if code in ("a thread", "a recursion", "unraisable") else 1)
    stderr = [re.sub(r" at 0x\w+", "", done.stderr) for done in (ours, plain)]
    assert (ours.returncode, ours.stdout, stderr[0]) == (plain.returncode, plain.stdout, stderr[1])


@pytest.mark.parametrize(
    ("code", "options"),
    [
        ("class E(Exception):\n    def __setattr__(self, *args): 1 / 0\nraise E('x')", ()),
        ("import sys\nsys.exit(3)", ("-i",)),
    ],
    ids=["no attributes", "an exit that is shown"],
)
def test_no_frames_of_ours(tmp_path: Path, code: str, options: tuple[str, ...]) -> None:
    (tmp_path / "ends.py").write_text(code)
    plain, ours = both("ends.py", cwd=tmp_path, options=options)
    assert "Traceback" in plain.stderr
    assert (ours.returncode, ours.stdout, ours.stderr) == (plain.returncode, plain.stdout, plain.stderr)


def test_an_error_without_a_hook(tmp_path: Path) -> None:
    (tmp_path / "ends.py").write_text("import sys\ndel sys.excepthook\n1 / 0")
    ours = run("-m", "fasthdr", "ends.py", cwd=tmp_path)
    assert ours.returncode == 1
    assert ours.stderr.startswith("sys.excepthook is missing")
    assert ours.stderr.endswith("\nZeroDivisionError: division by zero\n")
    assert "AttributeError" not in ours.stderr


def test_a_compiled_file_that_is_damaged(folder: Path) -> None:
    whole = (folder / "compiled.pyc").read_bytes()
    for data in (b"\0\0" + whole[2:], whole[:40], whole[:10]):
        (folder / "damaged.pyc").write_bytes(data)
        plain, ours = both("damaged.pyc", cwd=folder)
        assert plain.returncode == 1
        assert (ours.returncode, ours.stdout, ours.stderr) == (1, "", plain.stderr)


@pytest.mark.parametrize("word", ["-W", "-BX", "--check-hash-based-pycs"])
def test_an_option_of_python_without_its_value(tmp_path: Path, word: str) -> None:
    plain, ours = both(word, cwd=tmp_path)
    assert plain.returncode == 2
    assert (ours.returncode, ours.stdout, ours.stderr) == (2, "", plain.stderr)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("command", ["status", "inspect head", pytest.param("demo --seconds 0.1", marks=LONG)])
def test_an_output_that_cannot_be_written(tmp_path: Path, command: str) -> None:
    """One line says so, or nothing does if the output is closed or its reader has gone."""
    (tmp_path / "head").write_bytes(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    codes = {"status": 1, "inspect head": 2}
    for stdout in (">/dev/full", "| true", ">&-"):
        shell = f"{{ '{sys.executable}' -m fasthdr {command}; echo $? >code; }} {stdout}"
        done = subprocess.run(
            ["/bin/sh", "-c", shell], cwd=tmp_path, env=environment(), stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL, text=True, timeout=TIMEOUT, check=False,
        )  # fmt: skip
        said = done.stderr.splitlines()
        if stdout == ">/dev/full":
            assert said[-1].endswith("[Errno 28] No space left on device"), said
            assert int((tmp_path / "code").read_text()) == codes.get(command, 1)
        else:
            assert said == []


def test_stats(tmp_path: Path) -> None:
    (tmp_path / "parses.py").write_text(PARSES)
    for command in (["parses.py"], ["-m", "parses"]):
        ours = run("-m", "fasthdr", "--stats", *command, cwd=tmp_path)
        assert (ours.returncode, ours.stdout) == (0, "")
        assert counts(ours.stderr) == (11, 10)
        assert re.search(r"^fasthdr: 1 left to the standard library: ", ours.stderr, re.MULTILINE)
        assert run("-m", "fasthdr", *command, cwd=tmp_path).stderr == ""


def test_stats_of_a_program_that_fails(tmp_path: Path) -> None:
    (tmp_path / "parses.py").write_text(PARSES + "raise SystemExit(5)\n")
    ours = run("-m", "fasthdr", "--stats", "parses.py", cwd=tmp_path)
    assert ours.returncode == 5
    assert counts(ours.stderr) == (11, 10)


def test_the_core_is_installed(tmp_path: Path) -> None:
    (tmp_path / "asks.py").write_text(INSTALLED)
    for command in (["asks.py"], ["-m", "asks"], ["--exact-type", "asks.py"], ["--delay", "-m", "asks"]):
        assert run("-m", "fasthdr", *command, cwd=tmp_path).stdout == "True http.client\n", command
    assert run("asks.py", cwd=tmp_path).stdout == "False http.client\n"


def test_options(tmp_path: Path) -> None:
    (tmp_path / "types.py").write_text(
        "import http.client, http.server, io\n"
        "print(type(http.client.parse_headers(io.BytesIO(b'A: b\\r\\n\\r\\n'))) is http.client.HTTPMessage)\n"
        "print(http.server.BaseHTTPRequestHandler.disable_nagle_algorithm)\n"
    )
    (tmp_path / "types.py").rename(tmp_path / "kinds.py")
    assert run("-m", "fasthdr", "kinds.py", cwd=tmp_path).stdout.split() == ["False", "True"]
    assert run("-m", "fasthdr", "--exact-type", "kinds.py", cwd=tmp_path).stdout.split() == ["True", "True"]
    assert run("-m", "fasthdr", "--delay", "kinds.py", cwd=tmp_path).stdout.split() == ["False", "False"]


def test_the_version(tmp_path: Path) -> None:
    ours = run("-m", "fasthdr", "--version", cwd=tmp_path)
    assert ours.returncode == 0
    assert ours.stdout.startswith(f"fasthdr {fasthdr.__version__}")


def test_imported_by_its_name(tmp_path: Path) -> None:
    """pydoc and pickle import it by its name: it runs nothing and reads no arguments."""
    code = "import fasthdr, fasthdr.__main__ as m; print(callable(m.main), fasthdr.is_installed())"
    ours = run("-c", code, "--no-such-option", cwd=tmp_path)
    assert (ours.returncode, ours.stdout, ours.stderr) == (0, "True False\n", "")


def test_a_module_that_is_imported_and_run(tmp_path: Path) -> None:
    """The handler class of `-m http.server` is a second copy, which is patched before the module serves."""
    (tmp_path / "sitecustomize.py").write_text(
        "import atexit, sys\n"
        "def show():\n"
        "    import http.server\n"
        "    main = sys.modules['__main__'].BaseHTTPRequestHandler\n"
        "    print(main is http.server.BaseHTTPRequestHandler, main.strict,"
        "main.parse_request.__code__.co_filename[-17:],"
        " '__init_subclass__' in vars(http.server.socketserver.StreamRequestHandler), file=sys.stderr)\n"
        "atexit.register(show)\n"
    )
    ours = run(
        "-W", "error", "-m", "fasthdr", "--strict", "-m", "http.server", "x", cwd=tmp_path, PYTHONPATH=str(tmp_path)
    )
    assert ours.returncode == 2
    assert ours.stderr.splitlines()[-1] == "False True server_request.py True"
    assert "RuntimeWarning" not in ours.stderr


def test_a_gateway_that_is_run(tmp_path: Path) -> None:
    """The second copy in `-m wsgiref.simple_server` makes environs as the first one does under install(strict=True)."""
    (tmp_path / "sitecustomize.py").write_text(
        "import socketserver, sys\n"
        "def show(server, address, copy, *args):\n"
        "    import wsgiref.simple_server\n"
        "    first = wsgiref.simple_server.WSGIRequestHandler\n"
        "    print(copy is first, copy.get_environ is first.get_environ, copy.get_environ.__code__.co_filename[-10:])\n"
        "    sys.exit()\n"
        "socketserver.TCPServer.__init__ = show\n"
    )
    ours = run("-m", "fasthdr", "--strict", "-m", "wsgiref.simple_server", cwd=tmp_path, PYTHONPATH=str(tmp_path))
    assert ours.stdout == "False True environ.py\n", ours.stderr
    assert "RuntimeWarning" not in ours.stderr


def test_help(tmp_path: Path) -> None:
    ours = run("-m", "fasthdr", "--help", cwd=tmp_path)
    assert ours.returncode == 0
    for option in ("--stats", "--exact-type", "--delay", "-m"):
        assert option in ours.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["absent.py"], "No such file or directory"),
        (["absent.pyc"], "No such file or directory"),
        (["below/absent.py", "x"], "No such file or directory"),
        (["-m", "absent_module"], "No module named absent_module"),
        (["-m", "package.absent"], "No module named package.absent"),
        (["below"], "can't find '__main__' module in"),
    ],
    ids=str,
)
def test_a_program_that_is_not_there(folder: Path, arguments: list[str], says: str) -> None:
    plain, ours = both(*arguments, cwd=folder)
    assert plain.returncode != 0
    assert says in plain.stderr
    assert ours.returncode == plain.returncode
    assert says in ours.stderr.splitlines()[-1]
    assert "Traceback" not in ours.stderr


@pytest.mark.parametrize(
    "arguments",
    [[], ["--stats"], ["-m"], ["--no-such-option", "app.py"], ["--max-h", "200", "app.py"], ["--str", "app.py"]],
    ids=str,
)
def test_a_wrong_command(folder: Path, arguments: list[str]) -> None:
    ours = run("-m", "fasthdr", *arguments, cwd=folder)
    assert ours.returncode == 2
    assert ours.stdout == ""
    assert ours.stderr.startswith("usage: python -m fasthdr ")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("strict,on_unsupported=x", "FASTHDR_INSTALL: on_unsupported must be 'warn' or 'raise', not 'x'"),
        ("on_unsupported", "FASTHDR_INSTALL: on_unsupported must be 'warn' or 'raise', not ''"),
        ("max_headers=x", "FASTHDR_INSTALL: max_headers must be a positive number, not 'x'"),
        ("max_headers=0", "FASTHDR_INSTALL: max_headers must be a positive number, not '0'"),
        ("stats=x", "FASTHDR_INSTALL: stats must be 0 or 1, not 'x'"),
    ],
)
def test_a_wrong_variable(
    text: str, says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is an error of the command line: nobody knows what the variable was meant to promise."""
    monkeypatch.setenv("FASTHDR_INSTALL", text)
    with pytest.raises(SystemExit, match="2"):
        cli.main(["app.py"])
    printed = capsys.readouterr().err
    assert printed.startswith("usage: ")
    assert printed.endswith(f"error: {says}\n")


def test_an_interrupted_program(tmp_path: Path) -> None:
    (tmp_path / "waits.py").write_text("import time\nprint('ready')\ntime.sleep(60)\n")
    ends = []
    for options in ([], ["-m", "fasthdr"]):
        with subprocess.Popen(
            [sys.executable, *options, "waits.py"],
            cwd=tmp_path,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            time.sleep(0.5)  # time for the program to reach its own sleep
            process.send_signal(signal.SIGINT)
            stderr = process.communicate(timeout=TIMEOUT)[1]
        ends.append((process.returncode, stderr.splitlines()[-1]))
    assert ends[1] == ends[0]
    assert ends[0][1] == "KeyboardInterrupt"


def test_a_program_that_pickles_and_forks(tmp_path: Path) -> None:
    """pickle and multiprocessing's processes find what the program defines in __main__."""
    (tmp_path / "works.py").write_text(
        "import multiprocessing, pickle\n"
        "class Thing: pass\n"
        "def double(n): return 2 * n\n"
        "if __name__ == '__main__':\n"
        "    print(type(pickle.loads(pickle.dumps(Thing()))) is Thing)\n"
        "    with multiprocessing.get_context('spawn').Pool(1) as pool:\n"
        "        print(pool.map(double, [1, 2, 3]))\n"
        "        pool.close(); pool.join()\n"
    )
    plain, ours = both("works.py", cwd=tmp_path)
    assert (ours.returncode, ours.stdout, ours.stderr) == (plain.returncode, plain.stdout, plain.stderr)
    assert ours.stdout == "True\n[2, 4, 6]\n"
