# SPDX-License-Identifier: MIT
"""What a Cython module sees of the gateway: the field lines of a table as CGI variables."""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

from fasthdr._table cimport fh_table_t


cdef class Names:
    """The CGI variables of the well-known field names, shared."""
    cdef tuple bare                   # HOST for Host, by the index of known_at()
    cdef tuple prefixed               # HTTP_HOST
    cdef tuple lower                  # b"host"


cdef int put_fields(dict env, const uint8_t *p, const fh_table_t *table, object content_type, bint strict) except -1
cdef str path_info(const uint8_t *p, size_t n)
cdef int put_pairs(dict env, object headers, bint strict) except -1
cdef str authority_in(object method, str target)
cdef str origin_of(object method, str target)
cdef int put_authority(dict env, str target) except -1
cdef list with_authority(list pairs, str target)
cdef dict environ_of(object base, str method, str target, str version)
cdef list lowered(const uint8_t *p, const fh_table_t *table)
cdef dict scope_of(object base, str method, str target, str version, list headers)
