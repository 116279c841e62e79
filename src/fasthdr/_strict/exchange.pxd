# SPDX-License-Identifier: MIT
cimport cython

from fasthdr._strict.stream cimport Stream

cdef int ANSWERED, ANSWERING, BIG, BODY, CLOSED, HEAD, IDLE, OPEN, PIECE


@cython.final
cdef class Exchange(Stream):
    cdef public object sink, limits
    cdef public long long drain_limit
    cdef public bint decodes, late
    cdef public object began, line, command, origin
    cdef public bint running, foreign, unparsed, skips, upgrade, expects, closes, unread, read_closed, by_hand, given
    cdef public object framing, body, ready, taken
    cdef public Py_ssize_t ready_at
    cdef public long turn
    cdef public double waited

    cpdef bint start_request(self) except -1
    cpdef bint receive_head(self) except -1
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
