# SPDX-License-Identifier: MIT
# Without a type here, a constant would be looked up in the module at each use.
cdef int BIG, IDLE, OPEN, PIECE
cdef double _TIMEOUT_LEFT


cdef class View:
    pass


cdef class Stream:
    cdef public object handler_ref, key, settings, timeout, idle_timeout, write_timeout, watch, socket_timeout
    cdef public bint strict
    cdef public object descriptor, file, sock, read_once, buffer
    cdef public bint ahead, broken
    cdef public Py_ssize_t at
    cdef public int state
    cdef public object fault
    cdef object __weakref__

    cdef set_timeout(self, seconds)
    cdef bint receive(self, Py_ssize_t wanted) except -1
    cdef tuple stream(self)
    cdef send(self, write, descriptor, data)
    cdef refresh_timeout(self)
    cdef bint was_written(self) except -1
