# SPDX-License-Identifier: MIT
"""HTTPMessage and its storage: a message over the table of a head."""
cimport cython
from cpython.list cimport PyList_New
from cpython.object cimport PyObject
from libc.stdint cimport uint8_t, uint32_t

from fasthdr._core.cpython cimport fh_states_t, fh_type_t, fh_unchanged, fh_watch_begin, fh_watch_end, fh_watch_init
from fasthdr._core.interpreters cimport fh_local_drop, fh_local_set_object
from fasthdr._core.runtime cimport Runtime, name_at, runtime, share
from fasthdr._core.table cimport find_name, start_at, start_of, table_copy, text_at

import http.client

from fasthdr._stdlib.message_class import COMPAT32, multipart_defects
from fasthdr._stdlib.parts import WATCHED, Parts

cdef extern from "Python.h":
    void PyList_SET_ITEM(list items, Py_ssize_t i, PyObject *item) noexcept


cdef inline tuple pair_of(Runtime rt, const uint8_t *p, const fh_row_t *r):
    return name_at(rt, p + r.name, r.name_len), text_at(p + r.value, r.value_len)


# Without a reference for Cython to count: the list takes the one that the function returns.
ctypedef PyObject *(*fh_pair_of_t)(Runtime rt, const uint8_t *p, const fh_row_t *r) except NULL


cdef list pairs_of(Runtime rt, const uint8_t *p, const fh_row_t *rows, uint32_t count):
    cdef uint32_t i
    cdef list pairs = PyList_New(count)
    for i in range(count):
        PyList_SET_ITEM(pairs, i, (<fh_pair_of_t>pair_of)(rt, p, &rows[i]))
    return pairs


@cython.final
cdef class Messages:
    def __cinit__(self, message_class, stdlib_class, parts, tuple watched):
        self.runtime = runtime()
        self.message_class = message_class
        self.new_table = (<fh_type_t *>MessageTable).tp_new
        self.stdlib_class = stdlib_class
        self.parts = parts
        fh_watch_init(&self.parts_watch, (message_class, *watched), True)
        fh_watch_init(&self.methods_watch, (message_class,), True)
        self.other_parts_watch, self.other_methods_watch = self.parts_watch, self.methods_watch

    def __dealloc__(self):
        fh_local_drop(&the_messages, <void *>self)

    cdef bint look_at(self, fh_watch_t *same, fh_watch_t *other, bint methods) except -1:
        cdef fh_states_t states
        cdef bint found
        if fh_unchanged(other):
            return False
        fh_watch_begin(same, &states)
        found = self.parts.are_as_found(methods)
        fh_watch_end(same if found else other, &states)
        return found

    cdef bint look_at_parts(self) except -1:
        return self.look_at(&self.parts_watch, &self.other_parts_watch, False)

    cdef bint look_at_methods(self) except -1:
        return self.look_at(&self.methods_watch, &self.other_methods_watch, True)


# What Message.__init__ stores, in its order.
cdef tuple message_state():
    return ("policy", "_headers", "_unixfrom", "_payload", "_charset", "preamble", "epilogue", "defects",
            "_default_type")


cdef inline object value_in(MessageTable message, str name, object otherwise):
    """Return the value of the first field `name` in the table, as str."""
    cdef const uint8_t *p = start_at(<PyObject *>message.data)
    cdef Py_ssize_t i = find_name(p, &message.table, name, 0)
    return otherwise if i < 0 else text_at(p + message.table.rows[i].value, message.table.rows[i].value_len)


cdef object pairs_in(MessageTable message):
    """Return the list of pairs of a message, which is made at the first access.

    Making it can start a garbage collection, in which code of the program or another thread may run and make the list
    first. So check again before storing it. The same holds wherever something is made at the first access.
    """
    if message.pairs is None:
        made = pairs_of(runtime(), start_of(message.data), message.table.rows, message.table.count)
        if message.pairs is None:
            message.pairs = made
    return message.pairs


cdef MessageTable message_from(bytes data, const fh_table_t *table, bint multipart):
    """Return a message with a copy of a table. multipart: its Content-Type is a well-formed multipart/*."""
    cdef MessageTable m = new_message(messages(), data)
    m.many = table_copy(&m.table, table)
    if multipart:
        m.multipart = True
        m.epilogue = ""
    return m


cdef class MessageTable:
    """Base of `fasthdr.client.HTTPMessage`: field lines as spans of the head's bytes.

    The table is used until a program accesses `_headers`, changes the message or sets another policy. After that, the
    list of pairs is used, as in `email.message.Message`, whose own methods then run.
    """

    @property
    def _headers(self):
        """The list of (name, value) pairs, as in email.message.Message; once accessed, it replaces the table."""
        with cython.critical_section(self):
            return pairs_in(self)

    @_headers.setter
    def _headers(self, pairs):
        with cython.critical_section(self):
            self.pairs = pairs

    @property
    def policy(self):
        """The email.policy.Policy of the message: compat32 unless another was set."""
        with cython.critical_section(self):
            return COMPAT32 if self.own_policy is None else self.own_policy

    @policy.setter
    def policy(self, policy):
        with cython.critical_section(self):
            if policy is COMPAT32:
                self.own_policy = None
                return
            pairs_in(self)
            self.own_policy = policy

    @property
    def defects(self):
        """The list of defects (email.errors.MessageDefect), empty for a clean head."""
        with cython.critical_section(self):
            if self.own_defects is None:
                made = multipart_defects() if self.multipart else []
                if self.own_defects is None:
                    self.own_defects = made
            return self.own_defects

    @defects.setter
    def defects(self, defects):
        with cython.critical_section(self):
            self.own_defects = defects

    def get(self, name, failobj=None):
        """Return the value of the first field `name` (any case) as str, or failobj (email.message.Message.get)."""
        if self.pairs is not None or type(name) is not str or not methods_hold():
            return messages().stdlib_class.get(self, name, failobj)
        return value_in(self, <str>name, failobj)

    cdef object first(self, str name, object otherwise):
        """Do value_in(), for other modules."""
        return value_in(self, name, otherwise)

    def __getitem__(self, name):
        if self.plain and self.pairs is None and type(name) is str and methods_are_unchanged():
            return value_in(self, <str>name, None)
        return self.item(name)

    cdef object item(self, name):
        """Return self[name] for any message, name and class."""
        cdef Messages ms = messages()
        if not has_methods(ms):
            return ms.stdlib_class.__getitem__(self, name)
        if not self.plain:
            return self.get(name)  # a subclass may override it
        if self.pairs is not None or type(name) is not str:
            return ms.stdlib_class.get(self, name)
        return value_in(self, <str>name, None)

    def __contains__(self, name):
        if self.pairs is not None or type(name) is not str or not methods_hold():
            return messages().stdlib_class.__contains__(self, name)
        return find_name(start_of(self.data), &self.table, <str>name, 0) >= 0

    def get_all(self, name, failobj=None):
        """Return the values of all fields `name` (any case) as a list of str, or failobj if there are none."""
        cdef Py_ssize_t i
        cdef const uint8_t *p
        cdef list values
        if self.pairs is not None or type(name) is not str or not methods_hold():
            return messages().stdlib_class.get_all(self, name, failobj)
        p = start_of(self.data)
        values = []
        i = find_name(p, &self.table, <str>name, 0)
        while i >= 0:
            values.append(text_at(p + self.table.rows[i].value, self.table.rows[i].value_len))
            i = find_name(p, &self.table, <str>name, <uint32_t>(i + 1))
        return values if values else failobj

    def keys(self):
        """Return the field names as sent, in order, duplicates included, as a new list of str."""
        cdef uint32_t i
        cdef const uint8_t *p
        cdef list names
        cdef Runtime rt
        if self.pairs is not None or not methods_hold():
            return messages().stdlib_class.keys(self)
        rt = runtime()
        p = start_of(self.data)
        names = []
        for i in range(self.table.count):
            names.append(name_at(rt, p + self.table.rows[i].name, self.table.rows[i].name_len))
        return names

    def values(self):
        """Return the field values, in order, as a new list of str."""
        cdef uint32_t i
        cdef const uint8_t *p
        cdef list values
        if self.pairs is not None or not methods_hold():
            return messages().stdlib_class.values(self)
        p = start_of(self.data)
        values = []
        for i in range(self.table.count):
            values.append(text_at(p + self.table.rows[i].value, self.table.rows[i].value_len))
        return values

    def items(self):
        """Return (name, value) pairs as sent, in order, duplicates included, as a new list of tuples of str."""
        if self.pairs is not None or not methods_hold():
            return messages().stdlib_class.items(self)
        return pairs_of(runtime(), start_at(<PyObject *>self.data), self.table.rows, self.table.count)

    def raw_items(self):
        """Return an iterator over the stored pairs (email.message.Message.raw_items)."""
        if self.pairs is not None or not methods_hold():
            return messages().stdlib_class.raw_items(self)
        return iter(pairs_of(runtime(), start_of(self.data), self.table.rows, self.table.count))

    def __len__(self):
        """Return the number of field lines, duplicates included."""
        if self.pairs is not None or not methods_hold():
            return messages().stdlib_class.__len__(self)
        return self.table.count

    def _state(self):
        # What vars() of the stdlib's message would return.
        state = {name: getattr(self, name) for name in message_state() if hasattr(self, name)}
        state.update(getattr(self, "__dict__", {}))
        return state

    def __setstate__(self, state):
        for name, value in state.items():
            setattr(self, name, value)

    def __copy__(self):
        cls = type(self)
        new = cls.__new__(cls)
        new.__setstate__(self._state())
        return new

    def __deepcopy__(self, memo):
        import copy
        cls = type(self)
        new = cls.__new__(cls)
        memo[id(self)] = new
        new.__setstate__(copy.deepcopy(self._state(), memo))
        return new

    def __reduce_ex__(self, protocol):
        # A pickled message can be loaded where fasthdr is not installed.
        import copyreg
        cdef Messages ms = messages()
        if type(self) is ms.message_class:
            return copyreg._reconstructor, (ms.stdlib_class, object, None), self._state()
        return copyreg.__newobj__, (type(self),), self._state()


class HTTPMessage(MessageTable, http.client.HTTPMessage):
    """http.client.HTTPMessage over the C-level table of a parsed head.

    It is an instance of http.client.HTTPMessage and email.message.Message, with all their methods. Strings are made on
    access. Access to `_headers`, or any change of the message, makes the list of pairs that the stdlib keeps.
    """

    __module__ = "fasthdr.client"

    # What Message.__init__ sets, for messages that the core makes.
    _unixfrom = None
    _payload = ""
    _charset = None
    preamble = None
    epilogue = None
    _default_type = "text/plain"


_messages = Messages(HTTPMessage, http.client.HTTPMessage, Parts(MessageTable), WATCHED)
fh_local_set_object(&the_messages, _messages)
share(globals())
