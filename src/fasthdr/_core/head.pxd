# SPDX-License-Identifier: MIT
"""Heads, the results of the sans-I/O functions, as Cython modules see them."""
from cpython.object cimport PyObject
from libc.stddef cimport size_t

from fasthdr._core.cpython cimport fh_newfunc_t
from fasthdr._core.interpreters cimport fh_local_t, local_object
from fasthdr._core.message cimport Messages
from fasthdr._core.table cimport fh_table_t


cdef enum:
    BODY_CHUNKED = -1    # its chunks say how long it is
    BODY_TO_END = -2     # the end of the connection ends it


cdef class Head:
    """A whole head: the field lines, and how many bytes they took.

    The parts of the start line are here, too, so that all heads have the same size and share one free list.
    """
    cdef bytes data                   # the head, from its first byte on, and perhaps what followed it
    cdef Messages messages            # those of the interpreter, if the head has data: a look-up would be slower
    cdef fh_table_t table
    cdef bytes many                   # memory of the table's rows, if there are many
    cdef readonly size_t consumed
    cdef object message               # `headers`, once they have been made or if the stdlib read them
    cdef str version
    cdef str method, target           # of a request; in a response, the method of its request, if known
    cdef str reason                   # of a response
    cdef int status_code              # of a response
    cdef bint persists                # the connection; in a response only in strict mode
    cdef bint waits                   # of a request
    cdef bint strict                  # read in strict mode
    cdef long long frame              # then: the length of the body, BODY_CHUNKED or BODY_TO_END
    cdef bint multipart               # `headers` has the defects of a well-formed multipart/*


cdef class RequestHead(Head):
    pass


cdef class ResponseHead(Head):
    pass


cdef class HeadClasses:
    """The classes of heads in one interpreter, and what makes their instances."""
    cdef Messages messages
    cdef object head, request, response
    cdef fh_newfunc_t new_head        # makes one of any of them
    # Constants of a module would be looked up.
    cdef tuple no_arguments           # of new_head
    cdef str strict                   # the name of the argument


cdef inline Head new_instance(HeadClasses classes, object cls):
    return <Head>classes.new_head(<type>cls, classes.no_arguments, NULL)


cdef inline Head new_head(PyObject *classes):
    return new_instance(<HeadClasses>classes, (<HeadClasses>classes).head)


cdef inline RequestHead new_request_head(PyObject *classes):
    return <RequestHead>new_instance(<HeadClasses>classes, (<HeadClasses>classes).request)


cdef inline ResponseHead new_response_head(PyObject *classes):
    return <ResponseHead>new_instance(<HeadClasses>classes, (<HeadClasses>classes).response)


cdef fh_local_t the_head_classes


cdef inline HeadClasses head_classes():
    """Return the interpreter's HeadClasses, as runtime() does its Runtime."""
    return <HeadClasses>local_object(&the_head_classes)
