# SPDX-License-Identifier: MIT
# Request heads to spans in a C loop, by the core's two stages or by a function of picohttpparser's type.
from libc.stdint cimport uint8_t, uintptr_t

from fasthdr._core.classify cimport FH_FTEXT, fh_classify_fn, fh_classify_select
from fasthdr._core.start_line cimport fh_request_line_t, fh_request_start
from fasthdr._core.walk cimport (
    FH_FOLD_STRIP, FH_OK, fh_block_free, fh_block_init, fh_block_t, fh_scan_init, fh_scan_t, fh_walk,
)


cdef enum:
    MOST_FIELDS = 128   # room that the caller gives to picohttpparser


# As in picohttpparser's documentation.
cdef struct phr_header_t:
    const char *name
    size_t name_len
    const char *value
    size_t value_len


ctypedef int (*phr_fn)(const char *p, size_t n, const char **method, size_t *method_len, const char **path,
                       size_t *path_len, int *minor, phr_header_t *headers, size_t *count, size_t last) noexcept nogil


def variants():
    """Names of the variants of stage 1 that this machine has, the best first."""
    cdef const char *name
    found = []
    for each in (b"avx512", b"avx2", b"neon", b"sse2", b"scalar"):
        name = each
        if fh_classify_select(&name, FH_FTEXT) != NULL:
            found.append(each.decode())
    return found


cdef class Parser:
    """One of the two parsers, and what it found in the last head. address: that of phr_parse_request(), or 0."""
    cdef fh_classify_fn classify
    cdef phr_fn theirs
    cdef fh_request_line_t line
    cdef fh_block_t block
    cdef phr_header_t headers[MOST_FIELDS]
    cdef const char *method
    cdef const char *path
    cdef size_t method_len, path_len, fields
    cdef int minor

    def __cinit__(self, str variant, uintptr_t address=0):
        encoded = variant.encode()
        cdef const char *name = encoded
        fh_block_init(&self.block)
        self.theirs = <phr_fn>address
        self.classify = NULL if address else fh_classify_select(&name, FH_FTEXT)
        if self.theirs == NULL and self.classify == NULL:
            raise ValueError(f"{variant}: this machine or build has no such variant")

    def __dealloc__(self):
        fh_block_free(&self.block)

    cdef inline Py_ssize_t parse(self, bytes data) noexcept:
        """Return the bytes taken, or less than 1. The core does what parse_request() does before it creates objects."""
        cdef fh_scan_t scan
        cdef size_t start
        if self.theirs != NULL:
            self.fields = MOST_FIELDS
            return self.theirs(data, len(data), &self.method, &self.method_len, &self.path, &self.path_len, &self.minor,
                               self.headers, &self.fields, 0)
        fh_block_free(&self.block)
        fh_block_init(&self.block)
        fh_scan_init(&scan, <const uint8_t *><const char *>data, len(data), self.classify)
        start = fh_request_start(&scan, &self.line)
        if not start or fh_walk(&scan, start, False, FH_FOLD_STRIP, 65536, &self.block) != FH_OK:
            return 0
        return <Py_ssize_t>self.block.end

    def loop(self, list heads, long calls):
        """Parse this many heads, in turns. Returns the sum of their bytes, so that the results are used."""
        cdef Py_ssize_t at = 0, count = len(heads), total = 0
        cdef long _i
        for _i in range(calls):
            total += self.parse(<bytes>heads[at])
            at += 1
            if at == count:
                at = 0
        return total

    def spans(self, bytes data):
        """Return (method, target, minor version, [(name, value), ...], bytes taken), or None if it reads no head."""
        cdef Py_ssize_t i, taken = self.parse(data)
        if taken <= 0:
            return None
        if self.theirs != NULL:
            fields = []
            for i in range(<Py_ssize_t>self.fields):
                field = self.headers[i]
                fields.append((field.name[:field.name_len], field.value[:field.value_len]))
            return self.method[:self.method_len], self.path[:self.path_len], self.minor, fields, taken
        target = data[self.line.target:self.line.target + self.line.target_len]
        fields = []
        for i in range(self.block.count):
            row = self.block.rows[i]
            fields.append((data[row.name:row.name + row.name_len], data[row.value:row.value + row.value_len]))
        return data[:self.line.method_len], target, self.line.minor, fields, taken
