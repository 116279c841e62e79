# SPDX-License-Identifier: MIT
"""What the running stdlib does where its patch releases differ: asked once at import, never read off a version."""

from __future__ import annotations

import http.client
import io

TYPE_CHECKING = False
if TYPE_CHECKING:
    from email.message import Message
    from typing import Any

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
    from fasthdr._core import _runtime, read_headers

    theirs = _runtime.parse_headers(io.BytesIO(block))
    return _seen(theirs) == _seen(read_headers(io.BytesIO(block), _runtime.message_class, None))


def _fills() -> bool:
    """Whether the message that is filled without Message.__init__ is the stdlib's, attribute for attribute."""
    from fasthdr._core import _runtime, read_headers

    theirs = _runtime.parse_headers(io.BytesIO(_CLEAN))
    ours = read_headers(io.BytesIO(_CLEAN), _runtime.stdlib_class, None)
    return type(ours) is type(theirs) and list(vars(ours).items()) == list(vars(theirs).items())


def _parameters(function: object) -> tuple[int, tuple[str, ...]]:
    """Positional parameters, and the names of all; (0, ()) for what is not a Python function."""
    code = getattr(function, "__code__", None)
    if code is None:
        return 0, ()
    return code.co_argcount, code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


def _read_headers_arguments() -> int:
    """Positional parameters of http.client._read_headers; 0 where it is not as it is known."""
    arguments = _parameters(getattr(http.client, "_read_headers", None))[0]
    return arguments if arguments in (1, 2) else 0


def _blank_line() -> bool:
    arguments = _read_headers_arguments()
    read: Any = getattr(http.client, "_read_headers", None)
    return bool(arguments and read(*[io.BytesIO(b"\r\n"), None][:arguments]))


BLANK_LINE = _blank_line()  # the stdlib counts the blank line among the header lines, and parses it with them


def probe() -> None:
    """Set what the core does itself by what the stdlib does."""
    from fasthdr._core import FOLD_FOREIGN, FOLD_KEEP, FOLD_STRIP, _runtime

    _runtime.takes_max = "_max_headers" in _parameters(_runtime.parse_headers)[1]
    _runtime.read_headers_args = _read_headers_arguments()
    _runtime.blank_line = BLANK_LINE
    value = _runtime.parse_headers(io.BytesIO(b"A: \r\n b\r\n\r\n"))["A"]
    _runtime.fold = {"\r\n b": FOLD_KEEP, "b": FOLD_STRIP}.get(value, FOLD_FOREIGN)
    _runtime.native = _runtime.multipart = True
    _runtime.native = _same(_CLEAN)
    if not _fills():
        _runtime.fill = None
    _runtime.multipart = all(map(_same, _MULTIPART))
