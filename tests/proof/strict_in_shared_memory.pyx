# SPDX-License-Identifier: MIT
# Strict mode over memory that other threads write to meanwhile: whatever it makes of that, it reads within [p, p + n).
# Before and behind the memory are pages that are not there; a byte read there ends the process.
from cpython.bytes cimport PyBytes_AS_STRING
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.stdlib cimport abort
from libc.string cimport memcpy

from fasthdr._core.classify cimport FH_PLAIN, fh_classify_fn, fh_classify_select
from fasthdr._core.framing cimport fh_check_request, fh_check_response
from fasthdr._core.walk cimport fh_block_free, fh_block_init, fh_block_t, fh_scan_init, fh_scan_t
from fasthdr._core.faults cimport FH_ACCEPTED, FH_REFUSED, fh_limits_t, fh_strict_init, fh_strict_t, fh_verdict_t
from fasthdr._core.strict cimport (
    fh_odd_field_line, fh_odd_request_line, fh_strict_fields, fh_strict_request_line, fh_strict_status_line, fh_unfold,
)


cdef extern from "sys/mman.h" nogil:
    int PROT_NONE, PROT_READ, PROT_WRITE, MAP_SHARED, MAP_ANONYMOUS
    void *MAP_FAILED
    void *mmap(void *at, size_t n, int protection, int flags, int fd, long offset)
    int mprotect(void *at, size_t n, int protection)

cdef extern from "unistd.h" nogil:
    int getpagesize()


cdef enum:
    PAGES = 2
    SPECIAL = 17


cdef class Shared:
    """A head between pages that are not there, once up to the page behind it and once from the page before it on."""
    cdef uint8_t *memory
    cdef uint8_t *p
    cdef size_t n
    cdef bytes head
    cdef bint response, obsolete
    cdef volatile bint over
    cdef readonly uint64_t flips
    cdef readonly list verdicts       # how many heads were accepted, incomplete, refused, without memory

    def __cinit__(self, bytes head, bint at_the_end, bint response, bint obsolete):
        cdef size_t page = <size_t>getpagesize()
        self.memory = <uint8_t *>mmap(NULL, (PAGES + 2) * page, PROT_READ | PROT_WRITE,
                                      MAP_SHARED | MAP_ANONYMOUS, -1, 0)
        if <void *>self.memory == MAP_FAILED or mprotect(self.memory, page, PROT_NONE) \
                or mprotect(self.memory + (PAGES + 1) * page, page, PROT_NONE):
            raise MemoryError
        self.n = <size_t>len(head)
        if self.n > PAGES * page:
            raise ValueError("the head is too long")
        self.p = self.memory + page
        if at_the_end:
            self.p += PAGES * page - self.n
        self.head = head
        self.response, self.obsolete = response, obsolete
        memcpy(self.p, PyBytes_AS_STRING(head), self.n)
        self.verdicts = [0, 0, 0, 0]

    def flip(self, uint64_t seed):
        """Write bytes that some rule treats apart, and take them back, until stop()."""
        cdef const uint8_t *special = <const uint8_t *>b"\r\n\t :\x00[v.]%0aA,/\xff"
        cdef const uint8_t *head = <const uint8_t *>PyBytes_AS_STRING(self.head)
        cdef volatile uint8_t *p = self.p
        cdef size_t at, other, _k
        with nogil:
            while not self.over:
                for _k in range(256):
                    seed ^= seed << 13
                    seed ^= seed >> 7
                    seed ^= seed << 17
                    at, other = <size_t>(seed >> 8) % self.n, <size_t>(seed >> 24) % self.n
                    p[at] = special[(seed >> 40) % SPECIAL]
                    p[other] = special[(seed >> 48) % SPECIAL]
                    p[at] = head[at]
                    p[other] = head[other]
                self.flips += 256

    def walk(self, uint64_t times):
        """Judge the head so often, in each variant of stage 1 that there is."""
        cdef const char *names[5]
        cdef fh_classify_fn classify
        cdef uint64_t _i
        cdef int k
        cdef long[4] found
        names[0], names[1], names[2], names[3], names[4] = b"scalar", b"sse2", b"avx2", b"avx512", b"neon"
        found[0] = found[1] = found[2] = found[3] = 0
        with nogil:
            for k in range(5):
                classify = fh_classify_select(&names[k], FH_PLAIN)
                if classify != NULL:
                    for _i in range(times):
                        found[<int>judged(self, classify)] += 1
        self.verdicts = [a + b for a, b in zip(self.verdicts, found)]

    def line_without_its_end(self, bint first):
        """Judge all of it as a line whose LF was taken away after it had been found; True if a fault within is named.

        It is a start line, or a field line of a response. first: no field line is before it.
        """
        cdef fh_strict_t s
        cdef fh_limits_t limits
        cdef fh_verdict_t verdict
        limits.line, limits.lines, limits.head = 4096, 100, 65536
        fh_strict_init(&s, &limits)
        if self.response:
            verdict = fh_odd_field_line(&s, self.p, 0, self.n, first, self.obsolete)
        else:
            verdict = fh_odd_request_line(&s, self.p, 0, self.n)
        return verdict == FH_REFUSED and s.at <= self.n

    def stop(self):
        self.over = True


cdef fh_verdict_t judged(Shared shared, fh_classify_fn classify) noexcept nogil:
    cdef fh_strict_t s
    cdef fh_scan_t scan
    cdef fh_block_t b
    cdef fh_limits_t limits
    cdef fh_verdict_t verdict
    cdef size_t first = 0
    cdef uint32_t i
    limits.line, limits.lines, limits.head = 4096, 100, 65536
    fh_strict_init(&s, &limits)
    s.obsolete = shared.obsolete
    fh_scan_init(&scan, shared.p, shared.n, classify)
    fh_block_init(&b)
    verdict = (fh_strict_status_line if shared.response else fh_strict_request_line)(&s, &scan, &first)
    if verdict == FH_ACCEPTED:
        verdict = fh_strict_fields(&s, &scan, first, &b)
    if verdict == FH_ACCEPTED:
        for i in range(b.count):
            if <size_t>b.rows[i].name + b.rows[i].name_len > shared.n:
                abort()
            if <size_t>b.rows[i].value + b.rows[i].value_len > shared.n:
                abort()
        if s.folded:
            fh_unfold(shared.p, &b)
        verdict = (fh_check_response if shared.response else fh_check_request)(&s, shared.p, &b)
    if verdict == FH_REFUSED and s.at > shared.n:
        abort()
    fh_block_free(&b)
    return verdict
