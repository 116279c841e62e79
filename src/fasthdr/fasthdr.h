/* SPDX-License-Identifier: MIT */
/* The C API of fasthdr. It parses HTTP/1 message heads in the caller's buffer, in strict mode (RFC 9110 and 9112), into
 * the caller's rows. docs/c-api.md has complete programs, and says what each kind of release may change.
 *
 *     #include <fasthdr.h>                        (fasthdr.get_include() returns its folder)
 *     const fasthdr_api_t *api = fasthdr_import();  (once, with the GIL; NULL: an ImportError is set)
 *     api->parse_request(data, n, rows, 64, NULL, &head);
 *
 * The parse functions touch no Python object, allocate nothing, keep no state and read no byte outside data[0:n]: call
 * them from any thread, with or without the GIL. */
#ifndef FASTHDR_H
#define FASTHDR_H

#include <Python.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* This number changes if a struct or a function below changes. A new function only makes the table longer. */
#define FASTHDR_API_VERSION 1
#define FASTHDR_CAPSULE "fasthdr._C_API"

/* What a parse function returns. */
enum {
    FASTHDR_MISUSE = -1,    /* unknown flags, or a NULL that is not allowed */
    FASTHDR_WHOLE = 0,      /* a whole head: `head` and head->count rows describe it */
    FASTHDR_INCOMPLETE = 1, /* no fault so far: call again with more bytes after the old ones */
    FASTHDR_REFUSED = 2     /* head->status, code and offset say why; read no more from the connection */
};

/* fasthdr_options_t.flags for parse_response(): the method of the request (RFC 9112 6.3) */
enum {
    FASTHDR_TO_HEAD = 1,   /* HEAD: the response has no body */
    FASTHDR_TO_CONNECT = 2 /* CONNECT: after a 2xx the connection is a tunnel */
};

/* fasthdr_head_t.flags */
enum {
    FASTHDR_KEEP_ALIVE = 1,     /* the connection can carry another message after this one and its body */
    FASTHDR_EXPECT_CONTINUE = 2 /* the client waits for 100 (Continue) before it sends the body */
};

/* fasthdr_head_t.body_length, if it is not a length */
enum {
    FASTHDR_CHUNKED = -1,    /* the chunked coding marks where the body ends */
    FASTHDR_UNTIL_CLOSE = -2 /* a response: the body ends with the connection; also for a tunnel */
};

/* One field line, in bytes from the start of the data. */
typedef struct {
    uint32_t name;
    uint32_t name_len;  /* 1 and up */
    uint32_t value;
    uint32_t value_len; /* 0 and up; without the white space around the value */
} fasthdr_row_t;

/* Limits and flags. A member that is 0 has its default. */
typedef struct {
    uint32_t flags;
    uint32_t max_line; /* bytes of the start line and of each field line, with line ends; default 65536 */
    uint32_t max_head; /* bytes of the head; default 262144 */
} fasthdr_options_t;

/* What a parse function writes. A member for a request, a response or a refused head is 0 for all others. */
typedef struct {
    uint32_t consumed;    /* bytes of the head: where the body begins, or the next message */
    uint32_t count;       /* rows written */
    uint32_t method;      /* request: spans, in bytes from the start of the data */
    uint32_t method_len;
    uint32_t target;
    uint32_t target_len;
    uint32_t reason;      /* response: a span; it may be empty */
    uint32_t reason_len;
    int32_t minor;        /* 0 for HTTP/1.0, 1 for HTTP/1.1 */
    int32_t status;       /* response: 100 to 999; refused: the status code to answer with, 502 for a response */
    int64_t body_length;  /* bytes, or FASTHDR_CHUNKED or FASTHDR_UNTIL_CLOSE; 0 from parse_fields() */
    uint32_t flags;       /* FASTHDR_KEEP_ALIVE, FASTHDR_EXPECT_CONTINUE */
    uint32_t offset;      /* refused: the byte at which the head is refused */
    const char *code;     /* refused: the short, stable name in ParseError.code; static; otherwise NULL */
    uint32_t seen;        /* this and the members below are for set_error() */
    uint16_t kind;
    uint16_t fault;
} fasthdr_head_t;

/* data: n bytes that do not change during the call; may be NULL if n is 0.
 * rows: room for max_rows, which is also the limit on field lines: a head with more is refused (431).
 * options: NULL for the defaults. */
typedef int (*fasthdr_parse_t)(const uint8_t *data, size_t n, fasthdr_row_t *rows, uint32_t max_rows,
                               const fasthdr_options_t *options, fasthdr_head_t *head);

typedef struct {
    uint32_t version;               /* FASTHDR_API_VERSION */
    uint32_t size;                  /* bytes of this table */
    fasthdr_parse_t parse_request;  /* the head of a request */
    fasthdr_parse_t parse_response; /* the head of a response; an interim (1xx) response is a separate head */
    fasthdr_parse_t parse_fields;   /* field lines up to an empty line, without a start line: trailers, multipart */
    /* Raises fasthdr.ParseError for a head that was refused in these bytes, and returns -1. Needs the GIL. */
    int (*set_error)(const fasthdr_head_t *head, const uint8_t *data, size_t n);
} fasthdr_api_t;

/* Get the table, or NULL with an ImportError. Needs the GIL. The table is valid until the process ends and is the same
 * in each interpreter: keep it in a static variable or in the state of your module. Call this when your module is
 * imported, in each interpreter, so that an interpreter that cannot load fasthdr gets the error then. */
static inline const fasthdr_api_t *fasthdr_import(void)
{
    const fasthdr_api_t *api = (const fasthdr_api_t *)PyCapsule_Import(FASTHDR_CAPSULE, 0);
    if (api == NULL) {
        if (PyErr_ExceptionMatches(PyExc_AttributeError))
            PyErr_SetString(PyExc_ImportError, "the installed fasthdr has no C API: a newer one is needed");
        return NULL;
    }
    if (api->version != FASTHDR_API_VERSION) {
        PyErr_Format(PyExc_ImportError,
                     "the installed fasthdr has version %u of its C API, and this module was built with version %u: build it "
                     "again", (unsigned)api->version, (unsigned)FASTHDR_API_VERSION);
        return NULL;
    }
    if (api->size < sizeof(fasthdr_api_t)) {
        PyErr_Format(PyExc_ImportError,
                     "the installed fasthdr is older than the one that this module was built with: its C API has %u bytes, "
                     "not %u", (unsigned)api->size, (unsigned)sizeof(fasthdr_api_t));
        return NULL;
    }
    return api;
}

/* Find the first row from `from` on with the field name `lower` (lower case), in any case; -1 if there is none. */
static inline int64_t fasthdr_find(const uint8_t *data, const fasthdr_row_t *rows, uint32_t count, uint32_t from,
                                   const char *lower, size_t lower_len)
{
    uint32_t i;
    size_t k;
    for (i = from; i < count; i++) {
        const uint8_t *name = data + rows[i].name;
        if (rows[i].name_len != lower_len)
            continue;
        for (k = 0; k < lower_len; k++) {
            const uint8_t c = name[k];
            if ((c >= 'A' && c <= 'Z' ? c | 0x20 : c) != (uint8_t)lower[k])
                break;
        }
        if (k == lower_len)
            return i;
    }
    return -1;
}

#ifdef __cplusplus
}
#endif

#endif
