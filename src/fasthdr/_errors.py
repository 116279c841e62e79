# SPDX-License-Identifier: MIT
"""The one exception of the sans-I/O functions."""

from http import HTTPStatus

SHOWN = 40  # bytes of the input, at most, that an error has in it


class ParseError(ValueError):
    """A head that cannot be accepted.

    status: http.HTTPStatus that a server answers it with (502 for a response).
    reason: the reason phrase to send with it, one line of str.
    offset: where in the input it was found, in bytes from its start.
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
        self.near = bytes(near[:SHOWN])
        super().__init__(status, reason, offset, rfc, self.near)

    def __str__(self) -> str:
        text = f"{self.status.value} {self.reason} (at byte {self.offset}"
        if self.rfc:
            text += f", RFC {self.rfc}"
        if self.near:
            text += f", near {self.near!r}"
        return text + ")"
