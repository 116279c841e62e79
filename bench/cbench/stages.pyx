# SPDX-License-Identifier: MIT
# The loops of bench.core: request heads to spans, by the core's two stages and by a function of picohttpparser's type.
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uintptr_t
from libc.stdlib cimport free, malloc

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from fasthdr._classify cimport FH_FTEXT, fh_classify_fn, fh_classify_select
from fasthdr._grammar cimport (
    FH_FOLD_STRIP, FH_FOREIGN, FH_OK, fh_block_free, fh_block_init, fh_block_t, fh_code_t,
    fh_request_line_t, fh_request_start, fh_scan_init, fh_scan_t, fh_walk,
)


cdef enum:
    MOST_FIELDS = 128   # picohttpparser's caller says how many it has room for


# As picohttpparser documents them.
cdef struct phr_header_t:
    const char *name
    size_t name_len
    const char *value
    size_t value_len


ctypedef int (*phr_fn)(const char *p, size_t n, const char **method, size_t *method_len, const char **path,
                       size_t *path_len, int *minor, phr_header_t *headers, size_t *count, size_t last) noexcept nogil


cdef struct input_t:
    const uint8_t *p
    size_t n


cdef fh_code_t head(fh_classify_fn classify, const input_t *of, fh_request_line_t *r, fh_block_t *b) noexcept nogil:
    """What fasthdr.parse_request() does before it makes an object. b: initialised."""
    cdef fh_scan_t scan
    cdef size_t start
    fh_scan_init(&scan, of.p, of.n, classify)
    start = fh_request_start(&scan, r)
    return fh_walk(&scan, start, False, FH_FOLD_STRIP, 65536, b) if start else FH_FOREIGN


cdef class Heads:
    """Request heads, in memory of their own, and the loops over them."""
    cdef list kept
    cdef input_t *inputs
    cdef Py_ssize_t count

    def __cinit__(self, list heads):
        cdef Py_ssize_t i
        self.kept = [bytes(bytearray(each)) for each in heads]
        self.count = len(heads)
        self.inputs = <input_t *>malloc(max(1, self.count) * sizeof(input_t))
        if self.inputs == NULL:
            raise MemoryError
        for i in range(self.count):
            self.inputs[i].p = <const uint8_t *>PyBytes_AS_STRING(self.kept[i])
            self.inputs[i].n = <size_t>PyBytes_GET_SIZE(self.kept[i])

    def __dealloc__(self):
        free(self.inputs)

    def ours(self, bytes variant, long calls):
        """So many heads, one after the other and round again; the sum of rows and bytes, for the result to be used."""
        cdef fh_classify_fn classify = selected(variant)
        cdef fh_request_line_t r
        cdef fh_block_t b
        cdef long i
        cdef Py_ssize_t at = 0
        cdef size_t total = 0
        with nogil:
            for i in range(calls):
                fh_block_init(&b)
                if head(classify, &self.inputs[at], &r, &b) == FH_OK:
                    total += b.count + b.end
                fh_block_free(&b)
                at += 1
                if at == self.count:
                    at = 0
        return total

    def theirs(self, uintptr_t function, long calls):
        """The same by phr_parse_request(), whose address is given."""
        cdef phr_fn parse = <phr_fn>function
        cdef phr_header_t headers[MOST_FIELDS]
        cdef const char *method
        cdef const char *path
        cdef size_t method_len, path_len, count, total = 0
        cdef long i
        cdef int minor, end
        cdef Py_ssize_t at = 0
        with nogil:
            for i in range(calls):
                count = MOST_FIELDS
                end = parse(<const char *>self.inputs[at].p, self.inputs[at].n, &method, &method_len, &path, &path_len,
                            &minor, headers, &count, 0)
                if end > 0:
                    total += count + <size_t>end
                at += 1
                if at == self.count:
                    at = 0
        return total

    def spans_of_ours(self, bytes variant):
        """For each head (method, target, minor version, [(name, value), ...], bytes taken); None: not read."""
        cdef fh_classify_fn classify = selected(variant)
        cdef fh_request_line_t r
        cdef fh_block_t b
        cdef Py_ssize_t at
        cdef uint32_t i
        cdef bytes data
        found = []
        for at in range(self.count):
            data = self.kept[at]
            fh_block_init(&b)
            if head(classify, &self.inputs[at], &r, &b) == FH_OK:
                found.append((
                    data[:r.method_len], data[r.target:r.target + r.target_len], r.minor,
                    [(data[b.rows[i].name:b.rows[i].name + b.rows[i].name_len],
                      data[b.rows[i].value:b.rows[i].value + b.rows[i].value_len]) for i in range(b.count)],
                    b.end))
            else:
                found.append(None)
            fh_block_free(&b)
        return found

    def spans_of_theirs(self, uintptr_t function):
        cdef phr_fn parse = <phr_fn>function
        cdef phr_header_t headers[MOST_FIELDS]
        cdef const char *method
        cdef const char *path
        cdef size_t method_len, path_len, count, i
        cdef int minor, end
        cdef Py_ssize_t at
        found = []
        for at in range(self.count):
            count = MOST_FIELDS
            end = parse(<const char *>self.inputs[at].p, self.inputs[at].n, &method, &method_len, &path, &path_len,
                        &minor, headers, &count, 0)
            if end <= 0:
                found.append(None)
                continue
            found.append((
                method[:method_len], path[:path_len], minor,
                [(headers[i].name[:headers[i].name_len], headers[i].value[:headers[i].value_len])
                 for i in range(count)],
                end))
        return found


cdef fh_classify_fn selected(bytes variant) except NULL:
    cdef const char *name = variant
    cdef fh_classify_fn classify = fh_classify_select(&name, FH_FTEXT)
    if classify == NULL:
        raise ValueError(f"{variant.decode()}: this machine or build has no such variant")
    return classify


def variants():
    """Names of the variants of stage 1 that this machine has, the best first."""
    cdef const char *name
    found = []
    for each in (b"avx512", b"avx2", b"neon", b"sse2", b"scalar"):
        name = each
        if fh_classify_select(&name, FH_FTEXT) != NULL:
            found.append(each.decode())
    return found
