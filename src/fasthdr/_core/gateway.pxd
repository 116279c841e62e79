# SPDX-License-Identifier: MIT
"""What Cython modules see of the gateway: the field lines of a table as CGI variables."""
from cpython.object cimport PyObject
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint64_t

from fasthdr._core.runtime cimport FH_KNOWN
from fasthdr._core.table cimport fh_table_t


cdef struct fh_variable_t:
    # What a well-known name is as a CGI variable.
    PyObject *bare                    # str; Names.bare holds it
    PyObject *prefixed                # the same with HTTP_; Names.prefixed holds it
    uint64_t mark                     # mark_of() `bare`
    uint8_t first                     # the index of the first name with the same variable


cdef class Names:
    """The CGI variables of the well-known field names, as shared objects."""
    cdef tuple bare                   # HOST for Host, by the index of known_at()
    cdef tuple prefixed               # HTTP_HOST
    cdef tuple lower                  # b"host"
    cdef fh_variable_t[FH_KNOWN] known
    cdef uint64_t variables           # the marks of the variables from a request line and its connection
    cdef tuple empty_scope            # an empty connection scope and its "asgi"


cdef int put_fields(dict env, uint64_t marks, const uint8_t *p, const fh_table_t *table, object content_type,
                    bint strict) except -1
cdef str path_info(const uint8_t *p, size_t n)
cdef int put_pairs(dict env, object headers, bint strict) except -1
cdef int put_authority(dict env, str target) except -1
cdef list with_authority(list pairs, str target)
cdef dict environ_of(object base, str method, str target, str version, Py_ssize_t fields, uint64_t *marks)
cdef list lowered(const uint8_t *p, const fh_table_t *table)
cdef dict scope_of(object base, str method, str target, str version, list headers)
