/* SPDX-License-Identifier: MIT */
/* Parts of Python's C API that Cython does not offer: a faster Py_INCREF, the C functions behind built-in methods,
   functions that read their arguments in place, immortal objects, and notice of changed dicts and types. */
#ifndef FH_CPYTHON_H
#define FH_CPYTHON_H

#include <Python.h>
#include <stdint.h>
#include <structmember.h>

/* CPython 3.12 and 3.13 add a reference with a store of 32 bits and drop one with a load of 64 bits. A processor cannot
   forward a store to a longer load, so it waits if the load follows soon, as in each function that returns one of its
   variables. A store of 64 bits gives the same count. */
#if PY_VERSION_HEX >= 0x030C0000 && PY_VERSION_HEX < 0x030E0000 && SIZEOF_VOID_P > 4 && !defined(Py_GIL_DISABLED) \
    && !defined(Py_REF_DEBUG) && !defined(Py_STATS)
static inline void fh_add_reference(PyObject *object)
{
    if ((int32_t)object->ob_refcnt_split[PY_BIG_ENDIAN] >= 0)
        object->ob_refcnt++;
}
#undef Py_INCREF
#define Py_INCREF(object) fh_add_reference(_PyObject_CAST(object))
#endif

/* A method of a built-in type, called without a look-up. */
typedef struct {
    PyObject *method;     /* as found in the type; owned, for good */
    PyCFunction function; /* its C function */
    int flags;            /* METH_NOARGS or METH_FASTCALL; 0: call it as an object */
} fh_method_t;

static inline int fh_method_init(fh_method_t *m, PyObject *method)
{
    Py_INCREF(method);
    m->method = method;
    m->function = NULL;
    m->flags = 0;
    if (Py_TYPE(method) == &PyMethodDescr_Type) {
        const PyMethodDef *def = ((PyMethodDescrObject *)method)->d_method;
        if (def->ml_flags == METH_NOARGS || def->ml_flags == METH_FASTCALL) {
            m->function = def->ml_meth;
            m->flags = def->ml_flags;
        }
    }
    return 0;
}

/* None if the ValueError that a method of self has raised is the one of closed and detached files, otherwise NULL. Code
   of a program has a traceback: a raw file or a signal handler, which may close the file as well. */
static inline PyObject *fh_unusable(PyObject *self)
{
    PyObject *type, *value, *traceback, *closed;
    int unusable = 0;
    PyErr_Fetch(&type, &value, &traceback);
    if (type == PyExc_ValueError && traceback == NULL) {
        closed = PyObject_GetAttrString(self, "closed");
        unusable = closed == NULL ? PyErr_ExceptionMatches(PyExc_ValueError) : PyObject_IsTrue(closed);
        Py_XDECREF(closed);
        PyErr_Clear();
    }
    if (unusable <= 0) {
        PyErr_Restore(type, value, traceback);
        return NULL;
    }
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
    Py_RETURN_NONE;
}

/* method(self), or None if self is a closed or detached file. */
static inline PyObject *fh_ask(const fh_method_t *m, PyObject *self)
{
    PyObject *result;
    if (m->flags == METH_NOARGS)
        result = m->function(self, NULL);
    else if (m->flags == METH_FASTCALL)
        result = ((PyObject *(*)(PyObject *, PyObject *const *, Py_ssize_t))(void (*)(void))m->function)(self, NULL, 0);
    else
        result = PyObject_CallFunctionObjArgs(m->method, self, NULL);
    return result == NULL && PyErr_ExceptionMatches(PyExc_ValueError) ? fh_unusable(self) : result;
}

/* method(self, n) */
static inline PyObject *fh_ask_for(const fh_method_t *m, PyObject *self, Py_ssize_t n)
{
    PyObject *result, *number = PyLong_FromSsize_t(n);
    if (number == NULL)
        return NULL;
    if (m->flags == METH_FASTCALL)
        result = ((PyObject *(*)(PyObject *, PyObject *const *, Py_ssize_t))(void (*)(void))m->function)(self, &number, 1);
    else
        result = PyObject_CallFunctionObjArgs(m->method, self, number, NULL);
    Py_DECREF(number);
    return result;
}

/* A function that reads its arguments where the caller has them. */
typedef PyObject *(*fh_fast_t)(PyObject *self, PyObject **args, Py_ssize_t n);

/* A built-in function. Cython's functions take a reference to each argument and look for keywords; this one does not.
   definition: in static memory; doc: its signature, "\n--\n\n", and its docstring. */
static inline PyObject *fh_fast_function(PyMethodDef *definition, const char *name, const char *doc, fh_fast_t function,
                                         PyObject *module)
{
    definition->ml_name = name;
    definition->ml_meth = (PyCFunction)(void (*)(void))function;
    definition->ml_flags = METH_FASTCALL;
    definition->ml_doc = doc;
    return PyCFunction_NewEx(definition, NULL, module);
}

/* A function that takes keywords. `general` is Cython's, which searches among them; the most common calls need not. */
typedef PyObject *(*fh_call_t)(PyObject *self, PyObject **args, Py_ssize_t n, PyObject *names);
typedef struct {
    PyMethodDef definition;
    fh_call_t general;
} fh_common_t;

/* A built-in function with the name, signature and module of `general`, which calls `function`. */
static inline PyObject *fh_common_function(fh_common_t *c, PyObject *general, fh_call_t function)
{
    const PyMethodDef *def = PyCFunction_Check(general) ? ((PyCFunctionObject *)general)->m_ml : NULL;
    if (def == NULL || def->ml_flags != (METH_FASTCALL | METH_KEYWORDS)) {
        PyErr_SetString(PyExc_TypeError, "fh_common_function() needs a built-in function that takes keywords");
        return NULL;
    }
    c->general = (fh_call_t)(void (*)(void))def->ml_meth;
    c->definition = *def;
    c->definition.ml_meth = (PyCFunction)(void (*)(void))function;
    return PyCFunction_NewEx(&c->definition, PyCFunction_GET_SELF(general), ((PyCFunctionObject *)general)->m_module);
}

/* Nonzero if the only keyword of a call is `name`, an interned str. */
static inline int fh_only_keyword(PyObject *names, PyObject *name)
{
    return PyTuple_GET_SIZE(names) == 1 && PyTuple_GET_ITEM(names, 0) == name;
}

/* An attribute of a built-in type, read without a look-up. */
typedef struct {
    PyObject *member; /* as found in the type; owned, for good */
    PyMemberDef *def; /* its C definition; NULL: it is another kind of descriptor */
} fh_member_t;

static inline int fh_member_init(fh_member_t *m, PyObject *member)
{
    Py_INCREF(member);
    m->member = member;
    m->def = Py_TYPE(member) == &PyMemberDescr_Type ? ((PyMemberDescrObject *)member)->d_member : NULL;
    return 0;
}

/* 1 if the type of self.member is exactly one of two types. */
static inline int fh_member_is(const fh_member_t *m, PyObject *self, PyObject *one, PyObject *other)
{
    int same;
    PyObject *value;
    if (m->def == NULL)
        return 0;
#if !defined(Py_GIL_DISABLED)
    if (m->def->type == T_OBJECT || m->def->type == T_OBJECT_EX) {
        value = *(PyObject *const *)((const char *)self + m->def->offset);
        return value != NULL && (Py_TYPE(value) == (PyTypeObject *)one || Py_TYPE(value) == (PyTypeObject *)other);
    }
#endif
    value = PyMember_GetOne((const char *)self, m->def);
    if (value == NULL)
        return -1;
    same = Py_TYPE(value) == (PyTypeObject *)one || Py_TYPE(value) == (PyTypeObject *)other;
    Py_DECREF(value);
    return same;
}

/* A different number for each state of a type: it changes when an attribute of the type or of a base is set or deleted.
   0: the type has no number. */
static inline unsigned int fh_version(PyObject *type)
{
    PyTypeObject *const t = (PyTypeObject *)type;
#if PY_VERSION_HEX < 0x030C0000
    if (!(t->tp_flags & Py_TPFLAGS_VALID_VERSION_TAG))
        return 0;
#endif
#if defined(_MSC_VER)
    return *(const volatile unsigned int *)&t->tp_version_tag;
#else
    return __atomic_load_n(&t->tp_version_tag, __ATOMIC_RELAXED);
#endif
}

/* A flag that one thread sets while others read it. */
#if defined(_MSC_VER)
#define fh_flag(flag) (*(const volatile int *)(flag))
#define fh_flag_set(flag, on) ((void)(*(volatile int *)(flag) = (on)))
#else
#define fh_flag(flag) __atomic_load_n(flag, __ATOMIC_RELAXED)
#define fh_flag_set(flag, on) __atomic_store_n(flag, on, __ATOMIC_RELAXED)
#endif

/* Make an object immortal on free-threaded builds, so that references to it are not counted: a count that all threads
   write takes longer than the work itself. Docs of Py_SET_REFCNT(): more than UINT32_MAX makes an object immortal. */
static inline void fh_immortal(PyObject *object)
{
#if defined(Py_GIL_DISABLED) && SIZEOF_SIZE_T > 4
    Py_SET_REFCNT(object, (Py_ssize_t)UINT32_MAX + 1);
#endif
    (void)object;
}

/* A number that differs after each change of a watched dict or type. Interpreters report changes in three ways:

   FH_TOLD    from CPython 3.12 on it calls back. One counter serves all interpreters, which may have a GIL each: it
              never goes back, and a change in another interpreter only costs one more look.
   FH_TAGGED  before 3.12 each dict, like each type, has a version number that changes with it.
   FH_NO_GIL  without a GIL the callback comes before the change. For a dict it comes while the dict is locked: a
              thread that reads the counter, then locks and unlocks the dict, sees the change that was counted. For a
              type there is no such lock, so its version number is read. */
#if defined(Py_GIL_DISABLED)
#define FH_NO_GIL 1
#else
#define FH_NO_GIL 0
#endif
#define FH_TAGGED (!FH_NO_GIL && PY_VERSION_HEX < 0x030C0000)
#define FH_TOLD (!FH_NO_GIL && !FH_TAGGED)

/* fh_store() and fh_load(): 64 bits that one interpreter's threads share. Their GIL is enough, and so is `volatile`
   without one for MSVC, which has no atomics. On 32-bit processors, atomics of 64 bits may need a library. */
#if FH_NO_GIL && !defined(_MSC_VER)
#define fh_store(place, value) __atomic_store_n(place, value, __ATOMIC_RELAXED)
#define fh_load(place) __atomic_load_n(place, __ATOMIC_RELAXED)
#else
#define fh_store(place, value) ((void)(*(volatile uint64_t *)(place) = (value)))
#define fh_load(place) (*(const volatile uint64_t *)(place))
#endif

#if defined(_MSC_VER)
#include <intrin.h>
typedef volatile long fh_counter_t;
#define fh_counter_get(counter) ((unsigned int)*(counter))
#define fh_counter_add(counter) _InterlockedIncrement(counter)
static inline void fh_fence(void)
{
    volatile long here = 0;
    _InterlockedOr(&here, 0);
}
#else
typedef unsigned int fh_counter_t;
#define fh_counter_get(counter) __atomic_load_n(counter, __ATOMIC_ACQUIRE)
#define fh_counter_add(counter) __atomic_fetch_add(counter, 1, __ATOMIC_RELEASE)
#define fh_fence() __atomic_thread_fence(__ATOMIC_ACQ_REL)
#endif

#define FH_WATCHED 10

/* A few dicts and types, and their states at the last look; each state is separate, so that threads may share it. */
typedef struct {
    int count;
    PyObject *objects[FH_WATCHED]; /* owned, for good */
    uint64_t states[FH_WATCHED];   /* of each, or of all in the first; 0: never looked at, or changes not reported */
    fh_counter_t *changes;
    int dicts, types;              /* the interpreter's numbers of our watchers; -1: it has none left */
} fh_watch_t;

typedef struct {
    uint64_t states[FH_WATCHED];
} fh_states_t;

#if defined(_MSC_VER)
static fh_counter_t fh_client_changes = 1, fh_parts_changes = 1;
#else
__attribute__((unused)) static fh_counter_t fh_client_changes = 1, fh_parts_changes = 1;
#endif

#if FH_TAGGED
static inline uint64_t fh_state(const fh_watch_t *w, int i)
{
    PyObject *const object = w->objects[i];
    return PyDict_CheckExact(object) ? ((PyDictObject *)object)->ma_version_tag : fh_version(object);
}
#else
#if defined(_MSC_VER)
#define FH_UNUSED
#else
#define FH_UNUSED __attribute__((unused))
#endif
#define FH_TELL(name, counter) \
    FH_UNUSED static int name##_dict(PyDict_WatchEvent event, PyObject *dict, PyObject *key, PyObject *value) \
    { \
        (void)event, (void)dict, (void)key, (void)value; \
        fh_counter_add(&counter); \
        return 0; \
    } \
    FH_UNUSED static int name##_type(PyTypeObject *type) \
    { \
        (void)type; \
        fh_counter_add(&counter); \
        return 0; \
    }
FH_TELL(fh_client_changed, fh_client_changes)
FH_TELL(fh_parts_changed, fh_parts_changes)

static inline uint64_t fh_state(const fh_watch_t *w, int i)
{
    PyObject *const object = w->objects[i];
    return PyDict_CheckExact(object) ? fh_counter_get(w->changes) : fh_version(object);
}
#endif

/* Watch `objects`, a tuple of dicts and types. */
static inline int fh_watch_init(fh_watch_t *w, PyObject *objects, int parts)
{
    int i;
    w->count = (int)PyTuple_GET_SIZE(objects);
    w->changes = parts ? &fh_parts_changes : &fh_client_changes;
    w->dicts = w->types = -1;
    if (w->count > FH_WATCHED) {
        PyErr_SetString(PyExc_SystemError, "too many things to watch");
        return -1;
    }
    for (i = 0; i < w->count; i++) {
        w->objects[i] = PyTuple_GET_ITEM(objects, i);
        Py_INCREF(w->objects[i]);
        w->states[i] = 0;
    }
#if !FH_TAGGED
    for (i = 0; i < w->count; i++) {
        const int is_dict = PyDict_CheckExact(w->objects[i]);
        if (is_dict && w->dicts == -1)
            w->dicts = PyDict_AddWatcher(parts ? fh_parts_changed_dict : fh_client_changed_dict);
#if FH_TOLD
        else if (!is_dict && w->types == -1)
            w->types = PyType_AddWatcher(parts ? fh_parts_changed_type : fh_client_changed_type);
#endif
        PyErr_Clear(); /* no number is left: look at it each time */
        if (is_dict && w->dicts >= 0 && PyDict_Watch(w->dicts, w->objects[i]) < 0)
            return -1;
    }
#endif
    return 0;
}

/* Whether nothing has changed since the last look, between fh_watch_begin() and fh_watch_end(). */
static inline int fh_unchanged(const fh_watch_t *w)
{
#if FH_TOLD
    return fh_load(&w->states[0]) == fh_counter_get(w->changes);
#else
    int i;
    for (i = 0; i < w->count; i++) {
        const uint64_t state = fh_load(&w->states[i]);
        if (state == 0 || state != fh_state(w, i))
            return 0;
    }
    return 1;
#endif
}

/* The same for a watch of a single type. */
static inline int fh_type_unchanged(const fh_watch_t *w)
{
#if FH_TOLD
    return fh_unchanged(w);
#else
    const uint64_t state = fh_load(&w->states[0]);
    return state != 0 && state == fh_version(w->objects[0]);
#endif
}

/* Call this before a look: it stores the states that the look will be remembered for. */
static inline int fh_watch_begin(const fh_watch_t *w, fh_states_t *now)
{
    int i, told = 1;
    for (i = 0; i < w->count; i++)
        if (!PyDict_CheckExact(w->objects[i])) {
            /* A type has no number before the first access to an attribute, and is only reported while it has one. */
            PyObject *name = PyObject_GetAttrString(w->objects[i], "__name__");
            if (name == NULL)
                return -1;
            Py_DECREF(name);
            name = PyObject_GetAttrString(w->objects[i], "__init__");
            if (name == NULL)
                return -1;
            Py_DECREF(name);
#if FH_TOLD
            if (w->types >= 0 && PyType_Watch(w->types, w->objects[i]) < 0)
                return -1;
#endif
            told &= w->types >= 0 && fh_version(w->objects[i]) != 0;
        }
        else
            told &= w->dicts >= 0;
    for (i = 0; i < w->count; i++)
        now->states[i] = fh_state(w, i);
#if FH_TOLD
    now->states[0] = told ? fh_counter_get(w->changes) : 0;
#elif FH_NO_GIL
    for (i = 0; i < w->count; i++) {
        if (PyDict_CheckExact(w->objects[i])) {
            Py_BEGIN_CRITICAL_SECTION(w->objects[i]);
            Py_END_CRITICAL_SECTION();
            if (w->dicts < 0)
                now->states[i] = 0;
        }
    }
#endif
    (void)told;
    return 0;
}

static inline void fh_watch_end(fh_watch_t *w, const fh_states_t *now)
{
    int i;
    for (i = 0; i < w->count; i++)
        fh_store(&w->states[i], now->states[i]);
}

/* What a look at one dict has found, for threads that run at the same time: one writes at a time, all read. state: the
   dict's state, 0 during a write. A reader that finds the same state before and after has read matching values. */
typedef struct {
    uint64_t state, seen[2];
} fh_seen_t;

static inline int fh_seen_get(const fh_seen_t *s, const fh_watch_t *w, uint64_t seen[2])
{
    const uint64_t state = fh_load(&s->state);
    if (state == 0 || state != fh_state(w, 0))
        return 0;
    fh_fence();
    seen[0] = fh_load(&s->seen[0]);
    seen[1] = fh_load(&s->seen[1]);
    fh_fence();
    return state == fh_load(&s->state);
}

/* Call this under a lock. Values for a state earlier than the stored one are ignored. */
static inline void fh_seen_set(fh_seen_t *s, const fh_states_t *now, const uint64_t seen[2])
{
    if (now->states[0] <= s->state)
        return;
    fh_store(&s->state, 0);
    fh_fence();
    fh_store(&s->seen[0], seen[0]);
    fh_store(&s->seen[1], seen[1]);
    fh_fence();
    fh_store(&s->state, now->states[0]);
}

#endif
