# SPDX-License-Identifier: MIT
# Strict mode over the masks of stage 1, line by line: RFC 9110 and 9112, one function for each grammar rule;
# framing.pxd checks whole heads. No Python object is touched here. _pure/lines.py is the same in plain Python.
#
# A line without faults is read once, from mask to mask; the masks are those of FH_PLAIN. If that finds anything else,
# even just a name with other tchars, the line is judged again from its start, byte by byte, and a fault is found in the
# order of the verdicts (fh_odd_line() and what it calls).
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcmp

from fasthdr._core.classify cimport (
    FH_BLOCK, fh_ctz, fh_is_crlf, fh_is_name, fh_is_ows, fh_mask_t, fh_skip_ows, fh_trim_ows,
)
from fasthdr._core.faults cimport (
    FH_ACCEPTED, FH_EMPTY_LINES, FH_EXHAUSTED, FH_FAULT_FIELD_COUNT, FH_FAULT_FIELD_LINE, FH_FAULT_FIELD_LINE_LENGTH,
    FH_FAULT_FIELD_NAME, FH_FAULT_FIELD_VALUE, FH_FAULT_LEADING_SPACE, FH_FAULT_METHOD, FH_FAULT_NOT_HTTP,
    FH_FAULT_OBS_FOLD, FH_FAULT_PROXY, FH_FAULT_REQUEST_LINE, FH_FAULT_REQUEST_LINE_LENGTH,
    FH_FAULT_SPACE_BEFORE_COLON, FH_FAULT_STATUS_CODE, FH_FAULT_STATUS_LINE, FH_FAULT_STATUS_LINE_LENGTH,
    FH_FAULT_TARGET, FH_FAULT_TLS, FH_FAULT_TLS_RESPONSE, FH_FAULT_VERSION, FH_FAULT_VERSION_NUMBER, FH_INCOMPLETE,
    FH_REFUSED, FH_TCHAR, fh_byte, fh_class, fh_ends_line, fh_is_content, fh_is_target, fh_line_within, fh_may_decide,
    fh_note_row, fh_refuse, fh_refuse_byte, fh_strict_t, fh_verdict_t,
)
from fasthdr._core.walk cimport (
    FH_WINDOW, fh_block_grow, fh_block_t, fh_line_in_window, fh_next, fh_row, fh_row_t, fh_scan_t,
)


# ------------------------------------------------------------------------------------------------------- start lines

cdef inline bint fh_version_byte(uint8_t c, size_t i) noexcept nogil:
    """HTTP-version = HTTP-name "/" DIGIT "." DIGIT (RFC 9112 2.3): return whether c can be its byte i of 8."""
    cdef const char *name = b"HTTP/"
    if i < 5:
        return c == <uint8_t>name[i]
    return c == c'.' if i == 6 else c'0' <= c <= c'9'


cdef inline fh_verdict_t fh_minor(fh_strict_t *s, const uint8_t *p, size_t start) noexcept nogil:
    """Accept only HTTP/1.x; from 1.2 on, read it as 1.1 (RFC 9110 2.5). p[start:start + 8] is an HTTP-version."""
    if p[start + 5] != c'1':
        return fh_refuse(s, FH_FAULT_VERSION_NUMBER, start)
    s.minor = p[start + 7] != c'0'
    return FH_ACCEPTED


cdef inline bint fh_is_proxy(const uint8_t *p, size_t n) noexcept nogil:
    """Recognize a header of the PROXY protocol, version 1. No request has one: "TCP4" is not a request-target."""
    if n < 11 or memcmp(p, b"PROXY ", 6) != 0:
        return False
    if memcmp(p + 6, b"TCP4 ", 5) == 0 or memcmp(p + 6, b"TCP6 ", 5) == 0:
        return True
    return n >= 14 and memcmp(p + 6, b"UNKNOWN", 7) == 0 and (p[13] == c' ' or p[13] == c'\r')


cdef inline bint fh_is_tls(uint8_t c) noexcept nogil:
    """Recognize the first ContentType of a TLS connection: alert or handshake (RFC 8446 5.1)."""
    return c == 0x15 or c == 0x16


cdef inline fh_verdict_t fh_not_http(fh_strict_t *s, const uint8_t *p, size_t n, size_t start) noexcept nogil:
    """Refuse what cannot be a request, by the first bytes of its start line, whole or not; FH_ACCEPTED otherwise."""
    cdef const char *proxy = b"\x00\r\nQUIT\n"  # after two empty lines: the PROXY protocol, version 2
    cdef size_t room = s.limits.head - start
    cdef size_t seen = n - start if n - start < room else room
    if seen == 0:
        return FH_ACCEPTED
    if start == 4 and p[4] == 0:
        if memcmp(p + 4, proxy, seen if seen < 8 else 8) != 0:
            return fh_refuse(s, FH_FAULT_NOT_HTTP, 4)
        if seen >= 8:
            return fh_refuse(s, FH_FAULT_PROXY, 0)
        return FH_INCOMPLETE if seen < room else fh_refuse(s, FH_FAULT_NOT_HTTP, 4)
    if fh_is_ows(p[start]):
        return fh_refuse(s, FH_FAULT_REQUEST_LINE, start)
    if not fh_class[p[start]] & FH_TCHAR and p[start] != c'\r' and p[start] != c'\n':
        return fh_refuse(s, FH_FAULT_TLS if fh_is_tls(p[start]) else FH_FAULT_NOT_HTTP, start)
    if fh_is_proxy(p + start, seen if seen < s.limits.line else s.limits.line):
        return fh_refuse(s, FH_FAULT_PROXY, start)
    return FH_ACCEPTED


cdef inline fh_verdict_t fh_odd_request_line(fh_strict_t *s, const uint8_t *p, size_t start,
                                             size_t end) noexcept nogil:
    """request-line = method SP request-target SP HTTP-version (RFC 9112 3) and CRLF: read p[start:end] byte by byte."""
    cdef size_t at = start, k
    cdef uint8_t c
    while at < end and fh_class[p[at]] & FH_TCHAR:
        at += 1
    c = fh_byte(p, at, end)
    if at == start or c != c' ':
        return fh_refuse_byte(s, p, end, FH_FAULT_REQUEST_LINE if fh_is_ows(c) or c == c'\r' else FH_FAULT_METHOD, at)
    s.method, s.method_len = start, at - start
    at += 1
    s.target = at
    while at < end and fh_is_target(p + at, 1, 1):
        at += 1
    c = fh_byte(p, at, end)
    if at == s.target or c != c' ':
        return fh_refuse_byte(s, p, end, FH_FAULT_REQUEST_LINE if fh_is_ows(c) or c == c'\r' else FH_FAULT_TARGET, at)
    s.target_len = at - s.target
    at += 1
    for k in range(8):
        c = fh_byte(p, at + k, end)
        if not fh_version_byte(c, k):
            return fh_refuse_byte(s, p, end, FH_FAULT_REQUEST_LINE if fh_is_ows(c) else FH_FAULT_VERSION, at + k)
    if not fh_ends_line(p, at + 8, end):
        c = fh_byte(p, at + 8, end)
        return fh_refuse_byte(s, p, end, FH_FAULT_REQUEST_LINE if fh_is_ows(c) else FH_FAULT_VERSION, at + 8)
    return fh_minor(s, p, at)


cdef inline fh_verdict_t fh_strict_request_line_at(fh_strict_t *s, fh_scan_t *scan, size_t start,
                                                   size_t *next_line) noexcept nogil:
    """Read empty lines and the request line, from p + start on. The fault of a refusal is right only if start is 0."""
    cdef const uint8_t *p = scan.p
    cdef size_t n = scan.n, sp, t, v, end = 0
    cdef int skipped = 0
    cdef fh_verdict_t verdict
    while skipped < FH_EMPTY_LINES and n - start >= 2 and p[start] == c'\r' and p[start + 1] == c'\n':
        verdict = fh_line_within(s, p, n, start, FH_FAULT_REQUEST_LINE_LENGTH, &end)
        if verdict != FH_ACCEPTED:
            return verdict
        start += 2
        skipped += 1
    sp = fh_next(scan, start, False)
    if sp < n and p[sp] == c' ' and sp > start:
        t = sp + 1
        end = fh_next(scan, t, True)
        if end < n and n - end >= 2 and fh_is_crlf(p + end) and end - t > 9:
            v = end - 8
            if (memcmp(p + v - 1, b" HTTP/1.", 8) == 0 and (p[end - 1] == c'1' or p[end - 1] == c'0')
                    and end + 2 - start <= s.limits.line and fh_is_target(p + t, v - 1 - t, n - t)
                    and (p[t] == c'/' or not fh_is_proxy(p + start, end - start))):
                s.method, s.method_len = start, sp - start
                s.target, s.target_len = t, v - 1 - t
                s.minor = p[end - 1] - c'0'
                next_line[0] = end + 2
                return FH_ACCEPTED
    verdict = fh_not_http(s, p, n, start)
    if verdict == FH_ACCEPTED:
        verdict = fh_line_within(s, p, n, start, FH_FAULT_REQUEST_LINE_LENGTH, next_line)
    if verdict != FH_ACCEPTED:
        return verdict
    return fh_odd_request_line(s, p, start, next_line[0])


cdef inline fh_verdict_t fh_strict_request_line(fh_strict_t *s, fh_scan_t *scan, size_t *next_line) noexcept nogil:
    return fh_strict_request_line_at(s, scan, 0, next_line)


cdef inline fh_verdict_t fh_no_status_line(fh_strict_t *s, uint8_t c) noexcept nogil:
    """Refuse what cannot be a response, by its first byte. FH_ACCEPTED if it may be one."""
    if c == c'H' or c == c'\r' or c == c'\n':
        return FH_ACCEPTED
    if fh_is_ows(c):
        return fh_refuse(s, FH_FAULT_STATUS_LINE, 0)
    return fh_refuse(s, FH_FAULT_TLS_RESPONSE if fh_is_tls(c) else FH_FAULT_VERSION, 0)


cdef inline fh_verdict_t fh_strict_status_line(fh_strict_t *s, fh_scan_t *scan, size_t *next_line) noexcept nogil:
    """status-line = HTTP-version SP status-code SP [ reason-phrase ] (RFC 9112 4) and CRLF."""
    cdef const uint8_t *p = scan.p
    cdef size_t at, end
    cdef uint8_t c
    cdef fh_verdict_t verdict = fh_no_status_line(s, p[0]) if scan.n else FH_ACCEPTED
    if verdict == FH_ACCEPTED:
        verdict = fh_line_within(s, p, scan.n, 0, FH_FAULT_STATUS_LINE_LENGTH, next_line)
    if verdict != FH_ACCEPTED:
        return verdict
    end = next_line[0]
    for at in range(8):
        c = fh_byte(p, at, end)
        if not fh_version_byte(c, at):
            return fh_refuse_byte(s, p, end, FH_FAULT_STATUS_LINE if fh_is_ows(c) else FH_FAULT_VERSION, at)
    for at in range(8, 13):
        c = fh_byte(p, at, end)
        if not (c == c' ' if at == 8 or at == 12 else c'0' <= c <= c'9'):
            return fh_refuse_byte(s, p, end, FH_FAULT_STATUS_LINE, at)
    at = 13
    while at < end and fh_is_content(p[at]):
        at += 1
    if not fh_ends_line(p, at, end):
        return fh_refuse_byte(s, p, end, FH_FAULT_STATUS_LINE, at)
    if fh_minor(s, p, 0) == FH_REFUSED:
        return FH_REFUSED
    if p[9] == c'0':
        return fh_refuse(s, FH_FAULT_STATUS_CODE, 9)
    s.status = (p[9] - c'0') * 100 + (p[10] - c'0') * 10 + (p[11] - c'0')
    s.reason = fh_skip_ows(p, 13, at)
    s.reason_len = fh_trim_ows(p, s.reason, at) - s.reason
    return FH_ACCEPTED


# ------------------------------------------------------------------------------------------------------- field lines

cdef inline size_t fh_colon(const uint8_t *p, size_t at, size_t end, bint obsolete) noexcept nogil:
    """Return where the colon has to be after a field name that ends at `at`; obsolete: after OWS (RFC 9112 5.1)."""
    cdef size_t colon = at
    if obsolete:
        colon = fh_skip_ows(p, at, end)
        if fh_byte(p, colon, end) != c':':
            colon = at
    return colon


cdef inline fh_verdict_t fh_odd_field_line(fh_strict_t *s, const uint8_t *p, size_t start, size_t end, bint first,
                                           bint obsolete) noexcept nogil:
    """field-line = field-name ":" OWS field-value OWS (RFC 9112 5) and CRLF: find the fault of a bad p[start:end].

    first: it is the first field line. obsolete: a later one may be an obs-fold; white space may precede the
    colon.
    """
    cdef size_t at = start
    cdef uint8_t c = fh_byte(p, at, end)
    if fh_is_ows(c):
        if first or not obsolete:
            return fh_refuse(s, FH_FAULT_LEADING_SPACE if first else FH_FAULT_OBS_FOLD, at)
    else:
        while at < end and fh_class[p[at]] & FH_TCHAR:
            at += 1
        if at > start:
            at = fh_colon(p, at, end, obsolete)
        c = fh_byte(p, at, end)
        if at == start or c != c':':
            if c == c':' or c == c'\r':
                return fh_refuse_byte(s, p, end, FH_FAULT_FIELD_LINE, at)
            return fh_refuse_byte(s, p, end, FH_FAULT_SPACE_BEFORE_COLON if fh_is_ows(c) else FH_FAULT_FIELD_NAME,
                                  at)
    at += 1
    while at < end and fh_is_content(p[at]):
        at += 1
    return fh_refuse_byte(s, p, end, FH_FAULT_FIELD_VALUE, at)


cdef inline fh_verdict_t fh_odd_line(fh_strict_t *s, fh_scan_t *scan, size_t start, fh_block_t *b) noexcept nogil:
    """Judge what is neither an acceptable field line nor the empty line: an incomplete line, or a fault."""
    cdef size_t end = 0
    cdef fh_verdict_t verdict = fh_line_within(s, scan.p, scan.n, start, FH_FAULT_FIELD_LINE_LENGTH, &end)
    if verdict != FH_ACCEPTED:
        return verdict
    if b.count >= s.limits.lines and not (s.obsolete and fh_is_ows(scan.p[start])):
        return fh_refuse(s, FH_FAULT_FIELD_COUNT, start)
    return fh_odd_field_line(s, scan.p, start, end, b.count == 0, s.obsolete)


cdef inline size_t fh_value_end(fh_scan_t *scan, size_t at) noexcept nogil:
    """Return the first byte from `at` on that cannot be in a field value; n or more if there is none."""
    at = fh_next(scan, at, True)
    while at < scan.n and scan.p[at] == c'\t':
        at = fh_next(scan, at + 1, True)
    return at


cdef inline fh_verdict_t fh_fold_line(fh_strict_t *s, fh_scan_t *scan, size_t i, fh_block_t *b,
                                      size_t *next_line) noexcept nogil:
    """Add an obs-fold (RFC 9112 5.2) and its text to the value of the last row. p[i] is SP or HTAB."""
    cdef const uint8_t *p = scan.p
    cdef fh_row_t *row = &b.rows[b.count - 1]
    cdef size_t v, e = fh_value_end(scan, i)
    if scan.n - e < 2 or not fh_is_crlf(p + e) or e + 2 - i > s.limits.line:
        return fh_odd_line(s, scan, i, b)
    next_line[0] = e + 2
    v = fh_skip_ows(p, i, e)
    e = fh_trim_ows(p, v, e)
    if v < e:
        if row.value_len == 0:
            row.value = <uint32_t>v
        else:
            s.folded = True
        row.value_len = <uint32_t>(e - row.value)
    return FH_ACCEPTED


cdef inline void fh_unfold(uint8_t *p, const fh_block_t *b) noexcept nogil:
    """Replace each obs-fold (RFC 9112 5.2) within a value by SP, including the white space on both sides."""
    cdef size_t i, at, start, end
    for i in range(b.count):
        start = at = b.rows[i].value
        end = start + b.rows[i].value_len
        while at < end:
            if p[at] != c'\r':
                at += 1
                continue
            at = fh_trim_ows(p, start, at)
            while at < end and (fh_is_ows(p[at]) or p[at] == c'\r' or p[at] == c'\n'):
                p[at] = c' '
                at += 1


cdef inline void fh_note_name(fh_strict_t *s, const uint8_t *name, size_t n, uint32_t row) noexcept nogil:
    """Remember the rows of the fields that strict mode checks."""
    if not fh_may_decide(name, n):
        return
    if n == 4:
        if fh_is_name(name, b"host", 4):
            fh_note_row(&s.host, row)
    elif n == 6:
        if fh_is_name(name, b"expect", 6):
            fh_note_row(&s.expect, row)
    elif n == 10:
        if fh_is_name(name, b"connection", 10):
            fh_note_row(&s.connection, row)
    elif n == 12:
        if fh_is_name(name, b"content-type", 12):
            fh_note_row(&s.type, row)
    elif n == 13:
        if fh_is_name(name, b"content-range", 13):
            fh_note_row(&s.range, row)
        elif fh_is_name(name, b"authorization", 13):
            fh_note_row(&s.credentials, row)
    elif n == 14:
        if fh_is_name(name, b"content-length", 14):
            fh_note_row(&s.length, row)
    elif fh_is_name(name, b"transfer-encodin", 16) and (name[16] | 0x20) == c'g':
        fh_note_row(&s.coding, row)


cdef inline fh_verdict_t fh_strict_line(fh_strict_t *s, fh_scan_t *scan, size_t i, fh_block_t *b,
                                        size_t *next_line) noexcept nogil:
    """Read any line, wherever it is: a field line, or the empty line (then next_line is 0 and b.end is set)."""
    cdef const uint8_t *p = scan.p
    cdef size_t n = scan.n, name_end, colon, v, e
    next_line[0] = 0
    if n - i >= 2 and fh_is_crlf(p + i) and s.limits.line >= 2:
        s.blank_line = i
        b.end = i + 2
        return FH_ACCEPTED
    name_end = i
    while name_end < n and fh_class[p[name_end]] & FH_TCHAR:
        name_end += 1
    if name_end == i and i < n and s.obsolete and b.count and fh_is_ows(p[i]):
        return fh_fold_line(s, scan, i, b, next_line)
    colon = fh_colon(p, name_end, n, s.obsolete)
    if colon >= n or name_end == i or p[colon] != c':':
        return fh_odd_line(s, scan, i, b)
    e = fh_value_end(scan, colon + 1)
    if n - e < 2 or not fh_is_crlf(p + e) or e + 2 - i > s.limits.line or b.count >= s.limits.lines:
        return fh_odd_line(s, scan, i, b)
    if b.count == b.capacity and not fh_block_grow(b):
        return FH_EXHAUSTED
    next_line[0] = e + 2
    v = fh_skip_ows(p, colon + 1, e)
    e = fh_trim_ows(p, v, e)
    fh_row(&b.rows[b.count], i, name_end, v, e)
    fh_note_name(s, p + i, name_end - i, b.count)
    b.count += 1
    return FH_ACCEPTED


cdef inline fh_verdict_t fh_strict_fields(fh_strict_t *s, fh_scan_t *scan, size_t start,
                                          fh_block_t *b) noexcept nogil:
    """Read *( field-line CRLF ) CRLF (RFC 9112 2.1), from p + start on."""
    cdef const uint8_t *p = scan.p
    cdef size_t line = s.limits.line, i = start, at, edge, colon, v, e, end, next_line = 0
    cdef uint64_t ctls
    cdef const fh_mask_t *m
    cdef fh_row_t *row
    cdef fh_row_t *room
    cdef fh_verdict_t verdict
    while True:
        if scan.base <= i < scan.limit and line > FH_WINDOW:
            # As in fh_walk(): take lines with a name, a colon and CRLF while they are in the window. None is too long.
            at = i - i % FH_BLOCK
            m = &scan.masks[(at - scan.base) // FH_BLOCK]
            ctls = m.ctl >> i % FH_BLOCK << i % FH_BLOCK
            edge = scan.limit - 2 if scan.limit > 2 else 0
            row = b.rows + b.count
            room = b.rows + (b.capacity if b.capacity < s.limits.lines else <uint32_t>s.limits.lines)
            while True:
                if not fh_line_in_window(&m, &at, &ctls, i, &colon, &e):
                    break
                if e >= edge or p[colon] != c':' or not fh_is_crlf(p + e) or colon == i or row >= room:
                    break
                v = colon + 1
                if p[v] == c' ':
                    v += 1
                if p[v] <= c' ':
                    v = fh_skip_ows(p, v, e)
                end = e
                if p[e - 1] <= c' ':
                    end = fh_trim_ows(p, v, e)
                if v > end:
                    break  # the bytes have changed since their masks were made
                fh_note_name(s, p + i, colon - i, <uint32_t>(row - b.rows))
                fh_row(row, i, colon, v, end)
                row += 1
                i = e + 2
                if i - at >= FH_BLOCK:
                    m += 1
                    at += FH_BLOCK
                    ctls = m.ctl
                ctls = ctls >> i % FH_BLOCK << i % FH_BLOCK
            b.count = <uint32_t>(row - b.rows)
        verdict = fh_strict_line(s, scan, i, b, &next_line)
        if verdict != FH_ACCEPTED or next_line == 0:
            return verdict
        i = next_line
