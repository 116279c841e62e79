# SPDX-License-Identifier: MIT
"""The one exception of the sans-I/O functions and of BodyDecoder."""

from http import HTTPStatus

_SNIPPET = 40  # bytes of the input shown


class ParseError(ValueError):
    """A head or body that cannot be accepted.

    status: http.HTTPStatus that a server answers it with (502 for a response).
    reason: the reason phrase to send with it, one line of str.
    offset: where in the input it was found, in bytes from its start; of a body: from the body's first byte on the wire.
    rfc: the section that says so ("9112 6.1"), or None where only the stdlib does.
    """

    status: HTTPStatus
    reason: str
    offset: int
    rfc: str | None

    def __init__(self, status: int, reason: str, offset: int = 0, rfc: str | None = None, near: bytes = b"") -> None:
        self.status = HTTPStatus(status)
        self.reason = reason
        self.offset = offset
        self.rfc = rfc
        self.near = bytes(near[:_SNIPPET])
        super().__init__(status, reason, offset, rfc, self.near)

    def __str__(self) -> str:
        text = f"{self.status.value} {self.reason} (at byte {self.offset}"
        if self.rfc:
            text += f", RFC {self.rfc}"
        if self.near:
            text += f", near {self.near!r}"
        return text + ")"


class BodyError(ParseError, ConnectionAbortedError):
    """A request body that is malformed, too large, too slow or cut off, met by a read of a strict or framed handler.

    The client has been answered with `status`, unless an answer had begun, and the connection is over. It is a
    ConnectionAbortedError, too, so that frameworks take it for what it is: a client's fault, not the program's.
    """

    def __new__(cls, *args: object) -> "BodyError":
        return ConnectionAbortedError.__new__(cls)  # with arguments, it would take them for errno and file names


class AnswerTimeout(ConnectionAbortedError, TimeoutError):
    """A client that does not take the answer of a strict handler within write_timeout."""
