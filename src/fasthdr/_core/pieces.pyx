# SPDX-License-Identifier: MIT
"""Heads that arrive in pieces: the bytes so far are kept, and parsed again only if there may be a new answer.

Between two pieces a reader knows where the incomplete line starts. A piece without an LF changes nothing, except for
the first bytes and the limits (docs/strict.md). With an LF the new lines are examined: in strict mode by the walk
itself, from where it stopped; in the default mode only for the first line, the empty line and the limits. When there
may be an answer, parse_request() or parse_response() gives it for all bytes so far.
"""
cimport cython
from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_RawFree, PyMem_RawRealloc
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t
from libc.string cimport memchr, memcpy

from fasthdr._core.faults cimport FH_ACCEPTED, FH_EXHAUSTED, FH_INCOMPLETE, fh_strict_init, fh_strict_t, fh_verdict_t
from fasthdr._core.head cimport Head, ResponseHead
from fasthdr._core.job cimport fh_job_t, job_init, method_of, reach
from fasthdr._core.parse cimport head_at, head_in
from fasthdr._core.runtime cimport Runtime, runtime, share
from fasthdr._core.strict cimport fh_strict_fields, fh_strict_request_line, fh_strict_status_line
from fasthdr._core.walk cimport fh_block_free, fh_block_init, fh_scan_init

from fasthdr._errors import ParseError

cdef enum:
    LEAST_ROOM = 512   # bytes first allocated
    FIRST_BYTES = 32   # of a head, with four empty lines before it: enough to recognize what is not HTTP


cdef class HeadReader:
    """Hold what readers of requests and of responses share."""
    cdef fh_job_t job      # the arguments; in strict mode also the walk over the complete lines
    cdef fh_strict_t s
    cdef uint8_t *kept     # the bytes of the head so far
    cdef size_t n          # how many
    cdef size_t room       # bytes there is room for
    cdef size_t seen       # bytes in which each LF has been found
    cdef size_t line       # where the incomplete line starts
    cdef size_t lines      # default mode: lines after the first
    cdef bint begun        # the first line is whole
    cdef bint ready        # initialized
    cdef bint busy         # in feed()
    cdef bint given        # the head has been returned
    cdef bint strict
    cdef bint response
    cdef str method        # for a response: that of its request
    cdef size_t took       # bytes that the last feed() used
    cdef object error      # the ParseError that has been raised

    def __cinit__(self):
        fh_block_init(&self.job.block)

    def __dealloc__(self):
        fh_block_free(&self.job.block)
        PyMem_RawFree(self.kept)

    def __reduce__(self):
        raise TypeError(f"cannot copy or pickle a {type(self).__name__}: it holds the state of an open connection")

    def feed(self, data, /):
        """Take the next piece. Returns the head when it is complete, None until then.

        data: any contiguous bytes-like object; it may be changed or released once this returns. `consumed` says how
            much of it belongs to the head.

        Raises ParseError as soon as parse_request() or parse_response() would for the bytes so far, and again at each
        later call. Raises ValueError after the head has been returned.
        """
        with cython.critical_section(self):
            check_usable(self)
            self.busy = True
            try:
                return feed(self, data)
            finally:
                self.busy = False

    @property
    def consumed(self):
        """Bytes that the last feed() used: all, unless the head ended within them; 0 after an error."""
        return self.took

    @property
    def received(self):
        """Bytes of the head so far, without a piece that has been refused; for a complete head, its length."""
        return self.n


cdef class RequestReader(HeadReader):
    """RequestReader(*, strict=False, max_line=65536, max_headers=100, max_head=None, max_start_line=None)\n--\n\n\
Read the head of a request that arrives in pieces. Each piece is examined once, however small it is.

    Arguments, limits and refusals are those of parse_request(). A reader serves one head, and one thread at a time.
    """

    def __init__(self, *, bint strict=False, max_line=65536, max_headers=100, max_head=None, max_start_line=None):
        begin(self, strict, max_line, max_headers, max_head, max_start_line)


cdef class ResponseReader(HeadReader):
    """ResponseReader(*, strict=False, method=None, obsolete=False, recover=False, max_line=65536, max_headers=100, \
max_head=None, max_start_line=None)\n--\n\n\
Read the head of a response that arrives in pieces. Each piece is examined once, however small it is.

    Arguments, limits and refusals are those of parse_response(). A reader serves one head, and one thread at a time; an
    interim (1xx) response is a separate head.
    """

    def __init__(self, *, bint strict=False, method=None, bint obsolete=False, bint recover=False, max_line=65536,
                 max_headers=100, max_head=None, max_start_line=None):
        cdef str asked = method_of(method)
        if recover if strict else obsolete:
            raise ValueError("obsolete=True needs strict=True, and recover=True needs strict=False")
        begin(self, strict, max_line, max_headers, max_head, max_start_line)
        self.job.obsolete, self.job.recover = obsolete, recover
        self.response = True
        self.method = asked


cdef int check_usable(HeadReader self) except -1:
    if not self.ready:
        raise ValueError("the reader has not been initialized")
    if self.busy:
        raise ValueError("another call of feed() is running")
    if self.error is not None:
        raise self.error.with_traceback(None)  # otherwise the traceback would grow with each raise
    if self.given:
        raise ValueError("this reader has already returned its head: make a new reader for the next one")
    return 0


cdef int begin(HeadReader self, bint strict, object max_line, object max_headers, object max_head,
               object max_start_line) except -1:
    if self.ready:
        raise ValueError("the reader has been initialized before")
    job_init(&self.job, strict, max_line, max_headers, max_head, max_start_line, 0)
    self.strict = strict
    self.ready = True
    return 0


cdef int append(HeadReader self, const uint8_t *data, size_t n) except -1:
    """Keep as much of n bytes as a head within the limits can take."""
    cdef size_t room = self.room, need = self.n + n
    cdef void *kept
    need = reach(need, &self.job)
    if need <= self.n:
        return 0
    if need > room:
        room = max(need, 2 * room if room else <size_t>LEAST_ROOM)
        kept = PyMem_RawRealloc(self.kept, room)
        if kept == NULL:
            raise MemoryError
        self.kept = <uint8_t *>kept
        self.room = room
    memcpy(self.kept + self.n, data, need - self.n)
    self.n = need
    return 0


cdef void go_back(HeadReader self, size_t n) noexcept:
    """Go back to n bytes and forget what is known about them, so that a call that failed can be repeated."""
    self.n = n
    self.seen = self.line = self.lines = 0
    self.begun = False
    self.job.block.count = 0


cdef bint lines_have_news(HeadReader self) noexcept nogil:
    """Tell, in the default mode, whether a line that has arrived may end the head or be refused."""
    cdef const uint8_t *p = self.kept
    cdef const uint8_t *lf
    cdef size_t length
    cdef bint news = False
    while self.seen < self.n:
        lf = <const uint8_t *>memchr(p + self.seen, c"\n", self.n - self.seen)
        if lf == NULL:
            self.seen = self.n
            break
        self.seen = lf - p + 1
        length = self.seen - self.line
        if not self.begun:
            self.begun = news = True
        else:
            self.lines += 1
            if (length == 1 or (length == 2 and p[self.line] == c"\r") or length > self.job.limits.line
                    or self.lines > self.job.limits.lines):
                news = True
        self.line = self.seen
    return news


cdef fh_verdict_t walk_on(HeadReader self, Runtime rt) noexcept nogil:
    """Return, in strict mode, the verdict on the lines so far; FH_ACCEPTED for a complete block."""
    cdef size_t first = 0, end = self.n
    cdef fh_verdict_t verdict = FH_ACCEPTED
    fh_scan_init(&self.job.scan, self.kept, self.n, rt.classify_plain)
    if not self.begun:
        fh_strict_init(&self.s, &self.job.limits)
        self.s.obsolete = self.job.obsolete
        self.s.limits.line = self.job.start_line
        if self.response:
            verdict = fh_strict_status_line(&self.s, &self.job.scan, &first)
        else:
            verdict = fh_strict_request_line(&self.s, &self.job.scan, &first)
        if verdict == FH_ACCEPTED:
            self.s.limits.line = self.job.limits.line
            self.begun = True
            self.line = first
    if verdict == FH_ACCEPTED:
        verdict = fh_strict_fields(&self.s, &self.job.scan, self.line, &self.job.block)
    if verdict == FH_INCOMPLETE:
        while end > self.line and self.kept[end - 1] != c"\n":
            end -= 1
        self.line = end
    self.seen = self.n
    return verdict


cdef bint is_full(HeadReader self) noexcept:
    """Tell whether an incomplete line, or the head, has reached the limits."""
    cdef size_t most = self.job.limits.line if self.begun else self.job.start_line
    return self.n - self.line >= most or self.n >= self.job.limits.head


cdef bint has_news(HeadReader self) except -1:
    """Tell whether the last piece may have changed the answer."""
    cdef fh_verdict_t verdict
    cdef bint news
    if not self.strict:
        news = lines_have_news(self)
        return news or is_full(self)
    if (self.begun or self.n > FIRST_BYTES) and not is_full(self):
        if memchr(self.kept + self.seen, c"\n", self.n - self.seen) == NULL:
            self.seen = self.n
            return False
    verdict = walk_on(self, runtime())
    if verdict == FH_EXHAUSTED:
        raise MemoryError
    return verdict != FH_INCOMPLETE


cdef Head feed(HeadReader self, object data):
    cdef Py_buffer view
    cdef fh_job_t job
    cdef Head head = None
    cdef size_t size, before = self.n
    cdef bint news
    try:
        if before == 0:  # try the piece alone: most heads arrive in one
            size = 0
            copy_arguments(self, &job)
            head = head_in(data, &job, self.strict, self.response)
        if head is not None:
            return finish(self, head, 0)
        if type(data) is bytes:
            size = <size_t>PyBytes_GET_SIZE(data)
            append(self, <const uint8_t *>PyBytes_AS_STRING(data), size)
        else:
            PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
            try:
                size = <size_t>view.len
                append(self, <const uint8_t *>view.buf, size)
            finally:
                PyBuffer_Release(&view)
        news = self.n > before and has_news(self)
        if news and before:
            copy_arguments(self, &job)
            job.p, job.n = self.kept, self.n
            head = head_at(&job, self.strict, self.response)
            if head is not None:
                return finish(self, head, before)
    except BaseException as error:  # no type here: Cython adds to the traceback first, and memory may run out
        if isinstance(error, ParseError):
            self.error = error
            self.took = 0
        go_back(self, before)
        raise
    self.took = size
    return None


cdef void copy_arguments(HeadReader self, fh_job_t *job) noexcept:
    """Make the job of one call, with the arguments of the reader."""
    job.limits, job.start_line, job.start = self.job.limits, self.job.start_line, 0
    job.counted = job.quiet = False
    job.obsolete, job.recover = self.job.obsolete, self.job.recover


cdef Head finish(HeadReader self, Head head, size_t before):
    if self.response:
        (<ResponseHead>head).method = self.method
    self.took = head.consumed - before
    self.n = head.consumed
    self.given = True
    PyMem_RawFree(self.kept)
    self.kept = NULL
    self.room = 0
    return head


share(globals())
