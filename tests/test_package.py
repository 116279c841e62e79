# SPDX-License-Identifier: MIT
"""What is shipped: the wheel, the sdist, and the C-level interface of the installed package."""

from __future__ import annotations

import email.parser
import importlib.metadata
import importlib.util
import json
import os
import pathlib
import re
import runpy
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile

import pytest

import fasthdr
from tests.docs.fences import blocks_of
from tests.programs import needs_compiler

ROOT = pathlib.Path(__file__).resolve().parents[1]
FOLDERS = (".ci", "bench", "docs", "examples", "fuzz", "src", "tests")
FILES = (
    "CHANGELOG.md", "CITATION.cff", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "LICENSE", "MANIFEST.in", "Makefile",
    "README.md", "SECURITY.md", "mkdocs.yml", "pyproject.toml", "setup.py",
)  # fmt: skip
JUNK = ("__pycache__", "*.py[co]", "*.so", "*.pyd", "*.egg-info", ".*_cache", ".hypothesis", ".benchmarks")
STRAYS = ("_core/head.c", "_core/head.html", "_core/stray.o", "stray.txt", "stray.so")
BILL = "sboms/fasthdr.cdx.json"
STRAY_NAMES = {name.rpartition("/")[2] for name in STRAYS}


def run(folder: pathlib.Path, *command: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A copy of the project, with stray files that must not be shipped."""
    copy = tmp_path_factory.mktemp("project")
    for name in FOLDERS:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns(*JUNK))
    for name in FILES:
        shutil.copy(ROOT / name, copy)
    for name in STRAYS:
        (copy / "src/fasthdr" / name).write_text("not for others")
    return copy


@pytest.fixture(scope="module")
def sdist(project: pathlib.Path) -> pathlib.Path:
    run(project, "-m", "build", "--no-isolation", "--sdist", "--outdir", "dist")
    (found,) = (project / "dist").glob("*.tar.gz")
    return found


@pytest.fixture(scope="module")
def wheel(project: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A wheel of that copy, stray files included; not optimized, which halves the time."""
    folder = tmp_path_factory.mktemp("wheel")
    run(project, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(folder), FASTHDR_DEBUG="1")
    (found,) = folder.glob("*.whl")
    return found


@pytest.mark.long
def test_sdist(project: pathlib.Path, sdist: pathlib.Path) -> None:
    """Everything that the project is built and tested with, and nothing that a build leaves behind."""
    expected = {
        path.relative_to(project).as_posix()
        for part in (*FOLDERS, *FILES)
        for path in [project / part, *(project / part).rglob("*")]
        if path.is_file() and path.name not in STRAY_NAMES and ".egg-info" not in path.as_posix()
    }
    stem = f"fasthdr-{fasthdr.__version__}/"
    with tarfile.open(sdist) as archive:
        names = [member.name for member in archive if member.isfile()]
    assert all(name.startswith(stem) for name in names)
    shipped = {name[len(stem) :] for name in names if ".egg-info/" not in name}
    assert shipped == expected | {"PKG-INFO", "setup.cfg"}


def _is_compiled(module: pathlib.Path) -> bool:
    """Return whether setup.py compiles a Python module: a .pxd file beside it declares types."""
    return module.name != "__init__.py" and module.with_suffix(".pxd").exists()


@needs_compiler
@pytest.mark.long
def test_wheel(wheel: pathlib.Path) -> None:
    """The wheel has modules, stubs, the C-level interface and the extensions, but no Cython or C source."""
    source = ROOT / "src"
    patterns = ("*.py", "*.pyi", "*.pxd", "*.h", "py.typed")
    expected = {path.relative_to(source).as_posix() for pattern in patterns for path in source.rglob(pattern)}
    compiled = [*source.rglob("*.pyx"), *(path for path in source.rglob("_strict/*.py") if _is_compiled(path))]
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    expected |= {path.relative_to(source).with_suffix(suffix).as_posix() for path in compiled}
    info = f"fasthdr-{fasthdr.__version__}.dist-info/"
    expected |= {info + name for name in ("METADATA", "RECORD", "WHEEL", "top_level.txt", "licenses/LICENSE", BILL)}
    with zipfile.ZipFile(wheel) as archive:
        assert set(archive.namelist()) == expected
        metadata = email.parser.BytesParser().parsebytes(archive.read(info + "METADATA"))
        bill = json.loads(archive.read(info + BILL))
    assert bill["metadata"]["component"]["purl"] == f"pkg:pypi/fasthdr@{fasthdr.__version__}"
    assert [part["purl"] for part in bill["components"]] == [f"pkg:pypi/cython@{importlib.metadata.version('Cython')}"]
    assert metadata["Name"] == "fasthdr"
    assert metadata["Version"] == fasthdr.__version__
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == ">=3.10"
    assert set(metadata.get_all("Provides-Extra")) == {"test", "inspect"}  # what developers need is in groups
    assert not [need for need in metadata.get_all("Requires-Dist") if "extra ==" not in need]
    assert metadata["Description-Content-Type"] == "text/markdown"
    links = re.findall(r"\]\((.*?)\)", metadata.get_payload())
    assert len(links) >= 8
    assert [link for link in links if not link.startswith(("https://", "#"))] == []


@pytest.fixture(scope="module")
def plain_wheel(project: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("plain")
    command = ["-m", "build", "--no-isolation", "--wheel", "--outdir", str(folder)]
    run(project, *command, FASTHDR_PURE_PYTHON="1", CC="false")
    (found,) = folder.glob("*.whl")
    return found


@pytest.mark.long
def test_wheel_in_plain_python(plain_wheel: pathlib.Path) -> None:
    """Without an extension the wheel is for every interpreter, and is built without a compiler."""
    assert plain_wheel.name.endswith("-py3-none-any.whl")
    with zipfile.ZipFile(plain_wheel) as archive:
        assert not [name for name in archive.namelist() if name.endswith((".so", ".pyd", ".pyx"))]
        assert "fasthdr/_pure/head.py" in archive.namelist()
        assert json.loads(archive.read(f"fasthdr-{fasthdr.__version__}.dist-info/{BILL}"))["components"] == []


@needs_compiler
@pytest.mark.long
def test_the_extension_is_preferred(wheel: pathlib.Path, plain_wheel: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """If an installer finds both wheels, it takes the one with the core."""
    pytest.importorskip("pip", reason="pip chooses the wheel")
    found = [f"--find-links={folder.parent}" for folder in (plain_wheel, wheel)]
    run(tmp_path, "-m", "pip", "download", "--no-deps", "--no-index", *found, "--dest", "chosen", "fasthdr")
    assert [path.name for path in (tmp_path / "chosen").iterdir()] == [wheel.name]


def test_another_implementation() -> None:
    """On other implementations of Python, only plain Python is built, and Cython is not needed."""
    show = """\
import runpy, sys, setuptools
sys.implementation.name = "another"
sys.modules["Cython"] = None
setuptools.setup = lambda **given: print(given["ext_modules"])
runpy.run_path("setup.py")
"""
    assert run(ROOT, "-c", show, FASTHDR_PURE_PYTHON="") == "[]\n"


@pytest.mark.parametrize("switch", ["", "FASTHDR_STRICT", "FASTHDR_MODULE_STATE"])
def test_c_code_that_setup_does_not_know(tmp_path: pathlib.Path, switch: str) -> None:
    """A new Cython may write it. The build says so, and a build for others stops."""
    pytest.importorskip("Cython", reason="Cython is not installed")
    (tmp_path / "a.c").write_text("int a;\n")
    build = """\
import runpy, sys
from setuptools import Extension
sys.path.insert(0, sys.argv[1])
a = Extension("a", [sys.argv[2]])
setup = runpy.run_path(sys.argv[1] + "/setup.py", run_name="__mp_main__")
try:
    setup["use_module_state"]([a])
except setup["BaseError"] as error:
    print("error:", error)
assert a.sources == [sys.argv[2]]
"""
    environment = dict.fromkeys(("FASTHDR_PURE_PYTHON", "FASTHDR_STRICT", "FASTHDR_MODULE_STATE"), "")
    environment |= {switch: "1"} if switch else {}
    said = run(tmp_path, "-c", build, str(ROOT), str(tmp_path / "a.c"), **environment)
    kind = "error" if switch else "warning"
    assert re.fullmatch(rf"{kind}: Cython \S+ writes C code that setup.py does not know: .*\n", said)


@needs_compiler
@pytest.mark.skipif(sys.platform == "win32", reason="setuptools takes the compiler from the registry, not from CC")
@pytest.mark.long
def test_no_compiler(project: pathlib.Path, wheel: pathlib.Path) -> None:
    """The error names what is missing, and the switch that builds without a compiler."""
    command = [sys.executable, "setup.py", "-q", "build_ext", "--force"]
    environment = {**os.environ, "CC": "no-such-compiler", "FASTHDR_DEBUG": "1"}
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    *_, reason, last = done.stderr.splitlines()
    assert "no-such-compiler" in reason
    assert last.startswith("fasthdr could not be compiled. Install a C compiler")
    assert "FASTHDR_PURE_PYTHON=1" in last


def test_the_smoke_tests() -> None:
    """The tests that .ci/smoke names exist, and its group is a subset of the extra `test`, with the same versions."""
    lists = runpy.run_path(str(ROOT / ".ci/smoke"))
    for entry in " ".join(lists[name] for name in ("BOTH", "CORE", "PLAIN")).split():
        file, _, function = entry.partition("::")
        assert f"def {function}" in (ROOT / file).read_text(encoding="utf-8"), entry
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    groups = dict(re.findall(r"^(smoke|test) = \[\n(.*?)^\]", text, re.MULTILINE | re.DOTALL))
    smoke, test = (set(re.findall(r'^    "(.*?)"', groups[name], re.MULTILINE)) for name in ("smoke", "test"))
    assert smoke
    assert smoke <= test


@pytest.mark.long
def test_each_smoke_test_is_selected() -> None:
    """A `long` test that is not marked `interpreter` would be left out, even if it is named."""
    plain = ["--plain"] if fasthdr.IMPLEMENTATION != "cython" else []
    lists = runpy.run_path(str(ROOT / ".ci/smoke"))
    selected = run(ROOT, ".ci/smoke", *plain, "--collect-only", "-q").splitlines()
    for entry in f"{lists['BOTH']} {lists['PLAIN' if plain else 'CORE']}".split():
        assert any(line.startswith(entry) for line in selected), entry


def test_the_smoke_tests_want_the_implementation_of_the_wheel() -> None:
    wrong = ["--plain"] if fasthdr.IMPLEMENTATION == "cython" else []
    done = subprocess.run([sys.executable, ROOT / ".ci/smoke", *wrong], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"fasthdr runs in {fasthdr.IMPLEMENTATION}, not in ")


def test_installed_version() -> None:
    assert importlib.metadata.version("fasthdr") == fasthdr.__version__


def test_installed_interface() -> None:
    """get_include() returns the folder of the package, which has the headers and the .pxd files."""
    folder = pathlib.Path(fasthdr.get_include())
    core = importlib.util.find_spec("fasthdr._core.runtime")
    assert core is not None
    assert core.origin is not None
    assert folder == pathlib.Path(core.origin).parents[1]
    assert (folder / "py.typed").is_file()
    for name in "classify.h classify.pxd head.pxd head.pyi runtime.pxd runtime.pyi table.pxd walk.pxd".split():
        assert (folder / "_core" / name).is_file(), name


@pytest.mark.skipif(not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="this interpreter always has a GIL")
def test_import_leaves_the_gil_off(tmp_path: pathlib.Path) -> None:
    run(tmp_path, "-W", "error", "-c", "import sys, fasthdr.server; assert not sys._is_gil_enabled()", PYTHON_GIL="")


CLIENT = """\
from libc.stdint cimport uint32_t
from fasthdr cimport Head, RequestHead, ResponseHead, fh_row_t
import fasthdr

def request(bytes data):
    cdef RequestHead head = fasthdr.parse_request(data)
    return fields(data, head), head.consumed, head.keep_alive

def response(bytes data):
    cdef ResponseHead head = fasthdr.parse_response(data)
    return fields(data, head), head.consumed, head.status

cdef list fields(bytes data, Head head):
    cdef const unsigned char *p = data
    cdef const fh_row_t *row
    cdef uint32_t i
    found = []
    for i in range(head.table.count):
        row = &head.table.rows[i]
        found.append((p[row.name:row.name + row.name_len], p[row.value:row.value + row.value_len]))
    return found
"""

BUILD = """\
import fasthdr
from Cython.Build import cythonize
from setuptools import Extension, setup
client = Extension("client", ["client.pyx"], include_dirs=[fasthdr.get_include()])
directives = {"language_level": 3, "freethreading_compatible": True}
setup(ext_modules=cythonize([client], compiler_directives=directives))
"""

USE = """\
import client
head = b"GET /a HTTP/1.1\\r\\nHost: h\\r\\nX-Empty:\\r\\nAccept: */*\\r\\n\\r\\n"
pairs, consumed, keep_alive = client.request(head + b"body")
assert pairs == [(b"Host", b"h"), (b"X-Empty", b""), (b"Accept", b"*/*")], pairs
assert (consumed, keep_alive) == (len(head), True)
many = [(b"Field-%d" % i, b"value %d" % i) for i in range(60)]
head = b"HTTP/1.1 404 Not Found\\r\\n" + b"".join(b"%s: %s\\r\\n" % pair for pair in many) + b"\\r\\n"
pairs, consumed, status = client.response(head)
assert (pairs, consumed, status) == (many, len(head), 404)
"""


@pytest.mark.long
@pytest.mark.interpreter
@needs_compiler
def test_cimport_client(tmp_path: pathlib.Path) -> None:
    """Another project's Cython module is built against the installed package and reads its tables."""
    (tmp_path / "client.pyx").write_text(CLIENT)
    (tmp_path / "setup.py").write_text(BUILD)
    run(tmp_path, "setup.py", "build_ext", "--inplace")
    run(tmp_path, "-W", "error", "-c", USE)


SEEN = """
def seen(bytes data):
    cdef RequestHead head = fasthdr.parse_request(data)
    return head.data is None, head.table.count, head.headers["host"]
"""

USE_OF_THE_PAGE = """\
import client
head = b"GET /a HTTP/1.1\\r\\nHost: h\\r\\nX-Empty:\\r\\n\\r\\n"
assert [client.longest_name(head[:cut]) for cut in (0, 5, len(head) - 1)] == [None] * 3
assert client.longest_name(head) == 7
assert client.longest_name(b"GET / HTTP/1.1\\r\\n\\r\\n") == 0
assert client.seen(head) == (False, 2, "h")
by_stdlib = head[:-2] + b"no field line\\r\\n\\r\\n"
assert client.seen(by_stdlib) == (True, 0, "h")
assert client.longest_name(by_stdlib) == 0
"""


@pytest.mark.long
@needs_compiler
def test_the_cython_module_of_the_docs(tmp_path: pathlib.Path) -> None:
    """The example of docs/how-to/cython.md takes a head that is not whole, and what the page says about None holds."""
    (block,) = [block for block in blocks_of(ROOT / "docs/how-to/cython.md") if block.language == "cython"]
    (tmp_path / "client.pyx").write_text(block.text + SEEN)
    (tmp_path / "setup.py").write_text(BUILD)
    run(tmp_path, "setup.py", "build_ext", "--inplace")
    run(tmp_path, "-W", "error", "-c", USE_OF_THE_PAGE)
