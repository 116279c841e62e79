# SPDX-License-Identifier: MIT
# Stage 2 of the parser: one function a grammar rule, over the masks of stage 1. No Python object is touched here.
#
# Invariants: every offset is relative to the `p` a function was given and at most `n`; no byte at or beyond p + n is
# read; a row is written only when its whole field line has been seen.
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcmp, memcpy

from fasthdr._classify cimport (
    FH_BLOCK, FH_CHUNK_BLOCKS, FH_MAX_HEAD, fh_classify_fn, fh_ctz, fh_is_space, fh_is_word, fh_lower, fh_mask_t,
)


cdef enum:
    FH_ROWS = 128             # rows of a walk before it allocates; the stdlib refuses more than 100 field lines
    FH_CHUNK = 1024           # FH_BLOCK * FH_CHUNK_BLOCKS


ctypedef enum fh_code_t:
    FH_OK = 0        # a whole block, and the stdlib would see in it what the rows say
    FH_PARTIAL = 1   # no blank line so far
    FH_FOREIGN = 2   # whole or not, the stdlib has to read it
    FH_NO_MEMORY = 3


# How the stdlib joins `A:` and the ` b` on the next line; patch releases differ.
ctypedef enum fh_fold_t:
    FH_FOLD_FOREIGN = 0   # unknown: left to the stdlib
    FH_FOLD_KEEP = 1      # the line end stays at the front of the value
    FH_FOLD_STRIP = 2     # every leading blank and line end goes


# One field line: a row of the public table, four unsigned 32-bit numbers, in bytes from the start of the head.
cdef struct fh_row_t:
    uint32_t name         # first byte of the field name
    uint32_t name_len     # 1 and up
    uint32_t value        # first byte of the field value; leading SP and TAB are outside
    uint32_t value_len    # 0 and up; obs-fold line ends and trailing blanks are inside


# What a walk over a header block leaves behind. fh_block_free() gives back what it took.
cdef struct fh_block_t:
    fh_row_t *rows        # `few`, or memory of our own
    uint32_t count        # rows written
    uint32_t capacity     # rows there is room for
    size_t lines          # field lines and continuation lines seen, without the blank line
    size_t longest        # bytes of the longest line seen, its line end included
    size_t line           # where the line starts at which the walk stopped
    size_t end            # FH_OK: one past the blank line
    int connection        # first row of that name, or -1
    int expect            # likewise
    int content_type      # likewise
    fh_row_t few[FH_ROWS]


# A window of masks that follows the walk through the input.
cdef struct fh_scan_t:
    const uint8_t *p
    size_t n
    size_t base           # first byte the masks stand for, a multiple of FH_BLOCK
    size_t limit          # one past the last byte they stand for, a multiple of FH_BLOCK
    fh_classify_fn classify
    fh_mask_t masks[FH_CHUNK_BLOCKS]


cdef inline void fh_block_init(fh_block_t *b) noexcept nogil:
    b.rows = b.few
    b.count = 0
    b.capacity = FH_ROWS
    b.lines = b.longest = b.line = b.end = 0
    b.connection = b.expect = b.content_type = -1


cdef inline void fh_block_free(fh_block_t *b) noexcept nogil:
    if b.rows != b.few:
        free(b.rows)
        b.rows = b.few


cdef inline bint fh_block_grow(fh_block_t *b) noexcept nogil:
    """Room for twice the rows; False where there is no memory."""
    cdef size_t capacity = <size_t>b.capacity * 2
    if capacity > FH_MAX_HEAD // sizeof(fh_row_t):
        return False
    cdef fh_row_t *rows = <fh_row_t *>malloc(capacity * sizeof(fh_row_t))
    if rows == NULL:
        return False
    memcpy(rows, b.rows, b.count * sizeof(fh_row_t))
    if b.rows != b.few:
        free(b.rows)
    b.rows = rows
    b.capacity = <uint32_t>capacity
    return True


cdef inline void fh_scan_init(fh_scan_t *s, const uint8_t *p, size_t n, fh_classify_fn classify) noexcept nogil:
    s.p = p
    s.n = n
    s.base = s.limit = 0
    s.classify = classify


cdef inline void fh_scan_fill(fh_scan_t *s, size_t i) noexcept nogil:
    """Move the window to the block that holds i; i < n."""
    cdef size_t left
    s.base = i - i % FH_BLOCK
    left = s.n - s.base
    if left > FH_CHUNK:
        left = FH_CHUNK
    s.classify(s.p + s.base, left, s.masks)
    s.limit = s.base + (left + FH_BLOCK - 1) // FH_BLOCK * FH_BLOCK


cdef inline fh_mask_t *fh_scan_at(fh_scan_t *s, size_t block) noexcept nogil:
    """The masks of the 64 bytes at `block`, a multiple of FH_BLOCK not below the window; beyond the input all set."""
    if block >= s.limit:
        if block >= s.n:
            s.base = block
            s.limit = block + FH_BLOCK
            s.masks[0].stop = s.masks[0].ctl = ~<uint64_t>0
        else:
            fh_scan_fill(s, block)
    return &s.masks[(block - s.base) // FH_BLOCK]


# The two searches go forward only: i is not below the window. Where nothing is found they return n or a little more.

cdef inline size_t fh_next_stop(fh_scan_t *s, size_t i) noexcept nogil:
    """The first byte at or after i that ends a field name; n or more where there is none."""
    cdef size_t block = i - i % FH_BLOCK
    cdef uint64_t m = fh_scan_at(s, block).stop >> (i % FH_BLOCK)
    if m:
        return i + fh_ctz(m)
    while m == 0:
        block += FH_BLOCK
        m = fh_scan_at(s, block).stop
    return block + fh_ctz(m)


cdef inline size_t fh_next_ctl(fh_scan_t *s, size_t i) noexcept nogil:
    """The first control byte but TAB at or after i; n or more where there is none."""
    cdef size_t block = i - i % FH_BLOCK
    cdef uint64_t m = fh_scan_at(s, block).ctl >> (i % FH_BLOCK)
    if m:
        return i + fh_ctz(m)
    while m == 0:
        block += FH_BLOCK
        m = fh_scan_at(s, block).ctl
    return block + fh_ctz(m)


cdef inline fh_code_t fh_line_end(fh_scan_t *s, size_t i, bint eof, size_t *content, size_t *next_line) noexcept nogil:
    """The end of the line that i is in: CRLF or LF, or the end of the input where eof.

    A CR that no LF follows ends a line for email.feedparser but not for http.client: foreign. So is a CR at the end
    of the input.
    """
    cdef const uint8_t *p = s.p
    cdef size_t n = s.n, e = i
    while True:
        e = fh_next_ctl(s, e)
        if e >= n:
            content[0] = next_line[0] = n
            return FH_OK if eof else FH_PARTIAL
        if p[e] == c'\r':
            if e + 1 >= n:
                return FH_FOREIGN if eof else FH_PARTIAL
            if p[e + 1] != c'\n':
                return FH_FOREIGN
            content[0] = e
            next_line[0] = e + 2
            return FH_OK
        if p[e] == c'\n':
            content[0] = e
            next_line[0] = e + 1
            return FH_OK
        e += 1


cdef inline bint fh_same(const uint8_t *a, const uint8_t *lower, size_t n) noexcept nogil:
    """True where a[:n] in ASCII lower case is lower[:n]."""
    cdef size_t i
    for i in range(n):
        if fh_lower[a[i]] != lower[i]:
            return False
    return True


cdef inline fh_code_t fh_odd_line(fh_scan_t *s, size_t i, bint eof, fh_fold_t fold, fh_block_t *b,
                                  size_t *next_line) noexcept nogil:
    """A line that begins with no name byte: the blank line (next_line is then 0), an obs-fold, or foreign."""
    cdef const uint8_t *p = s.p
    cdef size_t e = 0, v
    cdef fh_code_t code
    cdef fh_row_t *row
    next_line[0] = 0
    if i >= s.n:
        b.end = s.n
        return FH_OK if eof else FH_PARTIAL
    if p[i] == c'\n' or p[i] == c'\r':
        code = fh_line_end(s, i, eof, &e, &b.end)
        if code == FH_OK and b.end - i > b.longest:
            b.longest = b.end - i
        return code
    # obs-fold (RFC 9112 5.2); without a field line before it the stdlib registers a defect.
    if (p[i] != c' ' and p[i] != c'\t') or b.count == 0 or fold == FH_FOLD_FOREIGN:
        return FH_FOREIGN
    code = fh_line_end(s, i, eof, &e, next_line)
    if code != FH_OK:
        return code
    row = &b.rows[b.count - 1]
    v = row.value
    if fold == FH_FOLD_STRIP and row.value_len == 0:
        v = i
        while v < e and (p[v] == c' ' or p[v] == c'\t'):
            v += 1
        row.value = <uint32_t>v
    row.value_len = <uint32_t>(e - v)
    return FH_OK


cdef inline fh_code_t fh_walk(fh_scan_t *s, size_t start, bint eof, fh_fold_t fold, fh_block_t *b) noexcept nogil:
    """A header block from p + start on: *( field-line ) and the blank line (or, where eof, the end of the input).

        field-line   = field-name ":" *WSP field-value *( obs-fold ) ( CRLF / LF )
        field-name   = 1*%x21-39 / %x3B-7E          ; RFC 5322 3.6.8 ftext, as email.feedparser's headerRE has it
        field-value  = *( any byte but CR and LF )
        obs-fold     = ( CRLF / LF ) 1*WSP *( any byte but CR and LF )

    That is wider than RFC 9112 5 (bare LF, any VCHAR in a name, controls in a value), and exactly the part of what
    email.feedparser takes in which it has nothing to object to. Anything else is FH_FOREIGN.
    """
    cdef const uint8_t *p = s.p
    cdef size_t n = s.n, i = start, colon, v, e = 0, after = 0, longest = 0, lines = 0
    cdef fh_row_t *row
    cdef fh_code_t code
    cdef size_t block = i - i % FH_BLOCK     # the 64 bytes that `masks` stand for
    cdef fh_mask_t *masks = fh_scan_at(s, block)
    cdef uint64_t m
    while True:
        if i - block >= FH_BLOCK:
            block = i - i % FH_BLOCK
            masks = fh_scan_at(s, block)
        m = masks.stop >> (i - block)
        colon = i
        while m == 0:
            block += FH_BLOCK
            masks = fh_scan_at(s, block)
            m = masks.stop
            colon = block
        colon += fh_ctz(m)
        if colon == i or i >= n:
            b.line = i
            b.lines = lines
            b.longest = longest
            code = fh_odd_line(s, i, eof, fold, b, &after)
            if code != FH_OK or after == 0:
                return code
        else:
            if colon >= n or p[colon] != c':':
                b.line = i
                b.lines = lines
                b.longest = longest
                return FH_FOREIGN if eof or colon < n else FH_PARTIAL
            v = colon + 1
            while v < n and (p[v] == c' ' or p[v] == c'\t'):
                v += 1
            if v - block >= FH_BLOCK:
                block = v - v % FH_BLOCK
                masks = fh_scan_at(s, block)
            m = masks.ctl >> (v - block)
            e = v
            while m == 0:
                block += FH_BLOCK
                masks = fh_scan_at(s, block)
                m = masks.ctl
                e = block
            e += fh_ctz(m)
            if e + 1 < n and p[e] == c'\r' and p[e + 1] == c'\n':
                after = e + 2
            else:
                code = fh_line_end(s, e, eof, &e, &after)
                if code != FH_OK:
                    b.line = i
                    b.lines = lines
                    b.longest = longest
                    return code
            if b.count == b.capacity and not fh_block_grow(b):
                return FH_NO_MEMORY
            row = &b.rows[b.count]
            row.name = <uint32_t>i
            row.name_len = <uint32_t>(colon - i)
            row.value = <uint32_t>v
            row.value_len = <uint32_t>(e - v)
            # The three names that decide something; their first letters are seldom others'.
            if (p[i] | 0x20) == c'c':
                if row.name_len == 10 and b.connection < 0 and fh_same(p + i, b"connection", 10):
                    b.connection = <int>b.count
                elif row.name_len == 12 and b.content_type < 0 and fh_same(p + i, b"content-type", 12):
                    b.content_type = <int>b.count
            elif row.name_len == 6 and (p[i] | 0x20) == c'e' and b.expect < 0 and fh_same(p + i, b"expect", 6):
                b.expect = <int>b.count
            b.count += 1
        lines += 1
        if after - i > longest:
            longest = after - i
        i = after


cdef inline bint fh_value_is(const uint8_t *p, const fh_row_t *row, const char *lower, size_t n) noexcept nogil:
    """True where value.lower() is `lower`: byte for byte, as no latin-1 character lowers into ASCII but A to Z."""
    return row.value_len == n and fh_same(p + row.value, <const uint8_t *>lower, n)


# What the first Connection field says, in so far as http.server looks at it.
ctypedef enum fh_option_t:
    FH_OPTION_NONE = 0
    FH_OPTION_CLOSE = 1
    FH_OPTION_KEEP_ALIVE = 2


cdef inline fh_option_t fh_connection_option(const uint8_t *p, const fh_block_t *b) noexcept nogil:
    if b.connection >= 0:
        if fh_value_is(p, &b.rows[b.connection], b"close", 5):
            return FH_OPTION_CLOSE
        if fh_value_is(p, &b.rows[b.connection], b"keep-alive", 10):
            return FH_OPTION_KEEP_ALIVE
    return FH_OPTION_NONE


cdef inline bint fh_keeps_alive(fh_option_t option, bint persistent, bint keep) noexcept nogil:
    """`keep`, the default of the version, or what the Connection field says; persistent: of the server."""
    if option == FH_OPTION_CLOSE:
        return False
    return keep or (persistent and option == FH_OPTION_KEEP_ALIVE)


cdef inline bint fh_expects(const uint8_t *p, const fh_block_t *b) noexcept nogil:
    """True where the first Expect field is 100-continue."""
    return b.expect >= 0 and fh_value_is(p, &b.rows[b.expect], b"100-continue", 12)


cdef inline bint fh_is_boundary(uint8_t c) noexcept nogil:
    return c'a' <= fh_lower[c] <= c'z' or c'0' <= c <= c'9' or c == c'-' or c == c'_' or c == c'.'


# What the value of Content-Type makes email.feedparser do after the headers.
ctypedef enum fh_body_t:
    FH_BODY_PLAIN = 0
    FH_BODY_MULTIPART = 1   # perhaps multipart/*: its get_boundary() and its defects
    FH_BODY_MESSAGE = 2     # perhaps message/*: a message in the payload


cdef inline fh_body_t fh_body_kind(const uint8_t *p, const fh_block_t *b) noexcept nogil:
    cdef const uint8_t *v
    cdef size_t n
    if b.content_type < 0:
        return FH_BODY_PLAIN
    v = p + b.rows[b.content_type].value
    n = b.rows[b.content_type].value_len
    while n and fh_is_space(v[0]):
        v += 1
        n -= 1
    if n >= 9 and fh_same(v, b"multipart", 9):
        return FH_BODY_MULTIPART
    if n >= 7 and fh_same(v, b"message", 7):
        return FH_BODY_MESSAGE
    return FH_BODY_PLAIN


cdef inline bint fh_plain_multipart(const uint8_t *p, const fh_block_t *b) noexcept nogil:
    """True for `multipart/` subtype `; boundary=` 1*( ALPHA / DIGIT / "-" / "_" / "." ), as browsers and curl send it.

    get_boundary() finds a boundary there for certain. Not so with a Content-Transfer-Encoding, which the feed parser
    looks at too.
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
        if b.rows[k].name_len == 25 and fh_same(p + b.rows[k].name, b"content-transfer-encoding", 25):
            return False
    return True


# method SP request-target SP HTTP-version, in bytes from the start of the line.
cdef struct fh_request_line_t:
    size_t method_len     # 1 and up; the method starts at 0
    size_t target         # method_len + 1
    size_t target_len     # 1 and up
    size_t length         # of the line without its line end
    int minor             # of HTTP-version: 0 or 1


cdef inline size_t fh_word_end(fh_scan_t *s, size_t i) noexcept nogil:
    """The first byte at or after i that cannot stand in a word of an honest request line; n or more where none."""
    while True:
        i = fh_next_stop(s, i)
        if i >= s.n or not fh_is_word(s.p[i]):
            return i
        i += 1


cdef inline bint fh_request_line(fh_scan_t *s, size_t length, fh_request_line_t *r) noexcept nogil:
    """RFC 9112 3: request-line = method SP request-target SP HTTP-version, HTTP/1.0 and HTTP/1.1 alone.

    Reads the first `length` bytes of the input, at most up to a line end that is its last byte. Wider than the RFC in
    the characters of method and target, as str.split() is. A target that begins with two slashes is for the stdlib,
    which takes one off. False: not of this form, to be read by the stdlib.
    """
    cdef const uint8_t *p = s.p
    cdef size_t n = length, i, t
    if n and p[n - 1] == c'\n':
        n -= 1
        if n and p[n - 1] == c'\r':
            n -= 1
    r.length = n
    i = fh_word_end(s, 0)
    if i == 0 or i >= n or p[i] != c' ':
        return False
    r.method_len = i
    r.target = t = i + 1
    i = fh_word_end(s, t)
    if i == t or i > n or n - i != 9 or memcmp(p + i, b" HTTP/1.", 8) != 0:
        return False
    if p[i + 8] != c'0' and p[i + 8] != c'1':
        return False
    r.minor = p[i + 8] - c'0'
    r.target_len = i - t
    return not (r.target_len > 1 and p[t] == c'/' and p[t + 1] == c'/')


# HTTP-version SP status-code SP [ reason-phrase ], in bytes from the start of the line.
cdef struct fh_status_line_t:
    int status            # 100 to 999
    int minor             # of HTTP-version: 0 or 1
    size_t reason         # 13
    size_t reason_len     # 0 and up


cdef inline bint fh_status_line(const uint8_t *p, size_t n, fh_status_line_t *r) noexcept nogil:
    """RFC 9112 4: status-line = HTTP-version SP status-code SP [ reason-phrase ], HTTP/1.0 and HTTP/1.1 alone.

    The reason phrase neither begins nor ends with a blank, so that the stdlib's str.strip() has nothing to do.
    False: not of this form, to be read by the stdlib.
    """
    if n and p[n - 1] == c'\n':
        n -= 1
        if n and p[n - 1] == c'\r':
            n -= 1
    if n < 13 or memcmp(p, b"HTTP/1.", 7) != 0 or (p[7] != c'0' and p[7] != c'1') or p[8] != c' ' or p[12] != c' ':
        return False
    if not (c'1' <= p[9] <= c'9' and c'0' <= p[10] <= c'9' and c'0' <= p[11] <= c'9'):
        return False
    if n > 13 and (fh_is_space(p[13]) or fh_is_space(p[n - 1])):
        return False
    r.minor = p[7] - c'0'
    r.status = (p[9] - c'0') * 100 + (p[10] - c'0') * 10 + (p[11] - c'0')
    r.reason = 13
    r.reason_len = n - 13
    return True
