# SPDX-License-Identifier: MIT
"""The types of the core, however CPython has made them: they cannot be changed, and stay what they are."""

from __future__ import annotations

import gc
import importlib
import os
import pathlib
import subprocess
import sys
from typing import Any

import pytest

import fasthdr

pytestmark = pytest.mark.skipif(fasthdr.IMPLEMENTATION != "cython", reason="plain Python has no types in C")

PACKAGE = pathlib.Path(fasthdr.__file__).parent
MODULES = sorted(
    {
        f"fasthdr.{path.parent.name}.{path.name.partition('.')[0]}"
        for folder in ("_core", "_strict")
        for path in (PACKAGE / folder).iterdir()
        if path.suffix in (".so", ".pyd")
    }
)


def types_in_c() -> list[type]:
    """The types of which only C knows the parts: instances of classes in Python have a dict."""
    return [
        value
        for name in MODULES
        for value in vars(importlib.import_module(name)).values()
        if isinstance(value, type) and value.__module__ == name and not value.__dictoffset__
    ]


def test_there_are_some() -> None:
    assert {fasthdr.Head, fasthdr.RequestHead, fasthdr.BodyDecoder} <= set(types_in_c())


@pytest.mark.parametrize("made", types_in_c(), ids=lambda made: f"{made.__module__}.{made.__name__}")
def test_cannot_be_changed(made: type) -> None:
    before = dict(vars(made))
    for name in ("added", "__init__", next(iter(before))):
        with pytest.raises(TypeError, match="immutable"):
            setattr(made, name, None)
    assert dict(vars(made)) == before


@pytest.mark.parametrize("members", [{}, {"__slots__": ()}, {"__slots__": ("own",)}], ids=["dict", "none", "slot"])
def test_a_derived_head_shares_no_memory_with_others(members: dict[str, Any]) -> None:
    """Freed heads are used again. One of a derived type has a different size, or comes after a hidden header."""
    derived = type("Derived", (fasthdr.RequestHead,), members)
    data = b"GET /%d HTTP/1.1\r\nHost: h\r\n\r\n"
    for turn in range(3):
        kept = [derived.__new__(derived) for _ in range(20)]
        if members != {"__slots__": ()}:
            for each in kept:
                each.own = turn
        heads = [fasthdr.parse_request(data % n) for n in range(20)]
        kept.clear()
        heads += [fasthdr.parse_request(data % n) for n in range(20, 40)]
        made = derived.__new__(derived)
        assert type(made) is derived
        assert not hasattr(made, "own")
        assert [head.target for head in heads if head] == [f"/{n}" for n in range(40)]
        gc.collect()


AGAIN = """
import copy, io, pickle, sys
def forget():
    for name in [name for name in sys.modules if name.partition(".")[0] == "fasthdr"]:
        del sys.modules[name]
data = b"GET /a HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n"
kept = []
for _ in range(5):
    import fasthdr, fasthdr.client, fasthdr.server
    kept.append((fasthdr.parse_request, fasthdr.RequestHead, [fasthdr.parse_request(data) for _ in range(10)]))
    for parse, made, heads in kept:
        assert type(parse(data)) is made is fasthdr.RequestHead
        assert {head.get("host") for head in heads} == {"h"}
        assert pickle.loads(pickle.dumps(heads[0])).target == copy.copy(heads[0]).target == "/a"
    assert fasthdr.client.parse_headers(io.BytesIO(data[17:]))["host"] == "h"
    fasthdr.install()
    fasthdr.uninstall()
    forget()
"""


def in_a_process(code: str) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_imported_again() -> None:
    """Programs, and their tests, delete modules from sys.modules. The extensions stay; the next import finds them."""
    in_a_process(AGAIN)


FAILS_FIRST = """
import os
os.environ["FASTHDR_SIMD"] = "none such"
import fasthdr
for _ in range(2):
    try:
        fasthdr.simd()
    except ImportError as error:
        assert "none such" in str(error)
    else:
        raise AssertionError
del os.environ["FASTHDR_SIMD"]
assert fasthdr.parse_request(b"GET /a HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n").get("host") == "h"
"""


def test_imported_after_an_import_that_failed() -> None:
    in_a_process(FAILS_FIRST)
