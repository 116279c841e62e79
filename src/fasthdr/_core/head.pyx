# SPDX-License-Identifier: MIT
"""The sans-I/O functions: the bytes of a head in, the head out."""
cimport cython
from cpython.buffer cimport (
    PyBUF_F_CONTIGUOUS, PyBUF_FORMAT, PyBUF_ND, PyBUF_SIMPLE, PyBUF_STRIDES, PyBUF_WRITABLE, PyBuffer_Release,
    PyObject_GetBuffer,
)
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Malloc
from cpython.object cimport PyObject
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memchr

from fasthdr._core.classify cimport FH_MAX_HEAD
from fasthdr._core.runtime cimport (
    MessageTable, Runtime, has_methods, name_at, new_message, pairs_of, path_at, takes_path,
)
from fasthdr._core.cpython cimport FH_SUBINTERPRETERS, fh_flag
from fasthdr._core.gateway cimport (
    authority_in, environ_of, lowered, origin_of, put_authority, put_fields, put_pairs, scope_of, with_authority,
)
from fasthdr._core.walk cimport (
    FH_BODY_MESSAGE, FH_BODY_MULTIPART, FH_FOREIGN, FH_NO_MEMORY, FH_OK, FH_PARTIAL, fh_block_free, fh_block_init,
    fh_block_t, fh_body_kind, fh_code_t, fh_connection_option, fh_expects, fh_keeps_alive, fh_plain_multipart,
    fh_request_line_t, fh_request_start, fh_row_t, fh_scan_init, fh_scan_t, fh_status_line, fh_status_line_t, fh_walk,
)
from fasthdr._core.framing cimport fh_check_request, fh_check_response
from fasthdr._core.strict cimport (
    FH_ACCEPTED, FH_EMPTY_LINES, FH_EXHAUSTED, FH_INCOMPLETE, FH_REFUSED, fh_limits_t, fh_strict_fields,
    fh_strict_init, fh_strict_request_line, fh_strict_status_line, fh_strict_t, fh_unfold, fh_verdict_t,
)
from fasthdr._core.table cimport find_name, start_of, table_copy, table_take, text_at, walk_into

from fasthdr._core.runtime import _runtime
from fasthdr._errors import SHOWN, ParseError

cdef Runtime the_runtime = None if FH_SUBINTERPRETERS else _runtime


cdef inline Runtime runtime():
    """`_runtime`, without a look-up where one interpreter alone has this module."""
    return <Runtime>_runtime if FH_SUBINTERPRETERS else the_runtime


cdef extern from "Python.h":
    long long PyLong_AsLongLongAndOverflow(object n, int *overflow) except? -1
    object PyDescr_NewMember(type cls, fh_member_t *member)
    void PyType_Modified(type cls)
    ctypedef struct fh_type_t "PyTypeObject":
        PyObject *tp_dict

cdef extern from "structmember.h":
    int T_OBJECT_EX
    int READONLY
    ctypedef struct fh_member_t "PyMemberDef":
        const char *name
        int type
        Py_ssize_t offset
        int flags
        const char *doc


@cython.auto_pickle(False)
cdef class Table:
    """The C-level table of a head: a read-only buffer of shape (n, 4), format 'I'.

    A row is one field line: name start, name length, value start, value length, in bytes from the start of the head.
    """
    cdef Head head
    cdef Py_ssize_t[2] shape
    cdef Py_ssize_t[2] strides

    def __init__(self):
        raise TypeError("tables are made by the parser")

    def __len__(self):
        return self.head.table.count if self.head is not None else 0

    def __getitem__(self, Py_ssize_t i):
        cdef Py_ssize_t n = len(self)
        if i < 0:
            i += n
        if not 0 <= i < n:
            raise IndexError("table index out of range")
        cdef fh_row_t *r = &self.head.table.rows[i]
        return r.name, r.name_len, r.value, r.value_len

    def __getbuffer__(self, Py_buffer *view, int flags):
        cdef uint32_t n
        if flags & PyBUF_WRITABLE:
            raise BufferError("the table is read-only")
        if self.head is None:
            raise BufferError("the table belongs to no head")
        n = self.head.table.count
        if n > 1 and flags & PyBUF_F_CONTIGUOUS == PyBUF_F_CONTIGUOUS:
            raise BufferError("the table is not Fortran contiguous")
        if flags & PyBUF_FORMAT and not flags & PyBUF_ND:
            raise BufferError("the table has a format only together with its shape")
        self.shape[0] = n
        self.shape[1] = 4
        self.strides[0] = sizeof(fh_row_t)
        self.strides[1] = sizeof(uint32_t)
        view.buf = self.head.table.rows if n else self.head.table.few
        view.obj = self
        view.len = n * sizeof(fh_row_t)
        view.readonly = True
        view.itemsize = sizeof(uint32_t)
        view.format = <char *>"I" if flags & PyBUF_FORMAT else NULL
        view.ndim = 2 if flags & PyBUF_ND else 1
        view.shape = self.shape if flags & PyBUF_ND else NULL
        view.strides = self.strides if flags & PyBUF_STRIDES == PyBUF_STRIDES else NULL
        view.suboffsets = NULL
        view.internal = NULL


cdef MessageTable message_of(Head head):
    cdef MessageTable m = new_message(runtime(), head.data)
    m.many = table_copy(&m.table, &head.table)
    if head.multipart:
        m.multipart = True
        m.epilogue = ""
    return m


@cython.auto_pickle(False)
@cython.freelist(8)
cdef class Head:
    """The field lines of a head and the bytes they came from."""

    def __init__(self):
        raise TypeError("heads are made by the parser")

    @property
    def headers(self):
        """The field lines as a fasthdr.client.HTTPMessage, the same object at each access."""
        with cython.critical_section(self):
            if self.message is None:
                self.message = message_of(self)
            return self.message

    def get(self, name, failobj=None):
        """Value of the first field `name` (any case) as str, or failobj: headers.get() without making headers."""
        cdef Py_ssize_t i
        cdef const uint8_t *p
        if self.message is not None or self.data is None or type(name) is not str or not has_methods(runtime()):
            return self.headers.get(name, failobj)
        p = start_of(self.data)
        i = find_name(p, &self.table, <str>name, 0)
        if i < 0:
            return failobj
        return text_at(p + self.table.rows[i].value, self.table.rows[i].value_len)

    def items(self):
        """(name, value) pairs as sent, in order, as a new list of tuples of str: headers.items() without headers."""
        if self.message is not None or self.data is None or not has_methods(runtime()):
            return self.headers.items()
        return pairs_of(runtime(), start_of(self.data), self.table.rows, self.table.count)

    @property
    def raw_headers(self):
        """The field lines as a new list of (name, value) pairs of bytes, as sent."""
        cdef uint32_t i
        cdef const char *p
        cdef const fh_row_t *r
        cdef list pairs = []
        if self.data is None:
            for name, value in self.headers.raw_items():
                pairs.append((name.encode("latin-1"), value.encode("latin-1")))
            return pairs
        p = PyBytes_AS_STRING(self.data)
        for i in range(self.table.count):
            r = &self.table.rows[i]
            pairs.append((PyBytes_FromStringAndSize(p + r.name, r.name_len),
                          PyBytes_FromStringAndSize(p + r.value, r.value_len)))
        return pairs

    @property
    def table(self):
        """The C-level table, for memoryview(): shape (n, 4), format 'I'; None where the stdlib read the field lines."""
        cdef Table t
        if self.data is None:
            return None
        t = Table.__new__(Table)
        t.head = self
        return t

    @property
    def content_length(self):
        """The first Content-Length as int where it is 1*DIGIT and at most 2**63 - 1 (RFC 9110 8.6), else None."""
        cdef Py_ssize_t i
        cdef long long length
        if self.data is not None:
            i = find_name(start_of(self.data), &self.table, "content-length", 0)
            if i < 0:
                return None
            length = length_at(start_of(self.data), &self.table.rows[i])
            return length if length >= 0 else None
        value = self.headers.get("content-length")
        if not value or not value.isascii() or not value.isdigit():
            return None
        value = value.lstrip("0") or "0"
        if len(value) > 19:
            return None
        n = int(value)
        return n if n <= 0x7FFFFFFFFFFFFFFF else None

    @property
    def chunked(self):
        """True where the final transfer coding is chunked (RFC 9112 6.1)."""
        if self.data is not None and find_name(start_of(self.data), &self.table, "transfer-encoding", 0) < 0:
            return False
        codings = ",".join(self.headers.get_all("transfer-encoding", ())).split(",")
        return codings[len(codings) - 1].strip(" \t").lower() == "chunked"

    @property
    def upgrade(self):
        """The Upgrade fields joined by ", " where Connection lists `upgrade` (RFC 9110 7.8), else None.

        HTTP/1.0 has no Upgrade: there it is None, too.
        """
        if self.data is not None and find_name(start_of(self.data), &self.table, "upgrade", 0) < 0:
            return None
        if self.version is not None and self.version < "HTTP/1.1":
            return None
        for option in ",".join(self.headers.get_all("connection", ())).split(","):
            if option.strip(" \t").lower() == "upgrade":
                break
        else:
            return None
        cdef list values = []
        for value in self.headers.get_all("upgrade", ()):
            value = value.strip(" \t")
            if value:
                values.append(value)
        return ", ".join(values) or None


cdef long long length_at(const uint8_t *p, const fh_row_t *row) noexcept nogil:
    """Content-Length = 1*DIGIT (RFC 9110 8.6), at most 2**63 - 1; or -1."""
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


cdef object frame_of(const fh_strict_t *s, const uint8_t *p, const fh_block_t *b, object without):
    """'chunked', the length that the accepted fields give, or `without` if they give none."""
    if s.coding.count:
        return "chunked"  # strict mode accepts no other coding
    return length_at(p, &b.rows[s.length.first]) if s.length.count else without


cdef object checked_frame(Head head):
    if not head.strict:
        raise ValueError("this head was not read in strict mode")
    return head.frame


@cython.auto_pickle(False)
cdef class RequestHead(Head):
    """A whole request head, as http.server's handler would see it."""

    @property
    def keep_alive(self):
        """True where the connection persists after this request (RFC 9112 9.3), as the handler has it."""
        return self.persists

    @property
    def expect_continue(self):
        """True where the client waits for 100 Continue (RFC 9110 10.1.1)."""
        return self.waits

    @property
    def framing(self):
        """What says where the body ends (RFC 9112 6.3): 'chunked', or its length in bytes, 0 without a body.

        ValueError of a head that was not read in strict mode: nobody has checked what its fields say.
        """
        return checked_frame(self)

    @property
    def authority(self):
        """Whom the request is for, uri-host [":" port] as str (RFC 9112 3.3); None where nothing says so.

        The authority of an absolute-form or authority-form target, without userinfo; of another the Host field, without
        blanks around it.
        """
        authority = authority_in(self.method, self.target) if self.target is not None else None
        if authority is None:
            authority = self.get("host")
        return None if authority is None else authority.strip(" \t")

    @property
    def origin_target(self):
        """The request-target as an origin server takes it: in origin-form, or "*" (RFC 9112 3.2.2, 3.2.4).

        Of an absolute-form its path and query. Any other target is as it is, so an authority-form, too.
        """
        return origin_of(self.method, self.target) if self.target is not None else None

    def wsgi_environ(self, base=None):
        """The environ of a WSGI application (PEP 3333) as a new dict, in so far as the head gives it.

        base: mapping of what the server knows (SCRIPT_NAME, SERVER_NAME, SERVER_PORT, REMOTE_ADDR, wsgi.*); copied.

        The head's part is what wsgiref.simple_server.WSGIRequestHandler.get_environ makes of it: PATH_INFO
        percent-decoded as latin-1, fields of the same name joined by a comma, and a field whose name is a variable of
        base (as Server-Name is) left out. In strict mode an absolute-form target counts as its authority, which is
        HTTP_HOST, and its origin form; Proxy, and names with "_", are left out.
        """
        if self.target is None:
            raise ValueError("this head is of no request")
        cdef uint64_t marks
        target = self.origin_target if self.strict else self.target
        cdef dict env = environ_of(base, self.method, target, self.version, &marks)
        if self.data is None:
            put_pairs(env, self.headers, self.strict)
        else:
            put_fields(env, marks, start_of(self.data), &self.table, "text/plain", self.strict)
        if self.strict:
            put_authority(env, self.target)
        return env

    def asgi_scope(self, base=None):
        """The connection scope of an ASGI application (ASGI 3, HTTP connection scope) as a new dict.

        base: mapping of what the server knows (scheme, client, server, root_path, state, extensions); it wins.

        path is percent-decoded as UTF-8, what is not UTF-8 replaced; of a target in absolute-form (RFC 9112 3.2.2) it
        is the path, and in strict mode the Host is its authority. headers are pairs of bytes, names in lower case,
        values without blanks around them.
        """
        cdef list pairs = []
        if self.target is None:
            raise ValueError("this head is of no request")
        if self.data is None:
            for name, value in self.headers.items():
                pairs.append((name.lower().encode("iso-8859-1"), value.strip(" \t").encode("iso-8859-1")))
        else:
            pairs = lowered(start_of(self.data), &self.table)
        if self.strict:
            pairs = with_authority(pairs, self.target)
        return scope_of(base, self.method, self.target, self.version, pairs)

    def __repr__(self):
        return f"<RequestHead {self.method!r} {self.target!r} {self.version!r}, {len(self.headers)} fields>"


@cython.auto_pickle(False)
cdef class ResponseHead(Head):
    """A whole response head, as http.client.HTTPResponse would see it."""

    @property
    def status(self):
        """The status code as int."""
        return self.status_code

    @property
    def framing(self):
        """What says where the body ends (RFC 9112 6.3): 'chunked', its length in bytes, or None: the connection's end.

        It knows the request's method if parse_response() did: of a response to HEAD it is 0; after a 2xx to CONNECT,
        where the connection is a tunnel, None. ValueError of a head that was not read in strict mode: nobody has
        checked what its fields say.
        """
        framing = checked_frame(self)
        if self.method == "CONNECT" and 200 <= self.status_code < 300:
            return None
        if self.method == "HEAD" or self.status_code < 200 or self.status_code == 204 or self.status_code == 304:
            return 0
        return framing

    @property
    def keep_alive(self):
        """True where the connection can carry another response after this one and its body.

        In strict mode by RFC 9112 9.3, and False where the body ends with the connection, and where a tunnel or another
        protocol (101) begins; otherwise what http.client's `will_close` denies.
        """
        if self.strict:
            return self.persists and self.status_code != 101 and self.framing is not None
        from fasthdr._stdlib import fallback
        return fallback.persists(self.version, self.status_code, self.method, self.headers)

    def __repr__(self):
        return f"<ResponseHead {self.status_code} {self.reason!r} {self.version!r}, {len(self.headers)} fields>"


cdef int show(type cls, Head like, str name, const char *spelling, const char *doc) except -1:
    """Make the field that holds its own name in `like` a read-only attribute of the class.

    A member, not a property: the interpreter reads those in line (LOAD_ATTR_SLOT). It keeps the two C strings.
    """
    cdef PyObject **words = <PyObject **><PyObject *>like
    cdef Py_ssize_t i = 0
    cdef fh_member_t *member = <fh_member_t *>PyMem_Malloc(sizeof(fh_member_t))  # lives as long as the class
    if member == NULL:
        raise MemoryError
    while words[i] != <PyObject *>name:
        i += 1
    member.name = spelling
    member.type = T_OBJECT_EX
    member.offset = i * sizeof(PyObject *)
    member.flags = READONLY
    member.doc = doc
    (<dict>(<fh_type_t *>cls).tp_dict)[name] = PyDescr_NewMember(cls, member)
    PyType_Modified(cls)
    return 0


cdef int show_all() except -1:
    cdef Head like = Head.__new__(Head)
    like.method, like.target, like.version, like.reason = "method", "target", "version", "reason"
    show(RequestHead, like, "method", "method", "The method as str, as sent.")
    show(RequestHead, like, "target", "target",
         "The request-target as str: the handler's `path`, a leading run of slashes made one.")
    show(RequestHead, like, "version", "version", "The HTTP-version as str: the handler's `request_version`.")
    show(ResponseHead, like, "version", "version", "The HTTP-version as str, as sent.")
    show(ResponseHead, like, "reason", "reason", "The reason phrase as str, without blanks around it.")
    return 0


show_all()


cdef inline bytes kept(bytes data, size_t end):
    """The bytes that a table is to index: `data` itself, or a copy of the head where more follows than the head has."""
    if <size_t>PyBytes_GET_SIZE(data) - end <= end:
        return data
    return PyBytes_FromStringAndSize(PyBytes_AS_STRING(data), <Py_ssize_t>end)


cdef inline size_t limit_of(object value, str name) except 0:
    cdef int overflow = 0
    cdef long long n
    if value is None:
        return FH_MAX_HEAD
    if not isinstance(value, int):
        raise TypeError(f"{name} must be int or None, not {type(value).__name__}")
    n = PyLong_AsLongLongAndOverflow(value, &overflow)
    if overflow < 0 or (n < 1 and not overflow):
        raise ValueError(f"{name} must be positive, not {value}")
    return FH_MAX_HEAD if overflow or <size_t>n > FH_MAX_HEAD else <size_t>n


cdef inline str method_of(object method):
    """The method of a request that a caller names; of a subclass of str (http.HTTPMethod) the text."""
    if method is None or type(method) is str:
        return method
    if not isinstance(method, str):
        raise TypeError(f"method must be str or None, not {type(method).__name__}")
    return str.__str__(method)


cdef inline size_t reach(size_t n, const fh_limits_t *limits) noexcept:
    """As many of n bytes as a head within the limits can take, and enough more to tell that it is beyond them."""
    n = min(n, limits.head)
    if limits.line < n and limits.lines < n // limits.line:
        n = min(n, (limits.lines + FH_EMPTY_LINES + 2) * (limits.line + 1))
    return n


cdef enum:
    STRICT_HEAD = 262144   # bytes of a head in strict mode, where the caller sets no limit
    PIECE = 2048           # bytes that are looked at first where a look needs a copy
    GROWTH = 4             # of that, until the head is whole


# One call of a sans-I/O function: bytes that nobody changes, as far as they are looked at, and what is found in them.
cdef struct fh_job_t:
    const uint8_t *p      # first byte; of the caller's bytes, or of a copy
    size_t n              # bytes that a head within the limits can take
    bint counted          # the head is in the stats
    bint obsolete         # strict: take what responses of old have
    fh_limits_t limits
    fh_scan_t scan
    fh_block_t block


cdef int begin(fh_job_t *job, bint strict, object max_line, object max_headers, object max_head) except -1:
    if max_line is 65536 and max_headers is 100 and max_head is None:  # the defaults themselves
        job.limits.line, job.limits.lines, job.limits.head = 65536, 100, STRICT_HEAD if strict else FH_MAX_HEAD
    else:
        job.limits.line = limit_of(max_line, "max_line")
        job.limits.lines = limit_of(max_headers, "max_headers")
        job.limits.head = STRICT_HEAD if strict and max_head is None else limit_of(max_head, "max_head")
    job.counted = job.obsolete = False
    return 0


ctypedef object (*fh_parse_t)(Runtime rt, bytes data, fh_job_t *job)


cdef inline object parse_bytes(Runtime rt, bytes data, fh_job_t *job, bint strict, fh_parse_t parse):
    """parse(): a head, None while incomplete, or ParseError."""
    job.p = <const uint8_t *>PyBytes_AS_STRING(data)
    job.n = reach(<size_t>PyBytes_GET_SIZE(data), &job.limits)
    fh_scan_init(&job.scan, job.p, job.n, rt.classify_plain if strict else rt.classify)
    fh_block_init(&job.block)
    try:
        return parse(rt, data, job)
    finally:
        fh_block_free(&job.block)


cdef inline bint shows_all(error, bytes piece) except -1:
    """Whether an error that a piece has given shows all that it would show of more input: the lines shown are whole."""
    return piece.find(b"\n", error.offset + SHOWN) >= 0


cdef object parse_buffer(Runtime rt, object data, fh_job_t *job, bint strict, fh_parse_t parse):
    """parse() of a buffer, which others may change meanwhile: of copies of its start, until one has the whole head."""
    cdef Py_buffer view
    cdef object head
    cdef size_t n, size = PIECE
    cdef bint cut
    PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
    try:
        n = reach(<size_t>view.len, &job.limits)
        while True:
            size = min(size, n)
            cut = size < n
            piece = PyBytes_FromStringAndSize(<const char *>view.buf, <Py_ssize_t>size)
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


cdef inline size_t first_line(const fh_job_t *job) noexcept:
    """Length of the start line, its line end included; 0 while incomplete; beyond the limits where it must be."""
    cdef const uint8_t *lf = <const uint8_t *>memchr(job.p, c"\n", job.n) if job.n else NULL
    if lf != NULL:
        return lf - job.p + 1
    return 0 if job.n <= job.limits.line and job.n < job.limits.head else job.limits.line + 1


cdef enum:
    SCAN_DONE       # rows written, within the limits
    SCAN_MORE       # no whole head yet, and no limit passed
    SCAN_SLOW       # for the stdlib's code, which also says what is wrong


cdef int scan_block(Runtime rt, Head head, fh_job_t *job, size_t start) except -1:
    """The header block of a head, from `start` on."""
    cdef fh_block_t *b = &job.block
    cdef fh_code_t code
    walk_into(&head.table, b)
    code = fh_walk(&job.scan, start, False, rt.fold, job.limits.line, b)
    if code == FH_NO_MEMORY:
        raise MemoryError
    if code == FH_FOREIGN or not rt.native:
        return SCAN_SLOW
    if b.longest > job.limits.line or b.lines + (code == FH_OK and rt.blank_line) > job.limits.lines:
        return SCAN_SLOW
    if code == FH_PARTIAL:
        return SCAN_SLOW if job.n - b.line > job.limits.line or job.n >= job.limits.head else SCAN_MORE
    if b.end > job.limits.head or fh_body_kind(job.p, b) == FH_BODY_MESSAGE:
        return SCAN_SLOW
    return SCAN_DONE


cdef bint take(Runtime rt, Head head, bytes data, fh_job_t *job) except -1:
    """Make the walked block the head's; False where its Content-Type asks for more than the core does."""
    cdef fh_block_t *b = &job.block
    head.data = kept(data, b.end)
    head.consumed = b.end
    head.many = table_take(&head.table, b)
    if fh_body_kind(job.p, b) == FH_BODY_MULTIPART:
        if not rt.multipart:
            return False
        if fh_plain_multipart(job.p, b):
            head.multipart = True
        else:
            try:
                if not rt.finish_multipart(head.headers):
                    return False
            except (ValueError, RecursionError):
                return False  # a hostile Content-Type: the error is said where all are
    if fh_flag(&rt.counting):
        rt.count("core")
    return True


cdef int count_once(Runtime rt, fh_job_t *job, str reason) except -1:
    """A head that has been refused may be looked at again, for an error that shows more of it."""
    if not job.counted and fh_flag(&rt.counting):
        rt.count(reason)
    job.counted = True
    return 0


cdef object by_stdlib(Runtime rt, fh_job_t *job, function):
    """What the stdlib's own code says, run in memory on as much of the bytes as it needs; None while incomplete."""
    cdef object found
    cdef size_t size = PIECE
    while True:
        size = min(size, job.n)
        piece = PyBytes_FromStringAndSize(<const char *>job.p, <Py_ssize_t>size)
        try:
            found = function(piece, job.limits.line, job.limits.lines, job.limits.head)
        except ParseError as error:
            count_once(rt, job, "bytes")
            if size == job.n or shows_all(error, piece):
                raise
            found = None
        if found is not None:
            count_once(rt, job, "bytes")
        if found is not None or size == job.n:
            return found
        size *= GROWTH


cdef object refusal(Runtime rt, fh_job_t *job, const fh_strict_t *s, bint response, bint lines=False):
    """The ParseError for a fault; lines: of field lines without a start line."""
    from fasthdr._errors import verdicts
    cdef size_t n = job.n, shown = s.at + <size_t>SHOWN
    cdef const uint8_t *lf = <const uint8_t *>memchr(job.p + shown, c"\n", n - shown) if shown < n else NULL
    if lf != NULL:
        n = lf - job.p + 1  # no more is needed than up to the end of the last line that is shown
    count_once(rt, job, "refused")
    return verdicts.refusal(<int>s.fault, s.at, PyBytes_FromStringAndSize(<const char *>job.p, <Py_ssize_t>n),
                            response, lines)


cdef int take_strict(Runtime rt, Head head, bytes data, fh_job_t *job) except -1:
    """Make the fields that strict mode has accepted the head's."""
    cdef fh_block_t *b = &job.block
    head.strict = True
    head.data = kept(data, b.end)
    head.consumed = b.end
    head.many = table_take(&head.table, b)
    if fh_flag(&rt.counting):
        rt.count("core")
    return 0


cdef RequestHead strict_request(Runtime rt, bytes data, fh_job_t *job):
    cdef fh_strict_t s
    cdef size_t first = 0
    cdef RequestHead head = RequestHead.__new__(RequestHead)
    fh_strict_init(&s, &job.limits)
    walk_into(&head.table, &job.block)
    cdef fh_verdict_t verdict = fh_strict_request_line(&s, &job.scan, &first)
    if verdict == FH_ACCEPTED:
        verdict = fh_strict_fields(&s, &job.scan, first, &job.block)
        if verdict == FH_ACCEPTED:
            verdict = fh_check_request(&s, job.p, &job.block)
    if verdict == FH_INCOMPLETE:
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
    head.frame = frame_of(&s, job.p, &job.block, 0)
    return head


cdef ResponseHead strict_response(Runtime rt, bytes data, fh_job_t *job):
    cdef fh_strict_t s
    cdef size_t first = 0
    cdef bytes unfolded = None
    cdef ResponseHead head = ResponseHead.__new__(ResponseHead)
    fh_strict_init(&s, &job.limits)
    s.obsolete = job.obsolete
    walk_into(&head.table, &job.block)
    cdef fh_verdict_t verdict = fh_strict_status_line(&s, &job.scan, &first)
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
    take_strict(rt, head, data if unfolded is None else unfolded, job)
    head.version = rt.versions[s.minor]
    head.status_code = s.status
    head.reason = text_at(job.p + s.reason, s.reason_len)
    head.persists = s.persists
    head.frame = frame_of(&s, job.p if unfolded is None else start_of(unfolded), &job.block, None)
    return head


cdef Head strict_fields(Runtime rt, bytes data, fh_job_t *job):
    cdef fh_strict_t s
    cdef Head head = Head.__new__(Head)
    fh_strict_init(&s, &job.limits)
    walk_into(&head.table, &job.block)
    cdef fh_verdict_t verdict = fh_strict_fields(&s, &job.scan, 0, &job.block)
    if verdict == FH_INCOMPLETE:
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
    cdef int code = SCAN_SLOW
    cdef size_t first = fh_request_start(&job.scan, &r)
    if first == 0:
        if first_line(job) == 0:
            return None
    head = RequestHead.__new__(RequestHead)
    if 0 < first <= job.limits.line and takes_path(rt, &r):
        code = scan_block(rt, head, job, first)
    if code == SCAN_MORE:
        return None
    if code == SCAN_DONE and take(rt, head, data, job):
        head.method = name_at(rt, job.p, r.method_len)
        head.target = path_at(rt, job.p, &r)
        head.version = rt.versions[r.minor]
        head.persists = fh_keeps_alive(fh_connection_option(job.p, &job.block), True, r.minor == 1)
        head.waits = r.minor == 1 and fh_expects(job.p, &job.block)
        return head
    from fasthdr._stdlib import fallback
    found = by_stdlib(rt, job, fallback.parse_request)
    if found is None:
        return None
    head = RequestHead.__new__(RequestHead)
    head.method, head.target, head.version, head.persists, head.waits, head.message, head.consumed = found
    return head


cdef ResponseHead response_in(Runtime rt, bytes data, fh_job_t *job):
    cdef fh_status_line_t r
    cdef ResponseHead head
    cdef int code = SCAN_SLOW
    cdef size_t first = first_line(job)
    if first == 0:
        return None
    head = ResponseHead.__new__(ResponseHead)
    if first <= job.limits.line and fh_status_line(job.p, first, &r):
        code = scan_block(rt, head, job, first)
    if code == SCAN_MORE:
        return None
    if code == SCAN_DONE and take(rt, head, data, job):
        head.version = rt.versions[r.minor]
        head.status_code = r.status
        head.reason = text_at(job.p + r.reason, r.reason_len)
        return head
    from fasthdr._stdlib import fallback
    found = by_stdlib(rt, job, fallback.parse_response)
    if found is None:
        return None
    head = ResponseHead.__new__(ResponseHead)
    head.version, head.status_code, head.reason, head.message, head.consumed = found
    return head


cdef Head fields_in(Runtime rt, bytes data, fh_job_t *job):
    cdef Head head = Head.__new__(Head)
    cdef int code = scan_block(rt, head, job, 0)
    if code == SCAN_MORE:
        return None
    if code == SCAN_DONE and take(rt, head, data, job):
        return head
    from fasthdr._stdlib import fallback
    found = by_stdlib(rt, job, fallback.parse_headers)
    if found is None:
        return None
    head = Head.__new__(Head)
    head.message, head.consumed = found
    return head


@cython.binding(False)
@cython.embedsignature.format("clinic")
def parse_request(data, *, bint strict=False, max_line=65536, max_headers=100, max_head=None):
    """Parse the head of an HTTP/1 request at the start of `data`, as http.server's handler of HTTP/1.1 does.

    data: any contiguous bytes-like object; it may be changed or released once this returns.
    strict: refuse what RFC 9110 and 9112 do not allow (docs/strict.md), in place of what http.server does.
    max_line: bytes of the request line and of each field line, line ends included (414, 431).
    max_headers: lines of the header block, counted as the running stdlib counts them; strict: field lines (431).
    max_head: bytes of the whole head (431); None: the 4 GiB that offsets reach, strict: 256 KiB.

    Returns a RequestHead, or None while the head is incomplete. Raises ParseError for what the handler answers with
    an error status, and for an empty request line, at which it closes the connection without a word.
    """
    cdef fh_job_t job
    begin(&job, strict, max_line, max_headers, max_head)
    if strict:
        return parsed(runtime(), data, &job, True, <fh_parse_t>strict_request)
    return parsed(runtime(), data, &job, False, <fh_parse_t>request_in)


@cython.binding(False)
@cython.embedsignature.format("clinic")
def parse_response(data, *, bint strict=False, method=None, bint obsolete=False, max_line=65536, max_headers=100,
                   max_head=None):
    """Parse the head of an HTTP/1 response at the start of `data`, as http.client.HTTPResponse.begin does.

    Arguments, limits and None while incomplete as in parse_request(); an interim (1xx) response is a head of its own.
    method: that of the request, as sent, for `framing` and `keep_alive`; None: one whose response may have a body.
    obsolete: with strict, take what servers of old send: an obs-fold is read as SP (RFC 9112 5.2), blanks between a
    field name and its colon are dropped (RFC 9112 5.1).
    Raises ParseError, its status 502 (Bad Gateway), for what http.client raises an HTTPException at; and ValueError
    for obsolete without strict.
    """
    cdef fh_job_t job
    cdef str asked = method_of(method)
    if obsolete and not strict:
        raise ValueError("obsolete goes with strict: the default mode is http.client's")
    begin(&job, strict, max_line, max_headers, max_head)
    job.obsolete = obsolete
    head = parsed(runtime(), data, &job, strict, <fh_parse_t>strict_response if strict else <fh_parse_t>response_in)
    if head is not None:
        (<ResponseHead>head).method = asked
    return head


@cython.binding(False)
@cython.embedsignature.format("clinic")
def parse_headers(data, *, bint strict=False, max_line=65536, max_headers=100, max_head=None):
    """Parse a header block alone at the start of `data`, as http.client.parse_headers does.

    Arguments, limits and None while incomplete as in parse_request(); returns a Head. For multipart trailers, chunked
    trailers and whatever else is field lines up to a blank line.
    """
    cdef fh_job_t job
    begin(&job, strict, max_line, max_headers, max_head)
    if strict:
        return parsed(runtime(), data, &job, True, <fh_parse_t>strict_fields)
    return parsed(runtime(), data, &job, False, <fh_parse_t>fields_in)
