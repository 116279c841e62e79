# SPDX-License-Identifier: MIT
"""Other protocols and formats that are sent to an HTTP/1 port or saved in a file."""

from __future__ import annotations

import ipaddress
import re
import struct
from typing import TYPE_CHECKING, NamedTuple

from fasthdr._cli.inspect.shown import escaped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fasthdr._cli.inspect.source import Source


class Protocol(NamedTuple):
    code: str  # a short name that does not change
    text: str
    length: int = 0  # its bytes, if reading goes on after them; 0: nothing more is read


_LINE = 1024  # bytes of a first line that are examined
_PROXY_1 = re.compile(rb"PROXY (TCP4|TCP6|UNKNOWN)([ \r][^\n]*)?\n")
_LONGEST_PROXY_1 = 107
_PROXY_2 = b"\r\n\r\n\0\r\nQUIT\n"
_OTHERS = [
    (re.compile(rb"PRI \* HTTP/2\.0\r\n"), "http2", "the preface of an HTTP/2 connection"),
    (re.compile(rb"\0\0[^\xff]\x04[\0\1]\0\0\0\0", re.DOTALL), "http2", "a SETTINGS frame of HTTP/2"),
    (re.compile(rb"[^\n]* RTSP/\d\.\d\r?\n|RTSP/\d\.\d "), "rtsp", "RTSP"),
    (re.compile(rb"[^\n]* SIP/\d\.\d\r?\n|SIP/\d\.\d "), "sip", "SIP"),
    (re.compile(rb"SSH-\d"), "ssh", "SSH"),
    (re.compile(rb"(?:220|\+OK|\* OK)[ -]|(?:EHLO|HELO) "), "mail", "SMTP, POP3, IMAP or FTP"),
    (re.compile(rb"\xd4\xc3\xb2\xa1|\xa1\xb2\xc3\xd4|\n\r\r\n.{4}(?:\x1a\x2b\x3c\x4d|\x4d\x3c\x2b\x1a)", re.DOTALL),
     "pcap", "a capture of packets; save the stream of one connection from it"),
    (re.compile(rb"\x1f\x8b"), "gzip", "data that gzip has compressed"),
    (re.compile(rb"PK\x03\x04"), "zip", "a ZIP archive"),
    (re.compile(rb"\xef\xbb\xbf|\xff\xfe|\xfe\xff"), "text", "text that begins with a byte order mark"),
]  # fmt: skip
_TCHAR = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]")
_VERSIONS = {0x0301: "1.0", 0x0302: "1.1", 0x0303: "1.2", 0x0304: "1.3"}


def named(source: Source) -> Protocol | None:
    """Identify the next bytes if they cannot be a head.

    This reads only up to the end of their line, or the length that a binary protocol gives: a client may be waiting.
    """
    source.want(1)
    if source.data[:1] > b"\x7f":
        source.want(5)
    while len(source.data) < len(_PROXY_2) and _PROXY_2.startswith(bytes(source.data)) and source.more():
        pass
    start = bytes(source.data[:16])
    if start[:1] in (b"\x14", b"\x15", b"\x16", b"\x17") and start[1:2] in (b"", b"\x03"):
        return _tls(source)
    if start[:1] > b"\x7f" and start[2:3] == b"\1" and start[3:5] in (b"\0\2", b"\3\0", b"\3\1", b"\3\2", b"\3\3"):
        return Protocol("tls", "SSL 2: a ClientHello")
    if start.startswith(_PROXY_2):
        return _proxy_2(source)
    if may_begin(start):
        while b"\n" not in source.data and len(source.data) < _LINE and source.more():
            pass
    start = bytes(source.data[:_LINE])
    if found := _PROXY_1.match(start, 0, _LONGEST_PROXY_1):
        return _proxy_1(found)
    for pattern, code, text in _OTHERS:
        if pattern.match(start):
            return Protocol(code, text)
    return None


def junk(data: bytes) -> Protocol:
    """Identify input whose first byte cannot begin a method."""
    binary = sum(c < 0x20 and c not in b"\t\r\n" for c in data[:256])
    return Protocol("junk", f"{'binary data' if binary else 'text'} that begins with the byte 0x{data[0]:02x}")


def may_begin(data: bytes) -> bool:
    """Tell whether a start line or a field line may begin like this."""
    return data[:1] in (b"\r", b"\n", b" ", b"\t", b":") or _TCHAR.match(data) is not None


def _proxy_1(line: re.Match[bytes]) -> Protocol:
    words = line[0].split()
    sides = f": from {escaped(words[2])} to {escaped(words[3])}" if len(words) == 6 else ""
    return Protocol("proxy", f"PROXY protocol 1, {words[1].decode()}{sides}", line.end())


def _proxy_2(source: Source) -> Protocol:
    source.want(16)
    if len(source.data) < 16:
        return Protocol("proxy", "PROXY protocol 2, cut off")
    command, family, length = struct.unpack_from(">BBH", source.data, 12)
    source.want(16 + length)
    addresses = bytes(source.data[16 : 16 + length])
    size = {0x10: 4, 0x20: 16}.get(family & 0xF0, 0)
    sides = ""
    if size and command & 15 and len(addresses) >= 2 * size + 4:
        ports = struct.unpack_from(">HH", addresses, 2 * size)
        both = [ipaddress.ip_address(addresses[at : at + size]) for at in (0, size)]
        sides = f": from {both[0]} port {ports[0]} to {both[1]} port {ports[1]}"
    if len(addresses) < length:
        return Protocol("proxy", f"PROXY protocol 2, cut off{sides}")
    return Protocol("proxy", f"PROXY protocol 2{sides or ', LOCAL' * (not command & 15)}", 16 + length)


# ---------------------------------------------------------------------------------------------------------------- TLS


def _tls(source: Source) -> Protocol:
    """Describe a record (RFC 8446 5.1); for a ClientHello, the server's name and the protocols that are offered."""
    kind = source.data[0]
    if kind == 0x15:
        source.want(7)
        alert = f", description {source.data[6]}" if len(source.data) >= 7 else ""
        return Protocol("tls", f"TLS: an alert{alert}")
    if kind != 0x16:
        return Protocol("tls", "TLS: a record without a handshake before it")
    source.want(5)
    if len(source.data) < 6:
        source.want(6)
    length = int.from_bytes(source.data[3:5], "big")
    source.want(5 + length)
    record = bytes(source.data[5 : 5 + length])
    if record[:1] == b"\2":
        return Protocol("tls", "TLS: a ServerHello")
    if record[:1] != b"\1":
        return Protocol("tls", "TLS: a handshake")
    said = ["TLS: a ClientHello"]
    try:
        said += _hello(record)
    except (IndexError, struct.error):
        said.append("which is cut off or malformed")
    return Protocol("tls", ", ".join(said))


def _vector(data: bytes, at: int, size: int) -> tuple[bytes, int]:
    """Return a vector whose length has `size` bytes, and where it ends (RFC 8446 3.4)."""
    length = int.from_bytes(data[at : at + size], "big")
    end = at + size + length
    if end > len(data):
        raise IndexError(end)
    return data[at + size : end], end


def _hello(record: bytes) -> Iterator[str]:
    """Describe a ClientHello (RFC 8446 4.1.2)."""
    at = 4 + 2 + 32  # handshake header, legacy_version, random
    for size in (1, 2, 1):  # legacy_session_id, cipher_suites, legacy_compression_methods
        _, at = _vector(record, at, size)
    extensions, _ = _vector(record, at, 2) if at < len(record) else (b"", 0)
    at = 0
    while at < len(extensions):
        kind = struct.unpack_from(">H", extensions, at)[0]
        body, at = _vector(extensions, at + 2, 2)
        if kind == 0:  # server_name (RFC 6066 3)
            yield f"server name {escaped(_vector(body, 3, 2)[0])}"
        elif kind == 16:  # application_layer_protocol_negotiation (RFC 7301)
            offered, end, names = _vector(body, 0, 2)[0], 0, []
            while end < len(offered):
                name, end = _vector(offered, end, 1)
                names.append(escaped(name))
            yield f"offers {' and '.join(names)}"
        elif kind == 43:  # supported_versions (RFC 8446 4.2.1)
            versions = _vector(body, 0, 1)[0]
            numbers = [int.from_bytes(versions[i : i + 2], "big") for i in range(0, len(versions), 2)]
            known = sorted({_VERSIONS[number] for number in numbers if number in _VERSIONS})
            yield f"version{'s' * (len(known) != 1)} {' and '.join(known)}"
