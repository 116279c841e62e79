# SPDX-License-Identifier: MIT
"""Decode message bodies without I/O: the bytes of a connection go in, split anyhow; data, end and trailers come out."""
cimport cython
from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_RawFree, PyMem_RawRealloc
from cpython.object cimport PyObject
from cpython.ref cimport Py_XDECREF
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint64_t
from libc.string cimport memchr, memcpy

from fasthdr._core.chunks cimport (
    FH_CHUNKED, FH_DATA, FH_ENDED, FH_NO_FRAMING, FH_SIZED, FH_STEP_ENDED, FH_STEP_FULL, FH_STEP_MORE,
    FH_STEP_REFUSED, FH_STEP_TRAILERS, FH_UNTIL_CLOSE, fh_body_data, fh_body_refuse, fh_body_run, fh_body_start,
    fh_body_t, fh_framing_t, fh_span_t,
)
from fasthdr._core.runtime cimport share
from fasthdr._core.classify cimport FH_MAX_HEAD
from fasthdr._core.faults cimport (
    FH_DEFAULT_HEAD, FH_FAULT_CONTENT_TOO_LARGE, FH_FAULT_FIELD_COUNT, FH_FAULT_FIELD_LINE_LENGTH,
    FH_FAULT_HEAD_LENGTH, FH_FAULT_INCOMPLETE_BODY, FH_FAULT_TRAILER_FIELD, FH_TCHAR, fh_class, fh_fault_t,
    fh_is_content, fh_strict_t,
)
from fasthdr._core.job cimport PyLong_AsLongLongAndOverflow, head_limit, limit_of
from fasthdr._core.strict cimport fh_odd_field_line
from fasthdr._core.table cimport text_at

from fasthdr import _trailers
from fasthdr._core.parse import parse_headers


cdef extern from "Python.h":
    PyObject *new_bytes "PyBytes_FromStringAndSize"(const char *p, Py_ssize_t n) except NULL
    int _PyBytes_Resize(PyObject **bytes, Py_ssize_t n) except -1


cdef enum:
    SPANS = 64              # spans of data that are noted before their bytes are copied
    LEAST_BLOCK = 256       # bytes first allocated for trailers


cdef fh_framing_t framing_of(object framing, uint64_t *length) except FH_NO_FRAMING:
    cdef int overflow = 0
    cdef long long n
    if framing is None:
        return FH_UNTIL_CLOSE
    if isinstance(framing, str):
        if framing != "chunked":
            raise ValueError(f"framing must be 'chunked', a length or None, not {framing!r}")
        return FH_CHUNKED
    if not isinstance(framing, int) or isinstance(framing, bool):
        raise TypeError(f"framing must be 'chunked', int or None, not {type(framing).__name__}")
    n = PyLong_AsLongLongAndOverflow(framing, &overflow)
    if overflow or n < 0:
        raise ValueError("framing must be a length of 0 to 2**63 - 1 bytes")
    length[0] = <uint64_t>n
    return FH_SIZED


cdef char *put_spans(char *q, const uint8_t *p, const fh_span_t *spans, size_t count) noexcept:
    """Copy the bytes of the spans to q. Returns the end of the copy."""
    cdef size_t k
    for k in range(count):
        memcpy(q, p + spans[k].start, spans[k].length)
        q += spans[k].length
    return q


cdef class BodyDecoder:
    """BodyDecoder(framing, *, response=False, max_body=None, max_line=65536, max_headers=100, max_head=262144, \
max_chunk_line=4096, max_extensions=65536)\n--\n\n\
Decode one message body (RFC 9112 6): feed it the bytes of the connection, and it returns the body's data.

    framing: the `framing` of the RequestHead or ResponseHead: 'chunked'; a length in bytes, 0 to 2**63 - 1; or None for
        a body that ends with the connection.
    response: the body is of a response; then every ParseError has the status 502.
    max_body: maximum bytes of data in the body (413); None for no limit. A `framing` above it raises ParseError here.
    max_line, max_headers, max_head: limits of the trailer section, as in parse_headers(strict=True).
    max_chunk_line: maximum bytes in a chunk line, its CRLF included.
    max_extensions: maximum bytes of chunk extensions in the whole body.

    None for any limit but max_body means the largest possible: 4 GiB, or 2**32 - 1 lines; for max_head, 256 KiB.

    Raises TypeError or ValueError for any other argument. A fault in the body raises ParseError, with its offset in
    bytes from the body's first byte, and each later call raises it again. A decoder serves one body, and one thread at
    a time.
    """
    cdef fh_body_t body               # changed only by a call that succeeds, so that one without memory can be repeated
    cdef uint8_t *block               # lines of the trailer section: those kept, and the current one
    cdef size_t room                  # bytes of `block`
    cdef bytes line_start             # during a call: the part of the current line that earlier calls have taken
    cdef size_t took                  # bytes that the last feed() or check() took
    cdef bint busy                    # reads the trailer section, which runs Python code
    cdef bint response
    cdef object error                 # the ParseError that has been raised
    cdef object message               # `trailers`, once it has been made

    def __init__(self, framing, *, bint response=False, max_body=None, max_line=65536, max_headers=100,
                 max_head=262144, max_chunk_line=4096, max_extensions=65536):
        cdef fh_body_t b
        cdef uint64_t length = 0
        cdef fh_framing_t kind = framing_of(framing, &length)
        b.most = limit_of(max_body, "max_body", 0, <uint64_t>0x7FFFFFFFFFFFFFFF, <uint64_t>0x7FFFFFFFFFFFFFFF)
        b.trailers.line = head_limit(max_line, "max_line", FH_MAX_HEAD)
        b.trailers.lines = head_limit(max_headers, "max_headers", FH_MAX_HEAD)
        b.trailers.head = head_limit(max_head, "max_head", FH_DEFAULT_HEAD)
        b.line_most = head_limit(max_chunk_line, "max_chunk_line", FH_MAX_HEAD)
        b.extensions_most = limit_of(max_extensions, "max_extensions", 0, FH_MAX_HEAD, FH_MAX_HEAD)
        fh_body_start(&b, kind, length)
        if length > b.most:
            raise refusal(FH_FAULT_CONTENT_TOO_LARGE, 0, b"", response)
        with cython.critical_section(self):
            if self.body.framing != FH_NO_FRAMING:
                raise ValueError("the decoder has been initialized before")
            self.body = b
            self.response = response

    def __dealloc__(self):
        PyMem_RawFree(self.block)

    def __reduce__(self):
        raise TypeError(f"cannot copy or pickle a {type(self).__name__}: it holds the state of an open connection")

    def feed(self, data, /):
        """Take the next bytes of the connection, and return the data in them as bytes.

        data: any contiguous bytes-like object; it may be changed or released once this returns.

        This takes all of `data`, unless the body ends within it; `consumed` tells how much. b"" does not mean the end
        of the connection: use feed_eof() for that. If this raises ParseError, it returns no data before the fault.
        """
        return take(self, data, True)

    def check(self, data, /):
        """Take the next bytes as feed() does, but return only how many of them belong to the body."""
        return take(self, data, False)

    def skip(self, n, /):
        """Count n bytes of data that the program has read from the connection by itself.

        Raises ValueError if n is more than `data_left`, unless that is None.
        """
        cdef uint64_t size = count_of(n)
        cdef fh_body_t *b = &self.body
        with cython.critical_section(self):
            check_usable(self)
            if b.place != FH_DATA or size > b.left:
                if b.place != FH_DATA or b.framing != FH_UNTIL_CLOSE:
                    if size == 0:
                        return
                    raise ValueError("n must not be more than data_left")
                self.error = refusal(FH_FAULT_CONTENT_TOO_LARGE, b.wire + b.left, b"", self.response)
                raise self.error
            b.wire += size
            fh_body_data(b, size)

    def feed_eof(self):
        """Take the end of the connection. Raises ParseError unless the body has ended, or may end there."""
        with cython.critical_section(self):
            check_usable(self)
            if self.body.framing == FH_UNTIL_CLOSE:
                self.body.place = FH_ENDED
            elif self.body.place != FH_ENDED:
                self.error = refusal(FH_FAULT_INCOMPLETE_BODY, self.body.wire, b"", self.response)
                raise self.error

    @property
    def consumed(self):
        """Bytes that the last feed() or check() took: all, unless the body ended within them; 0 after an error."""
        with cython.critical_section(self):
            return self.took if self.error is None else 0

    @property
    def ended(self):
        """True once the whole body has been taken, its trailers included; for an empty body, from the start."""
        with cython.critical_section(self):
            return self.body.place == FH_ENDED

    @property
    def data_left(self):
        """Bytes of data that certainly come next, before any framing: the rest of this chunk, or of a sized body.

        0 between chunks, after the end and after an error; None for a body that goes on until the connection closes.
        """
        with cython.critical_section(self):
            if self.error is not None or self.body.place != FH_DATA:
                return 0
            return None if self.body.framing == FH_UNTIL_CLOSE else self.body.left

    @property
    def received(self):
        """Bytes of data so far, skipped ones included."""
        with cython.critical_section(self):
            return self.body.received

    @property
    def wire(self):
        """Bytes of the connection so far: data and framing, skipped ones included."""
        with cython.critical_section(self):
            return self.body.wire

    @property
    def trailers(self):
        """The trailer section of a chunked body that has ended, as a fasthdr.client.HTTPMessage; None until then.

        Fields that must not be there (RFC 9110 6.5.1, docs/strict.md) are left out. The same object at each access.
        """
        with cython.critical_section(self):
            if self.message is None and self.body.framing == FH_CHUNKED and self.body.place == FH_ENDED:
                made = trailers_of(self.block, self.body.kept)
                if self.message is None:
                    self.message = made
            return self.message


cdef uint64_t count_of(object n) except? 0:
    """Return a count of bytes that the caller gives; anything above 2**63 - 1 becomes 2**63."""
    cdef int overflow = 0
    cdef long long size
    if not isinstance(n, int):
        raise TypeError(f"n must be int, not {type(n).__name__}")
    size = PyLong_AsLongLongAndOverflow(n, &overflow)
    if overflow < 0 or (size < 0 and not overflow):
        raise ValueError("n must not be negative")
    return <uint64_t>0x8000000000000000 if overflow else <uint64_t>size


cdef object trailers_of(const uint8_t *lines, size_t n):
    """Return an HTTPMessage of field lines that strict mode has accepted."""
    cdef bytes data = PyBytes_FromStringAndSize(NULL, <Py_ssize_t>(n + 2))
    cdef char *q = PyBytes_AS_STRING(data)
    if n:
        memcpy(q, lines, n)
    q[n] = c"\r"
    q[n + 1] = c"\n"
    most = FH_MAX_HEAD
    return parse_headers(data, strict=True, max_line=most, max_headers=most, max_head=most).headers


cdef object refusal(fh_fault_t fault, uint64_t at, bytes near, bint response):
    """Return the ParseError for a fault."""
    from fasthdr._errors import refusals
    return refusals.error(<int>fault, at, near, response)


cdef bytes around(uint64_t at, uint64_t wire, const uint8_t *p, size_t n):
    """Return the bytes around the offset `at` in the input of this call, which comes after `wire` other bytes."""
    from fasthdr._errors import refusals
    cdef uint64_t beside = refusals.AROUND
    cdef uint64_t start = at - beside if at > wire + beside else wire
    cdef uint64_t end = min(at + beside, wire + n)
    if end <= start:
        return b""
    return PyBytes_FromStringAndSize(<const char *>p + (start - wire), <Py_ssize_t>(end - start))


cdef object trailer_refusal(BodyDecoder self, const fh_body_t *b):
    """Return the ParseError for a fault in the trailer section. It shows only the present line, as far as it came."""
    from fasthdr._errors import refusals
    return refusals.line_refusal(<int>b.fault, b.fault_at, b.line, PyBytes_FromStringAndSize(
        <const char *>self.block + b.kept, <Py_ssize_t>b.partial), self.response)


cdef inline int check_usable(BodyDecoder self) except -1:
    if self.body.framing == FH_NO_FRAMING:
        raise ValueError("the decoder has not been initialized")
    if self.busy:
        raise ValueError("another call of feed() or check() is running")
    if self.error is not None:
        raise self.error.with_traceback(None)  # otherwise the traceback would grow with each raise
    return 0


cdef int reserve(BodyDecoder self, size_t need) except -1:
    """Make room for `need` bytes of trailers. The block may move, so no pointer into it is kept across a call."""
    cdef size_t room
    cdef void *block
    if need > self.room:
        room = max(need, 2 * self.room if self.room else <size_t>LEAST_BLOCK)
        block = PyMem_RawRealloc(self.block, room)
        if block == NULL:
            raise MemoryError
        self.block = <uint8_t *>block
        self.room = room
    return 0


cdef size_t name_length(const uint8_t *line, size_t n) noexcept:
    """Return the length of the name in a line of n bytes that ends with LF; 0 if the line is not a field line.

    field-name ":" OWS field-value OWS CRLF
    """
    cdef size_t colon = 0, i
    while fh_class[line[colon]] & FH_TCHAR:
        colon += 1
    if line[colon] != c':':
        return 0
    i = colon + 1
    while fh_is_content(line[i]):
        i += 1
    return colon if line[i] == c'\r' and i + 2 == n else 0


cdef int field_line(BodyDecoder self, fh_body_t *b) except -1:
    """Take the present line of the trailer section, which is whole and not blank. Returns a step."""
    cdef fh_strict_t judge
    cdef size_t n
    cdef int fate
    cdef const uint8_t *line = self.block + b.kept
    if b.field_lines >= b.trailers.lines:
        return fh_body_refuse(b, FH_FAULT_FIELD_COUNT, b.line)
    n = name_length(line, b.partial)
    if n == 0:
        fh_odd_field_line(&judge, line, 0, b.partial, b.field_lines == 0, False)
        return fh_body_refuse(b, judge.fault, b.line + judge.at)
    fate = _trailers.verdict(text_at(line, n))
    if fate == _trailers.REFUSE:
        return fh_body_refuse(b, FH_FAULT_TRAILER_FIELD, b.line)
    if fate == _trailers.KEEP:
        b.kept += b.partial
    b.field_lines += 1
    b.line += b.partial
    b.partial = 0
    if b.section == b.trailers.head:
        return fh_body_refuse(b, FH_FAULT_HEAD_LENGTH, b.line)
    return FH_STEP_MORE


cdef int trailer_lines(BodyDecoder self, fh_body_t *b, const uint8_t *p, size_t n, size_t *at) except -1:
    """Read trailer-section CRLF (RFC 9112 7.1.2) from p + *at on. Judges a copy of each line; returns a step.

    Looking fields up runs Python code, so the decoder is busy until decode() ends.
    """
    cdef size_t i = at[0], most, seen
    cdef const uint8_t *lf
    cdef const uint8_t *line
    cdef int step
    cdef bint by_line
    self.busy = True
    while i < n:
        by_line = b.trailers.line <= b.trailers.head - (b.section - b.partial)
        most = b.trailers.line if by_line else b.trailers.head - (b.section - b.partial)
        if b.partial == 0 and n - i >= 2 and most >= 2 and p[i] == c'\r' and p[i + 1] == c'\n':
            at[0] = i + 2
            b.place = FH_ENDED
            return FH_STEP_ENDED
        seen = min(n - i, most - b.partial)
        lf = <const uint8_t *>memchr(p + i, c'\n', seen)
        if lf != NULL:
            seen = lf - (p + i) + 1
        reserve(self, b.kept + b.partial + seen)
        memcpy(self.block + b.kept + b.partial, p + i, seen)
        i += seen
        b.partial += seen
        b.section += seen
        line = self.block + b.kept
        if line[b.partial - 1] == c'\n':
            if b.partial == 2 and line[0] == c'\r':
                at[0] = i
                b.place = FH_ENDED
                return FH_STEP_ENDED
            if self.body.partial and self.line_start is None:  # the next line may be written over it
                self.line_start = PyBytes_FromStringAndSize(<const char *>line, <Py_ssize_t>self.body.partial)
            step = field_line(self, b)
            if step == FH_STEP_REFUSED:
                return step
        elif b.partial == most:
            return fh_body_refuse(b, FH_FAULT_FIELD_LINE_LENGTH if by_line else FH_FAULT_HEAD_LENGTH, b.line + most)
    at[0] = i
    return FH_STEP_MORE


cdef object decode(BodyDecoder self, object data, const uint8_t *p, size_t n, bint wanted):
    """Do feed(), or check() if no data is wanted. data: the bytes object at p, or None for any other buffer."""
    cdef fh_body_t b
    cdef fh_span_t[SPANS] spans
    cdef size_t i = 0, count = 0, total = 0, k
    cdef int step
    cdef PyObject *out = NULL
    cdef char *q = NULL
    cdef object made
    cdef bint done = False
    check_usable(self)
    b = self.body
    try:
        while True:
            step = fh_body_run(&b, p, n, &i, spans, SPANS, &count)
            if step == FH_STEP_TRAILERS:
                step = trailer_lines(self, &b, p, n, &i)
                if step == FH_STEP_REFUSED:
                    self.error = trailer_refusal(self, &b)
                    raise self.error
            if step == FH_STEP_REFUSED:
                self.error = refusal(b.fault, b.fault_at, around(b.fault_at, b.wire, p, n), self.response)
                raise self.error
            if step != FH_STEP_FULL:
                break
            if wanted:
                if out == NULL:  # of the largest possible size; cut below
                    out = new_bytes(NULL, <Py_ssize_t>n)
                    q = PyBytes_AS_STRING(<bytes>out)
                q = put_spans(q, p, spans, count)
            count = 0
        made = b""
        if not wanted:
            made = i
        elif out != NULL:
            q = put_spans(q, p, spans, count)
            total = q - PyBytes_AS_STRING(<bytes>out)
            _PyBytes_Resize(&out, <Py_ssize_t>total)
            made = <object>out
        elif count == 1:
            if data is not None and spans[0].length == n:
                made = data
            else:
                made = PyBytes_FromStringAndSize(<const char *>p + spans[0].start, <Py_ssize_t>spans[0].length)
        elif count:
            for k in range(count):
                total += spans[k].length
            made = PyBytes_FromStringAndSize(NULL, <Py_ssize_t>total)
            put_spans(PyBytes_AS_STRING(<bytes>made), p, spans, count)
        done = True
    finally:
        Py_XDECREF(out)
        self.busy = False
        if self.line_start is not None:
            if not done:
                memcpy(self.block + self.body.kept, PyBytes_AS_STRING(self.line_start), self.body.partial)
            self.line_start = None
    b.wire += i
    self.body = b
    self.took = i
    return made


cdef object take(BodyDecoder self, object data, bint wanted):
    cdef Py_buffer view
    if type(data) is bytes:
        with cython.critical_section(self):
            return decode(self, data, <const uint8_t *>PyBytes_AS_STRING(<bytes>data),
                          <size_t>PyBytes_GET_SIZE(<bytes>data), wanted)
    PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
    try:
        with cython.critical_section(self):
            return decode(self, None, <const uint8_t *>view.buf, <size_t>view.len, wanted)
    finally:
        PyBuffer_Release(&view)


share(globals())
