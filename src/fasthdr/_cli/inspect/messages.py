# SPDX-License-Identifier: MIT
"""The messages of an input, one after another, and what is between and after them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fasthdr._cli.inspect import bodies, capture, protocols, readers
from fasthdr._cli.inspect.faults import Fault, faults_of
from fasthdr._cli.inspect.source import MOST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fasthdr._cli.inspect.protocols import Protocol
    from fasthdr._cli.inspect.readers import Reading
    from fasthdr._cli.inspect.source import Source

_MOST_EMPTY = 1024  # maximum bytes of empty lines that count as part of the head after them
_FIELDS = re.compile(rb"[!-9;-~]+[ \t]*:(?![^\n]* HTTP/\d)[^\n]*(?:\n|\Z)")


@dataclass
class Message:
    """Hold a head, what readers make of it, and its body.

    kind: "request", "response" or "fields". start: offset of the head in the input; 0 in a capture, because the head is
    not in one piece there. line: in a capture, that of the start line, from 1. data: bytes of the head. whole: the head
    has its empty line. body: None in a capture, and after a head that is not whole.
    """

    kind: str
    start: int
    data: bytes
    whole: bool
    method: str | None = None  # for a response: that of its request
    line: int | None = None
    version: str | None = None  # of a capture, if it is not HTTP/1
    body: bodies.Body | None = None
    faults: list[Fault] = field(init=False)
    stdlib: Reading = field(init=False)
    strict: Reading = field(init=False)
    recover: Reading | None = field(init=False)
    framing: bodies.Framing = field(init=False)

    def __post_init__(self) -> None:
        asked = (self.kind, self.data, self.method)
        self.faults = faults_of(self.kind, self.data, self.whole)
        self.stdlib, self.strict, self.recover = readers.stdlib(*asked), readers.strict(*asked), readers.recover(*asked)
        self.framing = bodies.framing_of(self.kind, self.data, self.strict, self.method)

    @property
    def good(self) -> bool:
        """Tell whether strict mode accepts the head and the body is complete."""
        return self.strict.verdict == readers.ACCEPTED and (self.body is None or self.body.complete)


@dataclass
class Foreign:
    """Describe what is not a head of HTTP/1, from `start` on. first: its first bytes."""

    start: int
    protocol: Protocol
    first: bytes


@dataclass
class End:
    """The end of the input. left: where the bytes begin that are in no message, or None. first: some of them."""

    size: int
    messages: int = 0
    left: int | None = None
    first: bytes = b""
    why: str | None = None  # why they were not read


def _kind_of(data: bytes) -> str:
    if data.startswith(b"HTTP/"):
        return "response"
    return "fields" if _FIELDS.match(data) else "request"


def captured(source: Source) -> Iterator[Message | End]:
    """Yield the heads in what `curl -v` printed. A response answers the last request before it."""
    method = None
    count = 0
    for each in capture.heads(source):
        message = Message(
            each.kind, 0, each.data, each.whole, method if each.kind == "response" else None, each.line, each.version
        )
        count += each.whole
        if each.kind == "request":
            method = bodies.method_of(each.data)
        yield message
    yield End(source.start, count)


def messages(
    source: Source, kind: str | None, method: str | None, on_head: Callable[[Message], bool] | None = None
) -> Iterator[Message | Foreign | End]:
    """Yield the items of an input.

    kind: "request", "response" or "fields"; None: recognized by the first bytes of each. method: the method of the
    request that a response answers. on_head: called with each message before its body is read; if it returns False,
    reading ends there.
    """
    count = 0
    while True:
        source.want(1)
        if not source.data:
            yield End(source.start, count)
            return
        foreign = protocols.named(source) if kind != "fields" else None
        if foreign:
            yield Foreign(source.start, foreign, bytes(source.data[: foreign.length or 64]))
            if not foreign.length:
                yield _left(source, count, "not HTTP/1")
                return
            source.take(foreign.length)
            continue
        empty = source.empty_lines() if kind != "fields" else 0
        if empty > _MOST_EMPTY:
            start = source.start
            while empty and source.take(empty):
                empty = source.empty_lines()
            size = source.start - start
            yield Foreign(start, protocols.Protocol("empty", f"{size} bytes of empty lines", size), b"")
            continue
        if empty == len(source.data):
            yield _left(source, count, "empty lines")
            return
        if not protocols.may_begin(bytes(source.data[empty : empty + 1])):
            unknown = protocols.junk(bytes(source.data[empty : empty + 256]))
            yield Foreign(source.start + empty, unknown, bytes(source.data[empty : empty + 64]))
            yield _left(source, count, "not HTTP/1")
            return
        message = _next(source, empty, kind, method)
        count += message.whole
        goes_on = on_head is None or on_head(message)
        if message.whole and goes_on and message.kind != "fields":
            others = bodies.others_of(message.data, message.framing, source.start)
            message.body = bodies.read(source, message.framing, message.kind == "response", others)
        yield message
        why = _why_not_on(message)
        if not message.whole:
            yield End(source.start + source.rest(), count, message.start, b"", why)
            return
        if why or not goes_on:
            yield _left(source, count, why or "the connection is given up")
            return


def _next(source: Source, empty: int, kind: str | None, method: str | None) -> Message:
    end = source.head_end(empty)
    found = kind or _kind_of(bytes(source.data[empty : empty + 4096]))
    if found == "fields":
        method = None
    start = source.start
    data = source.take(min(len(source.data), MOST) if end is None else end)
    return Message(found, start, data, end is not None, method if found == "response" else None)


def _why_not_on(message: Message) -> str | None:
    """Say why the bytes after a message are not read as another one."""
    if not message.whole:
        return "the head has no end" + (f" within {MOST >> 10} KiB" if len(message.data) >= MOST else "")
    if message.kind == "fields":
        return "one block of fields is read"
    body = message.body
    if body is None:
        return None
    if body.fault:
        return "the body is faulty"
    if message.framing.how == bodies.UNKNOWN:
        return "nobody can tell where the body ends"
    if message.framing.how == bodies.TUNNEL:
        return "from here on the connection has another protocol"
    return None


def _left(source: Source, count: int, why: str | None) -> End:
    start, first = source.start, bytes(source.data[:64])
    size = start + source.rest()
    return End(size, count, start if size > start else None, first, why)
