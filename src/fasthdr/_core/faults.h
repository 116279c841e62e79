/* SPDX-License-Identifier: MIT */
/* Strict mode's faults, in the order of fasthdr._errors.faults, which says more about each. C11, no Python.h, no
 * allocation, no state. */
#ifndef FASTHDR_FAULTS_H
#define FASTHDR_FAULTS_H

/* FAULT(name, status code for a request, short name). faults.pxd declares the names to Cython. */
#define FH_FAULTS(FAULT) \
    FAULT(LINE_ENDING, 400, "line-ending")                 \
    FAULT(NOT_HTTP, 400, "not-http")                       \
    FAULT(TLS, 400, "tls")                                 \
    FAULT(TLS_RESPONSE, 502, "tls")                        \
    FAULT(PROXY, 400, "proxy")                             \
    FAULT(REQUEST_LINE, 400, "request-line")               \
    FAULT(METHOD, 400, "method")                           \
    FAULT(TARGET, 400, "target")                           \
    FAULT(VERSION, 400, "version")                         \
    FAULT(VERSION_NUMBER, 505, "version-number")           \
    FAULT(STATUS_LINE, 502, "status-line")                 \
    FAULT(STATUS_CODE, 502, "status-code")                 \
    FAULT(LEADING_SPACE, 400, "leading-space")             \
    FAULT(OBS_FOLD, 400, "obs-fold")                       \
    FAULT(FIELD_LINE, 400, "field-line")                   \
    FAULT(SPACE_BEFORE_COLON, 400, "space-before-colon")   \
    FAULT(FIELD_NAME, 400, "field-name")                   \
    FAULT(FIELD_VALUE, 400, "field-value")                 \
    FAULT(REQUEST_LINE_LENGTH, 414, "request-line-length") \
    FAULT(STATUS_LINE_LENGTH, 502, "status-line-length")   \
    FAULT(FIELD_LINE_LENGTH, 431, "field-line-length")     \
    FAULT(FIELD_COUNT, 431, "field-count")                 \
    FAULT(HEAD_LENGTH, 431, "head-length")                 \
    FAULT(HOST_MISSING, 400, "host-missing")               \
    FAULT(HOST_TWICE, 400, "host-twice")                   \
    FAULT(HOST, 400, "host")                               \
    FAULT(TWO_FRAMINGS, 400, "two-framings")               \
    FAULT(CONTENT_LENGTH, 400, "content-length")           \
    FAULT(TRANSFER_ENCODING, 400, "transfer-encoding")     \
    FAULT(CODING, 501, "coding")                           \
    FAULT(CONNECT_CONTENT, 400, "connect-content")         \
    FAULT(CONTENT_TYPE_TWICE, 400, "content-type-twice")   \
    FAULT(CONTENT_RANGE_TWICE, 400, "content-range-twice") \
    FAULT(AUTHORIZATION_TWICE, 400, "authorization-twice") \
    FAULT(CHUNK, 400, "chunk")                             \
    FAULT(CHUNK_EXTENSION, 400, "chunk-extension")         \
    FAULT(CHUNK_LINE_LENGTH, 400, "chunk-line-length")     \
    FAULT(EXTENSIONS_LENGTH, 400, "extensions-length")     \
    FAULT(TRAILER_FIELD, 400, "trailer-field")             \
    FAULT(CONTENT_TOO_LARGE, 413, "content-too-large")     \
    FAULT(INCOMPLETE_BODY, 400, "incomplete-body")

#define FH_FAULT_MEMBER(name, status, code) FH_FAULT_##name,
#define FH_FAULT_STATUS(name, status, code) case FH_FAULT_##name: return status;
#define FH_FAULT_CODE(name, status, code) case FH_FAULT_##name: return code;

typedef enum {
    FH_FAULT_NONE, /* 0 */
    FH_FAULTS(FH_FAULT_MEMBER)
} fh_fault_t;

static inline int fh_fault_status(fh_fault_t fault) {
    switch (fault) {
        FH_FAULTS(FH_FAULT_STATUS)
        default: return 400;
    }
}

static inline const char *fh_fault_code(fh_fault_t fault) {
    switch (fault) {
        FH_FAULTS(FH_FAULT_CODE)
        default: return "other";
    }
}

#endif
