# SPDX-License-Identifier: MIT
"""Sub-interpreters: the core runs there from CPython 3.13 on; before, and without the GIL, plain Python."""

from __future__ import annotations

import sys
import sysconfig

import pytest

import fasthdr
from tests.proof.processes import run

SUPPORTED = sys.version_info >= (3, 13) and not sysconfig.get_config_var("Py_GIL_DISABLED")

pytestmark = pytest.mark.skipif(
    fasthdr.IMPLEMENTATION != "cython", reason="the core does not run: FASTHDR_PURE_PYTHON=1"
)


@pytest.mark.skipif(
    sys.version_info < (3, 13),
    reason="interpreters with their own GIL came with 3.12, which crashes if they import the standard library",
)
@pytest.mark.parametrize("arguments", [(), ("--main",)], ids=["alone", "beside the main interpreter"])
@pytest.mark.parametrize("threads", [1, 4])
def test_own_gil(arguments: tuple[str, ...], threads: int) -> None:
    if threads > 1 and sys.version_info < (3, 14):
        pytest.skip("before 3.14, CPython itself crashes where threads import the stdlib in several of them at once")
    done = run("tests.proof.subinterpreters", "--threads", str(threads), "--rounds", "5", *arguments)
    assert done.returncode == 0, done.stdout
    count = threads * 5
    with_core = count if SUPPORTED else 0
    assert done.stdout.startswith(f"{with_core} with the core, {count - with_core} in plain Python"), done.stdout


def test_shared_gil() -> None:
    """Interpreters as mod_wsgi has them. An extension without module state belongs to the first that loads it."""
    done = run("tests.proof.subinterpreters", "--threads", "1", "--rounds", "3", "--main", "--shared")
    assert done.returncode == 0, done.stdout
    with_core = 3 if SUPPORTED else 0
    assert done.stdout.startswith(f"{with_core} with the core, {3 - with_core} in plain Python"), done.stdout


@pytest.mark.skipif(sys.version_info < (3, 14), reason="InterpreterPoolExecutor came with 3.14")
def test_a_pool_of_interpreters() -> None:
    from concurrent import futures

    from tests.proof.subinterpreters import method_of

    pool: type[futures.Executor] = getattr(futures, "InterpreterPoolExecutor")  # noqa: B009 (older versions lack it)
    with pool(2) as interpreters:  # type: ignore[call-arg]
        found = list(interpreters.map(method_of, [b"%b / HTTP/1.1\r\n\r\n" % method for method in (b"GET", b"PUT")]))
    assert found == [(method, "cython" if SUPPORTED else "python") for method in ("GET", "PUT")]
