/* SPDX-License-Identifier: MIT */
/* Where an extension finds the state of its module. setup.py has each generated file include this after the type of the
   state, in place of Cython's look-up, which updates a counter that all threads share, twice at each use. */
#ifndef FH_MODULE_STATE_H
#define FH_MODULE_STATE_H

#include "interpreters.h"

static fh_own_t fh_states;

/* Objects that are freed after the state of their module find an empty one. Cython 3.3 only clears the state if the
   import fails. */
FH_LOOK_UP __pyx_mstatetype *fh_state_here(void)
{
    static __pyx_mstatetype empty;
    __pyx_mstatetype *state = (__pyx_mstatetype *)fh_own_here(&fh_states);
    return state ? state : &empty;
}

static CYTHON_INLINE __pyx_mstatetype *fh_module_state(void)
{
    __pyx_mstatetype *only = (__pyx_mstatetype *)fh_states.only;
    return likely(only) ? only : fh_state_here();
}

#define __pyx_mstate_global (fh_module_state())

/* Used where the module is imported, perhaps in an interpreter that does not have it yet. */
#define __pyx_m (__Pyx_State_FindModule(NULL))

static int fh_module_added(PyObject *module)
{
    fh_keep_in_main(module);
    return fh_own_set(&fh_states, __Pyx_PyModule_GetState(module));
}

/* A program may delete modules from sys.modules and import them again. It gets the same module, as without state. But
   CPython has given it new memory for its state. */
static int fh_module_again(PyObject *module)
{
    __pyx_mstatetype *state = __Pyx_PyModule_GetState(module);
    *state = *__pyx_mstate_global;
    return fh_own_set(&fh_states, state);
}

static void fh_module_removed(void)
{
    fh_own_drop(&fh_states, fh_own_here(&fh_states));
}

/* Types that are made from specs can be changed, unless they say that they cannot. Cython has no switch for that. */
static void fh_types_made(void)
{
    PyObject *const module = __pyx_m;
    PyObject *name, *type;
    Py_ssize_t at = 0;
    while (PyDict_Next(PyModule_GetDict(module), &at, &name, &type))
        if (PyType_Check(type) && PyType_HasFeature((PyTypeObject *)type, Py_TPFLAGS_HEAPTYPE)) {
            if (PyType_GetModule((PyTypeObject *)type) == module)
                ((PyTypeObject *)type)->tp_flags |= Py_TPFLAGS_IMMUTABLETYPE;
            else
                PyErr_Clear();
        }
}

/* Heads are of three types that share a free list. With module state, Cython lets only the first of them use it. */
#define FH_SHARES_FREE_LIST(type, first) \
    ((int)(fh_states.only != NULL && (type)->tp_dealloc == (first)->tp_dealloc))

#endif
