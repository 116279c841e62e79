# SPDX-License-Identifier: MIT
"""What the running stdlib does where its patch releases differ: tried once at import, not taken from a version."""

import email._policybase
import email.feedparser
import email.message
import email.parser
import http.client
import io
from email import errors

from fasthdr._stdlib.functions import is_original, methods_are_original, signature, with_globals
from fasthdr._stdlib.message_class import AFTERWARDS, fill

TYPE_CHECKING = False
if TYPE_CHECKING:
    from email.message import Message
    from typing import Any

_CLEAN = b"Host: a\r\nAccept:  b\t\r\nx-y_z:\r\nAccept: \xe9\x00c\n"
_FOLDED = b"Fold: \r\n b\r\n"
_END = b"\r\n"
# What the core makes of these blocks; tests check that it does.
CLEAN = [("Host", "a"), ("Accept", "b\t"), ("x-y_z", ""), ("Accept", "\xe9\x00c")]


def _multipart(fields: list[tuple[str, str]], epilogue: "str | None", *defects: type) -> tuple[object, ...]:
    return fields, "", [(defect, ()) for defect in defects], None, epilogue, None, "text/plain"


_NO_START, _NO_PARTS = errors.StartBoundaryNotFoundDefect, errors.MultipartInvariantViolationDefect
_OTHER_CODING = errors.InvalidMultipartContentTransferEncodingDefect
_FORM = "multipart/form-data; boundary=b"
_FORM_8BIT = [("Content-Type", _FORM), ("Content-Transfer-Encoding", "8bit")]
_FORM_X = [("Content-Type", _FORM), ("Content-Transfer-Encoding", "x")]
MULTIPART = {
    b"".join(b"%s: %s\r\n" % (name.encode(), value.encode()) for name, value in made[0]) + _END: made  # type: ignore[attr-defined]
    for made in (
        _multipart([("Content-Type", "multipart/form-data; boundary=--b")], "", _NO_START, _NO_PARTS),
        _multipart(_FORM_8BIT, "", _NO_START, _NO_PARTS),
        _multipart(_FORM_X, "", _OTHER_CODING, _NO_START, _NO_PARTS),
        _multipart([("Content-Type", "multipart/form-data")], None, errors.NoBoundaryInMultipartDefect, _NO_PARTS),
        _multipart([("Content-Type", "multipart/digest; boundary=b")], "", _NO_START, _NO_PARTS),
    )
}


def seen(message: "Message") -> tuple[object, ...]:
    """Return what can be seen of a message without the methods of AFTERWARDS."""
    return (
        message._headers,  # type: ignore[attr-defined]
        message.get_payload(),
        [(type(d), d.args) for d in message.defects],
        message.preamble,
        message.epilogue,
        message.get_unixfrom(),
        message.get_default_type(),
    )


def _fills(theirs: "Message") -> bool:
    """Return whether a message that is filled without Message.__init__ has the same attributes as the stdlib's."""
    if type(theirs) is not http.client.HTTPMessage:
        return False
    ours = http.client.HTTPMessage.__new__(http.client.HTTPMessage)
    fill(ours, list(theirs._headers))  # type: ignore[attr-defined]
    return list(vars(ours).items()) == list(vars(theirs).items())


_MAKERS = email.parser, email.feedparser, email.message, email._policybase


def messages_are_original(methods: bool = False) -> bool:
    """Return whether all code that makes a message from a header block is the standard library's own.

    If not, code of another program around a part of it would notice a trial, so there must be none. methods: include
    the methods of AFTERWARDS, which programs call on a finished message.
    """
    apart: frozenset[str] = frozenset() if methods else AFTERWARDS
    # Nothing in the standard library calls a method that a program has added under a new name.
    added = apart and frozenset(vars(http.client.HTTPMessage)) - frozenset(dir(email.message.Message))
    for module in _MAKERS:
        for value in vars(module).values():
            if getattr(value, "__module__", None) != module.__name__ or not callable(value):
                continue
            if isinstance(value, type):
                if not methods_are_original(value, module, apart):
                    return False
            elif not is_original(value, module):
                return False
    return methods_are_original(http.client.HTTPMessage, http.client, apart | added) and is_original(
        getattr(http.client, "_read_headers", None), http.client
    )


_collapses: "list[bool | None]" = []  # its result: it runs only when such a path comes, because it loads http.server


def collapses() -> "bool | None":
    """Return whether the stdlib's handler reduces leading slashes to one; None: it does something else."""
    if not _collapses:
        import http.server
        from types import SimpleNamespace

        from fasthdr._stdlib.server import parse_request

        found = []
        if is_original(parse_request, http.server):
            client: Any = SimpleNamespace(**{**vars(http.client), "parse_headers": lambda fp, _class: {}})  # noqa: ARG005
            parse = with_globals(parse_request, {**vars(http.server), "http": SimpleNamespace(client=client)})
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


def _client_globals() -> "dict[str, Any]":
    """Return http.client's globals, but with the standard library's limits, because a program may have changed them."""
    names: dict[str, Any] = {**vars(http.client), "_MAXHEADERS": 100, "_MAXLINE": 65536}
    if is_original(names.get("_read_headers"), http.client):
        names["_read_headers"] = with_globals(names["_read_headers"], names)
    return names


def _composed(fp: "Any") -> "Message":
    """Do http.client.parse_headers() from its parts, if another program has replaced the function."""
    client: Any = http.client
    lines = _client_globals()["_read_headers"](*[fp, None][: _read_headers_arguments()])
    return client.email.parser.Parser(_class=http.client.HTTPMessage).parsestr(b"".join(lines).decode("iso-8859-1"))  # type: ignore[no-any-return]


def _parameters(function: object) -> tuple[int, tuple[str, ...]]:
    """Return how many positional parameters there are, and all names; (0, ()) for what is not a Python function."""
    found = signature(function)
    return (found[1][0], found[0]) if found else (0, ())


def _read_headers_arguments() -> int:
    """Return how many positional parameters http.client._read_headers has; 0 if it is not as expected."""
    read = getattr(http.client, "_read_headers", None)
    arguments = _parameters(read)[0] if is_original(read, http.client) else 0
    return arguments if arguments in (1, 2) else 0


def _blank_line() -> bool:
    arguments = _read_headers_arguments()
    return bool(arguments and _client_globals()["_read_headers"](*[io.BytesIO(b"\r\n"), None][:arguments]))


def _limit_is_read_first() -> bool:
    """Return whether http.client._read_headers reads _MAXHEADERS before the first line, not after each line."""
    arguments = _read_headers_arguments()
    if not arguments:
        return False
    from types import SimpleNamespace

    names = _client_globals()
    lines = [b"\r\n", b"A: 1\r\n"]

    def readline(_: int) -> bytes:
        names["_MAXHEADERS"] = 0
        return lines.pop()

    try:
        names["_read_headers"](*[SimpleNamespace(readline=readline), None][:arguments])
    except http.client.HTTPException:
        return False
    return True


MAX_HEADERS: "Any" = getattr(http.client, "_MAXHEADERS", None)  # as it was found
BLANK_LINE = _blank_line()  # the stdlib counts the empty line among the header lines, and parses it with them


class Facts:
    """What the core may do itself, because the running standard library does the same.

    parse_headers: http.client.parse_headers() as it was found; genuine: it is the standard library's own.
    takes_max: it has the keyword _max_headers. read_headers_arguments: how many http.client._read_headers() takes; 0:
    unknown. limit_first: that reads _MAXHEADERS first, not after each line. blank_line: BLANK_LINE.
    fold: how an obs-fold after an empty first line is joined, "keep" or "strip"; None: another way.
    native: the core may read header blocks at all. fills: message_class.fill() makes what the constructor does.
    """

    def __init__(self, parse_headers: "Any") -> None:
        self.parse_headers = parse_headers
        self.genuine = is_original(parse_headers, http.client)
        self.read_headers_arguments = _read_headers_arguments()
        self.blank_line = BLANK_LINE
        self._multipart: bool | None = None
        self._parse = parse = with_globals(parse_headers, _client_globals()) if self.genuine else _composed
        self.takes_max = "_max_headers" in _parameters(parse)[1]
        self.limit_first = self.takes_max and _limit_is_read_first()
        self.fold: str | None = None
        self.native = self.fills = False
        if messages_are_original():
            self._try()

    def _try(self) -> None:
        parse = self._parse
        theirs = parse(io.BytesIO(_CLEAN + _FOLDED + _END))
        folded: Any = theirs.get("Fold")
        self.fold = {"\r\n b": "keep", "b": "strip"}.get(folded)
        if self.fold is None:  # the core would not read it
            theirs = parse(io.BytesIO(_CLEAN + _END))
            clean = CLEAN
        else:
            clean = [*CLEAN, ("Fold", folded)]
        self.native = seen(theirs) == (clean, "", [], None, None, None, "text/plain")
        self.fills = _fills(theirs)

    @property
    def multipart(self) -> bool:
        """True if the core finishes multipart/* as the standard library does.

        Tried at the first use, because each of these blocks compiles a regular expression.
        """
        if self._multipart is None:
            self._multipart = messages_are_original() and all(
                seen(self._parse(io.BytesIO(block))) == made for block, made in MULTIPART.items()
            )
        return self._multipart
