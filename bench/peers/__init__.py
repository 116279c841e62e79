# SPDX-License-Identifier: MIT
"""The parsers of bytes, one module each: the same reads, by the fastest way that each has, in its own types.

A module has names(wanted), what its statements use to read the field of that name, and some of these: label -> a
statement over a head as bytes (bench.comparison.loop_of):

    ONE       method, target, version, and the value of the field
    RESPONSE  version, status, reason phrase, and the value
    PAIRS     every field as a list of (name, value), both str
    ENVIRON   the environ of a WSGI application (PEP 3333)

BODY: label -> a function that takes the bytes of a chunked body and returns one that decodes them, once; a parser that
has had the head, say, is made before.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

from bench.comparison import Loop, loop_of

MODULES = {"ours": "fasthdr", "stdlib": "http", "httptools": "httptools", "gunicorn": "gunicorn_h1c", "h11": "h11"}
MODULES |= {"aiohttp": "aiohttp", "zttp": "zttp"}
CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"


def as_pairs(fields: str) -> str:
    """A statement: fields of bytes as str."""
    return f"result = [(name.decode('latin-1'), value.decode('latin-1')) for name, value in {fields}]"


def absent() -> list[str]:
    return [package for package in MODULES.values() if not importlib.util.find_spec(package)]


def installed() -> list[Any]:
    """The modules of the parsers that are installed, ours first."""
    return [importlib.import_module(f"{__name__}.{name}") for name, each in MODULES.items() if each not in absent()]


def loops(kind: str, wanted: str, modules: list[Any] | None = None) -> dict[str, Loop]:
    """Compile the statements of a kind: label -> loop."""
    return {
        label: loop_of(statement, **module.names(wanted))
        for module in modules or installed()
        for label, statement in getattr(module, kind, {}).items()
    }
