# SPDX-License-Identifier: MIT
cimport cython

from fasthdr._strict.stream cimport Stream

cdef int BODY, CLOSED, HEAD, IDLE, OPEN, PIECE, RESPONDED, RESPONDING


@cython.final
cdef class Exchange(Stream):
    cdef public object writer_ref, limits
    cdef public long long drain_limit
    cdef public bint decodes, fresh
    cdef public object head_began, line, command, origin
    cdef public bint running, foreign, unparsed, skips_empty, upgrade, expects, closes, unread, read_closed
    cdef public bint between, by_hand, cut, given, handed, lent
    cdef public object framing, body, ready, body_file, around
    cdef public Py_ssize_t ready_at
    cdef public long turn
    cdef public double waited

    cpdef bint start_request(self) except -1
    cpdef bint receive_head(self) except -1
    cpdef tuple before_request(self)
    cpdef accept(self, command, framing, body, bint expects, bint upgrade)
    cpdef give_up_framing(self)
    cpdef tuple content(self)
    cpdef took(self, Py_ssize_t size)
    cpdef bint begin_response(self, int status, framing, persists) except -1
    cpdef open(self)
    cpdef refuse(self, error)
    cpdef connection_lost(self, error)
    cpdef end(self)
    cpdef drop_content(self)
