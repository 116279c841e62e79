# SPDX-License-Identifier: MIT
"""ParseError, the exception of the sans-I/O functions and of BodyDecoder, and the other errors."""

from __future__ import annotations

from http import HTTPStatus

from fasthdr._errors import snippet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from typing_extensions import Self

SHOWN = 2 * snippet.AROUND  # maximum bytes of the input in an error
_LONGEST = 200  # characters of a reason


class ParseError(ValueError):
    """Say why a head or body cannot be accepted.

    status: the http.HTTPStatus with which a server answers it (502 for a response).
    reason: the reason phrase to send with it: one line of str, at most 200 characters.
    code: a short name for the kind of fault, such as 'field-name'. Unlike the reason, it is stable (docs/strict.md).
    offset: where the fault is, in bytes from the start of the input; in a body, from the body's first byte on the wire.
    rfc: the section that forbids it ("9112 6.1"), or None if only the stdlib does.
    near: the bytes around the offset, at most 40.
    field: the name of the field line at fault, at most 64 characters of it; None for another line, or without a name.

    Neither the attributes nor the text show possible credentials: the values of Authorization, Cookie and fields with
    similar names (docs/strict.md), or the userinfo of a URI.
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
        """The short name for the kind of fault; 'other' for a reason that a program has made up."""
        from fasthdr._errors.codes import code_of  # loaded late: few programs ask for it

        return code_of(self.reason)

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
    """Report that a strict or framed handler has read a request body that is malformed, too large, too slow or cut off.

    The client has been sent a response with `status`, unless a response had begun, and the connection is over. This is
    a ConnectionAbortedError, too, so that frameworks treat it as the client's fault, not the program's.
    """

    def __new__(cls, *_args: object) -> Self:
        return ConnectionAbortedError.__new__(cls)  # OSError would take arguments for errno and file names

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what recreates the error: other exceptions are pickled by their `args`, which an OSError may lack."""
        return type(self), (self.status, self.reason, self.offset, self.rfc, self.near, self.field), vars(self)


class ResponseTimeout(ConnectionAbortedError, TimeoutError):
    """Report that a client did not take the response of a strict handler within write_timeout."""


class UnsupportedHandler(RuntimeError):
    """Report a handler class that cannot be strict or framed, and must not serve requests without that.

    Raised if install(on_unsupported="raise"), or on_unsupported = "raise" in the class, asks for it.
    """
