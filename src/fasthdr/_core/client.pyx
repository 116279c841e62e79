# SPDX-License-Identifier: MIT
"""Read what http.client.HTTPResponse.begin() reads, and store what its __init__() stores."""
cimport cython
from cpython.bytes cimport PyBytes_GET_SIZE
from cpython.dict cimport PyDict_Update
from cpython.object cimport PyObject
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t
from libc.string cimport memchr

from fasthdr._core.cpython cimport fh_flag, fh_type_t, fh_version
from fasthdr._core.message cimport MessageTable, Messages, has_methods
from fasthdr._core.reader cimport (
    Reader, client_now, fh_client_t, fh_reading_t, headers_from, in_memory, is_start, reader, reading_init,
    take,
)
from fasthdr._core.runtime cimport ClassAnswers, Runtime, answer_about, leave_line_to_stdlib, leave_to_stdlib, share
from fasthdr._core.start_line cimport fh_status_line, fh_status_line_t
from fasthdr._core.table cimport start_of, text_at
from fasthdr._core.walk cimport fh_block_free, fh_skip_lines

import http.client

from fasthdr._core.reader import parse_headers as _parse_headers


cdef extern from "Python.h":
    dict PyObject_GenericGetDict(object o, void *context)


@cython.final
cdef class SocketFiles:
    """Do socket.socket.makefile("rb"), but fill the SocketIO without its __init__().

    raw: the attributes of a SocketIO, with None for _sock.
    """
    cdef object socket_class, raw_class, buffered_class
    cdef unsigned int socket_version, raw_version
    cdef dict socket_module, io_module, raw

    def __init__(self, socket_module, io_module, dict raw):
        self.socket_module = vars(socket_module)
        self.io_module = vars(io_module)
        self.socket_class = socket_module.socket
        self.raw_class = socket_module.SocketIO
        self.buffered_class = io_module.BufferedReader
        self.raw = raw
        self.socket_version = fh_version(self.socket_class)
        self.raw_version = fh_version(self.raw_class)

    cdef object of(self, sock):
        """Return what sock.makefile("rb") returns. Call it if any part of it is not the stdlib's."""
        cdef dict state
        cdef object raw
        cdef object size = self.io_module.get("DEFAULT_BUFFER_SIZE")
        if (type(sock) is not self.socket_class or not self.socket_version or not self.raw_version
                or fh_version(self.socket_class) != self.socket_version
                or fh_version(self.raw_class) != self.raw_version
                or self.socket_module.get("SocketIO") is not self.raw_class
                or self.io_module.get("BufferedReader") is not self.buffered_class
                or type(size) is not int or size <= 0):  # 0: without a buffer
            return sock.makefile("rb")
        raw = (<fh_type_t *>self.raw_class).tp_new(<type>self.raw_class, (), NULL)
        state = PyObject_GenericGetDict(raw, NULL)
        PyDict_Update(state, self.raw)
        state["_sock"] = sock
        sock._io_refs += 1
        return self.buffered_class(raw, size)


cdef size_t start_lines(Reader rd, const fh_client_t *now, const uint8_t *p, size_t n, object limit,
                        fh_status_line_t *r) except? 0:
    """Return the length of the status line at p and of an interim response before it; 0: not whole, or for the stdlib.

    r: the parts of the status line, counted from p. limit: on the lines of the interim response, None or int.
    """
    cdef Runtime rt = rd.runtime
    cdef const uint8_t *lf = <const uint8_t *>memchr(p, c"\n", min(n, <size_t>now.max_line))
    cdef size_t first, end
    if lf == NULL or not fh_status_line(p, lf - p + 1, r):
        return 0
    first = lf - p + 1
    if r.status != 100:
        return first
    if limit is None:
        limit = now.max_headers
    # If there is a limit on interim responses, it allows at least one.
    most = rd.client.get("_MAXINTERIMRESPONSES", 2)
    if type(limit) is not int or not 0 <= limit < 0x7FFFFFFF or type(most) is not int or most < 2 or not now.parts:
        return 0
    end = fh_skip_lines(p + first, n - first, <size_t>now.max_line, <size_t>limit, rt.blank_line)
    if end == 0:
        return 0
    end += first
    lf = <const uint8_t *>memchr(p + end, c"\n", min(n - end, <size_t>now.max_line))
    if lf == NULL or not fh_status_line(p + end, lf - (p + end) + 1, r) or r.status == 100:
        return 0
    r.reason += end
    return lf - p + 1


cdef bytes read_status(Reader rd, object fp, dict state, object limit, Py_ssize_t *offset):
    """Take the status line from fp and store its parts. None: nothing is taken, and the stdlib has to read.

    Returns what fp had in memory; offset: where its next byte is in that.
    """
    cdef Runtime rt = rd.runtime
    cdef fh_status_line_t r
    cdef bytes seen
    cdef const uint8_t *p
    cdef size_t n
    cdef fh_client_t own
    cdef const fh_client_t *now
    cdef bint buffered = type(fp) is rd.buffered_reader
    if not buffered and type(fp) is not rd.bytes_io:
        return leave_to_stdlib(rt, "status line: reader")
    r.status = r.minor = 0
    r.reason = r.reason_len = 0
    seen = in_memory(rd, fp, buffered, offset)
    if seen is None:
        return leave_to_stdlib(rt, "status line: reader")
    now = client_now(rd, &own)
    if offset[0] >= PyBytes_GET_SIZE(seen):
        # do not read again
        raise http.client.RemoteDisconnected("Remote end closed connection without response")
    p = start_of(seen) + offset[0]
    n = start_lines(rd, now, p, <size_t>(PyBytes_GET_SIZE(seen) - offset[0]), limit, &r)
    if n == 0:
        return leave_line_to_stdlib(rt, "status line", p, <size_t>(PyBytes_GET_SIZE(seen) - offset[0]))
    reason = text_at(p + r.reason, r.reason_len)
    taken = take(rd, fp, buffered, n, False)
    state["code"] = state["status"] = r.status
    state["reason"] = reason
    state["version"] = 10 + r.minor
    offset[0] += <Py_ssize_t>n
    if not is_start(taken, p, n):
        offset[0] = PyBytes_GET_SIZE(seen)  # the bytes that follow are not in it
    return seen


cdef inline object first_of(Messages ms, object message, str name):
    """Return message.get(name)."""
    if (type(message) is ms.message_class and (<MessageTable>message).plain and (<MessageTable>message).pairs is None
            and has_methods(ms)):
        return (<MessageTable>message).first(name, None)
    return message.get(name)


cdef int frame(Messages ms, object response, dict state, object message) except -1:
    """Store what the fields say about the body and the connection, as http.client.HTTPResponse.begin() does."""
    cdef bint chunked, will_close
    coding = first_of(ms, message, "transfer-encoding")
    chunked = bool(coding) and coding.lower() == "chunked"
    state["chunked"] = chunked
    if chunked:
        state["chunk_left"] = None
    if state["version"] == 11:
        option = first_of(ms, message, "connection")
        will_close = bool(option) and "close" in option.lower()
    else:
        will_close = response._check_close()
    length = None
    value = first_of(ms, message, "content-length")
    if value and not chunked:
        try:
            length = int(value)
        except ValueError:
            pass
        else:
            if length < 0:
                length = None
    status = state["status"]
    if status == 204 or status == 304 or 100 <= status < 200 or state["_method"] == "HEAD":
        length = 0
    state["length"] = length
    state["will_close"] = will_close or (length is None and not chunked)
    return 0


@cython.final
cdef class Responses:
    """Do __init__() and begin() of http.client.HTTPResponse for responses with plain attributes.

    attributes: what __init__() stores, with None for its arguments. stores_plainly: tells whether a class of responses
    has attributes like the stdlib's, and its methods. socket_files: makes files of connections; None: use makefile().
    """
    cdef dict attributes
    cdef readonly SocketFiles socket_files
    cdef ClassAnswers plain

    def __init__(self, dict attributes, stores_plainly, SocketFiles socket_files=None):
        self.attributes = attributes
        self.plain = ClassAnswers(stores_plainly)
        self.socket_files = socket_files

    cdef dict state(self, response):
        """Return the dict of a response if its attributes are that dict's entries, and the methods that begin() calls
        are the stdlib's; or None.

        HTTPResponse derives from a class in C: the interpreter takes several times as long to read or store an
        attribute as an entry of the dict.
        """
        if not answer_about(self.plain, type(response)):
            return None
        return PyObject_GenericGetDict(response, NULL)

    def start(self, response, sock, debuglevel, method, /):
        """Do http.client.HTTPResponse.__init__(). False: nothing is done, and the stdlib has to do it."""
        cdef dict state = self.state(response)
        if state is None or len(state):
            return False
        fp = sock.makefile("rb") if self.socket_files is None else self.socket_files.of(sock)
        PyDict_Update(state, self.attributes)
        state["fp"] = fp
        state["debuglevel"] = debuglevel
        state["_method"] = method
        return True


cdef enum:
    ASK                   # the function itself makes the message
    INSTALLED             # it is the current one of http.client
    IMPORTED              # it is the current one of fasthdr.client, unless a program has replaced http.client's
    PROBED                # it is the stdlib's, in a trial

cdef dict sources():
    return {"ask": ASK, "installed": INSTALLED, "imported": IMPORTED, "probed": PROBED}


@cython.final
cdef class Begin:
    """A begin() of responses. parse_headers() makes the message; if it is the core's, it is not even called.

    source: what parse_headers() is: "installed", the current one of http.client; "imported", the current one of
    fasthdr.client, whose globals are `names`, unless a program has replaced http.client's; "probed", the stdlib's in a
    trial; "ask", any other.
    """
    cdef Responses responses
    cdef object parse_headers
    cdef int source
    cdef dict names

    def __init__(self, Responses responses not None, parse_headers, str source not None, dict names=None):
        self.responses = responses
        self.parse_headers = parse_headers
        self.source = sources()[source]
        self.names = names

    cdef object message(self, Reader rd, object fp, tuple limit, bytes seen, Py_ssize_t offset):
        """Do parse_headers(fp), with its limit if there is one. If it is the core's, no call is needed."""
        cdef fh_reading_t reading
        cdef fh_client_t own
        cdef const fh_client_t *now = client_now(rd, &own)
        cdef object cls = None
        cdef bint alias = False
        if self.source == INSTALLED:
            if now.alias:
                cls = rd.messages.stdlib_class
                alias = not fh_flag(&rd.exact)
        elif self.source == PROBED:
            cls = rd.messages.message_class
        elif self.source == IMPORTED and not now.patched and self.names.get("parse_headers") is _parse_headers:
            cls = rd.messages.message_class
        if cls is None:
            return self.parse_headers(fp, _max_headers=limit[0]) if limit else self.parse_headers(fp)
        reading_init(&reading)
        if offset < PyBytes_GET_SIZE(seen):  # otherwise the buffer is empty, but the file may go on
            reading.seen = <PyObject *>seen
            reading.offset = offset
        try:
            return headers_from(rd, fp, cls, limit[0] if limit else None, alias, &reading)
        finally:
            fh_block_free(&reading.block)

    def begin(self, response, /, *limit):
        """Do http.client.HTTPResponse.begin(). False: nothing is read, and the stdlib has to do it.

        limit: the _max_headers of later versions of CPython, which is stored first.
        """
        cdef Reader rd = reader()
        cdef bytes seen
        cdef Py_ssize_t offset = 0
        cdef dict state = self.responses.state(response)
        if state is None or "_method" not in state:
            leave_to_stdlib(rd.runtime, "status line: response", type(response))
            return False
        if state.get("headers", rd) is not None:
            return False  # it has begun, or the stdlib has to raise that there is no such attribute
        level = state.get("debuglevel")
        if type(level) is not int or <object>level > 0 or "_read_status" in state or "_check_close" in state:
            leave_to_stdlib(rd.runtime, "status line: response", type(response))
            return False
        if limit:
            state["_max_headers"] = limit[0]
        fp = state.get("fp")
        seen = read_status(rd, fp, state, limit[0] if limit else None, &offset)
        if seen is None:
            return False
        message = self.message(rd, fp, limit, seen, offset)
        state["headers"] = state["msg"] = message
        frame(rd.messages, response, state, message)
        return True


share(globals())
