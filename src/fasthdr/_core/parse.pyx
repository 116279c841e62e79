# SPDX-License-Identifier: MIT
"""The sans-I/O functions: they take the bytes of a head and return the head."""
cimport cython
from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.object cimport PyObject
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t
from libc.string cimport memchr

from fasthdr._core.cpython cimport fh_common_function, fh_common_t, fh_flag, fh_only_keyword
from fasthdr._core.faults cimport (
    FH_ACCEPTED, FH_EXHAUSTED, FH_INCOMPLETE, FH_REFUSED, fh_strict_init, fh_strict_t, fh_verdict_t,
)
from fasthdr._core.fields cimport (
    FH_CONTENT_MESSAGE, FH_CONTENT_MULTIPART, fh_connection_option, fh_content_kind, fh_expects, fh_keeps_alive,
    fh_plain_multipart,
)
from fasthdr._core.framing cimport fh_check_request, fh_check_response, fh_length_at
from fasthdr._core.head cimport (
    BODY_CHUNKED, BODY_TO_END, Head, HeadTypes, RequestHead, ResponseHead, new_head, new_request_head,
    new_response_head,
)
from fasthdr._core.job cimport (
    WHY_BLOCK, WHY_LIMIT, WHY_LINE, WHY_PROBE, WHY_TYPE, count_left, fh_job_t, fh_why_t, first_line, job_default,
    job_init, method_of, reach, refuse_start, runtime_for,
)
from fasthdr._core.runtime cimport Runtime, finishes_multipart, name_at, path_at, share, takes_path
from fasthdr._core.start_line cimport fh_request_line_t, fh_request_start, fh_status_line, fh_status_line_t
from fasthdr._core.strict cimport fh_strict_fields, fh_strict_request_line, fh_strict_status_line, fh_unfold
from fasthdr._core.table cimport start_of, table_take, text_at, walk_into
from fasthdr._core.walk cimport (
    FH_FOREIGN, FH_NO_MEMORY, FH_OK, FH_PARTIAL, fh_block_free, fh_block_init, fh_block_t, fh_code_t, fh_scan_init,
    fh_walk,
)

from fasthdr._core.message import HTTPMessage
from fasthdr._errors import SHOWN, ParseError
from fasthdr._stdlib.message_class import finish_multipart


cdef inline bytes bytes_of_head(bytes data, const uint8_t *p, size_t end):
    """Return the bytes that a table refers to: `data`, or a copy of the head at p if most of `data` is not the head."""
    if p == <const uint8_t *>PyBytes_AS_STRING(data) and <size_t>PyBytes_GET_SIZE(data) - end <= end:
        return data
    return PyBytes_FromStringAndSize(<const char *>p, <Py_ssize_t>end)


cdef enum:
    PIECE = 2048           # bytes that are copied first, if the input has to be copied
    GROWTH = 4             # factor for each further copy, until the head is whole


ctypedef object (*fh_parse_t)(Runtime rt, bytes data, fh_job_t *job)
cdef fh_common_t common  # parse_request()


cdef inline object parse_bytes(Runtime rt, bytes data, fh_job_t *job, bint strict, fh_parse_t parse):
    """Call parse(). Returns a head, or None while it is incomplete; raises ParseError."""
    cdef size_t n = <size_t>PyBytes_GET_SIZE(data)
    if <size_t>job.start > n:
        refuse_start(job.start, n)
    job.p = <const uint8_t *>PyBytes_AS_STRING(data) + job.start
    job.n = reach(n - <size_t>job.start, job)
    fh_scan_init(&job.scan, job.p, job.n, rt.classify_plain if strict else rt.classify)
    fh_block_init(&job.block)
    try:
        return parse(rt, data, job)
    finally:
        fh_block_free(&job.block)


cdef inline bint shows_all(error, bytes piece) except -1:
    """Return whether more input would not change an error from a piece: the lines that the error shows are whole."""
    if not isinstance(error, ParseError):
        raise error  # MemoryError: Cython adds to the traceback after it has chosen the `except`
    return piece.find(b"\n", error.offset + SHOWN) >= 0


cdef object parse_buffer(Runtime rt, object data, fh_job_t *job, bint strict, fh_parse_t parse):
    """Call parse() on copies of a buffer's start until one has the whole head: others may change the buffer."""
    cdef Py_buffer view
    cdef object head
    cdef const uint8_t *p
    cdef size_t n, size = PIECE
    cdef bint cut
    PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
    try:
        if job.start < 0 or job.start > view.len:
            refuse_start(job.start, view.len)
        p, n = <const uint8_t *>view.buf + job.start, reach(<size_t>(view.len - job.start), job)
        job.start = 0
        while True:
            size = min(size, n)
            cut = size < n
            piece = PyBytes_FromStringAndSize(<const char *>p, <Py_ssize_t>size)
            try:
                head = parse_bytes(rt, piece, job, strict, parse)
            except ParseError as error:
                if not cut or shows_all(error, piece):
                    raise
                head = None
            if head is not None or not cut:
                return head
            size *= GROWTH
    finally:
        PyBuffer_Release(&view)


cdef inline object parsed(Runtime rt, object data, fh_job_t *job, bint strict, fh_parse_t parse):
    if type(data) is not bytes:
        return parse_buffer(rt, data, job, strict, parse)
    return parse_bytes(rt, <bytes>data, job, strict, parse)


cdef enum:
    SCAN_DONE       # rows written, within the limits
    SCAN_MORE       # no whole head yet, and no limit exceeded
    SCAN_FALLBACK   # to be read by the stdlib's code, which also says what is wrong


cdef inline int fall_back(fh_job_t *job, fh_why_t why) noexcept:
    job.why = why
    return SCAN_FALLBACK


cdef int scan_block(Runtime rt, Head head, fh_job_t *job, size_t start) except -1:
    """Walk the header block of a head, from `start` on."""
    cdef fh_block_t *b = &job.block
    cdef fh_code_t code
    walk_into(&head.table, b)
    code = fh_walk(&job.scan, start, False, rt.fold, job.limits.line, b)
    if code == FH_NO_MEMORY:
        raise MemoryError
    if code == FH_FOREIGN or not rt.native:
        return fall_back(job, WHY_BLOCK if rt.native else WHY_PROBE)
    if b.longest > job.limits.line or b.lines + (code == FH_OK and rt.blank_line) > job.limits.lines:
        return fall_back(job, WHY_LIMIT)
    if code == FH_PARTIAL:
        return fall_back(job, WHY_LIMIT) if job.n - b.line > job.limits.line or job.n >= job.limits.head else SCAN_MORE
    if b.end > job.limits.head:
        return fall_back(job, WHY_LIMIT)
    if fh_content_kind(job.p, b) == FH_CONTENT_MESSAGE:
        return fall_back(job, WHY_TYPE)
    return SCAN_DONE


cdef inline int take_rows(Head head, const fh_job_t *job) except -1:
    cdef const fh_block_t *b = &job.block
    if job.types != NULL:
        head.messages = (<HeadTypes>job.types).messages
    if b.rows == head.table.few:  # and `many` is None
        head.table.rows, head.table.count = head.table.few, b.count
    else:
        head.many = table_take(&head.table, b)
    return 0


cdef bint take(Runtime rt, Head head, bytes data, fh_job_t *job) except -1:
    """Give the walked block to the head; False if its Content-Type needs work that the core does not do."""
    cdef fh_block_t *b = &job.block
    head.data = bytes_of_head(data, job.p, b.end)
    head.consumed = b.end
    take_rows(head, job)
    if fh_content_kind(job.p, b) == FH_CONTENT_MULTIPART:
        job.why = WHY_TYPE
        if not finishes_multipart(rt):
            return False
        if fh_plain_multipart(job.p, b):
            head.multipart = True
        else:
            try:
                if not finish_multipart(head.headers):
                    return False
            except (ValueError, RecursionError):
                return False  # a hostile Content-Type: the fallback reports the error
    if fh_flag(&rt.counting) and not job.counted:
        rt.count("core")
    return True


cdef object by_stdlib(Runtime rt, fh_job_t *job, function, str line=None):
    """Run the stdlib's own code in memory on as many of the bytes as it needs; None while the head is incomplete."""
    cdef size_t size = PIECE
    while True:
        size = min(size, job.n)
        piece = PyBytes_FromStringAndSize(<const char *>job.p, <Py_ssize_t>size)
        try:
            found = function(piece, job.limits.line, job.limits.lines, job.limits.head, job.start_line, HTTPMessage)
        except ParseError as error:
            count_left(rt, job, line, piece)
            if size == job.n or shows_all(error, piece):
                raise
            found = None
        if found is not None:
            count_left(rt, job, line, piece)
        if found is not None or size == job.n:
            return found
        size *= GROWTH


cdef object refusal(Runtime rt, fh_job_t *job, const fh_strict_t *s, bint response, bint lines=False):
    """Return the ParseError for a fault; lines: in field lines without a start line."""
    from fasthdr._errors import refusals
    cdef size_t n = job.n, shown = s.at + <size_t>SHOWN
    cdef const uint8_t *lf = <const uint8_t *>memchr(job.p + shown, c"\n", n - shown) if shown < n else NULL
    if lf != NULL:
        n = lf - job.p + 1  # the end of the last line that is shown
    if not job.counted and fh_flag(&rt.counting):
        rt.count("refused")
    job.counted = True
    return refusals.refusal(<int>s.fault, s.at, PyBytes_FromStringAndSize(<const char *>job.p, <Py_ssize_t>n),
                            response, lines)


cdef int take_strict(Runtime rt, Head head, bytes data, fh_job_t *job) except -1:
    """Give the fields that strict mode has accepted to the head."""
    cdef fh_block_t *b = &job.block
    head.strict = True
    head.data = bytes_of_head(data, job.p, b.end)
    head.consumed = b.end
    take_rows(head, job)
    if fh_flag(&rt.counting):
        rt.count("core")
    return 0


cdef inline long long frame_of(const fh_strict_t *s, const fh_job_t *job, long long without) noexcept:
    """Return `frame` of a head from its accepted fields; `without`: if they do not say it."""
    if s.coding.count:
        return BODY_CHUNKED  # strict mode accepts no other coding
    return fh_length_at(job.p, &job.block.rows[s.length.first]) if s.length.count else without


cdef RequestHead strict_request(Runtime rt, bytes data, fh_job_t *job):
    cdef fh_strict_t s
    cdef size_t first = 0
    cdef RequestHead head = new_request_head(job.types)
    fh_strict_init(&s, &job.limits)
    walk_into(&head.table, &job.block)
    s.limits.line = job.start_line
    cdef fh_verdict_t verdict = fh_strict_request_line(&s, &job.scan, &first)
    s.limits.line = job.limits.line
    if verdict == FH_ACCEPTED:
        verdict = fh_strict_fields(&s, &job.scan, first, &job.block)
        if verdict == FH_ACCEPTED:
            verdict = fh_check_request(&s, job.p, &job.block)
    if verdict == FH_INCOMPLETE or (verdict == FH_REFUSED and job.quiet):
        return None
    if verdict == FH_REFUSED:
        raise refusal(rt, job, &s, False)
    if verdict == FH_EXHAUSTED:
        raise MemoryError
    take_strict(rt, head, data, job)
    head.method = name_at(rt, job.p + s.method, s.method_len)
    head.target = text_at(job.p + s.target, s.target_len)
    head.version = rt.versions[s.minor]
    head.persists = s.persists
    head.waits = s.waits
    head.frame = frame_of(&s, job, 0)
    return head


cdef ResponseHead strict_response(Runtime rt, bytes data, fh_job_t *job):
    cdef fh_strict_t s
    cdef size_t first = 0
    cdef bytes unfolded = None
    cdef ResponseHead head = new_response_head(job.types)
    fh_strict_init(&s, &job.limits)
    s.obsolete = job.obsolete
    walk_into(&head.table, &job.block)
    s.limits.line = job.start_line
    cdef fh_verdict_t verdict = fh_strict_status_line(&s, &job.scan, &first)
    s.limits.line = job.limits.line
    if verdict == FH_ACCEPTED:
        verdict = fh_strict_fields(&s, &job.scan, first, &job.block)
        if verdict == FH_ACCEPTED:
            if s.folded:
                unfolded = PyBytes_FromStringAndSize(<const char *>job.p, <Py_ssize_t>job.block.end)
                fh_unfold(<uint8_t *>PyBytes_AS_STRING(unfolded), &job.block)
            verdict = fh_check_response(&s, job.p if unfolded is None else start_of(unfolded), &job.block)
    if verdict == FH_INCOMPLETE:
        return None
    if verdict == FH_REFUSED:
        raise refusal(rt, job, &s, True)
    if verdict == FH_EXHAUSTED:
        raise MemoryError
    if unfolded is not None:
        data, job.p = unfolded, start_of(unfolded)
    take_strict(rt, head, data, job)
    head.version = rt.versions[s.minor]
    head.status_code = s.status
    head.reason = text_at(job.p + s.reason, s.reason_len)
    head.persists = s.persists
    head.frame = frame_of(&s, job, BODY_TO_END)
    return head


cdef Head strict_fields(Runtime rt, bytes data, fh_job_t *job):
    cdef fh_strict_t s
    cdef Head head = new_head(job.types)
    fh_strict_init(&s, &job.limits)
    walk_into(&head.table, &job.block)
    cdef fh_verdict_t verdict = fh_strict_fields(&s, &job.scan, 0, &job.block)
    if verdict == FH_INCOMPLETE or (verdict == FH_REFUSED and job.quiet):
        return None
    if verdict == FH_REFUSED:
        raise refusal(rt, job, &s, False, True)
    if verdict == FH_EXHAUSTED:
        raise MemoryError
    take_strict(rt, head, data, job)
    return head


cdef RequestHead request_in(Runtime rt, bytes data, fh_job_t *job):
    cdef fh_request_line_t r
    cdef RequestHead head
    cdef int code = fall_back(job, WHY_LINE)
    cdef size_t first = fh_request_start(&job.scan, &r)
    if first == 0:
        if first_line(job) == 0:
            return None
    head = new_request_head(job.types)
    if 0 < first <= job.start_line and takes_path(rt, &r):
        code = scan_block(rt, head, job, first)
    if code == SCAN_MORE:
        return None
    if code == SCAN_DONE and take(rt, head, data, job):
        head.method = name_at(rt, job.p, r.method_len)
        head.target = path_at(rt, job.p, &r, False)
        head.version = rt.versions[r.minor]
        head.persists = fh_keeps_alive(fh_connection_option(job.p, &job.block), True, r.minor == 1)
        head.waits = r.minor == 1 and fh_expects(job.p, &job.block)
        return head
    from fasthdr._stdlib import in_memory
    found = by_stdlib(rt, job, in_memory.parse_request, "request line")
    if found is None:
        return None
    head = new_request_head(job.types)
    head.method, head.target, head.version, head.persists, head.waits, head.message, head.consumed = found
    return head


cdef ResponseHead response_in(Runtime rt, bytes data, fh_job_t *job):
    cdef fh_status_line_t r
    cdef ResponseHead head
    cdef int code = fall_back(job, WHY_LINE)
    cdef size_t first = first_line(job)
    if first == 0:
        return None
    head = new_response_head(job.types)
    if first <= job.start_line and fh_status_line(job.p, first, &r):
        code = scan_block(rt, head, job, first)
    if code == SCAN_MORE:
        return None
    if code == SCAN_DONE and take(rt, head, data, job):
        head.version = rt.versions[r.minor]
        head.status_code = r.status
        head.reason = text_at(job.p + r.reason, r.reason_len)
        return head
    from fasthdr._stdlib import in_memory
    function = in_memory.recover_response if job.recover else in_memory.parse_response
    found = by_stdlib(rt, job, function, "status line")
    if found is None:
        return None
    head = new_response_head(job.types)
    head.version, head.status_code, head.reason, head.message, head.consumed = found
    return head


cdef Head fields_in(Runtime rt, bytes data, fh_job_t *job):
    cdef Head head = new_head(job.types)
    cdef int code = scan_block(rt, head, job, 0)
    if code == SCAN_MORE:
        return None
    if code == SCAN_DONE and take(rt, head, data, job):
        return head
    from fasthdr._stdlib import in_memory
    found = by_stdlib(rt, job, in_memory.parse_headers)
    if found is None:
        return None
    head = new_head(job.types)
    head.message, head.consumed = found
    return head


cdef fh_parse_t parser_of(bint strict, bint response) noexcept:
    if response:
        return <fh_parse_t>strict_response if strict else <fh_parse_t>response_in
    return <fh_parse_t>strict_request if strict else <fh_parse_t>request_in


cdef Head head_in(object data, fh_job_t *job, bint strict, bint response):
    """Do parse_request() or parse_response() on `data` as `job` says."""
    return parsed(runtime_for(job), data, job, strict, parser_of(strict, response))


cdef Head head_at(fh_job_t *job, bint strict, bint response):
    """Do the same on the job.n bytes at job.p, and copy them."""
    cdef Runtime rt = runtime_for(job)
    cdef fh_parse_t parse = parser_of(strict, response)
    job.n = reach(job.n, job)
    fh_scan_init(&job.scan, job.p, job.n, rt.classify_plain if strict else rt.classify)
    fh_block_init(&job.block)
    try:
        return parse(rt, b"", job)
    finally:
        fh_block_free(&job.block)


@cython.binding(False)
@cython.embedsignature.format("clinic")
def parse_request(data, *, bint strict=False, max_line=65536, max_headers=100, max_head=None, max_start_line=None,
                  Py_ssize_t start=0):
    """Parse the head of an HTTP/1 request in `data`, as http.server's handler of HTTP/1.1 does.

    data: any contiguous bytes-like object; it may be changed or released once this returns.
    strict: follow RFC 9110 and 9112 instead of http.server, and refuse what they do not allow (docs/strict.md).
    max_line: maximum bytes in the request line and in each field line, line ends included (414, 431).
    max_headers: maximum lines in the header block, counted as the running stdlib does; strict: field lines (431).
    max_head: maximum bytes in the whole head (431); None: 4 GiB, the limit of offsets, or 256 KiB with strict.
    max_start_line: maximum bytes in the request line, in place of max_line (414); None: max_line.
    start: where in `data` the head begins, 0 to len(data). `consumed`, the table and the offset of an error count from
        there. The result is the same as for data[start:], without the copy.

    Returns a RequestHead, or None while the head is incomplete. Raises ParseError if the handler would answer with an
    error status, and for an empty request line, at which it would close the connection without a response.
    """
    cdef fh_job_t job
    job_init(&job, strict, max_line, max_headers, max_head, max_start_line, start)
    return parsed(runtime_for(&job), data, &job, strict, parser_of(strict, False))


cdef object common_call(PyObject *self, PyObject **args, Py_ssize_t n, PyObject *names):
    """Do parse_request(data) and parse_request(data, strict=...), without a search among the keywords."""
    cdef fh_job_t job
    if n == 1 and (names == NULL or (fh_only_keyword(names, "strict") and <object>args[1] is False)):
        job_default(&job, False)
        return parsed(runtime_for(&job), <object>args[0], &job, False, <fh_parse_t>request_in)
    if n == 1 and fh_only_keyword(names, "strict") and (<object>args[1] is True):
        job_default(&job, True)
        return parsed(runtime_for(&job), <object>args[0], &job, True, <fh_parse_t>strict_request)
    return common.general(self, args, n, names)


parse_request = fh_common_function(&common, parse_request, common_call)


@cython.binding(False)
@cython.embedsignature.format("clinic")
def parse_response(data, *, bint strict=False, method=None, bint obsolete=False, bint recover=False, max_line=65536,
                   max_headers=100, max_head=None, max_start_line=None, Py_ssize_t start=0):
    """Parse the head of an HTTP/1 response in `data`, as http.client.HTTPResponse.begin does.

    The other arguments, the limits and None for an incomplete head are as in parse_request(). An interim (1xx) response
    is a separate head. Raises ParseError with the status 502 (Bad Gateway) if http.client would raise an HTTPException,
    and ValueError for obsolete without strict, or recover with strict.
    method: the request's method, as sent, for `framing` and `keep_alive`; None: one that allows a response body.
    obsolete: with strict, accept what old servers send: an obs-fold is read as SP (RFC 9112 5.2), and white space
        between a field name and its colon is dropped (RFC 9112 5.1).
    recover: set bad field lines aside (`defects`); http.client loses all lines after one (docs/compatibility.md).
    """
    cdef fh_job_t job
    cdef str asked = method_of(method)
    if recover if strict else obsolete:
        raise ValueError("obsolete=True needs strict=True, and recover=True needs strict=False")
    job_init(&job, strict, max_line, max_headers, max_head, max_start_line, start)
    job.obsolete, job.recover = obsolete, recover
    head = parsed(runtime_for(&job), data, &job, strict, parser_of(strict, True))
    if head is not None:
        (<ResponseHead>head).method = asked
    return head


@cython.binding(False)
@cython.embedsignature.format("clinic")
def parse_headers(data, *, bint strict=False, max_line=65536, max_headers=100, max_head=None, Py_ssize_t start=0):
    """Parse a header block without a start line in `data`, as http.client.parse_headers does.

    Returns a Head. The arguments, the limits and None for an incomplete block are as in parse_request(). Use it for the
    headers of a multipart part, the trailers of a chunked body, and any other field lines that end with an empty line.
    """
    cdef fh_job_t job
    job_init(&job, strict, max_line, max_headers, max_head, None, start)
    if strict:
        return parsed(runtime_for(&job), data, &job, True, <fh_parse_t>strict_fields)
    return parsed(runtime_for(&job), data, &job, False, <fh_parse_t>fields_in)


@cython.binding(False)
def accepted(bytes data not None, bint lines, /):
    """Return the head (lines: of field lines alone) that strict mode reads in `data`; None if refused or not whole."""
    cdef fh_job_t job
    job_init(&job, True, None, None, None, None, 0)
    job.quiet = True
    cdef fh_parse_t parse = <fh_parse_t>strict_fields if lines else <fh_parse_t>strict_request
    return parse_bytes(runtime_for(&job), data, &job, True, parse)


share(globals())
