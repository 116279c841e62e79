# SPDX-License-Identifier: MIT
"""Heads: what a Cython module sees of the sans-I/O functions' results."""
from libc.stddef cimport size_t

from fasthdr._core.table cimport fh_table_t


cdef class Head:
    """A whole head: the field lines, and how many bytes they took.

    The start line's parts are here, too, so that all heads are of one size and share their free list.
    """
    cdef bytes data                   # the head, from its first byte on, and perhaps what followed it
    cdef fh_table_t table
    cdef bytes many                   # memory of the table's rows, where they are many
    cdef readonly size_t consumed
    cdef object message               # `headers`, once asked for or where the stdlib read them
    cdef str version
    cdef str method, target           # of a request; of a response the method that it answers, if known
    cdef str reason                   # of a response
    cdef int status_code              # of a response
    cdef bint persists                # the connection; of a response in strict mode alone
    cdef bint waits                   # of a request
    cdef bint strict                  # read in strict mode
    cdef object frame                 # then: 'chunked', a length, or None
    cdef bint multipart               # `headers` has the defects of a well-formed multipart/*


cdef class RequestHead(Head):
    pass


cdef class ResponseHead(Head):
    pass
