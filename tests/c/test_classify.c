/* SPDX-License-Identifier: MIT */
/* src/fasthdr/_core/classify.h against a byte-by-byte reference, one variant after another: every byte value at every
 * position in a block, every length up to MAX_LENGTH at every alignment, and input and masks next to an inaccessible
 * page, so that reading or writing one byte too far ends the program. Exit status 0: no difference. */
#define _DEFAULT_SOURCE
#include <stdio.h>
#include <stdlib.h>

#include "_core/classify.h"
#include "guarded.h"

enum { MAX_LENGTH = 200, LONG_LENGTH = FH_BLOCK * FH_WINDOW_BLOCKS + 65, CANARY = 0x5a };

static unsigned long checks, failures;

/* The rules, as fh_mask_t and its sets describe them. */
static int is_stop(unsigned c, int set) {
    const int alpha = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'), digit = c >= '0' && c <= '9';
    if (set == FH_PLAIN) return !(alpha || digit || c == '-' || c == '_');
    return !((c >= 0x21 && c <= 0x39) || (c >= 0x3b && c <= 0x7e));
}
static int is_ctl(unsigned c) { return c <= 0x1f || c == 0x7f; }
static int must_be_ctl(unsigned c, int set) { return set == FH_PLAIN ? is_ctl(c) : c == '\r' || c == '\n'; }

static void fail(const char *variant, const char *what, size_t n, size_t at) {
    if (failures++ < 20) fprintf(stderr, "%s: %s differs, length %zu, byte %zu\n", variant, what, n, at);
}

/* Checks the masks of p[0..n), in a buffer that ends where they end. */
static void check(const char *variant, int set, fh_classify_fn classify, const uint8_t *p, size_t n, guarded_t masks) {
    const size_t blocks = (n + FH_BLOCK - 1) / FH_BLOCK;
    fh_mask_t *out = (fh_mask_t *)(void *)masks.end - blocks;
    memset(masks.start, CANARY, (size_t)(masks.end - masks.start));
    classify(p, n, out);
    checks++;
    for (size_t i = 0; i < blocks * FH_BLOCK; i++) {
        const uint64_t bit = UINT64_C(1) << i % FH_BLOCK;
        const fh_mask_t mask = out[i / FH_BLOCK];
        if (((mask.stop & bit) != 0) != (i >= n || is_stop(p[i], set))) fail(variant, "stop", n, i);
        const int ctl = (mask.ctl & bit) != 0;
        if (i >= n ? !ctl : ctl ? !is_ctl(p[i]) : must_be_ctl(p[i], set)) fail(variant, "ctl", n, i);
    }
    for (const uint8_t *q = masks.start; q < (uint8_t *)out; q++) {
        if (*q != CANARY) fail(variant, "memory before the masks", n, 0);
    }
}

/* Bytes of a header block, bytes on both sides of each rule's limits, and arbitrary bytes; from a fixed seed. */
static uint8_t any_byte(void) {
    static const uint8_t edges[] = "\x00\x08\x09\x0a\x0b\x0d\x1f\x20\x21-/09:;@AZ[_`az{\x7e\x7f\x80\x85\xa0\xff";
    static uint64_t state = UINT64_C(0x9e3779b97f4a7c15);
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    const unsigned r = (unsigned)(state >> 40);
    switch (r % 4) {
    case 0: return edges[(r >> 2) % (sizeof edges - 1)];
    case 1: return (uint8_t)(r >> 2);
    default: return (uint8_t)('a' + (r >> 2) % 26);
    }
}

static void fill(uint8_t *p, size_t n) {
    for (size_t i = 0; i < n; i++) p[i] = any_byte();
}

static void check_variant(const char *variant, int set, fh_classify_fn classify, guarded_t input, guarded_t masks) {
    for (unsigned c = 0; c < 256; c++) {
        for (size_t at = 0; at < FH_BLOCK; at++) {
            memset(input.start, 'a', FH_BLOCK);
            input.start[at] = (uint8_t)c;
            check(variant, set, classify, input.start, FH_BLOCK, masks);
        }
        memset(input.start, (int)c, 2 * FH_BLOCK);
        for (size_t n = 0; n <= 2 * FH_BLOCK; n++) check(variant, set, classify, input.start, n, masks);
    }
    for (size_t n = 0; n <= LONG_LENGTH; n += n < MAX_LENGTH ? 1 : 13) {
        fill(input.start, n);
        check(variant, set, classify, input.start, n, masks);
        fill(input.end - n, n);
        check(variant, set, classify, input.end - n, n, masks);
    }
    for (size_t n = 0; n <= MAX_LENGTH; n++) {
        for (size_t shift = 0; shift < FH_BLOCK; shift++) {
            uint8_t *p = input.start + FH_BLOCK + shift;
            fill(p - 1, n + 2); /* the bytes around the input must not matter */
            check(variant, set, classify, p, n, masks);
        }
    }
}

static void check_helpers(void) {
    for (unsigned c = 0; c < 256; c++) {
        const int upper = c >= 'A' && c <= 'Z';
        const int space = (c >= 0x09 && c <= 0x0d) || (c >= 0x1c && c <= 0x20) || c == 0x85 || c == 0xa0;
        checks += 4;
        if (fh_lower[c] != (upper ? c + 32 : c)) fail("fh_lower", "value", 1, c);
        if (!fh_is_space((uint8_t)c) != !space) fail("fh_is_space", "value", 1, c);
        if (!fh_is_ows((uint8_t)c) != !(c == 0x20 || c == 0x09)) fail("fh_is_ows", "value", 1, c);
        if (!fh_is_word((uint8_t)c) != !(c > 0x20 && c != 0x7f && !space)) fail("fh_is_word", "value", 1, c);
    }
    for (unsigned i = 0; i < 64; i++) {
        checks += 2;
        if (fh_ctz(UINT64_C(1) << i) != i) fail("fh_ctz", "value", 64, i);
        if (fh_ctz(UINT64_MAX << i) != i) fail("fh_ctz", "value", 64, i);
    }
}

static void check_ows(void) {
    static const uint8_t text[] = " \t\tab \t c\t ";
    for (size_t end = 0; end < sizeof text; end++) {
        for (size_t i = 0; i <= end; i++) {
            size_t first = i, last = end;
            while (first < end && strchr(" \t", text[first]) != NULL) first++;
            while (last > i && strchr(" \t", text[last - 1]) != NULL) last--;
            checks += 2;
            if (fh_skip_ows(text, i, end) != first) fail("fh_skip_ows", "end", end, i);
            if (fh_trim_ows(text, i, end) != last) fail("fh_trim_ows", "start", end, i);
        }
    }
}

int main(void) {
    static const char *const variants[] = {"scalar", "sse2", "avx2", "avx512", "neon"};
    const guarded_t input = guarded(LONG_LENGTH);
    const guarded_t masks = guarded(sizeof(fh_mask_t) * (LONG_LENGTH / FH_BLOCK + 1));
    const char *best = NULL, *name = "no such variant";
    unsigned present = 0;

    check_helpers();
    check_ows();
    if (fh_classify_select(&name, FH_FTEXT) != NULL) fail("fh_classify_select", "an unknown name", 0, 0);
    if (fh_classify_select(&best, FH_FTEXT) == NULL || best == NULL) fail("fh_classify_select", "the best", 0, 0);
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        name = variants[i];
        const fh_classify_fn classify = fh_classify_select(&name, FH_FTEXT);
        if (classify == NULL) {
            printf("%s: skipped, not on this machine or in this build\n", variants[i]);
            continue;
        }
        if (strcmp(name, variants[i]) != 0) fail(variants[i], "the name", 0, 0);
        present++;
        check_variant(name, FH_FTEXT, classify, input, masks);
        check_variant(name, FH_PLAIN, fh_classify_select(&name, FH_PLAIN), input, masks);
        printf("%s: done%s\n", name, best != NULL && strcmp(name, best) == 0 ? ", the best here" : "");
    }
    printf("%u variants, %lu checks, %lu failed\n", present, checks, failures);
    return present == 0 || failures != 0;
}
