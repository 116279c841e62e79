# SPDX-License-Identifier: MIT
"""Find where the body after a head ends (RFC 9112 6.3)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple

import fasthdr
from fasthdr._cli.inspect.faults import Fault

if TYPE_CHECKING:
    from fasthdr._cli.inspect.readers import Reading
    from fasthdr._cli.inspect.source import Source

_FIELD = re.compile(rb"^(content-length|transfer-encoding)[ \t]*:([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_STATUS = re.compile(rb"HTTP/\S+[ \t]+(\d{3})")
_METHOD = re.compile(rb"(?:\r?\n)*([^ \t\r\n]+)")
_LARGEST = 2**63 - 1

NONE, LENGTH, CHUNKED, CLOSE, TUNNEL, UNKNOWN = "none", "length", "chunked", "close", "tunnel", "unknown"


class Framing(NamedTuple):
    """Say how a body ends. how: one of the names above. length: bytes, for LENGTH. certain: no reader may differ."""

    how: str
    length: int = 0
    certain: bool = True


class Body(NamedTuple):
    """Describe a body in the input. end: one past its last byte there. data: bytes without the framing of chunks."""

    framing: Framing
    start: int
    end: int
    data: int
    complete: bool
    trailers: int = 0
    fault: Fault | None = None  # its offset counts from the start of the input
    others: tuple[tuple[str, int], ...] = ()  # where readers that use another field see the end


def framing_of(kind: str, data: bytes, strict: Reading, method: str | None) -> Framing:
    """Return the framing that strict mode reads; if it refuses the head, a guess, which is never certain."""
    head = strict.head
    if kind == "fields":
        return Framing(NONE)
    if head is not None:
        if kind == "response" and (head.status == 101 or (method == "CONNECT" and 200 <= head.status < 300)):
            return Framing(TUNNEL)
        if kind == "request" and head.method == "CONNECT":
            return Framing(TUNNEL)
        return _framing(head.framing, True)
    fields = [(name.lower(), value.strip(b" \t")) for name, value in _FIELD.findall(data)]
    lengths = {value for name, value in fields if name == b"content-length"}
    codings = [value.lower() for name, value in fields if name == b"transfer-encoding"]
    status = _STATUS.match(data) if kind == "response" else None
    if status and (status[1][:1] == b"1" or status[1] in (b"204", b"304") or method == "HEAD"):
        return Framing(NONE, certain=False)
    if codings:
        return Framing(CHUNKED if codings[-1].endswith(b"chunked") else UNKNOWN, certain=False)
    if lengths:
        length = _number(lengths.pop()) if len(lengths) == 1 else None
        return Framing(UNKNOWN, certain=False) if length is None else Framing(LENGTH, length, False)
    return Framing(CLOSE if kind == "response" else NONE, certain=False)


def _framing(framing: Literal["chunked"] | int | None, certain: bool) -> Framing:
    if framing is None:
        return Framing(CLOSE, 0, certain)
    if framing == "chunked":
        return Framing(CHUNKED, 0, certain)
    return Framing(LENGTH if framing else NONE, framing, certain)


def _number(text: bytes) -> int | None:
    number = int(text) if text.isdigit() and len(text) < 20 else _LARGEST + 1
    return number if number <= _LARGEST else None


def method_of(data: bytes) -> str:
    """Return the method of a request, whatever is wrong with the rest."""
    found = _METHOD.match(data)
    return found[1].decode("latin-1") if found else ""


def others_of(data: bytes, framing: Framing, start: int) -> tuple[tuple[str, int], ...]:
    """Return where else readers may see the end of a body: by a Content-Length that was not used."""
    lengths = {_number(value.strip(b" \t")) for name, value in _FIELD.findall(data) if name.lower()[:1] == b"c"}
    ends = sorted(start + length for length in lengths if length is not None)
    if framing.certain or (framing.how == LENGTH and ends == [start + framing.length]):
        return ()
    return tuple(("Content-Length", end) for end in ends)


def read(source: Source, framing: Framing, response: bool, others: tuple[tuple[str, int], ...] = ()) -> Body:
    """Read a body from the input."""
    start = source.start
    if framing.how in (NONE, TUNNEL, UNKNOWN):
        return Body(framing, start, start, 0, True, others=others)
    said: Literal["chunked"] | int | None = None
    if framing.how != CLOSE:
        said = "chunked" if framing.how == CHUNKED else framing.length
    decoder = fasthdr.BodyDecoder(said, response=response)
    fault = None
    trailers = 0
    try:
        while not decoder.ended:
            if not source.data and not source.more():
                decoder.feed_eof()
                break
            decoder.check(source.data)
            source.take(decoder.consumed)
        trailers = len(decoder.trailers or ())
    except fasthdr.ParseError as error:
        if error.code != "incomplete-body":
            fault = Fault(start + error.offset, error.status.value, error.reason, error.code, error.rfc, error.field)
            source.take(max(0, fault.offset - source.start))
    complete = fault is None and decoder.ended
    return Body(framing, start, source.start, decoder.received, complete, trailers, fault, others)
