# SPDX-License-Identifier: MIT
"""What a Cython module sees of the core; `from fasthdr cimport ...` names what it may rely on."""
from cpython.object cimport PyObject
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t

from fasthdr._core.classify cimport fh_classify_fn, fh_same
from fasthdr._core.start_line cimport fh_request_line_t
from fasthdr._core.walk cimport fh_fold_t, fh_row_t
from fasthdr._core.cpython cimport fh_member_t, fh_method_t, fh_type_unchanged, fh_unchanged, fh_watch_t
from fasthdr._core.table cimport fh_table_t, text_at


cdef enum:
    FH_SLOTS = 1024  # of the hash of well-known names, a power of two
    FH_KNOWN = 255   # of those names at most
    FH_CLASSES = 16  # states of classes that are remembered, of each kind of class
    FH_ANSWERS = 3   # that are remembered of each


cdef struct fh_client_t:
    # What http.client had when it was looked at.
    bint alias                        # its parse_headers is ours
    bint patched                      # its parse_headers is neither the stdlib's nor ours
    bint pieces                       # what that calls is the stdlib's
    long max_line                     # _MAXLINE; 0 where the core cannot compare with it
    long max_headers                  # _MAXHEADERS; -1 where the core cannot compare with it


cdef struct fh_asked_t:
    # What a function in Python has said of classes: answer -> the versions of classes of which that is it.
    int[FH_ANSWERS][FH_CLASSES] versions


cdef struct fh_known_t:
    # A well-known name.
    PyObject *s                       # str; `known` holds it
    const uint8_t *text
    size_t length


cdef class Runtime:
    """What the core knows of the running interpreter's stdlib; one a module, written at import alone, but for two flags
    and for `last`, which only threads that share a GIL write."""
    cdef fh_classify_fn classify
    cdef fh_classify_fn classify_plain
    cdef readonly str simd            # name of the stage 1 variant
    cdef public fh_fold_t fold        # how an obs-fold after an empty first line is joined
    cdef public bint native           # the core may read header blocks at all
    cdef public bint multipart        # multipart/* as the core finishes it is what the stdlib makes
    cdef public bint blank_line       # the blank line is counted and belongs to the parsed text
    cdef int exact                    # a flag: install(exact_type=True)
    cdef int counting                 # a flag: stats are collected
    cdef public dict counts           # reason -> heads
    cdef public dict client           # vars(http.client)
    cdef public object message_class  # fasthdr.client.HTTPMessage
    cdef public object stdlib_class   # http.client.HTTPMessage
    cdef public object message_base   # email.message.Message
    cdef public object compat32       # the policy of every message
    cdef public object parse_headers  # http.client.parse_headers as it was found
    cdef public object installed      # what install() puts in the place of parse_headers
    cdef public bint takes_max        # parse_headers has the keyword _max_headers
    cdef public object collapses      # probe: whether a leading run of slashes in a path becomes one; or None
    cdef public bint genuine          # parse_headers, as it was found, is the stdlib's own
    cdef public set probing           # numbers of the threads whose heads are not counted
    cdef public int read_headers_args  # positional arguments of http.client._read_headers; 0: unknown
    cdef public object kind           # message_class: which KIND_* a class is of
    cdef fh_asked_t kinds             # what that has said
    cdef public object fill_class     # message_class: makes and fills a message of a program's class
    cdef public object finish_multipart  # message_class: what email.feedparser adds to a multipart/* message
    cdef public object multipart_defects  # its defects, as a new list, if its Content-Type is well-formed
    cdef public object fill           # fasthdr.client: what Message.__init__ does, and the parsed pairs; or None
    cdef public object is_as_found    # parts: whether what parse_headers() is made of is as it was found
    cdef public dict found            # name -> what parse_headers() calls of http.client, as it was found
    cdef public object stores_plainly  # client_response: whether a class has attributes as the stdlib's has
    cdef public dict attributes       # client_response: what HTTPResponse.__init__() stores; None for its arguments
    cdef public object socket_files   # client_response: SocketFiles, or None
    cdef public object begin_probed   # client_response: the parse_headers of a begin() that is tried out
    cdef public object begin_installed  # client_response: the parse_headers of an installed begin()
    cdef public object begin_imported  # client_classes: the parse_headers of its own begin()
    cdef public dict own              # vars(fasthdr.client)
    cdef public object own_parse_headers  # its parse_headers
    cdef fh_asked_t responses         # what that has said
    cdef int count(self, str reason) except -1
    cdef const fh_client_t *look(self, fh_client_t *own) except NULL
    cdef bint look_at_pieces(self) except -1
    cdef bint look_at_methods(self) except -1
    cdef public object is_plain_handler  # server_request: whether a handler's attributes are nothing but that
    cdef fh_asked_t handlers          # what that has said
    cdef type buffered_reader
    cdef type bytes_io
    cdef object socket_io
    cdef fh_member_t raw              # attribute of the first type
    cdef fh_method_t peek, buffered_read  # methods of the first type
    cdef fh_method_t getvalue, tell, bytes_read  # of the second
    cdef bint watching                # `last` holds as long as `client_watch` has seen no change
    cdef fh_watch_t client_watch      # of vars(http.client)
    cdef fh_client_t last             # what http.client had last, where `watching`
    # Of what is_as_found() looks at, as it was when that said yes, and when it said no. For the methods alone, that is
    # the class of our own messages, which changes with those above it.
    cdef fh_watch_t pieces_watch, other_pieces_watch
    cdef fh_watch_t methods_watch, other_methods_watch
    cdef bint look_at(self, fh_watch_t *same, fh_watch_t *other, bint methods) except -1
    cdef tuple known                  # the shared names
    cdef fh_known_t[FH_KNOWN] names   # the same, with where their text is
    cdef uint8_t[FH_SLOTS] slots      # hash of a spelling -> index into `known` plus 1; 0: none
    cdef tuple versions               # ("HTTP/1.0", "HTTP/1.1")


cdef inline bint has_pieces(Runtime rt) except -1:
    """Whether email.parser, and the classes of messages, are as the core knows them."""
    return True if fh_unchanged(&rt.pieces_watch) else rt.look_at_pieces()


cdef inline bint has_methods(Runtime rt) except -1:
    """Whether the methods of messages that the table stands for are those of the stdlib."""
    return True if fh_type_unchanged(&rt.methods_watch) else rt.look_at_methods()


cdef inline bint takes_path(Runtime rt, const fh_request_line_t *r) except -1:
    """Whether the core knows the handler's path: it has to know what the stdlib does with several leading slashes."""
    return r.slashes == 0 or rt.collapses() is not None


cdef inline str path_at(Runtime rt, const uint8_t *p, const fh_request_line_t *r):
    """The handler's path, for a request line that takes_path() has accepted."""
    cdef size_t skip = r.slashes - 1 if r.slashes and rt.collapses() else 0
    return text_at(p + r.target + skip, r.target_len - skip)


cdef inline size_t slot_of(const uint8_t *p, size_t n) noexcept nogil:
    return (n * 29 + p[0] * 5 + p[n // 2] * 31 + p[n - 1] * 71) % FH_SLOTS


cdef inline int known_at(Runtime rt, const uint8_t *p, size_t n) noexcept:
    """Index into rt.known of the field name or method p[:n], n > 0, in this very spelling; or -1."""
    cdef size_t slot = slot_of(p, n)
    cdef const fh_known_t *name
    while rt.slots[slot]:
        name = &rt.names[rt.slots[slot] - 1]
        if name.length == n and fh_same(name.text, p, n):
            return rt.slots[slot] - 1
        slot = (slot + 1) % FH_SLOTS
    return -1


cdef inline str name_at(Runtime rt, const uint8_t *p, size_t n):
    """The field name or method p[:n], n > 0: a shared str where it is well known."""
    cdef int known = known_at(rt, p, n)
    return text_at(p, n) if known < 0 else <str>rt.names[known].s


cdef class MessageTable:
    """The storage under HTTPMessage: the table while nobody has changed the message, the list of pairs from then on."""
    cdef bytes data
    cdef fh_table_t table
    cdef bytes many                   # memory of the table's rows, where they are many
    cdef object pairs
    cdef object own_policy
    cdef object own_defects
    cdef bint multipart               # has the defects of a well-formed multipart/*, made when asked for
    cdef bint plain                   # made by the core as exactly fasthdr.client.HTTPMessage
    cdef object first(self, str name, object otherwise)
    cdef object item(self, name)


cdef list pairs_of(Runtime rt, const uint8_t *p, const fh_row_t *rows, uint32_t count)
cdef MessageTable new_message(Runtime rt, bytes data)
