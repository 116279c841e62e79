# SPDX-License-Identifier: MIT
"""Read a header block from a file, and what http.client has at that time."""
from cpython.bytes cimport PyBytes_GET_SIZE
from cpython.object cimport PyObject
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint64_t
from libc.string cimport memcmp

from fasthdr._core.cpython cimport (
    FH_NO_GIL, fh_ask, fh_ask_for, fh_member_t, fh_method_t, fh_seen_get, fh_seen_t, fh_unchanged, fh_watch_t,
)
from fasthdr._core.fields cimport fh_option_t
from fasthdr._core.interpreters cimport fh_local_t, local_object
from fasthdr._core.message cimport Messages
from fasthdr._core.runtime cimport ClassAnswers, Runtime, answer_about
from fasthdr._core.table cimport start_of
from fasthdr._core.walk cimport fh_block_init, fh_block_t


cdef struct fh_client_t:
    # What http.client had at the last look.
    bint alias                        # its parse_headers is ours
    bint patched                      # its parse_headers is neither the stdlib's nor ours
    bint parts                        # the functions that parse_headers calls are the stdlib's
    long max_line                     # _MAXLINE; 0 if the core cannot compare with it
    long max_headers                  # _MAXHEADERS; -1 if the core cannot compare with it


cdef class Reader:
    """What is made once, at import. Only one flag and what http.client had at the last look are written later."""
    cdef Runtime runtime
    cdef Messages messages
    cdef ClassAnswers kinds           # class -> its KIND_*
    cdef int exact                    # a flag: install(exact_type=True)
    # http.client
    cdef dict client                  # vars(http.client)
    cdef readonly object parse_headers  # as it was found
    cdef bint genuine                 # that is the stdlib's own
    cdef readonly object installed    # what install() puts in place of parse_headers
    cdef dict called                  # name -> what parse_headers() calls of http.client, as it was found
    cdef fh_watch_t client_watch      # watches `client`
    cdef fh_client_t last             # what http.client had; valid until a change. For threads that share a GIL
    cdef fh_seen_t seen               # the same, packed, for threads without a GIL
    cdef const fh_client_t *look(self, fh_client_t *own) except NULL
    # files
    cdef type buffered_reader
    cdef type bytes_io
    cdef object socket_io
    cdef fh_member_t raw                                    # attribute of the first type
    cdef fh_method_t peek, buffered_read, buffered_read1    # methods of the first type
    cdef fh_method_t getvalue, tell, bytes_read             # methods of the second type


cdef inline const fh_client_t *client_now(Reader rd, fh_client_t *own) except NULL:
    """Return Reader.look(), or what it saw last if nothing has changed since."""
    cdef uint64_t[2] seen
    if FH_NO_GIL:
        if fh_seen_get(&rd.seen, &rd.client_watch, seen):
            own.alias, own.patched, own.parts = seen[0] & 1, seen[0] & 2, seen[0] & 4
            own.max_line, own.max_headers = <long>(seen[0] >> 3), <long><long long>seen[1]
            return own
    elif fh_unchanged(&rd.client_watch):
        return &rd.last
    return rd.look(own)


# Kinds of message classes: only email.parser can make the messages; they can be filled from the table; they can, if the
# class's own constructor leaves the message as Message.__init__ does; our own class.
cdef enum:
    KIND_FOREIGN
    KIND_FILLED
    KIND_OWN
    KIND_TABLE


cdef inline int kind_of(Reader rd, object cls, bint alias) except -1:
    if cls is rd.messages.message_class:
        return KIND_TABLE
    if cls is rd.messages.stdlib_class:
        return KIND_TABLE if alias else KIND_FILLED
    return answer_about(rd.kinds, cls) if isinstance(cls, type) else KIND_FOREIGN


# Why from_buffer() has not taken a block.
cdef enum:
    LEFT_PART             # not all of it is in memory
    LEFT_READER
    LEFT_LIMIT
    LEFT_TYPE
    LEFT_BLOCK


# A block on its way from a file into a message.
cdef struct fh_reading_t:
    fh_block_t block      # as the walk leaves it
    int left              # LEFT_*, if from_buffer() has taken nothing
    long limit            # the _MAXHEADERS that applies, if the look at the file has changed it; or -1
    int kind              # KIND_*, of the class asked for
    bint recover          # fasthdr._stdlib.recover reads what the core leaves to the stdlib
    bint decided          # the message has only the fields of the block: `option` and `expects` are valid
    fh_option_t option    # its Connection
    bint expects          # its Expect
    PyObject *seen        # what the file has in memory, if known, or bytes in place of a file; borrowed, or NULL
    Py_ssize_t offset     # where the next byte is in it


cdef inline void reading_init(fh_reading_t *reading) noexcept:
    """Initialize everything except the kind."""
    fh_block_init(&reading.block)
    reading.decided = reading.recover = False
    reading.limit = -1
    reading.seen = NULL


cdef inline bytes in_memory(Reader rd, object fp, bint buffered, Py_ssize_t *offset):
    """Return what a BufferedReader or BytesIO has in memory; offset: its next byte. None: it is closed or detached."""
    cdef bytes seen
    if buffered:
        return fh_ask(&rd.peek, fp)
    seen = fh_ask(&rd.getvalue, fp)
    where = fh_ask(&rd.tell, fp)
    if seen is None or where is None:
        return None
    offset[0] = where
    return seen


cdef inline object take(Reader rd, object fp, bint buffered, size_t n, bint whole):
    """Take n bytes of what in_memory() has returned. whole: that is all of it."""
    # CPython keeps the ints from -5 to 256; it has to make any other. Without a GIL, there may be more to read by now.
    if whole and n > 256 and not FH_NO_GIL:
        return fh_ask_for(&rd.buffered_read1 if buffered else &rd.bytes_read, fp, -1)
    return fh_ask_for(&rd.buffered_read if buffered else &rd.bytes_read, fp, <Py_ssize_t>n)


cdef inline bint is_start(bytes taken, const uint8_t *p, size_t n) noexcept:
    """Return whether the bytes taken from a file are the n bytes at p that it had in memory before.

    Another thread may have read from the file meanwhile. The length must be right, or rows would be out of bounds. Of
    the bytes, only the first and the last are compared; if others differ, that is the other thread's fault.
    """
    cdef const uint8_t *q
    if taken is None or <size_t>PyBytes_GET_SIZE(taken) != n:
        return False
    q = start_of(taken)
    if n < 8:
        return memcmp(q, p, n) == 0
    return memcmp(q, p, 8) == 0 and memcmp(q + n - 8, p + n - 8, 8) == 0


cdef object headers_from(Reader rd, object fp, object cls, object max_headers, bint alias, fh_reading_t *reading)
cdef object from_buffer(Reader rd, object fp, object cls, object max_headers, fh_reading_t *reading, bint last)

cdef fh_local_t the_reader


cdef inline Reader reader():
    """Return the interpreter's Reader, as runtime() does its Runtime."""
    return <Reader>local_object(&the_reader)
