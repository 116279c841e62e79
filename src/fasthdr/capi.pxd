# SPDX-License-Identifier: MIT
# The C API for Cython. fasthdr.h describes each name, and docs/c-api.md has a whole program.
from libc.stddef cimport size_t
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t


cdef extern from "fasthdr.h":
    enum:
        FASTHDR_API_VERSION
        FASTHDR_MISUSE
        FASTHDR_WHOLE
        FASTHDR_INCOMPLETE
        FASTHDR_REFUSED
        FASTHDR_TO_HEAD
        FASTHDR_TO_CONNECT
        FASTHDR_KEEP_ALIVE
        FASTHDR_EXPECT_CONTINUE
        FASTHDR_CHUNKED
        FASTHDR_UNTIL_CLOSE
    const char *FASTHDR_CAPSULE

    ctypedef struct fasthdr_row_t:
        uint32_t name
        uint32_t name_len
        uint32_t value
        uint32_t value_len

    ctypedef struct fasthdr_options_t:
        uint32_t flags
        uint32_t max_line
        uint32_t max_head

    ctypedef struct fasthdr_head_t:
        uint32_t consumed
        uint32_t count
        uint32_t method
        uint32_t method_len
        uint32_t target
        uint32_t target_len
        uint32_t reason
        uint32_t reason_len
        int32_t minor
        int32_t status
        int64_t body_length
        uint32_t flags
        uint32_t offset
        const char *code
        uint32_t seen
        uint16_t kind
        uint16_t fault

    ctypedef int (*fasthdr_parse_t)(const uint8_t *data, size_t n, fasthdr_row_t *rows, uint32_t max_rows,
                                    const fasthdr_options_t *options, fasthdr_head_t *head) noexcept nogil

    ctypedef struct fasthdr_api_t:
        uint32_t version
        uint32_t size
        fasthdr_parse_t parse_request
        fasthdr_parse_t parse_response
        fasthdr_parse_t parse_fields
        int (*set_error)(const fasthdr_head_t *head, const uint8_t *data, size_t n) except -1

    const fasthdr_api_t *fasthdr_import() except NULL
    int64_t fasthdr_find(const uint8_t *data, const fasthdr_row_t *rows, uint32_t count, uint32_t first,
                         const char *lower, size_t lower_len) noexcept nogil
