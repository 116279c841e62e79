# SPDX-License-Identifier: MIT
"""The C API (fasthdr.h) and its capsule: parse the caller's bytes in strict mode into the caller's rows."""
from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.pycapsule cimport PyCapsule_New
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.string cimport memchr, memset

from fasthdr._core.classify cimport fh_classify_fn
from fasthdr._core.faults cimport (
    FH_ACCEPTED, FH_DEFAULT_HEAD, FH_DEFAULT_LINE, FH_REFUSED, fh_fault_code, fh_fault_status, fh_limits_t,
    fh_strict_init, fh_strict_t, fh_verdict_t,
)
from fasthdr._core.framing cimport fh_check_request, fh_check_response, fh_length_at
from fasthdr._core.runtime cimport Runtime
from fasthdr._core.strict cimport fh_strict_fields, fh_strict_request_line, fh_strict_status_line
from fasthdr._core.walk cimport fh_block_init, fh_block_t, fh_row_t, fh_scan_init, fh_scan_t
from fasthdr.capi cimport (
    FASTHDR_CAPSULE, FASTHDR_CHUNKED, FASTHDR_EXPECT_CONTINUE, FASTHDR_INCOMPLETE, FASTHDR_KEEP_ALIVE, FASTHDR_MISUSE,
    FASTHDR_REFUSED, FASTHDR_TO_CONNECT, FASTHDR_TO_HEAD, FASTHDR_UNTIL_CLOSE, FASTHDR_WHOLE, fasthdr_head_t,
    fasthdr_options_t, fasthdr_row_t,
)

from fasthdr._core.runtime import _runtime
from fasthdr._errors import SHOWN


cdef extern from *:
    """
    static int fh_capi_request(const uint8_t *, size_t, fasthdr_row_t *, uint32_t, const fasthdr_options_t *,
                               fasthdr_head_t *);
    static int fh_capi_response(const uint8_t *, size_t, fasthdr_row_t *, uint32_t, const fasthdr_options_t *,
                                fasthdr_head_t *);
    static int fh_capi_fields(const uint8_t *, size_t, fasthdr_row_t *, uint32_t, const fasthdr_options_t *,
                              fasthdr_head_t *);
    static int fh_capi_set_error(const fasthdr_head_t *, const uint8_t *, size_t);

    static const fasthdr_api_t fh_capi = {
        FASTHDR_API_VERSION, sizeof(fasthdr_api_t), fh_capi_request, fh_capi_response, fh_capi_fields,
        fh_capi_set_error,
    };

    /* The variant of stage 1. Each import of this module writes it, always with the same value. */
    static fh_classify_fn fh_capi_variant;
    #if defined(_MSC_VER)
    #define fh_capi_classify() (*(fh_classify_fn volatile *)&fh_capi_variant)
    #define fh_capi_choose(fn) ((void)(*(fh_classify_fn volatile *)&fh_capi_variant = (fn)))
    #else
    #define fh_capi_classify() __atomic_load_n(&fh_capi_variant, __ATOMIC_RELAXED)
    #define fh_capi_choose(fn) __atomic_store_n(&fh_capi_variant, fn, __ATOMIC_RELAXED)
    #endif
    """
    const void *fh_capi_table "&fh_capi"
    fh_classify_fn fh_capi_classify() noexcept nogil
    void fh_capi_choose(fh_classify_fn fn) noexcept nogil


cdef enum fh_kind_t:
    REQUEST = 0
    RESPONSE = 1
    FIELDS = 2


# The state of one call, on the stack.
cdef struct fh_call_t:
    fh_strict_t s
    fh_scan_t scan
    fh_block_t block
    uint32_t flags        # those of the options


cdef inline bint begin(fh_call_t *call, fh_kind_t kind, const uint8_t *p, size_t n, fasthdr_row_t *rows,
                       uint32_t max_rows, const fasthdr_options_t *options, fasthdr_head_t *head) noexcept nogil:
    """Prepare the call. Returns False for arguments that are not valid."""
    cdef fh_limits_t limits
    if head == NULL:
        return False
    memset(head, 0, sizeof(fasthdr_head_t))
    head.kind = <uint16_t>kind
    limits.line, limits.lines, limits.head = FH_DEFAULT_LINE, max_rows, FH_DEFAULT_HEAD
    call.flags = 0
    if options != NULL:
        call.flags = options.flags
        if options.max_line:
            limits.line = options.max_line
        if options.max_head:
            limits.head = options.max_head
    if call.flags & ~<uint32_t>(FASTHDR_TO_HEAD | FASTHDR_TO_CONNECT if kind == RESPONSE else 0):
        return False
    if (p == NULL and n) or (rows == NULL and max_rows):
        return False
    fh_strict_init(&call.s, &limits)
    fh_scan_init(&call.scan, p, n if n < limits.head else limits.head, fh_capi_classify())
    fh_block_init(&call.block)
    # The room is the limit on field lines, so the walk never asks for more, and there is nothing to free.
    call.block.rows = <fh_row_t *>rows
    call.block.capacity = max_rows
    return True


cdef inline int end(fh_call_t *call, fh_verdict_t verdict, fasthdr_head_t *head) noexcept nogil:
    """Return the result of the call, and write the rest of `head`."""
    if verdict == FH_ACCEPTED:
        head.consumed = <uint32_t>call.block.end
        head.count = call.block.count
        if head.kind != FIELDS:
            head.minor = call.s.minor
            if call.s.persists:
                head.flags |= FASTHDR_KEEP_ALIVE
        return FASTHDR_WHOLE
    if verdict != FH_REFUSED:
        return FASTHDR_INCOMPLETE
    head.offset = <uint32_t>call.s.at
    head.fault = <uint16_t>call.s.fault
    head.seen = <uint32_t>call.scan.n
    head.status = 502 if head.kind == RESPONSE else fh_fault_status(call.s.fault)
    head.code = fh_fault_code(call.s.fault)
    return FASTHDR_REFUSED


cdef inline long long length_of(const fh_call_t *call) noexcept nogil:
    """Return what the accepted fields say about the body's length, or FASTHDR_UNTIL_CLOSE."""
    if call.s.coding.count:
        return FASTHDR_CHUNKED  # strict mode accepts no other coding
    if call.s.length.count:
        return fh_length_at(call.scan.p, &call.block.rows[call.s.length.first])
    return FASTHDR_UNTIL_CLOSE


cdef int parse_request "fh_capi_request"(const uint8_t *p, size_t n, fasthdr_row_t *rows, uint32_t max_rows,
                                         const fasthdr_options_t *options, fasthdr_head_t *head) noexcept nogil:
    cdef fh_call_t call
    cdef size_t first = 0
    cdef fh_verdict_t verdict
    if not begin(&call, REQUEST, p, n, rows, max_rows, options, head):
        return FASTHDR_MISUSE
    verdict = fh_strict_request_line(&call.s, &call.scan, &first)
    if verdict == FH_ACCEPTED:
        verdict = fh_strict_fields(&call.s, &call.scan, first, &call.block)
    if verdict == FH_ACCEPTED:
        verdict = fh_check_request(&call.s, p, &call.block)
    if verdict == FH_ACCEPTED:
        head.method, head.method_len = <uint32_t>call.s.method, <uint32_t>call.s.method_len
        head.target, head.target_len = <uint32_t>call.s.target, <uint32_t>call.s.target_len
        head.body_length = length_of(&call)
        if head.body_length == FASTHDR_UNTIL_CLOSE:
            head.body_length = 0
        if call.s.waits:
            head.flags = FASTHDR_EXPECT_CONTINUE
    return end(&call, verdict, head)


cdef int parse_response "fh_capi_response"(const uint8_t *p, size_t n, fasthdr_row_t *rows, uint32_t max_rows,
                                           const fasthdr_options_t *options, fasthdr_head_t *head) noexcept nogil:
    cdef fh_call_t call
    cdef size_t first = 0
    cdef fh_verdict_t verdict
    cdef int status
    if not begin(&call, RESPONSE, p, n, rows, max_rows, options, head):
        return FASTHDR_MISUSE
    verdict = fh_strict_status_line(&call.s, &call.scan, &first)
    if verdict == FH_ACCEPTED:
        verdict = fh_strict_fields(&call.s, &call.scan, first, &call.block)
    if verdict == FH_ACCEPTED:
        verdict = fh_check_response(&call.s, p, &call.block)
    if verdict == FH_ACCEPTED:
        head.status = status = call.s.status
        head.reason, head.reason_len = <uint32_t>call.s.reason, <uint32_t>call.s.reason_len
        if call.flags & FASTHDR_TO_CONNECT and 200 <= status < 300:
            head.body_length = FASTHDR_UNTIL_CLOSE
        elif call.flags & FASTHDR_TO_HEAD or status < 200 or status == 204 or status == 304:
            head.body_length = 0
        else:
            head.body_length = length_of(&call)
        call.s.persists = call.s.persists and status != 101 and head.body_length != FASTHDR_UNTIL_CLOSE
    return end(&call, verdict, head)


cdef int parse_fields "fh_capi_fields"(const uint8_t *p, size_t n, fasthdr_row_t *rows, uint32_t max_rows,
                                       const fasthdr_options_t *options, fasthdr_head_t *head) noexcept nogil:
    cdef fh_call_t call
    if not begin(&call, FIELDS, p, n, rows, max_rows, options, head):
        return FASTHDR_MISUSE
    return end(&call, fh_strict_fields(&call.s, &call.scan, 0, &call.block), head)


cdef int set_error "fh_capi_set_error"(const fasthdr_head_t *head, const uint8_t *data, size_t n) except -1:
    from fasthdr._errors import refusals
    cdef size_t shown = head.offset + <size_t>SHOWN
    cdef const uint8_t *lf
    if head.fault == 0 or data == NULL:
        raise SystemError("set_error() is for a head that has been refused, with its bytes")
    if n > head.seen:
        n = head.seen
    lf = <const uint8_t *>memchr(data + shown, c"\n", n - shown) if shown < n else NULL
    if lf != NULL:
        n = lf - data + 1  # the error needs the bytes up to the end of the last line that it shows
    raise refusals.refusal(<int>head.fault, head.offset, PyBytes_FromStringAndSize(<const char *>data, <Py_ssize_t>n),
                           head.kind == RESPONSE, head.kind == FIELDS)


cdef int choose(Runtime runtime) except -1:
    fh_capi_choose(runtime.classify_plain)
    return 0


choose(_runtime)
_C_API = PyCapsule_New(<void *>fh_capi_table, FASTHDR_CAPSULE, NULL)
