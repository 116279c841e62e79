# SPDX-License-Identifier: MIT
cdef extern from "_interp.h":
    const bint FH_SUBINTERPRETERS
    ctypedef struct fh_method_t:
        pass
    ctypedef struct fh_member_t:
        pass

    unsigned int fh_changes
    int fh_method_init(fh_method_t *m, object method) except -1
    int fh_member_init(fh_member_t *m, object member) except -1
    bint fh_member_is(const fh_member_t *m, object self, object one, object other) except -1
    object fh_ask(const fh_method_t *m, object self)
    object fh_ask_for(const fh_method_t *m, object self, Py_ssize_t n)
    int fh_raise() except -1
    unsigned int fh_version(object tp) noexcept
    int fh_flag(const int *flag) noexcept
    void fh_flag_set(int *flag, int on) noexcept
    bint fh_watch(object d) noexcept
