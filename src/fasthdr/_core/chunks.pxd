# SPDX-License-Identifier: MIT
# Where a message body ends (RFC 9112 6.3 and 7.1): its bytes go in, split anyhow, and spans of data come out. No Python
# object is touched here. docs/strict.md has the verdicts; _pure/chunks.py is the same in plain Python.
#
# Bytes are read once and from left to right, within [p, p + n): another thread that writes to them meanwhile can change
# the verdict and nothing else. The trailer section is left to the caller, who copies it before judging it.
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from fasthdr._core.classify cimport fh_is_ows
from fasthdr._core.faults cimport (
    FH_FAULT_CHUNK, FH_FAULT_CHUNK_EXTENSION, FH_FAULT_CHUNK_LINE_LENGTH, FH_FAULT_CONTENT_TOO_LARGE,
    FH_FAULT_EXTENSIONS_LENGTH, FH_FAULT_LINE_ENDING, FH_FAULT_NONE, FH_HEXDIG, FH_TCHAR, fh_class, fh_fault_t,
    fh_is_content, fh_limits_t,
)


cdef enum:
    FH_SIZE_DIGITS = 16       # of a chunk-size, leading zeros included: its value is below 2**64


ctypedef enum fh_framing_t:
    FH_NO_FRAMING = 0         # __init__() has not been called
    FH_CHUNKED = 1
    FH_SIZED = 2
    FH_UNTIL_CLOSE = 3


# What the next byte of the connection is part of.
ctypedef enum fh_place_t:
    FH_NOWHERE = 0            # nothing: the byte must not be there
    FH_DATA = 1
    FH_DATA_CR = 2            # the CRLF after chunk-data
    FH_DATA_LF = 3
    FH_SIZE = 4               # chunk-size
    FH_LINE_LF = 5            # the LF of a chunk line
    FH_EXT = 6                # BWS before the ";" of an extension
    FH_EXT_NAME_BWS = 7       # BWS after the ";"
    FH_EXT_NAME = 8
    FH_EXT_EQUALS = 9         # BWS after a name: a "=" may follow, or the ";" of the next extension
    FH_EXT_VALUE_BWS = 10     # BWS after "="
    FH_EXT_TOKEN = 11         # chunk-ext-val that is a token
    FH_EXT_QUOTED = 12        # chunk-ext-val that is a quoted-string
    FH_EXT_ESCAPED = 13       # the byte after a "\" in it
    FH_EXT_END = 14           # the byte after its end
    FH_TRAILERS = 15
    FH_ENDED = 16


ctypedef enum fh_step_t:
    FH_STEP_ON = 0            # go on; only between the functions here
    FH_STEP_MORE = 1          # all has been taken, and the body goes on
    FH_STEP_FULL = 2          # no room for another span
    FH_STEP_TRAILERS = 3      # the next byte belongs to the trailer section
    FH_STEP_ENDED = 4
    FH_STEP_REFUSED = 5       # `fault` and `fault_at` say why


# A run of data within the bytes of one call.
cdef struct fh_span_t:
    size_t start
    size_t length             # 1 and up


# A body so far. Offsets on the wire are in bytes from the body's first byte.
cdef struct fh_body_t:
    fh_framing_t framing
    fh_place_t place
    fh_limits_t trailers      # limits of the trailer section
    uint64_t most             # bytes of data in the whole body; at most 2**63 - 1
    uint64_t line_most        # bytes of a chunk line, its CRLF included; below 2**32
    uint64_t extensions_most  # bytes of chunk extensions in the whole body; below 2**32
    uint64_t wire             # bytes taken before this call
    uint64_t received         # bytes of data so far
    uint64_t left             # at FH_DATA: bytes of data up to the next framing, or to the limit
    uint64_t size             # chunk-size so far
    uint64_t line             # where the current line starts, of a chunk or of the trailer section
    uint64_t extensions       # bytes of chunk extensions so far
    uint32_t digits           # digits of chunk-size so far
    uint32_t field_lines      # field lines of the trailer section so far
    size_t section            # bytes of the trailer section so far
    size_t partial            # bytes of its current line so far
    size_t kept               # bytes of its lines that are kept
    fh_fault_t fault
    uint64_t fault_at


cdef inline fh_step_t fh_body_refuse(fh_body_t *b, fh_fault_t fault, uint64_t at) noexcept nogil:
    b.fault = fault
    b.fault_at = at
    return FH_STEP_REFUSED


cdef inline void fh_body_start(fh_body_t *b, fh_framing_t framing, uint64_t length) noexcept nogil:
    """Begin a body of which nothing has come; its limits are set. length: for a sized body."""
    b.framing = framing
    b.wire = b.received = b.size = b.line = b.extensions = 0
    b.digits = b.field_lines = 0
    b.section = b.partial = b.kept = 0
    b.fault = FH_FAULT_NONE
    b.fault_at = 0
    b.left = length if framing == FH_SIZED else b.most if framing == FH_UNTIL_CLOSE else 0
    b.place = FH_SIZE if framing == FH_CHUNKED else FH_DATA
    if framing == FH_SIZED and length == 0:
        b.place = FH_ENDED


cdef inline void fh_body_data(fh_body_t *b, uint64_t n) noexcept nogil:
    """Note that n bytes of data, at most `left`, have been taken."""
    b.left -= n
    b.received += n
    if b.left == 0 and b.framing != FH_UNTIL_CLOSE:
        b.place = FH_ENDED if b.framing == FH_SIZED else FH_DATA_CR


# ------------------------------------------------------------------------------------------------------- chunk lines

cdef inline fh_place_t fh_after_value(uint8_t c) noexcept nogil:
    """Return the place after c, which follows chunk-size, a chunk-ext-name or a chunk-ext-val: CRLF or chunk-ext."""
    if c == c'\r':
        return FH_LINE_LF
    if c == c';':
        return FH_EXT_NAME_BWS
    return FH_EXT if fh_is_ows(c) else FH_NOWHERE


cdef inline fh_place_t fh_extension(fh_place_t place, uint8_t c) noexcept nogil:
    """chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] ) (RFC 9112 7.1.1): the place after c.

    chunk-ext-name = token, chunk-ext-val = token / quoted-string,
    quoted-string = DQUOTE *( qdtext / quoted-pair ) DQUOTE (RFC 9110 5.6.4). An extension must follow BWS.
    """
    if place == FH_EXT:
        if c == c';':
            return FH_EXT_NAME_BWS
        return place if fh_is_ows(c) else FH_NOWHERE
    if place == FH_EXT_NAME_BWS:
        if fh_class[c] & FH_TCHAR:
            return FH_EXT_NAME
        return place if fh_is_ows(c) else FH_NOWHERE
    if place == FH_EXT_NAME:
        if fh_class[c] & FH_TCHAR:
            return place
        if c == c'=':
            return FH_EXT_VALUE_BWS
        return FH_EXT_EQUALS if fh_is_ows(c) else fh_after_value(c)
    if place == FH_EXT_EQUALS:
        if c == c'=':
            return FH_EXT_VALUE_BWS
        if c == c';':
            return FH_EXT_NAME_BWS
        return place if fh_is_ows(c) else FH_NOWHERE
    if place == FH_EXT_VALUE_BWS:
        if c == c'"':
            return FH_EXT_QUOTED
        if fh_class[c] & FH_TCHAR:
            return FH_EXT_TOKEN
        return place if fh_is_ows(c) else FH_NOWHERE
    if place == FH_EXT_TOKEN:
        return place if fh_class[c] & FH_TCHAR else fh_after_value(c)
    if place == FH_EXT_QUOTED:
        if c == c'"':
            return FH_EXT_END
        if c == c'\\':
            return FH_EXT_ESCAPED
        return place if fh_is_content(c) else FH_NOWHERE
    if place == FH_EXT_ESCAPED:
        return FH_EXT_QUOTED if fh_is_content(c) else FH_NOWHERE
    return fh_after_value(c)


cdef inline fh_step_t fh_line_done(fh_body_t *b, uint64_t end) noexcept nogil:
    """Note that a chunk line has ended before `end` on the wire."""
    if b.size > b.most - b.received:
        return fh_body_refuse(b, FH_FAULT_CONTENT_TOO_LARGE, b.line)
    b.left = b.size
    b.line = end
    b.place = FH_DATA if b.size else FH_TRAILERS
    return FH_STEP_ON


cdef inline fh_step_t fh_line_short(fh_body_t *b, uint64_t end) noexcept nogil:
    """Check the limit of a chunk line that has not ended before `end` on the wire."""
    if end - b.line >= b.line_most:
        return fh_body_refuse(b, FH_FAULT_CHUNK_LINE_LENGTH, b.line + b.line_most)
    return FH_STEP_MORE


cdef inline uint64_t fh_with_digit(uint64_t size, uint8_t c) noexcept nogil:
    return size << 4 | (c & 15) + 9 * (c >> 6)


cdef inline fh_step_t fh_chunk_line(fh_body_t *b, const uint8_t *p, size_t n, size_t *at) noexcept nogil:
    """Read chunk-size [ chunk-ext ] CRLF (RFC 9112 7.1), from where the last call stopped.

    The first byte that is beyond a limit or that the grammar does not allow is the fault.
    """
    cdef size_t i = at[0], end = n
    cdef uint64_t size = b.size, limit = b.line + b.line_most - b.wire
    cdef uint32_t digits = b.digits
    cdef fh_place_t place = b.place, after
    cdef uint8_t c
    if limit < n:
        end = <size_t>limit
    if place == FH_SIZE and digits == 0 and i + FH_SIZE_DIGITS + 2 <= end:  # most chunk lines are a size and CRLF
        while digits < FH_SIZE_DIGITS:
            c = p[i + digits]
            if not fh_class[c] & FH_HEXDIG:
                break
            size = fh_with_digit(size, c)
            digits += 1
        if digits and p[i + digits] == c'\r' and p[i + digits + 1] == c'\n' and size <= <uint64_t>0x7FFFFFFFFFFFFFFF:
            at[0] = i + digits + 2
            b.size = size
            return fh_line_done(b, b.wire + at[0])
        size = b.size
        digits = 0
    while True:
        if i >= end:
            at[0] = i
            b.place = place
            b.size = size
            b.digits = digits
            return fh_line_short(b, b.wire + i)
        c = p[i]
        if place == FH_SIZE:
            if fh_class[c] & FH_HEXDIG:
                if digits == FH_SIZE_DIGITS:
                    return fh_body_refuse(b, FH_FAULT_CHUNK, b.wire + i)
                size = fh_with_digit(size, c)
                digits += 1
                i += 1
                continue
            if digits and size > <uint64_t>0x7FFFFFFFFFFFFFFF:
                return fh_body_refuse(b, FH_FAULT_CHUNK, b.line)
            after = fh_after_value(c) if digits else FH_NOWHERE
        elif place == FH_LINE_LF:
            if c != c'\n':
                return fh_body_refuse(b, FH_FAULT_LINE_ENDING, b.wire + i - 1)
            at[0] = i + 1
            b.size = size
            return fh_line_done(b, b.wire + i + 1)
        else:
            after = fh_extension(place, c)
        if after == FH_NOWHERE:
            if c == c'\n':
                return fh_body_refuse(b, FH_FAULT_LINE_ENDING, b.wire + i)
            return fh_body_refuse(b, FH_FAULT_CHUNK if place == FH_SIZE else FH_FAULT_CHUNK_EXTENSION, b.wire + i)
        if after != FH_LINE_LF:
            if b.extensions == b.extensions_most:
                return fh_body_refuse(b, FH_FAULT_EXTENSIONS_LENGTH, b.wire + i)
            b.extensions += 1
        place = after
        i += 1


# ------------------------------------------------------------------------------------------------------------ bodies

cdef inline fh_step_t fh_body_run(fh_body_t *b, const uint8_t *p, size_t n, size_t *at, fh_span_t *spans, size_t room,
                                  size_t *count) noexcept nogil:
    """Read the body from p + *at up to p + n. *count of `room` spans are filled so far; moves *at and *count forward.

        chunked-body = *chunk last-chunk trailer-section CRLF
        chunk        = chunk-size [ chunk-ext ] CRLF chunk-data CRLF         ; RFC 9112 7.1
    """
    cdef size_t i = at[0], take
    cdef uint8_t c
    cdef fh_step_t step
    while True:
        if b.place == FH_DATA:
            take = n - i
            if take > b.left:
                if b.framing == FH_UNTIL_CLOSE:
                    return fh_body_refuse(b, FH_FAULT_CONTENT_TOO_LARGE, b.wire + i + b.left)
                take = <size_t>b.left
            if take == 0 or count[0] == room:
                at[0] = i
                return FH_STEP_FULL if take else FH_STEP_MORE
            spans[count[0]].start = i
            spans[count[0]].length = take
            count[0] += 1
            i += take
            fh_body_data(b, take)
        if b.place == FH_DATA_CR and i < n:
            c = p[i]
            if c != c'\r':
                return fh_body_refuse(b, FH_FAULT_LINE_ENDING if c == c'\n' else FH_FAULT_CHUNK, b.wire + i)
            i += 1
            b.place = FH_DATA_LF
        if b.place == FH_DATA_LF and i < n:
            if p[i] != c'\n':
                return fh_body_refuse(b, FH_FAULT_LINE_ENDING, b.wire + i - 1)
            i += 1
            b.place = FH_SIZE
            b.size = b.digits = 0
            b.line = b.wire + i
        at[0] = i
        if b.place == FH_ENDED:
            return FH_STEP_ENDED
        if i == n:
            return FH_STEP_MORE
        if b.place == FH_TRAILERS:
            return FH_STEP_TRAILERS
        step = fh_chunk_line(b, p, n, at)
        if step != FH_STEP_ON:
            return step
        i = at[0]
        if b.place == FH_TRAILERS:
            return FH_STEP_TRAILERS
