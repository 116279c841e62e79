# SPDX-License-Identifier: MIT
"""The command line of `python -m fasthdr inspect`."""

from __future__ import annotations

import argparse
import os
import sys
import threading
from typing import TYPE_CHECKING, BinaryIO

from fasthdr._cli.inspect import as_json, capture, text
from fasthdr._cli.inspect.listen import listen
from fasthdr._cli.inspect.messages import End, Foreign, Message, captured, messages
from fasthdr._cli.inspect.source import Source
from fasthdr._cli.output import flush_or_drop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Item = Message | Foreign | End
    Write = Callable[[list[tuple[str, str]]], None]

_EPILOG = """exit codes: 0 if the input has messages and nothing else, strict mode accepts each head, and each body is
complete (with --listen: if it listened); 1 otherwise; 2 for a wrong command line, an input that cannot be read or
an output that cannot be written; 130 if it is interrupted."""


def parser() -> argparse.ArgumentParser:
    """Make the parser of the command line."""
    made = argparse.ArgumentParser(
        prog="python -m fasthdr inspect",
        description="Show the HTTP/1 messages of a file or a client, what is wrong with them, and how strict mode "
        "and the standard library read them.",
        epilog=_EPILOG,
    )
    add = made.add_argument
    add("file", nargs="?", help="file with messages, or with the output of curl -v; - for standard input")
    kind = made.add_mutually_exclusive_group()
    for name, what in (("request", "requests"), ("response", "responses"), ("fields", "one block of fields")):
        kind.add_argument(f"--{name}", dest="kind", action="store_const", const=name, help=f"read it as {what}")
    add("--method", metavar="NAME", help="the method of the request: a response to HEAD has no body")
    add("--json", action="store_true", help="print JSON on one line; with --listen: one line for each connection")
    add("--hex", action="store_true", help="also print each head as a hex dump")
    add("--show-secrets", action="store_true", help="show the values of Authorization, Cookie and similar fields")
    add("--listen", metavar="PORT", type=_port, help="show what clients send to this port; 0 for any free port")
    add("--bind", metavar="ADDRESS", default="127.0.0.1", help="with --listen: its address (default: %(default)s)")
    add("--connections", metavar="N", type=_count, help="with --listen: stop after N connections")
    return made


def _port(word: str) -> int:
    if not (word.isascii() and word.isdigit() and int(word) < 65536):
        raise argparse.ArgumentTypeError(f"not a port: {word!r}")
    return int(word)


def _count(word: str) -> int:
    if not (word.isascii() and word.isdigit() and 0 < int(word) < 2**31):
        raise argparse.ArgumentTypeError(f"not a number of connections: {word!r}")
    return int(word)


def writer() -> Write:
    """Return a function that writes a line of the report: in colour on a terminal if rich is installed, else plain."""
    out = sys.stdout
    if out.isatty() and "NO_COLOR" not in os.environ:
        try:
            from rich.console import Console
            from rich.text import Text
        except ImportError:
            pass
        else:
            console = Console(soft_wrap=True)
            return lambda parts: console.print(Text.assemble(*parts), soft_wrap=True)
    return lambda parts: print("".join(part for part, _ in parts), file=out)


class _Report:
    """Print what is found, and note whether all of it is right."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._json, self._hex, self._secrets = args.json, args.hex, args.show_secrets
        self._write = writer()
        self._lock = threading.Lock()
        self.good = True

    def _noted(self, items: Iterable[Item]) -> Iterator[Item]:
        for item in items:
            if isinstance(item, Message):
                self.good &= item.good
            elif isinstance(item, End):
                self.good &= item.left is None and item.messages > 0
            else:
                self.good = False
            yield item

    def one(self, name: str, items: Iterable[Item]) -> None:
        """Print the items of an input while it is read."""
        if self._json:
            for piece in as_json.document(name, self._noted(items), self._secrets):
                sys.stdout.write(piece)
        else:
            for item in self._noted(items):
                for line in text.lines_of(item, self._secrets, self._hex):
                    self._write(line)
        sys.stdout.flush()

    def client(self, name: str, items: Iterable[Item]) -> None:
        """Print what a client has sent, one client at a time."""
        if self._json:
            line = "".join(as_json.document(name, items, self._secrets))
            with self._lock:
                print(line, end="", flush=True)
            return
        for item in items:
            with self._lock:
                self._write([(f"from {name}", "bold")])
                for each in text.lines_of(item, self._secrets, self._hex):
                    self._write(each)
                sys.stdout.flush()


def _inspect(args: argparse.Namespace, file: BinaryIO, report: _Report) -> int:
    source = Source(file.read)
    if args.kind is None and capture.is_capture(source):
        items: Iterator[Item] = captured(source)
    else:
        items = messages(source, args.kind, args.method)
    report.one(args.file, items)
    return 0 if report.good else 1


def main(argv: list[str]) -> int:
    """Do what the command line says. Returns the exit code."""
    made = parser()
    args = made.parse_args(argv)
    if (args.file is None) == (args.listen is None):
        made.error("give either a file (- for standard input) or --listen PORT, not both")
    report = _Report(args)
    try:
        if args.listen is not None:
            listen(args.bind, args.listen, args.connections, report.client)
            return 0
        if args.file == "-":
            if sys.stdin is None:
                made.error("standard input is closed")
            return _inspect(args, sys.stdin.buffer, report)
        with open(args.file, "rb") as file:
            return _inspect(args, file, report)
    except KeyboardInterrupt:
        return 130  # as shells report an interrupt
    except BrokenPipeError:  # the reader of the output has closed it
        flush_or_drop()
        return 1
    except OSError as error:
        flush_or_drop()
        made.error(str(error))
