# SPDX-License-Identifier: MIT
"""Heads for gateways: the WSGI environ (PEP 3333, RFC 3875) of wsgiref.simple_server, and the ASGI scope."""
from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.dict cimport PyDict_Contains, PyDict_Update
from cpython.object cimport PyObject
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memchr, memcmp, memcpy

from fasthdr._core.classify cimport fh_is_space, fh_same_name, fh_skip_ows, fh_trim_ows
from fasthdr._core.interpreters cimport fh_local_drop, fh_local_set_object, fh_local_t, local_object
from fasthdr._core.message cimport MessageTable, messages, methods_hold
from fasthdr._core.runtime cimport Runtime, known_at, runtime, share
from fasthdr._core.walk cimport fh_row_t
from fasthdr._core.cpython cimport FH_NO_GIL, PyMethodDef, fh_fast_function
from fasthdr._core.table cimport PyUnicode_GET_LENGTH, PyUnicode_IS_ASCII, fh_table_t, start_of, text_at
from fasthdr._core.target cimport authority_of_absolute, origin_of


cdef extern from "Python.h":
    PyObject *PyThreadState_GetDict() noexcept
    PyObject *PyTuple_GET_ITEM(tuple items, Py_ssize_t i) noexcept
    PyObject *PyDict_SetDefault(dict d, object key, object value) except NULL
    int PyDict_SetItem(dict d, PyObject *key, PyObject *value) except -1
    Py_ssize_t PyDict_GET_SIZE(dict d) noexcept
    bint PyDict_Next(dict d, Py_ssize_t *pos, PyObject **key, PyObject **value) noexcept
    dict new_dict "__Pyx_PyDict_NewPresized" (Py_ssize_t entries)
    str PyUnicode_New(Py_ssize_t n, Py_UCS4 max_char)
    uint8_t *PyUnicode_1BYTE_DATA(object s) noexcept
    Py_UCS4 PyUnicode_MAX_CHAR_VALUE(object s) noexcept


# The variables of the request itself. In an environ, what the server knows comes before them, and HTTP_* after them.
cdef tuple variables():
    return ("SERVER_PROTOCOL", "SERVER_SOFTWARE", "REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", "REMOTE_HOST",
            "REMOTE_ADDR", "CONTENT_TYPE", "CONTENT_LENGTH")


cdef inline uint64_t mark_of(str name) noexcept:
    """Return one of 64 bits for an ASCII name of at least one character: names with different bits are different.

    Hardly any well-known field has the same bit as a variable that wsgiref's server sets.
    """
    return <uint64_t>1 << ((PyUnicode_1BYTE_DATA(name)[0] * 3 + PyUnicode_GET_LENGTH(name) * 7) & 63)


cdef fh_local_t the_names


cdef class Names:
    def __cinit__(self):
        cdef Runtime rt = runtime()
        shared = {}
        bare = list(map(variable, rt.known))
        prefixed = list(map("HTTP_".__add__, bare))
        self.bare = tuple(map(shared.setdefault, bare, bare))
        self.prefixed = tuple(map(shared.setdefault, prefixed, prefixed))
        self.lower = tuple(map(str.encode, map(str.lower, rt.known)))
        cdef Py_ssize_t i
        cdef fh_variable_t *known
        for i in range(len(bare)):
            known = &self.known[i]
            known.bare = PyTuple_GET_ITEM(self.bare, i)
            known.prefixed = PyTuple_GET_ITEM(self.prefixed, i)
            known.first = bare.index(bare[i])
            # All bits for a name that a field may have set as HTTP_*.
            known.mark = ~<uint64_t>0 if bare[i].startswith("HTTP_") else mark_of(self.bare[i])
        self.variables = 0
        for name in variables():
            self.variables |= mark_of(name)
        self.empty_scope = new_empty_scope()

    def __dealloc__(self):
        fh_local_drop(&the_names, <void *>self)


cdef tuple new_empty_scope():
    """Make an empty connection scope, with its keys in the order of the specification, and its "asgi"."""
    return {
        "type": "http", "asgi": None, "http_version": None, "method": None, "scheme": "http", "path": None,
        "raw_path": None, "query_string": None, "root_path": "", "headers": None, "client": None, "server": None,
    }, {"version": "3.0", "spec_version": "2.3"}


cdef inline tuple empty_scope_of(Names names):
    """Return names.empty_scope; without a GIL, the thread's own: threads that copy one dict block each other."""
    cdef PyObject *own = PyThreadState_GetDict() if FH_NO_GIL else NULL
    cdef tuple empty
    if own == NULL:
        return names.empty_scope
    empty = (<dict>own).get(names)
    if empty is None:
        empty = (<dict>own)[names] = new_empty_scope()
    return empty


cdef str variable(str name):
    return name.replace("-", "_").upper()


_names = Names()
fh_local_set_object(&the_names, _names)


cdef str spelled(const char *prefix, size_t length, const uint8_t *p, size_t n):
    """Return prefix and the field name p[:n] as a CGI variable: upper case, `-` as `_`."""
    cdef size_t i
    cdef uint8_t c, all_bits = 0
    cdef str s = PyUnicode_New(<Py_ssize_t>(length + n), 127)
    cdef uint8_t *out = PyUnicode_1BYTE_DATA(s)
    memcpy(out, prefix, length)
    out += length
    for i in range(n):
        c = p[i]
        all_bits |= c
        if c == c'-':
            c = c'_'
        elif c'a' <= c <= c'z':
            c -= 32
        out[i] = c
    if all_bits >= 0x80:  # no table has such a name, but a str that is wrongly marked as ASCII breaks the interpreter
        return prefix[:length].decode("ascii") + variable(text_at(p, n))
    return s


cdef inline str stripped(const uint8_t *p, size_t n):
    """Return a field value as str, without the white space around it that str.strip() removes."""
    if n and c"!" <= p[0] <= c"~" and c"!" <= p[n - 1] <= c"~":  # most have none
        return text_at(p, n)
    while n and fh_is_space(p[0]):
        p += 1
        n -= 1
    while n and fh_is_space(p[n - 1]):
        n -= 1
    return text_at(p, n)


cdef inline bint is_ambiguous(const uint8_t *name, size_t n) noexcept:
    """Return whether a field could set the variable of another field, or HTTP_PROXY, which no field may set."""
    return memchr(name, c"_", n) != NULL or (n == 5 and fh_same_name(name, <const uint8_t *>b"proxy", 5))


cdef int put_again(dict env, dict more, object variable, object before, object value) except -1:
    """Do env[variable] += "," + value, but in join_all(): at each field it would copy the value so far.

    more: variable -> the values to join.
    """
    cdef list values = more.get(variable)
    if values is None:
        if type(before) is not str:  # from the server's base: join it in its own way
            before += "," + value
            env[variable] = before
            return 0
        values = more[variable] = [before]
    values.append(value)
    return 0


cdef int join_all(dict env, dict more) except -1:
    for variable, values in more.items():
        env[variable] = ",".join(values)
    return 0


cdef inline bint is_plain(object key) noexcept:
    """Return whether a key of an environ has a mark_of(), and is not HTTP_*."""
    if type(key) is not str or not PyUnicode_IS_ASCII(key) or PyUnicode_GET_LENGTH(key) == 0:
        return False
    return PyUnicode_GET_LENGTH(key) < 5 or memcmp(PyUnicode_1BYTE_DATA(key), b"HTTP_", 5) != 0


cdef dict copy_with_room(dict base, Py_ssize_t room, uint64_t *marks):
    """Return a copy of `base` for `room` more entries. It is not resized for them, which takes longer than the copy.

    marks: set to the mark_of() of all keys: a name whose mark is not in it is not a key, and neither is any HTTP_*.
    All bits if a key is not plain.
    """
    cdef Py_ssize_t pos = 0
    cdef PyObject *key
    cdef PyObject *value
    if FH_NO_GIL:  # another thread may change it
        base = base.copy()
    cdef dict env = new_dict(PyDict_GET_SIZE(base) + room)
    marks[0] = 0
    while PyDict_Next(base, &pos, &key, &value):
        if not is_plain(<object>key):
            marks[0] = ~<uint64_t>0
            return base.copy()
        marks[0] |= mark_of(<str>key)
        PyDict_SetItem(env, key, value)
    return env


cdef inline void find_content(const uint8_t *p, const fh_table_t *table, const fh_row_t **content_type,
                              const fh_row_t **content_length) noexcept:
    """Set each to the first row of that name."""
    cdef const fh_row_t *row
    cdef uint32_t i
    for i in range(table.count):
        row = &table.rows[i]
        if row.name_len == 12 and content_type[0] == NULL:
            if fh_same_name(p + row.name, <const uint8_t *>b"content-type", 12):
                content_type[0] = row
        elif row.name_len == 14 and content_length[0] == NULL:
            if fh_same_name(p + row.name, <const uint8_t *>b"content-length", 14):
                content_length[0] = row


cdef int put_fields(dict env, uint64_t marks, const uint8_t *p, const fh_table_t *table, object content_type,
                    bint strict) except -1:
    """Add CONTENT_TYPE, CONTENT_LENGTH and HTTP_*, as wsgiref.simple_server.WSGIRequestHandler.get_environ does.

    marks: from copy_with_room(), for the server's env. content_type: the value if there is no Content-Type.
    strict: leave out names that are ambiguous in an environ.
    """
    cdef Runtime rt = runtime()
    cdef Names names = <Names>local_object(&the_names)
    cdef const fh_row_t *row
    cdef const fh_row_t *type_row = NULL
    cdef const fh_row_t *length_row = NULL
    cdef uint32_t i
    cdef int known
    cdef const fh_variable_t *entry
    cdef uint64_t bit
    cdef uint64_t[4] put = [0, 0, 0, 0]  # a bit for each well-known name, if its variable was put
    cdef bint is_new
    cdef bint may_be_there = marks == ~<uint64_t>0  # other HTTP_* may be in env
    cdef PyObject *prefixed
    cdef PyObject *before
    cdef Py_ssize_t size
    cdef str bare, spelled_name, value
    cdef dict more = None
    find_content(p, table, &type_row, &length_row)
    env["CONTENT_TYPE"] = content_type if type_row == NULL else text_at(p + type_row.value, type_row.value_len)
    if length_row != NULL and length_row.value_len:
        env["CONTENT_LENGTH"] = text_at(p + length_row.value, length_row.value_len)
    marks |= names.variables
    for i in range(table.count):
        row = &table.rows[i]
        if strict and is_ambiguous(p + row.name, row.name_len):
            continue
        known = known_at(rt, p + row.name, row.name_len)
        if known >= 0:
            entry = &names.known[known]
            # Content-Type, Content-Length, and whatever the server has set
            if marks & entry.mark and PyDict_Contains(env, <object>entry.bare):
                continue
            prefixed = entry.prefixed
            bit = <uint64_t>1 << (entry.first & 63)
            is_new = not (may_be_there or put[entry.first >> 6] & bit)
            put[entry.first >> 6] |= bit
        else:
            bare = spelled(b"", 0, p + row.name, row.name_len)
            if PyDict_Contains(env, bare):  # perhaps as an HTTP_* variable
                continue
            spelled_name = spelled(b"HTTP_", 5, p + row.name, row.name_len)
            prefixed = <PyObject *>spelled_name
            is_new = False
            may_be_there = True  # User_Agent has the variable of a well-known name
        value = stripped(p + row.value, row.value_len)
        if is_new:
            PyDict_SetItem(env, prefixed, <PyObject *>value)
            continue
        size = PyDict_GET_SIZE(env)
        before = PyDict_SetDefault(env, <object>prefixed, value)
        if PyDict_GET_SIZE(env) == size:  # it was there; perhaps the same object, because short strings are shared
            if more is None:
                more = {}
            put_again(env, more, <object>prefixed, <object>before, value)
    if more is not None:
        join_all(env, more)
    return 0


cdef inline int hex_digit(uint8_t c) noexcept nogil:
    if c'0' <= c <= c'9':
        return c - c'0'
    c |= 0x20
    return c - c'a' + 10 if c'a' <= c <= c'f' else -1


cdef str path_info(const uint8_t *p, size_t n):
    """Return urllib.parse.unquote(p[:n], "iso-8859-1")."""
    cdef size_t i = 0
    cdef int high, low
    cdef bytearray decoded
    if n == 0 or memchr(p, c'%', n) == NULL:
        return text_at(p, n)
    decoded = bytearray()
    while i < n:
        if p[i] == c'%' and n - i > 2:
            high, low = hex_digit(p[i + 1]), hex_digit(p[i + 2])
            if high >= 0 and low >= 0:
                decoded.append(high * 16 + low)
                i += 3
                continue
        decoded.append(p[i])
        i += 1
    return decoded.decode("iso-8859-1")


cdef int put_target(dict env, str target) except -1:
    cdef const uint8_t *p = PyUnicode_1BYTE_DATA(target)
    cdef size_t n = <size_t>PyUnicode_GET_LENGTH(target)
    cdef const uint8_t *query = <const uint8_t *>memchr(p, c"?", n) if n else NULL
    cdef size_t path = query - p if query != NULL else n
    env["PATH_INFO"] = target if n and path == n and memchr(p, c"%", n) == NULL else path_info(p, path)
    env["QUERY_STRING"] = text_at(query + 1, n - path - 1) if query != NULL else ""
    return 0


cdef object request_environ(object base, object handler_version, object command, object path, object version,
                            object remote_host, object remote_address, object message):
    """Do put_request()."""
    cdef dict env
    cdef uint64_t marks
    if (type(base) is not dict or type(path) is not str or PyUnicode_MAX_CHAR_VALUE(path) > 255
            or type(message) is not messages().message_class or (<MessageTable>message).pairs is not None
            or not methods_hold()):
        return None
    env = copy_with_room(<dict>base, (<MessageTable>message).table.count + 8, &marks)
    env["SERVER_PROTOCOL"] = version
    env["SERVER_SOFTWARE"] = handler_version
    env["REQUEST_METHOD"] = command
    put_target(env, <str>path)
    if remote_host is not None:
        env["REMOTE_HOST"] = remote_host
    env["REMOTE_ADDR"] = remote_address
    put_fields(env, marks, start_of((<MessageTable>message).data), &(<MessageTable>message).table,
               message._default_type, False)
    return env


ctypedef object (*fh_eight_t)(PyObject *, PyObject *, PyObject *, PyObject *, PyObject *, PyObject *, PyObject *,
                              PyObject *)


cdef object request_environ_of(PyObject *self, PyObject **args, Py_ssize_t n):
    if n != 8:
        raise TypeError(f"put_request() takes 8 arguments, not {n}")
    # The cast keeps Cython from taking a reference to each argument.
    return (<fh_eight_t>request_environ)(args[0], args[1], args[2], args[3], args[4], args[5], args[6], args[7])


cdef PyMethodDef definition
put_request = fh_fast_function(&definition, "put_request", b"""\
put_request(base, handler_version, command, path, version, remote_host, remote_address, message, /)
--

Return a copy of `base` with what WSGIRequestHandler.get_environ() adds; None if the core cannot do that.

remote_host: str, or None if there is none.""", request_environ_of, __name__)


cdef int put_pairs(dict env, object headers, bint strict) except -1:
    """Do put_fields() for a message that is not a table."""
    value = headers.get("content-type")
    env["CONTENT_TYPE"] = headers.get_content_type() if value is None else value
    value = headers.get("content-length")
    if value:
        env["CONTENT_LENGTH"] = value
    cdef dict more = {}
    for name, value in headers.items():
        if strict and ("_" in name or name.lower() == "proxy"):
            continue
        name, value = variable(name), value.strip()
        if name in env:
            continue
        name = "HTTP_" + name
        if name in env:
            put_again(env, more, name, env[name], value)
        else:
            env[name] = value
    join_all(env, more)
    return 0


cdef int put_authority(dict env, str target) except -1:
    """Set HTTP_HOST to the authority of an absolute-form, which overrides the Host field (RFC 9112 3.2.2)."""
    authority = authority_of_absolute(target)
    if authority is not None:
        env["HTTP_HOST"] = authority
    return 0


cdef list with_authority(list pairs, str target):
    """Do the same for pairs of bytes: replace the Host field, or put it first if there is none."""
    authority = authority_of_absolute(target)
    if authority is None:
        return pairs
    host = (b"host", authority.encode("iso-8859-1"))
    cdef Py_ssize_t i
    for i in range(len(pairs)):
        if (<tuple>pairs[i])[0] == b"host":
            pairs[i] = host
            break
    else:
        pairs.insert(0, host)
    return pairs


cdef dict environ_of(object base, str method, str target, str version, Py_ssize_t fields, uint64_t *marks):
    """Return a copy of `base` with the variables of the request line. fields: how many field lines there are.

    marks: set as by copy_with_room().
    """
    if type(base) is not dict:
        base = {} if base is None else dict(base)
    cdef dict env = copy_with_room(<dict>base, fields + 5, marks)
    env["SERVER_PROTOCOL"] = version
    env["REQUEST_METHOD"] = method
    put_target(env, target)
    return env


cdef list lowered(const uint8_t *p, const fh_table_t *table):
    """Return pairs of bytes: names in lower case, values without OWS around them."""
    cdef Runtime rt = runtime()
    cdef Names names = <Names>local_object(&the_names)
    cdef const fh_row_t *row
    cdef size_t value, end
    cdef uint32_t i
    cdef int known
    cdef bytes name
    cdef list pairs = []
    for i in range(table.count):
        row = &table.rows[i]
        known = known_at(rt, p + row.name, row.name_len)
        if known >= 0:
            name = names.lower[known]
        else:
            name = PyBytes_FromStringAndSize(<const char *>p + row.name, row.name_len).lower()
        end = <size_t>row.value + row.value_len
        value = fh_skip_ows(p, row.value, end)
        end = fh_trim_ows(p, value, end)
        pairs.append((name, PyBytes_FromStringAndSize(<const char *>p + value, <Py_ssize_t>(end - value))))
    return pairs


cdef inline str upper_case(str method):
    """Return method.upper(), which is the method itself if it has no small letters."""
    cdef Py_ssize_t i
    if PyUnicode_IS_ASCII(method):
        for i in range(PyUnicode_GET_LENGTH(method)):
            if c"a" <= PyUnicode_1BYTE_DATA(method)[i] <= c"z":
                return method.upper()
        return method
    return method.upper()


cdef dict scope_of(object base, str method, str target, str version, list headers):
    """Return the connection scope of an HTTP request (ASGI 3, HTTP connection scope)."""
    cdef bytes raw_path, query
    cdef const uint8_t *p
    cdef const uint8_t *mark
    cdef size_t n, end
    if PyUnicode_IS_ASCII(target) and target.startswith("/") and "%" not in target:
        p, n = <const uint8_t *>PyUnicode_1BYTE_DATA(target), <size_t>PyUnicode_GET_LENGTH(target)
        mark = <const uint8_t *>memchr(p, c"?", n)
        end = n if mark == NULL else <size_t>(mark - p)
        raw_path = PyBytes_FromStringAndSize(<const char *>p, <Py_ssize_t>end)
        query = b"" if mark == NULL else PyBytes_FromStringAndSize(<const char *>mark + 1, <Py_ssize_t>(n - end - 1))
        path = text_at(p, end)
    else:
        raw_path, _, query = origin_of(method, target).encode("iso-8859-1").partition(b"?")
        path = path_info(raw_path, len(raw_path)).encode("iso-8859-1").decode("utf-8", "replace")
    cdef Names names = <Names>local_object(&the_names)
    cdef tuple empty = empty_scope_of(names)
    cdef dict scope = (<dict>empty[0]).copy()  # faster than a new one
    scope["asgi"] = (<dict>empty[1]).copy()
    scope["http_version"] = "1.1" if version == "HTTP/1.1" else version.partition("/")[2]
    scope["method"] = upper_case(method)
    scope["path"] = path
    scope["raw_path"] = raw_path
    scope["query_string"] = query
    scope["headers"] = headers
    if type(base) is dict:
        PyDict_Update(scope, base)
    elif base is not None:
        scope.update(base)
    return scope


share(globals(), (
    (<Names>_names).bare, (<Names>_names).prefixed, (<Names>_names).lower,
    "content-type", "content-length", "text/plain", "1.1", "2.3", "3.0",
))
