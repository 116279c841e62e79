# SPDX-License-Identifier: MIT
"""Heads, the results of the sans-I/O functions, as Cython modules see them."""
from cpython.object cimport PyObject
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

from fasthdr._core.interpreters cimport fh_local_t
from fasthdr._core.message cimport Messages
from fasthdr._core.runtime cimport Runtime
from fasthdr._core.table cimport fh_table_t


cdef extern from *:
    ctypedef bint fh_bool_t "uint8_t"  # so that a head takes less memory to clear


cdef enum:
    BODY_CHUNKED = -1    # its chunks say how long it is
    BODY_TO_END = -2     # the end of the connection ends it


cdef class Head:
    """A whole head: the field lines, and how many bytes they took.

    The parts of the start line are here, too, so that all heads have the same size and share one free list.
    """
    cdef bytes data                   # the head, from its first byte on, and perhaps what followed it
    cdef Messages messages            # those of the interpreter, or None: a look-up would be slower
    cdef fh_table_t table
    cdef bytes many                   # memory of the table's rows, if there are many
    cdef readonly size_t consumed
    cdef object message               # `headers`, once they have been made or if the stdlib read them
    cdef str version
    cdef str method, target           # of a request; in a response, the method of its request, if known
    cdef str reason                   # of a response
    cdef int status_code              # of a response
    cdef fh_bool_t persists           # the connection; in a response only in strict mode
    cdef fh_bool_t waits              # of a request
    cdef fh_bool_t strict             # read in strict mode
    cdef fh_bool_t multipart          # `headers` has the defects of a well-formed multipart/*
    cdef long long frame              # in strict mode: the length of the body, BODY_CHUNKED or BODY_TO_END


cdef class RequestHead(Head):
    pass


cdef class ResponseHead(Head):
    pass


cdef class HeadTypes:
    """The types of heads in one interpreter, and what its heads need: found together, in one look-up."""
    cdef Runtime runtime
    cdef Messages messages
    cdef tuple arguments              # of a constructor: none
    cdef object plain                 # Head
    cdef object request               # RequestHead
    cdef object response              # ResponseHead


cdef fh_local_t the_head_types

# types: HeadTypes of the interpreter, borrowed; NULL: look for the type.
cdef Head new_head(PyObject *types)
cdef RequestHead new_request_head(PyObject *types)
cdef ResponseHead new_response_head(PyObject *types)
