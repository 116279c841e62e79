# SPDX-License-Identifier: MIT
"""One object for each interpreter of a process."""

cdef extern from "_core/interpreters.h":
    ctypedef struct fh_own_t:
        pass
    void *fh_own(const fh_own_t *own) noexcept
    void fh_own_drop(fh_own_t *own, const void *thing) noexcept
    int fh_own_object(fh_own_t *own, object o) except -1


cdef inline void *own_object(const fh_own_t *own) except NULL:
    """Return the object that this interpreter has, a borrowed reference."""
    cdef void *here = fh_own(own)
    if here == NULL:
        raise SystemError("fasthdr has already ended in this interpreter")
    return here
