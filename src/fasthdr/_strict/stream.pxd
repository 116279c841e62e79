# SPDX-License-Identifier: MIT


cdef class View:
    pass


cdef class Stream:
    cdef public object ref, key, settings, timeout, idle_timeout, write_timeout, watch, seconds
    cdef public bint strict
    cdef public object file, sock, ask, buffer
    cdef public bint ahead, broken
    cdef public Py_ssize_t at
    cdef public object state, fault
    cdef object __weakref__

    cdef waits(self, seconds)
    cdef bint receive(self, Py_ssize_t wanted) except -1
    cdef tuple stream(self)
    cdef send(self, write, descriptor, data)
    cdef look(self)
    cdef bint was_written(self) except -1
