# SPDX-License-Identifier: MIT
"""Facts about one interpreter: the variant of stage 1, what the stdlib does, names, the count of heads."""
cimport cython
from cpython.object cimport PyObject
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t

from fasthdr._core.classify cimport FH_FTEXT, FH_PLAIN, fh_classify_select
from fasthdr._core.cpython cimport FH_NO_GIL, fh_flag, fh_flag_set, fh_immortal, fh_version
from fasthdr._core.interpreters cimport fh_local_drop, fh_local_set_object
from fasthdr._core.table cimport PyUnicode_DATA, PyUnicode_GET_LENGTH
from fasthdr._core.walk cimport FH_FOLD_FOREIGN, FH_FOLD_KEEP, FH_FOLD_STRIP

import http.client
import os
from _thread import get_ident
from sys import intern

from fasthdr._names import METHODS, SPELLINGS
from fasthdr._stdlib.probe import Facts, collapses

cdef int make_immortal(object o) except -1:
    """Make an object immortal, and if it is a tuple, what it holds."""
    fh_immortal(o)
    if type(o) is tuple:
        for each in <tuple>o:
            make_immortal(each)
    return 0


cdef bint is_ours(object o) except -1:
    return str(getattr(o, "__module__", None)).startswith("fasthdr.")


cdef int share(dict names, tuple others=()) except -1:
    """Make immortal what threads share in one of our modules: its functions, class members, objects, and `others`."""
    if not FH_NO_GIL:
        return 0
    for value in names.values():
        if isinstance(value, type):
            if is_ours(value):
                make_immortal(tuple(vars(value).values()))
        elif is_ours(value) or is_ours(type(value)):
            make_immortal(value)
    return make_immortal(others)


@cython.final
cdef class Runtime:
    def __cinit__(self, facts):
        self.choose_variant(os.environ.get("FASTHDR_SIMD", ""))
        self.facts = facts
        self.fold = FH_FOLD_FOREIGN if facts.fold is None else FH_FOLD_KEEP if facts.fold == "keep" else FH_FOLD_STRIP
        self.native = facts.native
        self.multipart = -1
        self.fills = facts.fills
        self.blank_line = facts.blank_line
        self.takes_max = facts.takes_max
        self.limit_first = facts.limit_first
        self.read_headers_args = facts.read_headers_arguments
        self.collapses = collapses
        self.share_names((*SPELLINGS, *METHODS))
        self.versions = (intern("HTTP/1.0"), intern("HTTP/1.1"))
        self.counts = {}
        self.probing = set()

    def __dealloc__(self):
        fh_local_drop(&the_runtime, <void *>self)

    cdef int choose_variant(self, str wanted) except -1:
        cdef const char *name = NULL
        cdef bytes encoded = wanted.encode()
        if wanted:
            name = encoded
        self.classify = fh_classify_select(&name, FH_FTEXT)
        self.classify_plain = fh_classify_select(&name, FH_PLAIN)
        if self.classify == NULL:
            raise ImportError(f"FASTHDR_SIMD={wanted}: this machine or build does not support that instruction set")
        self.simd = name.decode("ascii")
        return 0

    cdef int share_names(self, tuple names) except -1:
        cdef size_t slot
        cdef int i
        cdef str spelling
        if len(names) > FH_KNOWN:
            raise SystemError("more well-known names than there is room for")
        self.known = names
        for i in range(len(names)):
            spelling = names[i]
            self.names[i].s = <PyObject *>spelling
            self.names[i].text = <const uint8_t *>PyUnicode_DATA(spelling)
            self.names[i].length = PyUnicode_GET_LENGTH(spelling)
            slot = slot_of(self.names[i].text, self.names[i].length)
            while self.slots[slot]:
                slot = (slot + 1) % FH_SLOTS
            self.slots[slot] = i + 1
        return 0

    cdef int count(self, str reason, bytes data=None, Py_ssize_t offset=0, object cause=None) except -1:
        """Count a head. If it is left to the stdlib, also tell the watcher, as fasthdr._stdlib.watcher does."""
        cdef int flags = fh_flag(&self.counting)
        cdef object watcher = None
        if self.probing and get_ident() in self.probing:
            return 0
        with cython.critical_section(self):
            if flags & COUNTING:
                self.counts[reason] = self.counts.get(reason, 0) + 1
            if flags & TELLING:
                watcher = self.watcher
        if watcher is not None:
            from fasthdr._stdlib.watcher import tell
            tell(watcher, reason, data, offset, cause)
        return 0


_runtime = Runtime(Facts(http.client.parse_headers))
fh_local_set_object(&the_runtime, _runtime)


@cython.final
cdef class Uncounted:
    """Keep the heads that a thread reads in this context from being counted. Stand-ins are tried out in one.

    A context may be entered within another.
    """
    cdef bint outermost

    def __enter__(self):
        cdef set probing = runtime().probing
        self.outermost = get_ident() not in probing
        probing.add(get_ident())

    def __exit__(self, *exc):
        if self.outermost:
            runtime().probing.discard(get_ident())


@cython.final
cdef class ClassAnswers:
    def __cinit__(self, ask):
        self.ask = ask
        self.local = NULL

    def __dealloc__(self):
        if self.local != NULL:
            fh_local_drop(self.local, <void *>self)

    cdef int find_answer(self, object tp) except -1:
        """Do answer_about() for any answer.

        A new class has no version yet, and one that has changed a thousand times gets no more: ask about it each time.
        """
        cdef unsigned int version = fh_version(tp)
        cdef size_t slot = version % FH_CLASSES
        cdef int i
        if version:
            for i in range(FH_ANSWERS):
                if <unsigned int>fh_flag(&self.versions[i][slot]) == version:
                    return i
        i = self.ask(tp)
        if not 0 <= i < FH_ANSWERS:
            raise SystemError("no such answer")
        if version and version == fh_version(tp):
            fh_flag_set(&self.versions[i][slot], <int>version)
        return i


def simd():
    """Return the name of the instruction set that the parser uses: 'scalar', ...; 'none' in plain Python."""
    return runtime().simd


def stats():
    """Return the heads counted so far, by who read them: {'core': n, 'refused': n, a reason for the stdlib: n, ...}.

    See collect_stats(). A status line that http.client reads itself is counted under a reason that begins with "status
    line"; its header block is counted separately.
    """
    cdef Runtime rt = runtime()
    with cython.critical_section(rt):
        return dict(rt.counts)


def collect_stats(on=True):
    """Start counting heads from zero, or stop. Off at import; it costs nothing while it is off."""
    cdef Runtime rt = runtime()
    with cython.critical_section(rt):
        fh_flag_set(&rt.counting, (fh_flag(&rt.counting) & TELLING) | (COUNTING if on else 0))
        if on:
            rt.counts = {}


def watch_fallbacks(watcher):
    """Call a function with a fasthdr.Fallback for each head that is left to the standard library.

    watcher: the function; "warn" to issue a FallbackWarning, which warning filters handle; None to stop.

    If the function raises, so does the parse. FASTHDR_FALLBACK=warn sets "warn" from the start. It costs nothing while
    it is off.

    Raises ValueError for any other str, and TypeError for an object that cannot be called.
    """
    from fasthdr._stdlib.watcher import watcher_of
    cdef Runtime rt = runtime()
    watcher = watcher_of(watcher)
    with cython.critical_section(rt):
        rt.watcher = watcher
        fh_flag_set(&rt.counting, (fh_flag(&rt.counting) & COUNTING) | (0 if watcher is None else TELLING))


if os.environ.get("FASTHDR_FALLBACK", "0") not in ("", "0"):
    try:
        watch_fallbacks(os.environ["FASTHDR_FALLBACK"])
    except ValueError:
        raise ImportError(f"FASTHDR_FALLBACK must be 'warn' or '0', not {os.environ['FASTHDR_FALLBACK']!r}") from None

share(globals(), ((<Runtime>_runtime).known, (<Runtime>_runtime).versions))
