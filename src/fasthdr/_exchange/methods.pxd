# SPDX-License-Identifier: MIT
from fasthdr._exchange.answer cimport AnswerWriter
from fasthdr._exchange.exchange cimport Exchange
from fasthdr._exchange.request cimport RequestReader


cpdef Exchange exchange_of(handler, bint fresh=*)
cdef Exchange _current(handler)
cdef bint _reads_for(handler, Exchange exchange) except -1
cdef _strict(handler, Exchange exchange, bytes raw)
cdef _framed(handler, Exchange exchange, bytes raw, by_default)
