# SPDX-License-Identifier: MIT
"""What strict mode checks in a whole head, in plain Python: target, Host, framing (RFC 9110, 9112 and 3986)."""

from __future__ import annotations

import re

from fasthdr._errors.faults import Fault
from fasthdr._pure.lines import LARGEST, NOT_TCHAR, Block, Refused, Row, first_of


def _values(data: bytes, rows: list[Row], name: bytes) -> list[tuple[int, bytes]]:
    """Return the start and the bytes of each value of the fields called `name`, which is in lower case."""
    return [(v, data[v : v + m]) for n, k, v, m in rows if k == len(name) and data[n : n + k].lower() == name]


def listed(data: bytes, rows: list[Row], name: bytes) -> list[bytes]:
    """Return the elements of a list-based field, from all its lines, in lower case (RFC 9110 5.6.1)."""
    values = b",".join(value for _, value in _values(data, rows, name))
    return [element.strip(b" \t").lower() for element in values.split(b",")]


# ------------------------------------------------------------------------------------------------- target and Host

# Exactly RFC 3986 3.2.2, with one exception: no "," is allowed. No real host name has one, and a recipient that reads
# Host as a list would see two values.
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


def is_target(method: str, target: bytes) -> bool:
    """request-target = origin-form / absolute-form / authority-form / asterisk-form (RFC 9112 3.2)."""
    if method == "CONNECT":  # authority-form = uri-host ":" port; the port is required (RFC 9110 9.3.6)
        match = _AUTHORITY.fullmatch(target)
        port = (match["port"] or b"").lstrip(b"0") if match else b""
        return 0 < len(port) <= 5 and int(port) <= 65535
    if target == b"*":  # asterisk-form
        return method == "OPTIONS"
    if target[:1] == b"/":  # origin-form = absolute-path [ "?" query ]
        return True
    # No http URI has an authority without a host, or with userinfo (RFC 9110 4.2.1, 4.2.4). Without "//", an
    # absolute-form looks like an authority-form: "localhost:80" is a scheme and a path, too.
    absolute = _ABSOLUTE.fullmatch(target)
    return absolute is not None and _AUTHORITY.fullmatch(absolute[1]) is not None


def check_host(data: bytes, block: Block, minor: int) -> None:
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
    """Content-Length = 1*DIGIT (RFC 9110 8.6), once, and not a list (RFC 9112 6.3 allows refusing lists)."""
    if len(lengths) > 1:
        raise Refused(Fault.CONTENT_LENGTH, lengths[1][0])
    at, value = lengths[0]
    digits = value.lstrip(b"0") or b"0"
    # int() has a limit too, far above 19 digits.
    if not value.isdigit() or len(digits) > 19 or int(digits) > LARGEST:
        raise Refused(Fault.CONTENT_LENGTH, at)


def _check_codings(codings: list[tuple[int, bytes]], minor: int, response: bool) -> None:
    """Transfer-Encoding = #transfer-coding (RFC 9112 6.1), with `chunked` once and last; no other is supported.

    This is narrower than the grammar: no empty list elements, and no parameters, which no registered coding has.
    """
    if minor == 0:
        raise Refused(Fault.TRANSFER_ENCODING, codings[0][0])
    chunked = False
    other = None  # where the first coding that is not understood was named
    for at, value in codings:
        for element in value.split(b","):
            coding = element.strip(b" \t").lower()
            if not coding or first_of(NOT_TCHAR, coding, 0) != len(coding) or coding == b"identity" or chunked:
                raise Refused(Fault.TRANSFER_ENCODING, at)
            chunked = coding == b"chunked"
            if not chunked and other is None:
                other = at
    if not chunked and not response:
        raise Refused(Fault.TRANSFER_ENCODING, codings[-1][0])
    if other is not None:
        raise Refused(Fault.CODING, other)


def check_framing(data: bytes, block: Block, minor: int, response: bool) -> None:
    """Content-Length or Transfer-Encoding, not both (RFC 9112 6.3)."""
    lengths = _values(data, block.rows, b"content-length")
    codings = _values(data, block.rows, b"transfer-encoding")
    if lengths and codings:
        raise Refused(Fault.TWO_FRAMINGS, lengths[0][0])
    if lengths:
        _check_length(lengths)
    elif codings:
        _check_codings(codings, minor, response)


def check_connect(data: bytes, block: Block) -> None:
    """A CONNECT has no content (RFC 9110 9.3.6)."""
    for at, _ in _values(data, block.rows, b"transfer-encoding"):
        raise Refused(Fault.CONNECT_CONTENT, at)
    for at, value in _values(data, block.rows, b"content-length"):
        if value.strip(b"0"):
            raise Refused(Fault.CONNECT_CONTENT, at)


# Fields that are not lists (RFC 9110 5.3). If one comes twice, different readers of the message use the first, the last
# or all: what the content is, which part of it this is, who sends it.
_SINGLETONS = {
    b"content-type": Fault.CONTENT_TYPE_TWICE,
    b"content-range": Fault.CONTENT_RANGE_TWICE,
    b"authorization": Fault.AUTHORIZATION_TWICE,
}


def check_singletons(data: bytes, block: Block, response: bool) -> None:
    for name, fault in _SINGLETONS.items():
        values = _values(data, block.rows, name)
        if len(values) > 1 and not (response and fault is Fault.AUTHORIZATION_TWICE):
            raise Refused(fault, values[1][0])


def keeps_alive(data: bytes, block: Block, minor: int) -> bool:
    """Return whether the sender keeps the connection open (RFC 9112 9.3)."""
    options = listed(data, block.rows, b"connection")
    return b"close" not in options and (minor == 1 or b"keep-alive" in options)
