# SPDX-License-Identifier: MIT
cimport cython

from fasthdr._core.head cimport RequestHead
from fasthdr._strict.exchange cimport Exchange

cdef int HEAD

cpdef bytes request_line(Exchange exchange, Py_ssize_t limit)
cpdef read_head(Exchange exchange, bytes raw)
cpdef fault_so_far(Exchange exchange)
cdef _parsed(Exchange exchange, buffer, Py_ssize_t start)
cdef _within_limits(Exchange exchange, data)


@cython.locals(head=RequestHead, target=str, path=str, line=bytes, persistent=bint, expects=bint)
cpdef strict_head(handler, Exchange exchange, bytes raw)


@cython.locals(head=tuple, found=tuple)
cdef _framed_head(handler, Exchange exchange, bytes raw, by_default)
cdef _framed_by(Exchange exchange, command, version, framing, bint expects, bint upgrade)
