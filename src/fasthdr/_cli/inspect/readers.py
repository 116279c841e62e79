# SPDX-License-Identifier: MIT
"""How each reader reads a head: the standard library, strict mode, and a client that leaves out bad lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import fasthdr
from fasthdr._cli.inspect.faults import strict_parser

if TYPE_CHECKING:
    from collections.abc import Callable

ACCEPTED, REFUSED, INCOMPLETE, RAISES = "accepted", "refused", "incomplete", "raises"

_START = {"request": ("method", "target", "version"), "response": ("version", "status", "reason")}


class Reading(NamedTuple):
    """Hold a reader's verdict.

    offset, status, reason, code, rfc: set for a refusal. reason: for RAISES, the type of the exception. The rest is set
    for an accepted head. lost: where in the head the lines begin that this reader puts into the payload, or None.
    left_out: the number of bad lines that `recover` has set aside. start: method, target, version; or version, status,
    reason.
    """

    verdict: str
    offset: int | None = None
    status: int | None = None
    reason: str | None = None
    code: str | None = None
    rfc: str | None = None
    fields: int | None = None
    keep_alive: bool | None = None
    content_length: int | None = None
    chunked: bool | None = None
    upgrade: str | None = None
    defects: tuple[str, ...] = ()
    lost: int | None = None
    left_out: int | None = None
    start: tuple[str | int, ...] | None = None
    head: Any = None  # the parser's own


def _read(parse: Callable[..., Any], kind: str, data: bytes, **options: Any) -> Reading:
    try:
        head = parse(data, **options)
        if head is None:
            return Reading(INCOMPLETE)
        facts = {name: getattr(head, name, None) for name in ("keep_alive", "content_length", "chunked", "upgrade")}
        headers = head.headers
        lost = None if options.get("strict") else _lost(data[: head.consumed], headers.get_payload())
        defects = tuple(type(defect).__name__ for defect in headers.defects)
        start = tuple(getattr(head, name) for name in _START[kind]) if kind in _START else None
        return Reading(
            ACCEPTED,
            fields=len(headers),
            defects=defects,
            lost=lost,
            left_out=len(head.defects) if "recover" in options else None,
            start=start,
            head=head,
            **facts,
        )
    except fasthdr.ParseError as error:
        return Reading(REFUSED, error.offset, error.status.value, error.reason, error.code, error.rfc)
    except Exception as error:  # noqa: BLE001 (what the standard library raises here, http.server does not catch)
        return Reading(RAISES, reason=type(error).__name__)


def _lost(data: bytes, payload: object) -> int | None:
    """Return where the lines begin that email.parser has put into the payload; None if there are none."""
    if not isinstance(payload, str) or not payload.strip("\r\n"):
        return None
    text = payload.encode("latin-1", "replace")
    for end in (len(data), len(data.rstrip(b"\r\n")) + 2, len(data) - 2, len(data) - 1):
        if data[:end].endswith(text):
            return min(end, len(data)) - len(text)
    return None


def stdlib(kind: str, data: bytes, method: str | None) -> Reading:
    """Read it as http.server or http.client does."""
    options = {"method": method} if kind == "response" else {}
    return _read(strict_parser(kind), kind, data, **options)


def strict(kind: str, data: bytes, method: str | None) -> Reading:
    """Read it by RFC 9110 and 9112."""
    options = {"method": method} if kind == "response" else {}
    return _read(strict_parser(kind), kind, data, strict=True, **options)


def recover(kind: str, data: bytes, method: str | None) -> Reading | None:
    """Read it as a client that leaves out only bad lines. None if it is not a response."""
    if kind != "response":
        return None
    return _read(fasthdr.parse_response, kind, data, method=method, recover=True)
