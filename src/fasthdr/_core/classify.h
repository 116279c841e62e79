/* SPDX-License-Identifier: MIT */
/* Stage 1 of the parser: bytes to bit masks. C11, no Python.h, no allocation, no state.
 *
 * fh_classify() reads exactly the n bytes it is given, never one beyond, and writes one fh_mask_t for each started
 * block of 64. Bits that stand for bytes at or beyond n are set in both masks, so a walk over the masks always stops
 * there, and compares its position with n only when it has stopped. */
#ifndef FASTHDR_CLASSIFY_H
#define FASTHDR_CLASSIFY_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(_MSC_VER)
#include <intrin.h>
#define FH_INLINE static __forceinline
#define FH_NOINLINE __declspec(noinline)
#else
#define FH_INLINE static inline __attribute__((always_inline))
#define FH_NOINLINE __attribute__((noinline))
#endif

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define FH_BIG_ENDIAN 1
#else
#define FH_BIG_ENDIAN 0
#endif

enum {
    FH_BLOCK = 64,          /* bytes a mask stands for */
    FH_WINDOW_BLOCKS = 16,  /* masks that a walk keeps at a time: 1 KiB of input */
};

/* In bytes: what the 32-bit offsets of a table can reach. */
#define FH_MAX_HEAD ((size_t)UINT32_MAX)

/* What `stop` stands for: two sets of bytes that a field name is made of. */
enum {
    FH_FTEXT = 0, /* %x21-39 / %x3B-7E (RFC 5322 3.6.8) */
    FH_PLAIN = 1, /* ALPHA / DIGIT / "-" / "_": the tchars (RFC 9110 5.6.2) in nearly every name */
};

typedef struct {
    uint64_t stop; /* bit i: byte i is not in the set */
    uint64_t ctl;  /* bit i: byte i is CR or LF, or another of %x00-1F / %x7F (RFC 5234 CTL): for FH_PLAIN all of them,
                      which strict mode refuses in a value; for FH_FTEXT, where only line ends matter, those that a
                      variant includes because that is cheaper */
} fh_mask_t;

/* ASCII lower case; every other byte is itself. */
static const uint8_t fh_lower[256] = {
#define FH_ROW(b) b, b + 1, b + 2, b + 3, b + 4, b + 5, b + 6, b + 7, b + 8, b + 9, b + 10, b + 11, b + 12, b + 13, b + 14, b + 15
    FH_ROW(0x00), FH_ROW(0x10), FH_ROW(0x20), FH_ROW(0x30),
    0x40, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
    'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 0x5b, 0x5c, 0x5d, 0x5e, 0x5f,
    FH_ROW(0x60), FH_ROW(0x70), FH_ROW(0x80), FH_ROW(0x90), FH_ROW(0xa0), FH_ROW(0xb0),
    FH_ROW(0xc0), FH_ROW(0xd0), FH_ROW(0xe0), FH_ROW(0xf0),
#undef FH_ROW
};

/* Nonzero for a byte that str.split() of the latin-1 text splits at: %x09-0D / %x1C-20 / %x85 / %xA0. */
FH_INLINE int fh_is_space(uint8_t c) {
    return (c >= 0x09 && c <= 0x0d) || (c >= 0x1c && c <= 0x20) || c == 0x85 || c == 0xa0;
}

/* Nonzero for a byte that can be in a word of a well-formed request line: %x21-7E / %x80-FF except NEL and NBSP.
 * Control characters that str.split() keeps inside a word are left to the stdlib, too. */
FH_INLINE int fh_is_word(uint8_t c) {
    return c > 0x20 && c != 0x7f && c != 0x85 && c != 0xa0;
}

/* Nonzero for a byte of OWS: SP and HTAB (RFC 9110 5.6.3). */
FH_INLINE int fh_is_ows(uint8_t c) {
    return c == ' ' || c == '\t';
}

/* Where the OWS at p + i ends; at most `end`. */
static inline size_t fh_skip_ows(const uint8_t *p, size_t i, size_t end) {
    while (i < end && fh_is_ows(p[i])) i++;
    return i;
}

/* Where the OWS before p + end begins; at least i. */
FH_INLINE size_t fh_trim_ows(const uint8_t *p, size_t i, size_t end) {
    while (end > i && fh_is_ows(p[end - 1])) end--;
    return end;
}

/* Index of the lowest set bit; x is not 0. */
FH_INLINE size_t fh_ctz(uint64_t x) {
#if defined(_MSC_VER) && (defined(_M_X64) || defined(_M_ARM64))
    unsigned long i;
    _BitScanForward64(&i, x);
    return i;
#elif defined(_MSC_VER)
    unsigned long i;
    if (_BitScanForward(&i, (unsigned long)x)) return i;
    _BitScanForward(&i, (unsigned long)(x >> 32));
    return i + 32;
#elif defined(__GNUC__) && defined(__x86_64__)
    /* As __builtin_ctzll(), without the two instructions with which gcc converts the result to int and to size_t. */
    uint64_t i;
    __asm__("rep bsf %1, %0" : "=r"(i) : "r"(x) : "cc");
    return i;
#else
    return (size_t)__builtin_ctzll(x);
#endif
}

/* Keep a number in a general register: gcc would gather neighbours in a vector register before it stores them, which
 * costs more than the stores. */
FH_INLINE uint64_t fh_general(uint64_t x) {
#if defined(__GNUC__)
    __asm__("" : "+r"(x));
#endif
    return x;
}

/* Nonzero if the two bytes at p are CR LF. */
FH_INLINE int fh_is_crlf(const uint8_t *p) {
    return memcmp(p, "\r\n", 2) == 0;
}

/* Eight bytes as a number whose lowest byte is p[0], on either byte order. */
FH_INLINE uint64_t fh_load8(const uint8_t *p) {
    uint64_t x;
    memcpy(&x, p, 8);
#if FH_BIG_ENDIAN
    x = __builtin_bswap64(x);
#endif
    return x;
}

/* Nonzero if the n bytes at p in ASCII lower case are those at `lower`, which has only letters and "-"; p has no
 * control bytes; 4 <= n <= 16, a constant. (Or-ing 0x20 turns only A to Z into letters.) */
FH_INLINE int fh_is_name(const uint8_t *p, const char *lower, size_t n) {
    uint64_t a = 0, b = 0, c = 0, d = 0;
    const size_t w = n < 8 ? 4 : 8;
    memcpy(&a, p, w);
    memcpy(&b, p + n - w, w);
    memcpy(&c, lower, w);
    memcpy(&d, lower + n - w, w);
    const uint64_t four = FH_BIG_ENDIAN ? UINT64_C(0x2020202000000000) : UINT64_C(0x20202020);
    const uint64_t fold = w == 4 ? four : UINT64_C(0x2020202020202020);
    return (((a | fold) ^ c) | ((b | fold) ^ d)) == 0;
}

/* Nonzero if the n bytes at a and at b, one by one, are the same in ASCII lower case. */
FH_INLINE int fh_same_letters(const uint8_t *a, const uint8_t *b, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (fh_lower[a[i]] != fh_lower[b[i]]) return 0;
    }
    return 1;
}

/* The same for eight bytes, as words: equal words need no more checks, and if the bytes differ in any bit but that of
 * the case, the answer is no. */
FH_INLINE int fh_same_letters8(const uint8_t *a, const uint8_t *b) {
    const uint64_t differ = fh_load8(a) ^ fh_load8(b);
    if (differ == 0) return 1;
    return (differ & ~UINT64_C(0x2020202020202020)) == 0 && fh_same_letters(a, b, 8);
}

/* 0 if the n bytes at a and at b are the same, 4 <= n < 8; otherwise the bits in which some byte differs, as four
 * bytes. Two words cover all n bytes and overlap, so a bit does not tell which byte it is in. */
FH_INLINE uint32_t fh_differ4(const uint8_t *a, const uint8_t *b, size_t n) {
    uint32_t a0, a1, b0, b1;
    memcpy(&a0, a, 4);
    memcpy(&a1, a + n - 4, 4);
    memcpy(&b0, b, 4);
    memcpy(&b1, b + n - 4, 4);
    return (a0 ^ b0) | (a1 ^ b1);
}

/* Nonzero if the n bytes at a and at b are the same in ASCII lower case. The last word may overlap the one before. */
FH_INLINE int fh_same_name(const uint8_t *a, const uint8_t *b, size_t n) {
    if (n < 8) {
        if (n >= 4) {
            const uint32_t differ = fh_differ4(a, b, n);
            if (differ == 0) return 1;
            if (differ & ~UINT32_C(0x20202020)) return 0;
        }
        return fh_same_letters(a, b, n);
    }
    for (size_t i = 0; i < n - 8; i += 8) {
        if (!fh_same_letters8(a + i, b + i)) return 0;
    }
    return fh_same_letters8(a + n - 8, b + n - 8);
}

/* Nonzero if the n bytes at a are those at b. A call of memcmp() would take longer than the comparison of a name. */
FH_INLINE int fh_same(const uint8_t *a, const uint8_t *b, size_t n) {
    if (n < 8) {
        if (n >= 4) return fh_differ4(a, b, n) == 0;
        return n == 0 || (a[0] == b[0] && a[n / 2] == b[n / 2] && a[n - 1] == b[n - 1]);
    }
    for (size_t i = 0; i < n - 8; i += 8) {
        if (fh_load8(a + i) != fh_load8(b + i)) return 0;
    }
    return fh_load8(a + n - 8) == fh_load8(b + n - 8);
}

/* Nonzero if the n bytes at p are below 0x80. Reads words, the last of which may overlap the one before. */
FH_INLINE int fh_is_ascii(const uint8_t *p, size_t n) {
    uint64_t seen = 0;
    if (n < 8) {
        for (size_t i = 0; i < n; i++) seen |= p[i];
    } else {
        for (size_t i = 0; i < n - 8; i += 8) seen |= fh_load8(p + i);
        seen |= fh_load8(p + n - 8);
    }
    return (seen & UINT64_C(0x8080808080808080)) == 0;
}

/* Nonzero if one of the n bytes at p is CR, LF or NUL. Reads words, the last of which may overlap the one before, to
 * see whether any byte is below 0x0E, or is not ASCII; only then goes byte by byte. */
FH_INLINE int fh_has_break(const uint8_t *p, size_t n) {
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t odd = 0;
    size_t i;
    if (n >= 8) {
        for (i = 0; i < n - 8; i += 8) odd |= fh_load8(p + i) - ones * 0x0e;
        odd |= fh_load8(p + n - 8) - ones * 0x0e;
        if ((odd & ones * 0x80) == 0) return 0;
    }
    for (i = 0; i < n; i++) {
        if (p[i] == '\r' || p[i] == '\n' || p[i] == 0) return 1;
    }
    return 0;
}

/* Gather bit 7 of each of eight bytes as byte i of a mask: one store, without shifting a sum into place. */
FH_INLINE void fh_gather8(uint64_t x, uint64_t *mask, unsigned i) {
    const uint64_t bits = ((x & UINT64_C(0x8080808080808080)) * UINT64_C(0x0002040810204081)) >> 56;
#if FH_BIG_ENDIAN
    i = 7 - i;
#endif
    ((uint8_t *)mask)[i] = (uint8_t)bits;
}

/* 64 bytes at p, eight at a time in a general register: bit 7 of a byte in a sum tells that it reached a limit. */
FH_INLINE void fh_classify64_scalar(const uint8_t *p, fh_mask_t *out, int set) {
    const uint64_t ones = UINT64_C(0x0101010101010101), low7 = ones * 0x7f;
    for (unsigned i = 0; i < 8; i++) {
        const uint64_t x = fh_load8(p + 8 * i), b = x & low7, del = b + ones;
        const uint64_t ge20 = b + ones * (0x80 - 0x20);
        uint64_t is_name;
        if (set == FH_PLAIN) {
            const uint64_t folded = b | ones * 0x20;
            const uint64_t alpha = (folded + ones * (0x80 - 'a')) & ~(folded + ones * (0x80 - ('z' + 1)));
            const uint64_t digit = (b + ones * (0x80 - '0')) & ~(b + ones * (0x80 - ('9' + 1)));
            const uint64_t not_dash = (b ^ ones * '-') + low7, not_underscore = (b ^ ones * '_') + low7;
            is_name = alpha | digit | ~(not_dash & not_underscore);
        } else {
            const uint64_t ge21 = b + ones * (0x80 - 0x21), not_colon = (b ^ ones * ':') + low7;
            is_name = ge21 & not_colon & ~del;
        }
        fh_gather8(~is_name | x, &out->stop, i);
        fh_gather8((~ge20 | del) & ~x, &out->ctl, i);
    }
}

typedef void (*fh_classify_fn)(const uint8_t *p, size_t n, fh_mask_t *out);

/* Less than a block, 0 < n < 64: `whole` reads a copy of it. */
FH_NOINLINE static void fh_classify_short(fh_classify_fn whole, const uint8_t *p, size_t n, fh_mask_t *out) {
    uint8_t copy[FH_BLOCK] = {0};
    memcpy(copy, p, n);
    whole(copy, FH_BLOCK, out);
    out->stop |= UINT64_MAX << n;
    out->ctl |= UINT64_MAX << n;
}

/* fh_classify() for one variant and one set: whole blocks in place, then the last 64 bytes once more; the started block
 * gets the upper part of their bits. */
#define FH_CLASSIFIER(function, variant, set)                           \
    static void function(const uint8_t *p, size_t n, fh_mask_t *out) {  \
        if (n >= FH_BLOCK) {                                            \
            const uint8_t *const last = p + n - FH_BLOCK;               \
            for (; n >= FH_BLOCK; n -= FH_BLOCK, p += FH_BLOCK) {       \
                fh_classify64_##variant(p, out++, set);                 \
            }                                                           \
            if (n > 0) {                                                \
                fh_classify64_##variant(last, out, set);                \
                out->stop = out->stop >> (FH_BLOCK - n) | UINT64_MAX << n; \
                out->ctl = out->ctl >> (FH_BLOCK - n) | UINT64_MAX << n; \
            }                                                           \
        } else if (n > 0) {                                             \
            fh_classify_short(function, p, n, out);                     \
        }                                                               \
    }

FH_CLASSIFIER(fh_classify_scalar, scalar, FH_FTEXT)
FH_CLASSIFIER(fh_classify_plain_scalar, scalar, FH_PLAIN)

/* The vector variants. SSE2 and AVX2 add 1 to each byte: as signed numbers, %x21-7E are then the ones above %x21, and
 * DEL joins the negative ones, obs-text. For any other range, subtract its start and compare with its length. */

#if defined(__x86_64__) || defined(_M_X64)
#define FH_X86 1
#include <immintrin.h>
#if defined(_MSC_VER) && !defined(__clang__)
#define FH_TARGET(isa)
#else
#define FH_TARGET(isa) __attribute__((target(isa)))
#endif

/* 0xff for each byte from `first` on, `count` of them. */
FH_INLINE __m128i fh_range_sse2(__m128i x, char first, int count) {
    const __m128i from = _mm_add_epi8(x, _mm_set1_epi8((char)(0x80 - first)));
    return _mm_cmplt_epi8(from, _mm_set1_epi8((char)(0x80 + count)));
}

/* 0xff for each byte of ALPHA / DIGIT / "-" / one more byte; with "_" that is FH_PLAIN. */
FH_INLINE __m128i fh_plain_sse2(__m128i x, char more) {
    const __m128i alpha = fh_range_sse2(_mm_or_si128(x, _mm_set1_epi8(0x20)), 'a', 26);
    const __m128i dash = _mm_cmpeq_epi8(x, _mm_set1_epi8('-')), other = _mm_cmpeq_epi8(x, _mm_set1_epi8(more));
    return _mm_or_si128(_mm_or_si128(alpha, fh_range_sse2(x, '0', 10)), _mm_or_si128(dash, other));
}

FH_INLINE void fh_classify64_sse2(const uint8_t *p, fh_mask_t *out, int set) {
    const __m128i one = _mm_set1_epi8(1), c20 = _mm_set1_epi8(0x20), c21 = _mm_set1_epi8(0x21);
    const __m128i colon = _mm_set1_epi8(':');
    uint64_t name = 0, text = 0;
    for (unsigned i = 0; i < 4; i++) {
        const __m128i x = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i)), next = _mm_add_epi8(x, one);
        const __m128i is_name = set == FH_PLAIN
            ? fh_plain_sse2(x, '_') : _mm_andnot_si128(_mm_cmpeq_epi8(x, colon), _mm_cmpgt_epi8(next, c21));
        const __m128i is_text = _mm_or_si128(_mm_cmpgt_epi8(next, c20), x);
        name |= (uint64_t)(uint32_t)_mm_movemask_epi8(is_name) << (16 * i);
        text |= (uint64_t)(uint32_t)_mm_movemask_epi8(is_text) << (16 * i);
    }
    out->stop = fh_general(~name);
    out->ctl = ~text;
}

FH_CLASSIFIER(fh_classify_sse2, sse2, FH_FTEXT)
FH_CLASSIFIER(fh_classify_plain_sse2, sse2, FH_PLAIN)

/* 0xff for each byte that is not in FH_PLAIN: its half-bytes have no class in common. Classes: 1 for 2D, 2 for 30-39, 4
 * for 41-4F and 61-6F, 8 for 50-5A and 5F, 16 for 70-7A; a byte above 7F has none. */
FH_TARGET("avx2") FH_INLINE __m256i fh_not_plain_avx2(__m256i x) {
    const __m256i low = _mm256_setr_epi8(
        0x1a, 0x1e, 0x1e, 0x1e, 0x1e, 0x1e, 0x1e, 0x1e, 0x1e, 0x1e, 0x1c, 0x04, 0x04, 0x05, 0x04, 0x0c,
        0x1a, 0x1e, 0x1e, 0x1e, 0x1e, 0x1e, 0x1e, 0x1e, 0x1e, 0x1e, 0x1c, 0x04, 0x04, 0x05, 0x04, 0x0c);
    const __m256i high = _mm256_setr_epi8(
        0, 0, 1, 2, 4, 8, 4, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 4, 8, 4, 16, 0, 0, 0, 0, 0, 0, 0, 0);
    const __m256i upper = _mm256_and_si256(_mm256_srli_epi16(x, 4), _mm256_set1_epi8(0x0f));
    const __m256i common = _mm256_and_si256(_mm256_shuffle_epi8(low, x), _mm256_shuffle_epi8(high, upper));
    return _mm256_cmpeq_epi8(common, _mm256_setzero_si256());
}

FH_TARGET("avx2") FH_INLINE void fh_classify64_avx2(const uint8_t *p, fh_mask_t *out, int set) {
    const __m256i one = _mm256_set1_epi8(1), c21 = _mm256_set1_epi8(0x21), c22 = _mm256_set1_epi8(0x22);
    const __m256i colon = _mm256_set1_epi8(':');
    /* For each low half-byte, the line end that has it; if there is none, a byte with another low half-byte. */
    const __m256i ends = _mm256_setr_epi8(
        1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 13, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 13, 0, 0);
    uint64_t stop = 0, ctl = 0;
    for (unsigned i = 0; i < 2; i++) {
        const __m256i x = _mm256_loadu_si256((const __m256i *)(const void *)(p + 32 * i)), next = _mm256_add_epi8(x, one);
        const __m256i is_stop = set == FH_PLAIN
            ? fh_not_plain_avx2(x) : _mm256_or_si256(_mm256_cmpeq_epi8(x, colon), _mm256_cmpgt_epi8(c22, next));
        const __m256i is_ctl = set == FH_PLAIN
            ? _mm256_andnot_si256(x, _mm256_cmpgt_epi8(c21, next))
            : _mm256_cmpeq_epi8(_mm256_shuffle_epi8(ends, x), x);  /* only CR and LF */
        stop |= (uint64_t)(uint32_t)_mm256_movemask_epi8(is_stop) << (32 * i);
        ctl |= (uint64_t)(uint32_t)_mm256_movemask_epi8(is_ctl) << (32 * i);
    }
    out->stop = fh_general(stop);
    out->ctl = ctl;
}

FH_TARGET("avx2") FH_CLASSIFIER(fh_classify_avx2, avx2, FH_FTEXT)
FH_TARGET("avx2") FH_CLASSIFIER(fh_classify_plain_avx2, avx2, FH_PLAIN)

/* For each set and each byte below %x80, bit 7: a stop, bit 6: a control. */
static const uint8_t fh_classes[2][128] = {
#define FH_CTLS 0xc0, 0xc0, 0xc0, 0xc0, 0xc0, 0xc0, 0xc0, 0xc0
    {FH_CTLS, FH_CTLS, FH_CTLS, FH_CTLS, [' '] = 0x80, [':'] = 0x80, [0x7f] = 0xc0},
    {
        FH_CTLS, FH_CTLS, FH_CTLS, FH_CTLS,
        0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00, 0x80, 0x80,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
        0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x80, 0x80, 0x80, 0x80, 0x00,
        0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x80, 0x80, 0x80, 0x80, 0xc0,
    },
#undef FH_CTLS
};

FH_TARGET("avx512bw,avx512vbmi") FH_INLINE void fh_classify64_avx512(const uint8_t *p, fh_mask_t *out, int set) {
    const __m512i low = _mm512_loadu_si512((const void *)fh_classes[set]);
    const __m512i high = _mm512_loadu_si512((const void *)(fh_classes[set] + 64));
    const __m512i x = _mm512_loadu_si512((const void *)p), class = _mm512_permutex2var_epi8(low, x, high);
    out->stop = _mm512_movepi8_mask(_mm512_or_si512(class, x));
    out->ctl = _mm512_mask_test_epi8_mask(_knot_mask64(_mm512_movepi8_mask(x)), class, _mm512_set1_epi8(0x40));
}

FH_TARGET("avx512bw,avx512vbmi") FH_CLASSIFIER(fh_classify_avx512, avx512, FH_FTEXT)
FH_TARGET("avx512bw,avx512vbmi") FH_CLASSIFIER(fh_classify_plain_avx512, avx512, FH_PLAIN)

/* Bit 0: AVX2, bit 1: AVX-512 with BW and VBMI; set only if the operating system also saves their registers. */
static inline unsigned fh_cpu(void) {
#if defined(_MSC_VER) && !defined(__clang__)
    int r[4];
    unsigned found = 0;
    __cpuid(r, 1);
    if (!(r[2] & (1 << 27))) return 0;
    const unsigned long long kept = _xgetbv(0);
    __cpuidex(r, 7, 0);
    if ((r[1] & (1 << 5)) && (kept & 0x06) == 0x06) found |= 1;
    if ((r[1] & (1 << 16)) && (r[1] & (1 << 30)) && (r[2] & (1 << 1)) && (kept & 0xe6) == 0xe6) found |= 2;
    return found;
#else
    __builtin_cpu_init();
    return (__builtin_cpu_supports("avx2") ? 1u : 0u) | (__builtin_cpu_supports("avx512vbmi") ? 2u : 0u);
#endif
}
#endif

#if (defined(__aarch64__) || defined(_M_ARM64)) && !defined(__AARCH64EB__)
#define FH_NEON 1
#include <arm_neon.h>

/* 64 bytes of 0x00 or 0xff as 64 bits. */
FH_INLINE uint64_t fh_gather64_neon(const uint8x16_t m[4]) {
    static const uint8_t weights[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    const uint8x16_t w = vld1q_u8(weights);
    uint8x16_t a = vpaddq_u8(vandq_u8(m[0], w), vandq_u8(m[1], w));
    const uint8x16_t b = vpaddq_u8(vandq_u8(m[2], w), vandq_u8(m[3], w));
    a = vpaddq_u8(a, b);
    a = vpaddq_u8(a, a);
    return vgetq_lane_u64(vreinterpretq_u64_u8(a), 0);
}

/* 0xff for each byte from `first` on, `count` of them. */
FH_INLINE uint8x16_t fh_range_neon(uint8x16_t x, uint8_t first, uint8_t count) {
    return vcltq_u8(vsubq_u8(x, vdupq_n_u8(first)), vdupq_n_u8(count));
}

/* 0xff for each byte of FH_PLAIN. */
FH_INLINE uint8x16_t fh_plain_neon(uint8x16_t x) {
    const uint8x16_t alpha = fh_range_neon(vorrq_u8(x, vdupq_n_u8(0x20)), 'a', 26);
    const uint8x16_t dash = vceqq_u8(x, vdupq_n_u8('-')), underscore = vceqq_u8(x, vdupq_n_u8('_'));
    return vorrq_u8(vorrq_u8(alpha, fh_range_neon(x, '0', 10)), vorrq_u8(dash, underscore));
}

FH_INLINE void fh_classify64_neon(const uint8_t *p, fh_mask_t *out, int set) {
    uint8x16_t stop[4], ctl[4];
    for (unsigned i = 0; i < 4; i++) {
        const uint8x16_t x = vld1q_u8(p + 16 * i);
        const uint8x16_t del = vceqq_u8(x, vdupq_n_u8(0x7f));
        const uint8x16_t below21 = vcltq_s8(vreinterpretq_s8_u8(x), vdupq_n_s8(0x21));
        stop[i] = set == FH_PLAIN
            ? vmvnq_u8(fh_plain_neon(x)) : vorrq_u8(vorrq_u8(below21, del), vceqq_u8(x, vdupq_n_u8(':')));
        ctl[i] = vorrq_u8(vcltq_u8(x, vdupq_n_u8(0x20)), del);
    }
    out->stop = fh_gather64_neon(stop);
    out->ctl = fh_gather64_neon(ctl);
}

FH_CLASSIFIER(fh_classify_neon, neon, FH_FTEXT)
FH_CLASSIFIER(fh_classify_plain_neon, neon, FH_PLAIN)
#endif

/* The variant called *name for a set, or the best one for this machine if *name is NULL; sets *name to its name. NULL
 * if this machine or build has no such variant. */
static inline fh_classify_fn fh_classify_select(const char **name, int set) {
    const char *wanted = *name;
#define FH_OFFER(variant, present)                                      \
    if ((present) && (wanted == NULL || strcmp(wanted, #variant) == 0)) { \
        *name = #variant;                                               \
        return set == FH_PLAIN ? fh_classify_plain_##variant : fh_classify_##variant; \
    }
#ifdef FH_X86
    const unsigned cpu = fh_cpu();
    FH_OFFER(avx512, cpu & 2)
    FH_OFFER(avx2, cpu & 1)
    FH_OFFER(sse2, 1)
#endif
#ifdef FH_NEON
    FH_OFFER(neon, 1)
#endif
    FH_OFFER(scalar, 1)
#undef FH_OFFER
    return NULL;
}

#endif
