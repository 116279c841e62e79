# SPDX-License-Identifier: MIT
"""Heads, the results of the sans-I/O functions, as Cython modules see them."""
from libc.stddef cimport size_t

from fasthdr._core.table cimport fh_table_t


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
