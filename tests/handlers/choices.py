# SPDX-License-Identifier: MIT
"""Programs and settings of a handler, made from choices: of hypothesis, of a seed, or of a fuzzer's input."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from tests.handlers.programs import CONTENTS, OWN, Step
from tests.handlers.reading import READS

Choose = Callable[[int], int]  # returns a number below the given one; 0 is the plainest choice


class Choices:
    """Choices from a sequence of numbers; once it is used up, always the plainest."""

    def __init__(self, numbers: Iterable[int]) -> None:
        self._numbers = iter(numbers)

    def __call__(self, below: int) -> int:
        return next(self._numbers, 0) % below


ANY = 1 << 20  # beyond the end of any content
_READS = sorted(READS)


def reads(choose: Choose, most: int = 3) -> list[Step]:
    """Steps that read the body, or none."""
    if not choose(2):
        return []
    catches = choose(6) == 5
    return [
        ("read", _READS[choose(len(_READS))], (0, 1, 2, 7, 100, 10_000)[choose(6)], catches)
        for _ in range(1 + choose(most))
    ]


def _content(choose: Choose) -> int:
    longest = len(CONTENTS) - 1
    return longest if choose(300) == 299 else choose(longest)


def _parts(choose: Choose, name: str, content: int) -> list[Step]:
    """Steps that write the content in up to three parts, with reads between them."""
    cuts = sorted({0, *(choose(12) for _ in range(choose(3)))})
    steps: list[Step] = []
    for start, stop in zip(cuts, [*cuts[1:], ANY]):
        if start:
            steps += reads(choose, 1)
        steps.append((name, content, start, stop))
    return steps


def _status(choose: Choose) -> int:
    return (200, 200, 200, 404, 304, 204)[choose(6)]


def _sized(choose: Choose) -> list[Step]:
    content = _content(choose)
    return [("head", _status(choose), content, 0), *_parts(choose, "data", content)]


def _chunked(choose: Choose) -> list[Step]:
    content = _content(choose)
    trailers = (b"", b"X-Sum: 1\r\n")[choose(2)]
    extra = (b"", b"", b"", b"HTTP/1.1 200 OK\r\n\r\n")[choose(4)]
    return [("head", _status(choose), None, 0), *_parts(choose, "chunk", content), ("last chunk", trailers, extra)]


def _unframed(choose: Choose) -> list[Step]:
    return [("unframed", _status(choose)), *_parts(choose, "data", _content(choose))]


def _too_short(choose: Choose) -> list[Step]:
    content = _content(choose)
    return [("head", _status(choose), content, 1 + choose(5)), *_parts(choose, "data", content)]


def _too_long(choose: Choose) -> list[Step]:
    return [*_sized(choose), ("extra", (b"a", b"more", b"HTTP/1.1 200 OK\r\n\r\n")[choose(3)])]


def _chunks_without_end(choose: Choose) -> list[Step]:
    return [step for step in _chunked(choose) if step[0] != "last chunk"]


def _bad_chunks(choose: Choose) -> list[Step]:
    return [*_chunks_without_end(choose), ("bad chunk",)]


def _line_by_line(choose: Choose) -> list[Step]:
    content = _content(choose)
    status = _status(choose)
    return [("line by line", status, content, reads(choose)), *_parts(choose, "data", content)]


def _by_hand(choose: Choose) -> list[Step]:
    content, status = _content(choose), _status(choose)
    cuts = sorted({0, *(choose(20) for _ in range(choose(3)))})
    steps: list[Step] = []
    for start, stop in zip(cuts, [*cuts[1:], 20]):
        if start:
            steps += reads(choose, 1)
            if choose(6) == 5:
                steps.append(("flush",))
        steps.append(("pieces", status, content, start, stop))
    return steps


def _socket(choose: Choose) -> list[Step]:
    return [("socket", (200, 404)[choose(2)], _content(choose))]


def _error(choose: Choose) -> list[Step]:
    return [("error", (404, 403, 500, 204)[choose(4)])]


def _garbage(choose: Choose) -> list[Step]:
    return [("garbage", (b"plain words", b"HTTP/2 200 OK\r\n\r\n", b"\x00")[choose(3)])]


def _nothing(choose: Choose) -> list[Step]:
    return []


def _switch(choose: Choose) -> list[Step]:
    return [("switch",), *reads(choose), *_sized(choose)]


ANSWERS = (
    _sized, _sized, _sized, _chunked, _chunked, _too_long, _by_hand, _line_by_line, _switch, _switch, _unframed, _error,
    _too_short, _socket, _chunks_without_end, _bad_chunks, _garbage, _nothing,
)  # fmt: skip


def odd(choose: Choose) -> list[Step]:
    """One step that most programs never take."""
    return [
        ("interim", (103, 102)[choose(2)]),
        ("continue",),
        ("flush",),
        ("close",),
        ("rfile",),
        ("wfile", False),
        ("wfile", True),
        ("beneath",),
        ("close rfile",),
        ("raise", choose(len(OWN))),
    ][(at := choose(10)) : at + 1]


def program(choose: Choose) -> list[Step]:
    """The steps of a program that handles one request."""
    steps = odd(choose) if choose(5) == 4 else []
    steps += reads(choose)
    steps += ANSWERS[choose(len(ANSWERS))](choose)
    if steps and choose(8) == 7:
        steps[choose(len(steps)) : 0] = odd(choose)
    steps += reads(choose)
    if choose(8) == 7:
        steps += odd(choose)
    if choose(16) == 15:
        steps += _sized(choose)  # a second answer
    return steps


def attributes(choose: Choose, strict: bool) -> dict[str, Any]:
    """Settings of a handler."""
    found: dict[str, Any] = {"protocol_version": "HTTP/1.0" if choose(12) == 11 else "HTTP/1.1"}
    found["wbufsize"] = (0, 0, -1, 16)[choose(4)]
    found["rbufsize"] = (-1, -1, -1, -1, -1, -1, -1, 16, 0)[choose(9)]
    if choose(3) == 2:
        found["drain_limit"] = (0, 10, 100)[choose(3)]
    if choose(6) == 5:
        found["max_body"] = (0, 5, 50)[choose(3)]
    if choose(4) == 3 or not strict:
        found["timeout"] = 5.0
    return found
