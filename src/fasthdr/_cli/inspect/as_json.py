# SPDX-License-Identifier: MIT
"""The report as JSON: a document on one line for each input. docs/inspect.md describes it.

Text from the input is a string with one character for each byte (ISO 8859-1). Offsets count from the start of the
input, or in a capture from the start of the head.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from fasthdr._cli.inspect.messages import End, Foreign, Message
from fasthdr._cli.inspect.shown import View, first_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fasthdr._cli.inspect.faults import Fault
    from fasthdr._cli.inspect.readers import Reading

_MOST_FOREIGN = 100
SCHEMA = 1  # is raised if a key is removed or changes its meaning, not if one is added


def document(name: str, items: Iterable[Message | Foreign | End], show_secrets: bool) -> Iterator[str]:
    """Yield the document in pieces while the input is read."""
    yield f'{{"schema": {SCHEMA}, "input": {json.dumps(name)}, "messages": ['
    between = ""
    foreign: list[dict[str, Any]] = []
    for item in items:
        if isinstance(item, Message):
            yield between + json.dumps(_message(item, View(item.data, show_secrets)))
            between = ", "
        elif isinstance(item, Foreign):
            if len(foreign) == _MOST_FOREIGN:
                continue
            protocol, first = item.protocol, first_of(item.first, show_secrets)
            foreign.append({"offset": item.start, "code": protocol.code, "text": protocol.text, "hex": first.hex()})
        else:
            left = None
            if item.left is not None:
                left = {"offset": item.left, "bytes": item.size - item.left, "reason": item.why}
            yield f'], "foreign": {json.dumps(foreign)}, "bytes": {item.size}, "left": {json.dumps(left)}}}\n'


def _message(message: Message, view: View) -> dict[str, Any]:
    base = message.start
    return {
        "kind": message.kind,
        "line": message.line,
        "version": message.version,
        "start": base,
        "head_end": base + len(message.data) if message.whole else None,
        "accepted": message.good,
        "lines": list(_lines(message, view)),
        "faults": [_fault(fault, base) for fault in message.faults],
        "strict": _reading(message.strict, base, view),
        "stdlib": _reading(message.stdlib, base, view),
        "recover": _reading(message.recover, base, view) if message.recover else None,
        "body": _body(message) if message.whole and message.kind != "fields" else None,
    }


def _lines(message: Message, view: View) -> Iterator[dict[str, Any]]:
    codes: dict[int, list[str]] = {}
    for fault in message.faults:
        codes.setdefault(view.number(fault.offset), []).append(fault.code)
    lost = message.stdlib.lost
    for number, (start, line) in enumerate(zip(view.starts, view.lines, strict=True)):
        yield {
            "offset": message.start + start,
            "text": line[: view.lengths[number]].rstrip(b"\r\n").decode("latin-1"),
            "hidden": view.hidden(number),
            "end": line[len(line.rstrip(b"\r\n")) :].decode(),
            "faults": codes.get(number, []),
            "lost": lost is not None and start >= lost,
        }


def _fault(fault: Fault, base: int) -> dict[str, Any]:
    return {**fault._asdict(), "offset": base + fault.offset}


def _reading(reading: Reading, base: int, view: View) -> dict[str, Any]:
    found = reading._asdict()
    del found["head"]
    for name in ("offset", "lost"):
        if found[name] is not None:
            found[name] += base
    found["start"] = None if reading.start is None or view.start_line_hidden else list(reading.start)
    return {**found, "defects": list(reading.defects)}


def _body(message: Message) -> dict[str, Any]:
    framing, body = message.framing, message.body
    return {
        "framing": framing.how,
        "length": framing.length if framing.how == "length" else None,
        "certain": framing.certain,
        "start": body.start if body else None,
        "end": body.end if body else None,
        "data": body.data if body else None,
        "complete": body.complete if body else None,
        "trailers": body.trailers if body else None,
        "fault": _fault(body.fault, 0) if body and body.fault else None,
        "others": [{"by": name, "end": end} for name, end in body.others] if body else [],
    }
