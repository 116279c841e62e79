# SPDX-License-Identifier: MIT
"""What an exchange has to know about heads that strict mode does not judge: how they frame what follows them.

request_framing() reads the header block of a request in the default mode, response_head() the response head that a
program has written. `_pure/wire.py` is the same in plain Python.
"""
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memchr, memcmp

from fasthdr._core.classify cimport FH_MAX_HEAD, fh_same_name, fh_skip_ows, fh_trim_ows
from fasthdr._core.runtime cimport Runtime, runtime, share
from fasthdr._core.walk cimport (
    FH_FOLD_KEEP, FH_FOREIGN, FH_NO_MEMORY, FH_OK, FH_PARTIAL, fh_block_free, fh_block_init, fh_block_t, fh_code_t,
    fh_row_t, fh_scan_init, fh_scan_t, fh_walk,
)
from fasthdr._core.faults cimport fh_named_t, fh_note_row
from fasthdr._core.framing cimport fh_has_element, fh_length_at

from fasthdr._errors import ParseError

cdef enum:
    CHUNKED = -1           # the chunked transfer coding, and no other
    UNSTATED = -2          # neither Content-Length nor Transfer-Encoding
    UNKNOWN = -3           # fields that contradict each other, or that nobody understands


# What the fields of a head say about framing and about the connection.
cdef struct fh_framing_fields_t:
    fh_named_t length, coding, connection, expect


cdef void note_fields(const uint8_t *p, const fh_block_t *b, fh_framing_fields_t *fields) noexcept nogil:
    cdef uint32_t i
    cdef const fh_row_t *row
    fields.length.count = fields.coding.count = fields.connection.count = fields.expect.count = 0
    for i in range(b.count):
        row = &b.rows[i]
        if row.name_len == 14 and fh_same_name(p + row.name, b"content-length", 14):
            fh_note_row(&fields.length, i)
        elif row.name_len == 17 and fh_same_name(p + row.name, b"transfer-encoding", 17):
            fh_note_row(&fields.coding, i)
        elif row.name_len == 10 and fh_same_name(p + row.name, b"connection", 10):
            fh_note_row(&fields.connection, i)
        elif row.name_len == 6 and fh_same_name(p + row.name, b"expect", 6):
            fh_note_row(&fields.expect, i)


cdef inline fh_row_t trimmed(const uint8_t *p, const fh_row_t *row) noexcept nogil:
    """Return a row without OWS around its value."""
    cdef fh_row_t made = row[0]
    cdef size_t end = <size_t>row.value + row.value_len, start = fh_skip_ows(p, row.value, end)
    made.value, made.value_len = <uint32_t>start, <uint32_t>(fh_trim_ows(p, start, end) - start)
    return made


cdef long long framing_of(const uint8_t *p, const fh_block_t *b, const fh_framing_fields_t *fields) noexcept nogil:
    """Return the length that the fields give, CHUNKED, UNSTATED or UNKNOWN (RFC 9112 6.3)."""
    cdef fh_row_t row
    cdef long long length
    if fields.coding.count:
        row = trimmed(p, &b.rows[fields.coding.first])
        if (fields.coding.count == 1 and fields.length.count == 0 and row.value_len == 7
                and fh_same_name(p + row.value, b"chunked", 7)):
            return CHUNKED
        return UNKNOWN
    if fields.length.count == 0:
        return UNSTATED
    if fields.length.count > 1:
        return UNKNOWN
    row = trimmed(p, &b.rows[fields.length.first])
    length = fh_length_at(p, &row)
    return length if length >= 0 else UNKNOWN


def request_framing(bytes data not None, Py_ssize_t start, /):
    """Find the end of a header block in the default mode's grammar, and how it frames the body.

    data[start:] begins with the first field line.

    Returns (end, framing, expects): the offset just past the empty line; "chunked" or a length in bytes, 0 if no field
    states one; and whether there is an Expect field. Returns None while the empty line has not come. Raises ParseError
    (400) if the standard library would not understand every line as it stands, or if the fields do not frame the body
    in exactly one way (RFC 9112 6.3).
    """
    cdef Runtime rt = runtime()
    cdef fh_scan_t scan
    cdef fh_block_t block
    cdef fh_code_t code
    cdef fh_framing_fields_t fields
    cdef long long framing
    cdef Py_ssize_t end
    cdef const uint8_t *p
    if not 0 <= start <= PyBytes_GET_SIZE(data):
        raise ValueError("start is outside the data")
    p = <const uint8_t *>PyBytes_AS_STRING(data) + start
    fh_scan_init(&scan, p, <size_t>(PyBytes_GET_SIZE(data) - start), rt.classify)
    fh_block_init(&block)
    try:
        code = fh_walk(&scan, 0, False, FH_FOLD_KEEP, FH_MAX_HEAD, &block)
        if code == FH_NO_MEMORY:
            raise MemoryError
        if code == FH_PARTIAL:
            return None
        if code == FH_FOREIGN:
            if not blank_line(p, block.line, <size_t>(PyBytes_GET_SIZE(data) - start)):
                return None
            raise ParseError(400, "Bad field line", start + <Py_ssize_t>block.line, "9112 5")
        note_fields(p, &block, &fields)
        framing = framing_of(p, &block, &fields)
        end = start + <Py_ssize_t>block.end
        if fields.coding.count and framing != CHUNKED:
            raise ParseError(400, "Bad Transfer-Encoding", start + block.rows[fields.coding.first].value, "9112 6.1")
        if framing == UNKNOWN:
            raise ParseError(400, "Bad Content-Length", start + block.rows[fields.length.first].value, "9112 6.3")
        return (end, "chunked" if framing == CHUNKED else 0 if framing == UNSTATED else framing,
                fields.expect.count != 0)
    finally:
        fh_block_free(&block)


cdef size_t blank_line(const uint8_t *p, size_t start, size_t n) noexcept nogil:
    """Return one past the first empty line at or after `start`, where a line begins; 0 if there is none."""
    cdef const uint8_t *lf
    cdef size_t i = start
    while i < n:
        if p[i] == c"\n":
            return i + 1
        if p[i] == c"\r" and i + 1 < n and p[i + 1] == c"\n":
            return i + 2
        lf = <const uint8_t *>memchr(p + i, c"\n", n - i)
        if lf == NULL:
            return 0
        i = lf - p + 1
    return 0


def response_head(bytes data not None, /):
    """Read the response head at the start of what a program writes.

    Returns (end, status, minor, framing, persists): the offset just past the empty line, the status code, the minor
    version, the framing ("chunked", a length in bytes, None if the fields state none, or False if they contradict each
    other or cannot be understood), and False if the Connection field lists close, True if it does not, or None if it is
    missing.
    Returns None while the empty line has not come, and False if this is not an HTTP/1 response.
    """
    cdef Runtime rt = runtime()
    cdef const uint8_t *p = <const uint8_t *>PyBytes_AS_STRING(data)
    cdef size_t n = <size_t>PyBytes_GET_SIZE(data), start, end
    cdef const uint8_t *lf
    cdef fh_scan_t scan
    cdef fh_block_t block
    cdef fh_code_t code
    cdef fh_framing_fields_t fields
    cdef const fh_row_t *row
    cdef long long framing
    cdef uint32_t i
    cdef int status, minor
    cdef object said = None
    if memcmp(p, b"HTTP/1.", min(n, <size_t>7)) != 0:
        return False
    lf = <const uint8_t *>memchr(p, c"\n", n) if n else NULL
    if lf == NULL:
        return None
    start = lf - p + 1
    if start < 13 or not c"0" <= p[7] <= c"9" or p[8] != c" ":
        return False
    for i in range(9, 12):
        if not c"0" <= p[i] <= c"9":
            return False
    status = (p[9] - c"0") * 100 + (p[10] - c"0") * 10 + (p[11] - c"0")
    minor = p[7] - c"0"
    fh_scan_init(&scan, p, n, rt.classify)
    fh_block_init(&block)
    try:
        code = fh_walk(&scan, start, False, FH_FOLD_KEEP, FH_MAX_HEAD, &block)
        if code == FH_NO_MEMORY:
            raise MemoryError
        if code == FH_PARTIAL:
            return None
        if code != FH_OK:
            end = blank_line(p, start, n)
            return (end, status, minor, False, False) if end else None
        note_fields(p, &block, &fields)
        framing = framing_of(p, &block, &fields)
        if fields.connection.count:
            said = True
            for i in range(fields.connection.first, block.count):
                row = &block.rows[i]
                if (row.name_len == 10 and fh_same_name(p + row.name, b"connection", 10)
                        and fh_has_element(p, row, b"close", 5, False)):
                    said = False
        return (block.end, status, minor,
                "chunked" if framing == CHUNKED else None if framing == UNSTATED else False if framing == UNKNOWN
                else framing, said)
    finally:
        fh_block_free(&block)


share(globals())
