# SPDX-License-Identifier: MIT
"""Whole heads and their tables: the results of the sans-I/O functions."""
cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cpython.object cimport PyObject
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from fasthdr._core.cpython cimport fh_type_t, fh_type_unchanged
from fasthdr._core.framing cimport fh_has_element, fh_length_at
from fasthdr._core.gateway cimport environ_of, lowered, put_authority, put_fields, put_pairs, scope_of, with_authority
from fasthdr._core.interpreters cimport fh_local_drop, fh_local_set_object
from fasthdr._core.member cimport expose_member
from fasthdr._core.message cimport Messages, has_methods, message_from, messages, methods_hold, pairs_of
from fasthdr._core.runtime cimport runtime, share
from fasthdr._core.table cimport find_name, name_from, show_numbers, start_at, start_of, table_from, table_rows, text_at
from fasthdr._core.target cimport authority_in, origin_of
from fasthdr._core.walk cimport fh_row_t

from operator import attrgetter


cdef class Table:
    """Hold the C-level table of a head: a read-only buffer of shape (n, 4), format 'I'.

    Each row is one field line: name start, name length, value start, value length, in bytes from the start of the head.
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

    def __repr__(self):
        return f"<Table of {len(self)} field lines>"

    def __reduce__(self):
        if self.head is None:
            raise TypeError("cannot copy or pickle a table that belongs to no head")
        return attrgetter("table"), (self.head,)

    def __getbuffer__(self, Py_buffer *view, int flags):
        if self.head is None:
            raise BufferError("the table belongs to no head")
        self.shape[0], self.shape[1] = self.head.table.count, 4
        self.strides[0], self.strides[1] = sizeof(fh_row_t), sizeof(uint32_t)
        rows = self.head.table.rows if self.shape[0] else self.head.table.few
        show_numbers(view, flags, rows, self.shape, self.strides)
        view.obj = self


cdef Py_ssize_t row_of(Head head, str name, Py_ssize_t first=0) except -2:
    """Return the first row from `first` on with this name, or -1. The head has a table."""
    return find_name(start_of(head.data), &head.table, name, <uint32_t>first)


cdef inline bint reads_table(Head head) except -1:
    """Return whether the table is read, and no message."""
    cdef PyObject *own = <PyObject *>head.messages  # without a reference
    return (head.message is None and head.data is not None
            and (methods_hold() if own == <PyObject *>None else
                 fh_type_unchanged(&(<Messages>own).methods_watch) or has_methods(<Messages>own)))


@cython.freelist(8)
cdef class Head:
    """Hold the field lines of a head and the bytes they came from.

    A mapping of field names (any case; str or bytes) to values (str), with a key for each field line: a name on two
    lines appears twice, with the value of the first line. `consumed` is its length in bytes, including the empty line.
    """

    def __init__(self):
        raise TypeError("heads are made by the parser")

    def __repr__(self):
        return f"<Head, {len(self)} fields>"

    def __reduce__(self):
        from fasthdr import _pickled  # the module as pickle will find it: a program may import fasthdr again
        return _pickled.head, (type(self).__name__, state_of(self))

    @property
    def headers(self):
        """The field lines as a fasthdr.client.HTTPMessage, the same object at each access."""
        with cython.critical_section(self):
            if self.message is None:
                made = message_from(self.data, &self.table, self.multipart)
                if self.message is None:
                    self.message = made
            return self.message

    def get(self, name, failobj=None):
        """Return the value of the first field `name` (any case; str or bytes) as str, or failobj. Makes no `headers`.

        Raises TypeError for a name of another type.
        """
        cdef Py_ssize_t i
        cdef const uint8_t *p
        if type(name) is not str:
            name = name_from(name)
            if type(name) is not str:
                return self.headers.get(name, failobj)
        if not reads_table(self):
            return self.headers.get(name, failobj)
        p = start_at(<PyObject *>self.data)
        i = find_name(p, &self.table, <str>name, 0)
        if i < 0:
            return failobj
        return text_at(p + self.table.rows[i].value, self.table.rows[i].value_len)

    def get_all(self, name, failobj=None):
        """Return the values of all fields `name` (as in get()) as a new list of str, or failobj if there are none."""
        return self.headers.get_all(name_from(name), failobj)

    def items(self):
        """Return (name, value) pairs as sent, in order, as a new list: as headers.items(), without making `headers`."""
        if not reads_table(self):
            return self.headers.items()
        return pairs_of(runtime(), start_at(<PyObject *>self.data), self.table.rows, self.table.count)

    def keys(self):
        """Return the field names as sent, in order, duplicates included, as a new list of str."""
        return [name for name, _ in self.items()]

    def values(self):
        """Return the field values, in order, as a new list of str."""
        return [value for _, value in self.items()]

    def __getitem__(self, name):
        """Return the value of the first field `name` (as in get()) as str. Raises KeyError if there is none."""
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __contains__(self, name):
        return self.get(name) is not None

    def __len__(self):
        """Return the number of field lines, duplicates included."""
        if self.message is not None or self.data is None:
            return len(self.headers)
        return self.table.count

    def __bool__(self):
        """Return True, even for a head without field lines."""
        return True

    def __iter__(self):
        return iter(self.keys())

    @property
    def raw_headers(self):
        """The field lines as a new list of (name, value) pairs of bytes, with values as in get_all()."""
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
        """The C-level table, for memoryview(): shape (n, 4), format 'I'; None if the stdlib read the field lines."""
        cdef Table t
        if self.data is None:
            return None
        t = Table.__new__(Table)
        t.head = self
        return t

    @property
    def content_length(self):
        """The first Content-Length as int if it is 1*DIGIT and at most 2**63 - 1 (RFC 9110 8.6), else None."""
        cdef Py_ssize_t i
        cdef long long length
        if self.data is not None:
            i = row_of(self, "content-length")
            if i < 0:
                return None
            length = fh_length_at(start_of(self.data), &self.table.rows[i])
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
        """True if the final transfer coding is chunked (RFC 9112 6.1)."""
        cdef Py_ssize_t i, last = -1
        if self.data is None:
            codings = ",".join(self.headers.get_all("transfer-encoding", ())).split(",")
            return codings[len(codings) - 1].strip(" \t").lower() == "chunked"
        i = row_of(self, "transfer-encoding")
        while i >= 0:
            last = i
            i = row_of(self, "transfer-encoding", i + 1)
        return last >= 0 and fh_has_element(start_of(self.data), &self.table.rows[last], b"chunked", 7, True)

    @property
    def upgrade(self):
        """The Upgrade fields joined by ", " if Connection lists `upgrade` (RFC 9110 7.8), else None.

        HTTP/1.0 has no Upgrade, so it is None there, too.
        """
        cdef Py_ssize_t i, first = -1
        cdef const uint8_t *p
        cdef list values = []
        if self.data is not None:
            first = row_of(self, "upgrade")
            if first < 0:
                return None
        if self.version is not None and self.version < "HTTP/1.1":
            return None
        if first >= 0:
            p = start_of(self.data)
            i = row_of(self, "connection")
            while i >= 0 and not fh_has_element(p, &self.table.rows[i], b"upgrade", 7, False):
                i = row_of(self, "connection", i + 1)
            if i < 0:
                return None
            while first >= 0:
                values.append(text_at(p + self.table.rows[first].value, self.table.rows[first].value_len).strip(" \t"))
                first = row_of(self, "upgrade", first + 1)
        else:
            options = ",".join(self.headers.get_all("connection", ())).split(",")
            if "upgrade" not in [option.strip(" \t").lower() for option in options]:
                return None
            for value in self.headers.get_all("upgrade", ()):
                values.append(value.strip(" \t"))
        return ", ".join([value for value in values if value]) or None


cdef object checked_frame(Head head):
    if not head.strict:
        raise ValueError("this head was not read in strict mode")
    return "chunked" if head.frame == BODY_CHUNKED else None if head.frame == BODY_TO_END else head.frame


cdef class RequestHead(Head):
    """Hold a whole request head, as http.server's handler would see it, or as strict mode does."""

    @property
    def keep_alive(self):
        """True if the connection persists after this request (RFC 9112 9.3), as the handler decides it."""
        return self.persists

    @property
    def expect_continue(self):
        """True if the client waits for 100 Continue (RFC 9110 10.1.1)."""
        return self.waits

    @property
    def framing(self):
        """How the body ends (RFC 9112 6.3): 'chunked', or its length in bytes; 0 if there is no body.

        Raises ValueError if the head was not read in strict mode, because then nothing has checked its fields.
        """
        return checked_frame(self)

    @property
    def authority(self):
        """The host that the request is for: uri-host [":" port] as str (RFC 9112 3.3); None if nothing names it.

        For a target in absolute-form or authority-form, it is the target's authority, without userinfo; for any other
        target, it is the Host field, without white space around it.
        """
        authority = authority_in(self.method, self.target) if self.target is not None else None
        if authority is None:
            authority = self.get("host")
        return None if authority is None else authority.strip(" \t")

    @property
    def origin_target(self):
        """The request-target as an origin server expects it: in origin-form, or "*" (RFC 9112 3.2.2, 3.2.4).

        For an absolute-form it is the path and query. Any other target is unchanged, even an authority-form.
        """
        return origin_of(self.method, self.target) if self.target is not None else None

    def wsgi_environ(self, base=None):
        """Return the part of a WSGI environ (PEP 3333) that the head determines, added to a copy of base.

        base: what the server knows (SCRIPT_NAME, SERVER_NAME, SERVER_PORT, REMOTE_ADDR, wsgi.*), as a mapping.

        The head adds what wsgiref.simple_server.WSGIRequestHandler.get_environ would: PATH_INFO is percent-decoded as
        latin-1, fields of the same name are joined by a comma, and a field whose name is a variable of base (such as
        Server-Name) is left out. In strict mode an absolute-form target is split: its authority becomes HTTP_HOST, and
        its origin-form is the target; the field Proxy and names with "_" are left out.
        """
        if self.target is None:
            raise ValueError("this RequestHead was not made by the parser")
        cdef uint64_t marks
        target = self.origin_target if self.strict else self.target
        cdef dict env = environ_of(base, self.method, target, self.version, self.table.count, &marks)
        if self.data is None:
            put_pairs(env, self.headers, self.strict)
        else:
            put_fields(env, marks, start_at(<PyObject *>self.data), &self.table, "text/plain", self.strict)
        if self.strict:
            put_authority(env, self.target)
        return env

    def asgi_scope(self, base=None):
        """Return the connection scope for an ASGI application (ASGI 3, HTTP connection scope) as a new dict.

        base: what the server knows (scheme, client, server, root_path, state, extensions), as a mapping; it overrides.

        path is percent-decoded as UTF-8, and bytes that are not UTF-8 are replaced. For a target in absolute-form (RFC
        9112 3.2.2), it is only the target's path, and in strict mode the target's authority becomes the Host. headers
        are pairs of bytes: names in lower case, and values without white space around them.
        """
        cdef list pairs = []
        if self.target is None:
            raise ValueError("this RequestHead was not made by the parser")
        if self.data is None:
            for name, value in self.headers.items():
                pairs.append((name.lower().encode("iso-8859-1"), value.strip(" \t").encode("iso-8859-1")))
        else:
            pairs = lowered(start_at(<PyObject *>self.data), &self.table)
        if self.strict:
            pairs = with_authority(pairs, self.target)
        return scope_of(base, self.method, self.target, self.version, pairs)

    def __repr__(self):
        return f"<RequestHead {self.method!r} {self.target!r} {self.version!r}, {len(self)} fields>"


cdef class ResponseHead(Head):
    """Hold a whole response head, as http.client.HTTPResponse would see it, or as strict mode does."""

    @property
    def status(self):
        """The status code as int."""
        return self.status_code

    @property
    def framing(self):
        """How the body ends (RFC 9112 6.3): 'chunked', its length in bytes, or None if it ends with the connection.

        It depends on the request's method, if parse_response() was given one: for a response to HEAD it is 0; for a 2xx
        to CONNECT, after which the connection is a tunnel, it is None. Raises ValueError if the head was not read in
        strict mode, because then nothing has checked its fields.
        """
        framing = checked_frame(self)
        if self.method == "CONNECT" and 200 <= self.status_code < 300:
            return None
        if self.method == "HEAD" or self.status_code < 200 or self.status_code == 204 or self.status_code == 304:
            return 0
        return framing

    @property
    def defects(self):
        """The bad lines that parse_response(recover=True) set aside, as sent, without line ends: a tuple of bytes."""
        from fasthdr._stdlib.recover import lines_of
        return () if self.message is None else lines_of(self.message)

    @property
    def keep_alive(self):
        """True if the connection can carry another response after this one and its body.

        In strict mode this follows RFC 9112 9.3, and is False if the body ends with the connection, or if a tunnel or
        another protocol (101) follows. In the default mode it is the opposite of http.client's `will_close`.
        """
        if self.strict:
            return self.persists and self.status_code != 101 and self.framing is not None
        from fasthdr._stdlib import in_memory
        headers = self.headers if self.data is None else message_from(self.data, &self.table, self.multipart)
        return in_memory.persists(self.version, self.status_code, self.method, headers)

    def __repr__(self):
        return f"<ResponseHead {self.status_code} {self.reason!r} {self.version!r}, {len(self)} fields>"


cdef dict state_of(Head head):
    """Return the state for a pickle: the attributes of a head in plain Python; for multipart, with the message."""
    cdef bint by_stdlib = head.data is None and head.message is not None
    cdef dict state = {
        "consumed": head.consumed, "_strict": head.strict,
        "_message": head.headers if head.multipart else head.message,
        "_data": b"" if head.data is None else head.data[:head.consumed],
        "_rows": None if by_stdlib else table_rows(&head.table),
    }
    if isinstance(head, RequestHead):
        state.update(method=head.method, target=head.target, version=head.version, keep_alive=head.persists,
                     expect_continue=head.waits)
    elif isinstance(head, ResponseHead):
        state.update(status=head.status_code, reason=head.reason, version=head.version, _method=head.method,
                     _persists=head.persists)
    return state


def restored(str kind not None, dict state not None, /):
    """Make a head from a pickle."""
    cdef Head head
    head = (new_request_head(NULL) if kind == "RequestHead" else
            new_response_head(NULL) if kind == "ResponseHead" else new_head(NULL))
    head.consumed, head.message, head.strict = state["consumed"], state["_message"], state["_strict"]
    if state["_rows"] is not None:
        head.data = state["_data"]
        # Not list(): if memory runs out, list() of CPython 3.11 keeps a reference to its argument.
        head.many = table_from(&head.table, [row for row in state["_rows"]], len(head.data))
    head.version, head.target, head.reason = state.get("version"), state.get("target"), state.get("reason")
    head.method = state.get("method", state.get("_method"))
    if head.target is not None and (head.method is None or head.version is None):
        raise ValueError("the request has a target, but no method or version")
    head.status_code = state.get("status", 0)
    head.persists = state.get("keep_alive", state.get("_persists", False))
    head.waits = state.get("expect_continue", False)
    if head.strict:
        length = 0 if kind == "RequestHead" else BODY_TO_END
        if head.content_length is not None:
            length = head.content_length
        head.frame = BODY_CHUNKED if head.chunked else length
    return head


# These functions are in this module because here Cython calls the constructor without a check of the type.

cdef Head new_head(PyObject *types):
    return Head.__new__(Head) if types == NULL else made(types, <PyObject *>(<HeadTypes>types).plain)


cdef RequestHead new_request_head(PyObject *types):
    if types == NULL:
        return RequestHead.__new__(RequestHead)
    return <RequestHead>made(types, <PyObject *>(<HeadTypes>types).request)


cdef ResponseHead new_response_head(PyObject *types):
    if types == NULL:
        return ResponseHead.__new__(ResponseHead)
    return <ResponseHead>made(types, <PyObject *>(<HeadTypes>types).response)


# Without references for Cython to count.
ctypedef Head (*fh_new_head_t)(PyObject *tp, PyObject *args, PyObject *keywords)


cdef inline Head made(PyObject *types, PyObject *tp):
    return (<fh_new_head_t>(<fh_type_t *>tp).tp_new)(tp, <PyObject *>(<HeadTypes>types).arguments, NULL)


@cython.no_gc_clear  # code that runs while an interpreter ends may still make heads
cdef class HeadTypes:
    def __cinit__(self):
        self.runtime, self.messages, self.arguments = runtime(), messages(), ()
        self.plain, self.request, self.response = Head, RequestHead, ResponseHead

    def __dealloc__(self):
        fh_local_drop(&the_head_types, <void *>self)


_head_types = HeadTypes()
fh_local_set_object(&the_head_types, _head_types)


cdef int expose_members() except -1:
    cdef Head like = Head.__new__(Head)
    like.method, like.target, like.version, like.reason = "method", "target", "version", "reason"
    expose_member(RequestHead, like, "method", "method", "The method as str, as sent.")
    expose_member(RequestHead, like, "target", "target",
                  "The request-target as str: in strict mode as sent, otherwise the handler's `path`.")
    expose_member(RequestHead, like, "version", "version",
                  "The HTTP-version as str: in strict mode HTTP/1.0 or HTTP/1.1, otherwise the `request_version`.")
    expose_member(ResponseHead, like, "version", "version",
                  "The HTTP-version as str: in strict mode HTTP/1.0 or HTTP/1.1, otherwise as sent.")
    expose_member(ResponseHead, like, "reason", "reason", "The reason phrase as str, without white space around it.")
    return 0


expose_members()
share(globals(), ("content-length", "transfer-encoding", "text/plain"))
