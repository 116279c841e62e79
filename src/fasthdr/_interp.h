/* SPDX-License-Identifier: MIT */
/* The C API where Cython has no word for it: the functions behind built-in methods, and word of a changed module. */
#ifndef FH_INTERP_H
#define FH_INTERP_H

#include <Python.h>
#include <structmember.h>

/* 1 where several interpreters may have this module, each with objects of its own, and a static variable of C is no place
   for one. */
#define FH_SUBINTERPRETERS CYTHON_USE_MODULE_STATE

/* A method of a built-in type, called without a look-up. */
typedef struct {
    PyObject *method;     /* as found in the type; owned, for good */
    PyCFunction function; /* what it is made of */
    int flags;            /* METH_NOARGS or METH_FASTCALL; 0: to be called as an object */
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

/* method(self), or None where that raises ValueError, as closed and detached files do. */
static inline PyObject *fh_ask(const fh_method_t *m, PyObject *self)
{
    PyObject *result;
    if (m->flags == METH_NOARGS)
        result = m->function(self, NULL);
    else if (m->flags == METH_FASTCALL)
        result = ((PyObject *(*)(PyObject *, PyObject *const *, Py_ssize_t))(void (*)(void))m->function)(self, NULL, 0);
    else
        result = PyObject_CallFunctionObjArgs(m->method, self, NULL);
    if (result == NULL && PyErr_ExceptionMatches(PyExc_ValueError)) {
        PyErr_Clear();
        Py_RETURN_NONE;
    }
    return result;
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

/* An attribute of a built-in type, read without a look-up. */
typedef struct {
    PyObject *member; /* as found in the type; owned, for good */
    PyMemberDef *def; /* what it is made of; NULL: it is another kind of descriptor */
} fh_member_t;

static inline int fh_member_init(fh_member_t *m, PyObject *member)
{
    Py_INCREF(member);
    m->member = member;
    m->def = Py_TYPE(member) == &PyMemberDescr_Type ? ((PyMemberDescrObject *)member)->d_member : NULL;
    return 0;
}

/* 1 where self.member is exactly of one of two types. */
static inline int fh_member_is(const fh_member_t *m, PyObject *self, PyObject *one, PyObject *other)
{
    int same;
    PyObject *value;
    if (m->def == NULL)
        return 0;
    value = PyMember_GetOne((const char *)self, m->def);
    if (value == NULL)
        return -1;
    same = Py_TYPE(value) == (PyTypeObject *)one || Py_TYPE(value) == (PyTypeObject *)other;
    Py_DECREF(value);
    return same;
}

/* Where an exception is set already: for a function that says so with -1. */
static inline int fh_raise(void)
{
    return -1;
}

/* Another number for each state of a type: after an attribute of it, or of a base, was set or deleted. 0: it has none. */
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

/* Another number after each change of a dict that fh_watch() was asked to watch. Without a GIL none is watched: the word
   of a change comes before the change. One counter for all interpreters, which may have a GIL each: it never goes back,
   and a change in another one costs no more than a look. */
#if defined(_MSC_VER)
#include <intrin.h>
static volatile long fh_changes_made = 1;
#define fh_changes ((unsigned int)fh_changes_made)
#define fh_changes_add() _InterlockedIncrement(&fh_changes_made)
#else
__attribute__((unused)) static unsigned int fh_changes_made = 1;
#define fh_changes __atomic_load_n(&fh_changes_made, __ATOMIC_RELAXED)
#define fh_changes_add() __atomic_fetch_add(&fh_changes_made, 1, __ATOMIC_RELAXED)
#endif

#if PY_VERSION_HEX >= 0x030C0000 && !defined(Py_GIL_DISABLED) && !defined(PYPY_VERSION)
static int fh_changed(PyDict_WatchEvent event, PyObject *dict, PyObject *key, PyObject *value)
{
    (void)event, (void)dict, (void)key, (void)value;
    fh_changes_add();
    return 0;
}

/* 1; 0 where the interpreter has no watcher left. */
static inline int fh_watch(PyObject *dict)
{
    int id = PyDict_AddWatcher(fh_changed);
    if (id < 0 || PyDict_Watch(id, dict) < 0) {
        PyErr_Clear();
        return 0;
    }
    return 1;
}
#else
static inline int fh_watch(PyObject *dict)
{
    (void)dict;
    return 0;
}
#endif

#endif
