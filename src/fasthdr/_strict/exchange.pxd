# SPDX-License-Identifier: MIT
cimport cython


@cython.final
cdef class Exchange:
    cdef public object ref, sink, key, settings, timeout, idle_timeout, write_timeout, watch, limits, seconds
    cdef public long long drain_limit
    cdef public bint strict, decodes, late
    cdef public object file, sock, ask, buffer
    cdef public bint ahead
    cdef public Py_ssize_t at
    cdef public object state, began, line, command, origin, fault
    cdef public bint running, foreign, skips, upgrade, expects, closes, broken, unread, read_closed
    cdef public object framing, body, ready, taken
    cdef public Py_ssize_t ready_at
    cdef public long turn
    cdef public double waited
    cdef object __weakref__

    cpdef waits(self, seconds)
    cpdef bint receive(self, Py_ssize_t wanted) except -1
    cpdef tuple stream(self)
    cpdef send(self, write, data)
    cpdef bint begin(self) except -1
    cpdef look(self)
    cpdef bytes request_line(self, Py_ssize_t limit)
    cpdef bint receive_head(self) except -1
    cpdef read_head(self, bytes raw)
    cpdef accept(self, command, framing, body, bint expects, bint upgrade)
    cpdef not_ours(self)
    cpdef tuple content(self)
    cpdef took(self, Py_ssize_t size)
    cpdef bint answers(self, int status, framing, persists) except -1
    cpdef open(self)
    cpdef refuse(self, error)
    cpdef lost(self, error)
    cpdef end(self)
    cpdef let_go(self)
    cpdef bint was_written(self) except -1


cdef _least(seconds, timeout)
