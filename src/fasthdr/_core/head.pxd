# SPDX-License-Identifier: MIT
"""Heads, the results of the sans-I/O functions, as Cython modules see them."""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from fasthdr._core.table cimport fh_table_t
from fasthdr._core.walk cimport fh_row_t


cdef class Head:
    """A whole head: the field lines, and how many bytes they took.

    The parts of the start line are here, too, so that all heads have the same size and share one free list.
    """
    cdef bytes data                   # the head, from its first byte on, and perhaps what followed it
    cdef fh_table_t table
    cdef bytes many                   # memory of the table's rows, if there are many
    cdef readonly size_t consumed
    cdef object message               # `headers`, once they have been made or if the stdlib read them
    cdef str version
    cdef str method, target           # of a request; in a response, the method of its request, if known
    cdef str reason                   # of a response
    cdef int status_code              # of a response
    cdef bint persists                # the connection; in a response only in strict mode
    cdef bint waits                   # of a request
    cdef bint strict                  # read in strict mode
    cdef object frame                 # then: 'chunked', a length, or None
    cdef bint multipart               # `headers` has the defects of a well-formed multipart/*


cdef class RequestHead(Head):
    pass


cdef class ResponseHead(Head):
    pass


cdef Head new_head()
cdef RequestHead new_request_head()
cdef ResponseHead new_response_head()


cdef inline long long length_at(const uint8_t *p, const fh_row_t *row) noexcept nogil:
    """Return the value of Content-Length = 1*DIGIT (RFC 9110 8.6), at most 2**63 - 1, or -1 for any other."""
    cdef const uint8_t *v = p + row.value
    cdef uint32_t n = row.value_len, i
    cdef uint64_t length = 0
    while n > 1 and v[0] == c"0":
        v += 1
        n -= 1
    if n == 0 or n > 19:
        return -1
    for i in range(n):
        if not c"0" <= v[i] <= c"9":
            return -1
        length = length * 10 + (v[i] - c"0")
    return -1 if length > <uint64_t>0x7FFFFFFFFFFFFFFF else <long long>length
