# SPDX-License-Identifier: MIT
"""Strict mode over memory that changes during the walk: some verdict, and no byte read outside the memory.

The functions in Python copy input that can change; a client in Cython may walk over memory that others can write to.
"""

from __future__ import annotations

import pathlib
import subprocess
import sys

import pytest

import fasthdr
from tests.programs import needs_compiler

HERE = pathlib.Path(__file__).resolve().parent
PACKAGE = pathlib.Path(fasthdr.__file__).resolve().parent

pytestmark = [
    pytest.mark.long,  # builds an extension module
    needs_compiler,
    pytest.mark.skipif(sys.platform == "win32", reason="its pages come from mmap()"),
]

SETUP = """
from setuptools import Extension, setup
from Cython.Build import cythonize

name = "strict_in_shared_memory"
shared = Extension(name, [name + ".pyx"], include_dirs=[{package!r}], extra_compile_args=["-O2"])
setup(
    ext_modules=cythonize(
        [shared],
        include_path=[{folder!r}],
        compiler_directives={{"language_level": "3", "boundscheck": False, "wraparound": False, "cdivision": True,
                              "freethreading_compatible": True}},
    )
)
"""

HEADS = """
from strict_in_shared_memory import Shared

request = (
    b"GET http://[v1.a]:80/a HTTP/1.1\\r\\nHost: [::1.2.3.4]:80\\r\\nAccept: */*\\r\\nX: \\t\\r\\n"
    b"Content-Length: 0\\r\\nConnection: keep-alive, x\\r\\nExpect: 100-continue\\r\\nA!b:c\\r\\n\\r\\n"
)
connect = b"CONNECT a%20b.c:443 HTTP/1.1\\r\\nHost:a\\r\\nContent-Length: 00\\r\\nConnection:x\\r\\nY:\\t \\r\\n\\r\\n"
chunked = b"POST / HTTP/1.1\\r\\nhost: a\\r\\nTransfer-Encoding: chunked\\r\\nContent-Type: a/b\\r\\nZ:\\r\\n\\r\\n"
empty = b"GET / HTTP/1.1\\r\\nHost: a\\r\\n" + b"Y:\\r\\n" * 6 + b"\\r\\n"
long = b"GET /" + b"x" * 90 + b" HTTP/1.1\\r\\nHost: a\\r\\n" + b"Name-Of-It: value\\r\\n" * 40 + b"\\r\\n"
folded = b"HTTP/1.1 200 OK \\r\\nA : b\\r\\n c\\r\\nB:\\r\\n d \\t\\r\\n e\\r\\nConnection: close\\r\\n\\r\\n"
whole = [(head, False, False) for head in (request, connect, chunked, empty, long)]
whole += [(folded, True, True), (long.replace(b"GET /", b"HTTP/1.1 200 ", 1), True, False)]
# Lines of which each byte but the last can go on and on.
parts = [(b"M" * 60 + b"\\n", False, False), (b"GET /" + b"x" * 60 + b"\\n", False, False)]
parts += [(b"GET / HTTP/1.1\\n", False, False), (b"GET / HTTP/1.1\\r\\n" + b"N" * 60 + b"\\n", False, False)]
parts += [(b"GET / HTTP/1.1\\r\\nA: " + b"v" * 60 + b"\\n", False, False)]
parts += [(b"HTTP/1.1 200 " + b"r" * 60 + b"\\n", True, False)]
parts += [(b"HTTP/1.1 200 O\\r\\nA" + b" " * 60 + b"\\n", True, True)]
parts += [(b"HTTP/1.1 200 O\\r\\nA: b\\r\\n " + b"v" * 60 + b"\\n", True, True)]
"""

FLIPPED = """
import threading

for head, *kind in whole + parts:
    for at_the_end in (True, False):
        shared = Shared(head, at_the_end, *kind)
        threads = [threading.Thread(target=shared.flip, args=(seed,)) for seed in (1, 2)]
        for thread in threads:
            thread.start()
        enough = 100 if (head, *kind) in whole else 0
        for _ in range(200):
            shared.walk(20000)
            if shared.flips > 1000000 and shared.verdicts[0] >= enough and shared.verdicts[2] > 10000:
                break
        shared.stop()
        for thread in threads:
            thread.join()
        accepted, _, refused, exhausted = shared.verdicts
        assert accepted >= enough and refused > 10000 and not exhausted, (head, shared.verdicts, shared.flips)
"""


# Beginnings of a start line and of a field line, each of which can go on behind its last byte.
STALE = """
from strict_in_shared_memory import Shared

starts = [b"M", b"M" * 60, b"GET ", b"GET /", b"GET /" + b"x" * 60, b"GET / ", b"GET / HTTP/1", b"GET / HTTP/1.1"]
starts += [b"GET / HTTP/1.1\\r"]
fields = [b"N", b"N" * 60, b"A:", b"A: ", b"A: " + b"v" * 60, b"A: v\\r", b"A" + b" " * 60, b" ", b" v" + b"v" * 60]
for lines, of_a_response in ((starts, False), (fields, True)):
    for line in lines:
        for at_the_end in (True, False):
            for obsolete in (True, False):
                shared = Shared(line, at_the_end, of_a_response, obsolete)
                for first in (True, False):
                    assert shared.line_without_its_end(first), (line, at_the_end, obsolete, first)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The folder of the module that walks over memory."""
    made = tmp_path_factory.mktemp("memory")
    (made / "strict_in_shared_memory.pyx").write_bytes((HERE / "strict_in_shared_memory.pyx").read_bytes())
    (made / "setup.py").write_text(SETUP.format(package=str(PACKAGE), folder=str(PACKAGE.parent)))
    run(made, "setup.py", "-q", "build_ext", "--inplace")
    return made


def run(folder: pathlib.Path, *command: str) -> None:
    done = subprocess.run([sys.executable, *command], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_line_whose_end_has_gone(folder: pathlib.Path) -> None:
    """Its LF was found, but is overwritten before the line's bytes are judged; the page behind it is not accessible."""
    run(folder, "-X", "faulthandler", "-c", STALE)


def test_the_walk_stays_within_memory_that_changes(folder: pathlib.Path) -> None:
    run(folder, "-X", "faulthandler", "-c", HEADS + FLIPPED)
