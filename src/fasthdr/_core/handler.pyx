# SPDX-License-Identifier: MIT
"""Read what BaseHTTPRequestHandler.parse_request() reads: a request line and the header block after it.

Also receive from and send to the socket of a handler's connection.
"""
cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.object cimport PyObject
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t
from libc.string cimport memcmp

from fasthdr._core.cpython cimport PyMethodDef, fh_fast_function, fh_flag, fh_member_is
from fasthdr._core.fields cimport fh_keeps_alive
from fasthdr._core.interpreters cimport fh_local_set_object, fh_local_t, local_object
from fasthdr._core.message cimport has_parts
from fasthdr._core.reader cimport (
    KIND_TABLE, Reader, client_now, fh_client_t, fh_reading_t, from_buffer, headers_from, kind_of, reader, reading_init,
)
from fasthdr._core.runtime cimport (
    ClassAnswers, Runtime, answer_about, leave_line_to_stdlib, leave_to_stdlib, name_at, path_at, share, takes_path,
)
from fasthdr._core.start_line cimport fh_request_line, fh_request_line_t
from fasthdr._core.table cimport PyUnicode_DATA, PyUnicode_GET_LENGTH, PyUnicode_IS_ASCII, text_at
from fasthdr._core.walk cimport fh_block_free, fh_scan_init, fh_scan_t

cdef extern from "_core/sockets.h":
    Py_ssize_t fh_send_now(int fd, const char *data, Py_ssize_t size) except -1
    object fh_receive_within(int fd, Py_ssize_t size, double seconds)

from fasthdr._core.runtime import ClassAnswers as _ClassAnswers
from fasthdr._stdlib.server import is_plain

_plain = _ClassAnswers(is_plain)
cdef fh_local_t the_plain
(<ClassAnswers>_plain).local = &the_plain
fh_local_set_object(&the_plain, _plain)


cdef inline ClassAnswers plain():
    """Return `_plain`, without a look-up if only one interpreter has this module."""
    return <ClassAnswers>local_object(&the_plain)


cdef inline bint is_http11(str version) noexcept:
    return (PyUnicode_GET_LENGTH(version) == 8 and PyUnicode_IS_ASCII(version)
            and memcmp(PyUnicode_DATA(version), b"HTTP/1.1", 8) == 0)


cdef inline bint is_quiet(Reader rd, object fp, bint given, object cls, int kind) except -1:
    """Return whether no code of a program, which could see the handler, can run while a block is taken from memory."""
    cdef Runtime rt = rd.runtime
    if kind != KIND_TABLE and (cls is not rd.messages.stdlib_class or not rt.fills):
        return False
    if given or type(fp) is rd.bytes_io:
        return True
    return type(fp) is rd.buffered_reader and fh_member_is(&rd.raw, fp, rd.socket_io, rd.bytes_io)


cdef inline tuple request_of(object self, object raw, object rfile, Py_ssize_t start, object cls,
                             object protocol_version):
    """Do read_request(), or read_request_at() if `start` is not negative; then rfile is bytes."""
    cdef Reader rd = reader()
    cdef Runtime rt = rd.runtime
    cdef fh_request_line_t r
    cdef fh_scan_t scan
    cdef fh_reading_t reading
    cdef const uint8_t *p
    cdef object message, expect = None
    cdef str line
    cdef fh_client_t own
    cdef const fh_client_t *now
    cdef bint keep, persistent, alias, failed = True
    now = client_now(rd, &own)
    if (type(raw) is not bytes or now.patched or not now.parts or type(protocol_version) is not str or not rt.native
            or not has_parts(rd.messages) or not answer_about(<ClassAnswers>local_object(&the_plain), type(self))):
        return None
    alias = now.alias and not fh_flag(&rd.exact)
    reading.kind = kind_of(rd, cls, alias)
    if not is_quiet(rd, rfile, start >= 0, cls, reading.kind):
        return None
    p = <const uint8_t *>PyBytes_AS_STRING(raw)
    fh_scan_init(&scan, p, <size_t>PyBytes_GET_SIZE(raw), rt.classify)
    if not fh_request_line(&scan, scan.n, &r) or not takes_path(rt, &r):
        return None
    persistent = is_http11(<str>protocol_version) or protocol_version >= "HTTP/1.1"
    keep = persistent and r.minor == 1
    reading_init(&reading)
    if start >= 0:
        reading.seen = <PyObject *>rfile
        reading.offset = start
    try:
        message = from_buffer(rd, rfile, cls, None, &reading, False)
        failed = False
        if message is None:
            return None
        if reading.decided:
            keep, expect = fh_keeps_alive(reading.option, persistent, keep), keep and reading.expects
        line = text_at(p, r.length)
        return (name_at(rt, p, r.method_len), rt.versions[r.minor], not keep, line,
                path_at(rt, p, &r, PyUnicode_IS_ASCII(line)), message, expect)
    finally:
        fh_block_free(&reading.block)
        if failed:
            # The stdlib has stored these before it reads the block.
            self.command, self.path = name_at(rt, p, r.method_len), path_at(rt, p, &r, False)
            self.request_version, self.close_connection = rt.versions[r.minor], not keep
            self.requestline = text_at(p, r.length)


ctypedef object (*fh_request_of_t)(
    PyObject *self, PyObject *raw, PyObject *rfile, Py_ssize_t start, PyObject *cls, PyObject *protocol_version)


cdef object request_in_file(PyObject *self, PyObject **args, Py_ssize_t n):
    """Do read_request()."""
    if n != 5:
        raise TypeError(f"read_request() takes 5 arguments, not {n}")
    # The cast keeps Cython from taking a reference to each argument.
    return (<fh_request_of_t>request_of)(args[0], args[1], args[2], -1, args[3], args[4])


cdef PyMethodDef definition
read_request = fh_fast_function(&definition, "read_request", b"""\
read_request(self, raw, rfile, cls, protocol_version, /)
--

Return what BaseHTTPRequestHandler.parse_request() stores, for fasthdr._standins.server_request to store.

Returns (command, request_version, close_connection, requestline, path, headers, expect), and takes the block from
rfile; expect is None if the core has not made the message, and so has not read its Connection and Expect. Returns
None, and takes nothing, if the stdlib has to read the request, or if it has to be read in steps (request_line()).
""", request_in_file, __name__)


@cython.binding(False)
def read_request_at(self, raw, bytes data not None, Py_ssize_t start, cls, protocol_version, /):
    """Do read_request() on a block that begins at data[start]."""
    if not 0 <= start <= PyBytes_GET_SIZE(data):
        raise ValueError("start is outside the data")
    return request_of(self, raw, data, start, cls, protocol_version)


@cython.binding(False)
def request_line(self, /):
    """Return (command, request_version, close_connection, requestline, path) of a request; None: for the stdlib.

    Store them before read_block(), as the stdlib does: reading the block and making the message may take time, or run
    code of a program that looks at the handler.
    """
    cdef Reader rd = reader()
    cdef Runtime rt = rd.runtime
    cdef fh_request_line_t r
    cdef fh_scan_t scan
    cdef fh_client_t own
    cdef const uint8_t *p
    if not answer_about(plain(), type(self)):
        return leave_to_stdlib(rt, "handler", type(self))
    raw, version = self.raw_requestline, self.protocol_version
    if type(raw) is not bytes:
        # a subclass of bytes is another program's request line, and is not counted here
        return None if isinstance(raw, bytes) else leave_to_stdlib(rt, "request line")
    p = <const uint8_t *>PyBytes_AS_STRING(<bytes>raw)
    fh_scan_init(&scan, p, <size_t>PyBytes_GET_SIZE(<bytes>raw), rt.classify)
    if (type(version) is not str or client_now(rd, &own).patched or not hasattr(self, "rfile")
            or not fh_request_line(&scan, scan.n, &r) or not takes_path(rt, &r)):
        return leave_line_to_stdlib(rt, "request line", p, scan.n) if raw else None  # b"" is the end of the connection
    return (name_at(rt, p, r.method_len), rt.versions[r.minor], not (r.minor == 1 and version >= "HTTP/1.1"),
            text_at(p, r.length), path_at(rt, p, &r, False))


@cython.binding(False)
def read_block(fp, cls, /):
    """Return http.client.parse_headers(fp, _class=cls), by the core unless a program has replaced it."""
    cdef Reader rd = reader()
    cdef fh_reading_t reading
    cdef fh_client_t own
    cdef const fh_client_t *now = client_now(rd, &own)
    if now.patched:
        return rd.client["parse_headers"](fp, _class=cls)
    reading_init(&reading)
    try:
        return headers_from(rd, fp, cls, None, now.alias and not fh_flag(&rd.exact), &reading)
    finally:
        fh_block_free(&reading.block)


@cython.binding(False)
def send_now(int descriptor, bytes data not None, /):
    """Send to a socket what it takes without waiting. Returns the number of bytes, 0 if it takes none.

    The GIL is kept for up to 16 KiB. Raises OSError.
    """
    return fh_send_now(descriptor, PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data))


@cython.binding(False)
def receive_within(int descriptor, Py_ssize_t size, double seconds, /):
    """Do socket.recv(size) on a socket with a timeout in seconds. Returns bytes, b"" at the end.

    The GIL is only released to wait. Raises OSError, TimeoutError if nothing comes in time.
    """
    if size < 0:
        raise ValueError("negative buffersize in recv")
    return fh_receive_within(descriptor, size, seconds)


share(globals())
