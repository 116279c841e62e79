# SPDX-License-Identifier: MIT
"""`python -m bench.memory`: bytes that a message keeps, with the bytes or strings of its fields.

tracemalloc counts every block that Python's allocators hand out, the C-level table of a fasthdr message included. A
figure is what remains allocated for MESSAGES messages of the same head, by one; everything shared between messages
(class, policy, well-known names) exists before the count begins.
"""

from __future__ import annotations

import argparse
import gc
import http.client
import io
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

import fasthdr
import fasthdr.client
from bench import contract
from bench.payloads import NAMES, REQUESTS, Payload
from bench.targets import target

MESSAGES = 1000
OPERATION = "memory of a message"
LISTED = "fasthdr, list made"


def _parsed(parse: Callable[[io.BytesIO], http.client.HTTPMessage], payload: Payload) -> http.client.HTTPMessage:
    # From the middle of a reader, as a handler has it: the block is cut out, not shared with the reader.
    reader = io.BytesIO(payload.data)
    reader.readline()
    return parse(reader)


def _stdlib(payload: Payload) -> object:
    return _parsed(http.client.parse_headers, payload)


def _ours(payload: Payload) -> object:
    return _parsed(fasthdr.client.parse_headers, payload)


def _exact(payload: Payload) -> object:
    return _parsed(lambda fp: fasthdr.client.parse_headers(fp, _class=http.client.HTTPMessage), payload)


def _listed(payload: Payload) -> object:
    message = _parsed(fasthdr.client.parse_headers, payload)
    message._headers  # type: ignore[attr-defined]  # makes the list of pairs, as a change of the message does
    return message


def _head(payload: Payload) -> object:
    head: Any = fasthdr.parse_request(bytes(bytearray(payload.data)))
    head.headers["Host"]
    return head


MAKERS: dict[str, Callable[[Payload], object]] = {
    contract.OURS: _ours,
    "fasthdr head": _head,
    LISTED: _listed,
    contract.EXACT: _exact,
    contract.STDLIB: _stdlib,
}


@dataclass(frozen=True)
class Retained:
    """Bytes a message, by what made it."""

    payload: str
    sizes: dict[str, float]

    def ratio(self, ours: str) -> float:
        return self.sizes[contract.STDLIB] / self.sizes[ours]


def _size(make: Callable[[Payload], object], payload: Payload) -> float:
    for _ in range(10):
        make(payload)  # what is made once, on first use
    kept: list[object] = [None] * MESSAGES
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for i in range(MESSAGES):
            kept[i] = make(payload)
        gc.collect()
        return (tracemalloc.get_traced_memory()[0] - before) / MESSAGES
    finally:
        tracemalloc.stop()


def retained(payload: Payload) -> Retained:
    """What each kind of message of this head keeps; each is seen to hold every field first."""
    for name, make in MAKERS.items():
        made = make(payload)
        message: Any = made.headers if isinstance(made, fasthdr.Head) else made
        if message.items() != list(payload.fields):
            raise AssertionError(f"{name} of {payload} has other fields")
    return Retained(payload.name, {name: _size(make, payload) for name, make in MAKERS.items()})


def table(results: list[Retained]) -> Table:
    shown = Table(title="Bytes that a message keeps, and how many times as many the stdlib's does")
    shown.add_column("request")
    for name in MAKERS:
        shown.add_column(name, justify="right")
    for result in results:
        cells = []
        for name, size in result.sizes.items():
            cell = f"{size:,.0f}"
            if name != contract.STDLIB:
                cell += f"  x{result.ratio(name):.2f}"
                least = target(OPERATION, result.payload, name, contract.STDLIB)
                if least is not None:
                    style = "green" if result.ratio(name) >= least else "red"
                    cell += f" [{style}]target {least:g}[/{style}]"
            cells.append(cell)
        shown.add_row(result.payload, *cells)
    return shown


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.memory", description="Bytes that a message keeps.")
    parser.add_argument("--payload", action="append", choices=NAMES, help="only this request (may be repeated)")
    args = parser.parse_args(argv)
    console = Console()
    console.width = max(console.width, 120)
    console.print(table([retained(payload) for payload in REQUESTS if payload.name in (args.payload or NAMES)]))


if __name__ == "__main__":
    main()
