# SPDX-License-Identifier: MIT
"""Many request heads in one buffer: found in one pass without the GIL, and made into objects when they are needed.

The pass is in batch.pxd. A head that the pass cannot take is parsed by parse_request(), then and at each later access.
"""
cimport cython
from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.exc cimport PyErr_CheckSignals
from cpython.mem cimport PyMem_RawFree
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t

from fasthdr._core.batch cimport (
    FH_IS_AGAIN, FH_IS_BY_STDLIB, FH_IS_CHUNKED, FH_IS_EXPECT_CONTINUE, FH_IS_KEEP_ALIVE, FH_IS_SIZED,
    FH_IS_VERSION_1_1, FH_STOP_CHUNKED, FH_STOP_END, FH_STOP_NO_MEMORY, FH_STOP_ODD, fh_add_head, fh_entry_t,
    fh_make_room, fh_pass_on, fh_pass_t, fh_shift, fh_stop_t, fh_store_t, fh_trim,
)
from fasthdr._core.classify cimport FH_MAX_HEAD
from fasthdr._core.cpython cimport fh_flag
from fasthdr._core.faults cimport fh_limits_t
from fasthdr._core.framing cimport fh_length_at
from fasthdr._core.head cimport BODY_CHUNKED, RequestHead, new_request_head
from fasthdr._core.job cimport fh_job_t, job_init, reach, refuse_start, runtime_for
from fasthdr._core.parse cimport head_in
from fasthdr._core.runtime cimport Runtime, name_at, runtime, share
from fasthdr._core.start_line cimport fh_request_line_t, fh_request_start_at
from fasthdr._core.table cimport FH_FEW, find_name, show_numbers, start_of, text_at
from fasthdr._core.walk cimport fh_row_t, fh_scan_init

from fasthdr._core.decoder import BodyDecoder
from fasthdr._errors import ParseError


@cython.final
cdef class Numbers:
    """A store as memoryview() shows it: shape (n, width), format 'I', read-only. Only parse_many() changes it."""
    cdef fh_store_t store
    cdef Py_ssize_t[2] shape
    cdef Py_ssize_t[2] strides

    def __dealloc__(self):
        PyMem_RawFree(self.store.numbers)

    def __getbuffer__(self, Py_buffer *view, int flags):
        # An empty store has no memory, but a view needs an address.
        numbers = <void *>self.store.numbers if self.shape[0] else <void *>self.shape
        show_numbers(view, flags, numbers, self.shape, self.strides)
        view.obj = self


cdef Numbers new_numbers(size_t width):
    cdef Numbers made = Numbers.__new__(Numbers)
    made.store.width = width
    return made


cdef void settle(Numbers made) noexcept:
    """Trim the store, and set its final shape."""
    fh_trim(&made.store)
    made.shape[0], made.shape[1] = <Py_ssize_t>made.store.count, <Py_ssize_t>made.store.width
    made.strides[0], made.strides[1] = made.shape[1] * <Py_ssize_t>sizeof(uint32_t), sizeof(uint32_t)


@cython.final
cdef class Heads:
    """Hold the request heads that parse_many() has found, in order: a sequence that makes each RequestHead on access.

    consumed: the number of bytes of whole messages, counted from `start`: where the next message begins.
    error: the ParseError for the message there, with its offset counted from `start`; None if that message is
        incomplete, or if there is none.
    """
    cdef bytes data
    cdef Py_ssize_t start              # where in `data` offsets count from
    cdef fh_limits_t limits
    cdef size_t start_line             # limit of the start line
    cdef bint strict
    cdef Numbers rows, entries
    cdef readonly Py_ssize_t consumed
    cdef readonly object error

    def __init__(self):
        raise TypeError("heads are made by the parser")

    def __len__(self):
        return self.entries.shape[0] if self.entries is not None else 0

    def __getitem__(self, Py_ssize_t i):
        """Return head number i as a new RequestHead: what parse_request() gives there."""
        cdef Py_ssize_t n = len(self)
        if i < 0:
            i += n
        if not 0 <= i < n:
            raise IndexError("head index out of range")
        return head_of(self, i)

    def __iter__(self):
        cdef HeadsIterator made = HeadsIterator.__new__(HeadsIterator)
        made.heads, made.i = self, 0
        return made

    def __repr__(self):
        return f"<Heads, {len(self)} heads>"

    def __reduce__(self):
        raise TypeError("cannot copy or pickle Heads: pickle the bytes, or the heads that you want")

    @property
    def table(self):
        """The field lines of all heads: a read-only memoryview of shape (n, 4), format 'I'.

        Each row is name start, name length, value start, value length, in bytes from `start`.
        """
        return memoryview(self.rows)

    @property
    def head_table(self):
        """The heads: a read-only memoryview of shape (len(self), 9), format 'I'; offsets in bytes from `start`.

        A row is: start, end, first row in `table`, number of rows there, method start, method length, target start,
        target length, flags: 1 HTTP/1.1, 2 keep_alive, 4 expect_continue, in strict mode also 8 Content-Length and
        16 chunked; 32: the standard library read the head, and its spans and rows are 0. 64 is for internal use.
        """
        return memoryview(self.entries)


@cython.final
cdef class HeadsIterator:
    cdef Heads heads
    cdef Py_ssize_t i

    def __init__(self):
        raise TypeError("heads are made by the parser")

    def __iter__(self):
        return self

    def __next__(self):
        cdef Py_ssize_t i
        with cython.critical_section(self):
            i = self.i
            if self.heads is None or self.heads.entries is None or i >= self.heads.entries.shape[0]:
                raise StopIteration
            self.i = i + 1
        return head_of(self.heads, i)

    def __length_hint__(self):
        return len(self.heads) - self.i if self.heads is not None else 0

    def __reduce__(self):
        raise TypeError("cannot copy or pickle an iterator of Heads")


cdef RequestHead head_of(Heads self, Py_ssize_t i):
    cdef const fh_entry_t *e = <fh_entry_t *>self.entries.store.numbers + i
    cdef const uint8_t *p = start_of(self.data) + self.start
    cdef RequestHead head
    cdef fh_job_t job
    cdef Runtime rt = runtime_for(&job)
    cdef fh_row_t *rows
    cdef Py_ssize_t length
    if e.flags & FH_IS_AGAIN:
        job.limits, job.start_line = self.limits, self.start_line
        job.start = self.start + <Py_ssize_t>e.start
        job.obsolete = job.recover = job.quiet = False
        job.counted = True
        return head_in(self.data, &job, self.strict, False)
    head = new_request_head(job.types)
    head.data = PyBytes_FromStringAndSize(<const char *>p + e.start, <Py_ssize_t>e.end - <Py_ssize_t>e.start)
    head.consumed = e.end - e.start
    rows = head.table.few
    if e.rows > FH_FEW:
        head.many = PyBytes_FromStringAndSize(NULL, <Py_ssize_t>(e.rows * sizeof(fh_row_t)))
        rows = <fh_row_t *>PyBytes_AS_STRING(head.many)
    head.table.rows, head.table.count = rows, e.rows
    fh_shift(rows, <fh_row_t *>self.rows.store.numbers + e.row, e.rows, <uint32_t>0 - e.start)
    head.method = name_at(rt, p + e.method, e.method_len)
    head.target = text_at(p + e.target, e.target_len)
    head.version = rt.versions[e.flags & FH_IS_VERSION_1_1]
    head.persists = e.flags & FH_IS_KEEP_ALIVE != 0
    head.waits = e.flags & FH_IS_EXPECT_CONTINUE != 0
    if self.strict:
        head.strict = True
        head.frame = 0
        if e.flags & FH_IS_CHUNKED:
            head.frame = BODY_CHUNKED
        elif e.flags & FH_IS_SIZED:
            length = find_name(start_of(head.data), &head.table, "content-length", 0)
            head.frame = fh_length_at(start_of(head.data), &head.table.rows[length])
    return head


cdef bytes bytes_of(object data, Py_ssize_t *start):
    """Return the bytes to read, and set where to begin: `data`, or a copy of it if others may change it meanwhile."""
    cdef Py_buffer view
    cdef Py_ssize_t size
    if type(data) is bytes:
        if start[0] < 0 or start[0] > PyBytes_GET_SIZE(data):
            refuse_start(start[0], <size_t>PyBytes_GET_SIZE(data))
        return data
    PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
    try:
        if start[0] < 0 or start[0] > view.len:
            refuse_start(start[0], <size_t>view.len)
        size = <Py_ssize_t>min(<size_t>(view.len - start[0]), FH_MAX_HEAD)
        copy = PyBytes_FromStringAndSize(<const char *>view.buf + start[0], size)
        start[0] = 0
        return copy
    finally:
        PyBuffer_Release(&view)


cdef object moved(error, size_t by):
    """Return the same error with `by` added to its offset."""
    if not isinstance(error, ParseError):
        raise error  # MemoryError: Cython adds to the traceback after it has chosen the `except`
    return ParseError(error.status, error.reason, error.offset + by, error.rfc, error.near, error.field)


cdef bint take_odd(Heads self, fh_pass_t *m) except -1:
    """Take the head that parse_request() reads where the pass stopped; False if it reads none."""
    cdef fh_request_line_t r
    cdef fh_entry_t *e
    cdef fh_row_t *room
    cdef RequestHead head
    m.job.start = self.start + <Py_ssize_t>m.at
    m.job.counted = False
    try:
        head = head_in(self.data, &m.job, m.strict, False)
    except ParseError as error:
        self.error = moved(error, m.at)
        return False
    if head is None or head.consumed > m.n - m.at:
        return False
    if m.strict:
        raise SystemError("a head that the pass should have taken")
    if not (fh_make_room(m.heads, 1) and fh_make_room(m.rows, head.table.count)):
        raise MemoryError
    e = <fh_entry_t *>m.heads.numbers + m.heads.count
    room = <fh_row_t *>m.rows.numbers + m.rows.count
    e.method = e.method_len = e.target = e.target_len = 0
    fh_scan_init(&m.job.scan, m.p, m.n, m.classify)
    if head.data is None:
        e.flags = FH_IS_AGAIN | FH_IS_BY_STDLIB
        fh_add_head(m, e, m.at + head.consumed, 0)
        e.row = 0
    else:
        fh_request_start_at(&m.job.scan, m.at, &r)
        e.method, e.method_len = <uint32_t>m.at, <uint32_t>r.method_len
        e.target_len = <uint32_t>len(head.target)  # without the leading slashes that are dropped
        e.target = <uint32_t>(r.target + r.target_len) - e.target_len
        e.flags = FH_IS_AGAIN | (FH_IS_VERSION_1_1 if r.minor else 0)
        fh_shift(room, head.table.rows, head.table.count, <uint32_t>m.at)
        fh_add_head(m, e, m.at + head.consumed, head.table.count)
    e.flags |= (FH_IS_KEEP_ALIVE if head.persists else 0) | (FH_IS_EXPECT_CONTINUE if head.waits else 0)
    m.at += head.consumed
    return True


cdef bint skip_chunked(Heads self, fh_pass_t *m) except -1:
    """Skip the chunked body of the last head. If the body is not whole, drop that head and return False."""
    cdef const fh_entry_t *e = <fh_entry_t *>m.heads.numbers + m.heads.count - 1
    cdef bint whole = False
    decoder = BodyDecoder("chunked")
    try:
        decoder.check(memoryview(self.data)[self.start + <Py_ssize_t>e.end:])
        whole = decoder.ended
    except ParseError as error:
        self.error = moved(error, e.end)
    if whole:
        m.at = e.end + <size_t>decoder.consumed
        whole = m.at <= m.n
    if not whole:
        m.at = e.start
        m.rows.count -= e.rows
        m.heads.count -= 1
        m.taken -= 1
    return whole


cdef int walk_all(Heads self, Runtime rt, fh_pass_t *m) except -1:
    cdef fh_stop_t stop
    while True:
        with nogil:
            stop = fh_pass_on(m)
        if stop == FH_STOP_NO_MEMORY:
            raise MemoryError
        if stop == FH_STOP_END:
            return 0
        PyErr_CheckSignals()
        if stop == FH_STOP_ODD and not take_odd(self, m):
            return 0
        if stop == FH_STOP_CHUNKED and not skip_chunked(self, m):
            return 0


@cython.binding(False)
@cython.embedsignature.format("clinic")
def parse_many(data, *, bint strict=False, bint bodies=False, max_line=65536, max_headers=100, max_head=None,
               max_start_line=None, Py_ssize_t start=0):
    """Find all request heads in `data`, one after another, in one pass, as a loop over parse_request() would.

    data: bytes, which are read without the GIL, or any other contiguous bytes-like object, which is copied first.
    strict, max_line, max_headers, max_head, max_start_line: as in parse_request(), for each head.
    bodies: with strict, skip the content after each head, sized or chunked. False: heads directly follow one another.
    start: where in `data` the first head begins. All offsets of the result count from there.

    Returns Heads. A ParseError ends the pass but is not raised: the result has it in `error`, along with the heads
    before it. Only the first 4 GiB from `start` on are read; `consumed` tells where to continue. Raises ValueError for
    bodies without strict, because the default mode does not check what the fields say about where a body ends.
    """
    cdef fh_pass_t m
    cdef Runtime rt = runtime()
    cdef Heads heads = Heads.__new__(Heads)
    cdef size_t _i
    if bodies and not strict:
        raise ValueError("bodies=True needs strict=True: the default mode does not check the fields that frame a body")
    job_init(&m.job, strict, max_line, max_headers, max_head, max_start_line, 0)
    heads.data = bytes_of(data, &start)
    heads.start, heads.strict, heads.rows, heads.entries = start, strict, new_numbers(4), new_numbers(9)
    heads.limits, heads.start_line = m.job.limits, m.job.start_line
    m.p, m.at = start_of(heads.data) + start, 0
    m.n = min(<size_t>(PyBytes_GET_SIZE(heads.data) - start), FH_MAX_HEAD)
    m.most = reach(m.n, &m.job)
    m.taken = 0
    m.native, m.strict, m.bodies = strict or rt.native, strict, bodies
    m.blank_line, m.fold = rt.blank_line, rt.fold
    m.classify = rt.classify_plain if strict else rt.classify
    m.rows, m.heads = &heads.rows.store, &heads.entries.store
    fh_scan_init(&m.job.scan, m.p, m.n, m.classify)
    walk_all(heads, rt, &m)
    settle(heads.rows)
    settle(heads.entries)
    heads.consumed = <Py_ssize_t>m.at
    if fh_flag(&rt.counting):
        for _i in range(m.taken):
            rt.count("core")
    return heads


share(globals())
