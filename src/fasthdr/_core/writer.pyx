# SPDX-License-Identifier: MIT
"""Build the lines of a head that is sent, without a format or an encoder if they are plain text.

For anything else that a program passes, use the same expressions as http.server and http.client, to get the same
results and errors.
"""
cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_CheckExact, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.list cimport PyList_Append, PyList_CheckExact, PyList_GET_SIZE
from cpython.object cimport PyObject
from cpython.unicode cimport PyUnicode_CheckExact
from libc.math cimport floor
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t
from libc.string cimport memcpy

from fasthdr._core.classify cimport fh_has_break
from fasthdr._core.cpython cimport PyMethodDef, fh_fast_function
from fasthdr._core.faults cimport FH_TCHAR, fh_is_class
from fasthdr._core.runtime cimport share
from fasthdr._core.table cimport PyUnicode_DATA, PyUnicode_GET_LENGTH


cdef extern from "Python.h":
    PyObject *PyList_GET_ITEM(list items, Py_ssize_t i) noexcept
    int PyUnicode_KIND(object s) noexcept
    int PyUnicode_1BYTE_KIND
    bint PyLong_Check(object n) noexcept
    bint PyLong_CheckExact(object n) noexcept
    bint PyTuple_CheckExact(object values) noexcept
    Py_ssize_t PyTuple_GET_SIZE(object values) noexcept
    PyObject *PyTuple_GET_ITEM(object values, Py_ssize_t i) noexcept
    long PyLong_AsLong(object n) except? -1

# Not literals where they are used: Cython would make an f-string of each, which accepts other types than % does.
_STATUS_LINE = "%s %d %s\r\n"
_FIELD_LINE = "%s: %s\r\n"


cdef inline bint is_plain(PyObject *s) noexcept:
    """Return whether s is a str that is stored as the bytes of its latin-1 encoding."""
    return PyUnicode_CheckExact(<object>s) and PyUnicode_KIND(<object>s) == PyUnicode_1BYTE_KIND


cdef inline char *put(char *p, PyObject *s) noexcept:
    """Copy a plain str to p. Returns the end of the copy."""
    cdef Py_ssize_t n = PyUnicode_GET_LENGTH(<object>s)
    memcpy(p, PyUnicode_DATA(<object>s), n)
    return p + n


cdef inline bint has_break(bytes line) noexcept:
    """Return whether there is CR, LF or NUL before the line end."""
    return fh_has_break(<const uint8_t *>PyBytes_AS_STRING(line), <size_t>PyBytes_GET_SIZE(line) - 2)


cdef int refuse_break(object line, object refuses) except -1:
    """Raise ValueError if a line has a break other than its line end, or is not of type bytes; if refuses is strict."""
    if ((type(line) is not bytes or (PyBytes_GET_SIZE(<bytes>line) > 2 and has_break(<bytes>line)))
            and getattr(refuses, "strict", None) is True):
        raise ValueError(f"CR, LF or NUL in a line of the response head: {bytes(line[:len(line) - 2])[:80]!r}")
    return 0


cdef inline int append(PyObject *buffer, object line) except -1:
    if PyList_CheckExact(<object>buffer):
        return PyList_Append(<object>buffer, line)
    (<object>buffer).append(line)
    return 0


cdef object first_message(object responses, object code):
    """Return the first of the messages that responses has for a status code; "" if it has none."""
    known = (<dict>responses).get(code) if type(responses) is dict else None
    if type(known) is not tuple:
        known = responses[code] if code in responses else ("",)
    with cython.boundscheck(True):
        return known[0]


cdef object status_line(PyObject *self, PyObject **args, Py_ssize_t count):
    """Do add_status_line()."""
    cdef object line, message
    cdef PyObject *version
    cdef PyObject *code
    cdef char *p
    cdef long n = -1
    if count != 6:
        raise TypeError(f"add_status_line() takes 6 arguments, not {count}")
    version, code = args[1], args[2]
    message = <object>args[3]
    if message is None:
        message = first_message(<object>args[4], <object>code)
    if PyLong_Check(<object>code) and is_plain(version) and is_plain(<PyObject *>message):
        try:
            n = PyLong_AsLong(<object>code)
        except OverflowError:
            pass
    if 100 <= n <= 999:
        line = PyBytes_FromStringAndSize(
            NULL, PyUnicode_GET_LENGTH(<object>version) + PyUnicode_GET_LENGTH(message) + 7)
        p = put(PyBytes_AS_STRING(<bytes>line), version)
        p[0] = c" "
        p[1] = <char>(c"0" + n // 100)
        p[2] = <char>(c"0" + n // 10 % 10)
        p[3] = <char>(c"0" + n % 10)
        p[4] = c" "
        p = put(p + 5, <PyObject *>message)
        p[0] = c"\r"
        p[1] = c"\n"
        if has_break(<bytes>line):
            refuse_break(line, <object>args[5])
    else:
        line = (_STATUS_LINE % (<object>version, <object>code, message)).encode("latin-1", "strict")
        refuse_break(line, <object>args[5])
    append(args[0], line)
    return None


cdef object field_line_of(PyObject *self, PyObject **args, Py_ssize_t count):
    """Do add_field_line()."""
    cdef object line
    cdef PyObject *name
    cdef PyObject *value
    cdef char *p
    cdef bint plain
    if count != 4:
        raise TypeError(f"add_field_line() takes 4 arguments, not {count}")
    name, value = args[1], args[2]
    plain = is_plain(name)
    if plain and is_plain(value):
        line = PyBytes_FromStringAndSize(
            NULL, PyUnicode_GET_LENGTH(<object>name) + PyUnicode_GET_LENGTH(<object>value) + 4)
        p = put(PyBytes_AS_STRING(<bytes>line), name)
        p[0] = c":"
        p[1] = c" "
        p = put(p + 2, value)
        p[0] = c"\r"
        p[1] = c"\n"
        if has_break(<bytes>line):
            refuse_break(line, <object>args[3])
    else:
        line = (_FIELD_LINE % (<object>name, <object>value)).encode("latin-1", "strict")
        refuse_break(line, <object>args[3])
    append(args[0], line)
    return not plain or PyUnicode_GET_LENGTH(<object>name) == 10  # text of latin-1 keeps its length in lower case


cdef PyMethodDef status_definition, field_definition
add_status_line = fh_fast_function(&status_definition, "add_status_line", b"""\
add_status_line(buffer, version, code, message, responses, refuses, /)
--

Append `version SP code SP message CRLF` to buffer: "%s %d %s\\r\\n" in latin-1.

If message is None: the first one that responses has for the code, or "". refuses: an object whose `strict` tells
whether CR, LF and NUL within the line raise ValueError.""", status_line, __name__)
add_field_line = fh_fast_function(&field_definition, "add_field_line", b"""\
add_field_line(buffer, keyword, value, refuses, /)
--

Append the field line of keyword and value to buffer: "%s: %s\\r\\n" in latin-1.

refuses: as in add_status_line(). Returns whether keyword may be Connection, in any case; False: it certainly is
not.""", field_line_of, __name__)


@cython.binding(False)
def joined(buffer, /):
    """Return b"".join(buffer); faster if it is a list of bytes."""
    cdef bytes whole = None
    cdef PyObject *line               # borrowed from the list
    cdef char *p
    cdef Py_ssize_t i, n, size = 0
    if type(buffer) is list:
        with cython.critical_section(buffer):
            n = PyList_GET_SIZE(<list>buffer)
            for i in range(n):
                line = PyList_GET_ITEM(<list>buffer, i)
                if not PyBytes_CheckExact(<object>line):
                    break
                size += PyBytes_GET_SIZE(<object>line)
            else:
                whole = PyBytes_FromStringAndSize(NULL, size)
                p = PyBytes_AS_STRING(whole)
                for i in range(n):
                    line = PyList_GET_ITEM(<list>buffer, i)
                    size = PyBytes_GET_SIZE(<object>line)
                    memcpy(p, PyBytes_AS_STRING(<object>line), size)
                    p += size
    return b"".join(buffer) if whole is None else whole


cdef extern from *:
    """
    /* The rounding to microseconds in email.utils.formatdate() may give the next second from here on. */
    #define FH_ROUNDED_UP 0.999999
    """
    const double FH_ROUNDED_UP


@cython.final
cdef class Second:
    """The text of a time, kept for the part of a second in which it does not change."""
    cdef double begin, end
    cdef object last, maker           # the text, and the function that made it

    @cython.binding(False)
    def text(self, time, maker, /):
        """Return maker(time, usegmt=True), made once per second. maker: email.utils.formatdate() or its replacement."""
        cdef double now, begin
        cdef object text = None
        if type(time) is not float:
            return maker(time, usegmt=True)
        now = time
        with cython.critical_section(self):
            if self.begin <= now < self.end and self.maker is maker:
                text = self.last
        if text is not None:
            return text
        text = maker(time, usegmt=True)
        begin = floor(now)
        if now < begin + FH_ROUNDED_UP:
            with cython.critical_section(self):
                self.begin = begin
                self.end = begin + FH_ROUNDED_UP
                self.last = text
                self.maker = maker
        return text


cdef inline bint is_field_value(const uint8_t *p, size_t n) noexcept:
    """RFC 9110 5.5: no control character except HTAB."""
    cdef size_t i
    cdef uint8_t odd = 0
    for i in range(n):
        odd |= ((p[i] < 0x20) & (p[i] != c"\t")) | (p[i] == 0x7F)
    return not odd


cdef inline Py_ssize_t text_of(PyObject *s, const uint8_t **p) noexcept:
    """Return the length of the latin-1 text in s, and set *p to its start; -1 if s is neither a plain str nor bytes."""
    if is_plain(s):
        p[0] = <const uint8_t *>PyUnicode_DATA(<object>s)
        return PyUnicode_GET_LENGTH(<object>s)
    if PyBytes_CheckExact(<object>s):
        p[0] = <const uint8_t *>PyBytes_AS_STRING(<object>s)
        return PyBytes_GET_SIZE(<object>s)
    return -1


cdef object request_field_of(PyObject *self, PyObject **args, Py_ssize_t count):
    """Do field_line()."""
    cdef bytes line
    cdef str number
    cdef PyObject *value
    cdef const uint8_t *n = NULL
    cdef const uint8_t *v = NULL
    cdef Py_ssize_t n_len, v_len
    cdef char *p
    if count != 2 or not PyTuple_CheckExact(<object>args[1]):
        raise TypeError("field_line() takes a name and a tuple of values")
    if PyTuple_GET_SIZE(<object>args[1]) != 1:
        return None
    n_len = text_of(args[0], &n)
    if n_len <= 0 or not fh_is_class(n, n_len, FH_TCHAR):
        return None
    value = PyTuple_GET_ITEM(<object>args[1], 0)
    if PyLong_CheckExact(<object>value):
        number = str(<object>value)  # this may raise, and putheader() looks at the name first
        value = <PyObject *>number
    v_len = text_of(value, &v)
    if v_len < 0 or not is_field_value(v, v_len):
        return None
    line = PyBytes_FromStringAndSize(NULL, n_len + v_len + 2)
    p = PyBytes_AS_STRING(line)
    memcpy(p, n, n_len)
    p[n_len] = c":"
    p[n_len + 1] = c" "
    memcpy(p + n_len + 2, v, v_len)
    return line


cdef PyMethodDef request_field_definition
field_line = fh_fast_function(&request_field_definition, "field_line", b"""\
field_line(name, values, /)
--

Return `name: value` in bytes, as HTTPConnection.putheader() makes it from one value.

values: a tuple. None if putheader() may not accept it: not exactly one value, or a name or a value that RFC 9110 does
not allow, or a type other than str, bytes and int.""", request_field_of, __name__)


share(globals())
