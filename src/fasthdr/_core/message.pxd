# SPDX-License-Identifier: MIT
"""Messages over a table. Only what `from fasthdr cimport ...` offers is public."""
from cpython.object cimport PyObject
from libc.stdint cimport uint8_t, uint32_t

from fasthdr._core.cpython cimport fh_newfunc_t, fh_type_unchanged, fh_unchanged, fh_watch_t
from fasthdr._core.interpreters cimport fh_local, fh_local_t, local_object
from fasthdr._core.runtime cimport Runtime
from fasthdr._core.table cimport fh_table_t
from fasthdr._core.walk cimport fh_row_t


cdef class MessageTable:
    """The storage of HTTPMessage: the table until the message is changed, the list of pairs after that."""
    cdef bytes data
    cdef fh_table_t table
    cdef bytes many                   # memory of the table's rows, if there are many
    cdef object pairs
    cdef object own_policy
    cdef object own_defects
    cdef bint multipart               # has the defects of a well-formed multipart/*, which are made on access
    cdef bint plain                   # made by the core as exactly fasthdr.client.HTTPMessage
    cdef object first(self, str name, object otherwise)
    cdef object item(self, name)


cdef class Messages:
    """The classes of messages, and whether the parts of the stdlib that they replace are unchanged."""
    cdef Runtime runtime
    cdef object message_class         # fasthdr.client.HTTPMessage
    cdef fh_newfunc_t new_table       # makes one, whatever `__new__` a program gives that class
    cdef object stdlib_class          # http.client.HTTPMessage
    cdef object parts                 # fasthdr._stdlib.parts.Parts
    # Watches of what `parts` checks: as it was when the answer was yes, and when it was no. For the methods alone, that
    # is the class of our own messages, which changes with its bases.
    cdef fh_watch_t parts_watch, other_parts_watch
    cdef fh_watch_t methods_watch, other_methods_watch
    cdef bint look_at(self, fh_watch_t *same, fh_watch_t *other, bint methods) except -1
    cdef bint look_at_parts(self) except -1
    cdef bint look_at_methods(self) except -1


cdef inline bint has_parts(Messages messages) except -1:
    """Return whether email.parser and the classes of messages are as the core knows them."""
    return True if fh_unchanged(&messages.parts_watch) else messages.look_at_parts()


cdef inline bint has_methods(Messages messages) except -1:
    """Return whether the methods of messages that the table implements are those of the stdlib."""
    return True if fh_type_unchanged(&messages.methods_watch) else messages.look_at_methods()


cdef inline MessageTable new_message(Messages messages, bytes data):
    """Return an instance of exactly fasthdr.client.HTTPMessage, with an empty table."""
    cdef MessageTable m = <MessageTable>messages.new_table(<type>messages.message_class, (), NULL)
    m.data = data
    m.plain = True
    return m


cdef MessageTable message_from(bytes data, const fh_table_t *table, bint multipart)
cdef list pairs_of(Runtime rt, const uint8_t *p, const fh_row_t *rows, uint32_t count)

cdef fh_local_t the_messages


cdef inline Messages messages():
    """Return the interpreter's Messages, as runtime() does its Runtime."""
    return <Messages>local_object(&the_messages)


cdef inline bint methods_are_unchanged() noexcept:
    """Tell quickly whether has_methods() is certainly true, without taking a reference to `_messages`."""
    cdef void *here = fh_local(&the_messages)
    return here != NULL and fh_type_unchanged(&(<Messages>here).methods_watch)


cdef inline bint methods_hold() except -1:
    return True if methods_are_unchanged() else has_methods(messages())
