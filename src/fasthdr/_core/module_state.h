/* SPDX-License-Identifier: MIT */
/* Where an extension finds the state of its module. setup.py has each generated file include this after the type of the
   state, in place of Cython's look-up, which updates a counter that all threads share, twice at each use. */
#ifndef FH_MODULE_STATE_H
#define FH_MODULE_STATE_H

#include "interpreters.h"

static fh_local_t fh_states;

/* No function sees the state change while it runs, so a compiler that can be told looks it up once in each call of a
   function that uses it. fh_execute() sets it before the code that imports the module runs. The compiler may also move
   the look-up, but the interpreter is only known with the GIL: a file that releases it (setup.py) does not tell the
   compiler, and functions of our headers that release it are not inlined.

   Objects that are freed after the state of their module find an empty one. Cython 3.3 only clears the state if the
   import fails. */
#ifdef FH_RELEASES_GIL
FH_NOT_INLINE __pyx_mstatetype *fh_module_state(void)
#else
FH_CONSTANT __pyx_mstatetype *fh_module_state(void)
#endif
{
    static __pyx_mstatetype empty;
    __pyx_mstatetype *state = (__pyx_mstatetype *)fh_local(&fh_states);
    return state ? state : &empty;
}

#define __pyx_mstate_global (fh_module_state())

/* Do fh_module_state() for the constructor or destructor of a type: asking the type is faster than a look-up. Only types
   that this module defines have its destructor. If the module has been imported again, its state is empty, and then free
   lists are not used. */
FH_CONSTANT __pyx_mstatetype *fh_state_of(PyTypeObject *type, destructor dealloc)
{
    PyObject *module;
    if (fh_states.only)
        return (__pyx_mstatetype *)fh_states.only;
    module = ((PyHeapTypeObject *)type)->ht_module;
    return type->tp_dealloc == dealloc && module ? (__pyx_mstatetype *)PyModule_GetState(module) : fh_module_state();
}

#define FH_STATE_OF(type, name) (fh_state_of(type, __pyx_tp_dealloc_##name))

/* Used where the module is imported, perhaps in an interpreter that does not have it yet. */
#define __pyx_m (__Pyx_State_FindModule(NULL))

static void fh_module_removed(void)
{
    fh_local_drop(&fh_states, fh_local_look_up(&fh_states));
}

/* Define the function that executes a new module. A program may delete modules from sys.modules and import them again.
   It gets the same module, as without state, and the state of the first import: what CPython has now given the module
   stays empty. */
#define FH_EXECUTE(execute) \
    FH_NOT_INLINE int execute(PyObject *module); \
    static int fh_execute(PyObject *module) \
    { \
        PyObject *const known = __pyx_m; \
        if (known == module) \
            return 0; \
        if (known == NULL) { \
            fh_keep_in_main(module); \
            if (fh_local_set(&fh_states, __Pyx_PyModule_GetState(module)) < 0) \
                return -1; \
        } \
        if (execute(module) == 0) \
            return 0; \
        if (known == NULL) \
            fh_module_removed(); \
        return -1; \
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

/* Heads are of three types that share a free list. With module state, Cython lets only the first of them use it. An
   empty state has no such type. */
#define FH_SHARES_FREE_LIST(type, first) \
    ((int)((first) != NULL && (type)->tp_dealloc == (first)->tp_dealloc))

#endif
