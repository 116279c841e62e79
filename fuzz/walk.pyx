# SPDX-License-Identifier: MIT
# libFuzzer's entry point for stages 1 and 2: masks, start lines, field lines, strict verdicts. It is C code that needs
# neither the GIL nor an interpreter; a broken invariant aborts.
#
# Input: FUZZ_CONFIG bytes (kind, limits, cut, cut), then the head, as in fuzz/layout.py. Every head, and every part of
# one, is copied to a heap block of exactly its size, so that AddressSanitizer finds a read of one byte too many.
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t
from libc.stdio cimport fprintf, stderr
from libc.stdlib cimport abort, free, malloc
from libc.string cimport memchr, memcmp, memcpy

from fasthdr._core.classify cimport (
    FH_BLOCK, FH_FTEXT, FH_MAX_HEAD, FH_PLAIN, fh_classify_fn, fh_classify_select, fh_is_ows, fh_mask_t,
)
from fasthdr._core.framing cimport fh_check_request, fh_check_response
from fasthdr._core.fields cimport (
    FH_CONTENT_MULTIPART, fh_connection_option, fh_content_kind, fh_expects, fh_plain_multipart,
)
from fasthdr._core.start_line cimport (
    fh_request_line, fh_request_line_t, fh_request_start, fh_status_line, fh_status_line_t,
)
from fasthdr._core.walk cimport (
    FH_NO_MEMORY, FH_OK, FH_PARTIAL, FH_WINDOW, fh_block_free, fh_block_init, fh_block_into, fh_block_t, fh_code_t,
    fh_fold_t, fh_row_t, fh_scan_init, fh_scan_t, fh_walk,
)
from fasthdr._core.faults cimport (
    FH_ACCEPTED, FH_EXHAUSTED, FH_FAULT_FIELD_COUNT, FH_FAULT_OBS_FOLD, FH_FAULT_SPACE_BEFORE_COLON, FH_INCOMPLETE,
    FH_REFUSED, FH_TCHAR, fh_class, fh_is_class, fh_limits_t, fh_strict_init, fh_strict_t, fh_verdict_t,
)
from fasthdr._core.strict cimport (
    fh_is_proxy, fh_strict_fields, fh_strict_request_line, fh_strict_status_line, fh_unfold,
)


cdef extern from "strings.h" nogil:
    int strncasecmp(const char *a, const char *b, size_t n) noexcept


cdef enum:
    FUZZ_CONFIG = 4
    VARIANTS = 5
    LIMITS = 8
    FEW = 5


ctypedef enum kind_t:
    REQUEST = 0
    RESPONSE = 1
    FIELDS = 2            # a header block alone


cdef struct config_t:
    kind_t kind
    bint eof
    bint obsolete         # option of a response in strict mode
    fh_fold_t fold
    uint32_t rows         # how many the caller has room for; 0: it gives no room
    fh_limits_t limits


# What one variant makes of one input. It has pointers into itself, so it is never copied.
cdef struct seen_t:
    size_t first          # one past the start line; 0 if the line is incomplete, or if there is none
    bint by_core          # the default mode reads the start line itself
    fh_request_line_t request
    fh_status_line_t status
    bint walked           # there was a header block to walk, whole or in part
    fh_code_t code
    fh_block_t rows
    fh_row_t[FEW] first_rows
    size_t fields         # where strict mode found the first field line
    fh_verdict_t verdict
    fh_strict_t strict
    fh_block_t strict_rows
    fh_row_t[FEW] first_strict_rows


cdef inline void must(bint holds, const char *what) noexcept nogil:
    if not holds:
        fprintf(stderr, b"broken invariant: %s\n", what)
        abort()


cdef config_t configured(const uint8_t *data) noexcept nogil:
    cdef size_t[LIMITS] line = [65536, 65536, 65536, 32, 48, 64, 16, 1]
    cdef size_t[LIMITS] lines = [100, 100, 3, 100, 8, 2, 100, 1]
    cdef size_t[LIMITS] head = [FH_MAX_HEAD, 262144, 262144, 262144, 256, 262144, 65, 40]
    cdef config_t config
    config.kind = <kind_t>(data[0] % 4 % 3)
    config.eof = data[0] >> 2 & 1
    config.obsolete = config.kind == RESPONSE and config.eof
    config.fold = <fh_fold_t>((data[0] >> 3) % 3)
    config.rows = (data[0] >> 5) % (FEW + 1)
    config.limits.line = line[data[1] % LIMITS]
    config.limits.lines = lines[data[1] % LIMITS]
    config.limits.head = head[data[1] % LIMITS]
    return config


# A variant of stage 1.
cdef struct stage1_t:
    fh_classify_fn classify
    fh_classify_fn classify_plain


cdef uint8_t *exactly(const uint8_t *p, size_t n) noexcept nogil:
    cdef uint8_t *block = <uint8_t *>malloc(n)
    must(block != NULL or n == 0, b"memory for the input")
    if n:
        memcpy(block, p, n)
    return block


# ------------------------------------------------------------------------------------------ one variant on one input

cdef void judge(seen_t *t, const config_t *config, const uint8_t *p, size_t n, fh_classify_fn classify) noexcept nogil:
    """Get strict mode's verdict on the input."""
    cdef fh_scan_t scan
    cdef uint8_t *unfolded
    fh_scan_init(&scan, p, n, classify)
    fh_block_init(&t.strict_rows)
    if config.rows:
        fh_block_into(&t.strict_rows, t.first_strict_rows, config.rows)
    fh_strict_init(&t.strict, &config.limits)
    t.strict.obsolete = config.obsolete
    t.fields = 0
    t.verdict = FH_ACCEPTED
    if config.kind == REQUEST:
        t.verdict = fh_strict_request_line(&t.strict, &scan, &t.fields)
    elif config.kind == RESPONSE:
        t.verdict = fh_strict_status_line(&t.strict, &scan, &t.fields)
    if t.verdict == FH_ACCEPTED:
        t.verdict = fh_strict_fields(&t.strict, &scan, t.fields, &t.strict_rows)
    if t.verdict == FH_ACCEPTED and config.kind == REQUEST:
        t.verdict = fh_check_request(&t.strict, p, &t.strict_rows)
    elif t.verdict == FH_ACCEPTED and config.kind == RESPONSE:
        must(config.obsolete or not t.strict.folded, b"no obs-fold where none is asked for")
        unfolded = exactly(p, t.strict_rows.end)
        fh_unfold(unfolded, &t.strict_rows)
        must(t.strict.folded or memcmp(unfolded, p, t.strict_rows.end) == 0, b"nothing to unfold without an obs-fold")
        t.verdict = fh_check_response(&t.strict, unfolded, &t.strict_rows)
        unfolds(p, unfolded, &t.strict_rows)
        free(unfolded)
    must(t.verdict != FH_EXHAUSTED, b"there was memory")


cdef void unfolds(const uint8_t *p, const uint8_t *q, const fh_block_t *b) noexcept nogil:
    """Check that q is p with SP in place of each obs-fold within a value."""
    cdef size_t i, k, end
    for i in range(b.end):
        must(q[i] == p[i] or (q[i] == c' ' and (p[i] == c'\r' or p[i] == c'\n' or p[i] == c'\t')), b"SP for a fold")
    for k in range(b.count):
        end = <size_t>b.rows[k].value + b.rows[k].value_len
        for i in range(b.rows[k].value, end):
            must(q[i] != c'\r' and q[i] != c'\n', b"no line end in a value")


cdef void look(seen_t *t, const config_t *config, const uint8_t *p, size_t n, const stage1_t *variant) noexcept nogil:
    cdef fh_scan_t scan
    cdef const uint8_t *lf = NULL
    t.first = 0
    t.by_core = False
    t.walked = config.kind == FIELDS
    fh_scan_init(&scan, p, n, variant.classify)
    if config.kind != FIELDS and n:
        lf = <const uint8_t *>memchr(p, c'\n', n)
        if lf != NULL:
            t.first = lf - p + 1
            t.walked = True
            if config.kind == REQUEST:
                t.by_core = fh_request_line(&scan, t.first, &t.request)
            else:
                t.by_core = fh_status_line(p, t.first, &t.status)
    fh_block_init(&t.rows)
    if config.rows:
        fh_block_into(&t.rows, t.first_rows, config.rows)
    t.code = FH_PARTIAL
    if t.walked:
        t.code = fh_walk(&scan, t.first, config.eof, config.fold, config.limits.line, &t.rows)
    must(t.code != FH_NO_MEMORY, b"there was memory")

    judge(t, config, p, n, variant.classify_plain)


cdef void forget(seen_t *t) noexcept nogil:
    fh_block_free(&t.rows)
    fh_block_free(&t.strict_rows)


# ------------------------------------------------------------------------------------------ two variants on one input

cdef bint same_rows(const fh_block_t *a, const fh_block_t *b) noexcept nogil:
    return a.count == b.count and (a.count == 0 or memcmp(a.rows, b.rows, a.count * sizeof(fh_row_t)) == 0)


cdef bint same_span(size_t a, size_t a_len, size_t b, size_t b_len) noexcept nogil:
    return a == b and a_len == b_len


cdef void same_verdict(const seen_t *a, const seen_t *b, const config_t *config) noexcept nogil:
    cdef const fh_strict_t *s = &a.strict
    cdef const fh_strict_t *z = &b.strict
    must(a.verdict == b.verdict, b"the same strict verdict")
    if a.verdict == FH_REFUSED:
        must(s.fault == z.fault and s.at == z.at, b"the same fault at the same offset")
    elif a.verdict == FH_ACCEPTED:
        must(same_rows(&a.strict_rows, &b.strict_rows), b"the same strict rows")
        must(a.strict_rows.end == b.strict_rows.end and s.blank_line == z.blank_line, b"the same end of a strict head")
        if config.kind != FIELDS:
            must(s.minor == z.minor and a.fields == b.fields, b"the same version")
        if config.kind == REQUEST:
            must(same_span(s.method, s.method_len, z.method, z.method_len), b"the same method")
            must(same_span(s.target, s.target_len, z.target, z.target_len), b"the same request-target")
            must(s.persists == z.persists and s.waits == z.waits and s.connect == z.connect, b"the same connection")
        elif config.kind == RESPONSE:
            must(s.status == z.status and same_span(s.reason, s.reason_len, z.reason, z.reason_len),
                 b"the same status and reason")
            must(s.persists == z.persists and s.folded == z.folded, b"the same connection of a response")


cdef void same_start_line(const seen_t *a, const seen_t *b, const config_t *config) noexcept nogil:
    must(a.first == b.first and a.by_core == b.by_core, b"the same start line")
    if a.by_core and config.kind == REQUEST:
        must(same_span(a.request.target, a.request.target_len, b.request.target, b.request.target_len)
             and same_span(a.request.method_len, a.request.length, b.request.method_len, b.request.length)
             and a.request.minor == b.request.minor, b"the same request line")
    elif a.by_core:
        must(same_span(a.status.reason, a.status.reason_len, b.status.reason, b.status.reason_len)
             and a.status.status == b.status.status and a.status.minor == b.status.minor, b"the same status line")


cdef size_t longest_of(const fh_block_t *b, const config_t *config) noexcept nogil:
    """Treat lines shorter than a window as equally long if the limit is larger: their length need not be measured."""
    return FH_WINDOW if config.limits.line >= FH_WINDOW > b.longest else b.longest


cdef void same(const seen_t *a, const seen_t *b, const config_t *config) noexcept nogil:
    same_start_line(a, b, config)
    must(a.walked == b.walked and a.code == b.code and same_rows(&a.rows, &b.rows), b"the same code and rows")
    must(same_span(a.rows.lines, longest_of(&a.rows, config), b.rows.lines, longest_of(&b.rows, config))
         and same_span(a.rows.line, a.rows.end, b.rows.line, b.rows.end), b"the same lines")
    same_verdict(a, b, config)


cdef bint same_but_controls(const fh_mask_t *masks, const fh_mask_t *expected, const uint8_t *p,
                            size_t n) noexcept nogil:
    """True if `stop` is the same, and `ctl` has all line ends, all bits beyond the input, and none `expected` lacks."""
    cdef size_t i, blocks = (n + FH_BLOCK - 1) // FH_BLOCK
    for i in range(blocks):
        if masks[i].stop != expected[i].stop or masks[i].ctl & ~expected[i].ctl:
            return False
    for i in range(blocks * FH_BLOCK):
        if (i >= n or p[i] == c'\r' or p[i] == c'\n') and not masks[i // FH_BLOCK].ctl >> i % FH_BLOCK & 1:
            return False
    return True


cdef void same_masks(const stage1_t *variants, int count, const uint8_t *p, size_t n) noexcept nogil:
    cdef size_t size = (n + FH_BLOCK - 1) // FH_BLOCK * sizeof(fh_mask_t)
    cdef fh_mask_t *expected = <fh_mask_t *>malloc(size)
    cdef fh_mask_t *masks = <fh_mask_t *>malloc(size)
    cdef int i
    must(expected != NULL and masks != NULL or size == 0, b"memory for the masks")
    variants[0].classify(p, n, expected)
    for i in range(1, count):
        variants[i].classify(p, n, masks)
        must(same_but_controls(masks, expected, p, n), b"the same masks, line ends included")
    variants[0].classify_plain(p, n, expected)
    for i in range(1, count):
        variants[i].classify_plain(p, n, masks)
        must(size == 0 or memcmp(masks, expected, size) == 0, b"the same masks of plain names")
    free(masks)
    free(expected)


# ------------------------------------------------------------------------------------------ invariants of one variant

cdef int first_named(const uint8_t *p, const fh_block_t *b, const char *name, size_t n) noexcept nogil:
    cdef int i
    for i in range(<int>b.count):
        if b.rows[i].name_len == n and strncasecmp(<const char *>p + b.rows[i].name, name, n) == 0:
            return i
    return -1


cdef void rows_lie_within(const uint8_t *p, size_t start, size_t end, const fh_block_t *b,
                          bint obsolete) noexcept nogil:
    """Check that rows lie in p[start:end], each in its own line, in order and without overlap."""
    cdef const fh_row_t *r
    cdef size_t at = start, colon, i, k
    for i in range(b.count):
        r = &b.rows[i]
        colon = <size_t>r.name + r.name_len
        for k in range(r.name, colon):
            must(0x21 <= p[k] <= 0x7e and p[k] != c':', b"a field name of name bytes")
        while obsolete and fh_is_ows(p[colon]):
            colon += 1
        must(r.name >= at and (r.name == start or p[r.name - 1] == c'\n'), b"a row starts a line after the row before")
        must(r.name_len > 0 and colon < end and p[colon] == c':', b"a colon after the field name")
        must(r.value > colon and <size_t>r.value + r.value_len <= end, b"the value after the colon, within the input")
        must(r.value_len == 0 or not fh_is_ows(p[r.value]), b"no blank at the front of the value")
        at = <size_t>r.value + r.value_len


cdef void lines_add_up(const uint8_t *p, size_t start, size_t stop, size_t lines, size_t longest) noexcept nogil:
    cdef const uint8_t *lf
    cdef size_t n
    while start < stop:
        lf = <const uint8_t *>memchr(p + start, c'\n', stop - start)
        must(lf != NULL and lines > 0, b"as many lines as line ends")
        n = lf - p + 1 - start
        must(n <= longest, b"no line beyond the limit, and none longer than the longest")
        lines -= 1
        start += n
    must(lines == 0, b"as many line ends as lines")


cdef void same_request_start(const uint8_t *p, size_t n, const seen_t *t, fh_classify_fn classify) noexcept nogil:
    """Check that a request line is read the same, whether its end is found on the way or known before."""
    cdef fh_scan_t scan
    cdef fh_request_line_t r
    cdef size_t start
    fh_scan_init(&scan, p, n, classify)
    start = fh_request_start(&scan, &r)
    if start:
        must(t.by_core and start == t.first, b"the header block begins after the request line")
        must(same_span(r.target, r.target_len, t.request.target, t.request.target_len) and r.minor == t.request.minor
             and same_span(r.method_len, r.length, t.request.method_len, t.request.length), b"one request line")
    elif t.by_core:
        must(n - t.request.length < 2, b"a well-formed request line with more behind it is taken")


cdef void default_holds(const uint8_t *p, size_t n, const seen_t *t, const config_t *config) noexcept nogil:
    cdef const fh_block_t *b = &t.rows
    cdef const fh_request_line_t *r = &t.request
    cdef size_t longest = longest_of(b, config)
    if t.by_core and config.kind == REQUEST:
        must(r.method_len > 0 and r.target == r.method_len + 1 and r.target_len > 0
             and r.target + r.target_len + 9 == r.length and r.length < t.first, b"words of a request line")
        must(p[r.method_len] == c' ' and p[r.target + r.target_len] == c' ', b"spaces between the words")
    elif t.by_core:
        must(100 <= t.status.status <= 999 and t.status.reason >= 12, b"parts of a status line")
        must(t.status.reason + t.status.reason_len < t.first, b"the reason within the line")
    if not t.walked:
        return
    must(t.code != FH_PARTIAL or not config.eof, b"nothing is partial at the end of the input")
    rows_lie_within(p, t.first, b.end if t.code == FH_OK else n, b, False)
    must(b.connection == first_named(p, b, b"connection", 10), b"the first Connection")
    must(b.expect == first_named(p, b, b"expect", 6), b"the first Expect")
    must(b.content_type == first_named(p, b, b"content-type", 12), b"the first Content-Type")
    if t.code == FH_OK:
        must(b.end <= n, b"the block within the input")
        fh_connection_option(p, b)
        fh_expects(p, b)
        if fh_content_kind(p, b) == FH_CONTENT_MULTIPART:
            fh_plain_multipart(p, b)
        if not config.eof:
            must(b.end > t.first and p[b.end - 1] == c'\n', b"an empty line at the end of the block")
            lines_add_up(p, t.first, b.end, b.lines + 1, longest)
    else:
        must(t.first <= b.line <= n, b"the line at which the walk stopped is within the input")
        lines_add_up(p, t.first, b.line, b.lines, longest)


cdef void not_http(const uint8_t *p, size_t n, const seen_t *t, const config_t *config) noexcept nogil:
    """Check that bytes with which no message can begin are refused there, whatever follows."""
    cdef size_t i = 0
    cdef bint fine
    if config.kind == FIELDS or n == 0 or config.limits.line < 2:
        return
    if config.kind == RESPONSE:
        fine = p[0] == c'H' or p[0] == c'\r' or p[0] == c'\n'
        must(fine or (t.verdict == FH_REFUSED and t.strict.at == 0), b"no response begins so")
        return
    while i < 8 and n - i >= 2 and p[i] == c'\r' and p[i + 1] == c'\n':
        i += 2
    if i == n:
        return
    fine = fh_class[p[i]] & FH_TCHAR or p[i] == c'\r' or p[i] == c'\n' or (i == 4 and p[i] == 0)
    must(fine or (t.verdict == FH_REFUSED and t.strict.at == i), b"no request begins so")
    if n - i > 11 and fh_is_proxy(p + i, n - i) and config.limits.line > 13:
        must(t.verdict == FH_REFUSED and t.strict.at == i, b"no request begins as the PROXY protocol does")


cdef bint is_obsolete(const uint8_t *p, size_t n, const seen_t *t, const config_t *config) noexcept nogil:
    """True if an accepted head needs the option `obsolete`; if not, check that it is the same without the option."""
    cdef seen_t plain
    cdef config_t other = config[0]
    cdef const char *name = b"scalar"
    cdef bint obsolete
    other.obsolete = False
    judge(&plain, &other, p, n, fh_classify_select(&name, FH_PLAIN))
    obsolete = plain.verdict != FH_ACCEPTED
    if obsolete:
        # The line that exceeds the limit may be an obs-fold of the last field.
        must(plain.verdict == FH_REFUSED and fh_is_ows(p[plain.strict.at])
             and (plain.strict.fault == FH_FAULT_OBS_FOLD or plain.strict.fault == FH_FAULT_SPACE_BEFORE_COLON
                  or plain.strict.fault == FH_FAULT_FIELD_COUNT),
             b"nothing else is taken by request")
    else:
        must(same_rows(&plain.strict_rows, &t.strict_rows) and not t.strict.folded, b"the same rows by request")
    fh_block_free(&plain.strict_rows)
    return obsolete


cdef void strict_holds(const uint8_t *p, size_t n, const seen_t *t, const config_t *config,
                       fh_classify_fn classify) noexcept nogil:
    """Check that no byte of an accepted head can be read differently, and that the default mode agrees."""
    cdef const fh_strict_t *s = &t.strict
    cdef const fh_block_t *b = &t.strict_rows
    cdef fh_block_t other
    cdef fh_scan_t scan
    cdef fh_request_line_t line
    cdef fh_status_line_t status
    cdef size_t i, v
    if t.verdict == FH_REFUSED:
        must(s.fault != 0 and s.at <= n, b"a fault within the input")
    if t.verdict != FH_ACCEPTED:
        return
    must(b.end <= n and s.blank_line + 2 == b.end and t.fields <= s.blank_line, b"an empty line at the end of the head")
    rows_lie_within(p, t.fields, s.blank_line, b, config.obsolete)
    must(config.kind == FIELDS or (s.type.count < 2 and s.range.count < 2), b"one Content-Type, one Content-Range")
    for i in range(b.count):
        must(fh_is_class(p + b.rows[i].name, b.rows[i].name_len, FH_TCHAR), b"a field name is a token")
    for i in range(b.end):
        must(p[i] != 0 and p[i] != 0x7f and (p[i] >= 0x20 or p[i] == c'\t' or p[i] == c'\r' or p[i] == c'\n'),
             b"no control in a strict head")
        must(p[i] != c'\r' or p[i + 1] == c'\n', b"no bare CR in a strict head")
        must(p[i] != c'\n' or (i and p[i - 1] == c'\r'), b"no bare LF in a strict head")
    must(b.count <= s.limits.lines and b.end <= s.limits.head, b"a strict head within the limits")

    if config.obsolete and is_obsolete(p, n, t, config):
        return
    fh_scan_init(&scan, p, n, classify)
    fh_block_init(&other)
    must(fh_walk(&scan, t.fields, False, config.fold, FH_MAX_HEAD, &other) == FH_OK,
         b"the default mode takes what strict accepts")
    must(other.count == b.count and other.end == b.end, b"the default mode sees as many fields")
    for i in range(b.count):
        must(same_span(b.rows[i].name, b.rows[i].name_len, other.rows[i].name, other.rows[i].name_len)
             and b.rows[i].value_len <= other.rows[i].value_len, b"the default mode sees the same names")
        # If the value is empty, both put it where the blanks end.
        must(b.rows[i].value == other.rows[i].value, b"the default mode sees the same values")
        for v in range(b.rows[i].value + b.rows[i].value_len, other.rows[i].value + other.rows[i].value_len):
            must(fh_is_ows(p[v]), b"values of the default mode are longer by blanks alone")
    fh_block_free(&other)

    if config.kind == REQUEST:
        must(s.credentials.count < 2, b"one Authorization")
        must(not s.connect or s.coding.count == 0, b"a CONNECT has no content")
        fh_scan_init(&scan, p + s.method, n - s.method, classify)
        i = s.target - s.method
        if fh_request_line(&scan, t.fields - s.method, &line):
            must(line.method_len == s.method_len and same_span(line.target, line.target_len, i, s.target_len)
                 and line.minor == s.minor, b"the default mode sees the same request line")
        else:  # the default mode leaves versions that strict reads as 1.1 to the stdlib
            must(p[t.fields - 3] > c'1', b"the default mode takes the request line that strict accepts")
    elif config.kind == RESPONSE:
        if fh_status_line(p, t.fields, &status):
            must(status.status == s.status and status.minor == s.minor, b"the default mode sees the same status line")
            # str.strip() takes more than SP and TAB off both ends of a reason.
            must(status.reason_len == 0 or (s.reason <= status.reason
                 and status.reason + status.reason_len <= s.reason + s.reason_len),
                 b"the default mode's reason lies in strict's")
        else:
            must(p[7] > c'1', b"the default mode takes the status line that strict accepts")


# ------------------------------------------------------------------------------------------ a part and the whole

cdef void part_agrees(const seen_t *part, size_t cut, const seen_t *whole, const config_t *config) noexcept nogil:
    """Check that a part of a head is incomplete, or is judged as the whole head is."""
    cdef size_t i
    if part.first:
        same_start_line(part, whole, config)
    else:
        must(whole.first == 0 or whole.first > cut, b"the start line is seen once it is there")
    if not config.eof:
        if part.code == FH_PARTIAL:
            must(whole.code != FH_OK or whole.rows.end > cut, b"the block ends once its end is there")
            must(part.rows.count <= whole.rows.count, b"fields do not go away")
            for i in range(part.rows.count):
                must(part.rows.rows[i].name == whole.rows.rows[i].name, b"names do not move")
        else:
            must(part.code == whole.code and same_rows(&part.rows, &whole.rows), b"a block's code does not change")
            must(part.rows.end == whole.rows.end, b"a block's end does not move")
    if part.verdict == FH_INCOMPLETE:
        must(whole.verdict != FH_ACCEPTED or whole.strict_rows.end > cut, b"a strict head ends once its end is there")
    else:
        same_verdict(part, whole, config)


# ------------------------------------------------------------------------------------------------------ the entry

cdef public int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) noexcept nogil:
    cdef const char *names[VARIANTS]
    cdef stage1_t[VARIANTS] variants
    cdef int count = 0, i
    cdef config_t config
    cdef seen_t first, other
    cdef uint8_t *p
    cdef size_t n, cut
    if size < FUZZ_CONFIG:
        return 0
    names[0], names[1], names[2], names[3], names[4] = b"scalar", b"sse2", b"avx2", b"avx512", b"neon"
    for i in range(VARIANTS):
        variants[count].classify = fh_classify_select(&names[i], FH_FTEXT)
        if variants[count].classify != NULL:
            variants[count].classify_plain = fh_classify_select(&names[i], FH_PLAIN)
            count += 1
    config = configured(data)
    n = min(size - FUZZ_CONFIG, config.limits.head)  # the walk's callers read no more than that
    cut = (data[2] | <size_t>data[3] << 8) % (n + 1)
    p = exactly(data + FUZZ_CONFIG, n)
    same_masks(variants, count, p, n)
    look(&first, &config, p, n, &variants[0])
    for i in range(1, count):
        look(&other, &config, p, n, &variants[i])
        same(&first, &other, &config)
        forget(&other)
    default_holds(p, n, &first, &config)
    if config.kind == REQUEST:
        same_request_start(p, n, &first, variants[count - 1].classify)
    not_http(p, n, &first, &config)
    strict_holds(p, n, &first, &config, variants[count - 1].classify)
    free(p)

    p = exactly(data + FUZZ_CONFIG, cut)
    look(&other, &config, p, cut, &variants[data[1] // LIMITS % count])
    part_agrees(&other, cut, &first, &config)
    forget(&other)
    forget(&first)
    free(p)
    return 0
