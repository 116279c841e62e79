# SPDX-License-Identifier: MIT
cimport cython

# Without a type here, a constant would be looked up in the module at each use.
cdef int BIG, IDLE, OPEN, PIECE
cdef double _TIMEOUT_LEFT, _ROUNDED, _UNKNOWN


@cython.final
cdef class Timeout:
    cdef readonly object sock, ours, theirs
    cdef object _now
    cdef readonly bint by_program

    cdef set(self, seconds)
    cdef bint is_ours(self, now) except -1
    cdef note(self, now)
    cdef give_back(self)
    cdef lend(self)


cdef class Stream:
    cdef readonly Timeout clock
    cdef public object handler_ref, key, settings, timeout, idle_timeout, write_timeout, watch
    cdef public bint strict
    cdef public object descriptor, file, sock, read_once, buffer
    cdef public bint ahead, broken
    cdef public Py_ssize_t at
    cdef double read_until, write_until
    cdef public int state
    cdef public object fault
    cdef object __weakref__

    cdef set_timeout(self, seconds)
    cdef bint receive(self, Py_ssize_t wanted) except -1
    cdef tuple stream(self, Py_ssize_t wanted=*)
    cdef send(self, write, descriptor, data)
    cdef bint was_written(self) except -1
