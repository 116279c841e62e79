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

#ifdef FH_X86
/* Which of the 16 bytes at p are ALPHA / DIGIT / "-" / ".": nearly every name has no others. All are tchars, and all
 * may stand in a reg-name. */
FH_INLINE unsigned fh_plain16(const uint8_t *p) {
    const __m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);
    const __m128i lower = _mm_or_si128(x, _mm_set1_epi8(0x20));
    const __m128i alpha =
        _mm_and_si128(_mm_cmpgt_epi8(lower, _mm_set1_epi8('a' - 1)), _mm_cmplt_epi8(lower, _mm_set1_epi8('z' + 1)));
    const __m128i other = /* "-" / "." / "/" / DIGIT, less "/" */
        _mm_andnot_si128(_mm_cmpeq_epi8(x, _mm_set1_epi8('/')),
                         _mm_and_si128(_mm_cmpgt_epi8(x, _mm_set1_epi8('-' - 1)), _mm_cmplt_epi8(x, _mm_set1_epi8('9' + 1))));
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(alpha, other));
}
#endif

/* As fh_is_class(), for FH_TCHAR and FH_REG_NAME, n > 0; p[0..readable) may be read, readable >= n. */
FH_INLINE int fh_is_all(const uint8_t *p, size_t n, size_t readable, uint8_t cls) {
#ifdef FH_X86
    if (n <= 16) {
        if (readable >= 16 && (~fh_plain16(p) & (0xffffu >> (16 - n))) == 0) return 1;
    } else if (n <= 32 && (fh_plain16(p) & fh_plain16(p + n - 16)) == 0xffffu) {
        return 1;
    }
#else
    (void)readable;
#endif
    return fh_is_class(p, n, cls);
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
