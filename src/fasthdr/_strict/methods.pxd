# SPDX-License-Identifier: MIT
cimport cython

from fasthdr._strict.answer cimport AnswerWriter
from fasthdr._strict.exchange cimport Exchange
from fasthdr._strict.request cimport RequestReader
from fasthdr._core.head cimport RequestHead


cpdef Exchange exchange_of(handler, bint fresh=*)
cdef Exchange _current(handler)
cdef bint _reads_for(handler, Exchange exchange) except -1


@cython.locals(head=RequestHead, target=str, path=str, line=bytes, persistent=bint, expects=bint)
cdef _strict(handler, Exchange exchange, bytes raw)


@cython.locals(head=tuple, found=tuple)
cdef _framed(handler, Exchange exchange, bytes raw, by_default)
cdef _framed_by(Exchange exchange, command, version, framing, bint expects, bint upgrade)
