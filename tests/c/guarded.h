/* SPDX-License-Identifier: MIT */
/* Memory for the tests of C code: bytes between two inaccessible pages, so that reading or writing one byte too far
 * ends the program. Needs _DEFAULT_SOURCE. */
#ifndef FASTHDR_TEST_GUARDED_H
#define FASTHDR_TEST_GUARDED_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct {
    uint8_t *start, *end;
} guarded_t;

/* At least `size` bytes, a whole number of pages. */
static guarded_t guarded(size_t size) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size = (size + page - 1) / page * page;
    uint8_t *p = mmap(NULL, size + 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED || mprotect(p, page, PROT_NONE) != 0 || mprotect(p + page + size, page, PROT_NONE) != 0) {
        perror("guard pages");
        exit(2);
    }
    return (guarded_t){p + page, p + page + size};
}

#endif
