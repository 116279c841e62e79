# SPDX-License-Identifier: MIT
"""Heads in plain Python: they run where no extension can, and tests compare the extension with them."""

from __future__ import annotations

import http.client
import threading
from array import array
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from fasthdr import _pickled
from fasthdr._pure import gateway
from fasthdr._pure.lines import LARGEST, Row

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_T = TypeVar("_T")

_lock = threading.Lock()


def _name_from(name: object) -> str:
    """Return a field name that a caller gives, as str."""
    if isinstance(name, bytes):
        return name.decode("iso-8859-1")
    if not isinstance(name, str):
        raise TypeError(f"a field name must be str or bytes, not {type(name).__name__}")
    return name


class Head:
    """Hold the field lines of a head and the bytes they came from.

    A mapping of field names (any case; str or bytes) to values (str), with a key for each field line: a name on two
    lines appears twice, with the value of the first line. `consumed` is its length in bytes, including the empty line.
    """

    consumed: int = 0
    _data: bytes = b""
    _rows: Sequence[Row] | None = ()  # None if the stdlib read the field lines
    _message: http.client.HTTPMessage | None = None
    _strict: bool = False

    def __init__(self) -> None:
        raise TypeError("heads are made by the parser")

    def __reduce__(self) -> tuple[Any, ...]:
        state = {"consumed": 0, "_data": b"", "_rows": (), "_message": None, "_strict": False, **vars(self)}
        return _pickled.head, (type(self).__name__, state)

    @property
    def headers(self) -> http.client.HTTPMessage:
        """The field lines as an http.client.HTTPMessage, the same object at each access."""
        if self._message is None:
            made = self._made()
            with _lock:
                if self._message is None:
                    self._message = made
        return self._message

    def _made(self) -> http.client.HTTPMessage:
        message = http.client.HTTPMessage()
        for name, value in self.raw_headers:
            message.set_raw(name.decode("latin-1"), value.decode("latin-1"))
        message.set_payload("")
        return message

    def _received(self) -> http.client.HTTPMessage:
        """Return the field lines as they were received, as far as they are known: a program may change `headers`."""
        return self.headers if self._rows is None else self._made()

    def _values(self, name: bytes) -> list[str]:
        """Return the values that the fields `name` (in lower case) had in _received()."""
        if self._rows is None:
            return self.headers.get_all(name.decode(), [])
        data = self._data
        return [data[v : v + m].decode("latin-1") for n, k, v, m in self._rows if data[n : n + k].lower() == name]

    @overload
    def get(self, name: str | bytes, failobj: None = None) -> str | None: ...
    @overload
    def get(self, name: str | bytes, failobj: _T) -> str | _T: ...
    def get(self, name: str | bytes, failobj: object = None) -> object:
        """Return the value of the first field `name` (any case; str or bytes) as str, or failobj.

        Raises TypeError for a name of another type.
        """
        return self.headers.get(_name_from(name), failobj)

    @overload
    def get_all(self, name: str | bytes, failobj: None = None) -> list[str] | None: ...
    @overload
    def get_all(self, name: str | bytes, failobj: _T) -> list[str] | _T: ...
    def get_all(self, name: str | bytes, failobj: object = None) -> object:
        """Return the values of all fields `name` (as in get()) as a new list of str, or failobj if there are none."""
        return self.headers.get_all(_name_from(name), failobj)

    def items(self) -> list[tuple[str, str]]:
        """Return (name, value) pairs as sent, in order, as a new list of tuples of str."""
        return self.headers.items()

    def keys(self) -> list[str]:
        """Return the field names as sent, in order, duplicates included, as a new list of str."""
        return self.headers.keys()

    def values(self) -> list[str]:
        """Return the field values, in order, as a new list of str."""
        return self.headers.values()

    def __getitem__(self, name: str | bytes) -> str:
        """Return the value of the first field `name` (as in get()) as str. Raises KeyError if there is none."""
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __contains__(self, name: str | bytes) -> bool:
        return self.get(name) is not None

    def __len__(self) -> int:
        """Return the number of field lines, duplicates included."""
        return len(self.headers)

    def __bool__(self) -> bool:
        """Return True, even for a head without field lines."""
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __repr__(self) -> str:
        return f"<Head, {len(self)} fields>"

    @property
    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """The field lines as a new list of (name, value) pairs of bytes, with values as in get_all()."""
        if self._rows is None:
            return [(k.encode("latin-1"), v.encode("latin-1")) for k, v in self.headers.raw_items()]
        data = self._data
        return [(data[n : n + k], data[v : v + m]) for n, k, v, m in self._rows]

    @property
    def table(self) -> memoryview | None:
        """The spans of names and values, read-only: shape (n, 4), format 'I'; None if the stdlib read the field lines.

        A row is name start, name length, value start, value length, in bytes from the start of the head. Without
        field lines the shape is (0,), because a memoryview cannot be cast to (0, 4).
        """
        if self._rows is None:
            return None
        numbers = memoryview(array("I", [number for row in self._rows for number in row])).toreadonly()
        return numbers.cast("B").cast("I", (len(self._rows), 4)) if self._rows else numbers

    @property
    def content_length(self) -> int | None:
        """The first Content-Length as int if it is 1*DIGIT and at most 2**63 - 1 (RFC 9110 8.6), else None."""
        value = next(iter(self._values(b"content-length")), "")
        if not value.isascii() or not value.isdigit():
            return None
        digits = value.lstrip("0") or "0"
        return int(digits) if len(digits) <= 19 and int(digits) <= LARGEST else None

    @property
    def chunked(self) -> bool:
        """True if the final transfer coding is chunked (RFC 9112 6.1)."""
        codings = ",".join(self._values(b"transfer-encoding")).split(",")
        return codings[-1].strip(" \t").lower() == "chunked"

    @property
    def upgrade(self) -> str | None:
        """The Upgrade fields joined by ", " if Connection lists `upgrade` (RFC 9110 7.8), else None.

        HTTP/1.0 has no Upgrade, so it is None there, too.
        """
        if isinstance(self, RequestHead | ResponseHead) and self.version < "HTTP/1.1":
            return None
        options = ",".join(self._values(b"connection")).split(",")
        if "upgrade" not in [option.strip(" \t").lower() for option in options]:
            return None
        values = [value.strip(" \t") for value in self._values(b"upgrade")]
        return ", ".join(filter(None, values)) or None


def _framing(head: Head) -> Literal["chunked"] | int | None:
    if not head._strict:
        raise ValueError("this head was not read in strict mode")
    return "chunked" if head.chunked else head.content_length


class RequestHead(Head):
    """Hold a whole request head, as http.server's handler would see it, or as strict mode does."""

    method: str = ""
    target: str = ""
    version: str = ""
    keep_alive: bool = False
    expect_continue: bool = False

    @property
    def framing(self) -> Literal["chunked"] | int:
        """How the body ends (RFC 9112 6.3): 'chunked', or its length in bytes; 0 if there is no body.

        Raises ValueError if the head was not read in strict mode, because then nothing has checked its fields.
        """
        return _framing(self) or 0

    @property
    def authority(self) -> str | None:
        """The host that the request is for: uri-host [":" port] as str (RFC 9112 3.3); None if nothing names it.

        For a target in absolute-form or authority-form, it is the target's authority, without userinfo; for any other
        target, it is the Host field, without white space around it.
        """
        authority = gateway.authority(self.method, self.target)
        if authority is None:
            authority = self.get("host")
        return None if authority is None else authority.strip(" \t")

    @property
    def origin_target(self) -> str:
        """The request-target as an origin server expects it: in origin-form, or "*" (RFC 9112 3.2.2, 3.2.4).

        For an absolute-form it is the path and query. Any other target is unchanged, even an authority-form.
        """
        return gateway.origin_target(self.method, self.target)

    def wsgi_environ(self, base: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return the part of a WSGI environ (PEP 3333) that the head determines, added to a copy of base.

        base: what the server knows (SCRIPT_NAME, SERVER_NAME, SERVER_PORT, REMOTE_ADDR, wsgi.*), as a mapping.
        """
        return gateway.wsgi_environ(self, base)

    def asgi_scope(self, base: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return the connection scope for an ASGI application (ASGI 3, HTTP connection scope) as a new dict.

        base: what the server knows (scheme, client, server, root_path, state, extensions), as a mapping; it overrides.
        """
        return gateway.asgi_scope(self, base)

    def __repr__(self) -> str:
        return f"<RequestHead {self.method!r} {self.target!r} {self.version!r}, {len(self)} fields>"


class ResponseHead(Head):
    """Hold a whole response head, as http.client.HTTPResponse would see it, or as strict mode does."""

    status: int = 0
    reason: str = ""
    version: str = ""
    _method: str | None = None  # of the request, if known
    _persists: bool = False  # in strict mode: whether version and Connection let the connection persist

    @property
    def framing(self) -> Literal["chunked"] | int | None:
        """How the body ends (RFC 9112 6.3): 'chunked', its length in bytes, or None if it ends with the connection.

        It depends on the request's method, if parse_response() was given one: for a response to HEAD it is 0; for a 2xx
        to CONNECT, after which the connection is a tunnel, it is None. Raises ValueError if the head was not read in
        strict mode, because then nothing has checked its fields.
        """
        found = _framing(self)
        if self._method == "CONNECT" and 200 <= self.status < 300:
            return None
        return 0 if self._method == "HEAD" or self.status < 200 or self.status in (204, 304) else found

    @property
    def defects(self) -> tuple[bytes, ...]:
        """The bad lines that parse_response(recover=True) set aside, as sent, without line ends: a tuple of bytes."""
        if self._message is None:
            return ()
        from fasthdr._stdlib.recover import lines_of

        return lines_of(self._message)

    @property
    def keep_alive(self) -> bool:
        """True if the connection can carry another response after this one and its body.

        In strict mode this follows RFC 9112 9.3, and is False if the body ends with the connection, or if a tunnel or
        another protocol (101) follows. In the default mode it is the opposite of http.client's `will_close`.
        """
        if self._strict:
            return self._persists and self.status != 101 and self.framing is not None
        from fasthdr._stdlib import in_memory

        return in_memory.persists(self.version, self.status, self._method, self._received())

    def __repr__(self) -> str:
        return f"<ResponseHead {self.status} {self.reason!r} {self.version!r}, {len(self)} fields>"


def restored(kind: str, state: dict[str, Any], /) -> Head:
    """Make a head from a pickle."""
    cls = {"RequestHead": RequestHead, "ResponseHead": ResponseHead}.get(kind, Head)
    head = cls.__new__(cls)
    vars(head).update(state)
    return head
