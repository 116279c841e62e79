# SPDX-License-Identifier: MIT
"""The report as lines of text. Each line has parts with a style, which rich prints in colour if it is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fasthdr._cli.inspect import bodies, readers
from fasthdr._cli.inspect.messages import End, Foreign, Message
from fasthdr._cli.inspect.shown import View, escaped, first_of, hexdump

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fasthdr._cli.inspect.faults import Fault
    from fasthdr._cli.inspect.readers import Reading

    Part = tuple[str, str]  # text, and a style of rich or ""
    Line = list[Part]
    Item = Message | Foreign | End

GOOD, BAD, WARN, DIM, NAME = "green", "bold red", "yellow", "dim", "cyan"
_BEFORE, _AFTER = 40, 20  # bytes shown around a fault
_MORE = 8  # offsets of other faults of a kind


def _several(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def lines_of(item: Item, show_secrets: bool = False, hexed: bool = False) -> Iterator[Line]:
    """Yield the lines about a message, about other input, or about the end."""
    if isinstance(item, Message):
        yield from _message(item, View(item.data, show_secrets), hexed)
    elif isinstance(item, Foreign):
        yield [(f"byte {item.start}: not HTTP/1: ", BAD), (item.protocol.text, "")]
        first = first_of(item.first, show_secrets)
        if hexed:
            yield from ([(line, DIM)] for line in hexdump(first, item.start))
        else:
            yield [("  " + escaped(first[:40]), DIM)]
    else:
        yield _end(item, show_secrets)


def _end(end: End, show_secrets: bool) -> Line:
    counted = f"{_several(end.size, 'byte')}, {_several(end.messages, 'message')}"
    if end.left is None:
        return [(f"{counted}, nothing left over", DIM if end.messages else BAD)]
    left = f"{_several(end.size - end.left, 'byte')} left over from byte {end.left} on"
    first = "" if end.why == "not HTTP/1" else escaped(first_of(end.first, show_secrets)[:40])
    return [(f"{counted}; {left}", WARN), (f": {end.why}" if end.why else "", ""), ("  " * bool(first) + first, DIM)]


def _message(message: Message, view: View, hexed: bool) -> Iterator[Line]:
    yield _title(message)
    yield from _lines(message, view)
    if hexed:
        yield from ([(line, DIM)] for line in view.hexdump(message.start))
    yield from _reader("strict", message, message.strict, view)
    for faults in _groups(message):
        yield from _fault(message, faults, view)
    yield from _reader("standard library", message, message.stdlib, view)
    if message.recover and message.recover._replace(head=None, left_out=None) != message.stdlib._replace(head=None):
        yield from _reader("recover", message, message.recover, view)
    yield from _body(message)


def _placed(view: View) -> Iterator[tuple[int, bytes]]:
    return zip(view.starts, view.lines, strict=True)


def _title(message: Message) -> Line:
    what = {"fields": "block of fields"}.get(message.kind, message.kind)
    end = message.start + len(message.data)
    if message.line is not None:
        of = f", {message.version} in the form of HTTP/1.1" if message.version else ""
        return [(f"{what}, line {message.line} of the capture{of}", "bold")]
    return [(f"{what}, head at {message.start} to {end}", "bold")]


def _lines(message: Message, view: View) -> Iterator[Line]:
    """Yield the lines of a head, each after its offset, with a mark if something is wrong with it."""
    bad = {view.number(fault.offset) for fault in message.faults}
    lost = message.stdlib.lost
    for number, (start, line) in enumerate(_placed(view)):
        if line in (b"\r\n", b"\n") and number == len(view.lines) - 1 and message.whole and number not in bad:
            return
        mark = "!" if number in bad else "-" if lost is not None and start >= lost else " "
        shown = view.line(number)
        name, colon, value = shown.partition(":")
        style = BAD if mark == "!" else WARN if mark == "-" else ""
        yield [
            (f"{mark}{message.start + start:7}  ", style or DIM),
            *([(name, style or NAME), (colon + value, style)] if colon and number else [(shown, style)]),
        ]


def _reader(name: str, message: Message, reading: Reading, view: View) -> Iterator[Line]:
    if reading.verdict == readers.REFUSED:
        where = [f"RFC {reading.rfc}"] if reading.rfc else []
        where.append(f"byte {message.start + (reading.offset or 0)}")
        yield [(f"  {name}: ", ""), (f"{reading.status} {_ascii(reading.reason)}", BAD), (f" ({', '.join(where)})", "")]
        return
    if reading.verdict == readers.RAISES:
        yield [(f"  {name}: ", ""), (f"raises {reading.reason}", BAD)]
        return
    if reading.verdict == readers.INCOMPLETE:
        yield [(f"  {name}: ", ""), ("incomplete", WARN)]
        return
    facts = [_several(reading.fields or 0, "field")]
    if reading.keep_alive is not None:
        facts.append("the connection persists" if reading.keep_alive else "the connection closes")
    if reading.upgrade:
        facts.append(f"upgrade to {_escaped(reading.upgrade)}")
    yield [(f"  {name}: ", ""), ("accepted", GOOD), (f" ({', '.join(facts)})", "")]
    if reading.start and message.strict.verdict != readers.ACCEPTED and not view.start_line_hidden:
        names = ("version", "status", "reason") if message.kind == "response" else ("method", "target", "version")
        said = [f"{name} {_escaped(str(word))}" for name, word in zip(names, reading.start, strict=True)]
        yield [(f"    {', '.join(said)}", "")]
    if reading.left_out:
        yield [(f"    leaves out {_several(reading.left_out, 'bad line')}", WARN)]
    if reading.lost is not None:
        count = sum(at >= reading.lost and line.strip(b"\r\n") != b"" for at, line in _placed(view))
        where_lost = message.start + reading.lost
        yield [(f"    loses {_several(max(1, count), 'line')}, from byte {where_lost} on", WARN)]
    if reading.defects:
        yield [(f"    defects: {', '.join(reading.defects)}", WARN)]


def _escaped(text: str) -> str:
    return escaped(text.encode("latin-1", "replace"))


def _ascii(text: str | None) -> str:
    return (text or "").encode("ascii", "backslashreplace").decode()


def _groups(message: Message) -> list[list[Fault]]:
    """Group the faults by kind: first the one that strict mode names, then the others in order."""
    groups: dict[str, list[Fault]] = {}
    for fault in sorted(message.faults, key=lambda each: (each.offset != message.strict.offset, each.offset)):
        groups.setdefault(fault.code, []).append(fault)
    return list(groups.values())


def _fault(message: Message, faults: list[Fault], view: View) -> Iterator[Line]:
    """Yield the lines about faults of one kind: the first in its context, and the offsets of the others."""
    first = faults[0]
    if (first.offset, first.code) != (message.strict.offset, message.strict.code):
        rfc = f"RFC {first.rfc}, " if first.rfc else ""
        where = f" ({rfc}byte {message.start + first.offset})"
        yield [("    and ", ""), (f"{first.status} {first.reason}", BAD), (where, "")]
    line = view.number(first.offset)
    begin = max(view.starts[line], first.offset - _BEFORE)
    end = min(view.starts[line] + len(view.lines[line]), first.offset + _AFTER)
    before = view.text(begin, first.offset)
    yield [("      " + before, DIM), (view.text(first.offset, end), "")]
    yield [("      " + " " * len(before) + "^", BAD)]
    others = [str(message.start + fault.offset) for fault in sorted(faults[1:])]
    if others:
        more = f" and {len(others) - _MORE} more" if len(others) > _MORE else ""
        yield [(f"      also at byte {', '.join(others[:_MORE])}{more}", WARN)]


def _body(message: Message) -> Iterator[Line]:
    framing, body = message.framing, message.body
    if message.kind == "fields" or not message.whole:
        return
    how = {
        bodies.NONE: "no body",
        bodies.LENGTH: f"Content-Length {framing.length}",
        bodies.CHUNKED: "chunked",
        bodies.CLOSE: "ends with the connection",
        bodies.TUNNEL: "no body, then another protocol",
        bodies.UNKNOWN: "nobody can tell where it ends",
    }[framing.how]
    doubt = "" if framing.certain or framing.how == bodies.UNKNOWN else "; readers of this head may differ"
    if body is None or framing.how in (bodies.NONE, bodies.TUNNEL, bodies.UNKNOWN):
        yield [(f"  body: {how}", ""), (doubt, WARN)]
    else:
        data = f", {body.data} of data" if body.data != body.end - body.start else ""
        more = f", {_several(body.trailers, 'trailer field')}" if body.trailers else ""
        yield [(f"  body: {how}, at {body.start} to {body.end}{data}{more}", ""), (doubt, WARN)]
        if not body.complete and not body.fault:
            missing = f": {framing.length - body.data} bytes are missing" if framing.how == bodies.LENGTH else ""
            yield [(f"    incomplete{missing}", WARN)]
    if body and body.fault:
        yield [(f"    byte {body.fault.offset}: ", ""), (f"{body.fault.status} {body.fault.reason}", BAD),
               (f" ({body.fault.code}, RFC {body.fault.rfc})", "")]  # fmt: skip
    for name, end in body.others if body else ():
        yield [(f"    by {name} it ends at {end}", WARN)]
