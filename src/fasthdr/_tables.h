/* SPDX-License-Identifier: MIT */
/* Classes of bytes that the grammar of strict mode asks for one at a time. C11, no Python.h. */
#ifndef FASTHDR_TABLES_H
#define FASTHDR_TABLES_H

#include <stdint.h>

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

#endif
