# SPDX-License-Identifier: MIT
cimport cython

from fasthdr._strict.exchange cimport Exchange
from fasthdr._strict.head cimport request_line
from fasthdr._strict.view cimport View

cdef int CLOSED, HEAD, IDLE, OPEN, PIECE


@cython.final
cdef class BodyReader(View):
    cdef readonly Exchange exchange
    cdef readonly bint closed
    cdef bint _unbuffered
    cdef object __weakref__

    cdef tuple _region(self, Py_ssize_t wanted=*)
