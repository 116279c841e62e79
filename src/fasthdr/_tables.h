/* SPDX-License-Identifier: MIT */
/* Classes of bytes that the grammar of strict mode asks for. C11, no Python.h, no allocation, no state. */
#ifndef FASTHDR_TABLES_H
#define FASTHDR_TABLES_H

#include <stddef.h>
#include <stdint.h>

#include "_classify.h"

enum {
    FH_TCHAR = 1, /* RFC 9110 5.6.2: what a method, a field name and a transfer coding are made of */
    FH_REG_NAME = 2, /* RFC 3986 2: unreserved and sub-delims, but for "," */
    FH_HEXDIG = 4,
    FH_DIGIT = 8,
};

static const uint8_t fh_class[256] = {
     0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,
     0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,
     0,  3,  0,  1,  3,  1,  3,  3,  2,  2,  3,  3,  0,  3,  3,  0,
    15, 15, 15, 15, 15, 15, 15, 15, 15, 15,  0,  2,  0,  2,  0,  0,
     0,  7,  7,  7,  7,  7,  7,  3,  3,  3,  3,  3,  3,  3,  3,  3,
     3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  0,  0,  0,  1,  3,
     1,  7,  7,  7,  7,  7,  7,  3,  3,  3,  3,  3,  3,  3,  3,  3,
     3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  3,  0,  1,  0,  3,  0,
};

/* Nonzero where p[0..n) are all of the class `cls`. */
FH_INLINE int fh_is_class(const uint8_t *p, size_t n, uint8_t cls) {
    uint8_t all = cls;
    for (size_t i = 0; i < n; i++) {
        all &= fh_class[p[i]];
    }
    return all != 0;
}

/* fh_is_class() out of the way of a loop that seldom needs it. */
FH_NOINLINE static int fh_is_class_far(const uint8_t *p, size_t n, uint8_t cls) {
    return fh_is_class(p, n, cls);
}

#ifdef FH_X86
/* Which of the 16 bytes at p are none of ALPHA / DIGIT / "-" / one more: nearly every name has no others. */
FH_INLINE unsigned fh_odd16(const uint8_t *p, char more) {
    const __m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);
    const __m128i from_a = _mm_add_epi8(_mm_or_si128(x, _mm_set1_epi8(0x20)), _mm_set1_epi8((char)(0x80 - 'a')));
    const __m128i from_0 = _mm_add_epi8(x, _mm_set1_epi8((char)(0x80 - '0')));
    const __m128i alpha = _mm_cmplt_epi8(from_a, _mm_set1_epi8((char)(0x80 + 26)));
    const __m128i digit = _mm_cmplt_epi8(from_0, _mm_set1_epi8((char)(0x80 + 10)));
    const __m128i dash = _mm_or_si128(_mm_cmpeq_epi8(x, _mm_set1_epi8('-')), _mm_cmpeq_epi8(x, _mm_set1_epi8(more)));
    return 0xffffu & ~(unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(alpha, digit), dash));
}
#endif

/* Nonzero where p[0..n) are all tchars, n > 0; `before` bytes before p may be read, too. */
FH_INLINE int fh_is_token(const uint8_t *p, size_t n, size_t before) {
#ifdef FH_X86
    if (n <= 16) {
        if (before + n >= 16 && fh_odd16(p + n - 16, '_') >> (16 - n) == 0) return 1;
    } else if (n <= 32 && (fh_odd16(p, '_') | fh_odd16(p + n - 16, '_')) == 0) {
        return 1;
    }
#else
    (void)before;
#endif
    return fh_is_class_far(p, n, FH_TCHAR);
}

/* How many of p[0..n) may stand in a reg-name, from the first on; n > 0. `before` as for fh_is_token(). */
FH_INLINE size_t fh_reg_name(const uint8_t *p, size_t n, size_t before) {
    size_t i = 0;
#ifdef FH_X86
    if (n <= 16 && before + n >= 16) {
        const unsigned odd = fh_odd16(p + n - 16, '.') >> (16 - n);
        i = odd ? fh_ctz(odd) : n;
    } else if (n > 16) {
        const unsigned odd = fh_odd16(p, '.');
        i = odd ? fh_ctz(odd) : 16;
    }
#else
    (void)before;
#endif
    while (i < n && fh_class[p[i]] & FH_REG_NAME) i++;
    return i;
}

/* Nonzero where one of p[0..n) is c; p[0..readable) may be read, readable >= n. */
FH_INLINE int fh_has(const uint8_t *p, size_t n, size_t readable, uint8_t c) {
#ifdef FH_X86
    if (n <= 16 && readable >= 16) {
        const __m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);
        return ((unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(x, _mm_set1_epi8((char)c))) & (0xffffu >> (16 - n))) != 0;
    }
#else
    (void)readable;
#endif
    return memchr(p, c, n) != NULL;
}

#endif
