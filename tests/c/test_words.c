/* SPDX-License-Identifier: MIT */
/* The comparisons of src/fasthdr/_core/classify.h that work on words instead of bytes: every byte value at every place
 * in runs of every length, at both ends of a page between two inaccessible pages. Exit status 0: no failures. */
#define _DEFAULT_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "_core/classify.h"
#include "guarded.h"

enum { MAX_LENGTH = 41 };

static unsigned long checks, failures;

static void check(int found, int expected, const char *what, size_t n, size_t at, unsigned c) {
    checks++;
    if (!found != !expected && failures++ < 20) {
        fprintf(stderr, "%s: %d, length %zu, byte %zu: %#x\n", what, found, n, at, c);
    }
}

/* tolower() of the C locale, for every byte. */
static unsigned lower(unsigned c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; }

/* a and b: n bytes each, which differ in at most one byte. */
static void check_runs(uint8_t *a, uint8_t *b, size_t n) {
    for (size_t i = 0; i < n; i++) a[i] = b[i] = (uint8_t)("aZ-9@[`{"[i % 8]);
    check(fh_same(a, b, n), 1, "fh_same", n, 0, 0);
    check(fh_same_name(a, b, n), 1, "fh_same_name", n, 0, 0);
    check(fh_is_ascii(a, n), 1, "fh_is_ascii", n, 0, 0);
    check(fh_has_break(a, n), 0, "fh_has_break", n, 0, 0);
    for (size_t at = 0; at < n; at++) {
        const uint8_t was = b[at];
        for (unsigned c = 0; c < 256; c++) {
            b[at] = (uint8_t)c;
            check(fh_same(a, b, n), c == was, "fh_same", n, at, c);
            check(fh_same_name(a, b, n), lower(c) == lower(was), "fh_same_name", n, at, c);
            check(fh_same_name(b, a, n), lower(c) == lower(was), "fh_same_name", n, at, c);
            check(fh_is_ascii(b, n), c < 0x80, "fh_is_ascii", n, at, c);
            check(fh_has_break(b, n), c == '\r' || c == '\n' || c == 0, "fh_has_break", n, at, c);
        }
        b[at] = was;
    }
}

/* fh_is_name() gets names of 4 to 16 bytes, only letters and "-", and compares them with bytes that are no controls. */
static void check_names(uint8_t *p, size_t n) {
    const char *const lower_name = "a-zxymnb-kzacq-o";
    memcpy(p, lower_name, n);
    check(fh_is_name(p, lower_name, n), 1, "fh_is_name", n, 0, 0);
    for (size_t at = 0; at < n; at++) {
        const uint8_t was = p[at];
        for (unsigned c = 0x20; c < 256; c++) {
            if (c == 0x7f) continue;
            p[at] = (uint8_t)c;
            check(fh_is_name(p, lower_name, n), lower(c) == was, "fh_is_name", n, at, c);
        }
        p[at] = was;
    }
}

int main(void) {
    const guarded_t first = guarded(1), second = guarded(1);
    for (size_t n = 0; n <= MAX_LENGTH; n++) {
        check_runs(first.start, second.start, n);
        check_runs(first.end - n, second.end - n, n);
        check_runs(first.start, second.end - n, n);
    }
    for (size_t n = 4; n <= 16; n++) {
        check_names(first.start, n);
        check_names(first.end - n, n);
    }
    printf("%lu checks, %lu failures\n", checks, failures);
    return failures != 0;
}
