# SPDX-License-Identifier: MIT
"""parse_headers(): read a header block from a file, natively or by the stdlib's own code.

The result must be the stdlib's. docs/design.md describes how a block is either read exactly as the stdlib reads it, or
left unread for the stdlib.
"""
cimport cython
from cpython.bytes cimport PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.object cimport PyObject
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint64_t

from fasthdr._core.classify cimport FH_MAX_HEAD
from fasthdr._core.cpython cimport (
    FH_NO_GIL, fh_flag, fh_flag_set, fh_member_init, fh_method_init, fh_seen_set, fh_states_t, fh_type_t,
    fh_watch_begin, fh_watch_end, fh_watch_init,
)
from fasthdr._core.fields cimport (
    FH_CONTENT_MESSAGE, FH_CONTENT_MULTIPART, FH_CONTENT_PLAIN, fh_connection_option, fh_content_kind, fh_content_t,
    fh_expects, fh_plain_multipart,
)
from fasthdr._core.interpreters cimport fh_local_drop, fh_local_set_object
from fasthdr._core.message cimport MessageTable, Messages, has_parts, new_message, pairs_of
from fasthdr._core.runtime cimport ClassAnswers, Runtime, finishes_multipart, share
from fasthdr._core.table cimport start_of, table_take, walk_into
from fasthdr._core.walk cimport (
    FH_FOREIGN, FH_NO_MEMORY, FH_OK, fh_block_free, fh_block_init, fh_block_t, fh_code_t, fh_scan_init, fh_scan_t,
    fh_walk,
)

import email.parser
import http.client
import io
import socket

from fasthdr._core.message import HTTPMessage, MessageTable as _MessageTable, _messages
from fasthdr._core.runtime import ClassAnswers as _ClassAnswers, _runtime
from fasthdr._stdlib import message_class
from fasthdr._stdlib.message_class import fill, fill_class, finish_multipart, multipart_defects
from fasthdr._stdlib.parts import CALLED

if (message_class.FOREIGN, message_class.FILLED, message_class.OWN) != (KIND_FOREIGN, KIND_FILLED, KIND_OWN):
    raise SystemError("the kinds of message classes are numbered otherwise")


@cython.final
cdef class Reader:
    def __cinit__(self, Runtime rt, Messages messages, ClassAnswers kinds, installed, dict called):
        self.runtime = rt
        self.messages = messages
        self.kinds = kinds
        self.installed = installed
        self.called = called
        self.parse_headers = rt.facts.parse_headers
        self.genuine = rt.facts.genuine
        self.client = vars(http.client)
        fh_watch_init(&self.client_watch, (self.client,), False)
        self.buffered_reader = io.BufferedReader
        self.bytes_io = io.BytesIO
        self.socket_io = socket.SocketIO
        fh_member_init(&self.raw, io.BufferedReader.raw)
        fh_method_init(&self.peek, io.BufferedReader.peek)
        fh_method_init(&self.buffered_read, io.BufferedReader.read)
        fh_method_init(&self.buffered_read1, io.BufferedReader.read1)
        fh_method_init(&self.getvalue, io.BytesIO.getvalue)
        fh_method_init(&self.tell, io.BytesIO.tell)
        fh_method_init(&self.bytes_read, io.BytesIO.read)

    def __dealloc__(self):
        fh_local_drop(&the_reader, <void *>self)

    cdef const fh_client_t *look(self, fh_client_t *own) except NULL:
        """Return what http.client has now. Without a GIL it is stored in `own`, because other threads look, too."""
        cdef fh_client_t *now = own if FH_NO_GIL else &self.last
        cdef fh_states_t states
        cdef uint64_t[2] seen
        fh_watch_begin(&self.client_watch, &states)
        found = self.client.get("parse_headers")
        now.alias = found is self.installed
        now.patched = not now.alias and (found is not self.parse_headers or not self.genuine)
        now.parts = True
        for name in self.called:
            now.parts = now.parts and self.client.get(name) is self.called[name]
        limit = self.client.get("_MAXLINE")
        now.max_line = limit if type(limit) is int and 0 < limit < 0x7FFFFFFF else 0
        limit = self.client.get("_MAXHEADERS")
        now.max_headers = limit if type(limit) is int and 0 <= limit < 0x7FFFFFFF else -1
        if FH_NO_GIL:
            seen[0] = now.alias | now.patched << 1 | now.parts << 2 | <uint64_t>now.max_line << 3
            seen[1] = <uint64_t>now.max_headers
            with cython.critical_section(self):
                fh_seen_set(&self.seen, &states, seen)
        else:
            fh_watch_end(&self.client_watch, &states)
        return now


cdef object by_stdlib(Reader rd, object fp, object cls, object max_headers, str reason, bint recover):
    """Call the stdlib's own parse_headers() on what is still unread."""
    cdef Runtime rt = rd.runtime
    cdef object parse = rd.parse_headers
    if reason is not None and fh_flag(&rt.counting):
        rt.count(reason, None, 0, cls if reason == "class" else None)
    if recover and rd.genuine:
        from fasthdr._stdlib.recover import recovering
        parse = recovering(parse)
    if max_headers is None:
        return parse(fp, _class=cls)
    return parse(fp, _class=cls, _max_headers=max_headers)


cdef object by_parser(Reader rd, bytes data, object cls, str reason, bint recover=False):
    """Call email.parser on a block that has been read, as the stdlib's parse_headers() does."""
    cdef Runtime rt = rd.runtime
    if fh_flag(&rt.counting):
        rt.count(reason, data, -1, cls if reason == "class" else None)
    if recover:
        from fasthdr._stdlib.recover import message
        return message(data, cls)
    return email.parser.Parser(_class=cls).parsestr(data.decode("iso-8859-1"))


cdef object foreign_reason(bytes data, size_t start):
    """Return the reason to count for a block with a line, at `start`, that the core does not read."""
    from fasthdr._stdlib.foreign import reason

    return reason(data, start)


cdef tuple reasons():
    """Return the reasons to count, by LEFT_*; None: the block has been counted already."""
    return ("reader", "reader", "limit", "content-type", None)


cdef object build(Reader rd, bytes data, fh_reading_t *reading, object cls, MessageTable m):
    """Make the message for a walked block; `data` are its bytes. m: for KIND_TABLE, the message with the rows."""
    cdef fh_block_t *b = &reading.block
    cdef const uint8_t *p = start_of(data)
    cdef fh_content_t body = fh_content_kind(p, b)
    cdef object msg
    cdef list pairs
    if body == FH_CONTENT_MESSAGE or (body == FH_CONTENT_MULTIPART and not finishes_multipart(rd.runtime)):
        return by_parser(rd, data, cls, "content-type")
    if reading.kind == KIND_TABLE:
        m.data = data
        m.many = table_take(&m.table, b)
        msg = m
        if body == FH_CONTENT_MULTIPART and fh_plain_multipart(p, b):
            m.multipart = True
            m.epilogue = ""
            body = FH_CONTENT_PLAIN
    else:
        pairs = pairs_of(rd.runtime, p, b.rows, b.count)
        if cls is rd.messages.stdlib_class and rd.runtime.fills:
            msg = (<fh_type_t *>cls).tp_new(<type>cls, (), NULL)
            fill(msg, pairs)
            if body == FH_CONTENT_MULTIPART and fh_plain_multipart(p, b):
                msg.defects.extend(multipart_defects())
                msg.epilogue = ""
                body = FH_CONTENT_PLAIN
        else:
            msg, by_email = fill_class(cls, reading.kind == KIND_OWN, pairs, data, b.content_type >= 0)
            if by_email:
                if fh_flag(&rd.runtime.counting):
                    rd.runtime.count("class", None, 0, cls)
                return msg
    if body == FH_CONTENT_MULTIPART and not finish_multipart(msg):
        return by_parser(rd, data, cls, "content-type")
    if reading.kind == KIND_TABLE or cls is rd.messages.stdlib_class:
        reading.decided = True
        reading.option = fh_connection_option(p, b)
        reading.expects = fh_expects(p, b)
    if fh_flag(&rd.runtime.counting):
        rd.runtime.count("core")
    return msg


cdef inline MessageTable empty_message(Reader rd, fh_reading_t *reading):
    """Return the message into which the next walk writes its rows; None if the class is not our own."""
    cdef MessageTable m
    if reading.kind != KIND_TABLE:
        return None
    m = new_message(rd.messages, None)
    walk_into(&m.table, &reading.block)
    return m


cdef object read_lines(Reader rd, object fp, object max_headers):
    """Read the block line by line, with the calls and the limits of http.client._read_headers."""
    cdef Runtime rt = rd.runtime
    read_headers = rd.client["_read_headers"]
    if rt.read_headers_args == 2:
        return read_headers(fp, max_headers)
    if max_headers is None:
        return read_headers(fp)
    # The limit for one call: older versions have no argument for it.
    max_line = rd.client["_MAXLINE"]
    lines = []
    while True:
        line = fp.readline(max_line + 1)
        if len(line) > max_line:
            raise rd.client["LineTooLong"]("header line")
        if line in (b"\r\n", b"\n", b""):
            return lines
        lines.append(line)
        if len(lines) > max_headers:
            raise rd.client["HTTPException"](f"got more than {max_headers} headers")


cdef inline bint is_as_known(Reader rd) except -1:
    """Return whether everything that the stdlib's parse_headers() uses is as the core knows it."""
    cdef fh_client_t own
    return client_now(rd, &own).parts and has_parts(rd.messages)


cdef object headers_from(Reader rd, object fp, object cls, object max_headers, bint alias, fh_reading_t *reading):
    """Do parse_headers(): take exactly the block from fp, natively or by the stdlib's own code."""
    cdef Runtime rt = rd.runtime
    cdef object message
    reading.kind = kind_of(rd, cls, alias)
    if max_headers is None or rt.takes_max:  # otherwise the running version has no such keyword
        if reading.kind == KIND_FOREIGN or not rt.native:
            return by_stdlib(rd, fp, cls, max_headers, "class" if rt.native else "probe", reading.recover)
        if not is_as_known(rd):
            return by_stdlib(rd, fp, cls, max_headers, "patch", reading.recover)
        message = from_buffer(rd, fp, cls, max_headers, reading, True)
        if message is not None:
            return message
        if reading.limit >= 0:
            max_headers = reading.limit
        if reading.left != LEFT_PART:
            return by_stdlib(rd, fp, cls, max_headers, reasons()[reading.left], reading.recover)
    return from_lines(rd, fp, cls, max_headers, reading)


cdef object from_buffer(Reader rd, object fp, object cls, object max_headers, fh_reading_t *reading, bint last):
    """Return the message from what fp has in memory. None if nothing was taken: `reading.left` then says why.

    last: the stdlib reads what this leaves, so count it.
    """
    cdef fh_block_t *b = &reading.block
    cdef fh_scan_t scan
    cdef fh_code_t code
    cdef object limit
    cdef bytes data, seen
    cdef MessageTable m
    cdef Py_ssize_t offset = 0
    cdef long before = -1
    cdef fh_client_t own
    cdef const fh_client_t *now
    cdef bint buffered = type(fp) is rd.buffered_reader
    cdef bint given = <PyObject *>fp == reading.seen  # bytes, not a file
    reading.left = LEFT_PART
    if not buffered and type(fp) is not rd.bytes_io and not given:
        return None
    if reading.seen == NULL:
        if rd.runtime.limit_first and max_headers is None:
            before = client_now(rd, &own).max_headers
            if before < 0:
                return None
        seen = in_memory(rd, fp, buffered, &offset)
    else:
        seen = <bytes>reading.seen
        offset = reading.offset
    if seen is None:
        reading.left = LEFT_READER  # closed or detached: the stdlib raises the error
        return None
    now = client_now(rd, &own)  # in_memory() may have run code of a program
    if before >= 0 and now.max_headers != before:
        reading.limit = before
        return None
    limit = max_headers
    if max_headers is None and now.max_headers < 0:
        limit = rd.client.get("_MAXHEADERS", "absent")
        if limit is None:
            return None
    if not now.max_line or (limit is not None and type(limit) is not int and type(limit) is not float):
        return None  # comparison with another type is a call, which may read from the file, or fail
    if offset > PyBytes_GET_SIZE(seen):
        offset = PyBytes_GET_SIZE(seen)
    m = empty_message(rd, reading)
    if offset == PyBytes_GET_SIZE(seen):
        if given:
            return None
        # The end of the input: do not read again.
        return build(rd, b"", reading, cls, m)
    fh_scan_init(&scan, start_of(seen) + offset, <size_t>(PyBytes_GET_SIZE(seen) - offset), rd.runtime.classify)
    if scan.n > FH_MAX_HEAD:
        scan.n = FH_MAX_HEAD
    code = fh_walk(&scan, 0, False, rd.runtime.fold, <size_t>now.max_line, b)
    if code == FH_OK:
        if b.longest > <size_t>now.max_line or not within(now, b.lines + 1, limit):
            reading.left = LEFT_LIMIT
        elif fh_content_kind(scan.p, b) == FH_CONTENT_MESSAGE:
            reading.left = LEFT_TYPE
        elif given:
            return build(rd, PyBytes_FromStringAndSize(<const char *>scan.p, <Py_ssize_t>b.end), reading, cls, m)
        else:
            data = take(rd, fp, buffered, b.end, b.end == <size_t>(PyBytes_GET_SIZE(seen) - offset))
            if not is_start(data, scan.p, b.end):
                return by_parser(rd, data or b"", cls, "reader")
            return build(rd, data, reading, cls, m)
    elif code == FH_FOREIGN:
        reading.left = LEFT_BLOCK
        if last and fh_flag(&rd.runtime.counting):
            seen = PyBytes_FromStringAndSize(<const char *>scan.p, <Py_ssize_t>scan.n)
            rd.runtime.count(foreign_reason(seen, b.line), seen, <Py_ssize_t>b.line)
    elif code == FH_NO_MEMORY:
        raise MemoryError
    fh_block_free(b)
    fh_block_init(b)
    return None


cdef inline bint within(const fh_client_t *now, size_t lines, object limit) except -1:
    """Return whether this many lines, with the empty line, are within the limit; limit: None for http.client's."""
    return lines <= <size_t>now.max_headers if limit is None else lines <= limit


cdef object from_lines(Reader rd, object fp, object cls, object max_headers, fh_reading_t *reading):
    """Read the message with the same calls as the stdlib."""
    cdef Runtime rt = rd.runtime
    cdef fh_block_t *b = &reading.block
    cdef fh_scan_t scan
    cdef fh_code_t code
    cdef bytes data
    cdef MessageTable m
    if not rt.read_headers_args:
        return by_stdlib(rd, fp, cls, max_headers, "reader", reading.recover)
    data = b"".join(read_lines(rd, fp, max_headers))
    if reading.kind == KIND_FOREIGN or not rt.native:
        return by_parser(rd, data, cls, "class" if rt.native else "probe", reading.recover)
    if not is_as_known(rd):
        return by_parser(rd, data, cls, "patch", reading.recover)
    if <size_t>PyBytes_GET_SIZE(data) > FH_MAX_HEAD:
        return by_parser(rd, data, cls, "limit", reading.recover)
    fh_scan_init(&scan, start_of(data), <size_t>PyBytes_GET_SIZE(data), rt.classify)
    m = empty_message(rd, reading)
    code = fh_walk(&scan, 0, True, rt.fold, FH_MAX_HEAD, b)
    if code == FH_NO_MEMORY:
        raise MemoryError
    if code != FH_OK or b.end != scan.n:
        reason = foreign_reason(data, b.line) if fh_flag(&rt.counting) else "block"
        return by_parser(rd, data, cls, reason, reading.recover)
    return build(rd, data, reading, cls, m)


def parse_headers(fp, _class=HTTPMessage, *, _max_headers=None):
    """Read a header block from fp and parse it (http.client.parse_headers).

    fp: anything with readline(n) that returns bytes; exactly the block is taken from it, the empty line included.
    _class: HTTPMessage, or any other class; the message is then a real instance of that.
    _max_headers: limit on field lines in place of http.client._MAXHEADERS, as in CPython 3.15.

    Raises http.client.LineTooLong for a line of more than http.client._MAXLINE bytes, and http.client.HTTPException for
    more field lines than the limit.
    """
    cdef fh_reading_t reading
    reading_init(&reading)
    try:
        return headers_from(reader(), fp, _class, _max_headers, False, &reading)
    finally:
        fh_block_free(&reading.block)


cdef object installed(object fp, object cls, object max_headers):
    """Do http.client.parse_headers() over the core, for what fasthdr.install() puts in place."""
    cdef Reader rd = reader()
    cdef fh_reading_t reading
    reading_init(&reading)
    try:
        return headers_from(rd, fp, cls, max_headers, not fh_flag(&rd.exact), &reading)
    finally:
        fh_block_free(&reading.block)


cdef tuple made():
    """Return parse_headers() with the signature of each version of CPython.

    fasthdr._stdlib.probe tells which is the running version's. Both have its name, which errors about arguments have.
    """
    @cython.embedsignature(False)
    def parse_headers(fp, _class=http.client.HTTPMessage):
        return installed(fp, _class, None)
    plain = parse_headers

    @cython.embedsignature(False)
    def parse_headers(fp, _class=http.client.HTTPMessage, *, _max_headers=None):
        return installed(fp, _class, _max_headers)

    return plain, parse_headers


def parse_recovering(fp, **keywords):
    """Call the current http.client.parse_headers(), as begin() does under install(recover=True).

    If that is ours, only a bad field line is lost.
    """
    cdef Reader rd = reader()
    cdef fh_reading_t reading
    cdef fh_client_t own
    if not client_now(rd, &own).alias:
        return rd.client["parse_headers"](fp, **keywords)
    reading_init(&reading)
    reading.recover = True
    try:
        return headers_from(rd, fp, rd.messages.stdlib_class, keywords.get("_max_headers"), not fh_flag(&rd.exact),
                            &reading)
    finally:
        fh_block_free(&reading.block)


def set_exact_type(on):
    """Make the installed parse_headers() return instances of http.client.HTTPMessage itself, or stop that."""
    fh_flag_set(&reader().exact, on)


def parse_headers_is_installed():
    """Return whether the current http.client has the parse_headers() that install() puts there."""
    return http.client.parse_headers is reader().installed


def makes_our_messages():
    """Return whether install(), without exact_type, makes messages of fasthdr.client.HTTPMessage."""
    return parse_headers_is_installed() and not fh_flag(&reader().exact)


parse_headers.__module__ = "fasthdr.client"  # the public module
_reader = Reader(
    _runtime,
    _messages,
    _ClassAnswers(message_class.kinds(_MessageTable)),
    made()[_runtime.facts.takes_max],
    CALLED,
)
fh_local_set_object(&the_reader, _reader)
share(globals(), ((<Reader>_reader).kinds,))
