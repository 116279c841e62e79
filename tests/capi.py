# SPDX-License-Identifier: MIT
"""fasthdr.h for tests, through ctypes, whose calls release the GIL."""

from __future__ import annotations

import ctypes
from typing import Any

WHOLE, INCOMPLETE, REFUSED, MISUSE = 0, 1, 2, -1
TO_HEAD, TO_CONNECT = 1, 2
KEEP_ALIVE, EXPECT_CONTINUE = 1, 2
CHUNKED, UNTIL_CLOSE = -1, -2

c_uint32 = ctypes.c_uint32


class Row(ctypes.Structure):
    _fields_ = [(name, c_uint32) for name in "name name_len value value_len".split()]


class Options(ctypes.Structure):
    _fields_ = [(name, c_uint32) for name in "flags max_line max_head".split()]


class Head(ctypes.Structure):
    _fields_ = [
        *((name, c_uint32) for name in "consumed count method method_len target target_len reason reason_len".split()),
        ("minor", ctypes.c_int32),
        ("status", ctypes.c_int32),
        ("body_length", ctypes.c_int64),
        ("flags", c_uint32),
        ("offset", c_uint32),
        ("code", ctypes.c_char_p),
        ("seen", c_uint32),
        ("kind", ctypes.c_uint16),
        ("fault", ctypes.c_uint16),
    ]


Parse = ctypes.CFUNCTYPE(
    ctypes.c_int,
    ctypes.c_void_p,
    ctypes.c_size_t,
    ctypes.POINTER(Row),
    c_uint32,
    ctypes.POINTER(Options),
    ctypes.POINTER(Head),
)
SetError = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.POINTER(Head), ctypes.c_char_p, ctypes.c_size_t)


class Api(ctypes.Structure):
    _fields_ = [
        ("version", c_uint32),
        ("size", c_uint32),
        ("parse_request", Parse),
        ("parse_response", Parse),
        ("parse_fields", Parse),
        ("set_error", SetError),
    ]


CAPSULE = b"fasthdr._C_API"
_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_pointer.restype, _pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
_new = ctypes.pythonapi.PyCapsule_New
_new.restype, _new.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]


def table(capsule: Any) -> Api:
    return Api.from_address(_pointer(capsule, CAPSULE))


def capsule_of(api: Api) -> Any:
    return _new(ctypes.addressof(api), CAPSULE, None)


def call(
    function: Any, data: bytes | int, n: int | None = None, rows: int = 100, **options: int
) -> tuple[int, Head, Any]:
    """Return the result of a parse function, the head and the rows. data: bytes, or the address of n bytes."""
    if isinstance(data, bytes):
        n = len(data)
    head, room = Head(), (Row * max(rows, 1))()
    ctypes.memset(ctypes.addressof(head), 0xAA, ctypes.sizeof(head))
    return function(data, n, room, rows, Options(**options) if options else None, head), head, room


def span(data: bytes, start: int, length: int) -> str:
    return data[start : start + length].decode("latin-1")


def fields(data: bytes, head: Head, rows: Any) -> list[tuple[str, str]]:
    found = rows[: head.count]
    return [(span(data, row.name, row.name_len), span(data, row.value, row.value_len)) for row in found]
