# SPDX-License-Identifier: MIT
"""Facts about one interpreter: the variant of stage 1, what the stdlib does, names, the count of heads."""
from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.object cimport PyObject
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

from fasthdr._core.classify cimport fh_classify_fn, fh_same
from fasthdr._core.cpython cimport fh_flag, fh_flag_set, fh_version
from fasthdr._core.interpreters cimport fh_local_t, local_object
from fasthdr._core.start_line cimport fh_request_line_t
from fasthdr._core.table cimport ascii_at, text_at
from fasthdr._core.walk cimport fh_fold_t


cdef enum:
    FH_SLOTS = 1024  # slots in the hash table of well-known names, a power of two
    FH_KNOWN = 255   # maximum number of well-known names
    FH_CLASSES = 16  # versions of classes that are remembered for each answer
    FH_ANSWERS = 3   # possible answers about a class


cdef enum:
    COUNTING = 1     # stats are collected
    TELLING = 2      # a watcher is called


cdef struct fh_known_t:
    # A well-known name.
    PyObject *s                       # str; `known` holds it
    const uint8_t *text
    size_t length


cdef class Runtime:
    """Made once, at import. Only the count of heads and some flags are written later."""
    cdef fh_classify_fn classify
    cdef fh_classify_fn classify_plain
    cdef readonly str simd            # name of the stage 1 variant
    # What the running stdlib does (fasthdr._stdlib.probe).
    cdef readonly object facts
    cdef fh_fold_t fold               # how an obs-fold after an empty first line is joined
    cdef bint native                  # the core may read header blocks at all
    cdef int multipart                # a flag: the core finishes multipart/* as the stdlib does; -1: not tried yet
    cdef bint fills                   # a message filled without Message.__init__ is the same as with it
    cdef bint blank_line              # the empty line is counted and belongs to the parsed text
    cdef bint takes_max               # parse_headers has the keyword _max_headers
    cdef bint limit_first             # _read_headers reads _MAXHEADERS before the first line, not after each line
    cdef int read_headers_args        # positional arguments of http.client._read_headers; 0: unknown
    cdef object collapses             # tells whether leading slashes in a path are reduced to one; or None
    # Well-known names.
    cdef tuple known                  # the shared names
    cdef fh_known_t[FH_KNOWN] names   # the same, with pointers to their text
    cdef uint8_t[FH_SLOTS] slots      # hash of a spelling -> index into `known` plus 1; 0: none
    cdef tuple versions               # ("HTTP/1.0", "HTTP/1.1")
    # The count of heads.
    cdef int counting                 # flags: COUNTING, TELLING
    cdef dict counts                  # reason -> heads
    cdef object watcher               # called for each head that is left to the stdlib; or None
    cdef readonly set probing         # numbers of the threads whose heads are not counted
    cdef int choose_variant(self, str wanted) except -1
    cdef int share_names(self, tuple names) except -1
    cdef int count(self, str reason, bytes data=*, Py_ssize_t offset=*, object cause=*) except -1


cdef inline bint finishes_multipart(Runtime rt) except -1:
    """Return whether the core finishes multipart/* as the stdlib does: tried when the first such head comes."""
    if fh_flag(&rt.multipart) < 0:
        fh_flag_set(&rt.multipart, bool(rt.facts.multipart))
    return fh_flag(&rt.multipart)


cdef inline object leave_to_stdlib(Runtime rt, str reason, object cause=None):
    """Count a head, or a part of one, that is left to the stdlib. Returns None. cause: the class that is the reason."""
    if fh_flag(&rt.counting):
        rt.count(reason, None, 0, cause)
    return None


cdef inline object leave_line_to_stdlib(Runtime rt, str reason, const uint8_t *p, size_t n):
    """Do leave_to_stdlib() for the line at p, within n bytes."""
    if fh_flag(&rt.counting):
        rt.count(reason, PyBytes_FromStringAndSize(<const char *>p, <Py_ssize_t>min(n, <size_t>65536)))
    return None


cdef inline bint takes_path(Runtime rt, const fh_request_line_t *r) except -1:
    """Return whether the core knows the handler's path: what the stdlib does with several leading slashes."""
    return r.slashes == 0 or rt.collapses() is not None


cdef inline str path_at(Runtime rt, const uint8_t *p, const fh_request_line_t *r, bint ascii):
    """Return the handler's path, for a request line that takes_path() has accepted. ascii: it is known to be ASCII."""
    cdef size_t skip = r.slashes - 1 if r.slashes and rt.collapses() else 0
    cdef size_t n = r.target_len - skip
    p += r.target + skip
    return ascii_at(p, n) if ascii and n > 1 else text_at(p, n)


cdef inline size_t slot_of(const uint8_t *p, size_t n) noexcept nogil:
    return (n * 29 + p[0] * 5 + p[n // 2] * 31 + p[n - 1] * 71) % FH_SLOTS


cdef inline int known_at(Runtime rt, const uint8_t *p, size_t n) noexcept:
    """Return the index into rt.known of the field name or method p[:n], n > 0, in exactly this spelling; or -1."""
    cdef size_t slot = slot_of(p, n)
    cdef const fh_known_t *name
    while rt.slots[slot]:
        name = &rt.names[rt.slots[slot] - 1]
        if name.length == n and fh_same(name.text, p, n):
            return rt.slots[slot] - 1
        slot = (slot + 1) % FH_SLOTS
    return -1


cdef inline str name_at(Runtime rt, const uint8_t *p, size_t n):
    """Return the field name or method p[:n], n > 0: a shared str if it is well known."""
    cdef int known = known_at(rt, p, n)
    return text_at(p, n) if known < 0 else <str>rt.names[known].s


cdef class ClassAnswers:
    """The answers of a function in Python about classes: ask(tp) is a number below FH_ANSWERS."""
    cdef object ask
    cdef fh_local_t *local                         # where it is the interpreter's; or NULL
    cdef int[FH_ANSWERS][FH_CLASSES] versions  # answer -> the versions of classes that have it
    cdef int find_answer(self, object tp) except -1


cdef inline int answer_about(ClassAnswers answers, object tp) except -1:
    """Return answers.ask(tp), remembered until the type changes. The answer 1 is looked up first: most are 1."""
    cdef unsigned int version = fh_version(tp)
    if version and <unsigned int>fh_flag(&answers.versions[1][version % FH_CLASSES]) == version:
        return 1
    return answers.find_answer(tp)


cdef int share(dict names, tuple others=*) except -1

cdef fh_local_t the_runtime


cdef inline Runtime runtime():
    """Return the interpreter's Runtime, without a look-up if only one interpreter has the core."""
    return <Runtime>local_object(&the_runtime)
