# SPDX-License-Identifier: MIT
"""The one exception of the sans-I/O functions and of BodyDecoder."""

from __future__ import annotations

from http import HTTPStatus

from fasthdr._errors import codes, snippet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from typing_extensions import Self

SHOWN = 2 * snippet.AROUND  # bytes of the input, at most, that an error has in it
_LONGEST = 200  # characters of a reason


class ParseError(ValueError):
    """A head or body that cannot be accepted.

    status: http.HTTPStatus that a server answers it with (502 for a response).
    reason: the reason phrase to send with it, one line of str, 200 characters at most.
    code: a short name for the kind of fault, as 'field-name': it stays where the reason may change (docs/strict.md).
    offset: where in the input it was found, in bytes from its start; of a body: from the body's first byte on the wire.
    rfc: the section that says so ("9112 6.1"), or None where only the stdlib does.
    near: the bytes around the offset, 40 at most.
    field: name of the field line at fault, 64 characters of it at most; None where it is another line, or has no name.

    Neither its attributes nor its text show what may be credentials: the value of Authorization, of Cookie and of
    fields whose names are like them (docs/strict.md), the userinfo of a URI.
    """

    status: HTTPStatus
    reason: str
    offset: int
    rfc: str | None
    near: bytes
    field: str | None

    def __init__(
        self,
        status: int,
        reason: str,
        offset: int = 0,
        rfc: str | None = None,
        near: bytes = b"",
        field: str | None = None,
    ) -> None:
        self.status = HTTPStatus(status)
        self.reason = reason if reason.isprintable() else repr(reason)[1:-1]
        if len(self.reason) > _LONGEST:
            self.reason = self.reason[: _LONGEST - 3] + "..."
        self.offset = offset
        self.rfc = rfc
        self.near = snippet.cut_part(bytes(near))[:SHOWN]
        self.field = field
        super().__init__(status, self.reason, offset, rfc, self.near, field)

    @property
    def code(self) -> str:
        """The short name of what is wrong; 'other' for a reason that is a program's own."""
        return codes.code_of(self.reason)

    def __str__(self) -> str:
        text = f"{self.status.value} {self.reason} (at byte {self.offset}"
        if self.rfc:
            text += f", RFC {self.rfc}"
        if self.field:
            text += f", field {self.field}"
        if self.near:
            text += f", near {self.near!r}"
        return text + ")"


class BodyError(ParseError, ConnectionAbortedError):
    """A request body that is malformed, too large, too slow or cut off, met by a read of a strict or framed handler.

    The client has been answered with `status`, unless an answer had begun, and the connection is over. It is a
    ConnectionAbortedError, too, so that frameworks take it for what it is: a client's fault, not the program's.
    """

    def __new__(cls, *_args: object) -> Self:
        return ConnectionAbortedError.__new__(cls)  # with arguments, it would take them for errno and file names

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what makes the error again: an OSError may have no `args`, by which others are pickled."""
        return type(self), (self.status, self.reason, self.offset, self.rfc, self.near, self.field), vars(self)


class AnswerTimeout(ConnectionAbortedError, TimeoutError):
    """A client that does not take the answer of a strict handler within write_timeout."""


class UnsupportedHandler(RuntimeError):
    """A handler class whose requests cannot be made strict or framed, and that may not be served otherwise.

    Raised if install(on_unsupported="raise") asks for it, or a class with an attribute of that name.
    """
