# SPDX-License-Identifier: MIT
cimport cython

from fasthdr._strict.exchange cimport Exchange


@cython.final
cdef class RequestReader:
    cdef readonly Exchange exchange
    cdef readonly bint closed
    cdef object __weakref__

    cdef tuple _region(self)
