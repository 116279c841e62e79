# SPDX-License-Identifier: MIT
# cython: freethreading_compatible=True
# Answer the requests of a connection, without the GIL, with fasthdr.
from libc.stdint cimport uint8_t
from libc.string cimport memcpy, memmove
from posix.unistd cimport read, write

from fasthdr.capi cimport (
    FASTHDR_INCOMPLETE, FASTHDR_KEEP_ALIVE, FASTHDR_WHOLE, fasthdr_api_t, fasthdr_head_t, fasthdr_import, fasthdr_row_t,
)

cdef enum:
    SIZE = 65536  # the most bytes of a request, with its body

cdef const char *OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
cdef const char *BAD = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

cdef const fasthdr_api_t *api = fasthdr_import()


cdef Py_ssize_t take(const uint8_t *p, size_t n, size_t *body, bint *keep) noexcept nogil:
    """Return the bytes of the head at p, 0 if it is incomplete, -1 if it is refused. Sets the length of its body."""
    cdef fasthdr_row_t fields[100]
    cdef fasthdr_head_t head
    cdef int code = api.parse_request(p, n, fields, 100, NULL, &head)
    if code != FASTHDR_WHOLE or head.body_length < 0:
        return 0 if code == FASTHDR_INCOMPLETE else -1
    body[0] = <size_t>head.body_length
    keep[0] = (head.flags & FASTHDR_KEEP_ALIVE) != 0
    return head.consumed


def serve(int source, int sink):
    """Read requests, and answer each whole one; returns how many there were, including a refused one."""
    cdef char data[SIZE]
    cdef char out[3 * SIZE]
    cdef size_t have = 0, at = 0, sent = 0, body = 0, requests = 0
    cdef Py_ssize_t n = 1, taken
    cdef bint keep = True, persists = True
    with nogil:
        while keep and n > 0 and write(sink, out, sent) == <Py_ssize_t>sent:
            memmove(data, data + at, have - at)
            n = read(source, data + have - at, SIZE - (have - at))
            have, at, sent = have - at + (n if n > 0 else 0), 0, 0
            while keep and at < have:
                taken = take(<const uint8_t *>data + at, have - at, &body, &persists)
                if taken == 0 or (taken > 0 and body > have - at - taken):
                    break
                keep = persists and taken > 0
                memcpy(out + sent, OK if taken > 0 else BAD, 38 if taken > 0 else 66)
                sent += 38 if taken > 0 else 66
                at += taken + body if taken > 0 else 0
                requests += 1
        write(sink, out, sent)
    return requests
