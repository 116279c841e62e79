# SPDX-License-Identifier: MIT
"""The two modules of docs/c-api.md, in C and in Cython: built against the installed package, imported and used."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys
import sysconfig

import pytest

import fasthdr
from tests.docs.fences import ROOT, blocks_of
from tests.programs import needs_compiler
from tests.proof.subinterpreters import create, run

pytestmark = [needs_compiler, pytest.mark.long, pytest.mark.interpreter]

PRELUDE = """
import fasthdr
HEAD = b"POST /a HTTP/1.1\\r\\nHost: h:80\\r\\nContent-Length: 3\\r\\n\\r\\n"
REFUSED = b"GET / HTTP/1.1\\r\\nHost: a\\r\\nHost: b\\r\\n\\r\\n"
def refusal(call):
    try:
        call()
    except fasthdr.ParseError as error:
        return error.code, int(error.status), error.offset, error.near
    raise AssertionError("accepted")
OF_PYTHON = refusal(lambda: fasthdr.parse_request(REFUSED, strict=True))
"""

ROUTER = (
    PRELUDE
    + """
import router
assert router.host_of(HEAD) == b"h:80"
assert router.host_of(b"GET / HTTP/1.0\\r\\n\\r\\n") == b""
assert [router.host_of(HEAD[:cut]) for cut in range(len(HEAD))] == [None] * len(HEAD)
assert refusal(lambda: router.host_of(REFUSED)) == OF_PYTHON
assert refusal(lambda: router.host_of(HEAD[:-2] + b"A: b\\r\\n" * 63 + b"\\r\\n"))[:2] == ("field-count", 431)
try:
    router.host_of("GET")
except TypeError:
    pass
else:
    raise AssertionError
"""
)

PIPELINE = (
    PRELUDE
    + """
import pipeline
whole = (HEAD + b"abc") * 50
assert pipeline.count(whole) == (50, 100, len(whole))
assert pipeline.count(whole[:-1]) == (49, 98, len(whole) * 49 // 50)
assert pipeline.count(bytearray(whole) + HEAD[:9]) == (50, 100, len(whole))
assert pipeline.count(b"") == (0, 0, 0)
code, status, offset, near = refusal(lambda: pipeline.count(HEAD + b"abc" + REFUSED))
assert (code, status, offset, near) == OF_PYTHON
"""
)

THREADS = """
import threading
import router
HEAD = b"GET / HTTP/1.1\\r\\nHost: %d\\r\\n\\r\\n"
wrong = []
def work(number):
    for _ in range(20000):
        if router.host_of(HEAD % number) != b"%d" % number:
            wrong.append(number)
threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert not wrong
"""

# A capsule as another release would make it: a copy of the table with one number changed.
OTHER = """
import ctypes, sys
import fasthdr
from tests import capi
old = capi.table(fasthdr._C_API)
table = (ctypes.c_char * (old.size + 64))()
ctypes.memmove(table, ctypes.addressof(old), old.size)
other = capi.Api.from_buffer(table)
setattr(other, sys.argv[1], getattr(old, sys.argv[1]) + int(sys.argv[2]))
fasthdr._C_API = capi.capsule_of(other)
import {module}
print({use})
"""
USES = {
    "router": r"router.host_of(b'GET / HTTP/1.1\r\nHost: h\r\n\r\n')",
    "pipeline": r"pipeline.count(b'GET / HTTP/1.1\r\nHost: h\r\n\r\n')",
}
RIGHT = {"router": "b'h'", "pipeline": "(1, 1, 27)"}

modules = pytest.mark.parametrize("module", sorted(USES))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A folder with the two modules, built from the code blocks of the page as they stand."""
    pytest.importorskip("Cython", reason="Cython is not installed")
    pytest.importorskip("setuptools", reason="setuptools is not installed")
    folder = tmp_path_factory.mktemp("clients")
    blocks = blocks_of(ROOT / "docs/c-api.md")
    for name, language in (("router.c", "c"), ("pipeline.pyx", "cython"), ("setup.py", "text")):
        (block,) = [block for block in blocks if block.language == language]
        (folder / name).write_text(block.text, encoding="utf-8")
    if sys.platform != "win32":  # the header must not cause warnings in other projects
        flags = "-Wall -Wextra -Werror -Wno-unused-parameter -Wno-missing-field-initializers"
        done = python(folder, "setup.py", "build_ext", "--inplace", CFLAGS=flags)
    else:
        done = python(folder, "setup.py", "build_ext", "--inplace")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def python(folder: pathlib.Path, *command: str, **changed: str) -> subprocess.CompletedProcess[str]:
    found = [os.path.abspath(entry) for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), *found, str(ROOT)]), **changed}
    return subprocess.run([sys.executable, *command], cwd=folder, env=environment, capture_output=True, text=True)


def succeeds(folder: pathlib.Path, code: str, *arguments: str, **changed: str) -> str:
    done = python(folder, "-W", "error", "-c", code, *arguments, **changed)
    assert done.returncode == 0, done.stderr
    return done.stdout


def last_line(folder: pathlib.Path, code: str, *arguments: str, **changed: str) -> str:
    """Return the last line of what a failing import prints."""
    done = python(folder, "-W", "error", "-c", code, *arguments, **changed)
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stderr.splitlines()[-1]


def test_in_c(built: pathlib.Path) -> None:
    succeeds(built, ROUTER)


def test_in_cython(built: pathlib.Path) -> None:
    succeeds(built, PIPELINE)


def test_nothing_of_the_core_is_compiled_in(built: pathlib.Path) -> None:
    """The header and the .pxd file are enough: they refer to nothing else in fasthdr."""
    folder = pathlib.Path(fasthdr.get_include())
    for name in ("fasthdr.h", "capi.pxd"):
        text = (folder / name).read_text(encoding="utf-8")
        assert "_core" not in text
        assert "fh_" not in text.replace("fasthdr_", "")
    assert "_core" not in (built / "pipeline.c").read_text(encoding="utf-8").replace("Pyx_", "")


@modules
def test_a_longer_table_is_taken(built: pathlib.Path, module: str) -> None:
    """A minor release adds its functions after those that the module knows."""
    code = OTHER.format(module=module, use=USES[module])
    assert succeeds(built, code, "size", "16").strip() == RIGHT[module]


@modules
@pytest.mark.parametrize(
    ("member", "change", "says"),
    [
        ("version", "1", "the installed fasthdr has version 2 of its C API, and this module was built with version 1"),
        ("size", "-8", "the installed fasthdr is older than the one that this module was built with: "),
    ],
)  # fmt: skip
def test_another_table_is_refused(built: pathlib.Path, module: str, member: str, change: str, says: str) -> None:
    code = OTHER.format(module=module, use=USES[module])
    assert last_line(built, code, member, change).startswith(f"ImportError: {says}")


@modules
def test_plain_python(built: pathlib.Path, module: str) -> None:
    said = last_line(built, f"import {module}", FASTHDR_PURE_PYTHON="1")
    assert said.startswith("ImportError: fasthdr runs in plain Python here, which has no C API")


@modules
def test_a_fasthdr_without_a_capsule(built: pathlib.Path, module: str) -> None:
    code = f"import sys, types\nsys.modules['fasthdr'] = types.ModuleType('fasthdr')\nimport {module}"
    assert last_line(built, code) == "ImportError: the installed fasthdr has no C API: a newer one is needed"


@modules
def test_no_fasthdr(built: pathlib.Path, module: str) -> None:
    code = f"import sys\nsys.modules['fasthdr'] = None\nimport {module}"
    assert "ImportError" in last_line(built, code)
    assert "fasthdr" in last_line(built, code)


@modules
def test_a_capsule_of_another_name(built: pathlib.Path, module: str) -> None:
    code = f"import fasthdr\nfasthdr._C_API = object()\nimport {module}"
    assert last_line(built, code).startswith("ImportError: the installed fasthdr has no C API")


@pytest.mark.skipif(sys.version_info < (3, 13), reason="interpreters with their own GIL: see test_subinterpreters.py")
def test_in_another_interpreter(built: pathlib.Path) -> None:
    """The module works where the core does. Without the GIL that is in one interpreter, and the error says so."""
    code = f"import sys\nsys.path[:0] = {[str(built), str(ROOT)]!r}\n{ROUTER}"
    interpreter = create(shared=False)
    error = run(interpreter, code)
    if error is not None:
        assert sysconfig.get_config_var("Py_GIL_DISABLED")
        assert "does not support loading in subinterpreters" in error


def test_from_threads(built: pathlib.Path) -> None:
    succeeds(built, THREADS)


@pytest.mark.skipif(not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="this interpreter always has a GIL")
@modules
def test_the_gil_stays_off(built: pathlib.Path, module: str) -> None:
    succeeds(built, f"import sys, {module}; assert not sys._is_gil_enabled()", PYTHON_GIL="")


@pytest.mark.skipif(shutil.which("c++") is None, reason="c++ is not installed here")
def test_the_header_is_c_plus_plus(tmp_path: pathlib.Path) -> None:
    text = "#include <fasthdr.h>\nint main() { return fasthdr_import() == nullptr; }\n"
    (tmp_path / "client.cpp").write_text(text, encoding="utf-8")
    folders = [fasthdr.get_include(), sysconfig.get_path("include")]
    command = ["c++", "-std=c++11", "-Wall", "-Wextra", "-c", *(f"-I{folder}" for folder in folders), "client.cpp"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "fasthdr.h" not in done.stderr
