# SPDX-License-Identifier: MIT
"""The core's decoder and memory: inaccessible pages, allocations that fail, a buffer that calls back."""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import mmap
import sys
import sysconfig
from collections.abc import Iterator
from typing import Any

import pytest

import fasthdr
from tests.decoder.cases import CASES, END
from tests.decoder.ways import fed
from tests.proof.processes import run
from tests.strict.cases.table import Verdict

pytestmark = pytest.mark.skipif(
    fasthdr.IMPLEMENTATION != "cython", reason="the core does not run: FASTHDR_PURE_PYTHON=1"
)


@contextlib.contextmanager
def guarded(size: int) -> Iterator[memoryview]:
    """Yield at least `size` bytes, in whole pages, between two inaccessible pages."""
    page = mmap.PAGESIZE
    size = (size + page - 1) // page * page
    memory = mmap.mmap(-1, size + 2 * page)
    start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    protect = ctypes.CDLL(None, use_errno=True).mprotect
    protect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]

    def both(flags: int) -> None:
        for at in (start, start + page + size):
            assert protect(at, page, flags) == 0, ctypes.get_errno()

    both(0)
    try:
        yield memoryview(memory)[page : page + size]
    finally:
        both(mmap.PROT_READ | mmap.PROT_WRITE)


@pytest.mark.long
@pytest.mark.interpreter
@pytest.mark.skipif(sys.platform == "win32", reason="no mprotect()")
def test_no_byte_is_read_outside_the_buffer() -> None:
    """Bodies and parts of them lie at both ends of memory, where a read beyond the end would kill the process."""
    size = max(len(case.wire) for case in CASES)
    with guarded(size) as memory:
        for case in CASES:
            n = len(case.wire)
            for cut in {0, 1, 2, 3, n // 2, n - 3, n - 2, n - 1, n}:
                if not 0 <= cut <= n:
                    continue
                for start in (0, len(memory) - cut):
                    piece = memory[start : start + cut]
                    piece[:] = case.wire[:cut]
                    decoder = fasthdr.BodyDecoder(case.framing, **case.options)  # type: ignore[arg-type]
                    fault = fed(decoder, [piece])[1]
                    assert fault in (None, case.expected)
                    if fault is None and cut < n:
                        rest = memory[len(memory) - (n - cut) :]
                        rest[:] = case.wire[cut:]
                        _, fault = fed(decoder, [rest], case.eof)
                        assert fault == (case.expected if isinstance(case.expected, Verdict) else None)


@pytest.mark.skipif(
    bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    reason="what fails on free-threaded builds is not this call alone",
)
@pytest.mark.skipif(importlib.util.find_spec("_testcapi") is None, reason="no _testcapi, which makes allocations fail")
@pytest.mark.parametrize("name", ["chunks", "many chunks", "trailers"])
def test_a_call_without_memory_can_be_repeated(name: str) -> None:
    done = run("tests.proof.fed_again", name)
    assert done.returncode == 0, done.stdout
    assert 0 < int(done.stdout) < 90


@pytest.mark.skipif(sys.version_info < (3, 12), reason="classes in Python have no __buffer__() before 3.12")
def test_a_buffer_that_calls_back() -> None:
    """A buffer may use the decoder when asked for its bytes; that happens before the call reads them."""
    decoder: Any = fasthdr.BodyDecoder("chunked")

    class Calling:
        def __buffer__(self, flags: int) -> memoryview:
            assert decoder.feed(b"3\r\nab") == b"ab"
            return memoryview(b"c\r\n" + END)

        def __release_buffer__(self, view: memoryview) -> None:
            assert decoder.ended
            with pytest.raises(ValueError, match="initialized before"):
                decoder.__init__("chunked")
            assert decoder.check(b"more") == 0

    assert decoder.feed(Calling()) == b"c"
    assert (decoder.wire, decoder.consumed, decoder.ended) == (8 + len(END), 0, True)
