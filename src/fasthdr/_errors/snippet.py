# SPDX-License-Identifier: MIT
"""What an error may show of a head: the bytes around a fault without credentials, and the name of their field."""

from __future__ import annotations

import re

AROUND = 20  # bytes shown before the offset of a fault, and after it
_LONGEST_NAME = 64  # characters shown of a field name

# Words in the names of fields whose values are never shown: Authorization, Proxy-Authorization, Cookie, Set-Cookie,
# X-Api-Key, X-Auth-Token and the like. Hiding too much (Sec-WebSocket-Key) does no harm.
_SECRET = re.compile(rb"auth|cookie|token|secret|passw|key|session|credential|signature")
_NAME_END = re.compile(rb"[ \t:\r\n]")
_LOWER = bytes(c | 0x20 if 0x41 <= c <= 0x5A else c for c in range(256))
_NO_LETTERS = bytes(c for c in range(256) if not 0x61 <= c | 0x20 <= 0x7A)
_NOT_TCHAR = re.compile(rb"[^!#$%&'*+\-.^_`|~0-9A-Za-z]")
_AUTHORITY_END = re.compile(rb"[/? \t]")
_FIELD = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*:")
_ODD_NAME = re.compile(rb"(?:\A|\n)[ \t]*[!#$%&'*+\-.^_`|~0-9A-Za-z]*[^!#$%&'*+\-.^_`|~0-9A-Za-z \t:\r\n]")
_CRLFS = re.compile(rb"(?:\r\n)+")
_EMPTY_LINE = re.compile(rb"(?:\A|\n)\r?\n")
_BLANKS = (b" ", b"\t")


def _token_end(line: bytes, start: int) -> int:
    other = _NOT_TCHAR.search(line, start)
    return other.start() if other else len(line)


def _authority(line: bytes) -> int:
    """Return where in a line an authority without "//" before it may begin; the line's length if nowhere."""
    end = _token_end(line, 0)  # of a method, or of the name Host
    if line[end : end + 1] == b":" and line[:end].lower() != b"host":
        return len(line)
    start = len(line) - len(line[end + 1 :].lstrip(b" \t"))
    return len(line) if line[start : start + 1] == b"/" else start


def _userinfo(line: bytes, whole: bool) -> int:
    """Return where in a line the userinfo of a URI or an authority may begin (RFC 3986 3.2.1); its length if nowhere.

    This errs on the safe side: whatever comes before an "@" that is not in a plain path or value counts as userinfo.
    """
    start = _authority(line)
    slashes = line.find(b"//")
    if 0 <= slashes < start or (slashes >= 0 and _token_end(line, start) == slashes - 1 == line.find(b":", start)):
        start = slashes + 2
    if line.find(b"@", start) >= 0:
        return start
    # The "@" may still be to come, if a limit has cut the line and nothing has ended the authority.
    return len(line) if whole or _AUTHORITY_END.search(line, start) else start


def _letters(name: bytes) -> bytes:
    return name.translate(_LOWER, _NO_LETTERS)


def _tells_a_secret(name: bytes) -> bool:
    return _SECRET.search(_letters(name)) is not None


def _secret(line: bytes) -> int:
    """Return where in a line the value of a field with credentials begins; the line's length if there is none.

    All letters before the colon count, whatever is between them, except in what may be a request line: the target of
    CONNECT, and a path. A name that is not a token may stand for any field, so no value is shown after it. What follows
    a bare CR may be a separate line for other readers: if a word there suggests a secret, none of it is shown.
    """
    start = len(line) - len(line.lstrip(b" \t:"))
    name = _NAME_END.split(line[start:], maxsplit=1)[0]
    end = _token_end(line, start)
    word = _SECRET.search(_letters(line[start:].partition(b":")[0]))
    if word and word.start() < len(_letters(name)):  # in the first word, or begun there
        return end + (line[end : end + 1] == b":")
    if end < start + len(name):
        return line.find(b":", end) + 1 or len(line)
    if word and line[start:end] != b"CONNECT" and not line[end:].lstrip(b" \t").startswith(b"/"):
        return end
    bare = line.find(b"\r", 0, max(0, len(line) - 2))
    return bare if bare >= 0 and _tells_a_secret(line[bare:]) else len(line)


def _is_plain(lines: bytes) -> bool:
    """Return True if a quick check shows that no line has anything to hide."""
    return b"@" not in lines and not _tells_a_secret(lines) and not _ODD_NAME.search(lines)


def _hidden(line: bytes, whole: bool) -> int:
    """Return where the part of a line that must be hidden begins; its length if none. whole: the line is complete."""
    return min(_secret(line), _userinfo(line, whole))


def cut(line: bytes) -> bytes:
    """Return a line up to the part that must be hidden."""
    return line[: _hidden(line, True)]


def cut_part(part: bytes) -> bytes:
    """Do the same, as well as possible, for several lines or parts of lines."""
    if _is_plain(part):
        return part
    start = 0
    while start < len(part):
        end = part.find(b"\n", start) + 1 or len(part)
        line = part[start:end]
        slashes = line.find(b"//")
        hidden = _secret(line)
        if slashes >= 0 and line.find(b"@", slashes) >= 0:
            hidden = min(hidden, slashes + 2)
        if hidden < len(line):
            return part[: start + hidden]
        start = end
    return part


def _line_start(data: bytes, at: int) -> int:
    """Return where the line that contains data[at] starts; for an obs-fold, where the line that it continues starts."""
    start = data.rfind(b"\n", 0, at) + 1
    while start and data[start : start + 1] in _BLANKS:
        start = data.rfind(b"\n", 0, start - 1) + 1
    return start


def _head_end(data: bytes, offset: int) -> int:
    """Return where the head that has data[offset] ends: after its empty line, or with the data."""
    before = _CRLFS.match(data)  # empty lines that a request may begin with
    end = _EMPTY_LINE.search(data, max(before.end() if before else 0, data.rfind(b"\n", 0, offset)))
    return end.end() if end else len(data)


def shown(data: bytes, offset: int, before: int = AROUND, after: int = AROUND) -> bytes:
    """Return at most `before` and `after` bytes around an offset in a head; data: the head from its start on.

    They stop at the end of the head, and where the value of a field with credentials or the userinfo of a URI begins,
    or start after it.
    """
    data = data[: _head_end(data, offset)]
    first, last = max(0, offset - before), min(len(data), offset + after)
    start = _line_start(data, data.rfind(b"\n", 0, first) + 1)
    stop = data.find(b"\n", last - 1) + 1 if last else 0
    if stop and _is_plain(data[start:stop]):
        return data[first:last]
    secret = False
    while start < last:
        end = data.find(b"\n", start) + 1 or len(data)
        if not secret or data[start : start + 1] not in _BLANKS:
            hidden = start + _hidden(data[start:end], data[end - 1 : end] == b"\n")
            secret = hidden < end
        else:
            hidden = start
        if secret and (offset < end or end == len(data)):
            last = min(last, hidden)
            break
        if secret:
            first = max(first, end)
        start = end
    return data[first:last]


def field_at(data: bytes, offset: int, fields: int) -> str | None:
    """Return the name of the field whose line or obs-fold has data[offset]. fields: where field lines start."""
    start = _line_start(data, offset)
    found = _FIELD.match(data, start) if fields <= start else None
    return found[1][:_LONGEST_NAME].decode("ascii") if found else None
