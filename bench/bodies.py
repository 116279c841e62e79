# SPDX-License-Identifier: MIT
"""Chunked bodies: the bytes of one in, its data out; and the same from a file, as http.client reads them.

A call is a whole body. What knows of the body already (a parser that has had the head, a response that has begun) is
made before the timed region.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from bench.interleave import BATCH, Case, Comparison, each
from bench.peers import ours, stdlib


@dataclass(frozen=True)
class Body:
    """A body of `count` chunks of `size` bytes each."""

    name: str
    size: int
    count: int

    @property
    def data(self) -> bytes:
        return b"".join(bytes([i % 251]) * self.size for i in range(self.count))

    @property
    def wire(self) -> bytes:
        line = b"%x\r\n" % self.size
        chunks = (bytes([i % 251]) * self.size for i in range(self.count))
        return b"".join(line + chunk + b"\r\n" for chunk in chunks) + b"0\r\n\r\n"


BODIES = (
    Body("256 chunks of 16 bytes", 16, 256),
    Body("64 chunks of 1 KB", 1024, 64),
    Body("8 chunks of 64 KB", 65536, 8),
)
NAMES = tuple(body.name for body in BODIES)

OPERATIONS = {"bytes to body": "BODY", "file to body": "BODY_FILE"}  # what a peer's module calls its way to do it

Decode = Callable[[], bytes]


def _case(peer: str, prepare: Callable[[bytes], Decode], wire: bytes) -> Case:
    items: list[list[Decode]] = [[prepare(wire)] for _ in range(BATCH)]

    def reset(calls: int) -> None:
        for item in items[:calls]:
            item[0] = prepare(wire)

    return Case(peer, each(lambda item: item[0]()), items, lambda item, result: result, reset)


def comparison(operation: str, body: Body, modules: Iterable[Any]) -> Comparison:
    makers: dict[str, Callable[[bytes], Decode]] = {}
    for module in modules:
        makers.update(getattr(module, OPERATIONS[operation], {}))
    cases = tuple(_case(label, prepare, body.wire) for label, prepare in makers.items())
    return Comparison("body", operation, body.name, body.data, cases)


def comparisons() -> Iterator[Comparison]:
    # Once a block of this size has been freed, glibc keeps the memory of smaller ones. Else some cases would pay for
    # new pages at each call, which take longer than all else, and others would not, for a few bytes more or less.
    bytes(1 << 24)
    from bench.peers import PEERS  # not for a program that counts instructions

    for operation in OPERATIONS:
        for body in BODIES:
            yield comparison(operation, body, (ours, stdlib, *(peer.module for peer in PEERS)))
