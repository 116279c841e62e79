# SPDX-License-Identifier: MIT
# The values of the fields that the walk has noted: Connection, Expect, Content-Type. No Python object is touched here.
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcmp

from fasthdr._core.classify cimport fh_is_name, fh_is_space, fh_lower, fh_same_name
from fasthdr._core.walk cimport fh_block_t, fh_row_t


cdef inline bint fh_value_is(const uint8_t *p, const fh_row_t *row, const char *lower, size_t n) noexcept nogil:
    """Return whether value.lower() is `lower`. It compares bytes: in latin-1, only A to Z have an ASCII lower case."""
    return row.value_len == n and fh_same_name(p + row.value, <const uint8_t *>lower, n)


# The value of the first Connection field, as far as http.server looks at it.
ctypedef enum fh_option_t:
    FH_OPTION_NONE = 0
    FH_OPTION_CLOSE = 1
    FH_OPTION_KEEP_ALIVE = 2


cdef inline fh_option_t fh_connection_option(const uint8_t *p, const fh_block_t *b) noexcept nogil:
    """Return the option. fh_is_name() takes CR for "-", but never the LF that follows each CR in a value."""
    cdef const fh_row_t *row
    if b.connection >= 0:
        row = &b.rows[b.connection]
        if row.value_len == 5 and fh_is_name(p + row.value, b"close", 5):
            return FH_OPTION_CLOSE
        if row.value_len == 10 and fh_is_name(p + row.value, b"keep-alive", 10):
            return FH_OPTION_KEEP_ALIVE
    return FH_OPTION_NONE


cdef inline bint fh_keeps_alive(fh_option_t option, bint persistent, bint keep) noexcept nogil:
    """Return `keep`, the default of the version, unless Connection overrides it; persistent: the server supports it."""
    if option == FH_OPTION_CLOSE:
        return False
    return keep or (persistent and option == FH_OPTION_KEEP_ALIVE)


cdef inline bint fh_expects(const uint8_t *p, const fh_block_t *b) noexcept nogil:
    """Return whether the first Expect field is 100-continue."""
    return b.expect >= 0 and fh_value_is(p, &b.rows[b.expect], b"100-continue", 12)


cdef inline bint fh_is_boundary(uint8_t c) noexcept nogil:
    return c'a' <= fh_lower[c] <= c'z' or c'0' <= c <= c'9' or c == c'-' or c == c'_' or c == c'.'


# What the value of Content-Type makes email.feedparser do after the headers.
ctypedef enum fh_content_t:
    FH_CONTENT_PLAIN = 0
    FH_CONTENT_MULTIPART = 1  # perhaps multipart/*: its get_boundary() and its defects
    FH_CONTENT_MESSAGE = 2    # perhaps message/*: a message in the payload


cdef inline fh_content_t fh_content_kind(const uint8_t *p, const fh_block_t *b) noexcept nogil:
    cdef const uint8_t *v
    cdef size_t n
    if b.content_type < 0:
        return FH_CONTENT_PLAIN
    v = p + b.rows[b.content_type].value
    n = b.rows[b.content_type].value_len
    while n and fh_is_space(v[0]):
        v += 1
        n -= 1
    if n >= 9 and fh_same_name(v, b"multipart", 9):
        return FH_CONTENT_MULTIPART
    if n >= 7 and fh_same_name(v, b"message", 7):
        return FH_CONTENT_MESSAGE
    return FH_CONTENT_PLAIN


cdef inline bint fh_plain_multipart(const uint8_t *p, const fh_block_t *b) noexcept nogil:
    """Return True for `multipart/` subtype `; boundary=` 1*( ALPHA / DIGIT / "-" / "_" / "." ), as browsers send it.

    get_boundary() certainly finds a boundary there. False if there is a Content-Transfer-Encoding, because the feed
    parser looks at that, too.
    """
    cdef const fh_row_t *row = &b.rows[b.content_type]
    cdef const uint8_t *v = p + row.value
    cdef size_t n = row.value_len, i = 10, start
    cdef uint32_t k
    if n < i or memcmp(v, b"multipart/", 10) != 0:
        return False
    while i < n and fh_is_boundary(v[i]):
        i += 1
    if i == 10 or i >= n or v[i] != c';':
        return False
    i += 1
    if i < n and v[i] == c' ':
        i += 1
    if n - i < 10 or memcmp(v + i, b"boundary=", 9) != 0:
        return False
    i += 9
    start = i
    while i < n and fh_is_boundary(v[i]):
        i += 1
    if i == start or i != n:
        return False
    for k in range(b.count):
        if b.rows[k].name_len == 25 and fh_same_name(p + b.rows[k].name, b"content-transfer-encoding", 25):
            return False
    return True
