# SPDX-License-Identifier: MIT
# Strict mode, once a head is whole: target, Host, framing, and other fields that must not come twice. The invariants
# are those of strict.pxd.
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcmp

from fasthdr._core.classify cimport fh_is_name, fh_same_name, fh_skip_ows, fh_trim_ows
from fasthdr._core.walk cimport fh_block_t, fh_row_t
from fasthdr._core.faults cimport (
    FH_ACCEPTED, FH_DIGIT, FH_FAULT_AUTHORIZATION_TWICE, FH_FAULT_CODING, FH_FAULT_CONNECT_CONTENT,
    FH_FAULT_CONTENT_LENGTH, FH_FAULT_CONTENT_RANGE_TWICE, FH_FAULT_CONTENT_TYPE_TWICE, FH_FAULT_HOST,
    FH_FAULT_HOST_MISSING, FH_FAULT_HOST_TWICE, FH_FAULT_TARGET, FH_FAULT_TRANSFER_ENCODING, FH_FAULT_TWO_FRAMINGS,
    FH_HEXDIG, FH_REFUSED, FH_REG_NAME, FH_TCHAR, fh_class, fh_is_class, fh_named_t, fh_refuse, fh_reg_name,
    fh_strict_t, fh_verdict_t,
)


# --------------------------------------------------------------------------------------------------- target and Host

cdef inline bint fh_is_ipv4(const uint8_t *p, size_t n) noexcept nogil:
    """IPv4address = dec-octet "." dec-octet "." dec-octet "." dec-octet (RFC 3986 3.2.2)."""
    cdef size_t i = 0, start
    cdef int octet, k
    for k in range(4):
        if k:
            if i >= n or p[i] != c'.':
                return False
            i += 1
        start = i
        octet = 0
        while i < n and i - start < 3 and fh_class[p[i]] & FH_DIGIT:
            octet = octet * 10 + (p[i] - c'0')
            i += 1
        if i == start or octet > 255 or (p[start] == c'0' and i - start > 1):
            return False
    return i == n


cdef inline bint fh_is_ipv6(const uint8_t *p, size_t n) noexcept nogil:
    """IPv6address (RFC 3986 3.2.2): eight h16, the last two perhaps an IPv4address; "::" once, for one h16 or more."""
    cdef size_t i = 0, start
    cdef int groups = 0
    cdef bint compressed = False
    if n >= 2 and p[0] == c':' and p[1] == c':':
        compressed = True
        i = 2
        if n == 2:
            return True
    while groups < 8:
        start = i
        while i < n and fh_class[p[i]] & FH_HEXDIG:
            i += 1
        if i < n and p[i] == c'.':
            if not fh_is_ipv4(p + start, n - start):
                return False
            groups += 2
            break
        if i == start or i - start > 4:
            return False
        groups += 1
        if i == n:
            break
        if p[i] != c':' or i + 1 == n:
            return False
        i += 1
        if p[i] == c':':
            if compressed:
                return False
            compressed = True
            i += 1
            if i == n:
                break
    else:
        return False
    return groups < 8 if compressed else groups == 8


cdef inline size_t fh_uri_host(const uint8_t *p, size_t n, size_t before) noexcept nogil:
    """Return the length of the uri-host (RFC 3986 3.2.2) at p; 0 if it is empty (only RFC 3986 allows that) or bad."""
    cdef size_t i = 0, k
    if n and p[0] == c'[':
        while i < n and p[i] != c']':
            i += 1
        if i == n:
            return 0
        if p[1] == c'v' or p[1] == c'V':  # IPvFuture = "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )
            k = 2
            while k < i and fh_class[p[k]] & FH_HEXDIG:
                k += 1
            if k == 2 or k + 1 >= i or p[k] != c'.':
                return 0
            k += 1
            while k < i:
                if not fh_class[p[k]] & FH_REG_NAME and p[k] != c':':
                    return 0
                k += 1
            return i + 1
        return i + 1 if fh_is_ipv6(p + 1, i - 1) else 0
    while i < n:  # reg-name = *( unreserved / pct-encoded / sub-delims )
        i += fh_reg_name(p + i, n - i, before + i)
        if n - i < 3 or p[i] != c'%' or not (fh_class[p[i + 1]] & fh_class[p[i + 2]] & FH_HEXDIG):
            break
        i += 3
    return i


cdef inline bint fh_is_authority(const uint8_t *p, size_t n, size_t before, bint port_needed) noexcept nogil:
    """uri-host [ ":" port ] (RFC 9110 7.2); port_needed: 1 to 65535 (RFC 9110 9.3.6). before: as in fh_reg_name()."""
    cdef size_t i = fh_uri_host(p, n, before), start
    cdef uint32_t port = 0
    if i == 0:
        return False
    if i == n:
        return not port_needed
    if p[i] != c':' or not fh_is_class(p + i + 1, n - i - 1, FH_DIGIT):
        return False
    if not port_needed:
        return True
    for start in range(i + 1, n):
        port = port * 10 + (p[start] - c'0')
        if port > 65535:
            return False
    return port > 0


cdef inline bint fh_is_absolute(const uint8_t *p, size_t n) noexcept nogil:
    """scheme "://" authority path-abempty [ "?" query ]: absolute-form (RFC 9112 3.2.2) with an authority."""
    cdef size_t i = 0, start
    if not c'a' <= (p[0] | 0x20) <= c'z':
        return False
    while i < n and (c'a' <= (p[i] | 0x20) <= c'z' or fh_class[p[i]] & FH_DIGIT or p[i] == c'+' or p[i] == c'-'
                     or p[i] == c'.'):
        i += 1
    if n - i < 3 or memcmp(p + i, b"://", 3) != 0:
        return False
    i += 3
    start = i
    while i < n and p[i] != c'/' and p[i] != c'?':
        i += 1
    return fh_is_authority(p + start, i - start, start, False)


cdef inline bint fh_is_request_target(fh_strict_t *s, const uint8_t *p) noexcept nogil:
    """request-target = origin-form / absolute-form / authority-form / asterisk-form (RFC 9112 3.2), by the method."""
    cdef const uint8_t *t = p + s.target
    s.connect = s.method_len == 7 and memcmp(p + s.method, b"CONNECT", 7) == 0
    if s.connect:
        return fh_is_authority(t, s.target_len, s.target, True)
    if t[0] == c'/':
        return True
    if s.target_len == 1 and t[0] == c'*':
        return s.method_len == 7 and memcmp(p + s.method, b"OPTIONS", 7) == 0
    return fh_is_absolute(t, s.target_len)


cdef inline uint32_t fh_second(const uint8_t *p, const fh_block_t *b, uint32_t first) noexcept nogil:
    """Return the next row with the name of the row `first`, in any case. There is one."""
    cdef const fh_row_t *a = &b.rows[first]
    cdef const fh_row_t *r
    cdef uint32_t i
    cdef size_t k
    for i in range(first + 1, b.count):
        r = &b.rows[i]
        if r.name_len != a.name_len:
            continue
        k = 0
        while k < a.name_len and (p[r.name + k] | 0x20) == (p[a.name + k] | 0x20):
            k += 1
        if k == a.name_len:
            return i
    return first


cdef inline fh_verdict_t fh_check_host(fh_strict_t *s, const uint8_t *p, const fh_block_t *b) noexcept nogil:
    """Host = uri-host [ ":" port ]; one in HTTP/1.1, at most one before (RFC 9112 3.2). It may be empty."""
    cdef const fh_row_t *row
    if s.host.count == 0:
        return fh_refuse(s, FH_FAULT_HOST_MISSING, s.blank_line) if s.minor == 1 else FH_ACCEPTED
    if s.host.count > 1:
        return fh_refuse(s, FH_FAULT_HOST_TWICE, b.rows[fh_second(p, b, s.host.first)].value)
    row = &b.rows[s.host.first]
    if row.value_len == 0 or fh_reg_name(p + row.value, row.value_len, row.value) == row.value_len:
        return FH_ACCEPTED
    if not fh_is_authority(p + row.value, row.value_len, row.value, False):
        return fh_refuse(s, FH_FAULT_HOST, row.value)
    return FH_ACCEPTED


# ----------------------------------------------------------------------------------------------------------- framing

cdef inline long long fh_length_at(const uint8_t *p, const fh_row_t *row) noexcept nogil:
    """Return the value of Content-Length = 1*DIGIT (RFC 9110 8.6), at most 2**63 - 1, or -1 for any other."""
    cdef const uint8_t *v = p + row.value
    cdef uint32_t n = row.value_len, i
    cdef uint64_t length = 0
    while n > 1 and v[0] == c"0":
        v += 1
        n -= 1
    if n == 0 or n > 19:
        return -1
    for i in range(n):
        if not c"0" <= v[i] <= c"9":
            return -1
        length = length * 10 + (v[i] - c"0")
    return -1 if length > <uint64_t>0x7FFFFFFFFFFFFFFF else <long long>length


cdef inline fh_verdict_t fh_check_length(fh_strict_t *s, const uint8_t *p, const fh_block_t *b) noexcept nogil:
    """Content-Length once, and not a list (RFC 9112 6.3)."""
    cdef const fh_row_t *row = &b.rows[s.length.first]
    if s.length.count > 1:
        return fh_refuse(s, FH_FAULT_CONTENT_LENGTH, b.rows[fh_second(p, b, s.length.first)].value)
    if fh_length_at(p, row) < 0:
        return fh_refuse(s, FH_FAULT_CONTENT_LENGTH, row.value)
    return FH_ACCEPTED


# An element of a list-based field (RFC 9110 5.6.1), without OWS around it.
cdef inline bint fh_element(const uint8_t *p, size_t end, size_t *i, size_t *start, size_t *length) noexcept nogil:
    """Find the element at *i of a value that ends at `end`, and move *i past its comma; False after the last one."""
    cdef size_t a = i[0], z
    if a > end:
        return False
    z = a
    while z < end and p[z] != c',':
        z += 1
    i[0] = z + 1
    start[0] = fh_skip_ows(p, a, z)
    length[0] = fh_trim_ows(p, start[0], z) - start[0]
    return True


cdef inline bint fh_has_element(const uint8_t *p, const fh_row_t *row, const char *lower, size_t n,
                                bint last) noexcept nogil:
    """Return whether the list in a value has the element `lower`, in any case; last: as its last element."""
    cdef size_t i = row.value, end = <size_t>row.value + row.value_len, start = 0, length = 0
    while fh_element(p, end, &i, &start, &length):
        if length == n and (i > end or not last) and fh_same_name(p + start, <const uint8_t *>lower, n):
            return True
    return False


cdef inline bint fh_lists(const uint8_t *p, const fh_block_t *b, const fh_named_t *named, const char *lower,
                          size_t n) noexcept nogil:
    """Return whether a list-based field has the element `lower`, in any case and on any of its lines."""
    cdef uint32_t left = named.count, row = named.first
    while left:
        if fh_has_element(p, &b.rows[row], lower, n, False):
            return True
        left -= 1
        if left:
            row = fh_second(p, b, row)
    return False


cdef inline fh_verdict_t fh_check_coding(fh_strict_t *s, const uint8_t *p, const fh_block_t *b,
                                         bint response) noexcept nogil:
    """Transfer-Encoding = #transfer-coding (RFC 9112 6.1), with `chunked` once and last; no other is supported.

    This is narrower than the grammar: no empty list elements, and no parameters, which no registered coding has.
    """
    cdef uint32_t left = s.coding.count, row = s.coding.first
    cdef size_t i, end, start = 0, length = 0, value = b.rows[row].value, other = 0
    cdef bint chunked = False, others = False
    if s.minor == 0:
        return fh_refuse(s, FH_FAULT_TRANSFER_ENCODING, value)
    while left:
        i = value = b.rows[row].value
        end = value + b.rows[row].value_len
        while fh_element(p, end, &i, &start, &length):
            if (length == 0 or chunked or not fh_is_class(p + start, length, FH_TCHAR)
                    or (length == 8 and fh_same_name(p + start, b"identity", 8))):
                return fh_refuse(s, FH_FAULT_TRANSFER_ENCODING, value)
            chunked = length == 7 and fh_same_name(p + start, b"chunked", 7)
            if not chunked and not others:
                others = True
                other = value
        left -= 1
        if left:
            row = fh_second(p, b, row)
    if not chunked and not response:
        return fh_refuse(s, FH_FAULT_TRANSFER_ENCODING, value)
    return fh_refuse(s, FH_FAULT_CODING, other) if others else FH_ACCEPTED


cdef inline fh_verdict_t fh_check_framing(fh_strict_t *s, const uint8_t *p, const fh_block_t *b,
                                          bint response) noexcept nogil:
    """Content-Length or Transfer-Encoding, not both (RFC 9112 6.3)."""
    if s.length.count:
        if s.coding.count:
            return fh_refuse(s, FH_FAULT_TWO_FRAMINGS, b.rows[s.length.first].value)
        return fh_check_length(s, p, b)
    if s.coding.count:
        return fh_check_coding(s, p, b, response)
    return FH_ACCEPTED


cdef inline fh_verdict_t fh_check_connect(fh_strict_t *s, const uint8_t *p, const fh_block_t *b) noexcept nogil:
    """A CONNECT has no content (RFC 9110 9.3.6): the tunnel follows. Its framing has been checked."""
    cdef const fh_row_t *row
    cdef size_t i
    if s.coding.count:
        return fh_refuse(s, FH_FAULT_CONNECT_CONTENT, b.rows[s.coding.first].value)
    if s.length.count:
        row = &b.rows[s.length.first]
        for i in range(row.value, <size_t>row.value + row.value_len):
            if p[i] != c'0':
                return fh_refuse(s, FH_FAULT_CONNECT_CONTENT, row.value)
    return FH_ACCEPTED


cdef inline fh_verdict_t fh_check_singletons(fh_strict_t *s, const uint8_t *p, const fh_block_t *b,
                                             bint response) noexcept nogil:
    """Fields that are not lists: if one comes twice, readers use the first, the last or all (RFC 9110 5.3)."""
    if s.type.count > 1:
        return fh_refuse(s, FH_FAULT_CONTENT_TYPE_TWICE, b.rows[fh_second(p, b, s.type.first)].value)
    if s.range.count > 1:
        return fh_refuse(s, FH_FAULT_CONTENT_RANGE_TWICE, b.rows[fh_second(p, b, s.range.first)].value)
    if s.credentials.count > 1 and not response:
        return fh_refuse(s, FH_FAULT_AUTHORIZATION_TWICE, b.rows[fh_second(p, b, s.credentials.first)].value)
    return FH_ACCEPTED


cdef inline bint fh_persists(const fh_strict_t *s, const uint8_t *p, const fh_block_t *b) noexcept nogil:
    """Return whether the sender keeps the connection, as far as version and Connection tell (RFC 9112 9.3)."""
    cdef const fh_row_t *row
    if s.connection.count == 0:
        return s.minor == 1
    row = &b.rows[s.connection.first]
    if s.connection.count == 1 and row.value_len == 10 and fh_is_name(p + row.value, b"keep-alive", 10):
        return True
    return not fh_lists(p, b, &s.connection, b"close", 5) and (
        s.minor == 1 or fh_lists(p, b, &s.connection, b"keep-alive", 10))


cdef inline fh_verdict_t fh_check_request(fh_strict_t *s, const uint8_t *p, const fh_block_t *b) noexcept nogil:
    """Check what needs the whole head of a request, in the order of the verdicts."""
    if not fh_is_request_target(s, p):
        return fh_refuse(s, FH_FAULT_TARGET, s.target)
    if fh_check_host(s, p, b) == FH_REFUSED or fh_check_framing(s, p, b, False) == FH_REFUSED:
        return FH_REFUSED
    if s.connect and fh_check_connect(s, p, b) == FH_REFUSED:
        return FH_REFUSED
    if fh_check_singletons(s, p, b, False) == FH_REFUSED:
        return FH_REFUSED
    s.persists = fh_persists(s, p, b)
    s.waits = s.minor == 1 and fh_lists(p, b, &s.expect, b"100-continue", 12)  # RFC 9110 10.1.1
    return FH_ACCEPTED


cdef inline fh_verdict_t fh_check_response(fh_strict_t *s, const uint8_t *p, const fh_block_t *b) noexcept nogil:
    """Do the same for a response."""
    if fh_check_framing(s, p, b, True) == FH_REFUSED or fh_check_singletons(s, p, b, True) == FH_REFUSED:
        return FH_REFUSED
    s.persists = fh_persists(s, p, b)
    return FH_ACCEPTED
