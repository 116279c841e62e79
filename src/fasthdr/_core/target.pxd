# SPDX-License-Identifier: MIT
"""Request-targets (RFC 9112 3.2): the authority that one names, and its origin-form."""


cdef inline Py_ssize_t after_scheme(str target) except -2:
    """Return where the authority starts in an absolute-form (RFC 9112 3.2.2), scheme "://" authority; otherwise -1."""
    if target.startswith("/"):
        return -1
    cdef Py_ssize_t colon = target.find("://")
    if colon < 1:
        return -1
    scheme = target[:colon]
    if not (scheme.isascii() and scheme[0].isalpha()):
        return -1
    for mark in "+-.":
        scheme = scheme.replace(mark, "")
    return colon + 3 if scheme.isalnum() else -1


cdef inline Py_ssize_t after_authority(str target, Py_ssize_t start) except -1:
    """Return where the path or query of an absolute-form starts."""
    cdef Py_ssize_t path = target.find("/", start), query = target.find("?", start)
    if path < 0:
        path = len(target)
    return path if query < 0 else min(path, query)


cdef inline str authority_of_absolute(str target):
    """Return the authority of an absolute-form without userinfo; None for any other form."""
    cdef Py_ssize_t start = after_scheme(target)
    if start < 0:
        return None
    return target[start:after_authority(target, start)].rpartition("@")[2]


cdef inline str authority_in(object method, str target):
    """Return the authority that a request-target names; None for an origin-form or an asterisk-form."""
    authority = authority_of_absolute(target)
    if authority is None and method == "CONNECT" and target != "*" and not target.startswith("/"):
        return target
    return authority


cdef inline str origin_of(object method, str target):
    """Return the origin-form of an absolute-form, or "*" (RFC 9112 3.2.4); any other target unchanged."""
    cdef Py_ssize_t start = after_scheme(target)
    if start < 0:
        return target
    origin = target[after_authority(target, start):]
    if origin.startswith("/"):
        return origin
    return "*" if method == "OPTIONS" and not origin else "/" + origin
