# SPDX-License-Identifier: MIT
"""Each allocation of each call of the core fails once; and CALLS covers everything public."""

from __future__ import annotations

import importlib.util
import sysconfig

import pytest

import fasthdr
import fasthdr._core.head
import fasthdr._core.message
from tests.proof.calls import CALLS
from tests.proof.processes import run
from tests.together import together

pytestmark = pytest.mark.skipif(
    fasthdr.IMPLEMENTATION != "cython", reason="the core does not run: FASTHDR_PURE_PYTHON=1"
)


free_threads = pytest.mark.skipif(
    bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    reason="the sweep does not end on free-threaded builds",
)
allocations_fail = pytest.mark.skipif(
    importlib.util.find_spec("_testcapi") is None, reason="no _testcapi, which makes allocations fail"
)


@free_threads
@allocations_fail
@pytest.mark.parametrize("name", ["whole", "rest"])
def test_a_piece_that_memory_ran_out_for_can_be_fed_again(name: str) -> None:
    done = run("tests.proof.fed_again", name)
    assert done.returncode == 0, done.stdout
    assert int(done.stdout) > 20


@pytest.mark.long
@pytest.mark.interpreter
@free_threads
@allocations_fail
def test_no_memory() -> None:
    done = run("tests.proof.nomemory")
    assert done.returncode == 0, done.stdout
    assert done.stdout.count(" allocations\n") > 50


# These belong to the object protocol, and nobody calls them by name.
_PROTOCOL = set(
    "__annotations__ __class_getitem__ __dict__ __doc__ __firstlineno__ __getbuffer__ __module__ __new__ __pyx_vtable__"
    " __reduce__ __reduce_cython__ __release_buffer__ __setstate_cython__ __static_attributes__ __weakref__".split()
)


def test_every_public_call_is_there() -> None:
    """Each function, and each member of each class: its own, or that of a base which is not public itself."""
    called = {name.partition(":")[0] for name in CALLS}
    public = {name: getattr(fasthdr, name) for name in fasthdr.__all__ if name != "IMPLEMENTATION"}
    public |= {"Table": fasthdr._core.head.Table, "MessageTable": fasthdr._core.message.MessageTable}
    names = set()
    for name, value in public.items():
        if not isinstance(value, type):
            names.add(name)
            continue
        for cls in value.__mro__:
            if cls is value or (cls.__module__.startswith("fasthdr.") and cls not in public.values()):
                names |= {f"{name}.{member}" for member in vars(cls) if member not in _PROTOCOL}
    assert not names - called


@together("name", CALLS)
def test_calls_repeat(name: str) -> None:
    """What the proofs compare is the same in every call."""
    assert CALLS[name]() == CALLS[name]()
