# SPDX-License-Identifier: MIT
"""One object for each interpreter of a process."""

cdef extern from "_core/interpreters.h":
    ctypedef struct fh_local_t:
        pass
    void *fh_local(const fh_local_t *local) noexcept
    bint fh_local_is_only(const fh_local_t *local) noexcept
    void fh_local_drop(fh_local_t *local, const void *thing) noexcept
    int fh_local_set_object(fh_local_t *local, object o) except -1


cdef inline void *local_object(const fh_local_t *local) except NULL:
    """Return the object that this interpreter has, a borrowed reference."""
    cdef void *here = fh_local(local)
    if here == NULL:
        raise SystemError("fasthdr has already ended in this interpreter")
    return here
