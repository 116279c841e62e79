# SPDX-License-Identifier: MIT


cdef class View:
    pass
