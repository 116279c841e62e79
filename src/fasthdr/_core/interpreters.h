/* SPDX-License-Identifier: MIT */
/* Interpreter-local things: one for each interpreter of a process, found from a static variable. Before CPython 3.13,
   and without the GIL, a single interpreter has the core (setup.py), and the variable leads straight to its thing. */
#ifndef FH_INTERPRETERS_H
#define FH_INTERPRETERS_H

#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#if defined(_MSC_VER)
#include <intrin.h>
#define FH_NOT_INLINE static __declspec(noinline)
#define FH_COLD FH_NOT_INLINE
#define FH_LOOK_UP FH_NOT_INLINE
#define FH_CONSTANT static __inline
#else
#define FH_NOT_INLINE __attribute__((noinline, unused)) static
#define FH_COLD __attribute__((noinline, cold, unused)) static
#define FH_LOOK_UP __attribute__((pure)) FH_NOT_INLINE /* calls may be merged */
#define FH_CONSTANT __attribute__((const)) FH_NOT_INLINE /* calls may be merged, even across other calls */
#endif

/* Entries are never freed, because threads of other interpreters may be reading them. They are used again: a new
   interpreter often has the address of one that has ended. */
typedef struct fh_entry {
    PyInterpreterState *interpreter;
    void *thing; /* NULL: it is gone */
    struct fh_entry *next;
} fh_entry_t;

typedef struct {
    void *only; /* the thing, while a single interpreter has one */
#if CYTHON_USE_MODULE_STATE
    PyMutex lock; /* for those that write */
    int looked_up; /* `only` is not set again */
    fh_entry_t *entries[16];
#endif
} fh_local_t;

#if CYTHON_USE_MODULE_STATE

static inline int fh_entries_of(const PyInterpreterState *interpreter)
{
    return ((uintptr_t)interpreter >> 12 ^ (uintptr_t)interpreter >> 18) & 15;
}

static inline fh_entry_t *fh_entry_of(const fh_local_t *local, const PyInterpreterState *interpreter)
{
    fh_entry_t *entry = *(fh_entry_t *const volatile *)&local->entries[fh_entries_of(interpreter)];
    while (entry && entry->interpreter != interpreter)
        entry = entry->next;
    return entry;
}

FH_LOOK_UP void *fh_local_look_up(const fh_local_t *local)
{
    /* PyInterpreterState_Get() also checks that there is one. */
    const fh_entry_t *entry = fh_entry_of(local, PyThreadState_GetUnchecked()->interp);
    return entry ? entry->thing : NULL;
}

/* Whether fh_local() finds a thing without a look-up. */
static inline int fh_local_is_only(const fh_local_t *local)
{
    return local->only != NULL;
}

/* The thing of this interpreter, or NULL. */
static inline void *fh_local(const fh_local_t *local)
{
    void *only = local->only;
    return only ? only : fh_local_look_up(local);
}

FH_COLD int fh_local_set(fh_local_t *local, void *thing)
{
    PyInterpreterState *const interpreter = PyInterpreterState_Get();
    fh_entry_t *entry;
    PyMutex_Lock(&local->lock);
    entry = fh_entry_of(local, interpreter);
    if (entry && entry->thing && entry->thing == local->only)
        local->only = NULL; /* it is replaced */
    if (entry == NULL) {
        fh_entry_t **const place = &local->entries[fh_entries_of(interpreter)];
        entry = (fh_entry_t *)malloc(sizeof(fh_entry_t));
        if (entry == NULL) {
            PyMutex_Unlock(&local->lock);
            PyErr_NoMemory();
            return -1;
        }
        entry->interpreter = interpreter;
        entry->next = *place;
#if defined(_MSC_VER)
        _InterlockedExchangePointer((void *volatile *)place, entry);
#else
        __atomic_store_n(place, entry, __ATOMIC_RELEASE);
#endif
    }
    entry->thing = thing;
    local->looked_up |= local->only != NULL;
    local->only = local->looked_up ? NULL : thing;
    PyMutex_Unlock(&local->lock);
    return 0;
}

/* Forget the thing of this interpreter, if it is this one. What the interpreter still frees must not find that of the
   next interpreter, so from now on things are looked up. */
FH_COLD void fh_local_drop(fh_local_t *local, const void *thing)
{
    fh_entry_t *entry;
    PyMutex_Lock(&local->lock);
    entry = fh_entry_of(local, PyInterpreterState_Get());
    if (entry && entry->thing == thing) {
        local->looked_up = 1;
        local->only = NULL;
        entry->thing = NULL;
    }
    PyMutex_Unlock(&local->lock);
}

#else

static inline int fh_local_is_only(const fh_local_t *local)
{
    (void)local;
    return 1;
}

static inline void *fh_local(const fh_local_t *local)
{
    return local->only;
}

static inline int fh_local_set(fh_local_t *local, void *thing)
{
    local->only = thing;
    return 0;
}

static inline void fh_local_drop(fh_local_t *local, const void *thing)
{
    (void)local, (void)thing;
}

#endif

/* Keep what the main interpreter has until the process ends: objects that outlive the module need it. What another
   interpreter has ends with it. */
static inline void fh_keep_in_main(PyObject *object)
{
#if CYTHON_USE_MODULE_STATE
    if (PyInterpreterState_Get() != PyInterpreterState_Main())
        return;
#endif
    Py_INCREF(object);
}

/* fh_local_set() with an object, which calls fh_local_drop() when it is freed. */
FH_COLD int fh_local_set_object(fh_local_t *local, PyObject *object)
{
    fh_keep_in_main(object);
    return fh_local_set(local, object);
}

#endif
