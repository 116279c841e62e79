# SPDX-License-Identifier: MIT
"""Everything that strict mode refuses in a head, not only the first fault.

The strict parser is asked repeatedly: about each line separately, then about the head without its bad lines. So every
fault found here is its verdict.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import fasthdr
from fasthdr._cli.inspect.shown import lines_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

MOST = 100  # faults of a head
_ROUNDS = 24  # parses of the whole head
_ROUNDS_OF_A_LINE = 4
_NO_LIMITS: dict[str, Any] = {"max_line": None, "max_headers": None, "max_head": 1 << 30}
_LIMITS = {
    "request-line-length", "status-line-length", "field-line-length", "field-count", "head-length",
}  # fmt: skip
_CONTROL = re.compile(rb"[^\t -~\x80-\xff]")
_WORD = re.compile(rb"[^ \t\r\n\v\f]+")
_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_AFTER_A_FIELD = b"x: y\r\n"


class Fault(NamedTuple):
    """Describe something that strict mode refuses. offset: in the head."""

    offset: int
    status: int
    reason: str
    code: str
    rfc: str | None
    field: str | None


def strict_parser(kind: str) -> Callable[..., Any]:
    """Return the public function for a kind of head."""
    parse: Any = getattr(fasthdr, "parse_headers" if kind == "fields" else f"parse_{kind}")
    return parse  # type: ignore[no-any-return]


def refusal(kind: str, data: bytes, **limits: Any) -> fasthdr.ParseError | None:
    """Return strict mode's error for data; None if it accepts it, or waits for more."""
    try:
        strict_parser(kind)(data, strict=True, **limits)
    except fasthdr.ParseError as error:
        return error
    return None


class _Head:
    """Take a head apart. `found` has its faults by offset and code."""

    def __init__(self, kind: str, data: bytes) -> None:
        self.kind = kind
        self.found: dict[tuple[int, str], Fault] = {}
        lines = lines_of(data)
        empty = 0
        while kind == "request" and empty < len(lines) - 1 and lines[empty] in (b"\r\n", b"\n"):
            empty += 1
        self.at = 0
        if kind == "fields":
            self.start = b""
        else:
            self.start = b"".join(lines[: empty + 1])
            self.first_line = lines[empty] if lines else b""
            self.at = len(self.start)
            lines = lines[empty + 1 :]
        self.fields: list[tuple[int, bytes]] = []  # offset in the head, line
        at = self.at
        for line in lines:
            if line in (b"\r\n", b"\n") or not line.endswith(b"\n"):
                break
            self.fields.append((at, line))
            at += len(line)
        self.blank = at
        self.blank_line = data[at:]

    def add(self, error: fasthdr.ParseError, offset: int, field: str | None = None) -> None:
        if len(self.found) < MOST:
            name = field or error.field
            fault = Fault(offset, error.status.value, error.reason, error.code, error.rfc, name)
            self.found.setdefault((offset, error.code), fault)

    # ---------------------------------------------------------------------------------------------------- start line

    def _refusal_of_start(self, line: bytes) -> fasthdr.ParseError | None:
        host = b"Host: h\r\n" if self.kind == "request" else b""
        return refusal(self.kind, line + host + b"\r\n", **_NO_LIMITS)

    def check_start(self) -> None:
        """Judge the start line, and replace it by one without faults."""
        line = self.start
        error = self._refusal_of_start(line)
        if error is None:
            return
        if error.offset < len(line):
            self.add(error, error.offset)
        if self.kind == "response":
            self._other_line_end()
            self.start = b"HTTP/1.1 200 OK\r\n"
            return
        first = len(line) - len(self.first_line)
        words = [(found[0], first + found.start()) for found in _WORD.finditer(self.first_line)]
        method = words[0][0] if words and _TOKEN.fullmatch(words[0][0]) else b"GET"
        target = b"h:1" if method == b"CONNECT" else b"/"
        version = b"HTTP/1.0" if line.rstrip().endswith(b" HTTP/1.0") else b"HTTP/1.1"
        if len(words) == 3:
            asked = ((b"", b" / HTTP/1.1\r\n"), (method + b" ", b" HTTP/1.1\r\n"), (b"GET / ", b"\r\n"))
            for (word, at), (before, after) in zip(words, asked, strict=True):
                error = self._refusal_of_start(before + word + after)
                # the target's form is judged with the method, "*" and "h:1" among them
                if error and len(before) <= error.offset < len(before) + max(1, len(word)):
                    self.add(error, at + error.offset - len(before))
        self._other_line_end()
        self.start = b"%b %b %b\r\n" % (method, target, version)
        if self._refusal_of_start(self.start):
            self.start = b"GET / HTTP/1.1\r\n"

    def _other_line_end(self) -> None:
        """Note a line end that is not CRLF, in addition to other faults."""
        if self.first_line.endswith(b"\n") and not self.first_line.endswith(b"\r\n"):
            error = self._refusal_of_start(b"GET / HTTP/1.1\n" if self.kind == "request" else b"HTTP/1.1 200 OK\n")
            if error:
                self.add(error, len(self.start) - 1)

    # --------------------------------------------------------------------------------------------------- field lines

    def check_fields(self) -> None:
        """Judge each field line separately. For a bad line, keep a version without its faults for the whole head."""
        good = []
        for number, (at, line) in enumerate(self.fields):
            before = _AFTER_A_FIELD if number else b""
            error = refusal("fields", before + line + b"\r\n", **_NO_LIMITS)
            if error is None:
                good.append((at, line))
                continue
            mended = self._mended(before, line, at, error)
            good += [(at, mended)] if mended else []
            if len(self.found) == MOST:
                break
        self.fields = good

    def _mended(self, before: bytes, line: bytes, at: int, error: fasthdr.ParseError) -> bytes | None:
        """Return the line without its faults, each byte in place; None if it is not a field. Adds a fault per kind."""
        field = error.field
        for _ in range(_ROUNDS_OF_A_LINE):
            self.add(error, at + error.offset - len(before), field)
            line = _without(line, error.code)
            again = refusal("fields", before + line + b"\r\n", **_NO_LIMITS)
            if again is None:
                return line
            if again.code == error.code:
                return None
            error = again
        return None

    # ------------------------------------------------------------------------------------------------ the whole head

    def check_blank_line(self) -> None:
        """Add a fault if the empty line is LF alone."""
        if self.blank_line == b"\n":
            error = refusal("fields", b"\n")
            if error:
                self.add(error, self.blank)

    def check_whole(self) -> None:
        """Judge the good lines together, and leave out bad ones until strict mode accepts the rest."""
        start, fields, host = self.start, self.fields, b""
        limits: dict[str, Any] = {}
        for _ in range(_ROUNDS):
            error = refusal(self.kind, start + b"".join(line for _, line in fields) + host + b"\r\n", **limits)
            if error is None:
                return
            if error.code in _LIMITS:
                if not any(code == error.code for _, code in self.found):
                    self.add(error, self._place(error.offset, start, fields))
                limits = _NO_LIMITS
            elif error.code == "host-missing":
                self.add(error, self.blank)
                host = b"Host: h\r\n"
            elif error.code == "target":
                self.add(error, self._place(error.offset, start, fields))
                start = start.split(b" ")[0] + (b" h:1" if start.startswith(b"CONNECT ") else b" /") + b" HTTP/1.1\r\n"
            elif error.code == "two-framings":
                self.add(error, self._place(error.offset, start, fields))
                self._check_lengths([each for each in fields if _name(each[1]) == b"content-length"])
                fields = [each for each in fields if _name(each[1]) != b"content-length"]
            else:
                place = self._place(error.offset, start, fields)
                self.add(error, place)
                fewer = [each for each in fields if not _covers(each, place)]
                if len(fewer) == len(fields):
                    return
                if not any(_name(line) == b"host" for _, line in fewer):  # it is not missing
                    host = b"Host: h\r\n" * (self.kind == "request")
                fields = fewer

    def _check_lengths(self, fields: list[tuple[int, bytes]]) -> None:
        """Add the faults of Content-Length, as if there were no Transfer-Encoding."""
        start = b"GET / HTTP/1.1\r\nHost: h\r\n" if self.kind == "request" else b"HTTP/1.1 200 OK\r\n"
        for _ in range(_ROUNDS):
            error = refusal(self.kind, start + b"".join(line for _, line in fields) + b"\r\n", **_NO_LIMITS)
            if error is None:
                return
            place = self._place(error.offset, start, fields)
            self.add(error, place)
            fields = [each for each in fields if not _covers(each, place)]

    def _place(self, offset: int, start: bytes, fields: list[tuple[int, bytes]]) -> int:
        """Return the offset in the head for an offset in the text that was made from it."""
        if offset < len(start):
            return min(offset, max(0, self.at - 1))
        offset -= len(start)
        for at, line in fields:
            if offset < len(line):
                return at + offset
            offset -= len(line)
        return self.blank


def _without(line: bytes, code: str) -> bytes:
    """Return a field line without faults of one kind."""
    name, colon, value = line.partition(b":")
    if code in ("field-value", "line-ending"):
        content = (name + colon + value).rstrip(b"\r\n")
        start = len(name) + 1 if code == "field-value" else 0
        return content[:start] + _CONTROL.sub(b"x", content[start:]) + b"\r\n"
    bare = name.rstrip(b" \t")
    if code == "space-before-colon" and colon and _TOKEN.fullmatch(bare):
        return bare + b":" + name[len(bare) :] + value
    if code in ("leading-space", "obs-fold", "space-before-colon", "field-name") and colon and name:
        return b"x" * len(name) + colon + value
    return line


def _covers(field: tuple[int, bytes], place: int) -> bool:
    return field[0] <= place < field[0] + len(field[1])


def _name(line: bytes) -> bytes:
    return line.partition(b":")[0].strip(b" \t").lower()


def faults_of(kind: str, data: bytes, whole: bool) -> list[Fault]:
    """Return the faults of a head in order, at most MOST of them. whole: the head has its empty line."""
    error = refusal(kind, data)
    if error is None:
        return []
    head = _Head(kind, data)
    head.add(error, error.offset)
    if kind != "fields" and head.start.endswith(b"\n"):
        head.check_start()
    head.check_fields()
    if whole:
        head.check_blank_line()
        head.check_whole()
    return sorted(head.found.values())
