# SPDX-License-Identifier: MIT
"""The lines of a response head, put together without a format or an encoder where they are plain text.

Whatever else a program gives is formatted by the very expressions of http.server, for their results and their errors.
"""
cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cpython.unicode cimport PyUnicode_CheckExact
from libc.string cimport memcpy


cdef extern from "Python.h":
    int PyUnicode_KIND(object s) noexcept
    void *PyUnicode_DATA(object s) noexcept
    Py_ssize_t PyUnicode_GET_LENGTH(object s) noexcept
    int PyUnicode_1BYTE_KIND
    bint PyLong_Check(object n) noexcept
    long PyLong_AsLong(object n) except? -1

# Not literals where they are used: Cython would make an f-string of each, which takes other types than % does.
_STATUS_LINE = "%s %d %s\r\n"
_FIELD_LINE = "%s: %s\r\n"


cdef inline bint is_plain(object s) noexcept:
    """A str that is stored as the bytes of its latin-1 encoding."""
    return PyUnicode_CheckExact(s) and PyUnicode_KIND(s) == PyUnicode_1BYTE_KIND


cdef inline char *put(char *p, object s) noexcept:
    """Copy a plain str to p; where it ends there."""
    cdef Py_ssize_t n = PyUnicode_GET_LENGTH(s)
    memcpy(p, PyUnicode_DATA(s), n)
    return p + n


@cython.binding(False)
def add_status_line(buffer, version, code, message, /):
    """Append `version SP code SP message CRLF` to buffer: "%s %d %s\\r\\n" in latin-1."""
    cdef object line
    cdef char *p
    cdef long n = -1
    if PyLong_Check(code) and is_plain(version) and is_plain(message):
        try:
            n = PyLong_AsLong(code)
        except OverflowError:
            pass
    if 100 <= n <= 999:
        line = PyBytes_FromStringAndSize(NULL, PyUnicode_GET_LENGTH(version) + PyUnicode_GET_LENGTH(message) + 7)
        p = put(PyBytes_AS_STRING(<bytes>line), version)
        p[0] = c" "
        p[1] = <char>(c"0" + n // 100)
        p[2] = <char>(c"0" + n // 10 % 10)
        p[3] = <char>(c"0" + n % 10)
        p[4] = c" "
        p = put(p + 5, message)
        p[0] = c"\r"
        p[1] = c"\n"
    else:
        line = (_STATUS_LINE % (version, code, message)).encode("latin-1", "strict")
    if type(buffer) is list:
        (<list>buffer).append(line)
    else:
        buffer.append(line)


@cython.binding(False)
def add_field_line(buffer, keyword, value, /):
    """Append the field line of keyword and value to buffer: "%s: %s\\r\\n" in latin-1.

    Returns whether keyword may be Connection, in any case; False: it is certainly another.
    """
    cdef object line
    cdef char *p
    cdef bint plain = is_plain(keyword)
    if plain and is_plain(value):
        line = PyBytes_FromStringAndSize(NULL, PyUnicode_GET_LENGTH(keyword) + PyUnicode_GET_LENGTH(value) + 4)
        p = put(PyBytes_AS_STRING(<bytes>line), keyword)
        p[0] = c":"
        p[1] = c" "
        p = put(p + 2, value)
        p[0] = c"\r"
        p[1] = c"\n"
    else:
        line = (_FIELD_LINE % (keyword, value)).encode("latin-1", "strict")
    if type(buffer) is list:
        (<list>buffer).append(line)
    else:
        buffer.append(line)
    return not plain or PyUnicode_GET_LENGTH(keyword) == 10  # text of latin-1 keeps its length in lower case
