# SPDX-License-Identifier: MIT
"""`python -m bench.instructions`: how many instructions the hot calls take, and how many they took for the baseline.

--update writes the counts for this interpreter, compiler and instruction set to bench/instructions.json; --check fails
if a count has grown by more than LIMIT in each of LAYOUTS layouts of the memory (bench.counted). Counts of other
combinations are not comparable, and are not compared.
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
import itertools
import json
import pathlib
import platform
import shlex
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator

from bench import counted, handlers, messages, parsers
from bench.comparison import EXACT, INSTALLED, OURS, STRICT, Case, Comparison, replaced
from bench.payloads import BODIES, CURL, HUNDRED, PICOHTTPPARSER, THIRTEEN

BASELINE = pathlib.Path(__file__).with_suffix(".json")
LIMIT, LAYOUTS = 0.02, 4
SIMD = ("avx2", "sse2")  # those that valgrind supports
CHUNKS = BODIES[0]

# Name in the baseline -> the comparison, and the peer whose case is counted.
CALLS: dict[str, tuple[Callable[[], Comparison], str]] = {
    "parse_request(), BytesIO": (lambda: handlers.parse_request(PICOHTTPPARSER, "BytesIO"), OURS),
    "parse_request(), BufferedReader": (lambda: handlers.parse_request(PICOHTTPPARSER, "BufferedReader"), OURS),
    "parse_request(), exact type": (lambda: handlers.parse_request(PICOHTTPPARSER, "BytesIO"), EXACT),
    "parse_headers(fp), BytesIO": (lambda: messages.parse_headers(PICOHTTPPARSER, "BytesIO"), OURS),
    "parse_headers(fp), BufferedReader": (lambda: messages.parse_headers(PICOHTTPPARSER, "BufferedReader"), OURS),
    "parse_headers(fp), exact type": (lambda: messages.parse_headers(PICOHTTPPARSER, "BytesIO"), EXACT),
    "parse_headers(fp), hundred": (lambda: messages.parse_headers(HUNDRED, "BytesIO"), OURS),
    "head and 3 reads": (lambda: parsers.head(PICOHTTPPARSER, strict=False), OURS),
    "head and 3 reads, curl": (lambda: parsers.head(CURL, strict=False), OURS),
    "head and 3 reads, hundred": (lambda: parsers.head(HUNDRED, strict=False), OURS),
    "head and 3 reads, strict": (lambda: parsers.head(PICOHTTPPARSER, strict=True), OURS),
    "message[name]": (lambda: messages.access(PICOHTTPPARSER, "message[name]"), OURS),
    "message.items()": (lambda: messages.access(PICOHTTPPARSER, "message.items()"), OURS),
    "HTTPResponse.begin()": (lambda: messages.begin(THIRTEEN), OURS),
    "get_environ()": (lambda: handlers.get_environ(PICOHTTPPARSER), OURS),
    "bytes to environ": (lambda: parsers.environ(PICOHTTPPARSER, "fasthdr"), OURS),
    messages.EXCHANGE: (lambda: messages.exchange(THIRTEEN), INSTALLED),
    handlers.QUIET: (lambda: handlers.handle_one_request(PICOHTTPPARSER, handlers.QUIET), OURS),
    "round on a connection": (lambda: handlers.connection_round(CURL), OURS),
    "round on a connection, framed": (lambda: handlers.connection_round(CURL), handlers.FRAMED),
    "round on a connection, strict": (lambda: handlers.connection_round(CURL), STRICT),
    f"BodyDecoder.feed(), {CHUNKS.name}": (lambda: parsers.body(CHUNKS, "fasthdr"), OURS),
}


def case_of(name: str) -> tuple[Case, object]:
    """Make the case of a call, and the result that it has to give."""
    make, peer = CALLS[name]
    comparison = make()
    case: Case = next(each for each in comparison.cases if each.peer == peer)
    if "round" in name or name == handlers.QUIET:
        # The clock stands still: otherwise the end of a second during the count would change the count.
        still = itertools.repeat(1_700_000_000.0).__next__
        case = dataclasses.replace(case, context=functools.partial(replaced, time, "time", still))
    return case, comparison.expected


def steps(name: str) -> Iterator[counted.Step]:
    return counted.steps_of(*case_of(name))


def compiler() -> str:
    """Return name and major version of the compiler that builds extensions, such as "gcc 12"."""
    command = [shlex.split(sysconfig.get_config_var("CC"))[0], "-dM", "-E", "-xc", "/dev/null"]
    macros = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    defined = dict(line.split(" ", 2)[1:] for line in macros.splitlines() if line.count(" ") >= 2)
    if "__clang_major__" in defined:
        return f"clang {defined['__clang_major__']}"
    return f"gcc {defined['__GNUC__']}"


def combination(simd: str) -> str:
    return f"{platform.python_implementation()} {platform.python_version()}, {compiler()}, {simd}"


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.instructions", description="Instructions of the hot calls.")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true", help=f"fail where a count is more than {LIMIT:.0%}% above")
    what.add_argument("--update", action="store_true", help="make the counts of this combination the baseline")
    parser.add_argument("--simd", action="append", choices=SIMD, help="only this variant (may be repeated)")
    parser.add_argument("--case", action="append", choices=CALLS, help="only this call (may be repeated)")
    parser.add_argument("--baseline", type=pathlib.Path, default=BASELINE, help="the file (default: %(default)s)")
    parser.add_argument("--keep", type=pathlib.Path, help="a folder for the files, which callgrind_annotate reads")
    args = parser.parse_args(argv)

    baseline = json.loads(args.baseline.read_text(encoding="utf-8")) if args.baseline.exists() else {}
    keys = {simd: combination(simd) for simd in args.simd or SIMD}
    if args.check:
        for simd in [simd for simd, key in keys.items() if not any(key in counts for counts in baseline.values())]:
            print(f"no baseline for {keys.pop(simd)}: nothing to compare")
        if not keys:
            return 0
    if why := counted.missing():
        parser.error(why)

    grown = False
    for simd, key in keys.items():
        print(key)
        for name in args.case or CALLS:
            before = baseline.setdefault(name, {}).get(key)
            keep = args.keep and args.keep / simd / name
            count, above, layout = sys.maxsize, True, 0
            while above and layout < LAYOUTS:
                few, many = counted.instructions("bench.instructions", name, simd, keep, layout)
                count, layout = min(count, round((many - few) / counted.ITEMS)), layout + 1
                above = args.check and before is not None and count > before * (1 + LIMIT)
            grown |= above
            change = f"{count / before - 1:+8.2%}" if before else ""
            print(f"{name:45}{count:>10,}{change}{'  above the baseline' * above}", flush=True)
            if args.update:
                baseline[name] = dict(sorted({**baseline[name], key: count}.items()))
    if args.update:
        rows = ",\n".join(f" {json.dumps(name)}: {json.dumps(counts)}" for name, counts in baseline.items())
        args.baseline.write_text(f"{{\n{rows}\n}}\n", encoding="utf-8")
    return int(grown)


if __name__ == "__main__":
    sys.exit(main())
