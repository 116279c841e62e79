/* SPDX-License-Identifier: MIT */
/* Where an extension finds the state of its module. setup.py has each generated file include this after the type of the
   state, in place of Cython's look-up, which takes a lock at each use. */
#ifndef FH_MODULE_STATE_H
#define FH_MODULE_STATE_H

#include "interpreters.h"

static fh_own_t fh_states;

/* When an interpreter ends, objects may be freed after the state of their module. They find an empty one. */
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

static void fh_module_removed(void)
{
    fh_own_drop(&fh_states, fh_own_here(&fh_states));
}

/* Heads are of three types that share a free list. With module state, Cython lets only the first of them use it. */
#define FH_SHARES_FREE_LIST(type, first) \
    ((int)(fh_states.only != NULL && (type)->tp_dealloc == (first)->tp_dealloc))

#endif
