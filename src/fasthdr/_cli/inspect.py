# SPDX-License-Identifier: MIT
"""`python -m fasthdr inspect FILE`: a head as a table, what it says, and what strict mode would refuse."""

from __future__ import annotations

import argparse
import pathlib
import sys
from typing import TYPE_CHECKING, Any

import fasthdr

if TYPE_CHECKING:
    from rich.console import Console


def _shown(data: bytes) -> str:
    """Bytes as text in which every one that is not printable ASCII can be seen."""
    return "".join(chr(c) if 0x20 <= c < 0x7F and c != 0x5C else f"\\x{c:02x}" for c in data)


def _verdict(
    console: Console, name: str, data: bytes, strict: bool
) -> fasthdr.RequestHead | fasthdr.ResponseHead | None:
    parse = fasthdr.parse_response if data.startswith(b"HTTP/") else fasthdr.parse_request
    try:
        head = parse(data, strict=strict)
    except fasthdr.ParseError as error:
        where = f"RFC {error.rfc}, byte {error.offset}" if error.rfc else f"byte {error.offset}"
        console.print(f"{name}: {error.status.value} {error.reason} ({where})", style="red", markup=False)
        before, at = data[max(0, error.offset - 40) : error.offset], data[error.offset : error.offset + 20]
        console.print("  " + _shown(before) + _shown(at), markup=False, highlight=False)
        console.print("  " + " " * len(_shown(before)) + "^", style="red", highlight=False)
        return None
    if head is None:
        console.print(f"{name}: incomplete", style="yellow")
        return None
    console.print(f"{name}: accepted, {head.consumed} bytes", style="green", highlight=False)
    return head


def _print_head(console: Console, head: fasthdr.RequestHead | fasthdr.ResponseHead) -> None:
    from rich.table import Table
    from rich.text import Text

    facts: dict[str, object]
    if isinstance(head, fasthdr.RequestHead):
        facts = {"method": head.method, "target": head.target, "version": head.version, "keep_alive": head.keep_alive}
        facts["expect_continue"] = head.expect_continue
    else:
        facts = {"version": head.version, "status": head.status, "reason": head.reason}
    facts |= {"content_length": head.content_length, "chunked": head.chunked, "upgrade": head.upgrade}
    for fact in facts.items():
        console.print("  %s: %r" % fact, markup=False)  # noqa: UP031
    spans = [("", "")] * len(head.raw_headers)
    if head.table is not None:
        rows: Any = memoryview(head.table).tolist()
        spans = [(f"{row[0]}+{row[1]}", f"{row[2]}+{row[3]}") for row in rows]
    table = Table("line", "name at", "value at", "name", "value")
    for number, (span, (name, value)) in enumerate(zip(spans, head.raw_headers, strict=True), 1):
        table.add_row(str(number), *span, Text(_shown(name)), Text(_shown(value)))
    console.print(table)
    if head.table is None:
        console.print("read by the standard library's own code: no spans", style="yellow")
    for defect in head.headers.defects:
        console.print(f"defect: {defect!r}", style="yellow", markup=False)


def main(argv: list[str]) -> int:
    """0 where strict mode accepts the head, 1 where it refuses it or the head is incomplete."""
    parser = argparse.ArgumentParser(
        prog="python -m fasthdr inspect", description="Show the head of an HTTP/1 message."
    )
    parser.add_argument("file", help="file with the message, or - for standard input")
    args = parser.parse_args(argv)
    try:
        from rich.console import Console
    except ImportError:
        parser.error('rich is needed: pip install "fasthdr[inspect]"')
    try:
        data = sys.stdin.buffer.read() if args.file == "-" else pathlib.Path(args.file).read_bytes()
    except OSError as error:
        parser.error(str(error))
    console = Console(soft_wrap=True)
    head = _verdict(console, "as the standard library", data, strict=False)
    if head is not None:
        _print_head(console, head)
    return 0 if _verdict(console, "strict", data, strict=True) is not None else 1
