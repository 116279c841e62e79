# SPDX-License-Identifier: MIT
"""`python -m bench.profiles`: what the instructions of a call are spent on, by the functions that have them.

Instructions are not time: one that waits for memory, or for a branch that went the other way, takes many times as long
as its neighbour. They tell what a call does. Functions are grouped by name, each in the first group that it belongs to,
and what a compiler has put in line counts for the function that it is in.
"""

from __future__ import annotations

import argparse
import collections
import re
from collections.abc import Callable, Iterator
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from bench import contract, counted, exchange, instructions, payloads
from bench.interleave import Case, Comparison

NAME = "profile"
SIMD = "avx2"
MOST = 4  # functions named beside the groups
EXTENSION = "/fasthdr/"

# The extension's functions by what their names have in them; CPython's and the C library's by how theirs begin, without
# the underscores before that.
_OURS = {
    "stage 1": ("fh_classify",),
    "stage 2": ("fh_walk", "fh_strict", "fh_line", "scan_block"),
    "the rest of the extension": ("",),
}
_THEIRS = {
    "bytecode and calls": (
        *("PyEval", "PyFrame", "PyFunction", "PyObject_Call", "PyObject_Make", "PyObject_Vectorcall", "PyStack"),
        *("Py_CheckFunction", "PyTuple_FromArraySteal", "cfunction", "clear_thread_frame", "method_", "type_call"),
    ),
    "attributes": (
        *("PyObject_GenericGetAttr", "PyObject_GenericSetAttr", "PyObject_GetAttr", "PyObject_GetMethod"),
        *("PyObject_GetOptionalAttr", "PyObject_SetAttr", "PyObject_StoreInstance", "PyObject_TryGetInstance"),
        *("PyType_GetDict", "PyType_IsSubtype", "PyType_Lookup"),
    ),
    "strings and bytes": (
        "PyBytes",
        "PyLong",
        "PyUnicode",
        "ascii_",
        "bytes_",
        "long_",
        "stringlib",
        "ucs1",
        "unicode_",
    ),
    "dicts": (
        *("PyDict", "Py_dict", "build_indices", "clone_combined", "copy_lock_held", "dict", "find_empty_slot"),
        *("insert_to", "insertdict", "new_keys", "unicodekeys"),
    ),
    "tuples and lists": ("PyList", "PySequence", "PyTuple", "list", "maybe_freelist", "tuple"),
    "files": ("PyBuffer", "PyIO", "PyMemoryView", "buffered", "bytesio", "io_", "memory_"),
    "memory": (
        *("PyMem", "PyObject_Free", "PyObject_GC", "PyObject_Malloc", "PyObject_New", "PyType_Alloc"),
        *("PyType_GenericAlloc", "Py_Dealloc", "Py_NewReference", "cfree", "free", "int_free", "int_malloc", "malloc"),
        *("subtype_dealloc", "tls_get_addr"),
    ),
    "memcpy() and the like": ("mem", "str"),
    "the rest": ("",),
}
GROUPS = (*_OURS, *_THEIRS)


def group(function: str, library: str) -> str:
    if EXTENSION in library:
        return next(name for name, parts in _OURS.items() if any(part in function for part in parts))
    return next(name for name, starts in _THEIRS.items() if function.lstrip("_").startswith(starts))


def functions(dump: str) -> collections.Counter[tuple[str, str]]:
    """Instructions of each (function, library) itself, without what it calls."""
    found: collections.Counter[tuple[str, str]] = collections.Counter()
    names: dict[tuple[str, str], str] = {}  # (kind, number) -> name, which stands beside the number once
    now = {"fn": "", "ob": ""}
    called = False
    for line in dump.splitlines():
        if key := re.match(r"c?(fn|ob)=(\(\d+\))(?: (.*))?$", line):
            kind, number, name = key.groups()
            if name is not None:
                names[kind, number] = re.sub(r"'\d+$|\.(constprop|isra|part|cold)(\.\d+)*", "", name)
            if line.startswith(kind):
                now[kind] = names[kind, number]
        elif line.startswith("calls="):
            called = True
        elif line[:1] in tuple("0123456789+-*"):
            if not called:
                found[now["fn"], now["ob"]] += int(line.split()[1])
            called = False
    return found


def cases() -> dict[str, Callable[[], tuple[Comparison, Case]]]:
    """By what they are called in the report: those of bench.instructions, the floor, and a peer."""

    def the_floor() -> tuple[Comparison, Case]:
        from bench import floor  # with a compiler in tow, which valgrind would run, too

        return instructions.case_of(floor.heads(floor.objects(), payloads.PICOHTTPPARSER), floor.FLOOR)

    def the_stdlib() -> tuple[Comparison, Case]:
        return instructions.case_of(exchange.exchange(payloads.THIRTEEN), contract.STDLIB)

    return {
        **instructions.cases(),
        "floor of head and 4 reads": the_floor,
        f"{instructions.EXCHANGE}, stdlib": the_stdlib,
    }


def steps(name: str) -> Iterator[counted.Step]:
    return counted.steps_of(*cases()[name]())


def profile(name: str) -> collections.Counter[tuple[str, str]]:
    """Instructions a call, by (function, library)."""
    few, many = map(functions, counted.dumps("bench.profiles", name, SIMD))
    many.subtract(few)
    return collections.Counter({key: count / counted.ITEMS for key, count in many.items() if count > 0})  # type: ignore[misc]


def result_of(name: str, found: collections.Counter[tuple[str, str]]) -> dict[str, Any]:
    total = sum(found.values())
    groups: collections.Counter[str] = collections.Counter()
    for (function, library), count in found.items():
        groups[group(function, library)] += count
    return {
        "operation": name,
        "payload": None,
        "peer": None,
        "instructions": round(total),
        "share": {each: f"{groups[each] / total:.0%}" for each in GROUPS},
        "most": ", ".join(f"{function} {count / total:.0%}" for (function, _), count in found.most_common(MOST)),
    }


def table(results: list[dict[str, Any]]) -> Table:
    shown = Table(title="What the instructions of a call are spent on")
    for heading in ("call", "instructions", *GROUPS):
        shown.add_column(heading, justify="left" if heading == "call" else "right")
    for each in results:
        shown.add_row(escape(each["operation"]), f"{each['instructions']:,}", *each["share"].values())
    return shown


def main(argv: list[str] | None = None) -> None:
    from bench import machine, record  # and the peers with them, which valgrind would import, too

    parser = argparse.ArgumentParser(prog="python -m bench.profiles", description="Where the instructions of calls go.")
    parser.add_argument("--case", action="append", choices=cases(), help="only this call (may be repeated)")
    record.add_option(parser, NAME)
    args = parser.parse_args(argv)
    if why := counted.missing():
        parser.error(why)
    console = Console()
    console.width = max(console.width, 200)
    wanted = args.case or list(cases())
    load = machine.load_average()
    results = [result_of(name, profile(name)) for name in track(wanted, "counting", console=console, transient=True)]
    method = {
        "tool": "valgrind --tool=callgrind",
        "variant": SIMD,
        "items": counted.ITEMS,
        "statistic": "difference of N and 2N items, of each function without what it calls",
    }
    record.write(args.json, NAME, load, method, results)
    console.print(table(results))
    console.print(f"every figure: {args.json}")


if __name__ == "__main__":
    main()
