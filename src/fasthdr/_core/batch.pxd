# SPDX-License-Identifier: MIT
# One pass over many request heads in a buffer. No Python object is touched here.
#
# It takes the heads that the walk accepts, and keeps the masks from head to head. Any head that needs more work is left
# to parse_request().
from cpython.mem cimport PyMem_RawRealloc
from libc.stddef cimport size_t
from libc.stdint cimport SIZE_MAX, uint8_t, uint32_t
from libc.string cimport memcpy

from fasthdr._core.classify cimport fh_classify_fn
from fasthdr._core.faults cimport FH_ACCEPTED, FH_EXHAUSTED, fh_strict_init, fh_strict_t, fh_verdict_t
from fasthdr._core.fields cimport FH_CONTENT_PLAIN, fh_connection_option, fh_content_kind, fh_expects, fh_keeps_alive
from fasthdr._core.framing cimport fh_check_request, fh_length_at
from fasthdr._core.job cimport fh_job_t
from fasthdr._core.start_line cimport fh_request_line_t, fh_request_start_at
from fasthdr._core.strict cimport fh_strict_fields, fh_strict_request_line_at
from fasthdr._core.walk cimport (
    FH_NO_MEMORY, FH_OK, FH_ROWS, fh_block_free, fh_block_init, fh_block_into, fh_block_t, fh_code_t, fh_fold_t,
    fh_row_t, fh_walk,
)


cdef enum:
    FH_STORE = 64          # rows for which a store first allocates memory
    FH_SLICE = 1 << 26     # bytes between two checks for signals


# Flags of a head, as Heads.head_table shows them.
cdef enum:
    FH_IS_VERSION_1_1 = 1
    FH_IS_KEEP_ALIVE = 2
    FH_IS_EXPECT_CONTINUE = 4
    FH_IS_SIZED = 8
    FH_IS_CHUNKED = 16
    FH_IS_BY_STDLIB = 32
    FH_IS_AGAIN = 64       # parse_request() makes the object


# One head: a row of `head_table`. Offsets are in bytes from where the pass began.
cdef struct fh_entry_t:
    uint32_t start
    uint32_t end           # one past the empty line
    uint32_t row           # the first row of its field lines
    uint32_t rows
    uint32_t method
    uint32_t method_len
    uint32_t target
    uint32_t target_len
    uint32_t flags


# Rows of `width` numbers, in memory that grows.
cdef struct fh_store_t:
    uint32_t *numbers
    size_t count
    size_t room
    size_t width


cdef inline bint fh_make_room(fh_store_t *s, size_t more) noexcept nogil:
    """Make room for `more` rows; False if there is no memory."""
    cdef size_t room = s.room if s.room else FH_STORE
    cdef void *numbers
    if s.room - s.count >= more:
        return True
    while room - s.count < more:
        if room > SIZE_MAX // 2 // (s.width * sizeof(uint32_t)):
            return False
        room *= 2
    numbers = PyMem_RawRealloc(s.numbers, room * s.width * sizeof(uint32_t))
    if numbers == NULL:
        return False
    s.numbers, s.room = <uint32_t *>numbers, room
    return True


cdef inline void fh_trim(fh_store_t *s) noexcept nogil:
    cdef void *numbers = PyMem_RawRealloc(s.numbers, s.count * s.width * sizeof(uint32_t)) if s.count else NULL
    if numbers != NULL:
        s.numbers, s.room = <uint32_t *>numbers, s.count


cdef inline void fh_shift(fh_row_t *to, const fh_row_t *rows, uint32_t count, uint32_t by) noexcept nogil:
    """Copy rows, and add `by` to their offsets, modulo 2**32."""
    cdef uint32_t i
    cdef fh_row_t row
    for i in range(count):
        row = rows[i]
        row.name += by
        row.value += by
        to[i] = row


# A pass over the bytes at p.
cdef struct fh_pass_t:
    const uint8_t *p
    size_t n
    size_t at              # where the next head begins
    size_t most            # bytes that a head within the limits can take
    size_t taken           # heads that the walk has taken, not parse_request()
    bint native            # the walk may take heads at all
    bint strict
    bint bodies
    bint blank_line
    fh_fold_t fold
    fh_classify_fn classify
    fh_store_t *rows
    fh_store_t *heads
    fh_job_t job


ctypedef enum fh_stop_t:
    FH_STOP_END            # the end of the input, or no whole message is left
    FH_STOP_SLICE          # to check for signals
    FH_STOP_ODD            # a head for parse_request()
    FH_STOP_CHUNKED        # a head has been taken, and its chunked body follows
    FH_STOP_NO_MEMORY


cdef inline fh_stop_t fh_by_default(fh_pass_t *m, fh_entry_t *e) noexcept nogil:
    """Read the next head as request_in() of _core/parse does, if that needs no Python object."""
    cdef const uint8_t *p = m.p
    cdef fh_request_line_t r
    cdef fh_block_t *b = &m.job.block
    cdef fh_code_t code
    cdef size_t first = fh_request_start_at(&m.job.scan, m.at, &r)
    if first == 0 or first - m.at > m.job.start_line or r.slashes:
        return FH_STOP_ODD
    code = fh_walk(&m.job.scan, first, False, m.fold, m.job.limits.line, b)
    if code == FH_NO_MEMORY:
        return FH_STOP_NO_MEMORY
    if (code != FH_OK or b.longest > m.job.limits.line or b.lines + m.blank_line > m.job.limits.lines
            or b.end - m.at > m.job.limits.head or fh_content_kind(p, b) != FH_CONTENT_PLAIN):
        return FH_STOP_ODD
    e.method, e.method_len = <uint32_t>m.at, <uint32_t>r.method_len
    e.target, e.target_len = <uint32_t>r.target, <uint32_t>r.target_len
    e.flags = FH_IS_VERSION_1_1 if r.minor else 0
    if fh_keeps_alive(fh_connection_option(p, b), True, r.minor == 1):
        e.flags |= FH_IS_KEEP_ALIVE
    if r.minor == 1 and fh_expects(p, b):
        e.flags |= FH_IS_EXPECT_CONTINUE
    return FH_STOP_END


cdef inline fh_stop_t fh_strictly(fh_pass_t *m, fh_entry_t *e, fh_strict_t *s) noexcept nogil:
    """Do the same as strict_request() does."""
    cdef fh_block_t *b = &m.job.block
    cdef size_t first = 0
    fh_strict_init(s, &m.job.limits)
    s.limits.line = m.job.start_line
    s.limits.head += m.at
    cdef fh_verdict_t verdict = fh_strict_request_line_at(s, &m.job.scan, m.at, &first)
    s.limits.line = m.job.limits.line
    if verdict == FH_ACCEPTED:
        verdict = fh_strict_fields(s, &m.job.scan, first, b)
        if verdict == FH_ACCEPTED:
            verdict = fh_check_request(s, m.p, b)
    if verdict != FH_ACCEPTED:
        return FH_STOP_NO_MEMORY if verdict == FH_EXHAUSTED else FH_STOP_ODD
    e.method, e.method_len = <uint32_t>s.method, <uint32_t>s.method_len
    e.target, e.target_len = <uint32_t>s.target, <uint32_t>s.target_len
    e.flags = (FH_IS_VERSION_1_1 if s.minor else 0) | (FH_IS_KEEP_ALIVE if s.persists else 0)
    if s.waits:
        e.flags |= FH_IS_EXPECT_CONTINUE
    if s.coding.count:
        e.flags |= FH_IS_CHUNKED
    elif s.length.count:
        e.flags |= FH_IS_SIZED
    return FH_STOP_END


cdef inline void fh_add_head(fh_pass_t *m, fh_entry_t *e, size_t end, uint32_t rows) noexcept nogil:
    e.start, e.end = <uint32_t>m.at, <uint32_t>end
    e.row, e.rows = <uint32_t>m.rows.count, rows
    m.rows.count += rows
    m.heads.count += 1


cdef inline fh_stop_t fh_pass_on(fh_pass_t *m) noexcept nogil:
    """Take heads until one stops the pass."""
    cdef fh_block_t *b = &m.job.block
    cdef fh_strict_t s
    cdef fh_entry_t *e
    cdef fh_row_t *room
    cdef fh_stop_t stop
    cdef size_t end, pause = m.at + FH_SLICE
    cdef long long length
    while m.at < m.n:
        if m.at >= pause:
            return FH_STOP_SLICE
        if not m.native:
            return FH_STOP_ODD
        if not (fh_make_room(m.rows, FH_ROWS) and fh_make_room(m.heads, 1)):
            return FH_STOP_NO_MEMORY
        e = <fh_entry_t *>m.heads.numbers + m.heads.count
        room = <fh_row_t *>m.rows.numbers + m.rows.count
        m.job.scan.n = m.at + min(m.n - m.at, m.most)
        fh_block_init(b)
        fh_block_into(b, room, FH_ROWS - 1)
        stop = fh_strictly(m, e, &s) if m.strict else fh_by_default(m, e)
        if stop != FH_STOP_END:
            fh_block_free(b)
            return stop
        end = b.end
        length = 0
        if m.bodies and e.flags & FH_IS_SIZED:
            length = fh_length_at(m.p, &b.rows[s.length.first])
        if b.rows != room:  # more than there was room for
            if not fh_make_room(m.rows, b.count):
                fh_block_free(b)
                return FH_STOP_NO_MEMORY
            room = <fh_row_t *>m.rows.numbers + m.rows.count
            memcpy(room, b.rows, b.count * sizeof(fh_row_t))
        fh_block_free(b)
        if <unsigned long long>length > m.n - end:
            return FH_STOP_END
        fh_add_head(m, e, end, b.count)
        m.taken += 1
        if m.bodies and e.flags & FH_IS_CHUNKED:
            return FH_STOP_CHUNKED
        m.at = end + <size_t>length
    return FH_STOP_END
