# SPDX-License-Identifier: MIT
"""Encode heads, chunks and trailers. Anything that strict mode would not read back unchanged is refused."""

from __future__ import annotations

from http import HTTPStatus

from fasthdr import _trailers
from fasthdr._api import parse_headers, parse_request, parse_response
from fasthdr._errors import ParseError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    _Text = str | bytes
    _Fields = Mapping[_Text, _Text] | Iterable[tuple[_Text, _Text]]

_OWS = b" \t"
_NO_LIMITS: dict[str, Any] = {"max_line": None, "max_headers": None, "max_head": 1 << 62}
_VERSIONS = ("HTTP/1.0", "HTTP/1.1")


def _latin1(text: str, what: str) -> bytes:
    if not isinstance(text, str):
        raise TypeError(f"{what} must be str, not {type(text).__name__}")
    try:
        return text.encode("iso-8859-1")
    except UnicodeEncodeError:  # its message shows the value, which may be a secret
        raise ValueError(f"{what} has characters beyond ISO 8859-1") from None


def _bytes(value: _Text, what: str) -> bytes:
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        raise TypeError(f"{what} must be str or bytes, not {type(value).__name__}")
    return _latin1(value, what)


def _pairs(headers: Any, what: str) -> Iterator[tuple[_Text, _Text]]:
    says = f"{what} must be a mapping or (name, value) pairs"
    pairs = headers.items() if hasattr(headers, "items") else headers
    if isinstance(pairs, str | bytes) or not hasattr(pairs, "__iter__"):
        raise TypeError(says)
    for pair in pairs:
        if isinstance(pair, str | bytes):
            raise TypeError(says)
        try:
            name, value = pair
        except (TypeError, ValueError):
            raise TypeError(says) from None
        yield name, value


def _fields(headers: _Fields, what: str = "headers") -> list[tuple[bytes, bytes]]:
    found = _pairs(headers, what)
    return [(_bytes(name, "a field name"), _bytes(value, "a field value").strip(_OWS)) for name, value in found]


def _lines(fields: list[tuple[bytes, bytes]]) -> bytes:
    return b"".join([b"%b: %b\r\n" % field for field in fields])


def _version(version: str) -> bytes:
    if version not in _VERSIONS:
        raise ValueError(f"the version must be one of {', '.join(_VERSIONS)}, not {version!r}")
    return version.encode()


def _checked(data: bytes, fields: list[tuple[bytes, bytes]], parse: Any, **start: object) -> bytes:
    """Return the bytes if strict mode reads them as exactly the intended head."""
    try:
        head = parse(data, strict=True, **_NO_LIMITS)
    except ParseError as error:
        where = f" in the field {error.field}" if error.field else ""
        raise ValueError(f"this head cannot be sent: {error.reason}{where} (RFC {error.rfc})") from None
    same = head is not None and head.consumed == len(data) and head.raw_headers == fields
    if not same or any(getattr(head, name) != value for name, value in start.items()):
        raise ValueError("this head cannot be sent: a recipient would read a different head")
    return data


def encode_request(method: str, target: str, headers: _Fields = (), *, version: str = "HTTP/1.1") -> bytes:
    """Make the head of a request: request line, field lines and the empty line (RFC 9112 2.1, 3).

    method, target: exactly as they are sent.
    headers: a mapping, or (name, value) pairs; str (ISO 8859-1) or bytes.
    version: 'HTTP/1.0' or 'HTTP/1.1'.

    Raises ValueError if parse_request(strict=True) would not read the head back unchanged: a bad name, a value with
    CR, LF or another control character, no Host in HTTP/1.1, two Host, Content-Length with Transfer-Encoding, ...
    """
    fields = _fields(headers)
    line = b"%b %b %b\r\n" % (_latin1(method, "the method"), _latin1(target, "the target"), _version(version))
    data = b"%b%b\r\n" % (line, _lines(fields))
    return _checked(data, fields, parse_request, method=method, target=target, version=version)


def encode_response(
    status: int, headers: _Fields = (), *, reason: str | None = None, version: str = "HTTP/1.1"
) -> bytes:
    """Make the head of a response: status line, field lines and the empty line (RFC 9112 2.1, 4).

    status: 100 to 999.
    headers: as in encode_request().
    reason: the reason phrase; None: that of http.HTTPStatus.

    Raises ValueError if parse_response(strict=True) would not read the head back unchanged.
    """
    if not isinstance(status, int):
        raise TypeError(f"the status must be int, not {type(status).__name__}")
    if not 100 <= status <= 999:
        raise ValueError("the status must be 100 to 999")
    status = int(status)
    if reason is None:
        reason = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else ""
    fields = _fields(headers)
    line = b"%b %d %b\r\n" % (_version(version), status, _latin1(reason, "the reason"))
    data = b"%b%b\r\n" % (line, _lines(fields))
    return _checked(data, fields, parse_response, status=status, reason=reason.strip(" \t"), version=version)


def encode_chunk(data: bytes | bytearray | memoryview) -> bytes:
    """Make a chunk of a chunked body (RFC 9112 7.1).

    data: any contiguous bytes-like object.

    Raises ValueError for empty data, which would end the body.
    """
    view = memoryview(data).cast("B")
    if not view:
        raise ValueError("a chunk without data would end the body: see encode_trailers()")
    return b"%x\r\n" % len(view) + view + b"\r\n"


def encode_trailers(trailers: _Fields = ()) -> bytes:
    """Make the end of a chunked body: the last chunk, the trailer section and the empty line (RFC 9112 7.1.2).

    trailers: as for `headers` in encode_request().

    Raises ValueError for an invalid field line, and for fields that must not be in a trailer section, such as those for
    framing and routing (RFC 9110 6.5.1).
    """
    fields = _fields(trailers, "trailers")
    for name, _ in fields:
        if _trailers.verdict(name.decode("iso-8859-1")) != _trailers.KEEP:
            raise ValueError(f"the field {name.decode('iso-8859-1')!r:.200} must not be a trailer (RFC 9110 6.5.1)")
    return b"0\r\n" + _checked(_lines(fields) + b"\r\n", fields, parse_headers)
