# SPDX-License-Identifier: MIT
"""The sans-I/O functions, for callers in Cython."""
from fasthdr._core.head cimport Head
from fasthdr._core.job cimport fh_job_t


cdef Head head_in(object data, fh_job_t *job, bint strict, bint response)
cdef Head head_at(fh_job_t *job, bint strict, bint response)
