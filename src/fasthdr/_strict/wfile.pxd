# SPDX-License-Identifier: MIT
cimport cython

from fasthdr._strict.exchange cimport Exchange
from fasthdr._strict.view cimport View

cdef int IDLE, RESPONDED, RESPONDING, _CONTENT, _DROP, _HEAD, _PASS, _PIECE, _SIZED


@cython.final
cdef class ResponseWriter(View):
    cdef readonly Exchange exchange
    cdef readonly object beneath
    cdef readonly bint closed
    cdef Py_ssize_t _room, _size
    cdef long long _left
    cdef int _mode
    cdef bint _final, _sent
    cdef long _turn
    cdef object _send, _flush, _descriptor, _check
    cdef list _pending
    cdef bytes _held
    cdef object __weakref__

    cpdef reset(self)
    cpdef flush(self)
    cpdef open(self)
    cpdef drop(self)
    cpdef bint finish(self) except -1
    cpdef Py_ssize_t write(self, data) except -1
    cdef _write_head(self, bytes data)
    cdef _end(self)
    cdef _write_as_it_is(self, bytes data)
    cdef _write_sized(self, data, Py_ssize_t size)
    cdef _write_content(self, data, Py_ssize_t size)
    cdef _put(self, data, Py_ssize_t size)
    cdef _out(self, data, Py_ssize_t size)
