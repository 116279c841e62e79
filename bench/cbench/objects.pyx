# SPDX-License-Identifier: MIT
# The Python objects of bench.floor, made from constants: what is left where nothing is parsed.
cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.unicode cimport PyUnicode_DecodeLatin1
from fasthdr._core cimport MessageTable, Runtime, new_message
from fasthdr._head cimport RequestHead
from fasthdr._interp cimport FH_SUBINTERPRETERS

from fasthdr._core import _runtime

cdef Runtime the_runtime = None if FH_SUBINTERPRETERS else _runtime


cdef inline Runtime runtime():
    """`_runtime`, without a look-up where one interpreter alone has this module."""
    return <Runtime>_runtime if FH_SUBINTERPRETERS else the_runtime



cdef inline str text(bytes data):
    return PyUnicode_DecodeLatin1(PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data), NULL)


cdef class Maker:
    """Makes what is made of one head: method and version are shared strs there, too."""
    cdef str method, version
    cdef bytes target, value, line, block

    def __init__(self, str method, bytes target, str version, bytes value, bytes line, bytes block):
        self.method, self.target, self.version = method, target, version
        self.value, self.line, self.block = value, line, block

    def head(self, data):
        """fasthdr.parse_request(): the head object and its strs."""
        cdef RequestHead head = RequestHead.__new__(RequestHead)
        head.data = data
        head.method = self.method
        head.target = text(self.target)
        head.version = self.version
        return head

    def get(self, name):
        """head.get()"""
        return text(self.value)

    @cython.binding(False)
    def request(self, handler, raw, rfile, cls, protocol_version, /):
        """What the core returns to parse_request(): the block's bytes, message, strs and the tuple of them."""
        cdef Runtime rt = runtime()
        cdef MessageTable message = new_message(
            rt, PyBytes_FromStringAndSize(PyBytes_AS_STRING(self.block), PyBytes_GET_SIZE(self.block)))
        return self.method, text(self.target), self.version, text(self.line), False, message, False
