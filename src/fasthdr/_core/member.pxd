# SPDX-License-Identifier: MIT
"""Make fields of an extension type read-only members, which the interpreter reads inline."""
from cpython.mem cimport PyMem_Free, PyMem_Malloc
from cpython.object cimport PyObject

from fasthdr._core.cpython cimport fh_type_t


cdef extern from "Python.h":
    object PyDescr_NewMember(type cls, fh_member_def_t *member)
    void PyType_Modified(type cls)

cdef extern from "structmember.h":
    int T_OBJECT_EX
    int READONLY
    ctypedef struct fh_member_def_t "PyMemberDef":
        const char *name
        int type
        Py_ssize_t offset
        int flags
        const char *doc


cdef inline int expose_member(type cls, object like, str name, const char *spelling, const char *doc) except -1:
    """Make a field of the class a read-only attribute: the one that, in `like`, holds its own name.

    It is a member, not a property: the interpreter reads members inline (LOAD_ATTR_SLOT). It keeps the two C strings.
    """
    cdef PyObject **words = <PyObject **><PyObject *>like
    cdef type base = type(like)
    cdef Py_ssize_t i = 0, n = (<fh_type_t *>base).tp_basicsize // <Py_ssize_t>sizeof(PyObject *)
    # Lives as long as the class.
    cdef fh_member_def_t *member = <fh_member_def_t *>PyMem_Malloc(sizeof(fh_member_def_t))
    if member == NULL:
        raise MemoryError
    while i < n and words[i] != <PyObject *>name:
        i += 1
    if i == n:
        PyMem_Free(member)
        raise SystemError(f"no field has the name {name}")
    member.name = spelling
    member.type = T_OBJECT_EX
    member.offset = i * sizeof(PyObject *)
    member.flags = READONLY
    member.doc = doc
    (<dict>(<fh_type_t *>cls).tp_dict)[name] = PyDescr_NewMember(cls, member)
    PyType_Modified(cls)
    return 0
