# SPDX-License-Identifier: MIT
"""Read header blocks of responses so that a bad field line loses no other line: recover=True.

email.parser ends the fields at a line that is not a field line, and so loses all lines after it. Here such a line is
set aside, with the obs-folds that continue it, and becomes a defect of the message.

What is set aside must not change where a body ends. If one of these lines may be meant as a Content-Length or a
Transfer-Encoding, or if the good ones are in doubt, all Content-Length and Transfer-Encoding lines are set aside. The
body then ends with the connection, for http.client and for any program that reads the message's fields.
"""

from __future__ import annotations

import email.errors
import email.parser
import http.client
import re
from types import SimpleNamespace

from fasthdr._stdlib.functions import ClientGlobals, with_globals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import Message
    from typing import Any

_LINE = re.compile(rb"[^\n]*(?:\n[ \t][^\n]*)*(?:\n|\Z)")  # with the obs-folds that continue it
# What email.feedparser accepts without a defect (RFC 5322 3.6.8), which is what the core's walk accepts.
_FIELD = re.compile(rb"([!-9;-~]+):([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)(?:\r?\n)?")
_BREAK = re.compile(rb"[\r\n]")
_NO_LETTER = re.compile(rb"[^a-z]")
_FRAMING = b"content-length", b"transfer-encoding"


def _may_frame(line: bytes) -> bool:
    """Tell whether a reader may take a bad line for Content-Length or Transfer-Encoding, by the letters of its name."""
    for part in _BREAK.split(line):
        name = _NO_LETTER.sub(b"", part.partition(b":")[0].lower())
        if any(word.replace(b"-", b"") in name for word in _FRAMING):
            return True
    return False


def _is_plain(name: bytes, value: bytes) -> bool:
    """Tell whether all readers understand a framing field in the same way."""
    return value.isdigit() if name == _FRAMING[0] else value.lower() == b"chunked"


def _content(line: bytes) -> bytes:
    return line[:-1].removesuffix(b"\r") if line[-1:] == b"\n" else line


def split(block: bytes) -> tuple[bytes, list[bytes]]:
    """Return the block without its bad lines, and the bad lines with their obs-folds but without their line ends."""
    lines = [line for line in _LINE.findall(block) if line]
    fields = [_FIELD.fullmatch(line) for line in lines]
    good = [field is not None or line in (b"\r\n", b"\n") for line, field in zip(lines, fields, strict=True)]
    if not all(good):
        framing = [i for i, field in enumerate(fields) if field and field[1].lower() in _FRAMING]
        plain = all(_is_plain(field[1].lower(), field[2].strip(b" \t")) for i in framing if (field := fields[i]))
        if len(framing) > 1 or not plain or any(_may_frame(lines[i]) for i, kept in enumerate(good) if not kept):
            for i in framing:
                good[i] = False
    kept = b"".join(line for line, keep in zip(lines, good, strict=True) if keep)
    return kept, [_content(line) for line, keep in zip(lines, good, strict=True) if not keep]


def _defect(line: bytes) -> email.errors.MessageDefect:
    if line[:1] in (b" ", b"\t"):
        kind: type[email.errors.MessageDefect] = email.errors.FirstHeaderLineIsContinuationDefect
    elif b":" in line:
        kind = email.errors.InvalidHeaderDefect
    else:
        kind = email.errors.MissingHeaderBodySeparatorDefect
    return kind(line.decode("iso-8859-1"))


def message(block: bytes, message_class: Any) -> Any:
    """Parse the block without its bad lines by email.parser. Each bad line becomes a defect with its `line`."""
    kept, aside = split(block)
    made = email.parser.Parser(_class=message_class).parsestr(kept.decode("iso-8859-1"))
    for line in aside:
        made.policy.handle_defect(made, _defect(line))
    return made


def lines_of(message: Message) -> tuple[bytes, ...]:
    """Return the lines that the defects of a message have, as sent, without line ends."""
    lines = (getattr(defect, "line", None) for defect in message.defects)
    return tuple(_content(line.encode("iso-8859-1")) for line in lines if line is not None)


class _Parser:
    """Stand in for email.parser.Parser, as http.client.parse_headers() uses it."""

    def __init__(self, _class: Any) -> None:
        self._class = _class

    def parsestr(self, text: str) -> Any:
        return message(text.encode("iso-8859-1"), self._class)


def _parse_header_lines(lines: list[bytes], _class: Any = http.client.HTTPMessage) -> Any:
    return message(b"".join(lines), _class)


def recovering(parse_headers: Any) -> Callable[..., Any]:
    """Return a parse_headers() that reads like the given one, with the same limits, but loses only bad lines."""
    parser = SimpleNamespace(parser=SimpleNamespace(Parser=_Parser))
    names = ClientGlobals(email=parser, _parse_header_lines=_parse_header_lines, __name__="http.client")
    return with_globals(parse_headers, names)  # type: ignore[no-any-return]
