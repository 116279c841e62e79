# SPDX-License-Identifier: MIT
"""How a program reads the body of a request, and what must hold for what it gets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.handlers.answers import Handled


def _into(function: Callable[[Any], int], n: int) -> bytes:
    buffer = bytearray(n)
    return bytes(buffer[: function(buffer)])


# How a program reads, and whether the data it got means that no more comes.
READS: dict[str, tuple[Callable[[Any, int], bytes], Callable[[bytes, int], bool]]] = {
    "read": (lambda file, n: file.read(n), lambda data, n: len(data) < n),
    "read all": (lambda file, n: file.read(), lambda data, n: True),
    "read1": (lambda file, n: file.read1(n), lambda data, n: not data and n > 0),
    "readline": (lambda file, n: file.readline(n), lambda data, n: len(data) < n and data[-1:] != b"\n"),
    "line": (lambda file, n: file.readline(), lambda data, n: data[-1:] != b"\n"),
    "lines": (lambda file, n: b"".join(file), lambda data, n: True),
    "readinto": (lambda file, n: _into(file.readinto, n), lambda data, n: len(data) < n),
    "readinto1": (lambda file, n: _into(file.readinto1, n), lambda data, n: not data and n > 0),
    "peek": (lambda file, n: file.peek(n), lambda data, n: not data),
}
_SHORT = ("read", "readinto")
_WHATEVER_N = ("read all", "line", "lines", "peek")


def read_step(handler: Any, handled: Handled, how: str, n: int, catches: bool) -> None:
    if handled.closed_rfile:
        return
    answer = handled.answer
    if (n or how in _WHATEVER_N) and not answer.opened:
        answer.reads()
    read, ends = READS[how]
    try:
        data = read(handler.rfile, n)
    except OSError as error:
        fault = handler.server.fault_of(error)
        if handled.faults and handled.faults[-1] != fault and not (answer.opened or handled.may_stream):
            handler.server.problem(f"{fault} after {handled.faults[-1]}")
        handled.faults.append(fault)
        answer.fault(fault[1])
        if not catches:
            raise
        return
    if answer.opened or handled.may_stream:
        handled.stream += data if how != "peek" else b""
        return
    if handled.faults and data:
        handler.server.problem("a read after a fault has given something")
    if handled.ended and data:
        handler.server.problem("something has come behind the end of the body")
    handler.server.shows(handled, data)
    if how != "peek":
        handled.data += data
    if how in _SHORT and handler.rbufsize == 0:  # the standard library's rfile is a raw file then
        ends = READS["read1"][1]
    handled.ended = handled.ended or ends(data, n)
