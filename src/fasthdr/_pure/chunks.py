# SPDX-License-Identifier: MIT
"""Where a message body ends (RFC 9112 6.3, 7.1), in plain Python: the state and the rules of `decoder`.

A chunk line is read byte by byte, with a table that is made from the ABNF; data is sliced.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, NoReturn

from fasthdr import _trailers
from fasthdr._errors.faults import Fault
from fasthdr._pure.lines import LARGEST, Refused, field_line
from fasthdr._pure.lines import Limits as HeadLimits

_DIGITS = 16  # of a chunk-size, leading zeros included

_HEXDIG = b"0123456789abcdefABCDEF"
_BLANK = b"\t "
_TCHAR = b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_QUOTABLE = bytes([0x09, *range(0x20, 0x7F), *range(0x80, 0x100)])  # HTAB / SP / VCHAR / obs-text
_QDTEXT = bytes(octet for octet in _QUOTABLE if octet not in b'"\\')  # RFC 9110 5.6.4

#   chunk          = chunk-size [ chunk-ext ] CRLF chunk-data CRLF                                     ; RFC 9112 7.1
#   chunk-size     = 1*HEXDIG
#   chunk-ext      = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )                     ; RFC 9112 7.1.1
#   chunk-ext-name = token
#   chunk-ext-val  = token / quoted-string
#   quoted-string  = DQUOTE *( qdtext / quoted-pair ) DQUOTE                                           ; RFC 9110 5.6.4
# A state is named after what has come last, or what has to come next.
_AFTER = {_BLANK: "BWS", b";": "BWS name", b"\r": "LF"}  # what may follow any part that can end a line
_RULES: dict[str, dict[bytes, str]] = {
    "no size": {_HEXDIG: "size"},
    "size": {_HEXDIG: "size", **_AFTER},
    "BWS": {_BLANK: "BWS", b";": "BWS name"},
    "BWS name": {_BLANK: "BWS name", _TCHAR: "name"},
    "name": {_TCHAR: "name", b"=": "BWS value", **_AFTER, _BLANK: "name BWS"},
    "name BWS": {_BLANK: "name BWS", b"=": "BWS value", b";": "BWS name"},
    "BWS value": {_BLANK: "BWS value", _TCHAR: "token", b'"': "quoted"},
    "token": {_TCHAR: "token", **_AFTER},
    "quoted": {_QDTEXT: "quoted", b"\\": "escaped", b'"': "value"},
    "escaped": {_QUOTABLE: "quoted"},
    "value": _AFTER,
    "LF": {b"\n": "end"},
}
_TABLE = {
    state: {octet: after for octets, after in rules.items() for octet in octets} for state, rules in _RULES.items()
}
_PLAIN_LINE = re.compile(rb"([0-9A-Fa-f]{1,15})\r\n")  # nearly every line; used if the limit is at least _PLAIN bytes
_PLAIN = 17
_LF = re.compile(rb"\n")


class Limits(NamedTuple):
    body: int  # bytes of data
    chunk_line: int  # bytes of a chunk line, its CRLF included
    extensions: int  # bytes of extensions in the whole body
    trailers: HeadLimits


class Body:
    """A body so far. Offsets are in bytes from its start on the wire.

    state: one of a chunk line (_RULES), or "data", "CR", "CRLF" (its LF), "trailers", "ended".
    left: in the state "data": bytes up to the next framing, or to the limit.
    received: bytes of data so far.
    kept: the field lines of the trailer section that may be there.
    part: the bytes received so far of the current line of the trailer section.
    line: where the current line starts, of a chunk or of the trailer section.
    """

    def __init__(self, framing: Literal["chunked"] | int | None, limits: Limits) -> None:
        self.framing = framing
        self.limits = limits
        self.state = "no size" if framing == "chunked" else "ended" if framing == 0 else "data"
        self.left = limits.body if framing is None else 0 if framing == "chunked" else framing
        self.received = 0
        self.kept: list[bytes] = []
        self._size = b""  # the current chunk's size, as sent
        self.line = 0
        self._extensions = 0
        self.part = bytearray()
        self._section = self._lines = 0  # bytes and lines of the trailer section

    def take(self, octets: memoryview, wire: int, pieces: list[bytes] | None) -> int:
        """Take bytes that come after `wire` others; add data to `pieces`. Returns how many it took. Raises Refused."""
        at = 0
        while at < len(octets) and self.state != "ended":
            if self.state == "data":
                at = self._data(octets, at, wire, pieces)
            elif self.state in ("CR", "CRLF"):
                at = self._line_end(octets[at], at, wire)
            elif self.state == "trailers":
                at = self._trailer_line(octets, at)
            else:
                at = self._chunk_line(octets, at, wire)
        return at

    def took(self, n: int) -> None:
        """Count n bytes of data, at most `left`."""
        self.left -= n
        self.received += n
        if not self.left and self.framing is not None:
            self.state = "CR" if self.framing == "chunked" else "ended"

    def _data(self, octets: memoryview, at: int, wire: int, pieces: list[bytes] | None) -> int:
        n = min(len(octets) - at, self.left)
        if self.framing is None and at + n < len(octets):
            raise Refused(Fault.CONTENT_TOO_LARGE, wire + at + n)
        if pieces is not None:
            pieces.append(bytes(octets[at : at + n]))
        self.took(n)
        return at + n

    def _line_end(self, octet: int, at: int, wire: int) -> int:
        """Take a byte of the CRLF after chunk-data."""
        if self.state == "CR":
            if octet != ord("\r"):
                raise Refused(Fault.LINE_ENDING if octet == ord("\n") else Fault.CHUNK, wire + at)
            self.state = "CRLF"
        else:
            if octet != ord("\n"):
                raise Refused(Fault.LINE_ENDING, wire + at - 1)
            self.state, self._size, self.line = "no size", b"", wire + at + 1
        return at + 1

    def _chunk_line(self, octets: memoryview, at: int, wire: int) -> int:
        """Take a chunk line, or a part of it. The first byte that a limit or the grammar forbids is the fault."""
        if self.state == "no size" and self.limits.chunk_line >= _PLAIN:
            plain = _PLAIN_LINE.match(octets, at)
            if plain is not None:
                self._size = plain[1]
                return self._chunk(plain.end(), wire)
        limit = self.line + self.limits.chunk_line - wire
        while at < len(octets) and at < limit:
            octet = octets[at]
            after = _TABLE[self.state].get(octet)
            if self.state == "size":
                if after == "size":
                    if len(self._size) == _DIGITS:
                        raise Refused(Fault.CHUNK, wire + at)
                elif int(self._size, 16) > LARGEST:
                    raise Refused(Fault.CHUNK, self.line)
            if after is None:
                self._refuse(octet, wire + at)
            if after == "size":
                self._size += bytes((octet,))
            elif after == "end":
                return self._chunk(at + 1, wire)
            elif after != "LF":
                if self._extensions == self.limits.extensions:
                    raise Refused(Fault.EXTENSIONS_LENGTH, wire + at)
                self._extensions += 1
            self.state = after
            at += 1
        if at >= limit:
            raise Refused(Fault.CHUNK_LINE_LENGTH, self.line + self.limits.chunk_line)
        return at

    def _refuse(self, octet: int, offset: int) -> NoReturn:
        """Refuse a byte that must not be there in a chunk line."""
        if self.state == "LF":
            raise Refused(Fault.LINE_ENDING, offset - 1)
        if octet == ord("\n"):
            raise Refused(Fault.LINE_ENDING, offset)
        raise Refused(Fault.CHUNK if self.state in ("no size", "size") else Fault.CHUNK_EXTENSION, offset)

    def _chunk(self, at: int, wire: int) -> int:
        """Go on after a whole chunk line."""
        size = int(self._size, 16)
        if size > self.limits.body - self.received:
            raise Refused(Fault.CONTENT_TOO_LARGE, self.line)
        self.state, self.left, self.line = "data" if size else "trailers", size, wire + at
        return at

    def _trailer_line(self, octets: memoryview, at: int) -> int:
        """Take a line of the trailer section, or a part of it. As in a head, it is judged when its LF has come."""
        limits = self.limits.trailers
        before = self._section - len(self.part)
        by_line = limits.line <= limits.head - before
        most = limits.line if by_line else limits.head - before
        end = min(len(octets), at + most - len(self.part))
        lf = _LF.search(octets, at, end)
        if lf is not None:
            end = lf.end()
        self.part += octets[at:end]
        self._section += end - at
        if lf is not None:
            self._whole_line(bytes(self.part))
            self.part.clear()
        elif len(self.part) == most:
            raise Refused(Fault.FIELD_LINE_LENGTH if by_line else Fault.HEAD_LENGTH, self.line + most)
        return end

    def _whole_line(self, line: bytes) -> None:
        if line == b"\r\n":
            self.state = "ended"
            return
        if self._lines >= self.limits.trailers.lines:
            raise Refused(Fault.FIELD_COUNT, self.line)
        try:
            _, length, _, _ = field_line(line, 0, not self._lines)
        except Refused as refused:
            raise Refused(refused.fault, self.line + refused.offset) from None
        fate = _trailers.verdict(line[:length].decode("ascii"))
        if fate == _trailers.REFUSE:
            raise Refused(Fault.TRAILER_FIELD, self.line)
        if fate == _trailers.KEEP:
            self.kept.append(line)
        self._lines += 1
        self.line += len(line)
        if self._section == self.limits.trailers.head:
            self.part.clear()
            raise Refused(Fault.HEAD_LENGTH, self.line)
