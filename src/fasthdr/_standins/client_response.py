# SPDX-License-Identifier: MIT
"""The thin shim between the core and a response: http.client.HTTPResponse's __init__() and begin().

Both store into the instance's dict, if for its class that is the same as setting attributes. A response of any other
class is left to the stdlib, and so is a status line that the core does not accept, even that of an interim response.
"""

import http.client
import io
import socket
from types import SimpleNamespace

from fasthdr._core.client import Begin, Responses, SocketFiles
from fasthdr._core.reader import _reader
from fasthdr._core.reader import parse_headers as _parse_headers
from fasthdr._core.runtime import Uncounted
from fasthdr._stdlib.client import CALLED_BY_BEGIN, HTTPResponse, is_ours, ours, stdlib_begin, stdlib_init
from fasthdr._stdlib.functions import imitate, is_original, methods_are_original, signature, with_globals
from fasthdr._stdlib.parts import replaced
from fasthdr._stdlib.probe import messages_are_original

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Literal

_METHODS_ARE_STDLIB = all(is_original(method, http.client) for method in CALLED_BY_BEGIN.values())


def _attributes() -> "dict[str, Any]":
    """Return what the stdlib's __init__() stores, in order, with None for its arguments; {} if we do not know it."""
    if not is_original(stdlib_init, http.client):
        return {}
    given: dict[str, Any] = {"fp": object(), "debuglevel": 5, "_method": object()}
    sock: Any = SimpleNamespace(makefile=lambda *args: given["fp"] if args == ("rb",) else None)
    response = SimpleNamespace()
    try:
        stdlib_init(response, sock, given["debuglevel"], given["_method"], object())
    except Exception:  # noqa: BLE001 (another program's may raise anything)
        return {}
    stored = vars(response)
    others = {name: value for name, value in stored.items() if name not in given}
    if given != {name: stored.get(name) for name in given} or {*map(type, others.values())} - {str, type(None)}:
        return {}
    return {name: others.get(name) for name in stored}


_ATTRIBUTES = _attributes()
_NAMES_STORED = frozenset(_ATTRIBUTES) | {"code", "_max_headers"}


def _calls_nothing_else(cls: "Any") -> bool:
    """Return whether the methods that begin() calls are those that were found at import."""
    return all(getattr(cls, name, None) is method for name, method in CALLED_BY_BEGIN.items())


def _stores_plainly(cls: "Any") -> bool:
    """Return whether __init__() and begin() store only into the instance's dict, and begin() calls no override."""
    return (
        issubclass(cls, HTTPResponse)
        and _METHODS_ARE_STDLIB
        and _calls_nothing_else(cls)
        and cls.__setattr__ is object.__setattr__
        and cls.__getattribute__ is object.__getattribute__
        and all(_NAMES_STORED.isdisjoint(vars(base)) for base in cls.__mro__)
    )


def _socket_files() -> SocketFiles | None:
    """Return what makes files like makefile(); None if another program has replaced that, or it works differently."""
    if not is_original(socket.socket.makefile, socket) or not methods_are_original(socket.SocketIO, socket):
        return None
    asked = []
    sock: Any = SimpleNamespace(_io_refs=1, recv_into=lambda buffer: asked.append(len(buffer)), _decref_socketios=int)
    before = {**vars(sock), "_io_refs": 2}
    file = socket.socket.makefile(sock, "rb")
    raw: Any = getattr(file, "raw", None)
    if type(file) is not io.BufferedReader or type(raw) is not socket.SocketIO or vars(sock) != before:
        return None
    state = vars(raw).copy()
    file.peek()
    same = state == vars(raw) and state.get("_sock") is sock and asked == [io.DEFAULT_BUFFER_SIZE]
    return SocketFiles(socket, io, {**state, "_sock": None}) if same else None


RESPONSES = Responses(_ATTRIBUTES, _stores_plainly, _socket_files())
_start = RESPONSES.start


def _lean_init(
    self: "Any", sock: "Any", debuglevel: int = 0, method: str | None = None, url: str | None = None
) -> None:
    if not _start(self, sock, debuglevel, method):
        stdlib_init(self, sock, debuglevel, method, url)


def _responses_over(base: "Any") -> Responses:
    """Return RESPONSES for subclasses of `base`, the stdlib's class, without those whose base a program has changed.

    A change of the base is one of the subclass, about which the core then asks again.
    """

    def stores_plainly(cls: "Any") -> bool:
        found = (base.__init__, stdlib_init), (base.begin, stdlib_begin)
        return all(now is before or is_ours(now) for now, before in found) and _stores_plainly(cls)

    return Responses(_ATTRIBUTES, stores_plainly, RESPONSES.socket_files)


def _lean_init_over(base: "Any") -> "Callable[..., None]":
    """Make the __init__() of a subclass of the stdlib's class, which calls what a program has put into that, its base.

    It passes on what is not a default, because http.client makes a response with its method alone.
    """
    start = _responses_over(base).start

    def __init__(  # noqa: N807 (that is its name)
        self: "Any", sock: "Any", debuglevel: int = 0, method: str | None = None, url: str | None = None
    ) -> None:
        if not start(self, sock, debuglevel, method):
            init = base.__init__
            given = {"debuglevel": debuglevel or None, "method": method, "url": url}
            given = {name: value for name, value in given.items() if value is not None}
            (stdlib_init if is_ours(init) else init)(self, sock, **given)

    return __init__


def shims(core: Begin, by_stdlib: "Callable[..., None]") -> "tuple[Callable[..., None], ...]":
    """Make begin() with the signature of each version of CPython; by_stdlib: reads what the core does not."""
    by_core = core.begin

    def begin(self: "Any") -> None:
        if not by_core(self):
            by_stdlib(self)

    def begin_within(self: "Any", *, _max_headers: int | None = None) -> None:  # from 3.15 on
        if not by_core(self, _max_headers):
            by_stdlib(self, **({} if _max_headers is None else {"_max_headers": _max_headers}))

    return begin, begin_within


def _current(fp: "Any", **keywords: "Any") -> "Any":
    return http.client.parse_headers(fp, **keywords)


def _probed(fp: "Any", **keywords: "Any") -> "Any":
    """Call the core's, whatever http.client has: a program's function must not see the trial."""
    return _parse_headers(fp, http.client.HTTPMessage, **keywords)


_CASES = [
    (method, b"HTTP/1.%d %s\r\n%s\r\n" % (minor, status, fields))
    for method, minor, status, fields in (
        ("GET", 1, b"200 OK", b"Content-Length: 5\r\nConnection: keep-alive\r\n"),
        ("GET", 1, b"200 Not  OK", b"Content-Length: -5\r\nConnection: x, Close\r\n"),
        ("GET", 1, b"999 ", b"Content-Length: x\r\n"),
        ("GET", 1, b"200", b"Content-Length: 5\r\n"),
        ("GET", 1, b"200\t \x0bOK\x85 \r", b"Content-Length: 5\r\n"),
        ("GET", 1, b"100 Continue\r\nno colon\r\n\r\nHTTP/1.0 200 OK", b"Content-Length: 5\r\n"),
        ("GET", 1, b"200 OK", b"Transfer-Encoding: Chunked\r\nContent-Length: 5\r\n"),
        ("GET", 1, b"200 OK", b"Transfer-Encoding: gzip, chunked\r\n"),
        ("GET", 1, b"204 No Content", b""),
        ("GET", 1, b"304 Not Modified", b"Content-Length: 5\r\n"),
        ("GET", 1, b"101 Switching Protocols", b"Connection: upgrade\r\n"),
        ("HEAD", 1, b"200 OK", b"Content-Length: 5\r\n"),
        ("GET", 0, b"200 OK", b"Content-Length: 5\r\nConnection: Keep-Alive\r\n"),
        ("GET", 0, b"200 OK", b"Content-Length: 5\r\n"),
        ("GET", 0, b"200 OK", b"Keep-Alive: 5\r\n"),
    )
] + [("GET", b"")]


def _seems_like(init: "Callable[..., None]") -> bool:
    """Return whether we know what the stdlib's __init__() stores, and ours takes the same arguments."""
    return bool(_ATTRIBUTES) and signature(stdlib_init) == signature(init)


def _seen(begin: "Callable[..., None]", method: str, data: bytes) -> object:
    """Return the state of a response without a connection after its begin()."""
    response = HTTPResponse.__new__(HTTPResponse)
    # close: called at its end; a program's own must not see the trial.
    vars(response).update(_ATTRIBUTES, fp=io.BytesIO(data), debuglevel=0, _method=method, close=int)
    try:
        begin(response)
    except http.client.RemoteDisconnected as error:
        return str(error)
    state = vars(response)
    return response.fp.tell(), [
        (name, state[name]._headers if name in ("headers", "msg") else state[name]) for name in state if name != "fp"
    ]


def can_be_tried() -> bool:
    """Return whether a trial of begin() would call nothing but the stdlib's own code, and ours."""
    genuine = is_original(_reader.parse_headers, http.client) and is_original(stdlib_begin, http.client)
    known = bool(_ATTRIBUTES) and _METHODS_ARE_STDLIB and genuine
    return known and messages_are_original() and _calls_nothing_else(HTTPResponse) and not replaced()[0]


def chosen(
    parse_headers: "Callable[..., Any]",
    by_stdlib: "Callable[..., None]",
    source: 'Literal["ask", "installed", "imported", "probed"]' = "ask",
    names: "dict[str, Any] | None" = None,
    base: "Any" = None,
) -> "Callable[..., None]":
    """Return our begin() if it does the same as the running stdlib's on a few small inputs; otherwise by_stdlib.

    parse_headers, source, names: as for fasthdr._core.client.Begin. base: the stdlib's class, if it is for a subclass.
    """
    if not can_be_tried():
        return by_stdlib
    theirs = with_globals(stdlib_begin, {**vars(http.client), "parse_headers": _probed})
    responses = RESPONSES if base is None else _responses_over(base)
    made = shims(Begin(responses, parse_headers, source, names), by_stdlib)
    for begin, tried in zip(made, shims(Begin(RESPONSES, _probed, "probed"), theirs), strict=True):
        if signature(begin) == signature(stdlib_begin):
            try:
                with Uncounted():
                    same = all(_seen(tried, *case) == _seen(theirs, *case) for case in _CASES)
            except http.client.HTTPException:  # the program has set very low limits
                same = False
            return ours(imitate(begin, stdlib_begin)) if same else by_stdlib
    return by_stdlib


_KNOWN = _seems_like(_lean_init)
INIT: "Callable[..., None]" = ours(imitate(_lean_init, stdlib_init)) if _KNOWN else stdlib_init
INSTALLED = chosen(_current, stdlib_begin, "installed")


def imported_init(base: "Any") -> "Callable[..., None] | None":
    """Return our __init__() for a subclass of the stdlib's class, its base; None if the base's has to be called."""
    return ours(imitate(_lean_init_over(base), stdlib_init)) if _KNOWN else None
