# SPDX-License-Identifier: MIT
"""What a Cython module sees of the core; `from fasthdr cimport ...` names what it may rely on."""
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t

from fasthdr._classify cimport fh_classify_fn
from fasthdr._grammar cimport fh_block_t, fh_fold_t, fh_row_t


cdef enum:
    FH_FEW = 16      # rows inside the object; more take memory of their own
    FH_SLOTS = 1024  # of the hash of well-known names, a power of two


# A finished table: the rows of one header block and the bytes they index. Immutable.
cdef struct fh_table_t:
    fh_row_t *rows            # `few`, or memory of our own
    uint32_t count
    fh_row_t few[FH_FEW]


cdef class Runtime:
    """What the core knows of the running interpreter's stdlib; one a module, written at import alone."""
    cdef fh_classify_fn classify
    cdef readonly str simd            # name of the stage 1 variant
    cdef public fh_fold_t fold        # how an obs-fold after an empty first line is joined
    cdef public bint native           # the core may read header blocks at all
    cdef public bint multipart        # multipart/* as the core finishes it is what the stdlib makes
    cdef public bint blank_line       # the blank line is counted and belongs to the parsed text
    cdef public bint exact_type       # install(exact_type=True)
    cdef public bint counting         # stats are collected
    cdef public dict counts           # reason -> heads
    cdef public dict client           # vars(http.client)
    cdef public object message_class  # fasthdr.client.HTTPMessage
    cdef public object stdlib_class   # http.client.HTTPMessage
    cdef public object message_base   # email.message.Message
    cdef public object compat32       # the policy of every message
    cdef public object parse_headers  # http.client.parse_headers as it was found
    cdef public object installed      # what install() puts in the place of parse_headers
    cdef public bint takes_max        # parse_headers has the keyword _max_headers
    cdef public int read_headers_args  # positional arguments of http.client._read_headers; 0: unknown
    cdef public object finish_multipart   # fasthdr.client: what email.feedparser adds to a multipart/* message
    cdef public object multipart_defects  # its defects where the Content-Type is an honest one, as a new list
    cdef public object parser         # email.parser.Parser
    cdef int count(self, str reason) except -1
    cdef type buffered_reader
    cdef type bytes_io
    cdef object buffered_peek, buffered_read                # methods of the two types, called without a look-up
    cdef object bytes_getvalue, bytes_tell, bytes_read
    cdef tuple known                  # the shared names
    cdef uint8_t[FH_SLOTS] slots      # hash of a spelling -> index into `known` plus 1; 0: none
    cdef tuple versions               # ("HTTP/1.0", "HTTP/1.1")


cdef class MessageTable:
    """The storage under HTTPMessage: the table while nobody has changed the message, the list of pairs from then on."""
    cdef bytes data
    cdef fh_table_t table
    cdef object pairs
    cdef object own_policy
    cdef object own_defects
    cdef bint multipart               # has the defects of an honest multipart/*, made when asked for
    cdef bint plain                   # made by the core as exactly fasthdr.client.HTTPMessage


cdef class Head:
    """A whole head: the field lines, and how many bytes they took."""
    cdef bytes data                   # the head, from its first byte on, and perhaps what followed it
    cdef fh_table_t table
    cdef readonly size_t consumed
    cdef object message               # `headers`, once asked for or where the stdlib read them


cdef class RequestHead(Head):
    cdef size_t method_len, target_at, target_len
    cdef int minor                    # of HTTP-version; -1: not read by the core
    cdef object own_method, own_target, own_version
    cdef readonly bint keep_alive
    cdef readonly bint expect_continue


cdef class ResponseHead(Head):
    cdef readonly int status
    cdef size_t reason_at, reason_len
    cdef int minor
    cdef object own_reason, own_version
