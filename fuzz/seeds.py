# SPDX-License-Identifier: MIT
"""Writes fuzz/seeds/, from which both fuzzers start: the tests' named cases (python -m fuzz.seeds).

A seed is CONFIG bytes (kind, limits, cut, cut), as in fuzz/layout.py and fuzz/walk.pyx, and a head or body.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from fuzz.layout import KINDS, config
from tests.decoder.cases import CASES as BODIES
from tests.differential.cases import BLOCKS, HOST, REQUEST_LINES, STATUS_LINES
from tests.strict.cases import CASES, Verdict

FOLDER = Path(__file__).parent / "seeds"
LONGEST = 700  # bytes
EACH = 3  # seeds for each strict verdict
WIDTHS = {"63", "64", "65"}  # the only widths taken of the cases made for many lengths

FURTHER = {
    "multipart of which str draws a boundary": b"Content-Type: multipart/x; boundary\r--\r\n\nc\r\n--x\r\n\r\n",
    "rows beyond the first allocation": b"a:\r\n" * 160 + b"\r\n",
    "beyond a window of masks": b"A: " + b"v" * 1020 + b"\r\nBB: 1\r\nLong-Name-Here: " + b"w" * 60 + b"\r\n\r\n",
}


def _named(cases: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    for name, data in cases.items():
        width = re.search(r"(?:of|in|after) (\d+)", name)
        if len(data) <= LONGEST and (width is None or width[1] in WIDTHS):
            yield name, data


def _strict() -> Iterator[tuple[str, str, bytes]]:
    seen: Counter[object] = Counter()
    for name, case in CASES.items():
        verdict = case.kind, case.expected and (case.expected.status, case.expected.reason)
        if len(case.data) > LONGEST or " byte 0x" in name or seen[verdict] == EACH * (10 if verdict[1] is None else 1):
            continue
        seen[verdict] += 1
        yield case.kind, name, case.data


def _decoder() -> Iterator[tuple[str, bytes]]:
    seen: Counter[object] = Counter()
    for case in BODIES:
        verdict = case.expected[:2] if isinstance(case.expected, Verdict) else None
        if case.framing != "chunked" or len(case.wire) > LONGEST or " byte 0x" in case.name:
            continue
        if "response" not in case.options and seen[verdict] < EACH * (20 if verdict is None else 1):
            seen[verdict] += 1
            yield case.name, case.wire


def seeds() -> Iterator[tuple[str, str, bytes]]:
    """Yield kind, name and head of each seed."""
    for name, block in _named(BLOCKS):
        yield "fields", name, block
    for name, line in _named(REQUEST_LINES):
        yield "request", name, line + HOST
    for name in ("browser", "obs-fold", "bare LF", "multipart/form-data", "expect", "connection close"):
        yield "request", name, b"POST /x HTTP/1.1\r\n" + BLOCKS[name]
    for name, line in _named(STATUS_LINES):
        yield "response", name, line + b"Content-Length: 5\r\n\r\nhello"
    for kind, name, data in _strict():
        yield kind, "strict " + name, data
    for name, body in _decoder():
        yield "body", "decoder " + name, body
    for name, block in FURTHER.items():
        yield "fields", name, block


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.iterdir():
        old.unlink()
    for i, (kind, name, data) in enumerate(seeds()):
        slug = re.sub(r"[^a-z0-9]+", "-", f"{kind} {name}".lower()).strip("-")[:60]
        path = FOLDER / slug
        if path.exists():
            path = FOLDER / f"{slug}-{i}"
        path.write_bytes(config(KINDS.index(kind), i % 64, cut=len(data) // 2) + data)
    print(f"{len(list(FOLDER.iterdir()))} seeds")


if __name__ == "__main__":
    main()
