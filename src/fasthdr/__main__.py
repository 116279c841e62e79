# SPDX-License-Identifier: MIT
"""`python -m fasthdr`: run a program with the core installed, and nothing else about it changed."""

from __future__ import annotations

import argparse
import atexit
import os
import runpy
import sys

import fasthdr


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m fasthdr",
        usage="python -m fasthdr [options] (PROGRAM | -m MODULE) [ARGUMENT ...]",
        description="Run a Python program with fasthdr installed.",
    )
    parser.add_argument("--version", action="version", version=f"fasthdr {fasthdr.__version__} ({fasthdr.simd()})")
    parser.add_argument("--stats", action="store_true", help="print to stderr, at exit, who parsed how many heads")
    parser.add_argument("--exact-type", action="store_true", help="messages of exactly http.client.HTTPMessage")
    parser.add_argument("--delay", action="store_true", help="leave TCP_NODELAY as the program sets it")
    parser.add_argument("-m", dest="module", nargs=argparse.REMAINDER, metavar="MODULE", help="run a module")
    parser.add_argument("program", nargs=argparse.REMAINDER, metavar="PROGRAM", help="run a file")
    return parser


def _report() -> None:
    counts = fasthdr.stats()
    heads = sum(counts.values())
    print(f"fasthdr: {heads} heads, {counts.pop('core', 0)} parsed by the core", file=sys.stderr)
    for reason, count in sorted(counts.items()):
        print(f"fasthdr: {count} left to the stdlib: {reason}", file=sys.stderr)


def main(argv: list[str] | None = None) -> None:
    parser = _parser()
    args = parser.parse_args(argv)
    command = args.module if args.module is not None else args.program
    if not command:
        parser.error("a program or -m MODULE is needed")
    if args.stats:
        fasthdr.collect_stats()
        atexit.register(_report)
    fasthdr.install(exact_type=args.exact_type, nodelay=not args.delay)
    sys.argv = list(command)
    if args.module is not None:
        sys.path[0] = os.getcwd()
        runpy.run_module(command[0], run_name="__main__", alter_sys=True)
    else:
        sys.path[0] = os.path.dirname(os.path.abspath(command[0]))
        runpy.run_path(command[0], run_name="__main__")


if __name__ == "__main__":
    main()
