# SPDX-License-Identifier: MIT
"""Strict mode in plain Python, from the grammar of RFC 9110, 9112 and 3986: one function a rule.

The verdict does not depend on how the input arrives. A head is taken line by line, and a line is judged when its LF is
there: first the limits, then the count of field lines, then its bytes from left to right, where the first byte that
the grammar does not allow is the fault. Until then only the limits are looked at. What needs the whole head (target,
Host, framing) comes after the blank line, in the order of the calls in `request()`.
"""

from __future__ import annotations

import re
from typing import NamedTuple, NoReturn

from fasthdr._errors.verdicts import Fault

EMPTY_LINES = 4  # CRLFs skipped before a request line (RFC 9112 2.2: "at least one")
LARGEST = 2**63 - 1  # Content-Length, in bytes

Row = tuple[int, int, int, int]  # name start, name length, value start, value length


class Refused(Exception):
    """A fault and the offset at which it was found."""

    def __init__(self, fault: Fault, offset: int) -> None:
        self.fault = fault
        self.offset = offset
        super().__init__(fault, offset)


class Incomplete(Exception):
    """What is there could still become one thing or another."""


class Limits(NamedTuple):
    line: int  # bytes of a line, its line end included
    lines: int  # field lines
    head: int  # bytes of a head, what is skipped before it included


class Block(NamedTuple):
    rows: list[Row]
    blank: int  # where the blank line starts
    end: int  # one past the blank line


class Request(NamedTuple):
    method: str
    target: str
    minor: int  # of the HTTP version: 0 or 1
    keep_alive: bool
    expect_continue: bool
    block: Block


class Response(NamedTuple):
    status: int
    reason: str
    minor: int
    keep_alive: bool  # as far as version and Connection say
    block: Block
    data: bytes  # the input; where it had an obs-fold, with SP in its place


# ------------------------------------------------------------------------------------------------------- first bytes

# What is sent to a port of HTTP and is none is told by its first bytes, which no request has, before a line is whole.
_TLS = b"\x15\x16"  # ContentType: alert, handshake                                                       ; RFC 8446 5.1
_PROXY_1 = re.compile(rb"PROXY (?:TCP[46] |UNKNOWN[ \r])")  # "TCP4" and "UNKNOWN" are of no form of a request-target
_PROXY_2 = b"\r\n\r\n\0\r\nQUIT\n"


def _first_bytes(data: bytes, start: int, limits: Limits) -> None:
    """Refuse what cannot become a request from `start` on; Incomplete where it cannot be named yet."""
    if start == 4 and data.startswith(b"\r\n\r\n\0"):
        seen = data[: min(len(_PROXY_2), limits.head)]
        if seen == _PROXY_2:
            raise Refused(Fault.PROXY, 0)
        if _PROXY_2.startswith(seen) and len(seen) < limits.head:
            raise Incomplete
        raise Refused(Fault.NOT_HTTP, 4)
    if data[start : start + 1] in (b" ", b"\t"):
        raise Refused(Fault.REQUEST_LINE, start)
    if _NOT_TCHAR.match(data, start) and data[start] not in b"\r\n":
        raise Refused(Fault.TLS if data[start] in _TLS else Fault.NOT_HTTP, start)
    if _PROXY_1.match(data, start, min(start + limits.line, limits.head)):
        raise Refused(Fault.PROXY, start)


def _first_byte_of_a_response(data: bytes) -> None:
    first = data[:1]
    if first in (b" ", b"\t"):
        raise Refused(Fault.STATUS_LINE, 0)
    if first not in (b"", b"H", b"\r", b"\n"):
        raise Refused(Fault.TLS_RESPONSE if first in _TLS else Fault.VERSION, 0)


# ------------------------------------------------------------------------------------------------------------- lines


def _line_end(data: bytes, start: int, limits: Limits, too_long: Fault) -> int | None:
    """One past the LF of the line at `start`, within the limits; None while there is none."""
    limit = min(start + limits.line, limits.head)
    end = data.find(b"\n", start, limit) + 1
    if end:
        return end
    if len(data) >= limit:
        raise Refused(too_long if start + limits.line <= limits.head else Fault.HEAD_LENGTH, limit)
    return None


def _refuse(data: bytes, at: int, fault: Fault) -> NoReturn:
    """data[at] cannot stand there; as a bare CR or LF it cannot stand anywhere (RFC 9112 2.2)."""
    if data[at : at + 1] == b"\n" or (data[at : at + 1] == b"\r" and data[at + 1 : at + 2] != b"\n"):
        fault = Fault.LINE_ENDING
    raise Refused(fault, at)


def _crlf(data: bytes, at: int, fault: Fault) -> None:
    if data[at : at + 2] != b"\r\n":
        _refuse(data, at, fault)


# -------------------------------------------------------------------------------------------------------- start lines

# tchar = "!" / "#" / "$" / "%" / "&" / "'" / "*" / "+" / "-" / "." / "^" / "_" / "`" / "|" / "~" / DIGIT / ALPHA
_NOT_TCHAR = re.compile(rb"[^!#$%&'*+\-.^_`|~0-9A-Za-z]")  # RFC 9110 5.6.2

# VCHAR but "#". RFC 3986 has fewer: browsers send "[" / "]" / "|" / "{" / "}" and others unescaped in a query. No form
# of a request-target has a fragment.
_NOT_TARGET = re.compile(rb'[^!"$-~]')

# HTTP-version = HTTP-name "/" DIGIT "." DIGIT                                                           ; RFC 9112 2.3
_VERSION = (b"H", b"T", b"T", b"P", b"/", b"0123456789", b".", b"0123456789")


def _version(data: bytes, start: int, fault: Fault) -> int:
    """One past the HTTP-version at `start`; fault: what a blank within it is."""
    at = start
    for allowed in _VERSION:
        if data[at] not in allowed:
            _refuse(data, at, fault if data[at] in b" \t" else Fault.VERSION)
        at += 1
    return at


def _minor(data: bytes, start: int) -> int:
    """Minor version of the HTTP-version at `start`, of 1.x alone; later ones are read as 1.1 (RFC 9110 2.5)."""
    if data[start + 5] != ord("1"):
        raise Refused(Fault.VERSION_NUMBER, start)
    return min(data[start + 7] - ord("0"), 1)


def _request_line(data: bytes, start: int) -> tuple[str, int, int, int]:
    """request-line = method SP request-target SP HTTP-version (RFC 9112 3): method, target's span, minor version."""
    at = _end(_NOT_TCHAR, data, start)  # method = token = 1*tchar
    if at == start or data[at] != ord(" "):
        _refuse(data, at, Fault.REQUEST_LINE if data[at] in b" \t\r" else Fault.METHOD)
    target = at + 1
    end = _end(_NOT_TARGET, data, target)
    if end == target or data[end] != ord(" "):
        _refuse(data, end, Fault.REQUEST_LINE if data[end] in b" \t\r" else Fault.TARGET)
    version_end = _version(data, end + 1, Fault.REQUEST_LINE)
    _crlf(data, version_end, Fault.REQUEST_LINE if data[version_end] in b" \t" else Fault.VERSION)
    return data[start:at].decode("ascii"), target, end, _minor(data, end + 1)


def _status_line(data: bytes) -> tuple[int, str, int]:
    """status-line = HTTP-version SP status-code SP [ reason-phrase ] (RFC 9112 4): status, reason, minor version.

    status-code = 3DIGIT, and 0xx is of no class (RFC 9110 15); 600 to 999 pass, to be treated as 5xx as it says.
    """
    at = _version(data, 0, Fault.STATUS_LINE)
    for allowed in (b" ", b"0123456789", b"0123456789", b"0123456789", b" "):
        if data[at] not in allowed:
            _refuse(data, at, Fault.STATUS_LINE)
        at += 1
    end = _end(_NOT_CONTENT, data, at)  # reason-phrase = 1*( HTAB / SP / VCHAR / obs-text )
    _crlf(data, end, Fault.STATUS_LINE)
    minor = _minor(data, 0)
    if data[9] == ord("0"):
        raise Refused(Fault.STATUS_CODE, 9)
    return int(data[9:12]), data[at:end].strip(b" \t").decode("latin-1"), minor


def _end(other: re.Pattern[bytes], data: bytes, at: int) -> int:
    """The first byte from `at` on that is `other`; the end of the data where none is."""
    match = other.search(data, at)
    return match.start() if match else len(data)


# -------------------------------------------------------------------------------------------------------- field lines

# field-content: HTAB / SP / VCHAR / obs-text                                                            ; RFC 9110 5.5
_NOT_CONTENT = re.compile(rb"[^\t -~\x80-\xff]")


_SPACED_COLON = re.compile(rb"[ \t]+:")
_OBS_FOLD = re.compile(rb"[ \t]*\r\n[ \t]+")  # obs-fold = OWS CRLF RWS                                   ; RFC 9112 5.2


def field_line(data: bytes, start: int, first: bool, obsolete: bool = False) -> Row:
    """field-line = field-name ":" OWS field-value OWS (RFC 9112 5), and its CRLF."""
    if data[start] in b" \t":
        raise Refused(Fault.LEADING_SPACE if first else Fault.OBS_FOLD, start)
    name_end = colon = _end(_NOT_TCHAR, data, start)  # field-name = token
    spaced = _SPACED_COLON.match(data, colon) if obsolete and colon > start else None
    if spaced:
        colon = spaced.end() - 1
    if colon == start or data[colon] != ord(":"):
        fault = Fault.SPACE_BEFORE_COLON if data[colon] in b" \t" else Fault.FIELD_NAME
        _refuse(data, colon, Fault.FIELD_LINE if data[colon] in b":\r" else fault)
    end = _end(_NOT_CONTENT, data, colon + 1)
    _crlf(data, end, Fault.FIELD_VALUE)
    return start, name_end - start, *_stripped(data, colon + 1, end)


def _stripped(data: bytes, start: int, end: int) -> tuple[int, int]:
    """Start and length of the value in data[start:end] without OWS = *( SP / HTAB )."""
    value = data[start:end]
    return start + len(value) - len(value.lstrip(b" \t")), len(value.strip(b" \t"))


def _fold_line(data: bytes, start: int, row: Row) -> Row:
    """A line that obs-fold begins, as part of the row before it (RFC 9112 5.2)."""
    end = _end(_NOT_CONTENT, data, start)
    _crlf(data, end, Fault.FIELD_VALUE)
    name, name_length, value, length = row
    more, more_length = _stripped(data, start, end)
    if not more_length:
        return row
    return (name, name_length, value, more + more_length - value) if length else (name, name_length, more, more_length)


def field_lines(data: bytes, start: int, limits: Limits, obsolete: bool = False) -> Block | None:
    """*( field-line CRLF ) CRLF (RFC 9112 2.1); obsolete: with obs-fold, and blanks before a colon."""
    rows: list[Row] = []
    while True:
        end = _line_end(data, start, limits, Fault.FIELD_LINE_LENGTH)
        if end is None:
            return None
        if data[start:end] == b"\r\n":
            return Block(rows, start, end)
        if obsolete and rows and data[start] in b" \t":
            rows[-1] = _fold_line(data, start, rows[-1])
        elif len(rows) >= limits.lines:
            raise Refused(Fault.FIELD_COUNT, start)
        else:
            rows.append(field_line(data, start, not rows, obsolete))
        start = end


def _unfolded(data: bytes, block: Block) -> bytes:
    """The head, each obs-fold within a value replaced by as many SP (RFC 9112 5.2)."""
    head = data[: block.end]
    for _, _, start, length in block.rows:
        value = head[start : start + length]
        if b"\r" in value:
            plain = _OBS_FOLD.sub(lambda fold: b" " * len(fold[0]), value)
            head = head[:start] + plain + head[start + length :]
    return head


def _values(data: bytes, rows: list[Row], name: bytes) -> list[tuple[int, bytes]]:
    """Start and bytes of each value of the fields called `name`, which is in lower case."""
    return [(v, data[v : v + m]) for n, k, v, m in rows if k == len(name) and data[n : n + k].lower() == name]


def _listed(data: bytes, rows: list[Row], name: bytes) -> list[bytes]:
    """The elements of a list-based field, all lines together, in lower case (RFC 9110 5.6.1)."""
    values = b",".join(value for _, value in _values(data, rows, name))
    return [element.strip(b" \t").lower() for element in values.split(b",")]


# ------------------------------------------------------------------------------------------------- target and Host

# RFC 3986 3.2.2, to the letter but for one thing: a "," is in no host name that anybody has, and joins the values of
# two fields for a recipient that reads Host as a list.
#   uri-host    = IP-literal / IPv4address / reg-name               ; an IPv4address is a reg-name, too
#   IP-literal  = "[" ( IPv6address / IPvFuture ) "]"
#   IPvFuture   = "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )
#   reg-name    = *( unreserved / pct-encoded / sub-delims )
#   h16         = 1*4HEXDIG
#   ls32        = ( h16 ":" h16 ) / IPv4address
_OCTET = rb"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9][0-9]|[0-9])"
_H16 = rb"[0-9A-Fa-f]{1,4}"
_LS32 = rb"(?:H:H|O\.O\.O\.O)"
_IPV6 = (
    rb"(?:(?:H:){6}L"  #                            6( h16 ":" ) ls32
    rb"|::(?:H:){5}L"  #                       "::" 5( h16 ":" ) ls32
    rb"|(?:H)?::(?:H:){4}L"  # [               h16 ] "::" 4( h16 ":" ) ls32
    rb"|(?:(?:H:){0,1}H)?::(?:H:){3}L"  # [ *1( h16 ":" ) h16 ] "::" 3( h16 ":" ) ls32
    rb"|(?:(?:H:){0,2}H)?::(?:H:){2}L"  # [ *2( h16 ":" ) h16 ] "::" 2( h16 ":" ) ls32
    rb"|(?:(?:H:){0,3}H)?::H:L"  # [ *3( h16 ":" ) h16 ] "::"    h16 ":"   ls32
    rb"|(?:(?:H:){0,4}H)?::L"  # [ *4( h16 ":" ) h16 ] "::"              ls32
    rb"|(?:(?:H:){0,5}H)?::H"  # [ *5( h16 ":" ) h16 ] "::"              h16
    rb"|(?:(?:H:){0,6}H)?::)"  # [ *6( h16 ":" ) h16 ] "::"
)
_IPV6 = _IPV6.replace(b"L", _LS32).replace(b"H", _H16).replace(b"O", _OCTET)
_CHAR = rb"A-Za-z0-9\-._~!$&'()*+;="  # unreserved and sub-delims, without ","
_HOST = (
    rb"(?P<host>\[(?:" + _IPV6 + rb"|[vV][0-9A-Fa-f]+\.[:" + _CHAR + rb"]+)\]|(?:[" + _CHAR + rb"]|%[0-9A-Fa-f]{2})+)"
)
# uri-host ":" port                                                                                     ; RFC 9110 7.2
_AUTHORITY = re.compile(_HOST + rb"(?::(?P<port>[0-9]*))?")
# scheme "://" authority path-abempty [ "?" query ]: the absolute-form of schemes that have an authority
_ABSOLUTE = re.compile(rb"[A-Za-z][A-Za-z0-9+\-.]*://([^/?]*)(?:[/?].*)?", re.DOTALL)


def _is_target(method: str, target: bytes) -> bool:
    """request-target = origin-form / absolute-form / authority-form / asterisk-form (RFC 9112 3.2)."""
    if method == "CONNECT":  # authority-form = uri-host ":" port; a port there has to be (RFC 9110 9.3.6)
        match = _AUTHORITY.fullmatch(target)
        port = (match["port"] or b"").lstrip(b"0") if match else b""
        return 0 < len(port) <= 5 and int(port) <= 65535
    if target == b"*":  # asterisk-form
        return method == "OPTIONS"
    if target[:1] == b"/":  # origin-form = absolute-path [ "?" query ]
        return True
    # An authority without a host, or with userinfo, is for no http URI (RFC 9110 4.2.1, 4.2.4). Without "//" the
    # form could not be told from an authority-form: "localhost:80" is scheme and path, too.
    absolute = _ABSOLUTE.fullmatch(target)
    return absolute is not None and _AUTHORITY.fullmatch(absolute[1]) is not None


def _check_host(data: bytes, block: Block, minor: int) -> None:
    """Host = uri-host [ ":" port ]; one in HTTP/1.1, at most one before (RFC 9112 3.2). It may be empty."""
    hosts = _values(data, block.rows, b"host")
    if not hosts:
        if minor == 1:
            raise Refused(Fault.HOST_MISSING, block.blank)
        return
    if len(hosts) > 1:
        raise Refused(Fault.HOST_TWICE, hosts[1][0])
    at, value = hosts[0]
    if value and not _AUTHORITY.fullmatch(value):
        raise Refused(Fault.HOST, at)


# ---------------------------------------------------------------------------------------------------------- framing


def _check_length(lengths: list[tuple[int, bytes]]) -> None:
    """Content-Length = 1*DIGIT (RFC 9110 8.6), once, and no list (RFC 9112 6.3 lets one be refused)."""
    if len(lengths) > 1:
        raise Refused(Fault.CONTENT_LENGTH, lengths[1][0])
    at, value = lengths[0]
    digits = value.lstrip(b"0") or b"0"
    # int() has a limit of its own, far above 19 digits.
    if not value.isdigit() or len(digits) > 19 or int(digits) > LARGEST:
        raise Refused(Fault.CONTENT_LENGTH, at)


def _check_codings(codings: list[tuple[int, bytes]], minor: int, response: bool) -> None:
    """Transfer-Encoding = #transfer-coding (RFC 9112 6.1), `chunked` once and last; the only one understood.

    Narrower than the grammar: no empty list elements, and no parameters, which no registered coding has.
    """
    if minor == 0:
        raise Refused(Fault.TRANSFER_ENCODING, codings[0][0])
    chunked = False
    other = None  # where the first coding that is not understood was named
    for at, value in codings:
        for element in value.split(b","):
            coding = element.strip(b" \t").lower()
            if not coding or _end(_NOT_TCHAR, coding, 0) != len(coding) or coding == b"identity" or chunked:
                raise Refused(Fault.TRANSFER_ENCODING, at)
            chunked = coding == b"chunked"
            if not chunked and other is None:
                other = at
    if not chunked and not response:
        raise Refused(Fault.TRANSFER_ENCODING, codings[-1][0])
    if other is not None:
        raise Refused(Fault.CODING, other)


def _check_framing(data: bytes, block: Block, minor: int, response: bool) -> None:
    """Content-Length or Transfer-Encoding, not both (RFC 9112 6.3)."""
    lengths = _values(data, block.rows, b"content-length")
    codings = _values(data, block.rows, b"transfer-encoding")
    if lengths and codings:
        raise Refused(Fault.TWO_FRAMINGS, lengths[0][0])
    if lengths:
        _check_length(lengths)
    elif codings:
        _check_codings(codings, minor, response)


def _check_connect(data: bytes, block: Block) -> None:
    """A CONNECT has no content (RFC 9110 9.3.6)."""
    for at, _ in _values(data, block.rows, b"transfer-encoding"):
        raise Refused(Fault.CONNECT_CONTENT, at)
    for at, value in _values(data, block.rows, b"content-length"):
        if value.strip(b"0"):
            raise Refused(Fault.CONNECT_CONTENT, at)


# Fields that are no lists (RFC 9110 5.3), and of which the readers of one message take the first, the last or all:
# what the content is, which part of it this is, who sends it.
_SINGLETONS = {
    b"content-type": Fault.TYPE_TWICE,
    b"content-range": Fault.RANGE_TWICE,
    b"authorization": Fault.CREDENTIALS_TWICE,
}


def _check_singletons(data: bytes, block: Block, response: bool) -> None:
    for name, fault in _SINGLETONS.items():
        values = _values(data, block.rows, name)
        if len(values) > 1 and not (response and fault is Fault.CREDENTIALS_TWICE):
            raise Refused(fault, values[1][0])


def _keep_alive(data: bytes, block: Block, minor: int) -> bool:
    """Whether the sender keeps the connection (RFC 9112 9.3)."""
    options = _listed(data, block.rows, b"connection")
    return b"close" not in options and (minor == 1 or b"keep-alive" in options)


# ------------------------------------------------------------------------------------------------------------ heads


def request(data: bytes, limits: Limits) -> Request | None:
    """HTTP-message = start-line CRLF *( field-line CRLF ) CRLF (RFC 9112 2.1), of a request; None while incomplete."""
    start = 0
    for _ in range(EMPTY_LINES + 1):
        try:
            _first_bytes(data, start, limits)
        except Incomplete:
            return None
        end = _line_end(data, start, limits, Fault.REQUEST_LINE_LENGTH)
        if end is None:
            return None
        if data[start:end] != b"\r\n":
            break
        empty, start = start, end
    else:
        raise Refused(Fault.REQUEST_LINE, empty)
    method, target, target_end, minor = _request_line(data, start)
    block = field_lines(data, end, limits)
    if block is None:
        return None
    if not _is_target(method, data[target:target_end]):
        raise Refused(Fault.TARGET, target)
    _check_host(data, block, minor)
    _check_framing(data, block, minor, False)
    if method == "CONNECT":
        _check_connect(data, block)
    _check_singletons(data, block, False)
    keep_alive = _keep_alive(data, block, minor)
    expect = minor == 1 and b"100-continue" in _listed(data, block.rows, b"expect")  # RFC 9110 10.1.1
    return Request(method, data[target:target_end].decode("ascii"), minor, keep_alive, expect, block)


def response(data: bytes, limits: Limits, obsolete: bool = False) -> Response | None:
    """The same of a response; no CRLF is skipped before its status line. obsolete: as of field_lines()."""
    _first_byte_of_a_response(data)
    end = _line_end(data, 0, limits, Fault.STATUS_LINE_LENGTH)
    if end is None:
        return None
    status, reason, minor = _status_line(data)
    block = field_lines(data, end, limits, obsolete)
    if block is None:
        return None
    if obsolete:
        data = _unfolded(data, block)
    _check_framing(data, block, minor, True)
    _check_singletons(data, block, True)
    return Response(status, reason, minor, _keep_alive(data, block, minor), block, data)
