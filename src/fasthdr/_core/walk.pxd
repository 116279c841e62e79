# SPDX-License-Identifier: MIT
# Stage 2 of the parser: from field line to field line, over the masks of stage 1. No Python object is touched here.
#
# Invariants: every offset is relative to the `p` a function was given and at most `n`; no byte at or beyond p + n is
# read; a row is written only when its whole field line has been seen.
from cpython.mem cimport PyMem_RawFree, PyMem_RawMalloc
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memchr, memcpy

from fasthdr._core.classify cimport (
    FH_BLOCK, FH_MAX_HEAD, FH_WINDOW_BLOCKS, fh_classify_fn, fh_ctz, fh_general, fh_is_crlf, fh_is_name, fh_is_ows,
    fh_mask_t, fh_skip_ows,
)


cdef enum:
    FH_ROWS = 128             # rows of a walk before it allocates; the stdlib refuses more than 100 field lines
    FH_WINDOW = 1024          # bytes: FH_BLOCK * FH_WINDOW_BLOCKS


ctypedef enum fh_code_t:
    FH_OK = 0        # a whole block, and the stdlib would find the same fields as the rows
    FH_PARTIAL = 1   # no empty line so far
    FH_FOREIGN = 2   # whole or not, the stdlib has to read it
    FH_NO_MEMORY = 3


# How the stdlib joins `A:` and the ` b` on the next line; patch releases differ.
ctypedef enum fh_fold_t:
    FH_FOLD_FOREIGN = 0   # unknown: left to the stdlib
    FH_FOLD_KEEP = 1      # the line end stays at the front of the value
    FH_FOLD_STRIP = 2     # all leading white space and line ends are dropped


# One field line: a row of the public table, four unsigned 32-bit numbers, in bytes from the start of the head.
cdef struct fh_row_t:
    uint32_t name         # first byte of the field name
    uint32_t name_len     # 1 and up
    uint32_t value        # first byte of the field value; leading SP and TAB are outside
    uint32_t value_len    # 0 and up; obs-fold line ends and trailing white space are inside


# The result of a walk over a header block. fh_block_free() frees its memory.
cdef struct fh_block_t:
    fh_row_t *rows        # the caller's (fh_block_into()), `few`, or memory of our own
    uint32_t count        # rows written
    uint32_t capacity     # room for this many rows
    size_t lines          # field lines and continuation lines seen, without the empty line
    size_t longest        # bytes of the longest line that was measured, its line end included
    size_t line           # where the line starts at which the walk stopped
    size_t end            # FH_OK: one past the empty line
    int connection        # first row of that name, or -1
    int expect            # the same
    int content_type      # the same
    fh_row_t few[FH_ROWS]


# A window of masks that follows the walk through the input.
cdef struct fh_scan_t:
    const uint8_t *p
    size_t n
    size_t base           # first byte the masks stand for, a multiple of FH_BLOCK
    size_t limit          # one past the last byte they stand for: n, or a multiple of FH_BLOCK
    fh_classify_fn classify
    fh_mask_t masks[FH_WINDOW_BLOCKS + 1]   # and one that is all set, at which every search ends


cdef inline void fh_block_init(fh_block_t *b) noexcept nogil:
    b.rows = b.few
    b.count = 0
    b.capacity = FH_ROWS
    b.lines = b.longest = b.line = b.end = 0
    b.connection = b.expect = b.content_type = -1


cdef inline void fh_block_into(fh_block_t *b, fh_row_t *rows, uint32_t capacity) noexcept nogil:
    """Let the first rows, less than FH_ROWS, be written where they will stay. The block must be empty."""
    b.rows = rows
    b.capacity = capacity


cdef inline void fh_block_free(fh_block_t *b) noexcept nogil:
    if b.capacity > FH_ROWS:
        PyMem_RawFree(b.rows)
    b.rows = b.few
    b.capacity = FH_ROWS


cdef inline bint fh_block_grow(fh_block_t *b) noexcept nogil:
    """Make room for twice the rows, or for FH_ROWS; False if there is no memory."""
    cdef size_t capacity = FH_ROWS
    cdef fh_row_t *rows = b.few
    if b.capacity >= FH_ROWS:
        capacity = <size_t>b.capacity * 2
        if capacity > FH_MAX_HEAD // sizeof(fh_row_t):
            return False
        rows = <fh_row_t *>PyMem_RawMalloc(capacity * sizeof(fh_row_t))
        if rows == NULL:
            return False
    memcpy(rows, b.rows, b.count * sizeof(fh_row_t))
    if b.capacity > FH_ROWS:
        PyMem_RawFree(b.rows)
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
    cdef size_t left, blocks
    s.base = i - i % FH_BLOCK
    left = s.n - s.base
    if left > FH_WINDOW:
        left = FH_WINDOW
    s.classify(s.p + s.base, left, s.masks)
    s.limit = s.base + left
    blocks = (left + FH_BLOCK - 1) // FH_BLOCK
    s.masks[blocks].stop = s.masks[blocks].ctl = ~<uint64_t>0


cdef inline size_t fh_next(fh_scan_t *s, size_t i, bint ctl) noexcept nogil:
    """Return the first byte at or after i in the mask `ctl`, or else in `stop`; n if there is none.

    i is at most n, and not below the window, which moves along: searches only go forward.
    """
    cdef const fh_mask_t *m
    cdef uint64_t bits
    while True:
        if i >= s.limit:
            if i >= s.n:
                return s.n
            fh_scan_fill(s, i)
        m = &s.masks[(i - s.base) // FH_BLOCK]
        bits = (m.ctl if ctl else m.stop) >> i % FH_BLOCK
        if bits == 0:
            i -= i % FH_BLOCK
        while bits == 0:
            m += 1
            i += FH_BLOCK
            bits = m.ctl if ctl else m.stop
        i += fh_ctz(bits)
        if i < s.limit:
            return i
        i = s.limit


cdef inline fh_code_t fh_line_end(fh_scan_t *s, size_t i, bint eof, size_t *content, size_t *next_line) noexcept nogil:
    """Find the end of the line that contains i: CRLF or LF or, if eof, the end of the input.

    A CR without an LF after it ends a line for email.feedparser but not for http.client: foreign. So is a CR at the end
    of the input.
    """
    cdef const uint8_t *p = s.p
    cdef size_t n = s.n, e = i
    while True:
        e = fh_next(s, e, True)
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


cdef inline void fh_row(fh_row_t *row, size_t name, size_t colon, size_t value, size_t end) noexcept nogil:
    row.name = <uint32_t>name
    row.name_len = <uint32_t>fh_general(colon - name)
    row.value = <uint32_t>value
    row.value_len = <uint32_t>fh_general(end - value)


cdef inline void fh_note_field(fh_block_t *b, const uint8_t *name, const fh_row_t *row) noexcept nogil:
    """Remember the first row of each of three names. Few other names begin with the same letters."""
    cdef uint8_t first = name[0] | 0x20
    if first == c'c':
        if row.name_len == 10 and b.connection < 0 and fh_is_name(name, b"connection", 10):
            b.connection = <int>(row - b.rows)
        elif row.name_len == 12 and b.content_type < 0 and fh_is_name(name, b"content-type", 12):
            b.content_type = <int>(row - b.rows)
    elif first == c'e' and row.name_len == 6 and b.expect < 0 and fh_is_name(name, b"expect", 6):
        b.expect = <int>(row - b.rows)


cdef inline fh_code_t fh_fold(fh_scan_t *s, size_t i, bint eof, fh_fold_t fold, fh_row_t *row,
                              size_t *next_line) noexcept nogil:
    """Read an obs-fold (RFC 9112 5.2) from i on: it becomes part of the row's value."""
    cdef const uint8_t *p = s.p
    cdef size_t e = 0, v = row.value
    cdef fh_code_t code = fh_line_end(s, i, eof, &e, next_line)
    if code != FH_OK:
        return code
    if fold == FH_FOLD_STRIP and row.value_len == 0:
        v = fh_skip_ows(p, i, e)
        row.value = <uint32_t>v
    row.value_len = <uint32_t>(e - v)
    return FH_OK


cdef inline fh_code_t fh_field_line(fh_scan_t *s, size_t i, bint eof, fh_fold_t fold, fh_block_t *b,
                                    size_t *next_line) noexcept nogil:
    """Read any line, wherever it is: a field line, an obs-fold, or the empty line (then next_line is 0, b.end set)."""
    cdef const uint8_t *p = s.p
    cdef size_t n = s.n, colon, e = 0
    cdef fh_code_t code
    next_line[0] = 0
    if i >= n:
        b.end = n
        return FH_OK if eof else FH_PARTIAL
    if p[i] == c'\n' or p[i] == c'\r':
        if i + 1 < n and fh_is_crlf(p + i):
            b.end = i + 2
            code = FH_OK
        else:
            code = fh_line_end(s, i, eof, &e, &b.end)
        if code == FH_OK and b.end - i > b.longest:
            b.longest = b.end - i
        return code
    if fh_is_ows(p[i]):
        # Without a field line before it, the stdlib registers a defect.
        if b.count == 0 or fold == FH_FOLD_FOREIGN:
            return FH_FOREIGN
        code = fh_fold(s, i, eof, fold, &b.rows[b.count - 1], next_line)
        if code == FH_OK:
            b.lines += 1
        return code
    colon = fh_next(s, i, False)
    if colon == n:
        return FH_FOREIGN if eof else FH_PARTIAL
    if colon == i or p[colon] != c':':
        return FH_FOREIGN
    code = fh_line_end(s, colon, eof, &e, next_line)
    if code != FH_OK:
        return code
    if b.count == b.capacity and not fh_block_grow(b):
        return FH_NO_MEMORY
    fh_row(&b.rows[b.count], i, colon, fh_skip_ows(p, colon + 1, e), e)
    fh_note_field(b, p + i, &b.rows[b.count])
    b.count += 1
    b.lines += 1
    return FH_OK


cdef inline bint fh_line_in_window(const fh_mask_t **m, size_t *at, uint64_t *ctls, size_t i, size_t *colon,
                                   size_t *end) noexcept nogil:
    """Find where the name of the line at i ends, and the line; False if no name ends in this block or the next.

    m: the masks of the block at `at`, which contains i; ctls: its bits at or after i. All three move to the line's end.
    """
    cdef uint64_t stops = m[0].stop >> i % FH_BLOCK
    colon[0] = i
    if stops == 0:
        stops = m[0][1].stop
        if stops == 0:
            return False
        colon[0] = at[0] + FH_BLOCK
    colon[0] += fh_ctz(stops)
    while ctls[0] == 0:
        m[0] += 1
        at[0] += FH_BLOCK
        ctls[0] = m[0].ctl
    end[0] = at[0] + fh_ctz(ctls[0])
    return True


cdef inline fh_code_t fh_walk(fh_scan_t *s, size_t start, bint eof, fh_fold_t fold, size_t line,
                              fh_block_t *b) noexcept nogil:
    """Walk a header block from p + start on: *( field-line ) and the empty line (or, if eof, the end of the input).

        field-line   = field-name ":" *WSP field-value *( obs-fold ) ( CRLF / LF )
        field-name   = 1*%x21-39 / %x3B-7E          ; RFC 5322 3.6.8 ftext, as in email.feedparser's headerRE
        field-value  = *( any byte but CR and LF )
        obs-fold     = ( CRLF / LF ) 1*WSP *( any byte but CR and LF )

    This allows more than RFC 9112 5 (bare LF, any VCHAR in a name, control characters in a value): exactly what
    email.feedparser accepts without a defect. Anything else is FH_FOREIGN.

    line: the limit that the caller compares with b.longest. If it is longer than the window, lines that are in one
    window are not measured.
    """
    cdef const uint8_t *p = s.p
    cdef size_t i = start, at, edge, colon, v, e, after = 0
    cdef uint64_t ctls
    cdef const fh_mask_t *m
    cdef fh_row_t *row
    cdef fh_row_t *room
    cdef fh_code_t code
    while True:
        if s.limit <= i < s.n:
            fh_scan_fill(s, i)
        if s.base <= i < s.limit and line >= FH_WINDOW:
            # Take lines with a name, a colon and CRLF while they are in the window: from mask to mask, with the bits of
            # the current one in registers. `at` is the block of m, ctls its bits at or after i.
            at = i - i % FH_BLOCK
            m = &s.masks[(at - s.base) // FH_BLOCK]
            ctls = m.ctl >> i % FH_BLOCK << i % FH_BLOCK
            edge = s.limit - 1
            row = b.rows + b.count
            room = b.rows + b.capacity
            while True:
                if not fh_line_in_window(&m, &at, &ctls, i, &colon, &e):
                    break
                if e >= edge:
                    break
                if p[colon] != c':' or colon == i or not fh_is_crlf(p + e) or row == room:
                    break
                v = colon + 1
                if p[v] == c' ':
                    v += 1
                if p[v] <= c' ':
                    v = fh_skip_ows(p, v, e)
                fh_row(row, i, colon, v, e)
                fh_note_field(b, p + i, row)
                row += 1
                i = e + 2
                if i - at >= FH_BLOCK:
                    m += 1
                    at += FH_BLOCK
                    ctls = m.ctl
                ctls = ctls >> i % FH_BLOCK << i % FH_BLOCK
            b.lines += <size_t>(row - b.rows) - b.count
            b.count = <uint32_t>(row - b.rows)
        code = fh_field_line(s, i, eof, fold, b, &after)
        if code != FH_OK or after == 0:
            break
        if after - i > b.longest:
            b.longest = after - i
        i = after
    b.line = i
    return code


cdef inline size_t fh_skip_lines(const uint8_t *p, size_t n, size_t line, size_t lines,
                                 bint blank_line) noexcept nogil:
    """Return one past the empty line that ends a block of any lines for http.client._read_headers.

    0: there is none in n bytes, or a line is longer than `line`, or there are more than `lines` lines. blank_line:
    count the empty line, too.
    """
    cdef size_t i = 0, length
    cdef const uint8_t *lf
    while i < n:
        lf = <const uint8_t *>memchr(p + i, c'\n', min(n - i, line))
        if lf == NULL:
            return 0
        length = lf - (p + i) + 1
        if length == 1 or (length == 2 and p[i] == c'\r'):
            return i + length if lines >= <size_t>blank_line else 0
        if lines == 0:
            return 0
        lines -= 1
        i += length
    return 0
