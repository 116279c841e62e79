# SPDX-License-Identifier: MIT
# Start lines of the default mode: the request line and the status line that the core reads itself. No Python object is
# touched here.
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t
from libc.string cimport memcmp

from fasthdr._core.classify cimport fh_is_crlf, fh_is_space, fh_is_word
from fasthdr._core.walk cimport fh_next, fh_scan_t


# method SP request-target SP HTTP-version, in bytes from the start of the line.
cdef struct fh_request_line_t:
    size_t method_len     # 1 and up; the method starts the line
    size_t target         # after it and SP
    size_t target_len     # 1 and up
    size_t slashes        # at the start of the target, if there are two or more; otherwise 0
    size_t length         # of the line without its line end
    int minor             # of HTTP-version: 0 or 1


cdef inline size_t fh_word_end(fh_scan_t *s, size_t i) noexcept nogil:
    """Return the first byte at or after i that cannot be in a word of a request line; n or more if there is none."""
    while True:
        i = fh_next(s, i, False)
        if i >= s.n or not fh_is_word(s.p[i]):
            return i
        i += 1


cdef inline size_t fh_request_words(fh_scan_t *s, size_t start, fh_request_line_t *r) noexcept nogil:
    """Read method SP request-target from p + start on. Returns where they end; 0 if the line does not begin so."""
    cdef const uint8_t *p = s.p
    cdef size_t i = fh_word_end(s, start), t = i + 1
    r.method_len = r.target = r.target_len = r.slashes = 0
    r.minor = 0
    if i == start or i >= s.n or p[i] != c' ':
        return 0
    r.method_len = i - start
    r.target = t
    i = fh_word_end(s, t)
    r.target_len = i - t
    if i == t:
        return 0
    if p[t] == c'/' and i > t + 1 and p[t + 1] == c'/':
        while t + r.slashes < i and p[t + r.slashes] == c'/':
            r.slashes += 1
    return i


cdef inline bint fh_request_version(const uint8_t *p, fh_request_line_t *r) noexcept nogil:
    """Return whether nine bytes are SP HTTP-version, HTTP/1.0 or HTTP/1.1; store the minor version."""
    r.minor = p[8] - c'0'
    return memcmp(p, b" HTTP/1.", 8) == 0 and (p[8] == c'0' or p[8] == c'1')


cdef inline bint fh_request_line(fh_scan_t *s, size_t length, fh_request_line_t *r) noexcept nogil:
    """RFC 9112 3: request-line = method SP request-target SP HTTP-version, only HTTP/1.0 and HTTP/1.1.

    Reads the first `length` bytes of the input, without a line end that ends them. Like str.split(), it allows more
    characters in the method and target than the RFC. False: not of this form, so the stdlib has to read it.
    """
    cdef const uint8_t *p = s.p
    cdef size_t n = length, i
    if n and p[n - 1] == c'\n':
        n -= 1
        if n and p[n - 1] == c'\r':
            n -= 1
    r.length = n
    i = fh_request_words(s, 0, r)
    return i != 0 and i <= n and n - i == 9 and fh_request_version(p + i, r)


cdef inline size_t fh_request_start_at(fh_scan_t *s, size_t start, fh_request_line_t *r) noexcept nogil:
    """Do the same from p + start on, and find the line end, CRLF or LF. Returns where the header block begins, or 0.

    0: incomplete, or not of this form. Offsets in r count from p.
    """
    cdef const uint8_t *p = s.p
    cdef size_t i = fh_request_words(s, start, r)
    if i == 0 or s.n - i < 10 or not fh_request_version(p + i, r):
        return 0
    r.length = i + 9
    if p[i + 9] == c'\n':
        return i + 10
    return i + 11 if s.n - i > 10 and fh_is_crlf(p + i + 9) else 0


cdef inline size_t fh_request_start(fh_scan_t *s, fh_request_line_t *r) noexcept nogil:
    return fh_request_start_at(s, 0, r)


# HTTP-version SP status-code SP [ reason-phrase ], in bytes from the start of the line.
cdef struct fh_status_line_t:
    int status            # 100 to 999
    int minor             # of HTTP-version: 0 or 1
    size_t reason         # 12 and up
    size_t reason_len     # 0 and up


cdef inline bint fh_status_line(const uint8_t *p, size_t n, fh_status_line_t *r) noexcept nogil:
    """RFC 9112 4: status-line = HTTP-version SP status-code SP [ reason-phrase ], only HTTP/1.0 and HTTP/1.1.

    This allows more than the RFC after the status code: as with str.split() and str.strip(), the reason phrase and its
    SP may be missing, and white space around it is left out. False: not of this form, so the stdlib has to read it.
    """
    cdef size_t i = 12, end
    if n and p[n - 1] == c'\n':
        n -= 1
    end = n
    if n < 12 or memcmp(p, b"HTTP/1.", 7) != 0 or (p[7] != c'0' and p[7] != c'1') or p[8] != c' ':
        return False
    if not (c'1' <= p[9] <= c'9' and c'0' <= p[10] <= c'9' and c'0' <= p[11] <= c'9'):
        return False
    if n > 12 and not fh_is_space(p[12]):
        return False
    while n > 12 and fh_is_space(p[n - 1]):
        n -= 1
    if n == 12:
        # Without a reason phrase, the stdlib gives the rest to int(), for which FS, GS, RS and US are not white space.
        while end > n:
            end -= 1
            if 0x1C <= p[end] <= 0x1F:
                return False
    while i < n and fh_is_space(p[i]):
        i += 1
    r.minor = p[7] - c'0'
    r.status = (p[9] - c'0') * 100 + (p[10] - c'0') * 10 + (p[11] - c'0')
    r.reason = i
    r.reason_len = n - i
    return True
