# SPDX-License-Identifier: MIT
"""What the running stdlib does where its patch releases differ: asked once at import, never read off a version."""

from __future__ import annotations

import http.client
import io
from typing import TYPE_CHECKING

from fasthdr._core import FOLD_FOREIGN, FOLD_KEEP, FOLD_STRIP, _runtime, read_headers

if TYPE_CHECKING:
    from email.message import Message

_CLEAN = b"Host: a\r\nAccept:  b\t\r\nx-y_z:\r\nAccept: \xe9\x00c\n\r\n"
_MULTIPART = (
    b"Content-Type: multipart/form-data; boundary=--b\r\n\r\n",
    b"Content-Type: multipart/form-data; boundary=b\r\nContent-Transfer-Encoding: 8bit\r\n\r\n",
    b"Content-Type: multipart/form-data; boundary=b\r\nContent-Transfer-Encoding: x\r\n\r\n",
    b"Content-Type: multipart/form-data\r\n\r\n",
    b"Content-Type: multipart/digest; boundary=b\r\n\r\n",
)


def _seen(message: Message) -> tuple[object, ...]:
    return (
        message.items(),
        message.get_payload(),
        [(type(d), d.args) for d in message.defects],
        message.preamble,
        message.epilogue,
        message.get_unixfrom(),
        message.get_default_type(),
    )


def _same(block: bytes) -> bool:
    theirs = _runtime.parse_headers(io.BytesIO(block))
    return _seen(theirs) == _seen(read_headers(io.BytesIO(block), _runtime.message_class, None))


def _fills() -> bool:
    """Whether the message that is filled without Message.__init__ is the stdlib's, attribute for attribute."""
    theirs = _runtime.parse_headers(io.BytesIO(_CLEAN))
    ours = read_headers(io.BytesIO(_CLEAN), _runtime.stdlib_class, None)
    return type(ours) is type(theirs) and list(vars(ours).items()) == list(vars(theirs).items())


def _parameters(function: object) -> tuple[int, tuple[str, ...]]:
    """Positional parameters, and the names of all; (0, ()) for what is not a Python function."""
    code = getattr(function, "__code__", None)
    if code is None:
        return 0, ()
    return code.co_argcount, code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


def probe() -> None:
    """Set what the core does itself by what the stdlib does."""
    _runtime.takes_max = "_max_headers" in _parameters(_runtime.parse_headers)[1]
    read = getattr(http.client, "_read_headers", None)
    arguments = _parameters(read)[0]
    if read is not None and arguments in (1, 2):
        _runtime.read_headers_args = arguments
        _runtime.blank_line = bool(read(*[io.BytesIO(b"\r\n"), None][:arguments]))
    value = _runtime.parse_headers(io.BytesIO(b"A: \r\n b\r\n\r\n"))["A"]
    _runtime.fold = {"\r\n b": FOLD_KEEP, "b": FOLD_STRIP}.get(value, FOLD_FOREIGN)
    _runtime.native = _runtime.multipart = True
    _runtime.native = _same(_CLEAN)
    if not _fills():
        _runtime.fill = None
    _runtime.multipart = all(map(_same, _MULTIPART))
