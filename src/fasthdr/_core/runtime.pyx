# SPDX-License-Identifier: MIT
"""The Cython core: heads as tables, the storage of HTTPMessage, and what reads a head from a file.

What the stdlib does is the law here; `docs/design.md` says how a head is either read exactly as the stdlib reads it or
left, unread, to the stdlib.
"""
cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.list cimport PyList_New, PyList_SET_ITEM
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF, Py_XDECREF
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memchr, memcmp

from fasthdr._core.classify cimport FH_FTEXT, FH_MAX_HEAD, FH_PLAIN, fh_classify_select
from fasthdr._core.fields cimport (
    FH_BODY_MESSAGE, FH_BODY_MULTIPART, FH_BODY_PLAIN, fh_body_kind, fh_body_t, fh_connection_option, fh_expects,
    fh_keeps_alive, fh_option_t, fh_plain_multipart,
)
from fasthdr._core.start_line cimport fh_request_line, fh_request_line_t, fh_status_line, fh_status_line_t
from fasthdr._core.walk cimport (
    FH_FOLD_FOREIGN, FH_FOLD_KEEP, FH_FOLD_STRIP, FH_FOREIGN, FH_NO_MEMORY, FH_OK, fh_block_free, fh_block_init,
    fh_block_t, fh_code_t, fh_row_t, fh_scan_init, fh_scan_t, fh_skip_lines, fh_walk,
)
from fasthdr._core.cpython cimport (
    FH_SETTLED, FH_SUBINTERPRETERS, fh_ask, fh_ask_for, fh_flag, fh_flag_set, fh_look, fh_looked, fh_member_init,
    fh_member_is, fh_method_init, fh_raise, fh_states_t, fh_type_unchanged,
    fh_unchanged, fh_version, fh_watch_init,
)
from fasthdr._core.table cimport (
    PyUnicode_DATA, PyUnicode_GET_LENGTH, PyUnicode_IS_ASCII, find_name, start_of, table_take, text_at, walk_into,
)

import email.message
import email.parser
import http.client
import io
import os
import socket
from _thread import get_ident

from fasthdr._names import METHODS, SPELLINGS


cdef extern from "Python.h":
    ctypedef object (*fh_newfunc_t "newfunc")(type cls, object args, PyObject *kwargs)
    ctypedef struct fh_type_t "PyTypeObject":
        fh_newfunc_t tp_new
    dict PyObject_GenericGetDict(object o, void *context)


# ---------------------------------------------------------------------------------------------------------- runtime

@cython.final
@cython.auto_pickle(False)
cdef class Runtime:
    def __cinit__(self):
        cdef const char *name = NULL
        cdef bytes wanted = os.environ.get("FASTHDR_SIMD", "").encode()
        if wanted:
            name = wanted
        self.classify = fh_classify_select(&name, FH_FTEXT)
        self.classify_plain = fh_classify_select(&name, FH_PLAIN)
        if self.classify == NULL:
            raise ImportError(f"FASTHDR_SIMD={wanted.decode()}: this machine or build has no such variant")
        self.simd = name.decode("ascii")
        self.fold = FH_FOLD_FOREIGN
        self.counts = {}
        self.client = vars(http.client)
        self.stdlib_class = http.client.HTTPMessage
        self.message_base = email.message.Message
        self.compat32 = email.message.Message().policy
        self.parse_headers = http.client.parse_headers
        self.found = {}
        self.probing = set()
        self.genuine = True
        self.buffered_reader = io.BufferedReader
        self.bytes_io = io.BytesIO
        self.socket_io = socket.SocketIO
        fh_member_init(&self.raw, io.BufferedReader.raw)
        fh_method_init(&self.peek, io.BufferedReader.peek)
        fh_method_init(&self.buffered_read, io.BufferedReader.read)
        fh_method_init(&self.getvalue, io.BytesIO.getvalue)
        fh_method_init(&self.tell, io.BytesIO.tell)
        fh_method_init(&self.bytes_read, io.BytesIO.read)
        self.watching = not FH_SETTLED
        fh_watch_init(&self.pieces_watch, (), True)
        fh_watch_init(&self.methods_watch, (), True)
        fh_watch_init(&self.client_watch, (self.client,), False)
        self.versions = ("HTTP/1.0", "HTTP/1.1")
        self.known = tuple([*SPELLINGS, *METHODS])
        cdef size_t slot
        cdef int i
        cdef str spelling
        if len(self.known) > FH_KNOWN:
            raise SystemError("more well-known names than there is room for")
        for i in range(len(self.known)):
            spelling = self.known[i]
            self.names[i].s = <PyObject *>spelling
            self.names[i].text = <const uint8_t *>PyUnicode_DATA(spelling)
            self.names[i].length = PyUnicode_GET_LENGTH(spelling)
            slot = slot_of(self.names[i].text, self.names[i].length)
            while self.slots[slot]:
                slot = (slot + 1) % FH_SLOTS
            self.slots[slot] = i + 1

    cdef const fh_client_t *look(self, fh_client_t *own) except NULL:
        """What http.client has now; in `own`, the call's, without a GIL: other threads look, too."""
        cdef fh_client_t *now = &self.last if self.watching else own
        cdef fh_states_t states
        if self.watching:
            fh_look(&self.client_watch, &states)
        found = self.client.get("parse_headers")
        now.alias = found is self.installed
        now.patched = not now.alias and (found is not self.parse_headers or not self.genuine)
        now.pieces = True
        for name in self.found:
            now.pieces = now.pieces and self.client.get(name) is self.found[name]
        limit = self.client.get("_MAXLINE")
        now.max_line = limit if type(limit) is int and 0 < limit < 0x7FFFFFFF else 0
        limit = self.client.get("_MAXHEADERS")
        now.max_headers = limit if type(limit) is int and 0 <= limit < 0x7FFFFFFF else -1
        if self.watching:
            fh_looked(&self.client_watch, &states)
        return now

    cdef bint look_at(self, fh_watch_t *same, fh_watch_t *other, bint methods) except -1:
        cdef fh_states_t states
        cdef bint found
        if self.is_as_found is None:  # while the modules are still being imported
            return True
        if fh_unchanged(other):
            return False
        fh_look(same, &states)
        found = self.is_as_found(methods)
        fh_looked(same if found else other, &states)
        return found

    cdef bint look_at_pieces(self) except -1:
        return self.look_at(&self.pieces_watch, &self.other_pieces_watch, False)

    cdef bint look_at_methods(self) except -1:
        return self.look_at(&self.methods_watch, &self.other_methods_watch, True)

    def watch(self, is_as_found, tuple pieces, dict found):
        """Have is_as_found() asked again after each change of the pieces, dicts and types; found: of http.client.

        is_as_found(True) is asked for the methods of messages alone.
        """
        fh_watch_init(&self.pieces_watch, (self.message_class, *pieces), True)
        fh_watch_init(&self.methods_watch, (self.message_class,), True)
        self.other_pieces_watch, self.other_methods_watch = self.pieces_watch, self.methods_watch
        self.found = found
        self.is_as_found = is_as_found

    @property
    def exact_type(self):
        return bool(fh_flag(&self.exact))

    @exact_type.setter
    def exact_type(self, bint on):
        fh_flag_set(&self.exact, on)

    cdef int count(self, str reason) except -1:
        if self.probing and get_ident() in self.probing:
            return 0
        with cython.critical_section(self):
            self.counts[reason] = self.counts.get(reason, 0) + 1
        return 0


_runtime = Runtime()
cdef Runtime the_runtime = None if FH_SUBINTERPRETERS else _runtime


cdef inline Runtime runtime():
    """`_runtime`, without a look-up where one interpreter alone has this module."""
    return <Runtime>_runtime if FH_SUBINTERPRETERS else the_runtime


cdef inline bint methods_are_held() noexcept:
    """Whether has_methods() is certainly true: at once, and without a reference to the runtime on the way."""
    return not FH_SUBINTERPRETERS and fh_type_unchanged(&the_runtime.methods_watch)


cdef inline bint methods_hold() except -1:
    return True if methods_are_held() else has_methods(runtime())


cdef inline const fh_client_t *client_now(Runtime rt, fh_client_t *own) except NULL:
    """Runtime.look(), or what it saw last where nothing has changed since."""
    if rt.watching and fh_unchanged(&rt.client_watch):
        return &rt.last
    return rt.look(own)


# ------------------------------------------------------------------------------------------------------------ table

cdef list pairs_of(Runtime rt, const uint8_t *p, const fh_row_t *rows, uint32_t count):
    cdef uint32_t i
    cdef const fh_row_t *r
    cdef tuple pair
    cdef list pairs = PyList_New(count)
    for i in range(count):
        r = &rows[i]
        pair = (name_at(rt, p + r.name, r.name_len), text_at(p + r.value, r.value_len))
        Py_INCREF(pair)
        PyList_SET_ITEM(pairs, i, pair)
    return pairs


# What Message.__init__ stores, in its order.
cdef tuple message_state():
    return ("policy", "_headers", "_unixfrom", "_payload", "_charset", "preamble", "epilogue", "defects",
            "_default_type")


@cython.auto_pickle(False)
cdef class MessageTable:
    """Base of `fasthdr.client.HTTPMessage`: field lines as spans of the head's bytes.

    While nobody has touched `_headers`, changed the message or given it another policy, the table answers; after that
    the list of pairs is the truth, as it is in `email.message.Message`, whose own methods then run.
    """

    @property
    def _headers(self):
        """The list of (name, value) pairs, as email.message.Message keeps it; the truth once it has been asked for."""
        with cython.critical_section(self):
            if self.pairs is None:
                self.pairs = pairs_of(runtime(), start_of(self.data), self.table.rows, self.table.count)
            return self.pairs

    @_headers.setter
    def _headers(self, pairs):
        with cython.critical_section(self):
            self.pairs = pairs

    @property
    def policy(self):
        """The email.policy.Policy of the message: compat32 unless another was set."""
        with cython.critical_section(self):
            return runtime().compat32 if self.own_policy is None else self.own_policy

    @policy.setter
    def policy(self, policy):
        with cython.critical_section(self):
            if policy is runtime().compat32:
                self.own_policy = None
                return
            if self.pairs is None:
                self.pairs = pairs_of(runtime(), start_of(self.data), self.table.rows, self.table.count)
            self.own_policy = policy

    @property
    def defects(self):
        """The list of defects (email.errors.MessageDefect), empty for a clean head."""
        with cython.critical_section(self):
            if self.own_defects is None:
                self.own_defects = runtime().multipart_defects() if self.multipart else []
            return self.own_defects

    @defects.setter
    def defects(self, defects):
        with cython.critical_section(self):
            self.own_defects = defects

    def get(self, name, failobj=None):
        """Value of the first field `name` (any case) as str, or failobj (email.message.Message.get)."""
        if self.pairs is not None or type(name) is not str or not methods_hold():
            return runtime().stdlib_class.get(self, name, failobj)
        return self.first(<str>name, failobj)

    cdef object first(self, str name, object otherwise):
        """Value of the first field `name` in the table, as str."""
        cdef const uint8_t *p = start_of(self.data)
        cdef Py_ssize_t i = find_name(p, &self.table, name, 0)
        return otherwise if i < 0 else text_at(p + self.table.rows[i].value, self.table.rows[i].value_len)

    def __getitem__(self, name):
        if self.plain and self.pairs is None and type(name) is str and methods_are_held():
            return self.first(<str>name, None)
        return self.item(name)

    cdef object item(self, name):
        """self[name], whatever the message, the name and the class are."""
        cdef Runtime rt = runtime()
        if not has_methods(rt):
            return rt.stdlib_class.__getitem__(self, name)
        if not self.plain:
            return self.get(name)  # a subclass may have its own
        if self.pairs is not None or type(name) is not str:
            return rt.stdlib_class.get(self, name)
        return self.first(<str>name, None)

    def __contains__(self, name):
        if self.pairs is not None or type(name) is not str or not methods_hold():
            return runtime().stdlib_class.__contains__(self, name)
        return find_name(start_of(self.data), &self.table, <str>name, 0) >= 0

    def get_all(self, name, failobj=None):
        """Values of every field `name` (any case) as a list of str, or failobj where there is none."""
        cdef Py_ssize_t i
        cdef const uint8_t *p
        cdef list values
        if self.pairs is not None or type(name) is not str or not methods_hold():
            return runtime().stdlib_class.get_all(self, name, failobj)
        p = start_of(self.data)
        values = []
        i = find_name(p, &self.table, <str>name, 0)
        while i >= 0:
            values.append(text_at(p + self.table.rows[i].value, self.table.rows[i].value_len))
            i = find_name(p, &self.table, <str>name, <uint32_t>(i + 1))
        return values if values else failobj

    def keys(self):
        """Field names as sent, in order, duplicates too: a new list of str."""
        cdef uint32_t i
        cdef const uint8_t *p
        cdef list names
        cdef Runtime rt
        if self.pairs is not None or not methods_hold():
            return runtime().stdlib_class.keys(self)
        rt = runtime()
        p = start_of(self.data)
        names = []
        for i in range(self.table.count):
            names.append(name_at(rt, p + self.table.rows[i].name, self.table.rows[i].name_len))
        return names

    def values(self):
        """Field values, in order: a new list of str."""
        cdef uint32_t i
        cdef const uint8_t *p
        cdef list values
        if self.pairs is not None or not methods_hold():
            return runtime().stdlib_class.values(self)
        p = start_of(self.data)
        values = []
        for i in range(self.table.count):
            values.append(text_at(p + self.table.rows[i].value, self.table.rows[i].value_len))
        return values

    def items(self):
        """(name, value) pairs as sent, in order, duplicates too: a new list of tuples of str."""
        if self.pairs is not None or not methods_hold():
            return runtime().stdlib_class.items(self)
        return pairs_of(runtime(), start_of(self.data), self.table.rows, self.table.count)

    def raw_items(self):
        """Iterator over the stored pairs (email.message.Message.raw_items)."""
        if self.pairs is not None or not methods_hold():
            return runtime().stdlib_class.raw_items(self)
        return iter(pairs_of(runtime(), start_of(self.data), self.table.rows, self.table.count))

    def __len__(self):
        """Number of field lines, duplicates too."""
        if self.pairs is not None or not methods_hold():
            return runtime().stdlib_class.__len__(self)
        return self.table.count

    def _state(self):
        # What vars() of the stdlib's message would be.
        state = {name: getattr(self, name) for name in message_state() if hasattr(self, name)}
        state.update(getattr(self, "__dict__", {}))
        return state

    def __setstate__(self, state):
        for name, value in state.items():
            setattr(self, name, value)

    def __copy__(self):
        cls = type(self)
        new = cls.__new__(cls)
        new.__setstate__(self._state())
        return new

    def __deepcopy__(self, memo):
        import copy
        cls = type(self)
        new = cls.__new__(cls)
        memo[id(self)] = new
        new.__setstate__(copy.deepcopy(self._state(), memo))
        return new

    def __reduce_ex__(self, protocol):
        # A pickled message loads where fasthdr is not installed.
        import copyreg
        cdef Runtime rt = runtime()
        if type(self) is rt.message_class:
            return copyreg._reconstructor, (rt.stdlib_class, object, None), self._state()
        return copyreg.__newobj__, (type(self),), self._state()


class HTTPMessage(MessageTable, http.client.HTTPMessage):
    """http.client.HTTPMessage over the C-level table of a parsed head.

    An instance of http.client.HTTPMessage and email.message.Message, with their every method. Strings are made when
    they are asked for; `_headers`, or any change of the message, makes the list of pairs that the stdlib keeps.
    """

    __module__ = "fasthdr.client"

    # What Message.__init__ sets, for messages that the core makes.
    _unixfrom = None
    _payload = ""
    _charset = None
    preamble = None
    epilogue = None
    _default_type = "text/plain"


_runtime.message_class = HTTPMessage


cdef MessageTable new_message(Runtime rt, bytes data):
    """A message of exactly fasthdr.client.HTTPMessage, its table still empty."""
    cdef type cls = <type>rt.message_class
    cdef MessageTable m = <MessageTable>(<fh_type_t *>cls).tp_new(cls, (), NULL)
    m.data = data
    m.plain = True
    return m


# -------------------------------------------------------------------------------------- header blocks from a reader

# The class asked for: of messages that only email.parser can make; that can be filled from the table; that can be if
# its constructor has left the message as Message.__init__ does; our own message.
cdef enum:
    KIND_FOREIGN
    KIND_FILLED
    KIND_OWN
    KIND_TABLE

FOREIGN, FILLED, OWN = <int>KIND_FOREIGN, <int>KIND_FILLED, <int>KIND_OWN


cdef inline int answer(fh_asked_t *asked, object tp, object ask) except -1:
    """ask(tp), from 0 to FH_ANSWERS - 1, remembered for the type as it is: 1 at once, as most answers are."""
    cdef unsigned int version = fh_version(tp)
    if version and <unsigned int>fh_flag(&asked.versions[1][version % FH_CLASSES]) == version:
        return 1
    return other_answer(asked, tp, ask)


cdef int other_answer(fh_asked_t *asked, object tp, object ask) except -1:
    """The same, of any answer.

    A new class has no version yet; one that has changed a thousand times gets none any more, and is asked each time.
    """
    cdef unsigned int version = fh_version(tp)
    cdef size_t slot = version % FH_CLASSES
    cdef int i
    if version:
        for i in range(FH_ANSWERS):
            if <unsigned int>fh_flag(&asked.versions[i][slot]) == version:
                return i
    i = ask(tp)
    if not 0 <= i < FH_ANSWERS:
        raise SystemError("no such answer")
    if version and version == fh_version(tp):
        fh_flag_set(&asked.versions[i][slot], <int>version)
    return i


cdef int kind_of(Runtime rt, object cls, bint alias) except -1:
    if cls is rt.message_class:
        return KIND_TABLE
    if cls is rt.stdlib_class:
        return KIND_TABLE if alias else KIND_FILLED
    return answer(&rt.kinds, cls, rt.kind) if isinstance(cls, type) else KIND_FOREIGN


cdef object by_stdlib(Runtime rt, object fp, object cls, object max_headers, str reason):
    """The stdlib's own parse_headers() on what is still unread."""
    if fh_flag(&rt.counting):
        rt.count(reason)
    if max_headers is None:
        return rt.parse_headers(fp, _class=cls)
    return rt.parse_headers(fp, _class=cls, _max_headers=max_headers)


cdef object by_parser(Runtime rt, bytes data, object cls, str reason):
    """email.parser on a block that has been read: what the stdlib's parse_headers() does with it."""
    if fh_flag(&rt.counting):
        rt.count(reason)
    return email.parser.Parser(_class=cls).parsestr(data.decode("iso-8859-1"))


# Why from_buffer() has left a block where it is.
cdef enum:
    LEFT_PART             # not all of it is in memory
    LEFT_READER
    LEFT_LIMIT
    LEFT_TYPE
    LEFT_BLOCK


cdef tuple reasons():
    """By which these are counted."""
    return ("reader", "reader", "limit", "content-type", "block")


# A block on its way from a file into a message.
cdef struct fh_reading_t:
    fh_block_t block      # as the walk leaves it
    int left              # LEFT_*, where from_buffer() has taken nothing
    int kind              # KIND_*, of the class asked for
    bint decided          # the message is the block's and nothing else: what follows holds
    fh_option_t option    # its Connection
    bint expects          # its Expect
    PyObject *seen        # what the file has in memory, where that is known, or bytes in place of it; borrowed, or NULL
    Py_ssize_t offset     # where its next byte lies in it


cdef inline void reading_init(fh_reading_t *reading) noexcept:
    """All but the kind."""
    fh_block_init(&reading.block)
    reading.decided = False
    reading.seen = NULL


cdef object build(Runtime rt, bytes data, fh_reading_t *reading, object cls, MessageTable m):
    """The message for a walked block; `data` are its bytes, m: of KIND_TABLE, where the walk has left its rows."""
    cdef fh_block_t *b = &reading.block
    cdef const uint8_t *p = start_of(data)
    cdef fh_body_t body = fh_body_kind(p, b)
    cdef object msg
    cdef list pairs
    if body == FH_BODY_MESSAGE or (body == FH_BODY_MULTIPART and not rt.multipart):
        return by_parser(rt, data, cls, "content-type")
    if reading.kind == KIND_TABLE:
        m.data = data
        m.many = table_take(&m.table, b)
        msg = m
        if body == FH_BODY_MULTIPART and fh_plain_multipart(p, b):
            m.multipart = True
            m.epilogue = ""
            body = FH_BODY_PLAIN
    else:
        pairs = pairs_of(rt, p, b.rows, b.count)
        if cls is rt.stdlib_class and rt.fill is not None:
            msg = (<fh_type_t *>cls).tp_new(<type>cls, (), NULL)
            rt.fill(msg, pairs)
            if body == FH_BODY_MULTIPART and fh_plain_multipart(p, b):
                msg.defects.extend(rt.multipart_defects())
                msg.epilogue = ""
                body = FH_BODY_PLAIN
        else:
            msg, by_email = rt.fill_class(cls, reading.kind == KIND_OWN, pairs, data, b.content_type >= 0)
            if by_email:
                if fh_flag(&rt.counting):
                    rt.count("class")
                return msg
    if body == FH_BODY_MULTIPART and not rt.finish_multipart(msg):
        return by_parser(rt, data, cls, "content-type")
    if reading.kind == KIND_TABLE or cls is rt.stdlib_class:
        reading.decided = True
        reading.option = fh_connection_option(p, b)
        reading.expects = fh_expects(p, b)
    if fh_flag(&rt.counting):
        rt.count("core")
    return msg


cdef inline MessageTable empty_message(Runtime rt, fh_reading_t *reading):
    """The message that a walk, still to begin, writes its rows into; None where its class is another."""
    cdef MessageTable m
    if reading.kind != KIND_TABLE:
        return None
    m = new_message(rt, None)
    walk_into(&m.table, &reading.block)
    return m


cdef object read_lines(Runtime rt, object fp, object max_headers):
    """The block line by line, with the calls and the limits of http.client._read_headers."""
    read_headers = rt.client["_read_headers"]
    if rt.read_headers_args == 2:
        return read_headers(fp, max_headers)
    if max_headers is None:
        return read_headers(fp)
    # The limit of one call, which came with the second argument.
    max_line = rt.client["_MAXLINE"]
    lines = []
    while True:
        line = fp.readline(max_line + 1)
        if len(line) > max_line:
            raise rt.client["LineTooLong"]("header line")
        if line in (b"\r\n", b"\n", b""):
            return lines
        lines.append(line)
        if len(lines) > max_headers:
            raise rt.client["HTTPException"](f"got more than {max_headers} headers")


cdef inline bint is_as_known(Runtime rt) except -1:
    """Whether all that the stdlib's parse_headers() is made of is as the core knows it."""
    cdef fh_client_t own
    return client_now(rt, &own).pieces and has_pieces(rt)


cdef object headers_from(Runtime rt, object fp, object cls, object max_headers, bint alias, fh_reading_t *reading):
    """parse_headers(): exactly the block is taken from fp, natively or by the stdlib's own code."""
    cdef object message
    reading.kind = kind_of(rt, cls, alias)
    if max_headers is None or rt.takes_max:  # else the stdlib cannot be asked: it is no keyword of the running version
        if reading.kind == KIND_FOREIGN or not rt.native:
            return by_stdlib(rt, fp, cls, max_headers, "class" if rt.native else "probe")
        if not is_as_known(rt):
            return by_stdlib(rt, fp, cls, max_headers, "patch")
        message = from_buffer(rt, fp, cls, max_headers, reading)
        if message is not None:
            return message
        if reading.left != LEFT_PART:
            return by_stdlib(rt, fp, cls, max_headers, reasons()[reading.left])
    return from_lines(rt, fp, cls, max_headers, reading)


cdef inline bytes in_memory(Runtime rt, object fp, bint buffered, Py_ssize_t *offset):
    """What a BufferedReader or BytesIO has in memory, and where its next byte lies; None: it is closed or detached."""
    cdef bytes seen
    if buffered:
        return fh_ask(&rt.peek, fp)
    seen = fh_ask(&rt.getvalue, fp)
    where = fh_ask(&rt.tell, fp)
    if seen is None or where is None:
        return None
    offset[0] = where
    return seen


cdef inline bint is_start(bytes taken, const uint8_t *p, size_t n) noexcept:
    """Whether what has been taken from a file are the n bytes at p that it had when it was looked at.

    Another thread may have read from it meanwhile: the length has to be right, or the rows would lie outside. Of the
    bytes, the first and the last are compared; a head that differs between them is the other thread's to answer for.
    """
    cdef const uint8_t *q
    if taken is None or <size_t>PyBytes_GET_SIZE(taken) != n:
        return False
    q = start_of(taken)
    if n < 8:
        return memcmp(q, p, n) == 0
    return memcmp(q, p, 8) == 0 and memcmp(q + n - 8, p + n - 8, 8) == 0


cdef object from_buffer(Runtime rt, object fp, object cls, object max_headers, fh_reading_t *reading):
    """The message, from what fp has in memory; None, nothing taken, where `reading.left` says why."""
    cdef fh_block_t *b = &reading.block
    cdef fh_scan_t scan
    cdef fh_code_t code
    cdef object tp = type(fp)
    cdef object limit
    cdef bytes data, seen
    cdef MessageTable m
    cdef Py_ssize_t offset = 0
    cdef fh_client_t own
    cdef const fh_client_t *now
    cdef bint buffered = tp is rt.buffered_reader
    cdef bint given = <PyObject *>fp == reading.seen  # bytes, not a file
    reading.left = LEFT_PART
    if not buffered and tp is not rt.bytes_io and not given:
        return None
    if reading.seen == NULL:
        seen = in_memory(rt, fp, buffered, &offset)
    else:
        seen = <bytes>reading.seen
        offset = reading.offset
    if seen is None:
        reading.left = LEFT_READER  # closed or detached: its own words
        return None
    now = client_now(rt, &own)  # that look may have run code of a program's
    limit = rt.client["_MAXHEADERS"] if max_headers is None and now.max_headers < 0 else max_headers
    if not now.max_line or (limit is not None and type(limit) is not int and type(limit) is not float):
        return None  # to compare with other types is a call, which may read from the file
    if offset > PyBytes_GET_SIZE(seen):
        offset = PyBytes_GET_SIZE(seen)
    m = empty_message(rt, reading)
    if offset == PyBytes_GET_SIZE(seen):
        if given:
            return None
        # End of the input, and reading again is not ours to do.
        return build(rt, b"", reading, cls, m)
    fh_scan_init(&scan, start_of(seen) + offset, <size_t>(PyBytes_GET_SIZE(seen) - offset), rt.classify)
    if scan.n > FH_MAX_HEAD:
        scan.n = FH_MAX_HEAD
    code = fh_walk(&scan, 0, False, rt.fold, <size_t>now.max_line, b)
    if code == FH_OK:
        if b.longest > <size_t>now.max_line or not within(now, b.lines + 1, limit):
            reading.left = LEFT_LIMIT
        elif fh_body_kind(scan.p, b) == FH_BODY_MESSAGE:
            reading.left = LEFT_TYPE
        elif given:
            return build(rt, PyBytes_FromStringAndSize(<const char *>scan.p, <Py_ssize_t>b.end), reading, cls, m)
        else:
            data = fh_ask_for(&rt.buffered_read if buffered else &rt.bytes_read, fp, <Py_ssize_t>b.end)
            if not is_start(data, scan.p, b.end):
                return by_parser(rt, data or b"", cls, "reader")
            return build(rt, data, reading, cls, m)
    elif code == FH_FOREIGN:
        reading.left = LEFT_BLOCK
    elif code == FH_NO_MEMORY:
        raise MemoryError
    fh_block_free(b)
    fh_block_init(b)
    return None


cdef inline bint within(const fh_client_t *now, size_t lines, object limit) except -1:
    """True where that many lines, the blank line included, are not too many; limit: None for http.client's."""
    return lines <= <size_t>now.max_headers if limit is None else lines <= limit


cdef object from_lines(Runtime rt, object fp, object cls, object max_headers, fh_reading_t *reading):
    """The message, read with the calls that the stdlib makes."""
    cdef fh_block_t *b = &reading.block
    cdef fh_scan_t scan
    cdef fh_code_t code
    cdef bytes data
    cdef MessageTable m
    if not rt.read_headers_args:
        return by_stdlib(rt, fp, cls, max_headers, "reader")
    data = b"".join(read_lines(rt, fp, max_headers))
    if reading.kind == KIND_FOREIGN or not rt.native:
        return by_parser(rt, data, cls, "class" if rt.native else "probe")
    if not is_as_known(rt):
        return by_parser(rt, data, cls, "patch")
    if <size_t>PyBytes_GET_SIZE(data) > FH_MAX_HEAD:
        return by_parser(rt, data, cls, "limit")
    fh_scan_init(&scan, start_of(data), <size_t>PyBytes_GET_SIZE(data), rt.classify)
    m = empty_message(rt, reading)
    code = fh_walk(&scan, 0, True, rt.fold, FH_MAX_HEAD, b)
    if code == FH_NO_MEMORY:
        raise MemoryError
    if code != FH_OK or b.end != scan.n:
        return by_parser(rt, data, cls, "block")
    return build(rt, data, reading, cls, m)


def parse_headers(fp, _class=HTTPMessage, *, _max_headers=None):
    """Read a header block from fp and parse it (http.client.parse_headers).

    fp: anything with readline(n) that returns bytes; exactly the block is taken from it, the blank line included.
    _class: HTTPMessage; or any other class, of which the message is then a genuine instance.
    _max_headers: limit on field lines in place of http.client._MAXHEADERS, as CPython 3.15 has it.

    Raises http.client.LineTooLong beyond http.client._MAXLINE bytes a line, and http.client.HTTPException beyond the
    limit of field lines.
    """
    cdef fh_reading_t reading
    reading_init(&reading)
    try:
        return headers_from(runtime(), fp, _class, _max_headers, False, &reading)
    finally:
        fh_block_free(&reading.block)


cdef object installed(object fp, object cls, object max_headers):
    """http.client.parse_headers() over the core, as fasthdr.install() puts it in place."""
    cdef Runtime rt = runtime()
    cdef fh_reading_t reading
    reading_init(&reading)
    try:
        return headers_from(rt, fp, cls, max_headers, not fh_flag(&rt.exact), &reading)
    finally:
        fh_block_free(&reading.block)


# As the versions of CPython have it; fasthdr._stdlib.probe says which of them is the running one's.

@cython.embedsignature(False)
def parse_headers_installed(fp, _class=http.client.HTTPMessage):
    return installed(fp, _class, None)


@cython.embedsignature(False)
def parse_headers_within(fp, _class=http.client.HTTPMessage, *, _max_headers=None):
    return installed(fp, _class, _max_headers)


parse_headers.__module__ = "fasthdr.client"  # the module that has it
_runtime.installed = parse_headers_installed
_runtime.own_parse_headers = parse_headers


# -------------------------------------------------------------------------------------------- the handler's request

cdef object left(Runtime rt, str reason):
    """None: the stdlib reads what begins here."""
    if fh_flag(&rt.counting):
        rt.count(reason)
    return None


cdef inline bint is_http11(str version) noexcept:
    return (PyUnicode_GET_LENGTH(version) == 8 and PyUnicode_IS_ASCII(version)
            and memcmp(PyUnicode_DATA(version), b"HTTP/1.1", 8) == 0)


ctypedef PyObject *(*fh_from_buffer_t)(Runtime, object, object, object, fh_reading_t *) noexcept


cdef inline bint is_quiet(Runtime rt, object fp, bint given, object cls, int kind) except -1:
    """Whether no code of a program's can run while a block is taken from memory: none that could see the handler."""
    if kind != KIND_TABLE and (cls is not rt.stdlib_class or rt.fill is None):
        return False
    if given or type(fp) is rt.bytes_io:
        return True
    return type(fp) is rt.buffered_reader and fh_member_is(&rt.raw, fp, rt.socket_io, rt.bytes_io)


cdef inline tuple request_of(object self, object raw, object rfile, Py_ssize_t start, object cls,
                             object protocol_version):
    """read_request(), and read_request_at() if `start` is not negative; rfile is bytes then."""
    cdef Runtime rt = runtime()
    cdef fh_request_line_t r
    cdef fh_scan_t scan
    cdef fh_reading_t reading
    cdef const uint8_t *p
    cdef object message, command, path, line
    cdef PyObject *found
    cdef fh_client_t own
    cdef const fh_client_t *now
    cdef bint keep, persistent, alias
    now = client_now(rt, &own)
    if (type(raw) is not bytes or now.patched or not now.pieces or type(protocol_version) is not str or not rt.native
            or not has_pieces(rt) or not answer(&rt.handlers, type(self), rt.is_plain_handler)):
        return None
    alias = now.alias and not fh_flag(&rt.exact)
    reading.kind = kind_of(rt, cls, alias)
    if not is_quiet(rt, rfile, start >= 0, cls, reading.kind):
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
        found = (<fh_from_buffer_t>from_buffer)(rt, rfile, cls, None, &reading)
        if found == NULL:
            command, path = name_at(rt, p, r.method_len), path_at(rt, p, &r)
            stored(self, command, rt.versions[r.minor], not keep, text_at(p, r.length), path)
        message = <object>found
        Py_XDECREF(found)
        if message is None:
            return None
        command = name_at(rt, p, r.method_len)
        path = path_at(rt, p, &r)
        line = text_at(p, r.length)
        if not reading.decided:
            return command, rt.versions[r.minor], not keep, line, path, message, None
        return (command, rt.versions[r.minor], not fh_keeps_alive(reading.option, persistent, keep), line, path,
                message, keep and reading.expects)
    finally:
        fh_block_free(&reading.block)


@cython.binding(False)
def read_request(self, raw, rfile, cls, protocol_version, /):
    """What BaseHTTPRequestHandler.parse_request() stores, for fasthdr._standins.server_request to store.

    Returns (command, request_version, close_connection, requestline, path, headers, expect), the block taken from
    rfile; expect is None where the message is not of the core's making, and its Connection and Expect not looked at. Or
    None, nothing taken: the request is for the stdlib, or to be read in steps, as request_line() says.
    """
    return request_of(self, raw, rfile, -1, cls, protocol_version)


@cython.binding(False)
def read_request_at(self, raw, bytes data not None, Py_ssize_t start, cls, protocol_version, /):
    """read_request() of a block that begins at data[start]."""
    if not 0 <= start <= PyBytes_GET_SIZE(data):
        raise ValueError("start is outside the data")
    return request_of(self, raw, data, start, cls, protocol_version)


@cython.binding(False)
def request_line(self, /):
    """(command, request_version, close_connection, requestline, path) of a handler's request; None: for the stdlib.

    To be stored before read_block(), as the stdlib has it: to read the block may take time, or run code of a program's
    that looks at the handler, and so may making the message.
    """
    cdef Runtime rt = runtime()
    cdef fh_request_line_t r
    cdef fh_scan_t scan
    cdef fh_client_t own
    cdef const uint8_t *p
    if not answer(&rt.handlers, type(self), rt.is_plain_handler):
        return left(rt, "handler")
    raw, version = self.raw_requestline, self.protocol_version
    if type(raw) is not bytes:
        # a subclass of bytes is another's request line, to count as well
        return None if isinstance(raw, bytes) else left(rt, "request line")
    p = <const uint8_t *>PyBytes_AS_STRING(<bytes>raw)
    fh_scan_init(&scan, p, <size_t>PyBytes_GET_SIZE(<bytes>raw), rt.classify)
    if (type(version) is not str or client_now(rt, &own).patched or not hasattr(self, "rfile")
            or not fh_request_line(&scan, scan.n, &r) or not takes_path(rt, &r)):
        return left(rt, "request line") if raw else None  # b"" is no head, but the end of a connection
    return (name_at(rt, p, r.method_len), rt.versions[r.minor], not (r.minor == 1 and version >= "HTTP/1.1"),
            text_at(p, r.length), path_at(rt, p, &r))


@cython.binding(False)
def read_block(fp, cls, /):
    """The headers of the request: http.client.parse_headers(fp, _class=cls), where that is not a program's own."""
    cdef Runtime rt = runtime()
    cdef fh_reading_t reading
    cdef fh_client_t own
    cdef const fh_client_t *now = client_now(rt, &own)
    if now.patched:
        return rt.client["parse_headers"](fp, _class=cls)
    reading_init(&reading)
    try:
        return headers_from(rt, fp, cls, None, now.alias and not fh_flag(&rt.exact), &reading)
    finally:
        fh_block_free(&reading.block)


cdef int stored(object handler, object command, object version, bint close, object line, object path) except -1:
    """Raise the exception that is set, the handler's attributes as the stdlib has them when it reads the block."""
    try:
        fh_raise()
    except BaseException:
        handler.command, handler.request_version, handler.close_connection = command, version, close
        handler.requestline, handler.path = line, path
        raise


# ------------------------------------------------------------------------------------------- the client's response

cdef dict plain_state(Runtime rt, response):
    """The dict of an http.client.HTTPResponse whose attributes are that dict's entries, and whose methods that begin()
    calls are the stdlib's; or None.

    Its class derives from one in C: each look at an attribute and each store takes the interpreter several times as
    long as one at the dict.
    """
    if not answer(&rt.responses, type(response), rt.stores_plainly):
        return None
    return PyObject_GenericGetDict(response, NULL)


@cython.final
@cython.auto_pickle(False)
cdef class SocketFiles:
    """socket.socket.makefile("rb"), its SocketIO filled without its __init__().

    raw: the attributes of a SocketIO, its _sock None.
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
        """What sock.makefile("rb") returns, by its own where it is another than that of the stdlib."""
        cdef dict state
        cdef object raw
        if (type(sock) is not self.socket_class or not self.socket_version or not self.raw_version
                or fh_version(self.socket_class) != self.socket_version
                or fh_version(self.raw_class) != self.raw_version
                or self.socket_module.get("SocketIO") is not self.raw_class
                or self.io_module.get("BufferedReader") is not self.buffered_class):
            return sock.makefile("rb")
        raw = (<fh_type_t *>self.raw_class).tp_new(<type>self.raw_class, (), NULL)
        state = PyObject_GenericGetDict(raw, NULL)
        state.update(self.raw)
        state["_sock"] = sock
        sock._io_refs += 1
        return self.buffered_class(raw, self.io_module["DEFAULT_BUFFER_SIZE"])


@cython.binding(False)
def start(response, sock, debuglevel, method, /):
    """http.client.HTTPResponse.__init__(); False: nothing is done, and the stdlib has to."""
    cdef Runtime rt = runtime()
    cdef dict state = plain_state(rt, response)
    if state is None or len(state):
        return False
    fp = sock.makefile("rb") if rt.socket_files is None else (<SocketFiles>rt.socket_files).of(sock)
    state.update(rt.attributes)
    state["fp"] = fp
    state["debuglevel"] = debuglevel
    state["_method"] = method
    return True


cdef size_t start_lines(Runtime rt, const fh_client_t *now, const uint8_t *p, size_t n, object limit,
                        fh_status_line_t *r) except? 0:
    """Length of the status line at p, and of an interim response before it; 0: not whole, or for the stdlib.

    r: what the status line says, its reason from p on. limit: of the lines of the interim response, None or int.
    """
    cdef const uint8_t *lf = <const uint8_t *>memchr(p, c"\n", min(n, <size_t>now.max_line))
    cdef size_t first, end
    if lf == NULL or not fh_status_line(p, lf - p + 1, r):
        return 0
    first = lf - p + 1
    if r.status != 100:
        return first
    if limit is None:
        limit = now.max_headers
    # Where there is a limit on interim responses, one is within any that is a limit.
    most = rt.client.get("_MAXINTERIMRESPONSES", 2)
    if type(limit) is not int or not 0 <= limit < 0x7FFFFFFF or type(most) is not int or most < 2 or not now.pieces:
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


cdef bytes read_status(Runtime rt, object fp, dict state, object limit, Py_ssize_t *offset):
    """Take the status line from fp and store what it says; None: nothing is taken, and the stdlib has to read.

    Returns what fp had in memory; offset: where its next byte lies.
    """
    cdef fh_status_line_t r
    cdef bytes seen
    cdef const uint8_t *p
    cdef size_t n
    cdef fh_client_t own
    cdef const fh_client_t *now
    cdef bint buffered = type(fp) is rt.buffered_reader
    if not buffered and type(fp) is not rt.bytes_io:
        return left(rt, "status line: reader")
    seen = in_memory(rt, fp, buffered, offset)
    if seen is None:
        return left(rt, "status line: reader")
    now = client_now(rt, &own)
    if offset[0] >= PyBytes_GET_SIZE(seen):
        # reading again is not ours to do
        raise http.client.RemoteDisconnected("Remote end closed connection without response")
    p = start_of(seen) + offset[0]
    n = start_lines(rt, now, p, <size_t>(PyBytes_GET_SIZE(seen) - offset[0]), limit, &r)
    if n == 0:
        return left(rt, "status line")
    reason = text_at(p + r.reason, r.reason_len)
    taken = fh_ask_for(&rt.buffered_read if buffered else &rt.bytes_read, fp, <Py_ssize_t>n)
    state["code"] = state["status"] = r.status
    state["reason"] = reason
    state["version"] = 10 + r.minor
    offset[0] += <Py_ssize_t>n
    if not is_start(taken, p, n):
        offset[0] = PyBytes_GET_SIZE(seen)  # what follows lies elsewhere
    return seen


cdef object message_of(Runtime rt, object fp, object parse_headers, tuple limit, bytes seen, Py_ssize_t offset):
    """parse_headers(fp), and with its limit where there is one: at once, where that is the core's."""
    cdef fh_reading_t reading
    cdef fh_client_t own
    cdef const fh_client_t *now = client_now(rt, &own)
    cdef object cls = None
    cdef bint alias = False
    if parse_headers is rt.begin_installed:
        if now.alias:
            cls = rt.stdlib_class
            alias = not fh_flag(&rt.exact)
    elif parse_headers is rt.begin_probed:
        cls = rt.message_class
    elif parse_headers is rt.begin_imported and not now.patched and rt.own.get("parse_headers") is rt.own_parse_headers:
        cls = rt.message_class
    if cls is None:
        return parse_headers(fp, _max_headers=limit[0]) if limit else parse_headers(fp)
    reading_init(&reading)
    if offset < PyBytes_GET_SIZE(seen):  # else the buffer is empty, which is not yet the end of the file
        reading.seen = <PyObject *>seen
        reading.offset = offset
    try:
        return headers_from(rt, fp, cls, limit[0] if limit else None, alias, &reading)
    finally:
        fh_block_free(&reading.block)


cdef inline object first_of(Runtime rt, object message, str name):
    """message.get(name)"""
    if (type(message) is rt.message_class and (<MessageTable>message).plain and (<MessageTable>message).pairs is None
            and has_methods(rt)):
        return (<MessageTable>message).first(name, None)
    return message.get(name)


cdef int frame(Runtime rt, object response, dict state, object message) except -1:
    """What the fields say of the body and of the connection, as http.client.HTTPResponse.begin() has it."""
    cdef bint chunked, will_close
    coding = first_of(rt, message, "transfer-encoding")
    chunked = bool(coding) and coding.lower() == "chunked"
    state["chunked"] = chunked
    if chunked:
        state["chunk_left"] = None
    if state["version"] == 11:
        option = first_of(rt, message, "connection")
        will_close = bool(option) and "close" in option.lower()
    else:
        will_close = response._check_close()
    length = None
    value = first_of(rt, message, "content-length")
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


@cython.binding(False)
def begin(response, parse_headers, /, *limit):
    """http.client.HTTPResponse.begin(); False: nothing is read, and the stdlib has to.

    parse_headers: makes the message. limit: the _max_headers of later versions of CPython, stored before all else.
    """
    cdef Runtime rt = runtime()
    cdef bytes seen
    cdef Py_ssize_t offset = 0
    cdef dict state = plain_state(rt, response)
    if state is None or "_method" not in state:
        left(rt, "status line: response")
        return False
    if state.get("headers", rt) is not None:
        return False  # it has begun, or is to say that there is no such attribute
    level = state.get("debuglevel")
    if type(level) is not int or <object>level > 0 or "_read_status" in state or "_check_close" in state:
        left(rt, "status line: response")
        return False
    if limit:
        state["_max_headers"] = limit[0]
    fp = state.get("fp")
    seen = read_status(rt, fp, state, limit[0] if limit else None, &offset)
    if seen is None:
        return False
    message = message_of(rt, fp, parse_headers, limit, seen, offset)
    state["headers"] = state["msg"] = message
    frame(rt, response, state, message)
    return True


# ------------------------------------------------------------------------------------------------------------- switches

FOLD_FOREIGN = <int>FH_FOLD_FOREIGN
FOLD_KEEP = <int>FH_FOLD_KEEP
FOLD_STRIP = <int>FH_FOLD_STRIP


def simd():
    """Name of the instruction set that stage 1 uses: 'scalar', ..."""
    return runtime().simd


def stats():
    """Heads counted so far, by who read them: {'core': n, a reason for the stdlib: n, ...}; see collect_stats().

    A status line that http.client reads itself is counted under a reason that begins with "status line", and its header
    block beside it.
    """
    cdef Runtime rt = runtime()
    with cython.critical_section(rt):
        return dict(rt.counts)


def collect_stats(on=True):
    """Start counting heads from zero, or stop. Off at import, and free of cost while off."""
    cdef Runtime rt = runtime()
    with cython.critical_section(rt):
        fh_flag_set(&rt.counting, bool(on))
        if on:
            rt.counts = {}


def count(str reason):
    """Count a head that was left to the stdlib, while counting is on."""
    cdef Runtime rt = runtime()
    if fh_flag(&rt.counting):
        rt.count(reason)
