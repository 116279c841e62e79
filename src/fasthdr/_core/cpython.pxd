# SPDX-License-Identifier: MIT
from cpython.object cimport PyObject
from libc.stdint cimport uint64_t


cdef extern from "_core/cpython.h":
    ctypedef object (*fh_newfunc_t "newfunc")(type cls, object args, PyObject *kwargs)
    ctypedef struct fh_type_t "PyTypeObject":
        fh_newfunc_t tp_new
        PyObject *tp_dict
        Py_ssize_t tp_basicsize

    ctypedef struct PyMethodDef:
        pass
    ctypedef object (*fh_fast_t)(PyObject *self, PyObject **args, Py_ssize_t n)
    ctypedef object (*fh_call_t)(PyObject *self, PyObject **args, Py_ssize_t n, PyObject *names)
    ctypedef struct fh_common_t:
        fh_call_t general

    const bint FH_NO_GIL
    ctypedef struct fh_method_t:
        pass
    ctypedef struct fh_member_t:
        pass

    ctypedef struct fh_watch_t:
        pass
    ctypedef struct fh_states_t:
        pass
    ctypedef struct fh_seen_t:
        pass

    int fh_method_init(fh_method_t *m, object method) except -1
    int fh_member_init(fh_member_t *m, object member) except -1
    bint fh_member_is(const fh_member_t *m, object self, object one, object other) except -1
    object fh_fast_function(PyMethodDef *definition, const char *name, const char *doc, fh_fast_t function,
                            object module)
    object fh_common_function(fh_common_t *c, object general, fh_call_t function)
    bint fh_only_keyword(PyObject *names, object name) noexcept
    object fh_ask(const fh_method_t *m, object self)
    object fh_ask_for(const fh_method_t *m, object self, Py_ssize_t n)
    unsigned int fh_version(object tp) noexcept
    int fh_flag(const int *flag) noexcept
    void fh_flag_set(int *flag, int on) noexcept
    void fh_immortal(object o) noexcept
    int fh_watch_init(fh_watch_t *w, tuple objects, bint parts) except -1
    bint fh_type_unchanged(const fh_watch_t *w) noexcept
    bint fh_unchanged(const fh_watch_t *w) noexcept
    int fh_watch_begin(const fh_watch_t *w, fh_states_t *now) except -1
    void fh_watch_end(fh_watch_t *w, const fh_states_t *now) noexcept
    bint fh_seen_get(const fh_seen_t *s, const fh_watch_t *w, uint64_t *seen) noexcept
    void fh_seen_set(fh_seen_t *s, const fh_states_t *now, const uint64_t *seen) noexcept
