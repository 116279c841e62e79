/* SPDX-License-Identifier: MIT */
/* The C API of fasthdr: HTTP/1 message heads in a buffer of the caller's, parsed in strict mode (RFC 9110 and 9112) into
 * rows of the caller's. docs/c-api.md has whole programs, and what may change with which release.
 *
 *     #include <fasthdr.h>                        (the folder is what fasthdr.get_include() names)
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

/* Another number: a struct or a function below is another one. Functions that are added make the table longer. */
#define FASTHDR_API_VERSION 1
#define FASTHDR_CAPSULE "fasthdr._C_API"

/* What a parse function returns. */
enum {
    FASTHDR_MISUSE = -1,    /* unknown flags, or a NULL where something has to be */
    FASTHDR_WHOLE = 0,      /* a whole head: `head` and head->count rows say what it is */
    FASTHDR_INCOMPLETE = 1, /* no fault so far, and not all there: call again with more bytes, the old ones first */
    FASTHDR_REFUSED = 2     /* head->status, code and offset say why; the connection is not to be read any further */
};

/* fasthdr_options_t.flags, of parse_response(): what the request was, as RFC 9112 6.3 has it */
enum {
    FASTHDR_TO_HEAD = 1,   /* HEAD: the response has no body */
    FASTHDR_TO_CONNECT = 2 /* CONNECT: after a 2xx the connection is a tunnel */
};

/* fasthdr_head_t.flags */
enum {
    FASTHDR_KEEP_ALIVE = 1,     /* the connection can carry another message after this one and its body */
    FASTHDR_EXPECT_CONTINUE = 2 /* the client waits for 100 (Continue) before it sends the body */
};

/* fasthdr_head_t.body_length, where it is no length */
enum {
    FASTHDR_CHUNKED = -1,    /* the chunked coding says where the body ends */
    FASTHDR_UNTIL_CLOSE = -2 /* of a response: the end of the connection does; a tunnel, too */
};

/* One field line, in bytes from the start of the data. */
typedef struct {
    uint32_t name;
    uint32_t name_len;  /* 1 and up */
    uint32_t value;
    uint32_t value_len; /* 0 and up; without the blanks around the value */
} fasthdr_row_t;

/* Limits and flags; 0 is the default of each member. */
typedef struct {
    uint32_t flags;
    uint32_t max_line; /* bytes of the start line and of each field line, line ends included; 65536 */
    uint32_t max_head; /* bytes of the head; 262144 */
} fasthdr_options_t;

/* What a parse function writes; where it says "refused" or "of a response", 0 otherwise. */
typedef struct {
    uint32_t consumed;    /* bytes of the head: where the body begins, or the next message */
    uint32_t count;       /* rows written */
    uint32_t method;      /* of a request: spans, in bytes from the start of the data */
    uint32_t method_len;
    uint32_t target;
    uint32_t target_len;
    uint32_t reason;      /* of a response: a span; it may be empty */
    uint32_t reason_len;
    int32_t minor;        /* of HTTP/1.0 and HTTP/1.1: 0 or 1 */
    int32_t status;       /* of a response: 100 to 999; refused: the status code to answer with, 502 for a response */
    int64_t body_length;  /* bytes, or FASTHDR_CHUNKED or FASTHDR_UNTIL_CLOSE; of fields alone 0 */
    uint32_t flags;       /* FASTHDR_KEEP_ALIVE, FASTHDR_EXPECT_CONTINUE */
    uint32_t offset;      /* refused: of the byte at which the head is refused */
    const char *code;     /* refused: a short name that stays, that of ParseError.code; static; NULL otherwise */
    uint32_t seen;        /* this and what follows is for set_error() */
    uint16_t kind;
    uint16_t fault;
} fasthdr_head_t;

/* data: n bytes that the caller keeps unchanged during the call; NULL if n is 0.
 * rows: room for max_rows, which is the limit on field lines, too: a head with more is refused (431).
 * options: NULL for the defaults. */
typedef int (*fasthdr_parse_t)(const uint8_t *data, size_t n, fasthdr_row_t *rows, uint32_t max_rows,
                               const fasthdr_options_t *options, fasthdr_head_t *head);

typedef struct {
    uint32_t version;               /* FASTHDR_API_VERSION */
    uint32_t size;                  /* bytes of this table */
    fasthdr_parse_t parse_request;  /* a request's head */
    fasthdr_parse_t parse_response; /* a response's, an interim (1xx) one being a head for itself */
    fasthdr_parse_t parse_fields;   /* field lines up to a blank line, without a start line: trailers, multipart */
    /* Raises fasthdr.ParseError for a head that was refused in these bytes, and returns -1. Wants the GIL. */
    int (*set_error)(const fasthdr_head_t *head, const uint8_t *data, size_t n);
} fasthdr_api_t;

/* Get the table. Wants the GIL; NULL: an ImportError is set. It is the process's, is valid for good, and is the same in
 * each interpreter: keep it in a static variable or in the state of your module. Call this when your module is imported, in
 * each interpreter, as an interpreter that cannot load fasthdr is told so then. */
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

/* The first row from `from` on that has the field name `lower`, in any case; -1 if there is none. lower: lower-case. */
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
