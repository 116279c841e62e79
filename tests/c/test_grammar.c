/* SPDX-License-Identifier: MIT */
/* src/fasthdr/_core/grammar.h against the text of the RFCs: every byte value at every position of names of every
 * length, next to an inaccessible page, so that reading one byte too far ends the program. Exit status 0: no failures.
 */
#define _DEFAULT_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "_core/grammar.h"
#include "guarded.h"

enum { MAX_LENGTH = 40, MORE = 17 };

static const char alphanumeric[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
static unsigned long checks, failures;

static int is_in(const char *these, unsigned c) { return c != 0 && strchr(these, (int)c) != NULL; }

/* Whether a byte is in a class, whose members RFC 9110 5.6.2, RFC 3986 2 and RFC 5234 B.1 list. */
static int belongs(unsigned c, uint8_t cls) {
    const int alnum = is_in(alphanumeric, c);
    switch (cls) {
    case FH_TCHAR: return alnum || is_in("!#$%&'*+-.^_`|~", c);
    case FH_REG_NAME: return alnum || is_in("-._~", c) || is_in("!$&'()*+;=", c);
    case FH_HEXDIG: return is_in("0123456789ABCDEFabcdef", c);
    default: return is_in("0123456789", c);
    }
}

static void check(int found, int expected, const char *what, size_t n, unsigned c) {
    checks++;
    if (!found != !expected && failures++ < 20) fprintf(stderr, "%s: %d, length %zu, byte %#x\n", what, found, n, c);
}

/* A name of n bytes at p, between readable bytes of no class: each byte value at each position. */
static void check_names(uint8_t *p, size_t n, size_t before, size_t after) {
    memset(p - before, '\n', before);
    memset(p, 'a', n);
    memset(p + n, '\n', after);
    for (size_t at = 0; at < n; at++) {
        for (unsigned c = 0; c < 256; c++) {
            p[at] = (uint8_t)c;
            check(fh_reg_name(p, n, before) == (belongs(c, FH_REG_NAME) ? n : at), 1, "fh_reg_name", n, c);
            check(fh_is_target(p, n, n + after), c > 0x20 && c < 0x7f && c != '#', "fh_is_target", n, c);
        }
        p[at] = (uint8_t)(at % 2 ? 'Z' : '-');
    }
}

/* Every first letter and length: may decide if the name of a deciding field has this length and letter, in any case. */
static void check_first_letters(uint8_t *p) {
    static const char *const names[] = {
        "host", "expect", "connection", "content-type", "content-range", "authorization", "content-length",
        "transfer-encoding"};
    for (size_t n = 1; n <= MAX_LENGTH; n++) {
        for (unsigned c = 0; c < 256; c++) {
            int decides = 0, letter = is_in(alphanumeric, c) && !is_in("0123456789", c);
            for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
                decides |= strlen(names[k]) == n && (char)(c | 0x20) == names[k][0];
            }
            p[0] = (uint8_t)c;
            if (letter) check(fh_may_decide(p, n), decides, "fh_may_decide", n, c);
        }
    }
}

int main(void) {
    static const uint8_t all[] = {FH_TCHAR, FH_REG_NAME, FH_HEXDIG, FH_DIGIT};
    const guarded_t page = guarded(1);
    for (unsigned c = 0; c < 256; c++) {
        const uint8_t byte = (uint8_t)c;
        for (size_t k = 0; k < sizeof all; k++) {
            check(fh_is_class(&byte, 1, all[k]), belongs(c, all[k]), "fh_is_class", 1, c);
        }
    }
    for (size_t n = 1; n <= MAX_LENGTH; n++) {
        for (size_t more = 0; more <= MORE; more++) {
            check_names(page.start + more, n, more, 0);
            check_names(page.end - n - more, n, 0, more);
        }
    }
    check_first_letters(page.end - 1);
    printf("%lu checks, %lu failures\n", checks, failures);
    return failures != 0;
}
