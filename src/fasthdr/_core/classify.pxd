# SPDX-License-Identifier: MIT
from libc.stdint cimport uint8_t, uint64_t


cdef extern from "_core/classify.h" nogil:
    enum:
        FH_BLOCK
        FH_WINDOW_BLOCKS
        FH_FTEXT
        FH_PLAIN

    ctypedef struct fh_mask_t:
        uint64_t stop
        uint64_t ctl

    ctypedef void (*fh_classify_fn)(const uint8_t *p, size_t n, fh_mask_t *out) noexcept nogil

    const size_t FH_MAX_HEAD
    const uint8_t fh_lower[256]
    bint fh_is_space(uint8_t c) noexcept
    bint fh_is_word(uint8_t c) noexcept
    bint fh_is_ows(uint8_t c) noexcept
    size_t fh_skip_ows(const uint8_t *p, size_t i, size_t end) noexcept
    size_t fh_trim_ows(const uint8_t *p, size_t i, size_t end) noexcept
    uint64_t fh_general(uint64_t x) noexcept
    bint fh_is_crlf(const uint8_t *p) noexcept
    bint fh_same(const uint8_t *a, const uint8_t *b, size_t n) noexcept
    bint fh_is_ascii(const uint8_t *p, size_t n) noexcept
    bint fh_has_break(const uint8_t *p, size_t n) noexcept
    bint fh_is_name(const uint8_t *p, const char *lower, size_t n) noexcept
    bint fh_same_name(const uint8_t *a, const uint8_t *b, size_t n) noexcept
    size_t fh_ctz(uint64_t x) noexcept
    fh_classify_fn fh_classify_select(const char **name, int set) noexcept
