# SPDX-License-Identifier: MIT
# cython: freethreading_compatible=True
# Answer the requests of a connection, without the GIL, with picohttpparser.
from libc.stdlib cimport strtoul
from libc.string cimport memcpy, memmove
from posix.strings cimport strncasecmp
from posix.unistd cimport read, write

cdef extern from "picohttpparser.h" nogil:
    struct phr_header:
        const char *name
        const char *value
        size_t name_len
        size_t value_len
    int phr_parse_request(const char *, size_t, const char **, size_t *, const char **, size_t *, int *, phr_header *,
                          size_t *, size_t) noexcept

cdef enum:
    SIZE = 65536  # the most bytes of a request, with its body

cdef const char *OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
cdef const char *BAD = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


cdef Py_ssize_t take(const char *p, size_t n, size_t *body, bint *keep) noexcept nogil:
    """Return the bytes of the head at p, 0 if it is incomplete, -1 if it is refused. Sets the length of its body."""
    cdef phr_header fields[100]
    cdef const char *word[2]  # method and target
    cdef size_t length[2]
    cdef size_t count = 100, i
    cdef int minor, taken
    taken = phr_parse_request(p, n, &word[0], &length[0], &word[1], &length[1], &minor, fields, &count, 0)
    if taken < 0:
        return 0 if taken == -2 else -1
    body[0] = 0
    keep[0] = minor == 1
    for i in range(count):
        if fields[i].name_len == 14 and strncasecmp(fields[i].name, b"content-length", 14) == 0:
            body[0] = strtoul(fields[i].value, NULL, 10)
        elif fields[i].name_len == 10 and strncasecmp(fields[i].name, b"connection", 10) == 0:
            keep[0] = keep[0] and not (fields[i].value_len == 5 and strncasecmp(fields[i].value, b"close", 5) == 0)
    return taken


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
                taken = take(data + at, have - at, &body, &persists)
                if taken == 0 or (taken > 0 and body > have - at - taken):
                    break
                keep = persists and taken > 0
                memcpy(out + sent, OK if taken > 0 else BAD, 38 if taken > 0 else 66)
                sent += 38 if taken > 0 else 66
                at += taken + body if taken > 0 else 0
                requests += 1
        write(sink, out, sent)
    return requests
