# SPDX-License-Identifier: MIT
"""One call of a sans-I/O function: its limits, the bytes that it reads, and what it finds in them."""
from cpython.object cimport PyObject
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint64_t
from libc.string cimport memchr

from fasthdr._core.classify cimport FH_MAX_HEAD
from fasthdr._core.cpython cimport fh_flag
from fasthdr._core.faults cimport (
    FH_DEFAULT_HEAD, FH_DEFAULT_LINE, FH_DEFAULT_LINES, FH_EMPTY_LINES, fh_limits_t,
)
from fasthdr._core.head cimport HeadTypes, the_head_types
from fasthdr._core.interpreters cimport fh_local_is_only, local_object
from fasthdr._core.runtime cimport Runtime, runtime, the_runtime
from fasthdr._core.walk cimport fh_block_t, fh_scan_t


cdef extern from "Python.h":
    long long PyLong_AsLongLongAndOverflow(object n, int *overflow) except? -1


# Why the core leaves a head to the standard library.
cdef enum fh_why_t:
    WHY_LINE    # the request line or status line
    WHY_BLOCK   # a field line
    WHY_LIMIT
    WHY_TYPE    # a Content-Type for which email.parser does more
    WHY_PROBE   # the standard library is not as expected


# One call of a sans-I/O function: the bytes that it reads, which do not change meanwhile, and what it finds in them.
cdef struct fh_job_t:
    PyObject *types       # HeadTypes of the interpreter, borrowed; NULL if only one interpreter has the core
    const uint8_t *p      # first byte of the head; in the caller's bytes, or in a copy
    size_t n              # bytes that a head within the limits can take
    Py_ssize_t start      # where the head starts in the caller's bytes
    size_t start_line     # bytes of the request line or status line, its line end included
    bint counted          # the head is in the stats
    bint obsolete         # strict: accept obsolete syntax in responses
    bint recover          # lose only a bad field line of a response
    bint quiet            # strict: raise no error for a refusal
    fh_why_t why          # default mode: set if the core leaves the head to the standard library
    fh_limits_t limits    # `line`: of field lines
    fh_scan_t scan
    fh_block_t block


cdef inline Runtime runtime_for(fh_job_t *job):
    """Do runtime(), and set job.types, in a single look-up."""
    job.types = NULL
    if fh_local_is_only(&the_runtime):
        return runtime()
    job.types = <PyObject *>local_object(&the_head_types)
    return (<HeadTypes>job.types).runtime


cdef inline uint64_t limit_of(object value, str name, long long least, uint64_t most, uint64_t otherwise) except? 0:
    """Return a limit that the caller gives: an int of at least `least`, cut to `most`; `otherwise` for None."""
    cdef int overflow = 0
    cdef long long n
    if value is None:
        return otherwise
    if not isinstance(value, int):
        raise TypeError(f"{name} must be int or None, not {type(value).__name__}")
    n = PyLong_AsLongLongAndOverflow(value, &overflow)
    if overflow < 0 or (n < least and not overflow):
        raise ValueError(f"{name} must be {least} or more, not {value}")
    return most if overflow or <uint64_t>n > most else <uint64_t>n


cdef inline size_t head_limit(object value, str name, size_t otherwise) except? 0:
    """Return a limit of bytes or lines of a head, or of its trailer section."""
    return <size_t>limit_of(value, name, 1, FH_MAX_HEAD, otherwise)


cdef inline int limits_from(fh_job_t *job, bint strict, object max_line, object max_headers, object max_head,
                            object max_start_line) except -1:
    job.limits.line = head_limit(max_line, "max_line", FH_MAX_HEAD)
    job.limits.lines = head_limit(max_headers, "max_headers", FH_MAX_HEAD)
    job.limits.head = head_limit(max_head, "max_head", FH_DEFAULT_HEAD if strict else FH_MAX_HEAD)
    job.start_line = head_limit(max_start_line, "max_start_line", job.limits.line)
    return 0


cdef inline void job_default(fh_job_t *job, bint strict) noexcept:
    """Begin a job with the default limits at the start of the data."""
    job.limits.line = job.start_line = FH_DEFAULT_LINE
    job.limits.lines = FH_DEFAULT_LINES
    job.limits.head = FH_DEFAULT_HEAD if strict else FH_MAX_HEAD
    job.start = 0
    job.counted = job.obsolete = job.recover = job.quiet = False


cdef inline int job_init(fh_job_t *job, bint strict, object max_line, object max_headers, object max_head,
                         object max_start_line, Py_ssize_t start) except -1:
    job_default(job, strict)
    # `is` finds the defaults of the signatures, which most calls have: the same literals are the same objects. An equal
    # int that is another object only takes the longer way to the same limits.
    if max_line is not 65536 or max_headers is not 100 or max_head is not None or max_start_line is not None:
        limits_from(job, strict, max_line, max_headers, max_head, max_start_line)
    job.start = start
    return 0


cdef inline str method_of(object method):
    """Check a request method that a caller gives. For a subclass of str (http.HTTPMethod), return its text."""
    if method is None or type(method) is str:
        return method
    if not isinstance(method, str):
        raise TypeError(f"method must be str or None, not {type(method).__name__}")
    return str.__str__(method)


cdef inline int refuse_start(Py_ssize_t start, size_t n) except -1:
    if start < 0:
        raise ValueError(f"start must not be negative, but is {start}")
    raise ValueError(f"start is beyond the {n} bytes of data")


cdef inline size_t reach(size_t n, const fh_job_t *job) noexcept:
    """Return how many of n bytes a head within the limits can take, plus enough to tell that it exceeds them."""
    cdef const fh_limits_t *limits = &job.limits
    n = min(n, limits.head)
    # With obsolete syntax, a field may have any number of lines.
    if limits.line < n and limits.lines < n // limits.line and not job.obsolete:
        n = min(n, (limits.lines + FH_EMPTY_LINES + 2) * (limits.line + 1) + job.start_line)
    return n


cdef inline size_t first_line(const fh_job_t *job) noexcept:
    """Return the length of the start line, line end included; 0 while incomplete; limit + 1 if it must exceed that."""
    cdef const uint8_t *lf = <const uint8_t *>memchr(job.p, c"\n", job.n) if job.n else NULL
    if lf != NULL:
        return lf - job.p + 1
    return 0 if job.n <= job.start_line and job.n < job.limits.head else job.start_line + 1


cdef inline str reason_of(const fh_job_t *job, str line):
    """Return the reason to count for a head that is left to the stdlib. line: name of its start line, or None."""
    from fasthdr._stdlib.foreign import reason
    cdef size_t first = 0 if line is None else first_line(job)
    cdef size_t at = job.block.line
    if job.why == WHY_LINE:
        return "limit" if first > job.start_line else line
    if job.why == WHY_BLOCK:
        lf = <const uint8_t *>memchr(job.p + at, c"\n", job.n - at)
        return reason(job.p[first:job.n if lf == NULL else lf - job.p + 1], at - first)
    return "limit" if job.why == WHY_LIMIT else "content-type" if job.why == WHY_TYPE else "probe"


cdef inline int count_left(Runtime rt, fh_job_t *job, str line, bytes data) except -1:
    """Count a head that is left to the stdlib, once: it may be read again for an error that shows more of it."""
    if not job.counted and fh_flag(&rt.counting):
        rt.count(reason_of(job, line), data if job.why in (WHY_LINE, WHY_BLOCK) else None,
                 0 if job.why == WHY_LINE else <Py_ssize_t>job.block.line)
    job.counted = True
    return 0
