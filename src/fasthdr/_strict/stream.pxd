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

    cpdef waits(self, seconds)
    cpdef bint receive(self, Py_ssize_t wanted) except -1
    cpdef tuple stream(self)
    cpdef send(self, write, descriptor, data)
    cpdef look(self)
    cpdef bint was_written(self) except -1
