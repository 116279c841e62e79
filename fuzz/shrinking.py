# SPDX-License-Identifier: MIT
"""Find a smaller connection that is wrong in the same way."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

from tests.handlers.memory import END

MOST = 3000  # how many connections are tried


def _without(row: list[Any]) -> Iterator[list[Any]]:
    """Yield the row without one part of it, large parts first."""
    size = len(row)
    while size:
        for start in range(0, len(row), size):
            yield row[:start] + row[start + size :]
        size //= 2


def _smaller(case: Any) -> Iterator[Any]:
    replace = dataclasses.replace
    for pieces in _without(case.pieces):
        yield replace(case, pieces=pieces)
    for at, piece in enumerate(case.pieces):
        for shorter in _without(list(piece)):
            if shorter:
                yield replace(case, pieces=[*case.pieces[:at], bytes(shorter), *case.pieces[at + 1 :]])
    for at in range(len(case.pieces) - 1):
        yield replace(case, pieces=[*case.pieces[:at], case.pieces[at] + case.pieces[at + 1], *case.pieces[at + 2 :]])
    for programs in _without(case.programs):
        yield replace(case, programs=programs)
    for at, program in enumerate(case.programs):
        for shorter in _without(program):
            yield replace(case, programs=[*case.programs[:at], shorter, *case.programs[at + 1 :]])
    for name, plain in (("wbufsize", 0), ("rbufsize", -1), ("protocol_version", "HTTP/1.1")):
        if case.attributes[name] != plain:
            yield replace(case, attributes={**case.attributes, name: plain})
    for name in ("drain_limit", "max_body"):
        if name in case.attributes:
            yield replace(case, attributes={key: value for key, value in case.attributes.items() if key != name})
    for name, value in (("own_round", 0), ("ending", END), ("takes", None)):
        if getattr(case, name) != value:
            yield replace(case, **{name: value})


def _kind(problems: list[str]) -> str:
    """Return what a problem is about, without its numbers and bytes."""
    return "".join(c for c in problems[0][:40] if not c.isdigit()) if problems else ""


def shrunk(case: Any, problems: Callable[[Any], list[str]]) -> Any:
    """Return the smallest case found whose first problem is of the same kind."""
    kind = _kind(problems(case))
    tried = 0
    found = True
    while found and tried < MOST:
        found = False
        for smaller in _smaller(case):
            tried += 1
            if _kind(problems(smaller)) == kind:
                case, found = smaller, True
                break
            if tried == MOST:
                break
    return case
