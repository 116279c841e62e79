# SPDX-License-Identifier: MIT
"""What the running stdlib does where its patch releases differ: asked once at import, never read off a version."""

import http.client
import io
from _thread import get_ident

TYPE_CHECKING = False
if TYPE_CHECKING:
    from email.message import Message
    from typing import Any

_CLEAN = b"Host: a\r\nAccept:  b\t\r\nx-y_z:\r\nAccept: \xe9\x00c\n"
_FOLDED = b"Fold: \r\n b\r\n"
_END = b"\r\n"
_MULTIPART = (
    b"Content-Type: multipart/form-data; boundary=--b\r\n\r\n",
    b"Content-Type: multipart/form-data; boundary=b\r\nContent-Transfer-Encoding: 8bit\r\n\r\n",
    b"Content-Type: multipart/form-data; boundary=b\r\nContent-Transfer-Encoding: x\r\n\r\n",
    b"Content-Type: multipart/form-data\r\n\r\n",
    b"Content-Type: multipart/digest; boundary=b\r\n\r\n",
)


def _seen(message: "Message") -> tuple[object, ...]:
    return (
        message.items(),
        message.get_payload(),
        [(type(d), d.args) for d in message.defects],
        message.preamble,
        message.epilogue,
        message.get_unixfrom(),
        message.get_default_type(),
    )


def _same(theirs: "Message", block: bytes) -> bool:
    from fasthdr._core.runtime import parse_headers

    return _seen(theirs) == _seen(parse_headers(io.BytesIO(block)))


def _fills(theirs: "Message", block: bytes) -> bool:
    """Whether the message that is filled without Message.__init__ is the stdlib's, attribute for attribute."""
    from fasthdr._core.runtime import _runtime, parse_headers

    ours = parse_headers(io.BytesIO(block), _runtime.stdlib_class)
    return type(ours) is type(theirs) and list(vars(ours).items()) == list(vars(theirs).items())


def signature(function: "Any") -> "tuple[Any, ...] | None":
    """What decides which calls a Python function takes; None for anything else (inspect takes 10 ms to load)."""
    code = getattr(function, "__code__", None)
    if code is None:
        return None
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    kinds = code.co_argcount, code.co_posonlyargcount, code.co_flags & 0xC  # 0xC: *args, **kwargs
    return names, kinds, function.__defaults__, function.__kwdefaults__


def is_own(function: object, module: object) -> bool:
    """Whether a function is a module's own, not what another program has put there."""
    return getattr(function, "__globals__", None) is vars(module)


class Uncounted:
    """As a context: heads that the thread reads within it are nobody's, and not counted."""

    def __enter__(self) -> None:
        from fasthdr._core.runtime import _runtime

        _runtime.probing.add(get_ident())

    def __exit__(self, *exc: object) -> None:
        from fasthdr._core.runtime import _runtime

        _runtime.probing.discard(get_ident())


def over(function: "Any", names: "dict[str, Any]") -> "Any":
    """A function in Python with other globals."""
    own = type(function)(function.__code__, names, function.__name__, function.__defaults__, function.__closure__)
    own.__kwdefaults__ = function.__kwdefaults__
    own.__doc__ = function.__doc__
    return own


_collapses: "list[bool | None]" = []  # what that has said: it is asked when such a path comes, as it takes http.server


def collapses() -> "bool | None":
    """Whether the stdlib's handler makes a leading run of slashes one; None: it does something else."""
    if not _collapses:
        import http.server
        from types import SimpleNamespace

        from fasthdr._stdlib.server import parse_request

        found = []
        if is_own(parse_request, http.server):
            client: Any = SimpleNamespace(**{**vars(http.client), "parse_headers": lambda fp, _class: {}})  # noqa: ARG005
            parse = over(parse_request, {**vars(http.server), "http": SimpleNamespace(client=client)})
            for target in ("//a//b", "///", "/a//b"):
                handler: Any = SimpleNamespace(
                    raw_requestline=f"GET {target} HTTP/1.1\r\n".encode(),
                    rfile=None,
                    default_request_version="HTTP/0.9",
                    protocol_version="HTTP/1.1",
                    MessageClass=None,
                )
                parse(handler)
                found.append(handler.path)
        _collapses.append({("/a//b", "/", "/a//b"): True, ("//a//b", "///", "/a//b"): False}.get(tuple(found)))
    return _collapses[0]


def _composed(fp: "Any") -> "Message":
    """http.client.parse_headers() of its parts, where another program's function is in its place."""
    client: Any = http.client
    lines = client._read_headers(*[fp, None][: _read_headers_arguments()])
    return client.email.parser.Parser(_class=http.client.HTTPMessage).parsestr(b"".join(lines).decode("iso-8859-1"))  # type: ignore[no-any-return]


def like(ours: "Any", theirs: "Any") -> "Any":
    """Our function, with what programs see of the stdlib's in whose place it stands, the annotations too."""
    for name in ("__module__", "__name__", "__qualname__", "__doc__"):
        setattr(ours, name, getattr(theirs, name))
    ours.__annotations__ = {}
    vars(ours).pop("__wrapped__", None)
    return ours


def _parameters(function: object) -> tuple[int, tuple[str, ...]]:
    """Positional parameters, and the names of all; (0, ()) for what is not a Python function."""
    found = signature(function)
    return (found[1][0], found[0]) if found else (0, ())


def _read_headers_arguments() -> int:
    """Positional parameters of http.client._read_headers; 0 where it is not as it is known."""
    arguments = _parameters(getattr(http.client, "_read_headers", None))[0]
    return arguments if arguments in (1, 2) else 0


def _blank_line() -> bool:
    arguments = _read_headers_arguments()
    read: Any = getattr(http.client, "_read_headers", None)
    return bool(arguments and read(*[io.BytesIO(b"\r\n"), None][:arguments]))


BLANK_LINE = _blank_line()  # the stdlib counts the blank line among the header lines, and parses it with them


def probe() -> None:
    """Set what the core does itself by what the stdlib does."""
    from fasthdr._core.runtime import _runtime

    with Uncounted():
        _probe(_runtime)


def _probe(runtime: "Any") -> None:
    from fasthdr._core.runtime import FOLD_FOREIGN, FOLD_KEEP, FOLD_STRIP, parse_headers_within

    runtime.collapses = collapses
    runtime.genuine = is_own(runtime.parse_headers, http.client)
    parse = runtime.parse_headers if runtime.genuine else _composed
    runtime.takes_max = "_max_headers" in _parameters(parse)[1]
    if runtime.takes_max:
        runtime.installed = parse_headers_within
    runtime.read_headers_args = _read_headers_arguments()
    runtime.blank_line = BLANK_LINE
    block = _CLEAN + _FOLDED + _END
    theirs = parse(io.BytesIO(block))
    runtime.fold = {"\r\n b": FOLD_KEEP, "b": FOLD_STRIP}.get(theirs["Fold"], FOLD_FOREIGN)
    if runtime.fold == FOLD_FOREIGN:  # the core would not read it, and nothing be compared
        block = _CLEAN + _END
        theirs = parse(io.BytesIO(block))
    runtime.native = runtime.multipart = True
    runtime.native = _same(theirs, block)
    if not _fills(theirs, block):
        runtime.fill = None
    runtime.multipart = all(_same(parse(io.BytesIO(block)), block) for block in _MULTIPART)
