# SPDX-License-Identifier: MIT
"""The table of a head as a buffer, requested in every way that the buffer protocol allows."""

from __future__ import annotations

import ctypes
import itertools

import pytest

import fasthdr

WRITABLE, FORMAT, ND, STRIDES = 0x1, 0x4, 0x8, 0x10 | 0x8
C, F, ANY = 0x20 | STRIDES, 0x40 | STRIDES, 0x80 | STRIDES
INDIRECT = 0x100 | STRIDES


class View(ctypes.Structure):
    """The C struct Py_buffer."""

    _fields_ = [
        ("buf", ctypes.c_void_p),
        ("obj", ctypes.c_void_p),
        ("len", ctypes.c_ssize_t),
        ("itemsize", ctypes.c_ssize_t),
        ("readonly", ctypes.c_int),
        ("ndim", ctypes.c_int),
        ("format", ctypes.c_char_p),
        ("shape", ctypes.POINTER(ctypes.c_ssize_t)),
        ("strides", ctypes.POINTER(ctypes.c_ssize_t)),
        ("suboffsets", ctypes.POINTER(ctypes.c_ssize_t)),
        ("internal", ctypes.c_void_p),
    ]


def asked(exporter: object, flags: int) -> tuple[object, ...] | None:
    """Return what the exporter gives for the flags, or None for BufferError."""
    view = View()
    try:
        ctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(exporter), ctypes.byref(view), flags)
    except BufferError:
        return None
    try:
        shape = view.shape[: view.ndim] if view.shape else None
        strides = view.strides[: view.ndim] if view.strides else None
        data = ctypes.string_at(view.buf, view.len)
        assert view.buf
        assert not view.suboffsets
        return data, view.itemsize, view.readonly, view.ndim, view.format, shape, strides
    finally:
        ctypes.pythonapi.PyBuffer_Release(ctypes.byref(view))


def table(fields: int) -> object:
    head = fasthdr.parse_headers(b"Name: value\r\n" * fields + b"\r\n")
    assert head is not None
    return head.table


@pytest.mark.parametrize("fields", [0, 1, 2, 16, 17, 40])
def test_every_request(fields: int) -> None:
    """It answers as memoryview() does for the same bytes in the same shape, and refuses what it does not have."""
    ours = table(fields)
    plain = memoryview(ours).tobytes()
    if fields:
        theirs = memoryview(plain).cast("I", (fields, 4))
    for bits in itertools.product(
        (0, WRITABLE), (0, FORMAT), (0, ND), (0, STRIDES), (0, C), (0, F), (0, ANY), (0, INDIRECT)
    ):
        flags = 0
        for bit in bits:
            flags |= bit
        found = asked(ours, flags)
        if fields:
            assert found == asked(theirs, flags), hex(flags)
        elif flags & WRITABLE or (flags & FORMAT and not flags & ND):
            assert found is None
        else:  # a memoryview cannot have the shape (0, 4); an empty table is contiguous in every order
            shape, strides = [0, 4] if flags & ND else None, [16, 4] if flags & STRIDES == STRIDES else None
            assert found == (b"", 4, 1, 2 if flags & ND else 1, b"I" if flags & FORMAT else None, shape, strides)


@pytest.mark.parametrize("order", ["C", "F", "A"])
def test_contiguous_copies(order: str) -> None:
    view = memoryview(table(3))
    assert view.c_contiguous
    assert not view.f_contiguous
    assert len(view.tobytes(order)) == view.nbytes
    with pytest.raises(TypeError):
        view[0, 0] = 1
