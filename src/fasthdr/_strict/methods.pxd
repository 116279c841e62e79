# SPDX-License-Identifier: MIT
from fasthdr._strict.wfile cimport ResponseWriter
from fasthdr._strict.exchange cimport Exchange
from fasthdr._strict.head cimport strict_head
from fasthdr._strict.rfile cimport BodyReader

cdef int CLOSED, HEAD, IDLE, OPEN

cdef Exchange _exchange_of(handler)
cdef Exchange _attached(handler)
cdef Exchange _with_request(handler)
cdef Exchange _new(handler, bint fresh=*)
cdef Exchange _new_at_start(handler)
cdef Exchange _current(handler)
cdef Exchange _at_start(handler)
cdef Exchange _exchange_behind(BodyReader reader)
cdef bint _reads_for(handler, Exchange exchange) except -1
