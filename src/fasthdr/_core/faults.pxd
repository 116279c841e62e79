# SPDX-License-Identifier: MIT
# Faults of strict mode, what it knows about a head, and how a byte or a line is refused. docs/strict.md has the
# verdicts and their order. No Python object is touched here.
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memchr


cdef extern from "_core/grammar.h" nogil:
    enum:
        FH_TCHAR
        FH_REG_NAME
        FH_HEXDIG
        FH_DIGIT
    const uint8_t fh_class[256]
    bint fh_may_decide(const uint8_t *name, size_t n) noexcept
    bint fh_is_class(const uint8_t *p, size_t n, uint8_t cls) noexcept
    size_t fh_reg_name(const uint8_t *p, size_t n, size_t before) noexcept
    bint fh_is_target(const uint8_t *p, size_t n, size_t readable) noexcept


cdef enum:
    FH_EMPTY_LINES = 4        # CRLFs skipped before a request line (RFC 9112 2.2)


cdef extern from "_core/faults.h" nogil:
    ctypedef enum fh_fault_t:
        FH_FAULT_NONE
        FH_FAULT_LINE_ENDING
        FH_FAULT_NOT_HTTP
        FH_FAULT_TLS
        FH_FAULT_TLS_RESPONSE
        FH_FAULT_PROXY
        FH_FAULT_REQUEST_LINE
        FH_FAULT_METHOD
        FH_FAULT_TARGET
        FH_FAULT_VERSION
        FH_FAULT_VERSION_NUMBER
        FH_FAULT_STATUS_LINE
        FH_FAULT_STATUS_CODE
        FH_FAULT_LEADING_SPACE
        FH_FAULT_OBS_FOLD
        FH_FAULT_FIELD_LINE
        FH_FAULT_SPACE_BEFORE_COLON
        FH_FAULT_FIELD_NAME
        FH_FAULT_FIELD_VALUE
        FH_FAULT_REQUEST_LINE_LENGTH
        FH_FAULT_STATUS_LINE_LENGTH
        FH_FAULT_FIELD_LINE_LENGTH
        FH_FAULT_FIELD_COUNT
        FH_FAULT_HEAD_LENGTH
        FH_FAULT_HOST_MISSING
        FH_FAULT_HOST_TWICE
        FH_FAULT_HOST
        FH_FAULT_TWO_FRAMINGS
        FH_FAULT_CONTENT_LENGTH
        FH_FAULT_TRANSFER_ENCODING
        FH_FAULT_CODING
        FH_FAULT_CONNECT_CONTENT
        FH_FAULT_CONTENT_TYPE_TWICE
        FH_FAULT_CONTENT_RANGE_TWICE
        FH_FAULT_AUTHORIZATION_TWICE
        FH_FAULT_CHUNK
        FH_FAULT_CHUNK_EXTENSION
        FH_FAULT_CHUNK_LINE_LENGTH
        FH_FAULT_EXTENSIONS_LENGTH
        FH_FAULT_TRAILER_FIELD
        FH_FAULT_CONTENT_TOO_LARGE
        FH_FAULT_INCOMPLETE_BODY
    int fh_fault_status(fh_fault_t fault) noexcept
    const char *fh_fault_code(fh_fault_t fault) noexcept


ctypedef enum fh_verdict_t:
    FH_ACCEPTED = 0
    FH_INCOMPLETE = 1
    FH_REFUSED = 2        # `fault` and `at` say why
    FH_EXHAUSTED = 3      # no memory


# The limits that hold if the caller sets no others: those of fasthdr._limits.
cdef enum:
    FH_DEFAULT_LINE = 65536
    FH_DEFAULT_LINES = 100
    FH_DEFAULT_HEAD = 262144


cdef struct fh_limits_t:
    size_t line           # bytes of a line, its line end included
    size_t lines          # field lines; in the default mode also the empty line, if the stdlib counts it
    size_t head           # bytes of a whole head


# The rows of one field name.
cdef struct fh_named_t:
    uint32_t first        # set if count is not 0
    uint32_t count


cdef inline void fh_note_row(fh_named_t *named, uint32_t row) noexcept nogil:
    if named.count == 0:
        named.first = row
    named.count += 1


# A head that is being judged: what is asked, and what is found.
cdef struct fh_strict_t:
    fh_limits_t limits
    fh_fault_t fault
    size_t at             # offset of the fault
    size_t blank_line     # where it starts
    size_t method         # of a request line: spans, from the start of the input
    size_t method_len
    size_t target
    size_t target_len
    int status            # of a status line: 100 to 999
    size_t reason
    size_t reason_len     # without OWS around it
    int minor             # of HTTP-version: 0 or 1
    fh_named_t host, connection, expect, length, coding, type, range, credentials
    bint connect          # of a request: its method is CONNECT
    bint persists         # the connection, as far as version and Connection tell
    bint waits            # of a request: for 100 (Continue)
    bint obsolete         # asked: obs-fold, and white space before a colon, are read as in RFC 9112 5.1 and 5.2
    bint folded           # there is an obs-fold within a value: call fh_unfold() next


cdef inline void fh_strict_init(fh_strict_t *s, const fh_limits_t *limits) noexcept nogil:
    s.limits = limits[0]
    s.host.count = s.connection.count = s.expect.count = s.length.count = s.coding.count = 0
    s.type.count = s.range.count = s.credentials.count = 0
    s.obsolete = s.folded = False


cdef inline fh_verdict_t fh_refuse(fh_strict_t *s, fh_fault_t fault, size_t at) noexcept nogil:
    s.fault = fault
    s.at = at
    return FH_REFUSED


cdef inline uint8_t fh_byte(const uint8_t *p, size_t at, size_t end) noexcept nogil:
    """Return p[at]; from `end` on, return NUL, which no rule accepts."""
    return p[at] if at < end else <uint8_t>0


cdef inline bint fh_ends_line(const uint8_t *p, size_t at, size_t end) noexcept nogil:
    return fh_byte(p, at, end) == c'\r' and fh_byte(p, at + 1, end) == c'\n'


cdef inline fh_verdict_t fh_refuse_byte(fh_strict_t *s, const uint8_t *p, size_t end, fh_fault_t fault,
                                        size_t at) noexcept nogil:
    """Refuse p[at], which must not be there; a bare CR or LF must not be anywhere. end: of the line, which is whole."""
    cdef uint8_t c = fh_byte(p, at, end)
    if c == c'\n' or (c == c'\r' and not fh_ends_line(p, at, end)):
        fault = FH_FAULT_LINE_ENDING
    return fh_refuse(s, fault, at)


cdef inline bint fh_is_content(uint8_t c) noexcept nogil:
    """field-content and reason-phrase: HTAB / SP / VCHAR / obs-text (RFC 9110 5.5)."""
    return (c >= 0x20 and c != 0x7f) or c == c'\t'


cdef inline fh_verdict_t fh_line_within(fh_strict_t *s, const uint8_t *p, size_t n, size_t start, fh_fault_t too_long,
                                        size_t *end) noexcept nogil:
    """Set *end to one past the LF of the line at `start`, within the limits."""
    cdef bint by_line = s.limits.line <= s.limits.head - start
    cdef size_t limit = start + s.limits.line if by_line else s.limits.head
    cdef size_t seen = n if n < limit else limit
    cdef const uint8_t *lf = NULL
    if seen > start:
        lf = <const uint8_t *>memchr(p + start, c'\n', seen - start)
    if lf != NULL:
        end[0] = lf - p + 1
        return FH_ACCEPTED
    if n >= limit:
        return fh_refuse(s, too_long if by_line else FH_FAULT_HEAD_LENGTH, limit)
    return FH_INCOMPLETE
