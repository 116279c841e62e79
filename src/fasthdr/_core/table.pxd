# SPDX-License-Identifier: MIT
"""The C-level table: rows of spans, the bytes that they refer to, and access to them."""
from cpython.buffer cimport PyBUF_F_CONTIGUOUS, PyBUF_FORMAT, PyBUF_ND, PyBUF_STRIDES, PyBUF_WRITABLE
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cpython.object cimport PyObject
from cpython.unicode cimport PyUnicode_DecodeLatin1
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcpy

from fasthdr._core.classify cimport fh_is_ascii, fh_same_name
from fasthdr._core.walk cimport fh_block_into, fh_block_t, fh_row_t


cdef extern from "Python.h":
    bint PyUnicode_IS_ASCII(object s) noexcept
    void *PyUnicode_DATA(object s) noexcept
    str PyUnicode_New(Py_ssize_t n, Py_UCS4 max_char)
    Py_ssize_t PyUnicode_GET_LENGTH(object s) noexcept
    char *fh_bytes "PyBytes_AS_STRING"(PyObject *data) noexcept


cdef enum:
    FH_FEW = 16      # rows inside the object; if there are more, all are in a separate bytes object


# A finished table: the rows of one header block. Immutable. Its owner holds what table_take() or table_copy() returned
# as long as itself.
cdef struct fh_table_t:
    fh_row_t *rows            # `few`, or in the owner's bytes object; NULL if nothing has been taken
    uint32_t count
    fh_row_t few[FH_FEW]


cdef inline bytes rows_into(fh_table_t *t, const fh_row_t *rows, uint32_t count):
    cdef bytes many = None
    t.rows = t.few
    if count > FH_FEW:
        many = PyBytes_FromStringAndSize(NULL, <Py_ssize_t>(count * sizeof(fh_row_t)))
        t.rows = <fh_row_t *>PyBytes_AS_STRING(many)
    if count:
        memcpy(t.rows, rows, count * sizeof(fh_row_t))
    t.count = count
    return many


cdef inline bytes table_take(fh_table_t *t, const fh_block_t *b):
    """Take the rows of a walk. Returns the memory of more than FH_FEW rows, which the owner must hold."""
    if b.rows != t.few:
        return rows_into(t, b.rows, b.count)
    t.rows = t.few
    t.count = b.count
    return None


cdef inline void walk_into(fh_table_t *t, fh_block_t *b) noexcept:
    """Let the next walk write its first rows in place, for table_take()."""
    fh_block_into(b, t.few, FH_FEW)


cdef inline bytes table_copy(fh_table_t *t, const fh_table_t *other):
    """Do the same with the rows of another table."""
    return rows_into(t, other.rows, other.count)


cdef inline list table_rows(const fh_table_t *t):
    """Return the rows as a list of tuples."""
    cdef uint32_t i
    cdef list rows = []
    # Not a comprehension: if the list cannot grow, Cython 3.3.1 drops a reference to a new item twice.
    for i in range(t.count):
        rows.append((t.rows[i].name, t.rows[i].name_len, t.rows[i].value, t.rows[i].value_len))
    return rows


cdef inline bytes table_from(fh_table_t *t, list rows, size_t size):
    """Make a table from untrusted rows. Raises ValueError if one has no name, or is not within `size` bytes."""
    cdef bytes room = PyBytes_FromStringAndSize(NULL, len(rows) * <Py_ssize_t>sizeof(fh_row_t))
    cdef fh_row_t *row = <fh_row_t *>PyBytes_AS_STRING(room)
    for row.name, row.name_len, row.value, row.value_len in rows:
        if (row.name_len == 0 or <size_t>row.name + row.name_len > size
                or <size_t>row.value + row.value_len > size):
            raise ValueError("a row of the table has no name, or points outside the head")
        row += 1
    return rows_into(t, <fh_row_t *>PyBytes_AS_STRING(room), <uint32_t>len(rows))


cdef inline const uint8_t *start_of(bytes data) noexcept:
    """Return the first byte. Without data (an object from __new__) it is NULL, and never read: the table is empty."""
    return <const uint8_t *>PyBytes_AS_STRING(data) if data is not None else NULL


cdef inline const uint8_t *start_at(PyObject *data) noexcept:
    """Do the same without taking a reference, for data that its owner never replaces: threads may share the owner."""
    return <const uint8_t *>fh_bytes(data) if data != <PyObject *>None else NULL


cdef inline str text_at(const uint8_t *p, size_t n):
    """Return n bytes as latin-1. For up to one character it is CPython's shared object."""
    if n < 2 or not fh_is_ascii(p, n):
        return PyUnicode_DecodeLatin1(<const char *>p, <Py_ssize_t>n, NULL)
    return ascii_at(p, n)


cdef inline str ascii_at(const uint8_t *p, size_t n):
    """Return n bytes that are ASCII, n > 1."""
    cdef str s = PyUnicode_New(<Py_ssize_t>n, 127)
    memcpy(PyUnicode_DATA(s), p, n)
    return s


cdef inline Py_ssize_t find_ascii(const uint8_t *p, const fh_table_t *t, str name, uint32_t first) noexcept:
    cdef const uint8_t *q = <const uint8_t *>PyUnicode_DATA(name)
    cdef size_t n = <size_t>PyUnicode_GET_LENGTH(name)
    cdef uint32_t i
    for i in range(first, t.count):
        if t.rows[i].name_len == n and fh_same_name(p + t.rows[i].name, q, n):
            return i
    return -1


cdef inline Py_ssize_t find_lowered(const uint8_t *p, const fh_table_t *t, str name, uint32_t first) except -2:
    """Do find_name() for a name that is not ASCII. It can become ASCII in lower case: a KELVIN SIGN becomes 'k'."""
    name = name.lower()
    return find_ascii(p, t, name, first) if PyUnicode_IS_ASCII(name) else -1


cdef inline Py_ssize_t find_name(const uint8_t *p, const fh_table_t *t, str name, uint32_t first) except -2:
    """Return the first row from `first` on with this name, in any case, or -1."""
    return find_ascii(p, t, name, first) if PyUnicode_IS_ASCII(name) else find_lowered(p, t, name, first)


cdef inline object name_from(object name):
    """Return a field name that a caller gives, as str."""
    if isinstance(name, bytes):
        return (<bytes>name).decode("iso-8859-1")
    if not isinstance(name, str):
        raise TypeError(f"a field name must be str or bytes, not {type(name).__name__}")
    return name


cdef inline int show_numbers(Py_buffer *view, int flags, void *numbers, Py_ssize_t *shape,
                             Py_ssize_t *strides) except -1:
    """Make a buffer show a read-only matrix of format 'I'. The caller sets view.obj."""
    if flags & PyBUF_WRITABLE:
        raise BufferError("the table is read-only")
    if shape[0] > 1 and flags & PyBUF_F_CONTIGUOUS == PyBUF_F_CONTIGUOUS:
        raise BufferError("the table is not Fortran contiguous")
    if flags & PyBUF_FORMAT and not flags & PyBUF_ND:
        raise BufferError("the table has a format only together with its shape")
    view.buf = numbers
    view.len = shape[0] * strides[0]
    view.readonly = True
    view.itemsize = sizeof(uint32_t)
    view.format = <char *>"I" if flags & PyBUF_FORMAT else NULL
    view.ndim = 2 if flags & PyBUF_ND else 1
    view.shape = shape if flags & PyBUF_ND else NULL
    view.strides = strides if flags & PyBUF_STRIDES == PyBUF_STRIDES else NULL
    view.suboffsets = NULL
    view.internal = NULL
    return 0
