/* SPDX-License-Identifier: MIT */
/* Classes of bytes in the grammar of strict mode. C11, no Python.h, no allocation, no state. */
#ifndef FASTHDR_GRAMMAR_H
#define FASTHDR_GRAMMAR_H

#include <stddef.h>
#include <stdint.h>

#include "_core/classify.h"

enum {
    FH_TCHAR = 1, /* RFC 9110 5.6.2: the characters of methods, field names and transfer codings */
    FH_REG_NAME = 2, /* RFC 3986 2: unreserved and sub-delims, except "," */
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

/* Nonzero if a field name of n bytes, n > 0, has the length and the first letter of a name that strict mode looks at.
 * Few other names have both. The processor often mispredicts a jump by length alone. */
FH_INLINE int fh_may_decide(const uint8_t *name, size_t n) {
    enum { A = 1 << 1, C = 1 << 3, E = 1 << 5, H = 1 << 8, T = 1 << 20 }; /* bit: the letter in ASCII, of 32 */
    static const uint32_t letters[] = {[4] = H, [6] = E, [10] = C, [12] = C, [13] = A | C, [14] = C, [17] = T};
    return n < sizeof letters / sizeof letters[0] && (letters[n] >> (name[0] & 0x1f) & 1);
}

/* Nonzero if all of p[0..n) are in the class `cls`. */
FH_INLINE int fh_is_class(const uint8_t *p, size_t n, uint8_t cls) {
    uint8_t all = cls;
    for (size_t i = 0; i < n; i++) {
        all &= fh_class[p[i]];
    }
    return all != 0;
}

#ifdef FH_X86
/* Which of the 16 bytes at p are not ALPHA / DIGIT / "-" / ".": nearly every host has only those. */
FH_INLINE unsigned fh_odd16(const uint8_t *p) {
    const __m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);
    return 0xffffu & ~(unsigned)_mm_movemask_epi8(fh_plain_sse2(x, '.'));
}

/* Nonzero if all of the 16 bytes at p, except those in `others`, may be in a target. */
FH_INLINE int fh_is_target16(const uint8_t *p, unsigned others) {
    const __m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);
    const __m128i low = _mm_cmplt_epi8(x, _mm_set1_epi8(0x21)), del = _mm_cmpeq_epi8(x, _mm_set1_epi8(0x7f));
    const __m128i odd = _mm_or_si128(_mm_or_si128(low, del), _mm_cmpeq_epi8(x, _mm_set1_epi8('#')));
    return ((unsigned)_mm_movemask_epi8(odd) & ~others) == 0;
}
#endif

/* How many of p[0..n), from the first on, may be in a reg-name; n > 0. `before` bytes before p may be read, too. */
FH_INLINE size_t fh_reg_name(const uint8_t *p, size_t n, size_t before) {
    size_t i = 0;
#ifdef FH_X86
    if (n <= 16 && before + n >= 16) {
        const unsigned odd = fh_odd16(p + n - 16) >> (16 - n);
        i = odd ? fh_ctz(odd) : n;
    } else if (n > 16) {
        unsigned odd = fh_odd16(p);
        i = odd ? fh_ctz(odd) : 16;
        if (odd == 0 && n <= 32) {
            odd = fh_odd16(p + n - 16);
            i = odd ? n - 16 + fh_ctz(odd) : n;
        }
    }
#else
    (void)before;
#endif
    while (i < n && fh_class[p[i]] & FH_REG_NAME) i++;
    return i;
}

/* Nonzero if all of p[0..n) are VCHAR except "#", n > 0: browsers send more than RFC 3986 allows, but a target has no
 * fragment. p[0..readable) may be read, readable >= n. */
FH_INLINE int fh_is_target(const uint8_t *p, size_t n, size_t readable) {
#ifdef FH_X86
    if (n <= 16 && readable >= 16) return fh_is_target16(p, 0xffffu << n);
    if (n > 16) {
        for (; n > 16; n -= 16, p += 16) {
            if (!fh_is_target16(p, 0)) return 0;
        }
        return fh_is_target16(p + n - 16, 0);
    }
#else
    (void)readable;
#endif
    for (; n > 0; n--, p++) {
        if (*p < 0x21 || *p > 0x7e || *p == '#') return 0;
    }
    return 1;
}

#endif
