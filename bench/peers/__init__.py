# SPDX-License-Identifier: MIT
"""The parsers that are compared, one module each: bytes in, the same reads out, in each parser's own types.

A module has REQUEST and RESPONSE: access -> label -> factory. A factory takes the name of the field to read and
returns a function that does the same reads with each head of a list, and returns those of the last:

    "one"    (method, target, version, value of the field); for a response (version, status, reason, value)
    "pairs"  every field as a list of (name, value), both str
    "dict"   every field as a dict of str

ENVIRON, where a module has it: label -> function that makes the environ of a WSGI application of one request head.

BODY, where a module has it: label -> function that is given the bytes of a chunked body and returns one that decodes
them, once, into its data; what has to be there before, a request head say, is read already. BODY_FILE: the same from an
io.BufferedReader over the bytes.

Where a parser has a faster way to the same reads, that way is taken.
"""

from __future__ import annotations

import importlib
import importlib.metadata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

Heads = Sequence[bytes]
Reader = Callable[[Heads], Any]
Factories = Mapping[str, Callable[[str], Reader]]
Accesses = Mapping[str, Factories]

PEERS: tuple[Peer, ...]  # by __getattr__()

INSTALL = 'pip install "fasthdr[bench]"'


@dataclass(frozen=True)
class Peer:
    """One distribution; `absent` says why it cannot be compared here, and is None where it can."""

    distribution: str
    version: str | None
    absent: str | None
    module: ModuleType | None

    def factories(self, kind: str, access: str) -> Factories:
        accesses: Accesses = getattr(self.module, kind, {})
        return accesses.get(access, {})


def _load(name: str, distribution: str) -> Peer:
    try:
        version = importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return Peer(distribution, None, f"not installed ({INSTALL})", None)
    try:
        return Peer(distribution, version, None, importlib.import_module(f"{__name__}.{name}"))
    except ImportError as error:
        return Peer(distribution, version, f"cannot be imported: {error}", None)


def __getattr__(name: str) -> Any:
    # Imported when they are asked for: a program that counts instructions does not wait for them.
    if name != "PEERS":
        raise AttributeError(name)
    globals()[name] = tuple(
        _load(name, distribution)
        for name, distribution in (
            ("httptools", "httptools"),
            ("gunicorn", "gunicorn_h1c"),
            ("h11", "h11"),
            ("aiohttp", "aiohttp"),
        )
    )
    return globals()[name]
